"""The pads: a name is written with the accents that it has, and short enough beside the rest of the bar."""

import pytest

from boucle_field.screens.pads import NamePad
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
        (["Ç", "ä", *"-l'O"], "Çä-L’O"),
    ],
)
def test_a_name_is_typed_with_its_accents(typed: list[str], name: str) -> None:
    said: list[str] = []
    pad = NamePad(LIGHT, said.append)
    for key in typed:
        pad.typed(key)
    pad.entered()
    assert said == [name]


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
