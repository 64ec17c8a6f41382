"""The screens of a round: its stops in order (D2), one stop (D3), its end (D7)."""

from functools import partial
from typing import TYPE_CHECKING, Final

from kivy.core.clipboard import Clipboard
from kivy.metrics import dp
from kivy.uix.widget import Widget

from boucle.actions import ACTIONS
from boucle.commands import Command
from boucle.events import Event
from boucle.meaning import Meaning, Thing
from boucle.rounds import Round, Stop
from boucle.telling import Outcome
from boucle.visiting import DIRECTIONS
from boucle.words.numerals import times
from boucle_field import driving, sends
from boucle_field.driving import Progress, Standing
from boucle_field.names import name_of_place, name_of_type
from boucle_field.screens import theme
from boucle_field.screens.arranging import beside
from boucle_field.screens.beside_screen import BesideScreen
from boucle_field.screens.cards import Card
from boucle_field.screens.controls import BigButton, Text, column, ground, row
from boucle_field.screens.hardware import hardware
from boucle_field.screens.nothing_screen import NothingScreen, ended_words
from boucle_field.screens.screen import Screen
from boucle_field.screens.stop_lines_screen import StopLinesScreen
from boucle_field.screens.stop_record import recorded
from boucle_field.screens.stop_words import SIGNS, hours_words, late_words, planned_words
from boucle_field.screens.theme import OUTCOMES
from boucle_field.screens.top_bar import local_day, local_time
from boucle_field.screens.work_screens import HomeScreen
from boucle_field.slip_text import slip_text
from boucle_field.stop_events import Side

if TYPE_CHECKING:
    from boucle_field.screens.face import Face

_INNER_DP: Final = 4


class RoundScreen(Screen):
    """The stops of a round in the order in which they are driven."""

    def __init__(self, face: "Face", of: Round) -> None:
        super().__init__(face)
        self.round = of

    def build(self) -> None:
        """Lay the screen out."""
        stops = [self._card(number, stop) for number, stop in enumerate(self.round.stops, 1)]
        end = partial(self.face.open, RoundEndScreen, self.round)
        following = driving.next_stop(self.face.at, self.round)
        self.fill(
            Text(self.round.name or self.say("screen.my_round"), self.look.page, size=theme.TITLE, bold=True),
            *stops,
            *([self.other("screen.round_end", end)] if following else []),
            *self.face.camera_button(),
            bottom=(
                beside(
                    self.other("screen.other_work", self.face.home),
                    self._go_to(*following) if following else self.main("screen.round_end", end),
                ),
            ),
        )

    def _go_to(self, number: int, stop: Stop, progress: Progress) -> BigButton:
        """Give the main action of a round that is not done: its next stop."""
        key = "screen.round_go_on" if progress is Progress.BEGUN else "screen.round_go_to"
        return self.main(key, partial(self.face.open_stop, self.round, stop), n=number)

    def _card(self, number: int, stop: Stop) -> Card:
        phone = self.face.at
        place = name_of_place(phone.mirror.book(), stop.place, phone.desk.now_ms())
        now = driving.standing(phone, self.round, stop)
        stands = f"{SIGNS[now.progress]} {self._how_far(now)}"
        act = partial(self.face.open_stop, self.round, stop)
        told = (planned_words, late_words, ended_words)
        words = [each for say in told for each in say(self, self.round, stop)]
        return Card(self.look, f"{number}. {place}", words, act=act, stands=stands)

    def _how_far(self, now: Standing) -> str:
        """Say how far a stop has come; where it was validated, if that was not here."""
        if now.progress is Progress.DONE and now.validations[-1].side is not Side.HERE:
            return self.say(f"screen.stop_done_{now.validations[-1].side}")
        return self.say(f"round.progress.{now.progress}")

    def take(self, meant: Meaning) -> bool:
        """Take an item: what is done with it is asked, as anywhere. Everything else means what it always means."""
        match meant:
            case Thing(code=code):
                self.face.hold(code)
            case Command.FINISH:
                self.face.open(RoundEndScreen, self.round)
            case _:
                return False
        return True


class StopScreen(Screen):
    """One stop: what is to be taken and left, what to mind, and what can be done."""

    def __init__(self, face: "Face", of: Round, stop: Stop) -> None:
        super().__init__(face)
        self.round, self.stop = of, stop

    def build(self) -> None:
        """Lay the screen out."""
        phone = self.face.at
        place = name_of_place(phone.mirror.book(), self.stop.place, phone.desk.now_ms())
        now = driving.standing(phone, self.round, self.stop)
        hints: list[Widget] = [Text(line, self.look.page) for line in self._hints()]
        actions = [
            BigButton(
                ACTIONS[action].word(self.face.lang),
                self.look.main if first else self.look.tile,
                act=partial(self.face.begin, action, self.stop.place, self.round.task(self.stop)),
                size=theme.TITLE,
                bold=first,
                line="" if first else self.look.line,
                padding_dp=_INNER_DP,
            )
            for action, first in _in_order(self.stop)
        ]
        only_leaves = bool(self.stop.deliver) and not self.stop.collect
        key = "screen.stop_cannot" if only_leaves else "screen.stop_nothing"
        nothing = self.other(key, partial(self.face.open, NothingScreen, self.round, self.stop))
        leave = self.other("screen.back", partial(self.face.leave_stop, self.round))
        again = now.progress is Progress.BEGUN
        if again:
            validate = self.main("screen.validate", partial(self.face.end_stop, self.round, self.stop))
            bottom = (row(*actions), beside(leave, validate))
        else:
            bottom = (row(nothing, actions[1]), beside(leave, actions[0]))
        self.fill(
            Text(place, self.look.page, size=theme.TITLE, bold=True),
            *recorded(self, self.round, self.stop, now),
            *self._lines(),
            *self._plan(now),
            *self._late(),
            *hints,
            *self._share_button(now),
            *self._map(),
            *([nothing] if again else []),
            bottom=bottom,
        )

    def _late(self) -> list[Widget]:
        """Say in the colour of what to mind that the place has closed by now."""
        amber = OUTCOMES[Outcome.REPEAT]
        plates = [
            column(Text(words, amber, bold=True), padding=dp(theme.GAP))
            for words in late_words(self, self.round, self.stop)
        ]
        for plate in plates:
            ground(plate, amber.ground, radius=theme.ROUND)
        return [*plates]

    def _hints(self) -> list[str]:
        """Say what to mind here: today, at this place, with the types that are planned; each once."""
        phone = self.face.at
        book, now = phone.mirror.book(), phone.desk.now_ms()
        site = book.site(self.stop.place, now)
        types = [book.item_type(each, now) for each in (*self.stop.collect, *self.stop.deliver)]
        reminders = [site.reminder, *(f"{each.name or each.key} : {each.reminder}" for each in types if each.reminder)]
        told = [self.stop.note, self.say("screen.stop_access", access=site.access) if site.access else ""]
        told += [self.say("screen.stop_reminder", text=text) for text in reminders if text]
        return [line for line in dict.fromkeys(told) if line]

    def _map(self) -> list[Widget]:
        phone = self.face.at
        address = phone.mirror.book().site(self.stop.place, phone.desk.now_ms()).address
        if not address:
            return []
        return [Text(address, self.look.page), self.other("screen.stop_navigate", partial(self._navigate, address))]

    def _navigate(self, address: str) -> None:
        if not hardware().show_map(address):
            self.face.told(None, self.say("screen.stop_no_map", address=address))

    def _share(self, validated: Event, version: int) -> None:
        """Offer the slip as a text; where the device sends none, copy it and say so."""
        zone = self.face.at.identity.zone
        about = {
            "when": f"{local_day(validated.wall, zone)} {local_time(validated.wall, zone)}",
            "lang": self.face.lang,
        }
        text = slip_text(self.face.at, self.round, self.stop, validated, version=version, **about)
        if not hardware().share(text):
            Clipboard.copy(text)
            self.face.told(None, self.say("screen.stop_copied"))

    def _plan(self, now: Standing) -> list[Widget]:
        """Say what is planned, as long as it was not validated: then it stands beside what was found."""
        if now.validated is None:
            return [Text(line, self.look.page, bold=True) for line in planned_words(self, self.round, self.stop)]
        if now.progress is Progress.DONE:
            return []
        return [Text(line, self.look.page) for line in hours_words(self, self.round, self.stop)]

    def _lines(self) -> list[Widget]:
        """Lead to what was recorded here line by line, on this phone."""
        lines = sends.lines_at(self.face.at.store, self.round.task(self.stop))
        if not lines:
            return []
        n = sum(not each.after for each in lines)
        act = partial(self.face.open, StopLinesScreen, self.round, self.stop)
        return [self.other("screen.stop_lines", act, n=n)]

    def _share_button(self, now: Standing) -> list[Widget]:
        if now.validated is None:
            return []
        return [
            self.other(
                "screen.stop_share" if hardware().sends_texts else "screen.stop_copy",
                partial(self._share, now.validated, now.version),
            )
        ]

    def take(self, meant: Meaning) -> bool:
        """Take an item: it is the first of what is usual here; and the word to validate."""
        match meant:
            case Thing():
                action = next(action for action, first in _in_order(self.stop) if first)
                self.face.begin(action, self.stop.place, self.round.task(self.stop))
                return self.face.screen.take(meant)
            case Command.VALIDATE | Command.FINISH:
                self.face.end_stop(self.round, self.stop)
            case Command() as command if command.value in DIRECTIONS:
                self.face.begin(command.value, self.stop.place, self.round.task(self.stop))
            case _:
                return False
        return True


class RoundEndScreen(Screen):
    """The end of a round: is everything done and sent, what is in the vehicle, where is it unloaded."""

    def __init__(self, face: "Face", of: Round) -> None:
        super().__init__(face)
        self.round = of

    def build(self) -> None:
        """Lay the screen out."""
        phone = self.face.at
        book, now = phone.mirror.book(), phone.desk.now_ms()
        left = [
            stop for stop in self.round.stops if driving.standing(phone, self.round, stop).progress is not Progress.DONE
        ]
        unsent = phone.outbox.counts().unsent
        load = driving.in_vehicle(phone, self.round)
        unknown = self.say("screen.unknown_type")
        carried = [
            Text(times(n, name_of_type(book, each, now) or unknown, self.face.lang), self.look.page)
            for each, n in sorted(load.items(), key=lambda row: (-row[1], row[0]))
        ]
        home = self.round.home or phone.desk.context().home
        place = name_of_place(book, home, now)
        back = partial(self.face.open, RoundScreen, self.round)
        unload = partial(self.face.receive_round, self.round, home)
        self.fill(
            self.title("screen.round_end_early" if left else "screen.round_end"),
            *self._left(left),
            self.text("screen.round_unsent", n=unsent) if unsent else self.text("screen.round_all_sent"),
            self.title("screen.round_load"),
            *(carried or [self.text("screen.round_load_none")]),
            self.text("screen.round_unload"),
            bottom=(
                beside(
                    *([self.other("screen.round_unload_at", unload, place=place)] if home and left else []),
                    (self.main if left else self.other)("screen.round_back" if left else "screen.back", back),
                    *([self.main("screen.round_unload_at", unload, place=place)] if home and not left else []),
                ),
            ),
        )

    def _left(self, stops: list[Stop]) -> list[Text]:
        """Say that all is done, or name what is not: who ends all the same was asked."""
        if not stops:
            return [self.text("screen.round_all_done")]
        phone = self.face.at
        book, now = phone.mirror.book(), phone.desk.now_ms()
        names = [Text(f"○ {name_of_place(book, each.place, now)}", self.look.page) for each in stops]
        return [self.text("screen.round_left", n=len(stops)), *names]


class WorkScreen(HomeScreen):
    """What is to be done where a round of today waits: a driver's round first, for anybody else after all the rest."""

    def before(self) -> list[Widget]:
        """Give one button for each round that who works here drives today."""
        return [
            BigButton(
                self._words("screen.my_round_of", each),
                self.look.main,
                act=partial(self.face.open, RoundScreen, each),
                least=theme.MAIN,
                size=theme.TITLE,
                bold=True,
            )
            for each in driving.rounds_of_today(self.face.at)
            if self._is_mine(each)
        ]

    def after(self) -> list[Widget]:
        """Offer the rounds that anybody may take, and what was done today beside all rounds."""
        offered: list[Widget] = [
            self.plain(self._words("screen.round_offered", each), partial(self.face.open, RoundScreen, each))
            for each in driving.rounds_of_today(self.face.at)
            if not self._is_mine(each)
        ]
        n = len(driving.stops_beside(self.face.at))
        words, act = self.say("screen.stops_beside", n=n), partial(self.face.open, BesideScreen)
        return [*offered, *([self.plain(words, act)] if n else [])]

    def _is_mine(self, of: Round) -> bool:
        return driving.drives(self.face.at) or bool(of.person or of.device)

    def _words(self, key: str, of: Round) -> str:
        done = sum(driving.standing(self.face.at, of, each).progress is Progress.DONE for each in of.stops)
        return self.say(key, name=of.name or of.key, done=done, all=len(of.stops))


def _in_order(stop: Stop) -> list[tuple[str, bool]]:
    """Give the two actions of a stop, the planned one first and marked; taking back is the usual one."""
    leaves_only = bool(stop.deliver) and not stop.collect
    names = ("deliver", "collect") if leaves_only else ("collect", "deliver")
    return [(name, at == 0) for at, name in enumerate(names)]
