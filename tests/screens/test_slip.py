"""The slip of a stop, sent as a text from the phone: what was signed, by the device's own way or copied."""

import pytest
from kivy.core.clipboard import Clipboard

from boucle.rounds import Ending
from boucle_field import driving
from boucle_field.driving import Signed
from boucle_field.screens import round_screens
from boucle_field.screens.hardware import Android, Desktop
from boucle_field.slip_text import slip_text
from tests.builders import code
from tests.screens.hand import Hand
from tests.screens.scenes import LABEL
from tests.screens.stock import plan_today
from tests.screens.test_reception_screens import drive_home


@pytest.fixture
def signed(hand: Hand) -> Hand:
    """Give the app at a stop where two crates were taken, signed for."""
    plan_today(hand.face.at)
    drive_home(hand, range(1, 3))
    of, stop = driving.stop_of(hand.face.at, "T-1#a") or pytest.fail("no stop")
    driving.validate(hand.face.at, of, stop, ending=Ending.DONE, signed=Signed("Mme Weiß", [[100, 800, 300, 200]]))
    hand.face.open_stop(of, stop)
    return hand


def test_an_unknown_label_is_called_one_in_the_slip(hand: Hand) -> None:
    plan_today(hand.face.at)
    drive_home(hand, range(1, 3))
    of, stop = driving.stop_of(hand.face.at, "T-1#a") or pytest.fail("no stop")
    hand.face.begin("collect", stop.place, of.task(stop))
    hand.scan(LABEL + code(99))
    driving.validate(hand.face.at, of, stop, ending=Ending.DONE)
    validated = driving.standing(hand.face.at, of, stop).validated or pytest.fail("not validated")
    told = {lang: slip_text(hand.face.at, of, stop, validated, version=1, when="", lang=lang) for lang in ("fr", "en")}
    assert "Repris : 2 × Bac 600×400, 1 étiquette inconnue" in told["fr"]
    assert "1 unknown label" in told["en"]


class Messenger(Desktop):
    """A device that sends texts."""

    def __init__(self) -> None:
        self.sent: list[str] = []

    sends_texts = True

    def share(self, text: str) -> bool:
        self.sent.append(text)
        return True


def test_where_nothing_sends_it_the_slip_is_copied_and_the_screen_says_so(signed: Hand) -> None:
    signed.tap("Copier le bon en texte")
    assert signed.sees("Bon copié")
    text = Clipboard.paste()
    assert text.splitlines()[0] == "Bon d’échange d’emballages – n°\xa0T-1/a · version 1"
    assert "Rhin Plasturgie" in text
    assert "Repris : 2 × Bac 600×400" in text.splitlines()  # without the pallets, of which none was there
    assert "Déposé : rien" in text.splitlines()
    assert text.splitlines()[-1] == "Signé par Mme Weiß."


def test_where_the_device_sends_texts_it_gets_the_slip(signed: Hand, monkeypatch: pytest.MonkeyPatch) -> None:
    device = Messenger()
    monkeypatch.setattr(round_screens, "hardware", lambda: device)
    signed.face.again()
    signed.tap("Envoyer le bon en texte")
    assert [text.splitlines()[-1] for text in device.sent] == ["Signé par Mme Weiß."]
    assert not signed.sees("Bon copié")


def test_a_stop_that_nobody_validated_has_no_slip(hand: Hand) -> None:
    plan_today(hand.face.at)
    hand.face.start()
    hand.tap("Rhin Plasturgie")
    assert not hand.sees("le bon en texte")


def test_a_platform_that_fails_sends_nothing() -> None:
    assert not Android().share("Bon")


@pytest.mark.parametrize(
    ("agreed", "says"),
    [
        (Signed("Zoe", [[100, 800, 300, 200]]), "Signé par Zoe."),
        (Signed("Zoe", []), "Accepté par Zoe, sans signature dessinée"),
        (Signed("", []), "Validé par le chauffeur seul, sans signature"),
    ],
)
def test_only_what_was_drawn_is_called_signed_in_the_text_too(hand: Hand, agreed: Signed, says: str) -> None:
    plan_today(hand.face.at)
    of = driving.rounds_of_today(hand.face.at)[0]
    stop = of.stops[0]
    driving.validate(hand.face.at, of, stop, ending=Ending.DONE, signed=agreed)
    validated = driving.standing(hand.face.at, of, stop).validated or pytest.fail("not validated")
    text = slip_text(hand.face.at, of, stop, validated, version=1, when="", lang="fr")
    assert text.splitlines()[-1].startswith(says)
