"""Codes printed on labels: making one, writing one, reading whatever a scanner or a person gives.

A printed code is 12 random characters (60 bits) in Crockford's base 32 with 2 check characters. With the
kind letter it stands in an upper-case address, so that a QR code stays in its alphanumeric mode:
`HTTPS://<base>/<letter>/<14 characters>`. People read `7K3M-9QX2-T4HD-C8`.

The check: K is the ASCII number of the kind letter, N the 12 characters read as a number in base 32,
check = (K * 32**12 + N) mod 1021, written as two characters. 1021 is the largest prime under 1024, so
each check value has its two characters, three pairs mean nothing, and every wrong character, every swap of
two characters and every letter of another kind is noticed; other damage passes once in about a thousand.

Not here: whom a code belongs to. A code is not an item: bindings say which item carries it, and when.
Invariant: `read_label` never answers with a nearest match. What it gives was there, check and all.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass, replace
from enum import StrEnum

from boucle import gs1, wedge
from boucle.ids import CROCKFORD, Randomness, random_characters

DATA_CHARACTERS = 12
CHECK_CHARACTERS = 2
CODE_CHARACTERS = DATA_CHARACTERS + CHECK_CHARACTERS
CHECK_MODULUS = 1021
MAX_LABEL_CHARACTERS = 512
"""Longer than any label's text; a symbol made to hurt can hold four thousand."""


class Kind(StrEnum):
    """What a label is, told before any look-up; GS1 stands for a foreign key that names one thing."""

    CONTAINER = "C"
    PLACE = "P"
    ROUND = "R"
    TICKET = "T"
    COMMAND = "X"
    BADGE = "B"
    ENROLMENT = "E"
    GS1 = "G"


PRINTED_KINDS = tuple(kind for kind in Kind if kind is not Kind.GS1)


class Reason(StrEnum):
    """Why a text is no label."""

    EMPTY = "empty"
    HOSTILE = "hostile"
    MISREAD = "misread"
    TYPE_ONLY = "type_only"
    FOREIGN = "foreign"


class Flag(StrEnum):
    """What was set aside to read a label."""

    CONTROLS_DROPPED = "controls_dropped"
    AIM_DROPPED = "aim_dropped"
    PREFIX_DROPPED = "prefix_dropped"
    TYPED = "typed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Code:
    """A printed code: the letter of its kind, its 14 characters. ValueError when the check fails."""

    kind: Kind
    chars: str

    def __post_init__(self) -> None:
        if self.kind is Kind.GS1 or not _is_ours(self.kind, self.chars):
            raise ValueError(f"no code is written {self.kind}/{self.chars}")

    @property
    def text(self) -> str:
        """The canonical key: `C/7K3M9QX2T4HDC8`."""
        return f"{self.kind}/{self.chars}"

    @property
    def grouped(self) -> str:
        """For people: groups of four, with the letter in front unless it is a container's."""
        groups = "-".join(self.chars[start : start + 4] for start in range(0, CODE_CHARACTERS, 4))
        return groups if self.kind is Kind.CONTAINER else f"{self.kind}-{groups}"

    def url(self, base: str) -> str:
        """The address a label carries, upper-case throughout, the base's path included.

        `base` is http(s) with a host, of the characters that a QR code's alphanumeric mode has;
        ValueError otherwise.
        """
        whole = f"{base.rstrip('/')}/{self.text}"
        if _BASE.fullmatch(base) is None:
            raise ValueError(f"a label's base is like https://boucle.example, not {base!r}")
        return whole.upper()


@dataclass(frozen=True, slots=True, kw_only=True)
class Label:
    """What a label says. Exactly one of `code` (ours) and `alias` (GS1) is there.

    `key` is the canonical subject key: the code's text or the alias' canonical Digital Link.
    `repaired` means that the scanner's keyboard layout was undone.
    """

    key: str
    kind: Kind
    code: Code | None = None
    alias: gs1.Gs1Key | None = None
    repaired: bool = False
    flags: tuple[Flag, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Misread:
    """Why this text is no label. `text` is as received, at most 512 characters.

    `type_key` is there for TYPE_ONLY: the GS1 key of a kind of things, such as a bare GTIN.
    """

    reason: Reason
    text: str
    type_key: gs1.Gs1Key | None = None


_BASE = re.compile(r"https?://[0-9A-Za-z][0-9A-Za-z.\-]*(?::\d{1,5})?(?:/[0-9A-Za-z.\-]+)*/?", re.ASCII)

_LETTERS = "".join(PRINTED_KINDS)
_FOUR = r"[0-9A-Z]{4}"
_CHARS = rf"{_FOUR}-?{_FOUR}-?{_FOUR}-?[0-9A-Z]{{2}}"
_ANY_CASE = re.ASCII | re.IGNORECASE
_OUR_ADDRESS = re.compile(
    rf"https?://[^\s/?#]+(?:/[^\s?#]*)?/([{_LETTERS}])/([0-9A-Z-]{{12,18}})/?(?:[?#]\S*)?", _ANY_CASE
)
_OUR_KEY = re.compile(rf"([{_LETTERS}])/([0-9A-Z-]{{12,18}})", _ANY_CASE)
_TYPED = re.compile(rf"(?:([{_LETTERS}])[ /-]?)?({_CHARS.replace('-?', '[ -]?')})", _ANY_CASE)
_GROUPED = re.compile(_CHARS, _ANY_CASE)
_AIM = re.compile(r"\]([A-Za-z][0-9A-Za-z])", re.ASCII)
_BEGINNING = "http"
_SCHEME = re.compile(r"https?://", _ANY_CASE)

# Symbology identifiers (ISO/IEC 15424): those whose data is a GS1 element string ...
_AIM_GS1 = frozenset({"C1", "d2", "Q3", "e0", "J1"})
# ... and those that hold a bare trade number.
_AIM_TRADE = frozenset({"E0", "E4", "I0", "I1", "I3"})

_LOOKALIKES = str.maketrans("ILO", "110")
_CHARACTERS = re.compile(f"[{CROCKFORD}]{{{CODE_CHARACTERS}}}")
_BASE_32 = str.maketrans(CROCKFORD, "0123456789abcdefghijklmnopqrstuv")
"""From Crockford's digits to those that Python reads as base 32."""
_CONTROLS = "".join(map(chr, range(0x20))) + "\x7f"
_EDGE_RIGHT = _CONTROLS + " "
_EDGE_LEFT = _EDGE_RIGHT.replace(gs1.FNC1, "")


def mint(kind: Kind, randomness: Randomness) -> Code:
    """A fresh code of this kind from 60 random bits."""
    data = random_characters(DATA_CHARACTERS, randomness)
    return Code(kind=kind, chars=data + check_characters(kind, data))


def check_characters(kind: Kind, data: str) -> str:
    """The two check characters of 12 data characters (upper-case Crockford, no look-alikes)."""
    number = int(data.translate(_BASE_32), 32)
    check = (ord(kind) << 5 * DATA_CHARACTERS | number) % CHECK_MODULUS
    return CROCKFORD[check >> 5] + CROCKFORD[check & 31]


def read_label(text: str) -> Label | Misread:
    """What this text says, from a symbol, a keyboard-wedge scanner or a person; never raises.

    Ours on any host, below any path, in either case, bare, grouped, or behind a symbology identifier or a
    scanner's prefix; a GS1 key that names one thing; either of them garbled by an AZERTY host.
    """
    shown = text[:MAX_LABEL_CHARACTERS]
    if len(text) > MAX_LABEL_CHARACTERS:
        return Misread(reason=Reason.HOSTILE, text=shown)
    body = text.rstrip(_EDGE_RIGHT).lstrip(_EDGE_LEFT)
    if not body.lstrip(gs1.FNC1):
        return Misread(reason=Reason.EMPTY, text=shown)
    if _is_hostile(body):
        return Misread(reason=Reason.HOSTILE, text=shown)
    found = _read_body(body)
    if isinstance(found, Misread):
        return replace(found, text=shown)
    if text.strip(" ") != body:
        return replace(found, flags=(Flag.CONTROLS_DROPPED, *found.flags))
    return found


def without_identifier(text: str) -> str:
    """Give a text without the symbology identifier that cameras and some scanners put before it, such as `]Q1`.

    What is no label of ours is known by its text, so it must be the same text whatever read it.
    """
    body = text.strip()
    aim = _AIM.match(body)
    return body if aim is None else body[aim.end() :]


def may_go_on(text: str) -> bool:
    """Tell whether a text that stopped may be the beginning of a label: a web address, and none of ours that is whole.

    Whoever puts keystrokes together waits longer for the rest of such a text: a pause in the middle would make two
    wrong texts of it, or a shorter serial number of somebody else's address. A foreign keyboard changes none of the
    letters that are looked for.
    """
    body = without_identifier(text).lower()
    if not (body.startswith(_BEGINNING[: len(body)]) or _BEGINNING in body):
        return False
    label = read_label(text)
    return isinstance(label, Misread) or label.code is None


def _read_body(body: str) -> Label | Misread:
    found = _read_symbol(body)
    if isinstance(found, Label) or found.reason is Reason.TYPE_ONLY:
        return found
    meant = wedge.unscramble(body)
    repaired = None if meant is None else _read_symbol(meant)
    if isinstance(repaired, Label):
        return replace(repaired, repaired=True)
    if repaired is not None and repaired.reason is Reason.TYPE_ONLY:
        return repaired
    # A bare code is only ever typed by a person: nothing in it tells a garbled one from a right one,
    # so it is read after the repair was tried, never repaired itself.
    typed = _read_typed(body)
    return found if typed is None else typed


def _read_symbol(body: str) -> Label | Misread:
    """Read what a symbol can carry: an address, a canonical key, a GS1 element string."""
    aim = _AIM.match(body)
    data = body if aim is None else body[aim.end() :]
    flags: tuple[Flag, ...] = () if aim is None else (Flag.AIM_DROPPED,)
    address = _SCHEME.search(data)
    if address is not None:
        if address.start() > 0:
            flags = (*flags, Flag.PREFIX_DROPPED)
        return _read_address(data[address.start() :], flags)
    ours = _OUR_KEY.fullmatch(data)
    if ours is not None:
        return _our_label(ours[1], ours[2], flags)
    return _gs1_label(_gs1_data(data, None if aim is None else aim[1]), data, flags)


def _read_address(address: str, flags: tuple[Flag, ...]) -> Label | Misread:
    ours = _OUR_ADDRESS.fullmatch(address)
    if ours is not None and ours[2] in (ours[2].upper(), ours[2].lower()):
        return _our_label(ours[1], ours[2], flags)
    return _gs1_label(gs1.read_address(address), address, flags)


def _read_typed(body: str) -> Label | Misread | None:
    typed = _TYPED.fullmatch(body)
    # Fourteen bare digits are somebody's article number, however well they check.
    if typed is None or (body.isascii() and body.isdigit()):
        return None
    return _our_label(typed[1] or Kind.CONTAINER, typed[2].replace(" ", ""), (Flag.TYPED,))


def _our_label(letter: str, chars: str, flags: tuple[Flag, ...]) -> Label | Misread:
    canonical = chars.upper().translate(_LOOKALIKES).replace("-", "") if _GROUPED.fullmatch(chars) else ""
    try:
        code = Code(kind=Kind(letter.upper()), chars=canonical)
    except ValueError:
        return Misread(reason=Reason.MISREAD, text=chars)
    return Label(key=code.text, kind=code.kind, code=code, flags=flags)


def _gs1_data(data: str, aim: str | None) -> gs1.Gs1Key | gs1.Fault:
    if aim in _AIM_GS1 or data.startswith((gs1.FNC1, "(")):
        return gs1.read_elements(data)
    trade = gs1.read_trade_number(data)
    if aim in _AIM_TRADE or isinstance(trade, gs1.Gs1Key):
        return trade
    # Without any sign of GS1, only a key that is guarded by a check digit is believed.
    found = gs1.read_elements(data)
    unguarded = isinstance(found, gs1.Gs1Key) and found.scheme in (gs1.Scheme.GIAI, gs1.Scheme.CPI)
    return found if isinstance(found, gs1.Gs1Key) and not unguarded else gs1.Fault.NOT_GS1


def _gs1_label(found: gs1.Gs1Key | gs1.Fault, text: str, flags: tuple[Flag, ...]) -> Label | Misread:
    if found is gs1.Fault.CHECK_DIGIT:
        return Misread(reason=Reason.MISREAD, text=text)
    if isinstance(found, gs1.Fault):
        return Misread(reason=Reason.FOREIGN, text=text)
    if found.names_a_type:
        return Misread(reason=Reason.TYPE_ONLY, text=text, type_key=found)
    return Label(key=found.uri, kind=Kind.GS1, alias=found, flags=flags)


def _is_ours(kind: Kind, chars: str) -> bool:
    if _CHARACTERS.fullmatch(chars) is None:
        return False
    data = chars[:DATA_CHARACTERS]
    return chars[DATA_CHARACTERS:] == check_characters(kind, data)


def _is_hostile(body: str) -> bool:
    # In ASCII only controls are, and none of them is printable.
    if body.isascii() and body.isprintable():
        return False
    return any(_is_hostile_character(character) for character in body)


def _is_hostile_character(character: str) -> bool:
    """Controls, invisible or reversing marks, lone surrogates, unassigned characters, line separators."""
    if character == gs1.FNC1:
        return False
    category = unicodedata.category(character)
    return category.startswith("C") or category in ("Zl", "Zp")
