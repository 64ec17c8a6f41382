"""Balances: what a partner holds of each type at a local date, and how much of it nobody scanned.

Scanned movements are in the day cells. Beside them stand declarations of serialised types ("forty collected"): what
scans have answered of one is already in the cells, the rest is booked as declared on the day of the declaration and
shown as not scanned. The rest is computed here, when it is asked for, and never stored.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import NamedTuple

from boucle.clock import day_of
from boucle.events import Event
from boucle.facts import Cell, Fact
from boucle.reference import Book
from boucle.replay import walk

STOCKS = ("held", "transit", "inbound", "stock")
"""Measures of the day cells that a balance shows."""
FAMILIES = ("day", "declared", "matched")
"""Families of cells that `balances` reads."""
_EFFECTS: Mapping[str, Mapping[str, int]] = MappingProxyType(
    {
        "shipped": {"transit": 1},
        "delivered": {"transit": -1, "held": 1},
        "collected": {"held": -1, "inbound": 1},
    }
)

Place = tuple[str, str, str]
"""`(partner, site, type)`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Balance:
    """What stands at one place of one type at the end of a local day; `unscanned` is the part only declared.

    `held` is in the partner's hands, `transit` on its way there, `inbound` in our vehicle, `stock` a quantity without
    serial numbers at one of our own sites (then `partner` is empty).
    """

    partner: str
    site: str
    type: str
    held: int = 0
    transit: int = 0
    inbound: int = 0
    stock: int = 0
    unscanned: int = 0


@dataclass(slots=True, kw_only=True)
class Rest:
    """A declaration and how much of it no scan has answered yet."""

    measure: str
    task: str
    partner: str
    site: str
    type: str
    day: str
    teff: int
    left: int


class Proof(NamedTuple):
    """An item that a partner had since `since_ms` and that was seen there at `seen_ms`, on the local day `day`."""

    item: str
    type: str
    site: str
    since_ms: int
    seen_ms: int
    day: str
    task: str


def balances(cells: Iterable[Fact], *, day: str, proofs: Iterable[Proof] = ()) -> list[Balance]:
    """Give every balance that is not nil at the end of a local day, by partner, site and type.

    `cells` are sums of the families `day`, `declared` and `matched`; more than is needed does no harm.
    """
    rows = list(cells)
    stocks: defaultdict[Place, dict[str, int]] = defaultdict(lambda: dict.fromkeys((*STOCKS, "unscanned"), 0))
    for at, n in rows:
        if at.cell == "day" and at.measure in STOCKS and f"{at.month}-{at.bucket}" <= day:
            stocks[at.partner, at.site, at.type][at.measure] += n
    for rest in rests(rows, day=day, proofs=proofs):
        line = stocks[rest.partner, rest.site, rest.type]
        line["unscanned"] += rest.left
        for measure, sign in _EFFECTS[rest.measure].items():
            line[measure] += sign * rest.left
    return [
        Balance(partner=partner, site=site, type=type_key, **line)
        for (partner, site, type_key), line in sorted(stocks.items())
        if any(line.values())
    ]


def rests(cells: Iterable[Fact], *, day: str, proofs: Iterable[Proof] = ()) -> list[Rest]:
    """Give the declarations until a local day that scans have not fully answered by then, the oldest first.

    Scans of the declaration's task, or naming it, answer it. An inferred leg at the same site answers the oldest
    declaration before it. An item that a partner had before a declaration of its collection, and still had after,
    was not among those collected: it takes one off.
    """
    rows = [(at, n) for at, n in cells if at.cell in FAMILIES]
    declared = sorted(_declared(rows, day), key=lambda rest: (rest.teff, rest.task, rest.site, rest.type))
    by_task, by_site = _indexed(declared)
    for match in _matches(rows):
        left = match.n if match.day <= day else 0
        of_task = by_task.get((match.task, match.type, match.measure), ())
        of_site = by_site.get((match.site, match.type, match.measure), ())
        for rest in of_task if match.task else of_site:
            if match.task or rest.day <= match.day:
                taken = min(left, rest.left)
                rest.left -= taken
                left -= taken
    disproved = set[tuple[str, int]]()
    for proof in sorted(proofs, key=lambda proof: (proof.seen_ms, proof.item)):
        for number, rest in enumerate(declared):
            if proof.day <= day and (proof.item, number) not in disproved and _disproves(proof, rest):
                disproved.add((proof.item, number))
                rest.left -= 1
                break
    return [rest for rest in declared if rest.left > 0]


def proofs_of(events: Iterable[Event], book: Book) -> list[Proof]:
    """Give every scan of an item where a partner already had it; `events` closed as in `replay`."""
    proofs = []
    for item, event, _ in walk(events, book):
        there = book.site(event.place, event.teff)
        if item.known and item.is_held and item.place == there.key and item.visit_ms < event.teff:
            seen_on = day_of(event.teff, there.zone)
            proofs.append(Proof(item.id, item.type, there.key, item.visit_ms, event.teff, seen_on, event.task))
    return proofs


class _Match(NamedTuple):
    day: str
    task: str
    site: str
    type: str
    measure: str
    n: int


def _declared(rows: Iterable[tuple[Cell, int]], day: str) -> list[Rest]:
    found = []
    for at, n in rows:
        if at.cell != "declared":
            continue
        task, number, teff = at.bucket.rsplit("|", 2)
        declared_on = f"{at.month}-{number}"
        if declared_on <= day:
            found.append(
                Rest(
                    measure=at.measure,
                    task=task,
                    partner=at.partner,
                    site=at.site,
                    type=at.type,
                    day=declared_on,
                    teff=int(teff),
                    left=n,
                )
            )
    return found


def _matches(rows: Iterable[tuple[Cell, int]]) -> list[_Match]:
    found = []
    for at, n in rows:
        if at.cell == "matched":
            task, number = at.bucket.rsplit("|", 1)
            found.append(_Match(f"{at.month}-{number}", task, at.site, at.type, at.measure, n))
    # Those that name their declaration come first, so that the others are left for what nobody named.
    return sorted(found, key=lambda match: (not match.task, match))


_Index = dict[tuple[str, str, str], list[Rest]]


def _indexed(declared: Iterable[Rest]) -> tuple[_Index, _Index]:
    """Give declarations by task and by site, each with type and measure, in their order."""
    by_task: _Index = {}
    by_site: _Index = {}
    for rest in declared:
        by_task.setdefault((rest.task, rest.type, rest.measure), []).append(rest)
        by_site.setdefault((rest.site, rest.type, rest.measure), []).append(rest)
    return by_task, by_site


def _disproves(proof: Proof, rest: Rest) -> bool:
    return (
        rest.measure == "collected"
        and rest.left > 0
        and (proof.type, proof.site) == (rest.type, rest.site)
        and proof.since_ms < rest.teff < proof.seen_ms
        and proof.task != rest.task
    )
