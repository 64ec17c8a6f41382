"""What an action waits for, by type: as planned, else as listed, and nothing of which the type is not known."""

from collections.abc import Mapping

import pytest

from boucle.expecting import is_expected, wanted
from boucle.item import Item
from boucle.lifecycle import Stage
from boucle.units import DAY_MS

LISTED = {"bac": 3, "": 4}


@pytest.mark.parametrize(("action", "plan", "expected"), [
    ("receive", None, {"bac": 3, "": 4}),
    ("collect", None, {"bac": 3}),
    ("receive", {"bac": 5}, {"bac": 5}),
    ("deliver", {"bac": 2, "roll": 1}, {"bac": 3, "roll": 1}),
    ("count", None, {"bac": 3}),
])  # fmt: skip
def test_labels_without_a_type_are_waited_for_where_a_round_brings_them_alone(
    action: str, plan: Mapping[str, int] | None, expected: Mapping[str, int]
) -> None:
    assert wanted(action, plan, LISTED) == expected


@pytest.mark.parametrize(("stage", "place", "days", "is_there"), [
    (Stage.AT_PARTNER, "mulhouse", 0, True),
    (Stage.OUTBOUND, "mulhouse", 4, True),
    (Stage.OUTBOUND, "mulhouse", 2, False),
    (Stage.OUTBOUND, "nancy", 40, False),
    (Stage.INBOUND, "mulhouse", 40, False),
])  # fmt: skip
def test_what_was_sent_somewhere_days_ago_and_never_scanned_there_is_expected_there(
    stage: Stage, place: str, days: int, is_there: bool
) -> None:
    item = Item("i", type="bac", known=True, stage=stage, place=place, custody_ms=100 * DAY_MS)
    now_ms = (100 + days) * DAY_MS
    assert is_expected(item, "collect", "mulhouse", at_home=False, now_ms=now_ms) is is_there


@pytest.mark.parametrize("known", [True, False])
def test_a_count_at_home_waits_for_what_somebody_put_into_service_alone(*, known: bool) -> None:
    item = Item("i", type="bac", known=known, stage=Stage.AVAILABLE, site="strasbourg")
    assert is_expected(item, "count", "strasbourg", at_home=True, now_ms=100 * DAY_MS) is known
