"""What a page of a case tells beside it: the event that opened it, what was received, whose name is whose."""

from typing import Final

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from boucle.events import Event
from boucle.reasons import Reason
from boucle.reference import Book
from boucle.words import say
from boucle_server import reports, set_aside
from boucle_server.api.reasons import kind_text
from boucle_server.kept_bytes import first
from boucle_server.tables import DEVICE, PERSON, RECORD
from boucle_server.web import inbox_acts, qualified_list
from boucle_server.web.inbox_case import Asker, Case
from boucle_server.web.item_words import moment
from boucle_server.web.places import QUALIFIED
from boucle_server.web.visit import Visit

_SHOWN: Final = 4096


def name_of(visit: Visit, connection: Connection, person: str) -> str:
    """Give the name of a person, `""` for one that is not known any more."""
    query = sa.select(PERSON.c.name).where(PERSON.c.org == visit.who.org, PERSON.c.person == person)
    return connection.execute(query).scalar() or ""


def facts_of(visit: Visit, connection: Connection, book: Book, case: Case) -> list[tuple[str, str]]:
    """Tell what is known of the event that opened a case: what, when, where, by whom, on which device."""
    event = inbox_acts.event_with(connection, visit.who.org, case.event)
    if event is None:
        return []
    device = sa.select(DEVICE.c.name).where(DEVICE.c.org == visit.who.org, DEVICE.c.dev == event.dev)
    site = book.site(event.place, event.teff)
    pairs = [
        ("what", kind_text(event.kind, visit.lang)),
        ("when", moment(event.teff, visit.who.zone, visit.lang)),
        ("where", site.name or event.place),
        ("type", reports.name_of(book, "item_type", event.text("type") or event.item_type, visit.now_ms)),
        ("person", name_of(visit, connection, event.actor) or event.actor),
        ("device", connection.execute(device).scalar() or event.dev),
    ]
    return [(say(f"web.fact_{name}", visit.lang), text) for name, text in pairs if text]


def named(asker: Asker, table: str) -> list[tuple[str, str]]:
    """Give the rows of a table of reference data by name."""
    book = asker.book
    named = [(key, reports.name_of(book, table, key, asker.now_ms)) for key in book.keys(table)]
    return sorted(named, key=lambda pair: pair[1].casefold())


def an_asker(visit: Visit, connection: Connection) -> Asker:
    """Give who asks: the organisation of a visit, at its instant."""
    query = sa.select(DEVICE.c.dev, DEVICE.c.name).where(DEVICE.c.org == visit.who.org)
    names = {row.dev: row.name for row in connection.execute(query)}
    return Asker(
        connection=connection,
        org=visit.who.org,
        zone=visit.who.zone,
        now_ms=visit.now_ms,
        devices=names,
        capabilities=frozenset(visit.who.capabilities),
    )


def content_of(connection: Connection, org: str, case: Case) -> str:
    """Give the beginning of what was received, as text."""
    query = sa.select(RECORD.c.payload).where(RECORD.c.org == org, RECORD.c.hash == case.key).limit(1)
    payload = connection.execute(query).scalar()
    if payload is None:
        raw = first(connection, org, case.key)
        payload = b"" if raw is None else raw.content
    content = bytes(payload)
    return set_aside.text_of(content[:_SHOWN], len(content)) or content[:256].hex(" ")


def unqualified(visit: Visit, connection: Connection, case: Case, event: Event | None) -> tuple[str, str] | None:
    """Give where the qualifications are of whoever lacked one, and their name; None where that is not the case."""
    if case.reason != Reason.UNQUALIFIED or event is None or not QUALIFIED.allows(visit.who.capabilities):
        return None
    name = name_of(visit, connection, event.actor)
    return (qualified_list.person_href(event.actor), name) if name else None
