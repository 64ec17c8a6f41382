"""How long something lasts in words: rounded down, hours under a day, minutes under an hour, in both languages."""

import pytest

from boucle.lasting import days_of, lasted
from boucle.units import DAY_MS

HOUR_MS = DAY_MS // 24
MINUTE_MS = HOUR_MS // 60


@pytest.mark.parametrize(("span_ms", "french", "english"), [
    (-5 * DAY_MS, "0 min", "0 min"),
    (0, "0 min", "0 min"),
    (MINUTE_MS - 1, "0 min", "0 min"),
    (HOUR_MS - 1, "59 min", "59 min"),
    (HOUR_MS, "1 h", "1 h"),
    (DAY_MS - 1, "23 h", "23 h"),
    (DAY_MS, "1 j", "1 d"),
    (2 * DAY_MS - 1, "1 j", "1 d"),
    (35 * DAY_MS + HOUR_MS, "35 j", "35 d"),
])  # fmt: skip
def test_a_span_is_said_in_the_largest_unit_that_is_whole(span_ms: int, french: str, english: str) -> None:
    assert [lasted(span_ms, lang).replace("\u202f", " ").replace("\xa0", " ") for lang in ("fr", "en")] == [
        french,
        english,
    ]
    assert days_of(span_ms) == max(0, span_ms // DAY_MS)
