"""Goals: which one holds for which month and part, and what a value says of it."""

from fractions import Fraction
from typing import Any

import pytest

from boucle.catalogue import CATALOGUE
from boucle.clock import parse_instant
from boucle.goals import FEWEST, SENSES, Goal, Sense, Verdict, goal_key, goal_of, loops_known, parts_of_key
from boucle.kpi import Question
from boucle.reference import Book, Version
from boucle.tally import Slice

APRIL = parse_instant("2026-04-15")


def stated(figure: str, micro: int | None, *, loop: str = "", kind: str = "*", since: str = "") -> Version:
    row: dict[str, Any] = {"figure": figure, "loop": loop, "item_type": kind}
    if micro is not None:
        row["goal_micro"] = micro
    start = parse_instant(since) if since else 0
    return Version(
        table="goal",
        key=goal_key(figure, loop, kind),
        valid_from=start,
        order=(start, "server", "0", 1, f"{figure}{loop}{kind}{since}"),
        row=row,
    )


def asked(month: str, as_of_ms: int = APRIL, narrowed: Slice | None = None) -> Question:
    return Question(months=(month,), as_of_ms=as_of_ms, narrowed=narrowed or Slice())


@pytest.mark.parametrize(
    ("figure", "micro", "value"),
    [
        ("K1", 92_500_000, Fraction(925, 1000)),
        ("K20-mass", 12_400_000_000, Fraction(12_400_000)),
        ("K37", 18_240_500_000, Fraction(1_824_050)),
        ("K3", 21_000_000, Fraction(21)),
    ],
)
def test_a_goal_is_written_as_people_read_the_figure_and_compared_in_its_own_unit(
    figure: str, micro: int, value: Fraction
) -> None:
    goal = goal_of(Book([stated(figure, micro)]), figure, asked("2026-02"))
    assert goal is not None
    assert goal.value == value


def test_a_month_is_held_to_the_goal_that_stood_at_its_end() -> None:
    book = Book(
        [
            stated("K1", 90_000_000, since="2026-02-10"),
            stated("K1", 95_000_000, since="2026-03-20"),
            stated("K1", None, since="2026-04-01"),
        ]
    )
    wanted = {month: goal_of(book, "K1", asked(month)) for month in ("2026-01", "2026-02", "2026-03", "2026-04")}
    assert {month: goal and goal.value for month, goal in wanted.items()} == {
        "2026-01": None,
        "2026-02": Fraction(9, 10),
        "2026-03": Fraction(95, 100),
        "2026-04": None,
    }


def test_a_part_is_held_to_its_own_goal_and_never_to_that_of_the_whole() -> None:
    book = Book(
        [stated("K1", 90_000_000), stated("K1", 97_000_000, loop="alsace"), stated("K1", 80_000_000, kind="bac")]
    )

    def of(**narrowed: str) -> Fraction | None:
        goal = goal_of(book, "K1", asked("2026-02", narrowed=Slice(**narrowed)))
        return goal.value if goal else None

    assert of() == Fraction(90, 100)
    assert of(loop="alsace") == Fraction(97, 100)
    assert of(type="bac") == Fraction(80, 100)
    for narrowed in ({"loop": "lorraine"}, {"loop": ""}, {"loop": "alsace", "type": "bac"}, {"partner": "rhin"}):
        assert of(**narrowed) is None, narrowed
    assert parts_of_key(goal_key("K1", "bacs>Alsace", "bac")) == ("K1", "bacs>Alsace", "bac")


@pytest.mark.parametrize(
    ("figure", "value", "cases", "verdict"),
    [
        ("K1", Fraction(90, 100), FEWEST, Verdict.MET),
        ("K1", Fraction(8999, 10_000), FEWEST, Verdict.MISSED),
        ("K1", Fraction(8999, 10_000), FEWEST - 1, Verdict.FEW),
        ("K14", Fraction(90, 100), 400, Verdict.MET),
        ("K14", Fraction(91, 100), 400, Verdict.MISSED),
        ("K20-mass", Fraction(1), None, Verdict.MET),
        ("K1", None, 0, None),
    ],
)
def test_what_is_wanted_is_at_least_so_much_or_at_most_and_a_handful_is_not_judged(
    figure: str, value: Fraction | None, cases: int | None, verdict: Verdict | None
) -> None:
    goal = Goal(figure=figure, sense=SENSES[figure], value=Fraction(9, 10))
    assert goal.judge(value, cases=cases, asked=asked("2026-01")) is verdict


def test_nothing_is_judged_before_its_time() -> None:
    goal = Goal(figure="K1", sense=Sense.LEAST, value=Fraction(1, 2))
    low = Fraction(1, 10)
    assert goal.judge(low, cases=400, asked=asked("2026-02", parse_instant("2026-04-29"))) is Verdict.OPEN
    assert goal.judge(low, cases=400, asked=asked("2026-02", parse_instant("2026-05-01"))) is Verdict.MISSED
    mass = Goal(figure="K20-mass", sense=Sense.LEAST, value=Fraction(9))
    assert mass.judge(low, cases=None, asked=asked("2026-04")) is Verdict.OPEN
    late = Goal(figure="K13", sense=Sense.MOST, value=Fraction(1, 20))
    assert late.judge(low, cases=400, asked=asked("2026-04")) is Verdict.MISSED


def test_every_figure_with_a_goal_exists_and_what_only_follows_the_season_has_none() -> None:
    assert set(SENSES) <= set(CATALOGUE)
    assert {"K2", "K12"} & set(SENSES) == set()


@pytest.mark.parametrize("micro", [-1, True, "95", 10**16])
def test_a_goal_that_says_no_number_is_none(micro: Any) -> None:
    assert goal_of(Book([stated("K1", micro)]), "K1", asked("2026-02")) is None


def test_a_loop_is_known_by_its_own_row_or_by_a_lane() -> None:
    lane = Version(table="lane", key="a>b>*", valid_from=0, order=(0, "s", "0", 1, "x"), row={"loop": "bacs Alsace"})
    loop = Version(table="loop", key="film", valid_from=0, order=(0, "s", "0", 1, "y"), row={"name": "Film"})
    assert loops_known(Book([lane, loop])) == ["bacs Alsace", "film"]
