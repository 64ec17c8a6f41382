"""Answers to an announcement: why it is refused, or why it is waited for no more."""

from dataclasses import replace
from functools import partial
from typing import Final

from boucle_field import return_acts
from boucle_field.screens.pads import tiles
from boucle_field.screens.return_steps import ReturnStep

WHY_REFUSED: Final = ("not_ours", "terms", "not_as_announced", "unsafe", "other")
"""Why a return is refused; the words are `screen.return.no.<value>`."""
WHY_CANCELLED: Final = ("kept", "lost", "mistake", "other")
"""Why something is waited for no more; the words are `screen.return.off.<value>`."""


class RefuseStep(ReturnStep):
    """Why what was announced is refused: who announced it reads it."""

    def build(self) -> None:
        """Lay the screen out."""
        self.fill(
            self.title("screen.return.refuse"),
            *self.subject(),
            self.text("screen.return.refuse_how"),
            *tiles(self.look, [(each, self.say(f"screen.return.no.{each}")) for each in WHY_REFUSED], self._said),
            bottom=(self.again(),),
        )

    def _said(self, why: str) -> None:
        reason = self.say(f"screen.return.no.{why}")
        act = partial(return_acts.answer, self.face.at, self.about, "return.refused", reason=reason)
        self.face.return_kept(replace(self.about, code=""), act)


class CancelStep(ReturnStep):
    """Why what was announced is waited for no more."""

    def build(self) -> None:
        """Lay the screen out."""
        self.fill(
            self.title("screen.return.cancel"),
            *self.subject(),
            self.text("screen.return.cancel_how"),
            *tiles(self.look, [(each, self.say(f"screen.return.off.{each}")) for each in WHY_CANCELLED], self._said),
            bottom=(self.again(),),
        )

    def _said(self, why: str) -> None:
        reason = self.say(f"screen.return.off.{why}")
        act = partial(return_acts.answer, self.face.at, self.about, "return.cancelled", reason=reason)
        self.face.return_kept(replace(self.about, code=""), act)
