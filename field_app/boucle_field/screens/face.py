"""The face: the window of one phone, with the screen that is open and everything that lives as long as the app."""

import os
import secrets
from collections.abc import Callable, Mapping
from contextlib import closing
from functools import partial
from pathlib import Path
from threading import Thread
from typing import Any

from kivy.app import App
from kivy.clock import Clock
from kivy.core.window import Window
from kivy.metrics import dp
from kivy.utils import get_color_from_hex

from boucle.enrolment import Invitation
from boucle.lines import WANTING
from boucle.meaning import Meaning
from boucle.signing import load_crypto
from boucle.telling import Outcome
from boucle.words import say
from boucle_field import people, photos_in_hand
from boucle_field.courier import SOON_S, Courier, Line, News, standing
from boucle_field.enrolment import enrol
from boucle_field.errors import FieldError
from boucle_field.http import Server, drive
from boucle_field.identity import Identity
from boucle_field.phone import Phone
from boucle_field.screens import theme, wording
from boucle_field.screens.choosing import Chooser
from boucle_field.screens.controls import BigButton, Box, Chip, Notice, column, ground, use_font
from boucle_field.screens.door_screens import EnrolScreen, WhoScreen, other_language
from boucle_field.screens.eye import Eye
from boucle_field.screens.hardware import hardware
from boucle_field.screens.labels_at_hand import labels_in
from boucle_field.screens.round_screens import RoundScreen, StopScreen
from boucle_field.screens.router import Router
from boucle_field.screens.screen import Screen
from boucle_field.screens.sends_screen import SendsScreen
from boucle_field.screens.sound import Signal, Speaker, volume_of
from boucle_field.screens.theme import OUTCOMES, Theme
from boucle_field.screens.top_bar import BarState, TopBar
from boucle_field.screens.wedge import Wedge
from boucle_field.screens.work_screens import HomeScreen
from boucle_field.store import Store, put
from boucle_field.ticks import DeviceTicks
from boucle_field.training import begin_training

STRIP_S = 8.0
"""How long a passing message stays."""
_FRAME_DP = 8


class Face(Router, App):
    """The app. `directory` is the phone's data; `frames` a folder of pictures instead of a camera.

    `labels` is a file of labels that a tap scans, for whoever has neither scanner nor camera at hand.
    """

    title = "Boucle"

    def __init__(
        self,
        directory: Path,
        *,
        lang: str,
        frames: Path | None = None,
        labels: Path | None = None,
        signal: Signal | None = None,
        **options: Any,
    ) -> None:
        super().__init__(**options)
        use_font()
        self.data = directory
        self.store = Store.open(directory)
        self.lang = self.store.get("face_lang") or lang
        self.look: Theme = theme.THEMES.get(self.store.get("face_theme"), theme.LIGHT)
        self.volume = volume_of(self.store.get("face_volume"))
        self.phone: Phone | None = Phone.of(self.store) if Identity.load(self.store) else None
        if self.phone is not None:
            photos_in_hand.let_go(self.store)  # of what had them in hand nothing is open any more
        self.training = self.enrolling = False
        self.news = News(line=Line.UNKNOWN)
        self._heard_to = self.phone.mirror.cursor if self.phone else ""
        self.next_try_ms = 0
        """When the line is tried again by itself, by the clock of the device; 0 where nothing failed."""
        self.courier: Courier | None = None
        self.wedge = Wedge(self.scanned)
        self.eye = Eye(self, frames)
        self.labels = labels_in(labels) if labels else []
        self.chooser = Chooser(self)
        self._signal = signal
        self._opened: tuple[Callable[..., Screen], tuple[Any, ...]] = (EnrolScreen, ())
        self._soon = Clock.create_trigger(lambda _: self.send_now(), SOON_S)
        self._fade = Clock.create_trigger(lambda _: self.strip.clear_widgets(), STRIP_S)
        # Counted from the frame that shows the message: one whose frame took long would be gone before it was read.
        self._stand = Clock.create_trigger(lambda _: self._fade())

    # ---- the life of the window

    def build(self) -> Box:
        """Make the window and open the first screen."""
        self.window = Box(own_height=False, spacing=0)
        self.resume()
        self.start()
        return self.window

    def on_start(self) -> None:
        """Listen, and send what waits."""
        self._signal = self._signal or Speaker(self.volume)
        self.wedge.listen()
        Window.bind(on_drop_file=self._dropped)
        self._begin_sending()

    def on_stop(self) -> None:
        """End what runs beside the window; everything recorded is kept already."""
        self.wedge.rest()
        Window.unbind(on_drop_file=self._dropped)
        self.eye.close()
        if self.courier is not None:
            self.courier.close()
        if isinstance(self._signal, Speaker):
            self._signal.close()
        if self.phone is not None and self.training:
            self.phone.store.close()
        self.store.close()

    def _begin_sending(self) -> None:
        if self.phone is not None and self.courier is None:
            self.courier = Courier(
                self.data,
                lambda news: Clock.schedule_once(partial(self._heard, news)),
                is_free=hardware().is_line_free,
            )
            self.courier.start()

    # ---- screens

    def open(self, screen: Callable[..., Screen], *arguments: Any) -> None:
        """Open a screen in place of the one that is there."""
        self._opened = (screen, arguments)
        self.wedge.typing = None
        self.screen = screen(self, *arguments)
        self.bar = TopBar(self.look, self.lang, act=self.open_sends)
        self.strip = column(padding=[dp(theme.MARGIN), dp(2)])
        self._paint()
        self.screen.build()
        self.refresh_bar()

    def _paint(self) -> None:
        self.window.clear_widgets()
        self.window.canvas.before.clear()
        Window.clearcolor = get_color_from_hex(self.look.page.ground)
        self.window.padding = dp(_FRAME_DP) if self.training else 0
        if self.training:
            ground(self.window, theme.TRAINING.ground)
        inner = Box(own_height=False, spacing=0)
        ground(inner, self.look.page.ground)
        for each in (self.bar, self.strip, self.screen):
            inner.add_widget(each)
        self.window.add_widget(inner)

    def reopening(self) -> Callable[[], None]:
        """Give what opens the screen that is open now, after another one."""
        screen, arguments = self._opened
        return partial(self.open, screen, *arguments)

    def again(self) -> None:
        """Make the open screen anew, after a change of language, colours or news, where one read it."""
        screen, arguments = self._opened
        told, scrolled = list(self.strip.children), self.screen.scroller.scroll_y
        self.strip.clear_widgets()
        self.open(screen, *arguments)
        for each in told:
            self.strip.add_widget(each)
        self.screen.scroller.scroll_y = scrolled

    def start(self) -> None:
        """Open the screen that comes first as things stand."""
        if self.phone is None:
            self.open(EnrolScreen)
        elif self.is_locked:
            self.open(WhoScreen)
        elif not self.offer_photos():
            self.back()

    def refresh_bar(self) -> None:
        """Show how the device stands now."""
        if self.phone is None:
            self.bar.show(BarState(self.news.line, None, "", "UTC"))
            return
        who = people.present(self.at.store)
        now = standing(self.at, self.news)
        self.bar.show(BarState(self.news.line, now, who.name if who else "", self.at.identity.zone, self.training))

    # ---- words and signals

    def say(self, key: str, /, **values: object) -> str:
        """Say words in the language of the screens."""
        return say(key, self.lang, **values)

    def told(self, outcome: Outcome | None, text: str, *, stays: bool = False) -> None:
        """Show a message for a moment; one that somebody has to look at stays until it is touched, or the next."""
        pair = self.look.bar if outcome is None else OUTCOMES[outcome]  # a message is no button
        sign = "" if outcome is None else f"{theme.SIGNS[outcome]} "
        stays = stays or outcome in WANTING
        plate = Notice(f"{sign}{text}", pair, act=self.strip.clear_widgets if stays else None)
        self.strip.clear_widgets()
        self.strip.add_widget(plate)
        self._fade.cancel()
        self._stand.cancel()
        if not stays:
            self._stand()

    def fail(self, error: FieldError) -> None:
        """Say what went wrong, what was kept and what to do."""
        self.told(Outcome.REFUSED, error.said(self.lang))
        self.signal(Outcome.REFUSED)

    def signal(self, outcome: Outcome) -> None:
        """Sound and vibrate."""
        if self._signal is not None:
            self._signal.play(outcome)

    def named(self, subject: str) -> str:
        """Give a code as it is printed."""
        return wording.named(subject)

    def reason(self, key: str, values: Mapping[str, object]) -> str:
        """Give a reason in words."""
        told = wording.reason(key, values, lang=self.lang, zone=self.at.identity.zone)
        return told[:1].upper() + told[1:]

    def describe(self, code: str) -> str:
        """Give what a code is and where it stands."""
        return wording.described(self.at, code, self.lang)

    # ---- the camera

    @property
    def camera_words(self) -> str:
        """The key of what to say about the camera."""
        return "screen.no_camera" if self.eye.missing else "screen.camera_how"

    def camera_button(self) -> list[BigButton]:
        """Give the button of the camera, unless there is none."""
        return [] if self.eye.missing else [self.eye.button()]

    def camera_chips(self) -> list[Chip]:
        """Give what can be done with the camera."""
        return self.eye.chips()

    # ---- the line

    def _heard(self, news: News, _dt: float) -> None:
        self.news = news
        self.next_try_ms = (
            self.phone.ticks.reading().wall_ms + news.retry_s * 1000 if self.phone and news.retry_s else 0
        )
        # The first people may have come down just now, or the office removed who works here.
        if self.is_locked and not isinstance(self.screen, WhoScreen):
            self.start()
        self.refresh_bar()
        cursor = self.phone.mirror.cursor if self.phone else ""
        # What others did at a stop came down: a home or a round that stays open shows it too.
        came, self._heard_to = cursor != self._heard_to, cursor
        is_stale = came and isinstance(self.screen, HomeScreen | RoundScreen | StopScreen)
        if came and (scanning := self.scan_screen) is not None:
            scanning.show_counts()  # what others validated of the stop is no more offered to be undone
        if is_stale or isinstance(self.screen, SendsScreen):
            self.again()

    def recorded(self) -> None:
        """Show and send what was just kept."""
        self.refresh_bar()
        if not self.training:
            self._soon()

    def send_now(self) -> None:
        """Run a round of sync."""
        if self.courier is not None:
            self.courier.now()

    def toggle_line(self) -> None:
        """Stay offline, or come back."""
        if self.courier is not None:
            self.courier.hold(offline=not self.courier.held)
        self.again()

    def enrol(self, invitation: Invitation) -> None:
        """Ask to be let in, on a thread of its own."""
        if self.enrolling or self.phone is not None:
            return
        self.enrolling = True
        self.again()
        Thread(target=self._enrol, args=(invitation,), name="enrolment", daemon=True).start()

    def _enrol(self, invitation: Invitation) -> None:
        try:
            with closing(Store.open(self.data)) as store, closing(Server(invitation.server)) as server:
                engine = enrol(
                    store, invitation, ticks=DeviceTicks(), crypto=load_crypto(), randomness=secrets.token_bytes
                )
                drive(engine, server.ask)
        except FieldError as error:
            Clock.schedule_once(partial(self._enrolled, error))
        else:
            Clock.schedule_once(partial(self._enrolled, None))

    def _enrolled(self, error: FieldError | None, _dt: float) -> None:
        self.enrolling = False
        if error is not None:
            self.again()
            self.fail(error)
            return
        self.phone = Phone.of(self.store)
        self._begin_sending()
        self.start()
        self.told(Outcome.ACCEPTED, self.say("screen.enrolled", name=self.at.identity.name or self.at.identity.dev))
        self.signal(Outcome.ACCEPTED)

    # ---- switches

    def next_language(self) -> None:
        """Speak the other language, at once."""
        self.lang = other_language(self.lang)
        self._keep("face_lang", self.lang)
        self.again()

    def next_theme(self) -> None:
        """Change between day and night."""
        self.look = theme.DARK if self.look is theme.LIGHT else theme.LIGHT
        self._keep("face_theme", self.look.name)
        self.again()

    def next_volume(self) -> None:
        """Be less loud, after the lowest step loud again; what is chosen is heard at once."""
        self.volume = self.volume.next
        self._keep("face_volume", self.volume)
        if self._signal is not None:
            self._signal.turn(self.volume)
        self.signal(Outcome.ACCEPTED)
        self.again()

    def switch_training(self) -> None:
        """Begin to practise, or come back to the work as it was."""
        if self.training:
            self.at.store.close()
            self.phone = Phone.of(self.store)
        else:
            self.phone = begin_training(self.at)
        self.training = not self.training
        self.resume()
        self.start()

    def _keep(self, name: str, value: str) -> None:
        with self.store.writing() as db:
            put(db, name, value)

    def scanned(self, text: str) -> None:
        """Take what a scanner, a camera or a person gives, whatever screen is open."""
        self.route(text)

    def _dropped(self, _window: Any, name: bytes, *_at: Any) -> None:
        self.screen.dropped(Path(os.fsdecode(name)))

    def take(self, meant: Meaning) -> bool:
        """Offer to the open screen what was scanned."""
        return self.screen.take(meant)
