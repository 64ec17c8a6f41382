"""Sorting, cleaning and repair in the demonstration: what happens to an item between its return and the shelf."""

from collections.abc import Mapping
from datetime import date
from typing import Final

from boucle.answers import body_of
from boucle_server.demo import checklists
from boucle_server.demo.ground import Crate, Ground
from boucle_server.demo.network import OUTLET
from boucle_server.demo.people import INSPECTOR
from boucle_server.demo.pictures import Scene, photo
from boucle_server.demo.workshop import WORKSHOP, open_repair

DAMAGED_SHARE: Final = 0.03
_DIRTY_SHARE: Final = 0.16
_SCRAP_SHARE: Final = 0.004
_UNSORTED_SHARE: Final = 0.02
_CONTROLLED: Final[Mapping[str, Mapping[str, int | bool]]] = {
    "ok": {"surface": 42_000, "mousse": True, "propre": True},
    "dirty": {"surface": 68_000, "mousse": True, "propre": False},
}
_FAILS_CONTROL: Final[Mapping[str, int | bool]] = {"surface": 2_400_000, "mousse": False, "propre": True}
_SHOWN: Final = {"damaged": Scene.CRATE, "scrap": Scene.SCRAP}
"""What is photographed as it is sorted, because the depots ask for it."""


def sort_later(ground: Ground, crates: list[Crate], site: str, day: date) -> None:
    """Sort what was received on the next working day."""
    ground.later(day, 1, lambda then: _sort(ground, crates, site, then))


def _sort(ground: Ground, crates: list[Crate], site: str, day: date) -> None:
    dock = ground.dock(site)
    ground.begin(dock, day, 8.4)
    dirty, damaged = list[Crate](), list[Crate]()
    for crate in crates:
        verdict = _verdict(ground, crate)
        if verdict:
            _say(ground, crate, site, day, verdict=verdict)
        match verdict:
            case "dirty":
                dirty.append(crate)
            case "damaged":
                damaged.append(crate)
            case "scrap":
                ground.later(day, 3, lambda then, crate=crate: retire(ground, crate, site, then))  # type: ignore[misc]
            case _:
                ground.shelve(crate, site, day)
    if dirty:
        ground.later(day, ground.chance.between(0, 1) + 1, lambda then: _clean(ground, dirty, site, then))
    if damaged:
        ground.later(day, 2, lambda then: _to_workshop(ground, damaged, site, then))


def _say(ground: Ground, crate: Crate, site: str, day: date, *, verdict: str) -> None:
    """Record a verdict, with a photo where it shows something, with answers where its type has a control."""
    body = {"verdict": verdict, "grade": {"ok": "A", "dirty": "B"}.get(verdict, "C")}
    if crate.model.key in checklists.ESD.types:
        body |= body_of(checklists.ESD, _CONTROLLED.get(verdict, _FAILS_CONTROL))
    shown = photo(_SHOWN[verdict], ground.chance.stream(f"photo/{crate.seen}/{day}")) if verdict in _SHOWN else None
    ground.note(ground.dock(site), "item.sorted", crate, place=site, body=body, photos=shown)


def find_damaged(ground: Ground, crate: Crate, site: str, day: date) -> None:
    """Sort out something that stood on a shelf, and send it to the workshop."""
    ground.begin(ground.dock(site), day, 8.4)
    _say(ground, crate, site, day, verdict="damaged")
    ground.later(day, 2, lambda then: _to_workshop(ground, [crate], site, then))


def _verdict(ground: Ground, crate: Crate) -> str:
    """Draw a verdict; nothing when nobody sorts it and it just stands on the shelf again."""
    if ground.chance.happens(DAMAGED_SHARE):
        return "damaged"
    if ground.chance.happens(_SCRAP_SHARE):
        return "scrap"
    if crate.model.requalify or ground.chance.happens(_DIRTY_SHARE):
        return "dirty"
    return "" if ground.chance.happens(_UNSORTED_SHARE) else "ok"


def _clean(ground: Ground, crates: list[Crate], site: str, day: date) -> None:
    dock = ground.dock(site)
    ground.begin(dock, day, 13.4)
    for crate in crates:
        ground.note(dock, "item.cleaned", crate, place=site, body={"method": "lavage 60 °C"})
        if crate.model.requalify:
            ground.later(day, 1, lambda then, crate=crate: _release(ground, crate, site, then))  # type: ignore[misc]
        else:
            ground.shelve(crate, site, day)


def _to_workshop(ground: Ground, crates: list[Crate], site: str, day: date) -> None:
    if site != WORKSHOP:
        ground.begin(ground.dock(site), day, 11.0)
        for crate in crates:
            ground.note(ground.dock(site), "item.moved", crate, place=site, body={"to": WORKSHOP, "zone": "à réparer"})
    for crate in crates:
        wait = ground.chance.between(1, 4)
        ground.later(day, wait, lambda then, crate=crate: _mend(ground, crate, site, then))  # type: ignore[misc]


def _mend(ground: Ground, crate: Crate, home: str, day: date) -> None:
    open_repair(
        ground,
        crate,
        day,
        done=lambda last: _release(ground, crate, home, last),
        failed=lambda last: retire(ground, crate, WORKSHOP, last),
    )


def _release(ground: Ground, crate: Crate, home: str, day: date) -> None:
    ground.begin("atelier", day, 14.4)
    body = {**body_of(checklists.QUALITY, {"aspect": True, "etiquette": True}), "grade": "A"}
    ground.note("atelier", "item.released", crate, actor=INSPECTOR, place=WORKSHOP, body=body)
    if home != WORKSHOP:
        ground.later(day, 2, lambda then: _bring_home(ground, crate, home, then))
    else:
        ground.shelve(crate, home, day)


def _bring_home(ground: Ground, crate: Crate, home: str, day: date) -> None:
    dock = ground.dock(WORKSHOP)
    ground.begin(dock, day, 10.0)
    ground.note(dock, "item.moved", crate, place=WORKSHOP, body={"to": home, "zone": "propre"})
    ground.shelve(crate, home, day)


def retire(ground: Ground, crate: Crate, site: str, day: date) -> None:
    """Retire an item, weighed: treated at once, or pending until the recycler's answer some weeks later."""
    code = crate.model.code
    mass_g = round(crate.model.tare_g * ground.chance.between(970, 1005) / 1000)
    outlet = {"route": "recycling", "mass_g": mass_g, "outlet": OUTLET, "reason": "irreparable"}
    if ground.chance.happens(0.6):
        ground.act(day, 11.0, "item.retired", crate, place=site, body={**outlet, "code": code, "mode": "recycling"})
        return
    ground.act(day, 11.0, "item.retired", crate, place=site, body=outlet)
    treated = {"code": code, "mode": "recycling", "mass_g": mass_g, "outlet": OUTLET}
    wait = ground.chance.between(18, 40)
    ground.later(day, wait, lambda then: ground.act(then, 9.0, "item.treated", crate, place=site, body=treated))
