"""docs/sync.md stays true: its bytes are those that the code makes, its figures those that the code keeps to."""

import json

import pytest

from boucle.admission import FUTURE_MS
from boucle.enrolment import CODE_CHARACTERS, LIFETIME_MS
from boucle.note import NoteSigner, NoteVerifier, verify_checkpoint
from boucle.photo import MAX_PHOTO, MAX_PIXELS
from boucle.push import Consistency, Status, read_push, seal_body
from boucle.receipt import verify
from boucle.wire import MAX_DEPTH, MAX_PAYLOAD, MAX_PUSH, MAX_RAW, MAX_RECORDS, Unreadable, digest, read
from boucle_field.asking import LONGEST_PAUSE_MS
from boucle_field.outbox import KEEP_MS
from boucle_field.pushing import TRIES
from boucle_field.sync import TIME_QUESTIONS
from tests.field_app import wire_example

PAGE = wire_example.PAGE.read_text(encoding="utf-8")
EXAMPLES = wire_example.blocks()


def test_the_page_holds_the_bytes_that_the_code_makes() -> None:
    assert wire_example.written(PAGE) == PAGE, "python -m tests.field_app.wire_example"
    assert wire_example.names(PAGE) == set(EXAMPLES)


def test_the_example_is_a_push_that_a_server_accepts() -> None:
    push = read_push(EXAMPLES["push"].encode())
    assert seal_body(push).decode().rstrip("\n") == EXAMPLES["seal"]
    assert wire_example.CRYPTO.verify_key(wire_example.DEVICE.public).verify(push.seal, seal_body(push))
    for record, name in zip(push.records, ("payload-one", "payload-two"), strict=True):
        assert record.payload.decode() == EXAMPLES[name]
        assert not isinstance(read(record.payload, record.teff, record.tq), Unreadable)


def test_the_example_s_receipt_confirms_both_events() -> None:
    vkey = NoteSigner(wire_example.ORIGIN, wire_example.SERVER).vkey
    verifier = NoteVerifier.from_vkey(vkey, wire_example.CRYPTO.verify_key)
    receipt = verify(json.loads(EXAMPLES["answer"])["receipt"], verifier)
    assert [(each.first, each.last) for each in receipt.ranges] == [(1, 2)]
    assert receipt.ranges[0].hash == digest(EXAMPLES["payload-two"].encode())
    assert verify_checkpoint(EXAMPLES["checkpoint"] + "\n", verifier) == receipt.checkpoint


@pytest.mark.parametrize("words", [
    f"at most {MAX_PAYLOAD // 1024} KiB",
    f"at most {MAX_RECORDS} records and {MAX_PUSH // 1024 // 1024} MiB",
    f"{MAX_RAW // 1024} KiB",
    f"at most {MAX_DEPTH} levels",
    f"{FUTURE_MS // 60_000} minutes",
    f"{LIFETIME_MS // 60_000} minutes",
    f"{CODE_CHARACTERS} characters",
    f"{KEEP_MS // 86_400_000} days",
    f"{LONGEST_PAUSE_MS // 60_000} min",
    f"{['', 'once', 'twice', 'three times'][TRIES]}",
    f"{['', '', '', '', '', 'five'][TIME_QUESTIONS]} times",
    f"at most {MAX_PHOTO // 1024 // 1024} MiB and {MAX_PIXELS:,} pixels".replace(",", " "),
    *(f"`{status}`" for status in Status),
    *(f"`{consistency}`" for consistency in Consistency),
])  # fmt: skip
def test_the_page_says_what_the_code_keeps_to(words: str) -> None:
    assert words in PAGE
