"""The app on a real window off screen, on a phone that has met a server and is offline now."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from kivy.config import Config

Config.set("graphics", "maxfps", "0")
Config.set("graphics", "width", "360")
Config.set("graphics", "height", "740")

from kivy.core.window import Window  # noqa: E402

from boucle_field.screens import face  # noqa: E402
from tests.screens.bench_hands import technician, workshop  # noqa: E402
from tests.screens.hand import Hand, closed, opened  # noqa: E402
from tests.screens.stock import enrolled, stocked_server  # noqa: E402
from tests.world import SimServer, World  # noqa: E402

__all__ = ["technician", "workshop"]

UNHURRIED_S = 3_600


@pytest.fixture(autouse=True)
def _messages_stand(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a message stand as long as a test is slow; that it goes away is proved where a test sets its time itself."""
    monkeypatch.setattr(face, "STRIP_S", UNHURRIED_S)


@pytest.fixture
def server() -> SimServer:
    """Give the server that the phone has met."""
    return stocked_server(World())


@pytest.fixture
def data(tmp_path: Path, server: SimServer) -> Path:
    """Give the data directory of a device that is enrolled, has pulled once and finds no server now."""
    directory = tmp_path / "phone"
    enrolled(directory, server)
    return directory


@pytest.fixture
def open_app() -> Iterator[Callable[..., Hand]]:
    """Open apps, and close them when the test ends."""
    hands: list[Hand] = []

    def open_one(directory: Path, **options: object) -> Hand:
        hands.append(opened(directory, **options))  # type: ignore[arg-type]
        return hands[-1]

    Window.size = (360, 740)
    yield open_one
    for hand in hands:
        closed(hand)


@pytest.fixture
def hand(open_app: Callable[..., Hand], data: Path) -> Hand:
    """Give the app on that data directory."""
    return open_app(data)
