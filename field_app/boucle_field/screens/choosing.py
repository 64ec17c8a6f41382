"""Choosing: what a person makes of a line that asks, in one tap, and the way back from it in one more."""

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Final

from kivy.metrics import dp

from boucle.lines import Choice, Line, choices
from boucle.telling import Outcome
from boucle_field.errors import FieldError
from boucle_field.screens.controls import BigButton, Box, row
from boucle_field.screens.panels import Shown
from boucle_field.screens.work_screens import CodeScreen
from boucle_field.visit import Visit

if TYPE_CHECKING:
    from boucle_field.screens.face import Face

_INNER_DP: Final = 4
"""Three choices stand beside each other on the narrowest phone."""


class Chooser:
    """What was chosen last, so that it can be taken back. A line that nobody decides about stays as it was kept."""

    def __init__(self, face: "Face") -> None:
        self._face = face
        self._back: Callable[[], object] | None = None
        self._chosen = Choice.ADD

    def buttons(self, line: Line, *, then: Callable[[], object] = lambda: None) -> Box:
        """Give one button for each choice about a line; `then` is called after the choice."""
        look = self._face.look

        def act(choice: Choice) -> None:
            if self.take(line, choice):
                then()

        return row(
            *(
                BigButton(
                    self._face.say(f"screen.choice.{choice}"),
                    look.tile,
                    act=partial(act, choice),
                    line=look.line,
                    padding_dp=_INNER_DP,
                )
                for choice in choices(line)
            ),
            spacing=dp(_INNER_DP),
        )

    def take(self, line: Line, choice: Choice) -> bool:
        """Do what was chosen; False when it opened another screen."""
        visit = self._face.visit
        if visit is None or not any(each is line for each in visit.lines):
            return True
        try:
            return self._take(visit, line, choice)
        except FieldError as error:
            self._face.fail(error)
            return True

    def _take(self, visit: Visit, line: Line, choice: Choice) -> bool:
        match choice:
            case Choice.ADD | Choice.LEAVE:
                kept = visit.keep(line)
                outcome = Outcome.ACCEPTED if choice is Choice.ADD else None
                self._done(choice, line, outcome, partial(visit.ask_again, kept))
            case Choice.IGNORE:
                ignored = visit.ignore(line)
                self._done(choice, line, Outcome.REPEAT, partial(self._bring_back, visit, ignored))
            case Choice.KEEP:
                self._kept(visit.keep_foreign(line))
            case Choice.TYPED:
                visit.keep(line)
                self._face.open(CodeScreen)
                return False
            case Choice.SHOW:
                visit.keep(line)
                self._face.hold(line.subject)
                return False
            case Choice.SWITCH:
                self._switch(visit, line)
                return False
            case Choice.NEW:
                self._face.label_new(line.subject)
                return False
            case Choice.BIND:
                self._face.label_known(line.subject)
                return False
        return True

    def _done(self, choice: Choice, line: Line, outcome: Outcome | None, back: Callable[[], object]) -> None:
        self._chosen, self._back = choice, back
        self._face.recorded()
        shown = Shown(outcome, self._face.say(f"screen.chosen.{choice}"), self._face.named(line.subject))
        if (screen := self._face.scan_screen) is not None:
            screen.show(shown)

    def _kept(self, recorded: Line) -> None:
        if (screen := self._face.scan_screen) is not None:
            screen.tell(recorded)
        else:
            self.forget()  # the last thing done is this line, not the choice before it
            self._face.signal(recorded.outcome)
            self._face.recorded()

    def _bring_back(self, visit: Visit, ignored: Line) -> None:
        if ignored.event_id:
            self._scan(ignored.subject)
        else:
            visit.ask_again(ignored)

    def _switch(self, visit: Visit, line: Line) -> None:
        visit.ignore(line)
        self._face.begin(visit.action, line.elsewhere)
        self._scan(line.subject)
        self._chosen, self._back = Choice.SWITCH, partial(self._return, visit, line.subject)
        if (screen := self._face.scan_screen) is not None:
            screen.show_counts()

    def _scan(self, subject: str) -> None:
        if (screen := self._face.scan_screen) is not None:
            screen.scan(subject)

    def _return(self, visit: Visit, subject: str) -> None:
        assert self._face.visit is not None
        self._face.visit.undo()
        self._face.visit = visit.reopen()
        self._face.back()
        self._scan(subject)

    # ---- the way back

    @property
    def undo_words(self) -> str:
        """What the undo button says while the last thing done was a choice, `""` otherwise."""
        if self._back is None:
            return ""
        return self._face.say("screen.undo_choice", choice=self._face.say(f"screen.choice.{self._chosen}"))

    def undo(self) -> bool:
        """Take the last choice back; False when the last thing done was none."""
        back, self._back = self._back, None
        if back is None:
            return False
        try:
            back()
        except FieldError as error:
            self._face.fail(error)
        return True

    def forget(self) -> None:
        """Something else was done since: the choice stands."""
        self._back = None
