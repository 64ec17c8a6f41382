"""The pads: a PIN or a number by big keys, a printed code by its 32 characters, names and places by tiles."""

from collections.abc import Callable, Iterable, Mapping
from functools import partial
from typing import Any, Final

from kivy.core.window import Window
from kivy.metrics import dp
from kivy.uix.gridlayout import GridLayout

from boucle.codes import CODE_CHARACTERS, Label, read_label
from boucle.ids import CROCKFORD
from boucle_field.screens import theme
from boucle_field.screens.arranging import is_low
from boucle_field.screens.controls import BigButton, Box, Text
from boucle_field.screens.theme import Theme
from boucle_field.screens.wedge import Typing

ERASE: Final = "←"
DONE: Final = "OK"
LONGEST_PIN: Final = 8
_CODE_COLUMNS: Final = 6
_GROUP: Final = 4
LONGEST_NAME: Final = 60
LONGEST_WORDS: Final = 160
_SPACE: Final = "␣"
_TEXT_KEYS: Final = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ-./"
_MASS_COLUMNS: Final = 4
LONGEST_MASS: Final = 32
DECIMAL_MARKS: Final[Mapping[str, str]] = {"fr": ",", "en": "."}
_NAME_KEYS: Final[Mapping[str, str]] = {
    "fr": "AZERTYUIOPQSDFGHJKLMWXCVBN-’",
    "en": "QWERTYUIOPASDFGHJKL-ZXCVBNM’",
}
"""The letters in the order of the keyboards of a language: ten to a row, on a phone the two halves below each other."""
_NAME_COLUMNS: Final = 5
_NAME_KEY_DP: Final = 57
_ACCENT: Final = "É…"
_ACUTE: Final = "\N{ACUTE ACCENT}"
"""What stands for an accent that waits for its letter."""
_ACCENTED: Final = ("AÀÂÄ", "CÇ", "EÉÈÊË", "IÎÏ", "NÑ", "OÔÖŒ", "UÛÙÜ", "YŸ")
"""What one key makes of the letter before it, and then of that again: the letters of French and German names."""


class Pad(Box, Typing):
    """Keys under a line that shows what was typed; a keyboard does the same."""

    def __init__(
        self,
        look: Theme,
        *,
        keys: Iterable[str],
        columns: int,
        key_dp: float,
        longest: int,
        entered: Callable[[str], object],
        shown: Callable[[str], str] = str,
        asked: str = " ",
        **options: Any,
    ) -> None:
        super().__init__(**options)
        self.text = ""
        self._longest, self._entered, self._shown, self._asked = longest, entered, shown, asked
        self._allowed = frozenset("".join(key for key in keys if key not in (ERASE, DONE)))
        self.line = Text(asked, look.page, size=theme.TITLE if is_low() else theme.WORD, align="center")
        self.add_widget(self.line)
        if is_low():
            key_dp = max(theme.TOUCH, key_dp * theme.LOW_SHARE)
        # Many keys stand close: five or six of them are as wide as a finger on the narrowest phone.
        apart = dp(theme.GAP / 2 if columns < _NAME_COLUMNS else 1)
        self.keys = GridLayout(cols=columns, spacing=apart, size_hint_y=None)
        self.keys.bind(minimum_height=self.keys.setter("height"))
        for key in keys:
            pair = look.main if key == DONE else look.tile
            button = BigButton(
                key,
                pair,
                act=partial(self._press, key),
                least=key_dp,
                size=theme.WORD if key_dp > theme.TOUCH else theme.TITLE,
                bold=True,
                line=look.line,
                padding_dp=2,
            )
            self.keys.add_widget(button)
            if key == DONE:
                self.done = button
        self.add_widget(self.keys)

    def _press(self, key: str) -> None:
        match key:
            case "←":
                self.erased()
            case "OK":
                self.entered()
            case _:
                self.typed(key)

    def typed(self, text: str) -> None:
        """Take characters; those that the pad does not have are passed over."""
        for character in text.upper():
            if character in self._allowed and len(self.text) < self._longest:
                self.text += character
        self._tell()

    def erased(self) -> None:
        """Take the last character away."""
        self.text = self.text[:-1]
        self._tell()

    def entered(self) -> None:
        """Hand over what was typed, and begin anew."""
        text, self.text = self.text, ""
        self._tell()
        if text:
            self._entered(text)

    def scanned(self) -> None:
        """Forget what stands there: it was a scanner's."""
        self.text = ""
        self._tell()

    def add_done(self, look: Theme) -> None:
        """Stand the key that hands over below the others, as wide as they are."""
        self.done = BigButton(
            DONE, look.main, act=self.entered, least=theme.GLOVE, size=theme.WORD, bold=True, padding_dp=2
        )
        self.add_widget(self.done)

    def done_apart(self) -> BigButton:
        """Give the key that hands over, to stand where it is always seen."""
        self.done.parent.remove_widget(self.done)
        return self.done

    def _tell(self) -> None:
        self.line.text = self._shown(self.text) or self._asked


def pin_pad(look: Theme, entered: Callable[[str], object], *, asked: str = " ") -> Pad:
    """Give the pad for a PIN: what is typed is not shown; `asked` stands there until a key is touched."""
    return Pad(
        look,
        keys=[*"123456789", ERASE, "0", DONE],
        columns=3,
        key_dp=theme.PIN_KEY,
        longest=LONGEST_PIN,
        entered=entered,
        shown=lambda text: " ".join("●" * len(text)),
        asked=asked,
    )


def number_pad(look: Theme, entered: Callable[[str], object], *, asked: str = " ") -> Pad:
    """Give the pad for a number of pieces; what is asked stands where the number will."""
    return Pad(
        look,
        keys=[*"123456789", ERASE, "0", DONE],
        columns=3,
        key_dp=theme.PIN_KEY,
        longest=LONGEST_PIN,
        entered=entered,
        asked=asked,
    )


def code_pad(look: Theme, entered: Callable[[str], object]) -> Pad:
    """Give the pad for a printed code: in groups of four, with a sign once its check holds."""
    return Pad(
        look,
        keys=[*CROCKFORD, ERASE, DONE],
        columns=_CODE_COLUMNS,
        key_dp=theme.TOUCH,
        longest=CODE_CHARACTERS + 1,
        entered=entered,
        shown=shown_code,
    )


def shown_code(text: str) -> str:
    """Show a code as far as it is typed; ✓ when its check holds, ⚠ when it is complete and does not."""
    letter, rest = (text[:1], text[1:]) if len(text) > CODE_CHARACTERS else ("", text)
    groups = "-".join(rest[at : at + _GROUP] for at in range(0, len(rest), _GROUP))
    shown = f"{letter}-{groups}" if letter else groups
    if len(text) < CODE_CHARACTERS:
        return shown
    return f"{shown} {'✓' if isinstance(read_label(shown), Label) else '⚠'}"


def tiles(look: Theme, named: Iterable[tuple[str, str]], chosen: Callable[[str], object]) -> list[BigButton]:
    """Give one big button for each key with its name."""
    return [
        BigButton(name, look.tile, act=partial(chosen, key), size=theme.TITLE, line=look.line) for key, name in named
    ]


class TextPad(Pad):
    """The pad for a number with letters, such as a maker's: capitals, digits and the signs that such numbers have."""

    def __init__(self, look: Theme, entered: Callable[[str], object], *, longest: int, asked: str = " ") -> None:
        super().__init__(
            look,
            keys=[*_TEXT_KEYS, ERASE, DONE],
            columns=_CODE_COLUMNS,
            key_dp=theme.TOUCH,
            longest=longest,
            entered=entered,
            asked=asked,
        )


def decimal_keys(lang: str) -> tuple[str, ...]:
    """Give the keys of a number with decimals, in three rows of four."""
    return (*"123", ERASE, *"456", DECIMAL_MARKS[lang], *"7890")


def marked(text: str, mark: str) -> str:
    """Write a comma or a point, whichever was typed, as this decimal mark."""
    return text.replace(",", mark).replace(".", mark)


class MassPad(Pad):
    """The pad for a mass in kilograms; a scale that types like a keyboard fills it as well.

    What is entered is handed on as it was typed: a scale says more than a number.
    """

    def __init__(self, look: Theme, lang: str, entered: Callable[[str], object]) -> None:
        self._mark = DECIMAL_MARKS[lang]
        super().__init__(
            look,
            keys=decimal_keys(lang),
            columns=_MASS_COLUMNS,
            key_dp=theme.GLOVE,
            longest=LONGEST_MASS,
            entered=entered,
            shown=lambda text: f"{text}\N{NO-BREAK SPACE}kg" if text.replace(self._mark, "").isdigit() else text,
        )
        self.add_done(look)

    def typed(self, text: str) -> None:
        """Take whatever a scale or a person types; a point is as good as a comma."""
        self.text = (self.text + marked(text, self._mark))[:LONGEST_MASS]
        self._tell()


class NamePad(Pad):
    """The pad for a person's name: letters, the hyphen, the apostrophe, a space, and a key that sets accents.

    That key changes the letter before it; where there is none that has accents, the letter that comes next.
    """

    most: int = LONGEST_NAME
    by_keyboard = ""
    """What a keyboard may type beside the keys that stand here."""

    @staticmethod
    def written(text: str) -> str:
        """Give what was typed as it is read."""
        return _as_name(text)

    def __init__(self, look: Theme, lang: str, entered: Callable[[str], object]) -> None:
        letters = _NAME_KEYS[lang]
        self._waits = False
        written = self.written
        super().__init__(
            look,
            keys=[*letters, _SPACE, _ACCENT],
            columns=_NAME_COLUMNS * (2 if Window.width >= dp(theme.WIDE) else 1),
            key_dp=_NAME_KEY_DP,
            longest=self.most,
            entered=lambda text: entered(written(text)),
            shown=lambda text: written(text) + (_ACUTE if self._waits else ""),
        )
        self._allowed = frozenset((*letters, _SPACE, *"".join(_ACCENTED), *self.by_keyboard))
        self.add_done(look)
        self._erase = BigButton(
            ERASE, look.tile, act=self.erased, least=theme.GLOVE, size=theme.WORD, bold=True, line=look.line
        )

    def ends_apart(self) -> tuple[BigButton, BigButton]:
        """Give the keys that erase and that hand over, to stand where they are always seen."""
        return self._erase, self.done_apart()

    def typed(self, text: str) -> None:
        """Take letters, a space too, and the key of accents."""
        if text == _ACCENT:
            changed = _accented(self.text[-1:])
            self._waits = changed == self.text[-1:] and not self._waits
            self.text = self.text[:-1] + changed
            self._tell()
            return
        text = text.replace(" ", _SPACE).replace("'", "’")
        if text and self._waits:
            self._waits, text = False, _accented(text[0].upper()) + text[1:]
        super().typed(text)

    def erased(self) -> None:
        """Take the accent that waits away, else the last character."""
        if self._waits:
            self._waits = False
            self._tell()
        else:
            super().erased()

    def entered(self) -> None:
        """Hand over the name; an accent that waits goes."""
        self._waits = False
        super().entered()

    def scanned(self) -> None:
        """Forget an accent that waits too: a scanner typed."""
        self._waits = False
        super().scanned()


def _accented(letter: str) -> str:
    """Give the next form of a letter: E, É, È, Ê, Ë and E again."""
    forms = next((forms for forms in _ACCENTED if letter and letter in forms), letter)
    return forms[(forms.index(letter) + 1) % len(forms)] if letter else ""


class WordsPad(NamePad):
    """The pad for a few words: a name's, written as a sentence; a keyboard adds digits and the signs of sentences."""

    most = LONGEST_WORDS
    by_keyboard = "0123456789,.:;/()"

    @staticmethod
    def written(text: str) -> str:
        """Give what was typed as it is read."""
        return (text[:1] + text[1:].lower()).replace(_SPACE, " ").strip()


def _as_name(text: str) -> str:
    """Write a name as names are written: capitals at the beginnings."""
    return "".join(
        letter if not at or text[at - 1] in (_SPACE, "-", "’") else letter.lower() for at, letter in enumerate(text)
    ).replace(_SPACE, " ")
