"""Rows of checklists: several rows, one for each step, make one version of a checklist."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from boucle.checklists import MOST_CHOICES, MOST_STEPS, Asks, Checklist, Choice, Moment, Step
from boucle.gauges import GAUGES, kept_unit, read_measure
from boucle_server.imports.fault import Fault

_OF_LIST: Final = ("moment", "name", "name_en", "types")
_FAILS: Final = "!"
"""After a choice: the thing does not pass with it."""
_Address = tuple[str, int | None]


class StepRows:
    """The rows of a file by checklist and version. What one row says of its checklist, an empty cell below repeats."""

    def __init__(self) -> None:
        self._steps: dict[_Address, list[tuple[int, Step]]] = {}
        self._said: dict[_Address, dict[str, Any]] = {}
        self._refused: list[Fault] = []
        self._faulty_rows: dict[_Address, int] = {}

    def add(self, number: int, values: Mapping[str, Any], faults: Sequence[Fault]) -> None:
        """Take one row with its faults; `number` is its row in the file."""
        address = (values.get("key", ""), values.get("valid_from"))
        found = list(faults)
        if not found:
            said = self._said.setdefault(address, {})
            given = {name: values[name] for name in _OF_LIST if name in values}
            found += [_fault(number, name, "differs") for name in given if said.get(name, given[name]) != given[name]]
            said.update({**given, **said})
        step = _step(number, values, found) if not found else None
        if len(self._steps.get(address, ())) >= MOST_STEPS:
            found.append(_fault(number, "step", "long", most=MOST_STEPS))
        if found or step is None:
            self._refused += found
            self._faulty_rows[address] = self._faulty_rows.get(address, 0) + 1
        else:
            self._steps.setdefault(address, []).append((number, step))

    @property
    def faults(self) -> list[Fault]:
        """Give every fault, with one for each good row of a checklist that cannot be taken."""
        beside = [
            _fault(number, "", "incomplete", key=address[0])
            for address in self._faulty_rows
            for number, _ in self._steps.get(address, ())
        ]
        nameless = [
            _fault(rows[0][0], "moment", "no_moment")
            for address, rows in self._steps.items()
            if address not in self._faulty_rows and not {"moment", "name"} <= self._said[address].keys()
        ]
        return sorted([*self._refused, *beside, *nameless], key=lambda fault: fault.row)

    def checklists(self) -> Iterator[tuple[Checklist, int | None, list[int]]]:
        """Give each checklist that can be taken, the start of its version where it is said, its rows in the file."""
        for address, rows in self._steps.items():
            said = self._said[address]
            if address in self._faulty_rows or not {"moment", "name"} <= said.keys():
                continue
            made = Checklist(
                key=address[0],
                moment=Moment(said["moment"]),
                words=_words(said, "name"),
                types=tuple(said.get("types", ())),
                steps=tuple(step for _, step in rows),
            )
            yield made, address[1], [number for number, _ in rows]


def _words(values: Mapping[str, Any], name: str) -> dict[str, str]:
    return {lang: values[of] for lang, of in (("fr", name), ("en", f"{name}_en")) if of in values}


def _step(number: int, values: Mapping[str, Any], found: list[Fault]) -> Step | None:
    """Read the step of a row; its faults are added to `found`."""
    asks = values.get("asks") or _implied(values)
    unit, low, high = _limits(number, values, found)
    choices = _choices(values)
    if asks is Asks.CHOICE and not 1 < len(choices) <= MOST_CHOICES:
        found.append(_fault(number, "choices", "choices", most=MOST_CHOICES))
    if asks is not Asks.MEASURE and values.keys() & {"unit", "low", "high"}:
        found.append(_fault(number, "asks", "no_measure"))
    if found:
        return None
    return Step(
        id=values["step"],
        asks=asks,
        words=_words(values, "question"),
        blocking=values.get("blocking", False),
        photo=values.get("photo", False),
        unit=unit,
        low=low,
        high=high,
        choices=choices if asks is Asks.CHOICE else (),
    )


def _implied(values: Mapping[str, Any]) -> Asks:
    if values.keys() & {"unit", "low", "high"}:
        return Asks.MEASURE
    return Asks.CHOICE if "choices" in values else Asks.YES_NO


def _limits(number: int, values: Mapping[str, Any], found: list[Fault]) -> tuple[str, int | None, int | None]:
    written = values.get("unit", "")
    unit = kept_unit(written) if written else ""
    if unit is None:
        known = ", ".join(dict.fromkeys(each.fr for each in GAUGES.values()))
        found.append(_fault(number, "unit", "bad_unit", units=known))
        return "", None, None
    ends: dict[str, int] = {}
    for name in ("low", "high"):
        if name in values:
            value = read_measure(values[name], unit)
            if value is None:
                found.append(_fault(number, name, "bad_limit"))
            else:
                ends[name] = value
    if "low" in ends and "high" in ends and ends["low"] > ends["high"]:
        found.append(_fault(number, "high", "crossed"))
    return unit, ends.get("low"), ends.get("high")


def _choices(values: Mapping[str, Any]) -> tuple[Choice, ...]:
    """Read `intact | usé | fendu !`: parted by bars, `!` after those with which the thing does not pass."""
    french, english = (
        [part.strip() for part in values.get(name, "").split("|") if part.strip()] for name in ("choices", "choices_en")
    )
    choices = []
    for place, said in enumerate(french):
        words = {"fr": said.removesuffix(_FAILS).strip()}
        if place < len(english):
            words["en"] = english[place].removesuffix(_FAILS).strip()
        choices.append(Choice(id=str(place + 1), words=words, passes=not said.endswith(_FAILS)))
    return tuple(choices)


_KEYS: Final = {
    "differs": "import.checklist_differs",
    "long": "import.checklist_long",
    "incomplete": "import.checklist_incomplete",
    "no_moment": "import.checklist_no_moment",
    "choices": "import.checklist_choices",
    "no_measure": "import.checklist_no_measure",
    "bad_unit": "import.bad_unit",
    "bad_limit": "import.bad_limit",
    "crossed": "import.limits_crossed",
}
_HEADERS: Final = {
    "moment": "moment",
    "name": "nom",
    "name_en": "nom en anglais",
    "types": "types",
    "step": "étape",
    "asks": "réponse",
    "unit": "unité",
    "low": "minimum",
    "high": "maximum",
    "choices": "choix",
}


def _fault(number: int, field: str, what: str, **values: object) -> Fault:
    return Fault(row=number, column=_HEADERS.get(field, ""), key=_KEYS[what], values=values)
