"""What a place is for: the roles that have a word in each language; any other is kept as it was written."""

from enum import StrEnum
from typing import Final

from boucle.words import LANGUAGES, say


class SiteRole(StrEnum):
    """What a place is for; the words are `site.role.<value>`."""

    HUB = "hub"
    DEPOT = "depot"
    DOCK = "dock"
    STORE = "store"
    SORTING = "sorting"
    WASHING = "washing"
    WORKSHOP = "workshop"
    PARTNER = "partner"


def role_of(text: str) -> str:
    """Give the role that a text names by itself or by its word in either language, else the text as it is."""
    return _KNOWN.get(text.strip().casefold(), text)


def role_words(role: str, lang: str) -> str:
    """Say a role in a language; one that is none of ours stays as it was written."""
    known = role_of(role)
    return say(f"site.role.{known}", lang) if known in tuple(SiteRole) else role


_KNOWN: Final = {
    text.casefold(): str(role)
    for role in SiteRole
    for text in (role.value, *(say(f"site.role.{role}", lang) for lang in LANGUAGES))
}
