"""The lines of an event export, read one by one: one that no export has is refused by its number, the rest goes on."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from boucle.units import MAX_INT
from boucle.wire import MAX_PAYLOAD
from boucle_server.errors import InvalidInputError, OperatorError, Words, why_of

MOST_FAULTS: Final = 1000
MAX_LINE: Final = 4 * MAX_PAYLOAD + 2 * 64 * 1024
_BYTES: Final = frozenset({"payload", "priv", "body"})
"""Texts that are kept as bytes, whatever is in them."""
_SURROGATE: Final = re.compile("[\ud800-\udfff]")
_LATEST_MS: Final = 253_402_300_799_999
"""The end of the year 9999, after which an instant cannot be written."""
LINE_KINDS: Final = ("org", "key", "device", "seal", "record", "raw")


@dataclass(slots=True, kw_only=True)
class Outcome:
    """What an import did: new lines, lines that were there, lines under a wrong seal, and what is faulty and why.

    `faults` are the first of them, by line, and `faulty` is how many there are.
    """

    created: int = 0
    unchanged: int = 0
    aside: int = 0
    faulty: int = 0
    faults: list[tuple[int, Words]] = field(default_factory=list)

    def refuse(self, number: int, why: Words) -> None:
        """Count a fault, and keep it while they are few enough to be read."""
        self.faulty += 1
        if len(self.faults) < MOST_FAULTS:
            self.faults.append((number, why))


class LineError(ValueError):
    """A line that is none of an event export; `words` say why."""

    def __init__(self, key: str, /, **values: object) -> None:
        super().__init__(key)
        self.words = Words(key, values)


Line = tuple[int, dict[str, Any]]


def is_sealed(file: Path) -> bool:
    """Tell whether a file is an event export: its first line says which kind of line it is."""
    try:
        with file.open("rb") as stream:
            first = stream.readline(MAX_LINE)
    except OSError as error:
        raise OperatorError("import.unreadable", file=file, why=why_of(error)) from error
    try:
        value = json.loads(first)
    except (ValueError, RecursionError):
        return False
    return isinstance(value, dict) and "line" in value


def read_lines(file: Path, outcome: Outcome) -> Iterator[Line]:
    """Give the readable lines with their numbers; the others become faults."""
    try:
        with file.open("rb") as stream:
            for number, line in enumerate(iter(lambda: stream.readline(MAX_LINE), b""), 1):
                if not line.strip():
                    continue
                try:
                    yield number, _checked(line)
                except LineError as error:
                    outcome.refuse(number, error.words)
    except OSError as error:
        raise OperatorError("import.unreadable", file=file, why=why_of(error)) from error


def _checked(line: bytes) -> dict[str, Any]:
    try:
        value = json.loads(line)
    except (ValueError, RecursionError):
        raise LineError("import.line_json") from None
    if not isinstance(value, dict) or value.get("line") not in LINE_KINDS:
        raise LineError("import.line_kind")
    if not isinstance(value.get("org"), str) or not value["org"]:
        raise LineError("import.line_org")
    _check_values(value)
    return value


def _check_values(value: Any, name: str = "") -> None:
    """Refuse what no export says and no database takes, so that one such line costs no other."""
    match value:
        case dict():
            for key, inner in value.items():
                _check_values(inner, key)
        case list():
            for inner in value:
                _check_values(inner, name)
        case str() if _SURROGATE.search(value) or ("\0" in value and name not in _BYTES):
            raise LineError("import.line_value", field=name)
        case float():
            raise LineError("import.line_value", field=name)
        case int() if abs(value) > MAX_INT or (name.endswith("_ms") and not 0 <= value <= _LATEST_MS):
            raise LineError("import.line_value", field=name)


def why_refused(error: Exception) -> Words:
    """Say why a line was refused."""
    match error:
        case LineError():
            return error.words
        case InvalidInputError():
            return Words(error.key, error.values)
        case KeyError():
            return Words("import.line_lacks", {"field": error.args[0]})
        case _:
            return Words("import.line_form")
