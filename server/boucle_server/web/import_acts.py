"""What is decided about an import: recorded or taken back behind the page, so that no request waits for long."""

from collections.abc import Callable
from contextlib import suppress
from threading import Thread
from typing import Final

from sqlalchemy.engine import Connection

from boucle_server.api.running import Running
from boucle_server.errors import ConflictError
from boucle_server.imports import recording, runs, undoing
from boucle_server.imports.runs import State
from boucle_server.incidents import note_incident
from boucle_server.web.visit import Visit

PATIENCE_S: Final = 8.0
"""How long the answer to a form waits for the work; a small table is done by then."""
STUCK_MS: Final = 60_000
"""After so long the page offers to begin again: the server may have been stopped in between."""
_WORK: Final = {State.WRITING: recording.record, State.UNDOING: undoing.undo}
_BEFORE: Final = {State.WRITING: State.READY, State.UNDOING: State.DONE}


def choose(visit: Visit, run: str, mapping: list[str]) -> None:
    """Try an import under other columns."""

    def write(connection: Connection) -> None:
        known = _in_state(connection, visit, run, State.READY)
        now_ms = visit.server.clock.now_ms()
        recording.try_again(connection, visit.who.org, known, mapping, zone=visit.who.zone, now_ms=now_ms)

    visit.server.door.write(visit.who.org, write)


def record(visit: Visit, run: str, *, whole: bool) -> None:
    """Record the rows of an import that can be recorded; with `whole`, all or nothing."""

    def decide(connection: Connection) -> None:
        _in_state(connection, visit, run, State.READY)
        now_ms, person = visit.server.clock.now_ms(), visit.who.person
        values = {"whole": whole, "decided_by": person, "decided_ms": now_ms}
        runs.change(connection, visit.who.org, run, state=State.WRITING, **values)

    visit.server.door.write(visit.who.org, decide)
    _behind(visit, run, State.WRITING)


def undo(visit: Visit, run: str) -> None:
    """Take a whole import back; ConflictError when its time has passed."""

    def decide(connection: Connection) -> None:
        known = _in_state(connection, visit, run, State.DONE)
        now_ms = visit.server.clock.now_ms()
        if not known.can_be_undone(now_ms):
            raise ConflictError("web.import_too_late")
        values = {"undone_by": visit.who.person, "undone_ms": now_ms}
        runs.change(connection, visit.who.org, run, state=State.UNDOING, **values)

    visit.server.door.write(visit.who.org, decide)
    _behind(visit, run, State.UNDOING)


def again(visit: Visit, run: str) -> None:
    """Begin again what a stopped server left; nothing is done twice."""
    with visit.server.database.reading() as connection:
        state = runs.find(connection, visit.who.org, run).state
    if state in _WORK:
        _behind(visit, run, state)


def drop(visit: Visit, run: str) -> None:
    """Forget an import of which nothing was recorded."""
    visit.server.door.write(visit.who.org, lambda connection: runs.drop(connection, visit.who.org, run))


def _in_state(connection: Connection, visit: Visit, run: str, state: State) -> runs.Run:
    known = runs.find(connection, visit.who.org, run)
    if known.state is not state:
        raise ConflictError("web.import_decided")
    return known


def _behind(visit: Visit, run: str, state: State) -> None:
    """Do the work in a thread of its own, and wait for it as long as a page may take."""
    org, zone = visit.who.org, visit.who.zone
    thread = Thread(target=_work, args=(visit.server, org, run, state, zone), name=f"import {run}", daemon=True)
    thread.start()
    thread.join(PATIENCE_S)


def _work(server: Running, org: str, run: str, state: State, zone: str) -> None:
    work: Callable[..., None] = _WORK[state]
    try:
        server.door.write(org, lambda connection: work(connection, org, run, zone=zone, now_ms=server.clock.now_ms()))
    except Exception as error:  # noqa: BLE001 - the page tells of it, whatever it was
        incident = note_incident(error, f"import {state}")
        with suppress(Exception):
            server.door.write(org, lambda connection: _give_up(connection, org, run, state, incident))


def _give_up(connection: Connection, org: str, run: str, state: State, incident: str) -> None:
    """Put an import back to where it was before it was decided about, and say so on its page."""
    known = runs.find(connection, org, run)
    if known.state is state:
        told = {**known.told, "trouble": incident}
        runs.change(connection, org, run, state=_BEFORE[state], told=told)
