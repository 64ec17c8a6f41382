"""What the scan station shows: what was told of the last scan, the counters, the last lines and their choices."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo

from boucle.expecting import LISTED
from boucle.holds import said_after as held_because
from boucle.leaving import COMMON, modes
from boucle.lifecycle import Verdict
from boucle.lines import Choice, Line, choices
from boucle.photo import announced
from boucle.rounds import stop_of_task
from boucle.telling import Outcome
from boucle.weighing import said_kg
from boucle.words import say
from boucle_server import reports
from boucle_server.scan_expected import Row, missing, rows
from boucle_server.web import numbers
from boucle_server.web.asking import Option
from boucle_server.web.item_words import href_of, printed
from boucle_server.web.station import Station
from boucle_server.web.station_state import State, photo_href
from boucle_server.web.visit import address

SIGNS: Final[Mapping[Outcome, str]] = {
    Outcome.ACCEPTED: "✓",
    Outcome.REPEAT: "↻",
    Outcome.UNEXPECTED: "+",
    Outcome.UNKNOWN: "?",
    Outcome.KEPT: "●",
    Outcome.REFUSED: "⚠",
}
MOST_SHOWN: Final = 12
_SECOND: Final[Mapping[str, str]] = {"replace": "web.station_replace_second", "bind": "screen.bind_second"}
_ALONG: Final = ("reason", "type", "treatment", "mode", "outlet", "zone")
MOST_TYPES: Final = 30
MOST_PICKS: Final = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class LineView:
    """One scan in words. `undo` is the event that can be taken back, `choices` are (value of a button, its words)."""

    outcome: str
    sign: str
    word: str
    what: str
    code: str
    href: str
    why: tuple[str, ...]
    time: str
    undo: str
    choices: tuple[Option, ...]
    verdict: str
    photo_href: str
    photos: int
    wants_photo: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Counter:
    """One type of the list."""

    type: str
    counted: str
    expected: str
    extra: str
    is_complete: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Pick:
    """An item that should stand here, to be chosen where its label cannot be read; `value` is what its button sends."""

    value: str
    code: str
    type: str
    where: str


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """All that the page of a visit shows."""

    state: State
    title: str
    place: str
    said: tuple[str, ...]
    note: str
    counted: str
    expected: str
    extra: str
    panel: LineView | None
    waiting: tuple[LineView, ...]
    counters: tuple[Counter, ...]
    lines: tuple[LineView, ...]
    more: int
    can_undo: bool
    verdicts: tuple[Option, ...]
    verdict: str
    types: tuple[Option, ...]
    sources: tuple[Option, ...]
    place_href: str
    end_href: str
    once: bool
    serial: str
    tare: str
    picks: tuple[Pick, ...]
    picks_more: int


def view(station: Station, lang: str) -> View:
    """Gather what the page shows."""
    picks, picks_more = picks_of(station)
    state, desk = station.state, station.desk
    listed = rows(desk, state.scope, station.lines)
    lines = [_decided(state, line) for line in station.lines]
    shown = [_line(station, line, lang) for line in reversed(lines[-MOST_SHOWN:])]
    unused = [(text, station.unused(text)) for text in reversed(state.seen) if text != state.last]
    open_lines = [line for line in reversed(lines) if choices(line) and line.event_id != state.last]
    asking = [_line(station, line, lang) for line in open_lines[:MOST_SHOWN]]
    waiting = [*(_line(station, line, lang, text=text) for text, line in unused), *asking]
    types = sorted(
        ((key, reports.name_of(desk.book, "item_type", key, desk.now_ms)) for key in station.bulk_types()),
        key=lambda each: each[1].casefold(),
    )
    wanted = sum(row.expected for row in listed)
    met = sum(row.counted for row in listed if row.expected) if wanted else sum(row.counted for row in listed)
    extra = sum(row.extra for row in listed)
    return View(
        state=state,
        title=state.job.name(lang),
        place=reports.name_of(desk.book, "site", state.place, desk.now_ms) if state.place else "",
        said=_said(station, lang),
        note=note_of(state.note, lang),
        counted=numbers.number(met if wanted else met + extra, 0, lang),
        expected=numbers.number(wanted, 0, lang) if wanted else "",
        extra=numbers.number(extra, 0, lang) if extra and wanted else "",
        panel=_panel(station, lines, lang),
        waiting=tuple(waiting),
        counters=tuple(_counter(station, row, lang) for row in listed[:MOST_TYPES]),
        lines=tuple(shown),
        more=max(0, len(lines) - MOST_SHOWN),
        can_undo=bool(lines),
        verdicts=tuple((str(each), say(f"verdict.{each}", lang)) for each in Verdict) if state.job.sorts else (),
        verdict=state.said.get("verdict", ""),
        types=tuple(types) if state.job.counts_pieces else (),
        sources=_sources(station),
        place_href=address(state.path, [*state.at("").pairs, ("choisir", "1")]),
        end_href=state.end_href,
        once="serial" in state.job.may_say,
        serial=state.said.get("serial", ""),
        picks=picks,
        picks_more=picks_more,
        tare=said_kg(int(state.said["tare_g"]), lang) if state.said.get("tare_g", "").isdecimal() else "",
    )


def picks_of(station: Station) -> tuple[tuple[Pick, ...], int]:
    """Give the items to choose from, and how many more there are: all that should stand here, else all that wait.

    What this visit has seen already is not offered again.
    """
    state, desk = station.state, station.desk
    wants_old = state.job.action == "replace" and bool(station.first)
    if not wants_old and not state.job.asks_each:
        return (), 0
    scope = replace(state.scope, action="count" if wants_old else state.job.action)
    found = missing(desk, scope, station.lines)
    picks = tuple(
        Pick(
            value=each.code,
            code=printed(each.code),
            type=reports.name_of(desk.book, "item_type", each.item_type, desk.now_ms),
            where=each.zone,
        )
        for each in found.shown
        if each.code
    )
    return picks[:MOST_PICKS], max(0, len(picks) - MOST_PICKS) + found.more


def missing_of(station: Station, lang: str) -> tuple[list[tuple[str, str, str, str]], int]:
    """Give items that were expected and not seen: code, page, type, where it is thought to be; and how many more."""
    desk, scope = station.desk, station.state.scope
    if scope.action not in LISTED:
        return [], 0
    found = missing(desk, scope, station.lines)
    listed = [
        (
            printed(each.code) if each.code else say("web.without", lang),
            href_of(each.code),
            reports.name_of(desk.book, "item_type", each.item_type, desk.now_ms),
            " · ".join(
                text for text in (reports.name_of(desk.book, "site", each.place, desk.now_ms), each.zone) if text
            ),
        )
        for each in found.shown
    ]
    return listed, found.more


def extras_of(station: Station, lang: str) -> list[LineView]:
    """Give the lines that nobody expected, the last first."""
    lines = [line for line in reversed(station.lines) if line.counts and line.outcome is Outcome.UNEXPECTED]
    return [_line(station, line, lang) for line in lines]


def _decided(state: State, line: Line) -> Line:
    return replace(line, decided=True) if line.event_id and state.is_decided(line.event_id) else line


def _panel(station: Station, lines: list[Line], lang: str) -> LineView | None:
    last = station.state.last
    if not last:
        return None
    line = next((each for each in lines if each.event_id == last), None)
    return _line(station, line or station.unused(last), lang, text=last)


def _line(station: Station, line: Line, lang: str, *, text: str = "") -> LineView:
    desk = station.desk
    key = line.event_id or text
    name = reports.name_of(desk.book, "item_type", line.item_type, desk.now_ms) if line.item_type else ""
    bulk = not line.item and bool(line.item_type)
    code = "" if bulk else printed(line.subject)
    event = station.event_of(line)
    offered = [(f"{choice} {key}", say(f"screen.choice.{choice}", lang)) for choice in choices(line) if _works(choice)]
    return LineView(
        outcome=str(line.outcome),
        sign=SIGNS[line.outcome],
        word=_word(station.state, line, lang),
        what=f"{numbers.number(line.qty, 0, lang)} × {name}" if bulk else name,
        code=code,
        href=href_of(line.subject) if line.item or line.taken else "",
        why=tuple(_why(why, values, station, lang) for why, values in line.why[-2:] if why),
        time=_clock(line.at_ms, desk.who.zone),
        undo=line.event_id,
        choices=tuple(offered),
        verdict=say(f"verdict.{line.found}", lang) if line.found else "",
        photo_href=photo_href(station.state, event.id) if event else "",
        photos=len(announced(event.photos)) if event else 0,
        wants_photo=event is not None and station.lacks_photo(event),
    )


def _works(choice: Choice) -> bool:
    """Tell whether a choice is a button: what a thing is stands behind its code, and the field is there to type."""
    return choice not in (Choice.SHOW, Choice.TYPED)


def _word(state: State, line: Line, lang: str) -> str:
    if line.outcome is Outcome.ACCEPTED:
        return say(f"screen.done.{state.job.action}", lang)
    return say(line.heading, lang)


def _why(key: str, values: Mapping[str, object], station: Station, lang: str) -> str:
    zone = station.desk.who.zone
    at_ms, on_ms = values.get("at_ms"), values.get("on_ms")
    if isinstance(on_ms, int):
        day = datetime.fromtimestamp(on_ms / 1000, ZoneInfo(zone)).strftime("%Y-%m-%d")
        return say(key, lang, date=numbers.day_name(day, lang))
    if isinstance(at_ms, int):
        rest = {name: value for name, value in values.items() if name != "at_ms"}
        return say(key, lang, time=_clock(at_ms, zone), **rest)
    return say(key, lang, **values)


def _clock(at_ms: int, zone: str) -> str:
    return f"{datetime.fromtimestamp(at_ms / 1000, ZoneInfo(zone)):%H:%M}"


def _counter(station: Station, row: Row, lang: str) -> Counter:
    desk = station.desk
    name = reports.name_of(desk.book, "item_type", row.item_type, desk.now_ms) if row.item_type else ""
    return Counter(
        type=name or say("screen.unknown_type", lang),
        counted=numbers.number(row.counted, 0, lang),
        expected=numbers.number(row.expected, 0, lang) if row.expected else "",
        extra=numbers.number(row.extra, 0, lang) if row.extra else "",
        is_complete=bool(row.expected) and row.counted >= row.expected,
    )


def _sources(station: Station) -> tuple[Option, ...]:
    desk = station.desk
    of = desk.round_of(station.state.task) if station.state.job.action == "receive" else None
    stops = of.stops if of else ()
    return tuple((of.task(each), reports.name_of(desk.book, "site", each.place, desk.now_ms)) for each in stops if of)


def _said(station: Station, lang: str) -> tuple[str, ...]:
    """Say what holds for all scans, beside the verdict, which has its own buttons."""
    state, desk = station.state, station.desk
    told = []
    if state.job.needs_site and state.site:
        told.append(say("web.station_from", lang, place=reports.name_of(desk.book, "site", state.site, desk.now_ms)))
    of = desk.round_of(state.task) if state.job.action == "receive" else None
    if of is not None:
        told.append(say("web.station_round", lang, name=of.name or of.key))
    if stop_of_task(state.task) is not None and (round_ := desk.round_under(state.task)) is not None:
        told.append(say("web.station_stop", lang, name=round_.name or round_.key))
    if state.job.pairs:
        first = printed(state.said.get("first", ""))
        told.append(
            say(_SECOND[state.job.action], lang, code=first) if first else say(f"screen.{state.job.action}_first", lang)
        )
    along = [(name, state.said[name]) for name in _ALONG if state.said.get(name)]
    told += [say(f"web.station_said_{name}", lang, value=_value(station, name, value, lang)) for name, value in along]
    return tuple(told)


def _value(station: Station, name: str, value: str, lang: str) -> str:
    match name:
        case "reason":
            return held_because(value, lang)
        case "type":
            return reports.name_of(station.desk.book, "item_type", value, station.desk.now_ms)
        case "treatment" if value in {each.code or each.route for each in COMMON}:
            return say(f"screen.treatment.{value}", lang)
        case "mode" if value in modes(station.state.said.get("treatment", ""), station.desk.month):
            return say(f"screen.mode.{value}", lang)
        case _:
            return value


def note_of(note: str, lang: str) -> str:
    """Say what an address lets the page say once; nothing for what it cannot say."""
    key, _, value = note.partition(".")
    match key:
        case "undone":
            return say("web.station_undone", lang, code=printed(value))
        case "verdict" | "sorted" if value in set(Verdict):
            words = "screen.verdict_from_now" if key == "verdict" else "screen.sorted"
            return say(words, lang, verdict=say(f"verdict.{value}", lang))
        case "chosen" if value in ("add", "leave"):
            return say(f"screen.chosen.{value}", lang)
        case _:
            known = _NOTES.get(key)
            return say(known, lang) if known else ""


_NOTES: Final[Mapping[str, str]] = {
    "already_here": "screen.already_here",
    "nothing_to_undo": "screen.nothing_to_undo",
    "undo_gone": "web.undo_gone",
    "keyboard": "phone.keyboard_repaired",
    "not_yours": "web.station_not_yours",
    "choose_type": "web.station_choose_type",
    "choose_stop": "web.station_choose_stop",
    "sort_at_home": "screen.sort_at_home",
    "sorted_so": "told.sorted_so",
    "no_verdict": "web.station_no_verdict",
    "empty": "web.station_empty",
    "validated": "phone.undo_validated",
    "received": "web.reception_closed",
    "kept_list": "web.control_kept",
    "photo": "web.photo_added",
    "same_code": "told.same_code",
    "first_forgotten": "web.station_first_forgotten",
    "mass_unread": "told.mass.unread",
}
