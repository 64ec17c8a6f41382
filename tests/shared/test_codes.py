"""Printed codes: made, written, read, never guessed."""

import itertools
import random

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from boucle import codes
from boucle.codes import (
    CHECK_MODULUS,
    PRINTED_KINDS,
    Code,
    Flag,
    Kind,
    Label,
    Misread,
    Reason,
    check_characters,
    mint,
    read_label,
)
from boucle.gs1 import has_check_digit
from boucle.ids import CROCKFORD

BASE = "https://boucle.example"


def code_of(seed: int, kind: Kind = Kind.CONTAINER) -> Code:
    return mint(kind, random.Random(seed).randbytes)


def read(text: str) -> Label:
    label = read_label(text)
    assert isinstance(label, Label), (text, label)
    return label


def refused(text: str) -> Reason:
    found = read_label(text)
    assert isinstance(found, Misread), (text, found)
    return found.reason


many_codes = st.builds(code_of, st.integers(0, 1 << 32), st.sampled_from(PRINTED_KINDS))


# ---------------------------------------------------------------- the check


def test_the_check_is_what_the_definition_says_by_hand() -> None:
    # C is 67 in ASCII. 32**12 = 1024**6 and 1024 = 3 (mod 1021), so 67 * 3**6 = 48843 = 856 (mod 1021): 26, 24.
    assert check_characters(Kind.CONTAINER, "000000000000") == CROCKFORD[26] + CROCKFORD[24] == "TR"
    # One more in the last place is one more in the check.
    assert check_characters(Kind.CONTAINER, "000000000001") == CROCKFORD[26] + CROCKFORD[25]


@given(many_codes)
def test_a_check_is_under_its_modulus_and_fits_in_two_characters(code: Code) -> None:
    high, low = (CROCKFORD.index(character) for character in code.chars[12:])
    assert high * 32 + low < CHECK_MODULUS < 32 * 32


def passes(kind: Kind, chars: str) -> bool:
    return isinstance(read_label(f"{kind}/{chars}"), Label)


@given(many_codes)
def test_every_single_wrong_character_is_noticed(code: Code) -> None:
    for place, other in itertools.product(range(14), CROCKFORD):
        if other != code.chars[place]:
            assert not passes(code.kind, code.chars[:place] + other + code.chars[place + 1 :])


@given(many_codes)
def test_every_swap_of_two_characters_is_noticed_neighbours_or_not(code: Code) -> None:
    for one, two in itertools.combinations(range(14), 2):
        swapped = list(code.chars)
        swapped[one], swapped[two] = swapped[two], swapped[one]
        if swapped != list(code.chars):
            assert not passes(code.kind, "".join(swapped))


def test_every_swap_of_neighbours_is_noticed_whatever_the_characters() -> None:
    # The check is linear: a swap of a and b in one place changes it by an amount that depends on a - b only.
    for place, (a, b) in itertools.product(range(13), itertools.combinations(CROCKFORD, 2)):
        data = ["7"] * 12
        if place < 11:
            data[place : place + 2] = a, b
            chars = "".join(data) + check_characters(Kind.CONTAINER, "".join(data))
            assert not passes(Kind.CONTAINER, chars[:place] + b + a + chars[place + 2 :])
    for start in itertools.product(CROCKFORD, repeat=2):
        data = [*"5555555555", *start]
        chars = "".join(data) + check_characters(Kind.CONTAINER, "".join(data))
        for place in (11, 12):
            if chars[place] != chars[place + 1]:
                assert not passes(Kind.CONTAINER, chars[:place] + chars[place + 1] + chars[place] + chars[place + 2 :])


@given(many_codes)
def test_the_letter_of_another_kind_is_noticed(code: Code) -> None:
    for other in PRINTED_KINDS:
        assert passes(other, code.chars) == (other is code.kind)


def test_other_damage_passes_once_in_about_a_thousand() -> None:
    source = random.Random(31)
    taken = sum(passes(Kind.CONTAINER, "".join(source.choices(CROCKFORD, k=14))) for _ in range(20_000))
    assert 5 <= taken <= 45


@pytest.mark.parametrize("chars", ["", "0", "00000000000000", "0000000000000U", "000000000000TRA", "000000000000tr"])
def test_a_code_cannot_be_made_without_its_check(chars: str) -> None:
    with pytest.raises(ValueError, match="no code"):
        Code(kind=Kind.CONTAINER, chars=chars)


def test_a_foreign_key_is_no_printed_code() -> None:
    with pytest.raises(ValueError, match="no code"):
        Code(kind=Kind.GS1, chars="000000000000" + check_characters(Kind.GS1, "000000000000"))


# ---------------------------------------------------------------- writing


def test_a_code_is_written_three_ways() -> None:
    container = Code(kind=Kind.CONTAINER, chars="000000000000TR")
    assert container.text == "C/000000000000TR"
    assert container.grouped == "0000-0000-0000-TR"
    assert container.url(BASE) == "HTTPS://BOUCLE.EXAMPLE/C/000000000000TR"
    assert container.url("http://127.0.0.1:8000/") == "HTTP://127.0.0.1:8000/C/000000000000TR"
    place = code_of(1, Kind.PLACE)
    assert place.grouped == "P-" + "-".join([place.chars[:4], place.chars[4:8], place.chars[8:12], place.chars[12:]])


@pytest.mark.parametrize(
    "base",
    [
        "",
        "boucle.example",
        "ftp://boucle.example",
        "https://",
        "https://é.fr",
        "https://x y",
        "https://x/?a=1",
        "https://a_b.fr",
    ],
)
def test_a_base_that_would_not_fit_a_label_is_refused(base: str) -> None:
    with pytest.raises(ValueError, match="base"):
        code_of(1).url(base)


# ---------------------------------------------------------------- reading


@given(many_codes)
@example(Code(kind=Kind.CONTAINER, chars="000000000000TR"))
@pytest.mark.story(7)
def test_every_writing_of_a_code_gives_the_same_key(code: Code) -> None:
    slash = f"{code.kind}/{code.chars}"
    writings = [
        code.text,
        code.grouped,
        code.grouped.lower(),
        code.grouped.replace("-", " "),
        f" {code.grouped} ",
        slash.lower(),
        code.url(BASE),
        code.url(BASE).lower(),
        code.url("http://127.0.0.1:8000"),
        code.url("https://autre-hote.fr/chemin/x"),
        code.url(BASE) + "/",
        code.url(BASE) + "?utm_source=x#y",
        f"HTTPS://X/{code.kind}/{'-'.join([code.chars[:4], code.chars[4:8], code.chars[8:12], code.chars[12:]])}",
        "]Q1" + code.url(BASE),
        "]C0" + code.text,
        "LECTEUR7:" + code.url(BASE),
        code.url(BASE) + "\r\n",
        "\x02" + code.url(BASE) + "\x03",
    ]
    for text in writings:
        label = read(text)
        assert (label.key, label.kind, label.code, label.alias, label.repaired) == (
            code.text,
            code.kind,
            code,
            None,
            False,
        ), text


def test_what_was_set_aside_is_flagged() -> None:
    url = code_of(5).url(BASE)
    assert read(url).flags == ()
    assert read(url + " ").flags == ()
    assert read(url + "\r\n").flags == (Flag.CONTROLS_DROPPED,)
    assert read("]Q1" + url).flags == (Flag.AIM_DROPPED,)
    assert read("]Q1A-" + url + "\t").flags == (Flag.CONTROLS_DROPPED, Flag.AIM_DROPPED, Flag.PREFIX_DROPPED)
    assert read(code_of(5).grouped).flags == (Flag.TYPED,)


def test_letters_that_look_like_digits_are_taken_for_them() -> None:
    code = Code(kind=Kind.CONTAINER, chars="101101011010" + check_characters(Kind.CONTAINER, "101101011010"))
    typed = "IOLl-oi0i-1o1O-" + code.chars[12:]
    assert read(typed).key == code.text


def test_a_bare_code_is_a_containers_and_nothing_else() -> None:
    # Were a bare code tried as every kind, one wrong character could turn a crate into a place.
    for seed in range(300):
        place = code_of(seed, Kind.PLACE)
        assert refused(place.chars) in (Reason.MISREAD, Reason.TYPE_ONLY)
        assert read(f"P {place.chars}").key == place.text
        assert read(f"p{place.chars.lower()}").key == place.text


def test_fourteen_bare_digits_are_never_ours() -> None:
    numbers = (f"{n:012d}" for n in range(10_000))
    checked = [data + check_characters(Kind.CONTAINER, data) for data in numbers]
    bare = [chars for chars in checked if chars.isdigit() and not has_check_digit(chars)]
    assert len(bare) > 100
    assert {refused(chars) for chars in bare} == {Reason.FOREIGN}
    chars = bare[0]
    assert read("-".join([chars[:4], chars[4:8], chars[8:12], chars[12:]])).code == Code(
        kind=Kind.CONTAINER, chars=chars
    )
    assert read(f"HTTPS://X/C/{chars}").kind is Kind.CONTAINER


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", Reason.EMPTY),
        ("   \r\n", Reason.EMPTY),
        ("\x1d", Reason.EMPTY),
        ("x" * 513, Reason.HOSTILE),
        ("HTTPS://X/C/0000\x00000000000TR", Reason.HOSTILE),
        ("C/000000000000TR\u200b", Reason.HOSTILE),
        ("C/00000\u202e0000000TR", Reason.HOSTILE),
        ("C/000000000000T\ud800", Reason.HOSTILE),
        ("a\nb", Reason.HOSTILE),
        ("HTTPS://BOUCLE.EXAMPLE/C/000000000000TS", Reason.MISREAD),
        ("HTTPS://BOUCLE.EXAMPLE/C/00000000000TR", Reason.MISREAD),
        ("HTTPS://BOUCLE.EXAMPLE/C/U00000000000TR", Reason.MISREAD),
        ("HTTPS://BOUCLE.EXAMPLE/P/000000000000TR", Reason.MISREAD),
        ("HTTPS://BOUCLE.EXAMPLE/C/00000-0000000-TR", Reason.MISREAD),
        ("0000-0000-0000-TS", Reason.MISREAD),
        ("https://boucle.example/C/", Reason.FOREIGN),
        ("https://boucle.example/C", Reason.FOREIGN),
        ("https://boucle.example/G/000000000000TR", Reason.FOREIGN),
        ("https://www.example.com/p/CxYz12345Ab/", Reason.FOREIGN),
        ("https://evil.example/?u=https://boucle.example/C/000000000000TR", Reason.FOREIGN),
        ("ftp://boucle.example/C/000000000000TR", Reason.FOREIGN),
        ("WIFI:T:WPA;S:atelier;P:secret;;", Reason.FOREIGN),
        ("BEGIN:VCARD", Reason.FOREIGN),
        ("bonjour", Reason.FOREIGN),
        ("../../../etc/passwd", Reason.FOREIGN),
        ("'; DROP TABLE items; --", Reason.FOREIGN),
        ("{0.__class__}%s", Reason.FOREIGN),
        ("\uff23/000000000000TR", Reason.FOREIGN),
        ("C/\u0660\u0660\u0660\u0660\u0660\u0660\u0660\u0660\u0660\u0660\u0660\u0660TR", Reason.FOREIGN),
        ("https://\u017f/c/000000000000tr\u212a", Reason.FOREIGN),
        ("3760123456789", Reason.FOREIGN),
        ("3017620422003", Reason.TYPE_ONLY),
    ],
)
def test_what_is_no_label_says_why(text: str, reason: Reason) -> None:
    assert refused(text) is reason


def test_mixed_case_in_an_address_is_not_ours() -> None:
    code = code_of(8)
    mixed = code.chars[:13].lower() + code.chars[13:]
    assert mixed not in (code.chars, code.chars.lower())
    assert refused(f"https://photos.example/p/{mixed}") is Reason.FOREIGN


def test_a_misread_keeps_the_text_as_it_came_but_never_an_endless_one() -> None:
    found = read_label("  bonjour\r\n")
    assert isinstance(found, Misread)
    assert found.text == "  bonjour\r\n"
    long = read_label("A" * 4_000)
    assert isinstance(long, Misread)
    assert len(long.text) == 512


@given(st.text(max_size=600))
@example("]C1")
@example("]Q3\x1d")
@example("(")
@example("()")
@example("https://%/8003/%zz")
def test_reading_never_raises_and_never_invents(text: str) -> None:
    found = read_label(text)
    if isinstance(found, Label) and found.code is not None:
        assert found.key == found.code.text
        again = read_label(found.key)
        assert isinstance(again, Label)
        assert again.key == found.key


@given(st.text(alphabet=[*CROCKFORD, *"CPRTXBE/-: .]\x1d()", *"%01"], max_size=40))
def test_near_labels_never_raise_either(text: str) -> None:
    read_label(text)


# ---------------------------------------------------------------- GS1 things


def test_a_gs1_thing_is_a_label_and_its_type_is_not() -> None:
    assert read("(8003)03453120000011ABC").key == "https://id.gs1.org/8003/03453120000011ABC"
    assert read("(8003)03453120000011ABC").kind is Kind.GS1
    for text in ("(01)09506000134352", "https://id.gs1.org/01/09506000134352/10/LOT7", "(8003)03453120000011"):
        found = read_label(text)
        assert isinstance(found, Misread)
        assert found.reason is Reason.TYPE_ONLY
        assert found.type_key is not None


def test_one_thing_has_one_key_however_it_was_scanned() -> None:
    writings = [
        "(01)09506000134352(10)L1(21)A/7",
        "(01)09506000134352(21)A/7",
        "]C1010950600013435210L1\x1d21A/7",
        "]d2010950600013435221A/7\x1d10L1",
        "]Q30109506000134352\x1d21A/7",
        "\x1d010950600013435221A/7",
        "010950600013435221A/7",
        "https://id.gs1.org/01/09506000134352/21/A%2F7",
        "https://marque.example/fr/produits/01/09506000134352/10/L1/21/A%2f7?17=271231",
        "http://marque.example/gtin/9506000134352/ser/A%2F7#x",
        "]Q1HTTPS://MARQUE.EXAMPLE/01/09506000134352/21/A%2F7",
    ]
    assert {read(text).key for text in writings} == {"https://id.gs1.org/01/09506000134352/21/A%2F7"}


@pytest.mark.parametrize(
    "text",
    [
        "(8003)03453120000012ABC",
        "]C1800303453120000012ABC",
        "https://id.gs1.org/8003/03453120000012ABC",
        "(00)106141412345678909",
    ],
)
def test_a_gs1_number_that_fails_its_check_digit_is_a_misread(text: str) -> None:
    assert refused(text) is Reason.MISREAD


@pytest.mark.parametrize("text", ["8004061414112345400", "80100614141123ABC", "https://journal.example/2026/01/12/x"])
def test_without_a_sign_of_gs1_an_unguarded_number_is_foreign(text: str) -> None:
    assert refused(text) is Reason.FOREIGN


def test_an_unguarded_number_is_believed_from_a_gs1_symbol() -> None:
    assert read("]C18004061414112345400").key == "https://id.gs1.org/8004/061414112345400"


def test_the_modulus_is_the_largest_prime_that_two_characters_hold() -> None:
    primes = [n for n in range(2, 1024) if all(n % d for d in range(2, int(n**0.5) + 1))]
    assert primes[-1] == codes.CHECK_MODULUS
