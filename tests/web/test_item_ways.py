"""The ways from the page of a thing: to its open repair, its certificate, its cases in *To do*."""

from boucle.roles import Role
from tests.api.serving import Served
from tests.builders import code
from tests.server.figures_world import draft, record
from tests.server.workshop_world import label
from tests.web.browser import Page, opened, signed_in
from tests.web.test_certificates import paths, requalified
from tests.web.test_inbox import NOW, a_year_with_a_stranger
from tests.web.test_workshop import a_bench, another, printed


async def page_of(served: Served, key: str, lang: str = "fr") -> Page:
    return await opened(served, f"/objets/{printed(key)}?lang={lang}")


async def test_a_thing_leads_to_its_open_repair_and_one_without_to_none(served: Served) -> None:
    await a_bench(served)
    page = await page_of(served, label(1))
    (href,) = paths(page, "/atelier/fiche/")
    assert "En atelier" in page.text
    assert "In the workshop" in (await page_of(served, label(1), "en")).text
    assert (await opened(served, href)).status == 200


async def test_a_thing_leads_to_the_certificate_that_holds_and_to_each_beside_its_decision(served: Served) -> None:
    certificate = await requalified(served, valid_until="2026-02-12")
    page = await page_of(served, label(7))
    assert f"Certificat {certificate.number}, en vigueur" in page.texts
    hrefs = paths(page, "/atelier/certificat/")
    assert len(hrefs) == 2
    assert certificate.number in (await opened(served, hrefs[1])).text
    served.clock.ms += 4 * 86_400_000
    await another(served, Role.MANAGER)
    later = await page_of(served, label(7))
    assert "en vigueur" not in later.text
    assert len(paths(later, "/atelier/certificat/")) == 1


async def test_what_has_to_be_decided_about_a_thing_is_one_link_away_for_whoever_decides(served: Served) -> None:
    await a_year_with_a_stranger(served)
    hub = {"place": "strasbourg"}
    held = [
        draft("item.commissioned", code(720), at=0, body={"type": "bac"}, **hub),
        draft("item.held", code(720), at=90, body={"reason": "dirt"}, **hub),
    ]
    record(served.database, "acme", held, now_ms=NOW - 4_000)
    (href,) = paths(await page_of(served, code(720)), "/a-traiter/")
    assert "En quarantaine : souillé" in (await opened(served, href)).text
    gone = [draft("item.shipped", code(720), at=96, body={"to": "nancy"}, **hub)]
    record(served.database, "acme", gone, now_ms=NOW - 3_000)
    page = await page_of(served, code(720))
    assert "levez le blocage" in page.text
    (href,) = paths(page, "/a-traiter/")
    assert href.endswith(".shipped_on_hold")
    assert (await opened(served, href)).status == 200
    served.client.cookies.clear()
    await signed_in(served, Role.READER)
    assert not paths(await page_of(served, code(720)), "/a-traiter/")
