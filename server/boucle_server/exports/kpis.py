"""The export of the figures: canonical JSON, or one row a figure as CSV or XLSX."""

from collections.abc import Iterator, Mapping
from fractions import Fraction
from typing import IO, Any, Final

from sqlalchemy.engine import Connection

from boucle.catalogue import CATALOGUE
from boucle.clock import EARLIEST_MS, month_of, months_between, parse_instant
from boucle.goals import held_to
from boucle.kpi import MICRO, Question
from boucle.reference import Book
from boucle.tally import DIMENSIONS, Slice
from boucle.words import LANGUAGES, say
from boucle_server import figures_document, reports
from boucle_server.errors import OperatorError
from boucle_server.exports.command import Request
from boucle_server.exports.sheets import Cell, Sheet, write_csv, write_xlsx
from boucle_server.exports.state import canonical
from boucle_server.projections import load_book

_MICROS: Final = ("value", "ci_low", "ci_high")
_PLAIN: Final = ("unit", "numerator", "denominator", "n", "maturity", "reason", "view", "factor_set_id")
_QUALITY: Final = ("implied", "inferred", "duplicates", "refused", "ignored", "unknown", "late")
COLUMNS: Final = (
    "period",
    "definition_id",
    "slug",
    *DIMENSIONS,
    *_MICROS,
    *_PLAIN,
    *_QUALITY,
    "unweighed_share",
    "bands",
    "timezone",
    "as_of",
    "goal",
    "goal_sense",
    "goal_verdict",
)


def write(connection: Connection, org: str, file: IO[bytes], *, request: Request) -> None:
    """Write the figures of the months asked for, or of all, as they are known at `as_of`."""
    content = figures_document.document(
        connection, org, as_of_ms=request.as_of_ms, months=months_of(connection, org, request)
    )
    match request.format:
        case "json":
            file.write(canonical(content))
        case "csv":
            write_csv(file, long_table(content, load_book(connection, org)))
        case _:
            about = Sheet(
                name="about",
                columns=("key", "value"),
                rows=[(key, str(content[key])) for key in ("format", "org", "as_of", "timezone", "reference")],
            )
            write_xlsx(
                file, [long_table(content, load_book(connection, org)), definitions(), about], at_ms=request.as_of_ms
            )


def months_of(connection: Connection, org: str, request: Request) -> list[str] | None:
    """Give the months that a request names, None for all that have data."""
    if not request.first and not request.last:
        return None
    known = reports.months_with_data(connection, org)
    running = month_of(request.as_of_ms, reports.zone_of(connection, org))
    first = reports.checked_month(request.first or (known[0] if known else running))
    last = reports.checked_month(request.last or running)
    if first > last:
        raise OperatorError("export.months_crossed", first=first, last=last)
    if last > running:
        raise OperatorError("export.month_to_come", month=last)
    if first < month_of(EARLIEST_MS, "UTC"):
        raise OperatorError("export.bad_instant", text=first)
    return [str(month) for month in months_between(first, last)]


def long_table(content: Mapping[str, Any], book: Book) -> Sheet:
    """Give one row a figure, with what was wanted of it in `book`."""
    rows = [[*_row(value), *_goal(value, book)] for value in content["values"]]
    return Sheet(name="kpi_long", columns=COLUMNS, rows=rows)


def _goal(value: Mapping[str, Any], book: Book) -> list[Cell]:
    """Give the goal of a written value in the value's own unit, its sense, and what the value says of it."""
    month = value["period"].rpartition("/")[2][: len("2026-10")]
    asked = Question(
        months=(month,),
        as_of_ms=parse_instant(value["as_of"]),
        narrowed=Slice(**value["scope"]),
        zone=value["timezone"],
    )
    held = held_to(book, value["definition_id"], asked, value)
    if held is None:
        return [None, None, None]
    goal, verdict = held
    return [goal.value, goal.sense.value, verdict.value if verdict else None]


def _row(value: Mapping[str, Any]) -> list[Cell]:
    quality = value["quality"]
    return [
        value["period"],
        value["definition_id"],
        CATALOGUE[value["definition_id"]].slug,
        *(value["scope"].get(name) for name in DIMENSIONS),
        *(_from_micro(value[f"{name}_micro"]) for name in _MICROS),
        *(value[name] for name in _PLAIN),
        *(quality[name] for name in _QUALITY),
        _from_micro(quality["unweighed_share_micro"]),
        " ".join(f"{name}={n}" for name, n in value["bands"].items()),
        value["timezone"],
        value["as_of"],
    ]


def _from_micro(micro: int | None) -> Fraction | None:
    return None if micro is None else Fraction(micro, MICRO)


def definitions() -> Sheet:
    """Give one row a definition, in every language."""
    columns = ["definition_id", "slug", "unit", "span", "by", "measures"]
    columns += [f"{part}_{lang}" for part in ("name", "means", "formula") for lang in LANGUAGES]
    return Sheet(name="definitions", columns=columns, rows=list(_definitions()))


def _definitions() -> Iterator[list[str]]:
    for each in CATALOGUE.values():
        fixed = (each.id, each.slug, each.unit.value, each.span.value, " ".join(sorted(each.by)))
        said = [say(each.words(part), lang) for part in ("name", "means", "formula") for lang in LANGUAGES]
        yield [*fixed, " ".join(each.measures), *said]
