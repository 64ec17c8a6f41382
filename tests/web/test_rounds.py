"""Rounds on the web: the week, the plan as a form without scripts, what was found beside it, copied and cancelled."""

import json
from typing import Any

import httpx
import pytest

from boucle.reference import Book
from boucle.roles import Role
from boucle.rounds import Ending, Round, rounds_in
from boucle_server import people
from boucle_server.ingest import accept_own
from boucle_server.projections import load_book
from boucle_server.server_device import Draft
from boucle_server.web.places import STATION
from tests.api.serving import Served
from tests.builders import DAY, ORG
from tests.server.people import an_org
from tests.web.browser import Form, Page, a_person, opened, sent, sign_in
from tests.web.rounds_world import NOON, a_round, visited

FORM = "/tournees/plan"


def book_of(served: Served) -> Book:
    with served.database.reading() as connection:
        return load_book(connection, ORG)


def planned(served: Served) -> dict[str, Round]:
    return {each.key: each for each in rounds_in(book_of(served), at_ms=served.clock.ms)}


async def sending(served: Served, form: Form, **typed: str) -> httpx.Response:
    """Send a form a second later than the last one: of two versions of one instant neither is the later one."""
    served.clock.ms += 1000
    return await sent(served, form, **typed)


async def submitted(served: Served, path: str, **typed: str) -> Page:
    """Open a form and send it with what is typed, every choice as it stands."""
    page = await opened(served, path)
    return Page(await sending(served, page.form(FORM), **{**chosen(page), **typed}))


def chosen(page: Page) -> dict[str, str]:
    """Give what each choice of a page stands at."""
    found, name = {}, ""
    for tag, given in page.tags:
        if tag == "select":
            name = given["name"] or ""
            found[name] = ""
        elif tag == "option" and "selected" in given:
            found[name] = given["value"] or ""
    return found


async def test_the_week_lists_its_rounds_with_how_far_they_have_come(served: Served) -> None:
    driver = await a_round(served)
    page = await opened(served, "/tournees")
    assert page.status == 200
    assert "vendredi 02/01/2026" in page.text.lower()
    assert {"Sud Alsace", "prévue", "0/2"} <= set(page.texts)
    assert {"Repris / prévu", "0 / 6", "0 / 20"} <= set(page.texts)  # what is only planned does not read as taken
    visited(driver)
    driver.send()
    page = await opened(served, "/tournees")
    assert {"en cours", "1/2", "3 / 6", "20 / 20"} <= set(page.texts)
    assert "Aucune tournée cette semaine" in (await opened(served, "/tournees?jour=2025-06-02")).text
    assert "n’est pas une date" in (await opened(served, "/tournees?jour=demain")).text


async def test_planned_and_found_stand_beside_each_other(served: Served) -> None:
    driver = await a_round(served)
    visited(driver)
    driver.send()
    page = await opened(served, "/tournees/fiche?cle=T-1")
    row = page.texts.index("Bac 600×400")
    assert page.texts[row + 1 : row + 8] == ["Repris", "4", "3", "0", "0", "−1", "Encore utilisé"]
    assert "Signé par Mme Weiß" in page.text
    assert [href for href in page.attributes("a", "href") if "#e-" in href]
    assert "jusqu’à 11:30" in page.text
    driver.scan("item.collected", 3)
    driver.send()
    assert "1 changement après la dernière signature" in (await opened(served, "/tournees/fiche?cle=T-1")).text


@pytest.mark.parametrize(
    ("hours", "told"),
    [
        ("fri:09:00-12:00", "ouvert 09:00–12:00"),
        ("mon:09:00-12:00", "fermé ce jour-là, d’après ses heures d’ouverture"),
    ],
)
async def test_a_stop_says_when_its_place_is_open_on_the_day_of_the_round(
    served: Served, hours: str, told: str
) -> None:
    await a_round(served)
    stops = [{"id": "1", "place": "mulhouse", "opens": "08:00"}, {"id": "2", "place": "nancy"}]
    rows: list[tuple[str, str, dict[str, Any]]] = [
        ("site", "mulhouse", {"partner": "rhin", "hours": "fri:05:00-06:00"}),
        ("site", "nancy", {"partner": "nancy", "hours": hours}),
        ("round", "T-2", {"day": "2026-01-02", "name": "Sud", "stops": stops}),
    ]
    bodies = [{"table": table, "key": key, "valid_from": 0, "row": row} for table, key, row in rows]
    drafts = [Draft(kind="reference.set", fields={"body": body}) for body in bodies]
    with served.database.writing() as connection:
        accept_own(connection, ORG, drafts, actor="", now_ms=NOON)
    for path in ("/tournees/fiche?cle=T-2", f"{STATION.path}/arret?tache=T-2%232"):
        page = await opened(served, path)
        assert told in page.text, path
        assert "05:00" not in page.text, "a stop with hours of its own says those"


@pytest.mark.parametrize(
    ("lang", "on_form", "on_page"),
    [
        ("fr", "Fermé le vendredi 02/01/2026, d’après les heures d’ouverture : Nancy", "Fermé ce jour-là"),
        ("en", "Closed on Friday 2 Jan 2026, by opening hours: Nancy", "Closed on that day"),
    ],
)
async def test_a_round_on_a_day_on_which_a_stop_is_closed_is_warned_of_and_saved(
    served: Served, lang: str, on_form: str, on_page: str
) -> None:
    await a_round(served)
    closed = {"partner": "nancy", "name": "Nancy", "hours": "mon:09:00-12:00"}
    opens = {"partner": "rhin", "name": "Mulhouse", "hours": "fri:09:00-12:00"}
    bodies = [
        {"table": "site", "key": key, "valid_from": 0, "row": row}
        for key, row in (("nancy", closed), ("mulhouse", opens))
    ]
    with served.database.writing() as connection:
        drafts = [Draft(kind="reference.set", fields={"body": body}) for body in bodies]
        accept_own(connection, ORG, drafts, actor="", now_ms=NOON)
    page = await opened(served, f"{FORM}?jour=2026-01-02&lang={lang}")
    typed = {"s0.place": "mulhouse", "s0.l0.type": "bac", "s0.l0.collect": "1"}
    grown = Page(await sending(served, page.form(FORM), **typed, do="stop"))
    assert "09:00–12:00" in grown.text
    assert on_form.partition(",")[0] not in grown.text
    also = {**chosen(grown), "s1.place": "nancy", "s1.l0.type": "bac", "s1.l0.collect": "1"}
    warned = Page(await sending(served, grown.form(FORM), **also, do="lines"))
    assert (warned.status, on_form in warned.text) == (200, True), warned.text
    assert "Mulhouse." not in warned.text.partition(on_form)[2][:30]
    done = await sending(served, warned.form(FORM), **chosen(warned))
    assert done.status_code == 303
    shown = await opened(served, done.headers["location"])
    assert (on_page in shown.text, "Nancy" in shown.text) == (True, True)
    assert on_page not in (await opened(served, f"{FORM}?jour=2026-01-05")).text
    monday = Page(await sending(served, warned.form(FORM), **chosen(warned), day="2026-01-05", do="lines"))
    assert "Mulhouse" in monday.text.partition({"fr": "d’ouverture", "en": "opening hours"}[lang])[2][:60]


async def test_a_round_that_is_not_there_is_told(served: Served) -> None:
    await a_round(served)
    for path in ("/tournees/fiche", "/tournees/fiche?cle=nope", f"{FORM}?cle=nope", f"{FORM}?copie=nope"):
        page = await opened(served, path)
        assert (page.status, "n’existe pas" in page.text) == (404, True), path


async def test_a_round_is_planned_by_a_form_alone(served: Served) -> None:
    await a_round(served)
    with served.database.writing(ORG) as connection:
        person = people.add_operator(
            connection, ORG, name="Camille", role=Role.DRIVER, pin="2580", badge="", site="", now_ms=NOON
        )
    page = await opened(served, f"{FORM}?jour=2026-01-05")
    assert person in page.attributes("option", "value")
    typed = {
        "name": "Lorraine été", "home": "metz", "person": person, "s0.place": "nancy", "s0.opens": "8:30",
        "s0.closes": "10:00", "s0.note": "sonner", "s0.l0.type": "bac", "s0.l0.collect": "12", "s0.l0.deliver": "30",
        "s0.l1.type": "roll", "s0.l1.collect": "2",
    }  # fmt: skip
    grown = Page(await sending(served, page.form(FORM), **typed, do="stop"))
    assert "pas encore enregistrées" in grown.text
    assert len(planned(served)) == 1
    done = await sending(
        served, grown.form(FORM), **{**chosen(grown), "s1.place": "colmar", "s1.l0.type": "film", "s1.l0.deliver": "5"}
    )
    assert done.status_code == 303
    made = planned(served)["2026-01-05-lorraine-ete"]
    assert (made.name, made.home, made.person) == ("Lorraine été", "metz", person)
    assert [(stop.id, stop.place, dict(stop.collect), dict(stop.deliver)) for stop in made.stops] == [
        ("1", "nancy", {"bac": 12, "roll": 2}, {"bac": 30}),
        ("2", "colmar", {}, {"film": 5}),
    ]
    assert (made.stops[0].opens, made.stops[0].closes, made.stops[0].note) == ("08:30", "10:00", "sonner")


async def test_stops_change_places_by_buttons_and_keep_their_scans(served: Served) -> None:
    driver = await a_round(served)
    visited(driver)
    driver.send()
    page = await opened(served, f"{FORM}?cle=T-1")
    moved = Page(await sending(served, page.form(FORM), **chosen(page), do="down:0"))
    assert [stop.id for stop in planned(served)["T-1"].stops] == ["1", "2"]
    assert (await sending(served, moved.form(FORM), **chosen(moved))).status_code == 303
    after = planned(served)["T-1"]
    assert [(stop.id, stop.place) for stop in after.stops] == [("2", "nancy"), ("1", "mulhouse")]
    assert after.stops[1].note == "Quai 3"
    assert len(book_of(served).versions_of("round", "T-1")) == 2
    shown = await opened(served, "/tournees/fiche?cle=T-1")
    assert "Signé par Mme Weiß" in shown.text
    assert "2 versions du plan" in shown.text


async def test_a_stop_that_is_removed_leaves_its_scans_and_its_number(served: Served) -> None:
    driver = await a_round(served)
    visited(driver)
    driver.send()
    page = await opened(served, f"{FORM}?cle=T-1")
    fewer = Page(await sending(served, page.form(FORM), **chosen(page), do="drop:0"))
    grown = Page(await sending(served, fewer.form(FORM), **chosen(fewer), do="stop"))
    await sending(served, grown.form(FORM), **{**chosen(grown), "s1.place": "colmar"})
    assert [(stop.id, stop.place) for stop in planned(served)["T-1"].stops] == [("2", "nancy"), ("3", "colmar")]
    shown = await opened(served, "/tournees/fiche?cle=T-1")
    assert "hors plan" in shown.text
    assert "Signé par Mme Weiß" in shown.text


@pytest.mark.parametrize(
    ("typed", "told"),
    [
        ({"day": ""}, "Un jour est nécessaire"),
        ({"day": "31/02/2026"}, "Ce n’est pas un jour"),
        ({"day": "9999-12-31"}, "Ce n’est pas un jour"),
        ({"home": "nowhere"}, "Ce choix n’existe plus"),
        ({"person": "p-nobody"}, "Ce choix n’existe plus"),
        ({"s0.place": ""}, "Choisissez le lieu"),
        ({"s0.opens": "25:00"}, "Ce n’est pas une heure"),
        ({"s0.opens": "12:00", "s0.closes": "09:00"}, "La fin vient avant le début"),
        ({"s0.l0.collect": "beaucoup"}, "Ce n’est pas un nombre"),
        ({"s0.l0.collect": "-3"}, "Ce n’est pas un nombre positif"),
        ({"s0.l0.collect": "99999999999"}, "trop"),
        ({"s0.l0.type": ""}, "Choisissez un type"),
        ({"s0.l1.type": "bac"}, "déjà sur une autre ligne"),
        ({"s0.l2.type": "roll"}, "Donnez un nombre"),
    ],
)
async def test_what_is_wrong_is_said_beside_it_and_nothing_typed_is_lost(
    served: Served, typed: dict[str, str], told: str
) -> None:
    await a_round(served)
    page = await submitted(served, f"{FORM}?cle=T-1", **{"name": "Gardé tel quel", **typed})
    assert page.status == 422
    assert told in page.text
    assert "Rien n’est enregistré" in page.text
    assert "Gardé tel quel" in page.attributes("input", "value")
    assert len(book_of(served).versions_of("round", "T-1")) == 1


async def test_a_round_without_stops_or_too_long_is_not_saved(served: Served) -> None:
    await a_round(served)
    page = await opened(served, FORM)
    bare = Page(await sending(served, page.form(FORM), day="2026-01-05", name="Vide"))
    assert (bare.status, "au moins un arrêt" in bare.text) == (422, True)
    long: dict[str, Any] = {f"s{n}.place": "nancy" for n in range(60)} | {f"s{n}.note": "é" * 400 for n in range(60)}
    full = Page(await sending(served, page.form(FORM), day="2026-01-05", **long))
    assert (full.status, "trop longue pour un seul plan" in full.text) == (422, True)


async def test_a_change_by_somebody_else_meanwhile_is_not_lost_unnoticed(served: Served) -> None:
    await a_round(served)
    first, second = await opened(served, f"{FORM}?cle=T-1"), await opened(served, f"{FORM}?cle=T-1")
    assert (await sending(served, first.form(FORM), **{**chosen(first), "name": "Un"})).status_code == 303
    told = Page(await sending(served, second.form(FORM), **{**chosen(second), "name": "Deux"}))
    assert (told.status, "entre-temps" in told.text) == (422, True)
    assert planned(served)["T-1"].name == "Un"
    assert (await sending(served, told.form(FORM), **chosen(told))).status_code == 303
    assert planned(served)["T-1"].name == "Deux"


async def test_saving_without_a_change_makes_no_version(served: Served) -> None:
    await a_round(served)
    await submitted(served, f"{FORM}?cle=T-1")
    assert len(book_of(served).versions_of("round", "T-1")) == 1


async def test_a_copy_is_another_round_a_week_later(served: Served) -> None:
    await a_round(served)
    page = await submitted(served, f"{FORM}?copie=T-1")
    assert page.answer.headers["location"].startswith("/tournees/fiche")
    made = planned(served)
    assert made["2026-01-09-sud-alsace"].stops == made["T-1"].stops


async def test_a_round_is_cancelled_and_restored(served: Served) -> None:
    driver = await a_round(served)
    visited(driver)
    driver.send()
    page = await opened(served, "/tournees/fiche?cle=T-1")
    await sending(served, page.form("/tournees/plan/annuler"), do="cancel")
    assert planned(served)["T-1"].cancelled
    page = await opened(served, "/tournees/fiche?cle=T-1")
    assert "Ce qui y a été scanné reste compté" in page.text
    assert "Signé par Mme Weiß" in page.text
    await submitted(served, f"{FORM}?cle=T-1", name="Toujours annulée")
    assert planned(served)["T-1"].cancelled
    await sending(served, page.form("/tournees/plan/annuler"), do="restore")
    assert not planned(served)["T-1"].cancelled


@pytest.mark.parametrize("role", [Role.DRIVER, Role.READER])
async def test_who_may_not_plan_sees_the_round_without_its_buttons(served: Served, role: Role) -> None:
    await a_round(served, role)
    page = await opened(served, "/tournees/fiche?cle=T-1")
    assert page.status == 200
    assert not [href for href in page.attributes("a", "href") if href.startswith(FORM)]
    assert (await opened(served, f"{FORM}?cle=T-1")).status == 403


async def test_buttons_that_make_no_sense_change_nothing(served: Served) -> None:
    await a_round(served)
    for act in ("up:0", "down:9", "drop:99999999", "up:x", "up:²", "boom", "lines"):
        page = await submitted(served, f"{FORM}?cle=T-1", do=act)
        assert page.status == 200, act
        assert [value for name, value in chosen(page).items() if name.endswith(".place")] == ["mulhouse", "nancy"]


async def test_a_phone_and_the_web_of_another_organisation_see_nothing(served: Served) -> None:
    await a_round(served)
    served.client.cookies.clear()
    an_org(served.database)
    a_person(served, Role.MANAGER, login="stranger")
    assert (await sign_in(served, "stranger")).status_code == 303
    assert (await opened(served, "/tournees/fiche?cle=T-1")).status == 404
    assert "Sud Alsace" not in (await opened(served, "/tournees?jour=2026-01-02")).text


@pytest.mark.parametrize("day", ["0001-01-01", "9999-12-31"])
async def test_a_plan_of_a_day_that_no_calendar_needs_is_shown_all_the_same(served: Served, day: str) -> None:
    await a_round(served)
    row = {"day": day, "name": "Lointaine", "stops": [{"id": "1", "place": "nancy", "collect": {"bac": 1}}]}
    body = {"table": "round", "key": "T-9", "valid_from": 0, "row": row}
    with served.database.writing(ORG) as connection:
        accept_own(connection, ORG, [Draft(kind="reference.set", fields={"body": body})], actor="", now_ms=NOON)
    assert (await opened(served, "/tournees/fiche?cle=T-9")).status == 200
    assert (await opened(served, f"{FORM}?copie=T-9")).status == 200


async def tomorrow(served: Served) -> None:
    """Let a day pass; whoever comes back signs in again."""
    served.clock.ms += DAY
    assert (await sign_in(served, Role.MANAGER.value)).status_code == 303


async def a_day_later(served: Served) -> None:
    """Drive one stop of two, and let the day pass."""
    driver = await a_round(served)
    visited(driver)
    driver.send()
    await tomorrow(served)


async def incomplete(served: Served) -> str:
    return (await opened(served, "/a-traiter?kind=round")).text


async def test_a_round_that_is_over_with_a_stop_not_made_waits_until_somebody_says_why(served: Served) -> None:
    await a_day_later(served)
    listed = await opened(served, "/a-traiter?kind=round")
    assert "Tournée du 02/01/2026 : 1 arrêt sur 2 sans validation" in listed.text
    assert "pas encore reçus du téléphone : Nancy Électronique" in listed.text
    (href,) = {each for each in listed.attributes("a", "href") if each.endswith("#clore")}
    page = await opened(served, href.partition("#")[0])
    assert "incomplète" in page.text
    form = page.form("/tournees/plan/clore")
    refused = await sending(served, form, do="end", reason="  ")
    assert refused.status_code == 422
    assert planned(served)["T-1"].ended == ""
    await sending(served, form, do="end", reason="Camion en panne à Sélestat")
    assert planned(served)["T-1"].ended == "Camion en panne à Sélestat"
    assert "Tournée du 02/01" not in await incomplete(served)
    page = await opened(served, "/tournees/fiche?cle=T-1")
    assert "close sans tous ses arrêts : Camion en panne à Sélestat" in page.text
    assert "Signé par Mme Weiß" in page.text
    assert "close, incomplète" in (await opened(served, "/tournees?jour=2026-01-02")).text
    await submitted(served, f"{FORM}?cle=T-1", name="Toujours close")
    assert planned(served)["T-1"].ended
    await sending(served, page.form("/tournees/plan/clore"), do="again")
    assert planned(served)["T-1"].ended == ""
    assert "Tournée du 02/01" in await incomplete(served)


async def test_the_stops_left_are_planned_again_without_those_that_were_made(served: Served) -> None:
    await a_day_later(served)
    page = await opened(served, "/tournees/fiche?cle=T-1")
    (href,) = {each for each in page.attributes("a", "href") if "reste=1" in each}
    await submitted(served, href)
    (made,) = [each for key, each in planned(served).items() if key != "T-1"]
    assert (made.day.isoformat(), [stop.place for stop in made.stops]) == ("2026-01-04", ["nancy"])


async def test_a_stop_that_could_not_be_made_is_explained_and_waits_for_nobody(served: Served) -> None:
    driver = await a_round(served)
    visited(driver)
    driver.validate(task="T-1#2", ending=Ending.CLOSED, place="nancy")
    said = json.loads(driver.phone.waiting[-1].payload)["id"]
    driver.send()
    await tomorrow(served)
    assert "Tournée du" not in await incomplete(served)
    driver.scan("event.voided", body={"target": said}, task="", place="")
    driver.send()
    assert "1 arrêt sur 2" in await incomplete(served)
