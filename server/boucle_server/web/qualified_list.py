"""Who is qualified for what, until when, as the pages and the list of what wants somebody show it."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from typing import Final
from urllib.parse import urlencode

from boucle.clock import day_of
from boucle.qualifications import Holding, periods, qualifications
from boucle.reference import Book
from boucle.words import say
from boucle_server.web import numbers
from boucle_server.web.figures import Badge
from boucle_server.web.people_list import Somebody
from boucle_server.web.places import QUALIFIED

SOON_DAYS: Final = 30
"""A qualification that ends within so many days wants its renewal; for so many it is told that it has ended."""


class Standing(StrEnum):
    """How a period stands today; the words are `web.qualified_is_<value>`."""

    EXPIRED = "expired"
    ENDING = "ending"
    VALID = "valid"
    COMING = "coming"
    WITHDRAWN = "withdrawn"


_KINDS: Final = {
    Standing.EXPIRED: "bad",
    Standing.ENDING: "warn",
    Standing.VALID: "good",
    Standing.COMING: "info",
    Standing.WITHDRAWN: "plain",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One period in words. `is_last` says that nothing later was stated of this person and qualification."""

    person: str
    name: str
    key: str
    qualification: str
    since: str
    until: str
    standing: Standing
    badge: Badge
    ends: str
    is_last: bool


def person_href(person: str) -> str:
    """Give the address of what a person holds."""
    return f"{QUALIFIED.path}/personne?{urlencode({'personne': person})}"


def standing_of(holding: Holding, *, now_ms: int, today: str) -> Standing:
    """Tell how a period stands."""
    if holding.withdrawn:
        return Standing.WITHDRAWN
    if holding.from_ms > now_ms:
        return Standing.COMING
    if not holding.is_valid_on(today):
        return Standing.EXPIRED
    return Standing.ENDING if holding.until and holding.until <= _after(today, SOON_DAYS) else Standing.VALID


def lines(book: Book, people: Iterable[Somebody], *, now_ms: int, zone: str, lang: str) -> list[Line]:
    """Give every period of these people, those that end first before the others."""
    names = {each.person: each.name for each in people}
    called = names_of(book, now_ms)
    today = day_of(now_ms, zone)
    found = []
    for (person, key), said in periods(book).items():
        for holding in said if person in names else ():
            standing = standing_of(holding, now_ms=now_ms, today=today)
            found.append(
                Line(
                    person=person,
                    name=names[person],
                    key=key,
                    qualification=called.get(key, key),
                    since=numbers.day_name(day_of(holding.from_ms, zone), lang),
                    until=numbers.day_name(holding.until, lang) if holding.until else say("web.qualified_ever", lang),
                    standing=standing,
                    badge=(_KINDS[standing], _words(holding, standing, today, lang)),
                    ends=holding.until,
                    is_last=holding is said[-1],
                )
            )
    return sorted(found, key=lambda each: (each.ends or "9999", each.name.casefold(), each.qualification))


def names_of(book: Book, now_ms: int) -> dict[str, str]:
    """Give the names of qualifications by key, also of those that are still to begin."""
    at_ms = max([now_ms, *(each.valid_from for each in book.versions if each.table == "qualification")])
    return {each.key: each.name for each in qualifications(book, at_ms=at_ms)}


def wants_renewal(line: Line, today: str) -> bool:
    """Tell whether a period ends soon, or has ended lately, and nothing follows it."""
    if not line.is_last or line.standing not in (Standing.ENDING, Standing.EXPIRED):
        return False
    return _after(today, -SOON_DAYS) <= line.ends


def _words(holding: Holding, standing: Standing, today: str, lang: str) -> str:
    left = (date.fromisoformat(holding.until) - date.fromisoformat(today)).days if holding.until else 0
    return say(f"web.qualified_is_{standing}", lang, n=left)


def _after(day: str, days: int) -> str:
    return (date.fromisoformat(day) + timedelta(days=days)).isoformat()
