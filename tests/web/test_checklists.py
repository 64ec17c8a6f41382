"""The editor of checklists: a new version each time, what the phone will show, and nothing of the past changed."""

import httpx
import pytest
import sqlalchemy as sa

from boucle.checklists import TABLE, Asks, Checklist, checklists_in, read_checklist
from boucle.roles import Role
from boucle_server.projections import load_book
from boucle_server.tables import RECORD
from tests.api.serving import Served
from tests.server.workshop_world import NOW
from tests.web.browser import Form, Page, opened, sent
from tests.web.test_workshop import a_bench, item, said

LISTS = "/administration/listes"
ONE = f"{LISTS}/liste"
NEW = {"key": "moteur-fin", "name": "Contrôle du moteur", "moment": "quality", "types": "moteur"}
LOOKS = {"s1.question": "Aspect", "s1.asks": "choice", "s1.choices": "intact | fendu !", "s1.blocking": "oui"}
LOAD = {"s2.question": "Charge tenue", "s2.asks": "measure", "s2.unit": "g", "s2.low": "12,5", "s2.photo": "oui"}


def held(served: Served, key: str = "moteur-fin") -> list[Checklist]:
    with served.database.reading() as connection:
        versions = load_book(connection, "acme").versions_of(TABLE, key)
    return [of for each in versions if (of := read_checklist(each)) is not None]


def recorded(served: Served) -> int:
    with served.database.reading() as connection:
        count: int = connection.execute(sa.select(sa.func.count()).select_from(RECORD)).scalar_one()
    return count


def filled(page: Page) -> Form:
    """Give the editor as a browser would send it: ticked boxes alone, and what is chosen."""
    form = Form(action=ONE, method="post")
    inside, name = False, ""
    for tag, given in page.tags:
        if tag == "form":
            inside = given.get("action") == ONE and not form.values
        elif inside and tag == "input" and given.get("name"):
            if given.get("type") != "checkbox" or "checked" in given:
                form.values.append((given["name"] or "", given.get("value") or ""))
        elif inside and tag == "select":
            name = given["name"] or ""
            form.values.append((name, ""))
        elif inside and tag == "option" and "selected" in given:
            form.values.append((name, given.get("value") or ""))
    return form


async def saved(served: Served, query: str = "", **typed: str) -> httpx.Response:
    """Fill in the editor as it is shown, and send it a minute later."""
    form = filled(await opened(served, f"{ONE}{query}"))
    served.clock.ms += 60_000
    return await sent(served, form, **{"act": "save", **typed})


async def test_a_list_is_written_step_by_step_and_shown_as_the_phone_shows_it(served: Served) -> None:
    await a_bench(served, Role.MANAGER)
    assert "Aucune liste de contrôle" in (await opened(served, LISTS)).text
    answer = await saved(served, **NEW, **LOOKS, **LOAD)
    assert answer.status_code == 303, said(answer)
    (of,) = held(served)
    assert (of.types, [step.id for step in of.steps], of.valid_from) == (
        ("moteur",),
        ["aspect", "charge-tenue"],
        NOW + 60_000,
    )
    looks, load = of.steps
    assert (looks.asks, looks.blocking, [choice.passes for choice in looks.choices]) == (
        Asks.CHOICE,
        True,
        [True, False],
    )
    assert (load.asks, load.unit, load.low, load.photo) == (Asks.MEASURE, "g", 12_500, True)
    page = await opened(served, f"{ONE}?cle=moteur-fin")
    for text in (
        "Comme le téléphone la montre",
        "fendu (ne passe pas)",
        "au moins 12,5",
        "Signée par une autre personne",
    ):
        assert text in page.text, text
    assert "Contrôle du moteur" in (await opened(served, LISTS)).text
    taken = await served.client.get(f"{LISTS}?fichier=csv&table=checklists")
    assert "moteur-fin,Contrôle du moteur," in taken.text


async def test_a_change_is_a_new_version_in_the_order_that_was_typed_and_what_was_decided_stands(
    served: Served,
) -> None:
    await a_bench(served, Role.MANAGER)
    await saved(served, **NEW, **LOOKS, **LOAD)
    (first,) = held(served)
    changed = {"s1.at": "3", "s3.question": "Plaque lisible", "s3.at": "1"}
    assert (await saved(served, "?cle=moteur-fin", **changed)).status_code == 303
    before, after = held(served)
    assert before == first
    assert [step.id for step in after.steps] == ["plaque-lisible", "charge-tenue", "aspect"]
    assert item(served, 9).work_stage == "requalified"
    old = await opened(served, f"{ONE}?cle=moteur-fin&version={first.ref}")
    assert f"version {first.ref.rpartition('@')[2]}" in old.text
    same = await saved(served, "?cle=moteur-fin")
    assert "register_same_done" in same.headers["location"]
    assert len(held(served)) == 2


async def test_a_step_whose_question_is_emptied_goes_and_a_withdrawn_list_asks_nothing_more(served: Served) -> None:
    await a_bench(served, Role.MANAGER)
    await saved(served, **NEW, **LOOKS, **LOAD)
    await saved(served, "?cle=moteur-fin", **{"s1.question": ""})
    assert [step.id for step in held(served)[-1].steps] == ["charge-tenue"]
    page = await opened(served, f"{ONE}?cle=moteur-fin")
    served.clock.ms += 60_000
    form = next(each for each in page.forms if dict(each.values).get("act") == "withdraw")
    assert (await sent(served, form)).status_code == 303
    with served.database.reading() as connection:
        now = checklists_in(load_book(connection, "acme"), at_ms=served.clock.ms + 1)
    assert [each.steps for each in now] == [()]
    assert "Retirée" in (await opened(served, LISTS)).text
    assert "Charge tenue" in str(filled(await opened(served, f"{ONE}?cle=moteur-fin")).values)


@pytest.mark.parametrize(("typed", "told"), [
    ({"s1.question": ""}, "au moins une question"),
    ({"moment": ""}, "moment"),
    ({"key": "à b"}, "clé"),
    ({"s1.choices": "un seul"}, "choix"),
    ({**LOAD, "s2.low": "lourd"}, "pas une mesure"),
    ({**LOAD, "s2.high": "1"}, "minimum"),
    ({"valid_from": "demain"}, "date"),
])  # fmt: skip
async def test_what_is_wrong_is_told_beside_its_field_and_everything_typed_stays(
    served: Served, typed: dict[str, str], told: str
) -> None:
    await a_bench(served, Role.MANAGER)
    before = recorded(served)
    page = Page(await saved(served, **{**NEW, **LOOKS, **typed}))
    assert page.status == 422
    assert told in page.text.casefold()
    kept = dict(filled(page).values)
    assert kept["name"] == NEW["name"]
    assert recorded(served) == before


async def test_more_steps_are_given_without_losing_what_was_typed_and_a_past_start_is_asked_about(
    served: Served,
) -> None:
    await a_bench(served, Role.MANAGER)
    page = Page(await saved(served, **NEW, **LOOKS, act="more"))
    names = dict(filled(page).values)
    assert "s8.question" in names
    assert names["s1.question"] == "Aspect"
    asked = Page(await saved(served, **NEW, **LOOKS, valid_from="2026-01-05"))
    assert "vaudrait depuis une date passée" in asked.text
    assert held(served) == []
    again = await sent(served, filled(asked), act="save", sure="1")
    assert again.status_code == 303, said(again)
    # What was decided without it since then has no effect any more, and waits for a person.
    assert item(served, 9).work_stage == "quality_control"


async def test_a_new_list_never_overwrites_one_that_is_there(served: Served) -> None:
    await a_bench(served, Role.MANAGER)
    await saved(served, **NEW, **LOOKS)
    again = await saved(served, **{**NEW, "name": "Autre"}, **LOOKS)
    assert again.status_code == 422
    assert len(held(served)) == 1
