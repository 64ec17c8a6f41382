"""Sorting in a visit: the verdict that goes along with every scan, and another one about the item scanned last.

The verdict that is chosen stays for the scans that follow, so that twenty good crates need one choice. Scrap is for
one item alone, because each needs a look and a photo of its own: after it the verdict before comes back.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Final, NamedTuple

from boucle.grades import CRITERIA
from boucle.lifecycle import Verdict
from boucle_field.desk import Outcome
from boucle_field.fields import Fault
from boucle_field.line import Line
from boucle_field.outbox import Draft
from boucle_field.work import ACTIONS, Amount, Question, draft

if TYPE_CHECKING:
    from boucle_field.visit import Visit

SORTS: Final = frozenset({"receive", "sort"})
"""The actions in which things are sorted: at home, where somebody takes them in hand."""
_SAID: Final = ("verdict", "grade")


class Found(NamedTuple):
    """What sorting found of an item, and the event that says so."""

    event_id: str
    verdict: str


def choose(visit: "Visit", verdict: str, grade: str = "") -> None:
    """Let a verdict go along with the scans that follow; the one that goes along already is taken off."""
    now = {name: visit.said[name] for name in _SAID if name in visit.said}
    if now == {"verdict": verdict, **({"grade": grade} if grade else {})}:
        verdict, grade = "", ""
    kept = _before(visit) if now.get("verdict") == Verdict.SCRAP else now
    said = {name: value for name, value in zip(_SAID, (verdict, grade), strict=True) if value}
    before = {f"then_{name}": value for name, value in kept.items()} if verdict == Verdict.SCRAP else {}
    visit.say_along({**said, **before}, instead_of=(*_SAID, *(f"then_{name}" for name in _SAID)))


def answers(visit: "Visit") -> dict[str, str]:
    """Give the answers of a sorting that go along with a scan, empty where no verdict was chosen."""
    said = {name: visit.said[name] for name in _SAID if visit.said.get(name)}
    return said | ({"criteria": CRITERIA} if "grade" in said else {})


def after_one(visit: "Visit") -> None:
    """Bring the verdict before back, once an item was scrapped."""
    if visit.said.get("verdict") == Verdict.SCRAP:
        visit.say_along(_before(visit), instead_of=(*_SAID, *(f"then_{name}" for name in _SAID)))


def sort_along(visit: "Visit", subject: str | Amount, line: Line) -> Line:
    """Record the chosen verdict about what was just received; the line says both."""
    said = answers(visit)
    told = visit.hand.record(visit.phone.desk, _drafted(visit, subject, said))
    after_one(visit)
    return replace(line, found=said["verdict"], found_event=told.event_id)


def sort_last(visit: "Visit", verdict: str, grade: str = "") -> Line | None:
    """Record what sorting found of the last item, instead of what it found before; None when there is none.

    A `FieldError` records nothing.
    """
    item = next((each for each in reversed(visit.lines) if each.counts), None)
    if item is None:
        return None
    now = visit.phone.desk.now_ms()
    before = found_of(visit, item.subject)
    again = replace(item, at_ms=now, event_id="", found="", found_event="", verdict=verdict)
    if before is not None and before.verdict == verdict and not grade and not len(visit.hand):
        return replace(again, outcome=Outcome.REPEAT, again=True, why=(("told.sorted_so", {}),))
    said = {"verdict": verdict} | ({"grade": grade, "criteria": CRITERIA} if grade else {})
    subject = item.subject if item.item else Amount(item.subject, item.qty)
    made = _drafted(visit, subject, said)
    told = visit.hand.record(visit.phone.desk, replace(made, corrects=before.event_id) if before else made)
    why: tuple[tuple[str, Mapping[str, object]], ...] = tuple((key, {}) for key in told.reasons)
    line = replace(again, outcome=told.outcome, event_id=told.event_id, why=why)
    visit.lines.append(line)
    return line


def found_of(visit: "Visit", subject: str) -> Found | None:
    """Give what sorting found of a subject last in this visit, as it stands."""
    for line in reversed(visit.lines):
        if line.subject != subject or line.undone or not line.event_id:
            continue
        if line.verdict:
            return Found(line.event_id, line.verdict)
        if line.found:
            return Found(line.found_event or line.event_id, line.found)
    return None


def tally(visit: "Visit") -> dict[str, int]:
    """Give the pieces of each verdict in this visit, `""` for those that nobody sorted; the best first."""
    counts: dict[str, int] = {}
    for line in visit.lines:
        if line.counts:
            found = found_of(visit, line.subject) if line.item else Found("", line.found)
            verdict = found.verdict if found else ""
            counts[verdict] = counts.get(verdict, 0) + line.qty
    order = [*Verdict, ""]
    return {verdict: counts[verdict] for verdict in order if counts.get(verdict)}


def _before(visit: "Visit") -> dict[str, str]:
    return {name: visit.said[f"then_{name}"] for name in _SAID if visit.said.get(f"then_{name}")}


def _drafted(visit: "Visit", subject: str | Amount, said: dict[str, str]) -> Draft:
    made = draft(ACTIONS["sort"], subject, said, context=visit.phone.desk.context(place=visit.place, task=visit.task))
    assert not isinstance(made, Question | Fault)
    return made
