"""Holds: the usual reasons for which something must not serve; any other reason is a text of somebody's own."""

from enum import StrEnum

from boucle.words import say
from boucle.words.sentences import uncapital


class Hold(StrEnum):
    """A usual reason; the words are `hold.<value>`."""

    SCRAP = "scrap"
    """Sorting found it not worth a repair: somebody decides about its end."""
    DAMAGE = "damage"
    DIRT = "dirt"
    RECALL = "recall"
    DOUBT = "doubt"
    """Its safety is in doubt."""
    CUSTOMER = "customer"
    OTHER = "other"


def said(reason: str, lang: str) -> str:
    """Say why something is held, a text of somebody's own as it stands."""
    return say(f"hold.{reason}", lang) if reason in set(Hold) else reason


def said_after(reason: str, lang: str) -> str:
    """Say it behind a colon, where a sentence goes on: one of ours without its capital."""
    return uncapital(said(reason, lang)) if reason in set(Hold) else reason
