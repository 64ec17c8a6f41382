"""How a partner agreed: only what was drawn is signed, and what was erased is told apart from what nobody said."""

from typing import Any

import pytest

from boucle.agreeing import Agreed, agreed_by, agreed_words
from tests.builders import Device

DRAWN = [[0, 0, 500, 500]]


@pytest.mark.parametrize(
    ("personal", "agreed"),
    [
        ({"signer": "Mme Weiß", "signature": DRAWN}, Agreed.DRAWN),
        ({"signature": DRAWN}, Agreed.DRAWN),
        ({"signer": "Mme Weiß"}, Agreed.NAMED),
        ({"signer": "Mme Weiß", "signature": []}, Agreed.NAMED),
        ({"signer": "", "signature": []}, Agreed.ALONE),
        ({}, Agreed.ALONE),
        (None, Agreed.ERASED),
    ],
)
def test_who_drew_signed_who_is_named_did_not_and_what_is_not_here_was_erased(
    personal: dict[str, Any] | None, agreed: Agreed
) -> None:
    event = Device().event("stop.validated", task="T-1#a", place="mulhouse", priv="a" * 64, body={"ending": "done"})
    assert agreed_by(event, personal) is agreed


def test_a_validation_with_nothing_personal_was_made_by_whoever_was_there_alone() -> None:
    event = Device().event("stop.validated", task="T-1#a", place="mulhouse", body={"ending": "done"})
    assert {agreed_by(event, personal) for personal in (None, {}, {"signer": "Mme Weiß"})} == {Agreed.ALONE}


def test_each_way_of_agreeing_has_words_of_its_own_and_only_a_drawing_is_called_signed() -> None:
    asked = [(of, name) for of in Agreed for name in ("", "Mme Weiß")]
    said = {of: agreed_words(of, signer=name, on_phone=True, lang="fr") for of, name in asked}
    assert len(set(said.values())) == len(Agreed)
    assert [of for of, words in said.items() if words.startswith("Signé")] == [Agreed.DRAWN]
