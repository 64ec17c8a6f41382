"""The described interface asked a thousand questions drawn from its own description: no answer is a failure of ours."""

import logging
from collections import Counter
from pathlib import Path
from typing import Any, NamedTuple

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
OF_A_DEVICE = ("/v1/sync/", "/v1/uploads")
ODD_ONES = 12
"""One question in so many is the other's, one a stranger's."""
SENT_AWAY_AT_MOST = 3
"""No more than one answer in so many is 401: most questions are answered for what they ask."""
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


class Askers(NamedTuple):
    """What those who ask send along: a program with every right, a phone; a stranger sends nothing."""

    program: dict[str, str]
    phone: dict[str, str]

    def of(self, path: str, number: int) -> dict[str, str]:
        """Give the header that an operation takes; of some questions in turn the other's, or none at all."""
        right, other = (self.phone, self.program) if path.startswith(OF_A_DEVICE) else (self.program, self.phone)
        return {0: other, 1: {}}.get(number % ODD_ONES, right)


@pytest.fixture
def askers(data: Path) -> Askers:
    """Give a program and a phone of the organisation."""
    database = Database.embedded_at(data / "boucle.sqlite3")
    prepare(database)
    org = a_small_year(database)
    phone = a_phone(database, org)
    with database.writing(org) as connection:
        token = tokens.add(connection, org, name="tout", scopes=list(Capability), now_ms=NOW).secret
    database.close()
    return Askers({"Authorization": f"Bearer {token}"}, phone.header)


@pytest.mark.slow
@pytest.mark.timeout(0)
def test_no_question_that_the_description_allows_or_forbids_is_answered_by_a_failure(
    data: Path, askers: Askers, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.CRITICAL)
    schema = schemathesis.openapi.from_asgi("/openapi.json", create_app(Settings(data=data, jobs=False)))
    operations = [found.ok() for found in schema.get_all_operations() if isinstance(found, Ok)]
    wanted = examples(ci=1_000, night=20_000)
    answers, failures = Counter[int](), list[str]()

    def ask(operation: Any, most: int) -> None:
        @settings(
            max_examples=most,
            deadline=None,
            database=None,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        )
        @given(st.one_of([operation.as_strategy(generation_mode=mode) for mode in GenerationMode]))
        def tried(case: Case[Any]) -> None:
            case.headers.pop("Authorization", None)
            answer = case.call(headers=askers.of(operation.path, answers.total()))
            answers[answer.status_code] += 1
            if answer.status_code >= OURS and answer.status_code not in BUSY:
                failures.append(f"{case.method} {case.formatted_path}: {answer.status_code}\n{case.as_curl_command()}")

        tried()

    while (
        answers.total() < wanted
    ):  # an operation without parameters has fewer questions than its share: go round again
        share = -(-(wanted - answers.total()) // len(operations))
        for operation in operations:
            ask(operation, share)
    assert failures == []
    assert answers.total() >= wanted
    assert answers[401] * SENT_AWAY_AT_MOST <= answers.total(), answers
    assert {200, 401, 422} <= answers.keys(), answers  # it was understood, sent away, and told what was wrong
