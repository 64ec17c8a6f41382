"""What an action waits for, by type: as planned, else as listed, and nothing of which the type is not known."""

from collections.abc import Mapping

import pytest

from boucle.expecting import wanted

LISTED = {"bac": 3, "": 4}


@pytest.mark.parametrize(("action", "plan", "expected"), [
    ("receive", None, {"bac": 3}),
    ("receive", {"bac": 5}, {"bac": 5}),
    ("deliver", {"bac": 2, "roll": 1}, {"bac": 3, "roll": 1}),
    ("count", None, {"bac": 3}),
])  # fmt: skip
def test_labels_without_a_type_are_met_and_never_waited_for(
    action: str, plan: Mapping[str, int] | None, expected: Mapping[str, int]
) -> None:
    assert wanted(action, plan, LISTED) == expected
