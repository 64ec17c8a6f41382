"""Strategies that draw histories: devices, few crates, events of every kind, amendments, references."""

from dataclasses import dataclass
from random import Random
from typing import Any

from hypothesis import strategies as st

from boucle.checklists import Asks, Checklist, Moment, Step
from boucle.events import Event
from boucle.lifecycle import Disposition
from boucle.reasons import Reason
from boucle.wire import Unreadable, read
from tests.builders import DAY, SITES, START_MS, TYPES, Device, code, network

CODES = 4
HUBS = ("strasbourg", "metz")
ZONES = ("Europe/Paris", "Atlantic/Azores", "Asia/Tokyo")
NATURES = ("", "product", "part", "")
LANE: dict[str, Any] = {"loss_days": 40}
LIMITS: tuple[dict[str, int], ...] = ({}, {"agreed_cents": 1_500}, {"price_cents": 9_000, "repair_percent": 60})
"""What a type says of quotes and estimates."""
_TIGHT = Step(id="etanche", blocking=True)
LISTS = tuple(
    Checklist(key="essai", valid_from=START_MS + n * 9 * DAY, moment=Moment.TEST, steps=steps)
    for n, steps in enumerate(
        ((_TIGHT,), (_TIGHT, Step(id="charge", asks=Asks.MEASURE, blocking=True, unit="kg", low=9)))
    )
)
"""Two versions of a checklist, which somebody may state late, or never."""
HELD_DAYS = ("2026-01-09", "2026-02-20", "", "demain")
"""Until when somebody holds a qualification; what is no day is no right."""
LAST_DAYS = ("2026-01-20", "2026-03-01", "", "demain")
"""Until when something may be sent back; what is no day has no end."""
DOCK = "quai"
"""A place that nobody has described, until a site of that name or one that carries it as its code is."""
PARTNERS = ("mulhouse", "nancy", "colmar", "acores")
_AT_HOME = ("item.counted", "item.cleaned", "item.moved", "item.found", "item.loaded", "item.unloaded")
_DECISIONS = ("item.held", "item.unheld", "item.written_off", "item.retired", "item.released", "item.rejected")
_WORK = ("work.opened", "work.diagnosed", "work.repaired", "work.tested", "work.requalified", "return.announced")
_BENCH = (
    *("work.opened", "work.repaired", "work.tested", "work.requalified"),
    *("work.paused", "work.part_used", "work.not_repairable", "work.cancelled", "work.harvested"),
    *("part.installed", "part.installed", "part.removed"),
)
_CONSENT = (
    *("work.diagnosed", "work.quoted", "work.quoted", "work.quote_withdrawn", "work.approved", "work.declined"),
    *("work.started", "work.stopped", "work.held", "work.unheld"),
)
_DESK = (
    *("return.announced", "return.authorised", "return.refused", "return.cancelled"),
    *("item.graded", "item.disposition_decided", "item.disposition_decided", "item.disposition_confirmed"),
)
OPERATIONS = (
    *("commission",) * 3,
    *("ship",) * 5,
    *("deliver",) * 3,
    *("collect",) * 5,
    *("receive",) * 5,
    *("sort",) * 3,
    *_AT_HOME,
    "empty",
    "transfer",
    "count_there",
    "treat",
    *_DECISIONS,
    *_WORK,
    *_BENCH,
    *_DESK,
    *("void",) * 3,
    *("review",) * 2,
    *("correct",) * 3,
    *("bind",) * 2,
    *("replace",) * 2,
    "revoke",
    "quantity",
    "declare",
    *("reference",) * 2,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Move:
    """One drawn act: what, by which device, on which crate, where, and how long after the device's last."""

    operation: str
    device: int
    crate: int
    place: int
    lapse_min: int
    pick: int


moves = st.builds(
    Move,
    operation=st.sampled_from(OPERATIONS),
    device=st.integers(0, 2),
    crate=st.integers(0, CODES - 1),
    place=st.integers(0, 7),
    lapse_min=st.sampled_from((0, 1, 30, 600, 1_440, 11_000, 40_000)),
    pick=st.integers(0, 50),
)
histories = st.lists(moves, min_size=1, max_size=28)
_AMENDING = ("void", "review", "correct")
_benches = st.builds(
    Move,
    operation=st.sampled_from(
        (*("commission", "ship", "receive"), *_AMENDING, "reference", *_BENCH, *_CONSENT, *_DESK)
    ),
    device=st.integers(0, 1),
    crate=st.integers(0, 1),
    place=st.integers(0, 7),
    lapse_min=st.sampled_from((1, 600, 11_000)),
    pick=st.integers(0, 50),
)
_born = st.builds(
    Move,
    operation=st.just("commission"),
    device=st.just(0),
    crate=st.integers(0, 1),
    place=st.just(0),
    lapse_min=st.just(1),
    pick=st.integers(0, 50),
)
workshops = st.builds(lambda born, rest: [born, *rest], _born, st.lists(_benches, min_size=3, max_size=24))
"""Histories of two items at the bench and at the desk of returns."""


def events_of(history: list[Move]) -> list[Event]:
    """Record the drawn acts on three phones beside the network's reference events."""
    return recorded(history)[0]


def recorded(history: list[Move]) -> tuple[list[Event], list[Device]]:
    """Record the drawn acts; give the events, and the devices that hold their bytes: the server, then the phones."""
    server = Device(dev="server", epoch="00000000000000f0", random=Random(99))
    phones = [Device(dev=f"d-{n}", epoch=f"00000000000000a{n}", random=Random(n)) for n in range(3)]
    events = network(server)
    server.now_ms = START_MS
    for move in history:
        recorder = server if move.operation == "reference" else phones[move.device]
        recorder.now_ms += move.lapse_min * 60_000
        kind, subject, keys = _said(move, events)
        payload = recorder.payload(kind, subject, **keys)
        event = read(payload, recorder.now_ms, move.pick % 3)
        assert not isinstance(event, Unreadable), (event, payload)
        events.append(event)
    return events, [server, *phones]


def _said(move: Move, before: list[Event]) -> tuple[str, str, dict[str, Any]]:
    hub, partner = HUBS[move.place % 2], PARTNERS[move.place % 4]
    if move.place == 6:
        hub, partner = (DOCK, partner) if move.pick % 2 else (hub, DOCK)
    crate, task = code(move.crate), f"t{move.pick % 3}"
    body: dict[str, Any]
    match move.operation:
        case "commission":
            kind = ("bac", "roll")[move.pick % 2]
            body = {"type": kind, "opening_uses": move.pick % 2, "origin": ("", "recovered")[move.pick % 5 == 0]}
            return "item.commissioned", crate, {"place": hub, "body": body, "other": code((move.pick + 1) % CODES)}
        case "ship":
            return "item.shipped", crate, {"place": hub, "body": {"to": partner}}
        case "deliver":
            return "item.delivered", crate, {"place": partner}
        case "collect":
            return "item.collected", crate, {"place": partner, "task": task}
        case "receive":
            body = {"from": partner} if move.pick % 4 == 0 else {"mass_g": move.pick * 100}
            return "item.received", crate, {"place": hub, "against": task, "body": body}
        case "sort":
            verdict = ("ok", "dirty", "damaged", "scrap")[move.pick % 4]
            return "item.sorted", crate, {"place": hub, "body": {"verdict": verdict}}
        case "empty":
            return "item.emptied", crate, {"place": partner}
        case "transfer":
            body = {"to": PARTNERS[move.pick % 4], "refilled": move.pick % 5 == 0}
            return "item.transferred", crate, {"place": partner, "body": body}
        case "count_there":
            return "item.counted", crate, {"place": partner}
        case "treat":
            return "item.treated", crate, {"place": hub, "body": {"code": "R3", "mode": "recycling", "mass_g": 1_900}}
        case "void" | "review" | "correct":
            return _amendment(move, before, partner)
        case "bind" | "replace":
            kind = "label.bound" if move.operation == "bind" else "label.replaced"
            return kind, crate, {"other": code(move.pick % CODES)}
        case "revoke":
            return "label.voided", crate, {}
        case "quantity":
            if move.pick % 7 == 0:
                return _desk_quantity(move, before, partner)
            kind = ("shipped", "delivered", "collected", "received", "retired")[move.pick % 5]
            body = {"to": partner} if kind == "shipped" else {"from": partner} if kind == "received" else {}
            where = partner if kind in ("delivered", "collected") else hub
            return f"item.{kind}", "", {"item_type": "film", "qty": 7 + move.pick, "place": where, "body": body}
        case "declare":
            return "item.collected", "", {"item_type": "bac", "qty": 1 + move.pick, "place": partner, "task": task}
        case "reference":
            return "reference.set", "", {"body": _stated(move)}
        case kind:
            body = {"reason": "essai", "passed": move.pick % 2 == 0, "checks": {"fuite": move.pick % 3 > 0}}
            keys: dict[str, Any] = {"place": hub, "body": body, "actor": f"p{move.pick % 2}"}
            if kind in (*_BENCH, *_CONSENT, *_DESK):
                quote = next((each.id for each in reversed(before) if each.kind == "work.quoted"), "")
                keys |= {
                    "body": {**body, **_bench(move), "quote": quote},
                    "task": task,
                    "other": code(move.pick % CODES),
                }
            if kind == "return.announced" and move.place % 2:
                keys["place"] = partner
            return kind, crate, keys


def _bench(move: Move) -> dict[str, Any]:
    """State what a workshop or a desk may say: limits that hold or not, costs, a promised day, a decision."""
    chosen = tuple(Disposition)[move.pick % len(Disposition)]
    return {
        "due_ms": START_MS + move.pick * DAY,
        "found": move.pick % 5 > 0,
        "measures": {"charge": {"value": move.pick, "unit": "kg"}},
        "limits": {"charge": {"low": 5, "unit": ("kg", "lb")[move.pick % 11 == 0]}},
        "checklist": LISTS[move.pick % 2].ref,
        "answers": {"etanche": move.pick % 4 > 0},
        "parts": [{"mass_g": 40 * move.pick}],
        "rest_g": 700,
        "barrier": "cout",
        "owner": ("", "rhin")[move.pick % 3 > 0],
        "cents": 1_000 * (move.pick % 4),
        "estimate_cents": 900 * move.pick,
        "cost_cents": 10 * move.pick,
        "avoided_cents": 900,
        "needed": move.pick % 6 > 0,
        "grade": "AB"[move.pick % 2],
        "disposition": str(chosen),
        "proposed": "repair",
        "until": LAST_DAYS[move.pick % 4],
        "supplier_ref": "F-1",
    }


def _desk_quantity(move: Move, before: list[Event], partner: str) -> tuple[str, str, dict[str, Any]]:
    """Announce, call off, receive or decide about a quantity, or confirm what somebody decided about one."""
    kinds = (
        ("return.announced", "return.cancelled", "item.received", "item.disposition_decided"),
        ("return.authorised", "item.shipped", "item.delivered", "item.disposition_confirmed"),
    )
    kind = kinds[move.place // 4 % 2][move.crate]
    days = {"until": LAST_DAYS[move.pick % 4], "extends": LAST_DAYS[move.place % 4]}
    chosen = ("recycle", "supplier")[move.pick % 3 == 0]
    decided = [each for each in before if each.kind == "item.disposition_decided" and not each.code]
    of = decided[move.place % len(decided)] if decided else None
    confirms = of.id if of is not None and kind == "item.disposition_confirmed" else "une"
    body = {"from": partner, "to": partner, "disposition": chosen, "confirms": confirms, **days}
    about: dict[str, Any] = {"item_type": ("film", "bac")[move.pick % 2], "qty": 1 + move.pick}
    if confirms != "une" and of is not None and move.pick % 5:
        about["item_type"] = of.item_type
    return kind, "", {**about, "place": HUBS[move.place % 2], "task": "t1", "against": "t1", "body": body}


def _masses(move: Move) -> dict[str, int]:
    """State what one weighs and when it is due."""
    return {"tare_g": 2_000 + move.pick, "due_days": 10 + move.pick}


def _stated(move: Move) -> dict[str, Any]:
    """State a version of reference data, back-dated or not; a site may come by another name."""
    if move.pick % 5 == 4:
        listed = LISTS[move.pick % 2]
        return {"table": "checklist", "key": listed.key, "valid_from": listed.valid_from, "row": listed.row}
    start = START_MS + (move.pick - 20) * DAY
    if move.pick % 5 == 3:
        acts = ("requalify release", "test control", "")[move.pick % 3]
        rule: dict[str, Any] = {"acts": acts, **({"types": ["bac"]} if move.place % 2 else {})}
        return {"table": "qualification", "key": "essais", "valid_from": start, "row": rule}
    if move.pick % 5 == 2:
        held = {"until": HELD_DAYS[move.place % 4], **({"withdrawn": True} if move.crate == 3 else {})}
        return {"table": "qualified", "key": f"p{move.crate % 2}>essais", "valid_from": start, "row": held}
    if move.pick % 5 == 1 and move.place == 7:
        ruled = {"most_cents": 40 * move.crate, "grade_a": "resale", "return_days": move.pick}
        return {"table": "return_rule", "key": ("*", "bac", "film")[move.crate % 3], "valid_from": start, "row": ruled}
    partner = PARTNERS[move.pick % 4]
    rows: list[tuple[str, str, dict[str, Any]]] = [
        ("item_type", "bac", {**TYPES["bac"], "price_cents": 4 * move.pick, **LIMITS[move.pick % 3], **_masses(move)}),
        ("item_type", "roll", {**TYPES["roll"], "material": f"m{move.pick % 3}", "nature": NATURES[move.pick % 4]}),
        ("item_type", "film", {**TYPES["film"], "serialised": move.pick % 2 == 0, "nature": NATURES[move.crate]}),
        ("site", partner, {**SITES[partner], "partner": f"p{move.pick % 3}", "zone": ZONES[move.crate % 3]}),
        ("site", HUBS[move.pick % 2], {**_open_hub(move), "code": (DOCK, "")[move.pick % 3 == 0]}),
        ("site", partner, {**SITES[partner], "code": DOCK}),
        ("site", DOCK, {"partner": f"p{move.pick % 3}"}),
        ("lane", f"{HUBS[move.pick % 2]}>{partner}>{('*', 'bac', 'film')[move.crate % 3]}", LANE),
    ]
    table, key, row = rows[move.place]
    loop = {"loop": f"l{move.pick % 3}", "due_days": move.pick} if table == "lane" else {}
    if move.crate == 3 and move.pick % 2:
        # What was stated is withdrawn: the row as the network began with it, or what was stated from this instant.
        return {"table": table, "key": key, "valid_from": 0 if move.pick % 4 == 1 else start, "row": {}}
    return {"table": table, "key": key, "valid_from": start, "row": {**row, **loop}}


def _open_hub(move: Move) -> dict[str, str]:
    """Say when a hub of ours is open, or nothing of it."""
    hours = ("", "mon:08:00-12:00,13:30-17:00 thu:22:00-06:00", "mon:00:00-24:00 tue:00:00-24:00 fri:07:00-19:00")
    closures = {"closures": "2026-01-05/2026-01-06"} if move.pick % 2 else {}
    return {"zone": ZONES[move.crate % 3], "hours": hours[move.pick // 2 % 3], **closures}


def _amendment(move: Move, before: list[Event], partner: str) -> tuple[str, str, dict[str, Any]]:
    choice = [event for event in before if event.subject or move.place == 6]
    if not choice:
        return "item.counted", code(move.crate), {"place": partner}
    target = choice[-1 - move.pick % len(choice)]
    if move.operation == "void":
        subject = code(move.crate) if move.place == 7 else target.code
        body = {"target": target.id}
        if not subject:
            about: dict[str, Any] = {"item_type": target.item_type, "qty": target.qty} if target.item_type else {}
            return "event.voided", "", {**about, "body": body}
        return "event.voided", subject, {"body": body}
    if move.operation == "review":
        found = (Reason.UNKNOWN_ITEM, Reason.REROUTED, Reason.RETIRED_SCAN, Reason.CORRECTION_SUPERSEDED)[move.pick % 4]
        subject = code(move.crate) if move.place == 7 else target.code
        body = {"target": target.id, "contradiction": str(found), "reason": "vu"}
        about = {} if subject or not target.item_type else {"item_type": target.item_type, "qty": target.qty}
        return "event.reviewed", subject, {**about, "body": body}
    when = {"at_ms": START_MS + move.pick * DAY} if move.pick % 3 == 0 else {}
    if move.place == 5:  # sometimes by an event about nothing
        return "scan.noted", "", {"corrects": target.id, "body": {"text": "essai"}}
    return "item.collected", code(move.crate), {"corrects": target.id, "place": partner, "body": when}


def batches_of(events: list[Event], random: Random) -> list[list[Event]]:
    """Shuffle, double some, and cut into batches of any size."""
    arrivals = [*events, *random.sample(events, k=len(events) // 3)]
    random.shuffle(arrivals)
    batches = []
    while arrivals:
        size = random.randint(1, 9)
        batches.append(arrivals[:size])
        arrivals = arrivals[size:]
    return batches
