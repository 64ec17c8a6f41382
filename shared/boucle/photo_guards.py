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
    DIAGNOSIS = "diagnosis"
    """A repair that is diagnosed: the whole, and what is wrong with it."""


_VERDICTS: Mapping[str, PhotoGuard] = {Verdict.SCRAP: PhotoGuard.SCRAP, Verdict.DAMAGED: PhotoGuard.REPAIR}
_GRADES: Mapping[str, PhotoGuard] = {
    grade: _VERDICTS[verdict] for grade, verdict in VERDICT_OF.items() if verdict in _VERDICTS
}
_HOW_MANY: Mapping[PhotoGuard, int] = {PhotoGuard.DIAGNOSIS: 2}
_INCIDENTS = frozenset({"closed", "refused", "other"})


def lacks_photo(kind: str, body: Mapping[str, Any], photos: tuple[object, ...], site: Site) -> bool:
    """Tell whether an event lacks the photo that its site asks for."""
    return bool(site.photos) and len(announced(photos)) < photos_asked(kind, body, site)


def photos_asked(kind: str, body: Mapping[str, Any], site: Site) -> int:
    """Give how many photos a site asks for of this, 0 where it asks for none."""
    guard = _guard(kind, body)
    return _HOW_MANY.get(guard, 1) if guard is not None and guard in site.photos else 0


def asks_photo(kind: str, body: Mapping[str, Any], site: Site) -> bool:
    """Tell whether a site asks for a photo of this."""
    return photos_asked(kind, body, site) > 0


def _guard(kind: str, body: Mapping[str, Any]) -> PhotoGuard | None:
    match kind:
        case "item.sorted":
            return _VERDICTS.get(str(body.get("verdict", "")))
        case "item.graded":
            return _GRADES.get(str(body.get("grade", "")))
        case "work.opened":
            return PhotoGuard.REPAIR
        case "work.diagnosed":
            return PhotoGuard.DIAGNOSIS
        case "stop.validated":
            return PhotoGuard.INCIDENT if body.get("ending") in _INCIDENTS else None
        case _:
            return None
