"""`boucle serve`: bind, prepare the database, start the workers, and say when the first one answers."""

import argparse
import errno
import http.client
import os
import socket
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext

import uvicorn
from uvicorn.supervisors import Multiprocess

from boucle.clock import SystemClock
from boucle_server import organisations
from boucle_server.command_help import add_examples
from boucle_server.db import Database
from boucle_server.errors import OperatorError
from boucle_server.guard import note_address, only_server, reachable
from boucle_server.opening import make_ready
from boucle_server.options import add_data, environment_of, settings_of, told, warn, where_of, whole
from boucle_server.settings import HIGHEST_PORT, MOST_WORKERS, Settings

BACKLOG = 2048
MOST_DEATHS = 3
"""Deaths of each worker, in a row, after which the fault is not the worker's."""
_PROBE_S = 300
_ANY = {"0.0.0.0": "127.0.0.1", "::": "::1", "": "127.0.0.1"}  # noqa: S104  (compared with, not bound to)


def configure(parser: argparse.ArgumentParser) -> None:
    """Describe the options."""
    add_examples(parser, "boucle serve --data boucle-data --port 8000")
    add_data(parser)
    parser.add_argument("--host", help=told("cli.help.host"))
    parser.add_argument("--port", type=whole(0, HIGHEST_PORT), help=told("cli.help.port"))
    parser.add_argument("--workers", type=whole(1, MOST_WORKERS), help=told("cli.help.workers"))


def run(args: argparse.Namespace) -> int:
    """Serve until told to stop."""
    return serve(settings_of(args, host=args.host, port=args.port, workers=args.workers))


def serve(settings: Settings) -> int:
    """Serve until told to stop; prints `ready http://H:P` once a request is answered.

    OperatorError for a port that is taken, an address that is not ours, or a data directory that is served
    already.
    """
    database = Database.open(settings)
    with only_server(settings.data) if settings.embedded else nullcontext():
        try:
            make_ready(database, now_ms=SystemClock().now_ms())
            with database.reading() as connection:
                begun = bool(organisations.ids(connection))
        finally:
            database.close()
        with _bound(settings) as listening:
            settings = settings.model_copy(update={"port": listening.getsockname()[1]})
            note_address(settings)
            os.environ.update(environment_of(settings))
            if not begun:
                warn("cli.nothing_yet", where=where_of(settings), address=reachable(settings))
            threading.Thread(target=_announce, args=(settings,), daemon=True).start()
            _run_workers(settings, listening)
    return 0


def _run_workers(settings: Settings, listening: socket.socket) -> None:
    config = uvicorn.Config(
        "boucle_server.app:from_environment",
        factory=True,
        workers=settings.workers,
        log_level="warning",
        # Addresses hold codes of items and of places, and nothing that an operator needs.
        access_log=False,
        server_header=False,
        date_header=True,
        timeout_graceful_shutdown=10,
    )
    server = uvicorn.Server(config)
    if settings.workers == 1:
        server.run(sockets=[listening])
        if not server.started:
            raise OperatorError("cli.not_started")
    else:
        workers = _Workers(config, sockets=[listening])
        workers.run()
        if workers.failed:
            raise OperatorError("cli.not_started")


class _Workers(Multiprocess):
    """Workers that are started again when they die, unless they die again and again before any of them serves."""

    failed = False
    _deaths = 0

    def keep_subprocess_alive(self) -> None:
        """Replace workers that died; give up after `MOST_DEATHS` for each without one that serves between."""
        if self.should_exit.is_set():
            return
        self._deaths += sum(not process.process.is_alive() for process in self.processes)
        if self._deaths and any(process.process.is_alive() and process.is_ready() for process in self.processes):
            self._deaths = 0
        if self._deaths >= MOST_DEATHS * self.processes_num:
            self.should_exit.set()
        else:
            super().keep_subprocess_alive()
        self.failed = self.should_exit.is_set()


@contextmanager
def _bound(settings: Settings) -> Iterator[socket.socket]:
    """Bind and listen before anything else is started, so that a taken port is one clear line."""
    try:
        (family, kind, protocol, _, address), *_ = socket.getaddrinfo(
            settings.host or None, settings.port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )
        listening = socket.socket(family, kind, protocol)
    except OSError:
        raise OperatorError("cli.bad_host", host=settings.host) from None
    with listening:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listening.bind(address)
            listening.listen(BACKLOG)
        except PermissionError:
            raise OperatorError("cli.port_denied", port=str(settings.port)) from None
        except OSError as error:
            key = "cli.port_busy" if error.errno == errno.EADDRINUSE else "cli.bad_host"
            raise OperatorError(key, host=settings.host, port=str(settings.port)) from None
        yield listening


def _announce(settings: Settings) -> None:
    """Ask the server whether it is ready, and say so; it accepts connections before it can answer them."""
    probe = http.client.HTTPConnection(_ANY.get(settings.host, settings.host), settings.port, timeout=_PROBE_S)
    try:
        probe.request("GET", "/health/ready")
        ready = probe.getresponse().status == http.client.OK
    except (OSError, http.client.HTTPException):
        return
    finally:
        probe.close()
    if ready:
        shown = settings.model_copy(update={"base_url": ""}).address
        sys.stdout.write(f"ready {shown}\n")
        sys.stdout.flush()
