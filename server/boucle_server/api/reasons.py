"""Reasons in words: why the door set a record aside, and what a person decided since."""

from pydantic import BaseModel

from boucle.words import knows, say
from boucle_server.ledger import WAS


class Why(BaseModel):
    """A reason, as a stable key and in words."""

    reason: str
    text: str


def kind_text(kind: str, lang: str) -> str:
    """Say a kind of event in words; one that this version does not know is its own name."""
    return _first((f"kind.{kind}",), lang, kind)


def status_text(status: str, lang: str) -> str:
    """Say in words what was decided about a record."""
    return _first((f"status.{status}", f"aside.{status}"), lang, status)


def why(reason: str, lang: str) -> Why | None:
    """Give the reason stored with a record, which may name an incident or tell what was decided before."""
    plain = reason.removeprefix(WAS).partition(":")[2] if reason.startswith(WAS) else reason
    stable = plain.partition(":")[0]
    if not stable:
        return None
    return Why(reason=stable, text=_first((f"why.{stable}", f"flaw.{stable}", f"aside.{stable}"), lang, stable))


def _first(keys: tuple[str, ...], lang: str, otherwise: str) -> str:
    return next((say(key, lang) for key in keys if knows(key)), otherwise)
