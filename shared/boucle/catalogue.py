"""The catalogue: every definition of a figure, once; the API, the pages, the exports and docs/kpi.md read it here."""

from collections.abc import Iterable, Mapping
from fractions import Fraction
from types import MappingProxyType

from boucle import kpi_loop, kpi_mass, kpi_pool
from boucle.catalogue_workshop import WORKSHOP
from boucle.kpi import Definition, Qualities, Question, Span, Unit, Value, answer
from boucle.tally import DIMENSIONS, Tally
from boucle.treatment import FINAL, MATERIAL, VALORISED, Route, code_map

ALL = frozenset(DIMENSIONS)
POOL = frozenset({"type"})
"""The pool belongs to no loop, partner or stop; containers change site."""
TREATED = frozenset({"site", "type"})
_DAY = Fraction(1, 86_400)
_COHORT = ("cohort:shipped", "cohort:returned", "cohort:returned_implied")
_USES = ("month:dispatch", "month:opening_uses", "month:first_use", "month:opening_n")
_LEFT = ("month:left_n", "month:left_uses")


def _return_rate(id_: str, days: int) -> Definition:
    return Definition(
        id=id_,
        slug=f"return_rate_{days}",
        unit=Unit.RATIO,
        span=Span.MONTH,
        measures=_COHORT,
        by=ALL,
        compute=kpi_loop.return_rate(days),
        horizon_days=days,
    )


def _return_time(id_: str, slug: str, rank: Fraction) -> Definition:
    return Definition(
        id=id_,
        slug=slug,
        unit=Unit.DAYS,
        span=Span.TRAILING,
        measures=("cohort:returned", "cohort:returned_implied", "cohort:lost", "cohort:found", "visit:loan"),
        by=ALL,
        compute=kpi_loop.return_time_at(rank),
    )


def _routed(id_: str, route: Route) -> Definition:
    return Definition(
        id=id_,
        slug=f"treated_{route.value}",
        unit=Unit.GRAMS,
        span=Span.MONTH,
        measures=("month:treated_g",),
        by=TREATED,
        compute=kpi_mass.mass_by(route),
        counts=kpi_mass.took((route,)),
    )


_LOOP = (
    _return_rate("K1", 60),
    _return_rate("K1-90", 90),
    _return_rate("K1-180", 180),
    Definition(
        id="K2",
        slug="flow_return_rate",
        unit=Unit.RATIO,
        span=Span.MONTH,
        measures=(
            "month:return",
            "month:return_implied",
            "month:dispatch",
            "month:qty_return",
            "month:qty_dispatch",
        ),
        by=ALL,
        compute=kpi_loop.flow_rate,
    ),
    _return_time("K3", "return_time_median", kpi_loop.HALF),
    _return_time("K3-p90", "return_time_p90", kpi_loop.NINE_IN_TEN),
    Definition(
        id="K4",
        slug="trips_so_far",
        unit=Unit.TRIPS,
        span=Span.END,
        measures=_USES,
        by=POOL,
        compute=kpi_loop.trips_so_far,
    ),
    Definition(
        id="K4-left",
        slug="trips_so_far_left",
        unit=Unit.TRIPS,
        span=Span.END,
        measures=_LEFT,
        by=POOL,
        compute=kpi_loop.trips_of_those_that_left,
    ),
    Definition(
        id="K4-stock",
        slug="trips_so_far_stock",
        unit=Unit.TRIPS,
        span=Span.END,
        measures=(*_USES, *_LEFT),
        by=POOL,
        compute=kpi_loop.trips_of_the_stock,
    ),
    Definition(
        id="K5",
        slug="expected_trips",
        unit=Unit.TRIPS,
        span=Span.TRAILING,
        measures=(*_COHORT, "cohort:retired"),
        by=ALL,
        compute=kpi_loop.expected_uses,
    ),
    Definition(
        id="K6",
        slug="rotations_per_year",
        unit=Unit.PER_YEAR,
        span=Span.MONTH,
        measures=("month:dispatch", "month:pool_s", "day:pool"),
        by=POOL,
        compute=kpi_pool.rotations,
        scale=Fraction(kpi_pool.YEAR_S),
    ),
    Definition(
        id="K7",
        slug="reuse_share",
        unit=Unit.RATIO,
        span=Span.MONTH,
        measures=("month:dispatch", "month:first_use"),
        by=ALL,
        compute=kpi_loop.reuse_share,
    ),
    Definition(
        id="K10",
        slug="cycle_time",
        unit=Unit.DAYS,
        span=Span.MONTH,
        measures=("month:cycle_s", "month:cycle_n"),
        by=ALL,
        compute=kpi_loop.mean_of("cycle"),
        scale=_DAY,
    ),
    Definition(
        id="K10-return",
        slug="return_time",
        unit=Unit.DAYS,
        span=Span.MONTH,
        measures=("month:lag_s", "month:lag_n"),
        by=ALL,
        compute=kpi_loop.mean_of("lag"),
        scale=_DAY,
    ),
    Definition(
        id="K10-little",
        slug="time_out_by_stock",
        unit=Unit.DAYS,
        span=Span.MONTH,
        measures=("month:out_s", "day:out", "month:dispatch"),
        by=ALL,
        compute=kpi_loop.time_out_by_stock,
        scale=_DAY,
    ),
    Definition(
        id="K11",
        slug="dwell_mean",
        unit=Unit.DAYS,
        span=Span.MONTH,
        measures=("month:dwell_s", "month:dwell_n"),
        by=ALL,
        compute=kpi_loop.mean_of("dwell"),
        scale=_DAY,
    ),
    Definition(
        id="K11-median",
        slug="dwell_median",
        unit=Unit.DAYS,
        span=Span.TRAILING,
        measures=("dwell:closed", "visit:open"),
        by=ALL,
        compute=kpi_loop.median_dwell,
    ),
    Definition(
        id="K11-open",
        slug="dwell_open",
        unit=Unit.DAYS,
        span=Span.NOW,
        measures=("visit:open",),
        by=ALL,
        compute=kpi_loop.open_visits,
    ),
    Definition(
        id="K12",
        slug="in_circulation",
        unit=Unit.CONTAINERS,
        span=Span.END,
        measures=("day:out",),
        by=ALL,
        compute=kpi_pool.in_circulation,
    ),
    Definition(
        id="K13",
        slug="overdue",
        unit=Unit.RATIO,
        span=Span.NOW,
        measures=("due:open",),
        by=ALL,
        compute=kpi_loop.overdue,
    ),
    Definition(
        id="K14",
        slug="loss_per_trip",
        unit=Unit.RATIO,
        span=Span.TRAILING,
        measures=_COHORT,
        by=ALL,
        compute=kpi_loop.loss_per_trip,
    ),
    Definition(
        id="K15",
        slug="annual_shrinkage",
        unit=Unit.RATIO,
        span=Span.TRAILING,
        measures=("month:lost", "month:found", "loss:open", "month:pool_s", "day:pool"),
        by=POOL,
        compute=kpi_pool.shrinkage,
    ),
)

_MASS = (
    Definition(
        id="K20",
        slug="collected_units",
        unit=Unit.UNITS,
        span=Span.MONTH,
        measures=("month:received_units",),
        by=ALL,
        compute=kpi_mass.count_of("received_units", of="received_units"),
    ),
    Definition(
        id="K20-mass",
        slug="collected_mass",
        unit=Unit.GRAMS,
        span=Span.MONTH,
        measures=("month:received_g", "month:received_units"),
        by=ALL,
        compute=kpi_mass.count_of("received_g", of="received_units"),
    ),
    Definition(
        id="K20-weighed",
        slug="weighed_share",
        unit=Unit.RATIO,
        span=Span.MONTH,
        measures=("month:weighed_g", "month:received_g", "month:received_units"),
        by=ALL,
        compute=kpi_mass.weighed_share,
    ),
    Definition(
        id="K21-reuse",
        slug="reused_mass",
        unit=Unit.GRAMS,
        span=Span.MONTH,
        measures=("month:reuse_g", "month:dispatch", "month:first_use"),
        by=ALL,
        compute=kpi_mass.reused_mass,
    ),
    Definition(
        id="K21-repaired",
        slug="repaired_mass",
        unit=Unit.GRAMS,
        span=Span.MONTH,
        measures=("month:repaired_g", "month:avoided_n"),
        by=TREATED,
        compute=kpi_mass.count_of("repaired_g", of="avoided_n"),
    ),
    _routed("K21-preparation", Route.PREPARATION),
    _routed("K21-recycling", Route.RECYCLING),
    _routed("K21-other", Route.OTHER_MATERIAL),
    _routed("K21-energy", Route.ENERGY),
    _routed("K21-disposal", Route.DISPOSAL),
    Definition(
        id="K21-pending",
        slug="pending_mass",
        unit=Unit.GRAMS,
        span=Span.END,
        measures=("month:pending_g", "month:treated_g"),
        by=TREATED,
        compute=kpi_mass.pending_mass,
    ),
    Definition(
        id="K21-resold",
        slug="resold_mass",
        unit=Unit.GRAMS,
        span=Span.MONTH,
        measures=("month:resold_g",),
        by=TREATED,
        compute=kpi_mass.count_of("resold_g"),
    ),
    Definition(
        id="K22",
        slug="valorisation_rate",
        unit=Unit.RATIO,
        span=Span.MONTH,
        measures=("month:treated_g",),
        by=TREATED,
        compute=kpi_mass.valorisation(VALORISED),
        counts=kpi_mass.took(FINAL),
    ),
    Definition(
        id="K22-material",
        slug="valorisation_rate_material",
        unit=Unit.RATIO,
        span=Span.MONTH,
        measures=("month:treated_g",),
        by=TREATED,
        compute=kpi_mass.valorisation(MATERIAL),
        counts=kpi_mass.took(FINAL),
    ),
    Definition(
        id="K23",
        slug="diversion_rate",
        unit=Unit.RATIO,
        span=Span.MONTH,
        measures=("month:treated_g", "month:pending_g"),
        by=TREATED,
        compute=kpi_mass.diversion,
    ),
    Definition(
        id="K24",
        slug="not_recycled_share",
        unit=Unit.RATIO,
        span=Span.MONTH,
        measures=("month:treated_g",),
        by=TREATED,
        compute=kpi_mass.not_recycled,
        counts=kpi_mass.took(FINAL),
    ),
    Definition(
        id="evidence",
        slug="evidence_share",
        unit=Unit.RATIO,
        span=Span.MONTH,
        measures=("month:evidence",),
        by=frozenset({"partner", "site", "type"}),
        compute=kpi_mass.evidence_share,
    ),
)

CATALOGUE: Mapping[str, Definition] = MappingProxyType({each.id: each for each in (*_LOOP, *_MASS, *WORKSHOP)})
"""Every definition by its id, in the order in which people read them."""


def find(name: str) -> Definition | None:
    """Give a definition by its id or its slug, None for neither; the case of an id does not matter."""
    return next((each for each in CATALOGUE.values() if name.lower() in (each.id.lower(), each.slug)), None)


def answers(tally: Tally, question: Question, ids: Iterable[str] = CATALOGUE) -> dict[str, Value]:
    """Give the values of definitions for one question."""
    known: Qualities = {}
    return {
        id_: answer(CATALOGUE[id_], tally, question, factor_set_id=_data_version(CATALOGUE[id_], question), known=known)
        for id_ in ids
    }


def _data_version(definition: Definition, question: Question) -> str | None:
    return code_map(question.last).version if "month:treated_g" in definition.measures else None
