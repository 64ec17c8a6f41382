"""What a scanned text means, on a phone and on a page alike. Nothing is recorded here."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, TypeAlias

from boucle import wedge
from boucle.codes import Kind, Label, Misread, Reason, read_label, without_identifier
from boucle.commands import Command, find_command
from boucle.enrolment import Invitation
from boucle.fields import place_key
from boucle.reference import Book

_TASKS: Final = frozenset({Kind.ROUND, Kind.TICKET})
SHOWN_CHARACTERS: Final = 40
_FOREIGN_CHARACTERS: Final = 25
"""So much of a code that is not ours fits on a line of the smallest phone."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Thing:
    """An item's code, ours or one that was linked to an item of ours."""

    code: str
    repaired: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Spot:
    """A place, by its key; an unknown one by the text of its label."""

    key: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """A round or a repair ticket."""

    key: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Badge:
    """Somebody's badge: a name, never a proof."""

    key: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Nothing:
    """Nothing that can be used: a key of `boucle.words` with its values, and the text as it can be shown."""

    key: str
    code: str
    type: str = ""
    raw: str = ""
    """The whole text of a code that is not ours."""


Meaning: TypeAlias = Thing | Spot | Task | Badge | Command | Invitation | Nothing


def meaning(text: str, *, book: Book, is_linked: Callable[[str], bool]) -> Meaning:
    """Give what a text means, from a camera, a keyboard-wedge scanner or a person.

    `is_linked` tells whether a code that is not ours, under its subject, was linked to an item of ours.
    """
    invitation = invited(text)
    if invitation is not None:
        return invitation
    read = read_label(text)
    if isinstance(read, Misread):
        code = without_identifier(text)
        if read.reason is Reason.FOREIGN and is_linked(f"raw:{code}"):
            return Thing(code=code)
        type_key = read.type_key.uri if read.type_key else ""
        raw, shown = (code, cut(code)) if read.reason is Reason.FOREIGN else ("", _shown(text))
        return Nothing(key=f"told.misread.{read.reason}", code=shown, type=type_key, raw=raw)
    return _labelled(read, book)


def invited(text: str) -> Invitation | None:
    """Give the invitation of an enrolment's QR code, a garbled keyboard layout undone; None for anything else."""
    read = without_identifier(text)
    meant = wedge.unscramble(read)
    return Invitation.parse(read) or (Invitation.parse(meant) if meant else None)


def _labelled(label: Label, book: Book) -> Meaning:
    match label:
        case Label(kind=Kind.CONTAINER | Kind.GS1, key=key):
            return Thing(code=key, repaired=label.repaired)
        case Label(kind=Kind.PLACE, key=key):
            return Spot(key=place_key(key, book))
        case Label(kind=Kind.COMMAND, code=code) if code is not None:
            return find_command(code) or Nothing(key="told.unknown_command", code=code.grouped)
        case Label(kind=Kind.BADGE, key=key):
            return Badge(key=key)
        case Label(kind=kind, key=key) if kind in _TASKS:
            return Task(key=key)
        case Label(key=key):
            return Nothing(key="told.unknown_command", code=key)


def _shown(text: str) -> str:
    """Give the end of a text as it can be shown: a person compares it with what is printed."""
    return _printable(without_identifier(text)[-SHOWN_CHARACTERS:]).rpartition("/")[2]


def cut(text: str) -> str:
    """Give a text that is not ours as it can be shown: both its ends, for either may be what tells it from others."""
    half = _FOREIGN_CHARACTERS // 2
    whole = len(text) <= _FOREIGN_CHARACTERS
    return _printable(text if whole else f"{text[:half]}…{text[-half:]}")


def _printable(text: str) -> str:
    return "".join(char if char.isprintable() else "·" for char in text)
