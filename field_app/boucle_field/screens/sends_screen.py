"""D6, the sends: what is open, what waits, what is sent, what waits for a person; line by line."""

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Final

from kivy.metrics import dp
from kivy.uix.widget import Widget

from boucle.actions import ACTIONS
from boucle.words import knows
from boucle_field import photos, rescuing
from boucle_field.errors import FieldError
from boucle_field.screens import theme
from boucle_field.screens.controls import Chip, Text, chips, column, gap, ground
from boucle_field.screens.screen import Screen
from boucle_field.screens.top_bar import grouped, local_time
from boucle_field.sends import Pile, Sent, lines
from boucle_field.undoing import VOID
from boucle_field.visit import name_of_place

if TYPE_CHECKING:
    from boucle_field.screens.face import Face

OPEN: Final = "open"
_SHOWN: Final = 50
_SIGNS: Final = {Pile.WAITING: "⇅", Pile.SENT: "✓", Pile.TO_CHECK: "⚠"}


class SendsScreen(Screen):
    """Everything that is kept here and how far it came."""

    def __init__(self, face: "Face", pile: str = "") -> None:
        super().__init__(face)
        self.pile = pile or (OPEN if face.visit is not None else Pile.WAITING.value)

    def build(self) -> None:
        """Lay the screen out."""
        counts = self.face.at.outbox.counts()
        numbers = {Pile.WAITING: counts.unsent, Pile.SENT: counts.sent, Pile.TO_CHECK: counts.to_check}
        tabs = chips(self._tab(OPEN, self.say("sends.open")))
        for pile, number in numbers.items():
            tabs.add_widget(self._tab(pile.value, f"{self.say(f'sends.{pile}')} {grouped(number)}"))
        content = self._open() if self.pile == OPEN else self._lines(Pile(self.pile))
        self.fill(
            self.title("screen.sends"),
            tabs,
            self._actions(),
            *self._photos(),
            gap(),
            *content,
            bottom=(self.other("screen.back", self.face.start),),
        )

    def _tab(self, pile: str, text: str) -> Chip:
        pair = self.look.main if pile == self.pile else self.look.tile
        return Chip(text, pair, act=lambda: self.face.open(SendsScreen, pile), line=self.look.line)

    def _actions(self) -> Text | Widget:
        face = self.face
        if face.training:
            return self.text("screen.training_stays")
        held = face.courier is not None and face.courier.held
        offers = [
            ("screen.send_now", face.send_now),
            ("screen.export", self.export),
            ("screen.back_online" if held else "screen.stay_offline", face.toggle_line),
        ]
        return chips(*(Chip(self.say(key), self.look.tile, act=act, line=self.look.line) for key, act in offers))

    def _photos(self) -> list[Widget]:
        """Say how many photos the server has not confirmed, what they wait for, and let them wait for Wi-Fi."""
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
        only = photos.only_free(store)
        words = f"{'✓ ' if only else ''}{self.say('sends.photos_wifi')}"
        pair = self.look.main if only else self.look.tile
        return [*told, chips(Chip(words, pair, act=partial(self._choose_wifi, chosen=not only), line=self.look.line))]

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
        return [self._line(pile, each) for each in found]

    def _line(self, pile: Pile, sent: Sent) -> object:
        at = local_time(sent.wall_ms, self.face.at.identity.zone)
        what = f"{_SIGNS[pile]} {at}  {self.say(f'kind.{sent.kind}')}"
        tile = column(
            Text(what, self.look.tile, bold=True),
            Text(self.face.named(sent.subject), self.look.tile),
            padding=dp(theme.GAP),
            spacing=dp(2),
        )
        if pile is Pile.TO_CHECK:
            tile.add_widget(Text(self._why(sent), self.look.tile))
        if sent.after:
            key = "screen.line_voided" if sent.after == VOID else "screen.line_corrected"
            tile.add_widget(Text(f"↶ {self.say(key)}", self.look.tile))
        if sent.can_be_corrected:
            act = partial(self.face.correct, sent.event_id, pile.value)
            tile.add_widget(chips(Chip(self.say("screen.correct"), self.look.tile, act=act, line=self.look.line)))
        ground(tile, self.look.tile.ground, radius=theme.ROUND, line=self.look.line)
        return tile

    def _why(self, sent: Sent) -> str:
        keys = [f"{family}.{sent.why or sent.state}" for family in ("why", "flaw", "status")]
        return next((self.say(key) for key in keys if knows(key)), sent.why or sent.state)

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
