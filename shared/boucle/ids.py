"""Identifiers that a device or the server makes offline, without asking anybody.

Here: the named string types of the domain, event identifiers, epochs, short names.
Not here: what is printed on a label (`boucle.codes`).
Invariant: every identifier is lower-case ASCII, so that comparing bytes, text columns of any
database and Python strings gives one and the same order.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import NewType

OrgId = NewType("OrgId", str)
DeviceId = NewType("DeviceId", str)
EventId = NewType("EventId", str)
ItemId = NewType("ItemId", str)
Epoch = NewType("Epoch", str)
PersonId = NewType("PersonId", str)
TaskId = NewType("TaskId", str)

Randomness = Callable[[int], bytes]
"""Gives that many random bytes, like `os.urandom`; a test hands in a seeded one."""

CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
"""Crockford's base 32: no I, L, O (taken for 1 and 0 by a reader), no U."""

NAME_CHARACTERS = 12
"""60 random bits: at a million names, one chance in two million that any two are equal."""

_MAX_UUID_MS = (1 << 48) - 1
_UUID7 = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}", re.ASCII)
_EPOCH = re.compile(r"[0-9a-f]{16}", re.ASCII)
_NAME = re.compile(r"[A-Za-z0-9._:@-]{1,64}", re.ASCII)
_DIGEST = re.compile(r"[0-9a-f]{64}", re.ASCII)


def uuid7(now_ms: int, randomness: Randomness) -> EventId:
    """A fresh event identifier: UUID version 7 (RFC 9562, 5.7), lower-case with hyphens.

    `now_ms` is milliseconds since 1970-01-01T00:00:00Z and only spreads identifiers in an index: the
    domain never reads it back, nor orders events by it. The remaining 74 bits are random.
    Raises ValueError outside 48 bits.
    """
    if not 0 <= now_ms <= _MAX_UUID_MS:
        raise ValueError(f"time outside the 48 bits of a UUIDv7: {now_ms} ms")
    random_bits = int.from_bytes(_drawn(10, randomness), "big")
    rand_a = (random_bits >> 62) & 0xFFF
    rand_b = random_bits & ((1 << 62) - 1)
    digits = f"{now_ms << 80 | 0x7 << 76 | rand_a << 64 | 0b10 << 62 | rand_b:032x}"
    return EventId(f"{digits[:8]}-{digits[8:12]}-{digits[12:16]}-{digits[16:20]}-{digits[20:]}")


def first_id_at(ms: int) -> str:
    """Give what no id is smaller than that was made at an instant or later, compared as text."""
    digits = f"{min(max(ms, 0), 2**48 - 1):012x}"
    return f"{digits[:8]}-{digits[8:]}"


def is_uuid7(text: str) -> bool:
    """Whether the text is an event identifier exactly as `uuid7` writes it."""
    return _UUID7.fullmatch(text) is not None


def new_epoch(randomness: Randomness) -> Epoch:
    """A fresh epoch of a device's chain: 16 lower-case hexadecimal digits."""
    return Epoch(_drawn(8, randomness).hex())


def is_epoch(text: str) -> bool:
    """Whether the text is an epoch exactly as `new_epoch` writes it."""
    return _EPOCH.fullmatch(text) is not None


def new_name(prefix: str, randomness: Randomness) -> str:
    """A short random name such as `d-7k3m9qx2t4hd`: the prefix, a hyphen, 60 random bits.

    The prefix is lower-case ASCII letters and tells people what is named; ValueError otherwise.
    """
    if not (prefix.isascii() and prefix.isalpha() and prefix.islower()):
        raise ValueError(f"a name's prefix is lower-case ASCII letters, not {prefix!r}")
    return f"{prefix}-{random_characters(NAME_CHARACTERS, randomness).lower()}"


def is_name(text: str) -> bool:
    """Whether the text can name an organisation or a device: 1 to 64 letters, digits and `. _ : @ -`."""
    return _NAME.fullmatch(text) is not None


def is_digest(text: str) -> bool:
    """Whether the text is a SHA-256 in lower-case hexadecimal."""
    return _DIGEST.fullmatch(text) is not None


def random_characters(count: int, randomness: Randomness) -> str:
    """That many characters of Crockford's base 32, upper-case, five random bits each."""
    size = (5 * count + 7) // 8
    bits = int.from_bytes(_drawn(size, randomness), "big") >> (8 * size - 5 * count)
    return "".join(CROCKFORD[bits >> 5 * place & 31] for place in reversed(range(count)))


def _drawn(size: int, randomness: Randomness) -> bytes:
    drawn = randomness(size)
    if len(drawn) != size:
        raise ValueError(f"asked {size} random bytes, got {len(drawn)}")
    return drawn
