"""Help: what the outcomes mean, what counts once, and where the sheet of command labels is printed."""

import webbrowser
from typing import Final

from kivy.metrics import dp

from boucle.telling import Outcome
from boucle.version import VERSION
from boucle_field.identity import Identity
from boucle_field.screens import theme
from boucle_field.screens.controls import Box, Text, ground
from boucle_field.screens.screen import Screen
from boucle_field.screens.theme import OUTCOMES, SIGNS

COMMAND_SHEET: Final = "/etiquettes/commandes"
"""Where a server shows the sheet of command labels."""
_WORDS: Final = {
    Outcome.ACCEPTED: "screen.help_accepted",
    Outcome.REPEAT: "screen.help_repeat",
    Outcome.UNEXPECTED: "screen.help_unexpected",
    Outcome.UNKNOWN: "screen.help_unknown",
    Outcome.KEPT: "screen.help_outcome_kept",
    Outcome.REFUSED: "screen.help_refused",
}

_MORE: Final = (
    "screen.help_kept",
    "screen.help_twice",
    "screen.help_scanner",
    "screen.help_sort",
    "screen.help_count",
    "screen.help_label",
    "screen.help_weigh",
    "screen.help_gate",
    "screen.help_hands",
    "screen.help_bench",
    "screen.help_toggle",
)


class HelpScreen(Screen):
    """What somebody may want to know in the van."""

    def build(self) -> None:
        """Lay the screen out."""
        phone = self.face.at
        # Who trains has no server; the sheet is that of the real device.
        server = Identity.of(self.face.store).server
        self.address = f"{server.rstrip('/')}{COMMAND_SHEET}"
        self.fill(
            self.title("screen.help"),
            self.text("screen.help_outcomes"),
            *(self._plate(outcome) for outcome in Outcome),
            *(self.text(key) for key in _MORE),
            self.text("screen.help_commands"),
            Text(self.address, self.look.page, bold=True),
            self.other("screen.help_open", self._open),
            Text(self.say("screen.help_version", version=VERSION, dev=phone.identity.dev), self.look.soft),
            bottom=(self.other("screen.back", self.face.back),),
        )

    def _plate(self, outcome: Outcome) -> Box:
        pair = OUTCOMES[outcome]
        plate = Box(Text(f"{SIGNS[outcome]} {self.say(_WORDS[outcome])}", pair), padding=dp(theme.GAP))
        ground(plate, pair.ground, radius=theme.ROUND)
        return plate

    def _open(self) -> None:
        if not webbrowser.open(self.address):
            self.face.told(None, self.say("screen.help_no_browser"))
