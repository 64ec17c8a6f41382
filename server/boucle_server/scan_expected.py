"""What a visit on a page expects: how many of each type wait, stand or arrive, and which items were not seen."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Final, NamedTuple

import sqlalchemy as sa

from boucle.binding import PROVISIONAL
from boucle.expecting import LISTED, WAITING, comes_by_itself, is_expected, is_within_plan, wanted, was_listed
from boucle.item import Item, load
from boucle.lifecycle import HELD, HOME, Stage
from boucle.lines import Line
from boucle.rounds import stop_of_task
from boucle.stock import standing_pieces
from boucle.telling import Outcome
from boucle.visiting import DIRECTIONS
from boucle_server import stock_counts
from boucle_server.read_tables import BINDING, ITEM
from boucle_server.receptions import pieces_coming
from boucle_server.scan_desk import Desk, Scope

_STAGES: Final[Mapping[str, frozenset[Stage]]] = {
    "collect": frozenset({*HELD, Stage.OUTBOUND}),
    "deliver": frozenset({Stage.OUTBOUND}),
    "receive": frozenset({Stage.INBOUND}),
    "control": frozenset({Stage.RECEIVED}),
    "clean": frozenset({Stage.CLEANING}),
    "release": frozenset({Stage.REQUALIFYING}),
    "unhold": frozenset(HOME),
}
"""The stages in which what an action expects can be: these few are read, not the whole pool."""
MOST_MISSING: Final = 200
RETOLD: Final = 60
"""So many lines are told again from their histories at once; of more only their number is known."""


class Row(NamedTuple):
    """One type of the list: pieces counted of those expected, and those that nobody expected."""

    item_type: str
    counted: int
    expected: int
    extra: int


class Missing(NamedTuple):
    """An item that should have been met: a code that it carries, its type, where it was last known to be."""

    code: str
    item_type: str
    place: str
    zone: str


def rows(desk: Desk, scope: Scope, lines: Sequence[Line]) -> list[Row]:
    """Give the list by type, the largest first; the unknown type last."""
    met: Counter[str] = Counter()
    extra: Counter[str] = Counter()
    seen: Counter[str] = Counter()
    for line in lines:
        if line.counts:
            (extra if line.outcome is Outcome.UNEXPECTED else met)[line.item_type] += line.qty
            if line.item and line.outcome is not Outcome.UNEXPECTED:
                seen[line.item_type] += scope.action != "deliver" or was_listed(line)
    awaited = _wanted(desk, scope, seen, extra)
    types = sorted(awaited | met | extra, key=lambda each: (not each, -awaited[each], each))
    return [Row(each, met[each], awaited[each], extra[each]) for each in types]


def is_unlisted(desk: Desk, scope: Scope, before: Item, lines: Sequence[Line] = ()) -> bool:
    """Tell whether an item, as it was before a scan, is beyond what a visit with these lines expects.

    Where nothing at all was expected when the visit began, what nobody expected says nothing.
    """
    if scope.action not in LISTED:
        return False
    at_home = not desk.book.site(scope.place, desk.now_ms).partner
    if is_expected(before, scope.action, scope.place, at_home=at_home, now_ms=desk.now_ms):
        return False
    met: Counter[str] = Counter()
    for line in lines:
        if line.counts and line.outcome is not Outcome.UNEXPECTED:
            met[line.item_type] += line.qty
    if is_within_plan(scope.action, before.type, _plan(desk, scope), met):
        return False
    return _has_list(desk, scope, lines)


def _has_list(desk: Desk, scope: Scope, lines: Sequence[Line]) -> bool:
    """Tell whether anything was planned to be left here, or known to be met, when a visit began."""
    if scope.action == "deliver" and _plan(desk, scope):
        return True
    return any(was_listed(line) for line in lines[-RETOLD:]) or bool(items(desk, scope))


def _wanted(desk: Desk, scope: Scope, seen: Counter[str], extra: Counter[str]) -> Counter[str]:
    plan = _plan(desk, scope)
    if plan is not None and scope.action != "deliver":
        return Counter(plan)
    if scope.action not in LISTED | WAITING.keys():
        return Counter()
    if scope.action == "count":
        # What is counted stays where it is; what nobody expected stands here since it was counted.
        labelled = {each: n for each, n in (standing(desk, scope) - extra).items() if n > 0}
        return Counter(labelled) + Counter(_booked(desk, scope.place))
    left = Counter(item.type for item in items(desk, scope))
    awaited = wanted(scope.action, plan, left + seen)
    of = desk.round_of(scope.task) if scope.action == "receive" else None
    if of is not None:
        awaited.update(pieces_coming(desk.store, of, desk.book, zone=desk.who.zone, now_ms=desk.now_ms))
    return awaited


def _booked(desk: Desk, place: str) -> dict[str, int]:
    """Give the pieces without labels that the stock of a site of ours says; a count of them changes no stock."""
    return standing_pieces(stock_counts.booked_now(desk.connection, desk.org, place), desk.book, place)


def _plan(desk: Desk, scope: Scope) -> Mapping[str, int] | None:
    named, of = stop_of_task(scope.task), desk.round_under(scope.task)
    stop = of.stop(named[1]) if of and named else None
    return getattr(stop, DIRECTIONS[scope.action]) or None if stop and scope.action in DIRECTIONS else None


def items(desk: Desk, scope: Scope) -> list[Item]:
    """Give the items that a visit should still meet; of a receipt of a round those of the round."""
    site = desk.book.site(scope.place, desk.now_ms)
    stages = _STAGES.get(scope.action, frozenset(HELD if site.partner else HOME))
    query = sa.select(ITEM.c.state).where(ITEM.c.org == desk.org, ITEM.c.stage.in_([str(each) for each in stages]))
    if site.partner:
        query = query.where(ITEM.c.partner == site.partner)
    elif scope.action != "receive":
        query = query.where(ITEM.c.site == scope.place)
    at_home = not site.partner
    found = (load(state) for (state,) in desk.connection.execute(query))
    where, now = (scope.action, scope.place), desk.now_ms
    expected = [item for item in found if is_expected(item, *where, at_home=at_home, now_ms=now)]
    return [item for item in expected if scope.action != "receive" or _arrives(desk, item, scope)]


def _arrives(desk: Desk, item: Item, scope: Scope) -> bool:
    """Tell whether an item on its way comes with the round received, else whether it comes to this site."""
    named = stop_of_task(item.collect_task)
    key = named[0] if named else ""
    if desk.round_of(scope.task) is not None:
        return key == scope.task
    of = desk.round_of(key)
    home = of.home if of else ""
    return comes_by_itself(item) and (not key or home in ("", scope.place))


def standing(desk: Desk, scope: Scope) -> Counter[str]:
    """Give how many items of each type should stand at a place."""
    site = desk.book.site(scope.place, desk.now_ms)
    if site.partner:
        return Counter(item.type for item in items(desk, scope))
    query = (
        sa.select(ITEM.c.type, sa.func.count().label("n"))
        .where(
            ITEM.c.org == desk.org,
            ITEM.c.site == scope.place,
            ITEM.c.stage.in_([str(each) for each in HOME]),
            ~ITEM.c.item.startswith("~"),
        )
        .group_by(ITEM.c.type)
    )
    return Counter({row[0]: row[1] for row in desk.connection.execute(query)})


class Lacking(NamedTuple):
    """What was expected and not seen, as far as it is listed, and how many more of it there are."""

    shown: list[Missing]
    more: int


def missing(desk: Desk, scope: Scope, lines: Sequence[Line], *, most: int = MOST_MISSING) -> Lacking:
    """Give the items that were expected and not seen, by where they are thought to be, then by type."""
    seen = {line.item for line in lines if line.counts}
    left = [item for item in items(desk, scope) if item.id not in seen]
    shown = sorted(left, key=lambda item: (item.place or item.site, item.type, item.zone, item.id))[:most]
    codes = _codes(desk, [item.id for item in shown])
    codes |= {item.id: item.id.removeprefix(PROVISIONAL) for item in shown if item.id.startswith(PROVISIONAL)}
    listed = [Missing(codes.get(item.id, ""), item.type, item.place or item.site, item.zone) for item in shown]
    return Lacking(listed, len(left) - len(listed))


def _codes(desk: Desk, ids: Sequence[str]) -> dict[str, str]:
    query = (
        sa.select(BINDING.c.item, sa.func.min(BINDING.c.code).label("code"))
        .where(BINDING.c.org == desk.org, BINDING.c.item.in_(ids))
        .group_by(BINDING.c.item)
    )
    return {row[0]: row[1] for row in desk.connection.execute(query)}
