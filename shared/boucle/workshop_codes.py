"""Codes of the workshop: what is wrong with a thing, and why one is not repaired.

Events take any code of an organisation's own; these are those that screens offer, and the only ones with words here:
`fault.<value>` and `barrier.<value>`.
"""

from collections import Counter
from collections.abc import Iterable
from enum import StrEnum

from boucle.item import Item, Job
from boucle.words import say


class Fault(StrEnum):
    """What is wrong, as somebody at the bench finds it."""

    CRACKED = "cracked"
    BROKEN = "broken"
    DEFORMED = "deformed"
    WORN = "worn"
    MISSING_PART = "missing_part"
    CORRODED = "corroded"
    SOILED = "soiled"
    LEAK = "leak"
    SEIZED = "seized"
    NOISE = "noise"
    OVERHEATING = "overheating"
    DEAD = "dead"
    """Does not start, or gives no sign."""
    INTERMITTENT = "intermittent"
    INSULATION = "insulation"
    CONNECTOR = "connector"
    COMPONENT = "component"
    OUT_OF_TUNE = "out_of_tune"
    OTHER = "other"


class Barrier(StrEnum):
    """Why a thing is not repaired."""

    NO_PART = "no_part"
    TOO_DEAR = "too_dear"
    NO_DOCUMENTS = "no_documents"
    NOT_OPENABLE = "not_openable"
    """Glued, welded, sealed: taking it apart destroys it."""
    TOO_DAMAGED = "too_damaged"
    UNSAFE = "unsafe"
    CONTAMINATED = "contaminated"
    OBSOLETE = "obsolete"
    NO_TOOL = "no_tool"
    OWNER_DECLINED = "owner_declined"
    OTHER = "other"


def faults_seen(items: Iterable[Item], item_type: str) -> list[str]:
    """Give the faults that the last repairs of things of a type had, most frequent first: these are offered first."""
    seen = Counter(item.job.fault for item in items if item.type == item_type and isinstance(item.job, Job))
    return [fault for fault, _ in sorted(seen.items(), key=lambda pair: (-pair[1], pair[0])) if fault in set(Fault)]


def fault_words(code: str, lang: str) -> str:
    """Say a fault in a language; an organisation's own code as it stands."""
    return say(f"fault.{code}", lang) if code in set(Fault) else code


def barrier_words(code: str, lang: str) -> str:
    """Say why a thing is not repaired; an organisation's own code as it stands."""
    return say(f"barrier.{code}", lang) if code in set(Barrier) else code
