"""The event log over HTTP: its checkpoint, its key, and the proofs that a stranger can check."""

from base64 import b64encode
from typing import Annotated

from fastapi import APIRouter, Path, Query
from pydantic import BaseModel, Field

from boucle.units import MAX_INT
from boucle_server import eventlog, keys
from boucle_server.api.rights import Reader, SignedIn
from boucle_server.api.running import Running, Server
from boucle_server.errors import InvalidInputError

router = APIRouter(prefix="/v1/log", tags=["log"])


class SignedCheckpoint(BaseModel):
    """A checkpoint of the log as a signed note (C2SP signed-note, tlog-checkpoint)."""

    checkpoint: str


class Key(BaseModel):
    """By what the log's signatures are verified, and rescue files are encrypted."""

    origin: str
    vkey: str
    box: Annotated[str, Field(description="hex")]


class Inclusion(BaseModel):
    """The proof that an event is in the log (RFC 9162); hashes are hex, from the leaf upwards."""

    event_id: str
    entry: Annotated[str, Field(description="the entry's bytes, which are ASCII")]
    salt: Annotated[str, Field(description="hex; with the payload it gives the entry's `commit`")]
    payload_sha256: str
    index: int
    size: int
    proof: list[str]
    checkpoint: str
    tlog_proof: Annotated[str, Field(description="the same as a c2sp.org/tlog-proof; `extra` is the entry")]


class Consistency(BaseModel):
    """The proof that the log of `new` entries continues the one of `old`; hashes are hex."""

    old: int
    new: int
    proof: list[str]


@router.get("/checkpoint")
def checkpoint(who: SignedIn, server: Server) -> SignedCheckpoint:
    """Sign the log as it stands; asked by every device as a witness, whatever it may read."""
    return SignedCheckpoint(checkpoint=_published(server, who.org))


@router.get("/key")
def key(who: Reader, server: Server) -> Key:
    """Give the public keys of the organisation's log."""
    with server.database.reading() as connection:
        signer = keys.signer(connection, who.org)
        return Key(origin=signer.name, vkey=signer.vkey, box=keys.box_public(connection, who.org).hex())


@router.get("/proof/{event_id}")
def proof(who: Reader, server: Server, event_id: Annotated[str, Path(max_length=64)]) -> Inclusion:
    """Prove that an event is in the log."""
    _published(server, who.org)
    with server.database.reading() as connection:
        found = eventlog.inclusion(connection, who.org, event_id)
    lines = ["c2sp.org/tlog-proof@v1", f"extra {b64encode(found.entry).decode()}", f"index {found.index}"]
    lines += [b64encode(value).decode() for value in found.proof]
    return Inclusion(
        event_id=event_id,
        entry=found.entry.decode("ascii"),
        salt=found.salt.hex(),
        payload_sha256=found.payload_hash,
        index=found.index,
        size=found.size,
        proof=[value.hex() for value in found.proof],
        checkpoint=found.checkpoint,
        tlog_proof="\n".join([*lines, "", found.checkpoint]),
    )


@router.get("/consistency")
def consistency(
    who: SignedIn,
    server: Server,
    old: Annotated[int, Query(ge=0, le=MAX_INT, alias="from")],
    new: Annotated[int, Query(ge=0, le=MAX_INT, alias="to")],
) -> Consistency:
    """Prove that the log only grew between two sizes; asked by every device as a witness, whatever it may read."""
    if new < old:
        raise InvalidInputError("api.log_backwards", old=old, new=new)
    with server.database.reading() as connection:
        hashes = eventlog.consistency(connection, who.org, old, new)
    return Consistency(old=old, new=new, proof=[value.hex() for value in hashes])


def _published(server: Running, org: str) -> str:
    """Give the checkpoint of the log as it stands, signing it when nobody did yet."""
    with server.database.reading() as connection:
        note = eventlog.published(connection, org)
    if note is not None:
        return note
    with server.database.writing(org) as connection:
        return eventlog.checkpoint(connection, org, now_ms=server.clock.now_ms())
