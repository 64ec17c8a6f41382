"""Photos: which ones the stored events announce, and which of them are here.

Their bytes live in the database, under their own hash, so that an event and its photo share one backup, one restore
and one durable commit, and several servers of one PostgreSQL need no shared disk (docs/decisions/0014).
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any, Final, NamedTuple

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from boucle.events import Event
from boucle.photo import JPEG, Picture, announced
from boucle.wire import Unreadable, digest, read
from boucle_server import rows
from boucle_server.errors import NotFoundError
from boucle_server.read_tables import PHOTO_PROMISE
from boucle_server.tables import PHOTO, RECORD

PROMISE_COLUMNS: Final = ("org", "sha256", "event")
_NAMED: Final = b'"photos"'
_ESCAPED: Final = b"\\"
"""A key may be spelled with an escape: such payloads are few, and all of them are read."""
_FETCH: Final = 500


class Stored(NamedTuple):
    """A photo that came: `flaw` is empty for one that is kept, else it says why it is not."""

    size: int
    width: int
    height: int
    flaw: str


class Shown(NamedTuple):
    """A photo of an event as people see it: `state` is `complete`, `missing`, or why it was refused.

    Pixels are 0 for one that is not here.
    """

    sha256: str
    size: int
    type: str
    state: str
    width: int = 0
    height: int = 0


class Missing(NamedTuple):
    """A photo that an event announced and that is not here: which device owes it, since when (ms)."""

    sha256: str
    event: str
    subject: str
    dev: str
    since_ms: int


class Owed(NamedTuple):
    """Photos that a device announced and that have not come: how many, since when (ms) the longest."""

    dev: str
    n: int
    since_ms: int


def note(connection: Connection, org: str, events: Iterable[Event]) -> None:
    """Note what events announce, whatever the door made of them: a later decision may let them count."""
    rows.upsert(connection, PHOTO_PROMISE, PROMISE_COLUMNS, sorted(set(_promises(org, events))))


def promised(connection: Connection, org: str) -> set[tuple[str, str, str]]:
    """Give the rows of the read table as they follow from all that is stored: the definition."""
    has = _contains(connection, _NAMED) | _contains(connection, _ESCAPED)
    query = sa.select(RECORD.c.payload, RECORD.c.teff, RECORD.c.tq).where(RECORD.c.org == org, has)
    with connection.execute(query, execution_options={"yield_per": _FETCH}) as found:
        events = (read(bytes(row.payload), row.teff, row.tq) for row in found)
        return set(_promises(org, (event for event in events if not isinstance(event, Unreadable))))


def is_promised(connection: Connection, org: str, sha256: str) -> bool:
    """Tell whether any stored event announces a photo."""
    query = sa.select(PHOTO_PROMISE.c.event).where(PHOTO_PROMISE.c.org == org, PHOTO_PROMISE.c.sha256 == sha256)
    return connection.execute(query.limit(1)).first() is not None


def stored(connection: Connection, org: str, hashes: Collection[str]) -> Mapping[str, Stored]:
    """Give those of the photos that came."""
    columns = ("sha256", *Stored._fields)
    return {sha256: Stored(*rest) for sha256, *rest in rows.select(
        connection, PHOTO, columns, org=org, key="sha256", keys=hashes
    )}  # fmt: skip


def shown(connection: Connection, org: str, events: Iterable[Event]) -> Mapping[str, tuple[Shown, ...]]:
    """Give for each event that has any its photos, in their order: here, missing or refused."""
    told = {event.id: announced(event.photos) for event in events if event.photos}
    here = stored(connection, org, {one.sha256 for several in told.values() for one in several})
    return {event: tuple(_shown(one, here) for one in several) for event, several in told.items() if several}


def _shown(one: Any, here: Mapping[str, Stored]) -> Shown:
    found = here.get(one.sha256)
    if found is None:
        return Shown(one.sha256, one.size, one.type, "missing")
    return Shown(one.sha256, found.size, JPEG, found.flaw or "complete", found.width, found.height)


def content(connection: Connection, org: str, sha256: str) -> bytes:
    """Give the bytes of a photo, always all of them; NotFoundError says whether it is announced at least."""
    query = sa.select(PHOTO.c.content).where(PHOTO.c.org == org, PHOTO.c.sha256 == sha256)
    found = connection.execute(query).scalar()
    if found is None:
        known = is_promised(connection, org, sha256)
        raise NotFoundError("api.photo_missing" if known else "api.no_photo")
    return bytes(found)


def keep(connection: Connection, org: str, dev: str, content: bytes, *, picture: Picture, now_ms: int) -> None:
    """Keep a whole photo under the hash of its bytes; what is kept already stays as it is."""
    values = {"size": len(content), "width": picture.width, "height": picture.height, "content": content, "flaw": ""}
    _add(connection, org, dev, digest(content), values, now_ms=now_ms)


def refuse(connection: Connection, org: str, dev: str, content: bytes, *, flaw: str, now_ms: int) -> None:
    """Note why bytes of a hash are not kept, so that everybody is told the same about them."""
    values = {"size": len(content), "width": 0, "height": 0, "content": None, "flaw": flaw}
    _add(connection, org, dev, digest(content), values, now_ms=now_ms)


def _add(connection: Connection, org: str, dev: str, sha256: str, values: dict[str, Any], *, now_ms: int) -> None:
    if not stored(connection, org, [sha256]):
        whole = {"org": org, "sha256": sha256, "dev": dev, "received_ms": now_ms, **values}
        connection.execute(sa.insert(PHOTO).values(**whole))


def missing(connection: Connection, org: str, *, limit: int | None = None) -> Sequence[Missing]:
    """Give the photos that stand in events and have not come, the longest missing first."""
    columns = (PHOTO_PROMISE.c.sha256, PHOTO_PROMISE.c.event, RECORD.c.subject, RECORD.c.dev, RECORD.c.received_ms)
    about = (RECORD.c.org == PHOTO_PROMISE.c.org) & (RECORD.c.id == PHOTO_PROMISE.c.event) & (RECORD.c.variant == 0)
    query = (
        sa.select(*columns)
        .select_from(PHOTO_PROMISE.join(RECORD, about))
        .where(PHOTO_PROMISE.c.org == org, ~_came())
        .order_by(RECORD.c.received_ms, PHOTO_PROMISE.c.event, PHOTO_PROMISE.c.sha256)
        .limit(limit)
    )
    return [Missing(*row) for row in connection.execute(query)]


def owed(connection: Connection, org: str, *also: sa.ColumnElement[bool]) -> list[Owed]:
    """Give the devices of which announced photos have not come, the longest waiting first; `also` is of records."""
    about = (RECORD.c.org == PHOTO_PROMISE.c.org) & (RECORD.c.id == PHOTO_PROMISE.c.event) & (RECORD.c.variant == 0)
    since = sa.func.min(RECORD.c.received_ms)
    query = (
        sa.select(RECORD.c.dev, sa.func.count(sa.distinct(PHOTO_PROMISE.c.sha256)), since)
        .select_from(PHOTO_PROMISE.join(RECORD, about))
        .where(PHOTO_PROMISE.c.org == org, ~_came(), *also)
        .group_by(RECORD.c.dev)
        .order_by(since, RECORD.c.dev)
    )
    return [Owed(*row) for row in connection.execute(query)]


def count_missing(connection: Connection, org: str) -> int:
    """Count the photos that stand in events and have not come."""
    distinct = sa.func.count(sa.distinct(PHOTO_PROMISE.c.sha256))
    query = sa.select(distinct).where(PHOTO_PROMISE.c.org == org, ~_came())
    return int(connection.execute(query).scalar_one())


def faults(connection: Connection, org: str) -> Iterator[str]:
    """Give the photos of which the bytes are not those that their name says."""
    query = sa.select(PHOTO.c.sha256, PHOTO.c.size, PHOTO.c.content).where(
        PHOTO.c.org == org, PHOTO.c.content.is_not(None)
    )
    with connection.execute(query.order_by(PHOTO.c.sha256), execution_options={"yield_per": 50}) as found:
        for row in found:
            if digest(bytes(row.content)) != row.sha256 or len(row.content) != row.size:
                yield str(row.sha256)


def _came() -> sa.ColumnElement[bool]:
    return sa.exists().where(PHOTO.c.org == PHOTO_PROMISE.c.org, PHOTO.c.sha256 == PHOTO_PROMISE.c.sha256)


def _promises(org: str, events: Iterable[Event]) -> Iterator[tuple[str, str, str]]:
    for event in events:
        for one in announced(event.photos):
            yield org, one.sha256, event.id


def _contains(connection: Connection, part: bytes) -> sa.ColumnElement[bool]:
    wanted = sa.literal(part, sa.LargeBinary())
    if connection.dialect.name == "sqlite":
        return sa.func.instr(RECORD.c.payload, wanted) > 0
    return sa.func.position(wanted.op("IN")(RECORD.c.payload)) > 0
