"""How things are named on a screen: codes as they are printed, reasons in words, items in one line."""

from collections.abc import Mapping
from typing import Final

from boucle.codes import Code, Kind
from boucle.events import Event
from boucle.words import say
from boucle.words.numerals import times
from boucle_field.names import name_of_place, name_of_type
from boucle_field.phone import Phone
from boucle_field.screens.top_bar import local_day, local_time

_ENDS: Final = 2
"""So many groups of a code are its end."""
_BEGINNING: Final = 16


def named(subject: str) -> str:
    """Give a code as it is printed under its symbol, anything else as it is."""
    letter, _, chars = subject.partition("/")
    try:
        return Code(kind=Kind(letter), chars=chars).grouped
    except ValueError:
        return subject


def end_of(code: str) -> str:
    """Give the end of a printed code, by which it is told from its neighbours; of anything else the beginning."""
    if " " in code:
        return code if len(code) <= _BEGINNING else f"{code[:_BEGINNING].rstrip()}…"
    groups = code.split("-")
    return f"…{'-'.join(groups[-_ENDS:])}" if len(groups) > _ENDS else code


def reason(key: str, values: Mapping[str, object], *, lang: str, zone: str) -> str:
    """Give a reason in words; an instant among its values is shown as the time of day, `on_ms` as the day."""
    at_ms, on_ms = values.get("at_ms"), values.get("on_ms")
    if isinstance(on_ms, int):
        return say(key, lang, date=local_day(on_ms, zone))
    if isinstance(at_ms, int):
        rest = {name: value for name, value in values.items() if name != "at_ms"}
        return say(key, lang, time=local_time(at_ms, zone), **rest)
    return say(key, lang, **values)


def told_of(phone: Phone, event: Event, lang: str) -> str:
    """Give what a line of this device said: what was done, to what, where, when."""
    book, now = phone.mirror.book(), phone.desk.now_ms()
    of_type = event.item_type and times(event.qty, name_of_type(book, event.item_type, now), lang)
    what = of_type or named(event.code)
    places = [name_of_place(book, each, now) for each in (event.place, event.text("to")) if each]
    at = local_time(event.wall, phone.identity.zone)
    where = " → ".join(places)
    return "\n".join(text for text in (f"{at}  {say(f'kind.{event.kind}', lang)}", what, where) if text)


def described(phone: Phone, code: str, lang: str) -> str:
    """Give what a code is and where it stands, as far as this phone knows."""
    item = phone.mirror.look(code).item
    if not item.known:
        return f"{named(code)}\n{say('reason.unknown_item', lang)}"
    book, now = phone.mirror.book(), phone.desk.now_ms()
    place = name_of_place(book, item.place or item.site, now)
    stage = say(f"state.container.{item.stage}", lang)
    return f"{name_of_type(book, item.type, now)}\n{named(code)}\n{stage} · {place}"
