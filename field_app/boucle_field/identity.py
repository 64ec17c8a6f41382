"""Who this device is: its organisation, its name there, its keys, and the server it trusts."""

import json
from dataclasses import asdict, dataclass
from re import fullmatch
from typing import Self

from boucle.clock import DEFAULT_ZONE
from boucle.note import NoteVerifier, parse_vkey
from boucle.signing import Crypto, SigningKey
from boucle_field.errors import NotEnrolledError
from boucle_field.store import Store, put

_NAME, _KEY = "identity", "device_key"
_ORIGIN = r"(.+)/g([1-9][0-9]{0,8})"


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """What an enrolment gave: keys as hex, `vkey` as a log's verifier key is written, `enrolled_ms` the server's."""

    org: str
    dev: str
    token: str
    server: str
    vkey: str
    box_key: str
    origin: str
    name: str = ""
    role: str = ""
    site: str = ""
    zone: str = DEFAULT_ZONE
    enrolled_ms: int = 0
    org_name: str = ""

    @classmethod
    def load(cls, store: Store) -> Self | None:
        """Give who this device is, None before its enrolment."""
        text = store.get(_NAME)
        return cls(**json.loads(text)) if text else None

    @classmethod
    def of(cls, store: Store) -> Self:
        """Give who this device is; NotEnrolledError before its enrolment."""
        found = cls.load(store)
        if found is None:
            raise NotEnrolledError("phone.not_enrolled")
        return found

    def save(self, store: Store, epoch: str) -> None:
        """Keep who this device is, and open its first epoch, in one transaction."""
        with store.writing() as db:
            put(db, _NAME, json.dumps(asdict(self), sort_keys=True))
            db.execute("INSERT INTO epoch (epoch, why) VALUES (?, 'enrolled')", (epoch,))

    def verifier(self, note: str, crypto: Crypto) -> NoteVerifier:
        """Give the verifier of a note of this server's log, in whichever generation the note says to be.

        A restore goes on under the next generation's origin with the same key: `name/g2` after `name/g1`. A note
        of another log gets the verifier of the enrolment, which refuses it.
        """
        origin, public = parse_vkey(self.vkey)
        own = fullmatch(_ORIGIN, origin)
        for line in note.splitlines():
            stated = fullmatch(_ORIGIN, line.removeprefix("origin "))
            if own and stated and stated[1] == own[1]:
                origin = stated[0].removeprefix("origin ")
                break
        return NoteVerifier(origin, crypto.verify_key(public))


def generation_of(origin: str) -> int:
    """Give the generation that an origin names, 1 where it names none."""
    found = fullmatch(_ORIGIN, origin)
    return int(found[2]) if found else 1


def device_key(store: Store, crypto: Crypto) -> SigningKey:
    """Give the device's own signing key, made and kept at the first call."""
    with store.writing() as db:
        row = db.execute("SELECT value FROM meta WHERE name = ?", (_KEY,)).fetchone()
        private = bytes.fromhex(row[0]) if row else crypto.generate_private_key()
        if row is None:
            put(db, _KEY, private.hex())
    return crypto.signing_key(private)
