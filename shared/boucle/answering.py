"""Answers to cases: a difference is explained, what only waits is put off, what will not come is given up.

A case here is one that follows from several events, so that no single one of them could be reviewed. An answer names
the case, says how much it came to then, and is judged anew each time: a case that has grown since, or of which the day
has come, waits for a person again. No state and no figure reads an answer (docs/decisions/0021).
"""

from collections.abc import Iterable, Mapping, Sequence
from enum import StrEnum
from typing import Final, NamedTuple

from boucle.amend import edges_of, effective
from boucle.events import Event, Order
from boucle.projection import Store, joined_ids

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
    """One answer: about which case, by which event, when, who, how much that was, why, until which local day.

    `case` is the kind of what `key` names; `dev`, `epoch` and `seq` are its place in the order of events, beside its
    instant.
    """

    key: str
    event: str
    case: str
    at_ms: int
    dev: str
    epoch: str
    seq: int
    actor: str
    n: int
    because: str
    reason: str
    until: str

    @property
    def order(self) -> Order:
        """Give its place in the one order of events."""
        return (self.at_ms, self.dev, self.epoch, self.seq, self.event)

    def covers(self, n: int, today: str) -> bool:
        """Tell whether a case that comes to `n` on a local day waits for nobody."""
        return n <= self.n and (not self.until or today < self.until)


def answer_of(event: Event) -> Answer:
    """Read an answer."""
    case, key, because, reason, until = (event.text(name) for name in ("case", "key", "because", "reason", "until"))
    return Answer(
        key=key,
        event=event.id,
        case=case,
        at_ms=event.teff,
        dev=event.dev,
        epoch=event.epoch,
        seq=event.seq,
        actor=event.actor,
        n=event.number("n"),
        because=because,
        reason=reason,
        until=until,
    )


def is_answer(event: Event) -> bool:
    """Tell whether an event answers a case."""
    return event.kind == ANSWERED and event.major == 1


def last_answers(standing: Iterable[Answer]) -> Mapping[tuple[str, str], Answer]:
    """Give the answer that speaks for each case, by its kind and key: the last in the order of events."""
    return {(answer.case, answer.key): answer for answer in sorted(standing, key=lambda answer: answer.order)}


class Changed(NamedTuple):
    """The answers that events let stand, and those that stand no more or never did."""

    standing: Sequence[Answer] = ()
    gone: Sequence[Answer] = ()


def changed(fresh: Sequence[Event], store: Store) -> Changed:
    """Give which answers stand, or stand no more, once `fresh` events are accepted, in whatever order they came."""
    drawn = [edge for event in fresh for edge in edges_of(event)]
    touched = {event.id for event in fresh if is_answer(event)} | {end for edge in drawn for end in edge}
    if not touched:
        return Changed()
    near = joined_ids(touched, drawn, store)
    known = {event.id: event for event in fresh if event.id in near}
    known |= {event.id: event for event in store.events(near - known.keys())}
    answered = [answer_of(event) for event in known.values() if is_answer(event)]
    if not answered:
        return Changed()
    standing = [answer_of(event) for event in effective(known)[0] if is_answer(event)]
    stands = {answer.event for answer in standing}
    return Changed(standing, [answer for answer in answered if answer.event not in stands])
