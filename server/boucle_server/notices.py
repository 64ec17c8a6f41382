"""What the scheduled jobs do: overdue loans, presumed losses, the draft of a month, the published checkpoint.

Nothing here decides: a presumed loss is a notice that an item's history may overtake, and a month is closed by a
person alone.
"""

import json
from collections import Counter
from hashlib import sha256
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from boucle.binding import PROVISIONAL
from boucle.clock import day_of, parse_instant
from boucle.ids import EventId, uuid7
from boucle.item import Item, load
from boucle_server import eventlog, feed, problem_reports, reports, uploads
from boucle_server.imports import runs
from boucle_server.ingest import accept_own
from boucle_server.jobs import Job, daily, hourly, monthly_from
from boucle_server.read_tables import BINDING, ITEM
from boucle_server.server_device import Draft
from boucle_server.tables import MONTH_CLOSING, RECORD

JOB_ACTOR: Final = ""
"""Nobody acts in a job."""
DRAFT_DAY: Final = 2
"""Day of the next month on whose morning the draft is prepared: one whole day for phones to come home."""
REMINDER_DAY: Final = 6


def publish_checkpoint(connection: Connection, org: str, _period: str, now_ms: int) -> str:
    """Sign and publish the log as it stands."""
    note = eventlog.checkpoint(connection, org, now_ms=now_ms)
    return _json({"size": int(note.split("\n", 2)[1])})


def note_overdue(connection: Connection, org: str, _period: str, now_ms: int) -> str:
    """Count the loans past their due day, by partner, for the notices of the day."""
    today = _today(connection, org, now_ms)
    late = Counter(item.loan_partner for item in _loans(connection, org, ITEM.c.due < today) if item.overdue_on(today))
    return _json({"day": today, "overdue": late.total(), "by_partner": dict(late)})


def note_presumed_lost(connection: Connection, org: str, _period: str, now_ms: int) -> str:
    """Record a notice for every loan that counts as lost since its loss day passed, once a cycle of the item."""
    today = _today(connection, org, now_ms)
    lost = [item for item in _loans(connection, org, ITEM.c.loss < today) if item.presumed_lost_on(today)]
    codes = _codes(connection, org, [item.id for item in lost])
    ids = {item.id: notice_id(org, item) for item in lost}
    known = _known(connection, org, list(ids.values()))
    drafts = [
        Draft(
            kind="item.presumed_lost",
            fields={"code": codes[item.id], "body": {"cycle": item.cycle}},
            id=ids[item.id],
        )
        for item in sorted(lost, key=lambda item: ids[item.id])
        if ids[item.id] not in known and item.id in codes
    ]
    accept_own(connection, org, drafts, actor=JOB_ACTOR, now_ms=now_ms)
    return _json({"day": today, "presumed_lost": len(lost), "new": len(drafts)})


def draft_month(connection: Connection, org: str, month: str, now_ms: int) -> str:
    """Prepare the figures of a month that is over, for the person who will close it."""
    asked = reports.question(connection, org, [month], as_of_ms=now_ms)
    figures = {key: value.as_json() for key, value in reports.figures(connection, org, asked).items()}
    return _json({"month": month, "figures": figures})


def remind_month(connection: Connection, org: str, month: str, _now_ms: int) -> str:
    """Note whether a month still waits for the person who closes it."""
    query = sa.select(MONTH_CLOSING.c.revision).where(MONTH_CLOSING.c.org == org, MONTH_CLOSING.c.month == month)
    closed = connection.execute(query).first() is not None
    return _json({"month": month, "closed": closed})


def tidy_feed(connection: Connection, org: str, _period: str, _now_ms: int) -> str:
    """Forget the changes that later ones have overtaken, so that a new phone pulls each row once."""
    return _json({"forgotten": feed.compact(connection, org)})


def forget_reports(connection: Connection, org: str, _period: str, now_ms: int) -> str:
    """Erase what strangers reported and a person dealt with long ago."""
    return _json({"forgotten": problem_reports.forget(connection, org, now_ms=now_ms)})


def tidy_uploads(connection: Connection, org: str, _period: str, now_ms: int) -> str:
    """Forget the photos on their way of which nothing came for a week."""
    return _json({"forgotten": uploads.expire(connection, org, now_ms=now_ms)})


def tidy_imports(connection: Connection, org: str, _period: str, now_ms: int) -> str:
    """Forget the rows of tables that people brought: of those only tried after a day, of the others after a month."""
    return _json({"forgotten": runs.forget(connection, org, now_ms=now_ms)})


JOBS: Final = (
    Job(name="checkpoint", due=hourly, body=publish_checkpoint),
    Job(name="feed", due=daily, body=tidy_feed),
    Job(name="problem_reports", due=daily, body=forget_reports),
    Job(name="uploads", due=daily, body=tidy_uploads),
    Job(name="imports", due=daily, body=tidy_imports),
    Job(name="overdue", due=daily, body=note_overdue),
    Job(name="presumed_lost", due=daily, body=note_presumed_lost),
    Job(name="month_draft", due=monthly_from(DRAFT_DAY), body=draft_month),
    Job(name="month_reminder", due=monthly_from(REMINDER_DAY), body=remind_month),
)


def notice_id(org: str, item: Item) -> EventId:
    """Give the id of the notice for this cycle of this item: the same wherever and whenever it is made."""
    seed = sha256(f"item.presumed_lost\n{org}\n{item.id}\n{item.cycle}\n".encode()).digest()
    return uuid7(parse_instant(item.loss, "UTC"), lambda size: seed[:size])


def _today(connection: Connection, org: str, now_ms: int) -> str:
    return day_of(now_ms, reports.zone_of(connection, org))


def _loans(connection: Connection, org: str, condition: sa.ColumnElement[bool]) -> list[Item]:
    query = sa.select(ITEM.c.state).where(ITEM.c.org == org, condition)
    return [load(state) for state in connection.execute(query).scalars()]


def _codes(connection: Connection, org: str, items: list[str]) -> dict[str, str]:
    """Give for each item the least of the codes that name it."""
    query = sa.select(BINDING.c.item, BINDING.c.code).where(BINDING.c.org == org)
    found: dict[str, str] = {item: item.removeprefix(PROVISIONAL) for item in items if item.startswith(PROVISIONAL)}
    for part in _parts(items):
        for item, code in connection.execute(query.where(BINDING.c.item.in_(part))):
            found[item] = min(code, found.get(item, code))
    return {item: code.removeprefix("raw:") for item, code in found.items()}


def _known(connection: Connection, org: str, ids: list[str]) -> set[str]:
    found: set[str] = set()
    for part in _parts(ids):
        query = sa.select(RECORD.c.id).where(RECORD.c.org == org, RECORD.c.id.in_(part))
        found.update(connection.execute(query).scalars())
    return found


def _parts(values: list[str], size: int = 500) -> list[list[str]]:
    return [values[at : at + size] for at in range(0, len(values), size)]


def _json(values: dict[str, Any]) -> str:
    return json.dumps(values, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
