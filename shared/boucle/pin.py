"""PINs of operators: how one is kept, and how one is checked, the same on the server and on a phone.

A PIN is four to eight digits, so whoever has the stored text can find it in hours: it locks a shared phone's
screen and says who scans, and protects nothing else.
"""

import hmac
import re
from hashlib import scrypt

from boucle.ids import Randomness

SALT_BYTES = 16
_LOG_N, _R, _P = 14, 8, 1
"""16 MiB and some tens of milliseconds: all that a small phone can spend on it (RFC 7914)."""
_MAX_MEMORY = 64 * 1024 * 1024
_PIN = re.compile(r"[0-9]{4,8}", re.ASCII)
_STORED = re.compile(r"scrypt\$14\$8\$1\$([0-9a-f]{32})\$([0-9a-f]{64})", re.ASCII)


def is_pin(text: str) -> bool:
    """Tell whether a text may be chosen as a PIN."""
    return _PIN.fullmatch(text) is not None


def hash_pin(pin: str, randomness: Randomness) -> str:
    """Give what is stored for a PIN: `scrypt$14$8$1$<salt>$<hash>`, in hex; ValueError unless `is_pin`."""
    if not is_pin(pin):
        raise ValueError("a PIN is four to eight digits")
    salt = randomness(SALT_BYTES)
    return f"scrypt${_LOG_N}${_R}${_P}${salt.hex()}${_hashed(pin, salt).hex()}"


def pin_fits(pin: str, stored: str) -> bool:
    """Tell whether a PIN is the stored one; False for what was never stored so."""
    found = _STORED.fullmatch(stored)
    if found is None or not is_pin(pin):
        return False
    return hmac.compare_digest(_hashed(pin, bytes.fromhex(found[1])), bytes.fromhex(found[2]))


def _hashed(pin: str, salt: bytes) -> bytes:
    return scrypt(pin.encode(), salt=salt, n=1 << _LOG_N, r=_R, p=_P, maxmem=_MAX_MEMORY, dklen=32)
