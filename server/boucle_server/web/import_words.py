"""An import in words: what is asked of each column, what would become of the rows, why some cannot be taken."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from boucle.words import say
from boucle_server.errors import Words
from boucle_server.imports.columns import COLUMNS, ORDER, Column
from boucle_server.imports.fault import Fault
from boucle_server.imports.planned import RowOutcome
from boucle_server.imports.runs import Run, State
from boucle_server.imports.tried import Report, column_of
from boucle_server.tables import PERSON
from boucle_server.web import numbers
from boucle_server.web.item_words import moment
from boucle_server.web.places import IMPORT
from boucle_server.web.visit import Visit

SHOWN: Final = 50
"""Faulty rows that a page shows; the file has them all."""
_SAMPLE: Final = 60
"""Characters of a cell that are shown."""
_BADGE: Final[Mapping[State, str]] = {
    State.READY: "info",
    State.WRITING: "warn",
    State.DONE: "good",
    State.UNDOING: "warn",
    State.UNDONE: "plain",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """One column that a kind may have, as its page explains it."""

    name: str
    required: bool
    holds: str
    example: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Heading:
    """One column of a file: its header, a cell of it, the field that it is read as."""

    place: int
    header: str
    sample: str
    chosen: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Wrong:
    """One faulty cell or row: where, what stands there, why it cannot be taken."""

    row: int
    column: str
    cell: str
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One import in the list of them."""

    href: str
    title: str
    name: str
    who: str
    when: str
    badge: tuple[str, str]
    counts: str


def href(run: str) -> str:
    """Give the address of an import."""
    return f"{IMPORT.path}/suivi/{run}"


def title(kind: str, lang: str) -> str:
    """Give the name of a kind of table."""
    return say(f"web.import_{kind.replace('-', '_')}", lang)


def meaning(kind: str, lang: str) -> str:
    """Say what the rows of a kind are."""
    return say(f"web.import_{kind.replace('-', '_')}_mean", lang)


def asked(kind: str, lang: str) -> list[Asked]:
    """Give the columns that a kind may have, in the order of its template."""
    return [
        Asked(
            name=each.named(lang),
            required=each.required,
            holds=say(f"web.cell_{each.read.__name__}", lang),
            example=each.example,
        )
        for each in COLUMNS[kind]
    ]


def fields(kind: str, lang: str) -> list[tuple[str, str]]:
    """Give what a column can be read as."""
    named = [(each.field, f"{each.named(lang)}{' *' if each.required else ''}") for each in COLUMNS[kind]]
    return [("", say("web.import_not_read", lang)), *named]


def names(kind: str, wanted: Sequence[str], lang: str) -> str:
    """Give the headers of fields."""
    return ", ".join(each.named(lang) for each in COLUMNS[kind] if each.field in wanted)


def headings(run: Run, rows: Sequence[Sequence[str]]) -> list[Heading]:
    """Give the columns of a file that have a header or any cell."""
    found = []
    for place, header in enumerate(rows[0] if rows else ()):
        sample = next((row[place] for row in rows[1:] if place < len(row) and row[place]), "")
        if header or sample:
            chosen = run.mapping[place] if place < len(run.mapping) else ""
            found.append(Heading(place=place, header=header, sample=_short(sample), chosen=chosen))
    return found


def faults(run: Run, report: Report, rows: Sequence[Sequence[str]], lang: str) -> list[Wrong]:
    """Give the faults of an import in words."""
    return [wrong(run, each, rows, lang) for each in report.faults]


def notes(run: Run, report: Report, rows: Sequence[Sequence[str]], lang: str) -> list[Wrong]:
    """Give in words what of the rows that are taken is not."""
    return [wrong(run, each, rows, lang) for each in report.notes]


def kept(run: Run, lang: str) -> list[tuple[int, str]]:
    """Give the rows that could not be taken back, with why."""
    return [(row, Words(key, values).said(lang)) for row, key, values in run.told.get("kept", ())]


def became(outcome: str, state: State, lang: str) -> str:
    """Say what would become, or became, of a row."""
    return say(f"web.import_{_tense(state)}_{outcome}", lang)


def became_one(outcome: str, state: State, lang: str, *, is_kept: bool) -> str:
    """Say of one row, in the file that is given back, what would become or became of it."""
    if state is State.UNDONE and outcome in (RowOutcome.CREATED, RowOutcome.CHANGED):
        return say("web.import_one_kept" if is_kept else "web.import_one_back", lang)
    return say(f"web.import_one_{_tense(state)}_{outcome}", lang) if outcome else ""


def counts(run: Run, lang: str) -> list[tuple[str, str, int]]:
    """Give the outcomes with how many rows have each."""
    told = run.told.get("counts", {})
    return [(each.value, became(each.value, run.state, lang), told.get(each.value, 0)) for each in RowOutcome]


def _counted(outcome: RowOutcome, n: int, state: State, lang: str) -> str:
    words = became(outcome, state, lang) if n > 1 else say(f"web.import_one_{_tense(state)}_{outcome}", lang)
    return f"{numbers.number(n, 0, lang)} {words}"


def _tense(state: State) -> str:
    return "will" if state is State.READY else "was"


def badge(run: Run, lang: str) -> tuple[str, str]:
    """Give where an import stands, as a sign and a word."""
    if run.state is State.DONE and run.told.get("counts", {}).get(RowOutcome.FAULTY.value):
        return "warn", say("web.import_state_partly", lang)
    return _BADGE[run.state], say(f"web.import_state_{run.state}", lang)


def lines(connection: Connection, visit: Visit, known: Sequence[Run]) -> list[Line]:
    """Give the imports of a list."""
    people = people_named(connection, visit.who.org)
    found = []
    for run in known:
        told = run.told.get("counts", {})
        said = ", ".join(
            _counted(each, told[each.value], run.state, visit.lang) for each in RowOutcome if told.get(each)
        )
        found.append(
            Line(
                href=href(run.run),
                title=title(run.kind, visit.lang),
                name=run.name,
                who=people.get(run.person, run.person),
                when=moment(run.made_ms, visit.who.zone, visit.lang),
                badge=badge(run, visit.lang),
                counts=said,
            )
        )
    return found


def people_named(connection: Connection, org: str) -> dict[str, str]:
    """Give the names of the people of an organisation by their pseudonyms."""
    found = connection.execute(sa.select(PERSON.c.person, PERSON.c.name).where(PERSON.c.org == org))
    return {row.person: row.name for row in found}


def kinds(visit: Visit, may: Any) -> list[tuple[str, str, str]]:
    """Give the kinds of tables that this person may import, in the order in which they are imported."""
    return [(kind, title(kind, visit.lang), meaning(kind, visit.lang)) for kind in ORDER if may(visit, kind)]


def wrong(run: Run, fault: Fault, rows: Sequence[Sequence[str]], lang: str) -> Wrong:
    """Say one fault, with where it is."""
    column = column_of(run.kind, fault.column)
    place = run.mapping.index(column.field) if column and column.field in run.mapping else None
    row = rows[fault.row - 1] if 0 < fault.row <= len(rows) else ()
    why = fault.said(lang)
    return Wrong(
        row=fault.row,
        column=_heading(column, place, rows, lang),
        cell=_short(row[place]) if place is not None and place < len(row) else "",
        why=why[:1].upper() + why[1:],
    )


def annotation(lang: str) -> tuple[str, str]:
    """Give the headers of what is added to a file that is given back."""
    return say("web.import_became", lang), say("web.import_why", lang)


def _heading(column: Column | None, place: int | None, rows: Sequence[Sequence[str]], lang: str) -> str:
    if place is not None and rows and rows[0][place]:
        return rows[0][place]
    return column.named(lang) if column else ""


def _short(cell: str) -> str:
    return cell if len(cell) <= _SAMPLE else f"{cell[: _SAMPLE - 1]}…"
