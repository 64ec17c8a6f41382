"""Items, their histories and what wants attention, over HTTP: every form of a label, every fate of an event."""

from typing import Any
from urllib.parse import quote

import pytest

from boucle.push import Push, Record, write_push
from boucle.roles import Capability, Role
from boucle.wire import digest
from boucle_server import devices, tokens
from boucle_server.ingest import accept_own
from boucle_server.server_device import Draft
from tests.api.serving import Served
from tests.builders import DAY, ORG, START_MS, Device, code
from tests.server.handset import LATER, Handset, a_network, sealed
from tests.server.people import Phone, a_phone

GRAI = "8003" + "0" + "9521101530001" + "4711"
"""A returnable asset with a serial number, in GS1's example range."""


@pytest.fixture
def phone(served: Served) -> Phone:
    """Give the phone of a manager in the small network."""
    a_network(served.database)
    served.clock.ms = LATER
    return a_phone(served.database, ORG, Role.MANAGER)


@pytest.fixture
def handset(phone: Phone) -> Handset:
    """Give what that phone records with."""
    return Handset(device=Device(dev=phone.enrolled.dev), enrolled_key=phone.key)


async def send(served: Served, phone: Phone, push: Push) -> dict[str, Any]:
    answer = await served.client.post("/v1/sync/push", content=write_push(push), headers=phone.header)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def get(served: Served, phone: Phone, path: str, lang: str = "en") -> dict[str, Any]:
    headers = {**phone.header, "Accept-Language": lang}
    answer = await served.client.get(path, headers=headers)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def a_loop(served: Served, phone: Phone, handset: Handset, number: int = 1) -> list[dict[str, Any]]:
    handset.scan("item.commissioned", code(number), at=0, place="strasbourg", body={"type": "bac"})
    handset.scan("item.shipped", code(number), at=1, place="strasbourg", body={"to": "mulhouse"})
    handset.scan("item.collected", code(number), at=9, place="nancy", task="t1", tq=1)
    results: list[dict[str, Any]] = (await send(served, phone, handset.push()))["results"]
    return results


async def test_an_item_is_found_by_every_form_of_its_label(served: Served, phone: Phone, handset: Handset) -> None:
    results = await a_loop(served, phone, handset)
    key = code(1)
    plain = key.rpartition("/")[2].replace("-", "")
    grouped = "-".join(plain[at : at + 4] for at in range(0, 14, 4))
    forms = [key, f"C/{plain}", grouped, grouped.lower(), f"HTTPS://BOUCLE.EXAMPLE/C/{plain}", results[0]["id"]]
    found = [await get(served, phone, f"/v1/items/{quote(form, safe='/')}") for form in forms]
    assert all(each == found[0] for each in found)
    whole = await get(served, phone, f"/v1/items/{quote(f'https://boucle.example/C/{plain}', safe='')}")
    assert whole == found[0]
    one = found[0]
    wanted = {
        "item": results[0]["id"], "known": True, "type": "bac", "type_name": "Bac 600×400", "stage": "inbound",
        "place": "nancy", "place_name": "Nancy Électronique", "partner": "nancy", "uses": 1, "tare_g": 2_000,
        "out_since_ms": START_MS + DAY, "due": "2026-02-01", "overdue": True, "presumed_lost": True,
        "codes": [{"key": f"C/{plain}", "printed": grouped}], "last_ms": START_MS + 9 * DAY,
    }  # fmt: skip
    assert {name: one[name] for name in wanted} == wanted
    assert {task["reason"] for task in one["tasks"]} == {"other_partner"}
    assert all(task["text"] and task["todo"] for task in one["tasks"])


async def test_a_gs1_key_names_an_item_like_a_code_of_ours(served: Served, phone: Phone, handset: Handset) -> None:
    handset.scan("item.commissioned", f"]d2{GRAI}", place="strasbourg", body={"type": "bac"})
    await send(served, phone, handset.push())
    link = quote(f"https://id.gs1.org/8003/{GRAI[4:]}", safe="")
    for form in (quote(f"]d2{GRAI}", safe=""), link, quote(f"(8003){GRAI[4:]}", safe="")):
        found = await get(served, phone, f"/v1/items/{form}")
        assert (found["stage"], found["codes"][0]["key"][:8]) == ("available", "https://")


async def test_nobody_elses_and_no_item_are_not_found(served: Served, phone: Phone, handset: Handset) -> None:
    await a_loop(served, phone, handset)
    for path in (code(5), "nonsense", "C/0000", "019b7660-6a00-7000-8000-000000000000", "a/b/c", "x" * 900, "~C/1"):
        for end in ("", "/events"):
            answer = await served.client.get(f"/v1/items/{quote(path, safe='/')}{end}", headers=phone.header)
            assert (answer.status_code, answer.json()["type"]) == (404, "urn:boucle:problem:not-found"), path


async def test_a_code_that_was_misread_is_told_from_one_that_nobody_knows(served: Served, phone: Phone) -> None:
    plain = code(5).rpartition("/")[2].replace("-", "")
    other = "0" if plain[-1] != "0" else "1"
    for end in ("", "/events"):
        misread = await served.client.get(f"/v1/items/{plain[:-1]}{other}{end}", headers=phone.header)
        unknown = await served.client.get(f"/v1/items/{plain}{end}", headers=phone.header)
        assert (misread.status_code, unknown.status_code) == (404, 404)
        assert f"{plain[:-1]}{other}" in misread.json()["detail"]
        assert plain not in unknown.json()["detail"]


async def test_a_history_tells_of_every_event_what_became_of_it(served: Served, phone: Phone, handset: Handset) -> None:
    results = await a_loop(served, phone, handset)
    handset.scan("item.collected", code(1), place="nancy")
    handset.scan("event.voided", code(1), body={"target": results[1]["id"]})
    wrong = handset.scan("item.counted", code(1), place="metz")
    await send(served, phone, handset.push())
    later = Record(payload=wrong.payload, teff=wrong.teff + 1, tq=0)
    await send(served, phone, sealed(handset, (later,), 6))
    told = await get(served, phone, f"/v1/items/{code(1)}/events")
    assert told["next"] is None
    rows = [(row["kind"], row["status"], row["outcome"], row["superseded"]) for row in told["events"]]
    assert rows == [
        ("item.commissioned/1", "accepted", "applied", False),
        ("item.shipped/1", "accepted", None, True),
        ("item.collected/1", "accepted", "applied", False),
        ("item.collected/1", "accepted", "repeat", False),
        ("event.voided/1", "accepted", None, False),
        ("item.counted/1", "accepted", "applied", False),
        ("item.counted/1", "conflict", None, False),
    ]
    shipped, collected, again, void = told["events"][1:5]
    assert shipped["amended_by"] == [void["id"]]
    assert void["amends"] == shipped["id"]
    assert {reason["reason"] for reason in collected["reasons"]} == {"inferred_shipped", "inferred_delivered"}
    assert all(reason["text"] for reason in collected["reasons"])
    assert [reason["reason"] for reason in again["reasons"]] == ["same_again"]
    assert (collected["quality"], collected["evidence"], collected["task"]) == ("interval", "scanned", "t1")
    assert (collected["place_name"], collected["received_ms"]) == ("Nancy Électronique", LATER)
    proof = await get(served, phone, f"/v1/log/proof/{collected['id']}")
    assert proof["index"] == collected["log_index"]
    french = await get(served, phone, f"/v1/items/{code(1)}/events", "fr")
    assert french["events"][3]["outcome_text"] != told["events"][3]["outcome_text"]


async def test_a_history_comes_in_pages(served: Served, phone: Phone, handset: Handset) -> None:
    for _ in range(7):
        handset.scan("item.counted", code(1), place="metz")
    await send(served, phone, handset.push())
    whole = await get(served, phone, f"/v1/items/{code(1)}/events")
    rows: list[Any] = []
    after: int | None = 0
    for _ in range(3):
        page = await get(served, phone, f"/v1/items/{code(1)}/events?after={after}&limit=3")
        rows += page["events"]
        after = page["next"]
    assert (rows, after) == (whole["events"], None)
    assert [row["outcome_text"] for row in rows[:1]] == [whole["events"][0]["outcome_text"]]


async def test_two_codes_of_one_item_show_one_history(served: Served, phone: Phone, handset: Handset) -> None:
    handset.scan("item.counted", code(2), place="metz")
    handset.scan("item.commissioned", code(1), place="strasbourg", body={"type": "bac"})
    handset.scan("label.replaced", code(2), other=code(1))
    handset.scan("item.cleaned", code(2), place="strasbourg")
    await send(served, phone, handset.push())
    one = await get(served, phone, f"/v1/items/{code(1)}/events")
    other = await get(served, phone, f"/v1/items/{code(2)}/events")
    assert one["events"] == other["events"]
    assert len(one["events"]) == 4
    assert (await get(served, phone, f"/v1/items/{code(2)}"))["codes"] == (
        await get(served, phone, f"/v1/items/{code(1)}")
    )["codes"]


async def test_an_item_of_which_nothing_stands_is_gone_and_still_has_a_history(
    served: Served, phone: Phone, handset: Handset
) -> None:
    handset.scan("item.commissioned", code(1), place="metz", body={"type": "bac"})
    made = (await send(served, phone, handset.push()))["results"][0]["id"]
    handset.scan("event.voided", code(1), body={"target": made})
    await send(served, phone, handset.push())
    answer = await served.client.get(f"/v1/items/{code(1)}", headers=phone.header)
    assert answer.status_code == 404
    told = await get(served, phone, f"/v1/items/{code(1)}/events")
    assert [(row["kind"], row["superseded"]) for row in told["events"]] == [
        ("item.commissioned/1", True),
        ("event.voided/1", False),
    ]


async def test_what_was_set_aside_is_listed_in_order_with_its_bytes_and_reason(
    served: Served, phone: Phone, handset: Handset
) -> None:
    junk = handset.junk(b'{"v": 1}')
    ahead = handset.scan("item.counted", code(1), at=900, place="metz")
    handset.device.now_ms = START_MS
    await send(served, phone, handset.push())
    served.clock.ms += 1
    body = b"\xff\xfe"
    await served.client.post("/v1/sync/push", content=body, headers=phone.header)
    whole = await get(served, phone, "/v1/quarantine")
    rows = [(row["status"], row["why"]["reason"], row["hash"]) for row in whole["records"]]
    assert rows == [
        ("unreadable", "bad_keys", digest(junk.payload)),
        ("quarantined", "time_future", digest(ahead.payload)),
        ("unreadable", "not_a_push", digest(body)),
    ]
    first, second, third = whole["records"]
    assert (first["text"], third["text"], third["base64"]) == ('{"v": 1}', None, "//4=")
    assert second["text"].encode() == ahead.payload
    assert all(row["why"]["text"] and row["status_text"] for row in whole["records"])
    pages: list[Any] = []
    after: str | None = ""
    for _ in range(3):
        page = await get(served, phone, f"/v1/quarantine?limit=1&after={after}")
        pages += page["records"]
        after = page["next"]
    assert (pages, after) == (whole["records"], None)
    draft = Draft(kind="event.dismissed", fields={"body": {"target": second["id"]}})
    with served.database.writing(ORG) as connection:
        accept_own(connection, ORG, [draft], actor="p-chef", now_ms=LATER)
    left = await get(served, phone, "/v1/quarantine")
    assert [row["hash"] for row in left["records"]] == [first["hash"], third["hash"]]


async def test_attention_counts_tasks_quarantine_gaps_silence_and_late_loans(
    served: Served, phone: Phone, handset: Handset
) -> None:
    await a_loop(served, phone, handset, 1)
    handset.scan("item.commissioned", code(2), place="strasbourg", body={"type": "bac"})
    handset.scan("item.shipped", code(2), at=20, place="strasbourg", body={"to": "mulhouse"})
    handset.scan("item.counted", code(3), at=21, place="metz")
    await send(served, phone, handset.push())
    for _ in range(5):
        handset.scan("item.counted", code(2), place="mulhouse")
    await send(served, phone, sealed(handset, tuple(handset.waiting[3:]), 10))
    with served.database.writing(ORG) as connection:
        devices.seen(connection, ORG, "d-un", now_ms=LATER - DAY, unsent=37, app="1", boot="")
    served.clock.ms = START_MS + 60 * DAY  # both are due, only the first is presumed lost
    told = await get(served, phone, "/v1/attention")
    counts = {task["reason"]: task["count"] for task in told["tasks"]}
    assert counts == {"other_partner": 1, "unknown_item": 1}
    assert [task["reason"] for task in told["latest"]] == ["unknown_item", "other_partner"]
    assert told["gaps"] == [{"dev": phone.enrolled.dev, "epoch": handset.device.epoch, "missing": [[7, 9]], "count": 3}]
    assert [(each["dev"], each["unsent"]) for each in told["unsent"]] == [("d-un", 37)]
    assert (told["overdue"], told["presumed_lost"]) == (2, 0)
    served.clock.ms = START_MS + 93 * DAY
    told = await get(served, phone, "/v1/attention")
    assert (told["overdue"], told["presumed_lost"]) == (2, 1)
    pages: list[Any] = []
    after: str | None = ""
    for _ in range(2):
        page = await get(served, phone, f"/v1/attention?limit=1&after={after}")
        pages += page["latest"]
        after = page["next"]
    assert (pages, after) == (told["latest"], None)


@pytest.mark.parametrize(
    "path", ["quarantine?after=x", "quarantine?after=1.2.3", "attention?after=..", "attention?limit=0"]
)
async def test_a_page_that_was_never_given_is_refused(served: Served, phone: Phone, path: str) -> None:
    answer = await served.client.get(f"/v1/{path}", headers=phone.header)
    assert answer.status_code == 422


async def test_what_was_set_aside_is_for_who_manages(served: Served, phone: Phone) -> None:
    with served.database.writing(ORG) as connection:
        secret = tokens.add(connection, ORG, name="t", scopes=[Capability.READ], now_ms=LATER).secret
    headers = {"Authorization": f"Bearer {secret}"}
    assert phone.enrolled.role == Role.MANAGER
    assert (await served.client.get("/v1/quarantine", headers=headers)).status_code == 403
    assert (await served.client.get("/v1/attention", headers=headers)).status_code == 200
