"""Every function that the tour names exists, in the file that it points at."""

import inspect
import re
from importlib import import_module
from types import ModuleType
from typing import Any

import pytest

from tests.house.tree import MEMBERS, ROOT

TOUR = (ROOT / "docs" / "tour.md").read_text(encoding="utf-8")
LINKED = re.compile(r"\[`([a-z_]+(?:\.\w+)+)`\]\(\.\./([\w./]+)\)")
SPAN = re.compile(r"`([^`]+)`")
PACKAGES = tuple(MEMBERS.values())


def find(name: str) -> tuple[ModuleType, Any]:
    """Give the module and the thing that a dotted name means; AttributeError or ModuleNotFoundError otherwise."""
    parts = name.split(".")
    for end in range(len(parts), 0, -1):
        try:
            module = import_module(".".join(parts[:end]))
        except ModuleNotFoundError as missing:
            if missing.name is None or not name.startswith(missing.name):
                raise
            continue
        found: Any = module
        for part in parts[end:]:
            found = getattr(found, part)
        return module, found
    raise ModuleNotFoundError(name)


@pytest.mark.parametrize(("name", "path"), LINKED.findall(TOUR))
def test_what_the_tour_names_is_in_the_file_it_points_at(name: str, path: str) -> None:
    module, found = find(name)
    assert module.__file__ is not None
    assert (ROOT / path).samefile(module.__file__)
    # Not something that the file only imports from elsewhere.
    defined = inspect.getmodule(found) if inspect.isroutine(found) or inspect.isclass(found) else module
    assert defined is module


def test_every_name_of_ours_in_the_tour_is_a_link() -> None:
    named = {span for span in SPAN.findall(TOUR) if span.split(".")[0] in PACKAGES and "." in span}
    assert named == {name for name, _ in LINKED.findall(TOUR)}


def test_the_tour_goes_through_all_four_packages() -> None:
    assert {name.split(".")[0] for name, _ in LINKED.findall(TOUR)} == set(PACKAGES)


def test_a_name_that_is_not_there_is_noticed() -> None:
    with pytest.raises(AttributeError, match="stepp"):
        find("boucle.fold.stepp")
    with pytest.raises((AttributeError, ModuleNotFoundError), match="folds"):
        find("boucle.folds.step")
