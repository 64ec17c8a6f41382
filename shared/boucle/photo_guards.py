"""Where a photo is asked for: at a site whose reference row says so, from the day from which it says so.

What was recorded before the row asked keeps its meaning, and so does all of a site that never asks. A fact without its
photo has its effect and waits for a person; a decision without it has none.
"""

from collections.abc import Mapping
from enum import StrEnum
from typing import Any

from boucle.grades import VERDICT_OF
from boucle.lifecycle import Verdict
from boucle.photo import announced
from boucle.reference import Site


class PhotoGuard(StrEnum):
    """What a site may ask a photo for; the words are `photo.guard.<value>`."""

    SCRAP = "scrap"
    """An item that is sorted as scrap, a returned product that is graded so."""
    REPAIR = "repair"
    """An item as it goes to repair: a repair that is opened, an item that is sorted, or graded, as damaged."""
    INCIDENT = "incident"
    """A stop that could not be made."""


_VERDICTS: Mapping[str, PhotoGuard] = {Verdict.SCRAP: PhotoGuard.SCRAP, Verdict.DAMAGED: PhotoGuard.REPAIR}
_GRADES: Mapping[str, PhotoGuard] = {
    grade: _VERDICTS[verdict] for grade, verdict in VERDICT_OF.items() if verdict in _VERDICTS
}
_INCIDENTS = frozenset({"closed", "refused", "other"})


def lacks_photo(kind: str, body: Mapping[str, Any], photos: tuple[object, ...], site: Site) -> bool:
    """Tell whether an event lacks the photo that its site asks for."""
    return bool(site.photos) and not announced(photos) and asks_photo(kind, body, site)


def asks_photo(kind: str, body: Mapping[str, Any], site: Site) -> bool:
    """Tell whether a site asks for a photo of this."""
    match kind:
        case "item.sorted":
            return _VERDICTS.get(str(body.get("verdict", ""))) in site.photos
        case "item.graded":
            return _GRADES.get(str(body.get("grade", ""))) in site.photos
        case "work.opened":
            return PhotoGuard.REPAIR in site.photos
        case "stop.validated":
            return PhotoGuard.INCIDENT in site.photos and body.get("ending") in _INCIDENTS
        case _:
            return False
