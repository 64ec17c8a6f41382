"""Attempts of strangers, counted in memory: after a few, somebody has to wait, whatever the attempts were about.

Wrong passwords are counted so, whether the name exists or not; reports of problems, whether the label does or not.
"""

from collections import OrderedDict, deque
from threading import Lock
from typing import Final

WINDOW_MS: Final = 15 * 60_000
PER_NAME: Final = 5
"""Wrong passwords for one name from one address."""
PER_ADDRESS: Final = 40
"""Wrong passwords from one address, behind which a whole company may sit."""
REPORTS_PER_LABEL: Final = 3
"""Reports about one label from one address."""
REPORTS_PER_ADDRESS: Final = 12
"""Reports from one address, behind which a whole dock may stand."""
MOST_KEPT: Final = 10_000
"""Keys remembered; whoever fills this up loses the oldest, not the server's memory."""


class Attempts:
    """The attempts of the last minutes: so many for one name from one address, so many from one address."""

    def __init__(self, *, per_name: int = PER_NAME, per_address: int = PER_ADDRESS) -> None:
        self._per_name, self._per_address = per_name, per_address
        self._wrong: OrderedDict[tuple[str, str], deque[int]] = OrderedDict()
        self._lock = Lock()

    def wait_ms(self, address: str, name: str, *, now_ms: int) -> int:
        """Give how long to wait before the next attempt; 0 when there is nothing to wait for."""
        with self._lock:
            limits = {(address, name): self._per_name, (address, ""): self._per_address}
            return max(self._wait(key, most, now_ms) for key, most in limits.items())

    def note(self, address: str, name: str, *, now_ms: int) -> None:
        """Note an attempt."""
        with self._lock:
            for key, most in (((address, name), self._per_name), ((address, ""), self._per_address)):
                self._wrong.setdefault(key, deque(maxlen=most)).append(now_ms)
                self._wrong.move_to_end(key)
            while len(self._wrong) > MOST_KEPT:
                self._wrong.popitem(last=False)

    def forget(self, address: str, name: str) -> None:
        """Forget the attempts for a name, of which one succeeded."""
        with self._lock:
            self._wrong.pop((address, name), None)

    def _wait(self, key: tuple[str, str], most: int, now_ms: int) -> int:
        times = self._wrong.get(key)
        return max(0, times[0] + WINDOW_MS - now_ms) if times is not None and len(times) >= most else 0
