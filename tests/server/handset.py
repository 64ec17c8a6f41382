"""A phone of the tests: it records, chains and seals what it is told, and hands it to the server's door."""

from dataclasses import dataclass, field, replace

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from boucle.push import Push, Record, seal_body
from boucle.signing import SigningKey, load_crypto
from boucle.wire import digest
from boucle_server import organisations
from boucle_server.db import Database
from boucle_server.ingest import Answer, accept_own, ingest
from boucle_server.server_device import Draft
from boucle_server.tables import DEVICE
from tests.builders import DAY, LANES, ORG, SITES, START_MS, TYPES, Device

LATER = START_MS + 2 * 365 * DAY
"""When everything is received, so that nothing lies in the future."""
NETWORK_MS = START_MS - 400 * DAY


def signing_key(name: str) -> SigningKey:
    """Give the key of a name, the same at each call."""
    return load_crypto().signing_key(bytes.fromhex(digest(name.encode())))


@dataclass
class Handset:
    """A recording device with its key; `waiting` is what it has recorded and not sent."""

    device: Device = field(default_factory=Device)
    waiting: list[Record] = field(default_factory=list)
    sent: int = 0
    head: str = ""
    enrolled_key: SigningKey | None = None

    @property
    def key(self) -> SigningKey:
        """The key it was enrolled with: by `enrol`, unless another is given."""
        return self.enrolled_key or signing_key(self.device.dev)

    def scan(self, kind: str, subject: str = "", /, *, at: float | None = None, tq: int = 0, **keys: object) -> Record:
        """Record an event `at` days after the start, by default a minute after the last one."""
        device = self.device
        device.now_ms = START_MS + round(at * DAY) if at is not None else device.now_ms + 60_000
        return self.take(device.payload(kind, subject, **keys), tq=tq)

    def take(self, payload: bytes, *, tq: int = 0) -> Record:
        """Take bytes as the next record of the chain, whatever they are."""
        record = Record(payload=payload, teff=self.device.now_ms, tq=tq)
        self.waiting.append(record)
        return record

    def junk(self, payload: bytes, *, tq: int = 0) -> Record:
        """Take bytes that the device never made as an event into its chain."""
        self.device.seq += 1
        self.device.prev = digest(payload)
        return self.take(payload, tq=tq)

    def push(self, records: list[Record] | None = None, *, first: int | None = None) -> Push:
        """Seal records, by default all that wait, as the next numbers of the chain."""
        if records is None:
            records, self.waiting = self.waiting, []
        if first is None:
            first = self.sent + 1
            self.sent += len(records)
        return sealed(self, tuple(records), first)


def sealed(handset: Handset, records: tuple[Record, ...], first: int) -> Push:
    """Seal records as numbers `first` and following of a handset."""
    device = handset.device
    push = Push(
        batch=f"b-{first}-{len(records)}",
        org=ORG,
        dev=device.dev,
        epoch=device.epoch,
        first=first,
        last=first + len(records) - 1,
        records=records,
        seal=b"",
        head=handset.head,
    )
    return replace(push, seal=handset.key.sign(seal_body(push)))


def a_network(database: Database, *devices: str, reference: bool = True, role: str = "driver") -> None:
    """Make the organisation of the builders, with its small network and these devices, all of one role."""
    with database.writing(ORG) as connection:
        organisations.create(connection, org=ORG, name="Essai", origin_host="t.example", now_ms=NETWORK_MS)
        for dev in devices or ("d-un",):
            enrol(connection, dev, role=role)
        if reference:
            accept_own(connection, ORG, reference_drafts(), actor="", now_ms=NETWORK_MS)


def enrol(connection: Connection, dev: str, *, status: str = "active", role: str = "driver") -> None:
    """Let a device in without ceremony."""
    connection.execute(
        sa.insert(DEVICE).values(
            org=ORG,
            dev=dev,
            name=dev,
            role=role,
            site="",
            public_key=signing_key(dev).public,
            status=status,
            enrolled_ms=NETWORK_MS,
        )
    )


def reference_drafts() -> list[Draft]:
    """Give the small network as drafts of the server."""
    rows = [("site", key, row) for key, row in SITES.items()]
    rows += [("item_type", key, row) for key, row in TYPES.items()]
    rows += [("lane", key, row) for key, row in LANES.items()]
    return [
        Draft(
            kind="reference.set",
            fields={"body": {"table": table, "key": key, "valid_from": 0, "row": row}},
        )
        for table, key, row in rows
    ]


def taken(database: Database, push: Push, *, now_ms: int = LATER) -> Answer:
    """Take a batch in, in a transaction of its own."""
    with database.writing(ORG) as connection:
        return ingest(connection, push, now_ms=now_ms)
