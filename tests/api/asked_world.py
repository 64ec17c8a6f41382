"""An organisation that random questions are put to, and questions that are drawn from what it stores."""

import json
from base64 import b64encode
from dataclasses import dataclass, field
from random import Random
from typing import Any, NamedTuple

import sqlalchemy as sa
from hypothesis import strategies as st
from schemathesis import Case, GenerationMode

from boucle.catalogue import CATALOGUE
from boucle.enrolment import proof_body
from boucle.photo import JPEG
from boucle.push import write_push
from boucle.roles import Capability
from boucle.wire import digest
from boucle_server import closing, tokens, uploads
from boucle_server.db import Database
from boucle_server.ingest import keep, sender_of
from boucle_server.ledger import Raw
from boucle_server.tables import RECORD
from tests.builders import DAY, ORG, SITES, START_MS, TYPES, Device, code
from tests.photos import a_jpeg
from tests.server.figures_world import CRATES, a_small_year
from tests.server.handset import Handset, taken
from tests.server.people import NOW, a_key, a_phone, an_invitation

PHOTO_PART = "application/offset+octet-stream"
PHOTOS = 24
"""Announced at first: a third has come, a third is on its way, a third is still on the phone."""
ASIDE = 12
"""Records, and as many contents that are none, which wait for a decision at first."""
CLOSED = "2026-02"
KINDS: tuple[tuple[str, dict[str, Any]], ...] = (
    ("item.commissioned", {"body": {"type": "bac"}}),
    ("item.shipped", {"body": {"to": "nancy"}}),
    ("item.collected", {}),
    ("item.received", {"body": {"mass_g": 2_050}}),
    ("item.counted", {}),
    ("item.sorted", {"body": {"verdict": "dirty"}}),
    ("item.written_off", {"body": {"reason": "essai"}}),  # a decision, which waits for somebody who may
    ("item.dreamed", {}),  # of a newer app
)
STALE = ("", "inconnu")


class Askers(NamedTuple):
    """What those who ask send along: a program with every right, and a phone."""

    program: dict[str, str]
    phone: dict[str, str]


@dataclass(kw_only=True)
class Stored:
    """What an organisation stores, by the name of the parameter that asks for it, and a phone that adds to it."""

    database: Database
    handset: Handset
    askers: Askers
    values: dict[str, list[Any]]
    photos: dict[str, bytes]
    received: dict[str, int] = field(default_factory=dict)
    """How many bytes of an upload the server said are there."""

    def of(self, path: str, name: str) -> list[Any]:
        """Give what a parameter may be; nothing where any value does."""
        return self.values.get(f"{path} {name}", self.values.get(name, []))

    def heard(self, case: Case[Any], told: str) -> None:
        """Remember how far the server said that an upload is."""
        sha256 = case.path_parameters.get("sha256", "")
        if told.isdigit():
            self.received[sha256] = int(told)
        else:
            self.received.pop(sha256, None)


def stored_in(database: Database) -> Stored:
    """Make the organisation: a small year, photos in every state, records set aside, a closed month."""
    a_small_year(database, ORG)
    phone = a_phone(database, ORG)
    handset = Handset(device=Device(dev=phone.enrolled.dev), enrolled_key=phone.key)
    photos = _photos(database, handset)
    with database.writing(ORG) as connection:
        token = tokens.add(connection, ORG, name="tout", scopes=list(Capability), now_ms=NOW).secret
        closing.close(connection, ORG, CLOSED, by="p-chef", now_ms=NOW)
    waiting = _set_aside(database, phone.enrolled.dev, handset)
    values = _names() | {
        "event_id": _events(database),
        "key": waiting,
        "sha256": sorted(photos),
        "/v1/devices after": ["", phone.enrolled.dev],
        "epoch": [handset.device.epoch, "0" * 16],
    }
    return Stored(
        database=database,
        handset=handset,
        askers=Askers({"Authorization": f"Bearer {token}"}, phone.header),
        values=values,
        photos=photos,
    )


def _names() -> dict[str, list[Any]]:
    months = [f"2026-{number:02}" for number in range(1, 9)]
    crates = [code(number) for number in range(CRATES)]
    return {
        "name": [name for each in CATALOGUE.values() for name in (each.id, each.slug)],
        "month": [*months, "2026-01/2026-03"],
        "/v1/months/{month} month": months,
        "code": [*crates, *(f"C/{each}" for each in crates), f"bac/{crates[1]}"],
        "loop": ["alsace", "lorraine", *STALE],
        "partner": ["rhin", "nancy", *STALE],
        "type": [*TYPES, *STALE],
        "site": [*SITES, *STALE],
        "at": ["2026-03-31", "2026-04-01T12:00:00Z", "2019-01-01"],
        "from": [0, 1, 5, 20],
        "to": [20, 21, 40, 64],
        "cursor": [0, 1, 20, 10**9],
        "/v1/kpis/{name}/events after": ["", crates[3]],
        "/v1/quarantine after": ["", "1.0", "1.120"],
        "/v1/attention after": [""],
        "seq": [1, 2, 900],
    }


def _photos(database: Database, handset: Handset) -> dict[str, bytes]:
    """Announce photos, take the first third of them in, begin to take the second."""
    made = [a_jpeg(size=300 + number, seed=number) for number in range(PHOTOS)]
    handset.device.now_ms = START_MS + 150 * DAY
    for number, content in enumerate(made):
        handset.scan("item.counted", code(number % CRATES), place="strasbourg", photos=[announced(content)])
    taken(database, handset.push(), now_ms=NOW)
    dev = handset.device.dev
    with database.writing(ORG) as connection:
        for content in made[: PHOTOS // 3]:
            assert uploads.take(connection, ORG, dev, content, now_ms=NOW) == ""
        for content in made[PHOTOS // 3 : 2 * PHOTOS // 3]:
            uploads.begin(connection, ORG, dev, sha256=digest(content), length=len(content), now_ms=NOW)
    return {digest(content): content for content in made}


def _set_aside(database: Database, dev: str, handset: Handset) -> list[Any]:
    """Have records come before their time, and bytes that are none; give what names them."""
    other = Handset(device=Device(dev=dev, epoch="00000000000000b2", random=Random(2)), enrolled_key=handset.key)
    other.device.now_ms = START_MS + 200 * DAY
    for number in range(ASIDE):
        other.scan("item.counted", code(number), place="metz")
    results = taken(database, other.push(), now_ms=START_MS + 199 * DAY).results
    contents = [b"\xff? %d" % number for number in range(ASIDE)]
    with database.writing(ORG) as connection:
        for content in contents:
            keep(connection, sender_of(connection, ORG, dev), Raw(content, digest(content), "raw"), now_ms=NOW)
    return [*(each.id for each in results), *(digest(content)[:12] for content in contents)]


def _events(database: Database) -> list[Any]:
    query = sa.select(RECORD.c.id).where(RECORD.c.org == ORG, RECORD.c.status == "accepted")
    with database.reading() as connection:
        return list(connection.execute(query.order_by(RECORD.c.rid).limit(200)).scalars())


def announced(content: bytes) -> dict[str, Any]:
    """Say of a photo what an event says of it."""
    return {"sha256": digest(content), "size": len(content), "type": JPEG}


# ---- questions


@st.composite
def informed(draw: st.DrawFn, stored: Stored, operation: Any) -> Case[Any]:
    """Draw a question as somebody asks it who knows what is stored, and how to send it."""
    case: Case[Any] = draw(operation.as_strategy(generation_mode=GenerationMode.POSITIVE))
    for name in case.path_parameters:
        case.path_parameters[name] = draw(st.sampled_from(stored.of(case.path, name)))
    for parameter in operation.query:
        choices = stored.of(case.path, parameter.name)
        left_out = [] if parameter.is_required or not choices else [None]
        value = draw(st.sampled_from([*choices, *left_out])) if choices else case.query.get(parameter.name)
        case.query.pop(parameter.name, None)
        if value is not None:
            case.query[parameter.name] = value
    _say(draw, stored, case)
    return case


def _say(draw: st.DrawFn, stored: Stored, case: Case[Any]) -> None:
    """Give a question the body and the headers that its route wants."""
    match case.method.upper(), case.path:
        case "POST", "/v1/sync/push":
            case.body = json.loads(write_push(draw(_pushes(stored))))
        case "POST", "/v1/sync/raw":
            case.body = draw(st.binary(max_size=200))
        case "POST", "/v1/enrol":
            case.body = {**_asked_in(stored)}
        case "POST", "/v1/uploads":
            _begin(draw(st.sampled_from(sorted(stored.photos))), stored, case)
        case "POST", "/v1/uploads/{sha256}":
            instead = draw(st.sampled_from(("PATCH", "HEAD", "DELETE")))
            _transfer(draw, stored, case, instead)
            case.headers["X-HTTP-Method-Override"] = instead
        case method, "/v1/uploads/{sha256}":
            _transfer(draw, stored, case, method)
        case "POST", "/v1/quarantine/{key}/admit" | "/v1/quarantine/{key}/dismiss":
            case.body = {"reason": draw(st.sampled_from(("vu au quai", "x")))}
        case _:
            """It wants neither."""


@st.composite
def _pushes(draw: st.DrawFn, stored: Stored) -> Any:
    """Have the phone record some things, at times what is no event, and seal all that it has recorded."""
    handset = stored.handset
    for kind, said in draw(st.lists(st.sampled_from(KINDS), max_size=5)):
        about = code(draw(st.integers(0, CRATES + 2)))
        keys: dict[str, Any] = {"place": draw(st.sampled_from(sorted(SITES))), **said}
        if draw(st.booleans()):
            photo = a_jpeg(size=300, seed=PHOTOS + len(stored.photos))
            stored.photos[digest(photo)] = photo
            stored.values["sha256"].append(digest(photo))
            keys["photos"] = [announced(photo)]
        handset.scan(kind, about, **keys)
    if draw(st.integers(0, 5)) == 0:
        handset.junk(draw(st.sampled_from((b"", b"{", b'{"v": 1, "id": 7}', b"null"))))
    return handset.push()


def _asked_in(stored: Stored) -> dict[str, str]:
    code_, key = an_invitation(stored.database, ORG).code, a_key()
    proof = key.sign(proof_body(code_, key.public))
    return {"code": code_, "public_key": key.public.hex(), "proof": proof.hex(), "app": "essai"}


def _begin(sha256: str, stored: Stored, case: Case[Any]) -> None:
    case.headers["Tus-Resumable"] = "1.0.0"
    case.headers["Upload-Length"] = str(len(stored.photos[sha256]))
    case.headers["Upload-Metadata"] = f"sha256 {b64encode(sha256.encode()).decode()}"


def _transfer(draw: st.DrawFn, stored: Stored, case: Case[Any], method: str) -> None:
    case.headers["Tus-Resumable"] = "1.0.0"
    if method.upper() != "PATCH":
        return
    sha256 = case.path_parameters["sha256"]
    start, content = stored.received.get(sha256, 0), stored.photos[sha256]
    case.body = content[start : draw(st.sampled_from((len(content), start + 100)))]
    case.media_type = PHOTO_PART
    case.headers["Upload-Offset"] = str(start)
    case.headers["Content-Type"] = PHOTO_PART
