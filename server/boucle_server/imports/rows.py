"""Rows of an import: what each would change in the register, or why it cannot.

Reading decides everything before anything is written, so that a dry run and a real one cannot differ.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from boucle.catalogue import CATALOGUE
from boucle.clock import EARLIEST_MS, day_of, instant_of, is_zone
from boucle.codes import Label, read_label
from boucle.goals import loops_known
from boucle.reference import ANY_TYPE
from boucle_server.imports.cells import CellError
from boucle_server.imports.checklist_rows import StepRows
from boucle_server.imports.columns import COLUMNS, Column, matched
from boucle_server.imports.event_ids import again_id, undo_id
from boucle_server.imports.failed_cells import ERRORS, LIBRE_ERROR, UNCOMPUTED
from boucle_server.imports.fault import Fault
from boucle_server.imports.planned import Plan, Register, RowOutcome
from boucle_server.imports.round_rows import Gathered
from boucle_server.imports.taking import Taking, identity, take_checklists, take_rounds


class MissingColumnsError(ValueError):
    """The header row lacks columns without which no row can be read."""

    def __init__(self, columns: Sequence[Column]) -> None:
        super().__init__("missing columns")
        self.headers = [column.header for column in columns]


def plan(kind: str, rows: Sequence[Sequence[str]], register: Register) -> Plan:
    """Read all rows of a file, header first, against what is there; MissingColumnsError when none can be read."""
    columns, unknown, missing = matched(kind, rows[0] if rows else ())
    if missing:
        raise MissingColumnsError(missing)
    made = Plan(unknown_columns=unknown)
    seen: dict[object, int] = {}
    numbers = []
    take = Taking(kind, register, made, columns, _codes(rows, columns) if kind == "items" else ())
    gathered = Gathered() if kind == "rounds" else StepRows() if kind == "checklists" else None
    for number, row in enumerate(rows[1:], 2):
        if not any(cell.strip() for cell in row):
            continue
        numbers.append(number)
        values, faults = _values(number, row, columns)
        for look in (_timed, _misfits, _no_such_goal):
            faults = faults or list(look(kind, number, values, register=register, columns=columns))
        faults = faults or _twice(number, identity(kind, values), seen)
        if gathered is not None:
            gathered.add(number, values, faults)
        elif faults:
            made.refuse(number, faults)
        else:
            take.row(number, values)
    if kind == "events":
        _leave_out_recorded(made, register)
    if gathered is not None:
        made.faults.extend(gathered.faults)
    if isinstance(gathered, Gathered):
        take_rounds(gathered, register, made)
    elif gathered is not None:
        take_checklists(gathered, register, made)
    # Of what several rows say together, those beside a faulty one are not taken either.
    made.settle(RowOutcome.FAULTY, [number for number in numbers if number not in made.outcomes])
    return made


def _twice(number: int, identity: object, seen: dict[object, int]) -> list[Fault]:
    """Give the fault of a row that says again what an earlier one of the file said."""
    first = seen.setdefault(identity, number)
    return [] if first == number else [Fault(row=number, column="", key="import.twice", values={"first": first})]


def _leave_out_recorded(made: Plan, register: Register) -> None:
    """Count the rows that an earlier import of the same, or of a mended, file recorded as unchanged.

    Those of an import that was taken back are recorded again; what a person voided stays voided.
    """
    while held := register.recorded([draft.id for draft in made.drafts]):
        undone = register.recorded([undo_id(each.id, each.claimed_ms or 0) for each in made.drafts if each.id in held])
        left = []
        for draft in made.drafts:
            rows = made.sources[draft.id]
            if draft.id not in held:
                left.append(draft)
                continue
            del made.sources[draft.id]
            if undo_id(draft.id, draft.claimed_ms or 0) in undone:
                left.append(replace(draft, id=again_id(draft.id, draft.claimed_ms or 0)))
                made.sources[left[-1].id] = rows
            else:
                made.settle(RowOutcome.UNCHANGED, rows)
        made.drafts = left


def _values(number: int, row: Sequence[str], columns: Mapping[int, Column]) -> tuple[dict[str, Any], list[Fault]]:
    values: dict[str, Any] = {}
    faults = []
    for place, column in columns.items():
        cell = row[place].strip() if place < len(row) else ""
        if not cell:
            if column.required:
                faults.append(Fault(row=number, column=column.header, key="import.empty"))
            continue
        if key := _failed(cell):
            faults.append(Fault(row=number, column=column.header, key=key, values={"cell": cell}))
            continue
        try:
            values[column.field] = column.read(cell)
        except CellError as fault:
            faults.append(Fault(row=number, column=column.header, key=fault.key, values=fault.values))
    return values, faults


def _failed(cell: str) -> str:
    """Give what to say of a cell that the spreadsheet could not fill; nothing of it is taken for an empty cell."""
    if cell == UNCOMPUTED:
        return "import.uncomputed_cell"
    return "import.error_cell" if cell.upper() in ERRORS or LIBRE_ERROR.fullmatch(cell) else ""


_TIMES = ("at_ms", "out_ms", "valid_from")


def _timed(
    kind: str, number: int, values: dict[str, Any], *, register: Register, columns: Mapping[int, Column]
) -> Iterable[Fault]:
    """Make instants of a row's local times, in the zone of its place; give the faults of those that cannot be."""
    headers = {column.field: column.header for column in columns.values()}
    for name in _TIMES:
        moment = values.get(name)
        if not isinstance(moment, datetime):
            continue
        values[name] = at_ms = instant_of(moment, _zone_of(kind, values, moment, register))
        earliest = 0 if name == "valid_from" else EARLIEST_MS
        if at_ms < earliest:
            first = datetime.fromtimestamp(earliest // 1000, UTC).strftime("%d/%m/%Y")
            yield Fault(row=number, column=headers[name], key="import.too_early", values={"earliest": first})


def _zone_of(kind: str, values: Mapping[str, Any], moment: datetime, register: Register) -> str:
    """Give the zone of a row's times: its own, its place's as it was then, else the organisation's."""
    place = values.get("key" if kind == "sites" else "place", "")
    said = values.get("zone", "")
    if not said:
        row = register.book.row("site", place, instant_of(moment, register.zone)) or {}
        said = row.get("zone", "")
    return said if isinstance(said, str) and is_zone(said) else register.zone


_MUST_EXIST: Mapping[str, Mapping[str, str]] = {
    "sites": {"partner": "partner"},
    "lanes": {"origin": "site", "destination": "site", "item_type": "item_type"},
    "return-rules": {"item_type": "item_type"},
    "donor-parts": {"donor": "item_type", "part": "item_type"},
    "items": {"type": "item_type", "place": "site", "home": "site"},
    "operators": {"site": "site"},
    "events": {"item_type": "item_type", "place": "site", "to": "site", "from": "site"},
    "rounds": {"item_type": "item_type", "place": "site", "home": "site"},
    "checklists": {"types": "item_type"},
    "qualifications": {"types": "item_type"},
    "qualified": {"qualification": "qualification"},
    "goals": {"item_type": "item_type"},
}
"""Fields that name a row of another table, which must have been imported before."""


_TWO_ENDS: Mapping[str, tuple[str, str, str]] = {
    "lanes": ("origin", "destination", "import.lane_to_itself"),
    "donor-parts": ("donor", "part", "import.part_of_itself"),
}
"""Fields that must not say the same, and what is said where they do."""
LAST_DAY = "9999-12-31"
_NEEDED: Mapping[str, str] = {
    "item.commissioned": "item_type",
    "item.shipped": "to",
    "item.sorted": "verdict",
    "item.treated": "treatment",
}
"""The further column without which a kind of event says nothing."""


def _misfits(
    kind: str, number: int, values: Mapping[str, Any], *, register: Register, columns: Mapping[int, Column]
) -> Iterable[Fault]:
    headers = {column.field: column.header for column in columns.values()}
    for name, table in _MUST_EXIST.get(kind, {}).items():
        value = values.get(name, ANY_TYPE)
        for each in value if isinstance(value, list) else [value]:
            if each != ANY_TYPE and not register.book.has(table, each):
                yield Fault(row=number, column=headers[name], key=f"import.no_{table}", values={"key": each})
    yield from _to_itself(kind, number, values, headers)
    if "person" in values and values["person"].casefold() not in register.operators:
        yield Fault(row=number, column=headers["person"], key="import.no_operator", values={"name": values["person"]})
    if kind == "qualified" and values.get("until", LAST_DAY) < day_of(values["valid_from"], register.zone):
        yield Fault(row=number, column=headers["until"], key="import.ends_before")
    for name in ("at_ms", "out_ms"):
        if values.get(name, 0) > register.now_ms:
            yield Fault(row=number, column=headers[name], key="import.future")
    if kind == "items":
        yield from _stray(number, values, register, headers)
    if kind == "events" and ("code" in values) == (values.get("qty", 0) > 0 and "item_type" in values):
        yield Fault(row=number, column=headers.get("code", ""), key="import.no_subject")
    if kind == "events" and _NEEDED.get(values["kind"], "kind") not in values:
        header = next(column.header for column in COLUMNS[kind] if column.field == _NEEDED[values["kind"]])
        yield Fault(row=number, column="", key="import.no_field", values={"field": header})


def _to_itself(kind: str, number: int, values: Mapping[str, Any], headers: Mapping[str, str]) -> Iterable[Fault]:
    """Give the fault of a lane that leads where it begins, and of a part of its own type."""
    one, other, key = _TWO_ENDS.get(kind, ("", "", ""))
    if key and values[one] == values[other]:
        yield Fault(row=number, column=headers[other], key=key)


def _no_such_goal(
    kind: str, number: int, values: Mapping[str, Any], *, register: Register, columns: Mapping[int, Column]
) -> Iterable[Fault]:
    """Give the faults of a goal for a loop that nobody knows, or for a part that its figure cannot be told apart by."""
    if kind != "goals":
        return
    headers = {column.field: column.header for column in columns.values()}
    by = CATALOGUE[values["figure"]].by
    if "loop" in values and values["loop"] not in loops_known(register.book):
        yield Fault(row=number, column=headers["loop"], key="import.no_loop", values={"key": values["loop"]})
    for field, dimension, whole in (("loop", "loop", ""), ("item_type", "type", ANY_TYPE)):
        if values.get(field, whole) != whole and dimension not in by:
            yield Fault(row=number, column=headers[field], key=f"import.goal_not_by_{dimension}")


def _stray(number: int, values: Mapping[str, Any], register: Register, headers: Mapping[str, str]) -> Iterable[Fault]:
    """Give the faults of an item that is said to be out, or to have been."""
    place, home = values["place"], values.get("home", "")
    if not register.book.site(place, register.now_ms).partner:
        if "out_ms" in values:
            yield Fault(row=number, column=headers["out_ms"], key="import.not_out", values={"key": place})
        if home not in ("", place):
            yield Fault(row=number, column=headers["home"], key="import.not_out", values={"key": place})
    elif not register.home_of(place, home):
        yield Fault(row=number, column=headers["place"], key="import.needs_home", values={"key": place})
    if values.get("out_ms", values.get("at_ms", 0)) < values.get("at_ms", 0):
        yield Fault(row=number, column=headers["out_ms"], key="import.out_before_service")


def _codes(rows: Sequence[Sequence[str]], columns: Mapping[int, Column]) -> set[str]:
    """Give the keys of all labels of a file that can be read."""
    place = next(place for place, column in columns.items() if column.field == "code")
    found = (read_label(row[place]) for row in rows[1:] if place < len(row))
    return {label.key for label in found if isinstance(label, Label)}
