"""Recorded exchanges of every version: what an earlier client sent, and what an earlier server answered, still work."""

import json
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from sqlite3 import connect
from typing import Any

import pytest

from boucle.anchor import Reading
from boucle.push import read_push, seal_body
from boucle.wire import Unreadable, read
from boucle_field.asking import Engine, Pause, Response
from boucle_field.identity import device_key
from boucle_field.phone import Phone
from boucle_field.pushing import End, Report
from boucle_field.store import FILE, Store
from boucle_field.sync import sync
from tests.world import CRYPTO

GOLDEN = Path(__file__).parent / "golden"
VERSIONS = sorted(path.stem.partition("-")[2] for path in GOLDEN.glob("wire-*.json"))


@dataclass
class StoppedTicks:
    """The clocks of a device at the moment of the recording."""

    at: Reading

    def reading(self) -> Reading:
        return self.at


def recorded(version: str) -> dict[str, Any]:
    value: dict[str, Any] = json.loads((GOLDEN / f"wire-{version}.json").read_text(encoding="utf-8"))
    return value


def played(engine: Engine[Report], exchanges: list[dict[str, Any]]) -> Report:
    """Answer an engine from the recording, exchange by exchange; it must ask what was asked then.

    A phone whose store an earlier app made pulls everything once more, from the start: that one asks for it.
    """
    step, start = next(engine), {"cursor": "0"}
    try:
        for exchange in exchanges:
            assert not isinstance(step, Pause)
            asked = (step.method, step.path, dict(step.query))
            then = exchange["query"] | (start if "cursor" in exchange["query"] else {})
            start = {} if "cursor" in exchange["query"] else start
            assert asked == (exchange["method"], exchange["path"], then)
            step = engine.send(Response(status=exchange["status"], body=exchange["answer"].encode()))
    except StopIteration as end:
        report: Report = end.value
        return report
    raise AssertionError("it asked more than then")


@pytest.mark.parametrize("version", VERSIONS)
def test_what_an_earlier_server_answered_settles_an_earlier_phone(tmp_path: Path, version: str) -> None:
    with closing(connect(tmp_path / FILE)) as old:
        old.executescript((GOLDEN / f"store-{version}.sql").read_text(encoding="utf-8"))
    tape = recorded(version)
    at = Reading(wall_ms=tape["wall_ms"], boot=tape["boot"], mono_ms=tape["mono_ms"])
    with closing(Store.open(tmp_path)) as store:
        phone = Phone.of(store, ticks=StoppedTicks(at), crypto=CRYPTO)
        assert phone.outbox.counts() == (2, 1, 0)
        assert played(sync(phone), tape["exchanges"]).end is End.DONE
        assert phone.outbox.counts() == (0, 3, 0)


@pytest.mark.parametrize("version", VERSIONS)
def test_what_an_earlier_phone_sent_still_reads_and_its_seal_holds(tmp_path: Path, version: str) -> None:
    with closing(connect(tmp_path / FILE)) as old:
        old.executescript((GOLDEN / f"store-{version}.sql").read_text(encoding="utf-8"))
    with closing(Store.open(tmp_path)) as store:
        key = device_key(store, CRYPTO).public
    bodies = [each["request"] for each in recorded(version)["exchanges"] if each["path"] == "/v1/sync/push"]
    assert bodies
    for body in bodies:
        push = read_push(body.encode())
        assert CRYPTO.verify_key(key).verify(push.seal, seal_body(push))
        for record in push.records:
            assert not isinstance(read(record.payload, record.teff, record.tq), Unreadable)


def test_this_version_has_its_recording() -> None:
    assert VERSIONS
