"""How a partner agreed at his stop to what was seen there: a signature drawn, a name alone or neither, and its words.

Only what was drawn is called signed, on every document and in every message.
"""

from collections.abc import Mapping
from enum import StrEnum
from typing import Any

from boucle.events import Event
from boucle.words import say


class Agreed(StrEnum):
    """How somebody agreed for a partner."""

    DRAWN = "drawn"
    """A signature was drawn, with a name or without."""
    NAMED = "named"
    ALONE = "alone"
    """Neither: whoever validated the stop did so alone."""
    ERASED = "erased"
    """What was personal of the validation is not here, or no more."""


def agreed_by(event: Event, personal: Mapping[str, Any] | None) -> Agreed:
    """Tell how a validation was agreed to, by what is personal of it; None where that is not here."""
    if not event.priv:
        return Agreed.ALONE
    if personal is None:
        return Agreed.ERASED
    if personal.get("signature"):
        return Agreed.DRAWN
    return Agreed.NAMED if personal.get("signer") else Agreed.ALONE


def agreed_words(of: Agreed, *, signer: str, on_phone: bool, lang: str) -> str:
    """Say in a sentence how a validation was agreed to."""
    if of is Agreed.DRAWN:
        return say("web.slip_signed_by", lang, who=signer) if signer else say("web.slip_signed_nameless", lang)
    if of is Agreed.NAMED:
        return say("web.slip_named", lang, who=signer)
    if of is Agreed.ERASED:
        return say("web.slip_erased", lang)
    return say("web.slip_alone" if on_phone else "web.slip_alone_office", lang)
