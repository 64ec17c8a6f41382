"""Two hundred hostile records: what an enrolled device that is broken, or in the wrong hands, may put into a batch."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from boucle.admission import FUTURE_MS
from boucle.clock import EARLIEST_MS
from boucle.events import KINDS
from boucle.units import MAX_INT
from boucle.wire import MAX_PAYLOAD, write
from tests.builders import DAY, Device, code

TEXTS = (
    "=cmd|' /C calc'!A0", "+1+1", "-1+1", "@SUM(A1)", "\t=1", "\r=1", '=HYPERLINK("http://x")', "\uff1d1+1",
    "<script>alert(1)</script>", "<svg onload=alert(1)>", "javascript:alert(1)", "{{7*7}}", "${7*7}", "%s%n%x",
    "[ref=x][/ref]", "[size=9999]", "[b]", "^XZ^XA^PQ9999^FS", "~JR", "\x1b@\x1bm", "a\r\nSet-Cookie: x=1",
    "../../etc/passwd", "C:\\x", "\\\\host\\x", "%2e%2e/", "'; DROP TABLE record; --", '" OR 1=1', "\u202egnp.exe",
    "a\u200bb", "\u0440\u0430ul", "a" + "\u0301" * 60, "\ufeffx", "\ufffd", "\U0001f4a9", "null", "true", "0x1F", "NaN",
    "0000-00-00", "9999-12-31", "2026-02-30", "\x7f", "\x01\x02", "\u2028\u2029", "é" * 100, "x" * 200,
)  # fmt: skip
"""Texts that hurt something that shows, prints, opens or stores them; each is a legal name of at most 200 bytes."""
NUMBERS = ("1e3", "0.1", "-0.0", "1E400", "NaN", "Infinity", "-Infinity", str(2**53 + 1), str(2**63), "9" * 5_000, "00")


@dataclass(frozen=True, slots=True, kw_only=True)
class Hostile:
    """One record: its name for people, its text (not always Unicode that exists), time, quality, private part."""

    name: str
    text: str
    teff: int
    tq: int = 0
    priv: str | None = None


def hostile(device: Device, received_ms: int) -> Iterator[Hostile]:
    """Give the corpus; each record claims to be the device's next one, as far as it is readable at all.

    `received_ms` is when it will arrive, so that a time can lie beyond it.
    """
    now = device.now_ms
    good = device.fields("item.counted", code(900), place="metz")
    for name, text in (*_not_json(), *_bad_shapes(good), *_bad_bodies(device), *_odd_acts(device)):
        yield Hostile(name=name, text=text, teff=now)
    for text in TEXTS:
        for key in ("place", "code", "task"):
            yield Hostile(name=f"{key} {text!r:.20}", text=_event(good, **{key: text}), teff=now)
    for number in NUMBERS:
        yield Hostile(name=f"mono {number:.12}", text=_event(good)[:-1] + f',"mono":{number}}}', teff=now)
    for teff in (received_ms + FUTURE_MS + 1, EARLIEST_MS - 1, 0, -1, MAX_INT, -MAX_INT):
        yield Hostile(name=f"teff {teff}", text=_event(good), teff=teff, tq=2)
    yield Hostile(name="another private part", text=_event(good, priv="a" * 64), teff=now, priv='{"salt":"b"}')
    yield Hostile(name="an unannounced private part", text=_event(good), teff=now, priv="\ud800")


def _event(good: dict[str, Any], **keys: Any) -> str:
    return json.dumps({**good, **keys}, ensure_ascii=False, sort_keys=True)


def _not_json() -> Iterator[tuple[str, str]]:
    yield "nothing", ""
    yield "a space", " "
    yield "a NUL", "\x00"
    yield "a lone surrogate", "\ud800"
    yield "a surrogate in a text", '{"v":1,"id":"\udfff"}'
    yield "no object", "[]"
    yield "a text", '"event"'
    yield "half an object", '{"v":1,'
    yield "two objects", '{"v":1}{"v":1}'
    yield "a byte order mark", "\ufeff{}"
    yield "deep lists", "[" * 10_000
    yield "deep objects", '{"a":' * 10_000
    yield "deep and closed", '{"v":1,"body":' + "[" * 500 + "]" * 500 + "}"
    yield "too large", '{"v":1,"x":"' + "x" * MAX_PAYLOAD + '"}'
    yield "too large and flat", " " * (MAX_PAYLOAD + 1)


def _bad_shapes(good: dict[str, Any]) -> Iterator[tuple[str, str]]:
    for key in ("id", "org", "dev", "epoch", "seq", "prev", "kind", "v"):
        yield f"without {key}", json.dumps({name: value for name, value in good.items() if name != key})
        values: tuple[Any, ...] = (None, True, -1, 7, "", "x", [], {}, "\x00", "\ud800")
        for value in values:
            yield f"{key} {value!r}", json.dumps({**good, key: value})
    yield "a key twice", _event(good)[:-1] + ',"v":1}'
    yield "another organisation", _event(good, org="acme")
    yield "another device", _event(good, dev="server")
    yield "a number of its own choice", _event(good, seq=MAX_INT)
    yield "a chain of its own", _event(good, prev="f" * 64)
    yield "a kind of the future", _event(good, kind="item.teleported/7")
    yield "a known kind of the future", _event(good, kind="item.counted/2", body=[])
    yield "photos that are none", _event(good, photos={"a": 1})
    yield "a name too long", _event(good, place="é" * 101)
    yield "a code too long", _event(good, code="C" * 5_000)
    yield "a long code", _event(good, code="?" * 2_000)
    yield "escaped letters", json.dumps(good).replace("metz", "\\u006detz")


def _bad_bodies(device: Device) -> Iterator[tuple[str, str]]:
    for kind in sorted(KINDS):
        fields = {**device.fields(kind, code(901), place="metz"), "body": {"unexpected": [1, {"a": None}]}}
        yield f"{kind} with a strange body", json.dumps(fields)
    for name, value in (("mass_g", -1), ("mass_g", 10**13), ("mass_g", "5"), ("mass_g", True), ("mass_g", [5])):
        yield f"{name} {value!r}", write(device.fields("item.received", code(902), body={name: value})).decode()
    for qty in (-5, 0, 10**10, True, "7", None):
        fields = {**device.fields("item.shipped", "", item_type="film", place="metz"), "qty": qty}
        yield f"qty {qty!r}", json.dumps(fields)
    yield "code and quantity", write(device.fields("item.shipped", code(1), item_type="film", qty=7)).decode()


def _odd_acts(device: Device) -> Iterator[tuple[str, str]]:
    own = str(device.fields("item.counted")["id"])
    acts: list[tuple[str, str, dict[str, Any]]] = [
        ("a void of itself", "event.voided", {"body": {"target": own}}),
        ("a void of nothing", "event.voided", {"body": {"target": "x"}}),
        ("a correction of itself", "item.counted", {"corrects": own}),
        ("a correction in the year 9999", "item.counted", {"corrects": "x", "body": {"at_ms": 253_402_300_799_000}}),
        ("a correction before time", "item.counted", {"corrects": "x", "body": {"at_ms": -MAX_INT}}),
        ("a label of itself", "label.bound", {"other": code(903)}),
        ("a label of a long text", "label.bound", {"other": "x" * 2_000}),
        ("a place that is a type", "item.shipped", {"place": "bac", "body": {"to": "bac"}}),
        ("a ship to itself", "item.shipped", {"place": "metz", "body": {"to": "metz"}}),
        ("reference data", "reference.set", {"body": {"table": "site", "key": "metz", "valid_from": 0, "row": {}}}),
        ("a type without tare", "item.commissioned", {"place": "metz", "body": {"type": "\u202e", "tare_g": 0}}),
        ("a decision of the server", "event.admitted", {"body": {"target": own}}),
        ("a loss", "item.presumed_lost", {"body": {"cycle": 1}}),
        ("the end of a month", "month.closed", {"body": {"month": "2026-01", "digest": "x"}}),
    ]
    for name, kind, keys in acts:
        subject = "" if kind in ("reference.set", "event.admitted", "month.closed") else code(903)
        yield name, json.dumps({**device.fields(kind, subject), **keys, "id": own})
    yield "years", write(device.fields("item.counted", code(904), wall=-(10**15), body={"days": DAY})).decode()
