"""The stories of the demonstration: the few things that go wrong in a year, each once or a few times.

Every one of them leaves something for the list of what wants a person's attention, or shows that nothing does.
"""

from collections.abc import Callable, Mapping
from datetime import date
from typing import Final

from boucle.codes import Kind, mint
from boucle.units import DAY_MS
from boucle_server.demo.beside import stop_beside
from boucle_server.demo.fleet import count_the_shelves, find_one_again
from boucle_server.demo.ground import BASE, Crate, Ground
from boucle_server.demo.network import SHEET, STOPS
from boucle_server.demo.people import DOCKS, LOST_HANDSET, REPLACEMENT, WRONG_CLOCK
from boucle_server.demo.phone import HOUR_MS, Spell
from boucle_server.demo.returned import bring_filters, send_filters_back
from boucle_server.demo.seasons import instant, next_worked, round_day
from boucle_server.demo.workshop import leave_waiting

_SLIP_SHARE: Final = 0.004
"""Share of collections before which the driver scans a wrong crate and takes it back."""
_FOREIGN: Final = "https://emballages.example/q?id=8841"
"""What a label of another company says."""


def plan_stories(ground: Ground) -> None:
    """Put every story on the agenda; where it falls depends on the length of the span alone."""
    first = ground.span.first
    for story, shares in STORIES.items():
        for share in shares:
            wait = (ground.span.day(share) - first).days
            ground.later(first, wait, lambda then, tell=story: tell(ground, then))  # type: ignore[misc]


def slip(ground: Ground) -> None:
    """Have drivers scan a wrong crate now and then, and take it back half a minute later."""
    chance = ground.chance.stream("slips")
    for phone in ground.phones.values():
        collections = [note for note in phone.notes if note.kind == "item.collected" and "code" in note.keys]
        for note in chance.some(collections, _SLIP_SHARE):
            keys = {**note.keys, "code": chance.one_of(ground.crates).seen}
            wrong = phone.note(note.at_ms - 600, note.kind, actor=note.actor, **keys)
            phone.note(note.at_ms + 30_000, "event.voided", actor=note.actor, voids=wrong, code=keys["code"])


def _standing(ground: Ground, site: str, model: str) -> Crate | None:
    shelf = ground.shelf[(site, model)]
    return ground.chance.one_of(shelf) if shelf else None


def _out(ground: Ground) -> list[Crate]:
    return [crate for key in sorted(ground.out) for crate in ground.out[key] if not crate.written_off]


def _replace_label(ground: Ground, day: date) -> None:
    """A forklift tears a label off: a new one is put on, and the old one voided."""
    crate = _standing(ground, "colmar", "roll")
    if crate is None:
        return
    old, crate.code = crate.seen, mint(Kind.CONTAINER, ground.chance.bytes)
    crate.seen = crate.code.url(BASE)
    ground.torn.append(old)
    ground.begin("quai-colmar", day, 10.2)
    ground.note("quai-colmar", "label.replaced", crate, other=old, place="colmar", body={"reason": "arrachee"})
    ground.note("quai-colmar", "label.voided", code=old, place="colmar", body={"reason": "remplacee"})


def _scan_torn_label(ground: Ground, day: date) -> None:
    """The old label was kept in a drawer, and somebody scans it."""
    ground.begin("quai-colmar", day, 9.3)
    for old in ground.torn:
        ground.note("quai-colmar", "item.counted", code=old, place="colmar")


def _unknown_label(ground: Ground, day: date) -> None:
    """A crate comes back with a label that nobody ever bound to anything."""
    ground.begin("camion-sud", day, 13.2)
    code = mint(Kind.CONTAINER, ground.chance.bytes).url(BASE)
    ground.note("camion-sud", "item.collected", code=code, place="rhin-plasturgie")


def _foreign_label(ground: Ground, day: date) -> None:
    """A driver scans a label that is not ours."""
    ground.begin("camion-lorraine", day, 13.4)
    ground.note("camion-lorraine", "item.collected", code=_FOREIGN, place="meuse-bois")


def _label_twice(ground: Ground, day: date) -> None:
    """Two docks put the same printed label, from two copies of one sheet, on two things."""
    crate = _standing(ground, "strasbourg", "bac-600x400")
    if crate is None:
        return
    ground.begin("quai-metz", day, 14.0)
    ground.note(
        "quai-metz",
        "item.commissioned",
        code=crate.seen,
        place="metz",
        body={"type": "caisse-palette", "tare_g": 35_500},
    )


def _ship_on_hold(ground: Ground, day: date) -> None:
    """The manager blocks the crate that stands in front, and the dock ships it before it hears of that."""
    shelf = ground.shelf[("strasbourg", "bac-600x400")]
    if shelf:
        ground.act(day, 5.5, "item.held", shelf[0], body={"reason": "rappel qualité"})


def _keep_aside(ground: Ground, day: date) -> None:
    """The manager keeps two crates back that a round brought, until somebody has looked at them."""
    for hour, (site, model, reason) in (
        (9.0, ("colmar", "roll", "doubt")),
        (10.5, ("strasbourg", "bac-600x400", "dirt")),
    ):
        shelf = ground.shelf[(site, model)]
        if shelf:
            ground.act(day, hour, "item.held", shelf.pop(), place=site, body={"reason": reason})


def _retire_while_out(ground: Ground, day: date) -> None:
    """The manager retires something that a partner still has: kept, without effect, shown."""
    out = _out(ground)
    if out:
        crate = ground.chance.one_of(out)
        ground.act(
            day,
            16.5,
            "item.retired",
            crate,
            place=crate.home,
            body={"reason": "obsolete", "route": "recycling", "mass_g": crate.model.tare_g},
        )


def _lose_phone(ground: Ground, day: date) -> None:
    """A phone fades, then disappears with what it had not sent; it is cut off, and another one takes its place."""
    if not any(stop.truck == LOST_HANDSET and round_day(day, stop.weekday) for stop in STOPS):
        ground.later(day, 1, lambda then: _lose_phone(ground, then))
        return
    phone = ground.phones[LOST_HANDSET]
    phone.lost_ms = instant(day, 17.0)
    phone.offline.append(Spell(from_ms=instant(day, 0.0) - 5 * DAY_MS, to_ms=instant(day, 0.0) - DAY_MS))
    next_day = next_worked(day)
    ground.revocations[phone.dev] = instant(next_day, 7.0)

    def replace(_then: date) -> None:
        ground.enrol(REPLACEMENT, instant(next_day, 7.1), instead_of=LOST_HANDSET)

    ground.later(day, 1, replace)


def _wrong_clock(ground: Ground, day: date) -> None:
    """A phone's battery runs empty: it comes back three hours fast, and nobody tells it the time for four days."""
    phone = ground.phones[WRONG_CLOCK]
    begin = instant(day, 4.0)
    phone.wrong_clock = Spell(from_ms=begin, to_ms=begin + 4 * DAY_MS)
    phone.offline.append(Spell(from_ms=begin - HOUR_MS, to_ms=begin + 4 * DAY_MS + HOUR_MS))


def _count_too_few(ground: Ground, day: date) -> None:
    """A dock corrects a count of sheets that it had typed wrong."""
    ground.begin(DOCKS["metz"], day, 15.0)
    ground.note(DOCKS["metz"], "scan.noted", place="metz", body={"text": f"recompter {SHEET}"})


STORIES: Final[Mapping[Callable[[Ground, date], None], tuple[float, ...]]] = {
    _replace_label: (0.30,),
    count_the_shelves: (0.52, 0.985),
    _lose_phone: (0.55,),
    find_one_again: (0.64, 0.86),
    send_filters_back: (0.84,),
    bring_filters: (0.975,),
    leave_waiting: (0.98,),
    _wrong_clock: (0.68,),
    _foreign_label: (0.61,),
    _unknown_label: (0.22, 0.83, 0.945),
    _label_twice: (0.90,),
    _scan_torn_label: (0.92,),
    _ship_on_hold: (0.93,),
    _count_too_few: (0.94,),
    _retire_while_out: (0.955,),
    _keep_aside: (0.99,),
    stop_beside: (0.12, 0.29, 0.46, 0.58, 0.73, 0.88, 0.97, 0.99),
}
"""Each story with the parts of the year after which it is told."""
