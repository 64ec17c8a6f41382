"""EPC URNs of GS1 keys, the form that EPCIS exchanges name things by.

An EPC URN writes the company prefix apart, and a GS1 number does not say how long its company prefix
is: writing needs that length as a setting, reading gives it away.
Rules: EPC Tag Data Standard, section 6 (pure identity URIs) and table A-1 (escaped characters).
"""

from __future__ import annotations

import re
from urllib.parse import quote, unquote_to_bytes

from boucle.gs1 import Fault, Gs1Key, Scheme, check_digit

COMPANY_PREFIX_LENGTHS = range(4, 13)

# What a URN may carry as it is, of the 82 characters that a serial may hold.
_UNESCAPED = "!'()*+,-.:;=_"

_URN = re.compile(r"urn:epc:(id|class|idpat):([a-z]+):(\d{4,12})\.(.*)", re.ASCII)

# How many digits company prefix and reference take together, the check digit left out.
_DIGITS = {
    Scheme.GTIN: 13, Scheme.SGTIN: 13, Scheme.LGTIN: 13, Scheme.SSCC: 17,
    Scheme.GRAI: 12, Scheme.SGLN: 12, Scheme.PGLN: 12, Scheme.GDTI: 12,
}  # fmt: skip


def urn(key: Gs1Key, company_prefix_length: int) -> str:
    """The EPC URN of a key whose company prefix has that many digits (4 to 12).

    A type gives a pattern (`urn:epc:idpat:sgtin:….*`), a lot a class. ValueError when the length is
    impossible for the key.
    """
    if company_prefix_length not in COMPANY_PREFIX_LENGTHS:
        raise ValueError(f"a company prefix has 4 to 12 digits, not {company_prefix_length}")
    start = 1 if key.scheme in (Scheme.GTIN, Scheme.SGTIN, Scheme.LGTIN, Scheme.SSCC, Scheme.GRAI) else 0
    prefix = key.key[start : start + company_prefix_length]
    rest = key.key[start + company_prefix_length :]
    if len(prefix) < company_prefix_length or not prefix.isdigit() or not rest:
        raise ValueError(f"{key.key} holds no company prefix of {company_prefix_length} digits")
    indicator = key.key[0] if key.scheme in (Scheme.GTIN, Scheme.SGTIN, Scheme.LGTIN, Scheme.SSCC) else ""
    match key.scheme:
        case Scheme.GTIN:
            return f"urn:epc:idpat:sgtin:{prefix}.{indicator}{rest[:-1]}.*"
        case Scheme.SGTIN:
            return f"urn:epc:id:sgtin:{prefix}.{indicator}{rest[:-1]}.{_escaped(key.extension)}"
        case Scheme.LGTIN:
            return f"urn:epc:class:lgtin:{prefix}.{indicator}{rest[:-1]}.{_escaped(key.extension)}"
        case Scheme.SSCC | Scheme.PGLN:
            return f"urn:epc:id:{key.scheme}:{prefix}.{indicator}{rest[:-1]}"
        case Scheme.SGLN:
            return f"urn:epc:id:sgln:{prefix}.{rest[:-1]}.{_escaped(key.extension or '0')}"
        case Scheme.GIAI:
            return f"urn:epc:id:giai:{prefix}.{_escaped(rest)}"
        case Scheme.GRAI | Scheme.GDTI:
            return _with_optional_serial(key, f"{prefix}.{rest[:-1]}")
        case Scheme.CPI:
            return _with_optional_serial(key, f"{prefix}.{_escaped(rest)}")


def read_urn(text: str) -> tuple[Gs1Key, int] | Fault:
    """The key of an EPC URN with the length of its company prefix; never raises."""
    match = _URN.fullmatch(text)
    if match is None:
        return Fault.NOT_GS1
    form, name, prefix, tail = match[1], match[2], match[3], match[4]
    parts = tail.split(".", 1)
    try:
        scheme = Scheme(name)
        key = _key(scheme, form, prefix, parts=parts)
    except ValueError:
        return Fault.MALFORMED
    # Only one writing of a URN is right: what we would not write ourselves is refused.
    return (key, len(prefix)) if urn(key, len(prefix)) == text else Fault.MALFORMED


def _key(scheme: Scheme, form: str, prefix: str, *, parts: list[str]) -> Gs1Key:
    reference = _unescaped(parts[0])
    extension = _unescaped(parts[1]) if len(parts) > 1 else None
    if form == "idpat":
        extension = None
        scheme = Scheme.GTIN if scheme is Scheme.SGTIN else scheme
    match scheme:
        case Scheme.GIAI:
            return Gs1Key(scheme=scheme, key=prefix + _unescaped(".".join(parts)))
        case Scheme.CPI:
            return Gs1Key(scheme=scheme, key=prefix + reference, extension=extension)
        case Scheme.SGLN if extension == "0":
            extension = None
        case _:
            pass
    if len(prefix) + len(reference) != _DIGITS[scheme]:
        raise ValueError(f"{scheme} with {len(prefix) + len(reference)} digits")
    if scheme in (Scheme.GTIN, Scheme.SGTIN, Scheme.LGTIN, Scheme.SSCC):
        number = reference[:1] + prefix + reference[1:]
    else:
        number = ("0" if scheme is Scheme.GRAI else "") + prefix + reference
    if not (number.isascii() and number.isdigit()):
        raise ValueError(f"{number!r} is not a number")
    return Gs1Key(scheme=scheme, key=number + check_digit(number), extension=extension)


def _with_optional_serial(key: Gs1Key, name: str) -> str:
    if key.extension is None:
        return f"urn:epc:idpat:{key.scheme}:{name}.*"
    return f"urn:epc:id:{key.scheme}:{name}.{_escaped(key.extension)}"


def _escaped(value: str | None) -> str:
    return quote(value or "", safe=_UNESCAPED)


def _unescaped(value: str) -> str:
    return unquote_to_bytes(value).decode("ascii")
