"""A disk that takes no more: a clear word, no ACK, everything earlier kept, and work again when there is room."""

import os
import resource
import subprocess
import sys
from contextlib import closing
from pathlib import Path

from boucle_field.store import FILE, Store
from tests.builders import code
from tests.field_app.test_kill import ROOT


def scan(data: Path, *codes: str, most_bytes: int | None = None) -> subprocess.CompletedProcess[str]:
    """Scan in a process of its own that may write files of at most so many bytes."""

    def limit() -> None:
        if most_bytes is not None:
            resource.setrlimit(resource.RLIMIT_FSIZE, (most_bytes, most_bytes))

    return subprocess.run(
        [sys.executable, "-m", "boucle_field.headless", "--data", str(data), "scan", *codes, "--do", "find"],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT), "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        text=True,
        check=False,
        preexec_fn=limit,
    )


def acks(ran: subprocess.CompletedProcess[str]) -> list[str]:
    return [line.removeprefix("ACK ") for line in ran.stdout.splitlines()]


def kept(data: Path) -> list[str]:
    with closing(Store.open(data)) as store:
        assert store.db.execute("PRAGMA integrity_check").fetchone()[0] == "ok"
        return [row[0] for row in store.db.execute("SELECT id FROM outbox ORDER BY n")]


def test_a_full_disk_stops_the_scans_and_loses_none(data: Path) -> None:
    before = acks(scan(data, code(1), code(2)))
    assert len(before) == 2
    room = (data / FILE).stat().st_size + 60_000
    full = scan(data, *(code(number) for number in range(3, 200)), most_bytes=room)
    assert full.returncode == 1
    assert "tout ce qui l’était est gardé" in full.stderr
    assert "Traceback" not in full.stderr
    during = acks(full)
    assert 0 < len(during) < 197
    assert kept(data) == before + during
    after = acks(scan(data, code(200)))
    assert kept(data) == before + during + after
    assert len(after) == 1
