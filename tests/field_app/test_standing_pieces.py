"""Pieces without labels on the phone: how many should stand at a site, by the server's word and its own since."""

from random import Random

import pytest

from boucle.actions import Amount
from boucle_field import sync as syncing
from boucle_field.outbox import Draft
from boucle_field.phone import Phone
from boucle_field.standing_pieces import standing_at
from boucle_field.sync import sync
from boucle_field.visit import Visit
from boucle_field.visit_lines import Row
from tests.builders import code
from tests.world import Net, SimServer, World, drive, phone_of


def said(phone: Phone, kind: str, qty: int, place: str = "strasbourg", **body: str) -> str:
    told = phone.desk.record(Draft(kind=kind, item_type="film", qty=qty, place=place, body=body))
    assert told.event_id
    return told.event_id


def is_between(phone: Phone) -> bool:
    """Tell whether numbers came down that have an event of ours which is not settled yet."""
    with phone.store.reading() as db:
        return bool(db.execute("SELECT 1 FROM stock, outbox WHERE folded = 0 AND instr(holds, id) > 0").fetchone())


def synced(server: SimServer, phone: Phone, dev: str) -> None:
    assert drive(sync(phone), Net(server=server, random=Random(7)), dev) is not None
    assert phone.outbox.counts().unsent == 0


@pytest.fixture
def server() -> SimServer:
    """Give a server that has heard of forty sheets of film and two crates at Strasbourg."""
    server = SimServer(World())
    office = phone_of(server, "d-bureau")
    said(office, "item.commissioned", 40)
    for number in (1, 2):
        office.desk.record(Draft(kind="item.commissioned", code=code(number), place="strasbourg", body={"type": "bac"}))
    synced(server, office, "d-bureau")
    return server


@pytest.fixture
def phone(server: SimServer) -> Phone:
    """Give a phone that has heard of that, and is offline now."""
    phone = phone_of(server, "d-un")
    synced(server, phone, "d-un")
    return phone


def test_a_count_offline_expects_the_pieces_that_the_server_told_beside_the_labelled_ones(phone: Phone) -> None:
    visit = Visit.begin(phone, action="count", place="strasbourg")
    assert visit.rows() == [Row("film", 0, 40, 0), Row("bac", 0, 2, 0)]
    visit.scan(code(1))
    visit.count(Amount("film", 37))
    assert visit.rows() == [Row("film", 37, 40, 0), Row("bac", 1, 2, 0)]
    assert (visit.met, visit.wanted) == (38, 42)


def test_what_was_recorded_here_since_is_part_of_what_is_expected(phone: Phone) -> None:
    said(phone, "item.shipped", 15, to="mulhouse")
    assert standing_at(phone, "strasbourg") == {"film": 25}
    last = said(phone, "item.commissioned", 4)
    assert standing_at(phone, "strasbourg") == {"film": 29}
    phone.desk.undo(last)
    assert standing_at(phone, "strasbourg") == {"film": 25}


def test_what_was_sent_is_expected_once(server: SimServer, phone: Phone) -> None:
    shipped = said(phone, "item.shipped", 15, to="mulhouse")
    synced(server, phone, "d-un")
    assert standing_at(phone, "strasbourg") == {"film": 25}
    phone.desk.undo(shipped)  # of what the server has counted already
    assert standing_at(phone, "strasbourg") == {"film": 40}
    synced(server, phone, "d-un")
    assert standing_at(phone, "strasbourg") == {"film": 40}


def test_a_count_of_pieces_changes_nothing_of_what_is_expected(server: SimServer, phone: Phone) -> None:
    said(phone, "item.counted", 31)
    assert standing_at(phone, "strasbourg") == {"film": 40}
    synced(server, phone, "d-un")
    assert standing_at(phone, "strasbourg") == {"film": 40}


def test_what_another_phone_did_comes_with_the_next_pull(server: SimServer, phone: Phone) -> None:
    other = phone_of(server, "d-deux")
    said(other, "item.shipped", 40, to="mulhouse")
    synced(server, other, "d-deux")
    assert standing_at(phone, "strasbourg") == {"film": 40}
    synced(server, phone, "d-un")
    assert standing_at(phone, "strasbourg") == {}


def test_a_pull_that_broke_off_counts_nothing_twice(
    server: SimServer, phone: Phone, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(syncing, "PAGE", 1)
    office = phone_of(server, "d-deux")
    said(phone, "item.shipped", 15, to="mulhouse")
    for steps in range(1, 12):
        if not phone.outbox.counts().unsent:
            break
        drive(sync(phone), Net(server=server, random=Random(7)), "d-un", steps=steps)
    office.desk.record(Draft(kind="item.counted", code=code(1), place="strasbourg"))
    synced(server, office, "d-deux")
    between = 0
    for steps in (1, 1, 3, 3, 5, 5, 6, 6, 7, 7, 8, 8, 12):  # a round that saw the head before asks less
        drive(sync(phone), Net(server=server, random=Random(7)), "d-un", steps=steps)
        between += is_between(phone)
        assert standing_at(phone, "strasbourg") == {"film": 25}
    assert between


def test_at_a_partner_nobody_can_say_how_many_pieces_stand(phone: Phone) -> None:
    said(phone, "item.delivered", 5, "mulhouse")
    assert standing_at(phone, "mulhouse") == {}
    assert Visit.begin(phone, action="count", place="mulhouse").rows() == []
