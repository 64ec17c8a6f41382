"""Whatever two people decide at once counts once: each decision said twice, in both orders, however they arrive."""

from typing import Any, NamedTuple

import pytest

from boucle.answering import ANSWERED, Answer, answer_of, last_answers
from boucle.binding import owner
from boucle.events import KINDS, Family
from boucle.facts import Cells
from boucle.item import Item
from boucle.memory import MemoryStore
from boucle.replay import World, replay
from boucle.wire import subject_of
from tests.builders import Device, code
from tests.shared.test_repair import Bench
from tests.shared.test_returning import RMA

Acts = tuple[tuple[str, dict[str, Any]], ...]
_MARKED = ("refused", "repeat")
"""The measures in which alone the second decision is counted."""

AGAIN = "return.authorised"
"""Said again it may say another last day; the same day changes nothing."""

RETURNED: Acts = (("return.announced", {}), ("item.received", {}), ("item.graded", {"grade": "B"}))
DAMAGED: Acts = (("item.sorted", {"verdict": "damaged"}), ("work.opened", {}), ("work.diagnosed", {"fault": "usure"}))
QUOTED: Acts = (*DAMAGED, ("work.quoted", {"cents": 9_000, "owner": "rhin", "until": "2026-03-31"}))
TESTED: Acts = (*DAMAGED, ("work.repaired", {}), ("work.tested", {"passed": True}))


class Twice(NamedTuple):
    """A decision: what happened before, and what two people then say."""

    kind: str
    before: Acts = ()
    one: dict[str, Any] = {}  # noqa: RUF012 - never written to
    other: dict[str, Any] = {}  # noqa: RUF012 - never written to
    answer: str = ""
    """Another kind by which the second answers the same question."""


ROWS = (
    Twice("item.held", (), {"reason": "doubt"}, {"reason": "dirt"}),
    Twice("item.unheld", (("item.held", {"reason": "doubt"}),)),
    Twice("item.retired", (), {"code": "R3", "mass_g": 1_900}, {"code": "D5", "mass_g": 2_000}),
    Twice("item.written_off", (), {"reason": "perdu"}, {"reason": "volé"}),
    Twice("item.released", (*TESTED, ("work.requalified", {"certificate": "C-1"}))),
    Twice("item.rejected", (("item.cleaned", {"requalify": True}),)),
    Twice("return.authorised", RETURNED[:1], {"until": "2026-02-01"}, {"until": "2026-02-01"}),
    Twice("return.refused", RETURNED[:1], {"reason": "hors garantie"}, {"reason": "casse"}),
    Twice("return.cancelled", RETURNED[:1]),
    Twice("item.disposition_decided", RETURNED, {"disposition": "restock"}, {"disposition": "donate"}),
    Twice("item.disposition_confirmed", RETURNED, {"disposition": "restock"}, {"disposition": "donate"}),
    Twice("work.approved", QUOTED, {"by": "a"}, {"by": "b"}),
    Twice("work.declined", QUOTED, {"reason": "trop cher"}, {"reason": "non"}),
    Twice("work.approved", QUOTED, answer="work.declined"),
    Twice("work.quote_withdrawn", QUOTED, {"reason": "montant"}, {"reason": "client parti"}),
    Twice("work.approved", QUOTED, {"by": "a"}, {"reason": "montant"}, answer="work.quote_withdrawn"),
    Twice("work.held", DAMAGED, {"reason": "x"}, {"reason": "y"}),
    Twice("work.unheld", (*DAMAGED, ("work.held", {"reason": "x"}))),
    Twice("work.requalified", TESTED, {"certificate": "C-1"}, {"certificate": "C-2"}),
    Twice("work.rejected", TESTED),
    Twice("work.cancelled", DAMAGED),
    Twice("work.not_repairable", DAMAGED, {"barrier": "cout"}, {"barrier": "usure"}),
    Twice("work.harvested", DAMAGED, {"rest_g": 700}, {"rest_g": 900}),
)


def lived(row: Twice, *said: tuple[str, dict[str, Any], str]) -> Bench:
    """Let things happen to an item, then two people decide."""
    bench = Bench()
    bench.commission(1, "pompe" if row.before[:1] == RETURNED[:1] else "bac")
    if row.before[:1] == RETURNED[:1]:
        sent(bench)
    for number, (kind, body) in enumerate(row.before):
        task: dict[str, Any] = {"task": RMA} if kind.startswith("return.") else {}
        actor = "p-luc" if kind == "work.requalified" else "p-ana"
        event = bench.phone.event(kind, code(1), at=3 + number / 10, place="strasbourg", actor=actor, body=body, **task)
        bench.events.append(event)
    quote = next((event.id for event in bench.events if event.kind == "work.quoted"), "")
    for at, (kind, body, actor) in enumerate(said):
        more = {"quote": quote} if quote else {}
        bench(kind, 1, 10 + at, actor=actor, **body, **more)
    return bench


def sent(bench: Bench) -> None:
    bench.events.append(bench.phone.event("item.shipped", code(1), at=1, place="strasbourg", body={"to": "mulhouse"}))


def figures(world: World) -> Cells:
    return {at: n for at, n in world.cells.items() if at.measure not in _MARKED}


def state(world: World) -> Item:
    item = world.items[owner(subject_of(code(1), "", ""), world.bindings)]
    return item._replace(order=Item("").order, seen_ms=0)


@pytest.mark.parametrize("swapped", [False, True])
@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.kind + row.answer)
def test_a_decision_that_two_people_take_counts_once_and_both_are_kept(row: Twice, *, swapped: bool) -> None:
    said = [(row.kind, row.one, "p-eva"), (row.answer or row.kind, row.other, "p-max")]
    first, second = reversed(said) if swapped else said
    once, twice = lived(row, first), lived(row, first, second)
    assert twice.mark(twice.events[-2])[0] == "applied"
    assert figures(twice.world) == figures(once.world)
    assert state(twice.world) == state(once.world)
    assert row.kind == AGAIN or twice.mark(twice.events[-1])[0] in _MARKED


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.kind + row.answer)
def test_which_of_two_decisions_arrives_first_changes_nothing(row: Twice) -> None:
    said = [(row.kind, row.one, "p-eva"), (row.answer or row.kind, row.other, "p-max")]
    events = lived(row, *said).events
    expected = replay(events)
    for last in (events[-2:], events[:-3:-1]):
        store = MemoryStore()
        for event in (*events[:-2], *last):
            store.accept([event])
        assert (store.world.cells, store.world.items) == (expected.cells, expected.items)


def test_every_decision_is_said_twice() -> None:
    tried = {row.kind for row in ROWS} | {row.answer for row in ROWS}
    decisions = {kind for kind, spec in KINDS.items() if spec.family is Family.DECISION}
    # A notice, and a number that one count gives: the count is looked at again in the transaction that adjusts.
    assert decisions - tried == {"item.presumed_lost", "stock.adjusted"}


def test_an_answer_that_two_people_give_is_one_answer_by_the_last() -> None:
    phone = Device()

    def answered(actor: str) -> Answer:
        body = {"case": "drift", "key": "rhin", "n": 4, "reason": actor, "until": "2026-02-01"}
        return answer_of(phone.event(ANSWERED, "", actor=actor, body=body))

    one, other = answered("p-eva"), answered("p-max")
    assert last_answers([one, other]) == last_answers([other, one])
    assert [answer.actor for answer in last_answers([other, one]).values()] == ["p-max"]
