"""What the parser of the command line complains of, in the words of the person who typed it."""

import re
from collections.abc import Sequence
from typing import Final

from boucle.words import say

_ARGUMENT: Final = re.compile(r"argument (?P<name>[^:]+): (?P<rest>.+)", re.DOTALL)
_KINDS: Final[Sequence[tuple[str, re.Pattern[str]]]] = [
    ("usage.required", re.compile(r"the following arguments are required: (?P<names>.+)", re.DOTALL)),
    ("usage.one_required", re.compile(r"one of the arguments (?P<names>.+) is required", re.DOTALL)),
    ("usage.unknown", re.compile(r"unrecognized arguments: (?P<names>.+)", re.DOTALL)),
    ("usage.ambiguous", re.compile(r"ambiguous option: (?P<name>.+) could match (?P<names>.+)", re.DOTALL)),
    ("usage.choice", re.compile(r"invalid choice: '(?P<value>.*)' \(choose from (?P<names>.+)\)", re.DOTALL)),
    ("usage.whole", re.compile(r"invalid int value: '(?P<value>.*)'", re.DOTALL)),
    ("usage.value", re.compile(r"invalid \w+ value: '(?P<value>.*)'", re.DOTALL)),
    ("usage.one_value", re.compile(r"expected (?:one|at least one|1) argument")),
    ("usage.no_value", re.compile(r"ignored explicit argument '(?P<value>.*)'", re.DOTALL)),
    ("usage.range", re.compile(r"(?P<least>[0-9]+)\.\.(?P<most>[0-9]+)")),
    ("usage.not_with", re.compile(r"not allowed with argument (?P<name>.+)", re.DOTALL)),
]
"""Every complaint of `argparse` that our commands can cause."""


def said(message: str, lang: str) -> str:
    """Say a complaint of `argparse` in a language of ours; one that we do not know stays as it is."""
    about = _ARGUMENT.fullmatch(message)
    if about is not None:
        return say("usage.argument", lang, name=about["name"], complaint=said(about["rest"], lang))
    for key, pattern in _KINDS:
        found = pattern.fullmatch(message)
        if found is not None:
            return say(key, lang, **{name: value.replace("'", "") for name, value in found.groupdict().items()})
    return message
