"""Every command that the page of operations shows exists, with the options it is shown with."""

import re
import shlex
from contextlib import redirect_stderr, redirect_stdout
from functools import cache
from importlib import import_module
from io import StringIO

import pytest

from boucle_server.settings import Settings
from tests.house.tree import ROOT

PAGES = ("docs/operations.md",)
PROGRAMS = {
    "boucle": "boucle_server.cli",
    "boucle-field": "boucle_field.headless",
    "boucle-labels": "boucle_labels.cli",
}
FENCE = re.compile(r"^```[a-z]*\n(.*?)^```", re.MULTILINE | re.DOTALL)


def shown() -> list[tuple[str, ...]]:
    """Give every command line of the pages that runs one of our programs, without settings before it."""
    lines = [
        line
        for page in PAGES
        for block in FENCE.findall((ROOT / page).read_text(encoding="utf-8"))
        for line in block.splitlines()
    ]
    found = []
    for line in lines:
        words = shlex.split(line, comments=True)
        while words and re.fullmatch(r"[A-Z_]+=.*", words[0]):
            words.pop(0)
        if words and words[0] in PROGRAMS:
            found.append(tuple(words))
    return found


@cache
def help_of(program: str, *words: str) -> tuple[int, str]:
    """Ask one of our programs for help, in this process; give its exit code and all that it says."""
    main = import_module(PROGRAMS[program]).main
    said = StringIO()
    with redirect_stdout(said), redirect_stderr(said):
        try:
            code = main([*words, "--help"])
        except SystemExit as left:
            code = left.code if isinstance(left.code, int) else 1
    return code, said.getvalue()


def path_of(program: str, words: tuple[str, ...]) -> tuple[str, ...]:
    """Give the words that lead to the command: `admin device enrol`, without what is asked of it."""
    path: list[str] = []
    for word in skip_global(words):
        if word.startswith("-") or not re.fullmatch(r"[a-z-]+", word):
            break
        code, _ = help_of(program, *path, word)
        if code:
            break
        path.append(word)
    return tuple(path)


def skip_global(words: tuple[str, ...]) -> tuple[str, ...]:
    """Leave out `--data DIR` where it stands before the command."""
    return words[2:] if words[:1] == ("--data",) else words


def test_the_page_shows_commands_of_all_kinds() -> None:
    assert {words[0] for words in shown()} >= {"boucle", "boucle-field"}
    assert {"serve", "admin", "backup", "restore", "import", "export", "verify", "rebuild", "month", "doctor"} <= {
        words[1] for words in shown() if words[0] == "boucle"
    }


@pytest.mark.parametrize("words", shown(), ids=" ".join)
def test_every_command_of_the_page_knows_the_options_it_is_shown_with(words: tuple[str, ...]) -> None:
    program, *rest = words
    path = path_of(program, tuple(rest))
    assert path, f"{program} has no command {rest[0]}"
    code, told = help_of(program, *path)
    assert code == 0, told
    for what in words[2:3] if words[1] in ("import", "export") else ():
        assert re.search(rf"\b{what}\b", told), f"{program} {words[1]} knows no {what}"
    options = {word.partition("=")[0] for word in skip_global(tuple(rest)) if word.startswith("--")}
    assert {option for option in options if not re.search(rf"{re.escape(option)}\b", told)} == set()


def test_the_page_lists_every_setting_of_the_environment() -> None:
    listed = set(re.findall(r"`BOUCLE_([A-Z_]+)`", (ROOT / "docs/operations.md").read_text(encoding="utf-8")))
    assert {name.upper() for name in Settings.model_fields} <= listed
