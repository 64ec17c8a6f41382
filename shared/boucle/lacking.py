"""What somebody lacks for an act, in words: which qualification, until when they held it, and who may do it instead."""

from collections.abc import Callable, Iterable, Sequence
from typing import Final

from boucle.qualifications import Lack
from boucle.words import say

MOST_NAMED: Final = 4
"""More names than these are a list to be looked up."""


def said(
    lacks: Iterable[Lack], names: Sequence[str], lang: str, *, day: Callable[[str], str], known: bool
) -> list[str]:
    """Say each lack, then who may; nothing for no lack. `known`: somebody in particular stands here."""
    found = [_lack(each, lang, day, known=known) for each in lacks]
    return [*found, _who(names, lang)] if found else []


def _lack(lack: Lack, lang: str, day: Callable[[str], str], *, known: bool) -> str:
    name, last = lack.qualification.name, lack.last
    if not known:
        return say("qualification.nobody", lang, name=name)
    if last is None:
        return say("qualification.never", lang, name=name)
    if last.withdrawn or not last.until:
        return say("qualification.withdrawn", lang, name=name)
    return say("qualification.expired", lang, name=name, day=day(last.until))


def _who(names: Sequence[str], lang: str) -> str:
    if not names:
        return say("qualification.who_nobody", lang)
    shown = ", ".join(names[:MOST_NAMED])
    more = len(names) - MOST_NAMED
    return (
        say("qualification.who_more", lang, names=shown, n=more)
        if more > 0
        else say("qualification.who", lang, names=shown)
    )
