"""A stop in words: what is planned, that it is late, what others did there and validated."""

from typing import Final

from kivy.metrics import dp
from kivy.uix.widget import Widget

from boucle.events import Event
from boucle.opening_words import day_words
from boucle.rounds import Round, Stop
from boucle.telling import Outcome
from boucle.visiting import DIRECTIONS
from boucle.words.numerals import times
from boucle_field import driving
from boucle_field.driving import Progress, Standing
from boucle_field.names import name_of_type
from boucle_field.screens import theme
from boucle_field.screens.controls import Text, column, ground
from boucle_field.screens.screen import Screen
from boucle_field.screens.theme import OUTCOMES
from boucle_field.screens.top_bar import local_day, local_time
from boucle_field.stop_events import Side

SIGNS: Final = {Progress.TO_DO: "○", Progress.BEGUN: "…", Progress.DONE: "✓"}


def planned_words(screen: Screen, of: Round, stop: Stop) -> list[str]:
    """Say what is planned at a stop: what to take, what to leave, and when."""
    phone = screen.face.at
    book, now = phone.mirror.book(), phone.desk.now_ms()
    told = []
    for key, plan in (("screen.stop_take", stop.collect), ("screen.stop_leave", stop.deliver)):
        if plan:
            pieces = ", ".join(times(n, name_of_type(book, each, now), screen.face.lang) for each, n in plan.items())
            told.append(screen.say(key, what=pieces))
    return [*told, *hours_words(screen, of, stop)]


def hours_words(screen: Screen, of: Round, stop: Stop) -> list[str]:
    """Say when a stop is planned, and when its place is open that day."""
    phone, told = screen.face.at, list[str]()
    book, now = phone.mirror.book(), phone.desk.now_ms()
    match stop.opens, stop.closes:
        case "", "":
            pass
        case opens, "":
            told.append(screen.say("screen.stop_from", opens=opens))
        case "", closes:
            told.append(screen.say("screen.stop_until", closes=closes))
        case opens, closes:
            told.append(screen.say("screen.stop_between", opens=opens, closes=closes))
    opened = day_words(book.site(stop.place, now), of.day, stop, lang=screen.face.lang)
    return [*told, opened] if opened else told


def elsewhere_words(screen: Screen, now: Standing) -> list[str]:
    """Say what others recorded at a stop, in the office or on another phone: it is not to be done again."""
    phone = screen.face.at
    book, at = phone.mirror.book(), phone.desk.now_ms()
    done = []
    for way in DIRECTIONS.values():
        rows = [row for row in now.elsewhere if row.direction == way]
        pieces = [times(row.total, name_of_type(book, row.item_type, at) or "?", screen.face.lang) for row in rows]
        if pieces:
            done.append(screen.say("page.named", name=screen.say(f"web.round_{way}"), value=", ".join(pieces)))
    return [screen.say("screen.stop_elsewhere", what=" · ".join(done))] if done else []


def already_told(screen: Screen, now: Standing) -> list[Widget]:
    """Say, before a stop is validated, that somebody else has done so, and what one more validation makes of it."""
    if not now.validations or now.validations[-1].side is Side.HERE:
        return []
    last = now.validations[-1]
    amber = OUTCOMES[Outcome.REPEAT]
    words = screen.say(f"screen.stop_already_{last.side}", time=time_of(screen, last.event), next=now.version + 1)
    plate = column(Text(words, amber, bold=True), padding=dp(theme.GAP))
    ground(plate, amber.ground, radius=theme.ROUND)
    return [plate]


def time_of(screen: Screen, event: Event) -> str:
    """Give the time of an event, with its day where that is another one."""
    zone, now = screen.face.at.identity.zone, screen.face.at.desk.now_ms()
    day, at = local_day(event.wall, zone), local_time(event.wall, zone)
    return at if day == local_day(now, zone) else f"{day} {at}"


def late_words(screen: Screen, of: Round, stop: Stop) -> list[str]:
    """Say that a stop is late, where it is."""
    late = driving.is_late(screen.face.at, of, stop)
    return [f"⚠ {screen.say('screen.stop_late', closes=stop.closes)}"] if late else []
