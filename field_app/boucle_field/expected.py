"""What a phone expects to see at a place: the items that stand there or are on their way, as far as it knows."""

from collections.abc import Mapping

from boucle.expecting import LISTED, WAITING, is_expected
from boucle.item import Item, load
from boucle.lifecycle import Stage
from boucle_field import arrivals
from boucle_field.phone import Phone

MOST_LOOKED = 300
"""Subjects recorded here since the last pull that are looked at once more: beyond, the list is the server's word."""

_AT = "SELECT state FROM item WHERE json_extract(state, '$.place') = ?"
_HERE = "SELECT state FROM item WHERE json_extract(state, '$.site') = ?"
_ON_THE_WAY = "SELECT state FROM item WHERE json_extract(state, '$.stage') = ?"
_LOCAL = (
    "SELECT DISTINCT subject FROM outbox WHERE folded = 0 AND subject != '' AND subject NOT LIKE 'qty:%'"
    " ORDER BY n DESC LIMIT ?"
)


def expected(phone: Phone, action: str, place: str, *, task: str = "") -> Mapping[str, str]:
    """Give the items that an action at a place should meet, by item id, with their type; empty when nobody can say."""
    return {key: item.type for key, item in items_expected(phone, action, place, task=task).items()}


def items_expected(phone: Phone, action: str, place: str, *, task: str = "") -> Mapping[str, Item]:
    """Give the items that an action at a place should meet, by item id; of a receipt of a round those of the round."""
    if action not in LISTED | WAITING.keys():
        return {}
    at_home = action in WAITING or (action == "count" and not phone.desk.context().is_partner(place))
    query, value = (_ON_THE_WAY, str(Stage.INBOUND)) if action == "receive" else (_HERE if at_home else _AT, place)
    with phone.store.reading() as db:
        states = [load(row[0]) for row in db.execute(query, (value,))]
        subjects = [row[0] for row in db.execute(_LOCAL, (MOST_LOOKED,))]
    items = {item.id: item for item in states}
    for subject in subjects:
        item = phone.mirror.look(subject).item
        if item.id in items or item.known or action == "receive":  # a label that is unknown comes with its round
            items[item.id] = item
    arriving = arrivals.arriving_at(phone, place, task=task) if action == "receive" else None
    now = phone.desk.now_ms()
    return {
        key: item
        for key, item in items.items()
        if is_expected(item, action, place, at_home=at_home, now_ms=now) and (arriving is None or arriving(item))
    }
