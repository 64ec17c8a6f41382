"""A server as a process of its own: started on a free port, asked over real sockets, ended or killed."""

import http.client
import os
import select
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

START_S = 60
SERVER = "boucle_server.cli"
ROOT = Path(__file__).parents[2]


@dataclass(frozen=True, slots=True, kw_only=True)
class Serving:
    """A running server and where it answers."""

    process: subprocess.Popen[str]
    host: str
    """With the port, as `http.client` takes it."""

    def connect(self, timeout: float = START_S) -> http.client.HTTPConnection:
        """Give a connection that stays open between requests."""
        return http.client.HTTPConnection(self.host, timeout=timeout)

    def kill(self) -> None:
        """End the process as a power cut would: it is told nothing."""
        self.process.kill()
        self.process.wait(timeout=START_S)


@contextmanager
def serving(
    data: Path, environment: Mapping[str, str] | None = None, *, module: str = SERVER, prefix: Sequence[str] = ()
) -> Iterator[Serving]:
    """Serve a data directory for the time of the block, by this module's command line, without scheduled jobs.

    `prefix` are the words of a command that in the end becomes the server.
    """
    command = [*prefix, sys.executable, "-m", module, "serve", "--data", str(data), "--port", "0"]
    env = {**os.environ, "PYTHONPATH": str(ROOT), "BOUCLE_LANG": "en", "BOUCLE_JOBS": "false", **(environment or {})}
    pipes: dict[str, Any] = {"stdout": subprocess.PIPE, "stderr": subprocess.DEVNULL, "text": True}
    with subprocess.Popen(command, cwd=ROOT, env=env, **pipes) as process:
        try:
            assert process.stdout is not None
            ready, _, _ = select.select([process.stdout], [], [], START_S)
            line = process.stdout.readline() if ready else ""
            assert line.startswith("ready http://"), (line, process.poll())
            yield Serving(process=process, host=line.removeprefix("ready http://").strip())
        finally:
            process.terminate()
            process.communicate(timeout=START_S)
