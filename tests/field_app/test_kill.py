"""Killed at any moment: every acknowledged event is in the outbox afterwards, and the chain goes on."""

import json
import os
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path
from random import Random

import pytest

from boucle.wire import FIRST_PREV
from boucle_field.store import Store
from tests.builders import code
from tests.campaign import examples

ROOT = Path(__file__).parents[2]
SCANS = 40
REAL = "boucle_field.headless"
MUTANT = "tests.field_app.early_ack"


def scanning(data: Path, module: str, codes: list[str]) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [sys.executable, "-m", module, "--data", str(data), "scan", *codes, "--do", "find"],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )


def killed(data: Path, module: str, random: Random) -> list[str]:
    """Scan forty codes in a process of its own, kill it somewhere on the way; give what it acknowledged."""
    codes = [code(random.randrange(1, 500)) for _ in range(SCANS)]
    process = scanning(data, module, codes)
    assert process.stdout is not None
    with process.stdout as out:
        read = [line for _, line in zip(range(random.randrange(0, SCANS)), iter(out.readline, ""), strict=False)]
        # Between two acknowledgements lies a commit: land anywhere in it.
        time.sleep(random.random() * 0.004)
        process.kill()
        read += out.readlines()
    process.wait()
    return [line.removeprefix("ACK ").strip() for line in read if line.startswith("ACK ") and line.endswith("\n")]


def lost(data: Path, acknowledged: list[str]) -> list[str]:
    """Give the acknowledged events that are not there, after checking that what is there is whole."""
    with closing(Store.open(data)) as store:
        assert store.db.execute("PRAGMA integrity_check").fetchone()[0] == "ok"
        rows = store.db.execute("SELECT seq, id, hash, payload FROM outbox ORDER BY n").fetchall()
    previous = FIRST_PREV
    for number, (seq, _, content, payload) in enumerate(rows, 1):
        assert (seq, json.loads(payload)["prev"]) == (number, previous)
        previous = content
    kept = {row[1] for row in rows}
    return [event for event in acknowledged if event not in kept]


def test_no_acknowledged_scan_is_lost_by_a_kill(data: Path) -> None:
    random = Random(20)
    acknowledged: list[str] = []
    for _ in range(examples(ci=25, night=300)):
        acknowledged += killed(data, REAL, random)
        assert lost(data, acknowledged) == []
    assert len(acknowledged) > SCANS


@pytest.mark.parametrize("seed", range(3))
def test_the_kill_catches_an_app_that_acknowledges_before_its_commit(data: Path, seed: int) -> None:
    random = Random(seed)
    acknowledged: list[str] = []
    for _ in range(3):
        acknowledged += killed(data, MUTANT, random)
    assert lost(data, acknowledged) != []


def test_two_commands_at_once_never_take_one_number_twice(data: Path) -> None:
    both = [scanning(data, REAL, [code(first + number) for number in range(60)]) for first in (1, 1000)]
    told = [process.communicate()[0].splitlines() for process in both]
    assert [process.returncode for process in both] == [0, 0]
    acknowledged = [line.removeprefix("ACK ") for lines in told for line in lines]
    assert len(set(acknowledged)) == 120
    assert lost(data, acknowledged) == []
