"""Rows of an import: what each would change in the register, or why it cannot.

Reading decides everything before anything is written, so that a dry run and a real one cannot differ.
"""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from hashlib import sha256
from typing import Any, Protocol

from boucle.binding import Binding
from boucle.checklists import TABLE as CHECKLIST
from boucle.codes import Label, read_label
from boucle.ids import uuid7
from boucle.reference import ANY_TYPE, Book, lane_key
from boucle.rounds import TABLE as ROUND
from boucle.wire import write
from boucle_server.imports.cells import CellError
from boucle_server.imports.checklist_rows import StepRows
from boucle_server.imports.columns import COLUMNS, Column, matched
from boucle_server.imports.fault import Fault
from boucle_server.imports.round_rows import Gathered
from boucle_server.server_device import Draft

TABLES: Mapping[str, str] = {"sites": "site", "partners": "partner", "item-types": "item_type", "lanes": "lane"}
"""Kinds of import whose rows are versions of reference data."""


class RowOutcome(StrEnum):
    """What becomes of one row."""

    CREATED = "created"
    CHANGED = "changed"
    UNCHANGED = "unchanged"
    FAULTY = "faulty"


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """A person to add, for the register of people, which is not made of events because it must be erasable."""

    values: Mapping[str, Any]


@dataclass(slots=True, kw_only=True)
class Plan:
    """What an import would do: a count by outcome, the faults, the drafts and people of the good rows."""

    counts: dict[RowOutcome, int] = field(default_factory=lambda: dict.fromkeys(RowOutcome, 0))
    faults: list[Fault] = field(default_factory=list)
    drafts: list[Draft] = field(default_factory=list)
    people: list[Person] = field(default_factory=list)
    unknown_columns: list[str] = field(default_factory=list)


class Bindings(Protocol):
    """Where the bound codes are found."""

    def bindings(self, codes: Iterable[str]) -> Mapping[str, Binding]:
        """Give the bindings of those codes that have one."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Register:
    """What is there already: the reference data, the bound codes, the people, the events."""

    book: Book
    bindings: Bindings
    operators: Mapping[str, str]
    """The pseudonym of each person by the folded name."""
    now_ms: int
    recorded: Callable[[Iterable[str]], Collection[str]] = lambda _: ()
    """Which of these event ids are stored already."""


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
    bound = register.bindings.bindings(_codes(rows, columns)) if kind == "items" else {}
    gathered = Gathered() if kind == "rounds" else StepRows() if kind == "checklists" else None
    for number, row in enumerate(rows[1:], 2):
        if not any(cell.strip() for cell in row):
            continue
        values, faults = _values(number, row, columns)
        if not faults:
            faults = list(_misfits(kind, number, values, register=register, columns=columns))
        if not faults:
            faults = _twice(number, _identity(kind, values), seen)
        if gathered is not None:
            gathered.add(number, values, faults)
            continue
        if faults:
            made.faults.extend(faults)
            made.counts[RowOutcome.FAULTY] += 1
            continue
        made.counts[_take(kind, values, register, bound=bound, made=made)] += 1
    if kind == "events":
        _leave_out_recorded(made, register)
    if gathered is not None:
        made.faults.extend(gathered.faults)
        made.counts[RowOutcome.FAULTY] += gathered.faulty
    if isinstance(gathered, Gathered):
        _take_rounds(gathered, register, made)
    elif gathered is not None:
        _take_checklists(gathered, register, made)
    return made


def _twice(number: int, identity: object, seen: dict[object, int]) -> list[Fault]:
    """Give the fault of a row that says again what an earlier one of the file said."""
    first = seen.setdefault(identity, number)
    return [] if first == number else [Fault(row=number, column="", key="import.twice", values={"first": first})]


def _leave_out_recorded(made: Plan, register: Register) -> None:
    """Count the rows that an earlier import of the same, or of a mended, file recorded as unchanged."""
    held = register.recorded([draft.id for draft in made.drafts])
    made.drafts = [draft for draft in made.drafts if draft.id not in held]
    made.counts[RowOutcome.UNCHANGED] += made.counts[RowOutcome.CREATED] - len(made.drafts)
    made.counts[RowOutcome.CREATED] = len(made.drafts)


def _take_rounds(gathered: Gathered, register: Register, made: Plan) -> None:
    """Take whole rounds: one with a faulty row is not planned by half."""
    for round_, rows in gathered.rounds(register.operators):
        body = {"table": ROUND, "key": round_.key, "valid_from": 0, "row": round_.row}
        held = register.book.row(ROUND, round_.key, register.now_ms)
        same = held is not None and dict(held) == round_.row
        made.counts[RowOutcome.UNCHANGED if same else RowOutcome.CHANGED if held else RowOutcome.CREATED] += rows
        if not same:
            made.drafts.append(Draft(kind="reference.set", fields={"body": body}))


def _take_checklists(gathered: StepRows, register: Register, made: Plan) -> None:
    """Take whole checklists: one with a faulty step is no version."""
    for checklist, start, rows in gathered.checklists():
        outcome = _state(CHECKLIST, checklist.key, checklist.row, start=start, register=register, made=made)
        made.counts[outcome] += rows


def _values(number: int, row: Sequence[str], columns: Mapping[int, Column]) -> tuple[dict[str, Any], list[Fault]]:
    values: dict[str, Any] = {}
    faults = []
    for place, column in columns.items():
        cell = row[place].strip() if place < len(row) else ""
        if not cell:
            if column.required:
                faults.append(Fault(row=number, column=column.header, key="import.empty"))
            continue
        try:
            values[column.field] = column.read(cell)
        except CellError as fault:
            faults.append(Fault(row=number, column=column.header, key=fault.key, values=fault.values))
    return values, faults


_MUST_EXIST: Mapping[str, Mapping[str, str]] = {
    "sites": {"partner": "partner"},
    "lanes": {"origin": "site", "destination": "site", "item_type": "item_type"},
    "items": {"type": "item_type", "place": "site"},
    "operators": {"site": "site"},
    "events": {"item_type": "item_type", "place": "site", "to": "site", "from": "site"},
    "rounds": {"item_type": "item_type", "place": "site", "home": "site"},
    "checklists": {"types": "item_type"},
}
"""Fields that name a row of another table, which must have been imported before."""


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
    if "person" in values and values["person"].casefold() not in register.operators:
        yield Fault(row=number, column=headers["person"], key="import.no_operator", values={"name": values["person"]})
    if values.get("at_ms", 0) > register.now_ms:
        yield Fault(row=number, column=headers["at_ms"], key="import.future")
    if kind == "events" and ("code" in values) == (values.get("qty", 0) > 0 and "item_type" in values):
        yield Fault(row=number, column=headers.get("code", ""), key="import.no_subject")
    if kind == "events" and _NEEDED.get(values["kind"], "kind") not in values:
        header = next(column.header for column in COLUMNS[kind] if column.field == _NEEDED[values["kind"]])
        yield Fault(row=number, column="", key="import.no_field", values={"field": header})


def _identity(kind: str, values: Mapping[str, Any]) -> object:
    match kind:
        case "lanes":
            return lane_key(values["origin"], values["destination"], values.get("item_type", ANY_TYPE))
        case "items":
            return values["code"]
        case "operators":
            return values["name"].casefold()
        case "events":
            return tuple(sorted(values.items()))
        case "rounds":
            return values["key"], values["stop"], values.get("item_type", "")
        case "checklists":
            return values["key"], values.get("valid_from"), values["step"]
        case _:
            return values["key"]


def _codes(rows: Sequence[Sequence[str]], columns: Mapping[int, Column]) -> set[str]:
    """Give the keys of all labels of a file that can be read."""
    place = next(place for place, column in columns.items() if column.field == "code")
    found = (read_label(row[place]) for row in rows[1:] if place < len(row))
    return {label.key for label in found if isinstance(label, Label)}


def _take(
    kind: str, values: Mapping[str, Any], register: Register, *, bound: Mapping[str, Binding], made: Plan
) -> RowOutcome:
    match kind:
        case "items":
            return _take_item(values, bound, made)
        case "events":
            return _take_event(values, made)
        case "operators":
            if values["name"].casefold() in register.operators:
                return RowOutcome.UNCHANGED
            made.people.append(Person(values=values))
            return RowOutcome.CREATED
        case _:
            return _take_version(kind, values, register, made)


def _take_item(values: Mapping[str, Any], bound: Mapping[str, Binding], made: Plan) -> RowOutcome:
    if values["code"] in bound:
        return RowOutcome.UNCHANGED
    body = {name: values[name] for name in ("type", "serial", "tare_g", "opening_uses") if name in values}
    fields = {"code": values["code"], "place": values["place"], "body": body}
    made.drafts.append(Draft(kind="item.commissioned", fields=fields, claimed_ms=values.get("at_ms")))
    return RowOutcome.CREATED


_ENVELOPE = ("code", "item_type", "qty", "place", "task")
_BODY = {"treatment": "code"}


def _take_event(values: Mapping[str, Any], made: Plan) -> RowOutcome:
    """Record what somebody says happened: its time is claimed, its evidence a declaration."""
    envelope = {name: values[name] for name in _ENVELOPE if name in values}
    if "code" in values:
        envelope.pop("item_type", None)
    left = {_BODY.get(name, name): value for name, value in values.items() if name not in (*_ENVELOPE, "kind", "at_ms")}
    if values["kind"] == "item.commissioned":
        left["type"] = values["item_type"]
    fields = {**envelope, "body": left}
    made.drafts.append(Draft(kind=values["kind"], fields=fields, claimed_ms=values["at_ms"], id=_event_id(values)))
    return RowOutcome.CREATED


def _event_id(values: Mapping[str, Any]) -> str:
    """Give a row its event id: the same row is the same event, in whatever file and whenever it is imported."""
    said = sha256(write(dict(values))).digest()
    return str(uuid7(max(0, values["at_ms"]), lambda size: said[:size]))


def _take_version(kind: str, values: Mapping[str, Any], register: Register, made: Plan) -> RowOutcome:
    table = TABLES[kind]
    key = str(_identity(kind, values))
    row = {name: value for name, value in values.items() if name not in ("key", "valid_from")}
    return _state(table, key, row, start=values.get("valid_from"), register=register, made=made)


def _state(
    table: str, key: str, row: dict[str, Any], *, start: int | None, register: Register, made: Plan
) -> RowOutcome:
    """State a version from `start` if it says anything new; None: from now, the first from the beginning of time."""
    at_ms = start if start is not None else register.now_ms if register.book.has(table, key) else 0
    held = register.book.row(table, key, at_ms)
    stated = start is None or register.book.starts_at(table, key, at_ms)
    if held is not None and dict(held) == row and stated:
        return RowOutcome.UNCHANGED
    body = {"table": table, "key": key, "valid_from": at_ms, "row": row}
    made.drafts.append(Draft(kind="reference.set", fields={"body": body}))
    return RowOutcome.CREATED if held is None else RowOutcome.CHANGED
