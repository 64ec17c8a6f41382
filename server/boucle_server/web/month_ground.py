"""What every part of a page of figures is computed from: the question, the sums, what is known of the months."""

from dataclasses import dataclass, replace
from typing import Final

from sqlalchemy.engine import Connection

from boucle.catalogue import answers
from boucle.clock import next_month
from boucle.kpi import Question
from boucle.tally import Tally
from boucle.words import say
from boucle_server import months, reports
from boucle_server.months import Life
from boucle_server.web.asking import Asked
from boucle_server.web.figures import is_young

MONTHS: Final = 12
OLDEST: Final = 6
"""How many months back a cohort that is old enough is looked for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ground:
    """What all parts of the page are computed from."""

    asked: Asked
    question: Question
    tally: Tally
    life: Life
    months: tuple[str, ...]

    @property
    def lang(self) -> str:
        """The language of the page."""
        return self.asked.lang

    @property
    def has_numbered(self) -> bool:
        """Whether anything of what is asked for is followed piece by piece."""
        return has_numbered(self.tally)

    def of(self, month: str) -> Question:
        """Give the question of another month."""
        return replace(self.question, months=(month,), late=None)


def ground(connection: Connection, org: str, asked: Asked) -> Ground:
    """Fetch the sums and what is known of the months."""
    shown = tuple(str(next_month(asked.month, -back)) for back in range(MONTHS - 1, -1, -1))
    # Before anything was known there is nothing to show, and no nil either.
    shown = tuple(month for month in shown if month >= asked.known[0])
    behind = reports.spoken_of(connection, org, [asked.month])
    causes = months.causes_of(connection, org, behind, zone=asked.zone, now_ms=asked.now_ms)
    (life,) = months.lives(connection, org, [asked.month], now_ms=asked.now_ms)
    whole = not asked.narrowed.narrowed
    late = reports.late_events(connection, org, behind, asked.zone) if whole else None
    question = reports.question(
        connection,
        org,
        [asked.month],
        as_of_ms=asked.now_ms,
        narrowed=asked.narrowed,
        reasons=months.reasons_of(causes),
        late=late,
    )
    tally = reports.tally(connection, org, asked.narrowed)
    return Ground(asked=asked, question=question, tally=tally, life=life, months=shown)


def month_badge(on: Ground) -> tuple[str, str]:
    """Say where a month stands, with the kind of its sign."""
    kind = {"open": "info", "provisional": "warn", "final": "info", "closed": "good"}[on.life.state.value]
    revision = on.life.closing.revision if on.life.closing else 0
    return kind, say(on.life.state.words, on.lang, revision=revision)


def has_numbered(tally: Tally) -> bool:
    """Tell whether containers with numbers were ever there."""
    return bool(tally.months("month", "dispatch") or tally.months("day", "pool") or tally.months("day", "out"))


def unit_moves(tally: Tally, month: str) -> tuple[int, int]:
    """Give the dispatches and the returns of containers followed piece by piece."""
    returns = tally.total("month", "return", [month]) + tally.total("month", "return_implied", [month])
    return tally.total("month", "dispatch", [month]), returns


def quantity_moves(tally: Tally, month: str) -> tuple[int, int]:
    """Give what left and came back of what is only counted."""
    return tally.total("month", "qty_dispatch", [month]), tally.total("month", "qty_return", [month])


def grown_month(on: Ground) -> str:
    """Give the newest month at or before the one asked for of which the cohort is old enough, else that one."""
    for back in range(OLDEST):
        month = str(next_month(on.asked.month, -back))
        value = answers(on.tally, on.of(month), ["K1"])["K1"]
        if value.value is not None and not is_young(value, on.of(month)):
            return month
    return on.asked.month
