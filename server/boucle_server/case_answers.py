"""The answers that stand to cases no single event opened, as the ledger has them (`boucle.answering`)."""

from collections.abc import Mapping

from sqlalchemy.engine import Connection

from boucle.answering import ANSWERED, Answer, last_answers
from boucle_server.standing import standing

Answers = Mapping[tuple[str, str], Answer]


def answers(connection: Connection, org: str) -> Answers:
    """Give the answer that speaks for each case, by its kind and key."""
    return last_answers(standing(connection, org, ANSWERED))
