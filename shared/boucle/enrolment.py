"""Enrolment: how a phone is let in by one scan, as the two sides write and read it.

The address in the QR code is `<server>/E/#<code>.<pin>`. The code is good once, for fifteen minutes; the pin is
the SHA-256 of the server's Ed25519 key, so that the phone trusts the key it is told only when it is the one
that the screen showed. Both stand behind the `#`, which no browser sends and no server log holds.
"""

import re
from dataclasses import dataclass
from hashlib import sha256
from typing import Self

from boucle.ids import Randomness, random_characters

LIFETIME_MS = 15 * 60_000
CODE_CHARACTERS = 26
"""130 random bits in Crockford's base 32."""
PROOF_CONTEXT = "boucle-enrol/1"

_URI = re.compile(
    r"(https?://[A-Za-z0-9._~:\[\]-]{1,253}(?:/[A-Za-z0-9._~-]{1,64}){0,4})"
    rf"/E/#([0-9A-HJKMNP-TV-Z]{{{CODE_CHARACTERS}}})\.([0-9a-f]{{64}})",
    re.ASCII,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Invitation:
    """What the QR code of an enrolment says: the server's address, the code, the pin of its key (hex)."""

    server: str
    code: str
    pin: str

    @property
    def uri(self) -> str:
        """The text of the QR code."""
        return f"{self.server}/E/#{self.code}.{self.pin}"

    @classmethod
    def parse(cls, text: str) -> Self | None:
        """Read what `uri` gives; None for anything else."""
        found = _URI.fullmatch(text.strip())
        return None if found is None else cls(server=found[1], code=found[2], pin=found[3])


def new_code(randomness: Randomness) -> str:
    """Draw a fresh code."""
    return random_characters(CODE_CHARACTERS, randomness)


def code_hash(code: str) -> str:
    """Give the hex SHA-256 under which a server keeps a code."""
    return sha256(f"boucle-code/1\n{code}".encode()).hexdigest()


def pin_of(public: bytes) -> str:
    """Give the pin of a server's 32-byte Ed25519 key."""
    return sha256(public).hexdigest()


def proof_body(code: str, public: bytes) -> bytes:
    """Give what the device signs with its new key, so that nobody enrols a key that he does not have."""
    return f"{PROOF_CONTEXT}\n{code_hash(code)}\n{public.hex()}\n".encode()
