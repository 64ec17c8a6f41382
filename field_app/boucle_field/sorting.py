"""Sorting in a visit: the verdict that goes along with every scan, and another one about the item scanned last.

For how many scans a verdict stays chosen is `boucle.sticky`'s business.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

from boucle import sticky
from boucle.actions import ACTIONS, Amount, Question
from boucle.fields import Fault
from boucle.grades import CRITERIA
from boucle.lifecycle import Verdict
from boucle.lines import Line
from boucle.telling import Outcome
from boucle_field.outbox import Draft
from boucle_field.work import draft

if TYPE_CHECKING:
    from boucle_field.visit import Visit


class Found(NamedTuple):
    """What sorting found of an item, and the event that says so."""

    event_id: str
    verdict: str


def choose(visit: "Visit", verdict: str, grade: str = "") -> None:
    """Let a verdict go along with the scans that follow; the one that goes along already is taken off."""
    visit.say_along(sticky.chosen(visit.said, verdict, grade), instead_of=tuple(visit.said))


def answers(visit: "Visit") -> dict[str, str]:
    """Give the answers of a sorting that go along with a scan, empty where no verdict was chosen."""
    return sticky.answers(visit.said)


def after_one(visit: "Visit") -> None:
    """Bring the verdict before back, once an item was scrapped."""
    said = sticky.after_one(visit.said)
    if said != visit.said:
        visit.say_along(said, instead_of=tuple(visit.said))


def sort_along(visit: "Visit", subject: str | Amount, line: Line) -> Line:
    """Record the chosen verdict about what was just received; the line says both."""
    said = answers(visit)
    told = visit.hand.record(visit.phone.desk, _drafted(visit, subject, said))
    after_one(visit)
    return line.with_verdict(said["verdict"], told.event_id, said.get("grade", ""))


def sort_last(visit: "Visit", verdict: str, grade: str = "") -> Line | None:
    """Record what sorting found of the last item, instead of what it found before; None when there is none.

    A `FieldError` records nothing.
    """
    item = next((each for each in reversed(visit.lines) if each.counts), None)
    if item is None:
        return None
    now = visit.phone.desk.now_ms()
    before = found_of(visit, item)
    again = replace(item, at_ms=now, event_id="", found="", found_event="", verdict=verdict)
    if before is not None and before.verdict == verdict and not grade and not len(visit.hand):
        return replace(again, outcome=Outcome.REPEAT, again=True, why=(("told.sorted_so", {}),))
    said = {"verdict": verdict} | ({"grade": grade, "criteria": CRITERIA} if grade else {})
    subject = item.subject if item.item else Amount(item.subject, item.qty)
    made = _drafted(visit, subject, said)
    photos = len(visit.hand)
    told = visit.hand.record(visit.phone.desk, replace(made, corrects=before.event_id) if before else made)
    why: tuple[tuple[str, Mapping[str, object]], ...] = tuple((key, {}) for key in told.reasons)
    line = replace(again, outcome=told.outcome, event_id=told.event_id, why=why, grade=grade, photos=photos)
    return visit.add(line)


def found_of(visit: "Visit", line: Line) -> Found | None:
    """Give what sorting found of a line last in this visit, as it stands; of pieces without labels of these alone."""
    if since := visit.verdicts_of(line):
        return Found(since[-1].event_id, since[-1].verdict)
    return Found(line.found_event or line.event_id, line.found) if line.found else None


def tally(visit: "Visit") -> dict[str, int]:
    """Give the pieces of each verdict in this visit, `""` for those that nobody sorted; the best first."""
    counts: dict[str, int] = {}
    for line in visit.lines:
        if line.counts:
            found = found_of(visit, line)
            verdict = found.verdict if found else ""
            counts[verdict] = counts.get(verdict, 0) + line.qty
    order = [*Verdict, ""]
    return {verdict: counts[verdict] for verdict in order if counts.get(verdict)}


def _drafted(visit: "Visit", subject: str | Amount, said: dict[str, str]) -> Draft:
    made = draft(ACTIONS["sort"], subject, said, context=visit.phone.desk.context(place=visit.place, task=visit.task))
    assert not isinstance(made, Question | Fault)
    return made
