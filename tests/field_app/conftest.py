"""Phones for the tests of the field app: one in a simulated world, one in a data directory with its command line."""

from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from random import Random

import pytest

from boucle_field.headless import main
from boucle_field.mirror import Mirror
from boucle_field.pages import Page
from boucle_field.store import Store
from boucle_field.sync import sync
from tests.field_app.ran import Place, Ran
from tests.world import Net, SimServer, World, drive, phone_of


@pytest.fixture
def place() -> Place:
    """Give a world with one server, a sound network and one phone that has synced once."""
    world = World()
    server = SimServer(world)
    net = Net(server=server, random=Random(7))
    phone = phone_of(server, "d-un")
    assert drive(sync(phone), net, "d-un") is not None
    return Place(world, server, net, phone)


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """Give the data directory of a device that is enrolled and has pulled once, and is offline now."""
    directory = tmp_path / "phone"
    server = SimServer(World())
    with closing(Store.open(directory)) as store:
        server.invite(store, "d-un")
        pulled = Page.read(server.pull(0, 1000).json())
        assert pulled is not None
        Mirror(store).apply(pulled)
    return directory


@pytest.fixture
def field(data: Path, capsys: pytest.CaptureFixture[str]) -> Callable[..., Ran]:
    """Give the command line on that data directory, run in this process."""

    def run(*words: str | Path) -> Ran:
        try:
            code = main(["--data", str(data), *map(str, words)])
        except SystemExit as end:
            code = int(str(end.code))
        told = capsys.readouterr()
        return Ran(code, told.out, told.err)

    return run
