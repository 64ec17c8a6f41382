"""Stops that no round plans: each is a stop of its own, whose task says on which day it began and where.

It is read, shown, signed and validated as any other stop. Nothing was expected at it, so no number of it differs.
"""

import re
from datetime import date
from typing import Final, NamedTuple

from boucle.ids import Randomness, random_characters
from boucle.rounds import Round, Stop, stop_of_task, task_of

MARK: Final = "U-"
"""What the tasks of all of them begin with."""
_CHARACTERS: Final = 8
"""40 random bits: no two stops of one day and one place are ever equal."""
_KEY: Final = re.compile(rf"{MARK}(\d{{4}}-\d{{2}}-\d{{2}})-[0-9A-HJKMNP-TV-Z]{{{_CHARACTERS}}}", re.ASCII)


class Unplanned(NamedTuple):
    """A stop that no round plans, with the round that stands for it: one stop on one day, and no name."""

    round: Round
    stop: Stop


def begun(day: date, place: str, randomness: Randomness) -> str:
    """Give the task of a stop that begins now; `""` where the key of the place can be no name of a stop."""
    if not place or "#" in place:
        return ""
    return task_of(f"{MARK}{day.isoformat()}-{random_characters(_CHARACTERS, randomness)}", place)


def begins(day: date) -> str:
    """Give what the tasks of all stops of a day begin with."""
    return f"{MARK}{day.isoformat()}-"


def unplanned(task: str) -> Unplanned | None:
    """Read the task of a stop that no round plans; None for any other task."""
    named = stop_of_task(task)
    day = day_of_key(named[0]) if named else None
    if named is None or day is None:
        return None
    stop = Stop(id=named[1], place=named[1])
    return Unplanned(Round(key=named[0], day=day, stops=(stop,)), stop)


def is_unplanned(task: str) -> bool:
    """Tell whether a task is one of a stop that no round plans."""
    return unplanned(task) is not None


def day_of_key(key: str) -> date | None:
    """Give the day of a stop that no round plans by the key of what stands for its round; None for another round."""
    matched = _KEY.fullmatch(key)
    try:
        return date.fromisoformat(matched[1]) if matched else None
    except ValueError:
        return None
