"""The page that corrects one event of a history: what was wrong, what is right, and why; nothing is taken away."""

from typing import Annotated, Any, Final

from fastapi import Depends
from sqlalchemy.engine import Connection
from starlette.responses import Response

from boucle.actions import Where
from boucle.correction import Because, Fix, action_of, corrected, fixes, place_of
from boucle.events import Event
from boucle.reference import Book
from boucle.roles import may_record
from boucle.words import say
from boucle_server import amending, reports
from boucle_server.api.reasons import kind_text
from boucle_server.errors import ConflictError, ForbiddenError, NotFoundError
from boucle_server.imports import cells
from boucle_server.projections import SqlStore, load_book
from boucle_server.server_device import Draft
from boucle_server.web import acts
from boucle_server.web.acts import UNDO, Acted
from boucle_server.web.asking import Option
from boucle_server.web.forms import Fields, Posted, posts, safe_path
from boucle_server.web.inbox_acts import event_with
from boucle_server.web.inputs import Input, choice, filled
from boucle_server.web.item_words import href_of, moment, printed
from boucle_server.web.once import id_of, sent_before
from boucle_server.web.places import CORRECT, ITEMS, PROOFS
from boucle_server.web.rendering import redirect, render
from boucle_server.web.routing import pages_router
from boucle_server.web.typed import Answers
from boucle_server.web.visit import Visit, visits

router = pages_router()

_NOTHING: Final = Fields(pairs=())
Reading = Annotated[Visit, Depends(visits(CORRECT))]
Sending = Annotated[Posted, Depends(posts(CORRECT))]


@router.post(CORRECT.path + "/annuler")
def undo_correction(posted: Sending) -> Response:
    """Void a correction that was just made: what it corrected stands again."""
    acts.undo(posted.visit, posted.fields.value("events"))
    back = safe_path(posted.fields.value("code"))
    return redirect(back if back.startswith(f"{ITEMS.path}/") else ITEMS.path, done="web.undone_done")


@router.get(CORRECT.path + "/{event_id}")
def correct_form(visit: Reading, event_id: str) -> Response:
    """Ask what was wrong with an event."""
    return _page(visit, event_id, typed=_NOTHING)


@router.post(CORRECT.path + "/{event_id}")
def correct(posted: Sending, event_id: str) -> Response:
    """Record the void or the correction; nothing is recorded where the answers do not hold."""
    visit, typed = posted.visit, posted.fields
    if again := sent_before(posted):
        return _corrected_before(visit, event_id, again)
    with visit.server.database.reading() as connection:
        event = _correctable(connection, visit, event_id)
        answers, said = _read(event, load_book(connection, visit.who.org), visit, typed)
    if answers.wrong:
        return _page(visit, event_id, typed=typed, wrong=answers.wrong, status=422)
    if not may_record(visit.who.capabilities, corrected(event, **said).kind):
        raise ForbiddenError("web.forbidden_act", role=say(f"role.{visit.who.role}", visit.lang).lower())

    def drafts(connection: Connection) -> list[Draft]:
        event = _correctable(connection, visit, event_id)
        first = corrected(event, **said)
        # What did not happen did not happen in the words that were corrected before either.
        before = amending.other_words(SqlStore(connection, visit.who.org), event) if said["fix"] is Fix.VOID else []
        return [Draft(kind=kind, fields=fields) for kind, fields in (first, *(corrected(e, **said) for e in before))]

    came = acts.act(visit, drafts, sure=bool(typed.value("sure")), once=id_of(posted))
    if not came.done:
        return _page(visit, event_id, typed=typed, came=came, status=409)
    if said["fix"] is Fix.VOID:
        return redirect(_back(event), done="web.inbox_voided_done")
    return redirect(_back(event), done="web.corrected_done", **{UNDO: acts.named(came.ids)})


def _corrected_before(visit: Visit, event_id: str, ids: tuple[str, ...]) -> Response:
    """Lead where the first sending of the same form led."""
    with visit.server.database.reading() as connection:
        event = event_with(connection, visit.who.org, event_id[:36])
    return redirect(_back(event) if event else ITEMS.path, done="web.sent_again_done", **{UNDO: acts.named(ids)})


def _correctable(connection: Connection, visit: Visit, event_id: str) -> Event:
    """Find an event that can be corrected; NotFoundError, ConflictError when somebody has corrected it before."""
    event = event_with(connection, visit.who.org, event_id[:36])
    if event is None or not fixes(event):
        raise NotFoundError("web.correct_nothing")
    if amending.is_amended(SqlStore(connection, visit.who.org), event.id):
        raise ConflictError("web.correct_before")
    return event


def _read(event: Event, book: Book, visit: Visit, typed: Fields) -> tuple[Answers, dict[str, Any]]:
    """Read what a person says of an event, as `corrected` takes it."""
    answers = Answers(typed, visit.lang)
    fix = answers.chosen("fix", _fixes(event, visit.lang), required=True)
    because = answers.chosen("because", _because(visit.lang), required=True)
    said, value = answers.text("reason"), ""
    if because == Because.OTHER and not said:
        answers.fault("reason", "web.correct_say_why")
    match fix:
        case Fix.PLACE:
            value = answers.chosen("place", _places(event, book, visit), required=True)
            if value and value == place_of(event):
                answers.fault("place", "web.correct_same_place")
        case Fix.NUMBER:
            if not typed.value("number"):
                answers.fault("number", "web.field_needed")
            value = str(answers.number("number", cells.count))
            if value == str(event.qty):
                answers.fault("number", "web.correct_same_number")
        case _:
            pass
    return answers, {"fix": Fix(fix) if fix else Fix.VOID, "value": value, "because": said or because}


def _fixes(event: Event, lang: str) -> list[Option]:
    return [(fix.value, say(f"screen.fix.{fix}", lang)) for fix in fixes(event)]


def _because(lang: str) -> list[Option]:
    return [(each.value, say(f"screen.because.{each}", lang)) for each in Because]


def _places(event: Event, book: Book, visit: Visit) -> list[Option]:
    """Give the places where it can have happened, or to which it can have gone."""
    action = action_of(event)
    only = None if action is None or event.text("to") else {Where.HOME: True, Where.AWAY: False}.get(action.where)
    named = [
        (key, reports.name_of(book, "site", key, visit.now_ms))
        for key in book.keys("site")
        if only is None or only is not bool(book.site(key, visit.now_ms).partner)
    ]
    return sorted(named, key=lambda one: one[1].casefold())


def _inputs(event: Event, book: Book, visit: Visit) -> list[Input]:
    lang, offered = visit.lang, fixes(event)
    asked = [choice("fix", say("screen.correct_what", lang), _fixes(event, lang), required=True)]
    if Fix.PLACE in offered:
        help_text = say("web.correct_only", lang, fix=say("screen.fix.place", lang))
        asked.append(choice("place", say("web.correct_place", lang), _places(event, book, visit), help=help_text))
    if Fix.NUMBER in offered:
        help_text = say("web.correct_only", lang, fix=say("screen.fix.number", lang))
        asked.append(Input(name="number", label=say("screen.correct_number", lang), help=help_text))
    return [
        *asked,
        choice("because", say("screen.correct_why", lang), _because(lang), required=True),
        Input(name="reason", label=say("web.correct_reason", lang), help=say("web.correct_reason_help", lang)),
    ]


def _back(event: Event) -> str:
    return href_of(event.subject) if event.code else f"{PROOFS.path}/{event.id}"


def _page(
    visit: Visit,
    event_id: str,
    *,
    typed: Fields,
    wrong: dict[str, str] | None = None,
    came: Acted | None = None,
    status: int = 200,
) -> Response:
    with visit.server.database.reading() as connection:
        event = _correctable(connection, visit, event_id)
        book = load_book(connection, visit.who.org)
    site = book.site(event.place, event.teff)
    type_key = event.item_type
    return render(
        visit,
        "step.html",
        status=status,
        place=ITEMS,
        title=say("web.page_correct", visit.lang),
        about=printed(event.subject) if event.code else reports.name_of(book, "item_type", type_key, visit.now_ms),
        item_href=_back(event),
        type="" if event.code else str(event.qty),
        back=_back(event),
        action=f"{CORRECT.path}/{event.id}",
        means=say(
            "web.correct_means",
            visit.lang,
            what=kind_text(event.kind, visit.lang),
            when=moment(event.teff, site.zone, visit.lang),
            where=reports.name_of(book, "site", place_of(event), visit.now_ms) or "–",
        ),
        hidden=[],
        inputs=filled(_inputs(event, book, visit), typed, wrong or {}),
        wrong=bool(wrong),
        hindrance=None,
        lacking=[],
        danger=False,
        more_doubts=[],
        **acts.told(came),
    )
