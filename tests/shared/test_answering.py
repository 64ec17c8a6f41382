"""Answers to cases: which one speaks, for how much and until when, whatever came first."""

from collections.abc import Callable, Iterable, Mapping
from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from boucle.amend import effective
from boucle.answering import ANSWERED, Answer, answer_of, is_answer, last_answers
from boucle.events import Event
from boucle.replay import replay
from tests.builders import Device, code, network


def answer(n: int, *, at: float, key: str = "k", until: str = "", dev: str = "d-un") -> Event:
    body = {"case": "gap", "key": key, "n": n, "reason": "vu", **({"until": until} if until else {})}
    return Device(dev=dev, epoch=f"00000000000000{dev[-2:].encode().hex()[:2]}").event(ANSWERED, at=at, body=body)


def void(target: Event, *, at: float) -> Event:
    return Device(dev="d-deux", epoch="00000000000000a2").event("event.voided", at=at, body={"target": target.id})


Speaking = Callable[[Iterable[Answer]], Mapping[tuple[str, str], Answer]]


def spoken(events: list[Event], speaking: Speaking = last_answers) -> dict[tuple[str, str], Answer]:
    standing = effective({event.id: event for event in events})[0]
    return dict(speaking(answer_of(event) for event in standing if is_answer(event)))


def the_last_speaks(speaking: Speaking) -> None:
    first, second = answer(3, at=1), answer(5, at=2, dev="d-trois")
    for order in permutations([first, second]):
        assert spoken(list(order), speaking)["gap", "k"].event == second.id


def it_holds_for_no_more_and_no_longer(speaking: Speaking) -> None:
    found = spoken([answer(3, at=1, until="2026-02-28")], speaking)["gap", "k"]
    assert found.covers(3, "2026-02-27")
    assert not found.covers(4, "2026-02-27")
    assert not found.covers(3, "2026-02-28")


class HoldsForAnyNumber(Answer):
    """A mutant that forgets how much a case came to when it was answered."""

    def covers(self, n: int, today: str) -> bool:
        """Look at the day alone."""
        return super().covers(min(n, self.n), today)


class HoldsForEver(Answer):
    """A mutant that forgets the day on which a case comes back."""

    def covers(self, n: int, today: str) -> bool:
        """Look at the number alone."""
        return Answer(*self[:-1], until="").covers(n, today)


def as_they_arrived(standing: Iterable[Answer]) -> Mapping[tuple[str, str], Answer]:
    """Let the answer speak that was stored last, a mutant."""
    return {(found.case, found.key): found for found in standing}


def those_of(kind: type[Answer]) -> Speaking:
    """Give the answers of a mutant's kind."""
    return lambda standing: {of: kind(*found) for of, found in last_answers(standing).items()}


@pytest.mark.parametrize("rule", [the_last_speaks, it_holds_for_no_more_and_no_longer])
def test_an_answer_speaks_by_the_order_of_events_for_its_number_and_until_its_day(
    rule: Callable[[Speaking], None],
) -> None:
    rule(last_answers)


@pytest.mark.parametrize(
    ("mutant", "rule"),
    [
        (as_they_arrived, the_last_speaks),
        (those_of(HoldsForAnyNumber), it_holds_for_no_more_and_no_longer),
        (those_of(HoldsForEver), it_holds_for_no_more_and_no_longer),
    ],
    ids=["the last stored speaks", "a larger case stays answered", "an answer has no end"],
)
def test_answers_that_hold_too_long_or_by_arrival_are_caught(
    mutant: Speaking, rule: Callable[[Speaking], None]
) -> None:
    with pytest.raises(AssertionError):
        rule(mutant)


def test_the_last_answer_speaks_and_its_void_lets_the_one_before_speak_again() -> None:
    first, second = answer(3, at=1), answer(5, at=2, dev="d-trois")
    undone = void(second, at=3)
    for order in permutations([first, second, undone]):
        assert spoken(list(order))["gap", "k"].event == first.id
    assert spoken([second, first])["gap", "k"].event == second.id
    assert spoken([first, undone, second, void(first, at=4)]) == {}


def test_an_answer_changes_no_item_no_figure_and_no_task() -> None:
    phone = Device()
    seen = phone.event("item.collected", code(1), at=0, place="mulhouse")
    before = replay([*network(), seen])
    given_ = answer(1, at=1, dev="d-trois")
    after = replay([*network(), seen, given_, void(given_, at=2)])
    assert (after.cells, after.items, after.tasks) == (before.cells, before.items, before.tasks)


@pytest.mark.parametrize(
    ("n", "today", "covered"),
    [(3, "2026-02-27", True), (4, "2026-02-27", False), (2, "2026-02-28", False), (3, "2026-02-28", False)],
)
def test_an_answer_holds_until_its_day_and_for_no_more_than_it_was_about(n: int, today: str, covered: bool) -> None:
    assert spoken([answer(3, at=1, until="2026-02-28")])["gap", "k"].covers(n, today) is covered


@given(st.integers(0, 9), st.integers(0, 9), st.dates(), st.dates())
def test_what_is_covered_stays_covered_when_it_is_less_or_earlier(
    was: int, n: int, until: object, today: object
) -> None:
    found = spoken([answer(was, at=1, until=str(until))])["gap", "k"]
    if found.covers(n, str(today)):
        assert all(found.covers(less, str(today)) for less in range(n))
        assert str(today) < str(until)
    assert spoken([answer(was, at=1)])["gap", "k"].covers(was, str(today))
