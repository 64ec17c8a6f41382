"""The fixture `served` of the interface, on the embedded database: pages ask the same of both."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest_asyncio

from boucle_server.settings import Settings
from tests.api.serving import Served, serving
from tests.server.databases import copied, prepared_file

__all__ = ["prepared_file"]


@pytest_asyncio.fixture
async def served(tmp_path: Path, prepared_file: Path) -> AsyncIterator[Served]:
    """Give the started application."""
    settings = Settings(data=tmp_path / "data", jobs=False)
    copied(prepared_file, settings)
    async with serving(settings) as started:
        yield started
