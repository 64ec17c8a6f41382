"""The shape of an event: what each kind asks of its body, its subject and its photos, and the flaws found in them.

A flaw makes a payload unreadable: it is kept as bytes and listed. So the bounds are wide, and only keep out what
no figure, date or index could hold.
"""

import re
from collections.abc import Mapping, Sequence
from enum import StrEnum
from types import MappingProxyType
from typing import Any, NamedTuple

from boucle.events import KINDS, Kind, Subject
from boucle.ids import is_digest, is_uuid7
from boucle.units import MAX_INT

MAX_TEXT = 2048
"""Characters of a text."""
MAX_NAME = 200
"""UTF-8 bytes of a name: names become parts of keys, and some database has a longest key."""
MAX_QTY = 10_000_000
"""Units of one event."""
MAX_TARE_G = 100_000_000
"""A hundred tonnes for one unit, so that the mass of any quantity is below 10^15 g."""
MAX_AMOUNT = 10**12
"""Grams or cents of one event: a million tonnes. Sums of nine million such events still fit in 64 bits."""
MAX_COUNT = 10**6
LAST_MS = 253_402_300_799_999
"""The last millisecond of the year 9999, the last that has a date."""

_ABOUT_BYTES = frozenset({"event.admitted", "event.dismissed"})
"""Kinds whose target may be bytes that say no id of an event: it is then their SHA-256."""
_UNCLEAN = re.compile("[\x00\ud800-\udfff]")


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


class FlawError(Exception):
    """A flaw with one sentence of detail in English; `wire.read` turns it into a value."""

    def __init__(self, flaw: Flaw, detail: str) -> None:
        super().__init__(detail)
        self.flaw = flaw
        self.detail = detail


class _Field(NamedTuple):
    """One listed field of a body: `bounds` for an integer, `is_name` for a text that becomes part of a key."""

    name: str
    required: bool
    type_name: str
    bounds: tuple[int, int]
    is_name: bool


_TYPES: Mapping[str, type] = {"text": str, "int": int, "bool": bool, "map": dict, "list": list}
_NAMES = frozenset(
    {"type", "to", "from", "verdict", "code", "mode", "grade", "route", "zone", "table", "until", "extends", "owner"}
)
_COUNTS = frozenset({"opening_uses", "cycle", "count", "revision", "version"})
_INSTANTS = frozenset({"valid_from", "due_ms", "valid_until_ms"})
_NEED_OTHER = frozenset({"label.bound", "label.replaced"})
_MAY_BE_ZERO = frozenset({"item.counted", "stock.adjusted"})


def _bounds(name: str) -> tuple[int, int]:
    if name == "tare_g":
        return (0, MAX_TARE_G)
    if name.endswith(("_g", "cents")):
        return (0, MAX_AMOUNT)
    if name in _COUNTS:
        return (0, MAX_COUNT)
    return (0, LAST_MS) if name in _INSTANTS else (-MAX_INT, MAX_INT)


def _fields(kind: Kind) -> tuple[_Field, ...]:
    found = []
    for listed, type_name in kind.fields.items():
        name = listed.rstrip("!")
        found.append(_Field(name, listed.endswith("!"), type_name, _bounds(name), name in _NAMES))
    return tuple(found)


_FIELDS: Mapping[str, tuple[_Field, ...]] = MappingProxyType({name: _fields(kind) for name, kind in KINDS.items()})


def is_clean(text: str) -> bool:
    """Tell whether a text column of any database can hold a text: no NUL character, no lone surrogate."""
    return _UNCLEAN.search(text) is None


def is_short(text: str) -> bool:
    """Tell whether a text can be a name: part of a key in every database."""
    return len(text) <= MAX_NAME and (text.isascii() or len(text.encode("utf-8", "surrogatepass")) <= MAX_NAME)


def check_body(kind: str, body: Mapping[str, Any]) -> None:
    """Check the listed fields of a known kind; others are kept and ignored. FlawError names the first fault."""
    for name, required, type_name, (least, most), is_name in _FIELDS[kind]:
        if name not in body:
            if required:
                raise FlawError(Flaw.BAD_BODY, f"{kind} needs body.{name}")
            continue
        value = body[name]
        if not _is_of(value, type_name):
            raise FlawError(Flaw.BAD_BODY, f"body.{name} of {kind} is not of type {type_name}")
        if type_name == "int" and not least <= value <= most:
            raise FlawError(Flaw.BAD_NUMBER, f"body.{name} of {kind} is not from {least} to {most}")
        if type_name == "text" and not (is_short(value) if is_name else len(value) <= MAX_TEXT):
            raise FlawError(Flaw.BAD_BODY, f"body.{name} of {kind} is too long")
        if name == "target" and not is_uuid7(value) and not (kind in _ABOUT_BYTES and is_digest(value)):
            raise FlawError(Flaw.BAD_BODY, f"body.target of {kind} is no event id")


def _is_of(value: object, type_name: str) -> bool:
    # Exactly: True is an int to Python and to nobody else.
    return type(value) is _TYPES[type_name]


def check_subject(kind: str, *, code: str, item_type: str, qty: int | None, other: str) -> None:
    """Check what an event of a known kind is about; `qty` is None when the payload does not give it."""
    by_quantity = bool(item_type) and qty is not None
    if code and (item_type or qty is not None):
        raise FlawError(Flaw.BAD_SUBJECT, "a code and a quantity in one event")
    if code and not code.strip():
        raise FlawError(Flaw.BAD_SUBJECT, "a code of blanks")
    if qty is not None and not _least(kind) <= qty <= MAX_QTY:
        raise FlawError(Flaw.BAD_NUMBER, f"qty is not from {_least(kind)} to {MAX_QTY}")
    if kind in _NEED_OTHER and not other.strip():
        raise FlawError(Flaw.BAD_SUBJECT, f"{kind} needs other, a code of the item")
    match KINDS[kind].subject:
        case Subject.CODE:
            if not code:
                raise FlawError(Flaw.BAD_SUBJECT, f"{kind} needs a code")
        case Subject.QUANTITY:
            if not by_quantity:
                raise FlawError(Flaw.BAD_SUBJECT, f"{kind} needs item_type with qty")
        case Subject.EITHER:
            if not code and not by_quantity:
                raise FlawError(Flaw.BAD_SUBJECT, f"{kind} needs a code, or item_type with qty")
        case Subject.ANY | Subject.NONE:
            pass


def _least(kind: str) -> int:
    if kind in _MAY_BE_ZERO:
        return -MAX_QTY if kind == "stock.adjusted" else 0
    return 1


def check_photos(photos: Sequence[object]) -> None:
    """Check that each photo is told by its SHA-256, with its size in bytes and its media type."""
    for photo in photos:
        if not isinstance(photo, dict):
            raise FlawError(Flaw.BAD_BODY, "a photo is not an object")
        sha256, size, media_type = photo.get("sha256"), photo.get("size", 0), photo.get("type", "")
        if not isinstance(sha256, str) or not is_digest(sha256):
            raise FlawError(Flaw.BAD_BODY, "a photo without its sha256")
        if not isinstance(size, int) or isinstance(size, bool) or size < 0:
            raise FlawError(Flaw.BAD_BODY, "a photo's size is not a count of bytes")
        if not isinstance(media_type, str) or not is_short(media_type):
            raise FlawError(Flaw.BAD_BODY, "a photo's type is not a short text")
