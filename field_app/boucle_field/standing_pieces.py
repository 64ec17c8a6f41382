"""The pieces without labels that should stand at a site of ours, as far as this phone knows."""

import json
from collections import Counter

from boucle.facts import Cell
from boucle.stock import is_stock, standing_pieces
from boucle_field import loose
from boucle_field.phone import Phone


def standing_at(phone: Phone, place: str) -> dict[str, int]:
    """Give the pieces by type: by the server's last word, and by what was recorded here since."""
    with phone.store.reading() as db:
        row = db.execute("SELECT pieces, holds FROM stock WHERE site = ?", (place,)).fetchone()
    booked: Counter[str] = Counter(json.loads(row[0]) if row else {})
    holds = {place: json.loads(row[1]) if row else []}

    def row_of(at: Cell) -> str:
        return place if is_stock(at) and at.site == place else ""

    for at, n in loose.added(phone, row_of, holds):
        booked[at.type] += n
    return standing_pieces(booked, phone.mirror.book(), place)
