"""One line that is kept here, on a tile: what it was, how far it has come, what came after it, its correction."""

from collections.abc import Callable
from typing import Final

from kivy.metrics import dp

from boucle.words import knows
from boucle_field.screens import theme
from boucle_field.screens.controls import Box, Chip, Text, chips, column, ground
from boucle_field.screens.screen import Screen
from boucle_field.screens.top_bar import local_time
from boucle_field.sends import Pile, Sent
from boucle_field.stop_events import VOID

_SIGNS: Final = {Pile.WAITING: "⇅", Pile.SENT: "✓", Pile.TO_CHECK: "⚠"}


def line_tile(screen: Screen, sent: Sent, correct: Callable[[], object]) -> Box:
    """Stand a line on a tile; `correct` is what its button does, where it can be corrected."""
    look = screen.look
    at = local_time(sent.wall_ms, screen.face.at.identity.zone)
    what = f"{_SIGNS[sent.pile]} {at}  {screen.say(f'kind.{sent.kind}')}"
    tile = column(
        Text(what, look.tile, bold=True),
        Text(screen.face.named(sent.subject), look.tile),
        padding=dp(theme.GAP),
        spacing=dp(2),
    )
    if sent.pile is Pile.TO_CHECK:
        tile.add_widget(Text(_why(screen, sent), look.tile))
    if sent.after:
        corrected = "screen.line_photographed" if sent.photo_added else "screen.line_corrected"
        key = "screen.line_voided" if sent.after == VOID else corrected
        tile.add_widget(Text(f"{'+' if sent.photo_added else '↶'} {screen.say(key)}", look.tile))
    if sent.can_be_corrected:
        tile.add_widget(chips(Chip(screen.say("screen.correct"), look.tile, act=correct, line=look.line)))
    ground(tile, look.tile.ground, radius=theme.ROUND, line=look.line)
    return tile


def _why(screen: Screen, sent: Sent) -> str:
    keys = [f"{family}.{sent.why or sent.state}" for family in ("why", "flaw", "status")]
    return next((screen.say(key) for key in keys if knows(key)), sent.why or sent.state)
