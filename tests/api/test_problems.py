"""Errors over HTTP: always problem+json, with a stable type, in the reader's language, without a secret."""

import json
import logging
from typing import Any

import httpx
import pytest
from fastapi import APIRouter, Depends

from boucle import errors as domain_errors
from boucle.errors import BoucleError
from boucle.words import LANGUAGES, say
from boucle_server import app as application
from boucle_server import errors
from boucle_server.api import problems
from boucle_server.api.rights import public
from boucle_server.errors import DiskFullError, ServerError, slug_of
from tests.api.serving import Served
from tests.server.people import an_org

CANARY = "canary-4711-secret"


def problem(answer: httpx.Response, slug: str, status: int) -> dict[str, Any]:
    body: dict[str, Any] = answer.json()
    assert answer.headers["content-type"] == "application/problem+json"
    assert (answer.status_code, body["status"], body["type"]) == (status, status, f"urn:boucle:problem:{slug}")
    assert body["title"]
    assert body["detail"]
    return body


def all_errors(root: type[BoucleError]) -> list[type[BoucleError]]:
    return [root, *(inner for each in root.__subclasses__() for inner in all_errors(each))]


def test_the_types_of_problems_are_those_that_clients_were_promised() -> None:
    known = {slug_of(each) for each in all_errors(ServerError) if each.__module__ == errors.__name__}
    assert known == {
        "server", "storage", "disk-full", "database-busy", "database-gone", "database-damaged",
        "database-unusable", "refused", "unauthenticated", "device-revoked", "forbidden", "not-found",
        "conflict", "expired", "quota", "too-many", "kept-raw", "invalid-input", "operator",
            "photo-refused", "photo-damaged", "photo-unannounced", "tus-version", "media-type", "checksum",
    }  # fmt: skip


def test_the_tree_at_the_top_of_each_file_of_errors_is_the_tree_of_its_classes() -> None:
    for module in (errors, domain_errors):
        drawn = {line.split("── ")[1].split()[0] for line in (module.__doc__ or "").splitlines() if "── " in line}
        made = {each.__name__ for each in all_errors(BoucleError) if each.__module__ == module.__name__}
        assert drawn == made - {"BoucleError"}


async def test_an_unknown_address_is_a_problem_in_the_language_asked_for(served: Served) -> None:
    french = await served.client.get("/nowhere")
    english = await served.client.get("/nowhere", headers={"Accept-Language": "de-DE, en-GB;q=0.8"})
    assert problem(french, "not-found", 404)["detail"] == "introuvable"
    assert problem(english, "not-found", 404)["detail"] == "not found"


async def test_a_method_that_an_address_does_not_know_is_a_problem(served: Served) -> None:
    problem(await served.client.delete("/v1/time"), "method-not-allowed", 405)


@pytest.mark.parametrize("content", [b"", b"{", b"\xff\xfe", b"nonsense", b"[" * 100_000])
async def test_a_body_that_is_no_json_is_answered_400(served: Served, content: bytes) -> None:
    answer = await served.client.post("/v1/enrol", content=content, headers={"content-type": "application/json"})
    assert answer.status_code in (400, 422)
    assert answer.headers["content-type"] == "application/problem+json"


async def test_fields_that_do_not_do_are_named_and_never_repeated(served: Served) -> None:
    body = {"code": CANARY * 10, "public_key": CANARY, "proof": "00", "more": CANARY}
    found = problem(await served.client.post("/v1/enrol", json=body), "validation", 422)
    assert {flaw["at"] for flaw in found["errors"]} == {"body.code", "body.public_key", "body.proof", "body.more"}
    assert CANARY not in json.dumps(found)


async def test_a_request_that_is_too_large_is_refused_by_what_it_says_and_by_what_it_sends(
    served: Served,
) -> None:
    size = application.MAX_BODY + 1
    headers = {"content-type": "application/json"}

    async def chunks() -> Any:
        for _ in range(size // 4096 + 1):
            yield b" " * 4096

    said = await served.client.post("/v1/enrol", content=b" " * size, headers=headers)
    sent = await served.client.post("/v1/enrol", content=chunks(), headers=headers)
    absurd = {**headers, "content-length": "9" * 5000}
    problem(await served.client.post("/v1/enrol", content=b"{}", headers=absurd), "too-large", 413)
    problem(said, "too-large", 413)
    problem(sent, "too-large", 413)


async def test_without_a_token_nothing_is_told(served: Served) -> None:
    an_org(served.database)
    for headers in ({}, {"Authorization": f"Bearer {CANARY}"}, {"Authorization": "Basic x"}):
        answer = await served.client.get("/v1/devices", headers=headers)
        problem(answer, "unauthenticated", 401)
        assert answer.headers["www-authenticate"] == "Bearer"
        assert CANARY not in answer.text


def a_route_that(raises: Exception) -> APIRouter:
    router = APIRouter()

    @router.get("/broken", dependencies=[Depends(public)])
    def broken() -> None:
        raise raises

    return router


async def test_a_bug_is_answered_with_a_number_that_the_log_has_and_nothing_else(
    served: Served, caplog: pytest.LogCaptureFixture
) -> None:
    served.app.include_router(a_route_that(KeyError(CANARY)))
    with caplog.at_level(logging.ERROR, "boucle"):
        found = problem(await served.client.get(f"/broken?token={CANARY}"), "internal", 500)
    assert found["incident"] in found["detail"]
    assert found["incident"] in caplog.text
    assert "KeyError" in caplog.text
    assert "test_problems.py" in caplog.text
    assert CANARY not in caplog.text + json.dumps(found)


async def test_a_full_disk_is_told_as_such_with_a_number_and_the_server_goes_on(served: Served) -> None:
    served.app.include_router(a_route_that(DiskFullError()))
    answer = await served.client.get("/broken", headers={"Accept-Language": "en"})
    found = problem(answer, "disk-full", 507)
    assert "free space" in found["detail"]
    assert found["incident"]
    assert (await served.client.get("/health/ready")).status_code == 200


async def test_a_busy_database_says_when_to_come_back(served: Served) -> None:
    served.app.include_router(a_route_that(errors.DatabaseBusyError()))
    answer = await served.client.get("/broken")
    problem(answer, "database-busy", 503)
    assert answer.headers["retry-after"] == str(problems.RETRY_AFTER_S)


async def test_what_the_domain_says_of_a_broken_promise_stays_in_the_log(served: Served) -> None:
    served.app.include_router(a_route_that(domain_errors.SigningRefusedError(CANARY)))
    answer = await served.client.get("/broken")
    problem(answer, "signing-refused", 500)
    assert CANARY not in answer.text


@pytest.mark.parametrize("slug", ["unauthenticated", "forbidden", "bad_request", "too_large", "validation"])
def test_what_is_refused_at_the_door_says_that_nothing_was_kept_and_what_to_do(slug: str) -> None:
    french, english = (say(f"api.{slug}", lang, capability="read").split(";") for lang in LANGUAGES)
    assert len(french) == len(english) == 3
    assert "rien n’" in french[1]
    assert "nothing" in english[1]
