"""The page of a label for whoever scans it: what this is, where it goes back to, no person, no partner, no place.

A code that nobody minted, one of another company's system and one that was voided get the same answer, made by the
same work, so that a label tells nothing but what its owner wants to tell. Who holds the container can say that
something is wrong with it, and show it in a photo: that becomes a case for a person, and nothing else.
"""

import json
from dataclasses import dataclass
from typing import Annotated, Any, Final

import sqlalchemy as sa
from fastapi import Depends
from sqlalchemy.engine import Connection
from starlette.responses import Response

from boucle.codes import Kind, Label, read_label
from boucle.item import Item, load
from boucle.lifecycle import Stage
from boucle.words import say
from boucle_server import problem_reports
from boucle_server.errors import InvalidInputError
from boucle_server.organisations import checked_text
from boucle_server.problem_reports import LONGEST, Filing, Problem, Said
from boucle_server.projections import load_book
from boucle_server.read_tables import BINDING, ITEM
from boucle_server.tables import ORG
from boucle_server.web.forms import Fields
from boucle_server.web.item_words import href_of, printed
from boucle_server.web.once import said_by, shown_ms
from boucle_server.web.places import PUBLIC
from boucle_server.web.public_form import PICTURE, Brought, Sent, made, without_picture
from boucle_server.web.rendering import redirect, render
from boucle_server.web.routing import pages_router
from boucle_server.web.visit import Visit, visits

router = pages_router()

NOBODY: Final = "C/00000000000000"
"""Looked up for a text that is no label at all, so that it costs the same."""
NOT_HERE: Final = 404
_CODE: Final = 1024
_LINKED: Final = "jsonld"
_MINUTE_MS: Final = 60_000
_DONE: Final = {
    Filing.KEPT: "web.public_reported_done",
    Filing.BARE: "web.public_bare_done",
    Filing.KNOWN: "web.public_known_done",
}
_NOTHING: Final = Fields(pairs=())

Anybody = Annotated[Visit, Depends(visits(PUBLIC))]


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """What everybody may know of a container."""

    code: str
    org_name: str
    type: str
    state: str
    uses: int
    material: str
    mass_g: int
    serves: str
    is_retired: bool
    href: str
    """Where staff who are signed in open it; `""` for everybody else."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Found:
    """Which item a label names, and whose it is."""

    org: str
    org_name: str
    item: Item
    key: str


@router.get(PUBLIC.path + "/{code:path}")
def label_page(visit: Anybody, code: str) -> Response:
    """Tell a stranger what he holds in his hands."""
    with visit.server.database.reading() as connection:
        found = _find(connection, code)
        shown = None if found is None else _shown(connection, visit, found)
    if shown is not None and visit.value("format") == _LINKED:
        return Response(linked_data(shown), media_type="application/ld+json", headers={"Cache-Control": "no-store"})
    return _page(visit, shown)


@router.post(PUBLIC.path + "/{code:path}")
def report(visit: Anybody, sent: Brought, code: str) -> Response:
    """Keep what somebody reports about a container; what was typed stays in the form when it cannot be kept."""
    typed = without_picture(sent)
    with visit.server.database.reading() as connection:
        found = _find(connection, code)
        if found is None:
            return _page(visit, None)
        shown, once = _shown(connection, visit, found), _id(visit, sent, found)
        before = problem_reports.filed(connection, found.org, once, with_photo=bool(sent.fields.file(PICTURE)))
    if before is not None:
        return redirect(visit.path, done=_DONE[before])
    if sent.wait_ms:
        wrong = say("web.public_wait", visit.lang, n=-(-sent.wait_ms // _MINUTE_MS))
        return _page(visit, shown, typed=typed, wrong=wrong, status=429)
    try:
        problem, words = _read(typed)
        said = Said(code=found.key, item=found.item.id, problem=problem, words=words, photo=made(sent), once=once)
    except InvalidInputError as refused:
        return _page(visit, shown, typed=typed, wrong=refused.said(visit.lang), status=refused.status)
    with visit.server.database.writing(found.org) as connection:
        filing = problem_reports.file(connection, found.org, said, now_ms=visit.now_ms)
    if filing is Filing.FULL:
        return _page(visit, shown, typed=typed, wrong=say("web.public_full", visit.lang), status=429)
    return redirect(visit.path, done=_DONE[filing])


def _id(visit: Visit, sent: Sent, found: _Found) -> str:
    """Give the id that a report has by its form; `""` for a form without a mark of ours."""
    if shown_ms(sent.fields, visit.now_ms) is None:
        return ""
    return problem_reports.id_of(said_by(sent.fields, found.org, found.key))


def _read(typed: Fields) -> tuple[Problem, str]:
    """Read the form; InvalidInputError, in words for whoever filled it in."""
    if typed.mended:
        raise InvalidInputError("web.form_mended")
    problem = next((each for each in Problem if each == typed.value("problem")), None)
    if problem is None:
        raise InvalidInputError("web.public_choose")
    words = " ".join(typed.value("words").split())
    if len(words) > LONGEST:
        raise InvalidInputError("web.public_long", n=LONGEST)
    try:
        return problem, checked_text(words, "words", longest=LONGEST, empty=True)
    except InvalidInputError:
        raise InvalidInputError("web.public_broken") from None


def _page(
    visit: Visit, shown: Shown | None, *, typed: Fields = _NOTHING, wrong: str = "", status: int = 200
) -> Response:
    if shown is None:
        return render(visit, "label_unknown.html", status=NOT_HERE)
    about = next((each for each in Problem if each == visit.value("sujet")), "")
    return render(
        visit,
        "label.html",
        status=status,
        shown=shown,
        problems=tuple(Problem),
        about=about,
        typed=typed,
        wrong=wrong,
        most=LONGEST,
        picture=PICTURE,
    )


def linked_data(shown: Shown) -> bytes:
    """Say the same as the page for programs, in the words of schema.org: no person, no partner, no place."""
    more = {"owner": shown.org_name, "state": shown.serves, "uses": shown.uses}
    told: dict[str, Any] = {
        "@context": "https://schema.org",
        "@type": "Product",
        "name": shown.type,
        "identifier": shown.code,
        "additionalProperty": [
            {"@type": "PropertyValue", "name": name, "value": value} for name, value in more.items()
        ],
    }
    if shown.material:
        told["material"] = shown.material
    if shown.mass_g:
        told["weight"] = {"@type": "QuantitativeValue", "value": shown.mass_g, "unitCode": "GRM"}
    return json.dumps(told, ensure_ascii=False, indent=2).encode()


def _find(connection: Connection, code: str) -> _Found | None:
    """Find the item that a label names; None for one that is unknown, foreign or voided."""
    label = read_label(f"{Kind.CONTAINER}/{code[:_CODE]}")
    key = label.key if isinstance(label, Label) and label.code is not None else NOBODY
    query = (
        sa.select(ORG.c.org, ORG.c.name, ITEM.c.state)
        .select_from(ORG)
        .join(BINDING, sa.and_(BINDING.c.org == ORG.c.org, BINDING.c.code == key))
        .join(ITEM, sa.and_(ITEM.c.org == BINDING.c.org, ITEM.c.item == BINDING.c.item))
        .order_by(ORG.c.created_ms, ORG.c.org)
    )
    # A code stands for one thing; should two organisations of a server claim it, the older one has it.
    row = connection.execute(query).first()
    if row is None:
        return None
    item = load(row.state)
    if not item.known or key in item.revoked:
        return None
    return _Found(org=row.org, org_name=row.name, item=item, key=key)


def _shown(connection: Connection, visit: Visit, found: _Found) -> Shown:
    item = found.item
    book = load_book(connection, found.org)
    is_staff = visit.session is not None and visit.session.org == found.org
    of, state = book.item_type(item.type, visit.now_ms), _state(item)
    return Shown(
        code=printed(found.key),
        org_name=found.org_name,
        type=of.name or item.type,
        material=of.material,
        mass_g=item.tare_g or of.tare_g or 0,
        serves=state,
        state=say(f"web.public_{state}", visit.lang),
        uses=item.uses + item.opening_uses,
        is_retired=item.stage is Stage.RETIRED,
        href=href_of(found.key) if is_staff else "",
    )


def _state(item: Item) -> str:
    """Say only whether it serves: where it is, and with whom, is nobody else's business."""
    match item.stage:
        case Stage.RETIRED:
            return "retired"
        case Stage.LOST:
            return "sought"
        case _:
            return "serving"
