"""A control at the scan station: the questions about one item, what speaks against it, and its verdict."""

from dataclasses import dataclass
from typing import Final

from boucle.answers import body_of, failed_steps, open_steps
from boucle.checklists import Answer, Checklist, Moment, checklist_for, find_checklist
from boucle.item import Item
from boucle.lifecycle import Verdict
from boucle.lines import Line
from boucle.photo_guards import asks_photo
from boucle.words import say
from boucle_server.scan_desk import Desk
from boucle_server.web.inputs import Input
from boucle_server.web.photo_field import FormPhoto, photo_input
from boucle_server.web.station import Station
from boucle_server.web.typed import Answers
from boucle_server.web.work_acts import answers_typed
from boucle_server.web.work_bench import CHECKLIST
from boucle_server.web.work_inputs import of_checklist

KIND: Final = "item.sorted"
SURE: Final = "sans-photo"
"""Whoever sends the form again after having been asked for a photo means it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Control:
    """One item that is gone through, with the checklist that is asked of it; None where its type has none."""

    code: str
    item: Item
    checklist: Checklist | None
    is_edited: bool
    """Whether another version holds by now than the one that asks."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """What came of a verdict: its line, else why nothing is recorded; `wants_photo`: nothing but a photo is missing."""

    line: Line | None = None
    why: str = ""
    wants_photo: bool = False


def control_of(desk: Desk, code: str, typed: Answers) -> Control:
    """Give the control of an item: with the version that asked where answers come, else with the one that holds now."""
    item = desk.look(code)
    held = checklist_for(desk.book, item.type, Moment.CONTROL, at_ms=desk.now_ms)
    ref = typed.fields.value(CHECKLIST)
    asked = (find_checklist(desk.book, ref) if ref else None) or held
    is_edited = asked is not None and (held is None or held.ref != asked.ref)
    return Control(code=code, item=item, checklist=asked, is_edited=is_edited)


def inputs(control: Control, lang: str) -> list[Input]:
    """Give the questions, and the field of a photo."""
    questions = of_checklist(control.checklist, lang) if control.checklist else []
    return [*questions, photo_input(say("web.line_photo", lang), lang)]


def judge(station: Station, control: Control, typed: Answers, photo: FormPhoto | None) -> Judged:
    """Record a verdict with its answers; good is refused while a blocking step is open or failed."""
    lang = typed.lang
    verdict = typed.fields.value("verdict")
    answers = answers_typed(control.checklist, typed, whole=False) if control.checklist else {}
    if verdict not in set(Verdict):
        return Judged(why=say("told.verdict_first", lang))
    if typed.wrong:
        return Judged(why=say("web.form_wrong", lang))
    if verdict == Verdict.OK and (objection := _objection(control, answers, lang)):
        return Judged(why=objection)
    said = {"verdict": verdict, **(body_of(control.checklist, answers) if control.checklist else {})}
    site = station.desk.book.site(station.state.place, station.desk.now_ms)
    if photo is None and asks_photo(KIND, said, site) and not typed.fields.value(SURE):
        return Judged(wants_photo=True)
    return Judged(line=station.judge(control.code, said, photo))


def _objection(control: Control, answers: dict[str, Answer], lang: str) -> str:
    """Say what speaks against letting the item serve, `""` when nothing does."""
    if control.checklist is None:
        return ""
    failed, left = failed_steps(control.checklist, answers), open_steps(control.checklist, answers)
    if not failed and not left:
        return ""
    named = "\n".join(f"· {step.say(lang)}" for step in failed or left)
    return say("told.check_failed" if failed else "told.check_open", lang, steps=named)
