"""The list of items: what is looked for, a page of it, in the order in which items came to be."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from boucle.clock import day_of
from boucle.codes import Code, Label, Misread, read_label
from boucle.item import Item, load
from boucle.lifecycle import OUT, Stage
from boucle.reference import Book
from boucle.words import say
from boucle_server import histories, reports, rows
from boucle_server.errors import NotFoundError
from boucle_server.read_tables import BINDING, ITEM
from boucle_server.web.asking import Option
from boucle_server.web.figures import Badge
from boucle_server.web.item_words import href_of, printed
from boucle_server.web.visit import LONGEST_SHOWN, Visit

PAGE: Final = 50
_KINDS: Final[Mapping[str, str]] = {
    Stage.AVAILABLE: "good",
    Stage.LOST: "bad",
    Stage.RETIRED: "plain",
    Stage.ENCODED: "plain",
    **dict.fromkeys(OUT, "info"),
}
_ON_THE_WAY: Final[Mapping[str, str]] = {
    Stage.OUTBOUND: "web.on_its_way_to",
    Stage.INBOUND: "web.in_vehicle_from",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One item of the list."""

    code: str
    href: str
    type: str
    stage: Badge
    place: str
    days_out: str
    late: str
    exact_days: int | None
    exact_late: int
    uses: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """A page of the list, what it was narrowed by, and what was wrong with what was typed."""

    rows: tuple[Row, ...]
    next: str
    chosen: Mapping[str, str]
    options: Mapping[str, list[Option]]
    problems: tuple[str, ...]


def look_up(connection: Connection, org: str, text: str, lang: str) -> tuple[str, str]:
    """Read what was typed or scanned: the address of the item, or else a sentence that says what is wrong."""
    label = read_label(text)
    if isinstance(label, Misread):
        shown = text[:LONGEST_SHOWN]
        known = label.reason.value if label.reason.value in ("misread", "type_only") else "foreign"
        return "", say(f"web.code_{known}", lang, asked=shown)
    try:
        histories.find(connection, org, label.key)
    except NotFoundError:
        return "", say("web.code_unknown", lang, asked=_shown(label))
    return href_of(label.key), ""


def items(connection: Connection, visit: Visit, book: Book, *, most: int = PAGE) -> Found:
    """Give a page of items under the filters of an address."""
    org, lang = visit.who.org, visit.lang
    today = day_of(visit.now_ms, visit.who.zone)
    options = _options(book, lang, visit.now_ms)
    problems: list[str] = []
    chosen = {name: valid(visit, name, options[name], problems) for name in options}
    where = [ITEM.c.org == org, ITEM.c.item > visit.value("after")[:200]]
    where += [ITEM.c[name] == value for name, value in chosen.items() if value]
    if visit.value("late"):
        where += [ITEM.c.out_since.is_not(None), ITEM.c.due != "", ITEM.c.due < today]
    query = sa.select(ITEM.c.item, ITEM.c.state).where(*where).order_by(ITEM.c.item).limit(most + 1)
    found = connection.execute(query).all()
    codes = _codes(connection, org, [row.item for row in found[:most]])
    listed = tuple(_row(load(row.state), codes.get(row.item, row.item), book, visit) for row in found[:most])
    return Found(
        rows=listed,
        next=found[most - 1].item if len(found) > most else "",
        chosen={**chosen, "late": "1" if visit.value("late") else ""},
        options=options,
        problems=tuple(problems),
    )


def stage_badge(item: Item, lang: str) -> Badge:
    """Give the stage of an item with its sign."""
    return _KINDS.get(item.stage, "info"), say(f"state.container.{item.stage}", lang)


def days_out(item: Item, zone: str, now_ms: int) -> int | None:
    """Give for how many local days an item is out, None when it is not."""
    if not item.loan_open or not item.ship_ms:
        return None
    return (_day(now_ms, zone) - _day(item.ship_ms, zone)).days


def days_late(item: Item, today: str) -> int:
    """Give by how many days an item is overdue, 0 when it is not."""
    if not item.overdue_on(today):
        return 0
    return (date.fromisoformat(today) - date.fromisoformat(item.due)).days


def place_name(item: Item, book: Book, now_ms: int, lang: str) -> str:
    """Give the name of where an item is; on its way, where it goes to, and in our vehicle, where it was taken."""
    place = item.place if item.stage in OUT and item.place else item.site
    name = book.site(place, now_ms).name or place
    way = _ON_THE_WAY.get(item.stage, "")
    return say(way, lang, place=name) if way and name else name


def _day(at_ms: int, zone: str) -> date:
    return date.fromisoformat(day_of(at_ms, zone))


def _row(item: Item, code: str, book: Book, visit: Visit) -> Row:
    zone = book.site(item.ship_site or item.site, visit.now_ms).zone
    out, late = days_out(item, zone, visit.now_ms), days_late(item, day_of(visit.now_ms, zone))
    return Row(
        code=printed(code),
        href=href_of(code),
        type=book.item_type(item.type, visit.now_ms).name or item.type,
        stage=stage_badge(item, visit.lang),
        place=place_name(item, book, visit.now_ms, visit.lang),
        days_out="" if out is None else say("web.days", visit.lang, n=out),
        late=say("web.late_by", visit.lang, n=late) if late else "",
        exact_days=out,
        exact_late=late,
        uses=item.uses + item.opening_uses,
    )


def _codes(connection: Connection, org: str, ids: list[str]) -> dict[str, str]:
    """Give one code for each item, the first by its bytes."""
    first: dict[str, str] = {}
    for row in rows.select(connection, BINDING, ("item", "code"), org=org, key="item", keys=ids):
        first[row.item] = min(row.code, first.get(row.item, row.code), key=str.encode)
    return first


def _options(book: Book, lang: str, now_ms: int) -> dict[str, list[Option]]:
    def named(table: str, everything: str) -> list[Option]:
        keys = [(key, reports.name_of(book, table, key, now_ms)) for key in book.keys(table)]
        return [("", say(everything, lang)), *sorted(keys, key=lambda pair: pair[1].casefold())]

    stages = [(stage.value, say(f"state.container.{stage}", lang)) for stage in Stage]
    return {
        "stage": [("", say("web.all_stages", lang)), *stages],
        "type": named("item_type", "web.all_type"),
        "site": named("site", "web.all_sites"),
        "partner": named("partner", "web.all_partner"),
    }


def valid(visit: Visit, name: str, options: list[Option], problems: list[str]) -> str:
    """Give what an address narrows to, where that is one of the options; else nothing, and a sentence that says so."""
    text = visit.value(name)
    if text not in {key for key, _ in options}:
        what = say(f"web.filter_{name}", visit.lang)
        problems.append(say("web.bad_filter", visit.lang, what=what, asked=text[:LONGEST_SHOWN]))
        return ""
    return text


def _shown(label: Label) -> str:
    code: Any = label.code
    return code.grouped if isinstance(code, Code) else label.key[:60]
