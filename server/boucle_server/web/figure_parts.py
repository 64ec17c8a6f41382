"""The parts of a figure in words: what each measure, or each way in which something ended, adds to it."""

from dataclasses import dataclass
from typing import Final

from boucle.facts import Cell
from boucle.kpi import Definition, Span
from boucle.words import knows, say
from boucle.words.sentences import uncapital
from boucle_server.behind import Part
from boucle_server.web import numbers
from boucle_server.web.month_ground import Ground

_SAID_BY_BUCKET: Final = {
    "repair_closed": "ending",
    "evidence": "evidence",
    "avoided_n": "avoided",
    "barrier": "",
}
"""Measures of which the buckets are parts of their own, with what their words are called."""
_BARRIER: Final = "barrier"
"""A measure whose buckets have the words of the diagnosis, which say too little without its own name."""
_SUMMED: Final = frozenset({"month", "cohort", "dwell"})
"""Families whose cells of some months add up to a part; of the loans of some months those that are open do."""
_AMOUNTS: Final = ("_s", "_g", "_cents")
"""Ends of measures that say how much; how many is said by another measure of the same events."""
_SIGN: Final = ":"


@dataclass(frozen=True, slots=True, kw_only=True)
class NamedPart:
    """A part that an address can ask for: what it says, its name, how many."""

    key: str
    name: str
    n: str


def part_word(measure: str, bucket: str, lang: str) -> str:
    """Say what a cell counts."""
    name = say(f"web.measure_{measure}", lang)
    words = _words(measure, bucket)
    return say("page.named", lang, name=name, value=uncapital(say(words, lang))) if words else name


def _words(measure: str, bucket: str) -> str:
    """Give the key of the words of a bucket that is a part of its own, `""` for any other."""
    words = f"barrier.{bucket}" if measure == _BARRIER else f"web.{_SAID_BY_BUCKET.get(measure, measure)}_{bucket}"
    return words if measure in _SAID_BY_BUCKET and knows(words) else ""


def parts_asked(on: Ground, definition: Definition) -> tuple[NamedPart, ...]:
    """Give the parts of a figure that are more than nil; nothing where there are fewer than two, or for a stock."""
    if definition.span in (Span.END, Span.NOW):
        return ()
    months = definition.compute(on.tally, on.question).months or on.question.months
    found: list[NamedPart] = []
    for cell, _, measure in (each.partition(_SIGN) for each in definition.measures):
        if cell not in _SUMMED and (cell, measure) != ("visit", "loan"):
            continue
        if measure.endswith(_AMOUNTS):
            continue
        sums = {
            bucket: n
            for bucket, n in on.tally.by_bucket(cell, measure, months).items()
            if definition.reads(_cell(cell, measure, bucket))
        }
        if measure in _SAID_BY_BUCKET:
            said = {bucket: n for bucket, n in sums.items() if n and _words(measure, bucket)}
            found += [_named(on, measure, bucket, n) for bucket, n in sorted(said.items())]
        elif sum(sums.values()):
            found.append(_named(on, measure, "", sum(sums.values())))
    return tuple(found) if len(found) > 1 else ()


def part_of(text: str, definition: Definition) -> Part | None:
    """Read which part an address asks for; None for what is none of this figure."""
    measure, _, bucket = text.partition(_SIGN)
    if measure not in {each.partition(_SIGN)[2] for each in definition.measures}:
        return None
    if bucket and not _words(measure, bucket):
        return None
    return Part(measure=measure, bucket=bucket)


def _named(on: Ground, measure: str, bucket: str, n: int) -> NamedPart:
    return NamedPart(
        key=f"{measure}{_SIGN}{bucket}" if bucket else measure,
        name=say(_words(measure, bucket), on.lang)
        if bucket and measure != _BARRIER
        else part_word(measure, bucket, on.lang),
        n=numbers.number(n, 0, on.lang),
    )


def _cell(cell: str, measure: str, bucket: str) -> Cell:
    return Cell(cell, "", "", "", "", "", "", measure, bucket)
