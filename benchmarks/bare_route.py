"""A FastAPI route that inserts one row and commits, and does nothing else: `python -m benchmarks.bare_route FILE`."""

import socket
import sqlite3
import sys
from threading import Lock

import uvicorn
from fastapi import FastAPI, Request
from starlette.concurrency import run_in_threadpool


def make(file: str) -> FastAPI:
    """Make the application; like ours it waits for the disk off the event loop."""
    app = FastAPI()
    db = sqlite3.connect(file, isolation_level=None, check_same_thread=False)
    db.execute("PRAGMA journal_mode=WAL")
    db.execute("PRAGMA synchronous=FULL")
    db.execute("CREATE TABLE bare (rid INTEGER PRIMARY KEY, payload BLOB)")
    turn = Lock()

    def commit(body: bytes) -> None:
        with turn:
            db.execute("BEGIN IMMEDIATE")
            db.execute("INSERT INTO bare (payload) VALUES (?)", (body,))
            db.execute("COMMIT")

    @app.post("/bare")
    async def bare(request: Request) -> dict[str, int]:
        await run_in_threadpool(commit, await request.body())
        return {"stored": 1}

    return app


def main() -> None:
    """Serve on a free port, which is the one line that is printed."""
    # The protocol is named, for else answers wait for the acknowledgement of what went before (Nagle).
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP) as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen()
        host, port = listening.getsockname()
        print(f"{host}:{port}", flush=True)
        config = uvicorn.Config(make(sys.argv[1]), log_level="warning", access_log=False)
        uvicorn.Server(config).run(sockets=[listening])


if __name__ == "__main__":
    main()
