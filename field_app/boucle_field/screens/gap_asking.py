"""Asking why numbers differ: of each difference, or once for those that the same reasons can explain."""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Final, NamedTuple

from kivy.metrics import dp
from kivy.uix.widget import Widget

from boucle.receiving import way
from boucle.rounds import Found, Gap, gaps_for
from boucle.words.numerals import signed
from boucle_field.names import name_of_type
from boucle_field.screens import theme
from boucle_field.screens.arranging import is_low
from boucle_field.screens.controls import BigButton, Chip, Text, chips, column
from boucle_field.screens.screen import Screen

_CLOSE: Final = 2
"""Numbers that are read together, and reasons on the lowest phone, stand closer than other things."""


class Reasons(NamedTuple):
    """Why rows differ, by the name of each row, whether rows are asked apart, and which one is being asked.

    `at` is the name of a row, `""` for the first that has no reason.
    """

    gaps: Mapping[str, Gap] = {}
    apart: bool = False
    at: str = ""

    def of(self, found: Sequence[Found]) -> dict[str, Gap]:
        """Give the reasons of the rows that differ still."""
        differing = {row.name for row in found if row.difference}
        return {name: gap for name, gap in self.gaps.items() if name in differing}


class GapAsking:
    """The question, on one screen; `changed` is told of every answer, and makes the screen anew with it.

    One difference is asked at a time, so that its numbers and its reasons stand in sight together; the others are a
    tap away, and an answer leads on to the next.
    """

    def __init__(
        self, screen: Screen, found: Sequence[Found], said: Reasons, changed: Callable[[Reasons], object]
    ) -> None:
        self._screen, self._found, self._said, self._changed = screen, found, said, changed
        self.numbered: frozenset[str] = frozenset()
        """The rows whose numbers stand in the question: a list below it leaves them out."""

    def widgets(self) -> list[Widget]:
        """Give the question, or say that nothing differs; afterwards `numbered` says whose numbers stand in it."""
        screen, said = self._screen, self._said
        differing = [row for row in self._found if row.difference]
        if not differing:
            return [screen.text("screen.stop_no_gap")]
        alike = self._alike(differing)
        asked = self._asked_of(alike)
        self.numbered = frozenset(row.name for row in asked)
        nth = f" {alike.index(asked) + 1}/{len(alike)}" if len(alike) > 1 else ""
        why = f"{screen.say('screen.stop_gap_why')}{nth}"
        title = Text(why, screen.look.page, size=theme.TEXT if is_low() else theme.TITLE, bold=True)
        numbers, reasons = self._question(asked)
        others = [self._other(rows) for rows in alike if rows is not asked]
        apart = partial(self._changed, said._replace(apart=True))
        split = [screen.other("screen.stop_gap_apart", apart)] if len(alike) < len(differing) else []
        return [column(title, numbers, spacing=dp(_CLOSE)), reasons, *others, *split]

    def _alike(self, differing: Sequence[Found]) -> list[list[Found]]:
        """Put together what the same reasons can explain, unless it is asked apart or has different ones."""
        groups: dict[tuple[Gap, ...], list[Found]] = {}
        for row in differing:
            groups.setdefault(_gaps(row), []).append(row)
        alike: list[list[Found]] = []
        for rows in groups.values():
            is_one = not self._said.apart and len({self._said.gaps.get(row.name) for row in rows}) == 1
            alike += [rows] if is_one else [[row] for row in rows]
        return alike

    def _asked_of(self, alike: Sequence[list[Found]]) -> list[Found]:
        """Give the rows that are being asked: those chosen, else the first without a reason."""
        chosen = [rows for rows in alike if any(row.name == self._said.at for row in rows)]
        return next(iter(chosen or [rows for rows in alike if rows[0].name not in self._said.gaps]), alike[0])

    def _question(self, rows: Sequence[Found]) -> tuple[Widget, Widget]:
        """Ask one reason of rows that differ alike; where it is for several, that is said beside them."""
        look = self._screen.look
        told: list[Widget] = [self._told(row) for row in rows]
        if len(rows) > 1:
            told.append(Text(self._screen.say("screen.stop_gap_for_all", n=len(rows)), look.page, bold=True))
        return column(*told, spacing=dp(_CLOSE)), self._chips(rows)

    def _other(self, rows: Sequence[Found]) -> Widget:
        """Stand for rows that are not being asked, with the reason that they have."""
        screen, first = self._screen, rows[0]
        gap = self._said.gaps.get(first.name)
        what = " + ".join(type_of_row(screen, row) for row in rows)
        words = screen.say(
            "screen.stop_gap_other",
            name=f"{way(first.direction, screen.face.lang)} · {what}",
            reason=screen.say(f"round.gap.{gap}") if gap else screen.say("screen.stop_gap_open"),
        )
        act = partial(self._changed, self._said._replace(at=first.name))
        return BigButton(words, screen.look.tile, act=act, least=theme.TOUCH, line=screen.look.line)

    def _told(self, row: Found) -> Text:
        """Say the numbers of one row: which way it goes only where there are both."""
        screen = self._screen
        both_ways = len({each.direction for each in self._found}) > 1
        found = [screen.say("screen.stop_gap_scanned", n=row.scanned)] if row.scanned or not row.declared else []
        found += [screen.say("screen.stop_gap_declared", n=row.declared)] if row.declared else []
        words = screen.say(
            "screen.stop_gap_found",
            name=name_of_row(screen, row) if both_ways else type_of_row(screen, row),
            found=" + ".join(found),
            expected=row.expected,
            difference=signed(row.difference, screen.face.lang),
        )
        return Text(words, screen.look.page)

    def _chips(self, rows: Sequence[Found]) -> Widget:
        look, made = self._screen.look, []
        for gap in _gaps(rows[0]):
            is_chosen = all(self._said.gaps.get(row.name) is gap for row in rows)
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
        """Give differences this reason, or none any more; those without one come next, else these stay in sight."""
        names = {row.name for row in rows}
        kept = {name: each for name, each in self._said.gaps.items() if name not in names}
        given = dict.fromkeys(names, gap) if gap is not None else {}
        gaps = kept | given
        is_open = any(row.difference and row.name not in gaps for row in self._found)
        at = "" if gap is not None and is_open else rows[0].name
        self._changed(self._said._replace(gaps=gaps, at=at))


def name_of_row(screen: Screen, row: Found) -> str:
    """Say what is done with what."""
    return f"{way(row.direction, screen.face.lang)} · {type_of_row(screen, row)}"


def type_of_row(screen: Screen, row: Found) -> str:
    """Name the type of a row."""
    phone = screen.face.at
    return name_of_type(phone.mirror.book(), row.item_type, phone.desk.now_ms()) or screen.say("screen.unknown_type")


def _gaps(row: Found) -> tuple[Gap, ...]:
    return gaps_for(row.difference, row.direction)
