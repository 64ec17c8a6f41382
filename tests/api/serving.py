"""A client of the real application, in process, with the database of the test and a clock that stands."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

import httpx
from fastapi import FastAPI

from boucle.clock import FixedClock
from boucle_server.app import create_app
from boucle_server.db import Database
from boucle_server.settings import Settings
from tests.server.people import NOW


@dataclass(frozen=True, slots=True, kw_only=True)
class Served:
    """The application, a client of it, its clock, and its database seen from inside."""

    app: FastAPI
    client: httpx.AsyncClient
    clock: FixedClock
    database: Database


@asynccontextmanager
async def serving(settings: Settings) -> AsyncIterator[Served]:
    """Start the application as a server does, and end it."""
    clock = FixedClock(NOW)
    app = create_app(settings, clock=clock)
    async with app.router.lifespan_context(app):
        transport = httpx.ASGITransport(app=app, raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport, base_url="http://boucle.test") as client:
            yield Served(app=app, client=client, clock=clock, database=app.state.running.database)
