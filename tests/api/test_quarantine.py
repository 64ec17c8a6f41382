"""What was set aside, decided over HTTP by who may, and told to who may not."""

import pytest

from boucle.roles import Role
from boucle.wire import digest
from boucle_server.ingest import keep, sender_of
from boucle_server.ledger import Raw
from tests.api.serving import Served
from tests.server.people import NOW, Phone, a_phone, an_org


@pytest.fixture
def chief(served: Served) -> Phone:
    return a_phone(served.database, an_org(served.database), Role.MANAGER)


def left(served: Served, phone: Phone, content: bytes) -> str:
    """Leave bytes that are no event; give their hash."""
    with served.database.writing("acme") as connection:
        sender = sender_of(connection, "acme", phone.enrolled.dev)
        keep(connection, sender, Raw(content, digest(content), "raw"), now_ms=NOW)
    return digest(content)


async def test_bytes_are_dismissed_with_a_reason_and_the_second_time_nothing_is_recorded(
    served: Served, chief: Phone
) -> None:
    kept = left(served, chief, b"\xff?")
    address = f"/v1/quarantine/{kept[:12]}/dismiss"
    refused = await served.client.post(address, json={}, headers=chief.header)
    assert (refused.status_code, refused.json()["type"]) == (422, "urn:boucle:problem:invalid-input")
    first = await served.client.post(address, json={"reason": "essai"}, headers=chief.header)
    again = await served.client.post(address, json={"reason": "essai"}, headers=chief.header)
    (told,), (repeated,) = first.json()["decided"], again.json()["decided"]
    assert (told["hash"], told["before"], told["status"]) == (kept, "unreadable", "dismissed")
    assert (bool(told["event"]), repeated["event"], repeated["status"]) == (True, "", "dismissed")
    listed = await served.client.get("/v1/quarantine", headers=chief.header)
    assert listed.json()["records"] == []


async def test_what_cannot_be_admitted_says_why_and_stays(served: Served, chief: Phone) -> None:
    kept = left(served, chief, b"\xff?")
    answer = await served.client.post(f"/v1/quarantine/{kept}/admit", json={}, headers=chief.header)
    assert (answer.status_code, answer.json()["type"]) == (409, "urn:boucle:problem:conflict")
    assert "écartez-les" in answer.json()["detail"]
    missing = await served.client.post(f"/v1/quarantine/{'0' * 12}/admit", json={}, headers=chief.header)
    assert missing.status_code == 404
    listed = await served.client.get("/v1/quarantine", headers=chief.header)
    assert [record["hash"] for record in listed.json()["records"]] == [kept]


async def test_only_who_manages_decides(served: Served, chief: Phone) -> None:
    kept = left(served, chief, b"\xff?")
    driver = a_phone(served.database, "acme", Role.DRIVER)
    for verdict in ("admit", "dismiss"):
        address = f"/v1/quarantine/{kept}/{verdict}"
        assert (await served.client.post(address, json={"reason": "x"}, headers=driver.header)).status_code == 403


async def test_a_long_text_is_cut_between_two_characters(served: Served, chief: Phone) -> None:
    left(served, chief, b"a" + "é".encode() * 10_000)
    (record,) = (await served.client.get("/v1/quarantine", headers=chief.header)).json()["records"]
    assert (record["size"], record["text"]) == (20_001, "a" + "é" * 8_191)


async def test_what_came_without_a_byte_is_listed_and_hides_nothing_else(served: Served, chief: Phone) -> None:
    kept = [left(served, chief, b""), left(served, chief, b"?")]
    answer = await served.client.get("/v1/quarantine", headers=chief.header)
    assert answer.status_code == 200, answer.text
    told = [(record["hash"], record["size"], record["text"]) for record in answer.json()["records"]]
    assert told == [(kept[0], 0, ""), (kept[1], 1, "?")]
