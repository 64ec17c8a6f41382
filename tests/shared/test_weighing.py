"""Weighing: kilograms as people and scales write them, whole grams inside, doubts before anything is believed."""

import pytest

from boucle.weighing import Doubt, doubt, grams, is_unstable, said_kg


@pytest.mark.parametrize(("text", "mass_g"), [
    ("12,5", 12_500),
    ("12.5", 12_500),
    ("0,007", 7),
    ("12,345 kg", 12_345),
    ("850 g", 850),
    ("1,25 t", 1_250_000),
    ("1 200", 1_200_000),
    ("1\u202f200,5", 1_200_500),
    ("ST,GS,+  12,345 kg", 12_345),
    ("ST,NT,+0000.850kg", 850),
    ("0", 0),
    ("-0,000", 0),
    ("90000", 90_000_000),
])  # fmt: skip
def test_a_mass_is_read_as_whole_grams(text: str, mass_g: int) -> None:
    assert grams(text) == mass_g


@pytest.mark.parametrize(
    "text", ["", "kg", "douze", "12,3456", "1,2,3", "-3", "0,5 g", "1e3", "7K3M-9QX2", "٣", "12 34"]
)
def test_what_is_no_mass_is_not_guessed(text: str) -> None:
    assert grams(text) is None


@pytest.mark.parametrize(("mass_g", "tare_g", "why"), [
    (0, 0, Doubt.ZERO),
    (90_000_000, 0, Doubt.HEAVY),
    (40_000_000, 0, None),
    (12_000, 12_000, Doubt.LIGHTER_THAN_TARE),
    (12_001, 12_000, None),
])  # fmt: skip
def test_zero_ninety_tonnes_and_less_than_the_tare_are_asked_about(mass_g: int, tare_g: int, why: Doubt | None) -> None:
    assert doubt(mass_g, tare_g=tare_g) is why


def test_a_scale_that_still_moves_says_so() -> None:
    assert is_unstable("US,GS,+  12,3 kg")
    assert not is_unstable("ST,GS,+  12,3 kg")


@pytest.mark.parametrize(("mass_g", "french", "english"), [
    (47_500, "47,5\u00a0kg", "47.5\u00a0kg"),
    (7, "0,007\u00a0kg", "0.007\u00a0kg"),
    (1_200_000, "1\u202f200\u00a0kg", "1,200\u00a0kg"),
    (0, "0\u00a0kg", "0\u00a0kg"),
])  # fmt: skip
def test_a_mass_is_said_as_each_language_writes_it(mass_g: int, french: str, english: str) -> None:
    assert (said_kg(mass_g, "fr"), said_kg(mass_g, "en")) == (french, english)


@pytest.mark.parametrize("mass_g", [1, 999, 12_345, 1_000_001, 40_000_000])
@pytest.mark.parametrize("lang", ["fr", "en"])
def test_what_is_said_is_read_back(mass_g: int, lang: str) -> None:
    said = said_kg(mass_g, lang)
    assert grams(said.replace(",", "") if lang == "en" else said) == mass_g
