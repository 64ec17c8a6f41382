"""A US-layout scanner on a French host is undone exactly."""

import random
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from boucle import wedge
from boucle.codes import PRINTED_KINDS, Flag, Kind, Label, Misread, Reason, mint, read_label

BASES = ("https://boucle.example", "http://192.168.1.20:8000", "https://retour.vosges-meca.fr/b")


def test_a_french_host_shows_what_a_french_keyboard_prints() -> None:
    # Typed on the two keyboards side by side.
    assert wedge.scramble("HTTPS://") == "HTTPSM!!"
    assert wedge.scramble("A7F3Z-2026Q") == 'QèF"W)éàé-A'
    assert wedge.scramble("qwerty QWERTY m M ; : ' \"") == "azerty AZERTY , ? m M ù %"
    assert wedge.scramble("1234567890") == "&é\"'(-è_çà"
    assert wedge.scramble("!@#$%^&*()") == "1234567890"


def test_no_two_keys_give_the_same_character() -> None:
    # 94 printable characters and the space, less `~`, whose key gives nothing there.
    assert len(wedge.US_OF_AZERTY) == len(wedge.AZERTY_OF_US) == 94


@given(st.text(alphabet=sorted(wedge.AZERTY_OF_US), max_size=80))
def test_undoing_the_garbling_gives_the_text_back(text: str) -> None:
    garbled = wedge.scramble(text)
    assert garbled is not None
    assert wedge.unscramble(garbled) == text
    assert wedge.unscramble(unicodedata.normalize("NFD", garbled)) == text


def test_a_character_that_no_french_key_gives_was_not_garbled() -> None:
    assert wedge.unscramble("HTTPS://@") is None
    assert wedge.scramble("é") is None


@pytest.mark.parametrize("base", BASES)
@pytest.mark.parametrize("lower", [False, True])
def test_every_garbled_address_is_repaired_to_its_own_code_and_never_read_as_it_is(base: str, lower: bool) -> None:
    source = random.Random(20260)
    for _ in range(1_000):
        code = mint(source.choice(PRINTED_KINDS), source.randbytes)
        printed = code.url(base).lower() if lower else code.url(base)
        garbled = wedge.scramble(printed)
        assert garbled is not None
        label = read_label(garbled)
        assert isinstance(label, Label)
        assert (label.code, label.repaired, label.flags) == (code, True, ())


def test_a_garbled_bar_code_of_the_key_alone_is_repaired_too() -> None:
    source = random.Random(20261)
    for _ in range(2_000):
        code = mint(Kind.CONTAINER, source.randbytes)
        garbled = wedge.scramble(code.text)
        assert garbled is not None
        label = read_label(garbled)
        assert isinstance(label, Label)
        assert (label.code, label.repaired) == (code, True)


def test_a_garbled_address_with_one_wrong_character_is_never_read() -> None:
    source = random.Random(20262)
    for _ in range(1_000):
        code = mint(Kind.CONTAINER, source.randbytes)
        place = source.randrange(14)
        other = source.choice([letter for letter in "0123456789ABCDEFGHJKMNPQRSTVWXYZ" if letter != code.chars[place]])
        damaged = code.chars[:place] + other + code.chars[place + 1 :]
        garbled = wedge.scramble(f"HTTPS://BOUCLE.EXAMPLE/C/{damaged}")
        assert garbled is not None
        assert isinstance(read_label(garbled), Misread)


def test_a_code_read_as_it_was_sent_is_not_called_repaired() -> None:
    label = read_label(mint(Kind.CONTAINER, random.Random(3).randbytes).url(BASES[0]))
    assert isinstance(label, Label)
    assert not label.repaired


def test_a_garbled_gs1_bar_code_is_repaired() -> None:
    for sent in (
        "]C18003034531200000111234",
        "800303453120000011ABC",
        "(01)09506000134352(21)A7",
        "\x1d0109506000134352211",
    ):
        garbled = "".join(wedge.scramble(part) or "" for part in sent.split("\x1d"))
        label = read_label(garbled)
        assert isinstance(label, Label), sent
        assert label.key == read_key(sent.removeprefix("\x1d"))
        assert label.repaired


def read_key(sent: str) -> str:
    plain = read_label(sent)
    assert isinstance(plain, Label)
    return plain.key


def test_a_garbled_article_number_is_a_type_only() -> None:
    garbled = wedge.scramble("9506000134352")
    assert garbled is not None
    found = read_label(garbled)
    assert isinstance(found, Misread)
    assert found.reason is Reason.TYPE_ONLY


def test_a_scanners_end_key_does_not_stop_the_repair() -> None:
    code = mint(Kind.BADGE, random.Random(4).randbytes)
    label = read_label((wedge.scramble(code.url(BASES[0])) or "") + "\r")
    assert isinstance(label, Label)
    assert (label.code, label.repaired, label.flags) == (code, True, (Flag.CONTROLS_DROPPED,))
