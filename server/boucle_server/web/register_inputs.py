"""The form of a row of reference data: its fields, what can be chosen in each, and what was typed into them."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from boucle.board import COLUMNS as BOARD
from boucle.board import limits_of
from boucle.clock import DEFAULT_ZONE
from boucle.closed_days import Holidays
from boucle.lifecycle import Disposition
from boucle.opening_hours import WEEK
from boucle.photo_guards import PhotoGuard
from boucle.qualifications import Act
from boucle.reference import ANY_TYPE, GOODS, Book
from boucle.site_roles import SiteRole, role_of, role_words
from boucle.words import say
from boucle_server.imports import cells, hour_cells
from boucle_server.imports.cells import CellError, Reader
from boucle_server.imports.columns import COLUMNS, Column
from boucle_server.imports.planned import TABLES
from boucle_server.web import goal_words
from boucle_server.web.forms import Fields
from boucle_server.web.register import CHOICES, NAMED, label, named_by, written

_SEVERAL: Final = (cells.photo_guards, cells.acts, cells.keys)
"""Readers of fields of which several values can be chosen."""
_TOLD: Final = frozenset({"access", "material", "loop", "reminder"})
"""Fields of which the example is words of a language."""
_SHAPED: Final[Mapping[Reader, str]] = {cells.limits: "limits", hour_cells.hours: "hours", hour_cells.closures: "lines"}
"""Readers of fields that a form shows in a way of their own."""
_EXPLAINED: Final = frozenset({"key", "limits", "hours", "holidays", "closures"})
"""Fields with a help of their own."""
_IDENTITY: Final = frozenset({"key", "origin", "destination"})
_FROM_NOW: Final = frozenset({"qualifications", "return-rules"})
"""Kinds of which the first version says nothing of the time before it."""
_WHOLE_PRICE: Final = 100
_DOUBTS: Final[Mapping[str, Callable[[int], bool]]] = {
    "tare_g": lambda grams: grams == 0,
    "due_days": lambda days: days == 0,
    "loss_days": lambda days: days == 0,
    "return_days": lambda days: days == 0,
    "repair_percent": lambda percent: percent > _WHOLE_PRICE,
}
"""What is possible and hardly ever meant, by field; the words are `web.reg_doubt_<field>`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """One field of a form: its `kind` is text, choice, several, limits, hours or lines; `options` can be chosen."""

    name: str
    kind: str
    label: str
    value: str
    help: str
    required: bool
    is_fixed: bool
    options: list[tuple[str, str]]
    chosen: Mapping[str, str]
    """What is chosen of several, and what is typed beside each column of a workshop or day of a week."""

    @property
    def shown(self) -> str:
        """Give the value as the option that it is, else as it stands."""
        return dict(self.options).get(self.value, self.value)


def reader(kind: str, typed: Fields) -> Callable[[str], str]:
    """Give what was typed into the fields of a row, each as the one cell that a file has for it."""
    columns = {column.field: column for column in COLUMNS[kind]}

    def cell(field: str) -> str:
        column = columns[field]
        if column.read in _SEVERAL:
            return ", ".join(filter(None, (each.strip() for each in typed.values(field))))
        if column.read is cells.limits:
            each = ((name, typed.value(f"{field}.{name}")) for name in BOARD)
            return ", ".join(filter(None, (typed.value(field), *(f"{name} {n}" for name, n in each if n))))
        if column.read is hour_cells.hours:
            days = ((name, typed.value(f"{field}.{name}")) for name in WEEK)
            return "; ".join(filter(None, (typed.value(field), *(f"{name} {said}" for name, said in days if said))))
        return typed.value(field)

    return cell


def doubts(kind: str, key: str, book: Book, typed: Fields, *, now_ms: int, lang: str) -> list[str]:
    """Say what was typed that is possible and hardly ever meant, and was not so before."""
    row: Mapping[str, Any] = (book.row(TABLES[kind], key, now_ms) if key else None) or {}
    found = []
    for column in COLUMNS[kind]:
        cell, is_odd = typed.value(column.field), _DOUBTS.get(column.field)
        if not cell or is_odd is None:
            continue
        try:
            value = column.read(cell)
        except CellError:
            continue
        if isinstance(value, int) and is_odd(value) and value != row.get(column.field):
            found.append(say(f"web.reg_doubt_{column.field}", lang, n=value))
    return found


def asked(kind: str, key: str, book: Book, *, now_ms: int, lang: str, typed: Fields | None) -> list[Asked]:
    """Give the fields of a row's form: as typed, else as they hold now, else empty."""
    row: Mapping[str, Any] = (book.row(TABLES[kind], key, now_ms) if key else None) or {}
    if key:
        row = {"key": key, **named_by(kind, key), **row}
    return [
        _asked(kind, column, book, row.get(column.field), typed, is_new=not key, now_ms=now_ms, lang=lang)
        for column in COLUMNS[kind]
    ]


def _asked(
    kind: str, column: Column, book: Book, held: object, typed: Fields | None, *, is_new: bool, now_ms: int, lang: str
) -> Asked:
    value = typed.value(column.field) if typed else written(column, held, lang)
    if is_new and typed is None and column.field == "zone":
        value = DEFAULT_ZONE
    options = _options(kind, column, book, now_ms, lang)
    if column.read is cells.site_role:
        options = _roles(value, lang)
    return Asked(
        name=column.field,
        kind=_kind(column, options),
        label=label(column.field, lang),
        value=value,
        help=_help(kind, column, lang, is_always=is_new and kind not in _FROM_NOW),
        required=column.required,
        is_fixed=not is_new and (column.field in _IDENTITY or column.field in NAMED.get(kind, ())),
        options=options,
        chosen=_chosen(column, held, typed),
    )


def _kind(column: Column, options: list[tuple[str, str]]) -> str:
    if column.read in _SHAPED:
        return _SHAPED[column.read]
    return "text" if not options else "several" if column.read in _SEVERAL else "choice"


def _chosen(column: Column, held: object, typed: Fields | None) -> dict[str, str]:
    if column.read is cells.limits:
        stands = limits_of(held) if isinstance(held, str) else {}
        return {name: typed.value(f"{column.field}.{name}") if typed else str(stands.get(name, "")) for name in BOARD}
    if column.read is hour_cells.hours:
        spans = hour_cells.written_days(held) if isinstance(held, str) else {}
        days = enumerate(WEEK)
        return {name: typed.value(f"{column.field}.{name}") if typed else spans.get(day, "") for day, name in days}
    if typed:
        return dict.fromkeys(typed.values(column.field), "1")
    if column.read in _SEVERAL:
        return dict.fromkeys(held.split() if isinstance(held, str) else held if isinstance(held, list) else (), "1")
    return {}


def _options(kind: str, column: Column, book: Book, now_ms: int, lang: str) -> list[tuple[str, str]]:
    if column.read is cells.yes_no:
        return [("oui", say("web.yes", lang)), ("non", say("web.no", lang))]
    if column.read is cells.nature:
        return [("", say("nature.container", lang)), *((each, say(f"nature.{each}", lang)) for each in sorted(GOODS))]
    if column.read is cells.disposition:
        named = [(str(each), say(f"disposition.{each}", lang)) for each in Disposition]
        return [("", say("web.reg_as_usual", lang)), *named]
    if column.read is cells.photo_guards:
        return [(str(each), say(f"photo.guard.{each}", lang)) for each in PhotoGuard]
    if column.read is cells.acts:
        return [(str(each), say(f"qualification.act.{each}", lang)) for each in Act]
    if column.read is cells.limits:
        return [(each, say(f"web.column_{each}", lang)) for each in BOARD]
    if column.read is hour_cells.hours:
        return [(name, say(f"web.weekday_{day}", lang).capitalize()) for day, name in enumerate(WEEK)]
    if column.read is hour_cells.holidays:
        return [("" if each is Holidays.NONE else str(each), say(f"holidays.{each}", lang)) for each in Holidays]
    if column.read is cells.figure:
        return goal_words.figures_offered(lang)
    if (kind, column.field) == ("goals", "loop"):
        return goal_words.loops_offered(book, now_ms, lang)
    return _rows_offered(kind, column, book, now_ms, lang)


def _roles(held: str, lang: str) -> list[tuple[str, str]]:
    """Give the roles of a place by their words, and the one that it has where it is none of them."""
    named = sorted(((str(each), role_words(each, lang)) for each in SiteRole), key=lambda pair: pair[1].casefold())
    own = role_of(held)
    return [("", say("web.reg_no_role", lang)), *([(own, own)] if own and own not in dict(named) else []), *named]


def _rows_offered(kind: str, column: Column, book: Book, now_ms: int, lang: str) -> list[tuple[str, str]]:
    """Give the rows of another table that a field can name, by their names."""
    table = CHOICES.get((kind, column.field))
    if table is None:
        return []
    rows = [(key, str((book.row(table, key, now_ms) or {}).get("name") or key)) for key in book.keys(table)]
    rows.sort(key=lambda pair: pair[1].casefold())
    if column.read in _SEVERAL:
        return rows
    if column.field == "item_type":
        return [(ANY_TYPE, say("web.reg_any_type", lang)), *rows]
    return [("", say("web.reg_choose" if column.required else "web.reg_ours", lang)), *rows]


def _help(kind: str, column: Column, lang: str, *, is_always: bool) -> str:
    if column.field == "valid_from":
        when = say("web.reg_from_help_new" if is_always else "web.reg_from_help", lang)
        return f"{say('web.reg_day_help', lang)} {when}"
    if column.field in _EXPLAINED:
        return say(f"web.reg_{column.field}_help", lang)
    if column.read is cells.goal:
        return say("web.reg_goal_help", lang)
    closed = (cells.yes_no, cells.nature, cells.disposition, cells.site_role, *_SEVERAL)
    if not column.example or column.read in closed or (kind, column.field) in CHOICES:
        return ""
    return say("web.reg_example", lang, example=_example(kind, column, lang))


def _example(kind: str, column: Column, lang: str) -> str:
    """Give an example in a language; keys, numbers and names of places are the same in both."""
    if column.field in _TOLD:
        return say(f"web.reg_example_{column.field}", lang)
    if column.field == "name" and kind in ("item-types", "qualifications"):
        return say(f"web.reg_example_name_{kind.replace('-', '_')}", lang)
    is_decimal = column.read in (cells.grams, cells.cents)
    return column.example.replace(",", ".") if is_decimal and lang != "fr" else column.example
