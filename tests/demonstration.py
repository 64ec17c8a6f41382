"""The real demonstration for tests: seeded once for all processes of a run, a copy for whoever changes something."""

import fcntl
import os
import shutil
from pathlib import Path

import pytest

from tests.e2e.commands import run


def demonstration(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give a data directory as `boucle demo` fills it, made by whichever process of this run comes first."""
    base = tmp_path_factory.getbasetemp()
    shared = base.parent if "PYTEST_XDIST_WORKER" in os.environ else base
    seeded = shared / "demonstration"
    with (shared / "demonstration.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not seeded.exists():
            run("boucle", "demo", "--data", shared / "seeding", "--seed-only")
            (shared / "seeding").rename(seeded)
    return seeded


def own_demonstration(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give a copy of the demonstration, to serve and to change."""
    data = tmp_path_factory.mktemp("demo") / "data"
    shutil.copytree(demonstration(tmp_path_factory), data)
    return data
