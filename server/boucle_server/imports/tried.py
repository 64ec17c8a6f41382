"""The dry run of a table that came over the web: its columns guessed or chosen, what would become of each row."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from boucle_server.errors import Words
from boucle_server.imports.columns import COLUMNS, Column, matched
from boucle_server.imports.fault import Fault
from boucle_server.imports.planned import Plan, Register
from boucle_server.imports.rows import MissingColumnsError, plan

Rows = Sequence[Sequence[str]]
SECRET: Final = frozenset({"pin"})
"""Fields that are not kept once they were read in."""
HIDDEN: Final = "••••"


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What became, or would become, of each row; `missing` are the fields without which no row can be read."""

    outcomes: Mapping[int, str] = field(default_factory=dict)
    faults: Sequence[Fault] = ()
    notes: Sequence[Fault] = ()
    missing: Sequence[str] = ()
    counts: Mapping[str, int] = field(default_factory=dict)

    @classmethod
    def of(cls, made: Plan) -> "Report":
        """Give the report of a plan."""
        return cls(
            outcomes={row: outcome.value for row, outcome in made.outcomes.items()},
            faults=made.faults,
            notes=made.notes,
            counts={outcome.value: n for outcome, n in made.counts.items()},
        )

    def as_json(self) -> dict[str, Any]:
        """Give it as it is kept."""
        return {
            "outcomes": {str(row): outcome for row, outcome in self.outcomes.items()},
            "faults": [_written(each) for each in self.faults],
            "notes": [_written(each) for each in self.notes],
            "missing": list(self.missing),
            "counts": dict(self.counts),
        }

    @classmethod
    def from_json(cls, kept: Mapping[str, Any]) -> "Report":
        """Read it as it is kept."""
        return cls(
            outcomes={int(row): outcome for row, outcome in kept["outcomes"].items()},
            faults=[_read(each) for each in kept["faults"]],
            notes=[_read(each) for each in kept["notes"]],
            missing=kept["missing"],
            counts=kept["counts"],
        )


def guessed(kind: str, headers: Sequence[str]) -> list[str]:
    """Give the field of each column as its header has it; `""` for a header that nobody knows."""
    found, *_ = matched(kind, headers)
    return [found[place].field if place in found else "" for place in range(len(headers))]


def chosen(kind: str, asked: Sequence[str], width: int) -> list[str]:
    """Give the fields that somebody chose for the columns, each once: the first column that is given one has it."""
    known = {column.field for column in COLUMNS[kind]}
    taken: list[str] = []
    for place in range(width):
        name = asked[place] if place < len(asked) else ""
        taken.append(name if name in known and name not in taken else "")
    return taken


def under(kind: str, rows: Rows, mapping: Sequence[str]) -> list[Sequence[str]]:
    """Give the rows under the headers that the chosen fields have; a column that is not read stands under none."""
    headers = {column.field: column.header for column in COLUMNS[kind]}
    return [[headers.get(name, "") for name in mapping], *rows[1:]]


def planned(kind: str, rows: Rows, mapping: Sequence[str], register: Register) -> Plan:
    """Plan the rows under the chosen columns; MissingColumnsError when a required one is not chosen."""
    return plan(kind, under(kind, rows, mapping), register)


def tried(kind: str, rows: Rows, mapping: Sequence[str], register: Register) -> Report:
    """Give what would become of each row."""
    try:
        return Report.of(planned(kind, rows, mapping, register))
    except MissingColumnsError as missing:
        fields = [column.field for column in COLUMNS[kind] if column.header in missing.headers]
        return Report(missing=fields)


def without_secrets(rows: Rows, mapping: Sequence[str]) -> list[list[str]]:
    """Give the rows as they may be kept: what only its owner should know is made unreadable."""
    secret = {place for place, name in enumerate(mapping) if name in SECRET}
    if not secret:
        return [list(row) for row in rows]
    return [
        list(row) if at == 0 else [HIDDEN if place in secret and cell else cell for place, cell in enumerate(row)]
        for at, row in enumerate(rows)
    ]


def column_of(kind: str, header: str) -> Column | None:
    """Give the column that a fault names, by its French header or by its field."""
    return next((each for each in COLUMNS[kind] if header in (each.header, each.field)), None)


def _written(fault: Fault) -> list[Any]:
    return [fault.row, fault.column, fault.key, {name: _plain(value) for name, value in fault.values.items()}]


def _plain(value: object) -> object:
    match value:
        case bool() | int() | str():
            return value
        case Words():
            return {"words": value.key, "values": {name: _plain(each) for name, each in value.values.items()}}
        case _:
            return str(value)


def _read(kept: Sequence[Any]) -> Fault:
    row, column, key, values = kept
    return Fault(row=row, column=column, key=key, values={name: _whole(value) for name, value in values.items()})


def _whole(value: Any) -> object:
    if isinstance(value, dict):
        return Words(value["words"], {name: _whole(each) for name, each in value["values"].items()})
    return value


def rows_of_faults(faults: Iterable[Fault]) -> dict[int, list[Fault]]:
    """Give the faults of each row."""
    found: dict[int, list[Fault]] = {}
    for fault in faults:
        found.setdefault(fault.row, []).append(fault)
    return found
