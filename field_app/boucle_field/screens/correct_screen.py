"""Correcting one line, step by step: what was wrong, what is right, why, who says so."""

from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from boucle.correction import Because, Fix, action_of, fixes
from boucle.events import Event
from boucle.meaning import Meaning, Spot
from boucle.telling import Outcome
from boucle_field import driving, people
from boucle_field.correcting import correct, correctable, shows_later
from boucle_field.errors import FieldError, LoginError
from boucle_field.photos_in_hand import MOST
from boucle_field.screens import theme
from boucle_field.screens.controls import BigButton, Text
from boucle_field.screens.line_photo_screen import LinePhotoScreen
from boucle_field.screens.pads import number_pad, pin_pad
from boucle_field.screens.place_list import PlaceList
from boucle_field.screens.screen import Screen
from boucle_field.screens.sends_screen import SendsScreen
from boucle_field.screens.stop_lines_screen import StopLinesScreen
from boucle_field.screens.wording import told_of

if TYPE_CHECKING:
    from boucle_field.screens.face import Face

_NOTHING: Final = "0"


@dataclass(frozen=True, slots=True, kw_only=True)
class Correction:
    """As far as a correction is said: `pile` is where its line was found, or `task` its stop."""

    event_id: str
    pile: str
    fix: Fix | None = None
    value: str = ""
    because: str = ""
    task: str = ""


class CorrectScreen(Screen):
    """One step of a correction. Until the visit is validated it is free; after that it has a reason and a PIN."""

    def __init__(self, face: "Face", said: Correction) -> None:
        super().__init__(face)
        self.said = said

    def build(self) -> None:
        """Lay the next step out."""
        try:
            event = correctable(self.face.at, self.said.event_id)
        except FieldError as error:
            self.fill(self.text("screen.correct"), bottom=(self._back(),))
            self.face.fail(error)
            return
        line = Text(told_of(self.face.at, event, self.face.lang), self.look.page)
        step = self._step(event)
        if self.face.wedge.typing is step[-1]:
            # What it is about, and the whole pad, are seen on the smallest phone.
            self.fill(line, *step, bottom=(self._back(),))
        else:
            self.fill(self.title("screen.correct"), line, *step, bottom=(self._back(),))

    def _step(self, event: Event) -> list[Any]:
        said = self.said
        if said.fix is None:
            return [self.text("screen.correct_what"), *(self._fix(fix) for fix in fixes(event)), *self._photo(event)]
        if said.fix is not Fix.VOID and not said.value:
            return self._value(event, said.fix)
        if not said.because and not self._is_free(event):
            tiles = [self._because(each) for each in Because]
            return [self.text("screen.correct_why"), *tiles, self.text("screen.correct_kept")]
        pad = pin_pad(self.look, self._signed, asked=self.say("screen.correct_pin"))
        self.face.wedge.typing = pad
        return [pad]

    def _fix(self, fix: Fix) -> BigButton:
        act = partial(self._next, fix=fix)
        return BigButton(self.say(f"screen.fix.{fix}"), self.look.tile, act=act, line=self.look.line, size=theme.TITLE)

    def _photo(self, event: Event) -> list[Any]:
        """Offer a photo more, while the visit of the line is open."""
        visit, face = self.face.visit, self.face
        lines = [line for line in (visit.lines if visit else ()) if event.id in (line.event_id, line.found_event)]
        if visit is None or len(event.photos) >= MOST or not any(visit.takes_photo(line) for line in lines):
            return []
        return [self.other("screen.line_photo_add", partial(face.open, LinePhotoScreen, event.id, self._lines))]

    def _because(self, because: Because) -> BigButton:
        act = partial(self._next, because=because.value)
        return BigButton(self.say(f"screen.because.{because}"), self.look.tile, act=act, line=self.look.line)

    def _value(self, event: Event, fix: Fix) -> list[Any]:
        if fix is Fix.PLACE:
            action = action_of(event)
            assert action is not None
            return [self.text("screen.correct_place"), PlaceList(self.face, action.name, self._valued)]
        pad = number_pad(self.look, self._numbered)
        self.face.wedge.typing = pad
        return [self.text("screen.correct_number"), pad]

    def _numbered(self, text: str) -> None:
        number = str(int(text))
        # None at all is no smaller number: it did not happen.
        self._next(fix=Fix.VOID) if number == _NOTHING else self._valued(number)

    def _valued(self, value: str) -> None:
        self._next(value=value)

    def _next(self, **said: Any) -> None:
        self.said = replace(self.said, **said)
        event = correctable(self.face.at, self.said.event_id)
        is_valued = self.said.fix is Fix.VOID or bool(self.said.value)
        if (is_valued and self._is_free(event)) or (is_valued and self.said.because and not self.face.has_people):
            self._correct()
        else:
            self.face.open(CorrectScreen, self.said)

    def _is_free(self, event: Event) -> bool:
        visit = self.face.visit
        lines = [line for line in (visit.lines if visit else ()) if line.event_id == event.id]
        return visit is not None and any(not visit.is_closed(line) for line in lines)

    def _signed(self, pin: str) -> None:
        phone = self.face.at
        who = people.present(phone.store)
        if who is None:
            self.face.fail(LoginError("phone.login_first"))
            return
        try:
            people.prove(phone.store, who, pin, ticks=phone.ticks)
        except LoginError as error:
            self.face.fail(error)
            return
        self._correct()

    def _correct(self) -> None:
        said, face = self.said, self.face
        assert said.fix is not None
        try:
            is_late = shows_later(face.at, correctable(face.at, said.event_id))
            told = correct(face.at, said.event_id, said.fix, value=said.value, because=said.because)
        except FieldError as error:
            self._lines()
            face.fail(error)
            return
        face.take_up_visit()
        self._lines()
        if not told.event_id:
            face.told(Outcome.REFUSED, "\n".join(self.say(key) for key in told.reasons))
            face.signal(Outcome.REFUSED)
            return
        face.recorded()
        words = [self.say("screen.voided" if said.fix is Fix.VOID else "screen.corrected")]
        words += [self.say("screen.right_after_sync")] if is_late else []
        face.told(Outcome.ACCEPTED, " ".join(words))
        face.signal(Outcome.ACCEPTED)

    def _back(self) -> BigButton:
        return self.other("screen.back", self._lines)

    def _lines(self) -> None:
        """Go back to where the line was found: its stop, or the sends."""
        at = driving.stop_of(self.face.at, self.said.task) if self.said.task else None
        if at is not None:
            self.face.open(StopLinesScreen, *at)
        else:
            self.face.open(SendsScreen, self.said.pile)

    def take(self, meant: Meaning) -> bool:
        """Take the label of the right place; nothing else that is scanned means anything to a correction."""
        if isinstance(meant, Spot) and self.said.fix is Fix.PLACE and not self.said.value:
            self._valued(meant.key)
            return True
        return False
