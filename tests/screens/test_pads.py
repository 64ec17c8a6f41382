"""The pads: a name is written with its accents and short enough for the bar; a number keeps its decimal mark."""

from functools import partial

import pytest

from boucle_field.screens.checklist_form import MeasurePad
from boucle_field.screens.pads import MassPad, NamePad
from boucle_field.screens.theme import LIGHT
from boucle_field.screens.top_bar import short_name


@pytest.mark.parametrize(
    ("typed", "name"),
    [
        (["K", "A", "R", "I", "M"], "Karim"),
        ([*"GOE", "É…", *"L"], "Goél"),
        ([*"MULLER", *"␣", *"BA", "É…", "É…"], "Muller Bâ"),
        ([*"CE", *["É…"] * 5, *"DRIC"], "Cedric"),
        (["É…", *"B", "É…"], "B"),
        (["É…", *"ELISE"], "Élise"),
        ([*"MARC", "␣", "É…", *"EDIN"], "Marc Édin"),
        (["É…", "É…", *"ELISE"], "Elise"),
        ([*"R", "É…", "←", *"E"], "Re"),
        (["Ç", "ä", *"-l'O"], "Çä-L’O"),
    ],
)
def test_a_name_is_typed_with_its_accents(typed: list[str], name: str) -> None:
    said: list[str] = []
    pad = NamePad(LIGHT, "fr", said.append)
    for key in typed:
        (pad.erased if key == "←" else partial(pad.typed, key))()
    pad.entered()
    assert said == [name]


def test_an_accent_that_waits_for_its_letter_is_seen() -> None:
    pad = NamePad(LIGHT, "fr", print)
    pad.typed("É…")
    assert pad.line.text == "\N{ACUTE ACCENT}"
    pad.typed("E")
    assert pad.line.text == "É"


@pytest.mark.parametrize(
    ("lang", "first"), [("fr", "AZERTYUIOPQSDFGHJKLMWXCVBN"), ("en", "QWERTYUIOPASDFGHJKL-ZXCVBNM")]
)
def test_the_letters_stand_as_on_the_keyboards_of_the_language(lang: str, first: str) -> None:
    keys = [key.text for key in reversed(NamePad(LIGHT, lang, print).keys.children)]
    assert "".join(keys).startswith(first)
    assert len(set(keys)) == len(keys)
    assert {*"ABCDEFGHIJKLMNOPQRSTUVWXYZ", "␣", "É…"} < set(keys)


@pytest.mark.parametrize(
    ("name", "short"),
    [
        ("Jean-Baptiste Kieffer-Schlumberger", "Jean-Baptiste K-S."),
        ("Karim", "Karim"),
        ("Nadia Roth", "Nadia R."),
        ("Anne de la Tour", "Anne d. l."),
        ("", ""),
    ],
)
def test_a_long_name_is_shortened_to_its_initials(name: str, short: str) -> None:
    assert short_name(name) == short


@pytest.mark.parametrize(("lang", "mark"), [("fr", ","), ("en", ".")])
@pytest.mark.parametrize("typed", ["12.5", "12,5"])
def test_a_gauge_may_type_a_point_or_a_comma_and_no_pad_loses_it(lang: str, mark: str, typed: str) -> None:
    for measured in (
        MeasurePad(LIGHT, lang, print, asked=""),
        MeasurePad(LIGHT, lang, print, asked="", has_minus=False),
        MassPad(LIGHT, lang, print),
    ):
        measured.typed(typed)
        assert measured.text == f"12{mark}5"
        assert mark in [key.text for key in measured.keys.children]


def test_an_amount_has_no_minus_and_a_measure_has() -> None:
    amount, measure = (MeasurePad(LIGHT, "fr", print, asked="", has_minus=minus) for minus in (False, True))
    for pad in (amount, measure):
        pad.typed("-5")
    assert (amount.text, measure.text) == ("5", "-5")
