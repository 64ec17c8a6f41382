"""The pages of delivery notes: what one visit sent to one place, to read and as a file to print."""

from collections.abc import Mapping
from typing import Annotated, Any, Final
from urllib.parse import quote

from fastapi import Depends
from sqlalchemy.engine import Connection
from starlette.responses import Response

from boucle.weighing import said_kg
from boucle.words import say
from boucle_server import pdf
from boucle_server.delivery_notes import Changed, Line, Note, note_of
from boucle_server.errors import ConflictError, NotFoundError
from boucle_server.web import numbers
from boucle_server.web.item_words import moment, printed
from boucle_server.web.places import DELIVERIES
from boucle_server.web.rendering import render
from boucle_server.web.rounds_list import people_of
from boucle_server.web.routing import pages_router
from boucle_server.web.visit import Visit, address, visits

router = pages_router()

Reading = Annotated[Visit, Depends(visits(DELIVERIES))]
PATH: Final = f"{DELIVERIES.path}/bon"
EVENT: Final = "envoi"
_LONGEST_ID: Final = 60


def note_href(event_id: str) -> str:
    """Give the address of the note that an event of a shipment belongs to."""
    return address(PATH, [(EVENT, event_id)])


@router.get(PATH)
def note_page(visit: Reading) -> Response:
    """Show a delivery note; of one without a line left, that there is nothing to deliver."""
    note, who = _asked(visit)
    return render(
        visit,
        "delivery.html",
        place=DELIVERIES,
        shown=document(note, who, visit.lang),
        is_empty=not note.lines,
        file=address(f"{PATH}.pdf", [(EVENT, note.event)]),
    )


@router.get(f"{PATH}.pdf")
def note_file(visit: Reading) -> Response:
    """Give a delivery note as a file; ConflictError where nothing of it is left."""
    note, who = _asked(visit)
    if not note.lines:
        raise ConflictError("web.note_empty")
    said = document(note, who, visit.lang)
    content = pdf.typeset("delivery", said, lang=visit.lang, title=said["title"], at_ms=note.at_ms)
    name = f"{say('web.note_file', visit.lang)}-{note.number}.pdf"
    headers = {
        "Content-Disposition": f"inline; filename*=UTF-8''{quote(name, safe='')}",
        "Cache-Control": "private, no-store",
        "Content-Language": visit.lang,
    }
    return Response(content, media_type=pdf.MEDIA_TYPE, headers=headers)


def _asked(visit: Visit) -> tuple[Note, str]:
    """Give the note of the address, with the names of who sent it, for those who may know them."""
    with visit.server.database.reading() as connection:
        note = note_of(connection, visit.who.org, visit.value(EVENT)[:_LONGEST_ID])
        if note is None:
            raise NotFoundError("web.note_none")
        return note, _names(connection, visit, note)


def _names(connection: Connection, visit: Visit, note: Note) -> str:
    names: Mapping[str, str] = people_of(connection, visit, set(note.actors))
    return ", ".join(names[actor] for actor in note.actors if actor in names)


def document(note: Note, who: str, lang: str) -> dict[str, Any]:
    """Say a note, as the file and the page show it."""
    facts = {
        "web.note_from": " · ".join(dict.fromkeys(each for each in (note.org_name, note.from_place) if each)),
        "web.note_to": note.to_place,
        "web.note_when": moment(note.at_ms, note.zone, lang),
        "web.note_who": who,
    }
    number = say("web.note_number", lang, number=note.number)
    return {
        "title": say("web.note_title", lang),
        "organisation": note.org_name,
        "number": number,
        "facts": [[say(key, lang), value] for key, value in facts.items() if value],
        "notices": [say("web.note_changed", lang, n=len(note.changes))] if note.changes else [],
        "sum": _sum(note, lang),
        "codes": [_codes(note, line, lang) for line in note.lines if line.codes],
        "changes": {
            "heading": say("web.note_changes", lang),
            "columns": [say(key, lang) for key in ("web.note_line", "web.note_change", "web.note_changed_at")],
            "rows": [_change(note, each, lang) for each in note.changes],
        },
        "received": {
            "heading": say("web.note_received", lang),
            "fields": [say("web.note_received_by", lang), say("web.note_received_on", lang)],
            "sign": say("web.note_sign", lang),
        },
        "foot": say("web.note_foot", lang, number=number),
    }


def _sum(note: Note, lang: str) -> dict[str, Any]:
    rows = [[type_name(note, line.item_type, lang), *_figures(line.n, line.mass_g, lang)] for line in note.lines]
    return {
        "heading": say("web.note_sum", lang),
        "columns": [say(key, lang) for key in ("web.filter_type", "web.note_quantity", "web.note_mass")],
        "rows": rows,
        "total": [say("web.slip_total", lang), *_figures(note.pieces, note.mass_g, lang)],
    }


def _figures(n: int, mass_g: int | None, lang: str) -> list[str]:
    return [numbers.number(n, 0, lang), numbers.DASH if mass_g is None else said_kg(mass_g, lang)]


def _codes(note: Note, line: Line, lang: str) -> dict[str, Any]:
    n = numbers.number(len(line.codes), 0, lang)
    heading = say("web.note_codes", lang, type=type_name(note, line.item_type, lang), n=n)
    return {"heading": heading, "codes": [printed(code) for code in line.codes]}


def _change(note: Note, of: Changed, lang: str) -> list[str]:
    name = type_name(note, of.item_type, lang)
    what = f"{numbers.number(of.event.qty, 0, lang)} × {name}" if of.event.item_type else printed(of.event.code)
    return [what, say(f"web.note_change_{of.change}", lang), moment(of.at_ms, note.zone, lang)]


def type_name(note: Note, item_type: str, lang: str) -> str:
    """Give the name that a type had when it was sent."""
    if not item_type:
        return say("web.unknown_type", lang)
    return note.book.item_type(item_type, note.at_ms).name or item_type
