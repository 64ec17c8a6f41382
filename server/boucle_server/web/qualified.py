"""What somebody who is signed in lacks for an act on a thing, and who of the house may do it instead."""

from sqlalchemy.engine import Connection

from boucle import lacking
from boucle.item import Item, Job
from boucle.qualifications import Lack, lacks, who_may
from boucle.reference import Book
from boucle.roles import capabilities_of, may_record
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


def _zone(visit: Visit, book: Book, item: Item) -> str:
    return book.site(item.site, visit.now_ms).zone
