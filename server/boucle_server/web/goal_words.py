"""Goals in words: what is wanted of a figure, for what, and whether it was reached."""

from dataclasses import dataclass
from fractions import Fraction

from boucle.catalogue import CATALOGUE
from boucle.goals import MICRO, SENSES, Goal, Sense, Verdict, goal_of, loops_known, parts_of_key
from boucle.kpi import Question, Unit, Value
from boucle.reference import ANY_TYPE, Book
from boucle.words import say
from boucle_server import reports
from boucle_server.web import numbers

_KINDS = {Verdict.MET: "good", Verdict.MISSED: "bad", Verdict.OPEN: "plain", Verdict.FEW: "plain"}
_SIGNS = {"good": "✓", "bad": "✕", "plain": "○"}
_COMPARED = {Sense.LEAST: "≥", Sense.MOST: "≤"}
_MOST_DECIMALS = 6


@dataclass(frozen=True, slots=True, kw_only=True)
class ToldGoal:
    """A goal beside its figure: in words, as a badge with a sign and a word, and as a number in the figure's unit."""

    text: str
    short: str
    badge: tuple[str, str] | None
    exact: Fraction

    @property
    def verdict(self) -> str:
        """Give what the value says of it, with the sign of its badge."""
        return f"{_SIGNS[self.badge[0]]} {self.badge[1]}" if self.badge else ""

    @property
    def line(self) -> str:
        """Give all of it in one line, for a cell of a table or of a printed page."""
        return f"{self.text} ({self.verdict})" if self.badge else self.text

    @property
    def lines(self) -> str:
        """Give it as short as can be, in two lines for a narrow column."""
        return "\n".join(filter(None, (self.short, self.verdict)))


def told_goal(book: Book, value: Value, asked: Question, lang: str) -> ToldGoal | None:
    """Tell the goal of a value; None where nobody set one."""
    goal = goal_of(book, value.definition_id, asked)
    if goal is None:
        return None
    cases = value.n if value.denominator is not None else None
    verdict = goal.judge(value.value, cases=cases, asked=asked)
    badge = None if verdict is None else (_KINDS[verdict], say(f"goal.{verdict}", lang))
    wanted = said_value(goal)
    short = f"{_COMPARED[goal.sense]} {_number(goal.figure, wanted, lang)}"
    return ToldGoal(text=_wanted(goal.figure, wanted, lang), short=short, badge=badge, exact=wanted)


def said_value(goal: Goal) -> Fraction:
    """Give the number of a goal in the unit in which people read it."""
    match CATALOGUE[goal.figure].unit:
        case Unit.RATIO:
            return goal.value * 100
        case Unit.GRAMS:
            return goal.value / 1000
        case Unit.CENTS:
            return goal.value / 100
        case _:
            return goal.value


def stated(figure: str, micro: object, lang: str) -> str:
    """Say what a row of reference data wants of a figure; a dash for no goal any more."""
    if not isinstance(micro, int) or figure not in SENSES:
        return numbers.DASH
    return _wanted(figure, Fraction(micro, MICRO), lang)


def _wanted(figure: str, value: Fraction, lang: str) -> str:
    return say(f"goal.{SENSES[figure]}", lang, value=_number(figure, value, lang))


def _number(figure: str, value: Fraction, lang: str) -> str:
    """Write a number with the decimals that it has and no more, and its unit."""
    decimals = next((n for n in range(_MOST_DECIMALS) if (value * 10**n).denominator == 1), _MOST_DECIMALS)
    unit = say(CATALOGUE[figure].unit.words, lang)
    space = "" if unit == "%" and lang != "fr" else numbers.THIN
    return f"{numbers.number(value, decimals, lang)}{space}{unit}"


def goal_name(key: str, book: Book, *, now_ms: int, lang: str) -> str:
    """Say what a goal is for: the figure, and the loop and the type where it is for one alone."""
    figure, loop, item_type = parts_of_key(key)
    definition = CATALOGUE.get(figure)
    said = [say(definition.words("name"), lang) if definition else figure]
    said += [reports.name_of(book, "loop", loop, now_ms)] if loop else []
    said += [reports.name_of(book, "item_type", item_type, now_ms)] if item_type != ANY_TYPE else []
    return " · ".join(said)


def figures_offered(lang: str) -> list[tuple[str, str]]:
    """Give the figures that can have a goal, each with the unit in which its goal is written."""
    found = []
    for id_ in (each for each in CATALOGUE if each in SENSES):
        name, unit = say(CATALOGUE[id_].words("name"), lang), say(CATALOGUE[id_].unit.words, lang)
        found.append((id_, f"{name} ({unit}) – {id_}"))
    return found


def loops_offered(book: Book, now_ms: int, lang: str) -> list[tuple[str, str]]:
    """Give the loops that a goal can be for, all of them first."""
    loops = [(key, reports.name_of(book, "loop", key, now_ms)) for key in loops_known(book)]
    return [("", say("web.all_loop", lang)), *sorted(loops, key=lambda pair: pair[1].casefold())]
