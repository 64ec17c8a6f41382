"""A world in one process: phones with the code that phones run, a server on the domain's own rules, a bad network.

Time is virtual, chance is seeded: a schedule that fails is run again from its seed. The server keeps everything in
plain values and decides by `boucle.admission`, `boucle.memory` and the log; it is what the real server must agree
with, not a copy of its code.
"""

import json
from collections import Counter
from collections.abc import Callable, Mapping
from copy import deepcopy
from dataclasses import dataclass, field
from random import Random
from typing import Any, NamedTuple

from boucle import receipt as receipts
from boucle import stop_rows
from boucle.admission import Known, Ruling, Slot, is_own, rule
from boucle.anchor import Reading
from boucle.errors import MalformedPushError
from boucle.events import Event
from boucle.item import dump
from boucle.log import Frontier, consistency_proof, extend, leaf_hash
from boucle.memory import MemoryStore
from boucle.note import Checkpoint, CheckpointSigner, NoteSigner
from boucle.push import Push, Status, read_push, seal_body
from boucle.receipt import Receipt, ranges_of
from boucle.signing import Crypto, load_crypto
from boucle.stock import is_stock, standing_pieces
from boucle.wire import MAX_PUSH, MAX_RAW, MAX_RECORDS, digest
from boucle_field.asking import NO_ANSWER, Engine, Pause, Request, Response, T
from boucle_field.identity import Identity, device_key
from boucle_field.phone import Phone
from boucle_field.store import Store
from tests.builders import ORG, START_MS, network

CRYPTO: Crypto = load_crypto()
_SERVER_KEY = CRYPTO.signing_key(bytes(range(32)))
_BOX_PRIVATE = bytes(range(32, 64))
BOX = CRYPTO.opening_box(_BOX_PRIVATE)


@dataclass
class World:
    """The true time, in milliseconds of UTC."""

    now_ms: int = START_MS

    def pass_ms(self, ms: int) -> None:
        """Let time pass."""
        self.now_ms += ms


@dataclass
class SimTicks:
    """The clocks of one simulated device: a wall clock that may be wrong, a count since a boot that may end."""

    world: World
    wrong_ms: int = 0
    boot: str = "boot-1"
    booted_ms: int = START_MS - 3_600_000

    def reading(self) -> Reading:
        """Give the wall clock, the boot and the milliseconds since the boot."""
        now = self.world.now_ms
        return Reading(wall_ms=now + self.wrong_ms, boot=self.boot, mono_ms=now - self.booted_ms)

    def restart(self) -> None:
        """Switch the device off and on."""
        self.boot = f"boot-{int(self.boot.partition('-')[2]) + 1}"
        self.booted_ms = self.world.now_ms


class Kept(NamedTuple):
    """One stored record with what was decided about it."""

    ruling: Ruling
    dev: str
    epoch: str


@dataclass
class Books:
    """Everything that the server keeps; a copy of it is a backup."""

    kept: list[Kept] = field(default_factory=list)
    known: dict[str, Known] = field(default_factory=dict)
    slots: dict[tuple[str, str], dict[int, Slot]] = field(default_factory=dict)
    raw: list[bytes] = field(default_factory=list)
    unread: dict[tuple[str, str], dict[int, str]] = field(default_factory=dict)
    """Hashes of bytes that the raw route took, by the number they were sent under."""
    frontier: Frontier = field(default_factory=Frontier)
    nodes: dict[tuple[int, int], bytes] = field(default_factory=dict)
    signed: Checkpoint | None = None
    tables: MemoryStore = field(default_factory=MemoryStore)
    changes: list[tuple[str, str]] = field(default_factory=list)
    people: dict[str, dict[str, str]] = field(default_factory=dict)
    generation: int = 1


class SimServer:
    """A server that keeps its books in memory and answers a phone's requests."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.books = Books()
        self.devices: dict[str, bytes] = {}
        self.poison: Callable[[bytes], bool] = lambda _payload: False
        """Payloads on which a push dies with a 500, as a bug would make it."""
        self._learn(network())

    # ---- people who set things up

    def invite(self, store: Store, dev: str, *, role: str = "manager", site: str = "strasbourg") -> None:
        """Enrol a store's device as if it had asked: what an enrolment leaves on both sides."""
        self.devices[dev] = device_key(store, CRYPTO).public
        signer = self._signer()
        Identity(
            org=ORG,
            dev=dev,
            token=dev,
            server="https://boucle.example",
            vkey=signer.vkey,
            box_key=BOX.public.hex(),
            origin=signer.name,
            name=dev,
            role=role,
            site=site,
            enrolled_ms=self.world.now_ms,
        ).save(store, digest(dev.encode())[:16])

    def add_person(self, person: str, row: Mapping[str, str]) -> None:
        """Describe somebody who may log in on phones."""
        self.books.people[person] = dict(row)
        self.books.changes.append(("operator", person))

    def backup(self) -> Books:
        """Give a copy of the books."""
        return deepcopy(self.books)

    def restore(self, books: Books, *, honest: bool = True) -> None:
        """Put a backup back; an honest restore goes on under the next generation, a dishonest one hides it."""
        generation = self.books.generation + 1
        self.books = deepcopy(books)
        if honest:
            self.books.generation = generation
            self.books.signed = None
            self._append([b"generation"])

    # ---- what a phone asks

    def answer(self, request: Request, dev: str) -> Response:
        """Answer one request of a device."""
        if request.path == "/v1/time":
            return _json({"server_ms": self.world.now_ms})
        if dev not in self.devices:
            return Response(status=401)
        match request.method, request.path:
            case "POST", "/v1/sync/push":
                return self._push(request.body or b"", dev)
            case "POST", "/v1/sync/raw":
                return self._raw(request, dev)
            case "GET", "/v1/sync/pull":
                return self.pull(int(request.query["cursor"]), int(request.query["limit"]))
            case "GET", "/v1/log/checkpoint":
                return _json({"checkpoint": self._checkpoint()})
            case "GET", "/v1/log/consistency":
                return self._consistency(int(request.query["from"]), int(request.query["to"]))
            case _:
                return Response(status=404)

    def _push(self, body: bytes, dev: str) -> Response:
        if len(body) > MAX_PUSH:
            return Response(status=413)
        try:
            push = read_push(body)
        except MalformedPushError:
            self.books.raw.append(body)
            return Response(status=400)
        if len(push.records) > MAX_RECORDS:
            return Response(status=413)
        if any(self.poison(record.payload) for record in push.records):
            return Response(status=500)
        sealed = push.dev == dev and CRYPTO.verify_key(self.devices[dev]).verify(push.seal, seal_body(push))
        slots = self.books.slots.setdefault((dev, push.epoch), {})
        rulings = rule(push, known=self.books.known, slots=slots, now_ms=self.world.now_ms, sealed=sealed)
        for place, ruling in enumerate(rulings, push.first):
            self._keep(ruling, push, place, sealed=sealed)
        self._learn([r.event for r in rulings if r.status is Status.ACCEPTED and r.event is not None])
        return _json(
            {
                "results": [
                    {"id": r.id, "hash": r.hash, "status": str(r.status)}
                    | ({"why": str(r.why)} if r.why else {})
                    | ({"reason": str(r.reason)} if r.reason else {})
                    for r in rulings
                ],
                "have": [[each.first, each.last] for each in self._ranges(dev, push.epoch)],
                "receipt": self._receipt(dev, push.epoch),
                "head": self._checkpoint(),
                "consistency": "ok",
                "generation": self.books.generation,
                "server_ms": self.world.now_ms,
            }
        )

    def _keep(self, ruling: Ruling, push: Push, place: int, *, sealed: bool) -> None:
        if ruling.status is Status.DUPLICATE:
            return
        self.books.kept.append(Kept(ruling, push.dev, push.epoch))
        self._append([ruling.hash.encode()])
        slots = self.books.slots[(push.dev, push.epoch)]
        if ruling.event is not None and is_own(ruling):
            known = Known(ruling.hash, ruling.record.teff, ruling.record.tq, ruling.status, ruling.why)
            self.books.known.setdefault(ruling.event.id, known)
        if sealed and ruling.status not in (Status.FORK, Status.CONFLICT):
            slots.setdefault(ruling.event.seq if ruling.event is not None else place, Slot(ruling.id, ruling.hash))

    def _raw(self, request: Request, dev: str) -> Response:
        body = request.body or b""
        if len(body) > MAX_RAW:
            return Response(status=413)
        if body not in self.books.raw:
            self.books.raw.append(body)
            self._append([body])
        place = self.books.unread.setdefault((dev, request.query["epoch"]), {})
        place.setdefault(int(request.query["seq"]), digest(body))
        return _json({"hash": digest(body), "receipt": self._receipt(dev, request.query["epoch"])})

    def _learn(self, events: list[Event]) -> None:
        stops = stop_rows.touched(events, self.books.tables)
        changes = self.books.tables.accept(events)
        touched = [("item", key) for key in (*changes.items, *changes.items_gone)]
        touched += [("item", binding.item) for binding in changes.bindings.values()]
        touched += [(version.table, version.key) for version in changes.versions]
        touched += [("stop", key) for key in stops]
        touched += [("return", at.bucket) for at in changes.cells if at.cell == "return"]
        touched += [("stock", site) for site in sorted(changes.stocked)]
        self.books.changes += dict.fromkeys(touched)

    def pull(self, cursor: int, limit: int) -> Response:
        """Give a page of the changes after a cursor."""
        reset = cursor > len(self.books.changes)
        start = 0 if reset else cursor
        page = self.books.changes[start : start + limit]
        rows = [
            {"n": n, "table": table, "key": key, "row": self._row(table, key)}
            for n, (table, key) in enumerate(page, start + 1)
        ]
        following = start + len(page)
        more = following < len(self.books.changes)
        return _json({"rows": rows, "next": following, "more": more, "reset": reset})

    def _row(self, table: str, key: str) -> Any:
        tables = self.books.tables
        if table == "operator":
            return self.books.people.get(key)
        if table == "item":
            item = tables.world.items.get(key)
            codes = sorted(tables.codes_of([key]))
            birth = tables.all.get(key)
            serial = {"serial": birth.text("serial")} if birth and birth.text("serial") else {}
            return None if item is None else {"state": json.loads(dump(item)), "codes": codes} | serial
        if table == "stock":
            pieces: Counter[str] = Counter()
            for at, n in tables.world.cells.items():
                if is_stock(at) and at.site == key:
                    pieces[at.type] += n
            return {"pieces": standing_pieces(pieces, tables.book(), key)}
        if table == stop_rows.TABLE:
            return stop_rows.rows_of({key}, tables, office="d-serveur")[key]
        if table == "return":
            cells = [(at, n) for at, n in tables.world.cells.items() if at.cell == "return" and at.bucket == key and n]
            told = [[at.month, at.site, at.partner, at.type, at.material, at.measure, n] for at, n in cells]
            return {"cells": sorted(told)} if told else None
        return [
            {"valid_from": version.valid_from, "row": dict(version.row), "id": version.order[4]}
            for version in tables.book().versions
            if (version.table, version.key) == (table, key)
        ]

    # ---- the log

    def _signer(self) -> NoteSigner:
        return NoteSigner(f"boucle.example/{ORG}/g{self.books.generation}", _SERVER_KEY)

    def _append(self, entries: list[bytes]) -> None:
        self.books.frontier, nodes = extend(self.books.frontier, [leaf_hash(entry) for entry in entries])
        self.books.nodes |= {(node.level, node.position): node.hash for node in nodes}

    @property
    def head(self) -> Checkpoint:
        """The log as it stands."""
        frontier = self.books.frontier
        return Checkpoint(origin=self._signer().name, size=frontier.size, root=frontier.root())

    def _guard(self) -> CheckpointSigner:
        return CheckpointSigner(signer=self._signer(), last=self.books.signed)

    def _checkpoint(self) -> str:
        note, guard = self._guard().sign(self.head)
        self.books.signed = guard.last
        return note

    def _ranges(self, dev: str, epoch: str) -> tuple[receipts.Range, ...]:
        slots = self.books.slots.get((dev, epoch), {})
        stored = self.books.unread.get((dev, epoch), {}) | {seq: slot.hash for seq, slot in slots.items()}
        return ranges_of(stored.items())

    def _receipt(self, dev: str, epoch: str) -> str:
        head = self.head
        receipt = Receipt(
            org=ORG,
            dev=dev,
            epoch=epoch,
            ranges=self._ranges(dev, epoch),
            origin=head.origin,
            size=head.size,
            root=head.root,
            server_ms=self.world.now_ms,
        )
        note, guard = receipts.sign(receipt, self._guard())
        self.books.signed = guard.last
        return note

    def _consistency(self, old: int, new: int) -> Response:
        if not 0 <= old <= new <= self.books.frontier.size:
            return Response(status=404)
        proof = consistency_proof(old, new, lambda level, index: self.books.nodes[(level, index)])
        return _json({"old": old, "new": new, "proof": [each.hex() for each in proof]})

    def accepted(self) -> dict[str, Event]:
        """Give every accepted event of a phone, by id."""
        return {
            kept.ruling.event.id: kept.ruling.event
            for kept in self.books.kept
            if kept.ruling.status is Status.ACCEPTED and kept.ruling.event is not None
        }


def _json(value: object) -> Response:
    return Response(status=200, body=json.dumps(value).encode())


# ---- the network


@dataclass
class Net:
    """What happens to requests: each fault with its chance, drawn from the seed."""

    server: SimServer
    random: Random
    lose_request: float = 0.0
    lose_answer: float = 0.0
    fail: float = 0.0
    repeat: float = 0.0
    late: list[tuple[Request, str]] = field(default_factory=list)
    """Requests that the network will deliver once more, later."""

    def ask(self, request: Request, dev: str) -> Response:
        """Carry a request to the server and its answer back, or not."""
        self.server.world.pass_ms(self.random.randrange(5, 400))
        if self.late and self.random.random() < 0.5:
            self.server.answer(*self.late.pop(0))
        if self.random.random() < self.lose_request:
            return Response(status=NO_ANSWER)
        if self.random.random() < self.fail:
            return Response(status=self.random.choice((500, 502, 503, 507)))
        response = self.server.answer(request, dev)
        if self.random.random() < self.repeat:
            self.late.append((request, dev))
        self.server.world.pass_ms(self.random.randrange(5, 400))
        return Response(status=NO_ANSWER) if self.random.random() < self.lose_answer else response

    def heal(self) -> None:
        """End every fault; what was delayed arrives."""
        self.lose_request = self.lose_answer = self.fail = self.repeat = 0.0
        while self.late:
            self.server.answer(*self.late.pop(0))


def drive(engine: Engine[T], net: Net, dev: str, *, steps: int = 1_000_000) -> T | None:
    """Run an engine against the network; None when the app is killed after `steps` requests or pauses."""
    response = Response(status=NO_ANSWER)
    try:
        step = next(engine)
        while steps:
            steps -= 1
            if isinstance(step, Pause):
                net.server.world.pass_ms(step.ms)
            else:
                response = net.ask(step, dev)
            step = engine.send(response)
    except StopIteration as end:
        result: T = end.value
        return result
    engine.close()
    return None


def phone_of(server: SimServer, dev: str, *, role: str = "manager", site: str = "strasbourg", seed: int = 1) -> Phone:
    """Give an enrolled phone with its store in memory and its own seeded randomness."""
    store = Store.in_memory()
    server.invite(store, dev, role=role, site=site)
    return Phone.of(store, ticks=SimTicks(server.world), randomness=Random(f"{dev}-{seed}").randbytes, crypto=CRYPTO)
