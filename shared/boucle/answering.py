"""Answers to cases: a difference is explained, what only waits is put off, what will not come is given up.

A case here is one that follows from several events, so that no single one of them could be reviewed. An answer names
the case, says how much it came to then, and is judged anew each time: a case that has grown since, or of which the day
has come, waits for a person again. No state and no figure reads an answer (docs/decisions/0021).
"""

from collections.abc import Iterable, Mapping
from enum import StrEnum
from typing import Final, NamedTuple

from boucle.events import Event

ANSWERED: Final = "case.answered"


class Because(StrEnum):
    """Why a count did not meet what should stand there; the words are `answer.because.<value>`."""

    ELSEWHERE = "elsewhere"
    """It is known to be at another place."""
    NOT_SCANNED = "not_scanned"
    """It is where it should be, and nobody scanned it."""
    NOT_FOUND = "not_found"
    OTHER = "other"


class Answer(NamedTuple):
    """One standing answer: by which event, when, who, about what, how much that was, why, until which local day."""

    event: str
    at_ms: int
    actor: str
    case: str
    key: str
    n: int
    because: str
    reason: str
    until: str

    def covers(self, n: int, today: str) -> bool:
        """Tell whether a case that comes to `n` on a local day waits for nobody."""
        return n <= self.n and (not self.until or today < self.until)


def answer_of(event: Event) -> Answer:
    """Read an answer."""
    case, key, because, reason, until = (event.text(name) for name in ("case", "key", "because", "reason", "until"))
    return Answer(event.id, event.teff, event.actor, case, key, event.number("n"), because, reason, until)


def last_answers(standing: Iterable[Event]) -> Mapping[tuple[str, str], Answer]:
    """Give the answer that speaks for each case, by its kind and key: the last in the order of events."""
    found = sorted((event for event in standing if event.kind == ANSWERED), key=lambda event: event.order)
    answers = (answer_of(event) for event in found)
    return {(answer.case, answer.key): answer for answer in answers}
