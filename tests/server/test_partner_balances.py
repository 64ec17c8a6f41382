"""Balances of a database: those of the replay, at any date, with what nobody scanned."""

from typing import Any

import pytest

from boucle.balance import Balance, balances, proofs_of
from boucle.clock import day_after, day_of
from boucle.facts import Fact
from boucle.replay import book_of, replay
from boucle.tally import Slice
from boucle_server import partner_balances
from boucle_server.db import Database
from tests.builders import START_MS, code
from tests.server.figures_world import a_small_year, draft, events_in, record

FIRST = day_of(START_MS, "Europe/Paris")


def on(day: int) -> str:
    return day_after(FIRST, day)


def stored(database: Database, org: str, day: int, **narrowed: str) -> list[Balance]:
    with database.reading() as connection:
        return partner_balances.at_day(connection, org, on(day), Slice(**narrowed))


def replayed(database: Database, org: str, day: int) -> list[Balance]:
    with database.reading() as connection:
        events = events_in(connection, org)
    cells = [Fact(at, n) for at, n in replay(events).cells.items()]
    return balances(cells, day=on(day), proofs=proofs_of(events, book_of(events)))


@pytest.mark.story(22)
def test_the_balances_of_a_database_are_those_of_the_replay_at_any_date(database: Database) -> None:
    org = a_small_year(database)
    found: list[Balance] = []
    for day in (0, 3, 31, 50, 51, 77, 120):
        found = stored(database, org, day)
        assert found == replayed(database, org, day)
    assert any(line.unscanned for line in stored(database, org, 50))
    assert len(found) > 3


def test_balances_are_narrowed_to_a_partner_a_site_or_a_type(database: Database) -> None:
    org = a_small_year(database)
    whole = stored(database, org, 50)
    for name, value in (("partner", "rhin"), ("site", "nancy"), ("type", "bac")):
        narrowed = stored(database, org, 50, **{name: value})
        assert narrowed == [line for line in whole if getattr(line, name) == value]
        assert narrowed


@pytest.mark.story(4)
def test_a_later_scan_at_the_partners_clears_one_that_was_declared_collected(database: Database) -> None:
    org = a_small_year(database, crates=1)
    hub: dict[str, Any] = {"place": "strasbourg"}
    crates = range(20, 28)
    history = [draft("item.commissioned", code(n), at=101, body={"type": "roll"}, **hub) for n in crates]
    history += [draft("item.shipped", code(n), at=102, body={"to": "nancy"}, **hub) for n in crates]
    history += [draft("item.delivered", code(n), at=103, place="nancy") for n in crates]
    history += [draft("item.collected", at=105, item_type="roll", qty=7, place="nancy", task="t")]
    history += [draft("item.received", code(n), at=106, against="t", **hub) for n in crates[:5]]
    record(database, org, history)
    (line,) = stored(database, org, 107, site="nancy", type="roll")
    assert (line.held, line.unscanned, line.inbound) == (1, 2, 2)
    record(database, org, [draft("item.counted", code(26), at=110, place="nancy")])
    (line,) = stored(database, org, 110, site="nancy", type="roll")
    assert (line.held, line.unscanned, line.inbound) == (2, 1, 1)
    (line,) = stored(database, org, 109, site="nancy", type="roll")
    assert line.unscanned == 2
    assert stored(database, org, 110) == replayed(database, org, 110)
