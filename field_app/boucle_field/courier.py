"""The courier: rounds of sync on a thread of their own, so that no screen ever waits for a network.

It opens the store a second time; the store's transactions are short. What it learns it hands over as a value.
"""

import logging
import secrets
import shutil
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass, field, replace
from enum import StrEnum
from math import ceil
from pathlib import Path
from threading import Event, Lock, Thread
from typing import Final

from boucle.anchor import WRONG_CLOCK_MS, clock_error_ms
from boucle.units import DAY_MS
from boucle.version import VERSION, version_numbers
from boucle_field import photos, timekeeper
from boucle_field.asking import pause_ms
from boucle_field.errors import FieldError
from boucle_field.http import Server, drive
from boucle_field.outbox import Counts
from boucle_field.phone import Phone, opened
from boucle_field.pushing import End
from boucle_field.store import Store, alone
from boucle_field.sync import sync

EVERY_S: Final = 60.0
"""How often a round runs when nothing asks for one: others' work comes down with it."""
MOST_ALONE: Final = 7
"""A server that cannot be reached is tried again after a minute at most, as one that answers is; a draw keeps a hundred
phones that lost it apart. One that answers, and fails, is left alone for longer each time."""
SOON_S: Final = 1.5
"""How long after a scan a round begins: the scans of one handful go up together."""
HOUR_MS: Final = 3_600_000
MINUTE_MS: Final = 60_000
LITTLE_ROOM: Final = 200 * 1024 * 1024
_LOG: Final = logging.getLogger(__name__)


class Line(StrEnum):
    """How the last round found the server."""

    UNKNOWN = "unknown"
    ONLINE = "online"
    OFFLINE = "offline"
    HELD = "held"
    """Somebody asked to stay offline."""


@dataclass(frozen=True, slots=True, kw_only=True)
class News:
    """What a round told: the line, how the round ended, the alarms (keys of words), the clock's error (ms)."""

    line: Line
    end: End | None = None
    retry_s: int = 0
    alarms: frozenset[str] = frozenset()
    clock_error_ms: int | None = None
    min_app: str = ""
    old_server: str = ""
    trouble: FieldError | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """How this device stands, as the top bar and the sends screen show it."""

    counts: Counts
    last_sync_ms: int | None
    notices: tuple[tuple[str, dict[str, object]], ...] = field(default_factory=tuple)
    """What should be known beyond the counts: keys of words with their values."""


class Courier:
    """Runs rounds until it is closed; every method may be called from the screen's thread."""

    def __init__(
        self, directory: Path, told: Callable[[News], None], *, is_free: Callable[[], bool] = lambda: True
    ) -> None:
        self._directory = directory
        self._told = told
        self._is_free = is_free
        """Whether what is sent now costs nothing by its size."""
        self._wake, self._stop = Event(), Event()
        self._lock = Lock()
        self._held = False
        self._failures = 0
        self._thread = Thread(target=self._run, name="courier", daemon=True)

    def start(self) -> None:
        """Begin with a round at once."""
        self._wake.set()
        self._thread.start()

    def now(self) -> None:
        """Run a round now."""
        self._failures = 0
        self._wake.set()

    def hold(self, *, offline: bool) -> None:
        """Stay offline until told otherwise, or come back."""
        with self._lock:
            self._held = offline
        if offline:
            self._told(News(line=Line.HELD))
        else:
            self.now()

    @property
    def held(self) -> bool:
        """Whether somebody asked to stay offline."""
        return self._held

    def photos_go(self, store: Store) -> bool:
        """Tell whether photos are sent now: always, or over a free line alone where somebody chose that."""
        return not photos.only_free(store) or self._is_free()

    def close(self) -> None:
        """Stop; a round that is under way goes on by itself the next time."""
        self._stop.set()
        self._wake.set()
        self._thread.join(timeout=5)

    def _run(self) -> None:
        wait_s = EVERY_S
        while not self._stop.is_set():
            self._wake.wait(wait_s)
            self._wake.clear()
            if self._stop.is_set():
                return
            if self._held:
                continue
            news = self._round()
            self._failures = 0 if news.end is End.DONE else self._failures + 1
            wait_s = EVERY_S if news.end is End.DONE else pause_s(self._failures, news.line)
            if not (self.held or self._stop.is_set()):
                self._told(replace(news, retry_s=0 if news.end is End.DONE else ceil(wait_s)))

    def _round(self) -> News:
        try:
            with opened(self._directory) as phone, alone(self._directory) as free:
                if not free:
                    return News(line=Line.UNKNOWN)
                with closing(Server(phone.identity.server, phone.identity.token)) as server:
                    report = drive(sync(phone, with_photos=self.photos_go(phone.store)), server.ask, wait=self._pause)
                line = Line.OFFLINE if report.end is End.UNREACHABLE else Line.ONLINE
                return News(
                    line=line,
                    end=report.end,
                    alarms=frozenset(report.alarms),
                    clock_error_ms=clock_error(phone),
                    min_app=report.min_app,
                    old_server=report.old_server,
                )
        except FieldError as trouble:
            return News(line=Line.UNKNOWN, trouble=trouble)
        except Exception as error:  # noqa: BLE001 - a phone whose courier is gone sends nothing any more, and shows nothing of it
            _LOG.exception("a round of sync broke")
            return News(line=Line.UNKNOWN, trouble=FieldError("line.round_broke", what=type(error).__name__))

    def _pause(self, seconds: float) -> None:
        self._stop.wait(seconds)


def standing(phone: Phone, news: News) -> Standing:
    """Give how a device stands after the latest news."""
    last = phone.store.get("last_ok_sync")
    return Standing(
        counts=phone.outbox.counts(),
        last_sync_ms=int(last) if last else None,
        notices=tuple(_notices(phone, news)),
    )


def clock_error(phone: Phone) -> int | None:
    """Give by how many milliseconds this device's clock is ahead of the server's; None when nobody knows."""
    return clock_error_ms(phone.ticks.reading(), timekeeper.samples(phone.store))


def _notices(phone: Phone, news: News) -> Iterator[tuple[str, dict[str, object]]]:
    if news.trouble is not None:
        yield news.trouble.key, news.trouble.values
    for alarm in sorted(news.alarms):
        yield alarm, {}
    if news.old_server:
        yield "line.server_too_old", {"version": news.old_server}
    elif news.end in (End.CUT_OFF, End.NOT_OURS, End.FAILING):
        yield f"line.{news.end}", {}
    if version_numbers(news.min_app) > version_numbers(VERSION):
        yield "line.app_too_old", {"version": news.min_app}
    error = clock_error(phone)
    if error is not None and abs(error) > WRONG_CLOCK_MS:
        yield _clock_words(abs(error))
    directory = phone.store.directory
    if directory is not None and shutil.disk_usage(directory).free < LITTLE_ROOM:
        yield "line.little_room", {}


def _clock_words(error_ms: int) -> tuple[str, dict[str, object]]:
    if error_ms >= 2 * DAY_MS:
        return "line.clock_days", {"n": round(error_ms / DAY_MS)}
    if error_ms >= 2 * HOUR_MS:
        return "line.clock_hours", {"n": round(error_ms / HOUR_MS)}
    return "line.clock_minutes", {"n": round(error_ms / MINUTE_MS)}


def pause_s(failures: int, line: Line) -> float:
    """Give how long to wait after failed rounds; never so short that a dead server is asked without pause."""
    most = MOST_ALONE if line is Line.OFFLINE else failures + 2
    return max(SOON_S, pause_ms(min(failures + 2, most), secrets.token_bytes) / 1000)
