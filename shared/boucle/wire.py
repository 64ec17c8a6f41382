"""The wire format of one event: bytes in, an event or a named reason out; a draft in, canonical bytes out.

A payload is a UTF-8 JSON object of at most 16 KiB with integers only, each within +/- 2^53. The bytes are hashed
and kept exactly as received; nothing here ever writes received bytes again.
"""

import json
import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from hashlib import sha256
from typing import Any

from boucle.codes import Label, read_label
from boucle.events import KINDS, Event, Subject
from boucle.units import MAX_INT

MAX_PAYLOAD = 16 * 1024
"""Bytes of one payload; a larger one is kept as raw bytes and listed."""
MAX_RAW = 64 * 1024
"""Bytes the raw route takes without reading them."""
MAX_PUSH = 1024 * 1024
MAX_RECORDS = 200
MAX_DEPTH = 8
FIRST_PREV = "0" * 64
"""`prev` of the first event of an epoch, which follows nothing."""

_UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")
_EPOCH = re.compile(r"[0-9a-f]{16}")
_HASH = re.compile(r"[0-9a-f]{64}")
_KIND = re.compile(r"([a-z]+\.[a-z_]+)/([1-9][0-9]{0,3})")
_NAME = re.compile(r"[A-Za-z0-9._:@-]{1,64}")
_TEXT_KEYS = ("item_type", "task", "place", "against", "corrects", "seen", "actor", "boot", "tz", "app")
_MAX_TEXT = 2048
MAX_AMOUNT = 10**12
"""Grams or cents of one event: a million tonnes. Sums of nine million such events still fit in 64 bits."""
MAX_QTY = 10**9
MAX_USES = 10**6
MAX_NAME = 200
"""UTF-8 bytes of a name: names become parts of keys, and some database has a longest key."""
_NAMES_IN_BODY = frozenset({"type", "to", "from", "verdict", "code", "mode", "grade", "route", "target", "table"})


class Flaw(StrEnum):
    """Why a payload is not an event we can read; each is kept as bytes, listed and repairable."""

    TOO_LARGE = "too_large"
    NOT_UTF8 = "not_utf8"
    NOT_JSON = "not_json"
    BAD_KEYS = "bad_keys"
    BAD_NUMBER = "bad_number"
    BAD_TEXT = "bad_text"
    BAD_BODY = "bad_body"
    BAD_SUBJECT = "bad_subject"


@dataclass(frozen=True, slots=True, kw_only=True)
class Unreadable:
    """A payload that is no event: the flaw, and one sentence of detail in English."""

    flaw: Flaw
    detail: str


class _FlawError(Exception):
    def __init__(self, flaw: Flaw, detail: str) -> None:
        super().__init__(detail)
        self.flaw = flaw
        self.detail = detail


def digest(payload: bytes) -> str:
    """Give the SHA-256 of a payload as 64 lower-case hex digits."""
    return sha256(payload).hexdigest()


def write(fields: Mapping[str, Any]) -> bytes:
    """Write the canonical payload of an envelope: sorted keys, no spaces, NFC, empty keys left out."""
    kept = {key: value for key, value in fields.items() if value not in ("", None, [], {})}
    text = json.dumps(kept, sort_keys=True, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    return unicodedata.normalize("NFC", text).encode()


def subject_of(code: str, event_id: str, item_type: str) -> str:
    """Give the canonical key of what an event is about (see `Event.subject`); a long text is known by its hash."""
    if code:
        label = read_label(code)
        key = label.key if isinstance(label, Label) else f"raw:{code.strip()}"
        written = key.encode()
        return key if len(written) <= MAX_NAME else f"raw:sha256:{digest(written)}"
    return f"qty:{event_id}" if item_type else ""


def read(payload: bytes, teff: int, tq: int) -> Event | Unreadable:
    """Read one payload with its frozen effective time (ms) and time quality.

    An unknown kind is read like any other (whether it is held is decided at admission); only a known kind of
    major version 1 has its body and subject checked.
    """
    try:
        return _read(payload, teff, tq)
    except _FlawError as flaw:
        return Unreadable(flaw=flaw.flaw, detail=flaw.detail)


def parse(payload: bytes) -> dict[str, Any]:
    """Parse the JSON object of a payload under the number, text and depth rules; `_FlawError` inside `read`."""
    if len(payload) > MAX_PAYLOAD:
        raise _FlawError(Flaw.TOO_LARGE, f"{len(payload)} bytes, at most {MAX_PAYLOAD}")
    try:
        text = payload.decode("utf-8")
    except UnicodeDecodeError as error:
        raise _FlawError(Flaw.NOT_UTF8, str(error)) from error
    try:
        value = json.loads(text, object_pairs_hook=_unique, parse_float=_no_float, parse_constant=_no_float)
    except (ValueError, RecursionError) as error:
        raise _FlawError(Flaw.NOT_JSON, str(error)[:200]) from error
    if not isinstance(value, dict):
        raise _FlawError(Flaw.NOT_JSON, "not an object")
    _check(value, 0)
    return value


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise _FlawError(Flaw.BAD_KEYS, "a key appears twice")
    return found


def _no_float(text: str) -> Any:
    raise _FlawError(Flaw.BAD_NUMBER, f"{text[:40]} is not an integer")


def _check(value: object, depth: int) -> None:
    if depth > MAX_DEPTH:
        raise _FlawError(Flaw.NOT_JSON, f"nested deeper than {MAX_DEPTH}")
    match value:
        case str():
            _check_text(value)
        case bool() | None:
            pass
        case int():
            if not -MAX_INT <= value <= MAX_INT:
                raise _FlawError(Flaw.BAD_NUMBER, "an integer beyond 2^53")
        case dict():
            for key, inner in value.items():
                _check_text(key)
                _check(inner, depth + 1)
        case list():
            for inner in value:
                _check(inner, depth + 1)
        case _:
            raise _FlawError(Flaw.NOT_JSON, f"unexpected {type(value).__name__}")


def _check_text(text: str) -> None:
    if text.isascii():
        if "\x00" in text:
            raise _FlawError(Flaw.BAD_TEXT, "a NUL character")
        return
    if "\x00" in text or any("\ud800" <= char <= "\udfff" for char in text):
        raise _FlawError(Flaw.BAD_TEXT, "a NUL character or a lone surrogate")


def _read(payload: bytes, teff: int, tq: int) -> Event:
    data = parse(payload)
    if data.get("v") != 1 or isinstance(data.get("v"), bool):
        raise _FlawError(Flaw.BAD_KEYS, "v is not 1")
    event_id = _matching(data, "id", _UUID)
    kind, major = _kind(data)
    texts = {name: _name(data, name) for name in _TEXT_KEYS}
    code = _text(data, "code")
    body = data.get("body", {})
    photos = data.get("photos", [])
    if not isinstance(body, dict) or not isinstance(photos, list):
        raise _FlawError(Flaw.BAD_BODY, "body is not an object, or photos not a list")
    qty = _integer(data, "qty")
    if major == 1 and kind in KINDS:
        _check_body(kind, body)
        _check_subject(kind, code=code, item_type=texts["item_type"], qty=qty if "qty" in data else None)
    return Event(
        id=event_id,
        org=_matching(data, "org", _NAME),
        dev=_matching(data, "dev", _NAME),
        epoch=_matching(data, "epoch", _EPOCH),
        seq=_positive(data, "seq"),
        prev=_matching(data, "prev", _HASH),
        kind=kind,
        major=major,
        teff=teff,
        tq=tq,
        subject=subject_of(code, _counted_id(kind, event_id, body), texts["item_type"]),
        code=code,
        other=_text(data, "other"),
        qty=qty,
        body=body,
        photos=tuple(photos),
        priv=_text(data, "priv"),
        wall=_integer(data, "wall"),
        mono=_integer(data, "mono"),
        **texts,
    )


def _counted_id(kind: str, event_id: str, body: Mapping[str, Any]) -> str:
    """Give the id a quantity is known by: its event's own, or for a void the id of the event it removes."""
    return str(body.get("target", "")) if kind == "event.voided" else event_id


def _kind(data: Mapping[str, Any]) -> tuple[str, int]:
    found = _KIND.fullmatch(_text(data, "kind"))
    if not found:
        raise _FlawError(Flaw.BAD_KEYS, "kind is not name/major")
    return found[1], int(found[2])


def _text(data: Mapping[str, Any], name: str) -> str:
    value = data.get(name, "")
    if value is None:
        return ""
    if not isinstance(value, str) or len(value) > _MAX_TEXT:
        raise _FlawError(Flaw.BAD_KEYS, f"{name} is not a text of at most {_MAX_TEXT} characters")
    return value


def _name(data: Mapping[str, Any], name: str) -> str:
    value = _text(data, name)
    if len(value) > MAX_NAME or len(value.encode()) > MAX_NAME:
        raise _FlawError(Flaw.BAD_KEYS, f"{name} has more than {MAX_NAME} bytes")
    return value


def _matching(data: Mapping[str, Any], name: str, pattern: re.Pattern[str]) -> str:
    value = data.get(name)
    if not isinstance(value, str) or not pattern.fullmatch(value):
        raise _FlawError(Flaw.BAD_KEYS, f"{name} is missing or malformed")
    return value


def _integer(data: Mapping[str, Any], name: str) -> int:
    value = data.get(name, 0)
    if not isinstance(value, int) or isinstance(value, bool):
        raise _FlawError(Flaw.BAD_NUMBER, f"{name} is not an integer")
    return value


def _positive(data: Mapping[str, Any], name: str) -> int:
    value = _integer(data, name)
    if value < 1:
        raise _FlawError(Flaw.BAD_NUMBER, f"{name} is not at least 1")
    return value


_TYPES: Mapping[str, type | tuple[type, ...]] = {"text": str, "int": int, "bool": bool, "map": dict, "list": list}


def _check_body(kind: str, body: Mapping[str, Any]) -> None:
    for listed, type_name in KINDS[kind].fields.items():
        name = listed.rstrip("!")
        if name not in body:
            if listed.endswith("!"):
                raise _FlawError(Flaw.BAD_BODY, f"{kind} needs body.{name}")
            continue
        value = body[name]
        if not isinstance(value, _TYPES[type_name]) or (type_name == "int" and isinstance(value, bool)):
            raise _FlawError(Flaw.BAD_BODY, f"body.{name} of {kind} is not of type {type_name}")
        if name in _NAMES_IN_BODY and len(str(value).encode()) > MAX_NAME:
            raise _FlawError(Flaw.BAD_BODY, f"body.{name} of {kind} has more than {MAX_NAME} bytes")
        most = _most(name)
        if most is not None and isinstance(value, int) and not 0 <= value <= most:
            raise _FlawError(Flaw.BAD_NUMBER, f"body.{name} of {kind} is not between 0 and {most}")


def _most(name: str) -> int | None:
    if name.endswith(("_g", "_cents")):
        return MAX_AMOUNT
    return MAX_USES if name == "opening_uses" else None


def _check_subject(kind: str, *, code: str, item_type: str, qty: int | None) -> None:
    needed = KINDS[kind].subject
    by_quantity = bool(item_type) and qty is not None
    if code and (item_type or qty is not None):
        raise _FlawError(Flaw.BAD_SUBJECT, "a code and a quantity in one event")
    if qty is not None and abs(qty) > MAX_QTY:
        raise _FlawError(Flaw.BAD_NUMBER, f"qty is beyond {MAX_QTY}")
    if by_quantity and qty is not None and qty < 1 and kind not in ("item.counted", "stock.adjusted"):
        raise _FlawError(Flaw.BAD_NUMBER, "qty is not at least 1")
    match needed:
        case Subject.CODE:
            if not code:
                raise _FlawError(Flaw.BAD_SUBJECT, f"{kind} needs a code")
        case Subject.EITHER:
            if not code and not by_quantity:
                raise _FlawError(Flaw.BAD_SUBJECT, f"{kind} needs a code, or item_type with qty")
        case Subject.ANY | Subject.NONE:
            pass
