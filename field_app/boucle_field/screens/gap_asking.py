"""Asking why numbers differ: once for all that differ, or of each type where the person wants to."""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Final, NamedTuple

from kivy.metrics import dp
from kivy.uix.widget import Widget

from boucle.actions import ACTIONS
from boucle.rounds import Found, Gap, gaps_for
from boucle_field.screens import theme
from boucle_field.screens.arranging import is_low
from boucle_field.screens.controls import Chip, Text, chips, column
from boucle_field.screens.screen import Screen
from boucle_field.screens.top_bar import grouped
from boucle_field.visit import name_of_type

_CLOSE: Final = 2
"""Numbers that are read together, and reasons on the lowest phone, stand closer than other things."""


class Reasons(NamedTuple):
    """Why rows differ, by the name of each row, and whether rows are asked apart."""

    gaps: Mapping[str, Gap] = {}
    apart: bool = False

    def of(self, found: Sequence[Found]) -> dict[str, Gap]:
        """Give the reasons of the rows that differ still."""
        differing = {row.name for row in found if row.difference}
        return {name: gap for name, gap in self.gaps.items() if name in differing}


class GapAsking:
    """The question, on one screen; `changed` is told of every answer, and makes the screen anew with it."""

    def __init__(
        self, screen: Screen, found: Sequence[Found], said: Reasons, changed: Callable[[Reasons], object]
    ) -> None:
        self._screen, self._found, self._said, self._changed = screen, found, said, changed

    def widgets(self) -> list[Widget]:
        """Give the question, or say that nothing differs."""
        screen, said = self._screen, self._said
        differing = [row for row in self._found if row.difference]
        if not differing:
            return [screen.text("screen.stop_no_gap")]
        why = screen.say("screen.stop_gap_why")
        title = Text(why, screen.look.page, size=theme.TEXT if is_low() else theme.TITLE, bold=True)
        if not said.apart and len({said.gaps.get(row.name) for row in differing}) == 1:
            fitting = dict.fromkeys(gap for row in differing for gap in _gaps(row) if gap is not Gap.OTHER)
            apart = partial(self._changed, said._replace(apart=True))
            more = [screen.other("screen.stop_gap_apart", apart)] if len(differing) > 1 else []
            told = column(title, *(self._told(row) for row in differing), spacing=dp(_CLOSE))
            return [told, self._chips(differing, (*fitting, Gap.OTHER)), *more]
        asked: list[Widget] = [title]
        for row in differing:
            asked += [self._told(row), self._chips([row], _gaps(row))]
        return asked

    def _told(self, row: Found) -> Text:
        """Say the numbers of one row: which way it goes only where there are both."""
        screen = self._screen
        both_ways = len({each.direction for each in self._found}) > 1
        words = screen.say(
            "screen.stop_gap_line",
            name=name_of_row(screen, row) if both_ways else type_of_row(screen, row),
            scanned=screen.say("screen.stop_gap_scanned", n=row.scanned),
            declared=screen.say("screen.stop_gap_declared", n=row.declared),
            expected=grouped(row.expected),
            difference=f"{'+' if row.difference > 0 else '−'}{grouped(abs(row.difference))}",
        )
        return Text(words, screen.look.page)

    def _chips(self, rows: Sequence[Found], offered: Sequence[Gap]) -> Widget:
        look, made = self._screen.look, []
        for gap in offered:
            fitting = [row for row in rows if gap in _gaps(row)]
            is_chosen = all(self._said.gaps.get(row.name) is gap for row in fitting)
            made.append(
                Chip(
                    f"{'✓ ' if is_chosen else ''}{self._screen.say(f'round.gap.{gap}')}",
                    look.main if is_chosen else look.tile,
                    act=partial(self._because, rows, None if is_chosen else gap),
                    line=look.line,
                )
            )
        return chips(*made, spacing=dp(_CLOSE if is_low() else theme.GAP))

    def _because(self, rows: Sequence[Found], gap: Gap | None) -> None:
        """Give differences this reason, or none any more; one that it cannot explain keeps none."""
        names = {row.name for row in rows}
        kept = {name: each for name, each in self._said.gaps.items() if name not in names}
        given = {row.name: gap for row in rows if gap is not None and gap in _gaps(row)}
        self._changed(self._said._replace(gaps=kept | given))


def name_of_row(screen: Screen, row: Found) -> str:
    """Say what is done with what."""
    return f"{ACTIONS[row.direction].word(screen.face.lang)} · {type_of_row(screen, row)}"


def type_of_row(screen: Screen, row: Found) -> str:
    """Name the type of a row."""
    phone = screen.face.at
    return name_of_type(phone.mirror.book(), row.item_type, phone.desk.now_ms()) or screen.say("screen.unknown_type")


def _gaps(row: Found) -> tuple[Gap, ...]:
    return gaps_for(row.difference, row.direction)
