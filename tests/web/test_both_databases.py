"""One walk through the pages on each database, because some of their queries are their own."""

import pytest

from tests.api.conftest import served, settings
from tests.api.serving import Served
from tests.builders import code
from tests.server import figures_world, workshop_world
from tests.server.figures_world import a_small_year, draft, record
from tests.web import station_world
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


async def test_the_workshop_and_the_desk_of_returns_open_on_both_databases(served: Served) -> None:
    workshop_world.a_workshop(served.database)
    moves = [
        draft(
            "return.announced", at=30, item_type="manuel", qty=12, place="mulhouse", task="RT-1", body={"reason": "x"}
        ),
        draft("item.received", at=31, item_type="manuel", qty=7, place="strasbourg", against="RT-1"),
    ]
    record(served.database, "acme", moves, now_ms=workshop_world.NOW)
    served.clock.ms = workshop_world.NOW
    await signed_in(served)
    board = await opened(served, "/atelier")
    tickets = [href for href in board.attributes("a", "href") if href.startswith("/atelier/fiche/")]
    desk = await opened(served, "/retours")
    paths = [
        "/atelier?vue=liste&late=1",
        *tickets,
        "/retours/dossier/RT-1",
        "/retours/acte/classer/RT-1?type=manuel",
        "/a-traiter",
    ]
    assert {"10 en cours", "2 à sortir"} <= set(board.texts)
    assert "/retours/dossier/RT-1" in desk.attributes("a", "href")
    for path in paths:
        page = await opened(served, path)
        assert page.status == 200, path
    assert "réception" in (await opened(served, "/retours/dossier/RT-1")).text


async def test_an_import_is_tried_recorded_and_taken_back_on_both_databases(served: Served) -> None:
    a_small_year(served.database)
    served.clock.ms = figures_world.NOW + 10_000
    await signed_in(served)
    path = "/administration/import/apporter/sites"
    cells = "site;nom\ntoul;Toul\nbar le duc;Bar\n"
    answer = await sent(served, (await opened(served, path)).form(path), cells=cells)
    run = answer.headers["location"]
    form = next(form for form in (await opened(served, run)).forms if ("act", "valid") in form.values)
    assert (await sent(served, form)).status_code == 303
    assert "Importé en partie" in (await opened(served, run)).text
    assert "toul" in (await opened(served, "/administration/registre/sites?q=toul")).text
    served.clock.ms += 1_000
    assert (await sent(served, (await opened(served, f"{run}/annuler")).form(f"{run}/annuler"))).status_code == 303
    assert "1 ligne annulée" in (await opened(served, run)).text
    assert "Toul" not in (await opened(served, "/administration/registre/sites")).text
    assert "cellules collées" in (await opened(served, "/administration/import")).text


async def test_the_scan_station_records_and_counts_on_both_databases(served: Served) -> None:
    await station_world.a_station(served)
    page = await station_world.at(served, "/saisie/reprendre?lieu=mulhouse")
    page = await station_world.scan(served, page, *(code(number) for number in (1, 2, station_world.ELSEWHERE)))
    assert "2 / 20" in page.text.replace("\n", " ")
    page = await station_world.scan(served, page, annuler="dernier")
    page = await station_world.at(served, "/saisie/inventaire?lieu=strasbourg")
    page = await station_world.scan(served, page, code(30), code(1))
    end = await station_world.at(served, page.answer.url.raw_path.decode().replace("inventaire?", "inventaire/bilan?"))
    assert [end.text.count(word) for word in ("Attendus et non vus", "Vus et non attendus")] == [2, 1]
    for path in ("/saisie/peser/depart", "/saisie/rebut", "/saisie/trier"):
        assert (await station_world.at(served, path)).status == 200
