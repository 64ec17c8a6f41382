"""Imports that people bring on the web, kept from the dry run on: the rows as they came, what became of each."""

import json
import secrets
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from boucle.ids import new_name
from boucle_server.errors import NotFoundError
from boucle_server.tables import IMPORT_RUN

DAY_MS: Final = 86_400_000
UNDO_MS: Final = DAY_MS
"""How long a whole import can be taken back."""
WAITS_MS: Final = DAY_MS
"""How long a dry run waits for a decision before it is forgotten: its rows may name people, and hold their PINs."""
KEPT_MS: Final = 30 * DAY_MS
"""How long the rows of an import that was decided can be fetched again with what became of each."""


class State(StrEnum):
    """Where an import stands."""

    READY = "ready"
    """It was only tried."""
    WRITING = "writing"
    DONE = "done"
    UNDOING = "undoing"
    UNDONE = "undone"


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """One import without its rows; `told` are the counts and what was noticed, as they are shown."""

    run: str
    kind: str
    name: str
    sha256: str
    size: int
    person: str
    made_ms: int
    state: State
    whole: bool
    mapping: tuple[str, ...]
    told: Mapping[str, Any]
    decided_by: str
    decided_ms: int | None
    undone_by: str
    undone_ms: int | None
    has_rows: bool

    def can_be_undone(self, now_ms: int) -> bool:
        """Tell whether there is still time to take it back."""
        return self.state is State.DONE and self.decided_ms is not None and now_ms - self.decided_ms <= UNDO_MS


_BLOBS: Final = frozenset({"content", "report", "made"})
_PLAIN: Final = tuple(column for column in IMPORT_RUN.c if column.name not in _BLOBS)


def add(connection: Connection, org: str, values: Mapping[str, Any]) -> str:
    """Keep a new import; give its name."""
    run = new_name("i", secrets.token_bytes)
    row = {"org": org, "run": run, "state": State.READY.value, "whole": False, "decided_by": "", "undone_by": ""}
    connection.execute(sa.insert(IMPORT_RUN).values(**row, **_packed_values(values)))
    return run


def find(connection: Connection, org: str, run: str) -> Run:
    """Give an import; NotFoundError for one that is not, or no longer, here."""
    query = sa.select(*_PLAIN, IMPORT_RUN.c.content.is_not(None).label("has_rows")).where(*_is(org, run))
    row = connection.execute(query).one_or_none()
    if row is None:
        raise NotFoundError("web.import_gone")
    return _run(row)


def listed(connection: Connection, org: str, *, first: int, most: int) -> list[Run]:
    """Give imports, the latest first."""
    query = sa.select(*_PLAIN, IMPORT_RUN.c.content.is_not(None).label("has_rows")).where(IMPORT_RUN.c.org == org)
    query = query.order_by(IMPORT_RUN.c.made_ms.desc(), IMPORT_RUN.c.run).offset(first).limit(most)
    return [_run(row) for row in connection.execute(query)]


def same(connection: Connection, org: str, run: Run) -> Run | None:
    """Give the latest import before this one of a file with the same bytes."""
    query = sa.select(*_PLAIN, IMPORT_RUN.c.content.is_not(None).label("has_rows")).where(
        IMPORT_RUN.c.org == org,
        IMPORT_RUN.c.sha256 == run.sha256,
        IMPORT_RUN.c.kind == run.kind,
        IMPORT_RUN.c.run != run.run,
        IMPORT_RUN.c.made_ms <= run.made_ms,
        IMPORT_RUN.c.state == State.DONE.value,
    )
    row = connection.execute(query.order_by(IMPORT_RUN.c.made_ms.desc()).limit(1)).one_or_none()
    return None if row is None else _run(row)


def packed(connection: Connection, org: str, run: str, name: str) -> Any:
    """Give what is kept packed of an import, `content`, `report` or `made`; None for what was forgotten."""
    found = connection.execute(sa.select(IMPORT_RUN.c[name]).where(*_is(org, run))).scalar()
    return None if found is None else json.loads(zlib.decompress(found))


def change(connection: Connection, org: str, run: str, **values: Any) -> None:
    """Change what is kept of an import."""
    connection.execute(sa.update(IMPORT_RUN).where(*_is(org, run)).values(**_packed_values(values)))


def drop(connection: Connection, org: str, run: str) -> None:
    """Forget an import of which nothing was recorded."""
    only_tried = IMPORT_RUN.c.state == State.READY.value
    connection.execute(sa.delete(IMPORT_RUN).where(*_is(org, run), only_tried))


def forget(connection: Connection, org: str, *, now_ms: int) -> int:
    """Forget dry runs that nobody decided about, and the rows of what was decided long ago; give how many."""
    state, made_ms = IMPORT_RUN.c.state, IMPORT_RUN.c.made_ms
    waiting = sa.and_(state == State.READY.value, made_ms < now_ms - WAITS_MS)
    dropped = connection.execute(sa.delete(IMPORT_RUN).where(IMPORT_RUN.c.org == org, waiting)).rowcount
    old = (made_ms < now_ms - KEPT_MS, IMPORT_RUN.c.content.is_not(None), state.in_(("done", "undone")))
    emptied = dict.fromkeys(_BLOBS)
    cleared = connection.execute(sa.update(IMPORT_RUN).where(IMPORT_RUN.c.org == org, *old).values(**emptied)).rowcount
    return dropped + cleared


def _is(org: str, run: str) -> tuple[sa.ColumnElement[bool], sa.ColumnElement[bool]]:
    return IMPORT_RUN.c.org == org, IMPORT_RUN.c.run == run


def _packed_values(values: Mapping[str, Any]) -> dict[str, Any]:
    return {name: _stored(name, value) for name, value in values.items()}


def _stored(name: str, value: Any) -> Any:
    if name in _BLOBS and value is not None:
        return zlib.compress(json.dumps(value, ensure_ascii=True, separators=(",", ":")).encode("ascii"))
    if name in ("mapping", "told"):
        return json.dumps(value, ensure_ascii=True)
    return value.value if isinstance(value, State) else value


def _run(row: Any) -> Run:
    names = (column.name for column in _PLAIN if column.name not in ("org", "state", "mapping", "told"))
    mapping: Sequence[str] = json.loads(row.mapping)
    return Run(
        **{name: getattr(row, name) for name in names},
        state=State(row.state),
        mapping=tuple(mapping),
        told=json.loads(row.told),
        has_rows=bool(row.has_rows),
    )
