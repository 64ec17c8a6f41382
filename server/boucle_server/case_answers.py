"""The answers that stand to cases no single event opened (`boucle.answering`): written as they come, asked by case."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from sqlalchemy.engine import Connection

from boucle.answering import Answer, Changed, last_answers
from boucle_server import rows
from boucle_server.read_tables import CASE_ANSWER

ANSWER_COLUMNS: Final = ("org", *Answer._fields)
_KEY: Final = ("org", "key", "event")


def write(connection: Connection, org: str, changed: Changed) -> None:
    """Write which answers stand, and take out those that stand no more."""
    rows.delete(connection, CASE_ANSWER, _KEY, [(org, answer.key, answer.event) for answer in changed.gone])
    rows.upsert(connection, CASE_ANSWER, ANSWER_COLUMNS, rows_of(org, changed.standing))


def rows_of(org: str, standing: Iterable[Answer]) -> Sequence[tuple[Any, ...]]:
    """Give the row of each answer."""
    return [(org, *answer) for answer in standing]


def answers(connection: Connection, org: str, case: str, keys: Iterable[str]) -> Mapping[str, Answer]:
    """Give the answer that speaks for each case of one kind, by its key; none of a case that nobody answered."""
    found = rows.select(connection, CASE_ANSWER, Answer._fields, org=org, key="key", keys=keys)
    spoken = last_answers(answer for answer in (Answer(*row) for row in found) if answer.case == case)
    return {key: answer for (_, key), answer in spoken.items()}
