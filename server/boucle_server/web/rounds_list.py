"""The rounds of a week in words: day by day, how far each has come, what was found beside what was expected."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from boucle.clock import day_of
from boucle.events import Event
from boucle.reference import Book
from boucle.rounds import Round, rounds_in
from boucle.unplanned import day_of_key
from boucle.words import say
from boucle_server.driven import DrivenRound, DrivenStop, State, driven, planned_place
from boucle_server.stops_beside import Days, driven_beside
from boucle_server.tables import PERSON
from boucle_server.web import numbers
from boucle_server.web.figures import Badge
from boucle_server.web.item_page import NAMES
from boucle_server.web.places import ROUNDS
from boucle_server.web.visit import LONGEST_SHOWN, Visit, address

ONE: Final = f"{ROUNDS.path}/fiche"
ENDING: Final = "clore"
"""Where on the page of a round it is ended."""
BADGES: Final[Mapping[State, str]] = {
    State.PLANNED: "plain",
    State.RUNNING: "info",
    State.DONE: "good",
    State.INCOMPLETE: "bad",
    State.ENDED: "warn",
    State.CANCELLED: "plain",
}
_WEEK: Final = timedelta(days=7)
_FIRST: Final = date(1990, 1, 1)
_LAST: Final = date(2199, 12, 1)


@dataclass(frozen=True, slots=True, kw_only=True)
class RoundRow:
    """One round of the list."""

    key: str
    day: str
    name: str
    href: str
    home: str
    driver: str
    stops: str
    taken: str
    left: str
    badge: Badge
    is_planned: bool
    exact: tuple[int, ...]
    """Stops done and planned, pieces collected and expected, pieces delivered and expected."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Week:
    """The rounds of a week by day; `problem` says why it is not the week that was asked for."""

    title: str
    day: str
    before: str
    after: str
    days: tuple[tuple[str, tuple[RoundRow, ...]], ...]
    is_this: bool
    problem: str


def week(connection: Connection, visit: Visit, book: Book) -> Week:
    """Gather the week of the day that the address names."""
    today = date.fromisoformat(day_of(visit.now_ms, visit.who.zone))
    day, problem = _day(visit, today)
    monday = day - timedelta(days=day.weekday())
    planned = [each for each in rounds_in(book, at_ms=visit.now_ms) if monday <= each.day < monday + _WEEK]
    sunday = monday + timedelta(days=6)
    found = driven(connection, visit.who.org, planned, zone=visit.who.zone, now_ms=visit.now_ms)
    shown = Days(monday, sunday, visit.who.zone)
    beside = driven_beside(connection, visit.who.org, shown, now_ms=visit.now_ms)
    names = people_of(connection, visit, {*(each.person for each in planned), *(driver_of(each) for each in beside)})
    days: dict[date, list[RoundRow]] = {}
    for each in found:
        days.setdefault(each.round.day, []).append(_row(each, book, visit, names))
    for each in beside:
        days.setdefault(each.round.day, []).append(_row_beside(each, book, visit, names))
    return Week(
        title=say("web.rounds_week", visit.lang, first=day_name(monday, visit.lang), last=day_name(sunday, visit.lang)),
        day=day.isoformat(),
        before=(monday - _WEEK).isoformat(),
        after=(monday + _WEEK).isoformat(),
        days=tuple((long_day(on, visit.lang), tuple(rows)) for on, rows in sorted(days.items())),
        is_this=monday <= today <= sunday,
        problem=problem,
    )


def people_of(connection: Connection, visit: Visit, wanted: set[str]) -> dict[str, str]:
    """Give the names of people to who has to know them; nothing to everybody else."""
    if NAMES.isdisjoint(visit.who.capabilities):
        return {}
    query = sa.select(PERSON.c.person, PERSON.c.name).where(
        PERSON.c.org == visit.who.org, PERSON.c.person.in_(sorted(wanted - {""})[:500])
    )
    return {row.person: row.name for row in connection.execute(query)}


def href_of_round(key: str) -> str:
    """Give the address of the page of a round."""
    return address(ONE, [("cle", key)])


def day_name(day: date, lang: str) -> str:
    """Write a day in figures."""
    return numbers.day_name(day.isoformat(), lang)


def long_day(day: date, lang: str) -> str:
    """Write a day with the day of its week: `lundi 30/11/2026`."""
    return f"{say(f'web.weekday_{day.weekday()}', lang)} {day_name(day, lang)}"


def state_badge(state: State, lang: str) -> Badge:
    """Give the sign of a state."""
    return BADGES[state], say(f"web.round_state_{state}", lang)


def title_of(of: Round) -> str:
    """Give what a round is called."""
    return of.name or of.key


def title_in(of: Round, lang: str) -> str:
    """Give what a round is called, or that what stands for one is a stop outside of any."""
    return say("web.stop_beside", lang) if day_of_key(of.key) else title_of(of)


def href_of(of: Round) -> str:
    """Give the address of the page of a round, or of a stop outside of any."""
    return href_of_round(of.task(of.stops[0]) if day_of_key(of.key) else of.key)


def _day(visit: Visit, today: date) -> tuple[date, str]:
    text = visit.value("jour")
    if not text:
        return today, ""
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return today, say("web.bad_date", visit.lang, asked=text[:LONGEST_SHOWN])
    if not _FIRST <= day <= _LAST:
        return today, say("web.bad_date", visit.lang, asked=text[:LONGEST_SHOWN])
    return day, ""


def _row(each: DrivenRound, book: Book, visit: Visit, names: Mapping[str, str]) -> RoundRow:
    of, lang = each.round, visit.lang
    return RoundRow(
        key=of.key,
        day=of.day.isoformat(),
        name=title_of(of),
        href=href_of_round(of.key),
        home=book.site(of.home, visit.now_ms).name or of.home,
        driver=names.get(of.person, ""),
        stops=f"{each.done}/{len(of.stops)}",
        taken=_pieces(each, "collect", lang),
        left=_pieces(each, "deliver", lang),
        badge=state_badge(each.state, lang),
        is_planned=True,
        exact=(each.done, len(of.stops), *_counts(each, "collect"), *_counts(each, "deliver")),
    )


def _row_beside(each: DrivenRound, book: Book, visit: Visit, names: Mapping[str, str]) -> RoundRow:
    """Say a stop outside of any round: it was driven, and nothing of it was planned."""
    (stop,) = each.stops
    return RoundRow(
        key=each.round.key,
        day=each.round.day.isoformat(),
        name=planned_place(book, stop.place, visit.now_ms),
        href=href_of(each.round),
        home="",
        driver=names.get(driver_of(each), ""),
        stops=numbers.DASH,
        taken=_found(each, "collect", visit.lang),
        left=_found(each, "deliver", visit.lang),
        badge=("good" if each.done else "info", say(f"round.progress.{stop.progress}", visit.lang)),
        is_planned=False,
        exact=(each.done, 0, *_counts(each, "collect"), *_counts(each, "deliver")),
    )


def driver_of(each: DrivenRound) -> str:
    """Give who made a stop that no round plans, by the pseudonym of its first event."""
    return next((event.actor for stop in each.stops for event in (*stop.moves, *_said(stop))), "")


def _said(stop: DrivenStop) -> list[Event]:
    return [each.event for each in stop.validations]


def _found(each: DrivenRound, direction: str, lang: str) -> str:
    total, _ = _counts(each, direction)
    return numbers.number(total, 0, lang) if total else numbers.DASH


def _pieces(each: DrivenRound, direction: str, lang: str) -> str:
    total, expected = _counts(each, direction)
    if not expected and not total:
        return numbers.DASH
    return f"{numbers.number(total, 0, lang)} / {numbers.number(expected, 0, lang)}"


def _counts(each: DrivenRound, direction: str) -> tuple[int, int]:
    """Give how many pieces were found, and how many expected."""
    rows = [row for stop in each.stops for row in stop.found if row.direction == direction]
    return sum(row.total for row in rows), sum(row.expected for row in rows)
