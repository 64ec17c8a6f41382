"""Nothing of the demonstration is empty: every heap of what waits has a case, every column of the board a repair."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path

import pytest
import sqlalchemy as sa

from boucle.answers import answers_of, failed_steps
from boucle.board import COLUMNS
from boucle.checklists import find_checklist
from boucle.clock import SystemClock
from boucle.lifecycle import WorkStage
from boucle.receiving import VALIDATED as RECEPTION
from boucle.rounds import counts_of, reasons_of
from boucle_server import certificates, repairs
from boucle_server.certificates import Standing as CertificateIs
from boucle_server.db import Database
from boucle_server.demo import command
from boucle_server.demo.checklists import ESD
from boucle_server.demo.seasons import instant
from boucle_server.demo.year import ORG, Plan
from boucle_server.quotes import Standing as QuoteIs
from boucle_server.quotes import standing_of
from boucle_server.settings import Settings
from boucle_server.standing import standing
from boucle_server.tables import DEVICE
from boucle_server.web import inbox
from boucle_server.web.inbox_case import Asker, Heap
from boucle_server.web.inbox_devices import STOP
from tests.demonstration import demonstration

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]

DAYS = (date(2027, 1, 2), date(2028, 2, 29), date(2026, 8, 17))
"""A Saturday after the quietest week, a leap day, the middle of August."""


@contextmanager
def asking(directory: Path, now_ms: int) -> Iterator[Asker]:
    """Ask a demonstration what waits at an instant."""
    database = Database.open(Settings(data=directory))
    try:
        with database.reading() as connection:
            names = {row.dev: row.name for row in connection.execute(sa.select(DEVICE.c.dev, DEVICE.c.name))}
            yield Asker(connection=connection, org=ORG, zone="Europe/Paris", now_ms=now_ms, devices=names)
    finally:
        database.close()


@pytest.mark.parametrize("today", DAYS, ids=str)
def test_every_heap_of_what_waits_has_a_case_whatever_day_it_is(tmp_path: Path, today: date) -> None:
    command.fill(Settings(data=tmp_path), Plan(today=today, items=400, months=6))
    with asking(tmp_path, instant(today, 8.0)) as asker:
        counted = inbox.counted(asker)
        # The month before waits for whoever may close it, and nobody in particular asks here.
        assert {heap for heap in Heap if not counted[heap]} == {Heap.MONTH}
        photos = {case.reason for case in inbox.cases(asker, Heap.PHOTO, limit=20)}
        assert photos == {"", STOP}, "a photo that never came, and a stop that could not be made"
        differing = {case.reason for case in inbox.cases(asker, Heap.DIFFERENCE, limit=200)}
        assert {"stop", "receipt", "missing"} <= differing
        stages = {each.item.work_stage for each in repairs.tickets(asker.connection, ORG)}
        assert [column for column, held in COLUMNS.items() if stages.isdisjoint(held)] == []
        assert stages >= {WorkStage.REQUALIFIED, WorkStage.NOT_REPAIRABLE}
        receptions = standing(asker.connection, ORG, RECEPTION)
        assert [event for event in receptions if reasons_of(event)], "one whose difference was explained"
        assert [event for event in receptions if not any(row.difference for row in counts_of(event))]
        controls = [event for event in standing(asker.connection, ORG, "item.sorted") if event.text("checklist")]
        named = [find_checklist(asker.book, event.text("checklist")) for event in controls]
        assert {each.key for each in named if each} == {ESD.key}
        assert [event for event in controls if failed_steps(ESD, answers_of(event))]
        assert {QuoteIs.ASKED, QuoteIs.GIVEN, QuoteIs.EXPIRED} <= quotes(asker)
        assert [each for each in repairs.tickets(asker.connection, ORG) if each.job.hold]


def quotes(asker: Asker) -> set[QuoteIs]:
    """Give how far the quotes of the repairs are."""
    listed = [each for each in repairs.tickets(asker.connection, ORG) if each.job.quote]
    return {standing_of(each.item, each.job, asker.book, asker.now_ms) for each in listed}


def test_a_year_has_certificates_that_hold_that_were_replaced_and_that_lapsed(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    directory = demonstration(tmp_path_factory)
    with asking(directory, SystemClock().now_ms()) as asker:
        decided = standing(asker.connection, ORG, "work.requalified")
        found = [certificates.find(asker.connection, ORG, one.subject, one.text("certificate")) for one in decided]
        told = {each.standing(asker.now_ms) for each in found if each}
        assert set(told) == {CertificateIs.VALID, CertificateIs.SUPERSEDED, CertificateIs.EXPIRED}
