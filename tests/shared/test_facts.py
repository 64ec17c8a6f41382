"""Facts: sums of integers that forget what came to nothing."""

from hypothesis import given
from hypothesis import strategies as st

from boucle.facts import Cell, Cells, Fact, add

CELLS = [Cell("month", "2026-01", site, "", "", "bac", "", measure, "") for site in "ab" for measure in "xyz"]
facts = st.lists(st.builds(Fact, st.sampled_from(CELLS), st.integers(-3, 3)), max_size=12)


def summed(added: list[Fact]) -> Cells:
    cells: Cells = {}
    add(cells, added)
    return cells


def test_what_comes_back_to_nothing_is_as_if_never_touched() -> None:
    assert summed([Fact(CELLS[0], 2), Fact(CELLS[1], 5), Fact(CELLS[0], -2)]) == {CELLS[1]: 5}
    assert summed([Fact(CELLS[0], 0)]) == {}


def test_facts_are_taken_away_as_they_were_added() -> None:
    cells = summed([Fact(CELLS[0], 2), Fact(CELLS[1], 5)])
    add(cells, [Fact(CELLS[1], 5), Fact(CELLS[2], 1)], -1)
    assert cells == {CELLS[0]: 2, CELLS[2]: -1}


@given(facts, facts, st.randoms(use_true_random=False))
def test_sums_do_not_depend_on_the_order_and_hold_no_nil(one: list[Fact], two: list[Fact], random: object) -> None:
    mixed = [*one, *two]
    random.shuffle(mixed)  # type: ignore[attr-defined]
    together = summed([*one, *two])
    assert summed(mixed) == together
    assert 0 not in together.values()
    add(together, two, -1)
    assert together == summed(one)
