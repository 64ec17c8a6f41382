"""D4, the scan screen: the counter, the last line with its undo, what is expected; the scanner never waits."""

from typing import TYPE_CHECKING, Final

from boucle import sticky
from boucle.actions import ACTIONS, Amount
from boucle.commands import QUANTITIES, VERDICTS, Command
from boucle.lifecycle import Verdict
from boucle.lines import Line, choices
from boucle.meaning import Meaning, Nothing, Spot, Task, Thing
from boucle.telling import Outcome
from boucle.visiting import BEGUN
from boucle.words.numerals import times
from boucle_field import sorting
from boucle_field.errors import FieldError
from boucle_field.names import name_of_place
from boucle_field.screens import scan_tools, theme, wording
from boucle_field.screens.arranging import beside
from boucle_field.screens.controls import Box, Chip, Text, chips
from boucle_field.screens.panels import ExpectedList, ListRow, OutcomePanel, Shown
from boucle_field.screens.photo_taking import PhotoTaking
from boucle_field.screens.screen import Screen
from boucle_field.screens.verdict_tiles import VerdictTiles
from boucle_field.screens.viewfinder import Viewfinder
from boucle_field.screens.work_screens import AmountScreen
from boucle_field.visit import Visit

if TYPE_CHECKING:
    from boucle_field.screens.face import Face

MOST_REASONS: Final = 2


class ScanScreen(Screen):
    """One visit while it goes on."""

    def __init__(self, face: "Face") -> None:
        super().__init__(face)
        assert face.visit is not None
        self.visit: Visit = face.visit
        self.shown = Shown(None, self.say("screen.ready"))
        self._alerts: tuple[int, int, Outcome | None] = (0, 0, None)
        self.photos = PhotoTaking(self)

    def build(self) -> None:
        """Lay the screen out."""
        self.head = Text(self.head_words(), self.look.page, bold=True)
        self.panel = OutcomePanel(self.look, self.face.lang)
        self.undoing = self.other("screen.undo", self.undo)
        self.listed = ExpectedList(self.look, self.face.lang)
        self.near, self.tools = chips(), chips()
        self.view = Viewfinder()
        sorts = self.visit.action in sticky.SORTS
        self.verdicts = VerdictTiles(self.look, self.face.lang, chosen=self.choose_verdict) if sorts else None
        self.fill(
            self.head,
            *self.head_more(),
            self.panel,
            self.near,
            *([self.verdicts] if self.verdicts else []),
            self.view,
            self.listed,
            self.tools,
            bottom=(beside(self.undoing, self.main("screen.finish", self.face.summary)),),
        )
        self.asking: Box | None = None
        self.refresh()

    def head_words(self) -> str:
        """Say what is done, and where."""
        phone = self.face.at
        place = name_of_place(phone.mirror.book(), self.visit.place, phone.desk.now_ms())
        return self.say("screen.at", action=ACTIONS[self.visit.action].word(self.face.lang), place=place)

    def head_more(self) -> list[Text]:
        """Give what this kind of visit says above the counter."""
        return []

    def picked(self, code: str) -> None:
        """Take an item that was picked from a list instead of scanned."""
        self.scan(code)

    def tools_more(self) -> list[Chip]:
        """Give what this kind of visit offers beside scanning."""
        return []

    # ---- what happens

    def take(self, meant: Meaning) -> bool:
        """Take an item; a place or an action begins another visit; commands do what they say."""
        match meant:
            case Thing(code=code, repaired=repaired):
                self.scan(code)
                if repaired:
                    self.face.told(None, self.say("phone.keyboard_repaired"))
            case Nothing(key=key, code=code, type=type_key, raw=raw):
                self.tell(self.visit.refuse(code, key, {"type": type_key}, raw=raw))
            case Command() as command:
                return self._command(command)
            case Spot(key=key):
                self.face.arrive(key)
            case Task(key=key):
                if not self.face.take_task(key):
                    self.face.begin(self.visit.action, self.visit.place, said=self.visit.said)
            case _:
                return False
        return True

    def _command(self, command: Command) -> bool:
        match command:
            case Command.UNDO:
                self.undo()
            case Command.FINISH | Command.VALIDATE:
                self.face.summary()
            case Command.PHOTO:
                self.photos.take()
            case _ if command.value in BEGUN:
                self.face.turn(command.value)
            case _ if command in QUANTITIES:
                self.count_more(QUANTITIES[command])
            case _ if command in VERDICTS:
                self.sort(VERDICTS[command])
            case _:
                return False
        return True

    def scan(self, code: str) -> None:
        """Record one item, then tell what it was: never before it is kept."""
        try:
            line = self.visit.scan(code)
        except FieldError as error:
            self.not_kept(code, error)
            return
        self.tell(line)

    def count(self, amount: Amount, *, stop: tuple[str, str] | None = None) -> None:
        """Record pieces without labels."""
        try:
            line = self.visit.count(amount, stop=stop)
        except FieldError as error:
            self.not_kept(amount.item_type, error)
            return
        self.tell(line)

    def count_more(self, pieces: int) -> None:
        """Count so many pieces without labels: of the type counted last, else of the one that is chosen."""
        last = next((each for each in reversed(self.visit.lines) if each.counts and not each.item), None)
        types = self.face.bulk_types()
        if last is not None and last.subject in types:
            self.face.count(Amount(last.subject, pieces))
        elif len(types) == 1:
            self.face.count(Amount(types[0], pieces))
        else:
            self.face.open(AmountScreen, "", pieces)

    def choose_verdict(self, verdict: str) -> None:
        """Let a verdict go along with the scans that follow, or take it off."""
        sorting.choose(self.visit, verdict)
        if self.visit.said.get("verdict") == verdict:
            self.photos.wants(Verdict(verdict), about_last=False)
        self.show_counts()

    def sort(self, verdict: Verdict, grade: str = "") -> None:
        """Take a verdict about the item scanned last; before any item, or said twice, for all that follow."""
        if self.visit.action not in sticky.SORTS:
            self.tell(self.visit.refuse("", "screen.sort_at_home", {}))
            return
        last = next((each for each in reversed(self.visit.lines) if each.counts), None)
        found = sorting.found_of(self.visit, last) if last else None
        stays = found is not None and found.verdict == verdict and not grade and verdict != Verdict.SCRAP
        if last is None or (stays and self.visit.said.get("verdict") != verdict):
            self.choose_verdict(verdict)
            self.show(Shown(None, self.say("screen.verdict_from_now", verdict=self._verdict(verdict))))
            return
        if self.photos.wants(verdict, about_last=True):
            return
        try:
            line = self.visit.sort(verdict, grade)
        except FieldError as error:
            self.not_kept("", error)
            return
        assert line is not None
        self.tell(line)

    def undo(self) -> None:
        """Take the last choice or the last scan back, at once."""
        if self.face.chooser.undo():
            if self.face.screen is self:
                self.show_counts()
            return
        try:
            undone = self.visit.undo()
        except FieldError as error:
            self.face.fail(error)
            return
        if undone is None:
            closed = any(not each.undone and self.visit.is_closed(each) for each in self.visit.lines)
            why = self.say("phone.undo_validated") if closed else ""
            self.show(Shown(None, self.say("screen.nothing_to_undo"), why=why))
            return
        self.face.signal(Outcome.REPEAT)
        self.face.recorded()
        self.show(Shown(None, f"↶ {self.say('screen.undone')}", self.face.named(undone.subject)))

    def tell(self, line: Line) -> None:
        """Say what one scan was, by colour, sign, word, sound and vibration."""
        name = self.visit.type_name(line.item_type)
        code = self.face.named(line.subject)
        what = f"{name}\n{code}" if name and name != code else code
        if line.qty > 1:
            what = times(line.qty, name, self.face.lang)
        # Here what a glance takes in; the whole stands on the page of the item.
        most = 1 if choices(line) else MOST_REASONS
        why = "\n".join(self.face.reason(key, values) for key, values in line.why[-most:])
        self.face.chooser.forget()
        self.photos.forget()
        self.face.signal(line.outcome)
        self.show(Shown(line.outcome, self._word(line), what, why), ask=line)
        if line.event_id:
            self.face.recorded()

    def show(self, shown: Shown, *, ask: Line | None = None) -> None:
        """Show what was just done, and what can be made of it; the next scan waits for no answer."""
        self.shown = shown
        self.scroller.scroll_y = 1
        if self.asking is not None:
            self.remove_widget(self.asking)
            self.asking = None
        if ask is not None and choices(ask):
            self.asking = self.face.chooser.buttons(ask)
            self.add_widget(self.asking, index=1)
        self.show_counts()

    def _word(self, line: Line) -> str:
        if line.verdict and line.outcome is Outcome.ACCEPTED:
            return self.say("screen.sorted", verdict=self._verdict(line.verdict, line.grade))
        done = self.say(f"screen.done.{self.visit.action}" if line.outcome is Outcome.ACCEPTED else line.heading)
        says_verdict = line.found and (line.outcome is Outcome.ACCEPTED or line.is_in_stock)
        return f"{done} · {self._verdict(line.found, line.grade)}" if says_verdict else done

    def _verdict(self, verdict: str, grade: str = "") -> str:
        """Say a verdict in the words of its tile, with its grade."""
        words = self.say(f"screen.verdict.{verdict}")
        words = f"{words[:1].lower()}{words[1:]}"
        return f"{words} · {grade}" if grade else words

    def not_kept(self, code: str, error: FieldError) -> None:
        """Say that a scan could not be kept, and why."""
        self.tell(self.visit.refuse(code, error.key, error.values))

    def look_at_red(self) -> None:
        """Show the red lines; they are looked at then."""
        self.face.red_lines(self.visit.look())

    # ---- what is shown

    def refresh(self) -> None:
        """Show everything as it is now, the camera's buttons too."""
        self.photos.last = self.visit.last
        self._show_tools()
        self.show_counts()

    def show_counts(self) -> None:
        """Show the counts as they are now: all that a scan changes."""
        rows = self.visit.rows()
        self.panel.show(self.shown, counted=self.visit.met, expected=self.visit.wanted)
        unknown = self.say("screen.unknown_type")
        self.listed.show([ListRow(self.visit.type_name(each.item_type) or unknown, *each[1:]) for each in rows])
        self.photos.last = last = self.visit.last
        code = wording.end_of(self._name_of(last)) if last else ""
        if self.verdicts is not None:
            self.verdicts.show(self.visit.said.get("verdict", ""), self.visit.said.get("grade", ""))
        plain = f"{self.say('screen.undo')}\n{code}" if last else self.say("screen.undo")
        self.undoing.text = self.face.chooser.undo_words or plain
        self._show_alerts()
        if self.photos.is_stale:
            self._show_tools()

    def _name_of(self, line: Line) -> str:
        """Give a line as a person knows it: its code, of pieces without labels how many of which type."""
        is_amount = bool(line.item_type) and line.subject == line.item_type
        if not is_amount:
            return self.face.named(line.subject)
        return times(line.qty, self.visit.type_name(line.item_type), self.face.lang)

    def _show_alerts(self) -> None:
        wanting = self.visit.to_look
        worst = max((line.outcome for line in wanting), key=[*Outcome].index, default=None)
        alerts = (len(wanting), self.extra(), worst)
        if alerts != self._alerts:
            self._alerts = alerts
            self._show_near()

    def _show_near(self) -> None:
        """Stand right below the panel what waits for a look, and the photo while it is of use."""
        many, extra, worst = self._alerts
        self.near.clear_widgets()
        if worst is not None:
            words = f"{theme.SIGNS[worst]} {self.say('screen.to_look', n=many)}"
            self.near.add_widget(Chip(words, theme.OUTCOMES[worst], act=self.look_at_red))
        if extra:
            blue = theme.OUTCOMES[Outcome.UNEXPECTED]
            self.near.add_widget(Chip(f"+ {self.say('screen.extra', n=extra)}", blue, act=self._look_at_extra))
        if self.photos.is_near:
            self.photos.stand_in(self.near)

    def extra(self) -> int:
        """Give how many pieces nobody expected."""
        return self.visit.extra

    def _look_at_extra(self) -> None:
        if self.visit.asking:
            self.look_at_red()
        else:
            self.face.summary()

    def _show_tools(self) -> None:
        self.tools.clear_widgets()
        self._show_near()
        if not self.photos.is_near:
            self.photos.stand_in(self.tools)
        for chip in scan_tools.offered(self):
            self.tools.add_widget(chip)
