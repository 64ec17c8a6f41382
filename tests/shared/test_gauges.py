"""Gauges: measures are typed as people write them, kept as integers, and read back the same."""

import pytest

from boucle.gauges import GAUGES, kept_unit, read_measure, write_measure, write_number


@pytest.mark.parametrize(
    ("typed", "unit", "kept", "french", "english"),
    [
        ("12,5", "mV", 12_500, "12,5\u00a0V", "12.5\u00a0V"),
        ("0.004", "um", 4, "0,004\u00a0mm", "0.004\u00a0mm"),
        ("-12,5", "dC", -125, "−12,5\u00a0°C", "−12.5\u00a0°C"),
        ("−0,5", "dC", -5, "−0,5\u00a0°C", "−0.5\u00a0°C"),
        ("1\u202f000", "kohm", 1_000_000, "1\u202f000\u00a0MΩ", "1,000\u00a0MΩ"),
        ("1234,5", "mV", 1_234_500, "1\u202f234,5\u00a0V", "1,234.5\u00a0V"),
        ("1 450", "rpm", 1_450, "1\u202f450\u00a0tr/min", "1,450\u00a0rpm"),
        ("97,5", "permille", 975, "97,5\u202f%", "97.5%"),
        ("3", "", 3, "3", "3"),
        ("20", "pas", 20, "20\u00a0pas", "20\u00a0pas"),
    ],
)
def test_a_measure_is_kept_as_an_integer_and_shown_as_people_write_it(
    typed: str, unit: str, kept: int, french: str, english: str
) -> None:
    assert read_measure(typed, unit) == kept
    assert (write_measure(kept, unit, "fr"), write_measure(kept, unit, "en")) == (french, english)
    assert all(read_measure(write_number(kept, unit, lang), unit) == kept for lang in ("fr", "en"))


@pytest.mark.parametrize("typed", ["", "douze", "1,2,3", "0,0001", "NaN", "Infinity", "1e40", "9" * 30])
def test_what_is_no_measure_or_finer_than_is_kept_is_none(typed: str) -> None:
    assert read_measure(typed, "mV") is None


def test_large_and_small_letters_are_different_units() -> None:
    assert (kept_unit("MΩ"), kept_unit("Ω"), kept_unit("mΩ")) == ("kohm", "mohm", None)
    assert (kept_unit(" V "), kept_unit("mV"), kept_unit("kV")) == ("mV", "mV", None)
    assert all(kept_unit(how.sign(lang)) == unit for unit, how in GAUGES.items() for lang in ("fr", "en"))
