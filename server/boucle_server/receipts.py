"""What a device is told of the log: its receipt, the head, and whether the head it knew still fits.

Everything signed here speaks of the log as it stands inside the writing transaction, through the one guard that
never contradicts itself; it is handed out only after the commit.
"""

from dataclasses import dataclass

from sqlalchemy.engine import Connection

from boucle import receipt as receipts
from boucle.errors import MalformedError, UnverifiedError
from boucle.note import Checkpoint, NoteVerifier, verify_checkpoint
from boucle.push import Consistency
from boucle.receipt import Range, Receipt
from boucle.signing import load_crypto
from boucle_server import eventlog, keys


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """The signed receipt, the signed head, and how the head that the device knew relates to it."""

    receipt: str
    head: str
    consistency: Consistency
    generation: int


def tell(
    connection: Connection, org: str, *, dev: str, epoch: str, ranges: tuple[Range, ...], known: str, now_ms: int
) -> Told:
    """Sign what is stored of an epoch; `known` is the last head that the device saw, as text, or empty."""
    stands = eventlog.stand(connection, org)
    now = stands.checkpoint
    stored = Receipt(
        org=org,
        dev=dev,
        epoch=epoch,
        ranges=ranges,
        origin=now.origin,
        size=now.size,
        root=now.root,
        server_ms=now_ms,
    )
    receipt, guard = receipts.sign(stored, eventlog.guard(connection, org, stands))
    head, guard = guard.sign(now)
    eventlog.remember(connection, org, guard)
    return Told(
        receipt=receipt,
        head=head,
        consistency=consistency(connection, org, known, now) if known else Consistency.OK,
        generation=stands.generation,
    )


def consistency(connection: Connection, org: str, known: str, now: Checkpoint) -> Consistency:
    """Tell how a head that a device saw relates to the log as it stands.

    A text that is no head at all says nothing. One that this organisation's key never signed was signed by another
    server under its name, which is a fork.
    """
    origin = known.partition("\n")[0]
    try:
        verifier = NoteVerifier(origin, load_crypto().verify_key(keys.signing_key(connection, org).public))
        seen = verify_checkpoint(known, verifier)
    except UnverifiedError:
        return Consistency.FORK
    except MalformedError:
        return Consistency.OK
    if seen.origin != now.origin:
        same_log = seen.origin.rpartition("/")[0] == now.origin.rpartition("/")[0]
        return Consistency.BEHIND if same_log else Consistency.FORK
    if seen.size > now.size:
        return Consistency.BEHIND
    root = now.root if seen.size == now.size else _root_at(connection, org, seen.size)
    return Consistency.OK if root == seen.root else Consistency.FORK


def _root_at(connection: Connection, org: str, size: int) -> bytes:
    generation = keys.name_of_log(connection, org).generation
    return eventlog.root_at(connection, org, generation, size=size)
