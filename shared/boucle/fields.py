"""The fields that an action asks for: their types, where their values go in an event, how a person writes them."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from re import ASCII, fullmatch
from types import MappingProxyType
from typing import Any, NamedTuple

from boucle.codes import Kind, Label, read_label
from boucle.reference import Book
from boucle.units import MAX_INT
from boucle.wire import MAX_DEPTH

MAX_TEXT = 2048
"""Characters of one value; the wire takes no more."""
_LATEST = 2**62
_NO_ALIASES: Mapping[str, tuple[str, ...]] = MappingProxyType({})
_YES = frozenset({"oui", "o", "yes", "y", "true", "1", "ok", "vrai"})
_NO = frozenset({"non", "n", "no", "false", "0", "nok", "faux"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """One field: `type` is text, int, bool, map, list, place, code or type; `slot` an envelope key, `""` for the body.

    `unless` names another field whose answer makes this one dispensable. `choices` gives the values that do, each
    with other spellings. The words are `field.<name>`.
    """

    name: str
    type: str = "text"
    slot: str = ""
    required: bool = False
    unless: str = ""
    choices: Mapping[str, tuple[str, ...]] = field(default_factory=lambda: _NO_ALIASES)


class Fault(NamedTuple):
    """Why an answer does not do: a key of `boucle.words` with its values. Nothing was recorded."""

    key: str
    values: Mapping[str, object]


def parse(wanted: Field, answer: object, book: Book) -> Any:
    """Give the value that an answer stands for, as text from a person or as a value from a screen; or a `Fault`."""
    if isinstance(answer, str):
        text = answer.strip()
        if not text or len(text) > MAX_TEXT or any(_is_unfit(char) for char in text):
            return Fault("phone.bad_value", {"field": wanted.name, "value": text[:40]})
        value: Any = _PARSERS.get(wanted.type, _text)(text, book)
        if isinstance(value, Fault):
            return value
    else:
        value = answer
    if wanted.choices and isinstance(value, str):
        value = next((choice for choice, other in wanted.choices.items() if value.casefold() in (choice, *other)), None)
        if value is None:
            choices = ", ".join(wanted.choices)
            return Fault("phone.bad_choice", {"field": wanted.name, "value": str(answer)[:40], "choices": choices})
    if value is None or (wanted.name.endswith(("_g", "_cents")) and value < 0):
        return Fault("phone.bad_value", {"field": wanted.name, "value": str(answer)[:40]})
    return value


def place_key(text: str, book: Book) -> str:
    """Give the key of a site from its key, the code of its label or the whole text of its label; else the text."""
    if book.has("site", text):
        return text
    label = read_label(text)
    if not isinstance(label, Label) or label.code is None or label.kind is not Kind.PLACE:
        return text
    spellings = (label.code.text, label.code.chars, label.code.grouped)
    found = (book.site(spelling, _LATEST) for spelling in spellings)
    return next((site.key for site in found if site.known), label.code.text)


def code_text(text: str) -> str:
    """Give a code as an event names it: the canonical key of a label, anything else as it was seen."""
    label = read_label(text)
    return label.key if isinstance(label, Label) else text.strip()


def _is_unfit(char: str) -> bool:
    return (char < " " and char not in "\n\t") or "\ud800" <= char <= "\udfff" or char == "\x7f"


def _text(text: str, _book: Book) -> str:
    return text


def _place(text: str, book: Book) -> str | Fault:
    """Give the key of a place, or the code of a label that is not described here yet; a slip of the pen is neither.

    A device that never pulled knows no place, so it believes what it is told.
    """
    key = place_key(text, book)
    known = book.keys("site")
    label = read_label(key)
    if not known or key in known or (isinstance(label, Label) and label.kind is Kind.PLACE):
        return key
    near = get_close_matches(key.casefold(), known, n=3)
    shown = {"place": text[:40], **({"names": ", ".join(near)} if near else {})}
    return Fault("phone.unknown_place_near" if near else "phone.unknown_place", shown)


def _code(text: str, _book: Book) -> str:
    return code_text(text)


def _int(text: str, _book: Book) -> int | None:
    plain = text.replace("\u202f", "").replace("\u00a0", "").replace(" ", "")
    value = int(plain) if fullmatch(r"[+-]?[0-9]{1,16}", plain, ASCII) else None
    return value if value is not None and -MAX_INT <= value <= MAX_INT else None


def _bool(text: str, _book: Book) -> bool | None:
    word = text.casefold()
    return True if word in _YES else False if word in _NO else None


def _map(text: str, book: Book) -> dict[str, Any] | None:
    """Read `{"a": true}`, or as a person writes it: `a=oui, b=non`."""
    if text.startswith("{"):
        try:
            value = json.loads(text)
        except (ValueError, RecursionError):
            return None
        return value if isinstance(value, dict) and _depth(value) < MAX_DEPTH else None
    pairs = [part.partition("=") for part in text.split(",")]
    found = {name.strip(): _bool(answer.strip(), book) for name, _, answer in pairs}
    return None if None in found.values() or "" in found else dict(found)


def _list(text: str, _book: Book) -> list[Any] | None:
    """Read `["a", {"mass_g": 3}]`, or as a person writes it: `a, b`."""
    if not text.startswith("["):
        return [part.strip() for part in text.split(",") if part.strip()]
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, list) and _depth(value) < MAX_DEPTH else None


def _depth(value: object) -> int:
    inner = list(value.values()) if isinstance(value, dict) else value if isinstance(value, list) else []
    return 1 + max((_depth(each) for each in inner), default=0)


_PARSERS = {"place": _place, "code": _code, "int": _int, "bool": _bool, "map": _map, "list": _list}
