"""Wrong passwords, counted in memory: after a few, somebody has to wait, whether the name exists or not."""

from collections import OrderedDict, deque
from threading import Lock
from typing import Final

WINDOW_MS: Final = 15 * 60_000
PER_NAME: Final = 5
"""Wrong passwords for one name from one address."""
PER_ADDRESS: Final = 40
"""Wrong passwords from one address, behind which a whole company may sit."""
MOST_KEPT: Final = 10_000
"""Keys remembered; whoever fills this up loses the oldest, not the server's memory."""


class Attempts:
    """The wrong passwords of the last minutes."""

    def __init__(self) -> None:
        self._wrong: OrderedDict[tuple[str, str], deque[int]] = OrderedDict()
        self._lock = Lock()

    def wait_ms(self, address: str, name: str, *, now_ms: int) -> int:
        """Give how long to wait before the next attempt; 0 when there is nothing to wait for."""
        with self._lock:
            limits = {(address, name): PER_NAME, (address, ""): PER_ADDRESS}
            return max(self._wait(key, most, now_ms) for key, most in limits.items())

    def note(self, address: str, name: str, *, now_ms: int) -> None:
        """Note a wrong password."""
        with self._lock:
            for key, most in (((address, name), PER_NAME), ((address, ""), PER_ADDRESS)):
                self._wrong.setdefault(key, deque(maxlen=most)).append(now_ms)
                self._wrong.move_to_end(key)
            while len(self._wrong) > MOST_KEPT:
                self._wrong.popitem(last=False)

    def forget(self, address: str, name: str) -> None:
        """Forget the wrong passwords for a name, of which the right one was given."""
        with self._lock:
            self._wrong.pop((address, name), None)

    def _wait(self, key: tuple[str, str], most: int, now_ms: int) -> int:
        times = self._wrong.get(key)
        return max(0, times[0] + WINDOW_MS - now_ms) if times is not None and len(times) >= most else 0
