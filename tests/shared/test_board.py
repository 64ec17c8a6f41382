"""The board of a workshop: limits of its columns as a row says them."""

import pytest

from boucle.board import COLUMNS, limits_of
from boucle.lifecycle import BUSY


def test_every_stage_of_an_open_repair_has_one_column() -> None:
    stages = [stage for column in COLUMNS.values() for stage in column]
    assert len(stages) == len(set(stages))
    assert set(BUSY) <= set(stages)


@pytest.mark.parametrize(
    ("text", "limits"),
    [
        ("in_repair:4 testing:3", {"in_repair": 4, "testing": 3}),
        ("in_repair:0 nowhere:3 testing:-1 open:x diagnosed: :5 waiting:٣ to_leave:1000000", {}),
        ("", {}),
    ],
)
def test_what_makes_no_sense_in_a_row_limits_nothing(text: str, limits: dict[str, int]) -> None:
    assert limits_of(text) == limits
