"""The pages of exchange slips: the versions of one for who works here, and the link that a partner opens."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Annotated, Final, NamedTuple
from urllib.parse import quote

from fastapi import Depends
from sqlalchemy.engine import Connection
from starlette.responses import Response

from boucle.push import Status
from boucle.roles import may_record
from boucle.words import say
from boucle_server import ingest, pdf, slip_links, slips
from boucle_server.errors import ConflictError, ForbiddenError, NotFoundError
from boucle_server.server_device import Draft
from boucle_server.slip_links import Link, Standing
from boucle_server.slips import Slip
from boucle_server.web import slip_words
from boucle_server.web.figures import Badge
from boucle_server.web.forms import Posted, posts
from boucle_server.web.item_words import moment
from boucle_server.web.places import ROUNDS, SLIP
from boucle_server.web.rendering import UNLISTED, redirect, render
from boucle_server.web.rounds_list import day_name, href_of, people_of, title_in
from boucle_server.web.routing import pages_router
from boucle_server.web.visit import Visit, address, visits

router = pages_router()

Reading = Annotated[Visit, Depends(visits(ROUNDS))]
Sharing = Annotated[Posted, Depends(posts(ROUNDS))]
Anybody = Annotated[Visit, Depends(visits(SLIP))]
OURS: Final = f"{ROUNDS.path}/bon"
LONGEST_TASK: Final = 300
GONE: Final = 404


class LinkView(NamedTuple):
    """A link as its maker sees it; `href` is empty for one that opens nothing any more."""

    event: str
    version: int
    made: str
    who: str
    until: str
    badge: Badge
    href: str


class Opened(NamedTuple):
    """What a link opens: the slip, the version that was asked for if any, its last day."""

    slip: Slip
    asked: str
    until: date


@router.get(OURS)
def slip_page(visit: Reading) -> Response:
    """Show the versions of a slip, each as a file, with the link and the text to share."""
    task = visit.value("tache")[:LONGEST_TASK]
    with visit.server.database.reading() as connection:
        found = slips.slips_of(connection, visit.who.org, task, now_ms=visit.now_ms)
        if not found:
            raise NotFoundError("web.slip_none")
        newest = found[-1]
        made = slip_links.links_of(connection, found, now_ms=visit.now_ms)
        people = people_of(connection, visit, {each.actor for each in made})
        links = [_link_view(connection, visit, each, found, people) for each in made]
    link = next((each for each in links if each.href and each.version == newest.validation.version), None)
    text = slip_words.share_text(newest, visit.lang, link=link.href if link else "", until=link.until if link else "")
    subject = say("web.slip_subject", visit.lang, number=newest.number)
    return render(
        visit,
        "slip_ours.html",
        place=ROUNDS,
        slip=newest,
        shown=slip_words.document(newest, visit.lang),
        back=href_of(newest.round),
        back_name=title_in(newest.round, visit.lang),
        versions=[
            (
                each.validation.version,
                moment(each.at_ms, each.zone, visit.lang),
                each.validation.signer,
                address(f"{OURS}.pdf", [("tache", task), ("version", str(each.validation.version))]),
            )
            for each in reversed(found)
        ],
        link=link,
        links=links,
        task=task,
        may_share=may_record(visit.who.capabilities, slip_links.SHARED),
        text=text,
        mail=f"mailto:?subject={quote(subject)}&body={quote(text)}",
    )


@router.post(f"{OURS}/lien")
def share(posted: Sharing) -> Response:
    """Make a link of the slip that holds."""
    visit, task = posted.visit, posted.fields.value("tache")[:LONGEST_TASK]

    def write(connection: Connection) -> None:
        found = slips.slips_of(connection, visit.who.org, task, now_ms=visit.now_ms)
        if not found:
            raise NotFoundError("web.slip_none")
        _record(connection, visit, slip_links.sharing(found[-1].validation.event, visit.now_ms, visit.who.zone))

    visit.server.door.write(visit.who.org, write)
    return redirect(OURS, done="web.slip_shared_done", tache=task)


@router.post(f"{OURS}/reprendre")
def take_back(posted: Sharing) -> Response:
    """Take a link back: from now on it opens nothing, whoever has it."""
    visit, task = posted.visit, posted.fields.value("tache")[:LONGEST_TASK]

    def write(connection: Connection) -> None:
        found = slips.slips_of(connection, visit.who.org, task, now_ms=visit.now_ms)
        made = slip_links.links_of(connection, found, now_ms=visit.now_ms)
        wanted = [each for each in made if each.event == posted.fields.value("link")]
        if not wanted or wanted[0].standing is not Standing.OPENS:
            raise NotFoundError("web.slip_link_gone")
        _record(connection, visit, slip_links.taking_back(wanted[0].event))

    visit.server.door.write(visit.who.org, write)
    return redirect(OURS, done="web.slip_taken_back_done", tache=task)


def _record(connection: Connection, visit: Visit, draft: Draft) -> None:
    if not may_record(visit.who.capabilities, slip_links.SHARED):
        raise ForbiddenError("web.forbidden_act", role=say(f"role.{visit.who.role}", visit.lang).lower())
    who, now_ms = visit.who, visit.server.clock.now_ms()
    (result,) = ingest.accept_own(connection, who.org, [draft], actor=who.person, now_ms=now_ms, zone=who.zone)
    if result.status is not Status.ACCEPTED:
        raise ConflictError("web.not_recorded")


def _link_view(
    connection: Connection, visit: Visit, link: Link, versions: Sequence[Slip], people: Mapping[str, str]
) -> LinkView:
    opens = link.standing is Standing.OPENS
    code = slip_links.code_of(connection, visit.who.org, link) if opens else ""
    of = next(each for each in versions if each.validation.event.id == link.validation)
    return LinkView(
        event=link.event,
        version=of.validation.version,
        made=moment(link.made_ms, visit.who.zone, visit.lang),
        who=people.get(link.actor, ""),
        until=day_name(link.until, visit.lang),
        badge=("good" if opens else "plain", say(f"web.slip_link_{link.standing}", visit.lang)),
        href=f"{visit.server.settings.address}{SLIP.path}/{code}" if opens else "",
    )


@router.get(f"{OURS}.pdf")
def slip_file(visit: Reading) -> Response:
    """Give a version of a slip as a file."""
    with visit.server.database.reading() as connection:
        task = visit.value("tache")[:LONGEST_TASK]
        found = slips.slips_of(connection, visit.who.org, task, now_ms=visit.now_ms)
    wanted = [each for each in found if str(each.validation.version) == visit.value("version")]
    if not wanted:
        raise NotFoundError("web.slip_none")
    return _file(wanted[0], visit.lang)


@router.get(f"{SLIP.path}/{{code}}.pdf")
def shared_file(visit: Anybody, code: str) -> Response:
    """Give the slip of a link as a file."""
    found = _opened(visit, code)
    return _gone(visit) if found is None else _file(found.slip, visit.lang)


@router.get(f"{SLIP.path}/{{code}}")
def shared_page(visit: Anybody, code: str) -> Response:
    """Show the slip of a link to whoever holds it; a wrong one and one that has ended get the same answer."""
    found = _opened(visit, code)
    if found is None:
        return _gone(visit)
    here = f"{SLIP.path}/{quote(code, safe='')}"
    slip, asked = found.slip, found.asked
    newest = str(slip.newest.version)
    return render(
        visit,
        "slip.html",
        headers=UNLISTED,
        shown=slip_words.document(slip, visit.lang),
        newer="" if slip.newest is slip.validation else address(here, [("version", newest)]),
        file=address(f"{here}.pdf", [("version", asked)] if asked else []),
        until=day_name(found.until, visit.lang),
    )


def _opened(visit: Visit, code: str) -> Opened | None:
    """Give the slip of a link, or the later version of it that the address asks for."""
    with visit.server.database.reading() as connection:
        found = slip_links.opened(connection, code[:200], now_ms=visit.now_ms)
    if found is None:
        return None
    versions, until = found
    asked = visit.value("version")
    wanted = next((each for each in versions if str(each.validation.version) == asked), None)
    return Opened(wanted or versions[0], asked if wanted else "", until)


def _gone(visit: Visit) -> Response:
    return render(visit, "slip_gone.html", status=GONE, headers=UNLISTED)


def _file(slip: Slip, lang: str) -> Response:
    said = slip_words.document(slip, lang)
    content = pdf.typeset("slip", said, lang=lang, title=said["title"], at_ms=slip.at_ms)
    name = f"{say('web.slip_file', lang)}-{slip.number.replace('/', '-')}-v{slip.validation.version}.pdf"
    headers = {
        **UNLISTED,
        "Content-Disposition": f"inline; filename*=UTF-8''{quote(name, safe='')}",
        "Cache-Control": "private, no-store",
        "Content-Language": lang,
    }
    return Response(content, media_type=pdf.MEDIA_TYPE, headers=headers)
