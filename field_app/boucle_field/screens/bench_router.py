"""The router's part about the bench: which screen a thing, a ticket or a step opens, and what is told of an act."""

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from boucle.item import Job
from boucle.roles import Capability
from boucle.telling import Outcome, Told
from boucle_field import bench, bench_acts, quoting, state_file
from boucle_field.bench import Next
from boucle_field.bench_acts import PartFound
from boucle_field.errors import FieldError
from boucle_field.photos import Photo
from boucle_field.screens.asked_photo import can_show
from boucle_field.screens.bench_end_screens import (
    BarrierScreen,
    CancelScreen,
    ExitScreen,
    HarvestScreen,
    HoldRepairScreen,
)
from boucle_field.screens.bench_screens import BenchScreen, TicketScreen
from boucle_field.screens.consent_screen import ConsentScreen
from boucle_field.screens.controls import FONT_FILE
from boucle_field.screens.diagnosis_screens import BenchTestScreen, ControlScreen, DiagnosisScreen
from boucle_field.screens.entry_photo_screen import EntryPhotoScreen
from boucle_field.screens.hardware import hardware
from boucle_field.screens.part_screens import PartChoiceScreen, PartsScreen, PauseScreen, saving_words
from boucle_field.screens.quote_screens import QuoteScreen
from boucle_field.screens.round_router import RoundRouter
from boucle_field.screens.top_bar import local_day, local_time
from boucle_field.screens.wording import named

if TYPE_CHECKING:
    from boucle_field.screens.screen import Screen

_SCREENS: Final[dict[Next, "type[Screen]"]] = {
    Next.DIAGNOSE: DiagnosisScreen,
    Next.QUOTE: QuoteScreen,
    Next.PARTS: PartsScreen,
    Next.PAUSE: PauseScreen,
    Next.TEST: BenchTestScreen,
    Next.CONTROL: ControlScreen,
    Next.RELEASE: ExitScreen,
    Next.STORE: ExitScreen,
    Next.NOT_REPAIRABLE: BarrierScreen,
    Next.HARVEST: HarvestScreen,
    Next.HOLD: HoldRepairScreen,
    Next.CANCEL: CancelScreen,
}
"""The screen of each step that asks for something."""
_AT_ONCE: Final = {
    Next.REPAIRED: bench_acts.repaired,
    Next.RESUME: bench_acts.resume,
    Next.START: bench_acts.start,
    Next.STOP: bench_acts.stop,
    Next.UNHOLD: bench_acts.unhold,
}
"""Steps that ask for nothing more."""
_BENCH: Final = frozenset({Capability.REPAIR, Capability.TEST, Capability.CERTIFY})
_ELSEWHERE: Final = frozenset({Capability.COLLECT, Capability.RECEIVE})


class BenchRouter(RoundRouter):
    """What the router knows of the bench."""

    screen: "Screen"
    lang: str

    @property
    def has_bench(self) -> bool:
        """Whether who works here repairs, tests or controls."""
        return bool(_BENCH & self.at.desk.capabilities)

    @property
    def is_bench_only(self) -> bool:
        """Whether who works here does nothing else, so that a scan means the bench."""
        return self.has_bench and not _ELSEWHERE & self.at.desk.capabilities

    @property
    def begins_at_bench(self) -> bool:
        """Whether the day of who works here begins at the bench: by role a person of the bench and of nothing else."""
        held = self.at.desk.role_capabilities
        return bool(_BENCH & held) and not _ELSEWHERE & held

    def open_bench(self) -> None:
        """Open the bench."""
        self.open(BenchScreen)

    def open_ticket(self, code: str) -> None:
        """Open the ticket of a thing."""
        self.open(TicketScreen, code)

    def take_task(self, key: str) -> bool:
        """Take the label of a ticket that this phone knows: open it; else what a task's label means anywhere."""
        if not self.has_bench:
            return super().take_task(key)
        for pile in bench.bench(self.at):
            for ticket in pile:
                if isinstance(ticket.item.job, Job) and ticket.job.task == key:
                    self.open_ticket(ticket.code)
                    return True
        return super().take_task(key)

    def open_repair(self, code: str, *, priority: str = "") -> None:
        """Open a repair, after asking once for a photo of the thing as it came in where the site wants one."""
        if can_show(self.eye) and bench_acts.wants_entry_photo(self.at, code):
            self.open(EntryPhotoScreen, code, priority)
        else:
            self.repair_opened(code, priority)

    def repair_opened(self, code: str, priority: str = "", photos: tuple[Photo, ...] = ()) -> None:
        """Record that a repair is opened, with or without its photo, and go on to its diagnosis for who diagnoses."""
        told = self._kept(partial(bench_acts.open_ticket, self.at, code, priority=priority, photos=photos))
        if told is None:
            return
        if Capability.REPAIR in self.at.desk.capabilities:
            self.open(DiagnosisScreen, code)
        else:
            self.open_ticket(code)
        self._tell(told, self.say("screen.bench.opened"))

    def bench_step(self, code: str, step: Next, *, is_sure: bool = False) -> None:
        """Do a step, or open the screen that asks for what it needs; first ask where the owner has not agreed."""
        if step is Next.OPEN:
            self.open_repair(code)
        elif not is_sure and bench.wants_consent(bench.ticket_of(self.at, code), step):
            self.open(ConsentScreen, code, step)
        elif step in _AT_ONCE:
            self.bench_done(code, partial(_AT_ONCE[step], self.at, code))
        else:
            self.open(_SCREENS[step], code)

    def toggle_work(self, code: str) -> None:
        """Start the work on a thing whose ticket is open and was scanned once more, or stop it where it goes on.

        How long is the repair's; whose hands it were is told nobody. Where neither may be, the ticket stays open.
        """
        ticket = bench.ticket_of(self.at, code)
        offered = bench.steps(self.at, ticket)
        step = next((each for each in (Next.STOP, Next.START) if each in offered), None)
        back = partial(self.open_ticket, code)
        if step is None:
            back()
        elif bench.wants_consent(ticket, step):
            self.open(ConsentScreen, code, step)
        else:
            self.bench_kept(partial(_AT_ONCE[step], self.at, code), f"screen.bench.scanned_{step}", back=back)

    def bench_done(self, code: str, act: Callable[[], Told]) -> None:
        """Record an act and go back to the ticket; what may not be is told where it was asked for."""
        self.bench_kept(act, "screen.bench.kept", back=partial(self.open_ticket, code))

    def quoted(self, code: str, act: Callable[[], Told]) -> None:
        """Record a quote, and say whether the repair waits for its owner now."""
        told = self._kept(act)
        if told is None:
            return
        if told.event_id:
            self.open_ticket(code)
        self._tell(
            told, self.say("screen.quote.waits" if quoting.waits_for_owner(self.at, code) else "screen.quote.agreed")
        )

    def bench_kept(self, act: Callable[[], Told], key: str, *, back: Callable[[], None], **values: Any) -> None:
        """Record an act, go back where it came from, and tell what became of it."""
        told = self._kept(act)
        if told is None:
            return
        if told.event_id:
            back()
        self._tell(told, self.say(key, **values))

    def part_scanned(self, code: str, label: str, *, left_out: str = "") -> None:
        """Build in the part that a label names, or ask where something speaks against it; say what was left for it."""
        part = bench_acts.look_at_part(self.at, code, label)
        instead = self.say("screen.part.left_out", code=named(left_out)) if left_out else ""
        if part.reasons or part.item.nature != "part":
            self.open(PartChoiceScreen, code, part)
            if instead:
                self.told(None, instead)
        else:
            self.use_part(code, part, instead=instead)

    def use_part(self, code: str, part: PartFound, *, instead: str = "") -> None:
        """Build a part in, and say what it saves."""
        told = self._kept(partial(bench_acts.use_part, self.at, code, part))
        if told is None:
            return
        self.open(PartsScreen, code)
        saved = saving_words(self.screen, part) if part.is_reclaimed and not part.reasons else ""
        self._tell(told, " ".join(text for text in (self.say("screen.part.used"), saved, instead) if text))

    def print_state(self, code: str) -> None:
        """Make the state label of a thing as a file, and open it where the device opens files."""
        ticket, zone, now = bench.ticket_of(self.at, code), self.at.identity.zone, self.at.desk.now_ms()
        until = local_day(ticket.job.valid_until_ms, zone) if ticket.job.valid_until_ms else ""
        printed = self.say("screen.left.day", day=local_day(now, zone), time=local_time(now, zone))
        label = state_file.label_of(self.at, ticket, until=until, printed=printed, lang=self.lang)
        try:
            file = state_file.write(self.at, label, font=FONT_FILE, lang=self.lang)
        except FieldError as error:
            self.fail(error)
            return
        is_open = hardware().open_file(str(file))
        self.told(None, self.say("screen.exit.printed" if is_open else "screen.exit.saved", file=str(file)))

    def undo_at_bench(self, code: str = "") -> None:
        """Take the last act of the open ticket back."""
        code = code or getattr(self.screen, "code", "")
        told = self._kept(lambda: bench_acts.undo(self.at, bench.ticket_of(self.at, code)))
        if told is None:
            self.told(None, self.say("screen.bench.nothing_to_undo"))
            return
        self.open_ticket(code)
        self.told(Outcome.ACCEPTED, self.say("screen.bench.undone"))
        self.signal(Outcome.ACCEPTED)

    def _kept(self, act: Callable[[], Told | None]) -> Told | None:
        try:
            told = act()
        except FieldError as error:
            self.fail(error)
            return None
        self.recorded()
        return told

    def _tell(self, told: Told, done: str) -> None:
        why = [self.say(reason) for reason in told.reasons]
        if not told.event_id:
            done = self.say("screen.bench.refused")
        self.told(told.outcome, " — ".join([done, *why]), stays=bool(why))
        self.signal(told.outcome)
