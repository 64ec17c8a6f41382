"""Seals of an event export, checked before anything of it is taken in.

A seal is checked when the key of its device is known, one of the server's own when the file has all keys that it ever
had, and what a seal covers when the file has all of it. What is noted of the lines stands in a temporary database on
disk, so that the length of a file costs no memory.
"""

import base64
import binascii
import json
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from hashlib import sha256
from typing import Any, Final

from boucle.errors import MalformedKeyError
from boucle.signing import VerifyKey, load_crypto
from boucle.wire import Unreadable, digest, read
from boucle_server.errors import Words
from boucle_server.keys import SIGN
from boucle_server.organisations import SERVER_DEV

_TABLES: Final = """
CREATE TABLE key (dev TEXT, public BLOB, PRIMARY KEY (dev, public)) WITHOUT ROWID;
CREATE TABLE seal (
    address BLOB PRIMARY KEY, number INTEGER, org TEXT, dev TEXT, epoch TEXT, first INTEGER, last INTEGER,
    body BLOB, signature BLOB
) WITHOUT ROWID;
CREATE TABLE content (address BLOB, seq INTEGER, hash BLOB, teff INTEGER, tq INTEGER,
    PRIMARY KEY (address, seq, hash, teff, tq)) WITHOUT ROWID;
CREATE TABLE wrong (address BLOB PRIMARY KEY) WITHOUT ROWID;
"""
_STATE: Final = 8
"""The line of a seal's text that has the digest of all it covers."""


_WORST_TQ: Final = 2


class SealCheck:
    """The seals of one file: `note` every line, `judge` once, then ask `keeps_aside`; `close` it after."""

    def __init__(self) -> None:
        # Without a name it is a file of SQLite's own, which nobody else sees and which is gone with the connection.
        self._db = sqlite3.connect("", isolation_level=None)
        self._db.executescript(_TABLES)
        self._db.execute("BEGIN")
        self._any_wrong = False
        self._keys_of_server = 1

    def close(self) -> None:
        """Forget everything."""
        self._db.close()

    def note(self, number: int, line: Mapping[str, Any]) -> None:
        """Take note of a line; one that cannot be read is for whoever takes it in to refuse."""
        try:
            match line["line"]:
                case "key" if line["purpose"] == SIGN:
                    self._note_key(SERVER_DEV, line["public"])
                    self._keys_of_server = max(self._keys_of_server, int(line["of"]))
                case "device":
                    self._note_key(str(line["dev"]), line["public_key"])
                case "seal":
                    self._note_seal(number, line)
                case "record" | "raw":
                    self._note_content(line)
                case _:
                    pass
        except (KeyError, TypeError, ValueError, OverflowError):
            return

    def judge(self, known: Mapping[str, Sequence[bytes]]) -> Iterator[tuple[int, Words]]:
        """Give each wrong seal by its line; `known` are the keys of devices that are enrolled here already."""
        asked = "SELECT address, number, org, dev, epoch, first, last, body, signature FROM seal ORDER BY number"
        for address, number, *seal in self._db.execute(asked):
            *place, body, signature = seal
            keys = known.get(place[1]) or self._keys(place[1])
            fault = ""
            if keys and not any(_is_signed(key, signature, body) for key in keys):
                fault = "import.seal_signature"
            elif not self._covers(address, place, body):
                fault = "import.seal_content"
            if fault:
                self._any_wrong = True
                self._db.execute("INSERT OR IGNORE INTO wrong VALUES (?)", (address,))
                yield number, Words(fault, {"dev": place[1], "first": place[3], "last": place[4]})

    def keeps_aside(self, line: Mapping[str, Any]) -> bool:
        """Tell whether a line is a wrong seal, or came under one."""
        if not self._any_wrong:
            return False
        try:
            address = _address_of(line)
        except (KeyError, TypeError, ValueError):
            return False
        wrong = "SELECT 1 FROM wrong WHERE address = ?"
        return address is not None and self._db.execute(wrong, (address,)).fetchone() is not None

    def _note_key(self, dev: str, public: str) -> None:
        self._db.execute("INSERT OR IGNORE INTO key VALUES (?, ?)", (dev, bytes.fromhex(public)))

    def _note_seal(self, number: int, line: Mapping[str, Any]) -> None:
        body = str(line["body"]).encode()
        if not body:
            return  # only named so far, by a record: the seal itself has still to come
        place = (str(line["org"]), str(line["dev"]), str(line["epoch"]), int(line["first"]), int(line["last"]))
        values = (_address_of(line), number, *place, body, bytes.fromhex(line["signature"]))
        self._db.execute("INSERT OR IGNORE INTO seal VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", values)

    def _note_content(self, line: Mapping[str, Any]) -> None:
        address = _address_of(line)
        if address is None or line["teff"] is None:
            return
        seq, content = _sealed_part(line)
        teff, tq = int(line["teff"]), int(line["tq"])
        if not 0 <= tq <= _WORST_TQ:
            return
        values = (address, seq, bytes.fromhex(digest(content)), teff, tq)
        self._db.execute("INSERT OR IGNORE INTO content VALUES (?, ?, ?, ?, ?)", values)

    def _keys(self, dev: str) -> list[bytes]:
        found = [public for (public,) in self._db.execute("SELECT public FROM key WHERE dev = ?", (dev,))]
        # The server that took an export in has the keys of the one before it too; a file that was cut, only some.
        return [] if dev == SERVER_DEV and len(found) < self._keys_of_server else found

    def _covers(self, address: bytes, place: Sequence[Any], body: bytes) -> bool:
        """Tell whether a seal speaks of its own place and, where the file has all of it, of what stands there."""
        said = body.decode("utf-8", "replace").split("\n")
        if said[1:6] != [str(part) for part in place] or len(said) <= _STATE:
            return False
        first, last = place[3:]
        rows = "SELECT count(DISTINCT seq) FROM content WHERE address = ? AND seq BETWEEN ? AND ?"
        if self._db.execute(rows, (address, first, last)).fetchone()[0] != last - first + 1:
            return True
        state = sha256()
        rows = "SELECT hash, teff, tq FROM content WHERE address = ? ORDER BY seq"
        for content_hash, teff, tq in self._db.execute(rows, (address,)):
            state.update(content_hash + teff.to_bytes(8, "big", signed=True) + bytes([tq]))
        return said[_STATE] == state.hexdigest()


def _address_of(line: Mapping[str, Any]) -> bytes | None:
    """Give the seal that a line is, or names; None for a record that came without one."""
    if line["line"] == "seal":
        dev, epoch = str(line["dev"]), str(line["epoch"])
        first, last, signature = line["first"], line["last"], line["signature"]
    elif line["line"] not in ("record", "raw") or line["seal"] is None:
        return None
    else:
        dev, epoch = _chain_of(line)
        first, last, signature = line["seal"]
    return sha256(json.dumps([dev, epoch, int(first), int(last), str(signature).lower()]).encode()).digest()


def _chain_of(line: Mapping[str, Any]) -> tuple[str, str]:
    if line["line"] == "raw":
        return str(line["dev"]), str(line["epoch"])
    event = read(str(line["payload"]).encode(), int(line["teff"]), int(line["tq"]))
    if isinstance(event, Unreadable):
        raise TypeError("no event")
    return event.dev, event.epoch


def _sealed_part(line: Mapping[str, Any]) -> tuple[int, bytes]:
    if line["line"] == "raw":
        try:
            return int(line["seq"]), base64.b64decode(line["content"], validate=True)
        except binascii.Error:
            raise ValueError("no base64") from None
    payload = str(line["payload"]).encode()
    event = read(payload, int(line["teff"]), int(line["tq"]))
    if isinstance(event, Unreadable):
        raise TypeError("no event")
    return event.seq, payload


def _is_signed(public: bytes, signature: bytes, body: bytes) -> bool:
    try:
        key: VerifyKey = load_crypto().verify_key(public)
    except MalformedKeyError:
        return False
    return key.verify(signature, body)
