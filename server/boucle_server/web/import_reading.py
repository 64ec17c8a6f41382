"""A table that somebody brings: read under limits, its columns guessed, tried against the register, kept."""

from collections.abc import Mapping
from hashlib import sha256
from pathlib import PurePath
from threading import BoundedSemaphore
from typing import Any, Final

from sqlalchemy.engine import Connection

from boucle.roles import Capability
from boucle.words import say
from boucle_server.errors import ForbiddenError, InvalidInputError, NotFoundError, OperatorError
from boucle_server.imports import recording, tried
from boucle_server.imports.columns import COLUMNS
from boucle_server.imports.sheet_file import Sheet, read_sheet
from boucle_server.web.places import IMPORT
from boucle_server.web.visit import Visit

BRING: Final = f"{IMPORT.path}/apporter"
"""Where a table is brought to, under its kind."""
MOST_BYTES: Final = 8 * 1024 * 1024
MOST_ROWS: Final = 20_000
"""Rows that a page takes: tried and written while somebody waits. The command takes more."""
MOST_NOTICED: Final = 20
_LONGEST_NAME: Final = 120
_READ_AT_ONCE = BoundedSemaphore(2)
"""A packed table may unfold to a lot of memory: more of them at once wait."""


def known_kind(visit: Visit, kind: str) -> None:
    """Go on only for a kind of table that there is and that this person may import."""
    if kind not in COLUMNS:
        raise NotFoundError("web.no_page")
    if not may_import(visit, kind):
        raise ForbiddenError("web.import_people_forbidden")


def may_import(visit: Visit, kind: str) -> bool:
    """Tell whether this person may import a kind: people are for those who administer."""
    return kind != "operators" or Capability.ADMINISTER in visit.who.capabilities


def bring(visit: Visit, kind: str, name: str, content: bytes) -> str:
    """Read and try a table, and keep it for a decision; give the name of the import.

    InvalidInputError says why a file is no table that can be read here.
    """
    shown = file_name(name) or say("web.import_pasted", visit.lang)
    sheet = _read(shown, content)
    rows = sheet.rows
    if len(rows) - 1 > MOST_ROWS:
        raise InvalidInputError("web.import_too_many", n=len(rows) - 1, most=MOST_ROWS)
    if not rows or not any(rows[0]):
        raise InvalidInputError("web.import_empty")
    if not any(any(row) for row in rows[1:]):
        raise InvalidInputError("web.import_only_heads")
    width = max(map(len, rows))
    heads = [*rows[0], *[""] * (width - len(rows[0]))]
    values = {
        "kind": kind,
        "name": shown,
        "sha256": sha256(content).hexdigest(),
        "size": len(content),
        "person": visit.who.person,
        "mapping": tried.guessed(kind, heads),
    }

    def write(connection: Connection) -> str:
        now_ms = visit.server.clock.now_ms()
        return recording.keep_tried(
            connection,
            visit.who.org,
            values,
            [heads, *rows[1:]],
            zone=visit.who.zone,
            now_ms=now_ms,
            noticed=_noticed(sheet),
        )

    return visit.server.door.write(visit.who.org, write)


def file_name(name: str) -> str:
    """Give the last part of a file's name as it can be kept and shown."""
    last = PurePath(name.replace("\\", "/")).name
    return "".join(char for char in last if char.isprintable() and not "\ud800" <= char <= "\udfff")[:_LONGEST_NAME]


def _read(name: str, content: bytes) -> Sheet:
    if len(content) > MOST_BYTES:
        raise InvalidInputError("import.too_large", file=name, most=MOST_BYTES // 1024 // 1024)
    with _READ_AT_ONCE:
        try:
            return read_sheet(name, content)
        except OperatorError as error:
            raise InvalidInputError(error.key, **error.values) from error


def _noticed(sheet: Sheet) -> Mapping[str, Any]:
    return {"unread": list(sheet.unread[:MOST_NOTICED]), "mixed": sheet.mixed_lines}
