"""`boucle serve` as a real process: when it says that it is ready, whom it refuses, what survives its death."""

import http.client
import json
import os
import select
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from boucle.enrolment import proof_body
from tests.server.people import a_key

START_S = 60
BOUCLE = [sys.executable, "-m", "boucle_server.cli"]


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    return {**os.environ, "BOUCLE_DATA": str(tmp_path / "data"), "BOUCLE_LANG": "en"}


@contextmanager
def started(environment: dict[str, str], *words: str) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """Start a server on a free port and wait for its line; end it with the block."""
    command = [*BOUCLE, "serve", "--port", "0", *words]
    pipes: dict[str, Any] = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    with subprocess.Popen(command, env=environment, **pipes) as process:
        try:
            assert process.stdout is not None
            ready, _, _ = select.select([process.stdout], [], [], START_S)
            line = process.stdout.readline() if ready else ""
            assert line.startswith("ready http://127.0.0.1:"), (line, process.poll())
            yield process, line.removeprefix("ready ").strip()
        finally:
            process.terminate()
            process.communicate(timeout=START_S)


def told(environment: dict[str, str], *words: str, code: int = 0) -> str:
    done = subprocess.run([*BOUCLE, *words], env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == code, done.stderr
    return done.stdout if code == 0 else done.stderr


def asked(address: str, method: str, path: str, body: object = None, **headers: str) -> tuple[int, Any]:
    connection = http.client.HTTPConnection(address.removeprefix("http://"), timeout=START_S)
    try:
        sent = None if body is None else json.dumps(body)
        connection.request(method, path, sent, {"Content-Type": "application/json", **headers})
        answer = connection.getresponse()
        return answer.status, json.loads(answer.read())
    finally:
        connection.close()


def pids_that_serve(address: str) -> set[int]:
    """Give the processes that hold the listening socket open, as the kernel tells it."""
    port = int(address.rsplit(":", 1)[1])
    listening = {
        line.split()[9]
        for line in Path("/proc/net/tcp").read_text().splitlines()[1:]
        if line.split()[3] == "0A" and int(line.split()[1].split(":")[1], 16) == port
    }
    found = set()
    for process in Path("/proc").glob("[0-9]*"):
        try:
            links = {str(link.readlink()) for link in (process / "fd").iterdir()}
        except OSError:
            continue
        if any(f"socket:[{inode}]" in links for inode in listening):
            found.add(int(process.name))
    return found


@pytest.mark.parametrize("workers", ["1", pytest.param("2", marks=pytest.mark.slow)])
def test_a_server_says_ready_when_it_answers_and_a_phone_enrols_at_the_address_it_is_told(
    environment: dict[str, str], workers: str
) -> None:
    told(environment, "admin", "init", "--org", "Acme", "--admin", "ada")
    with started(environment, "--workers", workers) as (_, address):
        assert asked(address, "GET", "/health/ready")[0] == 200
        invited = json.loads(told(environment, "admin", "device", "enrol", "--name", "T", "--role", "manager"))
        assert invited["uri"].startswith(f"{address}/E/#")
        key = a_key()
        proof = key.sign(proof_body(invited["code"], key.public)).hex()
        body = {"code": invited["code"], "public_key": key.public.hex(), "proof": proof}
        status, device = asked(address, "POST", "/v1/enrol", body)
        assert status == 200
        bearer = {"Authorization": f"Bearer {device['token']}"}
        assert asked(address, "GET", "/v1/devices", **bearer)[0] == 200
        told(environment, "admin", "device", "revoke", device["dev"])
        assert asked(address, "GET", "/v1/devices", **bearer)[0] == 401


def test_a_second_server_on_the_same_data_is_refused_and_the_first_goes_on(environment: dict[str, str]) -> None:
    with started(environment) as (process, address):
        line = told(environment, "serve", "--port", "0", code=1)
        assert line.count("\n") == 1
        assert str(process.pid) in line
        assert "--data" in line
        assert asked(address, "GET", "/health/ready")[0] == 200


def test_a_taken_port_is_one_clear_line(environment: dict[str, str]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        line = told(environment, "serve", "--port", port, code=1)
    assert line.count("\n") == 1
    assert port in line
    assert "--port" in line


def test_an_address_that_is_not_ours_is_one_clear_line(environment: dict[str, str]) -> None:
    line = told(environment, "serve", "--port", "0", "--host", "203.0.113.7", code=1)
    assert line.count("\n") == 1
    assert "203.0.113.7" in line


def test_a_killed_server_leaves_nothing_that_stops_the_next(environment: dict[str, str]) -> None:
    with started(environment) as (process, _):
        process.kill()
        process.wait(timeout=START_S)
    with started(environment) as (_, address):
        assert asked(address, "GET", "/health/ready")[0] == 200


@pytest.mark.slow
def test_workers_end_when_the_process_that_started_them_is_killed(environment: dict[str, str]) -> None:
    with started(environment, "--workers", "2") as (process, address):
        assert len(pids_that_serve(address) - {process.pid}) == 2
        process.kill()
        process.wait(timeout=START_S)
        deadline = time.monotonic() + START_S
        while pids_that_serve(address) and time.monotonic() < deadline:
            time.sleep(0.05)
        assert pids_that_serve(address) == set()


def test_a_server_told_to_stop_stops(environment: dict[str, str]) -> None:
    told(environment, "admin", "init", "--org", "Acme", "--admin", "ada")
    with started(environment) as (process, _):
        process.send_signal(signal.SIGTERM)
        _, errors = process.communicate(timeout=START_S)
    assert errors == ""


@pytest.mark.slow
@pytest.mark.postgres
def test_two_workers_serve_postgresql(environment: dict[str, str], fresh_postgres: Callable[[], str]) -> None:
    environment["BOUCLE_DATABASE_URL"] = fresh_postgres()
    told(environment, "admin", "init", "--org", "Acme", "--admin", "ada")
    with started(environment, "--workers", "2") as (_, address):
        assert asked(address, "GET", "/health/ready")[0] == 200
        invited = json.loads(told(environment, "admin", "device", "enrol", "--name", "T", "--role", "driver"))
        assert invited["uri"].startswith(address)
    assert not (Path(environment["BOUCLE_DATA"]) / "boucle.sqlite3").exists()


def test_workers_that_never_begin_to_serve_are_given_up_with_a_line(
    environment: dict[str, str], tmp_path: Path
) -> None:
    (tmp_path / "sitecustomize.py").write_text(
        "import os, sys\nif 'spawn_main' in ' '.join(sys.orig_argv): os._exit(1)\n", encoding="utf-8"
    )
    broken = {**environment, "PYTHONPATH": str(tmp_path)}
    command = [*BOUCLE, "serve", "--port", "0", "--workers", "2"]
    done = subprocess.run(command, env=broken, capture_output=True, text=True, check=False, timeout=4 * START_S)
    assert done.returncode == 1
    assert "did not start" in done.stderr
