"""What a phone expects to see at a place: the items that stand there or are on their way, as far as it knows."""

from collections.abc import Mapping

from boucle.item import Item, load
from boucle.lifecycle import HELD, Stage
from boucle_field.phone import Phone

MOST_LOOKED = 300
"""Subjects recorded here since the last pull that are looked at once more: beyond, the list is the server's word."""

_AT = "SELECT state FROM item WHERE json_extract(state, '$.place') = ?"
_ON_THE_WAY = "SELECT state FROM item WHERE json_extract(state, '$.stage') = ?"
_LOCAL = (
    "SELECT DISTINCT subject FROM outbox WHERE folded = 0 AND subject != '' AND subject NOT LIKE 'qty:%'"
    " ORDER BY n DESC LIMIT ?"
)


def expected(phone: Phone, action: str, place: str) -> Mapping[str, str]:
    """Give the items that an action at a place should meet, by item id, with their type; empty when nobody can say."""
    if action not in ("collect", "deliver", "receive"):
        return {}
    query, value = (_ON_THE_WAY, str(Stage.INBOUND)) if action == "receive" else (_AT, place)
    with phone.store.reading() as db:
        states = [load(row[0]) for row in db.execute(query, (value,))]
        subjects = [row[0] for row in db.execute(_LOCAL, (MOST_LOOKED,))]
    items = {item.id: item for item in states}
    for subject in subjects:
        item = phone.mirror.look(subject).item
        if item.id in items or item.known:
            items[item.id] = item
    return {key: item.type for key, item in items.items() if _is_expected(item, action, place)}


def _is_expected(item: Item, action: str, place: str) -> bool:
    match action:
        case "collect":
            return item.place == place and item.stage in HELD
        case "deliver":
            return item.place == place and item.stage == Stage.OUTBOUND
        case _:
            return item.stage == Stage.INBOUND
