"""Whatever the door accepts, the fold takes: no event, however odd, stops the ones around it."""

from random import Random
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from boucle.admission import rule
from boucle.codes import Kind, mint
from boucle.events import KINDS, Event, Subject
from boucle.lifecycle import Disposition, Verdict
from boucle.memory import MemoryStore
from boucle.push import Push, Record, Status
from boucle.replay import replay
from boucle.shape import LAST_MS, MAX_AMOUNT, MAX_COUNT, MAX_QTY, MAX_TARE_G
from boucle.units import MAX_INT
from tests.builders import DAY, ORG, SITES, START_MS, TYPES, Device, code, network
from tests.campaign import examples
from tests.strategies import batches_of

NETWORK = network()
PLACE_LABEL = mint(Kind.PLACE, Random(5).randbytes).text
ODD_TEXTS = (
    "",
    " ",
    "\n",
    "🛒",
    "é" * 100,
    "x" * 200,
    "a|b",
    "a>b",
    "*",
    "~",
    "qty:x",
    "raw:x",
    "C/",
    "2026-13",
    "9999",
)
CODES = (code(0), code(1), code(2), "WIFI:S:x;;", "3456789012344", "(01)03456789012340(21)A", "?" * 2_000)
PLACES = (*SITES, PLACE_LABEL, *ODD_TEXTS)
NUMBERS = (0, 1, 2_150, MAX_QTY, MAX_TARE_G, MAX_COUNT, MAX_AMOUNT, LAST_MS, MAX_INT, -1, -MAX_INT, START_MS)
LAPSES = (0, 1, 59_999, 3_600_000, DAY, 40 * DAY, 400 * DAY)

ROW_KEYS = (
    *("tare_g", "due_days", "loss_days", "zone", "partner", "material", "loop", "serialised", "code"),
    *("nature", "price_cents"),
)

places = st.sampled_from(PLACES)
numbers = st.sampled_from(NUMBERS)
TERMS = (*Verdict, *Disposition, "R3", "R13", "D9", "recycling", "resale", "declared", "product", "part", "recovered")
words = st.sampled_from((*SITES, *TYPES, *TERMS, *ODD_TEXTS))
ODD_ZONES = ("Europe", "localtime", "Atlantic/Azores")
limits = st.fixed_dictionaries({}, optional={"low": numbers, "high": numbers, "unit": words, "value": numbers})
by_type: dict[str, st.SearchStrategy[Any]] = {
    "text": words,
    "int": numbers,
    "bool": st.booleans(),
    "map": st.dictionaries(
        st.sampled_from(ROW_KEYS),
        words | numbers | st.booleans() | st.none() | limits | st.sampled_from(ODD_ZONES),
        max_size=5,
    ),
    "list": st.lists(words | numbers | st.fixed_dictionaries({"mass_g": numbers | words}), max_size=2),
}  # fmt: skip
lanes = st.builds("{}>{}>{}".format, places, places, st.sampled_from((*TYPES, "*")))


@st.composite
def said(draw: st.DrawFn) -> dict[str, Any]:
    """Draw what one event says beside its envelope; `amends` counts back to the event that it amends."""
    kind = draw(st.sampled_from(sorted(KINDS)))
    body = {listed.rstrip("!"): draw(by_type[type_name]) for listed, type_name in KINDS[kind].fields.items()}
    if kind == "reference.set":
        body["table"] = draw(st.sampled_from(("site", "item_type", "lane", "partner", "x")))
        body["key"] = draw(lanes if body["table"] == "lane" else places | st.sampled_from((*TYPES,)))
    keys: dict[str, Any] = {"body": body, "place": draw(places), "task": draw(words), "against": draw(words)}
    counted = KINDS[kind].subject in (Subject.EITHER, Subject.ANY) and draw(st.integers(0, 3)) == 0
    by_quantity = counted or KINDS[kind].subject is Subject.QUANTITY
    if by_quantity:
        keys |= {"item_type": draw(st.sampled_from((*TYPES, "x"))), "qty": draw(numbers)}
    subject = "" if by_quantity or KINDS[kind].subject is Subject.NONE else draw(st.sampled_from(CODES))
    keys |= {"other": draw(st.sampled_from(CODES)), "actor": draw(st.sampled_from(("p-1", "p-2")))}
    amends = draw(st.integers(0, 6)) if draw(st.integers(0, 2)) == 0 else -1
    if amends >= 0 and draw(st.booleans()):
        body["at_ms"] = draw(numbers)
    return {"kind": kind, "subject": subject, "amends": amends, "lapse": draw(st.sampled_from(LAPSES)), "keys": keys}


def recorded(acts: list[dict[str, Any]]) -> list[Event]:
    """Record the acts on one device and give the events that the door accepts."""
    device = Device(dev="d-serveur", epoch="00000000000000e1", random=Random(7))
    ids: list[str] = []
    accepted: list[Event] = []
    for act in acts:
        device.now_ms += act["lapse"]
        keys = {**act["keys"], "body": dict(act["keys"]["body"])}
        if "target" in keys["body"]:
            keys["body"]["target"] = ids[-1 - act["amends"] % len(ids)] if ids else "x"
        elif act["amends"] >= 0 and ids:
            keys["corrects"] = ids[-1 - act["amends"] % len(ids)]
        fields = device.fields(act["kind"], act["subject"], **keys)
        ids.append(fields["id"])
        payload = device.payload(act["kind"], act["subject"], id=fields["id"], **keys)
        record = Record(payload=payload, teff=device.now_ms, tq=len(ids) % 3)
        push = Push(
            batch="b", org=ORG, dev=device.dev, epoch=device.epoch, first=device.seq, last=device.seq,
            records=(record,), seal=b"",
        )  # fmt: skip
        [ruling] = rule(push, known={}, slots={}, now_ms=device.now_ms, own=True)
        if ruling.status is Status.ACCEPTED and ruling.event is not None:
            accepted.append(ruling.event)
    return accepted


@settings(max_examples=examples(ci=600, night=20_000))
@given(st.lists(said(), min_size=3, max_size=20), st.integers(0, 2**32))
def test_whatever_the_door_accepts_the_fold_takes_in_any_order(acts: list[dict[str, Any]], seed: int) -> None:
    events = [*NETWORK, *recorded(acts)]
    expected = replay(events)
    store = MemoryStore()
    for batch in batches_of(events, Random(seed)):
        store.accept(batch)
    assert store.world.cells == expected.cells
    assert store.world.items == expected.items
    assert store.world.bindings == expected.bindings
    assert store.world.tasks == expected.tasks
    for at, n in expected.cells.items():
        assert abs(n) < 2**63, at
        assert sum(len(part.encode()) for part in at) < 2_600, at
