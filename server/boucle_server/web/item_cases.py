"""Where the cases of one item stand in *To do*, for its own page: its contradictions by reason, its hold."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from sqlalchemy.engine import Connection

from boucle_server import histories
from boucle_server.errors import NotFoundError
from boucle_server.web import inbox
from boucle_server.web.inbox_case import Heap
from boucle_server.web.inbox_facts import an_asker
from boucle_server.web.inbox_words import case_href
from boucle_server.web.places import INBOX
from boucle_server.web.visit import Visit


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemCases:
    """Addresses of the cases that wait: of its hold, `""` where none does, and of each reason of a contradiction."""

    hold: str = ""
    of: Mapping[str, str] = field(default_factory=dict)


def item_cases(connection: Connection, visit: Visit, text: str) -> ItemCases:
    """Find the cases of an item by any form of any of its labels; none for whoever does not see *To do*."""
    if not INBOX.allows(visit.who.capabilities):
        return ItemCases()
    try:
        known = histories.find(connection, visit.who.org, text)
    except NotFoundError:
        return ItemCases()
    if not known.tasks and not known.item.hold:
        return ItemCases()
    asker = an_asker(visit, connection)
    keyed = [(why, heap, f"{event}.{why}") for event, why in known.tasks for heap in (Heap.UNKNOWN, Heap.CONTRADICTION)]
    found = {why: case_href(case) for why, heap, key in keyed if (case := inbox.find(asker, heap, key))}
    held = inbox.find(asker, Heap.HELD, known.item.id) if known.item.hold else None
    return ItemCases(hold=case_href(held) if held else "", of=found)
