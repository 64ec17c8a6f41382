"""The worked example of docs/sync.md: real bytes, made by the code that a phone runs, from keys that are no secret.

`python -m tests.field_app.wire_example` writes them into the page; a test holds that they stand there unchanged.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from boucle import photo_receipt as photo_receipts
from boucle import receipt as receipts
from boucle.codes import Kind, check_characters
from boucle.enrolment import Invitation, pin_of, proof_body
from boucle.events import KINDS, Subject
from boucle.log import Frontier, consistency_proof, extend, leaf_hash
from boucle.note import CheckpointSigner, NoteSigner
from boucle.photo_receipt import PhotoReceipt
from boucle.push import Push, Record, seal_body, write_push
from boucle.receipt import Receipt, ranges_of
from boucle.signing import load_crypto
from boucle.wire import FIRST_PREV, digest, write

PAGE = Path(__file__).parents[2] / "docs" / "sync.md"
CRYPTO = load_crypto()
DEVICE = CRYPTO.signing_key(bytes(range(32)))
SERVER = CRYPTO.signing_key(bytes(range(32, 64)))
BOX = CRYPTO.opening_box(bytes(range(64, 96)))
ORIGIN = "boucle.example/lorraine/g1"
EPOCH = "00c0ffee00c0ffee"
CODE = "C/7K3M9QX2T4HD" + check_characters(Kind.CONTAINER, "7K3M9QX2T4HD")
BATCH = "019b7824-5bf4-7eae-ba2b-3677d2dc3777"
SERVER_MS = 1_767_247_500_000
_BLOCK = re.compile(r"(<!-- example: ([a-z-]+) -->\n```[a-z]*\n)(.*?)(\n```)", re.DOTALL)
_TABLE = re.compile(r"(<!-- table: ([a-z-]+) -->\n\n)(.*?)(\n\n<!-- end -->)", re.DOTALL)


def payloads() -> tuple[bytes, bytes]:
    """Give two events of one device: a crate commissioned, then shipped."""
    envelope = {
        "v": 1,
        "org": "lorraine",
        "dev": "d-7k3m9qx2t4hd",
        "epoch": EPOCH,
        "code": CODE,
        "place": "strasbourg",
        "boot": "b2f6f6f0-0d3a-4a4e-9d46-3f9f6f0f7c11",
        "tz": "Europe/Paris",
        "app": "0.1.0",
    }
    first = write(
        envelope
        | {"id": "019b7824-48a7-796c-841d-19b8a2b2120e", "seq": 1, "prev": FIRST_PREV, "kind": "item.commissioned/1"}
        | {"body": {"type": "bac-600x400"}, "wall": 1_767_247_200_000, "mono": 3_600_000}
    )
    second = write(
        envelope
        | {"id": "019b7824-4c8f-7f9a-8335-6569517967b7", "seq": 2, "prev": digest(first), "kind": "item.shipped/1"}
        | {"body": {"to": "mulhouse"}, "wall": 1_767_247_260_000, "mono": 3_660_000}
    )
    return first, second


PHOTO = PhotoReceipt(
    org="lorraine", sha256=digest(b"a photo of 48211 bytes"), size=48_211, origin=ORIGIN, server_ms=SERVER_MS
)


def push() -> Push:
    """Give both events in one sealed batch."""
    first, second = payloads()
    unsealed = Push(
        batch=BATCH,
        org="lorraine",
        dev="d-7k3m9qx2t4hd",
        epoch=EPOCH,
        first=1,
        last=2,
        records=(
            Record(payload=first, teff=1_767_247_199_500, tq=0),
            Record(payload=second, teff=1_767_247_259_500, tq=0),
        ),
        seal=b"",
        boot="b2f6f6f0-0d3a-4a4e-9d46-3f9f6f0f7c11",
        mono_now=3_900_000,
        unsent=0,
        app="0.1.0",
    )
    return replace(unsealed, seal=DEVICE.sign(seal_body(unsealed)))


def log(size: int) -> tuple[Frontier, dict[tuple[int, int], bytes]]:
    """Give a log of so many entries, `entry 0` and so on, with its nodes."""
    frontier, nodes = extend(Frontier(), [leaf_hash(f"entry {number}".encode()) for number in range(size)])
    return frontier, {(node.level, node.position): node.hash for node in nodes}


def signed(size: int) -> tuple[str, str]:
    """Give the receipt for both events, and the checkpoint, at a size of the log."""
    frontier, _ = log(size)
    receipt = Receipt(
        org="lorraine",
        dev="d-7k3m9qx2t4hd",
        epoch=EPOCH,
        ranges=ranges_of((seq, digest(payload)) for seq, payload in enumerate(payloads(), 1)),
        origin=ORIGIN,
        size=size,
        root=frontier.root(),
        server_ms=SERVER_MS,
    )
    guard = CheckpointSigner(signer=NoteSigner(ORIGIN, SERVER))
    return receipts.sign(receipt, guard)[0], guard.sign(receipt.checkpoint)[0]


def answer() -> str:
    """Give the answer to the push."""
    receipt, head = signed(5)
    results = [
        {"id": json.loads(payload)["id"], "hash": digest(payload), "status": "accepted"} for payload in payloads()
    ]
    body = {
        "results": results,
        "have": [[1, 2]],
        "receipt": receipt,
        "head": head,
        "consistency": "ok",
        "generation": 1,
        "server_ms": SERVER_MS,
    }
    return json.dumps(body, ensure_ascii=False, separators=(",", ":"))


def enrolment() -> str:
    """Give the body of the request to be let in."""
    invitation = Invitation(
        server="https://boucle.example", code="0123456789ABCDEFGHJKMNPQRS", pin=pin_of(SERVER.public)
    )
    asked = {
        "code": invitation.code,
        "public_key": DEVICE.public.hex(),
        "proof": DEVICE.sign(proof_body(invitation.code, DEVICE.public)).hex(),
        "app": "0.1.0",
        "boot": "b2f6f6f0-0d3a-4a4e-9d46-3f9f6f0f7c11",
    }
    return f"{invitation.uri}\n\n{json.dumps(asked, separators=(',', ':'))}"


def proof() -> str:
    """Give the proof that the log of five entries continues the one of three."""
    old, _ = log(3)
    new, nodes = log(5)
    hashes = consistency_proof(3, 5, lambda level, index: nodes[(level, index)])
    return "\n".join(
        [f"root of 3: {old.root().hex()}", f"root of 5: {new.root().hex()}", *(each.hex() for each in hashes)]
    )


def kinds() -> str:
    """Give the table of every kind with its subject and the fields of its body."""
    said = {
        Subject.CODE: "code",
        Subject.QUANTITY: "type and quantity",
        Subject.EITHER: "code, or type and quantity",
        Subject.QUANTITY: "type and quantity",
        Subject.ANY: "either, or nothing",
        Subject.NONE: "nothing",
    }
    lines = ["| kind | family | about | body |", "| --- | --- | --- | --- |"]
    for name, kind in KINDS.items():
        fields = ", ".join(
            f"`{field.rstrip('!')}` {kind_of}{' (required)' if field.endswith('!') else ''}"
            for field, kind_of in kind.fields.items()
        )
        lines.append(f"| `{name}/1` | {kind.family} | {said[kind.subject]} | {fields} |")
    return "\n".join(lines)


def blocks() -> Mapping[str, str]:
    """Give every block of the page by its name."""
    first, second = payloads()
    return {
        "keys": "\n".join(
            [
                f"device  private {bytes(range(32)).hex()}",
                f"        public  {DEVICE.public.hex()}",
                f"server  private {bytes(range(32, 64)).hex()}",
                f"        public  {SERVER.public.hex()}",
                f"        vkey    {NoteSigner(ORIGIN, SERVER).vkey}",
            ]
        ),
        "enrol": enrolment(),
        "payload-one": first.decode(),
        "payload-two": second.decode(),
        "hashes": f"{digest(first)}\n{digest(second)}",
        "seal": seal_body(push()).decode().rstrip("\n"),
        "signature": push().seal.hex(),
        "push": write_push(push()).decode(),
        "answer": answer(),
        "receipt": signed(5)[0].rstrip("\n"),
        "checkpoint": signed(5)[1].rstrip("\n"),
        "consistency": proof(),
        "photo-receipt": photo_receipts.sign(PHOTO, NoteSigner(ORIGIN, SERVER)).rstrip("\n"),
    }


def written(page: str) -> str:
    """Give the page with its blocks and tables made anew; KeyError for a block that nobody makes."""
    examples, tables = blocks(), {"kinds": kinds()}
    page = _BLOCK.sub(lambda found: f"{found[1]}{examples[found[2]]}{found[4]}", page)
    return _TABLE.sub(lambda found: f"{found[1]}{tables[found[2]]}{found[4]}", page)


def names(page: str) -> set[str]:
    """Give the names of the blocks that a page has."""
    return {found[2] for found in _BLOCK.finditer(page)}


if __name__ == "__main__":
    PAGE.write_text(written(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
