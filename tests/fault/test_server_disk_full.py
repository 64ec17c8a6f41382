"""A disk that takes no more while the server runs: a clear answer, nothing lost, and on it goes when there is room."""

import json
import os
import resource
import shutil
import sqlite3
import tempfile
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from boucle.push import Push, write_push
from boucle_server.db import Database
from boucle_server.schema import prepare
from tests.builders import ORG, Device, code
from tests.server.handset import Handset, a_network
from tests.server.people import Phone, a_phone
from tests.server.processes import Serving, serving

MOST_PUSHES = 60
RECORDS = 100
ROOM = 300_000
"""Bytes that are left when the disk takes no more."""
SIZE = 32 * 1024 * 1024


def test_a_full_disk_is_answered_with_507_and_loses_nothing(tmp_path: Path) -> None:
    phone, handset = _enrolled(tmp_path / "data")
    small = tmp_path / "small"
    small.mkdir()
    with serving(small, prefix=_on_a_small_disk(tmp_path / "data", small)) as server:
        # What is mounted is seen by the server alone, and through it.
        seen = Path(f"/proc/{server.process.pid}/root{small}")
        ballast = seen / "ballast"

        def fill() -> None:
            room = os.statvfs(seen)
            ballast.write_bytes(bytes(room.f_bavail * room.f_bsize - ROOM))

        disk = Disk(data=seen, stop=fill, go_on=ballast.unlink)
        assert _refused_and_taken(server, phone, handset, disk) == (507, "disk-full")


def test_a_disk_that_fails_to_write_is_answered_with_503_and_loses_nothing(tmp_path: Path) -> None:
    phone, handset = _enrolled(tmp_path)
    with serving(tmp_path) as server:

        def limit(most: int) -> None:
            resource.prlimit(server.process.pid, resource.RLIMIT_FSIZE, (most, resource.RLIM_INFINITY))

        def stop() -> None:
            limit(ROOM + max(file.stat().st_size for file in tmp_path.glob("boucle.sqlite3*")))

        def go_on() -> None:
            limit(resource.RLIM_INFINITY)

        disk = Disk(data=tmp_path, stop=stop, go_on=go_on)
        assert _refused_and_taken(server, phone, handset, disk) == (503, "storage")


@dataclass(frozen=True, slots=True, kw_only=True)
class Disk:
    """Where the data lies, and how it comes to take no more, and then again some."""

    data: Path
    stop: Callable[[], None]
    go_on: Callable[[], object]


def _refused_and_taken(server: Serving, phone: Phone, handset: Handset, disk: Disk) -> tuple[int, str]:
    """Push until the disk takes no more, look at what is kept, and push again when it does; give the refusal."""
    pushes = [_recorded(handset)]
    assert _pushed(server, phone, pushes[0])[0] == 200
    disk.stop()
    told: tuple[int, Any] = (200, {})
    while told[0] == 200 and len(pushes) < MOST_PUSHES:
        pushes.append(_recorded(handset))
        told = _pushed(server, phone, pushes[-1])
    assert told[0] != 200
    assert _pushed(server, phone, pushes[-1])[0] == told[0]
    assert _asked(server, phone, "GET", "/v1/sync/pull")[0] == 200
    assert _stored(disk.data) == _ids(pushes[:-1])
    disk.go_on()
    status, answer = _pushed(server, phone, pushes[-1])
    assert status == 200
    assert {result["status"] for result in answer["results"]} == {"accepted"}
    assert answer["have"] == [[1, RECORDS * len(pushes)]]
    assert _stored(disk.data) == _ids(pushes)
    return told[0], told[1]["type"].rpartition(":")[2]


def _on_a_small_disk(data: Path, small: Path) -> list[str]:
    """Give the words that start a command with a small disk of its own, which holds a copy of the data."""
    outside = [] if os.geteuid() == 0 else ["--user", "--map-root-user"]
    script = f"mount -t tmpfs -o size={SIZE} tmpfs '{small}' && cp '{data}'/* '{small}' && exec \"$@\""
    return ["unshare", *outside, "--mount", "sh", "-c", script, "sh"]


def _enrolled(data: Path) -> tuple[Phone, Handset]:
    with closing(Database.embedded_at(data / "boucle.sqlite3")) as database:
        prepare(database)
        a_network(database)
        phone = a_phone(database, ORG)
    return phone, Handset(device=Device(dev=phone.enrolled.dev), enrolled_key=phone.key)


def _recorded(handset: Handset) -> Push:
    for number in range(RECORDS):
        handset.scan("item.counted", code(number), place="metz")
    return handset.push()


def _pushed(server: Serving, phone: Phone, push: Push) -> tuple[int, Any]:
    return _asked(server, phone, "POST", "/v1/sync/push", write_push(push))


def _asked(server: Serving, phone: Phone, method: str, path: str, body: bytes = b"") -> tuple[int, Any]:
    with closing(server.connect()) as connection:
        connection.request(method, path, body, phone.header)
        answer = connection.getresponse()
        kind = "application/json" if answer.status == 200 else "application/problem+json"
        assert answer.headers["Content-Type"] == kind
        return answer.status, json.loads(answer.read())


def _ids(pushes: list[Push]) -> list[str]:
    return [json.loads(record.payload)["id"] for push in pushes for record in push.records]


def _stored(data: Path) -> list[str]:
    """Give what a copy of the files holds, as a restart would find them."""
    with tempfile.TemporaryDirectory() as found:
        for file in data.glob("boucle.sqlite3*"):
            if not file.name.endswith("-shm"):
                shutil.copy(file, found)
        with closing(sqlite3.connect(Path(found) / "boucle.sqlite3")) as db:
            assert db.execute("PRAGMA integrity_check").fetchone()[0] == "ok"
            return [row[0] for row in db.execute("SELECT id FROM record WHERE dev <> 'server' ORDER BY rid")]
