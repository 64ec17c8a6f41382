"""Checklists: what is asked at an entry, a control, a test or a quality control, in versions that never change.

A checklist is reference data of the table `checklist`. A version is named by what it asks (`Checklist.ref`), so that
answers go on saying which questions they answer when another version holds since. What an answer comes to is
`boucle.answers`.
"""

from bisect import bisect_right
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from hashlib import sha256
from types import MappingProxyType
from typing import Any, Final, TypeAlias

from boucle.reference import Book, Version
from boucle.shape import is_short
from boucle.units import MAX_INT
from boucle.wire import write

TABLE: Final = "checklist"
MOST_STEPS: Final = 40
"""So many steps in two languages fit into one event of 16 kB, and into nobody's patience."""
MOST_CHOICES: Final = 8
MOST_WORDS: Final = 200
"""Characters of a question: it has to be read on a phone."""
_REF_CHARS: Final = 12
_NO_WORDS: Final[Mapping[str, str]] = MappingProxyType({})
Answer = bool | int | str
"""Yes or no, a measure in kept units, the id of a choice."""


class Moment(StrEnum):
    """When a checklist is gone through; the words are `checklist.moment.<value>`."""

    ENTRY = "entry"
    """As the thing comes in: before and at the diagnosis."""
    CONTROL = "control"
    """A control of a container or a product at reception."""
    TEST = "test"
    QUALITY = "quality"
    """Before the thing may serve again, by somebody else than the hands that worked on it."""


MOMENT_OF: Final[Mapping[str, Moment]] = MappingProxyType(
    {
        "item.sorted": Moment.CONTROL,
        "item.graded": Moment.CONTROL,
        "work.tested": Moment.TEST,
        "work.requalified": Moment.QUALITY,
        "item.released": Moment.QUALITY,
    }
)
"""The moment at which each kind of event is, that is held to a checklist where its type has one."""


class Asks(StrEnum):
    """What a step asks for; the words are `checklist.asks.<value>`."""

    YES_NO = "yes_no"
    MEASURE = "measure"
    CHOICE = "choice"


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """One answer of a step that offers several: whether the thing passes with it."""

    id: str
    words: Mapping[str, str] = field(default_factory=lambda: _NO_WORDS)
    passes: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One question. `low` and `high` are kept units of `unit` (`boucle.gauges`), None: no limit on that side.

    Without a pass in a `blocking` step nothing is released; `photo` asks for a picture beside the answer.
    """

    id: str
    asks: Asks = Asks.YES_NO
    words: Mapping[str, str] = field(default_factory=lambda: _NO_WORDS)
    blocking: bool = False
    photo: bool = False
    unit: str = ""
    low: int | None = None
    high: int | None = None
    choices: tuple[Choice, ...] = ()

    def say(self, lang: str) -> str:
        """Give the question in a language, else in the one it was written in."""
        return _said(self.words, lang) or self.id

    def takes(self, answer: object) -> bool:
        """Tell whether an answer is one of those that this step offers."""
        match self.asks:
            case Asks.YES_NO:
                return isinstance(answer, bool)
            case Asks.MEASURE:
                return isinstance(answer, int) and not isinstance(answer, bool)
            case Asks.CHOICE:
                return any(answer == choice.id for choice in self.choices)

    def passes(self, answer: object) -> bool:
        """Tell whether the thing passes this step with an answer; one that is not offered passes nothing."""
        if not self.takes(answer):
            return False
        match answer:
            case bool():
                return answer
            case int():
                return (self.low is None or answer >= self.low) and (self.high is None or answer <= self.high)
            case _:
                return any(choice.passes for choice in self.choices if choice.id == answer)


@dataclass(frozen=True, slots=True, kw_only=True)
class Checklist:
    """One version of a checklist: for which types (none: for every type), when, and its steps in order."""

    key: str
    valid_from: int = 0
    moment: Moment = Moment.CONTROL
    words: Mapping[str, str] = field(default_factory=lambda: _NO_WORDS)
    types: tuple[str, ...] = ()
    steps: tuple[Step, ...] = ()

    def say(self, lang: str) -> str:
        """Give the name in a language, else in the one it was written in."""
        return _said(self.words, lang) or self.key

    def step(self, step_id: str) -> Step | None:
        """Give a step by its id."""
        return next((each for each in self.steps if each.id == step_id), None)

    @property
    def ref(self) -> str:
        """Name this version by what it asks; what answers keep in `body.checklist`."""
        said = write({"key": self.key, "row": self.row})
        return f"{self.key}@{sha256(said).hexdigest()[:_REF_CHARS]}"

    @property
    def row(self) -> dict[str, Any]:
        """What the reference row of this version says."""
        row: dict[str, Any] = {"moment": str(self.moment), "words": dict(self.words)}
        if self.types:
            row["types"] = list(self.types)
        return row | {"steps": [_step_row(step) for step in self.steps]}


def _step_row(step: Step) -> dict[str, Any]:
    row: dict[str, Any] = {"id": step.id, "asks": str(step.asks), "words": dict(step.words)}
    row |= {name: True for name in ("blocking", "photo") if getattr(step, name)}
    row |= {"unit": step.unit} if step.unit else {}
    row |= {name: limit for name in ("low", "high") if (limit := getattr(step, name)) is not None}
    if step.choices:
        row["choices"] = [{"id": each.id, "words": dict(each.words), "passes": each.passes} for each in step.choices]
    return row


def read_checklist(version: Version) -> Checklist | None:
    """Read one version; None when it says no moment. What makes no sense in it says nothing."""
    row = version.row
    if row.get("moment") not in set(Moment):
        return None
    listed, types = row.get("steps"), row.get("types")
    steps: dict[str, Step] = {}
    for each in listed[:MOST_STEPS] if isinstance(listed, list) else []:
        step = _step(each)
        if step is not None:
            steps.setdefault(step.id, step)
    return Checklist(
        key=version.key,
        valid_from=version.valid_from,
        moment=Moment(row["moment"]),
        words=_words(row.get("words")),
        types=tuple(each for each in types if isinstance(each, str)) if isinstance(types, list) else (),
        steps=tuple(steps.values()),
    )


def checklist_for(book: Book, item_type: str, moment: Moment, *, at_ms: int) -> Checklist | None:
    """Give the checklist that holds for a type at an instant: one for that type before one for every type.

    Of several the first by key holds. One without steps was withdrawn.
    """
    held = [each for each in checklists_in(book, at_ms=at_ms) if each.moment is moment and each.steps]
    own = [each for each in held if item_type in each.types]
    return next(iter([*own, *(each for each in held if not each.types)]), None)


def checklists_in(book: Book, *, at_ms: int) -> list[Checklist]:
    """Give every checklist in the version that holds at an instant, by key; none before its first version."""
    begun = ((starts, read, bisect_right(starts, at_ms)) for starts, read in book.derive(_lines).values())
    found = (read[at - 1] for _, read, at in begun if at)
    return [each for each in found if each is not None]


def ever_held(book: Book, checklist: Checklist, item_type: str) -> bool:
    """Tell whether a version is the one that holds for a type at its moment, now or at any other instant."""
    starts = sorted({start for starts, _ in book.derive(_lines).values() for start in starts})
    at = [checklist_for(book, item_type, checklist.moment, at_ms=start) for start in starts]
    return any(each is not None and each.ref == checklist.ref for each in at)


def find_checklist(book: Book, ref: str) -> Checklist | None:
    """Give the very version that answers name in `body.checklist`, whichever holds since; None for an unknown one."""
    key, _, _ = ref.rpartition("@")
    _, known = book.derive(_lines).get(key, _NO_LINE)
    return next((each for each in known if each is not None and each.ref == ref), None)


_Line: TypeAlias = tuple[list[int], list[Checklist | None]]
"""The versions of one checklist: their starts, and what each asks; None says no moment."""
_NO_LINE: Final[_Line] = ([], [])


def _lines(book: Book) -> dict[str, _Line]:
    versions = {key: book.versions_of(TABLE, key) for key in book.keys(TABLE)}
    return {
        key: ([each.valid_from for each in known], [read_checklist(each) for each in known])
        for key, known in versions.items()
    }


def _said(words: Mapping[str, str], lang: str) -> str:
    return words.get(lang) or next((words[each] for each in sorted(words, reverse=True) if words[each]), "")


def _words(value: object) -> Mapping[str, str]:
    if not isinstance(value, Mapping):
        return _NO_WORDS
    return {lang: said[:MOST_WORDS] for lang, said in value.items() if lang in ("fr", "en") and isinstance(said, str)}


def _step(row: object) -> Step | None:
    if not isinstance(row, Mapping) or not _is_id(row.get("id")) or row.get("asks") not in set(Asks):
        return None
    unit = row.get("unit", "")
    return Step(
        id=row["id"],
        asks=Asks(row["asks"]),
        words=_words(row.get("words")),
        blocking=row.get("blocking") is True,
        photo=row.get("photo") is True,
        unit=unit if isinstance(unit, str) and is_short(unit) else "",
        low=_limit(row.get("low")),
        high=_limit(row.get("high")),
        choices=_choices(row.get("choices")),
    )


def _choices(value: object) -> tuple[Choice, ...]:
    known: dict[str, Choice] = {}
    for each in value[:MOST_CHOICES] if isinstance(value, list) else []:
        if isinstance(each, Mapping) and _is_id(each.get("id")):
            choice = Choice(id=each["id"], words=_words(each.get("words")), passes=each.get("passes") is not False)
            known.setdefault(choice.id, choice)
    return tuple(known.values())


def _is_id(value: object) -> bool:
    return isinstance(value, str) and bool(value) and is_short(value)


def _limit(value: object) -> int | None:
    is_number = isinstance(value, int) and not isinstance(value, bool)
    return value if is_number and abs(value) <= MAX_INT else None  # type: ignore[arg-type, return-value]
