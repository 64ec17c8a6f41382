"""The witness: this phone keeps the last checkpoint it saw, and asks the log to prove that it only grew.

A log that was rewritten or rolled back contradicts some phone. A restored log says so by its next generation; the
phone keeps the old generation's checkpoint too, and fills the server up again.
"""

from enum import StrEnum
from typing import NamedTuple

from boucle.errors import BoucleError
from boucle.log import verify_consistency
from boucle.note import Checkpoint, verify_checkpoint
from boucle_field.asking import OK, Engine, Request
from boucle_field.identity import generation_of
from boucle_field.phone import Phone
from boucle_field.store import Store, put


class Verdict(StrEnum):
    """What a new checkpoint means beside the last one."""

    OK = "ok"
    RESTORED = "restored"
    """The log went on under its next generation: a backup was restored."""
    ROLLED_BACK = "rolled_back"
    """The log is shorter than it was: a backup was put back behind its own back."""
    FORK = "fork"
    """The log says something else than before: its entries were changed, or not everybody is told the same."""
    UNPROVEN = "unproven"
    """No checkpoint, or no proof, could be had now; the last one is kept."""


class Head(NamedTuple):
    """A checkpoint that was seen, with its signed note."""

    checkpoint: Checkpoint
    note: str


def newest(store: Store) -> Head | None:
    """Give the last checkpoint seen, None before the first."""
    with store.reading() as db:
        row = db.execute(
            "SELECT origin, size, root, note FROM head ORDER BY generation DESC, size DESC LIMIT 1"
        ).fetchone()
    return None if row is None else Head(Checkpoint(origin=row[0], size=row[1], root=row[2]), row[3])


def newest_note(store: Store) -> str:
    """Give the signed note of the last checkpoint seen, empty before the first."""
    head = newest(store)
    return head.note if head else ""


def generation(store: Store) -> int:
    """Give the generation of the last checkpoint seen, 0 before the first."""
    head = newest(store)
    return generation_of(head.checkpoint.origin) if head else 0


def witness(phone: Phone, note: str) -> Engine[Verdict]:
    """Hold a checkpoint (asked for when `note` is empty) against the last one, and keep it when it follows."""
    if not note:
        note = yield from _asked()
    try:
        found = verify_checkpoint(note, phone.identity.verifier(note, phone.crypto))
    except BoucleError:
        return Verdict.UNPROVEN
    known = newest(phone.store)
    verdict = yield from _compared(known.checkpoint if known else None, found)
    with phone.store.writing() as db:
        put(db, "witness", verdict)
        if verdict is Verdict.FORK:
            # Two signed notes that contradict each other: what a manager needs to hold the server to account.
            put(db, "fork_evidence", note)
        elif verdict in (Verdict.OK, Verdict.RESTORED):
            db.execute(
                "INSERT INTO head VALUES (?, ?, ?, ?, ?) ON CONFLICT (origin) DO UPDATE"
                " SET size = excluded.size, root = excluded.root, note = excluded.note",
                (found.origin, generation_of(found.origin), found.size, found.root, note),
            )
    return verdict


def _asked() -> Engine[str]:
    response = yield Request(method="GET", path="/v1/log/checkpoint")
    if response.status != OK:
        return ""
    answer = response.json()
    return response.body.decode("utf-8", "replace") if answer is None else str(answer.get("checkpoint") or "")


def _compared(known: Checkpoint | None, found: Checkpoint) -> Engine[Verdict]:
    if known is None:
        return Verdict.OK
    if known.origin != found.origin:
        later = generation_of(found.origin) > generation_of(known.origin)
        return Verdict.RESTORED if later else Verdict.ROLLED_BACK
    if found.size < known.size:
        return Verdict.ROLLED_BACK
    if found.size == known.size:
        return Verdict.OK if found.root == known.root else Verdict.FORK
    response = yield Request(
        method="GET", path="/v1/log/consistency", query={"from": str(known.size), "to": str(found.size)}
    )
    proof = _hashes((response.json() or {}).get("proof")) if response.status == OK else None
    if proof is None:
        return Verdict.UNPROVEN
    holds = verify_consistency(known.size, found.size, proof=proof, old_root=known.root, new_root=found.root)
    return Verdict.OK if holds else Verdict.FORK


def _hashes(value: object) -> list[bytes] | None:
    if not isinstance(value, list):
        return None
    try:
        return [bytes.fromhex(each) for each in value]
    except (TypeError, ValueError):
        return None
