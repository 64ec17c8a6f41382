"""Whether a month can be relied on, at one glance: how much came within a day, how complete the scans are."""

from dataclasses import dataclass
from fractions import Fraction
from typing import Final

from sqlalchemy.engine import Connection

from boucle.kpi import Value
from boucle.kpi_mass import scan_completeness
from boucle.words import say
from boucle_server import reports
from boucle_server.web import numbers
from boucle_server.web.month_ground import Ground

ENOUGH: Final = Fraction(95, 100)
"""A month of which a larger share came late, or was not scanned, is to be read with care."""
_MOST: Final = Fraction(999, 1000)
"""What is not all of it is never rounded up to all of it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Trust:
    """The badge of a month's data, and what it rests on."""

    badge: tuple[str, str]
    told: tuple[str, ...]


def trust_of(connection: Connection, org: str, on: Ground, evidence: Value) -> Trust | None:
    """Judge the data of a month; None where nothing came and nothing was scanned.

    What came late is known of the whole month alone: under a filter only the scans are judged.
    """
    lang, shares, told = on.lang, [], []
    late = on.question.late
    if late is not None:
        all_of_it = reports.accepted_events(connection, org, on.asked.month, on.asked.zone)
        if all_of_it:
            prompt = 1 - Fraction(late.get(on.asked.month, 0), all_of_it)
            shares.append(prompt)
            told.append(say("web.trust_prompt", lang, share=_percent(prompt, lang)))
    complete = scan_completeness(evidence.bands, evidence.quality.duplicates or 0)
    if complete is not None:
        shares.append(complete)
        told.append(say("web.trust_scanned", lang, share=_percent(complete, lang)))
    if not shares:
        return None
    causes = len(on.life.causes)
    if causes:
        told.append(say("web.trust_lacks", lang, n=causes))
    good = not causes and min(shares) >= ENOUGH
    badge = ("good", say("web.trust_good", lang)) if good else ("warn", say("web.trust_care", lang))
    return Trust(badge=badge, told=tuple(told))


def _percent(share: Fraction, lang: str) -> str:
    return numbers.percent(share if share in (0, 1) else min(share, _MOST), lang, 1)
