"""The planned rounds of the demonstration: those of its last days as driven and signed, those of today and next."""

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from typing import Final

from boucle.receiving import VALIDATED as RECEPTION
from boucle.receiving import differing
from boucle.receiving import validation as unloading
from boucle.rounds import RECEIVED, TABLE, VALIDATED, Ending, Found, Gap, Round, gaps_for, task_of, validation
from boucle.rounds import Stop as Planned
from boucle_server.demo.chance import Chance
from boucle_server.demo.ground import Ground
from boucle_server.demo.network import STOPS, Stop
from boucle_server.demo.people import HANDSETS, STILL_OFFLINE
from boucle_server.demo.rounds import Slip, Visited, send_sheets, visit
from boucle_server.demo.seasons import next_worked, round_day

DAYS: Final = 14
"""Calendar days before today whose rounds were planned: all of last week's, whatever day it is."""
FORGETFUL: Final = "haguenau-automation"
"""The partner where a crate is found on the truck after the stop was signed, once."""
HURRIED: Final = ("hardt-logistique", "nancy-electronique")
"""The partners at which the driver validates without a word about what differs: in a quiet week one has nothing."""
SHUT: Final = "luneville-faience"
"""The partner whose gate was shut when the driver came, on a day of the last week; he took no photo of it."""
ON_BOARD: Final = "rhin-plasturgie"
"""The partner of which one crate was still on the truck when the dock counted, which it said."""
UNEXPLAINED: Final = "ateliers-du-ried"
"""The partner of which the dock had one crate too few, and said nothing."""
_SLIPS: Final = {
    FORGETFUL: Slip.FORGETS,
    **dict.fromkeys(HURRIED, Slip.LEAVES),
    ON_BOARD: Slip.OVERLOOKS,
    UNEXPLAINED: Slip.OVERLOOKS,
}
SIGNERS: Final = ("M. Klein", "Mme Weiß", "K. Oberlé", "Mme Da Silva", "J. Haas", "A. Nguyen")
NAMES: Final = {handset.key: handset.name.removeprefix("Camion ") for handset in HANDSETS}
TO_TRY: Final = ("rhin-plasturgie", "ateliers-du-ried", "hardt-logistique")
"""Where the round of today leads: the labels to try hang on crates at the first of them."""
_OPENS: Final = ("08:00", "09:30", "10:30", "13:30", "15:00")
_CLOSES: Final = ("09:30", "11:30", "12:00", "15:00", "17:00")
SALT_BYTES: Final = 16
_LESS: Final = (Gap.IN_USE, Gap.IN_USE, Gap.NOT_FOUND, Gap.NO_ROOM)


def is_planned(ground: Ground, day: date) -> bool:
    """Tell whether the rounds of a day were planned."""
    return day >= ground.span.today - timedelta(days=DAYS)


def drive_planned(ground: Ground, day: date) -> None:
    """Drive the rounds of a day by their plan: stop by stop, each validated before the next."""
    todays = [stop for stop in STOPS if round_day(day, stop.weekday)]
    for truck in dict.fromkeys(stop.truck for stop in todays):
        chance = ground.chance.stream(f"round/{day}/{truck}")
        key, stops, brought = f"{day.isoformat()}-{truck}", list[Planned](), list[Visited]()
        for number, (firm, visits) in enumerate(_by_firm(todays, truck), 1):
            task = task_of(key, str(number))
            if firm == SHUT and day >= ground.span.today - timedelta(days=7):
                stops.append(_stop(number, firm, [_expected(ground, stop, day) for stop in visits]))
                _find_shut(ground, visits, day, task=task, firm=firm)
                continue
            came = [visit(ground, stop, day, planned=task, slip=_SLIPS.get(firm)) for stop in visits]
            stops.append(_stop(number, firm, [(each.stop, each.waiting, each.going) for each in came]))
            _validate(ground, chance, came, task=task, firm=firm)
            brought += came
        before = max(each for each in ground.span.worked if each < day) if day > ground.span.worked[0] else day
        _state(ground, before, _round(ground, key, day, truck, stops))
        if day < ground.span.worked[-1]:
            _unload(ground, brought, day, key)
    send_sheets(ground, day)


def plan_ahead(ground: Ground) -> None:
    """Plan the round of today that whoever tries the demonstration drives, and the others of today and the next day."""
    today, last = ground.span.today, ground.span.worked[-1]
    to_try = [stop for stop in STOPS if stop.firm in TO_TRY and stop.truck == STILL_OFFLINE]
    stops = [
        _stop(number, firm, [_expected(ground, stop, today) for stop in visits])
        for number, (firm, visits) in enumerate(_by_firm(to_try, STILL_OFFLINE), 1)
    ]
    # Whoever signs in on the phone of the demonstration finds it, whoever that is.
    anybody = Round(
        key=f"{today.isoformat()}-{STILL_OFFLINE}", day=today, name=NAMES[STILL_OFFLINE], home="strasbourg",
        stops=tuple(stops),
    )  # fmt: skip
    _state(ground, last, anybody)
    for day in (today, next_worked(today)):
        planned = [stop for stop in STOPS if round_day(day, stop.weekday)]
        for truck in dict.fromkeys(stop.truck for stop in planned):
            if (day, truck) != (today, STILL_OFFLINE):
                stops = [
                    _stop(number, firm, [_expected(ground, stop, day) for stop in visits])
                    for number, (firm, visits) in enumerate(_by_firm(planned, truck), 1)
                ]
                _state(ground, last, _round(ground, f"{day.isoformat()}-{truck}", day, truck, stops))


def _by_firm(stops: Iterable[Stop], truck: str) -> list[tuple[str, list[Stop]]]:
    found: dict[str, list[Stop]] = {}
    for stop in stops:
        if stop.truck == truck:
            found.setdefault(stop.firm, []).append(stop)
    return list(found.items())


def _expected(ground: Ground, stop: Stop, day: date) -> tuple[Stop, int, int]:
    """Give what a plan expects of a visit to come: what is due back by then, about what goes out each week."""
    waiting = sum(crate.back is not None and crate.back <= day for crate in ground.out[stop.key])
    return stop, waiting, max(1, round(stop.weekly * ground.scale))


def _stop(number: int, firm: str, visits: Sequence[tuple[Stop, int, int]]) -> Planned:
    at = min(number, len(_OPENS)) - 1
    return Planned(
        id=str(number),
        place=firm,
        collect={stop.model: waiting for stop, waiting, _ in visits if waiting},
        deliver={stop.model: going for stop, _, going in visits if going},
        opens=_OPENS[at],
        closes=_CLOSES[at],
    )


def _round(ground: Ground, key: str, day: date, truck: str, stops: Sequence[Planned]) -> Round:
    handset = ground.phones[truck].handset
    person = ground.actors[handset.operators[0]]
    return Round(
        key=key, day=day, name=NAMES[truck], home=handset.site, person=person, device=ground.phones[truck].dev,
        stops=tuple(stops),
    )  # fmt: skip


def _state(ground: Ground, day: date, of: Round) -> None:
    """Have the manager plan a round on an afternoon."""
    ground.act(day, 16.6, "reference.set", body={"table": TABLE, "key": of.key, "valid_from": 0, "row": of.row})


def _validate(ground: Ground, chance: Chance, came: Sequence[Visited], *, task: str, firm: str) -> None:
    """Have the driver validate a stop and the partner sign; what was forgotten makes the next version."""
    signer = chance.one_of(SIGNERS)
    _sign(ground, chance, came, task=task, firm=firm, signer=signer, version=1)
    if not any(each.forgotten for each in came):
        return
    later = []
    for each in came:
        if each.forgotten is not None:
            ground.note(each.stop.truck, "item.collected", each.forgotten, place=firm, task=task)
        later.append(each._replace(scanned=each.scanned + (each.forgotten is not None)))
    _sign(ground, chance, later, task=task, firm=firm, signer=signer, version=2)


def _sign(
    ground: Ground, chance: Chance, came: Sequence[Visited], *, task: str, firm: str, signer: str, version: int
) -> None:
    found = [
        row
        for each in came
        for row in (
            Found("collect", each.stop.model, each.waiting, each.scanned, each.declared),
            Found("deliver", each.stop.model, each.going, each.going, 0),
        )
        if row.expected or row.total
    ]
    hurried = firm in HURRIED and version == 1
    reasons = {} if hurried else {row.name: _why(chance, row) for row in found if row.difference}
    ending = Ending.DONE if any(row.total for row in found) else Ending.NOTHING
    ground.note(
        came[0].stop.truck,
        VALIDATED,
        place=firm,
        task=task,
        body=validation(found, ending=ending, version=version, reasons=reasons),
        private={"signer": signer, "signature": drawn_signature(chance), "salt": chance.bytes(SALT_BYTES).hex()},
    )


def _find_shut(ground: Ground, visits: Sequence[Stop], day: date, *, task: str, firm: str) -> None:
    """Have the driver stand before a shut gate: nothing is taken up or left, and there is no photo of it."""
    expected = [_expected(ground, stop, day) for stop in visits]
    found = [Found("collect", stop.model, waiting, 0, 0) for stop, waiting, _ in expected if waiting]
    found += [Found("deliver", stop.model, going, 0, 0) for stop, _, going in expected if going]
    truck = visits[0].truck
    ground.begin(truck, day, 11.3)
    body = validation(found, ending=Ending.CLOSED, version=1, reasons={})
    ground.note(truck, VALIDATED, place=firm, task=task, body=body)


def _unload(ground: Ground, brought: Sequence[Visited], day: date, key: str) -> None:
    """Have the dock validate what a round brought home the same day, with the reason of what differs where it has one.

    A round that is unloaded at several docks, or only the next morning, is validated by nobody.
    """
    docks = {each.stop.origin for each in brought}
    if len(docks) != 1 or any(each.stop.far for each in brought):
        return
    site, came, taken = docks.pop(), Counter[str](), Counter[str]()
    for each in brought:
        came[each.stop.model] += each.received
        taken[each.stop.model] += max(each.received, each.scanned + each.declared + (each.forgotten is not None))
    found = [Found(RECEIVED, model, n, came[model], 0) for model, n in taken.items() if n]
    reasons = (
        {}
        if any(each.stop.firm == UNEXPLAINED for each in brought)
        else dict.fromkeys((row.name for row in differing(found)), Gap.ON_BOARD)
    )
    ground.begin(ground.dock(site), day, 16.2)
    body = unloading(found, version=1, reasons=reasons)
    ground.note(ground.dock(site), RECEPTION, place=site, task=key, body=body)


def _why(chance: Chance, row: Found) -> Gap:
    is_less_collected = row.difference < 0 and row.direction == "collect"
    return chance.one_of(_LESS) if is_less_collected else gaps_for(row.difference, row.direction)[0]


def drawn_signature(chance: Chance) -> list[list[int]]:
    """Draw a signature: a wave that comes to rest, and a line below it."""
    wave: list[int] = []
    for step in range(12):
        swing = chance.between(120, 330) * (12 - step) // 12
        wave += [120 + 62 * step, 460 + (swing if step % 2 else -swing)]
    line: list[int] = [150, 760, 500, 730 + chance.between(0, 40), 860, 720]
    return [wave, line]
