"""Command labels: the same code everywhere and for ever, read back as what it says."""

import pytest

from boucle.codes import Kind, Label, mint, read_label
from boucle.commands import Command, command_code, find_command
from boucle.words import LANGUAGES, say


def test_no_two_commands_share_a_label() -> None:
    assert len({command_code(command) for command in Command}) == len(Command)


@pytest.mark.parametrize("command", Command)
def test_a_label_is_read_back_as_its_command(command: Command) -> None:
    label = read_label(command_code(command).url("https://boucle.example"))
    assert isinstance(label, Label)
    assert label.code is not None
    assert label.kind is Kind.COMMAND
    assert find_command(label.code) is command


def test_a_label_that_nobody_knows_is_no_command() -> None:
    assert find_command(mint(Kind.COMMAND, bytes)) is None


def test_the_printed_codes_never_change() -> None:
    assert command_code(Command.UNDO).text == "X/BYZRJTYETBTG59"
    assert command_code(Command.FINISH).text == "X/T46BS73ZZA30CY"


@pytest.mark.parametrize("command", Command)
@pytest.mark.parametrize("lang", LANGUAGES)
def test_every_command_has_its_words(command: Command, lang: str) -> None:
    assert say(f"command.{command}", lang)
