"""Why numbers of a stop differ: said when it was validated, or explained later in To do; or nobody has said."""

from collections.abc import Iterable, Mapping
from typing import Final

from sqlalchemy.engine import Connection

from boucle.answering import Answer
from boucle.rounds import Ending, Found, Gap
from boucle.unplanned import is_unplanned
from boucle.words import say
from boucle_server.case_answers import answers
from boucle_server.driven import DrivenStop, Validation
from boucle_server.stop_differences import Why, key_of
from boucle_server.web.inbox_case import Heap
from boucle_server.web.inbox_differences import because_words

Later = Mapping[tuple[str, str], Answer]
"""The explanation of a difference by its validation and the name of its row."""
NOTHING: Final[Later] = {}


def open_rows(validation: Validation) -> list[Found]:
    """Give the rows of a validation that differ and that it gives no reason for; a stop that was not made said why.

    Where nothing was expected nothing differs.
    """
    if validation.ending is not Ending.DONE or is_unplanned(validation.event.task):
        return []
    return [row for row in validation.found if row.difference and row.name not in validation.reasons]


def explained(connection: Connection, org: str, stops: Iterable[DrivenStop]) -> Later:
    """Give what people explained later of the last validation of each stop."""
    wanted = {(last.event.id, row.name) for stop in stops if (last := stop.last) for row in open_rows(last)}
    if not wanted:
        return NOTHING
    keys = {at: key_of(Why.STOP, *at) for at in wanted}
    known = answers(connection, org, str(Heap.DIFFERENCE), keys.values())
    return {at: known[key] for at, key in keys.items() if key in known}


def gap_of(stop: DrivenStop, row: Found, later: Later) -> Gap | None:
    """Give the reason that holds for a row: the one that was said at the stop, else the one that came later."""
    last = stop.last
    if last is None or row.name in last.reasons:
        return last.reasons.get(row.name) if last else None
    answer = later.get((last.event.id, row.name))
    return Gap(answer.because) if answer and answer.because in set(Gap) else None


def later_words(stop: DrivenStop, row: Found, later: Later, lang: str) -> str:
    """Say what was explained later of a row, with the words that somebody wrote; `""` where nothing was."""
    answer = later.get((stop.last.event.id, row.name)) if stop.last else None
    if answer is None:
        return ""
    told = [text for text in (because_words(answer.because, lang), answer.reason) if text]
    return say("web.stop_explained", lang, why=" · ".join(told))


def words(stop: DrivenStop, row: Found, later: Later, lang: str) -> str:
    """Say why a row differs; that nobody said so, where a stop was validated; `""` where nothing differs."""
    last = stop.last
    if last is None or not row.difference:
        return ""
    if row.name in last.reasons:
        return say(f"round.gap.{last.reasons[row.name]}", lang)
    is_open = any(each.name == row.name for each in open_rows(last))
    return later_words(stop, row, later, lang) or (say("web.stop_no_reason", lang) if is_open else "")
