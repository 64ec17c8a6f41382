"""The screens before any work: letting the device in, and who works."""

from typing import TYPE_CHECKING

from boucle.enrolment import Invitation
from boucle.meaning import Badge, Meaning
from boucle.words import LANGUAGES
from boucle_field import people
from boucle_field.errors import LoginError
from boucle_field.people import Operator
from boucle_field.screens import theme
from boucle_field.screens.controls import Text
from boucle_field.screens.pads import pin_pad, tiles
from boucle_field.screens.screen import Screen

if TYPE_CHECKING:
    from boucle_field.screens.face import Face


class EnrolScreen(Screen):
    """D0: one scan of the QR code that the person in charge shows."""

    def build(self) -> None:
        """Lay the screen out."""
        self.fill(
            self.title("screen.enrol"),
            self.text("screen.enrol_how"),
            self.text("screen.enrol_paste"),
            Text(self.say("screen.enrol_busy"), self.look.page, bold=True)
            if self.face.enrolling
            else self.text(self.face.camera_words),
            bottom=(*self.face.camera_button(), self.other("screen.other_language", self.face.next_language)),
        )

    def take(self, meant: Meaning) -> bool:
        """Take an invitation; nothing else means anything yet."""
        if isinstance(meant, Invitation):
            self.face.enrol(meant)
            return True
        return False


class WhoScreen(Screen):
    """D1: a badge or a name, then a PIN. Without a network."""

    def __init__(self, face: "Face", who: Operator | None = None) -> None:
        super().__init__(face)
        self.who = who

    def build(self) -> None:
        """Lay the screen out: the names, or the pad once somebody is named."""
        if self.who is None:
            named = [(each.person, each.name) for each in people.operators(self.face.at.store)]
            self.fill(
                self.title("screen.who"),
                self.text("screen.who_how"),
                *tiles(self.look, named, self._chosen),
                bottom=(*self.face.camera_button(), self.other("screen.other_language", self.face.next_language)),
            )
            return
        pad = pin_pad(self.look, self._entered, asked=self.say("screen.pin"))
        self.face.wedge.typing = pad
        self.fill(
            Text(self.who.name, self.look.page, size=theme.TITLE, bold=True, align="center"),
            pad,
            bottom=(self.other("screen.not_me", lambda: self.face.open(WhoScreen)),),
        )

    def _chosen(self, person: str) -> None:
        self.name(person)

    def name(self, text: str) -> None:
        """Ask the PIN of whoever a name or a badge means."""
        try:
            self.face.open(WhoScreen, people.find_operator(self.face.at.store, text))
        except LoginError as error:
            self.face.fail(error)

    def _entered(self, pin: str) -> None:
        assert self.who is not None
        phone = self.face.at
        try:
            people.enter(phone.store, self.who.person, pin, ticks=phone.ticks)
        except LoginError as error:
            self.face.fail(error)
            return
        self.face.start()

    def take(self, meant: Meaning) -> bool:
        """Take a badge."""
        if isinstance(meant, Badge):
            self.name(meant.key)
            return True
        return False


def other_language(lang: str) -> str:
    """Give the language that the switch goes to."""
    return LANGUAGES[(LANGUAGES.index(lang) + 1) % len(LANGUAGES)]
