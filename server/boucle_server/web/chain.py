"""The chain of parts of a thing: the donor it was taken from, what it is built into, the parts it gave and holds."""

from dataclasses import dataclass
from typing import Final

from sqlalchemy.engine import Connection

from boucle.item import Item
from boucle.reference import Book
from boucle.wire import subject_of
from boucle.words import say
from boucle_server import histories, repairs, reports
from boucle_server.errors import NotFoundError
from boucle_server.web.item_words import href_of, printed
from boucle_server.web.items import stage_badge
from boucle_server.web.visit import Visit

LONGEST: Final = 6
"""Links on either side that are followed; a chain of parts longer than that is a circle, or a joke."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """One thing of a chain; `is_here` for the one whose page it is."""

    role: str
    code: str
    href: str
    more: str
    is_here: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Chain:
    """From the first donor over the thing itself to the last host, with what it gave and what is built into it."""

    links: tuple[Link, ...]
    gave: tuple[Link, ...]
    holds: tuple[Link, ...]

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to show."""
        return len(self.links) <= 1 and not self.gave and not self.holds


def chain(connection: Connection, visit: Visit, book: Book, text: str) -> Chain:
    """Gather the chain of a thing by any form of any of its codes; an empty one for a thing that is none."""
    org = visit.who.org
    try:
        known = histories.find(connection, org, text)
    except NotFoundError:
        return Chain(links=(), gave=(), holds=())
    here = _link(visit, book, known.codes[0], known.item, role="here")
    before = _followed(connection, visit, book, known.item, role="donor")
    after = _followed(connection, visit, book, known.item, role="host")
    gave = [each for code in known.codes for each in repairs.parts_of(connection, org, "donor", code)]
    holds = [each for code in known.codes for each in repairs.parts_of(connection, org, "host", code)]
    return Chain(
        links=(*reversed(before), here, *after),
        gave=tuple(_link(visit, book, each.code, each.item, role="part") for each in gave),
        holds=tuple(_link(visit, book, each.code, each.item, role="part") for each in holds),
    )


def _followed(connection: Connection, visit: Visit, book: Book, item: Item, *, role: str) -> list[Link]:
    """Follow donors or hosts, the nearest first."""
    found: list[Link] = []
    seen = {item.id}
    while len(found) < LONGEST:
        part = item.part
        code = subject_of(getattr(part, role), "", "") if part else ""
        if not code:
            return found
        try:
            known = histories.find(connection, visit.who.org, code)
        except NotFoundError:
            found.append(Link(role=_role(role, visit.lang), code=printed(code), href="", more=""))
            return found
        if known.item.id in seen:
            return found
        seen.add(known.item.id)
        item = known.item
        found.append(_link(visit, book, code, item, role=role))
    return found


def _link(visit: Visit, book: Book, code: str, item: Item, *, role: str) -> Link:
    name = reports.name_of(book, "item_type", item.type, visit.now_ms) if item.type else ""
    state = say(f"state.work.{item.work_stage}", visit.lang) if item.work_stage else stage_badge(item, visit.lang)[1]
    return Link(
        role=_role(role, visit.lang),
        code=printed(code),
        href=href_of(code),
        more=" · ".join(each for each in (name, state) if each),
        is_here=role == "here",
    )


def _role(role: str, lang: str) -> str:
    return say(f"web.chain_{role}", lang)
