"""The looks: every text can be read in the sun, and no two outcomes look or read alike."""

import pytest

from boucle.lines import COUNTED
from boucle.telling import Outcome
from boucle_field.screens.theme import (
    BADGE_SIGNS,
    FRAMED,
    LEAST_CONTRAST,
    OUTCOMES,
    SHAPES,
    SIGNS,
    THEMES,
    TRAINING,
    Pair,
    Theme,
    contrast,
)


def pairs(theme: Theme) -> list[Pair]:
    return [theme.page, theme.soft, theme.tile, theme.bar, theme.main]


def test_the_contrast_is_that_of_the_norm() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#ffffff", "#000000") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)


@pytest.mark.parametrize("theme", THEMES.values(), ids=THEMES)
def test_every_text_stands_out_from_its_ground(theme: Theme) -> None:
    short = [pair for pair in [*pairs(theme), *OUTCOMES.values(), TRAINING] if pair.contrast < LEAST_CONTRAST]
    assert short == []


@pytest.mark.parametrize("theme", THEMES.values(), ids=THEMES)
def test_what_matters_less_can_be_read_on_tiles_too(theme: Theme) -> None:
    assert contrast(theme.soft.ink, theme.tile.ground) >= LEAST_CONTRAST


def test_every_outcome_has_a_colour_and_a_sign_of_its_own() -> None:
    assert set(OUTCOMES) == set(SIGNS) == set(Outcome)
    assert len({pair.ground for pair in OUTCOMES.values()}) == len(Outcome)
    assert len(set(SIGNS.values())) == len(Outcome)


def test_what_is_kept_looks_unlike_what_is_refused_where_no_colour_is_seen() -> None:
    assert set(SHAPES) == set(Outcome)
    assert len(set(SHAPES.values())) == len(set(BADGE_SIGNS.values())) == len(Outcome)
    assert set(FRAMED).isdisjoint(COUNTED)
    assert set(FRAMED) | set(COUNTED) == set(Outcome)
