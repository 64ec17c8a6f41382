"""Every code that a person may read has words in both languages; a new list of codes is either here or never shown."""

import importlib
import pkgutil
from enum import StrEnum

import pytest

import boucle
from boucle import (
    admission,
    answering,
    checklists,
    closed_days,
    codes,
    commands,
    consent,
    correction,
    goals,
    holds,
    job_figures,
    kpi,
    legs,
    lifecycle,
    lines,
    photo,
    photo_guards,
    push,
    qualifications,
    reasons,
    repair,
    reprinting,
    rma,
    roles,
    rounds,
    shape,
    site_roles,
    telling,
    weighing,
    workshop_codes,
)
from boucle.words import LANGUAGES, catalogue, knows, say

WORDS: dict[type[StrEnum], tuple[str, ...]] = {
    admission.Why: ("why.",),
    answering.Because: ("answer.because.",),
    checklists.Moment: ("checklist.moment.",),
    checklists.Asks: ("checklist.asks.",),
    closed_days.Holidays: ("holidays.",),
    codes.Reason: ("phone.misread.", "told.misread.", "import.label_"),
    commands.Command: ("command.",),
    consent.Consent: ("web.quote_",),
    consent.How: ("consent.how.",),
    correction.Fix: ("screen.fix.",),
    correction.Because: ("screen.because.",),
    goals.Sense: ("goal.",),
    goals.Verdict: ("goal.",),
    holds.Hold: ("hold.",),
    job_figures.Ending: ("web.ending_",),
    kpi.NoValue: ("novalue.",),
    kpi.Maturity: ("month.",),
    kpi.Unit: ("measure.",),
    legs.Leg: ("action.",),
    lifecycle.Stage: ("state.container.",),
    lifecycle.Verdict: ("verdict.", "screen.verdict.", "command."),
    lifecycle.ReturnStage: ("state.return.",),
    lifecycle.Disposition: ("disposition.", "screen.return.become.", "screen.return.do."),
    lifecycle.WorkStage: ("state.work.",),
    lines.Choice: ("screen.choice.",),
    photo.PhotoFlaw: ("photo.flaw.",),
    photo_guards.PhotoGuard: ("photo.guard.",),
    push.Status: ("status.",),
    qualifications.Act: ("qualification.act.",),
    reasons.Outcome: ("outcome.",),
    reasons.Reason: ("reason.",),
    repair.Priority: ("web.priority_",),
    reprinting.Why: ("reprint.why.",),
    rma.ReturnState: ("web.return_state_", "screen.return.state."),
    roles.Capability: ("capability.", "web.can_"),
    roles.Role: ("role.",),
    rounds.Ending: ("round.ending.",),
    rounds.Gap: ("round.gap.",),
    shape.Flaw: ("flaw.",),
    site_roles.SiteRole: ("site.role.",),
    telling.Outcome: ("phone.outcome.", "screen.help_"),
    weighing.Doubt: ("told.mass.",),
    workshop_codes.Fault: ("fault.",),
    workshop_codes.Barrier: ("barrier.",),
}
"""Each list of codes, with every beginning of a key under which each of its codes has words."""

NEVER_SHOWN = {
    "actions.Where": "which places an action offers",
    "codes.Flag": "how a label was read",
    "agreeing.Agreed": "said as a sentence that names who signed",
    "codes.Kind": "one letter of a printed code",
    "events.Family": "how events are grouped in documents for developers",
    "events.Subject": "what an event is about, in documents for developers",
    "grades.Grade": "the letter itself is shown, its criteria by `grade.`",
    "gs1.Fault": "said as a label that is foreign",
    "gs1.Scheme": "a word of a standard, the same in every language",
    "kpi.Span": "over which time a figure is computed",
    "kpi.View": "asked for in an address",
    "legs.Act": "a step of the machine of legs",
    "legs.Position": "a place of the machine of legs",
    "log.EntryKind": "a word of the log",
    "push.Consistency": "between machines",
    "treatment.Route": "the code of the treatment is shown",
}


def lists_of_codes() -> dict[str, type[StrEnum]]:
    found = {}
    for module in pkgutil.iter_modules(boucle.__path__):
        of = importlib.import_module(f"boucle.{module.name}")
        for value in vars(of).values():
            is_list = isinstance(value, type) and issubclass(value, StrEnum)
            if is_list and value.__module__ == of.__name__ and value is not StrEnum:
                found[f"{module.name}.{value.__name__}"] = value
    return found


def test_every_list_of_codes_has_words_or_is_never_shown() -> None:
    listed = lists_of_codes()
    assert {name for name, each in listed.items() if each not in WORDS} == set(NEVER_SHOWN)
    assert set(WORDS) <= set(listed.values())


@pytest.mark.parametrize("codes_of", WORDS, ids=lambda each: f"{each.__module__}.{each.__name__}")
def test_each_code_is_said_in_both_languages(codes_of: type[StrEnum]) -> None:
    keys = [begins + str(code) for begins in WORDS[codes_of] for code in codes_of]
    assert [(key, lang) for lang in LANGUAGES for key in keys if key not in catalogue(lang)] == []


def test_a_reason_that_opens_a_task_says_what_to_do() -> None:
    assert [key for reason in reasons.TASKS if not knows(key := f"todo.{reason}")] == []


@pytest.mark.parametrize("lang", LANGUAGES)
def test_no_words_of_a_code_are_the_bare_code(lang: str) -> None:
    bare = {f"reason.{each}" for each in reasons.Reason if say(f"reason.{each}", lang) == str(each)}
    assert not bare
