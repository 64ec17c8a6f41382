"""Returned products as this phone knows them: the server's counts, with what was recorded here since on top.

The counts and the state of a return are made by the shared fold of cells and items, as on the server; nothing about
them is stored or set here.
"""

import json
from collections import defaultdict
from collections.abc import Iterator
from typing import Final, NamedTuple

from boucle.clock import day_of, month_of
from boucle.events import Event
from boucle.facts import Cell
from boucle.item import Back, Item, load
from boucle.lifecycle import OUT, ReturnStage
from boucle.return_counts import COMES, Return, back_of, gather
from boucle.rma import STAGE_OF, ReturnState
from boucle_field import loose
from boucle_field.loose import EVENT, OURS, SETTLED, event_of
from boucle_field.phone import Phone
from boucle_field.stop_events import VOID

OVER: Final = frozenset({ReturnState.CLOSED, ReturnState.CANCELLED})
MOST_SHOWN: Final = 60
"""More buttons than this make a list slow."""
_VOIDS: Final = f"SELECT {EVENT} FROM outbox AS o WHERE kind = ? AND {OURS}"  # noqa: S608
_RMA: Final = "json_extract(i.state, '$.back[0]')"
_SUBJECTS: Final = (
    "SELECT DISTINCT o.subject FROM outbox AS o LEFT JOIN item_code AS c ON c.code = o.subject"  # noqa: S608
    f" LEFT JOIN item AS i ON i.item = c.item WHERE {OURS}"
    " AND o.subject != '' AND NOT (o.subject >= 'qty:' AND o.subject < 'qty;')"
    " AND (o.kind LIKE 'return.%' OR i.item IS NULL OR instr(i.state, '\"nature\":') > 0"
    " OR instr(i.state, '\"return_stage\":') > 0)"
    f" AND (:rma = '' OR instr(CAST(o.payload AS TEXT), :rma) > 0 OR {_RMA} = :rma)"
)
"""What may be a returned product, of what was recorded here since; of one return what names it, or belongs to it."""
_BACK: Final = f"SELECT i.item, i.state FROM item AS i WHERE {_RMA} IS NOT NULL AND (:rma = '' OR {_RMA} = :rma)"  # noqa: S608
_CODES: Final = "SELECT code FROM item_code WHERE item = ? ORDER BY code LIMIT 1"
_BEFORE: Final = {
    "item.received": "",
    "item.graded": ReturnStage.RECEIVED,
    "item.disposition_decided": ReturnStage.GRADED,
    "item.disposition_confirmed": ReturnStage.GRADED,
    "item.moved": ReturnStage.DISPOSED_TO,
    "item.shipped": ReturnStage.DISPOSED_TO,
    "item.treated": ReturnStage.DISPOSED_TO,
}
"""Where a product stands again when what happened to it last is taken back."""
Counted = defaultdict[str, list[tuple[Cell, int]]]


class Product(NamedTuple):
    """A numbered product on its way back: a code of it, and its state."""

    code: str
    item: Item

    @property
    def back(self) -> Back:
        """Its way back."""
        return back_of(self.item)

    @property
    def stage(self) -> str:
        """How far it has come."""
        return self.item.return_stage

    @property
    def comes(self) -> bool:
        """Whether it is announced and not here yet."""
        return self.stage in COMES

    @property
    def other_partner(self) -> bool:
        """Whether it came from somebody else than the one to whom it was last sent."""
        back = self.back
        return bool(back.received_ms and back.origin and back.partner and back.partner != back.origin)

    @property
    def late(self) -> bool:
        """Whether it is here and was sent back after the last day for that; what travelled long is not late."""
        return bool(self.back.late and self.back.received_ms)

    @property
    def unknown_origin(self) -> bool:
        """Whether nobody knows to whom it was ever sent."""
        return bool(self.back.received_ms and not self.back.origin)


class Known(NamedTuple):
    """All that this phone knows of returned products: returns by number, and the numbered products of each."""

    returns: dict[str, Return]
    products: dict[str, list[Product]]

    def open(self) -> list[Return]:
        """Give the returns that want somebody: what is still to come first, the oldest before the younger."""
        found = [each for each in self.returns.values() if each.state not in OVER]
        return sorted(found, key=lambda each: (not each.remaining, each.month, each.rma))


def known(phone: Phone, rma: str = "") -> Known:
    """Gather every return, or one, as it stands now."""
    products = [each for each in _products(phone, rma) if rma in ("", each.back.rma)]
    numbered: defaultdict[str, list[Product]] = defaultdict(list)
    for product in products:
        numbered[product.back.rma].append(product)
    today = day_of(phone.desk.now_ms(), phone.identity.zone)
    cells = {key: told for key, told in _cells(phone, rma).items() if told and rma in ("", key)}
    returns = {
        key: gather(key, told, [each.item for each in numbered[key]], today=today) for key, told in cells.items()
    }
    return Known(returns, dict(numbered))


def near(of: Return, home: str) -> bool:
    """Tell whether a return is of one of our sites: something of it came there, or nothing came anywhere yet."""
    return not home or not of.came_to or home in of.came_to


def find(phone: Phone, rma: str) -> Return | None:
    """Give one return as it stands now, None where nothing is known of it."""
    return known(phone, rma).returns.get(rma)


def product_of(phone: Phone, code: str) -> Product:
    """Give the product that a code names, as it stands now."""
    found = phone.mirror.look(code)
    return Product(code, _taken_back(found.item, _undone(phone)))


def is_out(product: Product) -> bool:
    """Tell whether a product is somewhere else, so that it can be received."""
    return product.item.stage in OUT or product.comes


# ---- numbered products


def _products(phone: Phone, rma: str) -> list[Product]:
    with phone.store.reading() as db:
        rows = db.execute(_BACK, {"rma": rma}).fetchall()
        subjects = [row[0] for row in db.execute(_SUBJECTS, {"rma": rma}).fetchall()]
        codes = {item: (db.execute(_CODES, (item,)).fetchone() or ("",))[0] for item, _ in rows}
    found = {item: Product(codes[item], load(state)) for item, state in rows}
    for subject in subjects:
        item = phone.mirror.look(subject).item
        if item.id in found or item.back:
            code = found[item.id].code if item.id in found else ""
            found[item.id] = Product(code or subject, item)
    undone = _undone(phone)
    kept = [each._replace(item=_taken_back(each.item, undone)) for each in found.values()]
    return sorted((each for each in kept if each.back.rma and each.stage), key=lambda each: each.item.id)


def _taken_back(item: Item, undone: list[Event]) -> Item:
    """Give an item as it is once the server hears that the last thing it has of it was taken back here."""
    for event in undone:
        if event.code and event.id == item.order[4]:
            back = back_of(item)._replace(asked="") if item.back else item.back
            return item._replace(return_stage=_BEFORE.get(event.kind, item.return_stage), back=back)
    return item


# ---- counts


def _cells(phone: Phone, rma: str) -> Counted:
    """Give the cells of every return: the server's, and what our own events add that these do not have yet."""
    counted: Counted = defaultdict(list)
    holds: dict[str, set[str]] = {}
    with phone.store.reading() as db:
        rows = db.execute("SELECT rma, cells, holds FROM returned WHERE :rma IN ('', rma)", {"rma": rma}).fetchall()
    for key, told, held in rows:
        holds[key] = set(json.loads(held))
        for month, site, partner, kind, material, stage, n in json.loads(told):
            counted[key].append((Cell("return", month, site, partner, "", kind, material, stage, key), n))
    for event_id, cell, n in (*_of_numbers(phone, rma), *_of_quantities(phone, holds), *_taken_off(phone)):
        if n < 0 or event_id not in holds.get(cell.bucket, ()):
            counted[cell.bucket].append((cell, n))
    return counted


def _of_numbers(phone: Phone, rma: str) -> Iterator[tuple[str, Cell, int]]:
    """Give what each event about a numbered product adds."""
    with phone.store.reading() as db:
        subjects = [row[0] for row in db.execute(_SUBJECTS, {"rma": rma}).fetchall()]
    passed: set[str] = set()
    for subject in subjects:
        for event_id, facts in phone.mirror.counted(subject):
            if event_id not in passed:
                passed.add(event_id)
                yield from ((event_id, at, n) for at, n in facts if at.cell == "return")


def _of_quantities(phone: Phone, holds: dict[str, set[str]]) -> Iterator[tuple[str, Cell, int]]:
    """Give what each event about a quantity adds, or takes away where the server counts what was undone."""
    for at, n in loose.added(phone, lambda at: at.bucket if at.cell == "return" else "", holds):
        yield "", at, n


def _taken_off(phone: Phone) -> Iterator[tuple[str, Cell, int]]:
    """Give what is counted no more of numbered products, once the server hears what was taken back here."""
    for event in _undone(phone):
        stage = STAGE_OF.get(event.kind)
        item = phone.mirror.look(event.subject).item if event.code else None
        counted = item is not None and not back_of(item).asked  # what waits for a manager is counted nowhere
        if item is not None and stage is not None and counted and item.back and item.order[4] == event.id:
            yield "", Cell("return", _month(phone, event), "", "", "", item.type, "", str(stage), back_of(item).rma), -1


def _undone(phone: Phone) -> list[Event]:
    """Give the events about things that the server has folded, and that were voided here since."""
    with phone.store.reading() as db:
        targets = [event_of(*row).text("target") for row in db.execute(_VOIDS, (VOID,)).fetchall()]
        rows = [db.execute(SETTLED, (target,)).fetchone() for target in targets]
    return [event for row in rows if row is not None and (event := event_of(*row)).code]


def _month(phone: Phone, event: Event) -> str:
    at = phone.mirror.book().site(event.place, event.teff)
    return month_of(event.teff, at.zone)
