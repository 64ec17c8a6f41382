"""Words: said in two languages, complete, with equal placeholders."""

import string

import pytest

from boucle.holds import said_after
from boucle.words import LANGUAGES, catalogue, knows, say
from boucle.words.numerals import grouped, signed, times
from boucle.words.po import CatalogueError, Entry, read_catalogue
from boucle.words.sentences import uncapital


def test_french_comes_first() -> None:
    assert LANGUAGES == ("fr", "en")


@pytest.mark.parametrize(("n", "french", "english"), [
    (0, "0 événement", "0 events"),
    (1, "1 événement", "1 event"),
    (7, "7 événements", "7 events"),
])  # fmt: skip
def test_a_text_that_counts_follows_each_language_s_rule(n: int, french: str, english: str) -> None:
    assert say("unit.events", "fr", n=n) == french
    assert say("unit.events", "en", n=n) == english


def test_an_unknown_key_is_a_bug_and_not_an_empty_text() -> None:
    with pytest.raises(KeyError, match=r"no\.such\.key"):
        say("no.such.key", "fr")
    assert not knows("no.such.key")
    assert knows("unit.events")


def test_an_unknown_language_is_a_bug() -> None:
    with pytest.raises(KeyError, match="it"):
        say("unit.events", "it", n=1)


def test_what_strangers_read_is_in_german_whole_and_everything_else_in_english_there() -> None:
    german = [key for key in catalogue("fr") if key.startswith("web.public_")]
    assert [key for key in german if catalogue("de")[key] is catalogue("en")[key]] == []
    assert say("unit.events", "de", n=7) == "7 events"
    for key, entry in catalogue("de").items():
        assert placeholders(entry.text) == placeholders(catalogue("en")[key].text), key


def test_a_missing_value_is_a_bug() -> None:
    with pytest.raises(KeyError, match="n"):
        say("unit.events", "fr")


def test_both_languages_have_the_same_keys_in_the_same_order() -> None:
    french, english = (list(catalogue(lang)) for lang in LANGUAGES)
    assert set(french) == set(english)
    assert french == english


def placeholders(text: str | None) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text or "") if name is not None}


@pytest.mark.parametrize("lang", LANGUAGES)
def test_no_text_is_empty_or_untrimmed(lang: str) -> None:
    bad = [
        entry.key
        for entry in catalogue(lang).values()
        for text in (entry.text, entry.other)
        if text is not None and (not text or text != text.strip())
    ]
    assert bad == []


def test_both_languages_ask_for_the_same_values() -> None:
    unequal = [
        key
        for key, french in catalogue("fr").items()
        for english in [catalogue("en")[key]]
        if placeholders(french.text) != placeholders(english.text)
        or placeholders(french.other) != placeholders(english.other)
        or (french.other is None) != (english.other is None)
    ]
    assert unequal == []


@pytest.mark.parametrize("lang", LANGUAGES)
def test_a_placeholder_is_a_plain_name(lang: str) -> None:
    """No attribute, index, conversion or format: what a value looks like is decided where it is made."""
    odd = [
        entry.key
        for entry in catalogue(lang).values()
        for text in (entry.text, entry.other or "")
        for _, name, form, conversion in string.Formatter().parse(text)
        if name is not None and (not name.isidentifier() or form or conversion)
    ]
    assert odd == []


def test_a_catalogue_is_read_with_its_continued_lines_and_escapes() -> None:
    header = 'msgid ""\nmsgstr ""\n"Language: fr\\n"\n\n'
    text = header + '# why\nmsgid "a.b"\nmsgstr "one \\"two\\" "\n"three\\nfour"\n'
    assert dict(read_catalogue(text)) == {"a.b": Entry(key="a.b", text='one "two" three\nfour')}


@pytest.mark.parametrize(("text", "why"), [
    ('msgid "a"\nmsgstr "x"\nmsgid "a"\nmsgstr "y"\n', "line 3: 'a' stands here a second time"),
    ('msgid "a"\nmsgid "b"\nmsgstr "y"\n', "line 1: msgid make no entry"),
    ('msgid "a"\nmsgstr "x\n', "line 2: neither"),
    ('"x"\n', "line 1: neither"),
    ('msgid "a"\nmsgstr "\\x"\n', r"line 2: the escape \\x"),
    ('msgid "a"\nmsgid_plural "a"\nmsgstr[0] "x"\n', "make no entry"),
    ('msgctxt "a"\nmsgid "a"\nmsgstr "x"\n', "line 1: neither"),
    ('msgstr "x"\n', "line 1: msgstr does not belong here"),
])  # fmt: skip
def test_a_faulty_catalogue_names_its_line(text: str, why: str) -> None:
    with pytest.raises(CatalogueError, match=why):
        read_catalogue(text)


@pytest.mark.parametrize(
    ("n", "french", "english"),
    [
        (999, "999", "999"),
        (1_110, "1\u202f110", "1,110"),
        (-2_345, "−2\u202f345", "−2,345"),
        (1_234_567, "1\u202f234\u202f567", "1,234,567"),
    ],
)
def test_a_count_in_a_sentence_sets_its_thousands_apart(n: int, french: str, english: str) -> None:
    assert [grouped(n, lang) for lang in LANGUAGES] == [french, english]
    assert say("page.late", "fr", n=n).endswith(french)
    assert say("page.late", "en", n=n).endswith(english)


def test_a_number_that_is_a_name_is_given_as_text_and_stays_as_it_is() -> None:
    assert "18080" in say("cli.port_busy", "fr", host="127.0.0.1", port="18080")
    assert (signed(1_500, "fr"), signed(-1_500, "en"), signed(0, "fr")) == ("+1\u202f500", "−1,500", "0")
    assert times(1_500, "Bac", "en") == "1,500 × Bac"


@pytest.mark.parametrize(
    ("text", "inside"), [("Rappel", "rappel"), ("Écart", "écart"), ("PIN faux", "PIN faux"), ("", "")]
)
def test_behind_a_colon_a_text_of_ours_has_no_capital(text: str, inside: str) -> None:
    assert uncapital(text) == inside
    assert say("web.held", "fr", reason=said_after("recall", "fr")) == "bloqué : rappel"
    assert said_after("Attend Marc", "fr") == "Attend Marc", "a text of somebody's own stands as it is"
