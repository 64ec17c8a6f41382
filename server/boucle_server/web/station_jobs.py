"""What can be done at the scan station: each job with its part of the path, its action, and what is said beforehand."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from boucle.actions import ACTIONS
from boucle.roles import Capability, may_record
from boucle.sticky import SORTS
from boucle.visiting import AT_HOME, PAIRS, TOWARDS
from boucle.words import say

_STICKY: Final = ("verdict", "grade", "then_verdict", "then_grade")


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """One job. `asks` is what has to be said before the first scan, `may_say` what can be said along."""

    slug: str
    action: str
    group: str
    asks: tuple[str, ...] = ()
    may_say: tuple[str, ...] = ()

    @property
    def kind(self) -> str:
        """The kind of event that it records."""
        return ACTIONS[self.action].kind

    @property
    def says(self) -> frozenset[str]:
        """All that an address may say once for the scans of this job."""
        return frozenset({*self.asks, *self.may_say, *(_STICKY if self.action in SORTS else ())})

    @property
    def needs_site(self) -> bool:
        """Whether it goes from a site of ours to the place that is said."""
        return self.action in TOWARDS

    @property
    def pairs(self) -> bool:
        """Whether it joins two codes."""
        return self.action in PAIRS

    @property
    def is_at_home(self) -> bool:
        """Whether it is done where somebody works, so that no place is asked for."""
        return self.action in AT_HOME or self.action == "retire"

    @property
    def counts_pieces(self) -> bool:
        """Whether it can be said of a number of pieces without labels."""
        return ACTIONS[self.action].takes_quantity and not self.asks_each

    @property
    def asks_each(self) -> bool:
        """Whether each scan opens questions about one item."""
        return self.action == "control"

    @property
    def sorts(self) -> bool:
        """Whether a verdict can go along with its scans."""
        return self.action in SORTS

    def name(self, lang: str) -> str:
        """Say what a person does."""
        return say(f"web.station_job_{self.action}", lang)

    def meaning(self, lang: str) -> str:
        """Say what it is for."""
        return say(f"web.station_{self.action}", lang)


_ROWS: Final = (
    Job(slug="reprendre", action="collect", group="moves"),
    Job(slug="deposer", action="deliver", group="moves"),
    Job(slug="receptionner", action="receive", group="moves"),
    Job(slug="expedier", action="ship", group="moves"),
    Job(slug="deplacer", action="move", group="moves", may_say=("zone",)),
    Job(slug="inventaire", action="count", group="stock"),
    Job(slug="trier", action="sort", group="stock"),
    Job(slug="controler", action="control", group="stock"),
    Job(slug="laver", action="clean", group="stock"),
    Job(slug="quarantaine", action="hold", group="stock", asks=("reason",)),
    Job(slug="lever-quarantaine", action="unhold", group="stock"),
    Job(slug="nouvelle-etiquette", action="commission", group="labels", asks=("type",), may_say=("serial", "tare_g")),
    Job(slug="remplacer-etiquette", action="replace", group="labels", may_say=("first",)),
    Job(slug="lier-code", action="bind", group="labels", may_say=("first",)),
    Job(slug="rebut", action="retire", group="ends", asks=("treatment",), may_say=("mode", "outlet")),
)
JOBS: Final[Mapping[str, Job]] = MappingProxyType({job.slug: job for job in _ROWS})
"""Every job by its part of the path, in the order in which they are offered."""
BY_ACTION: Final[Mapping[str, Job]] = MappingProxyType({job.action: job for job in _ROWS})
GROUPS: Final = ("moves", "stock", "labels", "ends")


def offered(held: Iterable[Capability]) -> list[Job]:
    """Give the jobs that somebody with these capabilities may record."""
    known = frozenset(held)
    return [job for job in JOBS.values() if may_record(known, job.kind)]
