"""The unloading of a round in the browser: what it brings beside what was received, why they differ, its validation."""

from boucle.actions import Act
from boucle.receiving import VALIDATED, differing, validation
from boucle.rounds import Gap
from boucle.telling import Told
from boucle.words import say
from boucle_server import reports
from boucle_server.errors import NotFoundError
from boucle_server.receptions import Reception, reception
from boucle_server.scan_desk import Desk, Scope
from boucle_server.scan_expected import MOST_MISSING, missing
from boucle_server.web.figures import Badge
from boucle_server.web.item_words import href_of, moment, printed
from boucle_server.web.places import STATION
from boucle_server.web.station_jobs import BY_ACTION, offered
from boucle_server.web.station_state import PLACE, TASK, State
from boucle_server.web.station_stop import GapRow, gap_rows, gaps_typed
from boucle_server.web.typed import Answers
from boucle_server.web.visit import address

PATH = f"{STATION.path}/reception"


def href(task: str, place: str) -> str:
    """Give the address of the page of a reception."""
    return address(PATH, [(TASK, task), *([(PLACE, place)] if place else [])])


def reception_of(desk: Desk, key: str) -> Reception:
    """Find the reception of a round; NotFoundError for one that nobody planned."""
    of = desk.round_of(key)
    if of is None:
        raise NotFoundError("web.no_round")
    return reception(desk.connection, desk.org, of, desk.book, zone=desk.who.zone, now_ms=desk.now_ms)


def place_of(desk: Desk, found: Reception, asked: str) -> str:
    """Give the site of ours where a round is unloaded: the one asked for, else its own, else the only one there is."""
    own = {site.key for site in desk.context().own_sites}
    return next((each for each in (asked, found.round.home, desk.context().home) if each in own), "")


def badge(found: Reception, lang: str) -> Badge:
    """Say how far it has come."""
    if found.is_done:
        return "good", say("round.progress.done", lang)
    begun = bool(found.moves or found.validations)
    return ("info", say("round.progress.begun", lang)) if begun else ("plain", say("round.progress.to_do", lang))


def told(desk: Desk, found: Reception, lang: str) -> list[str]:
    """Say when it was validated, and what was noted then."""
    last = found.last
    if last is None:
        return []
    when = moment(last.event.teff, desk.who.zone, lang)
    note = last.event.text("note")
    return [say("web.reception_validated", lang, when=when, version=last.version), *([note] if note else [])]


def rows(desk: Desk, found: Reception, lang: str, typed: Answers | None = None) -> list[GapRow]:
    """Say what was received beside what was expected."""
    return gap_rows(desk, found.found, found.last.reasons if found.last else {}, lang, typed)


def differs(found: Reception) -> bool:
    """Tell whether any number is another than was expected."""
    return bool(differing(found.found))


def missing_of(
    desk: Desk, found: Reception, place: str, lang: str, *, most: int = MOST_MISSING
) -> tuple[list[tuple[str, str, str, str]], int]:
    """Give labelled items that the round brings and nobody received, and how many more there are.

    Of each its code, its page, its type, where it was taken up.
    """
    lacking = missing(desk, Scope(action="receive", place=place, task=found.round.key), (), most=most)
    listed = [
        (
            printed(each.code) if each.code else say("web.without", lang),
            href_of(each.code),
            reports.name_of(desk.book, "item_type", each.item_type, desk.now_ms),
            reports.name_of(desk.book, "site", each.place, desk.now_ms) if each.place else "–",
        )
        for each in lacking.shown
    ]
    return listed, lacking.more


def scan_href(desk: Desk, found: Reception, place: str) -> str:
    """Give the page on which the round is received, `""` for whoever receives nothing."""
    job = BY_ACTION["receive"]
    return State(job=job, place=place, task=found.round.key).href if job in offered(desk.who.held) else ""


def validate(desk: Desk, found: Reception, place: str, typed: Answers) -> Told | None:
    """Record that a round is unloaded, with what was seen of it; None where something typed does not do."""
    reasons: dict[str, Gap] = gaps_typed(found.found, typed)
    note = typed.text("note")
    if typed.wrong:
        return None
    body = validation(found.found, version=len(found.validations) + 1, reasons=reasons, note=note)
    return desk.record(Act(kind=VALIDATED, task=found.round.key, place=place, body=body))
