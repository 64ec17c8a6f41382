"""Mutants of the scan station: one that loses, doubles or takes back the wrong scan is caught by a test with a name."""

from collections.abc import Awaitable, Callable
from typing import Final, TypeVar

import pytest
from sqlalchemy.engine import Connection

from boucle.lines import Line
from boucle_server.web import station, station_pages
from boucle_server.web.station import Station
from boucle_server.web.visit import Visit
from tests.api.serving import Served
from tests.web import test_station

T = TypeVar("T")
Proof = Callable[[Served], Awaitable[None]]
Mutation = Callable[[pytest.MonkeyPatch], None]


def answers_before_it_is_durable(patch: pytest.MonkeyPatch) -> None:
    """Answer as if all went well, then lose what was written, as a server does that ends before its commit."""

    def written(visit: Visit, work: Callable[[Connection], T]) -> T:
        with visit.server.database.writing(visit.who.org) as connection:
            savepoint = connection.begin_nested()
            found = work(connection)
            savepoint.rollback()
        return found

    patch.setattr(station_pages, "written", written)


def takes_a_repetition_for_another_scan(patch: pytest.MonkeyPatch) -> None:
    """Record each code, met before or not."""

    class Twice(Station):
        def scan(self, code: str) -> Line:
            return self._record(code)

    patch.setattr(station_pages, "Station", Twice)


def drops_what_comes_fast(patch: pytest.MonkeyPatch) -> None:
    """Keep the first of the codes that come at once."""
    real = station.texts_in
    patch.setattr(station_pages, "texts_in", lambda typed: real(typed)[:1])


def takes_back_the_last_whatever_is_named(patch: pytest.MonkeyPatch) -> None:
    """Take the last line back, whichever was named."""

    class Last(Station):
        def undo(self, event_id: str = "") -> None:
            super().undo(event_id and "")

    patch.setattr(station_pages, "Station", Last)


TWENTY: Final = test_station.test_twenty_scans_are_twenty_events_of_one_task_and_a_repetition_is_none
PASTE: Final = test_station.test_several_codes_of_one_paste_are_recorded_one_by_one
UNDO: Final = test_station.test_the_last_scan_is_taken_back_by_a_button_or_a_label_and_any_line_by_its_own


@pytest.mark.parametrize(("mutate", "proof"), [
    (answers_before_it_is_durable, TWENTY),
    (takes_a_repetition_for_another_scan, TWENTY),
    (drops_what_comes_fast, PASTE),
    (takes_back_the_last_whatever_is_named, UNDO),
])  # fmt: skip
async def test_a_station_that_loses_doubles_or_takes_back_the_wrong_scan_is_caught(
    served: Served, monkeypatch: pytest.MonkeyPatch, mutate: Mutation, proof: Proof
) -> None:
    mutate(monkeypatch)
    with pytest.raises(AssertionError):
        await proof(served)
