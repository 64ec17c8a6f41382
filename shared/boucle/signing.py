"""The keys that the domain is handed: what signs, what verifies, what encrypts to an organisation.

Everything else in this package takes these protocols and never asks who stands behind them. `load_crypto` is
the one exception to that injection: the server and the field app need the same Ed25519 and X25519 and may not
import each other, so it is written once, here, and looks for the `cryptography` package when it is called.
Importing this module needs the standard library alone.
"""

import secrets
from dataclasses import dataclass
from importlib import import_module
from typing import Any, Protocol

from boucle.errors import CryptoMissingError, MalformedKeyError, UnopenedSealError

KEY_BYTES = 32
"""Length of every key here, public or private (RFC 8032 for Ed25519, RFC 7748 for X25519)."""
SIGNATURE_BYTES = 64
NONCE_BYTES = 12
_BOX_CONTEXT = b"boucle box 1: X25519, HKDF-SHA256, ChaCha20-Poly1305"


class SigningKey(Protocol):
    """The private half of an Ed25519 key."""

    @property
    def public(self) -> bytes:
        """The 32 bytes of the public half."""
        ...

    def sign(self, message: bytes) -> bytes:
        """Give the 64 bytes of the signature."""
        ...


class VerifyKey(Protocol):
    """The public half of an Ed25519 key."""

    @property
    def public(self) -> bytes:
        """The 32 bytes of the key."""
        ...

    def verify(self, signature: bytes, message: bytes) -> bool:
        """Tell whether the holder of the private half signed exactly this message."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Sealed:
    """An encrypted message: the sender's one-time public key, the nonce, the ciphertext with its tag."""

    ephemeral: bytes
    nonce: bytes
    ciphertext: bytes


class Box(Protocol):
    """The public half of an X25519 key: whoever has it can encrypt, and cannot read what was encrypted."""

    @property
    def public(self) -> bytes:
        """The 32 bytes of the key."""
        ...

    def seal(self, plaintext: bytes, associated: bytes) -> Sealed:
        """Encrypt to the holder of the private half; `associated` is bound to the message, not contained."""
        ...


class OpeningBox(Box, Protocol):
    """The private half of an X25519 key."""

    def open(self, sealed: Sealed, associated: bytes) -> bytes:
        """Give the plaintext; UnopenedSealError when it was made for another key or changed since."""
        ...


class Crypto(Protocol):
    """Where keys come from; every byte string is 32 bytes long, MalformedKeyError otherwise."""

    def generate_private_key(self) -> bytes:
        """Draw a fresh private key, for signing or for a box, never for both."""
        ...

    def signing_key(self, private: bytes) -> SigningKey:
        """Make the signing half of a private key."""
        ...

    def verify_key(self, public: bytes) -> VerifyKey:
        """Make the verifying half of a public key."""
        ...

    def box(self, public: bytes) -> Box:
        """Make a box that encrypts to the holder of this key."""
        ...

    def opening_box(self, private: bytes) -> OpeningBox:
        """Make a box that opens what was encrypted to its public half."""
        ...


def load_crypto() -> Crypto:
    """Give keys backed by the `cryptography` package; CryptoMissingError when it is not installed."""
    names = ("ed25519", "x25519")
    prefix = "cryptography.hazmat.primitives"
    try:
        ed25519, x25519 = (import_module(f"{prefix}.asymmetric.{name}") for name in names)
        return _Cryptography(
            ed25519=ed25519,
            x25519=x25519,
            hkdf=import_module(f"{prefix}.kdf.hkdf"),
            hashes=import_module(f"{prefix}.hashes"),
            aead=import_module(f"{prefix}.ciphers.aead"),
            exceptions=import_module("cryptography.exceptions"),
        )
    except ImportError as error:
        raise CryptoMissingError(
            "nothing can be signed, verified or encrypted without the `cryptography` package: install it"
        ) from error


@dataclass(frozen=True, slots=True, kw_only=True)
class _Cryptography:
    """The modules of `cryptography` that are used, and nothing of it anywhere else in the domain."""

    ed25519: Any
    x25519: Any
    hkdf: Any
    hashes: Any
    aead: Any
    exceptions: Any

    def generate_private_key(self) -> bytes:
        return secrets.token_bytes(KEY_BYTES)

    def signing_key(self, private: bytes) -> SigningKey:
        key = self.ed25519.Ed25519PrivateKey.from_private_bytes(_checked(private))
        return _Ed25519SigningKey(key=key, public=key.public_key().public_bytes_raw())

    def verify_key(self, public: bytes) -> VerifyKey:
        key = self.ed25519.Ed25519PublicKey.from_public_bytes(_checked(public))
        return _Ed25519VerifyKey(key=key, public=public, refusal=self.exceptions.InvalidSignature)

    def box(self, public: bytes) -> Box:
        return _X25519Box(crypto=self, public=_checked(public))

    def opening_box(self, private: bytes) -> OpeningBox:
        key = self.x25519.X25519PrivateKey.from_private_bytes(_checked(private))
        return _X25519OpeningBox(crypto=self, public=key.public_key().public_bytes_raw(), key=key)

    def cipher(self, key: Any, other: bytes, *, ephemeral: bytes, recipient: bytes) -> Any:
        """Agree on a key with `other` (RFC 7748, RFC 5869); ValueError when `other` contributes nothing."""
        shared = key.exchange(self.x25519.X25519PublicKey.from_public_bytes(other))
        derived = self.hkdf.HKDF(
            algorithm=self.hashes.SHA256(), length=KEY_BYTES, salt=ephemeral + recipient, info=_BOX_CONTEXT
        ).derive(shared)
        return self.aead.ChaCha20Poly1305(derived)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Ed25519SigningKey:
    key: Any
    public: bytes

    def sign(self, message: bytes) -> bytes:
        signature: bytes = self.key.sign(message)
        return signature


@dataclass(frozen=True, slots=True, kw_only=True)
class _Ed25519VerifyKey:
    key: Any
    public: bytes
    refusal: type[Exception]

    def verify(self, signature: bytes, message: bytes) -> bool:
        try:
            self.key.verify(signature, message)
        except self.refusal:
            return False
        return True


@dataclass(frozen=True, slots=True, kw_only=True)
class _X25519Box:
    crypto: _Cryptography
    public: bytes

    def seal(self, plaintext: bytes, associated: bytes) -> Sealed:
        key = self.crypto.x25519.X25519PrivateKey.generate()
        ephemeral = key.public_key().public_bytes_raw()
        try:
            cipher = self.crypto.cipher(key, self.public, ephemeral=ephemeral, recipient=self.public)
        except ValueError as error:
            raise MalformedKeyError("nothing can be encrypted to this public key: it is a weak point") from error
        nonce = secrets.token_bytes(NONCE_BYTES)
        return Sealed(ephemeral=ephemeral, nonce=nonce, ciphertext=cipher.encrypt(nonce, plaintext, associated))


@dataclass(frozen=True, slots=True, kw_only=True)
class _X25519OpeningBox(_X25519Box):
    key: Any

    def open(self, sealed: Sealed, associated: bytes) -> bytes:
        try:
            cipher = self.crypto.cipher(self.key, sealed.ephemeral, ephemeral=sealed.ephemeral, recipient=self.public)
            plaintext: bytes = cipher.decrypt(sealed.nonce, sealed.ciphertext, associated)
        except (ValueError, self.crypto.exceptions.InvalidTag) as error:
            raise UnopenedSealError("this was encrypted to another key, or was changed since") from error
        return plaintext


def _checked(key: bytes) -> bytes:
    if len(key) != KEY_BYTES:
        raise MalformedKeyError(f"a key has {KEY_BYTES} bytes, not {len(key)}")
    return key
