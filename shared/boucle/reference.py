"""Reference data: sites, partners, types, lanes, loops, planned rounds, each version valid from an instant on.

A version is an event (`reference.set`), never edited in place. Of two versions with the same `valid_from` the
one later in the order of events holds. What was true before the first version is what the first one says.

A version whose row is empty withdraws what was stated from that same instant: an import that was taken back. A row
of which nothing is left was never described.
"""

from bisect import bisect_right
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import Any, TypeAlias, TypeVar

from boucle.clock import DEFAULT_ZONE, is_zone
from boucle.events import Event, Order
from boucle.shape import MAX_AMOUNT, MAX_TARE_G, is_short
from boucle.wire import write

TABLES = (
    "site",
    "partner",
    "item_type",
    "lane",
    "loop",
    "round",
    "checklist",
    "qualification",
    "qualified",
    "return_rule",
    "expected_part",
)
MAX_DAYS = 36_500
"""A hundred years: a longer term is a typing error, and calendars end."""
MAX_USES = 100_000
"""More uses than any container sees."""
MAX_PERCENT = 1_000
"""Nobody repairs a thing for ten times its price."""
GOODS = frozenset({"product", "part"})
"""Natures of what belongs to no pool: a product that somebody may send back, a spare part."""
ANY_TYPE = "*"
"""The type of a lane that carries every type for which it has no version of its own."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """A place: ours when `partner` is empty, else the partner's. `known` is False for a name never described.

    `address` is for finding it, `access` says how one gets in, `reminder` what one minds there.
    """

    key: str
    name: str = ""
    partner: str = ""
    zone: str = DEFAULT_ZONE
    role: str = ""
    code: str = ""
    address: str = ""
    access: str = ""
    reminder: str = ""
    photos: frozenset[str] = frozenset()
    """What a photo is asked for here (`boucle.photo_guards`)."""
    limits: str = ""
    """How many repairs are wanted in a column of the board at most (`boucle.board`)."""
    hours: str = ""
    holidays: str = ""
    closures: str = ""
    """When it is open (`boucle.opening_hours`); empty hours: nobody said."""
    known: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemType:
    """A class of items. Masses in grams, `due_days` from shipping to due, `loss_days` from due to presumed lost.

    `price_cents` is what a new one costs; a repair that is estimated at more than `repair_percent` of it is too dear
    as a rule (0: no rule), one that is quoted at `agreed_cents` or less needs no owner's approval. After `most_uses` it
    is retired by rule (0: by its condition);
    `nature` is `product` or `part` for what is no container of a pool; `reminder` is what a
    driver minds when taking or leaving one.
    """

    key: str
    name: str = ""
    serialised: bool = True
    material: str = ""
    tare_g: int = 0
    due_days: int = 30
    loss_days: int = 180
    deposit_cents: int = 0
    price_cents: int = 0
    repair_percent: int = 0
    agreed_cents: int = 0
    most_uses: int = 0
    nature: str = ""
    requalify: bool = False
    reminder: str = ""
    known: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Lane:
    """Origin site to destination site for a type: the loop it belongs to, and its own days where it has them."""

    loop: str = ""
    due_days: int | None = None
    loss_days: int | None = None


NO_LANE = Lane()


def lane_key(origin: str, destination: str, item_type: str) -> str:
    """Give the key under which a lane's versions are kept."""
    return f"{origin}>{destination}>{item_type or ANY_TYPE}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Version:
    """One version of one row: valid from `valid_from` (ms), stated by the event at `order`."""

    table: str
    key: str
    valid_from: int
    order: Order
    row: Mapping[str, Any]

    @classmethod
    def of(cls, event: Event) -> "Version":
        """Give the version that a `reference.set` event states."""
        row = event.body.get("row")
        return cls(
            table=event.text("table"),
            key=event.text("key"),
            valid_from=event.number("valid_from"),
            order=event.order,
            row=row if isinstance(row, Mapping) else {},
        )


def _text(row: Mapping[str, Any], name: str) -> str:
    value = row.get(name, "")
    return value if isinstance(value, str) else ""


_Default = TypeVar("_Default", int, None)

_MOST = {
    "tare_g": MAX_TARE_G,
    "deposit_cents": MAX_AMOUNT,
    "price_cents": MAX_AMOUNT,
    "repair_percent": MAX_PERCENT,
    "agreed_cents": MAX_AMOUNT,
    "most_uses": MAX_USES,
    "due_days": MAX_DAYS,
    "loss_days": MAX_DAYS,
}


def _count(row: Mapping[str, Any], name: str, default: _Default) -> int | _Default:
    value = row.get(name)
    return value if isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= _MOST[name] else default


def _name(row: Mapping[str, Any], name: str) -> str:
    """Give a text that becomes part of keys; one too long for that says nothing."""
    value = _text(row, name)
    return value if is_short(value) else ""


def _site(key: str, row: Mapping[str, Any]) -> Site:
    zone = _text(row, "zone")
    return Site(
        key=key,
        name=_text(row, "name"),
        partner=_name(row, "partner"),
        zone=zone if is_zone(zone) else DEFAULT_ZONE,
        role=_text(row, "role"),
        code=_text(row, "code"),
        address=_text(row, "address"),
        access=_text(row, "access"),
        reminder=_text(row, "reminder"),
        photos=frozenset(_text(row, "photos").split()),
        limits=_text(row, "limits"),
        hours=_text(row, "hours"),
        holidays=_text(row, "holidays"),
        closures=_text(row, "closures"),
    )


def _item_type(key: str, row: Mapping[str, Any]) -> ItemType:
    return ItemType(
        key=key,
        name=_text(row, "name"),
        serialised=row.get("serialised", True) is not False,
        material=_name(row, "material"),
        tare_g=_count(row, "tare_g", 0),
        due_days=_count(row, "due_days", 30),
        loss_days=_count(row, "loss_days", 180),
        deposit_cents=_count(row, "deposit_cents", 0),
        price_cents=_count(row, "price_cents", 0),
        repair_percent=_count(row, "repair_percent", 0),
        agreed_cents=_count(row, "agreed_cents", 0),
        most_uses=_count(row, "most_uses", 0),
        nature=_text(row, "nature") if _text(row, "nature") in GOODS else "",
        requalify=row.get("requalify") is True,
        reminder=_text(row, "reminder"),
    )


def _lane(row: Mapping[str, Any]) -> Lane:
    return Lane(
        loop=_name(row, "loop"), due_days=_count(row, "due_days", None), loss_days=_count(row, "loss_days", None)
    )


_Row = TypeVar("_Row")
_Line: TypeAlias = tuple[list[int], list[_Row]]
"""The versions of a row: their starts, and what each says."""


def _at(line: _Line[_Row], at_ms: int) -> _Row:
    starts, rows = line
    return rows[0] if len(rows) == 1 else rows[max(0, bisect_right(starts, at_ms) - 1)]


def _standing(stated: Iterable[Version]) -> list[Version]:
    """Leave out what was withdrawn; the versions come in their order."""
    standing: list[Version] = []
    for version in stated:
        if version.row:
            standing.append(version)
        else:
            standing = [each for each in standing if each.valid_from != version.valid_from]
    return standing


class Book:
    """All versions of an organisation's reference data, and what each says at an instant."""

    def __init__(self, versions: Iterable[Version] = ()) -> None:
        self._stated: dict[tuple[str, str], list[Version]] = {}
        for version in versions:
            self._stated.setdefault((version.table, version.key), []).append(version)
        self._versions: dict[tuple[str, str], list[Version]] = {}
        self._starts: dict[tuple[str, str], list[int]] = {}
        self._sites_by_code: dict[str, str] = {}
        for address in sorted(self._stated):  # of two sites that claim one code the same holds, in any order
            self._stated[address].sort(key=lambda version: (version.valid_from, version.order))
            known = _standing(self._stated[address])
            if not known:
                continue
            self._versions[address] = known
            self._starts[address] = [version.valid_from for version in known]
            for version in known:
                if version.table == "site" and _text(version.row, "code"):
                    self._sites_by_code.setdefault(_text(version.row, "code"), version.key)
        # What was looked up once, as rows beside their starts; the unknown is not kept, for there is no end of it.
        self._sites: dict[str, _Line[Site]] = {}
        self._types: dict[str, _Line[ItemType]] = {}
        self._lanes: dict[tuple[str, str, str], _Line[Lane]] = {}
        self._derived: dict[Callable[[Book], Any], Any] = {}

    @property
    def versions(self) -> list[Version]:
        """Every version that was stated, by table, key, start and order, withdrawn ones among them."""
        return [version for address in sorted(self._stated) for version in self._stated[address]]

    @property
    def standing(self) -> list[Version]:
        """Every version that was not withdrawn, by table, key, start and order."""
        return [version for address in sorted(self._versions) for version in self._versions[address]]

    def derive(self, build: Callable[["Book"], _Row]) -> _Row:
        """Give what is worked out of the whole book, once: a book never changes."""
        if build not in self._derived:
            self._derived[build] = build(self)
        return self._derived[build]  # type: ignore[no-any-return]

    def with_versions(self, added: Iterable[Version]) -> "Book":
        """Give a book that also holds `added`."""
        return Book([*self.versions, *added])

    def keys(self, table: str) -> list[str]:
        """Give the keys of a table, sorted."""
        return sorted(key for name, key in self._versions if name == table)

    def has(self, table: str, key: str) -> bool:
        """Tell whether a row was ever described."""
        return (table, key) in self._versions

    def versions_of(self, table: str, key: str) -> list[Version]:
        """Give every version of a row that stands, by its start, of one start the one that holds last."""
        return list(self._versions.get((table, key), ()))

    def site_codes(self, key: str) -> list[str]:
        """Give every label code that any version of a site carries."""
        stated = (_text(version.row, "code") for version in self._versions.get(("site", key), ()))
        return sorted({code for code in stated if code})

    def starts_at(self, table: str, key: str, at_ms: int) -> bool:
        """Tell whether a version of a row starts at that very instant."""
        return at_ms in self._starts.get((table, key), ())

    def first_start(self, table: str, key: str) -> int | None:
        """Give the start of a row's first version, None when it has none."""
        starts = self._starts.get((table, key))
        return starts[0] if starts else None

    def row(self, table: str, key: str, at_ms: int) -> Mapping[str, Any] | None:
        """Give what a row says at an instant; the first version also speaks for the time before it."""
        line = self._line(table, key, dict)
        return None if line is None else _at(line, at_ms)

    def _line(self, table: str, key: str, build: Callable[[Mapping[str, Any]], _Row]) -> "_Line[_Row] | None":
        versions = self._versions.get((table, key))
        return None if versions is None else (self._starts[(table, key)], [build(each.row) for each in versions])

    def site(self, place: str, at_ms: int) -> Site:
        """Give a site by its key or by the code of its place label; an unknown one is in Europe/Paris, ours."""
        line = self._sites.get(place)
        if line is None:
            key = place if ("site", place) in self._versions else self._sites_by_code.get(place, place)
            line = self._line("site", key, lambda row: _site(key, row))
            if line is None:
                return Site(key=key, known=False)
            self._sites[place] = line
        return _at(line, at_ms)

    def item_type(self, key: str, at_ms: int) -> ItemType:
        """Give a type; an unknown one has no mass and the default days."""
        line = self._types.get(key)
        if line is None:
            line = self._line("item_type", key, lambda row: _item_type(key, row))
            if line is None:
                return ItemType(key=key, known=False)
            self._types[key] = line
        return _at(line, at_ms)

    def lane(self, origin: str, destination: str, item_type: str, *, at_ms: int) -> Lane:
        """Give the lane of a movement: the type's own, else the one for every type, else no lane."""
        address = (origin, destination, item_type)
        line = self._lanes.get(address)
        if line is None:
            line = self._line("lane", lane_key(origin, destination, item_type), _lane)
            line = line or self._line("lane", lane_key(origin, destination, ANY_TYPE), _lane)
            if line is None:
                return NO_LANE
            self._lanes[address] = line
        return _at(line, at_ms)

    def digest(self) -> str:
        """Give the SHA-256 of the whole reference set, which every export names."""
        state = sha256()
        for version in self.versions:
            state.update(
                write(
                    {
                        "table": version.table,
                        "key": version.key,
                        "valid_from": version.valid_from,
                        "row": dict(version.row),
                        "id": version.order[4],
                    }
                )
            )
            state.update(b"\n")
        return state.hexdigest()
