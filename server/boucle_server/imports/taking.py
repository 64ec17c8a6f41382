"""What the good rows of a table add to the plan of an import."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

from boucle.binding import Binding
from boucle.checklists import TABLE as CHECKLIST
from boucle.clock import DEFAULT_ZONE
from boucle.donor_parts import expected_key
from boucle.events import Quality
from boucle.goals import goal_key
from boucle.pin import pin_fits
from boucle.qualifications import HOLDERS, holder_key
from boucle.qualifications import TABLE as QUALIFICATION
from boucle.reference import ANY_TYPE, lane_key
from boucle.return_rules import TABLE as RETURN_RULE
from boucle.rounds import TABLE as ROUND
from boucle_server.imports.checklist_rows import StepRows
from boucle_server.imports.columns import Column
from boucle_server.imports.event_ids import event_id
from boucle_server.imports.fault import Fault
from boucle_server.imports.planned import TABLES, Person, Plan, Register, RowOutcome
from boucle_server.imports.round_rows import Gathered
from boucle_server.server_device import Draft


def identity(kind: str, values: Mapping[str, Any]) -> object:
    """Give what two rows of a file must not both say."""
    match kind:
        case "lanes":
            return lane_key(values["origin"], values["destination"], values.get("item_type", ANY_TYPE))
        case "return-rules":
            return values.get("item_type", ANY_TYPE)
        case "donor-parts":
            return expected_key(values["donor"], values["part"])
        case "goals":
            return goal_key(values["figure"], values.get("loop", ""), values.get("item_type", ANY_TYPE))
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
        case "qualified":
            return values["person"].casefold(), values["qualification"], values["valid_from"]
        case _:
            return values["key"]


class Taking:
    """What each good row of a table adds to the plan."""

    def __init__(
        self, kind: str, register: Register, made: Plan, columns: Mapping[int, Column], codes: Collection[str]
    ) -> None:
        self._kind = kind
        self._register = register
        self._made = made
        self._headers = {column.field: column.header for column in columns.values()}
        self._bound: Mapping[str, Binding] = register.bindings.bindings(codes) if codes else {}
        claims = register.events({binding.claim for binding in self._bound.values()})
        self._items = register.items({binding.item for binding in self._bound.values()})
        self._births = {event.id: event for event in claims if event.kind == "item.commissioned"}

    def row(self, number: int, values: Mapping[str, Any]) -> None:
        """Take one row."""
        match self._kind:
            case "items":
                self._item(number, values)
            case "events":
                self._take(number, _event(values))
            case "operators":
                self._operator(number, values)
            case "qualified":
                self._holding(number, values)
            case _:
                self._version(number, values)

    def _take(self, number: int, *drafts: Draft) -> None:
        self._made.take(drafts, RowOutcome.CREATED, rows=[number], register=self._register)

    def _item(self, number: int, values: Mapping[str, Any]) -> None:
        binding = self._bound.get(values["code"])
        if binding is not None:
            self._made.settle(RowOutcome.UNCHANGED, [number])
            self._made.notes += self._untaken(number, values, binding)
            return
        place, since = values["place"], values.get("at_ms", values.get("out_ms"))
        out = self._register.book.site(place, self._register.now_ms).partner
        home = self._register.home_of(place, values.get("home", "")) if out else place
        body = {name: values[name] for name in _OF_BIRTH if name in values}
        fields = {"code": values["code"], "place": home, "body": body}
        born = Draft(kind="item.commissioned", fields=fields, claimed_ms=since)
        self._take(number, born, *(self._opening_loan(values, home, since) if out else ()))

    def _opening_loan(self, values: Mapping[str, Any], home: str, since: int | None) -> Iterable[Draft]:
        """Give the declared movements by which an item stands at a partner's when the register opens."""
        at_ms = values.get("out_ms", since)
        at_ms = self._register.now_ms if at_ms is None else at_ms
        for kind, place, body in (
            ("item.shipped", home, {"to": values["place"]}),
            ("item.delivered", values["place"], {}),
        ):
            fields = {"code": values["code"], "place": place, "body": body}
            yield Draft(kind=kind, fields=fields, claimed_ms=at_ms)

    def _untaken(self, number: int, values: Mapping[str, Any], binding: Binding) -> Iterable[Fault]:
        """Tell of an item that is known what the row says otherwise than its commissioning did."""
        birth = self._births.get(binding.claim)
        if birth is None:
            return
        held = {name: birth.body.get(name) for name in _OF_BIRTH}
        item = self._items.get(binding.item)
        where = {birth.place, *((item.place, item.site) if item else ())}
        held["place"] = values["place"] if values["place"] in where else birth.place
        if birth.tq == Quality.WALL:
            held["at_ms"] = birth.teff
        for name, said in values.items():
            known = held.get(name, said)
            if said != (known or ("" if isinstance(said, str) else 0)):
                yield Fault(row=number, column=self._headers[name], key="import.item_known")

    def _operator(self, number: int, values: Mapping[str, Any]) -> None:
        person = self._register.operators.get(values["name"].casefold(), "")
        known = self._register.people.get(person, {})
        fresh = {name: value for name, value in values.items() if not person or not _is_so(known, name, value)}
        if not fresh:
            self._made.settle(RowOutcome.UNCHANGED, [number])
            return
        self._made.settle(RowOutcome.CHANGED if person else RowOutcome.CREATED, [number])
        self._made.people.append(Person(row=number, values=fresh, person=person))

    def _holding(self, number: int, values: Mapping[str, Any]) -> None:
        """State what somebody holds from a day on; what was stated from another day stands."""
        person = self._register.operators[values["person"].casefold()]
        key, row = holder_key(person, values["qualification"]), {"until": values.get("until", "")}
        _state(HOLDERS, key, row, start=values["valid_from"], rows=[number], register=self._register, made=self._made)

    def _version(self, number: int, values: Mapping[str, Any]) -> None:
        """State a version; a column that the file does not have takes nothing back."""
        table = TABLES[self._kind]
        key = str(identity(self._kind, values))
        book, start = self._register.book, values.get("valid_from")
        held = book.row(table, key, self._register.now_ms if start is None else start)
        kept = {name: value for name, value in (held or {}).items() if name not in self._headers}
        row = {name: value for name, value in values.items() if name not in ("key", "valid_from")}
        if table == "site" and held is None and "zone" not in row and self._register.zone != DEFAULT_ZONE:
            row["zone"] = self._register.zone
        _state(table, key, kept | row, start=start, rows=[number], register=self._register, made=self._made)


_OF_BIRTH = ("type", "serial", "tare_g", "opening_uses")


def _is_so(known: Mapping[str, Any], name: str, said: Any) -> bool:
    """Tell whether a person is already what a row says."""
    if name == "name":
        return True
    if name == "pin":
        return pin_fits(said, known.get("pin_hash", ""))
    return bool((known.get(name) or "") == (said.value if name == "role" else said))


_ENVELOPE = ("code", "item_type", "qty", "place", "task")
_BODY = {"treatment": "code"}


def _event(values: Mapping[str, Any]) -> Draft:
    """Record what somebody says happened: its time is claimed, its evidence a declaration."""
    envelope = {name: values[name] for name in _ENVELOPE if name in values}
    if "code" in values:
        envelope.pop("item_type", None)
    left = {_BODY.get(name, name): value for name, value in values.items() if name not in (*_ENVELOPE, "kind", "at_ms")}
    if values["kind"] == "item.commissioned":
        left["type"] = values["item_type"]
    fields = {**envelope, "body": left}
    return Draft(kind=values["kind"], fields=fields, claimed_ms=values["at_ms"], id=event_id(values))


def _state(
    table: str,
    key: str,
    row: dict[str, Any],
    *,
    start: int | None,
    rows: Sequence[int],
    register: Register,
    made: Plan,
) -> None:
    """State a version from `start` if it says anything new; None: from now, the first from the beginning of time.

    What decisions are held to never begins in the past by itself: what was decided before stands.
    """
    from_now = register.book.has(table, key) or table in (CHECKLIST, QUALIFICATION, RETURN_RULE)
    at_ms = start if start is not None else register.now_ms if from_now else 0
    held = register.book.row(table, key, at_ms)
    stated = start is None or register.book.starts_at(table, key, at_ms)
    if held is not None and dict(held) == row and stated:
        made.settle(RowOutcome.UNCHANGED, rows)
        return
    body = {"table": table, "key": key, "valid_from": at_ms, "row": row}
    outcome = RowOutcome.CREATED if held is None else RowOutcome.CHANGED
    made.take([Draft(kind="reference.set", fields={"body": body})], outcome, rows=rows, register=register)


def take_rounds(gathered: Gathered, register: Register, made: Plan) -> None:
    """Take whole rounds: one with a faulty row is not planned by half."""
    for round_, rows in gathered.rounds(register.operators):
        body = {"table": ROUND, "key": round_.key, "valid_from": 0, "row": round_.row}
        held = register.book.row(ROUND, round_.key, register.now_ms)
        if held is not None and dict(held) == round_.row:
            made.settle(RowOutcome.UNCHANGED, rows)
            continue
        outcome = RowOutcome.CHANGED if held else RowOutcome.CREATED
        made.take([Draft(kind="reference.set", fields={"body": body})], outcome, rows=rows, register=register)


def take_checklists(gathered: StepRows, register: Register, made: Plan) -> None:
    """Take whole checklists: one with a faulty step is no version."""
    for checklist, start, rows in gathered.checklists():
        _state(CHECKLIST, checklist.key, checklist.row, start=start, rows=rows, register=register, made=made)
