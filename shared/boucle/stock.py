"""Stock without labels: how many pieces of each type stand at a site of ours, by the numbers that were recorded."""

from collections.abc import Iterable, Mapping
from typing import Final

from boucle.facts import Cell
from boucle.reference import Book

_NOW: Final = 2**62
"""An instant after every version."""


def is_stock(at: Cell) -> bool:
    """Tell whether a cell counts what stands at a site of ours."""
    return (at.cell, at.measure) == ("day", "stock")


def sites_in(cells: Iterable[Cell], book: Book) -> set[str]:
    """Give the sites of ours of whose pieces without labels some cells speak."""
    return {at.site for at in cells if is_stock(at) and _is_loose(book, at.type)}


def standing_pieces(booked: Mapping[str, int], book: Book, place: str) -> dict[str, int]:
    """Give the pieces without labels that should stand at a place, by type; at a partner's nobody can say.

    `booked` is what was recorded of each type. A count of them changes nothing of it: only a decision does.
    """
    if book.site(place, _NOW).partner:
        return {}
    return {key: n for key, n in booked.items() if n > 0 and _is_loose(book, key)}


def _is_loose(book: Book, item_type: str) -> bool:
    return not book.item_type(item_type, _NOW).serialised
