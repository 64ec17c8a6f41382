"""The sync routes as a phone or a stranger meets them: every byte answered for, never a 500."""

import asyncio
import json
import re
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from boucle.item import load
from boucle.note import NoteVerifier, verify_checkpoint
from boucle.pin import pin_fits
from boucle.push import Push, seal_body, write_push
from boucle.receipt import Range, verify
from boucle.reference import TABLES
from boucle.roles import Capability, Role
from boucle.signing import load_crypto
from boucle.wire import MAX_PUSH, MAX_RAW, digest
from boucle_server import devices, people, tokens
from boucle_server.errors import (
    DatabaseBusyError,
    DeviceRevokedError,
    DiskFullError,
    KeptRawError,
    QuotaError,
    UnauthenticatedError,
    slug_of,
)
from boucle_server.ingest import accept_own
from boucle_server.ledger import RAW_CHARGE, RAW_QUOTA
from boucle_server.server_device import Draft
from boucle_server.tables import RAW, RECORD
from tests.api.serving import Served
from tests.builders import ORG, SITES, Device, code
from tests.server.handset import LATER, Handset, a_network
from tests.server.people import Phone, a_phone


@pytest.fixture
def phone(served: Served) -> Phone:
    """Give an enrolled phone of the small network."""
    a_network(served.database)
    served.clock.ms = LATER
    return a_phone(served.database, ORG)


@pytest.fixture
def handset(phone: Phone) -> Handset:
    """Give what that phone records with."""
    return Handset(device=Device(dev=phone.enrolled.dev), enrolled_key=phone.key)


async def send(served: Served, phone: Phone, push: Push) -> dict[str, Any]:
    answer = await served.client.post("/v1/sync/push", content=write_push(push), headers=phone.header)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def raws(served: Served) -> list[Any]:
    with served.database.reading() as connection:
        return list(connection.execute(sa.select(RAW).order_by(RAW.c.rid)).all())


def verifier(phone: Phone) -> NoteVerifier:
    return NoteVerifier.from_vkey(phone.enrolled.vkey, load_crypto().verify_key)


async def test_a_push_is_answered_with_results_ranges_and_signed_notes(
    served: Served, phone: Phone, handset: Handset
) -> None:
    for number in range(7):
        handset.scan("item.counted", code(number), place="metz")
    push = handset.push()
    told = await send(served, phone, push)
    assert [result["status"] for result in told["results"]] == ["accepted"] * 7
    assert [result["hash"] for result in told["results"]] == [digest(record.payload) for record in push.records]
    assert all("why" not in result for result in told["results"])
    assert told["have"] == [[1, 7]]
    receipt = verify(told["receipt"], verifier(phone))
    assert receipt.ranges == (Range(1, 7, handset.device.prev),)
    head = verify_checkpoint(told["head"], verifier(phone))
    assert (head.size, head.root) == (receipt.size, receipt.root)
    assert (told["consistency"], told["generation"], told["server_ms"]) == ("ok", 1, LATER)
    again = await send(served, phone, push)
    assert [(result["status"], result["why"]) for result in again["results"]] == [("duplicate", "accepted")] * 7


async def test_an_empty_push_asks_what_is_stored(served: Served, phone: Phone, handset: Handset) -> None:
    handset.scan("item.counted", code(1), place="metz")
    await send(served, phone, handset.push())
    told = await send(served, phone, handset.push([], first=2))
    assert (told["results"], told["have"]) == ([], [[1, 1]])


NOT_PUSHES = [
    b"",
    b"{",
    b"\xff\xfe\x00",
    b"[]",
    b"null",
    b'{"records": 7}',
    b"[" * 100_000,
    b'{"batch": "b", "org": "x", "dev": "y", "epoch": "nope", "first": 1, "last": 1, "records": []}',
    b"x" * MAX_PUSH,
]


@pytest.mark.parametrize("body", NOT_PUSHES, ids=range(len(NOT_PUSHES)))
async def test_what_is_no_push_is_kept_as_it_came_and_said_so(served: Served, phone: Phone, body: bytes) -> None:
    answers = [await served.client.post("/v1/sync/push", content=body, headers=phone.header) for _ in range(2)]
    for answer in answers:
        assert (answer.status_code, answer.json()["type"]) == (400, "urn:boucle:problem:kept-raw")
        assert digest(body) in answer.json()["detail"]
    assert [(bytes(row.content), row.reason, row.dev) for row in raws(served)] == [
        (body, "not_a_push", phone.enrolled.dev)
    ]


async def test_more_than_a_batch_may_hold_is_refused_whole(served: Served, phone: Phone, handset: Handset) -> None:
    for number in range(201):
        handset.scan("item.counted", code(number), place="metz")
    answers = [
        await served.client.post("/v1/sync/push", content=write_push(handset.push()), headers=phone.header),
        await served.client.post("/v1/sync/push", content=b" " * (MAX_PUSH + 1), headers=phone.header),
        await served.client.post("/v1/sync/push", content=endless(MAX_PUSH + 1), headers=phone.header),
        await served.client.post(
            f"/v1/sync/raw?epoch={'a' * 16}&seq=1", content=b" " * (MAX_RAW + 1), headers=phone.header
        ),
    ]
    assert [answer.status_code for answer in answers] == [413] * 4
    assert {answer.json()["type"] for answer in answers} == {"urn:boucle:problem:too-large"}
    assert raws(served) == []


PAGE = (Path(__file__).parents[2] / "docs" / "sync.md").read_text(encoding="utf-8")


async def test_the_page_for_other_clients_shows_a_problem_as_it_is_sent(served: Served, phone: Phone) -> None:
    headers = {**phone.header, "Accept-Language": "fr"}
    answer = await served.client.post("/v1/sync/push", content=b" " * (MAX_PUSH + 1), headers=headers)
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.text in PAGE
    assert set(re.findall(r"`…:([a-z-]+)`", PAGE)) == {
        slug_of(error)
        for error in (
            *(KeptRawError, UnauthenticatedError, DeviceRevokedError, QuotaError),
            *(DatabaseBusyError, DiskFullError),
        )
    } | {"too-large", "validation"}


async def test_a_batch_under_a_bad_seal_is_judged_anew_when_it_comes_sealed_well(
    served: Served, phone: Phone, handset: Handset
) -> None:
    handset.scan("item.counted", code(1), place="metz")
    handset.scan("item.counted", code(2), place="metz")
    push = handset.push()
    for _ in range(2):
        told = await send(served, phone, replace(push, seal=bytes(64)))
        assert [(each["status"], each["why"]) for each in told["results"]] == [("quarantined", "bad_seal")] * 2
        assert (told["have"], verify(told["receipt"], verifier(phone)).ranges) == ([], ())
        assert len(raws(served)) == 2
    told = await send(served, phone, push)
    assert ([each["status"] for each in told["results"]], told["have"]) == (["accepted"] * 2, [[1, 2]])


async def test_what_cannot_be_read_is_quarantined_each_time_and_kept_once(
    served: Served, phone: Phone, handset: Handset
) -> None:
    handset.junk(b'{"v": 1, "id": 7}')
    push = handset.push()
    for _ in range(2):
        told = await send(served, phone, push)
        (result,) = told["results"]
        assert (result["id"], result["status"]) == ("", "quarantined")
        assert (told["have"], len(raws(served))) == ([[1, 1]], 1)


@pytest.mark.parametrize(("cut", "third"), [(True, "accepted"), (False, "quarantined")])
async def test_time_order_is_held_against_what_counts_and_not_across_a_quarantined_end(
    served: Served, phone: Phone, handset: Handset, cut: bool, third: str
) -> None:
    for number in range(3):
        handset.scan("item.counted", code(number), place="metz")
    one, two, three = handset.waiting
    two = replace(two, teff=LATER + 10**9)
    three = replace(three, teff=one.teff - 1)
    if cut:
        await send(served, phone, handset.push([one, two], first=1))
        told = await send(served, phone, handset.push([three], first=3))
    else:
        told = await send(served, phone, handset.push([one, two, three], first=1))
    assert told["results"][-1]["status"] == third
    assert third == "accepted" or told["results"][-1]["why"] == "time_order"


async def test_the_seal_of_a_push_of_nothing_is_as_the_page_says(handset: Handset) -> None:
    *_, eighth, ninth, end = seal_body(handset.push([], first=4)).decode().split("\n")
    assert (eighth, end) == ("", "")
    assert ninth == digest(b"")
    assert f"(`{ninth[:8]}…`)" in PAGE


async def test_the_first_page_of_a_pull_begins_with_the_organisation(served: Served, phone: Phone) -> None:
    first = await pulled(served, phone)
    assert (first["rows"][0]["n"], first["rows"][0]["table"]) == (0, "org")
    numbers = [row["n"] for row in first["rows"]]
    assert numbers == sorted(set(numbers))
    later = await pulled(served, phone, numbers[3])
    assert "org" not in {row["table"] for row in later["rows"]}


async def endless(size: int) -> AsyncIterator[bytes]:
    """Give a body whose length is not announced."""
    for _ in range(0, size, 65_536):
        yield b" " * 65_536


async def test_bytes_sent_raw_are_receipted_at_their_place(served: Served, phone: Phone, handset: Handset) -> None:
    for number in range(3):
        handset.scan("item.counted", code(number), place="metz")
    first, second, third = handset.waiting
    await send(served, phone, handset.push([first], first=1))
    where = f"/v1/sync/raw?epoch={handset.device.epoch}&seq=2"
    answer = await served.client.post(where, content=second.payload, headers=phone.header)
    assert answer.status_code == 200
    assert answer.json()["hash"] == digest(second.payload)
    assert verify(answer.json()["receipt"], verifier(phone)).ranges == (Range(1, 2, digest(second.payload)),)
    told = await send(served, phone, handset.push([third], first=3))
    assert ([result["status"] for result in told["results"]], told["have"]) == (["accepted"], [[1, 3]])
    later = await send(served, phone, handset.push([second], first=2))
    assert [result["status"] for result in later["results"]] == ["accepted"]
    assert later["have"] == [[1, 3]]


async def test_a_device_may_not_fill_the_disk_with_what_nobody_vouches_for(
    served: Served, phone: Phone, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("boucle_server.ledger.RAW_QUOTA", RAW_CHARGE + 100)
    assert RAW_QUOTA > RAW_CHARGE + 100
    first = await served.client.post("/v1/sync/push", content=b"x" * 60, headers=phone.header)
    second = await served.client.post("/v1/sync/push", content=b"y" * 60, headers=phone.header)
    assert [first.status_code, second.status_code] == [400, 429]
    assert second.json()["type"] == "urn:boucle:problem:quota"
    assert [bytes(row.content) for row in raws(served)] == [b"x" * 60]


async def test_only_devices_push_and_pull(served: Served, handset: Handset) -> None:
    with served.database.writing(ORG) as connection:
        secret = tokens.add(connection, ORG, name="t", scopes=list(Capability), now_ms=LATER).secret
    headers = {"Authorization": f"Bearer {secret}"}
    body = write_push(handset.push())
    answers = [
        await served.client.post("/v1/sync/push", content=body, headers=headers),
        await served.client.post(f"/v1/sync/raw?epoch={'a' * 16}&seq=1", content=body, headers=headers),
        await served.client.get("/v1/sync/pull", headers=headers),
        await served.client.post("/v1/sync/push", content=body),
        await served.client.post("/v1/sync/push", content=body, headers={"Authorization": "Bearer nobody"}),
    ]
    assert [answer.status_code for answer in answers] == [401] * 5
    assert raws(served) == []


async def test_a_revoked_device_is_cut_off_at_its_next_push(served: Served, phone: Phone, handset: Handset) -> None:
    handset.scan("item.counted", code(1), place="metz")
    with served.database.writing(ORG) as connection:
        devices.revoke(connection, ORG, phone.enrolled.dev, now_ms=LATER)
    answer = await served.client.post("/v1/sync/push", content=write_push(handset.push()), headers=phone.header)
    assert (answer.status_code, answer.json()["type"]) == (401, "urn:boucle:problem:device-revoked")
    assert (await served.client.get("/v1/sync/pull", headers=phone.header)).status_code == 401
    with served.database.reading() as connection:
        assert connection.execute(sa.select(RECORD.c.id).where(RECORD.c.dev == phone.enrolled.dev)).all() == []
    assert raws(served) == []


async def test_phones_that_push_at_once_are_all_answered_for_their_own(served: Served, phone: Phone) -> None:
    others = [a_phone(served.database, ORG) for _ in range(6)]
    handsets = [
        Handset(device=Device(dev=other.enrolled.dev, epoch=f"{n:016x}"), enrolled_key=other.key)
        for n, other in enumerate(others)
    ]
    for n, one in enumerate(handsets):
        one.device.random.seed(n)
        for number in range(n + 1):
            one.scan("item.counted", code(number), place="metz")
    told = await asyncio.gather(*(send(served, p, h.push()) for p, h in zip(others, handsets, strict=True)))
    assert [len(each["results"]) for each in told] == [1, 2, 3, 4, 5, 6]
    assert {result["status"] for each in told for result in each["results"]} == {"accepted"}
    assert [each["have"] for each in told] == [[[1, n]] for n in range(1, 7)]
    receipts = [verify(each["receipt"], verifier(phone)) for each in told]
    assert [receipt.dev for receipt in receipts] == [one.enrolled.dev for one in others]


async def pulled(served: Served, phone: Phone, cursor: int = 0, limit: int = 500) -> dict[str, Any]:
    answer = await served.client.get(f"/v1/sync/pull?cursor={cursor}&limit={limit}", headers=phone.header)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def test_a_phone_pulls_reference_data_items_operators_and_its_organisation(
    served: Served, phone: Phone, handset: Handset
) -> None:
    with served.database.writing(ORG) as connection:
        person = people.add_operator(
            connection, ORG, name="Ana", role=Role.DRIVER, pin="4711", badge="B7", now_ms=LATER, site="metz"
        )
    handset.scan("item.commissioned", code(1), place="strasbourg", body={"type": "bac"})
    handset.scan("item.shipped", code(1), place="strasbourg", body={"to": "mulhouse"})
    await send(served, phone, handset.push())
    page = await pulled(served, phone)
    by_table: dict[str, dict[str, Any]] = {}
    for row in page["rows"]:
        by_table.setdefault(row["table"], {})[row["key"]] = row["row"]
    assert (page["more"], page["reset"]) == (False, False)
    assert by_table["org"][ORG] == {"name": "Essai", "zone": "Europe/Paris", "vkey": phone.enrolled.vkey}
    assert by_table["site"].keys() == SITES.keys()
    assert [version["row"]["name"] for version in by_table["site"]["nancy"]] == ["Nancy Électronique"]
    assert set(by_table) <= {"org", "item", "operator", *TABLES}
    operator = by_table["operator"][person]
    assert (operator["name"], operator["badge"], operator["role"], operator["site"]) == ("Ana", "B7", "driver", "metz")
    assert pin_fits("4711", operator["pin"])
    ((item, row),) = by_table["item"].items()
    state = load(json.dumps(row["state"]))
    assert (state.id, state.stage, state.place, row["codes"]) == (item, "outbound", "mulhouse", [f"C/{plain(code(1))}"])
    assert await pulled(served, phone, page["next"]) == {
        "rows": [], "next": page["next"], "more": False, "reset": False,
    }  # fmt: skip


def plain(grouped: str) -> str:
    return grouped.rpartition("/")[2].replace("-", "")


async def test_pages_leave_out_nothing_and_name_a_row_again_when_it_changes(
    served: Served, phone: Phone, handset: Handset
) -> None:
    for number in range(7):
        handset.scan("item.commissioned", code(number), place="metz", body={"type": "bac"})
    await send(served, phone, handset.push())
    whole = await pulled(served, phone)
    rows, cursor, more = [], 0, True
    while more:
        page = await pulled(served, phone, cursor, 3)
        rows += page["rows"]
        cursor, more = page["next"], page["more"]
    assert rows == whole["rows"]
    assert cursor == whole["next"]
    handset.scan("item.cleaned", code(4), place="metz")
    await send(served, phone, handset.push())
    page = await pulled(served, phone, cursor)
    assert [row["table"] for row in page["rows"]] == ["item"]


async def test_an_item_that_is_no_more_is_pulled_as_gone(served: Served, phone: Phone, handset: Handset) -> None:
    handset.scan("item.counted", code(1), place="metz")
    await send(served, phone, handset.push())
    before = await pulled(served, phone)
    provisional = [row["key"] for row in before["rows"] if row["table"] == "item"]
    handset.scan("item.commissioned", code(1), place="metz", body={"type": "bac"})
    await send(served, phone, handset.push())
    page = await pulled(served, phone, before["next"])
    gone = {row["key"]: row["row"] for row in page["rows"] if row["row"] is None}
    assert gone == {provisional[0]: None}
    assert len(page["rows"]) == 2


async def test_a_cursor_that_this_database_never_gave_starts_anew(served: Served, phone: Phone) -> None:
    page = await pulled(served, phone, 10**9)
    assert page["reset"] is True
    assert {row["table"] for row in page["rows"]} >= {"org", "site", "item_type", "lane"}


async def test_a_version_of_a_row_is_pulled_with_all_the_others_in_order(served: Served, phone: Phone) -> None:
    start = await pulled(served, phone)
    row = {"name": "Metz", "zone": "Europe/Paris"}
    drafts = [
        Draft(
            kind="reference.set",
            fields={"body": {"table": "site", "key": "metz", "valid_from": valid_from, "row": row}},
        )
        for valid_from in (LATER, 7)
    ]
    with served.database.writing(ORG) as connection:
        accept_own(connection, ORG, drafts, actor="", now_ms=LATER)
    page = await pulled(served, phone, start["next"])
    (metz,) = page["rows"]
    assert [version["valid_from"] for version in metz["row"]] == [0, 7, LATER]


def decide(served: Served, act: str, target: str) -> None:
    """Let somebody decide about a record that was set aside."""
    draft = Draft(kind=f"event.{act}", fields={"body": {"target": target}})
    with served.database.writing(ORG) as connection:
        accept_own(connection, ORG, [draft], actor="", now_ms=LATER)


async def test_a_phone_is_told_what_was_decided_about_its_own_records_and_no_others(
    served: Served, phone: Phone, handset: Handset
) -> None:
    for number in range(3):
        handset.scan("item.counted", code(number), place="metz")
    early = [replace(record, teff=7) for record in handset.waiting]
    told = await send(served, phone, handset.push(early))
    assert {result["why"] for result in told["results"]} == {"time_impossible"}
    first, second, _ = told["results"]
    cursor = (await pulled(served, phone))["next"]
    decide(served, "admitted", first["id"])
    decide(served, "dismissed", second["id"])
    rows = {row["key"]: row["row"] for row in (await pulled(served, phone, cursor))["rows"] if row["table"] == "record"}
    assert rows == {
        first["id"]: [{"hash": first["hash"], "teff": 7, "status": "accepted", "was": "quarantined"}],
        second["id"]: [{"hash": second["hash"], "teff": 7, "status": "dismissed", "was": "quarantined"}],
    }
    other = a_phone(served.database, ORG)
    page = await pulled(served, other, cursor)
    assert "record" not in {row["table"] for row in page["rows"]}
    assert page["next"] == (await pulled(served, phone, cursor))["next"]


@pytest.mark.parametrize("query", ["cursor=-1", "cursor=x", "limit=0", "limit=1001", "cursor=99999999999999999999"])
async def test_questions_that_make_no_sense_are_refused(served: Served, phone: Phone, query: str) -> None:
    answer = await served.client.get(f"/v1/sync/pull?{query}", headers=phone.header)
    assert answer.status_code == 422


async def test_a_request_that_is_cut_off_leaves_nothing(served: Served, phone: Phone, handset: Handset) -> None:
    handset.scan("item.counted", code(1), place="metz")
    body = write_push(handset.push())
    messages: list[dict[str, Any]] = [
        {"type": "http.request", "body": body[: len(body) // 2], "more_body": True},
        {"type": "http.disconnect"},
    ]
    sent = []

    async def receive() -> dict[str, Any]:
        return messages.pop(0)

    async def keep(message: Any) -> None:
        sent.append(message)

    scope = {
        "type": "http",
        "method": "POST",
        "path": "/v1/sync/push",
        "query_string": b"",
        "headers": [(b"authorization", phone.header["Authorization"].encode())],
    }
    await served.app(scope, receive, keep)
    assert sent[0]["status"] == 400
    with served.database.reading() as connection:
        assert connection.execute(sa.select(RECORD.c.id).where(RECORD.c.dev == phone.enrolled.dev)).all() == []
    assert raws(served) == []
