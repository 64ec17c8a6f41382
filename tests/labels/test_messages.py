"""The words of the label commands are complete in both languages."""

import re
import string
from pathlib import Path

import pytest

import boucle_labels
from boucle.words import LANGUAGES
from boucle_labels.errors import RefusedError
from boucle_labels.messages import catalogue, counted, language, say


def placeholders(text: str | None) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text or "") if name is not None}


def test_both_languages_have_the_same_keys_and_values() -> None:
    french, english = (catalogue(lang) for lang in LANGUAGES)
    assert list(french) == list(english)
    for key, entry in french.items():
        assert placeholders(entry.text) == placeholders(english[key].text), key
        assert placeholders(entry.other) == placeholders(english[key].other), key


def test_every_key_is_used_and_every_key_used_is_there() -> None:
    folder = Path(boucle_labels.__file__).parent
    code = "".join(path.read_text(encoding="utf-8") for path in folder.glob("*.py"))
    quoted = set(re.findall(r'"([a-z0-9_]+)"', code))
    quoted |= {f"help_{name}" for name in re.findall(r'_help\("([a-z0-9_]+)"', code)}
    assert set(catalogue("fr")) <= quoted
    asked = set(re.findall(r'(?:RefusedError|say|counted)\(\s*"([a-z0-9_]+)"', code))
    assert len(asked) > 20
    assert asked <= set(catalogue("fr"))


def test_counting_follows_each_language() -> None:
    assert [counted("labels", "fr", n=n) for n in (0, 1, 7)] == ["0 étiquette", "1 étiquette", "7 étiquettes"]
    assert [counted("labels", "en", n=n) for n in (0, 1, 7)] == ["0 labels", "1 label", "7 labels"]


def test_a_refusal_says_itself_in_either_language() -> None:
    refusal = RefusedError("codes_empty", path="x.csv")
    assert refusal.said("fr") == "x.csv\u00a0: aucun code. Rien n’a été imprimé."
    assert refusal.said("en") == str(refusal) == "x.csv: no codes. Nothing was printed."


@pytest.mark.parametrize(
    ("environment", "expected"),
    [
        ({}, "fr"),
        ({"LANG": "C.UTF-8"}, "fr"),
        ({"LANG": "en_GB.UTF-8"}, "en"),
        ({"LANG": "en_GB.UTF-8", "LC_ALL": "fr_FR.UTF-8"}, "fr"),
        ({"LANG": "en_GB.UTF-8", "BOUCLE_LANG": "fr"}, "fr"),
        ({"LANG": "de_DE.UTF-8", "BOUCLE_LANG": "xx"}, "fr"),
    ],
)
def test_french_comes_first_unless_english_is_asked_for(
    monkeypatch: pytest.MonkeyPatch, environment: dict[str, str], expected: str
) -> None:
    for name in ("LC_ALL", "LC_MESSAGES", "LANG", "BOUCLE_LANG"):
        monkeypatch.delenv(name, raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    assert language() == expected


def test_an_unknown_text_is_a_bug() -> None:
    with pytest.raises(KeyError):
        say("no_such_text", "fr")
