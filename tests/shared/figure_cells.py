"""Cells of figures as tests write them down, and the value that is asked of them."""

from typing import Any

from boucle.catalogue import answers
from boucle.clock import parse_instant
from boucle.facts import Cell, Cells
from boucle.kpi import Question, Value
from boucle.tally import Tally

PARIS = "Europe/Paris"


def cells(*rows: tuple[str, str, str, str, int], **where: str) -> Cells:
    """Give cells of `(family, month, measure, bucket, n)`, all at one place."""
    at = {"site": "s", "partner": "p", "loop": "l", "type": "bac", "material": ""} | where
    return {
        Cell(family, month, at["site"], at["partner"], at["loop"], at["type"], at["material"], measure, bucket): n
        for family, month, measure, bucket, n in rows
    }


def value(definition_id: str, found: Cells, *months: str, as_of: str = "2027-06-15", **asked: Any) -> Value:
    question = Question(months=months or ("2026-01",), as_of_ms=parse_instant(as_of), **asked)
    return answers(Tally.of(found, question.narrowed), question, [definition_id])[definition_id]


def a_year_of_pool(dispatches: int, pool: int) -> Cells:
    """700 containers that stand in the pool since before the year, and what left in it."""
    return cells(("month", "2026-07", "dispatch", "", dispatches), ("day", "2025-12", "pool", "30", pool))


W8 = (
    ("month", "2026-01", "treated_g", "R0|", 420_000),
    ("month", "2026-01", "treated_g", "R4|", 1_100_000),
    ("month", "2026-01", "treated_g", "R3|recycling", 800_000),
    ("month", "2026-01", "treated_g", "R1|", 300_000),
    ("month", "2026-01", "treated_g", "D5|", 180_000),
    ("month", "2026-01", "pending_g", "", 140_000),
    ("month", "2026-01", "treated_g", "R13|", 37_000),
    ("month", "2026-01", "treated_g", "R3|", 23_000),
)
