"""What was recorded and signed at a stop, for who comes back to it: when, by whom, the numbers and their reasons."""

from collections.abc import Sequence

from kivy.uix.widget import Widget

from boucle.rounds import Found, Round, Stop, counts_of, reasons_of
from boucle_field.driving import Standing
from boucle_field.screens.controls import Text
from boucle_field.screens.gap_asking import name_of_row
from boucle_field.screens.nothing_screen import ended_words
from boucle_field.screens.panels import ExpectedList, ListRow
from boucle_field.screens.screen import Screen
from boucle_field.screens.stop_words import elsewhere_words, time_of
from boucle_field.slip_text import agreed


def recorded(screen: Screen, of: Round, stop: Stop, now: Standing) -> list[Widget]:
    """Say what was done at a stop already, and by whom: nobody does it twice."""
    look, last = screen.look, now.validated
    told: list[Widget] = []
    for version, each in enumerate(now.validations, 1):
        words = screen.say(f"screen.stop_validated_{each.side}", time=time_of(screen, each.event), version=version)
        told.append(Text(words, look.page, bold=version == now.version))
    if last is not None:
        signed = counts_of(last)
        if now.added:
            told.append(Text(screen.say("screen.stop_added", n=now.added), look.page, bold=True))
        agreed_so = [*ended_words(screen, of, stop), agreed(screen.face.at, last, screen.face.lang), last.text("note")]
        told += [Text(line, look.page) for line in agreed_so if line]
        told += numbers(screen, signed)
        told += [Text(line, look.page) for line in _reasons(screen, signed, now)]
        if not now.added:
            told.append(screen.text("screen.stop_next_version", next=now.version + 1))
        if now.found != signed:
            told += [Text(screen.say("screen.stop_now"), look.page, bold=True), *numbers(screen, now.found)]
    return [*told, *(Text(line, look.page) for line in elsewhere_words(screen, now))]


def numbers(screen: Screen, rows: Sequence[Found]) -> list[Widget]:
    """Give the numbers of a stop as they are shown before it is signed; nothing where nothing was found."""
    if not any(row.total for row in rows):
        return []
    listed = ExpectedList(screen.look, screen.face.lang)
    listed.show([ListRow(name_of_row(screen, row), row.total, row.expected, 0) for row in rows])
    return [listed]


def _reasons(screen: Screen, signed: Sequence[Found], now: Standing) -> list[str]:
    """Say why numbers differed, as it was said then."""
    said = reasons_of(now.validated) if now.validated else {}
    return [
        screen.say("page.named", name=name_of_row(screen, row), value=screen.say(f"round.gap.{said[row.name]}"))
        for row in signed
        if row.name in said
    ]
