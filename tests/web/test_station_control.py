"""Controls at the scan station: the checklist of the type asked item by item, its version kept, its verdict judged."""

from typing import Any

from boucle.answers import answers_of
from boucle.checklists import Checklist, Moment, checklist_for
from boucle.events import Event
from boucle.roles import Role
from boucle_server.projections import load_book
from boucle_server.server_device import Draft
from tests.api.serving import Served
from tests.builders import code
from tests.server.figures_world import events_in, record
from tests.web.browser import Page, opened, sent, signed_in
from tests.web.station_photos import a_camera_picture, asks_for, brought, kept
from tests.web.station_world import NOW, a_station, at, item, scan

HERE = "/saisie/controler?lieu=strasbourg"
STEPS: list[dict[str, Any]] = [
    {"id": "propre", "asks": "yes_no", "words": {"fr": "Propre, sans étiquette ancienne"}, "blocking": True},
    {"id": "fond", "asks": "measure", "words": {"fr": "Flèche du fond"}, "unit": "um", "high": 5000},
    {
        "id": "coin",
        "asks": "choice",
        "words": {"fr": "Coins"},
        "choices": [
            {"id": "bons", "words": {"fr": "Bons"}},
            {"id": "fendus", "words": {"fr": "Fendus"}, "passes": False},
        ],
    },
]


def listed(served: Served, *steps: dict[str, Any], at_ms: int = NOW - 5_000) -> None:
    """Let a checklist hold for crates from an instant."""
    row = {"moment": "control", "words": {"fr": "Contrôle des bacs"}, "types": ["bac"], "steps": list(steps)}
    body = {"table": "checklist", "key": "bacs", "valid_from": at_ms, "row": row}
    record(served.database, "acme", [Draft(kind="reference.set", fields={"body": body})], now_ms=served.clock.ms)


def held(served: Served) -> Checklist:
    with served.database.reading() as connection:
        found = checklist_for(load_book(connection, "acme"), "bac", Moment.CONTROL, at_ms=served.clock.ms)
    assert found is not None
    return found


def controls(served: Served) -> list[Event]:
    with served.database.reading() as connection:
        found = [each for each in events_in(connection, "acme") if each.kind == "item.sorted"]
    return sorted(found, key=lambda event: event.order)


async def asked(served: Served, number: int = 30) -> Page:
    """Scan an item at the station: its questions open."""
    page = await scan(served, await at(served, HERE), code(number))
    assert "/saisie/controler/objet" in str(page.answer.url)
    return page


async def test_the_checklist_of_the_type_is_asked_and_its_version_stands_with_the_answers(served: Served) -> None:
    await a_station(served, Role.WAREHOUSE)
    listed(served, *STEPS)
    page = await asked(served)
    for words in ("Contrôle des bacs", "Propre, sans étiquette ancienne", "Flèche du fond", "5 mm"):
        assert words in page.text, page.text
    answer = await sent(
        served, page.forms[-1], **{"q.propre": "yes", "q.fond": "2,5", "q.coin": "bons", "verdict": "ok"}
    )
    assert answer.status_code == 303, Page(answer).text
    after = await at(served, answer.headers["location"])
    assert "Contrôlé" in after.text
    (event,) = controls(served)
    assert event.text("checklist") == held(served).ref
    assert answers_of(event)["propre"] is True
    assert event.body["checks"] == {"propre": True}
    assert event.text("verdict") == "ok"
    again = await scan(served, after, code(30))
    assert "Déjà" in again.text
    assert len(controls(served)) == 1


async def test_good_is_refused_while_a_blocking_step_is_open_or_failed_and_nothing_typed_is_lost(
    served: Served,
) -> None:
    await a_station(served, Role.WAREHOUSE)
    listed(served, *STEPS)
    page = await asked(served)
    for typed, says in (({}, "Il manque une réponse obligatoire"), ({"q.propre": "no"}, "obligatoire a échoué")):
        refused = await sent(served, page.forms[-1], **typed, **{"q.coin": "fendus", "verdict": "ok"})
        assert refused.status_code == 422
        told = Page(refused)
        assert says in told.text
        assert "Propre, sans étiquette ancienne" in told.text
        assert '<option value="fendus" selected>' in refused.text
    bad = await sent(served, page.forms[-1], **{"q.fond": "abc", "verdict": "dirty"})
    assert bad.status_code == 422
    assert controls(served) == []
    dirty = await sent(served, page.forms[-1], **{"q.propre": "no", "verdict": "dirty"})
    assert dirty.status_code == 303
    (event,) = controls(served)
    assert (event.text("verdict"), event.body["checks"]) == ("dirty", {"propre": False})
    assert item(served, 30).stage == "cleaning"


async def test_a_list_that_is_edited_while_it_is_answered_keeps_the_version_that_asked_and_says_so(
    served: Served,
) -> None:
    await a_station(served, Role.WAREHOUSE)
    listed(served, *STEPS)
    before = held(served).ref
    page = await asked(served)
    served.clock.ms += 60_000
    listed(served, STEPS[0] | {"words": {"fr": "Propre dedans et dehors"}}, at_ms=served.clock.ms)
    assert held(served).ref != before
    refused = Page(await sent(served, page.forms[-1], verdict="ok"))
    assert "Propre, sans étiquette ancienne" in refused.text  # what was asked stays what is asked
    assert "a été modifiée entre-temps" in refused.text
    done = await sent(served, page.forms[-1], **{"q.propre": "yes", "verdict": "ok"})
    after = await at(served, done.headers["location"])
    assert "a été modifiée entre-temps" in after.text
    (event,) = controls(served)
    assert event.text("checklist") == before


async def test_a_type_without_a_checklist_is_controlled_by_eye(served: Served) -> None:
    await a_station(served, Role.WAREHOUSE)
    page = await asked(served)
    assert "le contrôle se fait à l’œil" in page.text
    assert (await sent(served, page.forms[-1])).status_code == 422  # a verdict is needed
    assert (await sent(served, page.forms[-1], verdict="ok")).status_code == 303
    assert [event.text("verdict") for event in controls(served)] == ["ok"]


async def test_the_photo_that_the_place_asks_for_is_asked_once_and_kept_with_the_verdict(served: Served) -> None:
    await a_station(served, Role.WAREHOUSE)
    asks_for(served, "scrap")
    listed(served, *STEPS)
    page = await asked(served)
    without = await sent(served, page.forms[-1], verdict="scrap", **{"q.propre": "no"})
    assert (without.status_code, "Ce lieu demande une photo" in without.text) == (409, True)
    assert controls(served) == []
    asked_once = Page(without)
    done = await brought(served, asked_once.forms[-1], a_camera_picture(), verdict="scrap", **{"q.propre": "no"})
    assert done.status_code == 303, Page(done).text
    (event,) = controls(served)
    assert len(event.photos) == len(kept(served)) == 1
    other = await asked(served, 31)
    refused = Page(await sent(served, other.forms[-1], verdict="scrap"))
    assert (await sent(served, refused.forms[-1], verdict="scrap")).status_code == 303  # it waits in To do instead


async def test_of_a_pasted_list_one_item_is_asked_and_the_others_are_said_to_wait(served: Served) -> None:
    await a_station(served, Role.WAREHOUSE)
    page = await scan(served, await at(served, HERE), code(30), code(31), code(32))
    assert "2 codes n’ont pas été pris" in page.text
    done = await sent(served, page.forms[-1], verdict="ok")
    after = await at(served, done.headers["location"])
    assert after.text.count("Choisissez d’abord un verdict") == 2
    assert len(controls(served)) == 1


async def test_who_may_not_sort_controls_nothing_and_an_item_that_nobody_names_is_no_page(served: Served) -> None:
    await a_station(served, Role.DRIVER)
    assert (await opened(served, f"/saisie/controler/objet?code={code(30)}&lieu=strasbourg")).status == 403
    served.client.cookies.clear()
    await signed_in(served, Role.WAREHOUSE)
    assert (await opened(served, "/saisie/controler/objet?lieu=strasbourg")).status == 404
