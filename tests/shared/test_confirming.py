"""Confirmations of quantities: of two for one decision the first counts, the other is kept and counts nothing."""

from itertools import permutations
from random import Random
from typing import Any

import pytest

from boucle.amend import Edge, edges_of
from boucle.events import Event
from boucle.memory import MemoryStore
from boucle.reasons import Reason
from boucle.replay import facts_by_event, replay
from boucle.return_counts import gather
from tests.builders import Device
from tests.shared.test_return_rules import LOOSE, ruled
from tests.shared.test_returning import RMA, Desk

TO: dict[str, Any] = {"against": RMA, **LOOSE}


def a_desk(*, most_cents: int = 4_500) -> tuple[Desk, Event]:
    """Ten books that came back, and the decision about six of them, which a manager has to confirm."""
    desk = Desk()
    server = Device(dev="d-serveur", epoch="00000000000000fa", random=Random(3))
    row = {"name": "Livre", "nature": "product", "serialised": False, "price_cents": 900, "tare_g": 400}
    stated = {"table": "item_type", "key": "livre", "valid_from": 1, "row": row}
    desk.events.append(server.event("reference.set", body=stated))
    ruled(desk, "livre", most_cents=most_cents)
    desk("item.received", -1, "strasbourg", at=9, qty=10, body={"from": "mulhouse"}, **TO)
    desk("item.graded", -1, "strasbourg", qty=10, body={"grade": "B"}, **TO)
    return desk, desk("item.disposition_decided", -1, "strasbourg", qty=6, body={"disposition": "resale"}, **TO)


def confirmed(desk: Desk, of: str, disposition: str = "resale", *, qty: int = 6, **keys: Any) -> Event:
    body = {"disposition": disposition, "confirms": of}
    return desk("item.disposition_confirmed", -1, "strasbourg", qty=qty, body=body, **{**TO, **keys})


def standing(desk: Desk) -> tuple[int, int, int]:
    """Give how many wait for a decision, for a manager, and for what was decided."""
    (line,) = gather(RMA, replay(desk.events).cells.items(), []).counts
    return line.to_decide, line.to_confirm, line.to_do


def measured(desk: Desk, measure: str) -> dict[str, int]:
    return {at.bucket: n for at, n in replay(desk.events).cells.items() if at.measure == measure}


def tasks(desk: Desk) -> list[tuple[str, str]]:
    return [(event, reason) for _, event, reason in replay(desk.events).tasks]


def arrived(events: list[Event]) -> MemoryStore:
    store = MemoryStore()
    for event in events:
        store.accept([event])
    return store


def test_two_who_confirm_one_decision_count_it_once_and_the_other_decision_waits_for_a_person() -> None:
    desk, decision = a_desk()
    confirmed(desk, decision.id)
    second = confirmed(desk, decision.id, "donate")
    assert standing(desk) == (4, 0, 6)
    assert measured(desk, "disposed") == {"resale": 6}
    assert measured(desk, "refused") == {"": 1}
    assert tasks(desk) == [(second.id, Reason.ALREADY_DECIDED)]


def test_the_same_said_twice_counts_once_and_asks_nobody() -> None:
    desk, decision = a_desk()
    confirmed(desk, decision.id)
    confirmed(desk, decision.id)
    assert (standing(desk), measured(desk, "disposed"), tasks(desk)) == ((4, 0, 6), {"resale": 6}, [])
    assert measured(desk, "repeat") == {"": 1}


def test_when_the_first_is_voided_the_second_counts_and_nobody_has_to_look_any_more() -> None:
    desk, decision = a_desk()
    first = confirmed(desk, decision.id)
    confirmed(desk, decision.id, "donate")
    desk("event.voided", -1, "", qty=6, body={"target": first.id}, **LOOSE)
    assert (standing(desk), measured(desk, "disposed"), tasks(desk)) == ((4, 0, 6), {"donate": 6}, [])


def test_a_review_closes_what_came_too_late_and_moves_no_figure() -> None:
    desk, decision = a_desk()
    confirmed(desk, decision.id)
    second = confirmed(desk, decision.id, "donate")
    body = {"target": second.id, "contradiction": str(Reason.ALREADY_DECIDED), "reason": "vu"}
    desk("event.reviewed", -1, "", qty=6, body=body, **LOOSE)
    assert (standing(desk), measured(desk, "disposed"), tasks(desk)) == ((4, 0, 6), {"resale": 6}, [])


@pytest.mark.parametrize("wrong", ["unknown", "voided", "of_another_return", "of_another_type"])
def test_who_confirms_what_does_not_wait_counts_nothing_and_a_person_looks(wrong: str) -> None:
    desk, decision = a_desk()
    of, keys = decision.id, dict[str, Any]()
    match wrong:
        case "unknown":
            of = "personne"
        case "voided":
            desk("event.voided", -1, "", qty=6, body={"target": decision.id}, **LOOSE)
        case "of_another_return":
            keys = {"against": "R-autre"}
        case _:
            keys = {"item_type": "pompe"}
    before = standing(desk)
    event = confirmed(desk, of, **keys)
    assert standing(desk) == before
    assert measured(desk, "disposed") == {}
    assert tasks(desk) == [(event.id, Reason.OUT_OF_STEP)]


def test_what_nobody_had_to_confirm_is_not_counted_a_second_time() -> None:
    desk, decision = a_desk(most_cents=9_000)
    confirmed(desk, decision.id, "donate")
    assert (standing(desk), measured(desk, "disposed")) == ((4, 0, 6), {"resale": 6})


def test_a_decision_that_is_corrected_is_confirmed_as_it_was_corrected_and_waits_no_more() -> None:
    desk, decision = a_desk()
    body = {"disposition": "resale"}
    right = desk("item.disposition_decided", -1, "strasbourg", qty=8, corrects=decision.id, body=body, **TO)
    assert standing(desk) == (2, 8, 0)
    confirmed(desk, decision.id, qty=8)
    assert standing(desk) == (2, 0, 8)
    confirmed(desk, right.id, "donate", qty=8)
    assert (standing(desk), measured(desk, "disposed")) == ((2, 0, 8), {"resale": 8})


def test_every_order_of_arrival_gives_the_same_and_the_first_in_order_counts() -> None:
    desk, decision = a_desk()
    first, second = confirmed(desk, decision.id), confirmed(desk, decision.id, "donate")
    void = desk("event.voided", -1, "", qty=6, body={"target": second.id}, **LOOSE)
    third = confirmed(desk, decision.id, "recycle")
    several = [decision, first, second, void, third]
    rest = [event for event in desk.events if event not in several]
    expected = replay(desk.events)
    for order in permutations(several):
        world = arrived([*rest, *order]).world
        assert (world.cells, world.tasks) == (expected.cells, expected.tasks), [event.kind for event in order]
    assert measured(desk, "disposed") == {"resale": 6}


def test_the_events_behind_a_figure_are_those_that_count() -> None:
    desk, decision = a_desk()
    first = confirmed(desk, decision.id)
    confirmed(desk, decision.id, "donate")
    book = arrived(desk.events).book()
    found = [(event.id, fact.n) for event, fact in facts_by_event(desk.events, book) if fact.at.measure == "disposed"]
    assert found == [(first.id, 6)]


def test_a_corrected_confirmation_is_tied_to_what_it_corrects_and_to_what_it_confirms() -> None:
    desk, decision = a_desk()
    first = confirmed(desk, decision.id)
    right = confirmed(desk, decision.id, "donate", corrects=first.id)
    assert edges_of(right) == [Edge(first.id, right.id), Edge(decision.id, right.id)]
    assert measured(desk, "disposed") == {"donate": 6}


class ForgetsConfirmations(MemoryStore):
    """A mutant that does not tie a confirmation to what it confirms."""

    def edges(self, ids: Any) -> list[Edge]:
        """Give the edges of real amendments alone."""
        tied = {event.id for event in self.all.values() if event.kind == "item.disposition_confirmed"}
        return [edge for edge in super().edges(ids) if edge.amender not in tied]


def test_a_store_that_forgets_who_confirmed_is_caught() -> None:
    desk, decision = a_desk()
    confirmed(desk, decision.id)
    confirmed(desk, decision.id, "donate")
    mutant = ForgetsConfirmations()
    for event in desk.events:
        mutant.accept([event])
    disposed = sum(n for at, n in mutant.world.cells.items() if at.measure == "disposed")
    assert disposed != sum(measured(desk, "disposed").values())
