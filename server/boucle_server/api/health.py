"""Is the server alive, is it ready, what time is it, how much did it do?"""

from fastapi import APIRouter, Depends
from pydantic import BaseModel
from starlette.responses import PlainTextResponse, Response

from boucle.version import VERSION
from boucle_server import schema
from boucle_server.api.rights import public
from boucle_server.api.running import Running, Server
from boucle_server.errors import DatabaseUnusableError, StorageError

router = APIRouter(tags=["health"])


class Alive(BaseModel):
    """The process answers."""

    status: str
    version: str


class Time(BaseModel):
    """The server's time, by which a phone anchors its own."""

    server_ms: int


@router.get("/health/live", dependencies=[Depends(public)])
async def live() -> Alive:
    """Tell that the process answers, whatever its database does."""
    return Alive(status="ok", version=VERSION)


@router.get("/health/ready", dependencies=[Depends(public)])
def ready(server: Server) -> Alive:
    """Tell that the database answers and is prepared; 503 otherwise."""
    _check(server)
    return Alive(status="ok", version=VERSION)


@router.get("/v1/time", dependencies=[Depends(public)])
async def time(server: Server) -> Time:
    """Give the server's time, in milliseconds of UTC."""
    return Time(server_ms=server.clock.now_ms())


@router.get("/metrics", dependencies=[Depends(public)], response_class=PlainTextResponse)
def metrics(server: Server) -> Response:
    """Give this process's counters in the text format of Prometheus; no figure of any organisation."""
    try:
        _check(server)
        up = 1
    except StorageError:
        up = 0
    lines = [
        "# TYPE boucle_info gauge",
        f'boucle_info{{version="{VERSION}"}} 1',
        "# TYPE boucle_database_up gauge",
        f"boucle_database_up {up}",
        "# TYPE boucle_start_time_seconds gauge",
        f"boucle_start_time_seconds {server.started_ms // 1000}",
    ]
    named = set[str]()
    for name, labels, n in server.counters.items():
        if name not in named:
            named.add(name)
            lines.append(f"# TYPE {name} counter")
        shown = ",".join(f'{key}="{value}"' for key, value in labels)
        lines.append(f"{name}{{{shown}}} {n}" if shown else f"{name} {n}")
    return PlainTextResponse("\n".join([*lines, ""]), media_type="text/plain; version=0.0.4")


def _check(server: Running) -> None:
    with server.database.reading() as connection:
        if schema.revision(connection) != schema.HEAD:
            raise DatabaseUnusableError("api.database_not_prepared")
