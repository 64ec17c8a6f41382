"""The wire format of one event: bytes in, an event or a named flaw out; a draft in, canonical bytes out.

A payload is a UTF-8 JSON object of at most 16 KiB with integers only, each within +/- 2^53. The bytes are hashed
and kept exactly as received; nothing here ever writes received bytes again.
"""

import json
import re
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from boucle.codes import Label, read_label
from boucle.events import KINDS, Event
from boucle.ids import is_digest, is_epoch, is_name, is_uuid7
from boucle.shape import (
    MAX_NAME,
    MAX_TEXT,
    Flaw,
    FlawError,
    check_body,
    check_photos,
    check_subject,
    is_clean,
    is_short,
)
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

_KIND = re.compile(r"([a-z]+\.[a-z_]+)/([1-9][0-9]{0,3})")
_LONG_NUMBER = re.compile(rb"[^\"0-9A-Za-z][0-9]{16}")
"""Where an integer beyond 2^53 may stand; an identifier in quotes is none."""
_NAME_KEYS = ("item_type", "task", "place", "against", "corrects", "seen", "actor", "boot", "tz", "app")


@dataclass(frozen=True, slots=True, kw_only=True)
class Unreadable:
    """A payload that is no event: the flaw, and one sentence of detail in English."""

    flaw: Flaw
    detail: str


def digest(payload: bytes) -> str:
    """Give the SHA-256 of a payload as 64 lower-case hex digits."""
    return sha256(payload).hexdigest()


def write(fields: Mapping[str, Any]) -> bytes:
    """Write the canonical payload of an envelope: sorted keys, no spaces, NFC texts, empty keys left out.

    ValueError for what no payload holds: a float, an integer beyond 2^53, a text that is not clean.
    """
    kept = {key: value for key, value in fields.items() if value not in ("", None, [], {})}
    try:
        clean = _clean(kept, 0)
    except FlawError as flaw:
        raise ValueError(flaw.detail) from flaw
    return json.dumps(clean, sort_keys=True, ensure_ascii=False, separators=(",", ":")).encode()


def subject_of(code: str, event_id: str, item_type: str) -> str:
    """Give the canonical key of what an event is about (see `Event.subject`); a long text is known by its hash."""
    if code:
        label = read_label(code)
        key = label.key if isinstance(label, Label) else f"raw:{code.strip()}"
        return key if is_short(key) else f"raw:sha256:{digest(key.encode('utf-8', 'surrogatepass'))}"
    return f"qty:{event_id}" if item_type else ""


def read(payload: bytes, teff: int, tq: int) -> Event | Unreadable:
    """Read one payload with its frozen effective time (ms) and time quality.

    An unknown kind is read like any other (whether it is held is decided at admission); only a known kind of
    major version 1 has its body and subject checked.
    """
    try:
        return _read(payload, teff, tq)
    except FlawError as flaw:
        return Unreadable(flaw=flaw.flaw, detail=flaw.detail)


def parse(payload: bytes) -> dict[str, Any]:
    """Parse the JSON object of a payload, its texts in NFC; FlawError under the number, text and depth rules."""
    if len(payload) > MAX_PAYLOAD:
        raise FlawError(Flaw.TOO_LARGE, f"{len(payload)} bytes, at most {MAX_PAYLOAD}")
    try:
        text = payload.decode("utf-8")
    except UnicodeDecodeError as error:
        raise FlawError(Flaw.NOT_UTF8, str(error)) from error
    try:
        value = _DECODER.decode(text)
    except (ValueError, RecursionError) as error:
        raise FlawError(Flaw.NOT_JSON, str(error)[:200]) from error
    if not isinstance(value, dict):
        raise FlawError(Flaw.NOT_JSON, "not an object")
    cleaned: dict[str, Any] = value if _is_plain(payload) else _clean(value, 0)
    return cleaned


def _is_plain(payload: bytes) -> bool:
    """Tell of most payloads, at the price of four scans, that `_clean` would find nothing to do."""
    return (
        payload.isascii()
        and b"\\" not in payload
        and payload.count(b"{") + payload.count(b"[") <= MAX_DEPTH
        and not _LONG_NUMBER.search(payload)
    )


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise FlawError(Flaw.BAD_KEYS, "a key appears twice")
    return found


def _no_float(text: str) -> Any:
    raise FlawError(Flaw.BAD_NUMBER, f"{text[:40]} is not an integer")


_DECODER = json.JSONDecoder(object_pairs_hook=_unique, parse_float=_no_float, parse_constant=_no_float)


def _clean(value: Any, depth: int) -> Any:
    if depth > MAX_DEPTH:
        raise FlawError(Flaw.NOT_JSON, f"nested deeper than {MAX_DEPTH}")
    match value:
        case str():
            return _clean_text(value)
        case bool() | None:
            return value
        case int():
            if not -MAX_INT <= value <= MAX_INT:
                raise FlawError(Flaw.BAD_NUMBER, "an integer beyond 2^53")
            return value
        case Mapping():
            return _unique([(_clean_text(key), _clean(inner, depth + 1)) for key, inner in value.items()])
        case list() | tuple():
            return [_clean(inner, depth + 1) for inner in value]
        case _:
            raise FlawError(Flaw.BAD_NUMBER, f"a {type(value).__name__} has no place in a payload")


def _clean_text(text: str) -> str:
    if not is_clean(text):
        raise FlawError(Flaw.BAD_TEXT, "a NUL character or a lone surrogate")
    return text if text.isascii() else unicodedata.normalize("NFC", text)


def _read(payload: bytes, teff: int, tq: int) -> Event:
    data = parse(payload)
    if data.get("v") != 1 or isinstance(data.get("v"), bool):
        raise FlawError(Flaw.BAD_KEYS, "v is not 1")
    event_id = _fitting(data, "id", is_uuid7)
    kind, major = _kind(data)
    texts = {name: _short(data, name) for name in _NAME_KEYS if name in data}
    if texts.get("corrects") and not is_uuid7(texts["corrects"]):
        raise FlawError(Flaw.BAD_KEYS, "corrects is no event id")
    priv = _text(data, "priv")
    if priv and not is_digest(priv):
        raise FlawError(Flaw.BAD_KEYS, "priv is no hash")
    code, other, item_type = _text(data, "code"), _text(data, "other"), texts.get("item_type", "")
    body, photos = data.get("body", _NOTHING), data.get("photos", ())
    if not isinstance(body, dict) or not isinstance(photos, list | tuple):
        raise FlawError(Flaw.BAD_BODY, "body is not an object, or photos not a list")
    qty = _integer(data, "qty")
    if major == 1 and kind in KINDS:
        check_body(kind, body)
        check_subject(kind, code=code, item_type=item_type, qty=qty if "qty" in data else None, other=other)
        check_photos(photos)
    return Event(
        id=event_id,
        org=_fitting(data, "org", is_name),
        dev=_fitting(data, "dev", is_name),
        epoch=_fitting(data, "epoch", is_epoch),
        seq=_positive(data, "seq"),
        prev=_fitting(data, "prev", is_digest),
        kind=kind,
        major=major,
        teff=teff,
        tq=tq,
        subject=subject_of(code, _counted_id(kind, event_id, body), item_type),
        code=code,
        other=other,
        qty=qty,
        body=body,
        photos=tuple(photos),
        priv=priv,
        wall=_integer(data, "wall"),
        mono=_integer(data, "mono"),
        **texts,
    )


_NOTHING: dict[str, Any] = {}


def _fitting(data: Mapping[str, Any], name: str, fits: Callable[[str], bool]) -> str:
    value = data.get(name)
    if not isinstance(value, str) or not fits(value):
        raise FlawError(Flaw.BAD_KEYS, f"{name} is missing or malformed")
    return value


def _counted_id(kind: str, event_id: str, body: Mapping[str, Any]) -> str:
    """Give the id a quantity is known by: its event's own, or that of the event which a void or a review is about."""
    return str(body.get("target", "")) if kind in ("event.voided", "event.reviewed") else event_id


def _kind(data: Mapping[str, Any]) -> tuple[str, int]:
    found = _KIND.fullmatch(_text(data, "kind"))
    if not found:
        raise FlawError(Flaw.BAD_KEYS, "kind is not name/major")
    return found[1], int(found[2])


def _text(data: Mapping[str, Any], name: str) -> str:
    value = data.get(name)
    if value is None:
        return ""
    if not isinstance(value, str) or len(value) > MAX_TEXT:
        raise FlawError(Flaw.BAD_KEYS, f"{name} is not a text of at most {MAX_TEXT} characters")
    return value


def _short(data: Mapping[str, Any], name: str) -> str:
    value = _text(data, name)
    if not is_short(value):
        raise FlawError(Flaw.BAD_KEYS, f"{name} has more than {MAX_NAME} bytes")
    return value


def _integer(data: Mapping[str, Any], name: str) -> int:
    value = data.get(name, 0)
    if not isinstance(value, int) or isinstance(value, bool):
        raise FlawError(Flaw.BAD_NUMBER, f"{name} is not an integer")
    return value


def _positive(data: Mapping[str, Any], name: str) -> int:
    value = _integer(data, name)
    if value < 1:
        raise FlawError(Flaw.BAD_NUMBER, f"{name} is not at least 1")
    return value
