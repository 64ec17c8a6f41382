"""A real PostgreSQL server that the tests start for themselves, on a socket of its own, gone at the end.

It orders text as French readers do, not by bytes, so that code which leans on the database's order shows.
Without PostgreSQL 15 or newer the tests that ask for it fail and say what to install; they never skip.
"""

import os
import re
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path

import pytest

OLDEST_MAJOR = 15
START_SECONDS = 60
BINARIES = Path("/usr/lib/postgresql")


@dataclass(slots=True, kw_only=True)
class PostgresServer:
    """One running cluster, reached over the Unix socket in `socket_directory` by its superuser `postgres`."""

    binaries: Path
    socket_directory: Path
    numbers: Iterator[int] = field(default_factory=lambda: count(1))

    def url(self, database: str) -> str:
        """Give the SQLAlchemy address of one database of this cluster."""
        return f"postgresql+psycopg://postgres@/{database}?host={self.socket_directory}"

    def new_database(self, *, template: str = "") -> str:
        """Make a database, empty or as another one that nobody is connected to is, and give its address."""
        return self.named_database(template=template)[1]

    def named_database(self, *, template: str = "") -> tuple[str, str]:
        """Make a database as `new_database` does, and give its name and its address."""
        name = f"boucle_{next(self.numbers)}"
        _psql(self, f"CREATE DATABASE {name}{f' TEMPLATE {template}' if template else ''}")
        return name, self.url(name)


@contextmanager
def running() -> Iterator[PostgresServer]:
    """Run a cluster for the time of the block, with the durability that PostgreSQL has by itself."""
    binaries = find_binaries()
    # Not under pytest's own directory: that one is closed to the user the server has to run as.
    directory = Path(tempfile.mkdtemp(prefix="boucle-pg-"))
    try:
        if os.geteuid() == 0:
            shutil.chown(directory, "postgres", "postgres")
        _make_cluster(binaries, directory)
        process = _start(binaries, directory)
        try:
            server = PostgresServer(binaries=binaries, socket_directory=directory)
            _wait_until_ready(server, process, directory / "log")
            yield server
        finally:
            # At once: the data is thrown away, and a session that some test left open would hold up any other way.
            process.send_signal(signal.SIGQUIT)
            process.wait(timeout=START_SECONDS)
    finally:
        shutil.rmtree(directory, ignore_errors=True)


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[PostgresServer]:
    """Run one cluster for this process."""
    with running() as server:
        yield server


@pytest.fixture
def fresh_postgres(postgres_server: PostgresServer) -> Callable[[], str]:
    """Give a function that makes an empty database and returns its `postgresql+psycopg://` address."""
    return postgres_server.new_database


def find_binaries() -> Path:
    """Find the newest PostgreSQL on this machine; fail with the package to install when there is none."""
    found = [
        (int(version.name), version / "bin")
        for version in BINARIES.glob("*")
        if version.name.isdigit() and (version / "bin" / "initdb").exists()
    ]
    on_path = shutil.which("initdb")
    if not found and on_path:
        told = subprocess.run([on_path, "--version"], capture_output=True, text=True, check=True).stdout
        numbers = re.search(r"(\d+)", told)
        found = [(int(numbers[1]), Path(on_path).resolve().parent)] if numbers else []
    major, binaries = max(found, default=(0, Path()))
    if major < OLDEST_MAJOR:
        pytest.fail(
            f"PostgreSQL {OLDEST_MAJOR} or newer is not installed: run `apt-get install postgresql` "
            "(`make test` does it when it may)",
            pytrace=False,
        )
    return binaries


def _as_owner(*command: str | Path) -> list[str]:
    # PostgreSQL refuses to run as root. The death signal ends the server even when the tests are killed.
    prefix = ["setpriv", "--pdeathsig", "INT"]
    if os.geteuid() == 0:
        prefix += ["--reuid", "postgres", "--regid", "postgres", "--clear-groups"]
    return [*prefix, *(str(word) for word in command)]


def _make_cluster(binaries: Path, directory: Path) -> None:
    command = _as_owner(
        binaries / "initdb",
        "--pgdata", directory / "data",
        "--username", "postgres",
        "--auth", "trust",
        "--encoding", "UTF8",
        "--locale", "C.UTF-8",
        "--locale-provider", "icu",
        "--icu-locale", "fr-FR",
    )  # fmt: skip
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd="/")
    if done.returncode:
        pytest.fail(f"initdb failed:\n{done.stdout}{done.stderr}", pytrace=False)


def _start(binaries: Path, directory: Path) -> subprocess.Popen[bytes]:
    command = _as_owner(
        binaries / "postgres",
        "-D", directory / "data",
        "-k", directory,
        "-c", "listen_addresses=",
    )  # fmt: skip
    with (directory / "log").open("wb") as log:
        return subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd="/")


def _wait_until_ready(server: PostgresServer, process: subprocess.Popen[bytes], log: Path) -> None:
    command = [str(server.binaries / "pg_isready"), "-q", "-h", str(server.socket_directory)]
    for _ in range(START_SECONDS * 20):
        if process.poll() is not None:
            break
        if subprocess.run(command, check=False).returncode == 0:
            return
        time.sleep(0.05)
    pytest.fail(f"PostgreSQL did not start:\n{log.read_text(errors='replace')}", pytrace=False)


def _psql(server: PostgresServer, statement: str) -> None:
    command = [str(server.binaries / "psql"), "-X", "-q", "-v", "ON_ERROR_STOP=1"]
    where = ["-h", str(server.socket_directory), "-U", "postgres", "-d", "postgres", "-c", statement]
    subprocess.run([*command, *where], check=True, capture_output=True, text=True)
