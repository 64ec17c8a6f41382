"""D6, the sends: what is open, what waits, what is sent, what waits for a person; line by line."""

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Final

from kivy.uix.widget import Widget

from boucle.actions import ACTIONS
from boucle.words.numerals import grouped
from boucle_field import photos, photos_in_hand, rescuing
from boucle_field.courier import Line
from boucle_field.errors import FieldError
from boucle_field.names import name_of_place
from boucle_field.screens.arranging import beside
from boucle_field.screens.controls import Chip, Text, chips, gap
from boucle_field.screens.line_tile import line_tile
from boucle_field.screens.screen import Screen
from boucle_field.screens.tabs import Tabs
from boucle_field.screens.top_bar import local_time
from boucle_field.sends import Pile, lines

if TYPE_CHECKING:
    from boucle_field.screens.face import Face

OPEN: Final = "open"
_SHOWN: Final = 50


class SendsScreen(Screen):
    """Everything that is kept here and how far it came."""

    def __init__(self, face: "Face", pile: str = "") -> None:
        super().__init__(face)
        self.pile = pile or (OPEN if face.visit is not None else Pile.WAITING.value)

    def build(self) -> None:
        """Lay the screen out."""
        counts = self.face.at.outbox.counts()
        numbers = {Pile.WAITING: counts.unsent, Pile.SENT: counts.sent, Pile.TO_CHECK: counts.to_check}
        words = {OPEN: self.say("sends.open")}
        words |= {
            pile.value: f"{self.say(f'sends.{pile}')} {grouped(n, self.face.lang)}" for pile, n in numbers.items()
        }
        content = self._open() if self.pile == OPEN else self._lines(Pile(self.pile))
        back = self.other("screen.back", self.face.start)
        self.fill(
            self.title("screen.sends"),
            *([self.text("screen.training_stays")] if self.face.training else [self._switches()]),
            *self._next_try(),
            *self._photos(),
            gap(),
            # The piles stand right above what they show, in one frame: they are no actions.
            Tabs(self.look, words, self.pile, choose=partial(self.face.open, SendsScreen)),
            *content,
            bottom=(back if self.face.training else beside(back, self.main("screen.send_now", self.face.send_now)),),
        )

    def _switches(self) -> Widget:
        """Give what can be done with everything at once, and how it goes out."""
        face, store = self.face, self.face.at.store
        held = face.courier is not None and face.courier.held
        only = photos.only_free(store)
        wifi = f"{'✓ ' if only else ''}{self.say('sends.photos_wifi')}"
        return chips(
            self._chip(self.say("screen.export"), self.export),
            self._chip(self.say("screen.back_online" if held else "screen.stay_offline"), face.toggle_line),
            self._chip(wifi, partial(self._choose_wifi, chosen=not only), on=only),
        )

    def _chip(self, words: str, act: Callable[[], object], *, on: bool = False) -> Chip:
        return Chip(words, self.look.main if on else self.look.tile, act=act, line=self.look.line)

    def _next_try(self) -> list[Widget]:
        """Say when the server is tried again, where it was not reached or took not all."""
        face = self.face
        if face.training or not face.next_try_ms or face.news.line is Line.HELD:
            return []
        at = local_time(face.next_try_ms, face.at.identity.zone, seconds=True)
        return [self.text("sends.next_try", time=at)]

    def _photos(self) -> list[Widget]:
        """Say how many photos the server has not confirmed, and what they wait for."""
        face, store = self.face, self.face.at.store
        if face.training:
            return []
        left, refused = photos.missing(store), photos.refused(store)
        told: list[Widget] = []
        if waiting := left - refused:
            held = face.courier is not None and not face.courier.photos_go(store)
            told.append(self.text("sends.photos_held" if held else "sends.photos", n=waiting))
        if refused:
            told.append(self.text("sends.photos_refused", n=refused))
        if over := sum(len(each.photos) for each in photos_in_hand.left(face.at)):
            told.append(self.other("sends.photos_left", face.open_left_photos, n=over))
        return told

    def _choose_wifi(self, *, chosen: bool) -> None:
        """Let photos wait for Wi-Fi, or go over any network from now on."""
        photos.choose_only_free(self.face.at.store, chosen=chosen)
        self.face.again()
        if not chosen:
            self.face.send_now()

    def _open(self) -> list[Text]:
        visit = self.face.visit
        if visit is None:
            return [self.text("sends.none_open")]
        phone = self.face.at
        place = name_of_place(phone.mirror.book(), visit.place, phone.desk.now_ms())
        action = ACTIONS[visit.action].word(self.face.lang)
        return [
            self.text("screen.at", action=action, place=place),
            self.text("screen.summary_counted", n=visit.counted),
        ]

    def _lines(self, pile: Pile) -> list[object]:
        found = lines(self.face.at.store, pile, _SHOWN)
        if not found:
            return [self.text(f"sends.none.{pile}")]
        return [line_tile(self, each, partial(self.face.correct, each.event_id, pile.value)) for each in found]

    def export(self) -> None:
        """Write everything into a rescue file beside the store."""
        phone = self.face.at
        assert phone.store.directory is not None
        name = f"boucle-{phone.identity.dev}-{phone.ticks.reading().wall_ms}.rescue"
        file: Path = phone.store.directory / name
        try:
            count = rescuing.export(phone, file)
        except FieldError as error:
            self.face.fail(error)
            return
        self.face.told(None, self.say("phone.exported", n=count, file=str(file)))
