"""One form, one record: the same form sent twice, by a second press or a slow line, is recorded once.

Every form carries a mark that no other has. The id of what it records follows from the mark and from all that was
typed, so that the second sending finds the event of the first, in whichever process, and whenever it comes. A form that
was changed in between says something else, and is recorded.
"""

from collections.abc import Sequence
from dataclasses import replace
from hashlib import sha256
from typing import Final

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from boucle.ids import uuid7
from boucle.push import Status
from boucle.units import DAY_MS
from boucle_server import ingest
from boucle_server.errors import ConflictError
from boucle_server.organisations import SERVER_DEV
from boucle_server.server_device import Draft
from boucle_server.tables import RECORD
from boucle_server.web.forms import Fields, Posted
from boucle_server.web.sessions import LONGEST_MS
from boucle_server.web.visit import MARK, Visit

_LONGEST_MARK: Final = 40
_HOLDS_MS: Final = LONGEST_MS + DAY_MS
"""A form of a session that has ended for so long cannot be sent any more."""


def id_of(posted: Posted) -> str:
    """Give the id of the first event that a form records; `""` for a form without a mark of ours."""
    visit, fields = posted.visit, posted.fields
    made_ms = shown_ms(fields, visit.now_ms)
    if made_ms is None:
        return ""
    said = said_by(fields, visit.who.org, visit.who.person, visit.path, visit.query)
    return str(uuid7(made_ms, lambda n: said[:n]))


def shown_ms(fields: Fields, now_ms: int) -> int | None:
    """Read from its mark when a form was shown; None where it has no mark of ours, or one that does not count."""
    mark = fields.value(MARK)
    made, _, rest = mark.partition(".")
    if not rest or len(mark) > _LONGEST_MARK or not made.isascii() or not made.isdecimal():
        return None
    return int(made) if now_ms - _HOLDS_MS <= int(made) <= now_ms else None


def said_by(fields: Fields, *about: object) -> bytes:
    """Give a digest of all that a form says, its mark and its files among it, and of what it is about."""
    said = sha256(repr((*about, fields.pairs)).encode())
    for name, content in fields.files:
        said.update(repr((name, sha256(content).hexdigest())).encode())
    return said.digest()


def recorded(connection: Connection, visit: Visit, event_id: str) -> tuple[str, ...]:
    """Give the ids of what a form has recorded already, the first one first; none where it was never sent."""
    if not event_id:
        return ()
    own = sa.and_(RECORD.c.org == visit.who.org, RECORD.c.dev == SERVER_DEV, RECORD.c.status == "accepted")
    first = connection.execute(sa.select(RECORD.c.epoch).where(own, RECORD.c.id == event_id)).scalar()
    if first is None:
        return ()
    query = sa.select(RECORD.c.id).where(own, RECORD.c.epoch == first).order_by(RECORD.c.seq)
    return tuple(connection.execute(query).scalars())


def sent_before(posted: Posted) -> tuple[str, ...]:
    """Give the ids of what this very form has recorded already, before anything is asked of it again."""
    with posted.visit.server.database.reading() as connection:
        return recorded(connection, posted.visit, id_of(posted))


def record(connection: Connection, visit: Visit, drafts: Sequence[Draft], *, once: str = "") -> tuple[str, ...]:
    """Record what a form decides, and give its events; those of the first sending where it was sent before.

    `once` is the id of the first event, as `id_of` gives it. ConflictError where one of them does not count.
    """
    if ids := recorded(connection, visit, once):
        return ids
    if not drafts:
        return ()
    first, *others = drafts
    results = ingest.accept_own(
        connection,
        visit.who.org,
        [replace(first, id=once or first.id), *others],
        actor=visit.who.person,
        now_ms=visit.server.clock.now_ms(),
        zone=visit.who.zone,
    )
    if any(result.status is not Status.ACCEPTED for result in results):
        raise ConflictError("web.not_recorded")
    return tuple(result.id for result in results)
