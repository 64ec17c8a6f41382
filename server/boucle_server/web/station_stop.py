"""A stop of a round in the browser: what was found beside the plan, why it differs, its validation, its corrections."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final, NamedTuple

from boucle import photo_guards
from boucle.actions import Act
from boucle.correction import Because, Fix, corrected, fixes
from boucle.events import Event
from boucle.receiving import way
from boucle.roles import may_record
from boucle.rounds import VALIDATED, Ending, Found, Gap, Round, Stop, gaps_for, stop_of_task, validation
from boucle.telling import Told
from boucle.unplanned import is_unplanned
from boucle.words import say
from boucle.words.numerals import signed
from boucle_server import amending, reports
from boucle_server.driven import DrivenStop, driven, strokes_of
from boucle_server.errors import ConflictError, NotFoundError
from boucle_server.imports import cells
from boucle_server.scan_desk import Desk
from boucle_server.stops_beside import stop_beside
from boucle_server.web import numbers, stop_reasons
from boucle_server.web.asking import Option
from boucle_server.web.item_words import href_of, moment, printed
from boucle_server.web.photo_field import FIELD, read_photo
from boucle_server.web.station_jobs import BY_ACTION, offered
from boucle_server.web.station_state import State
from boucle_server.web.stop_reasons import Later
from boucle_server.web.typed import Answers

LONGEST_NAME: Final = 80
SIGNATURE: Final = "signature"
LONGEST_SIGNATURE: Final = 8_000
"""Characters: what is personal of an event is small, and a name is drawn with some hundred points."""
WITHOUT_PHOTO: Final = "sans_photo"
"""Said by a form that was shown again because its photo lacked: the second time it is sent without."""
CORRECTED: Final = frozenset({Fix.VOID, Fix.NUMBER})
"""What a stop's page corrects; another place is another stop."""


@dataclass(frozen=True, slots=True, kw_only=True)
class At:
    """A stop as it stands, of a round or outside of any."""

    round: Round
    stop: Stop
    found: DrivenStop

    @property
    def task(self) -> str:
        """The task of every scan of it."""
        return self.found.task

    @property
    def is_planned(self) -> bool:
        """Whether a round planned it, so that something was expected."""
        return not is_unplanned(self.task)


@dataclass(frozen=True, slots=True, kw_only=True)
class GapRow:
    """One type in one direction, with the reasons that can explain its difference."""

    name: str
    type: str
    way: str
    expected: str
    scanned: str
    declared: str
    difference: str
    reasons: tuple[Option, ...]
    chosen: str
    later: str = ""
    """What was explained of it after it was validated."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MoveView:
    """One event of the stop."""

    id: str
    what: str
    about: str
    href: str
    when: str
    can_fix: bool


def stop_at(desk: Desk, task: str) -> At:
    """Find a stop by its task; NotFoundError for one that nobody planned, and that is at no partner's either."""
    named = stop_of_task(task)
    beside = stop_beside(desk.connection, desk.org, task, zone=desk.who.zone)
    if beside is not None and not desk.context().is_partner(beside.stop.place):
        raise NotFoundError("web.stop_none")
    of = beside.round if beside else desk.round_of(named[0]) if named else None
    stop = of.stop(named[1]) if of and named else None
    if of is None or stop is None:
        raise NotFoundError("web.stop_none")
    (seen,) = driven(desk.connection, desk.org, [of], zone=desk.who.zone, now_ms=desk.now_ms)
    found = next(each for each in seen.stops if each.task == of.task(stop))
    return At(round=of, stop=stop, found=found)


def ways(desk: Desk, at: At, lang: str) -> list[Option]:
    """Give what can be scanned at a stop: the address of each job with its name."""
    jobs = [BY_ACTION[action] for action in ("collect", "deliver")]
    open_to = offered(desk.who.held)
    states = [State(job=job, place=at.stop.place, task=at.task) for job in jobs if job in open_to]
    return [(state.href, state.job.name(lang)) for state in states]


def rows(desk: Desk, at: At, lang: str, later: Later, typed: Answers | None = None) -> list[GapRow]:
    """Say what was found beside what was planned, with the reason that holds for it."""
    found = at.found
    known = {row.name: gap for row in found.found if (gap := stop_reasons.gap_of(found, row, later)) is not None}
    made = gap_rows(desk, found.found, known, lang, typed)
    if not at.is_planned:
        return [replace(row, difference="", reasons=()) for row in made]
    told = (stop_reasons.later_words(found, row, later, lang) if row.difference else "" for row in found.found)
    return [replace(row, later=words) for row, words in zip(made, told, strict=True)]


def gap_rows(
    desk: Desk, found: Iterable[Found], reasons: Mapping[str, Gap], lang: str, typed: Answers | None = None
) -> list[GapRow]:
    """Say numbers beside those expected, with the reason that was typed, else the one given before."""
    said = {name: str(gap) for name, gap in reasons.items()}
    return [
        _row(desk, row, lang, typed.fields.value(f"r.{row.name}") if typed else said.get(row.name, "")) for row in found
    ]


def gaps_typed(found: Iterable[Found], typed: Answers) -> dict[str, Gap]:
    """Read the reason of each difference that somebody explained."""
    reasons: dict[str, Gap] = {}
    for row in found:
        gap = typed.chosen(f"r.{row.name}", [(str(each), "") for each in gaps_for(row.difference, row.direction)])
        if row.difference and gap:
            reasons[row.name] = Gap(gap)
    return reasons


def _row(desk: Desk, row: Found, lang: str, chosen: str) -> GapRow:
    name = reports.name_of(desk.book, "item_type", row.item_type, desk.now_ms) if row.item_type else ""
    gaps = gaps_for(row.difference, row.direction) if row.difference else ()
    return GapRow(
        name=row.name,
        type=name or say("screen.unknown_type", lang),
        way=way(row.direction, lang),
        expected=numbers.number(row.expected, 0, lang),
        scanned=numbers.number(row.scanned, 0, lang),
        declared=numbers.number(row.declared, 0, lang),
        difference=signed(row.difference, lang) if row.difference else "",
        reasons=tuple((str(gap), say(f"round.gap.{gap}", lang)) for gap in gaps),
        chosen=chosen,
    )


def begins_from(at: At) -> tuple[Ending, str]:
    """Give the ending and the note that the form of a stop begins with: those of its last version, while they fit."""
    last = at.found.last
    if at.found.moves:
        ending = Ending.DONE
    else:
        ending = last.ending if last and last.ending is not Ending.DONE else Ending.NOTHING
    return ending, last.note if last and last.ending is ending else ""


class Validated(NamedTuple):
    """A validation that was recorded, and how many differences it gives no reason for."""

    told: Told
    unexplained: int


def asks_photo(desk: Desk, at: At, ending: str) -> bool:
    """Tell whether the place of a stop asks for a photo of what it ended with."""
    return photo_guards.asks_photo(VALIDATED, {"ending": ending}, desk.book.site(at.stop.place, desk.now_ms))


def validate(desk: Desk, at: At, typed: Answers) -> Validated | None:
    """Record that a stop is done, with what was seen of it; None where something typed does not do.

    A photo that its place asks for and that is not there is asked for once; after that the stop is validated without.
    """
    photo = read_photo(typed)
    ending = typed.chosen("ending", [(str(each), "") for each in Ending], required=True)
    signer = typed.text("signer")[:LONGEST_NAME]
    reasons = gaps_typed(at.found.found, typed) if at.is_planned else {}
    if ending and photo is None and not typed.fields.value(WITHOUT_PHOTO) and asks_photo(desk, at, ending):
        typed.fault(FIELD, "web.stop_photo_asked")
    if typed.wrong:
        return None
    version = len(at.found.validations) + 1
    body: dict[str, Any] = validation(at.found.found, ending=Ending(ending), version=version, reasons=reasons)
    note = typed.text("note")
    act = Act(kind=VALIDATED, task=at.task, place=at.stop.place, body=body | ({"note": note} if note else {}))
    drawn = _drawn(typed.fields.value(SIGNATURE))
    private: dict[str, Any] = {"signer": signer} if signer else {}
    private |= {"signature": drawn} if drawn else {}
    told = desk.record(act, private=private, photos=[photo.announced] if photo else ())
    if photo:
        photo.keep(desk.connection, desk.org, now_ms=desk.now_ms)
    differing = [row for row in at.found.found if at.is_planned and row.difference and row.name not in reasons]
    return Validated(told, len(differing) if ending == Ending.DONE else 0)


def carried(typed: Answers) -> str:
    """Give the signature of a form that is shown again, so that nobody has to sign twice."""
    drawn = _drawn(typed.fields.value(SIGNATURE))
    return json.dumps(drawn) if drawn else ""


def _drawn(text: str) -> list[list[int]]:
    """Read a signature as a page drew it; what makes no sense in it is no signature."""
    if not text or len(text) > LONGEST_SIGNATURE:
        return []
    try:
        return [list(stroke) for stroke in strokes_of(json.loads(text))]
    except (ValueError, RecursionError):
        return []


def moves(desk: Desk, at: At, lang: str) -> list[MoveView]:
    """Give the events of a stop, the last first."""
    may = may_record(desk.who.held, "event.voided")
    return [_move(desk, event, lang, may=may) for event in reversed(at.found.moves)]


def _move(desk: Desk, event: Event, lang: str, *, may: bool) -> MoveView:
    name = reports.name_of(desk.book, "item_type", event.item_type, desk.now_ms) if event.item_type else ""
    about = f"{numbers.number(event.qty, 0, lang)} × {name}" if event.item_type else printed(event.code)
    return MoveView(
        id=event.id,
        what=say(f"kind.{event.kind}", lang),
        about=about,
        href="" if event.item_type else href_of(event.code),
        when=moment(event.teff, desk.who.zone, lang),
        can_fix=may and bool(offers(event)),
    )


def offers(event: Event) -> list[Fix]:
    """Give what the page of a stop can change of an event."""
    return [fix for fix in fixes(event) if fix in CORRECTED]


def event_at(at: At, event_id: str) -> Event:
    """Give an event of a stop that stands; NotFoundError for any other."""
    found = next((event for event in at.found.moves if event.id == event_id), None)
    if found is None:
        raise NotFoundError("web.undo_gone")
    return found


def correct(desk: Desk, event: Event, typed: Answers) -> Told | None:
    """Correct a line of a stop, with the reason; None where something typed does not do."""
    fix = typed.chosen("fix", [(str(each), "") for each in offers(event)], required=True)
    because = typed.chosen("because", [(str(each), "") for each in Because], required=True)
    n = typed.number("n", cells.count) if fix == Fix.NUMBER else 0
    if fix == Fix.NUMBER and n < 1:
        typed.fault("n", "web.field_needed")
    if typed.wrong:
        return None
    if amending.is_amended(desk.store, event.id):
        raise ConflictError("web.inbox_voided_before")
    kind, fields = corrected(event, Fix(fix), value=str(n), because=because)
    said = {name: value for name, value in fields.items() if name not in ("corrects", "photos")}
    told = desk.record(Act(kind=kind, **said), corrects=fields.get("corrects", ""), photos=fields.get("photos", ()))
    if fix == Fix.VOID:  # what did not happen did not happen in its first words either
        desk.void_before(event)
    return told
