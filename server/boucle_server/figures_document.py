"""The figures of an organisation as one document: every month, whole and by each value of each dimension.

Canonical: the same events give the same bytes on every database, whatever the order in which they came. So nothing
in it depends on arrival, every value is an integer, keys are sorted, and lists are sorted by the bytes of their texts.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from typing import Any, Final

from sqlalchemy.engine import Connection

from boucle.catalogue import CATALOGUE, answers
from boucle.clock import iso, month_of
from boucle.kpi import NoValue, Question, Span, Value
from boucle.tally import DIMENSIONS, Slice, Tally
from boucle_server import reports
from boucle_server.exports.state import canonical
from boucle_server.projections import load_book

__all__ = ["canonical", "document", "scopes"]

FORMAT: Final = "boucle-kpis/1"
OF_NOW: Final = tuple(id_ for id_, each in CATALOGUE.items() if each.span is Span.NOW)
OF_MONTHS: Final = tuple(id_ for id_ in CATALOGUE if id_ not in OF_NOW)
_WHOLE: Final = ("", "")


def document(connection: Connection, org: str, *, as_of_ms: int, months: Sequence[str] | None = None) -> dict[str, Any]:
    """Give the figures of some months, or of all until `as_of`, with what is so at `as_of` itself."""
    zone = reports.zone_of(connection, org)
    asked = list(months) if months is not None else reports.months_until(connection, org, as_of_ms)
    rows = list(_rows(connection, org, asked, as_of_ms))
    rows.sort(key=_place)
    return {
        "format": FORMAT,
        "org": org,
        "as_of": iso(as_of_ms),
        "timezone": zone,
        "reference": load_book(connection, org).digest(),
        "values": rows,
    }


def _rows(connection: Connection, org: str, months: Iterable[str], as_of_ms: int) -> Iterator[dict[str, Any]]:
    now = reports.question(connection, org, [], as_of_ms=as_of_ms)
    now = replace(now, months=(str(month_of(as_of_ms, now.zone)),))
    listed = list(months)
    for scope, narrowed, tally in scopes(connection, org):
        for month in listed:
            yield from _written(scope, tally, replace(now, months=(month,), narrowed=narrowed), OF_MONTHS)
        yield from _written(scope, tally, replace(now, narrowed=narrowed), OF_NOW)


def scopes(connection: Connection, org: str) -> Iterator[tuple[tuple[str, str], Slice, Tally]]:
    """Give the whole, then each value of each dimension, as `(dimension, value)` with its slice and its sums."""
    yield _WHOLE, Slice(), reports.tally(connection, org)
    for dimension in DIMENSIONS:
        for value, tally in reports.tallies(connection, org, dimension).items():
            yield (dimension, value), Slice(**{dimension: value}), tally


def _written(scope: tuple[str, str], tally: Tally, asked: Question, ids: Sequence[str]) -> Iterator[dict[str, Any]]:
    for value in answers(tally, asked, ids).values():
        if scope == _WHOLE or not _is_idle(value):
            yield {**value.as_json(), "scope": {scope[0]: scope[1]} if scope[0] else {}}


def _is_idle(value: Value) -> bool:
    """Tell whether a value of a part of the whole says nothing: it cannot be told apart, or nothing happened there."""
    refused = value.reason is not None and value.reason.value.startswith("not_by_")
    nothing = value.reason is NoValue.NO_DATA or (value.denominator is None and value.numerator == 0)
    return refused or nothing


def _place(row: dict[str, Any]) -> tuple[bytes, ...]:
    ((dimension, value),) = row["scope"].items() or (_WHOLE,)
    return tuple(str(text).encode() for text in (row["period"], row["definition_id"], dimension, value))
