"""Reasons in words: why the door set a record aside, and what a person decided since."""

from pydantic import BaseModel

from boucle.words import knows, say
from boucle_server.ledger import WAS

_FAMILIES = ("why", "flaw", "status")


class Why(BaseModel):
    """A reason, as a stable key and in words."""

    reason: str
    text: str


def words(key: str, lang: str, otherwise: str = "") -> str:
    """Say a key in words where there are any."""
    return say(key, lang) if knows(key) else otherwise


def why(reason: str, lang: str) -> Why | None:
    """Give the reason stored with a record, which may name an incident or tell what was decided before."""
    plain = reason.removeprefix(WAS).partition(":")[2] if reason.startswith(WAS) else reason
    stable = plain.partition(":")[0]
    if not stable:
        return None
    found = next((words(f"{family}.{stable}", lang) for family in _FAMILIES if knows(f"{family}.{stable}")), stable)
    return Why(reason=stable, text=found)
