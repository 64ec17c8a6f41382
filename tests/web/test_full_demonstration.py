"""No list page of the demonstration is empty, whoever looks at it."""

import shutil
from pathlib import Path

import pytest

from boucle.clock import SystemClock
from boucle_server.demo.people import PASSWORD, PEOPLE
from boucle_server.settings import Settings
from boucle_server.web import places
from boucle_server.web.register import KINDS
from tests.api.serving import serving
from tests.demonstration import demonstration
from tests.web.browser import opened, sign_in

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]

EMPTY = 'class="empty"'
LISTS = (
    *(place.path for place in places.PLACES if place.in_menu),
    *(place.path for place in (places.CHECKLISTS, places.QUALIFIED, places.IMPORT, places.PEOPLE, places.TOKENS)),
    *(place.path for place in (places.PLACE_LABELS, places.BADGES)),
    *(f"{places.REGISTER.path}/{kind}" for kind in KINDS),
    f"{places.WORKSHOP.path}?vue=liste",
    f"{places.RETURNS.path}?state=open",
    f"{places.DASHBOARD.path}/chiffres",
    f"{places.STATION.path}/reprendre",
)


async def test_every_list_shows_something_to_everybody_who_may_open_it(
    tmp_path: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    data = tmp_path / "data"
    shutil.copytree(demonstration(tmp_path_factory), data)
    bare, shown = [], set()
    async with serving(Settings(data=data, jobs=False)) as served:
        served.clock.ms = SystemClock().now_ms()
        for login in (person.login for person in PEOPLE if person.login):
            await sign_in(served, login, PASSWORD)
            for path in LISTS:
                page = await opened(served, path)
                if page.status == 200:
                    shown.add(path)
                    bare += [(login, path)] if EMPTY in page.answer.text else []
            served.client.cookies.clear()
    assert bare == []
    assert [path for path in LISTS if path not in shown] == []
