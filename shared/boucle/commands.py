"""Command labels: what a printed `X` label makes a phone do, so that gloves stay on.

A command's code is made from its name, the same in every organisation: one sheet serves everybody, and a phone
knows it without having met any server.
"""

from collections.abc import Mapping
from enum import StrEnum
from functools import cache
from hashlib import sha256
from types import MappingProxyType

from boucle.codes import DATA_CHARACTERS, Code, Kind, check_characters
from boucle.ids import random_characters
from boucle.lifecycle import Verdict


class Command(StrEnum):
    """What a command label says; the words are `command.<value>`."""

    COLLECT = "collect"
    DELIVER = "deliver"
    RECEIVE = "receive"
    SHIP = "ship"
    MOVE = "move"
    COUNT = "count"
    HOLD = "hold"
    LABEL = "label"
    WEIGH = "weigh"
    UNDO = "undo"
    FINISH = "finish"
    VALIDATE = "validate"
    PHOTO = "photo"
    TIMES_1 = "times_1"
    TIMES_5 = "times_5"
    TIMES_10 = "times_10"
    TIMES_20 = "times_20"
    TIMES_50 = "times_50"
    OK = "ok"
    DIRTY = "dirty"
    DAMAGED = "damaged"
    SCRAP = "scrap"


QUANTITIES: Mapping[Command, int] = MappingProxyType(
    {
        Command.TIMES_1: 1,
        Command.TIMES_5: 5,
        Command.TIMES_10: 10,
        Command.TIMES_20: 20,
        Command.TIMES_50: 50,
    }
)
"""The commands that count so many pieces without labels; one after the other they add up."""

VERDICTS: Mapping[Command, Verdict] = MappingProxyType(
    {
        Command.OK: Verdict.OK,
        Command.DIRTY: Verdict.DIRTY,
        Command.DAMAGED: Verdict.DAMAGED,
        Command.SCRAP: Verdict.SCRAP,
    }
)
"""The commands that say what sorting found of the item scanned last."""


@cache
def command_code(command: Command) -> Code:
    """Give the code printed on the label of a command."""
    return _made(command)


@cache
def trial_code() -> Code:
    """Give the code of the label on which a scanner is tried out: of the form of a command, and no command."""
    return _made("trial")


def _made(name: str) -> Code:
    digest = sha256(f"boucle-command/1\n{name}".encode()).digest()
    data = random_characters(DATA_CHARACTERS, lambda size: digest[:size])
    return Code(kind=Kind.COMMAND, chars=data + check_characters(Kind.COMMAND, data))


def find_command(code: Code) -> Command | None:
    """Give the command of a label's code, None for one that a newer version may know."""
    return next((command for command in Command if command_code(command) == code), None)
