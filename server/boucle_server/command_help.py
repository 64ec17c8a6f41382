"""The help of commands in the language of this process; light, for it is shown before anything is loaded."""

import argparse
from typing import Any

from boucle import command_lines
from boucle.words import say
from boucle_labels.messages import language


class Parser(command_lines.Parser):
    """A parser in the language of this process, which keeps the lines of its examples."""

    def __init__(self, **given: Any) -> None:
        super().__init__(lang=language(), raw=True, **given)


def words(key: str, /, **values: object) -> str:
    """Give the words of a help."""
    return say(key, language(), **values)


def add_examples(parser: argparse.ArgumentParser, *lines: str) -> None:
    """Say at the foot of a help how the command is typed."""
    parser.epilog = command_lines.examples(lines, language())
