"""The receipt for a photo: signed, exact, and good for that one photo."""

from dataclasses import replace

import pytest

from boucle.errors import MalformedReceiptError, UnverifiedNoteError
from boucle.note import NoteSigner, NoteVerifier
from boucle.photo_receipt import PhotoReceipt, sign, verify
from boucle.signing import load_crypto

ORIGIN = "traces.example/acme/g1"
KEY = load_crypto().signing_key(bytes(range(32)))
TOLD = PhotoReceipt(org="acme", sha256="ab" * 32, size=48_211, origin=ORIGIN, server_ms=1_790_000_000_000)
VERIFIER = NoteVerifier(ORIGIN, load_crypto().verify_key(KEY.public))


def test_a_signed_receipt_is_read_back_as_it_was() -> None:
    assert verify(sign(TOLD, NoteSigner(ORIGIN, KEY)), VERIFIER) == TOLD


def test_a_receipt_that_was_changed_or_signed_by_somebody_else_is_refused() -> None:
    note = sign(TOLD, NoteSigner(ORIGIN, KEY))
    with pytest.raises(UnverifiedNoteError):
        verify(note.replace("ab" * 32, "cd" * 32), VERIFIER)
    other = load_crypto().signing_key(bytes(32))
    with pytest.raises(UnverifiedNoteError):
        verify(sign(TOLD, NoteSigner(ORIGIN, other)), VERIFIER)


def test_a_receipt_of_another_log_is_refused_though_its_signature_holds() -> None:
    elsewhere = sign(replace(TOLD, origin="traces.example/other/g1"), NoteSigner(ORIGIN, KEY))
    with pytest.raises(UnverifiedNoteError, match="signed a receipt of"):
        verify(elsewhere, VERIFIER)


@pytest.mark.parametrize("change", [
    ("boucle-photo/1", "boucle-photo/2"), ("size 48211", "size 048211"), ("size 48211", "size -1"),
    ("sha256 ab", "sha256 AB"), ("org acme\n", ""), ("org acme", "org "), ("server_ms", "server-ms"),
])  # fmt: skip
def test_a_text_that_is_not_exactly_a_receipt_is_refused(change: tuple[str, str]) -> None:
    text = TOLD.to_text()
    assert PhotoReceipt.parse(text) == TOLD
    with pytest.raises(MalformedReceiptError):
        PhotoReceipt.parse(text.replace(*change, 1))
