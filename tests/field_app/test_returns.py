"""Returned products on the phone: the counts are the server's with what was recorded here on top, at every step."""

from collections.abc import Iterator
from random import Random
from typing import Any

import pytest

from boucle.return_counts import Return
from boucle.rma import ReturnState
from boucle_field import returns, serials
from boucle_field.asking import Request
from boucle_field.outbox import Draft
from boucle_field.pages import Page
from boucle_field.phone import Phone
from boucle_field.sync import sync
from tests.builders import START_MS, Device, code
from tests.world import Net, SimServer, World, drive, phone_of

RMA = "RT-261129-7K3M"
TYPES: dict[str, dict[str, Any]] = {
    "pompe": {"name": "Pompe", "material": "acier", "tare_g": 3_500, "nature": "product"},
    "livre": {"name": "Livre", "material": "papier", "tare_g": 400, "nature": "product", "serialised": False},
}
SOLD = range(1, 7)


@pytest.fixture
def server() -> SimServer:
    """Give a server that has sold six pumps, and has heard of a return of five of them and of twelve books."""
    server = SimServer(World())
    told = Device(dev="d-serveur", epoch="00000000000000f1", random=Random(98), now_ms=START_MS)
    rows = [{"table": "item_type", "key": key, "valid_from": 0, "row": row} for key, row in TYPES.items()]
    server._learn([told.event("reference.set", "", body=row) for row in rows])
    office = phone_of(server, "d-bureau")
    for number in SOLD:
        body = {"type": "pompe", "serial": f"sn-{number} b"}
        said(office, Draft(kind="item.commissioned", code=code(number), place="strasbourg", body=body))
        said(office, Draft(kind="item.shipped", code=code(number), place="strasbourg", body={"to": "mulhouse"}))
    for kind, n in (("pompe", 5), ("livre", 12)):
        said(office, Draft(kind="return.announced", item_type=kind, qty=n, place="mulhouse", task=RMA))
    synced(server, office, "d-bureau")
    return server


@pytest.fixture
def phone(server: SimServer) -> Phone:
    """Give a phone that has heard of all that."""
    phone = phone_of(server, "d-un")
    synced(server, phone, "d-un")
    return phone


def said(phone: Phone, draft: Draft) -> str:
    told = phone.desk.record(draft)
    assert told.event_id
    return told.event_id


def synced(server: SimServer, phone: Phone, dev: str) -> None:
    assert drive(sync(phone), Net(server=server, random=Random(7)), dev) is not None
    assert phone.outbox.counts().unsent == 0


def received(phone: Phone, number: int, rma: str = RMA) -> str:
    return said(phone, Draft(kind="item.received", code=code(number), place="strasbourg", against=rma))


def books(phone: Phone, kind: str, n: int, **body: Any) -> str:
    return said(phone, Draft(kind=kind, item_type="livre", qty=n, place="strasbourg", against=RMA, body=body))


def the_return(phone: Phone, rma: str = RMA) -> Return:
    found = returns.find(phone, rma)
    assert found is not None
    return found


def pumps(phone: Phone) -> tuple[int, int, int]:
    line = the_return(phone).of_type("pompe")
    assert line is not None
    return line.line.received, line.line.remaining, line.line.excess


def loose(phone: Phone) -> tuple[int, int, int, int]:
    line = the_return(phone).of_type("livre")
    assert line is not None
    return line.line.remaining, line.to_grade, line.to_decide, line.to_do


def test_a_return_that_the_office_announced_comes_down_with_its_lines(phone: Phone) -> None:
    found = returns.known(phone).open()
    assert [(each.rma, each.partner, each.state, each.remaining) for each in found] == [
        (RMA, "rhin", ReturnState.OPEN, 17)
    ]


def each_step(phone: Phone) -> Iterator[tuple[ReturnState, tuple[int, int, int]]]:
    """Receive two, split, receive two more, refuse one, receive one too many."""
    for number in (1, 2):
        received(phone, number)
    yield ReturnState.PARTLY_RECEIVED, (2, 3, 0)
    for number in (3, 4):
        received(phone, number)
    yield ReturnState.PARTLY_RECEIVED, (4, 1, 0)
    said(phone, Draft(kind="return.refused", item_type="pompe", qty=1, place="mulhouse", task=RMA))
    yield ReturnState.PARTLY_RECEIVED, (4, 0, 0)
    books(phone, "item.received", 12)
    yield ReturnState.RECEIVED, (4, 0, 0)
    received(phone, 5)
    yield ReturnState.RECEIVED, (5, 0, 1)


@pytest.mark.story(12)
@pytest.mark.parametrize("online", [False, True], ids=["offline", "online"])
def test_the_state_and_what_remains_are_right_at_each_step(server: SimServer, phone: Phone, *, online: bool) -> None:
    for state, counts in each_step(phone):
        for _ in range(2 if online else 1):
            if online:
                synced(server, phone, "d-un")
            assert (the_return(phone).state, pumps(phone)) == (state, counts)
    synced(server, phone, "d-un")
    assert pumps(phone) == (5, 0, 1)


def test_a_pull_that_broke_off_counts_nothing_twice(server: SimServer, phone: Phone) -> None:
    received(phone, 1)
    books(phone, "item.received", 7)
    upto = phone.outbox.end()
    engine = sync(phone)
    request = next(engine)
    while isinstance(request, Request) and request.path != "/v1/sync/pull":
        request = engine.send(server.answer(request, "d-un"))
    engine.close()
    page = Page.read(server.pull(int(phone.mirror.cursor), 500).json())
    assert page is not None
    phone.mirror.apply(page, upto=upto)
    assert (pumps(phone), loose(phone)) == ((1, 4, 0), (5, 7, 0, 0))
    assert phone.store.db.execute("SELECT count(*) FROM outbox WHERE folded = 0").fetchone() == (2,)
    synced(server, phone, "d-un")
    assert (pumps(phone), loose(phone)) == ((1, 4, 0), (5, 7, 0, 0))


@pytest.mark.parametrize("sent", [False, True], ids=["unsent", "sent"])
def test_what_is_undone_counts_no_more_whether_it_was_sent_or_not(
    server: SimServer, phone: Phone, *, sent: bool
) -> None:
    one = received(phone, 1)
    seven = books(phone, "item.received", 7)
    if sent:
        synced(server, phone, "d-un")
    assert (pumps(phone), loose(phone)) == ((1, 4, 0), (5, 7, 0, 0))
    phone.desk.undo(seven)
    phone.desk.undo(one)
    assert (pumps(phone), loose(phone)) == ((0, 5, 0), (12, 0, 0, 0))
    assert [each for each in returns.known(phone).products.get(RMA, []) if each.stage == "received"] == []
    synced(server, phone, "d-un")
    assert (pumps(phone), loose(phone)) == ((0, 5, 0), (12, 0, 0, 0))


@pytest.mark.story(14)
def test_what_has_no_number_goes_through_each_step_by_quantity(server: SimServer, phone: Phone) -> None:
    steps = [
        ("item.received", 7, {"from": "mulhouse"}, (5, 7, 0, 0)),
        ("item.graded", 7, {"grade": "B"}, (5, 0, 7, 0)),
        ("item.disposition_decided", 6, {"disposition": "supplier"}, (5, 0, 1, 6)),
        ("item.shipped", 6, {"to": "nancy"}, (5, 0, 1, 0)),
    ]
    for kind, n, body, counts in steps:
        books(phone, kind, n, **body)
        assert loose(phone) == counts
    synced(server, phone, "d-un")
    assert loose(phone) == (5, 0, 1, 0)


def test_a_product_that_nobody_announced_begins_a_return_of_its_own(server: SimServer, phone: Phone) -> None:
    said(phone, Draft(kind="item.received", code=code(6), place="strasbourg", task="RT-1", body={"from": "nancy"}))
    for _ in range(2):
        found = the_return(phone, "RT-1")
        (product,) = returns.known(phone).products["RT-1"]
        assert (found.state, found.partner, product.code) == (ReturnState.RECEIVED, "nancy", code(6))
        assert (product.back.origin, product.other_partner, product.back.blind) == ("rhin", True, True)
        synced(server, phone, "d-un")


def test_what_others_recorded_meanwhile_is_in_the_counts(server: SimServer, phone: Phone) -> None:
    other = phone_of(server, "d-deux")
    synced(server, other, "d-deux")
    received(other, 1)
    books(other, "item.received", 2)
    synced(server, other, "d-deux")
    received(phone, 2)
    synced(server, phone, "d-un")
    assert (pumps(phone), loose(phone)) == ((2, 3, 0), (10, 2, 0, 0))


def test_a_return_of_which_nothing_is_left_is_forgotten(server: SimServer, phone: Phone) -> None:
    said(phone, Draft(kind="return.announced", item_type="livre", qty=1, place="mulhouse", task="RT-2"))
    synced(server, phone, "d-un")
    assert the_return(phone, "RT-2").remaining == 1
    phone.desk.undo()
    synced(server, phone, "d-un")
    assert returns.find(phone, "RT-2") is None


def test_serial_numbers_come_down_with_their_items(phone: Phone) -> None:
    assert [each.code for each in serials.find(phone, "SN 3B")] == [code(3)]
    assert serials.find(phone, "SN 3") == []
    assert serials.find(phone, " - ") == []
    said(
        phone,
        Draft(kind="item.commissioned", code=code(9), place="strasbourg", body={"type": "pompe", "serial": "SN3B"}),
    )
    assert [each.code for each in serials.find(phone, "sn-3b")] == [code(3), code(9)]
