"""The fleet of the demonstration: items bought and labelled, written off when lost, counted once in a while."""

from datetime import date, timedelta
from typing import Any, Final

from boucle_server.demo.ground import Crate, Ground
from boucle_server.demo.network import LOSS_DAYS, MODELS, SHEET, Model
from boucle_server.demo.seasons import is_worked, next_worked

_BOUGHT_LATER: Final = 0.05
"""Share of the fleet that is bought in the course of the year, in two lots."""
_OLD_SHARE: Final = 0.7
_LABELLED_A_DAY: Final = 160
_STRAGGLERS_GIVEN_UP: Final = 0.5
_REVIEW_DAY: Final = 6
"""The manager looks at what is presumed lost once a month, from this day on."""
_GRACE_DAYS: Final = 8
_OVERLOOKED: Final = 2
"""Crates in the last row of a shelf that who counts does not see."""
_BOOKED_DAYS: Final = 9
"""A difference of a count is looked into for so long before it is booked."""


def label_the_fleet(ground: Ground, day: date) -> None:
    """Label what the company owns on the first days, and plan the two lots that it buys later."""
    for model in MODELS:
        if not model.serialised or model.nature:
            continue
        owned = max(3, round(model.fleet * ground.scale))
        bought = round(owned * _BOUGHT_LATER)
        for start in range(0, owned - bought, _LABELLED_A_DAY):
            count = min(_LABELLED_A_DAY, owned - bought - start)
            wait = start // _LABELLED_A_DAY
            ground.later(day, wait, lambda then, lot=(model, count): _commission(ground, *lot, then, new=False))  # type: ignore[misc]
        for share, count in ((0.38, bought // 2), (0.71, bought - bought // 2)):
            wait = (ground.span.day(share) - day).days
            ground.later(day, wait, lambda then, lot=(model, count): _commission(ground, *lot, then, new=True))  # type: ignore[misc]


def _commission(ground: Ground, model: Model, count: int, day: date, *, new: bool) -> None:
    dock = ground.dock(model.home)
    ground.begin(dock, day, 5.2 if not new else 10.3)
    for _ in range(count):
        crate = ground.new_crate(model.key, model.home)
        body = {"type": model.key, "tare_g": model.tare_g}
        if not new and ground.chance.happens(_OLD_SHARE):
            body["opening_uses"] = ground.chance.between(1, 24)
        ground.note(dock, "item.commissioned", crate, place=model.home, body=body)
        if new:
            ground.shelve(crate, model.home, day)
        else:
            ground.shelf[(model.home, model.key)].append(crate)


def review_losses(ground: Ground, day: date) -> None:
    """Once a month, write off what is presumed lost for a while; some of it will turn up again."""
    review = day.replace(day=_REVIEW_DAY)
    if day != (review if is_worked(review) else next_worked(review)):
        return
    for key in sorted(ground.out):
        for crate in ground.out[key]:
            if crate.written_off or crate.hoped_for or not _is_presumed_lost(crate, day):
                continue
            if crate.back is None or ground.chance.happens(_STRAGGLERS_GIVEN_UP):
                crate.written_off = True
                ground.act(day, 16.0, "item.written_off", crate, body={"reason": "introuvable"})


def _is_presumed_lost(crate: Crate, day: date) -> bool:
    if crate.shipped is None:
        return False
    return day > crate.shipped + timedelta(days=crate.model.due_days + LOSS_DAYS + _GRACE_DAYS)


def find_one_again(ground: Ground, day: date) -> None:
    """Have a written-off item turn up at its partner, to come back with the next round."""
    lost = [crate for key in sorted(ground.out) for crate in ground.out[key] if crate.written_off]
    if lost:
        ground.chance.one_of(lost).back = day


def count_the_shelves(ground: Ground, day: date) -> None:
    """Count what stands at a small site, and the sheets at the hub, where some turn out to be missing."""
    ground.begin("quai-molsheim", day, 5.0)
    shelf = ground.shelf[("molsheim", "bac-esd")]
    for crate in shelf[: max(1, len(shelf) - _OVERLOOKED)]:
        ground.note("quai-molsheim", "item.counted", crate, place="molsheim", task=f"inventaire-{day:%Y%m}")
    ground.later(day, 1, lambda then: _count_the_sheets(ground, then))


def _count_the_sheets(ground: Ground, day: date) -> None:
    """Count the sheets before the day's work; the manager books what is missing some days later."""
    missing = max(1, round(37 * ground.scale))
    booked = sum(qty for then, qty in ground.sheets if then < day)
    sheets: dict[str, Any] = {"place": "metz", "item_type": SHEET, "task": f"inventaire-{day:%Y%m}"}
    ground.begin("quai-metz", day, 5.4)
    ground.note("quai-metz", "item.counted", qty=max(0, booked - missing), **sheets)

    def book(then: date) -> None:
        ground.act(then, 17.0, "stock.adjusted", qty=-missing, body={"reason": "inventaire"}, **sheets)
        ground.sheets.append((then, -missing))

    ground.later(day, _BOOKED_DAYS, book)
