"""Cells that say when a site is open: its week and its closures, as people write them; as they stand in its row.

A week is `lundi-vendredi 8:00-12:00, 13:30-17:00 ; samedi 9h-12h`, in either language; a form has one field a day.
"""

import re
from collections.abc import Mapping
from datetime import date
from itertools import groupby
from typing import Final

from boucle.closed_days import Closure, Holidays, read_closures, write_closures
from boucle.opening_hours import (
    LONGEST_NIGHT_MIN,
    MOST_SPANS,
    WEEK,
    Span,
    clash,
    read_week,
    span_of,
    time_of,
    write_week,
)
from boucle.words import LANGUAGES, say
from boucle_server.errors import Words
from boucle_server.imports.cells import CellError, day, one_of

SEVEN: Final = range(len(WEEK))
MOST_CLOSURES: Final = 100
_SHORT: Final = 3
"""Letters of the shortest name of a day: `lun`, `mon`."""
_TO: Final = r"\s*(?:-|–|—|à|au|to|until)\s*"
_TIME: Final = r"(\d{1,2})\s*(?:[:hH.]\s*(\d{2})?)?"
_SPAN: Final = re.compile(f"{_TIME}{_TO}{_TIME}", re.ASCII | re.IGNORECASE)
_DAYS: Final = re.compile(r"([^\W\d]+)\.?(?:\s*(?:-|–|—|à|au|to)\s*([^\W\d]+)\.?)?\s*:?\s*(.*)", re.DOTALL)
_BETWEEN: Final = re.compile(r"[,/+]|\bet\b|\band\b")
_ON: Final = r"(\d{1,2}/\d{1,2}/\d{4}|\d{4}-\d{2}-\d{2})"
_CLOSURE: Final = re.compile(rf"(?:du\s+|from\s+)?{_ON}(?:\s*(?:-|–|—|au|to)\s*{_ON})?", re.ASCII | re.IGNORECASE)


def hours(cell: str) -> str:
    """Read a week of opening hours; as it stands in a site's row."""
    week: dict[int, list[Span]] = {}
    said: set[int] = set()
    days: tuple[int, ...] = ()
    for each in filter(None, (" ".join(part.split()) for part in re.split(r"[;\n]+", cell))):
        if each[0].isdigit() and days:
            rest = each
        else:
            days, rest = _days_of(each)
            for one in said.intersection(days):
                raise CellError("import.hours_twice", day=_word(one))
            said.update(days)
        spans = _spans_of(rest, days[0])
        for one in days:
            week.setdefault(one, []).extend(spans)
    for one, spans in week.items():
        if len(spans) > MOST_SPANS:
            raise CellError("import.hours_too_many", day=_word(one), most=MOST_SPANS)
    clashing = clash([week.get(one, ()) for one in SEVEN])
    if clashing is not None:
        raise CellError("import.hours_overlap", day=_word(clashing))
    return write_week(week)


def _days_of(entry: str) -> tuple[tuple[int, ...], str]:
    """Give the days that an entry begins with, and what it says of them."""
    found = _DAYS.fullmatch(entry)
    first, last = (_day(found[1]), _day(found[2] or found[1])) if found else (None, None)
    if found is None or first is None or last is None:
        raise CellError("import.hours_no_day", said=entry[:40])
    count = (last - first) % len(WEEK) + 1
    return tuple((first + step) % len(WEEK) for step in range(count)), found[3]


def _day(word: str) -> int | None:
    folded = word.casefold()
    if len(folded) < _SHORT:
        return None
    return next((one for one in SEVEN if any(name.startswith(folded) for name in _names(one))), None)


def _names(one: int) -> list[str]:
    return [say(f"web.weekday_{one}", lang).casefold() for lang in LANGUAGES]


def _word(one: int) -> Words:
    return Words(f"web.weekday_{one}")


def _spans_of(text: str, one: int) -> list[Span]:
    if text.casefold() in ("", *(say("hours.closed", lang) for lang in LANGUAGES)):
        return []
    return [_span(each.strip(), one) for each in _BETWEEN.split(text) if each.strip()]


def _span(text: str, one: int) -> Span:
    found = _SPAN.fullmatch(text)
    if found is None:
        raise CellError("import.bad_hours", day=_word(one), said=text[:40])
    opens, closes = (f"{found[at]:0>2}:{found[at + 1] or '00'}" for at in (1, 3))
    if opens > "23:59" or closes > "24:00" or opens[3:] > "59" or closes[3:] > "59":
        raise CellError("import.bad_hours", day=_word(one), said=text[:40])
    span = span_of(opens, closes)
    if span is None:
        raise CellError("import.hours_backwards", day=_word(one), said=text[:40], most=LONGEST_NIGHT_MIN // 60)
    return span


def holidays(cell: str) -> str:
    """Read which public holidays a site keeps."""
    return one_of(cell, {str(each): f"holidays.{each}" for each in Holidays})


def closures(cell: str) -> str:
    """Read the closures of a site, one a line or parted by commas; as they stand in its row."""
    found = []
    for each in filter(None, (" ".join(part.split()) for part in re.split(r"[,;\n]+", cell))):
        parts = _CLOSURE.fullmatch(each)
        try:
            first, last = (date.fromisoformat(day(parts[at] or parts[1])) for at in (1, 2)) if parts else (None, None)
        except CellError:
            first = last = None
        if first is None or last is None:
            raise CellError("import.bad_closure", said=each[:40])
        if last < first:
            raise CellError("import.closure_backwards", said=each[:40])
        found.append(Closure(first, last))
    if len(found) > MOST_CLOSURES:
        raise CellError("import.closures_too_many", most=MOST_CLOSURES)
    return write_closures(found)


def written_days(text: str) -> Mapping[int, str]:
    """Write the hours of a site's row day by day as a form has them; a day without any is left out."""
    week = read_week(text)
    return {} if week is None else {one: _written(spans) for one, spans in enumerate(week) if spans}


def _written(spans: tuple[Span, ...]) -> str:
    return ", ".join(f"{_plain(span.opens)}-{_plain(span.closes)}" for span in spans)


def _plain(minutes: int) -> str:
    return time_of(minutes).removeprefix("0") if minutes else "0:00"


def written_hours(text: str, lang: str) -> str:
    """Write the hours of a site's row as its reader takes them, equal days in a row as one."""
    found = []
    for said, group in groupby(written_days(text).items(), key=lambda pair: pair[1]):
        days = [one for one, _ in group]
        for run in _runs(days):
            names = [say(f"web.weekday_{each}", lang) for each in (run[0], run[-1])]
            together = names[0] if len(run) == 1 else say("hours.days", lang, first=names[0], last=names[1])
            found.append(f"{together} {said}")
    return "; ".join(found) if lang != "fr" else " ; ".join(found)


def _runs(days: list[int]) -> list[list[int]]:
    runs: list[list[int]] = []
    for one in days:
        if runs and one == runs[-1][-1] + 1:
            runs[-1].append(one)
        else:
            runs.append([one])
    return runs


def written_closures(text: str, lang: str) -> list[str]:
    """Write the closures of a site's row as their reader takes them."""
    found = []
    for closure in read_closures(text) or ():
        first, last = (each.strftime("%d/%m/%Y") for each in closure)
        found.append(first if first == last else say("closures.span", lang, first=first, last=last))
    return found
