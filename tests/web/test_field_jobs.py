"""Every job of the field is a page too: for each kind of event that a phone records, one where a browser records it."""

import ast

import pytest

from boucle.actions import ACTIONS
from boucle.events import KINDS
from boucle.receiving import VALIDATED as RECEPTION
from boucle.roles import CAPABILITIES, Role, may_record
from boucle.rounds import VALIDATED
from boucle_server.web.return_desk import ACTS
from boucle_server.web.routing import PageRoute
from boucle_server.web.station_jobs import JOBS
from boucle_server.web.work_steps import STEPS
from tests.api.serving import Served
from tests.builders import code
from tests.house.tree import python_files
from tests.server.figures_world import draft, record
from tests.server.workshop_world import NOW
from tests.web.browser import opened, sent, signed_in
from tests.web.station_world import a_station, item
from tests.web.test_rights import place_of, routes

ROLES = (Role.DRIVER, Role.WAREHOUSE, Role.TECHNICIAN, Role.INSPECTOR)
"""Whoever works with a phone."""
STATION = "/saisie/{slug}"
STEP = "/atelier/etape/{step}/{code:path}"
RETURN_ACT = "/retours/acte/{act}/{rma:path}"
PAGES = {
    **{job.kind: STATION for job in JOBS.values()},
    **dict.fromkeys(ACTS.values(), RETURN_ACT),
    **{step.kind: STEP for step in STEPS},
    **dict.fromkeys(("item.moved", "item.received"), STATION),
    "work.opened": "/atelier/ouvrir",
    "part.installed": STEP,
    "part.removed": STEP,
    "item.treated": "/saisie/peser/{way}",
    "return.announced": "/retours/annoncer",
    "label.minted": "/etiquettes",
    VALIDATED: "/saisie/arret",
    RECEPTION: "/saisie/reception",
}
"""The page of each kind, as its route is written."""
UNDONE_WHERE_IT_WAS_DONE = "event.voided"
"""Every page takes back what it recorded; there is no page of its own for that."""


def on_the_phone() -> set[str]:
    """Give the kinds that the app names, itself or by an action, and those of a validation."""
    texts = {
        node.value
        for path in python_files("field_app")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }
    by_action = {ACTIONS[text].kind for text in texts & ACTIONS.keys()}
    # The word "note" is a field of several forms; no screen records a bare note.
    return ((texts & KINDS.keys()) | by_action | {VALIDATED, RECEPTION}) - {"scan.noted"}


def test_every_kind_that_a_phone_records_has_its_page() -> None:
    kinds = on_the_phone()
    assert len(kinds) > 45
    assert sorted(kinds - PAGES.keys()) == [UNDONE_WHERE_IT_WAS_DONE]


@pytest.fixture(scope="module")
def pages() -> dict[tuple[str, str], PageRoute]:
    """Give every page by its path and method."""
    return {(route.path, method): route for route in routes() for method in route.methods or ()}


@pytest.mark.parametrize("kind", sorted(PAGES))
def test_a_page_of_a_job_takes_a_form_without_a_script_from_everybody_whose_job_it_is(
    kind: str, pages: dict[tuple[str, str], PageRoute]
) -> None:
    assert (PAGES[kind], "GET") in pages, PAGES[kind]
    place = place_of(pages[PAGES[kind], "POST"])
    doing = [role for role in ROLES if may_record(CAPABILITIES[role], kind)]
    assert [role for role in doing if not place.allows(CAPABILITIES[role])] == []


async def test_an_inspector_finds_what_waits_for_its_release_and_sends_it_back_to_the_workshop(served: Served) -> None:
    await a_station(served, Role.INSPECTOR)
    washed = [
        draft("item.sorted", code(30), at=5, place="strasbourg", body={"verdict": "dirty"}),
        draft("item.cleaned", code(30), at=6, place="strasbourg", body={"requalify": True}),
    ]
    record(served.database, "acme", washed, now_ms=NOW)
    assert item(served, 30).stage == "requalifying"
    page = await opened(served, f"/objets/{code(30)}")
    assert "Décider s’il peut resservir" in page.text
    (ticket,) = [href for href in page.attributes("a", "href") if href.startswith("/atelier/fiche/")]
    page = await opened(served, ticket)
    (step,) = [href for href in page.attributes("a", "href") if "/etape/ecarter/" in href]
    page = await opened(served, step)
    answers = {"check.tested": "no", "check.complete": "yes", "check.labelled": "yes", "reason": "Un pied plie."}
    served.clock.ms += 60_000
    assert (await sent(served, page.form(step), **answers)).status_code == 303
    assert item(served, 30).stage == "in_repair"
    # Whoever may not decide that is led to nothing, and what is on a shelf waits for nobody.
    assert "Décider s’il peut resservir" not in (await opened(served, f"/objets/{code(31)}")).text
    served.client.cookies.clear()
    await signed_in(served, Role.DRIVER)
    assert "Décider s’il peut resservir" not in (await opened(served, f"/objets/{code(30)}")).text
