"""Parsers of command lines that explain themselves in one language, and complain in one line."""

import argparse
from collections.abc import Sequence
from functools import partial
from typing import Any, Final, Never

from boucle.complaints import said
from boucle.words import say

WRONG_USE: Final = 2
_HEADINGS: Final = {"options": "phone.help.options", "positional arguments": "phone.help.arguments"}


class Parser(argparse.ArgumentParser):
    """A parser in one language; what it leads to inherits no language, and is given its own."""

    def __init__(self, *, lang: str, raw: bool = False, **given: Any) -> None:
        writer = _Raw if raw else _Formatter
        super().__init__(formatter_class=partial(writer, lang=lang), add_help=False, **given)
        self.add_argument("-h", "--help", action="help", help=say("phone.help.help", lang))
        self.lang = lang

    def error(self, message: str) -> Never:
        """Leave with code 2 and one line that says what is wrong and how to find out more."""
        complaint = said(message, self.lang)
        self.exit(WRONG_USE, say("cli.wrong_use", self.lang, command=self.prog, message=complaint) + "\n")


class _Formatter(argparse.HelpFormatter):
    """Writes the fixed words around what is explained in one language."""

    def __init__(self, prog: str, lang: str) -> None:
        super().__init__(prog)
        self._lang = lang

    def start_section(self, heading: str | None) -> None:
        """Begin a section under its heading."""
        # What begins a section ends in a colon, which French sets apart.
        space = " " if self._lang == "fr" else ""
        super().start_section(f"{say(_HEADINGS[heading], self._lang)}{space}" if heading in _HEADINGS else heading)

    def add_usage(self, usage, actions, groups, prefix=None) -> None:  # type: ignore[no-untyped-def]  # noqa: ANN001
        """Begin with what a command line looks like."""
        began = say("phone.help.usage", self._lang) + " " if prefix is None else prefix
        super().add_usage(usage, actions, groups, began)


class _Raw(_Formatter, argparse.RawDescriptionHelpFormatter):
    """Keeps the lines of examples as they are."""


def examples(lines: Sequence[str], lang: str) -> str:
    """Give the foot of a help: one command line, or several below each other."""
    if len(lines) == 1:
        return say("phone.help.example", lang, line=lines[0])
    return "\n  ".join([say("cli.help.examples", lang), *lines])
