"""A reader of gettext catalogues (`.po`), so that a plain checkout and a phone need no compiled file.

It reads what our catalogues use: comments, `msgid`, `msgid_plural`, `msgstr`, `msgstr[0]`, `msgstr[1]`.
What it does not know it refuses, with the number of the line: a catalogue is ours, so a fault in it is a bug.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType

LINE = re.compile(r'(?:(msgid|msgid_plural|msgstr|msgstr\[(\d)\])\s+)?"((?:[^"\\]|\\.)*)"')
ESCAPE = re.compile(r"\\(.)")
UNESCAPED = MappingProxyType({"n": "\n", "t": "\t", '"': '"', "\\": "\\"})

SINGULAR, PLURAL = 0, 1


class CatalogueError(ValueError):
    """A catalogue of ours cannot be read; the message names the line."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One message: a key, and its text for one or, with `other`, for one and for many."""

    key: str
    text: str
    other: str | None = None


def read_catalogue(text: str) -> Mapping[str, Entry]:
    """Read a whole catalogue into entries by key, without its header; a key may stand only once."""
    entries: dict[str, Entry] = {}
    for number, fields in _blocks(text):
        entry = _entry(number, fields)
        if entry.key in entries:
            raise CatalogueError(f"line {number}: {entry.key!r} stands here a second time")
        entries[entry.key] = entry
    entries.pop("", None)
    return MappingProxyType(entries)


def _blocks(text: str) -> Iterator[tuple[int, dict[str, str]]]:
    """Give each entry's fields with the line that its `msgid` stands on."""
    fields: dict[str, str] = {}
    start, last = 0, ""
    for number, raw in enumerate(text.splitlines(), start=1):
        line = raw.strip()
        if not line or line.startswith("#"):
            continue
        found = LINE.fullmatch(line)
        if found is None or (not found[1] and not last):
            raise CatalogueError(f"line {number}: neither a field nor the rest of one: {line}")
        if found[1] == "msgid":
            if fields:
                yield start, fields
            fields, start = {}, number
        if found[1]:
            last = found[1]
            if last in fields or (last != "msgid" and "msgid" not in fields):
                raise CatalogueError(f"line {number}: {last} does not belong here")
            fields[last] = ""
        fields[last] += _unescape(number, found[3])
    if fields:
        yield start, fields


def _unescape(number: int, text: str) -> str:
    try:
        return ESCAPE.sub(lambda found: UNESCAPED[found[1]], text)
    except KeyError as unknown:
        raise CatalogueError(f"line {number}: the escape \\{unknown.args[0]} is not one of ours") from unknown


def _entry(number: int, fields: dict[str, str]) -> Entry:
    match sorted(fields):
        case ["msgid", "msgstr"]:
            return Entry(key=fields["msgid"], text=fields["msgstr"])
        case ["msgid", "msgid_plural", "msgstr[0]", "msgstr[1]"]:
            return Entry(key=fields["msgid"], text=fields[f"msgstr[{SINGULAR}]"], other=fields[f"msgstr[{PLURAL}]"])
        case names:
            raise CatalogueError(f"line {number}: {', '.join(names)} make no entry")
