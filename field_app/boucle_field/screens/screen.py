"""What every screen is: a column under the top bar that takes what is scanned, if it means something to it."""

from typing import TYPE_CHECKING, Any

from kivy.metrics import dp

from boucle.meaning import Meaning
from boucle_field.screens import theme
from boucle_field.screens.arranging import is_low, scroll, with_more
from boucle_field.screens.controls import BigButton, Box, Text, column
from boucle_field.screens.theme import Theme
from boucle_field.screens.viewfinder import Viewfinder

if TYPE_CHECKING:
    from pathlib import Path

    from PIL.Image import Image as Picture

    from boucle_field.screens.face import Face


class Screen(Box):
    """One screen; it is made anew each time it is opened, in the language and the colours of that moment."""

    reads_codes = True
    """Whether a code that the camera sees is a scan here; where it aims at a photo it is a part of the picture."""

    def __init__(self, face: "Face", **options: Any) -> None:
        upright = theme.MARGIN / 2 if is_low() else theme.MARGIN
        super().__init__(own_height=False, padding=[dp(theme.MARGIN), dp(upright)], **options)
        self.face = face
        self.view: Viewfinder | None = None
        """What the camera sees, once it looks."""

    @property
    def look(self) -> Theme:
        """The colours."""
        return self.face.look

    def say(self, key: str, /, **values: object) -> str:
        """Say words in the language of the screen."""
        return self.face.say(key, **values)

    def take(self, meant: Meaning) -> bool:
        """Take what was scanned; False when it means nothing to this screen, so that the face decides."""
        del meant
        return False

    def dropped(self, file: "Path") -> None:
        """Take a file that was dropped on the window, where one is waited for."""

    def refresh(self) -> None:
        """Show what has changed since."""

    def build(self) -> None:
        """Lay the screen out; the face calls it once the screen is in the window."""
        raise NotImplementedError

    def preview(self, picture: "Picture") -> None:
        """Show what the camera sees: above everything, unless the screen has a place of its own for it."""
        if self.view is None:
            self.view = Viewfinder()
            self.add_widget(self.view, index=len(self.children))
        self.view.show(picture)

    # ---- what screens are made of

    def title(self, key: str, /, **values: object) -> Text:
        """Give the title of the screen."""
        return Text(self.say(key, **values), self.look.page, size=theme.TITLE, bold=True)

    def text(self, key: str, /, **values: object) -> Text:
        """Give a sentence."""
        return Text(self.say(key, **values), self.look.page)

    def main(self, key: str, act: Any, /, **values: object) -> BigButton:
        """Give the main action, which stands at the bottom."""
        return BigButton(
            self.say(key, **values), self.look.main, act=act, least=theme.MAIN, size=theme.TITLE, bold=True
        )

    def other(self, key: str, act: Any, /, **values: object) -> BigButton:
        """Give another action."""
        return BigButton(self.say(key, **values), self.look.tile, act=act, line=self.look.line)

    def plain(self, words: str, act: Any) -> BigButton:
        """Give another action whose words are made already."""
        return BigButton(words, self.look.tile, act=act, line=self.look.line)

    def fill(self, *content: Any, bottom: tuple[Any, ...] = ()) -> None:
        """Stand the content in a part that scrolls, with what never scrolls away below it."""
        self.scroller = scroll(column(*content))
        self.add_widget(with_more(self.scroller, self.look))
        for each in bottom:
            if is_low() and isinstance(each, BigButton):
                each.low()
            self.add_widget(each)
