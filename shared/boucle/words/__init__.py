"""The words people read, by key, in French first and English second.

`de.po` holds the few that strangers at the border read in German too.

`fr.po` and `en.po` beside this file are gettext catalogues: `msgid` is a stable key (`reason.while_out`),
`msgstr` the text, with plain `{names}` for values. A text that counts has `msgid_plural` and two forms,
chosen by the value `n`. A whole number is a count of things and stands with its thousands apart; a number that is a
name, as a port is, is given as text. Every key is in both languages with the same names; tests hold that, so a missing
key is a bug here.
"""

from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Final

from boucle.words.numerals import grouped
from boucle.words.po import Entry, read_catalogue

LANGUAGES: Final = ("fr", "en")
"""The languages we have, the one people get when nobody asked for another first."""


PUBLIC_LANGUAGES: Final = (*LANGUAGES, "de")
"""The languages of what anybody may read; a text that is not in German is said in English there."""
_SECOND: Final = LANGUAGES[1]


def say(key: str, lang: str, /, **values: object) -> str:
    """Say the words of `key` in a language of LANGUAGES, with `values` in their places.

    Raises KeyError for an unknown key, a missing value, or a counting text without `n`.
    """
    entry = catalogue(lang)[key]
    form = entry.text
    if entry.other is not None and _is_many(values["n"], lang):
        form = entry.other
    return form.format_map({name: _written(value, lang) for name, value in values.items()})


def knows(key: str) -> bool:
    """Is there a text for this key?"""
    return key in catalogue(LANGUAGES[0])


@cache
def catalogue(lang: str) -> Mapping[str, Entry]:
    """Give all the entries of one language by key; KeyError for a language that we do not have."""
    if lang not in PUBLIC_LANGUAGES:
        raise KeyError(lang)
    own = read_catalogue(files(__name__).joinpath(f"{lang}.po").read_text(encoding="utf-8"))
    return own if lang in LANGUAGES else {**catalogue(_SECOND), **own}


def _written(value: object, lang: str) -> object:
    return grouped(value, lang) if isinstance(value, int) and not isinstance(value, bool) else value


def _is_many(n: object, lang: str) -> bool:
    if not isinstance(n, int):
        raise TypeError(f"n counts things, so it is an int, not {n!r}")
    # French says "0 bac, 1 bac, 2 bacs" and English "0 crates, 1 crate, 2 crates" (the plural rules of CLDR).
    return abs(n) > 1 if lang == "fr" else abs(n) != 1
