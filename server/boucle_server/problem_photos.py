"""Photos that strangers send along with what they report: kept beside the report, and gone with it.

They are no photos of an event: nobody vouches for them, so that they stay out of the log and of what phones may pull.
"""

from typing import Final, NamedTuple

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from boucle.photo import Picture
from boucle.wire import digest
from boucle_server.tables import PROBLEM_PHOTO, PROBLEM_REPORT

MOST_WAITING: Final = 200
"""Photos of an organisation in reports that wait: sixty megabytes at most, whoever floods it."""


class Shown(NamedTuple):
    """A photo as a page shows it: its name, and its pixels."""

    sha256: str
    width: int
    height: int


def keep(connection: Connection, org: str, report: str, content: bytes, *, picture: Picture) -> bool:
    """Keep the photo of a report; False where so many wait that no more are kept."""
    if _waiting(connection, org) >= MOST_WAITING:
        return False
    values = {"sha256": digest(content), "width": picture.width, "height": picture.height, "content": content}
    connection.execute(sa.insert(PROBLEM_PHOTO).values(org=org, report=report, **values))
    return True


def shown(connection: Connection, org: str, report: str) -> Shown | None:
    """Give the photo of a report, None where there is none."""
    columns = (PROBLEM_PHOTO.c[name] for name in Shown._fields)
    row = connection.execute(sa.select(*columns).where(*_of(org, report))).one_or_none()
    return None if row is None else Shown(*row)


def content(connection: Connection, org: str, report: str) -> bytes | None:
    """Give the bytes of the photo of a report, None where there is none."""
    found = connection.execute(sa.select(PROBLEM_PHOTO.c.content).where(*_of(org, report))).scalar()
    return None if found is None else bytes(found)


def forget(connection: Connection, org: str, *gone: sa.ColumnElement[bool]) -> None:
    """Erase the photos of the reports of an organisation that fulfil some conditions, before these reports go."""
    reports = sa.select(PROBLEM_REPORT.c.id).where(PROBLEM_REPORT.c.org == org, *gone)
    connection.execute(sa.delete(PROBLEM_PHOTO).where(PROBLEM_PHOTO.c.org == org, PROBLEM_PHOTO.c.report.in_(reports)))


def erase(connection: Connection, org: str, report: str) -> bool:
    """Erase the photo of a report at once; False where there is none any more."""
    return connection.execute(sa.delete(PROBLEM_PHOTO).where(*_of(org, report))).rowcount > 0


def _waiting(connection: Connection, org: str) -> int:
    about = (PROBLEM_REPORT.c.org == PROBLEM_PHOTO.c.org) & (PROBLEM_REPORT.c.id == PROBLEM_PHOTO.c.report)
    query = sa.select(sa.func.count()).select_from(PROBLEM_PHOTO.join(PROBLEM_REPORT, about))
    waits = query.where(PROBLEM_PHOTO.c.org == org, PROBLEM_REPORT.c.settled_ms.is_(None))
    return int(connection.execute(waits).scalar_one())


def _of(org: str, report: str) -> tuple[sa.ColumnElement[bool], sa.ColumnElement[bool]]:
    return PROBLEM_PHOTO.c.org == org, PROBLEM_PHOTO.c.report == report
