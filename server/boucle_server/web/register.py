"""Rows of reference data: what stands there now, and who stated each version."""

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from boucle.binding import Binding
from boucle.board import limits_of
from boucle.goals import MICRO, parts_of_key
from boucle.reference import ANY_TYPE, Book, Version
from boucle.site_roles import role_of, role_words
from boucle.words import say
from boucle_server.imports import cells, hour_cells
from boucle_server.imports.columns import COLUMNS, Column
from boucle_server.imports.fault import Fault
from boucle_server.imports.planned import TABLES, Plan, Register
from boucle_server.imports.rows import plan
from boucle_server.tables import PERSON, RECORD
from boucle_server.web import goal_words, numbers
from boucle_server.web.item_words import moment
from boucle_server.web.visit import Visit

KINDS: Final = tuple(TABLES)
"""The kinds of rows, under the names that `boucle import` gives them."""
CHOICES: Final[Mapping[tuple[str, str], str]] = {
    ("sites", "partner"): "partner",
    ("qualifications", "types"): "item_type",
    ("lanes", "origin"): "site",
    ("lanes", "destination"): "site",
    ("lanes", "item_type"): "item_type",
    ("return-rules", "item_type"): "item_type",
    ("donor-parts", "donor"): "item_type",
    ("donor-parts", "part"): "item_type",
    ("goals", "item_type"): "item_type",
}
"""Fields that name a row of another table."""
_SAID_ONE_BY_ONE: Final = {cells.photo_guards: "photo.guard.", cells.acts: "qualification.act."}
"""Where the words are of what a text of several keys says, by the function that reads it."""
NAMED: Final[Mapping[str, tuple[str, ...]]] = {
    "lanes": ("origin", "destination", "item_type"),
    "return-rules": ("item_type",),
    "donor-parts": ("donor", "part"),
    "goals": ("figure", "loop", "item_type"),
}
"""Fields by which a row without a name of its own is called; none of them changes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stated:
    """One version in words: from when it holds, what it says, who stated it and when."""

    since: str
    says: list[tuple[str, str]]
    who: str
    when: str
    holds: bool


class _NoBindings:
    """Reference rows are bound to no label."""

    def bindings(self, codes: Iterable[str]) -> Mapping[str, Binding]:  # noqa: ARG002 - as the protocol says
        return {}


def planned(kind: str, typed: Callable[[str], str], book: Book, *, now_ms: int, zone: str) -> Plan:
    """Read what was typed by the rules of an imported file of the same kind."""
    columns = COLUMNS[kind]
    row = [typed(column.field) or (ANY_TYPE if column.field == "item_type" else "") for column in columns]
    register = Register(book=book, bindings=_NoBindings(), operators={}, now_ms=now_ms, zone=zone)
    return plan(kind, [[column.header for column in columns], row], register)


def faults_of(made: Plan, kind: str, lang: str) -> dict[str, str]:
    """Give what is wrong by field, under `""` what concerns the whole row."""
    names = {column.header: column.field for column in COLUMNS[kind]}
    return {names.get(fault.column, ""): fault_words(fault, lang) for fault in made.faults}


def fault_words(fault: Fault, lang: str) -> str:
    """Say what is wrong with a field; a form has no cells and no columns that could be empty."""
    return say("web.field_needed", lang) if fault.key == "import.empty" else fault.said(lang)


def keys(book: Book, kind: str, sought: str) -> list[str]:
    """Give the keys of rows of which the key or a value has the letters that are sought, sorted by name."""
    wanted = sought.casefold()
    found = []
    for key in book.keys(TABLES[kind]):
        texts = " ".join(str(value) for version in _versions(book, kind, key) for value in version.row.values())
        if wanted in f"{key} {texts}".casefold():
            found.append(key)
    return sorted(found, key=lambda key: (_last(book, kind, key).get("name", key).casefold(), key))


def listed(book: Book, kind: str, key: str, *, now_ms: int, lang: str) -> list[str]:
    """Give the cells of a row of the list, as they hold now and as an import reads them."""
    row = _row(book, kind, key, now_ms)
    return [_said(column, row.get(column.field), lang) for column in shown(kind)]


def named(book: Book, kind: str, key: str, *, now_ms: int, lang: str) -> list[str]:
    """Give the cells of a row for people: rows of other tables by their names, `""` where nothing is said."""
    row = _row(book, kind, key, now_ms)
    told = [_named(kind, column, row.get(column.field), book, now_ms=now_ms, lang=lang) for column in headed(kind)]
    return [goal_words.stated(str(row["figure"]), row.get("goal_micro"), lang)] if kind == "goals" else told


def headed(kind: str) -> list[Column]:
    """Give the columns of the list for people, beside the name that leads to the row."""
    told = {"name", *(NAMED.get(kind, ()))}
    return [column for column in shown(kind) if column.field not in told]


def name_of(book: Book, kind: str, key: str, *, now_ms: int, lang: str) -> str:
    """Give what a row is called: its name, of a lane its two ends and its type, of a goal what it is for."""
    if kind == "return-rules":
        return say("web.reg_any_type", lang) if key == ANY_TYPE else _other(book, "item_type", key, now_ms)
    if kind == "goals":
        return goal_words.goal_name(key, book, now_ms=now_ms, lang=lang)
    if kind == "donor-parts":
        return " → ".join(_other(book, "item_type", each, now_ms) for each in named_by(kind, key).values())
    if kind != "lanes":
        return str(_row(book, kind, key, now_ms).get("name") or _last(book, kind, key).get("name") or key)
    ends = named_by(kind, key)
    places = [_other(book, "site", ends[each], now_ms) for each in ("origin", "destination")]
    of = ends["item_type"]
    item_type = say("web.reg_any_type", lang) if of == ANY_TYPE else _other(book, "item_type", of, now_ms)
    return f"{places[0]} → {places[1]}, {item_type}"


def _row(book: Book, kind: str, key: str, now_ms: int) -> Mapping[str, Any]:
    row = book.row(TABLES[kind], key, now_ms) or {}
    return {**named_by(kind, key), **row}


def _other(book: Book, table: str, key: str, now_ms: int) -> str:
    return str((book.row(table, key, now_ms) or {}).get("name") or key)


def _named(kind: str, column: Column, value: object, book: Book, *, now_ms: int, lang: str) -> str:
    table = CHOICES.get((kind, column.field))
    if table and isinstance(value, str) and value not in ("", ANY_TYPE):
        return _other(book, table, value, now_ms)
    said = _said(column, value, lang)
    return "" if said == numbers.DASH else said


def shown(kind: str) -> list[Column]:
    """Give the columns of the list."""
    hidden = {"key", "valid_from", "code", "limits", "hours", "holidays", "closures"}
    return [column for column in COLUMNS[kind] if column.field not in hidden]


def title(kind: str, lang: str) -> str:
    """Give the name of a kind of rows."""
    return say(f"web.register_{kind.replace('-', '_')}", lang)


def meaning(kind: str, lang: str) -> str:
    """Say what a kind of rows describes."""
    return say(f"web.register_{kind.replace('-', '_')}_mean", lang)


def label(field: str, lang: str) -> str:
    """Give the name of a field."""
    return say(f"web.reg_{field}", lang)


def history(connection: Connection, visit: Visit, book: Book, *, kind: str, key: str) -> list[Stated]:
    """Give every version of a row, the latest first."""
    versions = _versions(book, kind, key)
    ids = [version.order[4] for version in versions]
    actors = stated_by(connection, visit.who.org, ids)
    started = [version for version in versions if version.valid_from <= visit.now_ms]
    now = (started or versions[:1])[-1]
    lang, zone = visit.lang, visit.who.zone
    found = []
    for version in reversed(versions):
        who, at_ms = actors.get(version.order[4], ("", None))
        says = [(column, version.row.get(column.field)) for column in COLUMNS[kind]]
        since = moment(version.valid_from, zone, lang) if version.valid_from else say("web.reg_always", lang)
        found.append(
            Stated(
                since=since,
                says=[
                    (label(column.field, lang), _named(kind, column, value, book, now_ms=visit.now_ms, lang=lang))
                    for column, value in says
                    if value is not None
                ],
                who=who,
                when=moment(at_ms, zone, lang) if at_ms is not None else "",
                holds=version is now,
            )
        )
    return found


def stated_by(connection: Connection, org: str, ids: list[str]) -> dict[str, tuple[str, int]]:
    """Give by event who stated it and when it was received."""
    query = sa.select(RECORD.c.id, RECORD.c.payload, RECORD.c.received_ms)
    rows = connection.execute(query.where(RECORD.c.org == org, RECORD.c.id.in_(ids[:500]))).all()
    people = connection.execute(sa.select(PERSON.c.person, PERSON.c.name).where(PERSON.c.org == org))
    names = {row.person: row.name for row in people}
    found = {}
    for row in rows:
        actor = json.loads(bytes(row.payload)).get("actor", "")
        found[row.id] = (names.get(actor, actor), row.received_ms)
    return found


def _versions(book: Book, kind: str, key: str) -> list[Version]:
    return book.versions_of(TABLES[kind], key)


def _last(book: Book, kind: str, key: str) -> Mapping[str, Any]:
    return _versions(book, kind, key)[-1].row


def named_by(kind: str, key: str) -> dict[str, str]:
    """Give the fields that the key of a row stands for; none for a key that is a field itself."""
    fields = NAMED.get(kind, ())
    return dict(zip(fields, parts_of_key(key) if kind == "goals" else key.split(">", 2), strict=False))


def written(column: Column, value: object, lang: str) -> str:
    """Write a value as its reader takes it."""
    match value:
        case str() if column.read in _SAID_ONE_BY_ONE:
            return ", ".join(say(f"{_SAID_ONE_BY_ONE[column.read]}{each}", lang) for each in value.split())
        case str() if column.read is cells.site_role:
            return role_of(value)
        case str() if column.read is cells.limits:
            given = limits_of(value).items()
            return ", ".join(f"{say(f'web.column_{each}', lang).lower()} {n}" for each, n in given)
        case str() if column.read is hour_cells.hours:
            return hour_cells.written_hours(value, lang)
        case str() if column.read is hour_cells.closures:
            return "\n".join(hour_cells.written_closures(value, lang))
        case list():
            return ", ".join(str(each) for each in value)
        case None:
            return "oui" if column.field == "serialised" else "non" if column.read is cells.yes_no else ""
        case bool():
            return "oui" if value else "non"
        case int() if column.read is cells.grams:
            return _decimal(value, 1000, lang)
        case int() if column.read is cells.cents:
            return _decimal(value, 100, lang)
        case int() if column.read is cells.goal:
            return _decimal(value, MICRO, lang)
        case _:
            return str(value)


def _said(column: Column, value: object, lang: str) -> str:
    match value:
        case None | "" | []:
            return say("nature.container", lang) if column.read is cells.nature else numbers.DASH
        case str() if column.read is cells.nature:
            return say(f"nature.{value}", lang)
        case str() if column.read is cells.disposition:
            return say(f"disposition.{value}", lang)
        case str() if column.read is hour_cells.holidays:
            return say(f"holidays.{value}", lang)
        case str() if column.read is hour_cells.closures:
            return ", ".join(hour_cells.written_closures(value, lang))
        case str() if column.read is cells.site_role:
            return role_words(value, lang)
        case bool():
            return say("web.yes" if value else "web.no", lang)
        case "*":
            return say("web.reg_any_type", lang)
        case _:
            return written(column, value, lang)


def _decimal(value: int, of: int, lang: str) -> str:
    """Write a number of thousandths or hundredths without rounding."""
    whole, rest = divmod(value, of)
    digits = str(rest).zfill(len(str(of)) - 1).rstrip("0")
    return f"{whole}{',' if lang == 'fr' else '.'}{digits}" if digits else str(whole)
