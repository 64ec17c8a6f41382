"""The router's part about rounds: what a round's label opens, the stop of the visit, its validation."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from boucle.roles import Capability
from boucle.rounds import Ending, Gap, Round, Stop
from boucle.telling import Outcome
from boucle.unplanned import day_of_key
from boucle.visiting import DIRECTIONS
from boucle_field import driving, unloading
from boucle_field.errors import FieldError
from boucle_field.names import name_of_place
from boucle_field.screens import wording
from boucle_field.screens.photo_router import PhotoRouter
from boucle_field.screens.round_screens import RoundScreen, StopScreen
from boucle_field.screens.stop_summary_screen import StopSummaryScreen

if TYPE_CHECKING:
    from boucle_field.screens.eye import Eye
    from boucle_field.visit import Visit


class RoundRouter(PhotoRouter):
    """What the router knows of rounds."""

    visit: "Visit | None"
    task: str
    signal: Any
    fail: Any
    recorded: Any
    begin: Any
    back: Any
    validate: Any
    eye: "Eye"

    @property
    def stop(self) -> tuple[Round, Stop] | None:
        """The planned stop that the visit is a part of."""
        return driving.stop_of(self.at, self.visit.task) if self.visit is not None else None

    def also_here(self) -> list[str]:
        """Give what else is done at the stop of the visit."""
        assert self.visit is not None
        return [each for each in DIRECTIONS if each != self.visit.action] if self.stop else []

    def take_task(self, key: str) -> bool:
        """Take the label of a round: open it where this phone knows it, else let the next scans carry it."""
        of = driving.find_round(self.at, key)
        home = self.at.desk.context().home
        if of is not None and home and self._unloads:
            self.receive_round(of, home)
            return True
        if of is not None:
            self.open(RoundScreen, of)
            return True
        self.task = key
        self.told(None, self.say("screen.round", code=wording.named(key)))
        return False

    @property
    def _unloads(self) -> bool:
        """Whether a round's label means its unloading: a receipt is open, or who works here drives no rounds."""
        if self.visit is not None and self.visit.action == "receive":
            return True
        return not {Capability.COLLECT} & self.at.desk.capabilities

    def receive_round(self, of: Round, place: str) -> None:
        """Receive what a round brings; what was received without it before stays recorded, and that is said."""
        open_now = self.visit if self.visit is not None and self.visit.action == "receive" else None
        before = open_now.counted if open_now is not None and open_now.task != of.key else 0
        self.begin("receive", place, of.key)
        told = self.say("screen.receiving_round", name=of.name or of.key)
        self.told(None, f"{told}. {self.say('screen.received_before', n=before)}" if before else told)

    @property
    def unloaded_round(self) -> Round | None:
        """The round that the visit receives."""
        if self.visit is None or self.visit.action != "receive":
            return None
        return driving.find_round(self.at, self.visit.task)

    def validate_reception(self, of: Round, reasons: Mapping[str, Gap]) -> None:
        """Record that a round is unloaded, and end the visit."""
        assert self.visit is not None
        try:
            unloading.validate(self.at, of, self.visit.place, reasons=reasons)
        except FieldError as error:
            self.fail(error)
            return
        self.signal(Outcome.ACCEPTED)
        self.validate()
        self.recorded()
        self.told(Outcome.ACCEPTED, self.say("screen.reception_done", name=of.name or of.key))

    def open_stop(self, of: Round, stop: Stop) -> None:
        """Open a stop."""
        self.open(StopScreen, of, stop)

    def end_stop(self, of: Round, stop: Stop) -> None:
        """Show what a stop comes to."""
        self.open(StopSummaryScreen, of, stop)

    def leave_stop(self, of: Round) -> None:
        """Go back from a stop to its round; from one that no round plans to where the day goes on."""
        if day_of_key(of.key) is None:
            self.open(RoundScreen, of)
        else:
            self.back()

    def validate_stop(self, of: Round, stop: Stop, **said: Any) -> None:
        """Validate a stop, and go on with the round."""
        try:
            driving.validate(self.at, of, stop, **said)
        except FieldError as error:
            self.fail(error)
            return
        over = 0
        if self.visit is not None:
            over = self.visit.close()
            self.visit = None
        self.eye.close()
        self.signal(Outcome.ACCEPTED)
        self.leave_stop(of)
        self.recorded()
        place = name_of_place(self.at.mirror.book(), stop.place, self.at.desk.now_ms())
        ending = said.get("ending", Ending.DONE)
        if ending in (Ending.DONE, Ending.NOTHING):
            done = self.say("screen.stop_done", place=place)
        else:
            done = self.say("screen.stop_not_made", place=place, why=self.say(f"round.ending.{ending}"))
        self.told(Outcome.ACCEPTED, self.with_left_over(done, over))
