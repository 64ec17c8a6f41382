"""What the state label of a thing says: how it stands, and what somebody who meets it has to know."""

from boucle.item import Item, Job
from boucle.lifecycle import BUSY, WorkStage
from boucle.words import say
from boucle.workshop_codes import barrier_words, fault_words


def state_of(item: Item, lang: str) -> str:
    """Say how a thing stands: in the workshop while that has a word, else on its own way."""
    if item.work_stage and item.work_stage != WorkStage.RETURNED_TO_USE:
        return say(f"state.work.{item.work_stage}", lang)
    return say(f"state.container.{item.stage}", lang)


def state_lines(item: Item, *, until: str, lang: str) -> list[str]:
    """Say what belongs to the state; `until` is the last day of a certificate in words, `""` for ever."""
    job = item.job if isinstance(item.job, Job) else Job()
    if item.work_stage in (WorkStage.REQUALIFIED, WorkStage.RETURNED_TO_USE):
        last = say("page.named", lang, name=say("web.certificate_until", lang), value=until) if until else ""
        number = say("web.certificate_n", lang, number=job.certificate) if job.certificate else ""
        return [line for line in (number, last) if line]
    not_for_use = say("web.state_not_for_use", lang)
    if item.work_stage == WorkStage.NOT_REPAIRABLE:
        return [line for line in (barrier_words(job.barrier, lang) if job.barrier else "", not_for_use) if line]
    if item.work_stage in BUSY:
        fault = fault_words(job.fault, lang) if job.fault else ""
        return [line for line in (job.task, fault, not_for_use) if line]
    return [say("web.held", lang, reason=item.hold)] if item.hold else []
