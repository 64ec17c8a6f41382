"""What somebody who is signed in lacks for an act on a thing, and who of the house may do it instead."""

from sqlalchemy.engine import Connection

from boucle import lacking
from boucle.clock import day_of
from boucle.events import Event
from boucle.item import Item, Job
from boucle.qualifications import Lack, asked, held, lacks, who_may
from boucle.reference import Book
from boucle.roles import capabilities_of, may_record
from boucle.words import say
from boucle_server.web import numbers, people_list
from boucle_server.web.visit import Visit


def lacks_of(visit: Visit, book: Book, item: Item, kind: str) -> list[Lack]:
    """Give what this person lacks now for an act on a thing."""
    return lacks(book, kind, item.type, visit.who.person, at_ms=visit.now_ms, zone=_zone(visit, book, item))


def sentences(connection: Connection, visit: Visit, book: Book, item: Item, kind: str) -> list[str]:
    """Say what this person lacks for an act on a thing, and who may do it; nothing when they lack nothing."""
    found = lacks_of(visit, book, item, kind)
    if not found:
        return []
    hands = {item.repaired_by, *(item.job.hands if isinstance(item.job, Job) and not item.job.back_ms else ())}
    may = set(who_may(book, kind, item.type, at_ms=visit.now_ms, zone=_zone(visit, book, item))) - hands
    names = [
        each.name
        for each in people_list.everybody(connection, visit.who.org)
        if each.active and each.person in may and may_record(capabilities_of(each.role), kind)
    ]
    return lacking.said(found, names, visit.lang, day=lambda day: numbers.day_name(day, visit.lang), known=True)


def held_for(book: Book, event: Event, item_type: str, lang: str) -> str:
    """Say by which qualifications somebody did an act, and until which day each held; nothing where none was asked."""
    found = []
    for rule in asked(book, event.kind, item_type, at_ms=event.teff):
        last = held(book, event.actor, rule.key, at_ms=event.teff)
        if last is not None and last.is_valid_on(day_of(event.teff, book.site(event.place, event.teff).zone)):
            until = numbers.day_name(last.until, lang) if last.until else ""
            found.append(say("web.qualified_until_day", lang, name=rule.name, day=until) if until else rule.name)
    return ", ".join(found)


def _zone(visit: Visit, book: Book, item: Item) -> str:
    return book.site(item.site, visit.now_ms).zone
