"""The verdict that goes along with scans: what was said once, and for how many of the scans that follow.

The verdict that is chosen stays for the scans that follow, so that twenty good crates need one choice. Scrap is for
one item alone, because each needs a look and a photo of its own: after it the verdict before comes back.
"""

from collections.abc import Mapping
from typing import Any, Final

from boucle.grades import CRITERIA
from boucle.lifecycle import Verdict

SORTS: Final = frozenset({"receive", "sort"})
"""The actions in which things are sorted: at home, where somebody takes them in hand."""
_SAID: Final = ("verdict", "grade")
_KEPT: Final = (*_SAID, *(f"then_{name}" for name in _SAID))


def chosen(said: Mapping[str, Any], verdict: str, grade: str = "") -> dict[str, Any]:
    """Give what is said when a verdict is chosen; the one that goes along already is taken off."""
    now = {name: said[name] for name in _SAID if said.get(name)}
    if now == {"verdict": verdict, **({"grade": grade} if grade else {})}:
        verdict, grade = "", ""
    kept = _before(said) if now.get("verdict") == Verdict.SCRAP else now
    along = {name: value for name, value in zip(_SAID, (verdict, grade), strict=True) if value}
    before = {f"then_{name}": value for name, value in kept.items()} if verdict == Verdict.SCRAP else {}
    return {**_rest(said), **along, **before}


def answers(said: Mapping[str, Any]) -> dict[str, str]:
    """Give the answers of a sorting that go along with a scan, empty where no verdict was chosen."""
    along = {name: said[name] for name in _SAID if said.get(name)}
    return along | ({"criteria": CRITERIA} if "grade" in along else {})


def after_one(said: Mapping[str, Any]) -> dict[str, Any]:
    """Give what is said once an item was sorted: after scrap the verdict before comes back."""
    if said.get("verdict") != Verdict.SCRAP:
        return dict(said)
    return {**_rest(said), **_before(said)}


def _rest(said: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in said.items() if name not in _KEPT}


def _before(said: Mapping[str, Any]) -> dict[str, str]:
    return {name: said[f"then_{name}"] for name in _SAID if said.get(f"then_{name}")}
