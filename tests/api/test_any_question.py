"""The described interface asked a thousand questions drawn from its own description: no answer is a failure of ours."""

import logging
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis import Case, GenerationMode
from schemathesis.core.result import Ok

from boucle.roles import Capability
from boucle_server import tokens
from boucle_server.app import create_app
from boucle_server.db import Database
from boucle_server.schema import prepare
from boucle_server.settings import Settings
from tests.campaign import examples
from tests.server.figures_world import a_small_year
from tests.server.people import NOW, a_phone

PHOTO_PART = "application/offset+octet-stream"
OURS = 500
BUSY = frozenset({503, 507})
"""Answers that name a passing state of the machine; a question does not bring them about."""


@schemathesis.serializer(PHOTO_PART)
def as_bytes(_context: object, value: object) -> bytes:
    """Send a part of a photo as it was drawn."""
    return value if isinstance(value, bytes) else str(value).encode()


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """Give the data directory of an organisation with a small year behind it."""
    return tmp_path / "data"


@pytest.fixture
def headers(data: Path) -> list[dict[str, str]]:
    """Give what those who ask send along: a program with every right most of the time, a phone, a stranger."""
    database = Database.embedded_at(data / "boucle.sqlite3")
    prepare(database)
    org = a_small_year(database)
    phone = a_phone(database, org)
    with database.writing(org) as connection:
        token = tokens.add(connection, org, name="tout", scopes=list(Capability), now_ms=NOW).secret
    database.close()
    program = {"Authorization": f"Bearer {token}"}
    return [program, program, program, phone.header, program, {}]


@pytest.mark.slow
@pytest.mark.timeout(0)
def test_no_question_that_the_description_allows_or_forbids_is_answered_by_a_failure(
    data: Path, headers: list[dict[str, str]], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.CRITICAL)
    schema = schemathesis.openapi.from_asgi("/openapi.json", create_app(Settings(data=data, jobs=False)))
    operations = [found.ok() for found in schema.get_all_operations() if isinstance(found, Ok)]
    each = -(-examples(ci=1_000, night=20_000) // len(operations))
    answers, failures = Counter[int](), list[str]()
    for operation in operations:

        @settings(
            max_examples=each,
            deadline=None,
            database=None,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        )
        @given(st.one_of([operation.as_strategy(generation_mode=mode) for mode in GenerationMode]))
        def tried(case: Case[Any]) -> None:
            case.headers.pop("Authorization", None)
            answer = case.call(headers=headers[answers.total() % len(headers)])
            answers[answer.status_code] += 1
            if answer.status_code >= OURS and answer.status_code not in BUSY:
                failures.append(f"{case.method} {case.formatted_path}: {answer.status_code}\n{case.as_curl_command()}")

        tried()
    assert failures == []
    assert answers.total() >= len(operations)
    assert {200, 401, 422} <= answers.keys(), answers  # it was understood, sent away, and told what was wrong
