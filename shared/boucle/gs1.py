"""GS1 keys as aliases: read from a scanner or a web address, written in one canonical form.

Here: element strings (bracketed or raw), Digital Link addresses, check digits.
Not here: EPC URNs, which need a company prefix length (`boucle.gs1_urn`); labels of our own.
Rules: GS1 General Specifications (application identifiers, check digit 7.9.1, element strings 7.8),
GS1 Digital Link URI syntax.
Invariant: a `Gs1Key` holds only valid values, so its canonical address is always a valid one.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from urllib.parse import quote, unquote_to_bytes

FNC1 = "\x1d"
"""How FNC1 arrives in a scanned text: the ASCII group separator."""

CANONICAL_HOST = "https://id.gs1.org"

_CSET82 = r"[!\"%&'()*+,\-./0-9:;<=>?A-Z_a-z]"
_CSET39 = r"[#\-/0-9A-Z]"


class Scheme(StrEnum):
    """What kind of thing a key names."""

    GTIN = "gtin"
    SGTIN = "sgtin"
    LGTIN = "lgtin"
    GRAI = "grai"
    GIAI = "giai"
    SSCC = "sscc"
    SGLN = "sgln"
    PGLN = "pgln"
    CPI = "cpi"
    GDTI = "gdti"


class Fault(StrEnum):
    """Why a text gave no key."""

    NOT_GS1 = "not_gs1"
    CHECK_DIGIT = "check_digit"
    MALFORMED = "malformed"
    NO_KEY = "no_key"


@dataclass(frozen=True, slots=True, kw_only=True)
class Gs1Key:
    """One key: `key` is its number, `extension` the serial, lot or sub-location, if any.

    GRAI: 14 digits, serial. GTIN family: 14 digits, then serial or lot. SGLN: 13 digits, extension.
    GDTI: 13 digits, serial. CPI: part identifier, serial. SSCC, GIAI, PGLN: no extension.
    Raises ValueError when a value breaks the rules of its application identifier.
    """

    scheme: Scheme
    key: str
    extension: str | None = None

    def __post_init__(self) -> None:
        fault = _fault(self.scheme, self.key, self.extension)
        if fault is not None:
            raise ValueError(f"no {self.scheme} is written {self.key!r}, {self.extension!r}: {fault}")

    @property
    def names_a_type(self) -> bool:
        """Whether it names a kind or a batch of things, never one of them."""
        match self.scheme:
            case Scheme.GTIN | Scheme.LGTIN:
                return True
            case Scheme.GRAI | Scheme.CPI | Scheme.GDTI:
                return self.extension is None
            case _:
                return False

    @property
    def uri(self) -> str:
        """The canonical Digital Link: id.gs1.org, numeric identifiers, no query, percent-encoded."""
        rule = _RULES[self.scheme]
        if rule.extension_ai is None:
            return f"{CANONICAL_HOST}/{rule.key_ai}/{_encoded(self.key + (self.extension or ''))}"
        address = f"{CANONICAL_HOST}/{rule.key_ai}/{_encoded(self.key)}"
        if self.extension is None:
            return address
        return f"{address}/{rule.extension_ai}/{_encoded(self.extension)}"

    @property
    def elements(self) -> tuple[tuple[str, str], ...]:
        """Application identifiers with their values, in the order they are written."""
        rule = _RULES[self.scheme]
        if rule.extension_ai is None:
            return ((rule.key_ai, self.key + (self.extension or "")),)
        first = (rule.key_ai, self.key)
        return (first,) if self.extension is None else (first, (rule.extension_ai, self.extension))

    @property
    def bracketed(self) -> str:
        """The element string for people: `(8003)03453120000011ABC`."""
        return "".join(f"({ai}){value}" for ai, value in self.elements)

    @property
    def raw(self) -> str:
        """The element string as a symbol carries it, FNC1 between values of variable length."""
        *before, (last_ai, last_value) = self.elements
        closed = [ai + value + ("" if _fixed_length(ai) else FNC1) for ai, value in before]
        return "".join(closed) + last_ai + last_value


@dataclass(frozen=True, slots=True, kw_only=True)
class _Rule:
    key_ai: str
    key: re.Pattern[str]
    check_digit: bool
    extension: re.Pattern[str] | None = None
    extension_ai: str | None = None
    needs_extension: bool = False


def _rule(
    key_ai: str,
    key: str,
    *,
    check_digit: bool = True,
    extension: str | None = None,
    extension_ai: str | None = None,
    needs_extension: bool = False,
) -> _Rule:
    return _Rule(
        key_ai=key_ai,
        key=re.compile(key, re.ASCII),
        check_digit=check_digit,
        extension=None if extension is None else re.compile(extension, re.ASCII),
        extension_ai=extension_ai,
        needs_extension=needs_extension,
    )


_GTIN, _GLN = r"\d{14}", r"\d{13}"
_SERIAL_20 = _CSET82 + "{1,20}"

# An asset or part number starts with a company prefix, at least four digits. It has no check digit:
# this is all there is to tell it from any other path in an address.
_RULES: dict[Scheme, _Rule] = {
    Scheme.GTIN: _rule("01", _GTIN),
    Scheme.SGTIN: _rule("01", _GTIN, extension=_SERIAL_20, extension_ai="21", needs_extension=True),
    Scheme.LGTIN: _rule("01", _GTIN, extension=_SERIAL_20, extension_ai="10", needs_extension=True),
    Scheme.GRAI: _rule("8003", r"0\d{13}", extension=_CSET82 + "{1,16}"),
    Scheme.GIAI: _rule("8004", rf"\d{{4}}{_CSET82}{{1,26}}", check_digit=False),
    Scheme.SSCC: _rule("00", r"\d{18}"),
    Scheme.SGLN: _rule("414", _GLN, extension=_SERIAL_20, extension_ai="254"),
    Scheme.PGLN: _rule("417", _GLN),
    Scheme.CPI: _rule(
        "8010",
        rf"\d{{4}}{_CSET39}{{1,26}}",
        check_digit=False,
        extension=r"0|[1-9]\d{0,11}",
        extension_ai="8011",
    ),
    Scheme.GDTI: _rule("253", _GLN, extension=_CSET82 + "{1,17}"),
}

_KEY_LENGTHS_IN_ONE_VALUE = {"8003": 14, "253": 13}
_SCHEMES_BY_AI: dict[str, Scheme] = {rule.key_ai: scheme for scheme, rule in _RULES.items() if not rule.needs_extension}

# First two digits of an identifier tell its length (General Specifications, figure 7.8.4-2) ...
_AI_LENGTH_3 = frozenset({"23", "24", "25", "40", "41", "42", "71"})
_AI_LENGTH_4 = frozenset({"31", "32", "33", "34", "35", "36", "39", "43", "70", "72", "80", "81", "82"})
# ... and whether its value has a fixed length that needs no FNC1 behind it (figure 7.8.5-2).
_VALUE_LENGTHS = {
    "00": 18, "01": 14, "02": 14, "03": 14, "04": 16, "11": 6, "12": 6, "13": 6, "14": 6, "15": 6, "16": 6,
    "17": 6, "18": 6, "19": 6, "20": 2, "31": 6, "32": 6, "33": 6, "34": 6, "35": 6, "36": 6, "41": 13,
}  # fmt: skip

_BRACKETED = re.compile(r"\((\d{2,4})\)([^(]*(?:\((?!\d{2,4}\))[^(]*)*)", re.ASCII)
_ADDRESS = re.compile(r"https?://[^\s/?#]+(/[^\s?#]*)(?:[?#]\S*)?", re.ASCII | re.IGNORECASE)

# Words that stood for numbers in addresses before Digital Link 1.3; read, never written.
_WORDS = {
    "gtin": "01", "ser": "21", "lot": "10", "cpv": "22", "grai": "8003", "giai": "8004", "sscc": "00",
    "gln": "414", "glnx": "254", "party": "417", "cpid": "8010", "cpsn": "8011", "gdti": "253",
}  # fmt: skip
_QUALIFIERS = {"01": ("22", "10", "21"), "414": ("254",), "8010": ("8011",)}


def check_digit(digits: str) -> str:
    """The digit that completes a GS1 number: weights 3 and 1 from the right, up to the next ten."""
    weighted = sum(int(digit) * (3, 1)[place % 2] for place, digit in enumerate(reversed(digits)))
    return str(-weighted % 10)


def has_check_digit(number: str) -> bool:
    """Whether the last digit of this number is its check digit."""
    return check_digit(number[:-1]) == number[-1]


def read_trade_number(text: str) -> Gs1Key | Fault:
    """The GTIN of an EAN-8, UPC-A, EAN-13 or ITF-14 bar code: 8, 12, 13 or 14 bare digits."""
    if len(text) not in (8, 12, 13, 14) or not _is_digits(text):
        return Fault.NOT_GS1
    return Gs1Key(scheme=Scheme.GTIN, key=text.zfill(14)) if has_check_digit(text) else Fault.CHECK_DIGIT


def read_elements(text: str) -> Gs1Key | Fault:
    """The key of an element string, `(01)…(21)…` or raw with FNC1 as the group separator.

    Identifiers that name nothing (dates, weights) are passed over. A serial makes it one thing, and the
    lot beside it is left out, so that two labels of one thing give one key.
    """
    pairs = _bracketed_pairs(text) if text.startswith("(") else _raw_pairs(text.removeprefix(FNC1))
    return pairs if isinstance(pairs, Fault) else _key_of(pairs)


def read_address(address: str) -> Gs1Key | Fault:
    """The key of a Digital Link on any host, below any path; query and fragment are dropped.

    NOT_GS1 for every other address. The identifiers' former words (`/gtin/`, `/ser/`) are tolerated.
    """
    match = _ADDRESS.fullmatch(address)
    if match is None:
        return Fault.NOT_GS1
    segments = [_decoded(segment) for segment in match[1].removesuffix("/").split("/")[1:]]
    outcome: Gs1Key | Fault = Fault.NOT_GS1
    for start in range(len(segments) - 1):
        outcome = _key_of_segments(segments[start:])
        if outcome is not Fault.NOT_GS1:
            return outcome
    return outcome


def _key_of_segments(segments: list[str | None]) -> Gs1Key | Fault:
    if len(segments) % 2 or None in segments:
        return Fault.NOT_GS1
    texts = [segment for segment in segments if segment is not None]
    identifiers = [_WORDS.get(word, word) for word in texts[::2]]
    values = texts[1::2]
    first = identifiers[0]
    if first not in _SCHEMES_BY_AI or any(ai not in _QUALIFIERS.get(first, ()) for ai in identifiers[1:]):
        return Fault.NOT_GS1
    if first == "01" and len(values[0]) in (8, 12, 13) and _is_digits(values[0]):
        values[0] = values[0].zfill(14)
    found = _key_of(list(zip(identifiers, values, strict=True)))
    # An ordinary address may well read …/01/12: only a number that fails its check digit is a misread.
    return found if isinstance(found, Gs1Key) or found is Fault.CHECK_DIGIT else Fault.NOT_GS1


def _bracketed_pairs(text: str) -> list[tuple[str, str]] | Fault:
    pairs = [(found[1], found[2].removesuffix(FNC1)) for found in _BRACKETED.finditer(text)]
    complete = "".join(f"({ai}){value}" for ai, value in pairs) == text.replace(FNC1, "")
    return pairs if pairs and complete else Fault.MALFORMED


def _raw_pairs(text: str) -> list[tuple[str, str]] | Fault:
    pairs: list[tuple[str, str]] = []
    rest = text
    while rest:
        length = _ai_length(rest)
        ai, rest = rest[:length], rest[length:]
        if not _is_digits(ai) or len(ai) < length:
            return Fault.MALFORMED
        fixed = _fixed_length(ai)
        value, _, after = rest.partition(FNC1)
        if fixed is not None:
            value, after = rest[:fixed], rest[fixed:].removeprefix(FNC1)
        if len(value) < (fixed or 1):
            return Fault.MALFORMED
        pairs.append((ai, value))
        rest = after
    return pairs or Fault.NOT_GS1


def _key_of(pairs: list[tuple[str, str]]) -> Gs1Key | Fault:
    values = dict(pairs)
    key_ais = [ai for ai, _ in pairs if ai in _SCHEMES_BY_AI]
    if not key_ais or len(values) < len(pairs):
        return Fault.NO_KEY if not key_ais else Fault.MALFORMED
    key_ai = key_ais[0]
    scheme, key = _SCHEMES_BY_AI[key_ai], values[key_ai]
    extension: str | None = None
    if key_ai == "01":
        scheme = Scheme.SGTIN if "21" in values else Scheme.LGTIN if "10" in values else Scheme.GTIN
    if key_ai in _KEY_LENGTHS_IN_ONE_VALUE:
        split = _KEY_LENGTHS_IN_ONE_VALUE[key_ai]
        key, extension = key[:split], key[split:] or None
    extension_ai = _RULES[scheme].extension_ai
    if extension_ai is not None:
        extension = values.get(extension_ai)
    fault = _fault(scheme, key, extension)
    return fault if fault is not None else Gs1Key(scheme=scheme, key=key, extension=extension)


def _fault(scheme: Scheme, key: str, extension: str | None) -> Fault | None:
    rule = _RULES[scheme]
    if rule.key.fullmatch(key) is None:
        return Fault.MALFORMED
    if rule.check_digit and not has_check_digit(key):
        return Fault.CHECK_DIGIT
    if extension is None:
        return Fault.MALFORMED if rule.needs_extension else None
    if rule.extension is None or rule.extension.fullmatch(extension) is None:
        return Fault.MALFORMED
    return None


def _ai_length(text: str) -> int:
    if text[:2] in _AI_LENGTH_3:
        return 3
    return 4 if text[:2] in _AI_LENGTH_4 else 2


def _fixed_length(ai: str) -> int | None:
    return _VALUE_LENGTHS.get(ai[:2])


def _is_digits(text: str) -> bool:
    return text.isascii() and text.isdigit()


def _encoded(value: str) -> str:
    return quote(value, safe="")


def _decoded(segment: str) -> str | None:
    if re.search(r"%(?![0-9A-Fa-f]{2})", segment):
        return None
    try:
        return unquote_to_bytes(segment).decode("ascii")
    except UnicodeDecodeError:
        return None
