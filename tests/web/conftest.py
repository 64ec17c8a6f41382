"""The fixture `served` of the interface, on the embedded database: pages ask the same of both."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Final

import pytest
import pytest_asyncio
from pwdlib import PasswordHash
from pwdlib.hashers.argon2 import Argon2Hasher

from boucle_server import people
from boucle_server.settings import Settings
from tests.api.serving import Served, serving
from tests.server.databases import copied, prepared_file, prepared_postgres

__all__ = ["prepared_file", "prepared_postgres"]

QUICK: Final = PasswordHash((Argon2Hasher(time_cost=1, memory_cost=8, parallelism=1),))


@pytest.fixture(autouse=True)
def _quick_passwords(monkeypatch: pytest.MonkeyPatch) -> None:
    """Hash passwords at the least cost: almost every test signs in, and `test_sign_in.py` does so at the full one."""
    monkeypatch.setattr(people, "_hasher", lambda: QUICK)


@pytest_asyncio.fixture
async def served(tmp_path: Path, prepared_file: Path) -> AsyncIterator[Served]:
    """Give the started application."""
    settings = Settings(data=tmp_path / "data", jobs=False)
    copied(prepared_file, settings)
    async with serving(settings) as started:
        yield started
