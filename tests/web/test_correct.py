"""Correcting an event on the page of its item: voided or replaced, with a reason, by who may, once, with a way back."""

import httpx
import pytest
import sqlalchemy as sa

from boucle.roles import Role
from boucle_server import amending
from boucle_server.projections import SqlStore
from boucle_server.tables import RECORD
from boucle_server.web.item_words import href_of
from tests.api.serving import Served
from tests.builders import code
from tests.server import figures_world
from tests.server.figures_world import a_small_year, draft, events_in, record
from tests.web.browser import Page, opened, sent, signed_in
from tests.web.station_world import item

NEW = code(500)
ITEM = href_of(NEW)


async def a_crate_that_was_shipped(served: Served) -> str:
    """Give the id of the event by which one crate went to Nancy."""
    a_small_year(served.database)
    life = [
        draft("item.commissioned", NEW, at=101, body={"type": "bac"}, place="strasbourg"),
        draft("item.shipped", NEW, at=102, body={"to": "nancy"}, place="strasbourg"),
    ]
    record(served.database, "acme", life)
    served.clock.ms = figures_world.NOW
    with served.database.reading() as connection:
        query = sa.select(RECORD.c.id).where(RECORD.c.subject == NEW, RECORD.c.kind == "item.shipped/1")
        return str(connection.execute(query).scalar_one())


async def correct(served: Served, event: str, **typed: str) -> httpx.Response:
    path = f"/objets/corriger/{event}"
    return await sent(served, (await opened(served, path)).form(path), **typed)


async def test_another_place_replaces_the_one_that_was_noted_and_one_click_takes_it_back(served: Served) -> None:
    event = await a_crate_that_was_shipped(served)
    await signed_in(served)
    page = await opened(served, ITEM)
    assert f"/objets/corriger/{event}" in page.attributes("a", "href")
    asked = await opened(served, f"/objets/corriger/{event}")
    assert "Nancy" in asked.text
    with served.database.reading() as connection:
        where = next(each.text("to") for each in events_in(connection, "acme") if each.id == event)
    other = "strasbourg" if where != "strasbourg" else "nancy"
    answer = await correct(served, event, fix="place", place=other, because="place")
    assert answer.status_code == 303, answer.text
    after = await opened(served, answer.headers["location"])
    assert "C’est corrigé." in after.text
    assert "motif de la correction : Mauvais lieu" in after.text
    assert f"/objets/corriger/{event}" not in after.attributes("a", "href")
    with served.database.reading() as connection:
        made = [each for each in events_in(connection, "acme") if each.corrects == event]
    assert [(each.kind, each.text("to"), each.subject) for each in made] == [("item.shipped", other, NEW)]
    undone = await sent(served, after.form("/objets/corriger/annuler"))
    assert undone.headers["location"].startswith(ITEM)
    with served.database.reading() as connection:
        voids = [each.text("target") for each in events_in(connection, "acme") if each.kind == "event.voided"]
    assert voids[-1:] == [made[0].id]
    # What was taken back leaves the event as it was: it can be corrected again.
    assert f"/objets/corriger/{event}" in (await opened(served, ITEM)).attributes("a", "href")
    assert (await correct(served, event, fix="void", because="other", reason="Rien n’est parti")).status_code == 303


async def test_what_did_not_happen_did_not_in_the_words_before_its_correction_either(served: Served) -> None:
    event = await a_crate_that_was_shipped(served)
    await signed_in(served)
    with served.database.reading() as connection:
        where = next(each.text("to") for each in events_in(connection, "acme") if each.id == event)
    other = "strasbourg" if where != "strasbourg" else "nancy"
    await correct(served, event, fix="place", place=other, because="place")
    with served.database.reading() as connection:
        (made,) = [each.id for each in events_in(connection, "acme") if each.corrects == event]
    answer = await correct(served, made, fix="void", because="other", reason="Jamais parti")
    assert answer.status_code == 303, answer.text
    with served.database.reading() as connection:
        voids = {each.text("target") for each in events_in(connection, "acme") if each.kind == "event.voided"}
    assert voids == {made, event}
    assert item(served, 500).stage == "available"


async def test_what_did_not_happen_did_not_in_a_correction_that_another_made_meanwhile_either(served: Served) -> None:
    event = await a_crate_that_was_shipped(served)
    await signed_in(served)
    for at, other in ((103, "strasbourg"), (104, "nancy")):  # two devices, neither of which knew of the other
        said = draft("item.shipped", NEW, at=at, body={"to": other}, place="strasbourg", corrects=event)
        record(served.database, "acme", [said])
    with served.database.reading() as connection:
        first, second = [each.id for each in events_in(connection, "acme") if each.corrects == event]
    answer = await correct(served, second, fix="void", because="other", reason="Jamais parti")
    assert answer.status_code == 303, answer.text
    with served.database.reading() as connection:
        voids = {each.text("target") for each in events_in(connection, "acme") if each.kind == "event.voided"}
    assert voids == {first, second, event}
    assert item(served, 500).stage == "available"


async def test_a_void_that_voids_nothing_leaves_a_correction_in_force(served: Served) -> None:
    event = await a_crate_that_was_shipped(served)
    await signed_in(served)
    await correct(served, event, fix="place", place="strasbourg", because="place")
    with served.database.reading() as connection:
        (made,) = [each for each in events_in(connection, "acme") if each.corrects == event]
    record(served.database, "acme", [draft("event.voided", code(1), at=103, body={"target": made.id})])
    with served.database.reading() as connection:
        store = SqlStore(connection, "acme")
        assert amending.is_amended(store, event)  # the void is of another thing than its target
        assert [each.id for each in amending.said_before(store, made)] == [event]
    await correct(served, made.id, fix="void", because="other", reason="Jamais parti")
    with served.database.reading() as connection:
        (void,) = [each for each in events_in(connection, "acme") if each.text("target") == event]
    record(served.database, "acme", [draft("event.voided", NEW, at=104, body={"target": void.id})])
    with served.database.reading() as connection:
        assert amending.is_amended(SqlStore(connection, "acme"), event)  # nothing voids a void


async def test_what_did_not_happen_is_voided_with_its_reason_and_only_once(served: Served) -> None:
    event = await a_crate_that_was_shipped(served)
    await signed_in(served)
    answer = await correct(served, event, fix="void", because="other", reason="Chargé puis redescendu")
    after = await opened(served, answer.headers["location"])
    assert "L’événement est annulé." in after.text
    assert "motif : Chargé puis redescendu" in after.text
    again = await opened(served, f"/objets/corriger/{event}")
    assert again.status == 409
    assert "a déjà été annulé ou corrigé. Rien n’a changé" in again.text


@pytest.mark.parametrize(
    ("typed", "told"),
    [
        ({}, "Choisissez une des réponses proposées."),
        ({"fix": "void"}, "Choisissez une des réponses proposées."),
        ({"fix": "void", "because": "other"}, "Dites pourquoi, en quelques mots."),
        ({"fix": "place", "because": "place"}, "Choisissez une des réponses proposées."),
        ({"fix": "place", "place": "nancy", "because": "place"}, "C’est le lieu déjà noté."),
        ({"fix": "number", "because": "number"}, "Choisissez une des réponses proposées."),
    ],
)
async def test_an_answer_that_does_not_hold_is_said_beside_its_field_and_records_nothing(
    served: Served, typed: dict[str, str], told: str
) -> None:
    event = await a_crate_that_was_shipped(served)
    await signed_in(served)
    answer = await correct(served, event, **typed)
    assert answer.status_code == 422
    assert told in Page(answer).text
    with served.database.reading() as connection:
        assert not [each for each in events_in(connection, "acme") if event in (each.corrects, each.text("target"))]


async def test_whoever_does_not_run_the_loops_is_neither_offered_it_nor_let_in(served: Served) -> None:
    event = await a_crate_that_was_shipped(served)
    await signed_in(served, Role.WAREHOUSE)
    assert f"/objets/corriger/{event}" not in (await opened(served, ITEM)).attributes("a", "href")
    assert (await opened(served, f"/objets/corriger/{event}")).status == 403


async def test_an_event_of_another_organisation_does_not_exist_here(served: Served) -> None:
    event = await a_crate_that_was_shipped(served)
    a_small_year(served.database, "globex")
    await signed_in(served, org="globex")
    assert (await opened(served, f"/objets/corriger/{event}")).status == 404
