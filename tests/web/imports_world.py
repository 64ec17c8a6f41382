"""Somebody who imports tables on the web, and what came of it."""

from typing import Any

import httpx
import sqlalchemy as sa

from boucle.roles import Role
from boucle_server.imports import runs
from boucle_server.ingest import accept_own
from boucle_server.projections import load_book
from boucle_server.server_device import Draft
from boucle_server.tables import RECORD
from tests.api.serving import Served
from tests.server.people import an_org
from tests.web.browser import Page, opened, sent, signed_in

IMPORTS = "/administration/import"
HOUR = 3_600_000
SITES = "site\tnom\tcommune\nmetz\tMetz\tMetz\nnancy\tNancy\tNancy\nbar le duc\tBar\tBar-le-Duc\n"
"""Two good rows and one of which the key has blanks."""


async def a_manager(served: Served, role: Role = Role.MANAGER) -> None:
    an_org(served.database)
    await signed_in(served, role)


async def pasted(served: Served, kind: str, cells: str) -> str:
    """Paste cells; give the page of the import."""
    path = f"{IMPORTS}/apporter/{kind}"
    answer = await sent(served, (await opened(served, path)).form(path), cells=cells)
    assert answer.status_code == 303, answer.text
    return answer.headers["location"]


async def put(served: Served, kind: str, name: str, content: bytes, **headers: str) -> httpx.Response:
    """Drop a file, as the script of the page does."""
    path = f"{IMPORTS}/apporter/{kind}"
    page = await opened(served, path)
    (token,) = page.attributes("section", "data-token")
    sending = {"Boucle-Jeton": token, "Sec-Fetch-Site": "same-origin", "Accept": "application/json", **headers}
    return await served.client.put(f"{path}?nom={name}", content=content, headers=sending)


async def decided(served: Served, path: str, act: str, **typed: str) -> Page:
    """Press one of the buttons of an import; give its page as it is then."""
    page = await opened(served, path)
    form = next(form for form in page.forms if ("act", act) in form.values)
    answer = await sent(served, form, **typed)
    assert answer.status_code == 303, answer.text
    return await opened(served, answer.headers["location"].partition("?")[0])


async def imported(served: Served, kind: str, cells: str, act: str = "whole") -> str:
    path = await pasted(served, kind, cells)
    page = await decided(served, path, act)
    assert "Import" in page.text
    return path


async def taken_back(served: Served, path: str) -> Page:
    served.clock.ms += HOUR
    answer = await sent(served, (await opened(served, f"{path}/annuler")).form(f"{path}/annuler"))
    assert answer.status_code == 303, answer.text
    return await opened(served, path)


async def a_network(served: Served) -> None:
    """Bring what the other tables lean on."""
    await imported(served, "partners", "partenaire;nom\nrhin;Rhin Plasturgie")
    await imported(served, "sites", "site;nom;partenaire\nmetz;Metz;\nmulhouse;Mulhouse;rhin")
    await imported(served, "item-types", "type;nom;numéroté\nbac;Bac;oui\nfilm;Film;non")


def book_row(served: Served, table: str, key: str) -> dict[str, Any] | None:
    with served.database.reading() as connection:
        row = load_book(connection, "acme").row(table, key, served.clock.ms)
    return None if row is None else dict(row)


def records(served: Served) -> int:
    with served.database.reading() as connection:
        count: int = connection.execute(sa.select(sa.func.count()).select_from(RECORD)).scalar_one()
    return count


def run_of(served: Served, path: str) -> runs.Run:
    with served.database.reading() as connection:
        return runs.find(connection, "acme", path.rpartition("/")[2])


def counts(served: Served, path: str) -> tuple[int, ...]:
    told = run_of(served, path).told["counts"]
    return tuple(told[name] for name in ("created", "changed", "unchanged", "faulty"))


def recorded_later(served: Served, *drafts: Draft) -> None:
    with served.database.writing("acme") as connection:
        results = accept_own(connection, "acme", drafts, actor="", now_ms=served.clock.ms + 1)
    assert {result.status.value for result in results} == {"accepted"}
