"""The list of places: a line to search by, then the names; a keyboard, a scanner and fingers serve it alike."""

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from kivy.clock import Clock
from kivy.metrics import dp
from kivy.uix.gridlayout import GridLayout

from boucle_field.places import Place, fitting, found
from boucle_field.screens import theme
from boucle_field.screens.controls import BigButton, Box, Text, column
from boucle_field.screens.wedge import LONGEST_TYPED, Typing

if TYPE_CHECKING:
    from boucle_field.screens.face import Face

SHORT: Final = 5
"""So many names are seen without a search."""
MOST_SHOWN: Final = 24
"""More buttons than this make the list slow; a letter more shortens it."""
_LETTERS: Final = (*"ABCDEFGHIJKLMNOPQRSTUVWXYZ", "␣", "←")
_COLUMNS: Final = 6
_SETTLED_S: Final = 0.1
_SPACE: Final = "␣"
_ERASE: Final = "←"


class PlaceList(Box, Typing):
    """The places that fit an action; `chosen` is called with the key of one."""

    def __init__(self, face: "Face", action: str, chosen: Callable[[str], object], **options: Any) -> None:
        super().__init__(**options)
        self.face = face
        self.places = fitting(face.at, action)
        self.text = ""
        self._chosen = chosen
        self._names = column()
        self._pad: GridLayout | None = None
        if len(self.places) > SHORT:
            look = face.look
            self.line = BigButton(" ", look.tile, act=self._turn_pad, least=theme.TOUCH, line=look.line)
            self.add_widget(self.line)
            face.wedge.typing = self
        self.add_widget(self._names)
        self._later = Clock.create_trigger(lambda _: self._show())
        self._show()

    # ---- what is typed, by whatever

    def typed(self, text: str) -> None:
        """Take letters; they narrow the list down."""
        self.text += text
        self._later()

    def erased(self) -> None:
        """Take the last letter away."""
        self.text = self.text[:-1]
        self._later()

    def entered(self) -> None:
        """Take the only place left; what names no place may be a code."""
        left = found(self.places, self.text)
        if self.text and not left:
            text, self.text = self.text, ""
            self._later()
            self.face.scanned(text)
        elif len(left) == 1:
            self._chosen(left[0].key)

    def scanned(self) -> None:
        """Forget the letters: they were a scanner's."""
        self.text = ""
        self._later()

    # ---- what is shown

    def _show(self) -> None:
        if self._pad is not None:
            self._to_line()
        typed = self.text if len(self.text) <= LONGEST_TYPED else ""
        left = found(self.places, typed)
        self._names.clear_widgets()
        if len(self.places) > SHORT:
            say = self.face.say
            self.line.text = say("screen.searching", text=typed.upper()) if typed else say("screen.search")
            if not left:
                self._names.add_widget(Text(say("screen.no_place"), self.face.look.page))
        was_recent = False
        for place in left[:MOST_SHOWN]:
            self._add_heading(place, was_recent=was_recent, first=place is left[0])
            self._names.add_widget(self._button(place))
            was_recent = place.is_recent
        if len(left) > MOST_SHOWN:
            self._names.add_widget(
                Text(self.face.say("screen.more_places", n=len(left) - MOST_SHOWN), self.face.look.page)
            )

    def _add_heading(self, place: Place, *, was_recent: bool, first: bool) -> None:
        key = "screen.recent_places" if place.is_recent and first else "screen.all_places" if was_recent else ""
        if key and not (place.is_recent and was_recent) and len(self.places) > SHORT:
            self._names.add_widget(Text(self.face.say(key), self.face.look.soft))

    def _button(self, place: Place) -> BigButton:
        look = self.face.look
        return BigButton(place.name, look.tile, act=partial(self._chosen, place.key), size=theme.TITLE, line=look.line)

    def _turn_pad(self) -> None:
        screen = self.face.screen
        if self._pad is not None:
            screen.remove_widget(self._pad)
            self._pad = None
            return
        self._pad = GridLayout(cols=_COLUMNS, spacing=dp(1), size_hint_y=None)
        self._pad.bind(minimum_height=self._pad.setter("height"))
        look = self.face.look
        for key in _LETTERS:
            self._pad.add_widget(
                BigButton(
                    key, look.tile, act=partial(self._press, key), least=theme.TOUCH, line=look.line, padding_dp=2
                )
            )
        # Below the list and above what stands at the bottom: the names stay in sight.
        screen.add_widget(self._pad, index=1)
        self._to_line()

    def _to_line(self) -> None:
        """Show the line at the top and what it finds below it, once everything has its place."""
        Clock.schedule_once(lambda _: self._scroll_to_line(), _SETTLED_S)

    def _scroll_to_line(self) -> None:
        view = self.face.screen.scroller
        hidden = view.children[0].height - view.height
        if self._pad is not None and hidden > 0:
            above = view.children[0].top - self.line.top
            view.scroll_y = max(0.0, 1 - above / hidden)

    def _press(self, key: str) -> None:
        if key == _ERASE:
            self.erased()
        else:
            self.typed(" " if key == _SPACE else key)
