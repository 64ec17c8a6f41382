"""What an address says of a visit at the scan station: what is done, where, what was said once, what still asks.

The address is all there is, beside the events: a page that is left and opened again goes on where it was, and two
windows do not disturb each other.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Final

from boucle.rounds import stop_of_task
from boucle_server.scan_desk import Scope
from boucle_server.web.places import STATION
from boucle_server.web.station_jobs import Job
from boucle_server.web.visit import Visit, address

SAID: Final = "d."
"""In front of the names of what is said once for all scans."""
PLACE, SITE, TASK, SEEN, DECIDED, LAST, NOTE = "lieu", "site", "tache", "vu", "regle", "dernier", "dit"
CODE, EVENT, LEFT = "code", "evenement", "reste"
PHOTO: Final = f"{STATION.path}/photo"
MOST_SEEN: Final = 8
MOST_DECIDED: Final = 60
LONGEST_SEEN: Final = 400
"""Characters of a text that recorded nothing: longer ones are no labels of anybody's."""
_SHORT: Final = 12
"""So many last characters tell the events of one visit apart."""
_NOTHING: Final[Mapping[str, str]] = MappingProxyType({})


@dataclass(frozen=True, slots=True, kw_only=True)
class State:
    """One visit as its address says it.

    `seen` are texts that recorded nothing and wait to be looked at, `decided` the events about which somebody chose;
    `last` is what was scanned last, an event or a text; `note` what the page says once.
    """

    job: Job
    place: str = ""
    site: str = ""
    task: str = ""
    said: Mapping[str, str] = field(default_factory=lambda: _NOTHING)
    seen: tuple[str, ...] = ()
    decided: tuple[str, ...] = ()
    last: str = ""
    note: str = ""

    @property
    def scope(self) -> Scope:
        """Which visit it is."""
        return Scope(action=self.job.action, place=self.place, task=self.task)

    @property
    def href(self) -> str:
        """Give the address that says all of this."""
        return address(self.path, self.pairs)

    @property
    def path(self) -> str:
        """Give the path of its job."""
        return f"{STATION.path}/{self.job.slug}"

    @property
    def pairs(self) -> list[tuple[str, str]]:
        """Give what the address says, by name."""
        said = [(SAID + name, value) for name, value in self.said.items() if value]
        single = {PLACE: self.place, SITE: self.site, TASK: self.task, LAST: self.last, NOTE: self.note}
        listed = [(SEEN, text) for text in self.seen]
        chosen = [(DECIDED, ".".join(self.decided))] if self.decided else []
        return [*((name, value) for name, value in single.items() if value), *said, *listed, *chosen]

    @property
    def end_href(self) -> str:
        """Give the page that says what it comes to: that of the stop where it belongs to one."""
        if stop_of_task(self.task) is not None:
            return address(f"{STATION.path}/arret", [(TASK, self.task)])
        return address(f"{self.path}/bilan", self.pairs)

    def at(self, place: str, *, task: str = "") -> "State":
        """Give the same job at another place, under a task of its own."""
        return replace(self, place=place, task=task, seen=(), decided=(), last="", note="")

    def seeing(self, text: str) -> "State":
        """Give this with one text more that recorded nothing."""
        short = text[:LONGEST_SEEN]
        kept = [each for each in self.seen if each != short]
        return replace(self, seen=(*kept, short)[-MOST_SEEN:], last=short, note="")

    def without(self, text: str) -> "State":
        """Give this without a text that nobody has to look at any more."""
        return replace(self, seen=tuple(each for each in self.seen if each != text), last="", note="")

    def deciding(self, event_id: str) -> "State":
        """Give this with one event more about which somebody chose."""
        return replace(self, decided=(*self.decided, event_id[-_SHORT:])[-MOST_DECIDED:], note="")

    def is_decided(self, event_id: str) -> bool:
        """Tell whether somebody chose what becomes of an event."""
        return event_id[-_SHORT:] in self.decided


def control_href(state: State, code: str, *, left: int = 0) -> str:
    """Give the page on which an item is gone through, within a visit; `left` codes were not taken in."""
    pairs = replace(state, last="", note="").pairs
    return address(f"{state.path}/objet", [(CODE, code), *([(LEFT, str(left))] if left else []), *pairs])


def photo_href(state: State, event_id: str) -> str:
    """Give the page on which a photo is added to an event of a visit."""
    pairs = replace(state, last="", note="").pairs
    return address(f"{PHOTO}/{state.job.slug}", [(EVENT, event_id), *pairs])


def state_of(visit: Visit, job: Job) -> State:
    """Read an address; what makes no sense in it says nothing."""
    said = {
        key.removeprefix(SAID): value.strip()[:200]
        for key, value in visit.query
        if key.startswith(SAID) and key.removeprefix(SAID) in job.says and value.strip()
    }
    seen = [value[:LONGEST_SEEN] for key, value in visit.query if key == SEEN and value.strip()]
    return State(
        job=job,
        place=visit.value(PLACE)[:60],
        site=visit.value(SITE)[:60],
        task=visit.value(TASK)[:120],
        said=said,
        seen=tuple(seen[-MOST_SEEN:]),
        decided=tuple(each for each in visit.value(DECIDED).split(".") if each)[-MOST_DECIDED:],
        last=visit.value(LAST)[:LONGEST_SEEN],
        note=visit.value(NOTE)[:80],
    )
