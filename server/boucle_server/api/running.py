"""What every route reaches: the open database, the clock, the settings, the counters."""

from collections import Counter
from dataclasses import dataclass, field
from threading import Lock
from typing import Annotated

from fastapi import Depends, Request

from boucle.clock import Clock
from boucle_server.db import Database
from boucle_server.door import Door
from boucle_server.scan_lines import Remembered
from boucle_server.settings import Settings
from boucle_server.web.attempts import REPORTS_PER_ADDRESS, REPORTS_PER_LABEL, Attempts


@dataclass(slots=True)
class Counters:
    """Counts of this process since it started, for `/metrics`; they name no organisation."""

    _counts: Counter[tuple[str, tuple[tuple[str, str], ...]]] = field(default_factory=Counter)
    _lock: Lock = field(default_factory=Lock)

    def add(self, name: str, n: int = 1, **labels: str) -> None:
        """Add to the counter `name` with these labels."""
        with self._lock:
            self._counts[name, tuple(sorted(labels.items()))] += n

    def items(self) -> list[tuple[str, tuple[tuple[str, str], ...], int]]:
        """Give every counter with its labels, sorted."""
        with self._lock:
            return sorted((name, labels, n) for (name, labels), n in self._counts.items())


@dataclass(frozen=True, slots=True, kw_only=True)
class Running:
    """One running server, as its routes see it."""

    settings: Settings
    database: Database
    door: Door
    clock: Clock
    started_ms: int
    counters: Counters = field(default_factory=Counters)
    enrolments: Attempts = field(default_factory=Attempts)
    """Enrolments that failed, so that nobody tries codes for long."""
    reports: Attempts = field(
        default_factory=lambda: Attempts(per_name=REPORTS_PER_LABEL, per_address=REPORTS_PER_ADDRESS)
    )
    """Problems that strangers reported, so that nobody floods the list of what wants a person."""
    told: Remembered = field(default_factory=Remembered)
    """What was told of the last scans at the scan station."""


def running(request: Request) -> Running:
    """Give the server that a request came to."""
    found = request.app.state.running
    if not isinstance(found, Running):
        raise TypeError("the application was not started")
    return found


Server = Annotated[Running, Depends(running)]
"""A route's parameter that is the running server."""
