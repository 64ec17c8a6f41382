"""One round in words: each stop as planned beside what was found, why they differ, who signed, by which events."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final, NamedTuple
from urllib.parse import quote

from sqlalchemy.engine import Connection

from boucle.agreeing import Agreed
from boucle.events import Event
from boucle.reference import Book
from boucle.rounds import TABLE, Ending, Found, Round, read_round
from boucle.unplanned import is_unplanned
from boucle.words import say
from boucle.words.numerals import signed, times
from boucle_server import photos
from boucle_server.api.reasons import kind_text
from boucle_server.driven import DrivenStop, Progress, State, driven, planned_place
from boucle_server.errors import NotFoundError
from boucle_server.photos import Shown
from boucle_server.stops_beside import stop_beside
from boucle_server.web import numbers, stop_reasons
from boucle_server.web.figures import Badge
from boucle_server.web.item_page import NAMES
from boucle_server.web.item_words import href_of, moment, printed
from boucle_server.web.photo_words import PagePhoto, page_photos
from boucle_server.web.places import PROOFS, ROUND_PLAN, ROUNDS, STATION
from boucle_server.web.register import stated_by
from boucle_server.web.round_pairs import pairs, pairs_beside
from boucle_server.web.rounds_list import long_day, state_badge, title_in
from boucle_server.web.stop_reasons import Later, explained
from boucle_server.web.stop_times import closed_places, times_of_stop
from boucle_server.web.visit import Visit, address

_BADGES: Final[Mapping[Progress, str]] = {Progress.TO_DO: "plain", Progress.BEGUN: "info", Progress.DONE: "good"}
_AGREED: Final[Mapping[tuple[Agreed, bool], str]] = {
    (Agreed.DRAWN, True): "web.round_signed",
    (Agreed.DRAWN, False): "web.round_signed_nameless",
    (Agreed.NAMED, True): "web.round_named",
    (Agreed.ALONE, False): "web.round_validated",
    (Agreed.ERASED, False): "web.round_erased",
}
"""The words by how a stop was agreed to, and whether somebody's name is known."""
_MOST_VERSIONS: Final = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class TypeRow:
    """Pieces of one type in one direction; `difference` and `reason` are empty where there is none."""

    way: str
    type: str
    expected: str
    scanned: str
    declared: str
    unscanned: str
    difference: str
    reason: str
    exact: tuple[int | None, ...]
    """Expected, scanned, declared, not scanned and the difference, as numbers."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Move:
    """One event of a stop, with the page that tells more of it."""

    what: str
    about: str
    when: str
    href: str


@dataclass(frozen=True, slots=True, kw_only=True)
class StopView:
    """One stop."""

    number: int
    place: str
    is_planned: bool
    window: str
    address: str
    map_href: str
    hints: tuple[tuple[str, str], ...]
    badge: Badge
    rows: tuple[TypeRow, ...]
    told: tuple[str, ...]
    added: str
    moves: tuple[Move, ...]
    photos: tuple[PagePhoto, ...]
    slip_href: str
    record_href: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RoundView:
    """All that the page of a round shows."""

    key: str
    title: str
    day: str
    badge: Badge
    is_cancelled: bool
    is_incomplete: bool
    ended: str
    is_planned_only: bool
    is_beside: bool
    """Whether no round at all is shown, but a stop outside of any."""
    closed: str
    """The places of a round to come that are closed on its day."""
    pairs: tuple[tuple[str, str], ...]
    stops: tuple[StopView, ...]
    versions: tuple[tuple[str, str, str], ...]
    at: str
    week_href: str
    edit_href: str
    copy_href: str
    rest_href: str


def find_round(book: Book, key: str, now_ms: int) -> Round:
    """Give a round as it is planned now; NotFoundError for one that nobody planned."""
    row = book.row(TABLE, key, now_ms)
    found = read_round(key, row) if row is not None else None
    if found is None:
        raise NotFoundError("web.no_round")
    return found


def round_page(connection: Connection, visit: Visit, book: Book, key: str) -> RoundView:
    """Gather the page of a round."""
    beside_all = stop_beside(connection, visit.who.org, key, zone=visit.who.zone)
    of = beside_all.round if beside_all else find_round(book, key, visit.now_ms)
    (found,) = driven(connection, visit.who.org, [of], zone=visit.who.zone, now_ms=visit.now_ms)
    beside = beside_stops(connection, visit.who.org, found.stops, day=of.day)
    return RoundView(
        key=key,
        title=title_in(of, visit.lang),
        day=long_day(of.day, visit.lang),
        badge=state_badge(found.state, visit.lang),
        is_cancelled=of.cancelled,
        is_incomplete=found.state is State.INCOMPLETE and beside_all is None,
        ended=of.ended if found.state is State.ENDED else "",
        is_planned_only=found.state in (State.PLANNED, State.CANCELLED),
        is_beside=beside_all is not None,
        closed=_closed(book, of, visit.now_ms) if found.state is State.PLANNED else "",
        pairs=pairs_beside(connection, visit, found) if beside_all else pairs(connection, visit, book, found),
        stops=tuple(stop_view(stop, number, book, visit, beside) for number, stop in enumerate(found.stops, 1)),
        versions=_versions(connection, visit, book, key),
        at=moment(visit.now_ms, visit.who.zone, visit.lang),
        week_href=address(ROUNDS.path, [("jour", of.day.isoformat())]),
        edit_href=address(ROUND_PLAN.path, [("cle", key)]),
        copy_href=address(ROUND_PLAN.path, [("copie", key)]),
        rest_href=address(ROUND_PLAN.path, [("copie", key), ("reste", "1")]),
    )


def _closed(book: Book, of: Round, now_ms: int) -> str:
    return closed_places(book, (of.home, *(stop.place for stop in of.stops)), of.day, now_ms=now_ms)


class Beside(NamedTuple):
    """What stands beside the events of stops: their day, what was explained later, the photos of each validation."""

    day: date
    later: Later
    photos: Mapping[str, tuple[Shown, ...]]


def beside_stops(connection: Connection, org: str, stops: Sequence[DrivenStop], *, day: date) -> Beside:
    """Read what stands beside some stops."""
    return Beside(
        day,
        explained(connection, org, stops),
        photos.shown(connection, org, [stop.last.event for stop in stops if stop.last]),
    )


def stop_view(found: DrivenStop, number: int, book: Book, visit: Visit, beside: Beside) -> StopView:
    """Say one stop."""
    lang, now_ms = visit.lang, visit.now_ms
    site, stop = book.site(found.place, now_ms), found.stop
    hints = {
        "web.reg_access": site.access,
        "web.reg_reminder": site.reminder,
        "web.round_note": stop.note if stop else "",
    }
    return StopView(
        number=number,
        place=planned_place(book, found.place, now_ms) or say("web.round_no_place", lang),
        is_planned=stop is not None and not is_unplanned(found.task),
        window=times_of_stop(stop, site, beside.day, lang=lang) if stop else "",
        address=site.address,
        map_href=map_href(site.address),
        hints=tuple((say(key, lang), text) for key, text in hints.items() if text),
        badge=(_BADGES[found.progress], say(f"round.progress.{found.progress}", lang)),
        rows=tuple(type_row(row, found, book, visit, beside.later) for row in found.found),
        told=tuple(_told(found, site.zone, lang)),
        added=say("web.round_added", lang, n=found.added) if found.added and found.validations else "",
        moves=tuple(_move(event, found, book, lang) for event in found.moves),
        photos=_photos(found, site.zone, lang, beside),
        slip_href=address(f"{ROUNDS.path}/bon", [("tache", found.task)]) if found.validations else "",
        record_href=address(f"{STATION.path}/arret", [("tache", found.task)]) if stop else "",
    )


def _photos(found: DrivenStop, zone: str, lang: str, beside: Beside) -> tuple[PagePhoto, ...]:
    if found.last is None:
        return ()
    event = found.last.event
    what, when = kind_text(event.kind, lang), moment(event.teff, zone, lang)
    return page_photos(beside.photos.get(event.id, ()), lang, what=what, when=when)


def map_href(text: str) -> str:
    """Give the link by which a device shows an address on whatever map it has."""
    return f"geo:0,0?q={quote(text)}" if text else ""


def type_name(book: Book, item_type: str, visit: Visit) -> str:
    """Give the name of a type as people know it."""
    if not item_type:
        return say("web.unknown_type", visit.lang)
    return book.item_type(item_type, visit.now_ms).name or item_type


def type_row(row: Found, found: DrivenStop, book: Book, visit: Visit, later: Later) -> TypeRow:
    """Say one line of a stop."""
    lang = visit.lang
    unscanned, counted = found.unscanned(row), not book.item_type(row.item_type, visit.now_ms).serialised
    beside = is_unplanned(found.task)  # nothing was expected there, so nothing differs from it
    return TypeRow(
        way=say(f"web.round_{row.direction}", lang),
        type=type_name(book, row.item_type, visit),
        expected=numbers.DASH if beside else numbers.number(row.expected, 0, lang),
        scanned=numbers.DASH if counted else numbers.number(row.scanned, 0, lang),
        declared=numbers.number(row.declared, 0, lang),
        unscanned=numbers.DASH if counted else numbers.number(unscanned, 0, lang),
        difference=numbers.DASH if beside else signed(row.difference, lang),
        reason=stop_reasons.words(found, row, later, lang),
        exact=(
            None if beside else row.expected,
            None if counted else row.scanned,
            row.declared,
            None if counted else unscanned,
            None if beside else row.difference,
        ),
    )


def _told(found: DrivenStop, zone: str, lang: str) -> list[str]:
    last = found.last
    if last is None:
        return []
    when = moment(last.event.teff, zone, lang)
    by = {"who": last.signer} if last.signer else {}
    lines = [say(_AGREED[last.agreed, bool(by)], lang, when=when, version=last.version, **by)]
    if last.ending is not Ending.DONE:
        lines.insert(0, say(f"round.ending.{last.ending}", lang))
    return [*lines, *([last.note] if last.note else [])]


def _move(event: Event, found: DrivenStop, book: Book, lang: str) -> Move:
    site = book.site(event.place, event.teff)
    if event.code:
        item_type = book.item_type(found.types.get(event.subject, ""), event.teff).name
        about = f"{printed(event.subject)}{f' · {item_type}' if item_type else ''}"
        href = f"{href_of(event.subject)}#e-{event.id}"
    else:
        about = times(event.qty, book.item_type(event.item_type, event.teff).name or event.item_type, lang)
        href = f"{PROOFS.path}/{event.id}"
    return Move(what=kind_text(event.kind, lang), about=about, when=moment(event.teff, site.zone, lang), href=href)


def _versions(connection: Connection, visit: Visit, book: Book, key: str) -> tuple[tuple[str, str, str], ...]:
    """Give when a plan was changed, by whom, and to what; the latest first."""
    versions = sorted(book.versions_of(TABLE, key), key=lambda version: version.order)[::-1][:_MOST_VERSIONS]
    by = stated_by(connection, visit.who.org, [version.order[4] for version in versions])
    sees_names = not NAMES.isdisjoint(visit.who.capabilities)
    return tuple(
        (
            moment(version.order[0], visit.who.zone, visit.lang),
            by.get(version.order[4], ("", 0))[0] if sees_names else "",
            _summary(key, version.row, visit.lang),
        )
        for version in versions
    )


def _summary(key: str, row: Mapping[str, object], lang: str) -> str:
    of = read_round(key, row)
    if of is None:
        return numbers.DASH
    if of.cancelled:
        return say("web.round_state_cancelled", lang)
    if of.ended:
        return f"{say('web.round_state_ended', lang)} · {of.ended}"
    return f"{long_day(of.day, lang)} · {say('web.round_n_stops', lang, n=len(of.stops))}"
