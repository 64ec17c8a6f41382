"""The first routes: health, time, enrolment, devices, the log; each as a stranger would use it."""

import asyncio
from base64 import b64decode
from typing import Any

import httpx
import pytest
import sqlalchemy as sa

from boucle import log
from boucle.enrolment import LIFETIME_MS, pin_of, proof_body
from boucle.log import leaf_hash, verify_consistency, verify_inclusion
from boucle.note import NoteVerifier, parse_vkey, verify_checkpoint
from boucle.roles import Role
from boucle.signing import load_crypto
from boucle_server import eventlog
from boucle_server.tables import DEVICE, ENROLMENT, RECORD
from boucle_server.web.attempts import PER_ADDRESS, PER_NAME, WINDOW_MS
from tests.api.serving import Served
from tests.server.people import NOW, a_key, a_phone, an_invitation, an_org, some_entries


async def test_the_server_is_alive_ready_and_knows_the_time(served: Served) -> None:
    assert (await served.client.get("/health/live")).json()["status"] == "ok"
    assert (await served.client.get("/health/ready")).json()["status"] == "ok"
    served.clock.ms += 7
    assert (await served.client.get("/v1/time")).json() == {"server_ms": NOW + 7}


async def test_a_server_whose_database_is_of_another_version_is_alive_and_not_ready(served: Served) -> None:
    with served.database.writing() as connection:
        connection.execute(sa.text("UPDATE alembic_version SET version_num = 'x'"))
    assert (await served.client.get("/health/live")).status_code == 200
    answer = await served.client.get("/health/ready")
    assert (answer.status_code, answer.json()["type"]) == (500, "urn:boucle:problem:database-unusable")
    assert "boucle_database_up 0" in (await served.client.get("/metrics")).text


async def test_metrics_count_answers_and_name_no_organisation(served: Served) -> None:
    an_org(served.database)
    await served.client.get("/v1/time")
    await served.client.get("/v1/time")
    await served.client.get("/nowhere")
    text = (await served.client.get("/metrics")).text
    assert "boucle_database_up 1" in text
    assert 'boucle_http_requests_total{method="GET",status="200"} 2' in text
    assert 'boucle_http_requests_total{method="GET",status="404"} 1' in text
    assert "acme" not in text


async def test_an_invented_method_makes_no_series_of_its_own(served: Served) -> None:
    for method in ("BREW", "BREWA", "PROPFIND"):
        await served.client.request(method, "/v1/time")
    text = (await served.client.get("/metrics")).text
    assert 'boucle_http_requests_total{method="other",status="405"} 3' in text
    assert "BREW" not in text
    assert "PROPFIND" not in text


def asking(code: str, key: Any) -> dict[str, str]:
    proof = key.sign(proof_body(code, key.public)).hex()
    return {"code": code, "public_key": key.public.hex(), "proof": proof, "app": "0.1.0", "boot": "b1"}


async def test_a_phone_enrols_by_one_scan_and_checks_the_key_it_is_told(served: Served) -> None:
    org = an_org(served.database)
    invitation, key = an_invitation(served.database, org), a_key()
    answer = await served.client.post("/v1/enrol", json=asking(invitation.code, key))
    told = answer.json()
    assert answer.status_code == 200
    assert pin_of(parse_vkey(told["vkey"])[1]) == invitation.pin
    wanted = {"org": "acme", "role": "driver", "site": "", "zone": "Europe/Paris", "server_ms": NOW}
    assert {name: told[name] for name in wanted} == wanted
    header = {"Authorization": f"Bearer {told['token']}"}
    assert (await served.client.get("/v1/log/key", headers=header)).json()["box"] == told["box"]
    with served.database.reading() as connection:
        stored = connection.execute(sa.select(DEVICE).where(DEVICE.c.dev == told["dev"])).one()
    assert (stored.public_key, stored.app, stored.boot) == (key.public, "0.1.0", "b1")


async def test_a_used_an_old_and_a_made_up_code_let_nobody_in(served: Served) -> None:
    org = an_org(served.database)
    used, old = an_invitation(served.database, org), an_invitation(served.database, org)
    await served.client.post("/v1/enrol", json=asking(used.code, a_key()))
    again = await served.client.post("/v1/enrol", json=asking(used.code, a_key()))
    made_up = await served.client.post("/v1/enrol", json=asking("0" * 26, a_key()))
    served.clock.ms += LIFETIME_MS
    late = await served.client.post("/v1/enrol", json=asking(old.code, a_key()))
    assert [answer.status_code for answer in (again, made_up, late)] == [410, 404, 410]
    with served.database.reading() as connection:
        count = connection.execute(sa.select(sa.func.count()).select_from(DEVICE)).scalar()
    assert count == 2  # the server's own and the one that was let in


async def test_whoever_tries_codes_has_to_wait_and_another_address_does_not(served: Served) -> None:
    org = an_org(served.database)
    for _ in range(PER_NAME):
        assert (await served.client.post("/v1/enrol", json=asking("0" * 26, a_key()))).status_code == 404
    refused = await served.client.post("/v1/enrol", json=asking("0" * 26, a_key()))
    assert (refused.status_code, refused.json()["type"]) == (429, "urn:boucle:problem:too-many")
    assert refused.headers["retry-after"] == str(WINDOW_MS // 1000)
    assert refused.headers["content-type"] == "application/problem+json"
    for number in range(1, PER_ADDRESS - PER_NAME + 1):
        assert (await served.client.post("/v1/enrol", json=asking(f"{number:026}", a_key()))).status_code == 404
    good = asking(an_invitation(served.database, org).code, a_key())
    assert (await served.client.post("/v1/enrol", json=good)).status_code == 429
    elsewhere = httpx.ASGITransport(app=served.app, client=("203.0.113.9", 5))
    async with httpx.AsyncClient(transport=elsewhere, base_url="http://boucle.test") as client:
        assert (await client.post("/v1/enrol", json=good)).status_code == 200


async def test_the_wait_of_who_tried_codes_ends(served: Served) -> None:
    org = an_org(served.database)
    for number in range(PER_ADDRESS):
        await served.client.post("/v1/enrol", json=asking(f"{number:026}", a_key()))
    served.clock.ms += WINDOW_MS
    code = an_invitation(served.database, org).code
    with served.database.writing(org) as connection:
        connection.execute(sa.update(ENROLMENT).values(expires_ms=served.clock.ms + 1))
    assert (await served.client.post("/v1/enrol", json=asking(code, a_key()))).status_code == 200


async def test_of_two_phones_that_show_one_code_at_once_one_gets_in(served: Served) -> None:
    org = an_org(served.database)
    code = an_invitation(served.database, org).code
    answers = await asyncio.gather(*(served.client.post("/v1/enrol", json=asking(code, a_key())) for _ in range(5)))
    assert sorted(answer.status_code for answer in answers) == [200, 410, 410, 410, 410]


async def test_devices_are_listed_by_pages_with_what_they_last_said(served: Served) -> None:
    org = an_org(served.database)
    manager = a_phone(served.database, org, Role.MANAGER)
    known = sorted([manager.enrolled.dev, *(a_phone(served.database, org).enrolled.dev for _ in range(4))])
    first = (await served.client.get("/v1/devices?limit=3", headers=manager.header)).json()
    second = (await served.client.get(f"/v1/devices?limit=3&after={first['next']}", headers=manager.header)).json()
    assert [device["dev"] for device in first["devices"] + second["devices"]] == known
    assert second["next"] is None
    assert first["devices"][0]["last_seen_ms"] == NOW
    assert "token_hash" not in first["devices"][0]


async def test_a_stranger_checks_the_log_with_the_key_alone(served: Served) -> None:
    org = an_org(served.database)
    phone = a_phone(served.database, org)
    verifier = NoteVerifier.from_vkey(phone.enrolled.vkey, load_crypto().verify_key)
    payload, salt = b'{"v":1}', b"s" * 16
    commit = log.commitment(salt, payload, teff_ms=NOW, quality=0)
    entry = log.entry(log.EntryKind.EVENT, "e-7", received_ms=NOW, commit=commit)

    async def get(path: str) -> dict[str, Any]:
        answer = await served.client.get(f"/v1/log/{path}", headers=phone.header)
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json()
        return found

    old = verify_checkpoint((await get("checkpoint"))["checkpoint"], verifier)
    with served.database.writing(org) as connection:
        eventlog.append(connection, org, some_entries(0, 300))
        at = eventlog.append(connection, org, [entry])
        connection.execute(
            sa.insert(RECORD).values(
                org=org, id="e-7", variant=0, hash="h", dev="d", epoch="e", seq=1, kind="k", subject="s",
                payload=payload, teff=NOW, tq=0, salt=salt, generation=1, leaf=at.first, status="accepted",
                reason="", received_ms=NOW,
            )
        )  # fmt: skip
    found = await get("proof/e-7")
    new = verify_checkpoint(found["checkpoint"], verifier)
    hashes = [bytes.fromhex(value) for value in found["proof"]]
    leaf = leaf_hash(found["entry"].encode())
    assert found["entry"].encode() == entry
    assert commit.hex() in found["entry"]
    assert verify_inclusion(leaf, found["index"], size=found["size"], proof=hashes, root=new.root)

    head, _, note = found["tlog_proof"].partition("\n\n")
    first, extra, index, *lines = head.split("\n")
    assert (first, index) == ("c2sp.org/tlog-proof@v1", f"index {found['index']}")
    assert b64decode(extra.removeprefix("extra ")) == entry
    assert [b64decode(line) for line in lines] == hashes
    assert note == found["checkpoint"]

    grown = await get(f"consistency?from={old.size}&to={new.size}")
    proof = [bytes.fromhex(value) for value in grown["proof"]]
    assert verify_consistency(old.size, new.size, proof=proof, old_root=old.root, new_root=new.root)


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("proof/none", 404),
        ("consistency?from=1&to=99999", 404),
        ("consistency?from=2&to=1", 422),
        ("consistency?from=-1&to=1", 422),
        ("consistency?from=0&to=99999999999999999999", 422),
        ("consistency?from=x&to=1", 422),
        ("consistency", 422),
        ("proof/" + "e" * 65, 422),
        ("proof/%00", 400),
        ("proof/e?x=%00", 400),
        ("proof/%ed%a0%80", 404),
    ],
)
async def test_questions_that_make_no_sense_to_the_log_are_answered_as_such(
    served: Served, path: str, status: int
) -> None:
    phone = a_phone(served.database, an_org(served.database))
    answer = await served.client.get(f"/v1/log/{path}", headers=phone.header)
    assert (answer.status_code, answer.headers["content-type"]) == (status, "application/problem+json")
