"""Items in words: how a code is printed, where its page is, when something happened."""

from datetime import datetime
from typing import Final
from urllib.parse import quote
from zoneinfo import ZoneInfo

from boucle.codes import Code, Label, read_label
from boucle_server.web import numbers
from boucle_server.web.places import ITEMS

RAW: Final = "raw:"
UNBOUND: Final = "~"


def printed(key: str) -> str:
    """Give a code as people read it: in groups of four, or as it is where it is not ours.

    The key of an item that no label is bound to is the code it was seen under, behind a sign.
    """
    seen = key.removeprefix(UNBOUND)
    label = read_label(seen)
    if isinstance(label, Label) and isinstance(label.code, Code):
        return label.code.grouped
    return seen.removeprefix(RAW)


def href_of(key: str) -> str:
    """Give the address of the page of a code or of an item."""
    return href_path(ITEMS.path, key)


def href_path(path: str, key: str) -> str:
    """Give the address of what stands under a path by a code or the id of an item."""
    label = read_label(key)
    short = label.code.grouped if isinstance(label, Label) and isinstance(label.code, Code) else key
    return f"{path}/{quote(short, safe='')}"


def moment(at_ms: int, zone: str, lang: str) -> str:
    """Write an instant in the zone of its place: `31/10/2026 à 14:02`."""
    local = datetime.fromtimestamp(at_ms / 1000, ZoneInfo(zone))
    day = numbers.day_name(local.strftime("%Y-%m-%d"), lang)
    return f"{day}{' à ' if lang == 'fr' else ', '}{local:%H:%M}"
