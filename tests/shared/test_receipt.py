"""The receipt: its exact text, strict reading, the signer's guard, and the arithmetic of ranges."""

from base64 import b64encode
from dataclasses import replace
from hashlib import sha256
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from boucle import note as notes
from boucle import receipt as receipts
from boucle.errors import MalformedCheckpointError, MalformedReceiptError, SigningRefusedError, UnverifiedNoteError
from boucle.note import Checkpoint, CheckpointSigner, NoteSigner, NoteVerifier
from boucle.receipt import Range, Receipt, confirms, covers, gaps, merge, ranges_of
from boucle.signing import load_crypto

CRYPTO = load_crypto()
ORIGIN = "traces.example.fr/org7/g1"
SIGNER = NoteSigner(ORIGIN, CRYPTO.signing_key(bytes(range(32))))
VERIFIER = NoteVerifier(ORIGIN, CRYPTO.verify_key(SIGNER.key.public))
ROOT = sha256(b"root").digest()


def payload_hash(seq: int) -> str:
    return sha256(b"payload %d" % seq).hexdigest()


RECEIPT = Receipt(
    org="org7",
    dev="phone-3",
    epoch="00ff00ff00ff00ff",
    ranges=(Range(1, 1042, payload_hash(1042)), Range(1050, 1060, payload_hash(1060))),
    origin=ORIGIN,
    size=20_852_163,
    root=ROOT,
    server_ms=1_793_489_400_007,
)

seqs = st.lists(st.integers(1, 40), max_size=40)


def stored(numbers: list[int]) -> list[tuple[int, str]]:
    return [(seq, payload_hash(seq)) for seq in numbers]


def test_a_receipt_is_these_lines() -> None:
    assert RECEIPT.to_text() == (
        "boucle-receipt/1\n"
        "org org7\n"
        "dev phone-3\n"
        "epoch 00ff00ff00ff00ff\n"
        f"range 1 1042 {payload_hash(1042)}\n"
        f"range 1050 1060 {payload_hash(1060)}\n"
        "origin traces.example.fr/org7/g1\n"
        "size 20852163\n"
        f"root {b64encode(ROOT).decode()}\n"
        "server_ms 1793489400007\n"
    )
    assert Receipt.parse(RECEIPT.to_text()) == RECEIPT


def test_a_receipt_for_a_device_of_which_nothing_is_stored_has_no_ranges() -> None:
    empty = replace(RECEIPT, ranges=())
    assert Receipt.parse(empty.to_text()) == empty


@given(seqs, st.integers(0, 2**53), st.integers(1, 2**63 - 1))
def test_every_receipt_comes_back_from_its_text(numbers: list[int], server_ms: int, size: int) -> None:
    receipt = replace(RECEIPT, ranges=ranges_of(stored(numbers)), server_ms=server_ms, size=size)
    assert Receipt.parse(receipt.to_text()) == receipt


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("boucle-receipt/1", "boucle-receipt/2"),
        ("boucle-receipt/1\n", ""),
        ("org org7\n", ""),
        ("org org7", "org"),
        ("org org7", "org two words"),
        ("org org7\ndev phone-3", "dev phone-3\norg org7"),
        ("epoch 00ff", "epoch 00FF"),
        ("epoch 00ff", "epoch ff"),
        ("range 1 1042", "range 0 1042"),
        ("range 1 1042", "range 01 1042"),
        ("range 1 1042", "range 1043 1042"),
        ("range 1 1042", "range 1  1042"),
        ("range 1 1042", "range 1 1049"),
        ("range 1 1042", "range 1 1055"),
        ("range 1050 1060", "range 1050 9007199254740993"),
        ("range 1050 1060 ", "range 1050 1060 0"),
        ("range 1050", "extra 1050"),
        ("size 20852163", "size 0"),
        ("size 20852163", "size -1"),
        ("size 20852163", "size 9223372036854775808"),
        ("root ", "root A"),
        ("server_ms 1793489400007", "server_ms 1793489400007.5"),
        ("server_ms 1793489400007", "server_ms 17934894000070000000"),
        ("server_ms 1793489400007\n", "server_ms 1793489400007"),
        ("server_ms 1793489400007\n", "server_ms 1793489400007\n\n"),
        ("server_ms 1793489400007\n", "server_ms 1793489400007\nmore\n"),
    ],
)
def test_a_receipt_is_read_strictly(old: str, new: str) -> None:
    text = RECEIPT.to_text()
    assert old in text
    with pytest.raises(MalformedReceiptError):
        Receipt.parse(text.replace(old, new, 1))


def test_the_error_names_the_line_that_is_wrong() -> None:
    with pytest.raises(MalformedReceiptError, match="expected the line `epoch …`, found 'epoc 00ff"):
        Receipt.parse(RECEIPT.to_text().replace("epoch", "epoc"))
    with pytest.raises(MalformedReceiptError, match="cut"):
        Receipt.parse("boucle-receipt/1\norg org7\n")


def test_a_signed_receipt_is_verified_by_its_log_alone() -> None:
    note, _ = receipts.sign(RECEIPT, CheckpointSigner(signer=SIGNER))
    assert receipts.verify(note, VERIFIER) == RECEIPT
    with pytest.raises(UnverifiedNoteError):
        receipts.verify(note.replace("range 1 1042", "range 1 1043"), VERIFIER)
    stranger = NoteVerifier(ORIGIN, CRYPTO.verify_key(CRYPTO.signing_key(bytes(32)).public))
    with pytest.raises(UnverifiedNoteError):
        receipts.verify(note, stranger)


def test_a_receipt_that_speaks_for_another_log_is_refused() -> None:
    other = replace(RECEIPT, origin="traces.example.fr/org8/g1")
    with pytest.raises(UnverifiedNoteError, match="signed a receipt of"):
        receipts.verify(notes.sign(other.to_text(), SIGNER), VERIFIER)


def test_a_receipt_passes_the_same_guard_as_a_checkpoint() -> None:
    _, guard = receipts.sign(RECEIPT, CheckpointSigner(signer=SIGNER))
    assert guard.last == RECEIPT.checkpoint == Checkpoint(origin=ORIGIN, size=20_852_163, root=ROOT)
    with pytest.raises(SigningRefusedError):
        receipts.sign(replace(RECEIPT, root=sha256(b"other").digest()), guard)
    with pytest.raises(SigningRefusedError):
        guard.sign(Checkpoint(origin=ORIGIN, size=7, root=ROOT))


def test_a_receipt_is_no_checkpoint_and_a_checkpoint_no_receipt() -> None:
    receipt, guard = receipts.sign(RECEIPT, CheckpointSigner(signer=SIGNER))
    checkpoint, _ = guard.sign(RECEIPT.checkpoint)
    with pytest.raises(MalformedCheckpointError):
        notes.verify_checkpoint(receipt, VERIFIER)
    with pytest.raises(MalformedReceiptError):
        receipts.verify(checkpoint, VERIFIER)


@given(seqs, seqs)
def test_ranges_cover_exactly_what_is_stored(first: list[int], second: list[int]) -> None:
    ranges = merge(ranges_of(stored(first)), ranges_of(stored(second)))
    assert ranges == ranges_of(stored([*second, *first, *second]))
    assert {seq for seq in range(45) if covers(ranges, seq)} == {*first, *second}
    for each in ranges:
        assert each.hash == payload_hash(each.last)
    for before, after in pairwise(ranges):
        assert after.first > before.last + 1


@given(seqs, st.integers(0, 45))
def test_the_gaps_are_exactly_what_is_missing(numbers: list[int], last: int) -> None:
    missing = {seq for first, end in gaps(ranges_of(stored(numbers)), last) for seq in range(first, end + 1)}
    assert missing == set(range(1, max([last, *numbers]) + 1)) - set(numbers)


def test_gaps_are_given_as_first_and_last() -> None:
    assert gaps(RECEIPT.ranges) == ((1043, 1049),)
    assert gaps(RECEIPT.ranges, 1070) == ((1043, 1049), (1061, 1070))
    assert gaps((), 3) == ((1, 3),)
    assert gaps(()) == ()


def test_one_event_with_two_hashes_is_a_fork_and_never_merged_silently() -> None:
    with pytest.raises(MalformedReceiptError, match="event 3 was stored with two hashes"):
        ranges_of([*stored([2, 3]), (3, payload_hash(4))])
    with pytest.raises(MalformedReceiptError, match="event 3 was stored with two hashes"):
        merge((Range(1, 3, payload_hash(3)),), (Range(2, 3, payload_hash(4)),))


def test_an_event_is_confirmed_only_by_a_range_whose_last_hash_is_our_own() -> None:
    def ours(seq: int) -> str | None:
        return payload_hash(seq) if seq <= 1055 else None

    assert confirms(RECEIPT, 1, ours)
    assert confirms(RECEIPT, 1042, ours)
    assert not confirms(RECEIPT, 1043, ours), "in a gap"
    assert not confirms(RECEIPT, 1050, ours), "the server has events that we never made: a cloned device"
    assert not confirms(RECEIPT, 1061, ours), "after the last"
    assert not confirms(RECEIPT, 7, lambda _seq: payload_hash(8)), "another payload under our number"
