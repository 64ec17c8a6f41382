"""Exchange slips: what a partner signed at a stop, as a document.

A slip is one validation of a stop, said as it was signed; a later one of the same stop is its next version. Nothing of
it names a person but who signed.
"""

from dataclasses import dataclass
from typing import Final

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from boucle.reference import Book
from boucle.rounds import Found, Round, round_under, stop_of_task
from boucle.unplanned import is_unplanned
from boucle.words import say
from boucle_server.driven import DrivenRound, DrivenStop, Validation, driven, planned_place
from boucle_server.organisations import SERVER_DEV
from boucle_server.projections import load_book
from boucle_server.stops_beside import stop_beside
from boucle_server.tables import ORG


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
    def is_planned(self) -> bool:
        """Whether a round planned the stop, so that something was expected at it."""
        return not is_unplanned(self.stop.task)

    @property
    def on_phone(self) -> bool:
        """Whether a phone recorded it, not a browser."""
        return self.validation.event.dev != SERVER_DEV

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
    beside = stop_beside(connection, org, task, zone=row.zone)
    of = beside.round if beside else round_under(book, task, at_ms=now_ms)
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


# The document

VIEW: Final = "-30 -30 3060 1060"
"""The picture of a signature: three times as wide as high, as the frame is in which it is drawn."""


def signature_path(slip: Slip) -> str:
    """Give the strokes of the signature as the path of an SVG; nothing where none was drawn."""
    return "".join(
        "M"
        + " ".join(f"{3 * x} {y}" for x, y in zip(stroke[::2], stroke[1::2], strict=True))
        + ("h.1" if len(stroke) == 2 else "")  # noqa: PLR2004 - a dot is a stroke of one point
        for stroke in slip.validation.signature
    )


def signature_svg(slip: Slip) -> str:
    """Give the signature as a picture of its own."""
    path = signature_path(slip)
    if not path:
        return ""
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="{VIEW}">'
        f'<path d="{path}" fill="none" stroke="#1b1b1b" stroke-width="28" '
        'stroke-linecap="round" stroke-linejoin="round"/></svg>'
    )
