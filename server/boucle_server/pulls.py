"""What phones pull: the rows behind the feed of changes, as they are now, a page at a time.

A page names each row once and gives what it says at the moment of reading, so a row that changes while a phone
pulls only comes again. Numbers are taken in commit order (`feed`), so none is ever passed over.
"""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from boucle import stop_rows
from boucle.reference import TABLES
from boucle.stock import standing_pieces
from boucle_server import keys, rows, stock_counts, stop_feed
from boucle_server.feed import RECORDS
from boucle_server.ledger import WAS
from boucle_server.people import OPERATORS
from boucle_server.projections import RETURNS, STOCK, SqlStore, versions_of
from boucle_server.read_tables import BINDING, CELL, ITEM
from boucle_server.tables import CHANGE, ORG, ORG_COUNTER, PERSON, RECORD

ITEMS: Final = "item"
ORGANISATION: Final = "org"
_OF_A_RETURN: Final = ("month", "site", "partner", "type", "material", "measure", "n")


@dataclass(frozen=True, slots=True, kw_only=True)
class Pulled:
    """One page: its rows `{n, table, key, row}`, the cursor after it, whether more follow, whether to start anew."""

    rows: list[dict[str, Any]]
    next: int
    more: bool
    reset: bool


def page(connection: Connection, org: str, dev: str, *, cursor: int, limit: int, now_ms: int) -> Pulled:
    """Give a device the changes after `cursor`; one from the future is of a database that was since restored.

    What was decided about a record is told to the device that recorded it, and to no other. Of stops only what is
    recent is told; a phone that begins does not even walk through what is old.
    """
    last = connection.execute(sa.select(ORG_COUNTER.c.change_n).where(ORG_COUNTER.c.org == org)).scalar_one()
    reset = cursor > last
    start = 0 if reset else cursor
    query = sa.select(CHANGE.c.n, CHANGE.c.tbl, CHANGE.c.key).where(CHANGE.c.org == org, CHANGE.c.n > start)
    if start == 0:
        query = query.where(stop_feed.is_worth_reading(now_ms))
    found = connection.execute(query.order_by(CHANGE.c.n).limit(limit)).all()
    newest = {(table, key): n for n, table, key in found}
    contents = _contents(connection, org, newest)
    contents |= _decided(connection, org, dev, {key for table, key in newest if table == RECORDS})
    stops = {key for table, key in newest if table == stop_rows.TABLE}
    contents |= stop_feed.contents(connection, org, stops, now_ms=now_ms)
    given = [
        {"n": n, "table": table, "key": key, "row": contents.get((table, key))}
        for (table, key), n in newest.items()
        if table not in (RECORDS, stop_rows.TABLE) or (table, key) in contents
    ]
    given.sort(key=lambda row: row["n"])
    if start == 0:
        given.insert(0, {"n": 0, "table": ORGANISATION, "key": org, "row": _organisation(connection, org)})
    # Where nothing is left to read, all that is there was: what is old and not worth reading is behind a phone too.
    upto = found[-1].n if found else last
    return Pulled(rows=given, next=upto, more=upto < last, reset=reset)


def _contents(connection: Connection, org: str, wanted: Iterable[tuple[str, str]]) -> dict[tuple[str, str], Any]:
    by_table: dict[str, set[str]] = {}
    for table, key in wanted:
        by_table.setdefault(table, set()).add(key)
    contents: dict[tuple[str, str], Any] = {}
    for table, named in by_table.items():
        if table == ITEMS:
            contents |= {(table, key): row for key, row in _items(connection, org, named).items()}
        elif table == OPERATORS:
            contents |= {(table, key): row for key, row in _operators(connection, org, named).items()}
        elif table == RETURNS:
            contents |= {(table, key): row for key, row in _returns(connection, org, named).items()}
        elif table == STOCK:
            contents |= {(table, key): row for key, row in _stocks(connection, org, named).items()}
        elif table in TABLES:
            contents |= _reference(connection, org, table, named)
        elif table == ORGANISATION:
            contents[table, org] = _organisation(connection, org)
    return contents


def _items(connection: Connection, org: str, wanted: set[str]) -> dict[str, Any]:
    codes: dict[str, list[str]] = {}
    for code, item in rows.select(connection, BINDING, ("code", "item"), org=org, key="item", keys=wanted):
        codes.setdefault(item, []).append(code)
    found = rows.select(connection, ITEM, ("item", "state"), org=org, key="item", keys=wanted)
    serials = _serials(connection, org, wanted)
    return {
        item: {"state": json.loads(state), "codes": sorted(codes.get(item, ()))}
        | ({"serial": serials[item]} if item in serials else {})
        for item, state in found
    }


def _serials(connection: Connection, org: str, wanted: set[str]) -> dict[str, str]:
    """Give the makers' serial numbers of items: an item's id is that of the event by which it was commissioned."""
    found = rows.select(
        connection, RECORD, ("id", "payload"), org=org, key="id", keys=wanted, extra="status = 'accepted'"
    )
    told = {key: json.loads(bytes(payload)) for key, payload in found if b'"serial"' in bytes(payload)}
    serials = {key: event.get("body", {}).get("serial") for key, event in told.items()}
    return {key: serial for key, serial in serials.items() if isinstance(serial, str) and serial}


def _returns(connection: Connection, org: str, wanted: set[str]) -> dict[str, Any]:
    """Give how many of each type came to each stage of a return, by month, site and partner."""
    several: dict[str, list[list[Any]]] = {}
    found = rows.select(
        connection, CELL, ("bucket", *_OF_A_RETURN), org=org, key="bucket", keys=wanted, extra="cell = 'return'"
    )
    for rma, *counted in found:
        if counted[-1]:
            several.setdefault(rma, []).append(counted)
    return {rma: {"cells": sorted(counted)} for rma, counted in several.items()}


def _stocks(connection: Connection, org: str, wanted: set[str]) -> dict[str, Any]:
    """Give the pieces without labels that should stand at sites of ours now."""
    book = SqlStore(connection, org).book()
    booked = {site: stock_counts.booked_now(connection, org, site) for site in wanted}
    return {site: {"pieces": standing_pieces(pieces, book, site)} for site, pieces in booked.items()}


def _operators(connection: Connection, org: str, wanted: set[str]) -> dict[str, Any]:
    names = ("person", "name", "badge", "pin_hash", "role", "site")
    query = sa.select(*(PERSON.c[name] for name in names)).where(
        PERSON.c.org == org, PERSON.c.person.in_(wanted), PERSON.c.active.is_(True), PERSON.c.pin_hash.is_not(None)
    )
    return {
        row.person: {
            "person": row.person,
            "name": row.name,
            "badge": row.badge or "",
            "pin": row.pin_hash,
            "role": row.role,
            "site": row.site,
        }
        for row in connection.execute(query)
    }


def _reference(connection: Connection, org: str, table: str, wanted: set[str]) -> dict[tuple[str, str], Any]:
    several: dict[tuple[str, str], list[dict[str, Any]]] = {}
    ordered = sorted(versions_of(connection, org), key=lambda version: (version.valid_from, version.order))
    for version in ordered:
        if version.table == table and version.key in wanted:
            stated = {"valid_from": version.valid_from, "row": dict(version.row), "id": version.order[4]}
            several.setdefault((table, version.key), []).append(stated)
    return several


def _decided(connection: Connection, org: str, dev: str, wanted: set[str]) -> dict[tuple[str, str], Any]:
    """Give, of each event of a device that was set aside, its contents with what they were and what they are now."""
    columns = ("id", "variant", "hash", "teff", "status", "reason", "dev")
    found: dict[tuple[str, str], list[dict[str, Any]]] = {}
    for event_id, _, content, teff, status, reason, of in sorted(
        rows.select(connection, RECORD, columns, org=org, key="id", keys=wanted)
    ):
        if of == dev and reason.startswith(WAS):
            was = reason.removeprefix(WAS).partition(":")[0]
            told = {"hash": content, "teff": teff, "status": status, "was": was}
            found.setdefault((RECORDS, event_id), []).append(told)
    return dict(found)


def _organisation(connection: Connection, org: str) -> dict[str, Any]:
    row = connection.execute(sa.select(ORG.c.name, ORG.c.zone).where(ORG.c.org == org)).one()
    return {"name": row.name, "zone": row.zone, "vkey": keys.signer(connection, org).vkey}
