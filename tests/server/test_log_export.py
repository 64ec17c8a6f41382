"""The exported log: a stranger recomputes its root, checks the signature and each event, with no code of ours."""

import base64
import io
import json
from hashlib import sha256
from typing import Any

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from boucle_server import eventlog
from boucle_server.db import Database
from boucle_server.exports import events, log
from boucle_server.exports.command import Request
from tests.builders import ORG, code
from tests.server.handset import LATER, Handset, a_network, taken

Lines = list[dict[str, Any]]


def exported(database: Database, module: Any) -> Lines:
    file = io.BytesIO()
    request = Request(as_of_ms=LATER, format="jsonl", first="", last="")
    with database.reading() as connection:
        module.write(connection, ORG, file, request=request)
    return [json.loads(line) for line in file.getvalue().splitlines()]


def a_life(database: Database) -> None:
    """Let a phone record, send twice, and send bytes that are no event; publish a checkpoint in between and after."""
    a_network(database)
    phone = Handset()
    for step in range(3):
        for number in range(5):
            phone.scan("item.counted", code(5 * step + number), place="metz")
        phone.junk(b"no event")
        taken(database, phone.push(), now_ms=LATER + step)
        with database.writing(ORG) as connection:
            eventlog.checkpoint(connection, ORG, now_ms=LATER + step)


def root_of(entries: list[bytes]) -> bytes:
    """RFC 6962 section 2.1, written from the text of the standard."""
    if not entries:
        return sha256(b"").digest()
    if len(entries) == 1:
        return sha256(b"\x00" + entries[0]).digest()
    left = 1
    while left * 2 < len(entries):
        left *= 2
    return sha256(b"\x01" + root_of(entries[:left]) + root_of(entries[left:])).digest()


def check_note(note: str, vkey: str, entries: list[bytes]) -> None:
    """Check a checkpoint as C2SP signed-note and tlog-checkpoint tell; AssertionError or InvalidSignature."""
    name, key_id, key = vkey.split("+", 2)
    body, signatures = note.split("\n\n")
    signature = base64.b64decode(signatures.split()[-1])
    assert signature[:4].hex() == key_id
    public = base64.b64decode(key)
    assert public[0] == 1
    Ed25519PublicKey.from_public_bytes(public[1:]).verify(signature[4:], f"{body}\n".encode())
    origin, size, root = body.split("\n")[:3]
    assert origin == name
    assert base64.b64decode(root) == root_of(entries[: int(size)])


def check(lines: Lines) -> list[bytes]:
    """Check a whole exported log of one generation; give its entries."""
    (head,) = (line for line in lines if line["line"] == "log")
    found = [line for line in lines if line["line"] == "entry"]
    assert [line["index"] for line in found] == list(range(head["size"]))
    entries = [line["entry"].encode() for line in found]
    assert root_of(entries).hex() == head["root"]
    for line in lines:
        if line["line"] == "checkpoint":
            check_note(line["note"], head["vkey"], entries)
    return entries


def test_a_stranger_recomputes_the_root_of_every_checkpoint(database: Database) -> None:
    a_life(database)
    lines = exported(database, log)
    assert len(check(lines)) > 20
    assert sum(line["line"] == "checkpoint" for line in lines) == 3


def test_every_exported_event_is_the_one_that_was_logged(database: Database) -> None:
    a_life(database)
    salts: dict[str, set[bytes]] = {}
    for line in exported(database, log):
        if line["line"] == "entry":
            entry = json.loads(line["entry"])
            if entry["kind"] == "event":
                salts.setdefault(entry["id"], set()).add(bytes.fromhex(line["salt"]) + bytes.fromhex(entry["commit"]))
    records = [line for line in exported(database, events) if line["line"] == "record"]
    assert len(records) > 15
    for record in records:
        (known,) = salts[record["id"]]
        content = known[:16] + record["payload"].encode() + record["teff"].to_bytes(8, "big", signed=True)
        assert sha256(content + bytes([record["tq"]])).digest() == known[16:]


def test_an_entry_that_was_changed_or_left_out_is_found(database: Database) -> None:
    a_life(database)
    lines = exported(database, log)
    at = next(n for n, line in enumerate(lines) if line["line"] == "entry" and line["index"] == 7)
    changed = [dict(line) for line in lines]
    changed[at]["entry"] = changed[at]["entry"].replace('"v":1', '"v":2')
    with pytest.raises(AssertionError):
        check(changed)
    with pytest.raises(AssertionError):
        check(lines[:at] + lines[at + 1 :])
    forged = [dict(line) for line in lines]
    for line in forged:
        if line["line"] == "checkpoint":
            line["note"] = line["note"].replace(ORG, "autre", 1)
    with pytest.raises(InvalidSignature):
        check(forged)
