"""Reports: the figures of an organisation, and the events behind each of them.

What a figure means is `boucle.catalogue`'s business; here sums are fetched, questions are put, and nothing is
rounded. The cost does not depend on how many events there are.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from typing import Final

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from boucle.catalogue import CATALOGUE, answers
from boucle.clock import month_end_ms, month_of, month_start_ms, months_between
from boucle.events import KINDS
from boucle.kpi import Question, Value
from boucle.kpi_loop import most_uses, settle_days
from boucle.reference import Book
from boucle.tally import Part, Slice, Tally
from boucle_server import cell_sums, partial_sums
from boucle_server.errors import InvalidInputError, NotFoundError
from boucle_server.projections import load_book
from boucle_server.tables import LATE, ORG, RECORD

GROUPED: Final = ("loop", "partner", "site")
"""Dimensions of which sums are kept by value."""
_MONTH: Final = re.compile(r"(?:19|20|21)[0-9]{2}-(?:0[1-9]|1[0-2])", re.ASCII)


def tally(connection: Connection, org: str, narrowed: Slice | None = None) -> Tally:
    """Give the sums of a slice, over all months."""
    wanted = (narrowed or Slice()).narrowed
    type_key = wanted.pop("type", None)
    if not wanted:
        return Tally.joined(partial_sums.parts_by(connection, org).get("", {}), type_key=type_key)
    if len(wanted) == 1:
        ((dimension, value),) = wanted.items()
        return Tally.joined(partial_sums.parts_by(connection, org, dimension).get(value, {}), type_key=type_key)
    parts: dict[tuple[str, str], Part] = {}
    for cell in partial_sums.FAMILIES:
        for month, found in partial_sums.sum_up(connection, org, cell=cell, where=wanted).items():
            parts[cell, month] = found.get("", {})
    return Tally.joined(parts, type_key=type_key)


def tallies(connection: Connection, org: str, dimension: str) -> dict[str, Tally]:
    """Give the sums of every value of a dimension, over all months."""
    if dimension == "type":
        parts = partial_sums.parts_by(connection, org).get("", {})
        types = {type_key for part in parts.values() for line in part.values() for type_key in line.types}
        return {type_key: Tally.joined(parts, type_key=type_key) for type_key in sorted(types)}
    found = partial_sums.parts_by(connection, org, dimension)
    return {value: Tally.joined(found[value]) for value in sorted(found)}


def months_with_data(connection: Connection, org: str) -> list[str]:
    """Give every month from the first to the last in which something happened."""
    months = sorted(month for cell, month in cell_sums.read(connection, org) if cell == "month")
    return [str(month) for month in months_between(months[0], months[-1])] if months else []


def months_until(connection: Connection, org: str, now_ms: int) -> list[str]:
    """Give every month from the first in which something happened to the one that runs; none without data."""
    known = months_with_data(connection, org)
    running = month_of(now_ms, zone_of(connection, org))
    return [str(month) for month in months_between(known[0], running)] if known else []


def zone_of(connection: Connection, org: str) -> str:
    """Give the zone in which an organisation's days begin; NotFoundError."""
    zone: str | None = connection.execute(sa.select(ORG.c.zone).where(ORG.c.org == org)).scalar()
    if zone is None:
        raise NotFoundError("api.no_org")
    return zone


def checked_month(text: str) -> str:
    """Give a month written `2026-10`; InvalidInputError for anything else."""
    if _MONTH.fullmatch(text) is None:
        raise InvalidInputError("month.bad", month=text[:20])
    return text


def bounds(month: str, zone: str) -> tuple[int, int]:
    """Give the first instant of a month in a zone, and the first one after it (ms)."""
    return month_start_ms(month, zone), month_end_ms(month, zone)


def last_complete_month(zone: str, now_ms: int) -> str:
    """Give the month before the one that runs."""
    running = month_of(now_ms, zone)
    return str(month_of(month_start_ms(running, zone) - 1, zone))


def usual_month(zone: str, now_ms: int, known: Sequence[str]) -> str:
    """Give the month shown unless one is named: the last complete one, or the first with data where that is later."""
    last = last_complete_month(zone, now_ms)
    return max(last, known[0]) if known else last


@lru_cache(maxsize=16)
def settled(book: Book) -> Mapping[str, int]:
    """Give by type after how many days an open loan counts as lost; once for each state of the reference data."""
    return settle_days(book)


def spoken_of(connection: Connection, org: str, months: Sequence[str]) -> list[str]:
    """Give every month that a figure of some months may speak of: a trailing one goes back to the first with data."""
    known = months_with_data(connection, org)
    first = min([*months, *known[:1]], default="")
    return [str(month) for month in months_between(first, months[-1])] if months else []


def late_events(connection: Connection, org: str, months: Sequence[str], zone: str) -> dict[str, int]:
    """Count, for each month, the accepted events that came more than a day after they happened."""
    found = {}
    for month in months:
        query = (
            sa.select(sa.func.count())
            .select_from(RECORD)
            .where(
                RECORD.c.org == org,
                RECORD.c.teff >= month_start_ms(month, zone),
                RECORD.c.teff < month_end_ms(month, zone),
                RECORD.c.status == "accepted",
                sa.text(LATE),
            )
        )
        found[month] = connection.execute(query).scalar_one()
    return found


def accepted_events(connection: Connection, org: str, month: str, zone: str) -> int:
    """Count the accepted events of a month: all that an index holds by kind, less the few that were set aside."""
    of_month = sa.and_(
        RECORD.c.org == org,
        RECORD.c.teff >= month_start_ms(month, zone),
        RECORD.c.teff < month_end_ms(month, zone),
    )
    kinds = [f"{name}/1" for name in KINDS]
    every = sa.select(sa.func.count()).select_from(RECORD).where(of_month, RECORD.c.kind.in_(kinds))
    aside = every.where(sa.text("status != 'accepted'"))
    return int(connection.execute(every).scalar_one()) - int(connection.execute(aside).scalar_one())


def question(
    connection: Connection,
    org: str,
    months: Sequence[str],
    *,
    as_of_ms: int,
    narrowed: Slice | None = None,
    reasons: Mapping[str, tuple[str, ...]] | None = None,
    late: Mapping[str, int] | None = None,
) -> Question:
    """Put a question about months of an organisation, with what its reference data says of loans and of uses."""
    book = load_book(connection, org)
    return Question(
        months=tuple(months),
        as_of_ms=as_of_ms,
        narrowed=narrowed or Slice(),
        zone=zone_of(connection, org),
        settle_days=settled(book),
        most_uses=most_uses(book, as_of_ms),
        reasons=reasons or {},
        late=late,
    )


def reference_digest(connection: Connection, org: str) -> str:
    """Give the SHA-256 of the reference data that figures rest on."""
    return load_book(connection, org).digest()


def name_of(book: Book, table: str, key: str, at_ms: int) -> str:
    """Give the name that reference data gives a row at an instant, else its key."""
    row = book.row(table, key, at_ms) if key else None
    name = row.get("name") if row else None
    return name if isinstance(name, str) and name else key


def figures(connection: Connection, org: str, asked: Question, ids: Iterable[str] = CATALOGUE) -> dict[str, Value]:
    """Give the figures that a question asks for."""
    return answers(tally(connection, org, asked.narrowed), asked, ids)
