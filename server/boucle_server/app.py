"""The application: one FastAPI object made of settings, with every route and every error in its place."""

import multiprocessing
import multiprocessing.connection
import os
import signal
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, nullcontext
from functools import partial
from importlib import import_module
from typing import Final

from fastapi import APIRouter, FastAPI
from starlette.concurrency import run_in_threadpool

from boucle.clock import Clock, SystemClock
from boucle.version import VERSION
from boucle.wire import MAX_PUSH
from boucle_server.api import problems
from boucle_server.api.running import Running
from boucle_server.db import Database
from boucle_server.door import Door
from boucle_server.jobs import scheduled
from boucle_server.notices import JOBS
from boucle_server.opening import make_ready
from boucle_server.settings import Settings
from boucle_server.web import routing
from boucle_server.web.forms import LONGEST_WITH_FILE
from boucle_server.web.import_reading import BRING, MOST_BYTES
from boucle_server.web.places import PUBLIC, RETURNS, STATION, WORKSHOP
from boucle_server.web.public_form import LONGEST_SENT

ROUTERS: Final = (
    "boucle_server.api.health",
    "boucle_server.api.enrolment",
    "boucle_server.api.eventlog",
    "boucle_server.api.sync",
    "boucle_server.api.uploads",
    "boucle_server.api.photos",
    "boucle_server.api.items",
    "boucle_server.api.attention",
    "boucle_server.api.kpis",
    "boucle_server.api.months",
    "boucle_server.api.balances",
    "boucle_server.web.files",
    "boucle_server.web.sign_in",
    "boucle_server.web.dashboard_pages",
    "boucle_server.web.month_closing_pages",
    "boucle_server.web.report_pages",
    "boucle_server.web.inbox_late_pages",
    "boucle_server.web.inbox_photo_pages",
    "boucle_server.web.inbox_pages",
    "boucle_server.web.device_pages",
    "boucle_server.web.label_pages",
    "boucle_server.web.admin_pages",
    "boucle_server.web.checklist_pages",
    "boucle_server.web.qualified_pages",
    "boucle_server.web.register_pages",
    "boucle_server.web.import_pages",
    "boucle_server.web.import_upload",
    "boucle_server.web.people_pages",
    "boucle_server.web.token_pages",
    "boucle_server.web.correct_pages",
    "boucle_server.web.item_pages",
    "boucle_server.web.station_stop_pages",
    "boucle_server.web.station_reception_pages",
    "boucle_server.web.reprint_pages",
    "boucle_server.web.station_control_pages",
    "boucle_server.web.station_photo_pages",
    "boucle_server.web.station_weigh_pages",
    "boucle_server.web.scanner_pages",
    "boucle_server.web.station_pages",
    "boucle_server.web.photo_pages",
    "boucle_server.web.document_pages",
    "boucle_server.web.partner_pages",
    "boucle_server.web.workshop_pages",
    "boucle_server.web.round_pages",
    "boucle_server.web.delivery_pages",
    "boucle_server.web.slip_pages",
    "boucle_server.web.quote_pages",
    "boucle_server.web.return_announce_pages",
    "boucle_server.web.return_pages",
    "boucle_server.web.certificate_pages",
    "boucle_server.web.public_page",
    "boucle_server.web.app_label_page",
)
"""Modules that each offer a `router`."""
MAX_BODY: Final = MAX_PUSH + 64 * 1024
"""Bytes of a request; a push is one mebibyte of records, and a little around them."""
ROOMY: Final = {
    f"{BRING}/": MOST_BYTES,
    f"{PUBLIC.path}/": LONGEST_SENT,
    **dict.fromkeys(
        (
            f"{WORKSHOP.path}/ouvrir",
            f"{WORKSHOP.path}/etape/",
            f"{RETURNS.path}/acte/",
            *(f"{STATION.path}/{each}" for each in ("photo", "controler", "arret")),
        ),
        LONGEST_WITH_FILE,
    ),
}
"""Bytes of a request to the paths that begin so: a table that somebody brings is one body, and so is a photo."""


def create_app(settings: Settings, *, clock: Clock | None = None) -> FastAPI:
    """Make the application; the database is opened and prepared when it starts, and closed when it ends."""
    now = clock or SystemClock()

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        database = Database.open(settings)
        try:
            await run_in_threadpool(partial(make_ready, database, now_ms=now.now_ms()))
            app.state.running = Running(
                settings=settings, database=database, door=Door(database), clock=now, started_ms=now.now_ms()
            )
            with scheduled(database, JOBS, now) if settings.jobs else nullcontext():
                yield
        finally:
            database.close()

    app = FastAPI(
        title="Boucle",
        version=VERSION,
        summary="Reverse logistics and repair",
        description="The interface for programs. Pages for people are not listed: they answer in HTML and change "
        "freely. The public one is `/C/{code}`, the address that printed labels carry.",
        lifespan=lifespan,
        responses=problems.RESPONSES,
        # The pages that show the description fetch code from elsewhere; the description itself does not.
        docs_url=None,
        redoc_url=None,
        # A path that is nearly one of ours is told to be none; a silent redirection helps no program.
        redirect_slashes=False,
    )
    problems.install(app)
    routing.install(app)
    app.add_middleware(problems.Edge, max_body=MAX_BODY, roomy=ROOMY, page=routing.refused)
    for name in ROUTERS:
        router = import_module(name).router
        if not isinstance(router, APIRouter):
            raise TypeError(f"{name} offers no router")
        app.include_router(router)
    return app


def from_environment() -> FastAPI:
    """Make the application out of the environment: what every worker process runs."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        threading.Thread(target=_end_with, args=(parent.sentinel,), daemon=True).start()
    return create_app(Settings())


def _end_with(parent: int) -> None:
    """End this worker when the process that started it is gone, however that ended."""
    multiprocessing.connection.wait([parent])
    os.kill(os.getpid(), signal.SIGTERM)
