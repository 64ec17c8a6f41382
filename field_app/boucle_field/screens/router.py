"""The router: what each scan leads to, whatever screen is open, and the visit that is under way."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from boucle import visiting
from boucle.actions import ACTIONS, Amount
from boucle.commands import Command
from boucle.enrolment import Invitation
from boucle.lines import Line
from boucle.meaning import Badge, Meaning, Nothing, Spot, Task, Thing, invited
from boucle.telling import Outcome
from boucle_field import driving, people, return_receipt
from boucle_field.errors import LoginError
from boucle_field.meaning import meaning
from boucle_field.phone import Phone
from boucle_field.places import remember
from boucle_field.screens.correct_screen import Correction, CorrectScreen
from boucle_field.screens.door_screens import WhoScreen
from boucle_field.screens.help_screen import HelpScreen
from boucle_field.screens.label_screens import TypeScreen
from boucle_field.screens.pick_screen import PickScreen
from boucle_field.screens.reception_summary_screen import ReceptionSummaryScreen
from boucle_field.screens.red_screen import RedScreen
from boucle_field.screens.return_router import ReturnRouter
from boucle_field.screens.round_screens import RoundScreen, WorkScreen
from boucle_field.screens.scan_screen import ScanScreen
from boucle_field.screens.sends_screen import SendsScreen
from boucle_field.screens.stop_summary_screen import StopSummaryScreen
from boucle_field.screens.visit_kinds import SCREENS
from boucle_field.screens.warehouse_screens import ASKED, SourceScreen, WarehouseScreen
from boucle_field.screens.weigh_screens import step_of
from boucle_field.screens.work_screens import AT_HOME, AT_PARTNERS, PlaceScreen, SummaryScreen
from boucle_field.visit import Visit
from boucle_field.weighed import Weighing

if TYPE_CHECKING:
    from boucle_field.screens.screen import Screen


class Router(ReturnRouter):
    """Half of the face: it holds the visit, and opens the screen that a scan asks for."""

    phone: Phone | None
    screen: "Screen"
    open: Any
    told: Any
    signal: Any
    say: Any
    take: Any
    fail: Any
    start: Any
    chooser: Any

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.visit: Visit | None = None
        self.task = ""
        self.pending: list[str] = []
        """Items that were scanned before it was clear what is done with them."""
        self.left: Visit | None = None
        """The visit that met a blank label, while that is given to an item; then it goes on."""

    @property
    def has_people(self) -> bool:
        """Whether somebody could log in here."""
        return self.phone is not None and bool(people.operators(self.phone.store))

    @property
    def is_locked(self) -> bool:
        """Whether somebody has to say who works first."""
        return self.has_people and people.present(self.at.store) is None

    def open_visit(self) -> None:
        """Open the screen of the visit that is under way."""
        assert self.visit is not None
        self.open(SCREENS.get(self.visit.action, ScanScreen))

    def resume(self) -> None:
        """Take up the visit that was open when the app ended."""
        self.visit = Visit.resume(self.phone) if self.phone is not None else None
        self.pending, self.left = [], None

    @property
    def scan_screen(self) -> ScanScreen | None:
        """The screen of the visit, while it is the one that is open."""
        return self.screen if isinstance(self.screen, ScanScreen) else None

    def bulk_types(self) -> list[str]:
        """Give the types that carry no labels; of a return those that can come back."""
        if self.visit is not None and self.visit.action == "return":
            return return_receipt.loose_types(self.visit)
        book, now = self.at.mirror.book(), self.at.desk.now_ms()
        return [key for key in book.keys("item_type") if not book.item_type(key, now).serialised]

    def take_up_visit(self) -> None:
        """Read the open visit anew, after something about its lines changed outside of it."""
        self.chooser.forget()
        if self.visit is not None:
            self.visit = self.visit.reopen()

    # ---- a scan

    def route(self, text: str) -> None:
        """Give a scan to the open screen, else do what it means anywhere."""
        if self.phone is None:
            invitation = invited(text)
            if invitation is None or not self.take(invitation):
                self._refuse("screen.enrol_first")
            return
        meant = meaning(text, self.at)
        if self.is_locked and not isinstance(meant, Badge):
            self._refuse("screen.who_first")
        elif not self.take(meant):
            self._anywhere(meant)

    def _anywhere(self, meant: Meaning) -> None:
        match meant:
            case Spot(key=key):
                self.arrive(key)
            case Thing() | Task() | Command() if self.visit is not None:
                self.open_visit()
                self.take(meant)
            case Thing(code=code):
                self.hold(code)
            case Task(key=key):
                self.take_task(key)
            case Command() as command if command.value in ACTIONS or command.value in ASKED:
                self.choose(command.value)
            case Command():
                self._refuse("screen.nothing_open")
            case Badge(key=key):
                self._badge(key)
            case Invitation():
                self._refuse("screen.already_enrolled")
            case Nothing(key=key, code=code, type=type_key, raw=raw):
                self._refuse("screen.not_ours" if raw else key, code=code, type=type_key)

    def _badge(self, key: str) -> None:
        try:
            who = people.find_operator(self.at.store, key)
        except LoginError as error:
            self.fail(error)
            return
        self.open(WhoScreen, who)

    def _refuse(self, key: str, /, **values: object) -> None:
        self.told(Outcome.REFUSED, self.say(key, **values))
        self.signal(Outcome.REFUSED)

    # ---- screens that a tap asks for

    def open_sends(self) -> None:
        """Open the sends; without a phone there are none."""
        if self.phone is not None and not self.is_locked:
            self.open(SendsScreen)

    def open_help(self) -> None:
        """Open the help."""
        self.open(HelpScreen)

    def correct(self, event_id: str, pile: str, task: str = "") -> None:
        """Open the correction of a line that was found in a pile of the sends, or at its stop."""
        self.open(CorrectScreen, Correction(event_id=event_id, pile=pile, task=task))

    # ---- the visit

    def home(self) -> None:
        """Go to where everything begins."""
        self.open(WorkScreen)

    def back(self) -> None:
        """Go back to the visit, or to where the day of who works here begins."""
        if self.visit is not None:
            self.open_visit()
        elif self.pending:
            self.home()
        elif (mine := driving.round_to_drive(self.at)) is not None:
            self.open(RoundScreen, mine)
        elif self.begins_at_bench:
            self.open_bench()
        else:
            self.home()

    def choose(self, action: str) -> None:
        """Begin an action: at once where its place is known, else by asking for it."""
        home = self.at.desk.context().home
        if action in ASKED:
            self.open(ASKED[action])
        elif action in visiting.AT_HOME and home:
            self.begin(action, home)
        else:
            self.open(PlaceScreen, action)

    def arrive(self, place: str) -> None:
        """Begin the visit that a place's label means: the action under way if it fits, else the usual one there."""
        is_partner = self.at.desk.context().is_partner(place)
        action = self._usual(place) if is_partner else AT_HOME
        if self.visit is not None and visiting.fits(self.visit.action, is_partner=is_partner):
            action = self.visit.action
        if self.visit is not None and (self.visit.action, self.visit.place) == (action, place):
            self.told(None, self.say("screen.already_here"))
            return
        self.begin(action, place)

    def _usual(self, place: str) -> str:
        """Give what is usually done at a partner's: what is planned there today, else taking back."""
        stop = driving.stop_at(self.at, place)
        return "deliver" if stop is not None and stop[1].deliver and not stop[1].collect else AT_PARTNERS

    def turn(self, action: str) -> None:
        """Do something else at the same place, if it can be done there."""
        assert self.visit is not None
        if visiting.fits(action, is_partner=self.at.desk.context().is_partner(self.visit.place)):
            self.begin(action, self.visit.place)
        else:
            self.choose(action)

    def begin_if_it_fits(self, action: str, place: str) -> None:
        """Begin an action at a place whose label was scanned; where it cannot be, what is usual there."""
        if visiting.fits(action, is_partner=self.at.desk.context().is_partner(place)):
            self.begin(action, place)
        else:
            self.arrive(place)

    def begin(self, action: str, place: str, task: str = "", said: Mapping[str, Any] | None = None) -> None:
        """Open a visit; what was scanned too early is its first. At a partner's it is part of a stop."""
        self.chooser.forget()
        self._leave_for(action, said or {})
        over = 0
        if self.visit is not None:
            if said is None and action == self.visit.action:
                said = self.visit.said
            over = self.visit.close(goes_on=self.left is self.visit)
        stop = driving.stop_at(self.at, place) if action in visiting.DIRECTIONS else None
        task = task or self.task or (stop[0].task(stop[1]) if stop else self._beside(action, place))
        self.visit = Visit.begin(self.at, action=action, place=place, task=task, said=said)
        self.task = ""
        remember(self.at, place)
        self.open_visit()
        pending, self.pending = self.pending, []
        for code in pending:
            self.take(Thing(code=code))
        if over:
            self.told(None, self.say("screen.left.put_down", n=over))

    def _beside(self, action: str, place: str) -> str:
        """Give the task of a stop that no round plans, `""` for what is no stop."""
        return driving.task_beside(self.at, place) if action in visiting.DIRECTIONS else ""

    def _leave_for(self, action: str, said: Mapping[str, Any]) -> None:
        """Remember the visit that goes on once a blank label it met is an item's; anything else ends it as ever."""
        if action not in visiting.CLAIMING:
            self.left = None
        elif self.visit is not None:
            labels = {*self.pending, said.get("first")}
            if any(line.blank and line.subject in labels for line in self.visit.lines):
                self.left = self.visit

    def label_new(self, code: str) -> None:
        """Ask of which type the item is that a blank label is for."""
        if code not in self.pending:
            self.pending.append(code)
        self.open(TypeScreen)

    def label_known(self, code: str) -> None:
        """Ask which item a blank label is stuck to."""
        self.pending = [each for each in self.pending if each != code]
        self.begin_here("replace", {"first": code})

    def hold(self, code: str) -> None:
        """Remember an item until it is clear what is done with it; at the bench its ticket opens."""
        if self.is_bench_only:
            self.open_ticket(code)
            return
        if code not in self.pending:
            self.pending.append(code)
        self.home()

    def count(self, amount: Amount) -> None:
        """Record pieces without labels in the open visit; of a round received, where they come from is asked."""
        if not isinstance(self.screen, ScanScreen):
            return
        if len(self.screen.visit.sources(amount.item_type)) > 1:
            self.open(SourceScreen, amount)
        else:
            self.screen.count(amount)

    def summary(self) -> None:
        """Show what the visit comes to."""
        stop = self.stop
        if stop is not None:
            self.open(StopSummaryScreen, *stop)
        elif (unloaded := self.unloaded_round) is not None:
            self.open(ReceptionSummaryScreen, unloaded)
        elif self.visit is not None and self.visit.action == "return":
            self.end_receipt()
        elif self.visit is not None:
            self.open(SummaryScreen)

    def begin_here(self, action: str, said: Mapping[str, Any] | None = None) -> None:
        """Begin an action where this device works."""
        home = self.at.desk.context().home
        if home:
            self.begin(action, home, said=said or {})
        else:
            self._refuse("told.no_home")

    def weigh(self, weighing: Weighing) -> None:
        """Open the step of a weighing that is to be answered next."""
        self.open(step_of(self.at, weighing), weighing)

    def open_waiting(self) -> None:
        """Open the list of what waits here for what is being done."""
        self.open(PickScreen)

    def open_warehouse(self) -> None:
        """Open what is done in the warehouse."""
        self.open(WarehouseScreen)

    def validate(self) -> None:
        """End the visit."""
        assert self.visit is not None
        counted, over = self.visit.counted, self.visit.close()
        self.visit, self.left = self.left.reopen() if self.left else None, None
        if self.visit is not None:
            self.open_visit()
        else:
            self.home()
        self.told(Outcome.ACCEPTED, self.with_left_over(self.say("screen.validated", n=counted), over))

    def red_lines(self, lines: list[Line]) -> None:
        """Show the lines that want looking at."""
        self.open(RedScreen, lines)

    def leave(self) -> None:
        """Log out; what is unsent never holds anybody up."""
        self.put_photos_down()
        people.leave(self.at.store)
        self.start()
