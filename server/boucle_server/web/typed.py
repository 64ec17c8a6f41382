"""What was typed into a form, read field by field, with a sentence for each that is not what it should be."""

import secrets
from collections.abc import Callable
from typing import Any

from boucle import weighing
from boucle.clock import day_of, parse_instant
from boucle.codes import Label, read_label
from boucle.ids import CROCKFORD
from boucle_server.errors import Words
from boucle_server.imports import cells
from boucle_server.imports.cells import CellError
from boucle_server.web.asking import Option
from boucle_server.web.forms import Fields
from boucle_server.web.rendering import sentence
from boucle_server.web.visit import LONGEST_SHOWN, Visit


class Answers:
    """What was typed, read field by field; `wrong` gathers a sentence for each that is not what it should be."""

    def __init__(self, fields: Fields, lang: str) -> None:
        self.fields, self.lang = fields, lang
        self.wrong: dict[str, str] = {}

    def fault(self, name: str, key: str, /, **values: object) -> None:
        """Say what is wrong with a field, as a sentence; a line of an imported table says the same after a colon."""
        self.wrong.setdefault(name, sentence(Words(key, values).said(self.lang)))

    def text(self, name: str, *, required: bool = False) -> str:
        """Read a text."""
        found = self.fields.value(name)
        if required and not found:
            self.fault(name, "web.field_needed")
        try:
            return str(cells.text(" ".join(found.split())))
        except CellError as error:
            self.fault(name, error.key, **error.values)
            return ""

    def number(self, name: str, read: Callable[[str], int]) -> int:
        """Read a number, 0 for nothing."""
        return self._read(name, read) or 0

    def day(self, name: str) -> str:
        """Read a day, `""` for nothing."""
        return self._read(name, cells.day) or ""

    def day_ms(self, name: str, zone: str) -> int:
        """Read a day as the instant of its noon, 0 for nothing."""
        day = self.day(name)
        return parse_instant(f"{day}T12:00", zone) if day else 0

    def _read(self, name: str, read: Callable[[str], Any]) -> Any:
        typed = self.fields.value(name)
        if not typed:
            return None
        try:
            return read(typed)
        except CellError as error:
            self.fault(name, error.key, **error.values)
            return None

    def chosen(self, name: str, options: list[Option], *, required: bool = False) -> str:
        """Read one of some answers."""
        found = self.fields.value(name)
        if found not in {key for key, _ in options}:
            if found or required:
                self.fault(name, "web.field_choose")
            return ""
        return found

    def code(self, name: str, *, other_than: str = "") -> str:
        """Read a code in any form; `""` for none."""
        typed = self.fields.value(name)
        if not typed:
            return ""
        label = read_label(typed)
        if not isinstance(label, Label):
            known = label.reason.value if label.reason.value in ("misread", "type_only") else "foreign"
            self.fault(name, f"web.code_{known}", asked=typed[:LONGEST_SHOWN])
            return ""
        if label.key == other_than:
            self.fault(name, "web.same_thing")
        return label.key


def mass_of(text: str) -> int:
    """Read what was weighed: kilograms, or with a unit grams or tonnes; CellError for zero and for other units."""
    mass_g = weighing.grams(text)
    if mass_g is None:
        raise CellError("web.work_bad_mass", asked=text[:LONGEST_SHOWN])
    if not mass_g:
        raise CellError("web.work_zero_mass")
    if mass_g > cells.MAX_GRAMS:
        raise CellError("web.work_heavy_mass")
    return mass_g


def number_of(prefix: str, day: str) -> str:
    """Give a number for a paper: `OR-261129-7K3M`, unlike any other given that day."""
    return f"{prefix}-{day[2:].replace('-', '')}-" + "".join(secrets.choice(CROCKFORD) for _ in range(4))


def today(visit: Visit) -> str:
    """Give the local day of the organisation."""
    return str(day_of(visit.now_ms, visit.who.zone))
