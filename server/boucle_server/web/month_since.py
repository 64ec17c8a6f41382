"""What a closed month shows: its figures as they were reported, and which of them are known otherwise by now."""

from collections.abc import Mapping
from typing import Final

from sqlalchemy.engine import Connection

from boucle.catalogue import CATALOGUE, answers
from boucle.kpi import Value
from boucle.words import say
from boucle_server import closing
from boucle_server.months import MonthState
from boucle_server.web import numbers
from boucle_server.web.figures import as_reported, change
from boucle_server.web.month_ground import Ground

FROZEN: Final = ("K7", "K20-mass", "K22", "K12")
"""Figures that a closed month shows as they were reported."""

Since = tuple[tuple[str, str, str, str, tuple[str, str, str] | None], ...]
"""Figures known otherwise now: `(id, name, as reported, as known, difference)`."""


def frozen_figures(connection: Connection, org: str, on: Ground) -> dict[str, Value]:
    """Give the figures of a closed month as they were reported, where that was kept."""
    if on.life.state is not MonthState.CLOSED or len(on.asked.narrowed.narrowed) > 1:
        return {}
    rows = closing.reported_figures(connection, org, on.asked.month, on.asked.narrowed)
    values = answers(on.tally, on.question, FROZEN)
    found = {id_: as_reported(values[id_], rows[id_]) for id_ in FROZEN}
    return {id_: value for id_, value in found.items() if value is not None}


def since_closing(on: Ground, frozen: Mapping[str, Value]) -> Since:
    """Give the figures that read otherwise today than they were reported."""
    values = answers(on.tally, on.question, frozen)
    shown = {id_: (numbers.shown(was, on.lang), numbers.shown(values[id_], on.lang)) for id_, was in frozen.items()}
    return tuple(
        (
            id_,
            say(CATALOGUE[id_].words("name"), on.lang),
            *shown[id_],
            change(values[id_], was, on.lang),
        )
        for id_, was in frozen.items()
        if len(set(shown[id_])) > 1
    )
