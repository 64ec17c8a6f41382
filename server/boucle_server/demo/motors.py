"""The exchange motors of the demonstration: they come back from Épinal, are graded, repaired or taken apart.

Most returns are announced a week before, some stand at the door. The parts of a motor that is beyond repair are
labelled, requalified, and built into the next one.
"""

from datetime import date
from typing import Final

from boucle.codes import Kind, mint
from boucle_server.demo.chance import Chance
from boucle_server.demo.ground import BASE, Crate, Ground
from boucle_server.demo.network import MODEL, OUTLET
from boucle_server.demo.returned import last_day
from boucle_server.demo.seasons import busyness
from boucle_server.demo.workshop import WORKSHOP, open_repair

_POOL: Final = 26
"""Motors owned, for 1 200 items."""
_CUSTOMER: Final = "vosges-mecanique"
_RETURNS_A_DAY: Final = 0.09
_ANNOUNCED: Final = 0.7
_SCRAP_OF_DONOR_G: Final = 9_200
_WEAK: Final = 0.6
"""Share of the motors with a reclaimed part that come back before the others."""
_SPARES: Final = 2
"""Bearings and stators of old motors on the first day, for 1 200 items: they are requalified in the first months."""
_TAKEN: Final = (("stator", 3_900), ("roulement", 350))


def buy_motors(ground: Ground, day: date) -> None:
    """Label the motors on the first day, with the parts of old ones, and send nearly all of them to the customer."""
    chance = ground.chance.stream("motors")
    dock = ground.dock(WORKSHOP)
    ground.begin(dock, day, 5.6)
    for _ in range(max(2, round(_POOL * ground.scale))):
        motor = _labelled(chance, "moteur")
        ground.note(dock, "item.commissioned", motor, place=WORKSHOP, body={"type": "moteur"})
        ground.later(day, chance.between(1, 6), lambda then, motor=motor: _send(ground, motor, then))  # type: ignore[misc]
    for number in range(round(_SPARES * ground.scale)):
        kind, mass_g = _TAKEN[number % len(_TAKEN)]
        part = _labelled(chance, kind)
        born = {"type": kind, "origin": "recovered", "tare_g": mass_g}
        ground.note(dock, "item.commissioned", part, place=WORKSHOP, body=born)
        ground.later(day, 12 * number + 9, lambda then, part=part: _requalify(ground, part, then))  # type: ignore[misc]


def _labelled(chance: Chance, model: str) -> Crate:
    code = mint(Kind.CONTAINER, chance.bytes)
    return Crate(code=code, model=MODEL[model], home=WORKSHOP, seen=code.url(BASE))


def _send(ground: Ground, motor: Crate, day: date) -> None:
    ground.begin(ground.dock(WORKSHOP), day, 7.4)
    ground.note(ground.dock(WORKSHOP), "item.shipped", motor, place=WORKSHOP, body={"to": _CUSTOMER})
    motor.shipped = day
    # A reclaimed part does not always last: such a motor may be the next to come back.
    is_weak = motor.code.text in ground.fitted and ground.chance.stream(f"lasts/{motor.code.chars}/{day}").happens(
        _WEAK
    )
    ground.motors.insert(0 if is_weak else len(ground.motors), motor)


def bring_motors_back(ground: Ground, day: date) -> None:
    """Have a motor come back now and then, the one that has been away longest; less in August and at the year's end.

    What was taken out of one meanwhile goes through the workshop like any part, and may serve again.
    """
    while ground.worn:
        _requalify(ground, ground.worn.pop(), day)
    if not ground.motors or not ground.chance.happens(_RETURNS_A_DAY * busyness(day) * min(1.0, ground.scale)):
        return
    motor = ground.motors.pop(0)
    task = f"RT-{day:%y%m%d}-{motor.code.chars[:4]}" if ground.chance.happens(_ANNOUNCED) else ""
    if task:
        about = {"place": _CUSTOMER, "task": task}
        ground.act(day, 9.6, "return.announced", motor, **about, body={"reason": "panne"})
        ground.act(day, 10.4, "return.authorised", motor, **about, body={"until": last_day(day, "moteur")})
    ground.later(day, 5 if task else 1, lambda then: _receive(ground, motor, then, task=task))


def _receive(ground: Ground, motor: Crate, day: date, *, task: str) -> None:
    dock = ground.dock(WORKSHOP)
    ground.begin(dock, day, 15.1)
    against = {"against": task} if task else {}
    ground.note(dock, "item.received", motor, place=WORKSHOP, body={"from": _CUSTOMER}, **against)
    ground.later(day, 1, lambda then: _grade(ground, motor, then))


def _grade(ground: Ground, motor: Crate, day: date) -> None:
    dock = ground.dock(WORKSHOP)
    ground.begin(dock, day, 8.8)
    ground.note(
        dock, "item.graded", motor, place=WORKSHOP, body={"grade": ground.chance.one_of("BBC"), "criteria": "v1"}
    )
    decision = {"disposition": "repair", "proposed": "repair"}
    ground.note(dock, "item.disposition_decided", motor, place=WORKSHOP, body=decision)
    ground.later(
        day,
        ground.chance.between(1, 3),
        lambda then: open_repair(
            ground,
            motor,
            then,
            done=lambda last: _store(ground, motor, last),
            failed=lambda last: _take_apart(ground, motor, last),
        ),
    )


def _store(ground: Ground, motor: Crate, day: date) -> None:
    """Put a requalified motor on the shelf, from where it leaves again within the month."""
    ground.later(day, 1, lambda then: _put_away(ground, motor, then))
    ground.later(day, ground.chance.between(4, 25), lambda then: _send(ground, motor, then))


def _put_away(ground: Ground, motor: Crate, day: date) -> None:
    ground.begin("atelier", day, 15.5)
    ground.note("atelier", "item.moved", motor, place=WORKSHOP, body={"to": WORKSHOP, "zone": "moteurs"})


def _take_apart(ground: Ground, motor: Crate, day: date) -> None:
    """Take the parts that are still good out of a motor, and send the rest to be recycled."""
    dock = ground.dock(WORKSHOP)
    ground.begin(dock, day, 9.9)
    decision = {"disposition": "harvest", "proposed": "harvest"}
    ground.note(dock, "item.disposition_decided", motor, place=WORKSHOP, body=decision)
    ground.begin("atelier", day, 10.6)
    listed = [{"type": kind, "mass_g": mass_g} for kind, mass_g in _TAKEN]
    body = {"parts": listed, "rest_g": _SCRAP_OF_DONOR_G, "mass_g": motor.model.tare_g}
    ground.note("atelier", "work.harvested", motor, place=WORKSHOP, body=body)
    for kind, mass_g in _TAKEN:
        part = _labelled(ground.chance.stream(f"part/{motor.code.chars}/{kind}"), kind)
        born = {"type": kind, "origin": "recovered", "tare_g": mass_g}
        ground.note("atelier", "item.commissioned", part, place=WORKSHOP, other=motor.code.text, body=born)
        ground.later(day, ground.chance.between(2, 8), lambda then, part=part: _requalify(ground, part, then))  # type: ignore[misc]
    outlet = {"route": "recycling", "code": "R4", "mode": "recycling", "mass_g": _SCRAP_OF_DONOR_G, "outlet": OUTLET}
    ground.act(day, 17.0, "item.retired", motor, place=WORKSHOP, body={**outlet, "reason": "irreparable"})


def _requalify(ground: Ground, part: Crate, day: date) -> None:
    open_repair(
        ground,
        part,
        day,
        done=lambda last: ground.later(last, 1, lambda _then: ground.spares.append(part)),
        failed=lambda last: _scrap(ground, part, last),
    )


def _scrap(ground: Ground, part: Crate, day: date) -> None:
    outlet = {"route": "recycling", "code": "R4", "mode": "recycling", "mass_g": part.model.tare_g, "outlet": OUTLET}
    ground.act(day, 17.2, "item.retired", part, place=WORKSHOP, body={**outlet, "reason": "irreparable"})
