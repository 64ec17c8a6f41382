"""Key figures: what a definition is, what a question asks, and the value that answers it with all it must carry.

A value keeps its two parts, so that a quarter divides sums and never averages averages. Nothing to divide by is
"no value" with a reason, never 0 % or 100 %. Values are exact fractions; they are rounded only where they are written.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from fractions import Fraction
from types import MappingProxyType
from typing import Any, NamedTuple

from boucle.clock import DEFAULT_ZONE, day_of, iso, month_end_ms, month_start_ms
from boucle.facts import Cell
from boucle.tally import Slice, Tally

MICRO = 1_000_000
"""Canonical exports write a value as an integer of millionths, rounded half to even."""
NOTHING: Mapping[str, int] = MappingProxyType({})
_NO_LOOP = frozenset({"loop"})
_IMPLIED_OF_COHORT = "cohort:returned_implied"
NOT_TOLD_BY: Mapping[str, frozenset[str]] = MappingProxyType(
    {
        "evidence": _NO_LOOP,
        "repeat": _NO_LOOP,
        "refused": _NO_LOOP,
        "ignored": _NO_LOOP,
        "unknown_scan": _NO_LOOP | {"type"},
    }
)
"""Marks of events, by the filters that cannot tell them apart: they belong to no loop, an unknown code has no type."""


class Unit(StrEnum):
    """What a value counts."""

    RATIO = "ratio"
    TRIPS = "trips"
    PER_YEAR = "per_year"
    DAYS = "days"
    HOURS = "hours"
    CONTAINERS = "containers"
    UNITS = "units"
    GRAMS = "grams"
    CENTS = "cents"

    @property
    def words(self) -> str:
        """Give the key of the words written behind a value."""
        return f"measure.{self.value}"


class Span(StrEnum):
    """Which time a definition speaks of when it is asked for a month."""

    MONTH = "month"
    """What happened in the month; a longer period adds the parts of its months."""
    END = "end"
    """What is so at the end of the month, or at `as_of` while it lasts."""
    TRAILING = "trailing"
    """The twelve months, or the twelve settled cohorts, up to the month."""
    NOW = "now"
    """What is so at `as_of`, whatever the month."""


class NoValue(StrEnum):
    """Why there is no value."""

    NO_DATA = "no_data"
    NOT_BY_LOOP = "not_by_loop"
    NOT_BY_PARTNER = "not_by_partner"
    NOT_BY_SITE = "not_by_site"
    NOT_BY_TYPE = "not_by_type"
    NOT_SETTLED = "not_settled"
    """No cohort is old enough to tell what was lost."""
    FEW_LOSSES = "few_losses"
    """Fewer losses than an estimate needs: only its lower bound is given."""
    TOO_SHORT = "too_short"
    """The pool has been observed for too short a time to say anything of a year."""
    NOT_REACHED = "not_reached"
    """The curve does not fall to the half yet."""
    NO_OPENING_HOURS = "no_opening_hours"
    """There are cases, and of none of them the opening hours of the site are known."""
    NOT_IN_SNAPSHOT = "not_in_snapshot"
    """The figures of a closed month were not kept for this combination of filters."""

    @property
    def words(self) -> str:
        """Give the key of its sentence."""
        return f"novalue.{self.value}"


class View(StrEnum):
    """Which figures: as they are known now, or as they were when the month was closed."""

    AS_KNOWN = "as_known"
    AS_REPORTED = "as_reported"


class Maturity(StrEnum):
    """Whether a value may still change by the mere passing of time."""

    FINAL = "final"
    PROVISIONAL = "provisional"


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """What is asked: which months (one, or the months of a period in order), of what, seen when.

    `settle_days` gives by type after how many days an open loan counts as lost, `most_uses` after how many uses a
    container is retired by rule (types without such a rule are left out); `late` and `reasons` what the server
    knows of these months and of those before that a trailing figure speaks of: events received more than a day late,
    and why a month is provisional. Neither is part of canonical exports, because both depend on arrival.
    """

    months: tuple[str, ...]
    as_of_ms: int
    narrowed: Slice = field(default_factory=Slice)
    zone: str = DEFAULT_ZONE
    view: View = View.AS_KNOWN
    settle_days: Mapping[str, int] = field(default_factory=dict)
    most_uses: Mapping[str, int] = field(default_factory=dict)
    late: Mapping[str, int] | None = None
    reasons: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    @property
    def today(self) -> str:
        """Give the local day of `as_of`."""
        return day_of(self.as_of_ms, self.zone)

    @property
    def last(self) -> str:
        """Give the last month asked for."""
        return self.months[-1]

    def is_over(self, month: str) -> bool:
        """Tell whether a month has ended at `as_of`."""
        return self.as_of_ms >= month_end_ms(month, self.zone)


class Parts(NamedTuple):
    """What a definition computes: the two parts of the value, and what must be said with them.

    Without a denominator the value is the numerator, times the definition's scale. `value` overrides the quotient
    where the value is none (a median). `n` is the number of cases behind it, None where only masses are known;
    `months` are those the parts were summed over.
    """

    numerator: int
    denominator: int | None = None
    n: int | None = None
    low: Fraction | None = None
    high: Fraction | None = None
    value: Fraction | None = None
    reason: NoValue | None = None
    months: tuple[str, ...] | None = None
    settled: bool = True
    bands: Mapping[str, int] = NOTHING


def share(part: int, whole: int, **more: Any) -> Parts:
    """Give the parts of a share or a mean: the whole counts the cases."""
    return Parts(part, whole, n=whole, **more)


@dataclass(frozen=True, slots=True, kw_only=True)
class Definition:
    """One definition.

    `measures` are the cells it reads as `family:measure`; `by` the dimensions it can be narrowed to; `scale` what the
    quotient of its parts is multiplied by; `horizon_days` the age below which a return counts, where that matters;
    `counts` which cells of its measures do, where not all of them.
    """

    id: str
    slug: str
    unit: Unit
    span: Span
    measures: tuple[str, ...]
    by: frozenset[str]
    compute: Callable[[Tally, Question], Parts]
    scale: Fraction = Fraction(1)
    horizon_days: int | None = None
    counts: Callable[[Cell], bool] | None = None

    def words(self, part: str) -> str:
        """Give the key of its words: `name`, `means` (what it says) or `formula`."""
        return f"kpi.{self.slug}.{part}"

    def reads(self, at: Cell) -> bool:
        """Tell whether a cell is of a measure that it reads, and one that counts where not all of them do."""
        if f"{at.cell}:{at.measure}" not in self.measures or (self.counts is not None and not self.counts(at)):
            return False
        if self.horizon_days is None or not at.measure.startswith("returned"):
            return True
        return int(at.bucket) < self.horizon_days


@dataclass(frozen=True, slots=True, kw_only=True)
class Quality:
    """What to know about the data under a value; None where it is not known, as what has no loop is not of one.

    `late` is None where nobody counted the arrivals of every month that the value speaks of.
    """

    implied: int = 0
    inferred: int | None = 0
    duplicates: int | None = 0
    refused: int | None = 0
    ignored: int | None = 0
    unknown: int | None = 0
    received_g: int = 0
    weighed_g: int = 0
    late: int | None = None

    @property
    def unweighed_share(self) -> Fraction | None:
        """Give the share of the received mass that is nominal, None when nothing was received."""
        return 1 - Fraction(self.weighed_g, self.received_g) if self.received_g else None

    def as_json(self) -> dict[str, int | None]:
        """Write it with integers only."""
        return {
            "implied": self.implied,
            "inferred": self.inferred,
            "duplicates": self.duplicates,
            "refused": self.refused,
            "ignored": self.ignored,
            "unknown": self.unknown,
            "unweighed_share_micro": micro(self.unweighed_share),
            "late": self.late,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Value:
    """One figure with everything it must carry. `period` is a month, `first/last` of several, or a day."""

    definition_id: str
    value: Fraction | None
    unit: Unit
    numerator: int
    denominator: int | None
    n: int | None
    period: str
    timezone: str
    as_of_ms: int
    view: View
    maturity: Maturity
    ci_low: Fraction | None
    ci_high: Fraction | None
    quality: Quality
    reason: NoValue | None
    bands: Mapping[str, int]
    factor_set_id: str | None

    def as_json(self) -> dict[str, Any]:
        """Write it with integers only: values as millionths."""
        return {
            "definition_id": self.definition_id,
            "value_micro": micro(self.value),
            "unit": self.unit.value,
            "numerator": self.numerator,
            "denominator": self.denominator,
            "n": self.n,
            "period": self.period,
            "timezone": self.timezone,
            "as_of": iso(self.as_of_ms),
            "view": self.view.value,
            "maturity": self.maturity.value,
            "ci_low_micro": micro(self.ci_low),
            "ci_high_micro": micro(self.ci_high),
            "quality": self.quality.as_json(),
            "reason": self.reason.value if self.reason else None,
            "bands": dict(self.bands),
            "factor_set_id": self.factor_set_id,
        }


def micro(value: Fraction | None) -> int | None:
    """Write a fraction in millionths, rounded half to even."""
    return None if value is None else round(value * MICRO)


Qualities = dict[tuple[str, ...], Quality]
"""What is known of the data of months, so that it is found once for all the figures of one question."""


def answer(
    definition: Definition,
    tally: Tally,
    question: Question,
    *,
    factor_set_id: str | None = None,
    known: Qualities | None = None,
) -> Value:
    """Give the value of a definition; a filter that it cannot honour gives no value, and says so.

    `known` is filled with what is found out about the data of months.
    """
    refused = _refused(definition, question.narrowed)
    parts = Parts(0, reason=refused) if refused else definition.compute(tally, question)
    value, reason = _value(definition, parts, begun=_is_begun(tally, question))
    months = parts.months or question.months
    qualities = {} if known is None else known
    if months not in qualities:
        qualities[months] = quality(tally, question, months)
    return Value(
        definition_id=definition.id,
        value=value,
        unit=definition.unit,
        numerator=parts.numerator,
        denominator=parts.denominator,
        n=parts.n,
        period=_period(definition, question, months),
        timezone=question.zone,
        as_of_ms=question.as_of_ms,
        view=question.view,
        maturity=_maturity(definition, question, months, settled=parts.settled),
        ci_low=parts.low,
        ci_high=parts.high,
        quality=Quality() if refused else _of_figure(definition, qualities[months], tally, months),
        reason=reason,
        bands=parts.bands,
        factor_set_id=factor_set_id,
    )


def _of_figure(definition: Definition, known: Quality, tally: Tally, months: tuple[str, ...]) -> Quality:
    """Give what is known of the data with the implied returns that this figure counts: of a cohort, whenever they were.

    Those of the months themselves are others: they brought back what had left in any month before.
    """
    if _IMPLIED_OF_COHORT not in definition.measures:
        return known
    cell, _, measure = _IMPLIED_OF_COHORT.partition(":")
    ages = tally.by_bucket(cell, measure, months)
    read = (n for age, n in ages.items() if definition.reads(Cell(cell, "", "", "", "", "", "", measure, age)))
    return replace(known, implied=sum(read))


def _refused(definition: Definition, narrowed: Slice) -> NoValue | None:
    for name in narrowed.narrowed:
        if name not in definition.by:
            return NoValue(f"not_by_{name}")
    return None


def _is_begun(tally: Tally, question: Question) -> bool:
    """Tell whether anything is known up to the last month asked for, and whether that month has come."""
    first = tally.first_month
    come = question.as_of_ms > month_start_ms(question.last, question.zone)
    return come and first is not None and first <= question.last


def _value(definition: Definition, parts: Parts, *, begun: bool) -> tuple[Fraction | None, NoValue | None]:
    if parts.reason is not None:
        return None, parts.reason
    if parts.value is not None:
        return parts.value, None
    if parts.denominator is None:
        # Before the first record nothing is known: a count of 0 would say that somebody had looked.
        if not begun and not parts.numerator and definition.span is not Span.NOW:
            return None, NoValue.NO_DATA
        return parts.numerator * definition.scale, None
    if parts.denominator <= 0:
        return None, NoValue.NO_DATA
    return Fraction(parts.numerator, parts.denominator) * definition.scale, None


def _period(definition: Definition, question: Question, months: tuple[str, ...]) -> str:
    if definition.span is Span.NOW:
        return question.today
    return months[0] if months[0] == months[-1] else f"{months[0]}/{months[-1]}"


def _maturity(definition: Definition, question: Question, months: tuple[str, ...], *, settled: bool) -> Maturity:
    open_month = any(not question.is_over(month) or question.reasons.get(month) for month in months)
    if open_month or not settled or definition.span is Span.NOW:
        return Maturity.PROVISIONAL
    return Maturity.FINAL


def quality(tally: Tally, question: Question, months: tuple[str, ...]) -> Quality:
    """Give what to know about the data of some months; of a filter only what is told apart by it."""

    def count(measure: str) -> int:
        return tally.total("month", measure, months)

    def marked(measure: str, bucket: str | None = None) -> int | None:
        if question.narrowed.narrowed.keys() & NOT_TOLD_BY[measure]:
            return None
        return tally.total("month", measure, months, bucket=bucket)

    return Quality(
        implied=count("return_implied"),
        inferred=marked("evidence", "inferred"),
        duplicates=marked("repeat"),
        refused=marked("refused"),
        ignored=marked("ignored"),
        unknown=marked("unknown_scan"),
        received_g=count("received_g"),
        weighed_g=count("weighed_g"),
        late=_late(tally, question, months),
    )


def _late(tally: Tally, question: Question, months: tuple[str, ...]) -> int | None:
    """Count what came late in months, as long as it is known of each that has data."""
    if question.late is None:
        return None
    first = tally.first_month
    counts = [question.late.get(month) for month in months if first is not None and month >= first]
    return None if None in counts else sum(each or 0 for each in counts)
