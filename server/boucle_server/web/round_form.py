"""The form of a round: what stands in it as typed, the buttons that move its stops, what is wrong with it.

A button changes the form and saves nothing; the round is saved whole, as one version, or not at all.
"""

import re
import unicodedata
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import partial
from typing import Any, Final

from boucle.reference import Book
from boucle.rounds import MOST_STOPS, TABLE, Round, Stop, read_round
from boucle.shape import MAX_QTY
from boucle.wire import write
from boucle.words import say
from boucle_server.imports import cells
from boucle_server.imports.cells import CellError
from boucle_server.web.forms import Fields

LONGEST: Final = 500
MOST_LINES: Final = 20
BLANK_LINES: Final = 2
LONGEST_ROW: Final = 12_000
"""Bytes of a round: an event holds 16 kB, and says who, when and where beside it."""
_STOP_FIELDS: Final = ("id", "place", "opens", "closes", "note")
_LATER: Final = timedelta(days=7)
_FIRST: Final = "1990-01-01"
_LAST: Final = "2199-12-31"


@dataclass(slots=True, kw_only=True)
class Line:
    """Pieces of one type at a stop, as typed."""

    item_type: str = ""
    collect: str = ""
    deliver: str = ""
    wrong: str = ""

    @property
    def is_blank(self) -> bool:
        """Nothing was typed into it."""
        return not (self.item_type or self.collect or self.deliver)


@dataclass(slots=True, kw_only=True)
class StopForm:
    """A stop as typed; `wrong` is by field."""

    id: str = ""
    place: str = ""
    opens: str = ""
    closes: str = ""
    note: str = ""
    lines: list[Line] = field(default_factory=list)
    wrong: dict[str, str] = field(default_factory=dict)

    @property
    def is_blank(self) -> bool:
        """Nothing was typed into it."""
        return not any((self.place, self.opens, self.closes, self.note, *(not line.is_blank for line in self.lines)))


@dataclass(slots=True, kw_only=True)
class RoundForm:
    """A round as typed. `seen` is the version that it began from, so that no other's change is lost unnoticed."""

    key: str = ""
    seen: str = ""
    day: str = ""
    name: str = ""
    home: str = ""
    person: str = ""
    device: str = ""
    stops: list[StopForm] = field(default_factory=list)
    wrong: dict[str, str] = field(default_factory=dict)

    @property
    def is_wrong(self) -> bool:
        """Something keeps it from being saved."""
        return bool(self.wrong) or any(stop.wrong or any(line.wrong for line in stop.lines) for stop in self.stops)

    def padded(self) -> "RoundForm":
        """Give it with blank lines to type into, and a blank stop where there is none."""
        self.stops = self.stops or [StopForm()]
        for stop in self.stops:
            filled = [line for line in stop.lines if not line.is_blank]
            stop.lines = filled + [Line() for _ in range(BLANK_LINES if not filled else 1)]
        return self


def form_of(of: Round, book: Book) -> RoundForm:
    """Give the form of a round as it is planned."""
    return RoundForm(
        key=of.key,
        seen=version_of(book, of.key),
        day=of.day.isoformat(),
        name=of.name,
        home=of.home,
        person=of.person,
        device=of.device,
        stops=[_stop_form(stop) for stop in of.stops],
    ).padded()


def copy_of(of: Round, day: str) -> RoundForm:
    """Give the form of a new round with the same stops, a week later where no day is asked for."""
    form = form_of(of, Book())
    later = min(of.day, date.max - _LATER) + _LATER
    form.key, form.seen, form.day = "", "", day or later.isoformat()
    return form


def version_of(book: Book, key: str) -> str:
    """Name the version of a round that holds: the event that states it."""
    versions = book.versions_of(TABLE, key)
    return max(versions, key=lambda version: (version.valid_from, version.order)).order[4] if versions else ""


def day_of_form(form: RoundForm) -> date | None:
    """Give the day that was typed; None where that is no day that a round can have."""
    try:
        day = cells.day(form.day) if form.day else ""
    except CellError:
        return None
    return date.fromisoformat(day) if _FIRST <= day <= _LAST else None


def read_form(typed: Fields) -> RoundForm:
    """Read what was typed, however many stops it has."""
    by_stop: dict[int, dict[str, str]] = {}
    for name, value in typed.pairs:
        found = re.fullmatch(r"s(\d{1,3})\.([a-z0-9.]+)", name, re.ASCII)
        if found:
            by_stop.setdefault(int(found[1]), {})[found[2]] = value.strip()[:LONGEST]
    head: dict[str, Any] = {name: typed.value(name) for name in ("seen", "day", "name", "home", "person", "device")}
    head["key"] = typed.value("cle")
    return RoundForm(**head, stops=[_read_stop(by_stop[number]) for number in sorted(by_stop)])


def changed(form: RoundForm, act: str) -> RoundForm:
    """Do what a button says: `up:2`, `down:2`, `drop:2`, `stop`, `lines`; anything else changes nothing."""
    name, _, at = act.partition(":")
    number = int(at) if at.isascii() and at.isdigit() and len(at) < 4 else -1  # noqa: PLR2004
    stops = form.stops
    match name:
        case "up" if 0 < number < len(stops):
            stops[number - 1 : number + 1] = [stops[number], stops[number - 1]]
        case "down" if 0 <= number < len(stops) - 1:
            stops[number : number + 2] = [stops[number + 1], stops[number]]
        case "drop" if 0 <= number < len(stops):
            del stops[number]
        case "stop" if len(stops) < MOST_STOPS:
            stops.append(StopForm())
        case _:
            pass
    return form.padded()


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What a form may name."""

    book: Book
    people: Mapping[str, str]
    devices: Mapping[str, str]
    lang: str


def checked(form: RoundForm, known: Known) -> Round | None:
    """Give the round that a form says; None when something is wrong, which the form then says beside its field."""
    form.wrong = {}
    _check_head(form, known)
    form.stops = [stop for stop in form.stops if not stop.is_blank]
    if not form.stops:
        form.wrong[""] = say("web.round_without_stops", known.lang)
    if len(form.stops) > MOST_STOPS:
        form.wrong[""] = say("import.round_long", known.lang, most=MOST_STOPS)
    free = _free_ids(form, known.book)
    stops = [_checked_stop(stop, stop.id or free(), known) for stop in form.stops]
    if form.is_wrong:
        form.padded()
        return None
    day = date.fromisoformat(form.day)
    key = form.key or _new_key(day, form.name, known.book)
    made = Round(
        key=key, day=day, name=form.name, home=form.home, person=form.person, device=form.device, stops=tuple(stops)
    )
    if len(write(made.row)) > LONGEST_ROW:
        form.wrong[""] = say("web.round_too_long", known.lang)
        form.padded()
        return None
    return made


def _check_head(form: RoundForm, known: Known) -> None:
    lang, book = known.lang, known.book
    try:
        form.day = cells.day(form.day) if form.day else ""
    except CellError as error:
        form.wrong["day"] = say(error.key, lang, **error.values)
    if not form.day and "day" not in form.wrong:
        form.wrong["day"] = say("web.round_no_day", lang)
    elif form.day and not _FIRST <= form.day <= _LAST:
        form.wrong["day"] = say("import.bad_day", lang)
    if _said(form.wrong, "name", partial(cells.text, form.name), lang) and len(form.name) > LONGEST_NAME:
        form.wrong["name"] = say("import.bad_text", lang, most=LONGEST_NAME)
    for name, value, is_known in (
        ("home", form.home, book.has("site", form.home)),
        ("person", form.person, form.person in known.people),
        ("device", form.device, form.device in known.devices),
    ):
        if value and not is_known:
            form.wrong[name] = say("web.round_unknown", lang)


LONGEST_NAME: Final = 120


def _checked_stop(stop: StopForm, stop_id: str, known: Known) -> Stop:
    lang, stop.wrong, stop.id = known.lang, {}, stop_id
    if not stop.place or not known.book.has("site", stop.place):
        stop.wrong["place"] = say("web.round_no_stop_place", lang)
    hours = {}
    for name in ("opens", "closes"):
        text = getattr(stop, name)
        hours[name] = _said(stop.wrong, name, partial(cells.hour, text), lang) if text else ""
    if hours["opens"] and hours["closes"] and hours["closes"] <= hours["opens"]:
        stop.wrong["closes"] = say("web.round_window_reversed", lang)
    _said(stop.wrong, "note", partial(cells.text, stop.note), lang)
    collect: dict[str, int] = {}
    deliver: dict[str, int] = {}
    for line in stop.lines:
        _check_line(line, collect, deliver, known)
    return Stop(
        id=stop_id, place=stop.place, collect=collect, deliver=deliver, note=stop.note,
        opens=hours["opens"], closes=hours["closes"],
    )  # fmt: skip


def _check_line(line: Line, collect: dict[str, int], deliver: dict[str, int], known: Known) -> None:
    line.wrong = ""
    if line.is_blank:
        return
    if not known.book.has("item_type", line.item_type):
        line.wrong = say("web.round_no_type", known.lang)
        return
    if line.item_type in collect or line.item_type in deliver:
        line.wrong = say("web.round_type_twice", known.lang)
        return
    for text, into in ((line.collect, collect), (line.deliver, deliver)):
        try:
            n = cells.count(text) if text else 0
        except CellError as error:
            line.wrong = say(error.key, known.lang, **error.values)
            return
        if n > MAX_QTY:
            line.wrong = say("import.bad_number", known.lang)
        elif n:
            into[line.item_type] = n
    if not line.wrong and line.item_type not in collect and line.item_type not in deliver:
        line.wrong = say("web.round_no_number", known.lang)


def _said(wrong: dict[str, str], name: str, read: Callable[[], str], lang: str) -> str:
    try:
        return read()
    except CellError as error:
        wrong[name] = say(error.key, lang, **error.values)
        return ""


def _stop_form(stop: Stop) -> StopForm:
    types: Sequence[str] = list(dict.fromkeys((*stop.collect, *stop.deliver)))
    return StopForm(
        id=stop.id,
        place=stop.place,
        opens=stop.opens,
        closes=stop.closes,
        note=stop.note,
        lines=[
            Line(
                item_type=each,
                collect=str(stop.collect[each]) if stop.collect.get(each) else "",
                deliver=str(stop.deliver[each]) if stop.deliver.get(each) else "",
            )
            for each in types
        ],
    )


def _read_stop(values: Mapping[str, str]) -> StopForm:
    numbers = sorted({int(name[1:].partition(".")[0]) for name in values if re.match(r"l\d{1,3}\.", name, re.ASCII)})
    lines = [
        Line(
            item_type=values.get(f"l{n}.type", ""),
            collect=values.get(f"l{n}.collect", ""),
            deliver=values.get(f"l{n}.deliver", ""),
        )
        for n in numbers[:MOST_LINES]
    ]
    said: dict[str, Any] = {name: values.get(name, "") for name in _STOP_FIELDS}
    return StopForm(**said, lines=lines)


def _free_ids(form: RoundForm, book: Book) -> Callable[[], str]:
    """Give ids that no stop of the round ever had: scans of a stop that was dropped are not another stop's."""
    before = (read_round(form.key, version.row) for version in book.versions_of(TABLE, form.key)) if form.key else ()
    used = {stop.id for each in before if each for stop in each.stops} | {stop.id for stop in form.stops}
    last = max((int(each) for each in used if each.isascii() and each.isdigit() and len(each) < 10), default=0)  # noqa: PLR2004

    def free() -> str:
        nonlocal last
        last += 1
        return str(last)

    return free


def _new_key(day: date, name: str, book: Book) -> str:
    plain = unicodedata.normalize("NFKD", name.casefold())
    words = re.sub(r"[^a-z0-9]+", "-", "".join(char for char in plain if not unicodedata.combining(char))).strip("-")
    wanted = f"{day.isoformat()}-{words[:40].strip('-')}".strip("-")
    return next(key for key in _numbered(wanted) if not book.has(TABLE, key))


def _numbered(key: str) -> Iterable[str]:
    yield key
    number = 1
    while True:
        number += 1
        yield f"{key}-{number}"
