"""A page of the server's changes: read with suspicion, written into the store row by row."""

import json
import sqlite3
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from boucle.item import load
from boucle.reference import TABLES, Version
from boucle.serials import compared
from boucle.stop_rows import read_row
from boucle_field import settle
from boucle_field.store import put

REFERENCE = frozenset(TABLES)


class Row(NamedTuple):
    """One pulled row: its table, its key, its content, None for what is gone."""

    table: str
    key: str
    row: Any


class Page(NamedTuple):
    """One page of the server's changes; `next` is the cursor after it, `reset` forgets everything before it."""

    rows: tuple[Row, ...]
    next: int
    more: bool
    reset: bool

    @classmethod
    def read(cls, answer: Mapping[str, Any] | None) -> "Page | None":
        """Read the answer to a pull; None for anything else, whole or in part."""
        if answer is None:
            return None
        try:
            rows = tuple(_row(each) for each in answer["rows"])
            return cls(rows, int(answer["next"]), answer["more"] is True, answer.get("reset") is True)
        except (KeyError, TypeError, ValueError, AttributeError):
            return None


def _row(each: Mapping[str, Any]) -> Row:
    table, key = each["table"], each["key"]
    if not isinstance(table, str) or not isinstance(key, str):
        raise TypeError("a table and a key are texts")
    return Row(table, key, _content(table, key, each["row"]))


def _content(table: str, key: str, row: Any) -> Any:
    """Give what is stored of a row, as it is stored; what is not as it should be raises TypeError or KeyError."""
    match table:
        case _ if row is None:
            return None
        case "item":
            state = row["state"] if isinstance(row["state"], str) else _text(row["state"])
            load(state)
            return state, [str(code) for code in row["codes"]], compared(str(row.get("serial") or ""))
        case "return":
            return _cells(row["cells"])
        case "stock":
            return _text({str(item_type): int(n) for item_type, n in row["pieces"].items()})
        case "stop":
            of = read_row(key, row).event
            return of.task, of.teff, _text(row)
        case "operator":
            return [str(row.get(name) or "") for name in ("name", "badge", "pin", "role", "site")]
        case "record":
            return [(str(each["hash"]), int(each["teff"]), str(each["status"]), str(each["was"])) for each in row]
        case _ if table in REFERENCE:
            versions(table, "", _text(row))
            return _text(row) if row else None
        case _:
            return _text(row)


def _cells(told: Any) -> str:
    """Give the counts of a return as they are stored; TypeError or ValueError for what are none."""
    return _text([[*(str(text) for text in names), int(n)] for *names, n in told])


def take(db: sqlite3.Connection, row: Row, *, holds: Sequence[str] = ()) -> None:
    """Write one pulled row; a table of a newer server is passed over. `holds` are events of ours that it knows of."""
    match row.table:
        case "item":
            _take_item(db, row)
        case "return":
            _put(db, "returned", "rma", row.key, None if row.row is None else (row.row, json.dumps(list(holds))))
        case "stock":
            _put(db, "stock", "site", row.key, None if row.row is None else (row.row, json.dumps(list(holds))))
        case "stop":
            _put(db, "stop_event", "id", row.key, row.row)
        case "operator":
            _put(db, "operator", "person", row.key, row.row)
        case "record":
            for content, teff, status, was in row.row or ():
                settle.decided(db, row.key, content=content, teff=teff, status=status, was=was)
        case "org" if row.row is not None:
            put(db, "org_row", row.row)
        case table if table in REFERENCE:
            db.execute("DELETE FROM reference WHERE tbl = ? AND key = ?", (table, row.key))
            if row.row is not None:
                db.execute("INSERT INTO reference VALUES (?, ?, ?)", (table, row.key, row.row))
        case _:
            pass


def _put(db: sqlite3.Connection, table: str, column: str, key: str, values: Sequence[Any] | None) -> None:
    """Let a row stand as it was told, or not at all; the names are our own."""
    db.execute(f"DELETE FROM {table} WHERE {column} = ?", (key,))  # noqa: S608
    if values is not None:
        db.execute(f"INSERT INTO {table} VALUES (?{', ?' * len(values)})", (key, *values))  # noqa: S608


def _take_item(db: sqlite3.Connection, row: Row) -> None:
    db.execute("DELETE FROM item_code WHERE item = ?", (row.key,))
    db.execute("DELETE FROM item WHERE item = ?", (row.key,))
    db.execute("DELETE FROM item_serial WHERE item = ?", (row.key,))
    if row.row is not None:
        state, codes, serial = row.row
        if serial:
            db.execute("INSERT INTO item_serial VALUES (?, ?)", (row.key, serial))
        db.execute("INSERT INTO item VALUES (?, ?)", (row.key, state))
        db.executemany("INSERT OR REPLACE INTO item_code VALUES (?, ?)", [(code, row.key) for code in codes])


def _text(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def versions(table: str, key: str, text: str) -> list[Version]:
    """Give the versions of a row of reference data, as the server lists them."""
    return [
        Version(
            table=table,
            key=key,
            valid_from=int(each.get("valid_from", 0)),
            # The server lists versions in their order; of two that begin together the later one holds.
            order=(0, "", "", place, str(each.get("id", ""))),
            row=each.get("row") or {},
        )
        for place, each in enumerate(json.loads(text))
    ]
