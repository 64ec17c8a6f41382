"""Rows of planned rounds: several rows, one for each type at each stop, make one round."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date
from typing import Any, Final

from boucle.rounds import MOST_STOPS, Round, Stop
from boucle_server.imports.fault import Fault

_OF_ROUND: Final = ("day", "name", "home", "person")
_OF_STOP: Final = ("place", "opens", "closes", "note")


class Gathered:
    """The rows of a file by round. What one row says of its round or its stop, an empty cell below repeats."""

    def __init__(self) -> None:
        self._rows: dict[str, list[tuple[int, Mapping[str, Any]]]] = {}
        self._refused: list[Fault] = []
        self._faulty_rows: dict[str, int] = {}

    def add(self, number: int, values: Mapping[str, Any], faults: Sequence[Fault]) -> None:
        """Take one row with its faults; a row without a round is a fault of its own."""
        key = values.get("key", "")
        self._refused += faults
        if faults:
            self._faulty_rows[key] = self._faulty_rows.get(key, 0) + 1
            return
        rows = self._rows.setdefault(key, [])
        for of, names in (("", _OF_ROUND), (values["stop"], _OF_STOP)):
            before = next((row for _, row in rows if not of or row["stop"] == of), None)
            for name in names:
                if before is not None and name in values and name in before and values[name] != before[name]:
                    self._refused.append(Fault(row=number, column=name, key="import.round_differs"))
                    self._faulty_rows[key] = self._faulty_rows.get(key, 0) + 1
                    return
        rows.append((number, values))
        if len({row["stop"] for _, row in rows}) > MOST_STOPS:
            self._refused.append(Fault(row=number, column="", key="import.round_long", values={"most": MOST_STOPS}))
            self._faulty_rows[key] = self._faulty_rows.get(key, 0) + 1

    @property
    def faults(self) -> list[Fault]:
        """Give every fault, with one for each good row of a round that cannot be taken."""
        beside = [
            Fault(row=number, column="", key="import.round_incomplete", values={"round": key})
            for key in self._faulty_rows
            for number, _ in self._rows.get(key, ())
        ]
        return sorted([*self._refused, *beside], key=lambda fault: fault.row)

    def rounds(self, operators: Mapping[str, str]) -> Iterator[tuple[Round, list[int]]]:
        """Give each round that can be taken, with its rows in the file."""
        for key, rows in self._rows.items():
            if key in self._faulty_rows:
                continue
            said = {name: row[name] for _, row in reversed(rows) for name in _OF_ROUND if name in row}
            person = operators.get(said.pop("person", "").casefold(), "")
            day = date.fromisoformat(said.pop("day"))
            yield (
                Round(key=key, day=day, person=person, stops=_stops([row for _, row in rows]), **said),
                [n for n, _ in rows],
            )


def _stops(rows: Sequence[Mapping[str, Any]]) -> tuple[Stop, ...]:
    stops: dict[int, Stop] = {}
    for row in rows:
        number = row["stop"]
        stop = stops.get(number) or Stop(id=str(number), place=row["place"])
        said: dict[str, Any] = {name: row[name] for name in _OF_STOP if name in row}
        said |= {
            way: {**getattr(stop, way), row["item_type"]: row[way]}
            for way in ("collect", "deliver")
            if row.get(way) and "item_type" in row
        }
        stops[number] = replace(stop, **said)
    return tuple(stops[number] for number in sorted(stops))
