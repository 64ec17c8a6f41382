"""The rounds of the demonstration: what goes out to a partner, what comes back, who scans which of it."""

from datetime import date, timedelta
from enum import StrEnum
from typing import Any, Final, NamedTuple

from boucle_server.demo.ground import Crate, Ground
from boucle_server.demo.network import SHEET, SHEETS, SHEETS_OWNED, STOPS, Stop
from boucle_server.demo.pictures import Scene, photo
from boucle_server.demo.seasons import busyness, round_day
from boucle_server.demo.sorting import sort_later

LOSS_SHARE: Final = 0.012
"""Share of rotations from which nothing comes back."""
_DELIVERY_SCANNED: Final = 0.78
_COLLECTION_MISSED: Final = 0.02
_RECEIPT_MISSED: Final = 0.012
_WEIGHED: Final = 0.15
_SPREAD: Final = 0.42
DRIFTING: Final = "hardt-logistique"
"""The partner that gives back a little less every month."""
_DRIFT_FROM: Final = 0.35
_DRIFT_A_MONTH: Final = 0.36
_YEAR_GROWTH: Final = 0.10
_SHEET_TRUCK: Final = "camion-ouest"


class Visited(NamedTuple):
    """What a visit came to, as whoever drove it knows: pieces taken to it, waiting there, scanned, declared."""

    stop: Stop
    going: int
    waiting: int
    scanned: int
    declared: int
    received: int = 0
    """Pieces that the dock scanned the same day."""
    forgotten: Crate | None = None
    """One that stands on the truck and was not scanned yet."""


def drive(ground: Ground, day: date) -> None:
    """Drive the rounds of a day."""
    for stop in STOPS:
        if round_day(day, stop.weekday):
            visit(ground, stop, day)
    send_sheets(ground, day)


def send_sheets(ground: Ground, day: date) -> None:
    """Send the interleaf sheets of a day."""
    for firm, weekday, weekly, weeks in SHEETS:
        if round_day(day, weekday):
            qty = ground.chance.rounded(weekly * ground.scale * _demand(ground, day))
            _sheets(ground, firm, day, qty=qty, weeks=weeks)


class Slip(StrEnum):
    """What goes wrong at a visit, where anything does."""

    FORGETS = "forgets"
    """The driver has one crate more on the truck than he scanned."""
    LEAVES = "leaves"
    """The partner keeps one crate that it could give back."""
    OVERLOOKS = "overlooks"
    """The dock does not scan one of what comes in."""


def visit(ground: Ground, stop: Stop, day: date, *, planned: str = "", slip: Slip | None = None) -> Visited:
    """Ship to a stop in the morning, deliver, collect, and receive what came back.

    `planned` is the task of a stop of a planned round: there every delivery is scanned.
    """
    shipping = f"{day:%Y%m%d}-{stop.key}"
    task = planned or shipping
    going = _load(ground, stop, day, shipping)
    ready = [crate for crate in ground.out[stop.key] if crate.back is not None and crate.back <= day]
    coming = ground.chance.some(ready, min(1.0, 0.96 * busyness(day)))
    if slip is Slip.LEAVES and len(coming) == len(ready):
        coming = coming[:-1]
    ground.begin(stop.truck, day, 9.2 if not stop.far else 10.5)
    if ground.chance.happens(_DELIVERY_SCANNED) or planned:
        for crate in going:
            ground.note(stop.truck, "item.delivered", crate, place=stop.firm, task=task)
    for crate in going:
        crate.back = _back(ground, stop, day)
        ground.out[stop.key].append(crate)
    forgotten = coming[-1] if slip is Slip.FORGETS and len(coming) > 1 else None
    scanned, declared, received = 0, 0, 0
    if coming:
        counts = ground.chance.happens(stop.declares)
        at_once = coming[:-1] if forgotten else coming
        scanned, declared = collect(ground, stop, at_once, task, declared=counts)
        ground.out[stop.key] = [crate for crate in ground.out[stop.key] if crate not in coming]
        if stop.far:
            ground.later(day, 1, lambda next_day: receive(ground, stop, coming, next_day, task=task, hour=7.6))
        else:
            overlooked = coming[-1] if slip is Slip.OVERLOOKS else None
            received = receive(ground, stop, coming, day, task=task, hour=15.4, overlooked=overlooked)
    return Visited(stop, len(going), len(ready), scanned, declared, received, forgotten)


def _demand(ground: Ground, day: date) -> float:
    passed = (day - ground.span.first).days / 365
    return busyness(day) * (1 + _YEAR_GROWTH * (passed - 0.5))


def _load(ground: Ground, stop: Stop, day: date, task: str) -> list[Crate]:
    shelf = ground.shelf[(stop.origin, stop.model)]
    wanted = ground.chance.rounded(stop.weekly * ground.scale * _demand(ground, day) * ground.chance.spread(1, 0.2))
    # Whoever loads takes what stands in front: mostly the oldest, never in strict order.
    depth = min(len(shelf), 3 * wanted)
    taken = sorted(ground.chance.sample(range(depth), min(wanted, depth)))
    crates = [shelf[index] for index in taken]
    for index in reversed(taken):
        del shelf[index]
    dock = ground.dock(stop.origin)
    ground.begin(dock, day, 6.6)
    for crate in crates:
        crate.shipped = day
        ground.note(dock, "item.shipped", crate, place=stop.origin, task=task, body={"to": stop.firm})
    return crates


def _back(ground: Ground, stop: Stop, day: date) -> date | None:
    if ground.chance.happens(LOSS_SHARE):
        return None
    held = ground.chance.spread(stop.dwell_days, _SPREAD)
    if stop.firm == DRIFTING:
        late = (day - ground.span.day(_DRIFT_FROM)).days / 30
        held *= 1 + _DRIFT_A_MONTH * max(0.0, late)
    return day + timedelta(days=max(2, round(held)))


def collect(ground: Ground, stop: Stop, crates: list[Crate], task: str, *, declared: bool) -> tuple[int, int]:
    """Take crates up; give how many were scanned and how many declared."""
    if declared:
        # The driver counts the stack and may count one too many.
        qty = len(crates) + ground.chance.happens(0.3)
        ground.note(stop.truck, "item.collected", place=stop.firm, task=task, item_type=stop.model, qty=qty)
        return 0, qty
    scanned = [crate for crate in crates if not ground.chance.happens(_COLLECTION_MISSED)]
    for crate in scanned:
        # The first of a planned stop is photographed as it stands there.
        shown = (
            photo(Scene.STACK, ground.chance.stream(f"photo/{task}")) if "#" in task and crate is scanned[0] else None
        )
        ground.note(stop.truck, "item.collected", crate, place=stop.firm, task=task, photos=shown)
    return len(scanned), 0


def receive(
    ground: Ground,
    stop: Stop,
    crates: list[Crate],
    day: date,
    *,
    task: str,
    hour: float,
    overlooked: Crate | None = None,
) -> int:
    """Receive what a truck brings back, each crate then waits for sorting; give how many were scanned."""
    dock = ground.dock(stop.origin)
    ground.begin(dock, day, hour)
    scanned = 0
    for crate in crates:
        crate.shipped = None
        mass_g = _mass(ground, stop, crate)
        if not ground.chance.happens(_RECEIPT_MISSED) and crate is not overlooked:
            scanned += 1
            body = {"from": stop.firm, **({"mass_g": mass_g} if mass_g else {})}
            ground.note(dock, "item.received", crate, place=stop.origin, task=task, against=task, body=body)
    sort_later(ground, crates, stop.origin, day)
    return scanned


def _mass(ground: Ground, stop: Stop, crate: Crate) -> int:
    """Give what the scale says, 0 when nobody weighs; a waste container is always weighed, with what it holds."""
    if stop.content_g:
        content_g = round(stop.content_g * ground.chance.spread(1.0, 0.25) / 500) * 500
        ground.bins_g[stop.loop] += content_g
        return crate.model.tare_g + content_g
    weighed = ground.chance.happens(_WEIGHED)
    return round(crate.model.tare_g * ground.chance.between(985, 1012) / 1000) if weighed else 0


def stock_sheets(ground: Ground, day: date) -> None:
    """Put the interleaf sheets that the company owns on the shelf."""
    ground.begin("quai-metz", day, 5.1)
    owned = max(1, round(SHEETS_OWNED * ground.scale))
    ground.note("quai-metz", "item.commissioned", place="metz", item_type=SHEET, qty=owned)
    ground.sheets.append((day, owned))


def _sheets(ground: Ground, firm: str, day: date, *, qty: int, weeks: int) -> None:
    """Send sheets by the count, and have nearly all of them back some weeks later."""
    if not qty:
        return
    task = f"{day:%Y%m%d}-{firm}-{SHEET}"
    counted: dict[str, Any] = {"item_type": SHEET, "qty": qty, "task": task}
    ground.begin("quai-metz", day, 6.8)
    ground.note("quai-metz", "item.shipped", place="metz", body={"to": firm}, **counted)
    ground.sheets.append((day, -qty))
    ground.begin(_SHEET_TRUCK, day, 10.9)
    ground.note(_SHEET_TRUCK, "item.delivered", place=firm, **counted)
    back = sum(not ground.chance.happens(0.02) for _ in range(qty))
    if back:
        ground.later(day, 7 * weeks, lambda then: _sheets_back(ground, firm, then, qty=back))


def _sheets_back(ground: Ground, firm: str, day: date, *, qty: int) -> None:
    task = f"{day:%Y%m%d}-{firm}-{SHEET}-retour"
    counted: dict[str, Any] = {"item_type": SHEET, "qty": qty, "task": task}
    ground.begin(_SHEET_TRUCK, day, 11.2)
    ground.note(_SHEET_TRUCK, "item.collected", place=firm, **counted)

    def unload(then: date) -> None:
        ground.begin("quai-metz", then, 7.9)
        body = {"from": firm, "mass_g": qty * ground.chance.between(615, 660)}
        ground.note("quai-metz", "item.received", place="metz", against=task, body=body, **counted)
        ground.sheets.append((then, qty))

    ground.later(day, 1, unload)
