"""The fixture `served` of the interface, on the embedded database: pages ask the same of both."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest_asyncio

from boucle_server.settings import Settings
from tests.api.serving import Served, serving


@pytest_asyncio.fixture
async def served(tmp_path: Path) -> AsyncIterator[Served]:
    """Give the started application."""
    async with serving(Settings(data=tmp_path / "data", jobs=False)) as started:
        yield started
