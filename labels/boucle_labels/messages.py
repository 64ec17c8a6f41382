"""What the label commands say to a person, in French and in English.

The texts stand in `words/fr.po` and `words/en.po` beside this file.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Final

from boucle.words import LANGUAGES
from boucle.words.po import Entry, read_catalogue

_ENGLISH: Final = "en"


def language() -> str:
    """The language of this process: BOUCLE_LANG, else English where the locale is English, else French."""
    asked = os.environ.get("BOUCLE_LANG", "")
    if asked in LANGUAGES:
        return asked
    locale = os.environ.get("LC_ALL") or os.environ.get("LC_MESSAGES") or os.environ.get("LANG") or ""
    return _ENGLISH if locale.startswith(_ENGLISH) else LANGUAGES[0]


def say(key: str, lang: str, /, **values: object) -> str:
    """The text of this key; KeyError for an unknown key or a missing value."""
    return catalogue(lang)[key].text.format_map(values)


def counted(key: str, lang: str, *, n: int, **values: object) -> str:
    """The text of this key for that many things. French has one of nothing, English many."""
    entry = catalogue(lang)[key]
    many = n != 1 if lang == _ENGLISH else n > 1
    text = entry.other if many and entry.other is not None else entry.text
    return text.format_map({"n": n, **values})


@cache
def catalogue(lang: str) -> Mapping[str, Entry]:
    """All texts of one language by key."""
    return read_catalogue(files("boucle_labels").joinpath("words", f"{lang}.po").read_text(encoding="utf-8"))
