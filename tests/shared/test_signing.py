"""The keys behind the protocols: Ed25519 and the box, and what happens without the package behind them."""

import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from boucle.errors import CryptoMissingError, MalformedKeyError, UnopenedSealError
from boucle.signing import Sealed, load_crypto

CRYPTO = load_crypto()

# RFC 8032 section 7.1, test 3.
SEED = bytes.fromhex("c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7")
PUBLIC = bytes.fromhex("fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025")
MESSAGE = bytes.fromhex("af82")
SIGNATURE = bytes.fromhex(
    "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac"
    "18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a"
)


def test_a_signature_is_the_one_of_the_standard() -> None:
    key = CRYPTO.signing_key(SEED)
    assert key.public == PUBLIC
    assert key.sign(MESSAGE) == SIGNATURE


def test_a_signature_holds_for_its_message_and_key_alone() -> None:
    key = CRYPTO.verify_key(PUBLIC)
    assert key.public == PUBLIC
    assert key.verify(SIGNATURE, MESSAGE)
    assert not key.verify(SIGNATURE, MESSAGE + b"\x00")
    assert not key.verify(SIGNATURE[:-1], MESSAGE)
    assert not key.verify(b"", MESSAGE)
    other = CRYPTO.signing_key(CRYPTO.generate_private_key())
    assert not CRYPTO.verify_key(other.public).verify(SIGNATURE, MESSAGE)


def test_private_keys_are_drawn_afresh() -> None:
    assert len({CRYPTO.generate_private_key() for _ in range(8)}) == 8


@pytest.mark.parametrize("length", [0, 31, 33])
def test_a_key_of_another_length_is_refused(length: int) -> None:
    for make in (CRYPTO.signing_key, CRYPTO.verify_key, CRYPTO.box, CRYPTO.opening_box):
        with pytest.raises(MalformedKeyError, match=f"32 bytes, not {length}"):
            make(bytes(length))


@given(st.binary(max_size=200), st.binary(max_size=20))
def test_only_the_holder_of_the_private_half_opens_a_box(plaintext: bytes, associated: bytes) -> None:
    mine = CRYPTO.opening_box(SEED)
    sealed = CRYPTO.box(mine.public).seal(plaintext, associated)
    assert mine.open(sealed, associated) == plaintext
    with pytest.raises(UnopenedSealError):
        CRYPTO.opening_box(bytes(range(32))).open(sealed, associated)
    with pytest.raises(UnopenedSealError):
        mine.open(sealed, associated + b"!")


def test_a_sealed_message_changed_anywhere_does_not_open() -> None:
    mine = CRYPTO.opening_box(SEED)
    sealed = mine.seal(b"eleven crates", b"about")

    def turned(value: bytes, at: int) -> bytes:
        return value[:at] + bytes([value[at] ^ 1]) + value[at + 1 :]

    changed = [
        Sealed(ephemeral=turned(sealed.ephemeral, 3), nonce=sealed.nonce, ciphertext=sealed.ciphertext),
        Sealed(ephemeral=sealed.ephemeral, nonce=turned(sealed.nonce, 11), ciphertext=sealed.ciphertext),
        Sealed(ephemeral=sealed.ephemeral, nonce=sealed.nonce, ciphertext=turned(sealed.ciphertext, 0)),
        Sealed(ephemeral=sealed.ephemeral, nonce=sealed.nonce, ciphertext=sealed.ciphertext[:-1]),
        Sealed(ephemeral=sealed.ephemeral, nonce=sealed.nonce, ciphertext=b""),
        Sealed(ephemeral=sealed.ephemeral, nonce=b"", ciphertext=sealed.ciphertext),
        Sealed(ephemeral=bytes(32), nonce=sealed.nonce, ciphertext=sealed.ciphertext),
        Sealed(ephemeral=b"short", nonce=sealed.nonce, ciphertext=sealed.ciphertext),
    ]
    for each in changed:
        with pytest.raises(UnopenedSealError):
            mine.open(each, b"about")


def test_the_same_message_is_never_encrypted_to_the_same_bytes() -> None:
    box = CRYPTO.box(CRYPTO.opening_box(SEED).public)
    first, second = box.seal(b"eleven crates", b""), box.seal(b"eleven crates", b"")
    assert first.ephemeral != second.ephemeral
    assert first.ciphertext != second.ciphertext


def test_a_weak_public_key_encrypts_nothing() -> None:
    with pytest.raises(MalformedKeyError, match="weak point"):
        CRYPTO.box(bytes(32)).seal(b"eleven crates", b"")


def test_without_the_package_the_domain_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "cryptography.hazmat.primitives.asymmetric.ed25519", None)
    with pytest.raises(CryptoMissingError, match="install it"):
        load_crypto()


def test_importing_the_module_loads_the_standard_library_alone() -> None:
    code = "import boucle.signing, boucle.note, sys; print([n for n in sys.modules if 'crypto' in n])"
    ran = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert ran.stdout.strip() == "[]"
