"""One walk through the pages on each database, because some of their queries are their own."""

import pytest

from tests.api.conftest import served, settings
from tests.api.serving import Served
from tests.server import figures_world
from tests.server.figures_world import a_small_year
from tests.web.browser import Page, opened, sent, signed_in

__all__ = ["served", "settings"]


@pytest.mark.parametrize("lang", ["fr", "en"])
async def test_every_page_of_a_manager_opens_on_both_databases(served: Served, lang: str) -> None:
    a_small_year(served.database)
    served.clock.ms = figures_world.NOW + 10_000
    await signed_in(served)
    waiting, seen = [f"/tableau?lang={lang}"], set[str]()
    while waiting:
        path = waiting.pop()
        kind = path.partition("?")[0]
        if kind in seen or (kind.count("/") > 1 and len([each for each in seen if each.startswith(kind[:9])]) > 3):
            continue
        seen.add(kind)
        answer = await served.client.get(path)
        assert answer.status_code in (200, 303), path
        if answer.headers.get("content-type", "").startswith("text/html"):
            page = Page(answer)
            waiting += [href for href in page.attributes("a", "href") if href.startswith("/")]
    assert {"/tableau", "/objets", "/partenaires", "/aide", "/tableau/chiffres"} <= seen
    assert any(path.startswith("/preuves/") for path in seen)
    served.clock.ms += 600_000
    answer = await sent(served, (await opened(served, "/tableau")).form("/deconnexion"))
    assert answer.status_code == 303
