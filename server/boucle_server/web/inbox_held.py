"""Cases of what is in quarantine: held, still ours, and waiting for somebody to free it or to end it."""

from typing import Any

import sqlalchemy as sa

from boucle.holds import Hold, said_after
from boucle.item import load
from boucle.lifecycle import OUT
from boucle.words import say
from boucle_server.read_tables import ITEM
from boucle_server.web.inbox_case import Asker, Case, Heap
from boucle_server.web.inbox_precedence import free

FREE, END = "unhold", "retire"
"""What can be done about what is held; each is also how words and forms call it."""


def acts(case: Case) -> list[str]:
    """Give what ends a hold, the main one first. What is not at home cannot be retired."""
    if case.status in OUT:
        return [FREE]
    return [END, FREE] if case.reason == Hold.SCRAP else [FREE, END]


def find(asker: Asker, item: str, *, anyway: bool = False) -> Case | None:
    """Give the case of an item that is held, None when it is not, or `anyway` while a heap before has it."""
    query = _held(asker) if anyway else _held(asker).where(free(asker, Heap.HELD))
    found = asker.connection.execute(query.where(ITEM.c.item == item)).one_or_none()
    return _case(found) if found else None


def count(asker: Asker) -> int:
    """Count the items that are held."""
    query = sa.select(sa.func.count()).select_from(ITEM)
    held = query.where(ITEM.c.org == asker.org, ITEM.c.held_since.is_not(None), free(asker, Heap.HELD))
    return int(asker.connection.execute(held).scalar_one())


def listed(asker: Asker, after: str, limit: int) -> list[Case]:
    """List the items that are held, the longest first; from the start for a place that is none."""
    query = _held(asker).where(free(asker, Heap.HELD))
    since, _, item = after.partition(".")
    if since.isdecimal() and len(since) < 16:  # noqa: PLR2004 - digits of an instant
        past = ITEM.c.held_since > int(since)
        query = query.where(sa.or_(past, sa.and_(ITEM.c.held_since == int(since), ITEM.c.item > item)))
    ordered = query.order_by(ITEM.c.held_since, ITEM.c.item).limit(limit)
    return [_case(row) for row in asker.connection.execute(ordered)]


def told(case: Case, lang: str, *, since: str) -> dict[str, str]:
    """Say why something is held, since when, and what to do."""
    main = acts(case)[0]
    todo = "web.inbox_todo_held_out" if case.status in OUT else f"web.inbox_todo_held_{main}"
    return {
        "what": say("web.inbox_what_held", lang, reason=said_after(case.reason, lang)),
        "when": say("web.inbox_held_since", lang, day=since),
        "todo": say(todo, lang),
        "act": say(f"web.inbox_do_{main}", lang),
    }


def _held(asker: Asker) -> sa.Select[Any]:
    columns = (ITEM.c.item, ITEM.c.type, ITEM.c.held_since, ITEM.c.state)
    return sa.select(*columns).where(ITEM.c.org == asker.org, ITEM.c.held_since.is_not(None))


def _case(row: Any) -> Case:
    item = load(row.state)
    return Case(
        heap=Heap.HELD,
        key=row.item,
        place=f"{row.held_since}.{row.item}",
        at_ms=row.held_since,
        reason=item.hold,
        item=row.item,
        type=row.type,
        name=item.site,
        status=str(item.stage),
    )
