"""GS1 keys in their three writings, held to published examples."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from boucle.gs1 import (
    FNC1,
    Fault,
    Gs1Key,
    Scheme,
    check_digit,
    has_check_digit,
    read_address,
    read_elements,
    read_trade_number,
)
from boucle.gs1_urn import read_urn, urn

# (element string, canonical address, EPC URN, company prefix length): the examples of the EPC Tag Data
# Standard, section 6.3, whose fictitious company prefixes are 0614141 and 4012345.
EXAMPLES = [
    (Scheme.SGTIN, "(01)80614141123458(21)6789", "/01/80614141123458/21/6789", "id:sgtin:0614141.812345.6789"),
    (Scheme.SGTIN, "(01)70614141123451(21)32a/b", "/01/70614141123451/21/32a%2Fb", "id:sgtin:0614141.712345.32a%2Fb"),
    (Scheme.SSCC, "(00)106141412345678908", "/00/106141412345678908", "id:sscc:0614141.1234567890"),
    (Scheme.SGLN, "(414)0614141123452(254)400", "/414/0614141123452/254/400", "id:sgln:0614141.12345.400"),
    (Scheme.SGLN, "(414)0614141123452", "/414/0614141123452", "id:sgln:0614141.12345.0"),
    (Scheme.SGLN, "(414)0614141123452(254)32a/b", "/414/0614141123452/254/32a%2Fb", "id:sgln:0614141.12345.32a%2Fb"),
    (Scheme.GRAI, "(8003)00614141123452400", "/8003/00614141123452400", "id:grai:0614141.12345.400"),
    (Scheme.GRAI, "(8003)0061414112345232a/b", "/8003/0061414112345232a%2Fb", "id:grai:0614141.12345.32a%2Fb"),
    (Scheme.GIAI, "(8004)061414112345400", "/8004/061414112345400", "id:giai:0614141.12345400"),
    (Scheme.GIAI, "(8004)061414132a/b", "/8004/061414132a%2Fb", "id:giai:0614141.32a%2Fb"),
    (Scheme.GDTI, "(253)0614141123452400", "/253/0614141123452400", "id:gdti:0614141.12345.400"),
    (Scheme.PGLN, "(417)0614141123452", "/417/0614141123452", "id:pgln:0614141.12345"),
    (
        Scheme.CPI,
        "(8010)0614141123456(8011)123456789",
        "/8010/0614141123456/8011/123456789",
        "id:cpi:0614141.123456.123456789",
    ),
    (
        Scheme.CPI,
        "(8010)06141415PQ7/Z43(8011)12345",
        "/8010/06141415PQ7%2FZ43/8011/12345",
        "id:cpi:0614141.5PQ7%2FZ43.12345",
    ),
    (Scheme.LGTIN, "(01)04012345123456(10)998877", "/01/04012345123456/10/998877", "class:lgtin:4012345.012345.998877"),
    (Scheme.PGLN, "(417)4012345000009", "/417/4012345000009", "id:pgln:4012345.00000"),
    (Scheme.GTIN, "(01)80614141123458", "/01/80614141123458", "idpat:sgtin:0614141.812345.*"),
    (Scheme.GRAI, "(8003)00614141123452", "/8003/00614141123452", "idpat:grai:0614141.12345.*"),
]


@pytest.mark.parametrize(("scheme", "bracketed", "path", "name"), EXAMPLES)
def test_the_published_examples_agree_in_every_writing(scheme: Scheme, bracketed: str, path: str, name: str) -> None:
    key = read_elements(bracketed)
    assert isinstance(key, Gs1Key)
    assert key.scheme is scheme
    assert key.uri == "https://id.gs1.org" + path
    assert urn(key, 7) == "urn:epc:" + name
    assert read_urn("urn:epc:" + name) == (key, 7)
    assert read_address(key.uri) == key
    assert read_elements(key.raw) == key
    assert read_elements(FNC1 + key.raw) == key
    assert key.bracketed == bracketed


def digits(count: int) -> st.SearchStrategy[str]:
    return st.text(alphabet="0123456789", min_size=count, max_size=count)


CSET82 = "!\"%&'()*+,-./0123456789:;<=>?ABCDEFGHIJKLMNOPQRSTUVWXYZ_abcdefghijklmnopqrstuvwxyz"
CSET39 = "#-/0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"


def text_82(longest: int) -> st.SearchStrategy[str]:
    return st.text(alphabet=CSET82, min_size=1, max_size=longest)


def guarded(start: str, count: int) -> st.SearchStrategy[str]:
    return digits(count).map(lambda number: start + number + check_digit(start + number))


def key_of(
    scheme: Scheme, key: st.SearchStrategy[str], extension: st.SearchStrategy[str | None] | None = None
) -> st.SearchStrategy[Gs1Key]:
    return st.builds(
        lambda number, more: Gs1Key(scheme=scheme, key=number, extension=more),
        key,
        st.none() if extension is None else extension,
    )


any_key = st.one_of(
    key_of(Scheme.GTIN, guarded("", 13)),
    key_of(Scheme.SGTIN, guarded("", 13), text_82(20)),
    key_of(Scheme.LGTIN, guarded("", 13), text_82(20)),
    key_of(Scheme.GRAI, guarded("0", 12), st.none() | text_82(16)),
    key_of(Scheme.GIAI, st.tuples(digits(4), text_82(26)).map("".join)),
    key_of(Scheme.SSCC, guarded("", 17)),
    key_of(Scheme.SGLN, guarded("", 12), st.none() | text_82(20).filter(lambda text: text != "0")),
    key_of(Scheme.PGLN, guarded("", 12)),
    key_of(Scheme.GDTI, guarded("", 12), st.none() | text_82(17)),
    key_of(
        Scheme.CPI,
        st.tuples(digits(4), st.text(alphabet=CSET39, min_size=1, max_size=26)).map("".join),
        st.none() | st.integers(0, 10**12 - 1).map(str),
    ),
)


@given(any_key)
def test_every_key_survives_its_address_and_its_element_string(key: Gs1Key) -> None:
    assert read_address(key.uri) == key
    assert read_elements(key.raw) == key
    assert key.uri.isascii()
    assert " " not in key.uri
    assert len(key.uri.split("/")) in (5, 7)


@given(any_key, st.integers(4, 12))
def test_every_key_survives_its_urn_whatever_the_company_prefix(key: Gs1Key, length: int) -> None:
    too_short = key.scheme in (Scheme.GIAI, Scheme.CPI) and not (len(key.key) > length and key.key[:length].isdigit())
    if too_short:
        return
    assert read_urn(urn(key, length)) == (key, length)


@given(any_key.filter(lambda key: "(" not in (key.extension or key.key)))
def test_every_key_survives_its_bracketed_form(key: Gs1Key) -> None:
    assert read_elements(key.bracketed) == key


@pytest.mark.parametrize(
    ("number", "digit"),
    [
        ("950600013435", "2"),
        ("629104150021", "3"),
        ("10614141234567890", "8"),
        ("00123456000000001", "8"),
        ("301762042200", "3"),
        ("9638507", "4"),
    ],
)
def test_check_digits_follow_published_numbers(number: str, digit: str) -> None:
    assert check_digit(number) == digit
    assert has_check_digit(number + digit)


@given(digits(13), st.integers(0, 13), st.integers(1, 9))
def test_a_wrong_digit_is_always_noticed(number: str, place: int, change: int) -> None:
    whole = number + check_digit(number)
    wrong = whole[:place] + str((int(whole[place]) + change) % 10) + whole[place + 1 :]
    assert read_trade_number(wrong) is Fault.CHECK_DIGIT


def test_a_swap_of_neighbours_that_differ_by_five_is_not_noticed() -> None:
    # A weakness of the standard's check digit, written down so that nobody trusts it for more.
    number = "1600000000000"
    assert check_digit(number) == check_digit("6100000000000")


@pytest.mark.parametrize("text", ["9638507 4", "96385074", "036000291452", "9506000134352", "09506000134352"])
def test_trade_numbers_of_every_length_are_padded_to_fourteen(text: str) -> None:
    found = read_trade_number(text)
    if " " in text:
        assert found is Fault.NOT_GS1
    else:
        assert found == Gs1Key(scheme=Scheme.GTIN, key=text.zfill(14))


def test_dates_and_weights_around_a_key_are_passed_over() -> None:
    expected = Gs1Key(scheme=Scheme.SGTIN, key="09506000134352", extension="S7")
    assert read_elements("(01)09506000134352(3103)000189(17)271231(10)L7(21)S7") == expected
    assert read_elements(f"0109506000134352310300018917271231{'10L7'}{FNC1}21S7") == expected
    assert read_elements(f"0109506000134352{'21S7'}{FNC1}392599{FNC1}10L7") == expected


def test_a_serial_with_brackets_is_read_as_long_as_no_identifier_stands_in_them() -> None:
    assert read_elements("(01)09506000134352(21)A(b)7") == Gs1Key(
        scheme=Scheme.SGTIN, key="09506000134352", extension="A(b)7"
    )


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("", Fault.NOT_GS1),
        ("(", Fault.MALFORMED),
        ("(01)", Fault.MALFORMED),
        ("(01)0950600013435", Fault.MALFORMED),
        ("(01)09506000134353", Fault.CHECK_DIGIT),
        ("(01)09506000134352(21)", Fault.MALFORMED),
        ("(01)09506000134352(21)é", Fault.MALFORMED),
        ("(01)09506000134352(21)" + "x" * 21, Fault.MALFORMED),
        ("(01)09506000134352(01)09506000134352", Fault.MALFORMED),
        ("(10)L7", Fault.NO_KEY),
        ("(8003)13453120000011ABC", Fault.MALFORMED),
        ("(8003)03453120000011" + "x" * 17, Fault.MALFORMED),
        ("(8004)ABCDE", Fault.MALFORMED),
        ("(8010)0614141ab(8011)1", Fault.MALFORMED),
        ("(8010)0614141AB(8011)01", Fault.MALFORMED),
        ("010950600013435", Fault.MALFORMED),
        (f"21S7{FNC1}{FNC1}0109506000134352", Fault.MALFORMED),
        ("x(01)09506000134352", Fault.MALFORMED),
    ],
)
def test_a_broken_element_string_says_what_is_wrong(text: str, fault: Fault) -> None:
    assert read_elements(text) is fault


@pytest.mark.parametrize(
    "address",
    [
        "https://id.gs1.org/",
        "https://id.gs1.org/01",
        "https://id.gs1.org/01/12",
        "https://id.gs1.org/01/09506000134352/21",
        "https://id.gs1.org/01/09506000134352/99/x",
        "https://id.gs1.org/01/09506000134352/21/%zz",
        "https://id.gs1.org/01/09506000134352/21/%C3%A9",
        "https://id.gs1.org/21/ABC",
        "https://journal.example/2026/01/12/nouvelle",
        "id.gs1.org/01/09506000134352",
        "https://x.example/8004/rapport",
    ],
)
def test_an_ordinary_address_is_no_digital_link(address: str) -> None:
    assert read_address(address) is Fault.NOT_GS1


def test_a_digital_link_with_a_wrong_check_digit_says_so() -> None:
    assert read_address("https://x.example/a/01/09506000134353/21/7") is Fault.CHECK_DIGIT


@pytest.mark.parametrize(
    "text",
    [
        "",
        "urn:epc:id:sgtin:0614141.812345",
        "urn:epc:id:sgtin:0614141.81234.6789",
        "urn:epc:id:sgtin:0614141.812345.",
        "urn:epc:id:sgtin:061.8123451234.6789",
        "urn:epc:id:gtin:0614141.812345.6789",
        "urn:epc:id:nope:0614141.812345.6789",
        "urn:epc:id:sscc:0614141.123456789",
        "urn:epc:id:sgtin:0614141.81a345.6789",
        "urn:epc:id:sgtin:0614141.812345.%C3%A9",
        "urn:epc:id:grai:0614141.12345",
        "urn:epc:id:sgtin:0614141.712345.32a/b",
        "urn:epc:class:sgtin:0614141.812345.6789",
        "https://id.gs1.org/01/80614141123458",
    ],
)
def test_a_urn_that_is_not_written_right_is_refused(text: str) -> None:
    assert isinstance(read_urn(text), Fault)


@given(st.text(alphabet=[*"urn:epc:id:sgtin.*%0614141", "é", "\x00"], max_size=40))
def test_reading_a_urn_never_raises(tail: str) -> None:
    read_urn("urn:epc:id:sgtin:0614141." + tail)
    read_urn(tail)


@pytest.mark.parametrize(("key", "length"), [("8004", 3), ("8004", 13)])
def test_an_impossible_company_prefix_is_refused(key: str, length: int) -> None:
    with pytest.raises(ValueError, match="company prefix"):
        urn(Gs1Key(scheme=Scheme.GIAI, key=key + "061414112345"), length)


def test_the_longest_company_prefix_leaves_an_empty_reference() -> None:
    place = Gs1Key(scheme=Scheme.SGLN, key="0614141123452", extension="400")
    assert urn(place, 12) == "urn:epc:id:sgln:061414112345..400"
    with pytest.raises(ValueError, match="holds no company prefix"):
        urn(Gs1Key(scheme=Scheme.GIAI, key="061414112345"), 12)


def test_a_company_prefix_longer_than_its_digits_is_refused() -> None:
    with pytest.raises(ValueError, match="holds no company prefix"):
        urn(Gs1Key(scheme=Scheme.GIAI, key="0614ABC"), 7)


def test_a_key_that_breaks_its_rules_cannot_be_made() -> None:
    with pytest.raises(ValueError, match="check_digit"):
        Gs1Key(scheme=Scheme.GRAI, key="03453120000012", extension="ABC")
    with pytest.raises(ValueError, match="malformed"):
        Gs1Key(scheme=Scheme.SSCC, key="106141412345678908", extension="1")
