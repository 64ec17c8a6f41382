"""Finding a name by a few letters, as people type them: accents and capitals do not matter, words may be begun."""

import unicodedata


def plain(text: str) -> str:
    """Give a text as it is compared: small letters without accents."""
    decomposed = unicodedata.normalize("NFD", text.casefold())
    return "".join(char for char in decomposed if not unicodedata.combining(char))


def is_found(name: str, typed: str) -> bool:
    """Tell whether some word of a name begins with each word that was typed."""
    words = _words(name)
    return all(any(word.startswith(begun) for word in words) for begun in _words(typed))


def _words(text: str) -> list[str]:
    return "".join(char if char.isalnum() else " " for char in plain(text)).split()
