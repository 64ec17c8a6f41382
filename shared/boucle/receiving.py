"""Receiving a round: what it brings by all that is known of its stops, beside what was unloaded, and why they differ.

A reception is every receipt that answers a round, whoever scanned it and wherever. Its validation keeps what was seen;
what came later is the next version, as at a stop. What arrives without a round has nothing to differ from. A labelled
piece stands for itself: one that the round did not bring takes the place of no other, unless a stop counted pieces
without reading their labels; and what stood at home before was not received.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from boucle.actions import ACTIONS
from boucle.events import Event
from boucle.item import Item
from boucle.lifecycle import Stage
from boucle.reference import Book
from boucle.rounds import BESIDE, RECEIVED, Found, Gap, Round, compare, gaps_for, stop_of_task, witnessed
from boucle.visiting import pieces_planned
from boucle.words import say

VALIDATED: Final = "reception.validated"
"""The kind by which somebody says that a round is unloaded; its task is the key of the round, its place the site."""
KIND: Final = "item.received"


def answers(event: Event, of: Round) -> bool:
    """Tell whether an event is a receipt of what a round brought: under its key, or answering one of its stops."""
    if event.kind != KIND:
        return False
    return event.task == of.key or _is_of(of, event.against)


def known_at(
    of: Round, on_the_way: Iterable[Item], received: Iterable[Event], types: Mapping[str, str]
) -> dict[str, Counter[str]]:
    """Give the labelled pieces of each stop by type: those still on their way, and those received that answer it.

    `types` gives the type of each subject. A stop that is planned no more brought what was taken there all the same.
    """
    came = [(item.collect_task, item.type) for item in on_the_way if item.stage == Stage.INBOUND]
    answering = {event.subject: event.against for event in received if event.kind == KIND and event.code}
    came += [(task, types.get(subject, "")) for subject, task in answering.items()]
    known: dict[str, Counter[str]] = {}
    for task, item_type in came:
        named = stop_of_task(task)
        if named is not None and named[0] == of.key:
            known.setdefault(task, Counter())[item_type] += 1
    return known


def expected_of(
    of: Round, known: Mapping[str, Counter[str]], signed: Mapping[str, Sequence[Found]], book: Book, now_ms: int
) -> dict[str, int]:
    """Give the pieces that a round brings, by type; `signed` is what the last validation of each stop says was found.

    Of a stop that is validated they are what was signed there, or what is known of its labels where that is more. Of
    any other stop they are its labels, and for pieces without labels what was planned.
    """
    brought: Counter[str] = Counter()
    for task in {*(of.task(stop) for stop in of.stops), *known, *signed}:
        labelled, named = known.get(task, Counter()), stop_of_task(task)
        if task in signed:
            brought += labelled | Counter(taken(signed[task]))
        else:
            stop = of.stop(named[1]) if named else None
            brought += labelled + Counter(pieces_planned([stop] if stop else (), book, now_ms))
    return dict(brought)


def taken(found: Iterable[Found]) -> dict[str, int]:
    """Give what was taken up at a stop, by type."""
    return {row.item_type: row.total for row in found if row.direction == "collect"}


def stood_here(event: Event, item: Item) -> bool:
    """Tell whether a receipt met a container that was at home already, as far as the state of it now tells.

    One that came home by this very event, or by a later one, was away. Times are effective: whose clock was wrong tells
    nothing here, and a receipt without its effective time yet is known again by its id.
    """
    came_before = item.came_by != event.id and item.came_ms < event.teff
    return came_before and bool(event.code) and not event.against and not item.nature


def unloaded(
    of: Round,
    expected: Mapping[str, int],
    known: Mapping[str, Counter[str]],
    received: Iterable[Event],
    items: Mapping[str, Item],
) -> list[Found]:
    """Compare what a round brings with the standing receipts of it.

    `expected` and `known` are as `expected_of` and `known_at` give them, `items` the item of each subject as it is now.
    """
    receipts = [event for event in received if event.kind == KIND]
    own = [event for event in receipts if not event.code or _is_of(of, event.against)]
    brought = {event.subject for event in own}
    unread = Counter(expected) - sum(known.values(), Counter())
    beside: Counter[str] = Counter()
    for event in sorted(receipts, key=lambda each: each.order):
        item = items.get(event.subject, Item(""))
        if event.subject in brought or stood_here(event, item):
            continue
        brought.add(event.subject)
        if unread[item.type] > 0:
            unread[item.type] -= 1
            own.append(event)
        else:
            beside[item.type] += 1
    types = {subject: item.type for subject, item in items.items()}
    return [
        *compare({(RECEIVED, item_type): n for item_type, n in expected.items()}, own, types),
        *(Found(BESIDE, item_type, 0, n, 0) for item_type, n in sorted(beside.items())),
    ]


def way(direction: str, lang: str) -> str:
    """Say what was done with the pieces of a row: an action, or that they came beside what was expected."""
    return say("round.beside", lang) if direction == BESIDE else ACTIONS[direction].word(lang)


def differing(found: Iterable[Found]) -> list[Found]:
    """Give the rows that want a reason."""
    return [row for row in found if row.difference]


def _is_of(of: Round, task: str) -> bool:
    named = stop_of_task(task)
    return named is not None and named[0] == of.key


def validation(found: Sequence[Found], *, version: int, reasons: Mapping[str, Gap], note: str = "") -> dict[str, Any]:
    """Give the body of a validation; a reason that cannot explain its difference is left out."""
    fitting = {
        row.name: reasons[row.name]
        for row in differing(found)
        if reasons.get(row.name) in gaps_for(row.difference, row.direction)
    }
    return witnessed(found, version=version, reasons=fitting) | ({"note": note} if note else {})
