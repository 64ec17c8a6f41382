"""The real demonstration, served, with a browser that is open."""

from collections.abc import Iterator

import pytest

from tests.browser.keyboard import Keyboard, keyboard
from tests.demonstration import own_demonstration
from tests.e2e.commands import House, served


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """Serve a demonstration of their own to the tests of a file."""
    with served(House(data=own_demonstration(tmp_path_factory))) as standing:
        yield standing


@pytest.fixture(scope="module")
def open_keyboard(house: House) -> Iterator[Keyboard]:
    """Start one browser for the tests of a file."""
    with keyboard(house.address) as one:
        yield one


@pytest.fixture
def keys(open_keyboard: Keyboard) -> Keyboard:
    """Give a browser without scripts, to a stranger, who has a keyboard and nothing else."""
    open_keyboard.open()
    return open_keyboard
