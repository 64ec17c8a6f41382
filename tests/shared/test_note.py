"""Signed notes and checkpoints: the reference example, hostile notes, the guard of the signer."""

from base64 import b64decode, b64encode
from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st

from boucle import note as notes
from boucle.errors import (
    MalformedCheckpointError,
    MalformedKeyError,
    MalformedNoteError,
    SigningRefusedError,
    UnverifiedNoteError,
)
from boucle.log import EMPTY_ROOT, Frontier, leaf_hash
from boucle.note import (
    Checkpoint,
    CheckpointSigner,
    NoteSigner,
    NoteVerifier,
    key_id,
    parse_vkey,
    verify_checkpoint,
    vkey,
)
from boucle.signing import load_crypto

CRYPTO = load_crypto()

# The keys, text and signatures of the example that the Go implementation documents and tests.
PETER_VKEY = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
PETER_SEED = b64decode("AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz")[1:]
ENOCH_VKEY = "EnochRoot+af0cfe78+ATtqJ7zOtqQtYqOo0CpvDXNlMhV3HeJDpjrASKGLWdop"
TEXT = "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n"
PETER_LINE = (
    "— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n"
)
ENOCH_LINE = (
    "— EnochRoot rwz+eBzmZa0SO3NbfRGzPCpDckykFXSdeX+MNtCOXm2/5n2tiOHp+vAF1aGrQ5ovTG01oOTGwnWLox33WWd1RvMc+QQ=\n"
)
NOTE = f"{TEXT}\n{PETER_LINE}"

# A checkpoint as a public log really signed it, with that log's published key.
SUMDB_VKEY = "sum.golang.org+033de0ae+Ac4zctda0e5eza+HJyk9SxEdh+s3Ux18htTTAD8OuAn8"
SUMDB_NOTE = (
    "go.sum database tree\n65209736\n5+uGFjx6xBZG8ip1+wi77v+grwbhhukIrxEUS8PXvRo=\n\n— sum.golang.org "
    "Az3grnbssgK7ubgFX36gVETtNv0U23qxyAhAMai2QUfeGa3nB/akvkMdlUErfcZz7l/R3cVtYspg3dxXABkGZZKdsQ8=\n"
)

PETER = NoteVerifier.from_vkey(PETER_VKEY, CRYPTO.verify_key)
ENOCH = NoteVerifier.from_vkey(ENOCH_VKEY, CRYPTO.verify_key)
ORIGIN = "traces.example.fr/org7/g1"
SIGNER = NoteSigner(ORIGIN, CRYPTO.signing_key(bytes(range(32))))
VERIFIER = NoteVerifier(ORIGIN, CRYPTO.verify_key(SIGNER.key.public))


def a_root(text: bytes) -> bytes:
    return sha256(text).digest()


def test_the_reference_note_is_signed_byte_for_byte() -> None:
    signer = NoteSigner("PeterNeumann", CRYPTO.signing_key(PETER_SEED))
    assert notes.sign(TEXT, signer) == NOTE
    assert signer.vkey == PETER_VKEY


def test_the_reference_note_is_verified() -> None:
    verified = notes.verify(NOTE, [PETER])
    assert (verified.text, verified.signers) == (TEXT, ("PeterNeumann",))


def test_a_checkpoint_of_a_public_log_is_verified() -> None:
    verified = notes.verify(SUMDB_NOTE, [NoteVerifier.from_vkey(SUMDB_VKEY, CRYPTO.verify_key)])
    assert Checkpoint.parse(verified.text).size == 65_209_736


def test_signatures_of_unknown_keys_are_passed_over() -> None:
    both = NOTE + ENOCH_LINE
    assert notes.verify(both, [PETER]).signers == ("PeterNeumann",)
    assert notes.verify(both, [ENOCH]).signers == ("EnochRoot",)
    assert notes.verify(both, [ENOCH, PETER]).signers == ("PeterNeumann", "EnochRoot")
    assert notes.verify(NOTE + PETER_LINE, [PETER, PETER]).signers == ("PeterNeumann",)


def test_a_note_that_no_trusted_key_signed_is_refused() -> None:
    for trusted in ([], [ENOCH]):
        with pytest.raises(UnverifiedNoteError, match="no key that is trusted"):
            notes.verify(NOTE, trusted)


def test_one_failing_signature_of_a_trusted_key_refuses_the_note() -> None:
    forged = f"{TEXT}\n{PETER_LINE}{ENOCH_LINE}".replace("answer", "Answer")
    with pytest.raises(UnverifiedNoteError, match="PeterNeumann"):
        notes.verify(forged, [PETER, ENOCH])
    good_and_bad = NOTE + ENOCH_LINE[:60] + "ABCD" + ENOCH_LINE[60:]
    with pytest.raises(UnverifiedNoteError, match="EnochRoot"):
        notes.verify(good_and_bad, [PETER, ENOCH])


def test_two_trusted_keys_of_one_name_and_id_are_never_guessed_between(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(notes, "key_id", lambda _name, _public: b"same")
    with pytest.raises(UnverifiedNoteError, match="share the id"):
        notes.verify(NOTE, [PETER, NoteVerifier("PeterNeumann", ENOCH.key)])


@pytest.mark.parametrize(
    "broken",
    [
        "",
        TEXT,
        TEXT + "\n",
        NOTE[:-1],
        "\x01" + NOTE,
        "\r" + NOTE,
        "\ud800" + NOTE,
        f"{TEXT}\n— Bad Name {PETER_LINE.split(' ')[2]}",
        f"{TEXT}\n— Bad+Name {PETER_LINE.split(' ')[2]}",
        f"{TEXT}\n—  {PETER_LINE.split(' ')[2]}",
        f"{TEXT}\n-- PeterNeumann {PETER_LINE.split(' ')[2]}",
        NOTE + "Unexpected line.\n",
        f"{TEXT}\n— PeterNeumann x08gow==\n",
        f"{TEXT}\n— PeterNeumann x08g*/ZJ\n",
        NOTE.replace("nAM=", "nAN="),
        f"{TEXT}\n" + PETER_LINE * 101,
        NOTE.replace("\n", "\r\n"),
    ],
)
def test_a_malformed_note_is_refused_before_any_key_is_asked(broken: str) -> None:
    with pytest.raises(MalformedNoteError):
        notes.verify(broken, [PETER])


@pytest.mark.parametrize("text", ["no newline", "", "tab\there\n", "nul\x00\n", "lone \ud800\n"])
def test_a_text_that_no_note_can_carry_is_not_signed(text: str) -> None:
    with pytest.raises(MalformedNoteError):
        notes.sign(text, SIGNER)


@given(st.text(st.characters(min_codepoint=10, exclude_categories=["Cs", "Cc"]) | st.just("\n"), max_size=60))
def test_whatever_text_is_signed_comes_back_verified(body: str) -> None:
    text = body + "\n"
    assert notes.verify(notes.sign(text, SIGNER), [VERIFIER]).text == text


def test_a_text_that_imitates_signatures_stays_text() -> None:
    text = NOTE + ENOCH_LINE
    verified = notes.verify(notes.sign(text, SIGNER), [VERIFIER, ENOCH])
    assert (verified.text, verified.signers) == (text, (ORIGIN,))


def test_several_signers_sign_one_note() -> None:
    peter = NoteSigner("PeterNeumann", CRYPTO.signing_key(PETER_SEED))
    assert notes.verify(notes.sign(TEXT, SIGNER, peter), [PETER, VERIFIER]).signers == (
        ORIGIN,
        "PeterNeumann",
    )


def test_a_verifier_key_is_written_and_read_back() -> None:
    assert key_id("PeterNeumann", PETER.key.public).hex() == "c74f20a3"
    assert vkey("PeterNeumann", PETER.key.public) == PETER_VKEY
    assert parse_vkey(PETER_VKEY) == ("PeterNeumann", PETER.key.public)


def test_no_part_and_no_change_of_a_verifier_key_is_one() -> None:
    parts = {
        PETER_VKEY[first:last] for first in range(len(PETER_VKEY) + 1) for last in range(first, len(PETER_VKEY) + 1)
    }
    changed = {PETER_VKEY[:at] + chr(ord(PETER_VKEY[at]) + 1) + PETER_VKEY[at + 1 :] for at in range(len(PETER_VKEY))}
    rehashed = {
        "PeterNeumann+cc469956+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TWBADKEY==",  # too long
        "PeterNeumann+173116ae+ZRpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",  # another algorithm
    }
    for text in (parts - {PETER_VKEY}) | changed | rehashed:
        with pytest.raises(MalformedKeyError):
            parse_vkey(text)


@pytest.mark.parametrize("name", ["", "two words", "a+b", "new\nline", "no\u00a0break"])
def test_a_name_that_a_note_cannot_carry_is_refused(name: str) -> None:
    with pytest.raises(MalformedKeyError):
        NoteSigner(name, SIGNER.key)


def test_a_checkpoint_is_three_lines() -> None:
    checkpoint = Checkpoint(origin="example.com/behind-the-sofa", size=20_852_163, root=a_root(b"sofa"))
    text = f"example.com/behind-the-sofa\n20852163\n{b64encode(a_root(b'sofa')).decode()}\n"
    assert checkpoint.to_text() == text
    assert Checkpoint.parse(text) == checkpoint


@pytest.mark.parametrize(
    ("origin", "size", "root"),
    [
        ("", "7", None),
        (ORIGIN, "", None),
        (ORIGIN, "07", None),
        (ORIGIN, "+7", None),
        (ORIGIN, "-7", None),
        (ORIGIN, "7 ", None),
        (ORIGIN, "\u0667", None),
        (ORIGIN, "9223372036854775808", None),
        (ORIGIN, "99999999999999999999999", None),
        (ORIGIN, "0", None),
        (ORIGIN, "7", ""),
        (ORIGIN, "7", "AAAA"),
        (ORIGIN, "7", "not base64 at all, though it is of one length"),
        (ORIGIN, "7", b64encode(bytes(32)).decode().replace("AA=", "AB=")),
        (ORIGIN, "7", b64encode(bytes(32)).decode() + "\nan extension"),
    ],
)
def test_a_checkpoint_is_read_strictly(origin: str, size: str, root: str | None) -> None:
    encoded = b64encode(a_root(b"any")).decode() if root is None else root
    with pytest.raises(MalformedCheckpointError):
        Checkpoint.parse(f"{origin}\n{size}\n{encoded}\n")


def test_a_checkpoint_is_signed_for_its_own_origin_and_verified_by_it() -> None:
    checkpoint = Checkpoint(origin=ORIGIN, size=7, root=a_root(b"seven"))
    note, _ = CheckpointSigner(signer=SIGNER).sign(checkpoint)
    assert verify_checkpoint(note, VERIFIER) == checkpoint
    other = Checkpoint(origin="traces.example.fr/org8/g1", size=7, root=a_root(b"seven"))
    with pytest.raises(SigningRefusedError, match="does not sign for"):
        CheckpointSigner(signer=SIGNER).sign(other)
    with pytest.raises(UnverifiedNoteError, match="signed a checkpoint of"):
        verify_checkpoint(notes.sign(other.to_text(), SIGNER), VERIFIER)


def test_a_signer_never_goes_back_and_never_signs_a_second_root_for_a_size() -> None:
    first = Checkpoint(origin=ORIGIN, size=7, root=a_root(b"seven"))
    _, guard = CheckpointSigner(signer=SIGNER).sign(first)
    again, guard = guard.sign(first)
    assert verify_checkpoint(again, VERIFIER) == first
    with pytest.raises(SigningRefusedError, match="another root"):
        guard.sign(Checkpoint(origin=ORIGIN, size=7, root=a_root(b"other seven")))
    with pytest.raises(SigningRefusedError, match="6 is smaller"):
        guard.sign(Checkpoint(origin=ORIGIN, size=6, root=a_root(b"six")))
    with pytest.raises(SigningRefusedError, match="smaller"):
        guard.sign(Checkpoint(origin=ORIGIN, size=0, root=EMPTY_ROOT))
    _, guard = guard.sign(Checkpoint(origin=ORIGIN, size=11, root=a_root(b"eleven")))
    assert guard.last is not None
    assert guard.last.size == 11


def test_a_restored_log_signs_under_its_next_generation_only() -> None:
    last = Checkpoint(origin=ORIGIN, size=11, root=a_root(b"eleven"))
    restored = Checkpoint(origin="traces.example.fr/org7/g2", size=8, root=a_root(b"restored"))
    next_signer = NoteSigner(restored.origin, SIGNER.key)
    with pytest.raises(SigningRefusedError, match="needs its own signer"):
        CheckpointSigner(signer=next_signer, last=last).sign(restored)
    _, guard = CheckpointSigner(signer=next_signer).sign(restored)
    assert guard.last == restored


def test_a_growing_log_is_signed_all_the_way() -> None:
    guard, frontier = CheckpointSigner(signer=SIGNER), Frontier()
    for number in range(12):
        note, guard = guard.sign(Checkpoint(origin=ORIGIN, size=frontier.size, root=frontier.root()))
        assert verify_checkpoint(note, VERIFIER).size == number
        frontier = frontier.append(leaf_hash(bytes([number])))
