"""Visiting: the rules of scanning one thing after another at a place, the same on a phone and on a page.

A visit is an action at a place under one task. Whoever keeps it, in whatever way, is told the same of each scan.
"""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any, Final

from boucle.actions import ACTIONS, Amount, Context, Where
from boucle.item import Item
from boucle.lifecycle import HELD, HOME, Stage
from boucle.lines import IN_STOCK, Line
from boucle.reasons import Reason
from boucle.reference import Book
from boucle.rounds import Round, Stop
from boucle.telling import Outcome, Told
from boucle.units import DAY_MS

OPERATIONS: Final = ("collect", "deliver", "receive", "ship", "move")
"""What a person meets in a day."""
WAREHOUSE: Final = ("count", "sort", "clean", "hold", "unhold", "commission", "replace", "bind", "control", "release")
"""What is done with one scan after another at a site of ours, beside its arrivals and departures."""
BEGUN: Final = (*OPERATIONS, *WAREHOUSE)
"""All that a visit can be."""
AT_HOME: Final = frozenset({"receive", *WAREHOUSE}) - {"count"}
"""What is done where somebody works, so that no place is asked for."""
PAIRS: Final[Mapping[str, str]] = {"replace": "old", "bind": "item"}
"""The actions that join two codes, each with the field of the second one."""
CLAIMING: Final = frozenset({"commission", *PAIRS})
"""What gives a code to an item: one that has an item already is left to it."""
ONCE: Final = frozenset({"serial", "tare_g"})
"""Answers that hold for one scan."""
PHOTOGRAPHED: Final = frozenset({"collect", "deliver", "receive", "ship", "sort", "control", "hold"})
"""The actions of which a photo says more than their words: one can still come to a line of theirs."""
TOWARDS: Final = frozenset({"ship", "move"})
"""Where the place that is said is where things go to."""
DIRECTIONS: Final[Mapping[str, str]] = {"collect": "collect", "deliver": "deliver"}
"""The actions that a plan has an expectation for, with its side of the plan."""


def fits(action: str, *, is_partner: bool) -> bool:
    """Tell whether an action can be done at a place of this kind."""
    return action in ("ship", "count") or (ACTIONS[action].where is Where.AWAY) == is_partner


def answers_of(action: str, place: str, said: Mapping[str, Any]) -> dict[str, Any]:
    """Give what a visit answers by itself for each scan: what was said once, and its place."""
    known = {name: value for name, value in said.items() if ACTIONS[action].field(name)}
    return known | {"to" if action in TOWARDS else "place": place}


def stop_answered(item: Item, of: Round | None) -> str:
    """Give the task of the stop that a receipt answers: where the item was taken up, else where it stood, by plan."""
    if item.nature:
        return ""
    if item.stage == Stage.INBOUND:
        return item.collect_task
    stop = next((each for each in of.stops if each.place == item.place), None) if of and item.stage in HELD else None
    return of.task(stop) if of and stop else ""


def sources_of(of: Round | None, item_type: str) -> list[tuple[str, str]]:
    """Give the stops of a round at which pieces of a type were to be taken, as place and task."""
    if of is None:
        return []
    found = [(stop.place, of.task(stop)) for stop in of.stops if item_type in stop.collect]
    return found or [(stop.place, of.task(stop)) for stop in of.stops]


def pieces_planned(stops: Iterable[Stop], book: Book, now_ms: int) -> dict[str, int]:
    """Give the pieces without labels that the plan of some stops brings, by type."""
    pieces: dict[str, int] = {}
    for stop in stops:
        for item_type, n in stop.collect.items():
            if not book.item_type(item_type, now_ms).serialised:
                pieces[item_type] = pieces.get(item_type, 0) + n
    return pieces


def taken_up_before(item: Item, of: Round | None, task: str) -> tuple[int, Stop] | None:
    """Give the stop at which an item that is in the vehicle was taken up, with its number: another one of the round."""
    if of is None or item.stage != Stage.INBOUND or item.collect_task == task:
        return None
    stops = enumerate(of.stops, 1)
    return next(((number, stop) for number, stop in stops if of.task(stop) == item.collect_task), None)


def line_aboard(code: str, item: Item, of: Round | None, task: str, context: Context) -> Line | None:
    """Give the line of an item that an earlier stop of this round took into the vehicle; None for any other.

    It was collected once: a second collection would make of it a way between two partners that nobody drove.
    """
    before = taken_up_before(item, of, task)
    if before is None:
        return None
    number, stop = before
    place = context.book.site(stop.place, context.now_ms).name or stop.place
    why = (("told.taken_up_before", {"at_ms": item.custody_ms, "number": number, "place": place}),)
    line = Line(subject=code, outcome=Outcome.REPEAT, at_ms=context.now_ms, again=True, why=why)
    return replace(line, item=item.id, item_type=item.type)


def line_of_pieces(amount: Amount, told: Told, *, at_ms: int) -> Line:
    """Give the line of pieces without labels."""
    line = _line(told, at_ms)
    return replace(line, subject=amount.item_type, item_type=amount.item_type, qty=amount.qty)


def line_of(
    code: str,
    told: Told,
    before: Item,
    after: Item,
    *,
    action: str,
    place: str,
    unlisted: bool,
    context: Context,
) -> Line:
    """Give the line of one item: what was told of it, and whether it was expected here, elsewhere or not at all.

    `unlisted` tells that there is a list of what is expected, and that the item is not on it.
    """
    line = _line(told, context.now_ms)
    if line.outcome is Outcome.ACCEPTED and unlisted:
        line = replace(line, outcome=Outcome.UNEXPECTED, why=(*line.why, ("told.not_on_the_list", {})))
    if f"reason.{Reason.RETIRED_SCAN}" in told.reasons and before.retired_ms:
        line = replace(line, why=(("told.retired_since", {"on_ms": before.retired_ms}),))
    if action == "receive" and _stood(line, told, before):
        name = context.book.site(before.site, context.now_ms).name or before.site
        line = replace(line, why=((IN_STOCK, {"place": name}),))
    elsewhere = _elsewhere(before, action, place, context)
    if line.outcome is Outcome.UNEXPECTED and elsewhere:
        name = context.book.site(elsewhere, context.now_ms).name or elsewhere
        # Where it should be says all that the inferred legs say, and what to do.
        line = replace(line, elsewhere=elsewhere, why=(("told.expected_at", {"place": name}),))
    return replace(line, subject=code, item=after.id, item_type=after.type)


def _line(told: Told, at_ms: int) -> Line:
    why: list[tuple[str, Mapping[str, object]]] = [(key, {}) for key in told.reasons]
    if told.since_ms is not None and told.outcome is Outcome.REPEAT:
        why = [("told.again_at", {"at_ms": told.since_ms})]
    return Line(subject="", outcome=told.outcome, at_ms=at_ms, event_id=told.event_id, why=tuple(why))


def again(line: Line) -> Line:
    """Give the line of an item that was counted in this visit before: nothing is recorded for it."""
    repeated = replace(line, outcome=Outcome.REPEAT, event_id="", again=True)
    return replace(repeated, why=(("told.again_at", {"at_ms": line.at_ms}),))


def _stood(line: Line, told: Told, before: Item) -> bool:
    """Tell whether a receipt met what was in stock, and not what came in here a moment ago."""
    lately = told.since_ms is not None and line.at_ms - told.since_ms < DAY_MS
    return line.outcome is Outcome.REPEAT and before.stage in HOME and before.known and not lately


def _elsewhere(item: Item, action: str, place: str, context: Context) -> str:
    """Give the partner's place where an item was expected before this scan, `""` when it was not elsewhere."""
    if not item.known or item.place == place or ACTIONS[action].where is not Where.AWAY:
        return ""
    return item.place if context.is_partner(item.place) else ""
