"""Settling: what became of the events that a server answered for.

An event is called sent only after a receipt that verifies under the pinned key names it with our own hashes.
What the server keeps without effect (held, quarantined, in conflict, forked) is to check, with its reason, until a
person decides: then `why` is `accepted` or `dismissed`, and the state stays what it was.
"""

import sqlite3
from collections.abc import Sequence
from typing import Any, NamedTuple

from boucle import receipt as receipts
from boucle.errors import BoucleError
from boucle.push import Status
from boucle.receipt import Receipt
from boucle.signing import Crypto
from boucle_field.identity import Identity
from boucle_field.outbox import Waiting
from boucle_field.store import Store

TO_CHECK = frozenset({Status.HELD, Status.QUARANTINED, Status.CONFLICT, Status.FORK})

DISMISSED = "dismissed"
"""What a person decided shall have no effect."""
DECIDED = (str(Status.ACCEPTED), DISMISSED)
OUTSIDE = frozenset({Status.CONFLICT, Status.FORK})
"""What has no number of its own in the chain, so that no receipt will ever name it."""


class Settled(NamedTuple):
    """What one answer changed: events now sent, now to check, unsent again; whether the chain forked."""

    sent: int = 0
    to_check: int = 0
    lost: int = 0
    forked: bool = False


class Decided(NamedTuple):
    """How many events of this device that the server had set aside count now, and how many never will."""

    admitted: int
    dismissed: int


def verified(note: str, identity: Identity, crypto: Crypto) -> Receipt | None:
    """Give the receipt when our server signed it for this very device; None for anything else."""
    try:
        receipt = receipts.verify(note, identity.verifier(note, crypto))
    except BoucleError:
        return None
    return receipt if (receipt.org, receipt.dev) == (identity.org, identity.dev) else None


def settle(
    store: Store, receipt: Receipt, *, note: str, batch: Sequence[Waiting] = (), results: Sequence[Any] = ()
) -> Settled:
    """Write down what a verified receipt and the results of a batch say, in one transaction."""
    with store.writing() as db:
        row = db.execute("SELECT era FROM epoch WHERE epoch = ?", (receipt.epoch,)).fetchone()
        if row is None:
            return Settled()
        era = int(row[0])
        number = db.execute(
            "INSERT INTO receipt (era, server_ms, note) VALUES (?, ?, ?)", (era, receipt.server_ms, note)
        ).lastrowid
        checked, forked = _check(db, batch, results)
        sent, raw = _acknowledge(db, era, receipt, int(number or 0))
        lost = _doubt(db, era, receipt)
    return Settled(sent, checked + raw, lost, forked)


def _check(db: sqlite3.Connection, batch: Sequence[Waiting], results: Sequence[Any]) -> tuple[int, bool]:
    """Move what the server keeps without effect to `to check`; an answer for other bytes than ours is none."""
    checked, forked = 0, False
    for waiting, result in zip(batch, results, strict=False):
        if not isinstance(result, dict) or result.get("hash") != waiting.hash:
            continue
        status, why = str(result.get("status", "")), str(result.get("why") or "")
        if status == Status.DUPLICATE:
            status, why = why, str(result.get("reason") or "")
        if status == DISMISSED:
            # Sent again, to a server that was restored since it was decided.
            status, why = str(Status.QUARANTINED), DISMISSED
        if status == Status.ACCEPTED:
            # Read after all: whatever the raw route may have taken of it counts no more.
            db.execute("UPDATE outbox SET why = '' WHERE n = ? AND state = 'new'", (waiting.n,))
        if status not in TO_CHECK:
            continue
        forked = forked or status == Status.FORK
        moved = db.execute(
            "UPDATE outbox SET state = ?, why = ? WHERE n = ? AND state = 'new'", (status, why, waiting.n)
        ).rowcount
        checked += moved if why != DISMISSED else 0
    return checked, forked


def _acknowledge(db: sqlite3.Connection, era: int, receipt: Receipt, number: int) -> tuple[int, int]:
    """Call sent what the receipt confirms: the hash of a range's last event, being ours, confirms its range.

    What was offered to the raw route is kept there for all we know, so it is to check. Give how many of each.
    """
    sent, raw = 0, 0
    for each in receipt.ranges:
        own = db.execute("SELECT hash FROM outbox WHERE era = ? AND seq = ?", (era, each.last)).fetchone()
        if own is None or own[0] != each.hash:
            continue
        confirmed = "WHERE era = ? AND seq BETWEEN ? AND ? AND state = 'new' AND teff IS NOT NULL"
        values = (number, era, each.first, each.last)
        raw += db.execute(
            f"UPDATE outbox SET state = 'raw', why = '', receipt = ? {confirmed} AND why = 'raw'",  # noqa: S608
            values,
        ).rowcount
        sent += db.execute(f"UPDATE outbox SET state = 'acked', receipt = ? {confirmed}", values).rowcount  # noqa: S608
    return sent, raw


def _doubt(db: sqlite3.Connection, era: int, receipt: Receipt) -> int:
    """Call unsent again what the server had and has no more: it was restored, and is refilled from here."""
    lost, after = 0, 0
    for first, last in [*((each.first, each.last) for each in receipt.ranges), (2**62, 2**62)]:
        lost += db.execute(
            "UPDATE outbox SET state = 'new', receipt = NULL, folded = 0"
            " WHERE era = ? AND seq > ? AND seq < ? AND state = 'acked'",
            (era, after, first),
        ).rowcount
        after = last
    return lost


def decided(db: sqlite3.Connection, event_id: str, *, content: str, teff: int, status: str, was: str) -> None:
    """Note, inside the caller's transaction, what was decided about an event of ours that had been set aside.

    Nothing is called sent by that. An event that is unsent (again) is left to its receipt, where one can name it.
    """
    ours = "WHERE id = ? AND hash = ? AND teff = ?"
    if status in TO_CHECK:
        values = (status, event_id, content, teff)
        db.execute(f"UPDATE outbox SET state = ?, why = '' {ours} AND state NOT IN ('new', 'acked')", values)  # noqa: S608
    elif status in DECIDED:
        states = "state NOT IN ('new', 'acked')" + (" OR state = 'new'" if was in OUTSIDE else "")
        db.execute(
            f"UPDATE outbox SET why = ?, state = CASE state WHEN 'new' THEN ? ELSE state END {ours} AND ({states})",  # noqa: S608
            (status, was, event_id, content, teff),
        )


def decisions(store: Store) -> Decided:
    """Count what was set aside and decided about since."""
    with store.reading() as db:
        query = "SELECT why, count(*) FROM outbox WHERE state NOT IN ('new', 'acked') GROUP BY why"
        found = dict(db.execute(query).fetchall())
    return Decided(*(found.get(why, 0) for why in DECIDED))


def doubt_all(store: Store) -> int:
    """Call every kept event unsent again, when the server says that it was restored; receipts settle most at once.

    What the raw route took may still stand in them as bytes, so it is remembered as offered there.
    """
    with store.writing() as db:
        return db.execute(
            "UPDATE outbox SET why = CASE state WHEN 'raw' THEN 'raw' ELSE '' END,"
            " state = 'new', receipt = NULL, folded = 0 WHERE state != 'new'"
        ).rowcount


def offer_raw(store: Store, waiting: Waiting) -> None:
    """Note, before it is done, that the raw route is offered an event: its answer may be lost."""
    with store.writing() as db:
        db.execute("UPDATE outbox SET why = 'raw' WHERE n = ? AND state = 'new'", (waiting.n,))


def settle_raw(store: Store, waiting: Waiting) -> int:
    """Note that the raw route keeps the bytes of one event: to check; give how many that is."""
    with store.writing() as db:
        return db.execute(
            "UPDATE outbox SET state = 'raw', why = '' WHERE n = ? AND state = 'new'", (waiting.n,)
        ).rowcount


def forget_receipts(store: Store) -> None:
    """Keep the receipts that some event rests on, and the newest of each epoch."""
    with store.writing() as db:
        db.execute(
            "DELETE FROM receipt WHERE n NOT IN (SELECT receipt FROM outbox WHERE receipt IS NOT NULL)"
            " AND n NOT IN (SELECT max(n) FROM receipt GROUP BY era)"
        )
