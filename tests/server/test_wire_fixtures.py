"""Pushes recorded from every released version are still taken, answered and understood as they were then."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from boucle import admission
from boucle.admission import Reading
from boucle.events import Event
from boucle.push import Record
from boucle.version import VERSION
from boucle_server.db import Database
from tests.golden.wire.replaying import answers, state_of
from tests.server.handset import a_network

FOLDER = Path(__file__).parents[1] / "golden" / "wire"
VERSIONS = sorted(folder.name for folder in FOLDER.iterdir() if (folder / "answers.json").exists())


def test_this_version_is_recorded() -> None:
    assert VERSION in VERSIONS, "run: python -m tests.golden.wire.record"


@pytest.mark.parametrize("version", VERSIONS)
def test_a_recorded_push_is_answered_and_understood_as_it_was(database: Database, version: str) -> None:
    folder = FOLDER / version
    a_network(database, "d-un", "d-deux", role="manager")  # who may decide all that was recorded
    bodies = [file.read_bytes() for file in sorted(folder.glob("push-*.json"))]
    assert answers(database, bodies) == json.loads((folder / "answers.json").read_text(encoding="utf-8"))
    assert state_of(database) == (folder / "state.json").read_bytes()


@pytest.mark.parametrize("version", VERSIONS)
def test_a_server_that_understands_an_old_push_otherwise_is_caught(
    database: Database, monkeypatch: pytest.MonkeyPatch, version: str
) -> None:
    def misread(record: Record) -> Reading:
        content_hash, event = admission.read_record(record)
        return Reading(content_hash, replace(event, place="") if isinstance(event, Event) else event)

    monkeypatch.setattr("boucle_server.ingest.read_record", misread)
    folder = FOLDER / version
    a_network(database, "d-un", "d-deux", role="manager")
    answers(database, [file.read_bytes() for file in sorted(folder.glob("push-*.json"))])
    assert state_of(database) != (folder / "state.json").read_bytes()
