"""The top bar, on every screen: the line, what is unsent, the last sync, who works, a low battery, what to know."""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final, NamedTuple
from zoneinfo import ZoneInfo

from kivy.metrics import dp
from kivy.uix.behaviors import ButtonBehavior

from boucle.telling import Outcome
from boucle.words import say
from boucle_field.courier import Line, Standing
from boucle_field.screens import theme
from boucle_field.screens.controls import Box, Room, Text, Word, column, ground, row
from boucle_field.screens.theme import OUTCOMES, TRAINING, Pair, Theme

LOW_BATTERY: Final = 20
LONGEST_SHOWN: Final = 3
"""Words of a name."""
_BATTERIES: Final = Path("/sys/class/power_supply")
_LINE_SIGNS: Final = {Line.UNKNOWN: "○", Line.ONLINE: "●", Line.OFFLINE: "○", Line.HELD: "○"}


class BarState(NamedTuple):
    """What the bar shows."""

    line: Line
    standing: Standing | None
    who: str
    zone: str
    training: bool = False


class TopBar(ButtonBehavior, Box):
    """Two lines and, below them, what should be known; a tap opens the sends."""

    def __init__(self, look: Theme, lang: str, *, act: Callable[[], object], **options: Any) -> None:
        super().__init__(padding=[dp(theme.MARGIN), dp(6)], spacing=dp(2), **options)
        self.look, self.lang = look, lang
        self.bind(on_release=lambda _: act())
        ground(self, look.bar.ground)
        self.texts = (Word("", look.bar), Room("", look.bar), Word("", look.bar), Room("", look.bar))
        """The line, the last sync, what is unsent, who works: the two at the right give way."""
        self.strips: list[tuple[str, Pair]] = []
        self.below = column(spacing=dp(2), height=0)
        self.add_widget(row(*self.texts[:2]))
        self.add_widget(row(*self.texts[2:]))
        self.add_widget(self.below)

    def show(self, state: BarState) -> None:
        """Show how the device stands; what did not change is left as it is."""
        standing = state.standing
        synced = standing.last_sync_ms if standing else None
        self.texts[0].text = f"{_LINE_SIGNS[state.line]} {say(f'screen.line.{state.line}', self.lang)}"
        self.texts[1].text = (
            say("screen.synced", self.lang, time=local_time(synced, state.zone)) if synced is not None else ""
        )
        unsent = standing.counts.unsent if standing else 0
        self.texts[2].text = f"⇅ {say('screen.unsent', self.lang, n=unsent)}"
        self.texts[3].text = short_name(state.who)
        strips = self._strips(state)
        if strips != self.strips:
            self.strips = strips
            self.below.clear_widgets()
            for text, pair in strips:
                self.below.add_widget(_strip(text, pair))

    def _strips(self, state: BarState) -> list[tuple[str, Pair]]:
        strips: list[tuple[str, Pair]] = []
        standing = state.standing
        if standing and standing.counts.to_check:
            text = say("screen.to_check", self.lang, n=standing.counts.to_check)
            strips.append((f"⚠ {text}", self.look.bar))
        battery = battery_percent()
        if battery is not None and battery < LOW_BATTERY:
            strips.append((say("screen.battery", self.lang, n=battery), self.look.bar))
        if state.training:
            strips.append((say("screen.training", self.lang), TRAINING))
        amber = OUTCOMES[Outcome.REPEAT]
        strips += [(say(key, self.lang, **values), amber) for key, values in standing.notices] if standing else []
        return strips


def _strip(text: str, pair: Pair) -> Box:
    strip = column(Text(text, pair), padding=[dp(theme.MARGIN), dp(4)])
    ground(strip, pair.ground, radius=theme.ROUND)
    return strip


def short_name(name: str) -> str:
    """Write a person's name so that it has room beside the rest: the first name, and initials of what follows."""
    first, *others = name.split()[:LONGEST_SHOWN] or [""]
    return " ".join((first, *(f"{'-'.join(part[:1] for part in other.split('-') if part)}." for other in others)))


def local_time(ms: int, zone: str, *, seconds: bool = False) -> str:
    """Write the time of day of an instant in a zone."""
    return _local(ms, zone).strftime("%H:%M:%S" if seconds else "%H:%M")


def local_day(ms: int, zone: str) -> str:
    """Write the day of an instant in a zone."""
    return _local(ms, zone).strftime("%d/%m/%Y")


def read_day(day: str) -> str:
    """Write a day such as `2026-12-15` as people do."""
    return f"{day[8:]}/{day[5:7]}/{day[:4]}"


def _local(ms: int, zone: str) -> datetime:
    return datetime.fromtimestamp(ms // 1000, UTC).astimezone(ZoneInfo(zone))


def battery_percent() -> int | None:
    """Give the charge of the battery, None where there is none or nobody says."""
    for file in sorted(_BATTERIES.glob("*/capacity")):
        try:
            return int(file.read_text(encoding="ascii"))
        except (OSError, ValueError):
            continue
    return None
