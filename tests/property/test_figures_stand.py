"""Whatever the history, every figure has a value or a reason, shares are shares, and parts make the whole."""

from collections.abc import Callable

import pytest
from hypothesis import HealthCheck, given, settings

from boucle.balance import balances, proofs_of
from boucle.catalogue import CATALOGUE, answers
from boucle.clock import day_after, day_of, months_between
from boucle.facts import Cell, Fact
from boucle.kpi import Question, Unit, Value
from boucle.kpi_loop import settle_days
from boucle.reference import Book
from boucle.replay import book_of, replay
from boucle.tally import DIMENSIONS, Slice, Tally
from tests.builders import DAY, START_MS
from tests.campaign import examples
from tests.strategies import Move, events_of, histories, workshops

MONTHS = months_between("2026-01", "2026-12")
SHARES = (
    *("K1", "K1-90", "K1-180", "K7", "K13", "K14", "K20-weighed", "K22", "K22-material", "evidence"),
    *("K23", "K24", "K30", "K30-all", "K31", "K33", "K34-late", "K35", "K36-yield"),
)
SUMS = (
    *("K2", "K12", "K20", "K20-mass", "K21-reuse", "K21-recycling", "K21-pending"),
    *("K21-repaired", "K33-units", "K34", "K36", "K36-installed", "K37", "K37-net"),
)
AS_OF = START_MS + 250 * DAY


def ask(tally: Tally, book: Book, month: str) -> dict[str, Value]:
    return answers(tally, Question(months=(month,), as_of_ms=AS_OF, settle_days=settle_days(book)))


def stand(history: list[Move], look: Callable[[dict[Cell, int]], dict[Cell, int]] = lambda cells: cells) -> None:
    events = events_of(history)
    book = book_of(events)
    cells = look(replay(events, book).cells)
    whole = Tally.of(cells)
    for month in MONTHS:
        for value in ask(whole, book, month).values():
            assert (value.value is None) == (value.reason is not None), value.definition_id
            if value.definition_id in SHARES and value.value is not None:
                assert 0 <= value.value <= 1, value
            if value.ci_low is not None and value.ci_high is not None and value.value is not None:
                assert value.ci_low <= value.value <= value.ci_high, value
            assert value.unit in Unit
    for name in DIMENSIONS:
        parts = [Tally.of(cells, Slice(**{name: key})) for key in {getattr(at, name) for at in cells}]
        for month in MONTHS[:3]:
            found, split = ask(whole, book, month), [ask(part, book, month) for part in parts]
            for id_ in SUMS:
                if name in CATALOGUE[id_].by:
                    assert sum(part[id_].numerator for part in split) == found[id_].numerator, (name, id_)
    if look is not _identity:
        return
    for day in (0, 20, 100):
        at_day = day_after(day_of(START_MS, "Europe/Paris"), day)
        for line in balances([Fact(at, n) for at, n in cells.items()], day=at_day, proofs=proofs_of(events, book)):
            assert line.unscanned >= 0


def _identity(cells: dict[Cell, int]) -> dict[Cell, int]:
    return cells


@settings(
    max_examples=examples(ci=150, night=5_000),
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
@given(histories)
def test_every_figure_stands_on_any_history(history: list[Move]) -> None:
    stand(history, _identity)


@settings(
    max_examples=examples(ci=100, night=5_000),
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
@given(workshops)
def test_every_figure_stands_on_any_history_of_a_workshop(history: list[Move]) -> None:
    stand(history, _identity)


def test_a_return_counted_twice_would_be_found() -> None:
    def doubled(cells: dict[Cell, int]) -> dict[Cell, int]:
        return {
            at: 2 * n if at.cell == "cohort" and at.measure.startswith("returned") else n for at, n in cells.items()
        }

    @settings(max_examples=2_000, deadline=None, database=None, derandomize=True)
    @given(histories)
    def run(history: list[Move]) -> None:
        stand(history, doubled)

    with pytest.raises(AssertionError):
        run()
