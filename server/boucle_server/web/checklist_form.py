"""The editor of a checklist: its fields as they are typed, read by the rules of an imported file of the same kind."""

import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Final

from boucle import gauges
from boucle.binding import Binding
from boucle.checklists import MOST_STEPS, Asks, Checklist, Step
from boucle.reference import Book
from boucle.words import say
from boucle_server.imports.columns import COLUMNS
from boucle_server.imports.planned import Plan, Register
from boucle_server.imports.rows import plan
from boucle_server.web.asking import Option
from boucle_server.web.forms import Fields
from boucle_server.web.register import fault_words

BLANK: Final = 2
"""Empty steps below those that are there."""
MORE: Final = 4
"""So many more when they are asked for."""
_COLUMNS: Final = COLUMNS["checklists"]
_OF_LIST: Final = frozenset({"key", "valid_from", "moment", "name", "name_en", "types"})
_OF_ANSWER: Final[Mapping[str, frozenset[str]]] = {
    Asks.MEASURE: frozenset({"unit", "low", "high"}),
    Asks.CHOICE: frozenset({"choices", "choices_en"}),
}
"""Fields that say something for one way of answering alone."""
_SHORT: Final = 24


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One step as it stands in the form; `wrong` says beside which field what is wrong."""

    n: int
    at: str
    values: Mapping[str, str]
    wrong: Mapping[str, str]


class _NoBindings:
    """A checklist is bound to no label."""

    def bindings(self, codes: Iterable[str]) -> Mapping[str, Binding]:  # noqa: ARG002 - as the protocol says
        return {}


def head_of(of: Checklist | None) -> dict[str, str]:
    """Give what a checklist says of itself, as its form shows it."""
    if of is None:
        return {"key": "", "moment": "", "name": "", "name_en": "", "types": ""}
    words = {"name": of.words.get("fr", ""), "name_en": of.words.get("en", "")}
    return {"key": of.key, "moment": str(of.moment), "types": ",".join(of.types), **words}


def rows_of(of: Checklist | None, lang: str) -> list[Row]:
    """Give the steps of a checklist as its form shows them, and some empty ones."""
    steps = of.steps if of else ()
    found = [Row(n=n, at=str(n), values=_written(step, lang), wrong={}) for n, step in enumerate(steps, 1)]
    return with_blank(found, BLANK if steps else MORE)


def with_blank(rows: list[Row], more: int) -> list[Row]:
    """Add empty steps, as many as a checklist may have."""
    most = min(len(rows) + more, MOST_STEPS)
    return [*rows, *(Row(n=n, at=str(n), values={}, wrong={}) for n in range(len(rows) + 1, most + 1))]


def typed_rows(typed: Fields) -> list[Row]:
    """Give the steps as they were typed."""
    names = [column.field for column in _COLUMNS if column.field not in _OF_LIST]
    found = []
    for n in range(1, MOST_STEPS + 1):
        values = {name: typed.value(f"s{n}.{name}") for name in names}
        if not typed.value(f"s{n}.at"):
            break
        found.append(Row(n=n, at=typed.value(f"s{n}.at"), values=values, wrong={}))
    return found


def planned(typed: Fields, book: Book, *, now_ms: int, zone: str) -> tuple[Plan, list[Row]]:
    """Read what was typed; give what it would state, and the steps that say something, in their order."""
    rows = sorted((each for each in typed_rows(typed) if each.values["question"]), key=_place)
    taken = {each.values["step"] for each in rows}
    named = []
    for each in rows:
        step = each.values["step"] or _named(each.values["question"], taken)
        taken.add(step)
        named.append(replace(each, values={**each.values, "step": step}))
    table = [[column.header for column in _COLUMNS], *(_cells(each, typed) for each in named)]
    register = Register(book=book, bindings=_NoBindings(), operators={}, now_ms=now_ms, zone=zone)
    return plan("checklists", table, register), named


def faults_of(made: Plan, rows: list[Row], lang: str) -> tuple[dict[str, str], list[Row]]:
    """Give what is wrong with the checklist by field, and its steps, each with what is wrong with it."""
    fields = {column.header: column.field for column in _COLUMNS}
    wrong: dict[str, str] = {}
    beside: dict[int, dict[str, str]] = {}
    for fault in made.faults:
        field = fields.get(fault.column, "")
        if field in _OF_LIST:
            wrong.setdefault(field, fault_words(fault, lang))
        elif fault.key != "import.checklist_incomplete":
            beside.setdefault(fault.row - 2, {}).setdefault(field or "question", fault_words(fault, lang))
    return wrong, [replace(each, wrong=beside.get(at, {})) for at, each in enumerate(rows)]


def units(lang: str) -> list[Option]:
    """Give the units that a measure may have."""
    return [("", "–"), *((unit, how.sign(lang) or unit) for unit, how in gauges.GAUGES.items())]


def ways(lang: str) -> list[Option]:
    """Give the ways to answer a step."""
    return [(str(each), say(f"checklist.asks.{each}", lang)) for each in Asks]


def _place(row: Row) -> tuple[int, int]:
    return (int(row.at) if row.at.isdecimal() and len(row.at) < len("10000") else row.n, row.n)


def _cells(row: Row, typed: Fields) -> list[str]:
    asks = row.values["asks"] or Asks.YES_NO
    found = []
    for column in _COLUMNS:
        name = column.field
        only = [way for way, names in _OF_ANSWER.items() if name in names]
        if name == "types":
            found.append(",".join(typed.values("types")))
        elif name in _OF_LIST:
            found.append(typed.value("cle" if name == "key" and typed.value("cle") else name))
        else:
            found.append(row.values[name] if not only or asks in only else "")
    return found


def _written(step: Step, lang: str) -> dict[str, str]:
    said = {
        "step": step.id,
        "question": step.words.get("fr", ""),
        "question_en": step.words.get("en", ""),
        "asks": str(step.asks),
        "unit": step.unit,
        "choices": _choices(step, "fr"),
        "choices_en": _choices(step, "en"),
        "blocking": "oui" if step.blocking else "",
        "photo": "oui" if step.photo else "",
    }
    ends = {name: end for name, end in (("low", step.low), ("high", step.high)) if end is not None}
    return said | {name: gauges.write_number(end, step.unit, lang) for name, end in ends.items()}


def _choices(step: Step, lang: str) -> str:
    said = [(each.words.get(lang, ""), each.passes) for each in step.choices]
    return " | ".join(f"{words} !" if not passes else words for words, passes in said if words)


def _named(question: str, taken: set[str]) -> str:
    """Make an id of a question, unlike those that are taken."""
    plain = unicodedata.normalize("NFKD", question.casefold())
    words = re.sub(r"[^a-z0-9]+", "-", "".join(char for char in plain if not unicodedata.combining(char)))
    made = words.strip("-")[:_SHORT].strip("-") or "etape"
    return next(each for each in (made, *(f"{made}-{n}" for n in range(2, MOST_STEPS + 2))) if each not in taken)
