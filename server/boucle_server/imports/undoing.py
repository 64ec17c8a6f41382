"""A whole import taken back: what nothing was built on; the rest is kept, and said."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from boucle.binding import is_claim
from boucle.checklists import TABLE as CHECKLIST
from boucle.checklists import read_checklist
from boucle.events import Event
from boucle.qualifications import HOLDERS
from boucle.reference import Book, Version
from boucle.return_rules import TABLE as RETURN_RULE
from boucle.roles import Role
from boucle.rounds import TABLE as ROUND
from boucle.rounds import read_round
from boucle_server import people_changes
from boucle_server.errors import ConflictError, RefusedError
from boucle_server.imports import runs
from boucle_server.imports.event_ids import undo_id
from boucle_server.imports.fault import Fault
from boucle_server.imports.runs import State
from boucle_server.ingest import accept_own
from boucle_server.projections import SqlStore, load_book, mentions
from boucle_server.server_device import Draft
from boucle_server.tables import DEVICE, PERSON

VOID: Final = "event.voided"
_JOINING: Final = ("lane", HOLDERS, RETURN_RULE)
"""Tables of which a key joins, or is, the keys of others."""


@dataclass(slots=True, kw_only=True)
class TakenBack:
    """What taking an import back records, and what of it is kept: why, by row."""

    drafts: list[Draft] = field(default_factory=list)
    kept: list[Fault] = field(default_factory=list)
    undone: set[int] = field(default_factory=set)

    def keep(self, rows: Iterable[int], words: str, /, **values: object) -> None:
        """Say why rows are kept."""
        self.kept += [Fault(row=row, column="", key=words, values=values) for row in rows]


def undo(connection: Connection, org: str, name: str, *, zone: str, now_ms: int) -> None:
    """Take an import back that somebody asked to; nothing when that was done before."""
    run = runs.find(connection, org, name)
    if run.state is not State.UNDOING:
        return
    # What takes back comes after what it takes back, also within one millisecond.
    now_ms = max(now_ms, (run.decided_ms or 0) + 1)
    made = runs.packed(connection, org, run.run, "made") or {"events": [], "people": []}
    sources: dict[str, list[int]] = dict(made["events"])
    back = TakenBack()
    _versions_back(connection, org, sources, back)
    _events_back(connection, org, sources, back)
    if back.drafts:
        accept_own(connection, org, back.drafts, actor=run.undone_by, now_ms=now_ms, zone=zone)
    for person in made["people"]:
        _person_back(connection, org, person, back, now_ms)
    kept = sorted(back.kept, key=lambda fault: fault.row)
    told = {
        **run.told,
        "undone": len(back.undone),
        "kept": [[fault.row, fault.key, dict(fault.values)] for fault in kept],
    }
    runs.change(connection, org, run.run, state=State.UNDONE, undone_ms=now_ms, told=told, made=None)


# Reference data


def _versions_back(connection: Connection, org: str, sources: Mapping[str, Sequence[int]], back: TakenBack) -> None:
    """Withdraw the versions that an import stated, or state again what held from the same instant before."""
    book = load_book(connection, org)
    ours = [version for version in book.versions if version.order[4] in sources]
    if not ours:
        return
    used = _used(connection, org, book, [each for each in ours if _is_only_ours(book, each, sources)], sources)
    for version in ours:
        rows = sources[version.order[4]]
        stated = book.versions_of(version.table, version.key)
        if all(each.order != version.order for each in stated):
            back.keep(rows, "import.kept_withdrawn", key=version.key)
        elif any(each.order > version.order and each.order[4] not in sources for each in stated):
            back.keep(rows, "import.kept_restated", key=version.key)
        elif (version.table, version.key) in used:
            back.keep(rows, "import.kept_used", key=version.key)
        else:
            before = [each for each in stated if each.valid_from == version.valid_from and each.order < version.order]
            row = dict(before[-1].row) if before and before[-1].order[4] not in sources else {}
            body = {"table": version.table, "key": version.key, "valid_from": version.valid_from, "row": row}
            back.drafts.append(Draft(kind="reference.set", fields={"body": body}))
            back.undone.update(rows)


def _is_only_ours(book: Book, version: Version, sources: Mapping[str, Any]) -> bool:
    """Tell whether nothing would be left of a row."""
    return all(each.order[4] in sources for each in book.versions_of(version.table, version.key))


def _used(
    connection: Connection, org: str, book: Book, ours: Sequence[Version], sources: Mapping[str, Any]
) -> set[tuple[str, str]]:
    """Give the rows that an event, another row, a person or a device names."""
    needles = {(version.table, version.key): _names_of(version) for version in ours}
    texts = set().union(*needles.values()) if needles else set()
    found = {text for text, subjects in mentions(connection, org, texts).items() if subjects}
    found |= texts & {
        text for other in book.standing if other.order[4] not in sources for text in (*_said(other.row), *_ends(other))
    }
    for table in (PERSON, DEVICE):
        sites = connection.execute(sa.select(table.c.site).where(table.c.org == org).distinct()).scalars()
        found |= texts & set(sites)
    return {address for address, names in needles.items() if names & found}


def _names_of(version: Version) -> set[str]:
    """Give the texts by which events and other rows name a row.

    None for a lane, which only explains movements, for what somebody holds, which is asked about by person, and for a
    rule of returns, which nothing names.
    """
    if version.table in _JOINING:
        return set()
    if version.table == ROUND:
        planned = read_round(version.key, version.row)
        return {planned.task(stop) for stop in planned.stops} if planned else set()
    if version.table == CHECKLIST:
        checklist = read_checklist(version)
        return {checklist.ref} if checklist else set()
    code = version.row.get("code")
    return {version.key, code} if isinstance(code, str) and code else {version.key}


def _said(value: Any) -> Iterator[str]:
    """Give every text of a row, the keys of its counts among them."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for name, inner in value.items():
            yield name
            yield from _said(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _said(inner)


def _ends(version: Version) -> list[str]:
    return version.key.split(">") if version.table in _JOINING else []


# What happened to things


def _events_back(connection: Connection, org: str, sources: Mapping[str, Sequence[int]], back: TakenBack) -> None:
    """Void the events of an import; a thing to which anything else has happened since keeps its birth."""
    store = SqlStore(connection, org)
    events = [event for event in store.events(sources) if event.subject]
    edges = list(store.edges({event.id for event in events}))
    amended = {edge.target for edge in edges}
    born = [event for event in events if is_claim(event) and event.code]
    built_on = _built_on(store, born, sources)
    kept_rows = {row for event in born if event.subject in built_on for row in sources[event.id]}
    for event in events:
        rows = sources[event.id]
        if event.id in amended:
            back.keep(rows, "import.kept_amended")
        elif kept_rows.intersection(rows):
            continue
        else:
            about = {"code": event.code} if event.code else {"item_type": event.item_type, "qty": event.qty}
            fields = {**about, "body": {"target": event.id}}
            back.drafts.append(Draft(kind=VOID, fields=fields, id=undo_id(event.id, event.teff)))
            back.undone.update(rows)
    back.keep(sorted(kept_rows), "import.kept_scanned")
    known = {event.id for event in events} | {version.order[4] for version in store.book().versions}
    for event_id in sources.keys() - known:
        back.keep(sources[event_id], "import.kept_waiting")


def _built_on(store: SqlStore, born: Sequence[Event], sources: Mapping[str, Any]) -> set[str]:
    """Give the codes about which something is recorded that did not come with the import."""
    codes = {event.subject for event in born}
    others = {event.subject for event in store.events_of(codes) if event.id not in sources and event.kind != VOID}
    if store.codes_via(codes):
        others |= {code for code in codes if store.codes_via([code])}
    return others


# People


def _person_back(connection: Connection, org: str, made: Mapping[str, Any], back: TakenBack, now_ms: int) -> None:
    """Stop a person whom the import added; give one whom it changed back what still is as the import said."""
    row, person, before = made["row"], made["person"], made["before"]
    savepoint = connection.begin_nested()
    try:
        if before is None:
            people_changes.change(connection, org, person, {"active": False}, now_ms=now_ms)
        else:
            _give_back(connection, org, made, now_ms)
            if made["changed_pin"]:
                back.keep([row], "import.kept_pin")
        savepoint.commit()
        back.undone.add(row)
    except RefusedError as refused:
        savepoint.rollback()
        back.keep([row], refused.key, **refused.values)


def _give_back(connection: Connection, org: str, made: Mapping[str, Any], now_ms: int) -> None:
    person, said, before = made["person"], made["said"], made["before"]
    now = connection.execute(sa.select(PERSON).where(PERSON.c.org == org, PERSON.c.person == person)).one_or_none()
    if now is None:
        return
    if any((getattr(now, name) or "") != said[name] for name in before):
        raise ConflictError("import.kept_restated", key=now.name)
    wanted = {name: value or "" for name, value in before.items()}
    if "role" in wanted:
        wanted["role"] = Role(wanted["role"])
    if wanted:
        people_changes.change(connection, org, person, wanted, now_ms=now_ms)
