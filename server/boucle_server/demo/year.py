"""The simulated year: everything that arrives at the server in it, in the order of arrival.

Pure: the same plan gives the same bytes. Who stores it, and how fast, is not its business.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any, Final, TypeAlias

from boucle.codes import Code
from boucle_server.demo.chance import Chance
from boucle_server.demo.fleet import label_the_fleet, review_losses
from boucle_server.demo.ground import Act, Ground, open_ground
from boucle_server.demo.motors import bring_motors_back, buy_motors
from boucle_server.demo.network import reference_rows
from boucle_server.demo.open_matters import plan_open_matters
from boucle_server.demo.people import MANAGER, PEOPLE, Person
from boucle_server.demo.phone import Delivery, Heard, Phone
from boucle_server.demo.planned import drive_planned, is_planned, plan_ahead
from boucle_server.demo.qualified import qualified_rows
from boucle_server.demo.returned import RULES
from boucle_server.demo.rounds import drive, stock_sheets
from boucle_server.demo.seasons import CLOSING_HOUR, Span, closed_months, closing_day, instant, round_day
from boucle_server.demo.stories import plan_stories, slip
from boucle_server.demo.waste import treat_waste

ORG: Final = "demo"
SEED: Final = 1
ITEMS: Final = 1_200
MONTHS: Final = 12
_BALING_DAY: Final = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What to simulate: how many items, for how many whole months before the day `today`."""

    today: date
    items: int = ITEMS
    months: int = MONTHS
    seed: int = SEED

    @property
    def span(self) -> Span:
        """The days of the plan."""
        return Span(months=self.months, today=self.today)


@dataclass(frozen=True, slots=True, kw_only=True)
class Joined:
    """A phone is let in."""

    received_ms: int
    phone: Phone


@dataclass(frozen=True, slots=True, kw_only=True)
class Revoked:
    """A phone is cut off."""

    received_ms: int
    dev: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Decided:
    """Somebody does something on the web: events of the server's own device."""

    received_ms: int
    actor: str
    acts: tuple[Act, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Closed:
    """The manager closes a month."""

    received_ms: int
    actor: str
    month: str


Arrival: TypeAlias = Joined | Revoked | Decided | Closed | Delivery | Heard


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """A label to try: its code, what hangs on it, and where that is by now."""

    code: Code
    name: str
    where: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Year:
    """A simulated year: who took part, the network, and all that arrived."""

    plan: Plan
    people: tuple[tuple[str, Person], ...]
    """Pseudonym and person."""
    reference: tuple[tuple[str, str, dict[str, Any]], ...]
    """Rows `(table, key, row)`, valid from `valid_from_ms`."""
    valid_from_ms: int
    arrivals: tuple[Arrival, ...]
    samples: tuple[Sample, ...]
    """Labels for whoever wants to scan something."""


def simulate(plan: Plan) -> Year:
    """Live through the days of a plan, then give what the server received of them."""
    span = plan.span
    chance = Chance(plan.seed, "year")
    ground = open_ground(span, items=plan.items, chance=chance, org=ORG)
    for day in span.worked:
        _live(ground, day)
    plan_ahead(ground)
    slip(ground)
    return Year(
        plan=plan,
        people=tuple((ground.actors[person.key], person) for person in PEOPLE),
        reference=_reference(ground, span, chance),
        valid_from_ms=instant(span.first, 0.0),
        arrivals=tuple(sorted(_arrivals(ground), key=lambda each: each.received_ms)),
        samples=tuple(_samples(ground)),
    )


def _reference(ground: Ground, span: Span, chance: Chance) -> tuple[tuple[str, str, dict[str, Any]], ...]:
    rows = reference_rows(chance.stream("network"), span.today)
    return (*rows, *qualified_rows(ground.actors, span.today), *RULES)


def _live(ground: Ground, day: date) -> None:
    if day == ground.span.worked[0]:
        label_the_fleet(ground, day)
        stock_sheets(ground, day)
        buy_motors(ground, day)
        plan_stories(ground)
        plan_open_matters(ground)
    ground.do_what_is_due(day)
    if is_planned(ground, day):
        drive_planned(ground, day)
    else:
        drive(ground, day)
    bring_motors_back(ground, day)
    if round_day(day, _BALING_DAY):
        treat_waste(ground, day)
    review_losses(ground, day)


def _samples(ground: Ground) -> Iterable[Sample]:
    """Give 24 labels: bacs to receive, bacs and others to ship, and blank ones to put on something new."""
    here = [crate for crate in ground.shelf[("strasbourg", "bac-600x400")] if not crate.written_off]
    # Those that left first come last: their delivery has long arrived, so a phone expects them to be collected there.
    out = (crate for crate in ground.out["rhin-plasturgie-bac-600x400"] if crate.back and not crate.written_off)
    away = sorted(out, key=lambda crate: crate.shipped or ground.span.today, reverse=True)
    metz = ground.shelf[("metz", "caisse-palette")]
    for crates, count, where in ((away, 8, "rhin-plasturgie"), (here, 8, "strasbourg"), (metz, 4, "metz")):
        for crate in crates[-count:]:
            yield Sample(code=crate.code, name=crate.model.name, where=where)
    for code in ground.blanks[:4]:
        yield Sample(code=code, name="", where="")


def _arrivals(ground: Ground) -> Iterable[Arrival]:
    worked = ground.span.worked
    for phone in (*ground.phones.values(), *ground.retired_phones):
        yield Joined(received_ms=phone.enrolled_ms, phone=phone)
        yield from phone.deliveries(worked)
    for dev, at_ms in ground.revocations.items():
        yield Revoked(received_ms=at_ms, dev=dev)
    for at_ms in sorted({act.at_ms for act in ground.acts}):
        acts = tuple(act for act in ground.acts if act.at_ms == at_ms)
        yield Decided(received_ms=at_ms, actor=acts[0].actor, acts=acts)
    for month in closed_months(ground.span):
        closed_ms = instant(closing_day(month), CLOSING_HOUR)
        yield Closed(received_ms=closed_ms, actor=ground.actors[MANAGER], month=month)
