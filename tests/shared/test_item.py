"""The state of an item: written and read back, and told on a given day."""

import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from boucle.item import Back, Item, Job, Part, dump, load
from boucle.lifecycle import HELD, Stage

texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=6)
FIELDS: dict[str, st.SearchStrategy[Any]] = {
    name: {
        str: texts,
        Stage: st.sampled_from(Stage),
        int: st.integers(-(2**53), 2**53),
        bool: st.booleans(),
        tuple: st.lists(texts, max_size=3).map(tuple),
    }[type(value)]
    for name, value in Item("")._asdict().items()
} | {
    "order": st.tuples(st.integers(), texts, texts, st.integers(0), texts),
    "job": st.just(()) | st.builds(Job, id=texts, hands=st.lists(texts, max_size=3).map(tuple), tests=st.integers(0)),
    "back": st.just(()) | st.builds(Back, rma=texts, blind=st.booleans(), received_ms=st.integers(0)),
    "part": st.just(()) | st.builds(Part, donor=texts, credit=st.booleans(), cents=st.integers(0)),
}


@given(
    st.fixed_dictionaries({"id": texts.filter(bool)}, optional={name: FIELDS[name] for name in FIELDS if name != "id"})
)
def test_a_state_is_read_back_as_it_was_written(fields: dict[str, Any]) -> None:
    item = Item(**fields)
    written = dump(item)
    assert load(written) == item
    assert dump(load(written)) == written


def test_what_an_item_never_did_takes_no_room() -> None:
    assert json.loads(dump(Item("i-1", type="bac", uses=0, loan_open=False))) == {"id": "i-1", "type": "bac"}
    assert load('{"id":"i-1"}') == Item("i-1")


def test_an_empty_stage_is_not_the_first_stage() -> None:
    assert load(dump(Item("i", work_stage="", stage=Stage.RETIRED))).stage == "retired"


def test_an_item_is_held_by_a_partner_at_the_stages_of_custody() -> None:
    assert {stage for stage in Stage if Item("i", stage=stage).is_held} == HELD


def test_overdue_and_presumed_lost_begin_the_day_after_and_only_while_the_loan_is_open() -> None:
    lent = Item("i", loan_open=True, due="2026-02-01", loss="2026-04-02")
    days = ("2026-01-31", "2026-02-01", "2026-02-02", "2026-04-02", "2026-04-03")
    assert [lent.overdue_on(day) for day in days] == [False, False, True, True, True]
    assert [lent.presumed_lost_on(day) for day in days] == [False, False, False, False, True]
    for other in (lent._replace(loan_open=False), lent._replace(due="", loss="")):
        assert not any(other.overdue_on(day) or other.presumed_lost_on(day) for day in days)
