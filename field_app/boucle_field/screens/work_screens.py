"""The screens around a visit: what is to be done, where, how many without labels, a typed code, the summary."""

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Final

from kivy.core.clipboard import Clipboard
from kivy.uix.widget import Widget

from boucle import sticky
from boucle.actions import ACTIONS, Amount
from boucle.commands import Command
from boucle.meaning import Meaning, Spot, Task, Thing
from boucle.visiting import BEGUN, DIRECTIONS, OPERATIONS
from boucle_field import sorting
from boucle_field.blank_labels import is_blank
from boucle_field.delivery_text import delivery_text
from boucle_field.driving import drives
from boucle_field.names import name_of_place, name_of_type
from boucle_field.screens import theme
from boucle_field.screens.arranging import beside
from boucle_field.screens.cards import job_grid
from boucle_field.screens.controls import Chip, Text, chips, gap
from boucle_field.screens.differences_screen import TOLD, DifferencesScreen
from boucle_field.screens.hardware import hardware
from boucle_field.screens.pads import code_pad, number_pad, tiles
from boucle_field.screens.panels import ExpectedList, ListRow
from boucle_field.screens.place_list import PlaceList
from boucle_field.screens.screen import Screen
from boucle_field.screens.top_bar import local_day, local_time
from boucle_field.visit import Visit

if TYPE_CHECKING:
    from boucle_field.screens.face import Face

AT_PARTNERS: Final = "collect"
AT_HOME: Final = "receive"


class HomeScreen(Screen):
    """What is to be done; or scan, and it is known."""

    def build(self) -> None:
        """Lay the screen out."""
        pending = [self.face.describe(code) for code in self.face.pending]
        self.fill(
            self.title("screen.what_now"),
            *self.before(),
            *(Text(each, self.look.page, bold=True) for each in pending),
            self.text("screen.scan_a_place") if not pending else self.text("screen.done_what"),
            job_grid(self.look, self._jobs()),
            *self.after(),
            gap(),
            chips(*self._settings()),
        )

    def before(self) -> list[Widget]:
        """Give what comes before the choice of an action."""
        return []

    def after(self) -> list[Widget]:
        """Give what comes after the choice of an action."""
        return []

    def _jobs(self) -> list[tuple[str, Callable[[], object]]]:
        """Give everything that can be begun here, all of it in sight at once."""
        face = self.face
        # What is done at partners' comes first for a driver, and last for anybody else.
        names = OPERATIONS if drives(face.at) else sorted(OPERATIONS, key=DIRECTIONS.__contains__)
        jobs: list[tuple[str, Callable[[], object]]] = [
            (ACTIONS[name].word(face.lang), partial(face.choose, name)) for name in names
        ]
        jobs.append((self.say("screen.warehouse"), face.open_warehouse))
        if face.pending and all(is_blank(face.at, code) for code in face.pending):
            jobs.append((self.say("screen.choice.new"), partial(face.label_new, face.pending[-1])))
            if len(face.pending) == 1:
                jobs.append((self.say("screen.choice.bind"), partial(face.label_known, face.pending[-1])))
        if face.has_bench:
            jobs.append((self.say("screen.bench.title"), face.open_bench))
            if face.pending:
                jobs.append((self.say("screen.bench.ticket_of_it"), partial(face.open_ticket, face.pending[-1])))
        return jobs

    def _settings(self) -> list[Chip]:
        face = self.face
        offers = [
            *([] if face.eye.missing else [("screen.camera", face.eye.open)]),
            ("screen.sends", face.open_sends),
            ("screen.typed", lambda: face.open(CodeScreen)),
            ("screen.training_leave" if face.training else "screen.training_enter", face.switch_training),
            *([("screen.change_person", face.leave)] if face.has_people else []),
            ("screen.by_night" if self.look is theme.LIGHT else "screen.by_day", face.next_theme),
            (f"screen.volume.{face.volume}", face.next_volume),
            ("screen.other_language", face.next_language),
            ("screen.help", face.open_help),
        ]
        return [Chip(self.say(key), self.look.tile, act=act, line=self.look.line) for key, act in offers]

    def take(self, meant: Meaning) -> bool:
        """Take a place, an item, an action, a round."""
        match meant:
            case Spot(key=key):
                self.face.arrive(key)
            case Thing(code=code):
                self.face.hold(code)
            case Task(key=key):
                self.face.take_task(key)
            case Command() as command if command.value in BEGUN:
                self.face.choose(command.value)
            case _:
                return False
        return True


class PlaceScreen(Screen):
    """Where: the label of the place, or its name."""

    def __init__(self, face: "Face", action: str) -> None:
        super().__init__(face)
        self.action = action

    def build(self) -> None:
        """Lay the screen out."""
        towards = "screen.where_to" if self.action in ("ship", "move") else "screen.where"
        self.places = PlaceList(self.face, self.action, lambda key: self.face.begin(self.action, key))
        self.fill(
            self.title(towards, action=ACTIONS[self.action].word(self.face.lang)),
            self.text("screen.where_how"),
            self.places,
            bottom=(*self.face.camera_button(), self.other("screen.back", self.face.home)),
        )

    def take(self, meant: Meaning) -> bool:
        """Take the label of the place, and items that were scanned too early."""
        match meant:
            case Spot(key=key):
                self.face.begin_if_it_fits(self.action, key)
            case Thing(code=code):
                self.face.pending.append(code)
                self.face.told(None, self.say("screen.first_where"))
            case Command() as command if command.value in BEGUN:
                self.face.choose(command.value)
            case _:
                return False
        return True


class CodeScreen(Screen):
    """A printed code, typed; its check says at once whether it is right. `then` is the screen that takes it."""

    def __init__(self, face: "Face", then: Callable[..., Screen] | None = None) -> None:
        super().__init__(face)
        self._back = partial(face.open, then) if then else face.back

    def build(self) -> None:
        """Lay the screen out."""
        pad = code_pad(self.look, self._entered)
        self.face.wedge.typing = pad
        self.fill(
            self.title("screen.typed"),
            pad,
            self.text("screen.typed_how"),
            bottom=(beside(self.other("screen.back", self._back), pad.done_apart()),),
        )

    def _entered(self, text: str) -> None:
        self._back()
        self.face.scanned(text)


class AmountScreen(Screen):
    """Pieces that carry no labels: which type, how many where that is not said yet."""

    def __init__(self, face: "Face", item_type: str = "", pieces: int = 0) -> None:
        super().__init__(face)
        self.item_type = item_type
        self.pieces = pieces

    def build(self) -> None:
        """Lay the screen out: the types, then the number."""
        phone = self.face.at
        book, now = phone.mirror.book(), phone.desk.now_ms()
        back = self.other("screen.back", self.face.back)
        if not self.item_type:
            named = [(key, name_of_type(book, key, now)) for key in self.face.bulk_types()]
            words = self.text("screen.amount_how" if named else "screen.amount_none")
            self.fill(
                self.title("screen.amount"),
                words,
                *tiles(self.look, named, self._chosen),
                bottom=(back,),
            )
            return
        pad = number_pad(self.look, self._entered)
        self.face.wedge.typing = pad
        name = name_of_type(book, self.item_type, now)
        self.fill(
            self.title("screen.amount"),
            Text(name, self.look.page, bold=True),
            pad,
            bottom=(beside(back, pad.done_apart()),),
        )

    def _chosen(self, key: str) -> None:
        if self.pieces:
            self.face.back()
            self.face.count(Amount(key, self.pieces))
        else:
            self.face.open(AmountScreen, key)

    def _entered(self, text: str) -> None:
        self.face.back()
        if int(text):
            self.face.count(Amount(self.item_type, int(text)))


class SummaryScreen(Screen):
    """What the visit comes to, before it ends; going on is always possible."""

    def __init__(self, face: "Face", partly: int = 0) -> None:
        """Ask with `partly` whether a count of which so many were not seen is meant to end."""
        super().__init__(face)
        self.partly = partly

    def build(self) -> None:
        """Lay the screen out."""
        visit = self.visit
        phone = self.face.at
        place = name_of_place(phone.mirror.book(), visit.place, phone.desk.now_ms())
        waiting = len(visit.to_look)
        missing = self._missing()
        told: list[Widget] = [
            *self._asked_partly(),
            *self.asked(),
            self.text("screen.summary_counted", n=visit.counted),
            *([self.text("screen.summary_missing", n=missing)] if missing and not self.partly else []),
            *self._sorted(),
            *([self.text("screen.to_look", n=waiting)] if waiting else []),
            self.text("screen.summary_kept"),
        ]
        # What is asked comes first: the list leaves out what stands in it.
        listed = ExpectedList(self.look, self.face.lang)
        listed.show(self.listed())
        undecided = [each for each in visit.asking if each.event_id]
        if undecided:
            look = partial(self.face.red_lines, undecided)
            told.append(self.other("screen.undecided", look, n=len(undecided)))
        if visit.action == "ship" and visit.counted:
            key = "screen.note_share" if hardware().sends_texts else "screen.note_copy"
            told.append(self.other(key, self._share_note))
        if visit.action in TOLD and (missing or visit.extra):
            told.append(self.other("screen.see_differences", partial(self.face.open, DifferencesScreen)))
        self.fill(
            self.title("screen.summary", action=ACTIONS[visit.action].word(self.face.lang), place=place),
            *told,
            listed,
            bottom=(beside(self.other("screen.scan_more", self.face.back), self._end()),),
        )

    def _share_note(self) -> None:
        """Offer the delivery note as a text; where the device sends none, copy it and say so."""
        phone = self.face.at
        now, zone = phone.desk.now_ms(), phone.identity.zone
        when = f"{local_day(now, zone)} {local_time(now, zone)}"
        text = delivery_text(self.visit, when=when, lang=self.face.lang)
        if not hardware().share(text):
            Clipboard.copy(text)
            self.face.told(None, self.say("screen.note_copied"))

    def _missing(self) -> int:
        return sum(max(0, each.expected - each.counted) for each in self.visit.rows())

    def _asked_partly(self) -> list[Widget]:
        """Ask once about a count of which most was not seen, before anybody takes it for a whole one."""
        if not self.partly:
            return []
        asked = Text(self.say("screen.count_partly", n=self.partly), self.look.page, bold=True)
        return [asked, self.text("screen.count_partly_means")]

    def _end(self) -> Widget:
        return self.main("screen.count_partly_yes" if self.partly else "screen.validate", self.validate)

    def asked(self) -> list[Widget]:
        """Give what is asked before the visit ends."""
        return []

    def listed(self) -> list[ListRow]:
        """Give what was counted, by type."""
        unknown = self.say("screen.unknown_type")
        return [ListRow(self.visit.type_name(each.item_type) or unknown, *each[1:]) for each in self.visit.rows()]

    def validate(self) -> None:
        """End the visit; a count of which most was not seen is asked about once before."""
        missing = self._missing()
        if self.visit.action == "count" and not self.partly and missing * 2 > self.visit.wanted:
            self.face.open(SummaryScreen, missing)
            return
        self.face.validate()

    def _sorted(self) -> list[Widget]:
        """Say what sorting found, and how many nobody sorted, where things are sorted."""
        if self.visit.action not in sticky.SORTS:
            return []
        tally = sorting.tally(self.visit)
        told = [
            self.say("screen.tally", verdict=self.say(f"screen.verdict.{each}"), n=n)
            for each, n in tally.items()
            if each
        ]
        if (unsorted := tally.get("")) and told:
            told.append(self.say("screen.tally_unsorted", n=unsorted))
        return [Text(each, self.look.page) for each in told]

    @property
    def visit(self) -> Visit:
        """The visit that ends."""
        assert self.face.visit is not None
        return self.face.visit

    def take(self, meant: Meaning) -> bool:
        """Take the word to validate; anything else that can be scanned goes on with the visit."""
        match meant:
            case Command.VALIDATE | Command.FINISH:
                self.validate()
            case Thing() | Command.UNDO:
                self.face.back()
                return self.face.screen.take(meant)
            case _:
                return False
        return True
