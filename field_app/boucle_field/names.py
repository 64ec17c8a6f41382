"""The names of types and places, as the reference data of this phone give them."""

from boucle.reference import Book


def name_of_type(book: Book, item_type: str, now_ms: int) -> str:
    """Give the name of a type, its key where nobody described it."""
    return book.item_type(item_type, now_ms).name or item_type


def name_of_place(book: Book, place: str, now_ms: int) -> str:
    """Give the name of a place, its key where nobody described it."""
    return book.site(place, now_ms).name or place
