"""The pages of devices: which there are and how they stand, letting one in by a QR code, cutting one off."""

from collections import Counter
from dataclasses import dataclass
from typing import Annotated, Any, Final

import sqlalchemy as sa
from fastapi import Depends
from sqlalchemy.engine import Connection
from starlette.responses import Response

from boucle.roles import CAPABILITIES, Role, may_give
from boucle.units import DAY_MS
from boucle.words import say
from boucle_server import attention, devices, guard, photos, reports
from boucle_server.devices import Invited
from boucle_server.errors import ForbiddenError, InvalidInputError, NotFoundError, RefusedError
from boucle_server.projections import load_book
from boucle_server.set_aside import is_set_aside
from boucle_server.tables import RECORD
from boucle_server.web.forms import Fields, Posted, posts
from boucle_server.web.item_words import moment
from boucle_server.web.places import DEVICES, ENROL, REVOKE
from boucle_server.web.rendering import redirect, render
from boucle_server.web.routing import pages_router
from boucle_server.web.symbols import symbol
from boucle_server.web.table_files import Table, format_of, table_file
from boucle_server.web.visit import LONGEST_SHOWN, Visit, visits

router = pages_router()

PAGE: Final = 50
SILENT_MS: Final = 3 * DAY_MS
"""A phone in use that was not heard for so long has a sign of its own."""
STATES: Final = ("active", "revoked", "all")
ROLES: Final = tuple(role for role in Role if CAPABILITIES[role] - {"read"})
"""Roles that scan something."""
Reading = Annotated[Visit, Depends(visits(DEVICES))]
Enrolling = Annotated[Visit, Depends(visits(ENROL))]
Revoking = Annotated[Visit, Depends(visits(REVOKE))]


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A device as the list shows it."""

    dev: str
    name: str
    role: str
    site: str
    kind: str
    state: str
    seen: str
    unsent: int | None
    gaps: int
    photos: int
    app: str
    may_revoke: bool
    note: str


@router.get(DEVICES.path)
def devices_page(visit: Reading) -> Response:
    """List the devices: how each stands, when it was last heard, what it still holds."""
    state = visit.value("state") or "active"
    if state not in STATES:
        visit = visit.noting(say("web.devices_bad_state", visit.lang, asked=state[:LONGEST_SHOWN]))
        state = "active"
    with visit.server.database.reading() as connection:
        known = devices.listed(connection, visit.who.org)
        chosen = sorted((row for row in known if state in ("all", row["status"])), key=_by_name)
        page = visit.value("page")
        first = (int(page) - 1) * PAGE if page.isdecimal() and 0 < int(page[:6]) == int(page) else 0
        lines = _lines(visit, connection, chosen if format_of(visit) else chosen[first : first + PAGE])
    if format_of(visit):
        return table_file(visit, "appareils", [_table(visit, lines)])
    number = first // PAGE + 1
    return render(
        visit,
        "devices.html",
        place=DEVICES,
        state=state,
        states=[(each, say(f"web.devices_{each}", visit.lang)) for each in STATES],
        lines=lines,
        total=len(chosen),
        first=visit.here(page="") if first else "",
        next=visit.here(page=str(number + 1)) if len(chosen) > first + PAGE else "",
    )


def _table(visit: Visit, lines: list[Line]) -> Table:
    keys = (
        "device",
        "role",
        "where",
        "devices_state",
        "devices_seen",
        "devices_unsent",
        "devices_gaps",
        "devices_photos",
        "devices_app",
    )
    rows = [
        (
            each.dev,
            each.name,
            each.role,
            each.site,
            each.state,
            each.seen,
            each.unsent,
            each.gaps,
            each.photos,
            each.app,
        )
        for each in lines
    ]
    heads = ["id", *(say(f"web.{key}", visit.lang) for key in keys)]
    return Table(key="devices", title=say(DEVICES.words, visit.lang), heads=heads, rows=rows)


@router.get(ENROL.path)
def enrol_form(visit: Enrolling) -> Response:
    """Ask what the new device is called, and whose work it does."""
    return _form(visit, Fields(pairs=()))


@router.post(ENROL.path)
def enrol(posted: Annotated[Posted, Depends(posts(ENROL))]) -> Response:
    """Make a code that lets one device in, and show it: the only moment when it can be read."""
    visit, typed = posted.visit, posted.fields

    def write(connection: Connection) -> Invited:
        site = typed.value("site")
        if site and not load_book(connection, visit.who.org).has("site", site):
            raise InvalidInputError("web.devices_no_site")
        return devices.invite(
            connection,
            visit.who.org,
            server=_address(visit, typed).rstrip("/"),
            name=typed.value("name"),
            role=Role(typed.value("role")),
            site=site,
            now_ms=visit.server.clock.now_ms(),
        )

    wrong = _wrong(visit, typed)
    if wrong:
        return _form(visit, typed, wrong=wrong, status=422)
    try:
        invited = visit.server.door.write(visit.who.org, write)
    except RefusedError as refused:
        field = "address" if refused.values.get("field") == "base_url" else ""
        told = say("web.devices_bad_address", visit.lang) if field else refused.said(visit.lang)
        return _form(visit, typed, wrong={field or "name": told}, status=refused.status)
    uri = invited.invitation.uri
    return render(
        visit,
        "device_code.html",
        place=DEVICES,
        name=typed.value("name"),
        role=say(f"role.{typed.value('role')}", visit.lang),
        uri=uri,
        symbol=symbol(uri),
        until=moment(invited.expires_ms, visit.who.zone, visit.lang),
        warnings=_warnings(invited.invitation.server, visit.lang),
        address_=invited.invitation.server,
    )


@router.get(REVOKE.path + "/{dev}")
def revoke_form(visit: Revoking, dev: str) -> Response:
    """Ask whether a device is to be cut off, and tell what it still holds."""
    with visit.server.database.reading() as connection:
        (line,) = _lines(visit, connection, [_device(connection, visit, dev)])
    return render(visit, "device_revoke.html", place=DEVICES, line=line)


@router.post(REVOKE.path + "/{dev}")
def revoke(posted: Annotated[Posted, Depends(posts(REVOKE))], dev: str) -> Response:
    """Cut a device off."""
    visit = posted.visit

    def write(connection: Connection) -> None:
        _device(connection, visit, dev)
        devices.revoke(connection, visit.who.org, dev, now_ms=visit.server.clock.now_ms())

    visit.server.door.write(visit.who.org, write)
    return redirect(DEVICES.path, done="web.devices_revoked_done", state="revoked")


def _form(visit: Visit, typed: Fields, *, wrong: dict[str, str] | None = None, status: int = 200) -> Response:
    with visit.server.database.reading() as connection:
        book = load_book(connection, visit.who.org)
    sites = [(key, reports.name_of(book, "site", key, visit.now_ms)) for key in book.keys("site")]
    ours = [pair for pair in sites if not book.site(pair[0], visit.now_ms).partner]
    address = _address(visit, typed)
    return render(
        visit,
        "device_new.html",
        status=status,
        place=DEVICES,
        typed=typed,
        wrong=wrong or {},
        roles=[(role.value, say(f"role.{role.value}", visit.lang)) for role in _roles(visit)],
        sites=[("", say("web.devices_any_site", visit.lang)), *sorted(ours, key=lambda pair: pair[1].casefold())],
        address_=address,
        warnings=_warnings(address, visit.lang),
    )


def _roles(visit: Visit) -> list[Role]:
    """Give the roles of which this person may let a device in."""
    return [role for role in ROLES if may_give(visit.who.capabilities, role.value)]


def _wrong(visit: Visit, typed: Fields) -> dict[str, str]:
    wrong: dict[str, str] = {}
    if not typed.value("name"):
        wrong["name"] = say("web.needs_name", visit.lang)
    if typed.value("role") not in {role.value for role in ROLES}:
        wrong["role"] = say("web.choose_role", visit.lang)
    elif not may_give(visit.who.capabilities, typed.value("role")):
        wrong["role"] = say("web.devices_above", visit.lang)
    return wrong


def _address(visit: Visit, typed: Fields) -> str:
    """Give the address that the phone is told: the one typed, else the one that was set; never the request's."""
    return typed.value("address") or guard.address_of(visit.server.settings)


def _warnings(address: str, lang: str) -> list[str]:
    """Say honestly what an address cannot do."""
    if guard.is_local(address):
        return [say("web.devices_local", lang, address=address)]
    if not address.lower().startswith("https://"):
        return [say("web.devices_plain", lang, address=address)]
    return []


def _device(connection: Connection, visit: Visit, dev: str) -> dict[str, Any]:
    """Give a device in use that this person may cut off; NotFoundError, ForbiddenError."""
    found = next((row for row in devices.listed(connection, visit.who.org) if row["dev"] == dev), None)
    if found is None or found["status"] != "active":
        raise NotFoundError("web.devices_gone")
    if not may_give(visit.who.capabilities, found["role"]):
        raise ForbiddenError("web.devices_above")
    return found


def _by_name(row: dict[str, Any]) -> tuple[bool, str, str]:
    return row["status"] != "active", row["name"].casefold(), row["dev"]


def _lines(visit: Visit, connection: Connection, rows: list[dict[str, Any]]) -> list[Line]:
    book, lang = load_book(connection, visit.who.org), visit.lang
    gaps: Counter[str] = Counter()
    for gap in attention.all_gaps(connection, visit.who.org):
        gaps[gap.dev] += gap.count
    aside = _after_revocation(connection, visit.who.org)
    owed = {each.dev: each.n for each in photos.owed(connection, visit.who.org)}
    found = []
    for row in rows:
        kind, state = _state(row, visit.now_ms)
        notes = []
        if row["status"] == "revoked":
            on = moment(row["revoked_ms"], visit.who.zone, lang)
            notes.append(say("web.devices_revoked_on", lang, day=on))
            if row["unsent"]:
                notes.append(say("web.devices_kept", lang, n=row["unsent"]))
            if aside[row["dev"]]:
                notes.append(say("web.devices_came_after", lang, n=aside[row["dev"]]))
        seen = row["last_seen_ms"]
        found.append(
            Line(
                dev=row["dev"],
                name=row["name"],
                role=say(f"role.{row['role']}", lang),
                site=reports.name_of(book, "site", row["site"], visit.now_ms) or say("web.devices_any_site", lang),
                kind=kind,
                state=say(f"web.device_{state}", lang),
                seen=say("web.never", lang) if seen is None else moment(seen, visit.who.zone, lang),
                unsent=row["unsent"],
                gaps=gaps[row["dev"]],
                photos=owed.get(row["dev"], 0),
                app=row["app"] or "",
                may_revoke=row["status"] == "active" and may_give(visit.who.capabilities, row["role"]),
                note=" ".join(notes),
            )
        )
    return found


def _state(row: dict[str, Any], now_ms: int) -> tuple[str, str]:
    if row["status"] == "revoked":
        return "bad", "revoked"
    if row["unsent"]:
        return "warn", "holds"
    if row["last_seen_ms"] is None or now_ms - row["last_seen_ms"] > SILENT_MS:
        return "warn", "silent"
    return "good", "fine"


def _after_revocation(connection: Connection, org: str) -> Counter[str]:
    """Count by device the records that came after it was cut off, and wait for a decision."""
    query = (
        sa.select(RECORD.c.dev, sa.func.count())
        .where(RECORD.c.org == org, is_set_aside(), RECORD.c.status == "quarantined")
        .where(RECORD.c.reason == "revoked_device")
        .group_by(RECORD.c.dev)
    )
    return Counter({dev: int(n) for dev, n in connection.execute(query)})
