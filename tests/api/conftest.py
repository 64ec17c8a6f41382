"""The fixture `served`: the application on a fresh database, once on SQLite and once on PostgreSQL."""

from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest
import pytest_asyncio
from pydantic import SecretStr

from boucle_server.settings import Settings
from tests.api.serving import Served, serving
from tests.server.databases import KINDS


@pytest.fixture(params=KINDS)
def settings(request: pytest.FixtureRequest, tmp_path: Path) -> Settings:
    """Give the settings of a server with an empty database."""
    if request.param == "sqlite":
        return Settings(data=tmp_path / "data", jobs=False)
    fresh: Callable[[], str] = request.getfixturevalue("fresh_postgres")
    return Settings(data=tmp_path / "data", database_url=SecretStr(fresh()), jobs=False)


@pytest_asyncio.fixture
async def served(settings: Settings) -> AsyncIterator[Served]:
    """Give the started application."""
    async with serving(settings) as started:
        yield started
