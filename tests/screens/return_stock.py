"""Returned products in tests: types with long names, six that were sold, one return of some of them and of books."""

from random import Random
from typing import Any, Final

from boucle_field.outbox import Draft
from boucle_field.pages import Page
from boucle_field.phone import Phone
from tests.builders import START_MS, Device, code

RMA: Final = "RT-261129-7K3M"
SOLD: Final = range(71, 77)
"""Pumps 71 to 75 were sold to Rhin Plasturgie, 76 to the place with the long name; three have one serial number."""
TYPES: Final[dict[str, dict[str, Any]]] = {
    "relevage": {
        "name": "Pompe de relevage submersible 1 500 L/h avec flotteur",
        "material": "acier",
        "tare_g": 3_500,
        "nature": "product",
    },
    "manuel": {
        "name": "Manuel d’entretien",
        "material": "papier",
        "tare_g": 400,
        "nature": "product",
        "serialised": False,
    },
}


PARTNERS: Final = {"rhin": "Rhin Plasturgie", "kieffer": "Établissements Kieffer-Schlumberger & Fils"}


def describe_products(phone: Phone) -> None:
    """Let the types of products and the partners come down to a phone."""
    told = Device(dev="d-serveur", epoch="00000000000000f6", random=Random(95), now_ms=START_MS)
    cursor, rows = int(phone.mirror.cursor), []
    known = [("item_type", key, row) for key, row in TYPES.items()]
    known += [("partner", key, {"name": name}) for key, name in PARTNERS.items()]
    for table, key, row in known:
        cursor += 1
        event = told.event("reference.set", "", body={"table": table, "key": key, "valid_from": 0, "row": row})
        version = {"valid_from": 0, "row": row, "id": event.id}
        rows.append({"n": cursor, "table": table, "key": key, "row": [version]})
    page = Page.read({"rows": rows, "next": cursor, "more": False})
    assert page is not None
    phone.mirror.apply(page)


def sell(phone: Phone) -> None:
    """Sell six pumps."""
    for number in SOLD:
        body = {"type": "relevage", "serial": f"SN-2024/{min(number, 74)}"}
        record(phone, "item.commissioned", code=code(number), body=body)
        to = "charleville" if number == SOLD[-1] else "mulhouse"
        record(phone, "item.shipped", code=code(number), body={"to": to})


def announce(phone: Phone) -> None:
    """Announce a return: two pumps by their numbers, and twelve books."""
    for number in (71, 72):
        reason = {"reason": "Trop de bruit"}
        record(phone, "return.announced", code=code(number), place="mulhouse", task=RMA, body=reason)
    record(phone, "return.announced", item_type="manuel", qty=12, place="mulhouse", task=RMA)


def record(phone: Phone, kind: str, **fields: Any) -> str:
    """Record what the office would have told."""
    recorded = phone.outbox.record(Draft(kind=kind, **{"place": "strasbourg", **fields}))
    return recorded.event.id
