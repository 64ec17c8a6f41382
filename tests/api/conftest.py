"""The fixture `served`: the application on a prepared database, once on SQLite and once on PostgreSQL."""

from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest
import pytest_asyncio
from pydantic import SecretStr

from boucle_server.settings import Settings
from tests.api.serving import Served, serving
from tests.server.databases import KINDS, copied, prepared_file, prepared_postgres

__all__ = ["prepared_file", "prepared_postgres"]


@pytest.fixture(params=KINDS)
def settings(request: pytest.FixtureRequest, tmp_path: Path) -> Settings:
    """Give the settings of a server with a prepared database."""
    if request.param == "sqlite":
        embedded = Settings(data=tmp_path / "data", jobs=False)
        copied(request.getfixturevalue("prepared_file"), embedded)
        return embedded
    fresh: Callable[[], str] = request.getfixturevalue("prepared_postgres")
    return Settings(data=tmp_path / "data", database_url=SecretStr(fresh()), jobs=False)


@pytest_asyncio.fixture
async def served(settings: Settings) -> AsyncIterator[Served]:
    """Give the started application."""
    async with serving(settings) as started:
        yield started
