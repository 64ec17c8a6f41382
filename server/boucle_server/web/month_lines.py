"""The lines of the dashboard's tables: a month or a loop each, as people read them and as numbers for a file."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final

from sqlalchemy.engine import Connection

from boucle.catalogue import answers
from boucle.kpi import Question, Value
from boucle.tally import Tally
from boucle.words import say
from boucle_server import reports
from boucle_server.exports.sheets import Cell
from boucle_server.web import numbers
from boucle_server.web.asking import Asked
from boucle_server.web.figures import Badge, is_young
from boucle_server.web.goal_words import ToldGoal
from boucle_server.web.month_ground import Ground, has_numbered, quantity_moves, unit_moves

YEAR: Final = ("K1", "K7", "K12", "K20-mass", "K22")
LOOPS: Final = ("K11-median", "K12", "K13", "K20-mass")


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One line of a table: what its head leads to, its head, its cells, and a mark beside the head.

    `exact` are the same values as numbers, in the units that the heads name.
    """

    key: str
    head: str
    cells: tuple[str, ...]
    exact: tuple[Cell, ...] = ()
    badge: Badge | None = None


YEAR_WORDS: Final = (
    "web.short_return_rate",
    "web.short_reuse_share",
    "web.short_out",
    "web.short_mass",
    "web.short_valorised",
)
"""The heads of the figures of YEAR."""


def year_heads(goal_of: str, lang: str) -> list[str]:
    """Give the heads of the months' columns; that of a goal stands behind the figure it is for, `""` for none."""
    heads = [say(key, lang) for key in ("web.sent", "web.back", "web.quantities")]
    return [*heads, *_with_goal([say(key, lang) for key in YEAR_WORDS], goal_of, [say("web.goal", lang)])]


def _with_goal(cells: list[str], goal_of: str, goal: list[str]) -> list[str]:
    at = YEAR.index(goal_of) + 1 if goal_of else len(cells)
    return [*cells[:at], *(goal if goal_of else ()), *cells[at:]]


def month_line(
    on: Ground, month: str, values: Mapping[str, Value], *, goal_of: str = "", goal: ToldGoal | None = None
) -> Line:
    """Give the line of a month; with `goal_of`, what was wanted of that figure at its end."""
    question, lang = on.of(month), on.lang
    runs = not question.is_over(month) or bool(question.reasons.get(month))
    word = say("page.provisional", lang) if runs else ""
    shown = [_without_stock(values[id_], numbered=on.has_numbered) for id_ in YEAR]
    return Line(
        key=month,
        head=numbers.month_name(month, lang),
        cells=(
            *_moves(on.tally, month, lang),
            *_with_goal(
                [_cell(value, question, lang) for value in shown], goal_of, [goal.lines if goal else numbers.DASH]
            ),
        ),
        exact=(
            *_exact_moves(on.tally, month),
            *(None if value is None else numbers.exact(value) for value in shown),
            *((goal.exact if goal else None,) if goal_of else ()),
        ),
        badge=("warn", word) if word else None,
    )


def loop_lines(connection: Connection, org: str, on: Ground, cohort: str) -> list[Line]:
    """Give the lines of the loops of which anything is known, by name."""
    lines = []
    for loop, tally in _by_loop(connection, org, on.asked).items():
        question = replace(on.question, late=None, narrowed=replace(on.asked.narrowed, loop=loop))
        values = answers(tally, question, LOOPS)
        moves = (*unit_moves(tally, on.asked.month), *quantity_moves(tally, on.asked.month))
        if not any(moves) and not any(value.numerator or value.denominator for value in values.values()):
            continue
        of_cohort = replace(question, months=(cohort,))
        rate = answers(tally, of_cohort, ["K1"])["K1"]
        shown = [_without_stock(value, numbered=has_numbered(tally)) for value in values.values()]
        lines.append(
            Line(
                key=loop,
                head=on.asked.name_of("loop", loop),
                cells=(
                    *_moves(tally, on.asked.month, on.lang),
                    _cell(rate, of_cohort, on.lang),
                    *(_loop_cell(value, on.lang) for value in shown),
                ),
                exact=(
                    *_exact_moves(tally, on.asked.month),
                    numbers.exact(rate),
                    *(_exact_loop_cell(value) for value in shown),
                ),
            )
        )
    return sorted(lines, key=lambda line: line.head.casefold())


def _without_stock(value: Value, *, numbered: bool) -> Value | None:
    """Leave out what is out, and overdue, where nothing is followed piece by piece."""
    return None if value.definition_id in ("K12", "K13") and not numbered else value


def _moves(tally: Tally, month: str, lang: str) -> tuple[str, ...]:
    """Write what left and came back, pieces apart from quantities; a dash for what there is none of at all."""
    units = (numbers.number(n, 0, lang) for n in unit_moves(tally, month))
    quantities = quantity_moves(tally, month)
    shown = f"{numbers.number(quantities[0], 0, lang)} / {numbers.number(quantities[1], 0, lang)}"
    return (
        *(units if has_numbered(tally) else (numbers.DASH, numbers.DASH)),
        shown if tally.months("month", "qty_dispatch") else numbers.DASH,
    )


def _exact_moves(tally: Tally, month: str) -> tuple[Cell, ...]:
    units: tuple[Cell, ...] = unit_moves(tally, month) if has_numbered(tally) else (None, None)
    return (*units, *(quantity_moves(tally, month) if tally.months("month", "qty_dispatch") else (None, None)))


def _cell(value: Value | None, question: Question, lang: str) -> str:
    if value is None:
        return numbers.DASH
    young = value.value is not None and is_young(value, question)
    return numbers.shown(value, lang) + (f" ({say('web.young_short', lang)})" if young else "")


def _loop_cell(value: Value | None, lang: str) -> str:
    if value is None:
        return numbers.DASH
    if value.definition_id == "K13" and value.value is not None:
        return numbers.number(value.numerator, 0, lang)
    return numbers.shown(value, lang)


def _exact_loop_cell(value: Value | None) -> Cell:
    if value is None or value.value is None:
        return None
    return value.numerator if value.definition_id == "K13" else numbers.exact(value)


def _by_loop(connection: Connection, org: str, asked: Asked) -> dict[str, Tally]:
    """Give the sums of each loop under the other filters."""
    if asked.narrowed.loop is not None:
        return {asked.narrowed.loop: reports.tally(connection, org, asked.narrowed)}
    every = reports.tallies(connection, org, "loop")
    if not asked.narrowed.narrowed:
        return every
    return {loop: reports.tally(connection, org, replace(asked.narrowed, loop=loop)) for loop in every}
