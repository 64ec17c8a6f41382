"""Figures of mass: what was collected, which route it took, how much of it was valorised, and how we know.

Reuse is counted when a container leaves again, waste when it is finally treated; never at the intention.
"""

from collections import defaultdict
from collections.abc import Callable, Container, Iterable, Mapping
from fractions import Fraction

from boucle.facts import Cell
from boucle.kpi import Parts, Question, share
from boucle.tally import Tally
from boucle.treatment import FINAL, MATERIAL, Route, route


def count_of(measure: str, of: str = "") -> Callable[[Tally, Question], Parts]:
    """Make a plain sum over the months; `of` is the measure that counts the cases behind it, where one does."""

    def compute(tally: Tally, question: Question) -> Parts:
        total = tally.total("month", measure, question.months)
        return Parts(total, n=tally.total("month", of, question.months) if of else None)

    return compute


def weighed_share(tally: Tally, question: Question) -> Parts:
    """Compute the share of the received mass that was weighed rather than nominal."""
    received_g = tally.total("month", "received_g", question.months)
    return Parts(
        tally.total("month", "weighed_g", question.months),
        received_g,
        n=tally.total("month", "received_units", question.months),
    )


def treated_g(tally: Tally, months: Iterable[str]) -> dict[Route, int]:
    """Give the treated mass of months by route, each month under the code map that held in it."""
    masses: defaultdict[Route, int] = defaultdict(int)
    for month in months:
        for bucket, grams in tally.by_bucket("month", "treated_g", [month]).items():
            code, _, mode = bucket.partition("|")
            masses[route(code, mode, month)] += grams
    return dict(masses)


def took(routes: Container[Route]) -> Callable[[Cell], bool]:
    """Make the test of a cell of treated mass: did it take any of `routes`, under the code map of its month."""

    def counts(at: Cell) -> bool:
        code, _, mode = at.bucket.partition("|")
        return route(code, mode, at.month) in routes

    return counts


def mass_by(wanted: Route) -> Callable[[Tally, Question], Parts]:
    """Make the mass that took one route of final treatment in the months (K21)."""

    def compute(tally: Tally, question: Question) -> Parts:
        masses = treated_g(tally, question.months)
        return Parts(masses.get(wanted, 0))

    return compute


def reused_mass(tally: Tally, question: Question) -> Parts:
    """Compute the mass of containers that left again: reuse of what never was waste (K21)."""
    reuses = tally.total("month", "dispatch", question.months) - tally.total("month", "first_use", question.months)
    return Parts(tally.total("month", "reuse_g", question.months), n=reuses)


def pending_mass(tally: Tally, question: Question) -> Parts:
    """Compute the mass that waits for its final treatment at the end of the months.

    It was retired, or treated under a code that is intermediate, unknown, or allows routes of which none was chosen.
    """
    waiting = tally.until("month", "pending_g", question.last)
    months = [month for month in tally.months("month", "treated_g") if month <= question.last]
    masses = treated_g(tally, months)
    unrouted = masses.get(Route.UNROUTED, 0)
    intermediate = masses.get(Route.PENDING, 0)
    total = waiting + unrouted + intermediate
    return Parts(total, bands={"retired": waiting, "intermediate": intermediate, "unrouted": unrouted})


def valorisation(routes: tuple[Route, ...]) -> Callable[[Tally, Question], Parts]:
    """Make K22: the mass that took any of `routes` over all finally treated mass; what is pending is outside."""

    def compute(tally: Tally, question: Question) -> Parts:
        masses = treated_g(tally, question.months)
        final = sum(masses.get(each, 0) for each in FINAL)
        bands = {each.value: masses.get(each, 0) for each in Route}
        return Parts(sum(masses.get(each, 0) for each in routes), final, bands=bands)

    return compute


def diversion(tally: Tally, question: Question) -> Parts:
    """Compute K23: mass that was prepared for reuse or took a material route, over all treated and still waiting.

    Burning is disposal here, with or without energy (GRI 306-4 and 306-5).
    """
    masses = treated_g(tally, question.months)
    final = sum(masses.get(each, 0) for each in FINAL)
    waiting = max(0, pending_mass(tally, question).numerator)  # more was treated than set aside where nobody retired
    diverted = sum(masses.get(each, 0) for each in MATERIAL)
    return Parts(diverted, final + waiting, bands={"treated": final, "pending": waiting})


def not_recycled(tally: Tally, question: Question) -> Parts:
    """Compute K24: finally treated mass that was neither prepared for reuse nor recycled, over all (ESRS E5-5)."""
    masses = treated_g(tally, question.months)
    final = sum(masses.get(each, 0) for each in FINAL)
    left = sum(masses.get(each, 0) for each in (Route.OTHER_MATERIAL, Route.ENERGY, Route.DISPOSAL))
    return Parts(left, final)


def evidence_share(tally: Tally, question: Question) -> Parts:
    """Compute the share of movements that somebody scanned, of those scanned, declared or inferred."""
    bands = dict.fromkeys(("scanned", "declared", "inferred"), 0)
    bands |= tally.by_bucket("month", "evidence", question.months)
    return share(bands["scanned"], sum(bands.values()), bands=bands)


def scan_completeness(known: Mapping[str, int], duplicates: int) -> Fraction | None:
    """Give matched scans over those, what had to be inferred for want of one, and repeats; None when there is nothing.

    `known` are the bands of `evidence_share`. What was only declared is no scan that failed: it stands in neither part.
    """
    whole = known.get("scanned", 0) + known.get("inferred", 0) + duplicates
    return Fraction(known.get("scanned", 0), whole) if whole else None
