"""The table of answers to cases, on each database: what the ledger gives in any order of arrival, and made again."""

import json
from random import Random

import pytest
import sqlalchemy as sa

from boucle import answering
from boucle.push import Push, Status
from boucle_server import case_answers
from boucle_server.db import Database
from boucle_server.read_tables import CASE_ANSWER
from boucle_server.rebuild import differences, rebuild
from tests.builders import ORG, Device, code
from tests.server.handset import LATER, Handset, a_network, sealed, taken

PHONES = ("d-un", "d-deux", "d-trois")
KEYS = ("k-1", "k-2", "k-3", "k-4")


def answer(phone: Handset, key: str, n: int, *, at: float, case: str = "gap") -> str:
    """Answer a case on a phone; give the id of the event."""
    record = phone.scan(answering.ANSWERED, at=at, body={"case": case, "key": key, "n": n, "reason": "vu"})
    return str(json.loads(record.payload)["id"])


def amended() -> tuple[list[Handset], dict[str, str]]:
    """Give three phones that answered, took back and answered again, and the event that speaks for each key."""
    one, two, three = phones = [
        Handset(device=Device(dev=dev, epoch=f"00000000000000a{number}", random=Random(number)))
        for number, dev in enumerate(PHONES, 1)
    ]
    speaks = {"k-1": answer(one, "k-1", 3, at=1)}
    later = answer(two, "k-1", 5, at=2)
    three.scan("event.voided", at=3, body={"target": later})
    answer(one, "k-2", 1, at=4)
    speaks["k-2"] = answer(three, "k-2", 2, at=5)
    undone = answer(two, "k-3", 1, at=6)
    one.scan("event.voided", at=7, body={"target": undone})
    speaks["k-4"] = answer(one, "k-4", 1, at=8)
    wrong = two.scan("item.collected", code(1), at=9, place="mulhouse", corrects=speaks["k-4"])
    three.scan("event.voided", code(1), at=10, body={"target": json.loads(wrong.payload)["id"]})
    answer(three, "k-1", 9, at=11, case="unsent")
    return phones, speaks


def one_by_one(phones: list[Handset], seed: int) -> list[Push]:
    """Give every record in a batch of its own, in some order of arrival."""
    found = [sealed(phone, (record,), number) for phone in phones for number, record in enumerate(phone.waiting, 1)]
    Random(seed).shuffle(found)
    return found


def stored(database: Database) -> set[tuple[object, ...]]:
    with database.reading() as connection:
        return {tuple(row) for row in connection.execute(sa.select(CASE_ANSWER))}


@pytest.mark.parametrize("seed", range(8))
def test_the_last_answer_that_stands_speaks_in_any_order_of_arrival_and_after_a_rebuild(
    database: Database, seed: int
) -> None:
    a_network(database, *PHONES, role="manager")
    phones, speaks = amended()
    for push in one_by_one(phones, seed):
        (result,) = taken(database, push).results
        assert result.status is Status.ACCEPTED
    with database.reading() as connection:
        found = case_answers.answers(connection, ORG, "gap", KEYS)
        assert {key: each.event for key, each in found.items()} == speaks
        other = case_answers.answers(connection, ORG, "unsent", KEYS)
        assert {key: (each.n, each.reason, each.actor) for key, each in other.items()} == {"k-1": (9, "vu", "")}
        assert case_answers.answers(connection, ORG, "gap", []) == {}
        assert case_answers.answers(connection, "o-autre", "gap", KEYS) == {}
        assert list(differences(connection, ORG)) == []
    before = stored(database)
    with database.writing(ORG) as connection:
        rebuild(connection, ORG, now_ms=LATER)
    assert stored(database) == before


@pytest.mark.parametrize(
    "statement",
    [
        sa.update(CASE_ANSWER).values(n=CASE_ANSWER.c.n + 1),
        sa.delete(CASE_ANSWER).where(CASE_ANSWER.c.key == "k-2"),
    ],
    ids=["a changed answer", "an answer that is not there"],
)
def test_an_answer_that_is_not_as_the_events_give_it_is_named(database: Database, statement: sa.Executable) -> None:
    a_network(database, *PHONES, role="manager")
    for push in one_by_one(amended()[0], 1):
        taken(database, push)
    with database.writing(ORG) as connection:
        connection.execute(statement)
    with database.reading() as connection:
        assert {each.table for each in differences(connection, ORG)} == {"case_answer"}
