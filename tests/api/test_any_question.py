"""The described interface asked a thousand questions: none fails, each answer is as described, each can succeed."""

import logging
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis import Case, GenerationMode
from schemathesis.core.failures import FailureGroup
from schemathesis.core.result import Ok
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from boucle.clock import FixedClock
from boucle_server import photos
from boucle_server.api import eventlog
from boucle_server.app import create_app
from boucle_server.db import Database
from boucle_server.errors import NotFoundError
from boucle_server.schema import prepare
from boucle_server.settings import Settings
from tests.api.asked_world import PHOTO_PART, Stored, informed, stored_in
from tests.campaign import examples
from tests.server.people import NOW

OF_A_DEVICE = ("/v1/sync/", "/v1/uploads")
ODD_ONES = 12
"""One question in so many is the other's, one a stranger's."""
SENT_AWAY_AT_MOST = 3
"""No more than one answer in so many is 401: most questions are answered for what they ask."""
OURS = 500
BUSY = frozenset({503, 507})
"""Answers that name a passing state of the machine; a question does not bring them about."""
A_MOMENT_MS = 30_000
"""Between two questions, so that whoever has to wait after attempts that failed is let in again."""
AS_DESCRIBED: Final = [status_code_conformance, content_type_conformance, response_schema_conformance]
"""What holds of every answer: the description has its status, its kind of content, and all that stands in it."""
NEVER_ANSWERED: Final[dict[str, str]] = {}
"""Operations that no question of this test can succeed with, and why."""


@schemathesis.serializer(PHOTO_PART)
def as_bytes(_context: object, value: object) -> bytes:
    """Send a part of a photo as it was drawn."""
    return value if isinstance(value, bytes) else str(value).encode()


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """Give the data directory of the organisation."""
    return tmp_path / "data"


@pytest.fixture
def stored(data: Path) -> Stored:
    """Give what is stored there."""
    database = Database.embedded_at(data / "boucle.sqlite3")
    prepare(database)
    return stored_in(database)


@dataclass
class Questioning:
    """Questions to the interface over what is stored, and what came of them."""

    data: Path
    stored: Stored
    answers: Counter[int] = field(default_factory=Counter)
    succeeded: Counter[str] = field(default_factory=Counter)
    failures: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.clock = FixedClock(NOW)
        schema = schemathesis.openapi.from_asgi(
            "/openapi.json", create_app(Settings(data=self.data, jobs=False), clock=self.clock)
        )
        self.operations: Sequence[Any] = [found.ok() for found in schema.get_all_operations() if isinstance(found, Ok)]

    def header(self, path: str) -> dict[str, str]:
        """Give the header that an operation takes; of some questions in turn the other's, or none at all."""
        program, phone = self.stored.askers
        right, other = (phone, program) if path.startswith(OF_A_DEVICE) else (program, phone)
        return {0: other, 1: {}}.get(self.answers.total() % ODD_ONES, right)

    def ask(self, operation: Any, most: int) -> None:
        """Ask one operation: half of the questions know what is stored, half know the description alone."""
        strange = [operation.as_strategy(generation_mode=mode) for mode in GenerationMode]
        drawn = st.booleans().flatmap(lambda knows: informed(self.stored, operation) if knows else st.one_of(strange))

        @settings(
            max_examples=most,
            deadline=None,
            database=None,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        )
        @given(drawn)
        def tried(case: Case[Any]) -> None:
            self.put(case, operation.label)

        tried()

    def put(self, case: Case[Any], label: str) -> None:
        """Put one question, and note its answer."""
        case.headers.pop("Authorization", None)
        self.clock.ms += A_MOMENT_MS
        answer = case.call(headers=self.header(case.path))
        self.answers[answer.status_code] += 1
        if 200 <= answer.status_code < 300:
            self.succeeded[label] += 1
            if "/uploads/" in case.path:
                self.stored.heard(case, (answer.headers.get("upload-offset") or [""])[0])
        if answer.status_code >= OURS and answer.status_code not in BUSY:
            self.failures.append(f"{case.method} {case.formatted_path}: {answer.status_code}\n{case.as_curl_command()}")
            return
        try:
            case.validate_response(answer, checks=AS_DESCRIBED)
        except FailureGroup as found:
            self.failures.extend(str(each) for each in found.exceptions)

    def share(self, wanted: int) -> None:
        """Ask so many questions, every operation its share."""
        # An operation without parameters has fewer questions than its share: go round again.
        while self.answers.total() < wanted:
            share = -(-(wanted - self.answers.total()) // len(self.operations))
            for operation in self.operations:
                self.ask(operation, share)


@pytest.mark.slow
@pytest.mark.timeout(0)
def test_no_question_is_answered_by_a_failure_and_every_operation_answered_some_with_success(
    data: Path, stored: Stored, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.CRITICAL)
    wanted = examples(ci=1_000, night=20_000)
    asked = Questioning(data, stored)
    asked.share(wanted)
    answers = asked.answers
    assert asked.failures == []
    never = {operation.label for operation in asked.operations} - asked.succeeded.keys()
    assert never == NEVER_ANSWERED.keys(), asked.succeeded
    assert answers.total() >= wanted
    assert answers[401] * SENT_AWAY_AT_MOST <= answers.total(), answers
    assert {200, 201, 204, 401, 404, 409, 422} <= answers.keys(), answers


def test_an_operation_that_fails_only_where_it_succeeds_would_be_found(
    data: Path, stored: Stored, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Mutant: what a proof is written with fails, and a photo that is named is always unknown."""

    def broken(_value: bytes) -> bytes:
        raise RuntimeError

    def unknown(*_asked: object, **_more: object) -> bytes:
        raise NotFoundError("api.no_photo")

    caplog.set_level(logging.CRITICAL)
    monkeypatch.setattr(eventlog, "b64encode", broken)
    monkeypatch.setattr(photos, "content", unknown)
    asked = Questioning(data, stored)
    broke = {"GET /v1/log/proof/{event_id}", "GET /v1/photos/{sha256}"}
    for operation in asked.operations:
        if operation.label in broke:
            asked.ask(operation, examples(ci=30, night=100))
    assert {each.split()[1].split("/")[2] for each in asked.failures} == {"log"}
    assert not broke & asked.succeeded.keys()
