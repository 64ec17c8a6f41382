"""The pages of certificates: one for who works here, its file, the state label, and what anybody may ask about it."""

from typing import Annotated, Any, Final
from urllib.parse import quote

import sqlalchemy as sa
from fastapi import Depends
from sqlalchemy.engine import Connection
from starlette.responses import Response

from boucle.clock import day_of
from boucle.codes import Code, Label, read_label
from boucle.words import say
from boucle_server import certificates, histories, pdf
from boucle_server.certificates import SHORT, Certificate, Standing
from boucle_server.errors import NotFoundError
from boucle_server.projections import load_book
from boucle_server.read_tables import BINDING
from boucle_server.tables import ORG
from boucle_server.web import certificate_words, label_sheets, numbers, state_labels
from boucle_server.web.item_words import href_path, printed
from boucle_server.web.places import CERTIFICATES, WORKSHOP
from boucle_server.web.rendering import UNLISTED, render
from boucle_server.web.routing import pages_router
from boucle_server.web.visit import Visit, address, visits
from boucle_server.web.workshop import ticket_href

router = pages_router()

NOWHERE: Final = 404
Reading = Annotated[Visit, Depends(visits(WORKSHOP))]
Anybody = Annotated[Visit, Depends(visits(CERTIFICATES))]


@router.get(WORKSHOP.path + "/certificat/{code:path}")
def certificate_page(visit: Reading, code: str) -> Response:
    """Show a certificate to who works here."""
    with visit.server.database.reading() as connection:
        found = _certificate(connection, visit, code)
        book = load_book(connection, visit.who.org)
        said = certificate_words.document(connection, visit, book, found)
    return render(
        visit,
        "certificate.html",
        place=WORKSHOP,
        said=said,
        heads=lambda columns: [(name, False) for name in columns],
        back=ticket_href(found.code),
        back_name=printed(found.code),
        badge=certificate_words.standing_badge(found.standing(visit.now_ms), visit.lang),
        fits=found.fits,
        digest=found.digest,
        file=_file_href(found),
        public=certificate_words.verify_path(found),
        proof=f"/preuves/{found.event.id}",
    )


@router.get(WORKSHOP.path + "/certificat.pdf/{code:path}")
def certificate_file(visit: Reading, code: str) -> Response:
    """Give a certificate as a file."""
    with visit.server.database.reading() as connection:
        found = _certificate(connection, visit, code)
        said = certificate_words.document(connection, visit, load_book(connection, visit.who.org), found)
    content = pdf.typeset("certificate", said, lang=visit.lang, title=said["title"], at_ms=found.event.teff)
    return _file(content, f"{say('web.certificate_file', visit.lang)}-{found.number}.pdf", visit.lang)


@router.get(state_labels.PATH + "/{code:path}")
def state_label(visit: Reading, code: str) -> Response:
    """Give the state label of a thing as a file, in the size that is asked for."""
    size = state_labels.size_of(visit.value(state_labels.FIELD))
    with visit.server.database.reading() as connection:
        known = histories.find(connection, visit.who.org, code[:1024])
        book = load_book(connection, visit.who.org)
    label = read_label(known.codes[0])
    base = label_sheets.base_of(visit.server.settings).url
    url = label.code.url(base) if isinstance(label, Label) and isinstance(label.code, Code) else known.codes[0]
    said = certificate_words.state_label(visit, book, known.item, known.codes[0], url=url, size=size)
    content = pdf.typeset("state", said, lang=visit.lang, title=said["title"], at_ms=visit.now_ms)
    return _file(content, f"{say('web.state_file', visit.lang)}-{printed(known.codes[0])}.pdf", visit.lang)


@router.get(CERTIFICATES.path + "/{code:path}")
def verify_page(visit: Anybody, code: str) -> Response:
    """Tell anybody whether a certificate holds: no person, no partner, no place."""
    number, digest = visit.value("n")[:200], visit.value("h")[:64].lower()
    with visit.server.database.reading() as connection:
        org, name = _owner(connection, code[:1024])
        found = certificates.find(connection, org, code[:1024], number) if org else None
        book = load_book(connection, org) if org else None
    if found is None or book is None:
        return _unknown(visit, "unknown")
    if not found.is_named_by(digest):
        return _unknown(visit, "changed")
    standing = found.standing(visit.now_ms)
    zone = book.site(found.event.place, found.event.teff).zone
    until = found.valid_until_ms
    given = {
        "number_of": found.number,
        "by": name,
        "item": printed(found.code),
        "type": book.item_type(found.item.type, visit.now_ms).name or found.item.type,
        "decided": numbers.day_name(day_of(found.event.teff, zone), visit.lang),
        "until": numbers.day_name(day_of(until, zone), visit.lang)
        if until
        else say("web.certificate_for_ever", visit.lang),
        "print": found.digest[:SHORT],
    }
    return render(
        visit,
        "certificate_public.html",
        headers=UNLISTED,
        badge=certificate_words.standing_badge(standing, visit.lang),
        means=say(f"web.certificate_means_{standing}", visit.lang),
        facts=[(say(f"web.certificate_{key}", visit.lang), value) for key, value in given.items() if value],
    )


def _unknown(visit: Visit, why: str) -> Response:
    """Say that no certificate is the one that was asked about, and nothing of any other."""
    return render(
        visit,
        "certificate_public.html",
        status=NOWHERE,
        headers=UNLISTED,
        badge=certificate_words.standing_badge(Standing.UNKNOWN, visit.lang),
        facts=[],
        means=say(f"web.certificate_means_{why}", visit.lang),
    )


def _owner(connection: Connection, text: str) -> tuple[str, str]:
    """Give the organisation whose thing a code names, and its name; nothing for a code that is nobody's."""
    label = read_label(text)
    query = (
        sa.select(ORG.c.org, ORG.c.name)
        .select_from(sa.join(ORG, BINDING, BINDING.c.org == ORG.c.org))
        .where(BINDING.c.code == (label.key if isinstance(label, Label) else text))
        .order_by(ORG.c.created_ms, ORG.c.org)
    )
    row = connection.execute(query).first()
    return (row.org, row.name) if row is not None else ("", "")


def _certificate(connection: Connection, visit: Visit, code: str) -> Certificate:
    found = certificates.find(connection, visit.who.org, code[:1024], visit.value("numero")[:200])
    if found is None:
        raise NotFoundError("web.certificate_none")
    return found


def _file_href(of: Certificate) -> str:
    asked: dict[str, Any] = {"numero": of.number}
    return f"{href_path(f'{WORKSHOP.path}/certificat.pdf', of.code)}{address('', asked.items())}"


def _file(content: bytes, name: str, lang: str) -> Response:
    headers = {
        "Content-Disposition": f"inline; filename*=UTF-8''{quote(name, safe='')}",
        "Cache-Control": "private, no-store",
        "Content-Language": lang,
    }
    return Response(content, media_type=pdf.MEDIA_TYPE, headers=headers)
