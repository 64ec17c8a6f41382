"""Stops that no round plans: scanned and validated in the browser, with a slip, shown beside what was planned."""

from datetime import date
from urllib.parse import quote

import pypdfium2
import pytest

from boucle.roles import Role
from boucle.rounds import Found
from boucle.unplanned import begun, unplanned
from tests.api.serving import Served
from tests.builders import code
from tests.web.browser import Page, opened, sent
from tests.web.rounds_world import Driver, a_round
from tests.web.station_world import a_station, at, scan

FREE = "/saisie/arret"


async def taken_back(served: Served) -> tuple[Page, str]:
    """Take three crates back at a partner's where nothing is planned; give the page of the stop, and its task."""
    await a_station(served)
    page = await at(served, "/saisie/reprendre?lieu=mulhouse")
    page = await scan(served, page, code(1), code(2), code(3))
    task = page.answer.url.params["tache"]
    assert unplanned(task) is not None
    return await opened(served, f"{FREE}?tache={quote(task, safe='')}"), task


async def validated(served: Served, page: Page, task: str, **typed: str) -> Page:
    served.clock.ms += 1_000
    answer = await sent(served, page.form(f"{FREE}?tache={quote(task, safe='')}"), **typed)
    assert answer.status_code == 303, Page(answer).text
    return await at(served, answer.headers["location"])


def text_of(pdf: bytes) -> str:
    return " ".join(" ".join(page.get_textpage().get_text_range() for page in pypdfium2.PdfDocument(pdf)).split())


async def test_a_return_that_no_round_plans_ends_with_a_summary_that_is_signed(served: Served) -> None:
    page, task = await taken_back(served)
    assert "hors tournée" in page.text
    assert not [name for name in page.attributes("select", "name") if name and name.startswith("r.")]
    done = await validated(served, page, task, ending="done", signer="Mme Weiß")
    assert "Arrêt validé" in done.text
    assert "différence" not in done.text  # nothing was expected, so nobody is asked why
    assert "Signé" in done.text or "Mme Weiß" in done.text


async def test_what_is_left_there_too_is_the_same_stop_and_the_next_visit_is_another(served: Served) -> None:
    page, task = await taken_back(served)
    left = await scan(served, await at(served, "/saisie/deposer?lieu=mulhouse"), code(30))
    assert left.answer.url.params["tache"] == task
    await validated(served, page, task, ending="done")
    again = await scan(served, await at(served, "/saisie/reprendre?lieu=mulhouse"), code(4))
    assert again.answer.url.params["tache"] != task


@pytest.mark.parametrize(
    ("lang", "title", "beside"),
    [
        ("fr", "Bon d’échange d’emballages", "Arrêt hors tournée"),
        ("en", "Packaging exchange slip", "Stop outside any round"),
    ],
)
async def test_its_slip_says_what_was_taken_and_who_signed_and_holds_it_against_no_plan(
    served: Served, lang: str, title: str, beside: str
) -> None:
    page, task = await taken_back(served)
    await validated(served, page, task, ending="done", signer="Mme Weiß")
    address = f"tache={quote(task, safe='')}"
    shown = await opened(served, f"/tournees/bon?{address}")
    assert (shown.status, "Mme Weiß" in shown.text) == (200, True)
    assert "Prévu" not in shown.text
    answer = await served.client.get(f"/tournees/bon.pdf?{address}&version=1&lang={lang}")
    said = text_of(answer.content)
    assert all(words in said for words in (title, beside, "Mme Weiß", "Bac 600×400")), said
    assert ("Écart" in said, "Difference" in said) == (False, False)


async def test_the_week_shows_it_as_unplanned_beside_what_was_planned(served: Served) -> None:
    page, task = await taken_back(served)
    begun_only = await opened(served, "/tournees")
    assert "hors tournée" in begun_only.text
    assert "commencé" in begun_only.text.lower()
    await validated(served, page, task, ending="done", signer="Mme Weiß")
    week = await opened(served, "/tournees")
    (href,) = [each for each in week.attributes("a", "href") if each.startswith("/tournees/fiche")]
    one = await opened(served, href.replace("&amp;", "&"))
    assert (one.status, "Aucune tournée ne prévoyait cet arrêt" in one.text) == (200, True)
    at = one.texts.index("Bac 600×400")
    assert one.texts[at + 1 : at + 8] == ["Repris", "–", "3", "0", "0", "–", "–"]  # no plan that it would differ from
    rows = (await served.client.get(f"{href.replace('&amp;', '&')}&fichier=csv&table=stops")).text.splitlines()
    assert [each.split(",")[-6:] for each in rows if "Bac 600×400" in each] == [["", "3", "0", "0", "", ""]]
    assert "/tournees/plan/annuler" not in [form.action for form in one.forms]
    file = await served.client.get("/tournees?format=csv")
    assert "Rhin" in file.text or "Mulhouse" in file.text


async def test_nothing_of_it_waits_to_be_explained(served: Served) -> None:
    page, task = await taken_back(served)
    await validated(served, page, task, ending="done")
    assert "Arrêt hors tournée" not in (await opened(served, "/a-traiter")).text


async def test_a_task_at_no_partners_place_is_no_stop(served: Served) -> None:
    await a_station(served)
    for place in ("strasbourg", "atlantis", "<b>"):
        task = begun(date(2026, 1, 2), place, bytes)
        assert (await opened(served, f"{FREE}?tache={quote(task, safe='')}")).status == 404
    assert (
        await opened(served, f"/tournees/fiche?cle={quote('U-2026-13-45-00000000#mulhouse', safe='')}")
    ).status == 404


async def test_a_clock_that_was_wrong_when_it_began_hides_no_slip(served: Served) -> None:
    driver: Driver = await a_round(served, Role.MANAGER)
    task = begun(date(2026, 6, 30), "mulhouse", bytes)
    driver.scan("item.collected", 1, task=task)
    driver.validate(Found("collect", "bac", 0, 1, 0), task=task, signer="Mme Weiß")
    driver.send()
    address = quote(task, safe="")
    assert "Mme Weiß" in (await opened(served, f"/tournees/bon?tache={address}")).text
    week = await opened(served, "/tournees")
    assert [href for href in week.attributes("a", "href") if "U-2026-06-30" in href]
