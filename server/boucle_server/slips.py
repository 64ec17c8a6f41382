"""Exchange slips: what a partner signed at a stop, as a document, and the link by which he opens it.

A slip is one validation of a stop, said as it was signed; a later one of the same stop is its next version. Nothing of
it names a person but who signed. A link is a name of the validation and a last day under a code that only this
server's key makes: nothing is stored for it, nobody can guess one, and after its day it opens nothing.
"""

import base64
import binascii
import hmac
from dataclasses import dataclass
from datetime import date, timedelta
from hashlib import sha256
from typing import Final
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from boucle.clock import day_of
from boucle.events import Event
from boucle.reference import Book
from boucle.rounds import TABLE, VALIDATED, Found, Round, read_round, stop_of_task
from boucle.words import say
from boucle_server import keys
from boucle_server.driven import DrivenRound, DrivenStop, Validation, driven, planned_place
from boucle_server.projections import event_of, load_book
from boucle_server.tables import ORG, RECORD

LINK_DAYS: Final = 60
"""A link is for the next statement, not for ever."""
_SEED: Final = b"boucle link of a slip 1"
_CODE_BYTES: Final = 16
_EPOCH: Final = date(2020, 1, 1)
_DAY_BYTES: Final = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Slip:
    """One validation of a stop with all that its document says."""

    org: str
    org_name: str
    number: str
    round: Round
    stop: DrivenStop
    validation: Validation
    place: str
    zone: str
    book: Book

    @property
    def newest(self) -> Validation:
        """The validation of this stop that holds."""
        return self.stop.validations[-1]

    @property
    def at_ms(self) -> int:
        """When it was signed."""
        return self.validation.event.teff

    def rows(self, direction: str) -> list[Found]:
        """What was signed in one direction."""
        return [row for row in self.validation.found if row.direction == direction]

    def type_name(self, item_type: str, lang: str) -> str:
        """Give the name that a type had then."""
        if not item_type:
            return say("web.unknown_type", lang)
        return self.book.item_type(item_type, self.at_ms).name or item_type


def slips_of(connection: Connection, org: str, task: str, *, now_ms: int) -> list[Slip]:
    """Give every version of the slip of a stop, the first first; none where nothing was validated."""
    named = stop_of_task(task)
    row = connection.execute(sa.select(ORG.c.name, ORG.c.zone).where(ORG.c.org == org)).one_or_none()
    if named is None or row is None:
        return []
    book = load_book(connection, org)
    planned = book.row(TABLE, named[0], now_ms)
    of = read_round(named[0], planned) if planned is not None else None
    if of is None:
        return []
    (found,) = driven(connection, org, [of], zone=row.zone, now_ms=now_ms)
    stop = next((each for each in found.stops if each.task == task), None)
    if stop is None:
        return []
    return [_slip((org, row.name), found, stop, each, book=book) for each in stop.validations]


def _slip(org: tuple[str, str], found: DrivenRound, stop: DrivenStop, of: Validation, *, book: Book) -> Slip:
    at_ms = of.event.teff
    return Slip(
        org=org[0],
        org_name=org[1],
        number=stop.task.replace("#", "/"),
        round=found.round,
        stop=stop,
        validation=of,
        place=planned_place(book, stop.place, at_ms),
        zone=book.site(stop.place, at_ms).zone,
        book=book,
    )


# Links


def link_code(connection: Connection, org: str, event_id: str, *, until: date) -> str:
    """Give what stands in the address of a slip until the end of a day."""
    plain = UUID(event_id).bytes + (until - _EPOCH).days.to_bytes(_DAY_BYTES, "big")
    return base64.urlsafe_b64encode(plain + _code(connection, org, plain)).rstrip(b"=").decode()


def last_day(now_ms: int, zone: str) -> date:
    """Give the last day of a link that is made now."""
    return date.fromisoformat(day_of(now_ms, zone)) + timedelta(days=LINK_DAYS)


def opened(connection: Connection, code: str, *, now_ms: int) -> tuple[Slip, date] | None:
    """Give the slip that a code opens, and its last day; None for one that opens nothing (any more)."""
    try:
        read = base64.b64decode(code + "=" * (-len(code) % 4), altchars=b"-_", validate=True)
    except (ValueError, binascii.Error):
        return None
    if len(read) != 16 + _DAY_BYTES + _CODE_BYTES:
        return None
    plain, given = read[:-_CODE_BYTES], read[-_CODE_BYTES:]
    until = _EPOCH + timedelta(days=int.from_bytes(plain[16:], "big"))
    for org, zone in connection.execute(sa.select(ORG.c.org, ORG.c.zone)).all():
        if hmac.compare_digest(_code(connection, org, plain), given):
            if day_of(now_ms, zone) > until.isoformat():
                return None
            found = _by_event(connection, org, str(UUID(bytes=plain[:16])), now_ms=now_ms)
            return (found, until) if found else None
    return None


def _code(connection: Connection, org: str, plain: bytes) -> bytes:
    secret = keys.secret(connection, org, _SEED)
    return hmac.digest(secret, org.encode() + b"\0" + plain, sha256)[:_CODE_BYTES]


def _by_event(connection: Connection, org: str, event_id: str, *, now_ms: int) -> Slip | None:
    event = _event(connection, org, event_id)
    found = slips_of(connection, org, event.task, now_ms=now_ms) if event and event.kind == VALIDATED else []
    return next((slip for slip in found if slip.validation.event.id == event_id), None)


def _event(connection: Connection, org: str, event_id: str) -> Event | None:
    columns = (RECORD.c.payload, RECORD.c.teff, RECORD.c.tq)
    wanted = (RECORD.c.org == org, RECORD.c.id == event_id, RECORD.c.status == "accepted")
    row = connection.execute(sa.select(*columns).where(*wanted)).first()
    return event_of(row.payload, row.teff, row.tq) if row else None


# The document


def signature_svg(slip: Slip) -> str:
    """Give the signature as a picture three times as wide as high, as the frame is in which it is drawn."""
    paths = [
        "M" + " ".join(f"{3 * x} {y}" for x, y in zip(stroke[::2], stroke[1::2], strict=True))
        + ("h.1" if len(stroke) == 2 else "")  # noqa: PLR2004 - a dot is a stroke of one point
        for stroke in slip.validation.signature
    ]  # fmt: skip
    if not paths:
        return ""
    return (
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="-30 -30 3060 1060">'
        f'<path d="{"".join(paths)}" fill="none" stroke="#1b1b1b" stroke-width="28" '
        'stroke-linecap="round" stroke-linejoin="round"/></svg>'
    )
