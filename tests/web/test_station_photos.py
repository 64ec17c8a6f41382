"""Photos at the scan station: taken by a form without any script, small and bare, asked for where a place asks."""

from boucle.photo import announced
from boucle.roles import Role
from boucle_server import photos
from tests.api.serving import Served
from tests.builders import code
from tests.server.figures_world import events_in
from tests.web.browser import Page, opened, sent
from tests.web.station_photos import a_bomb, a_camera_picture, asks_for, brought, kept
from tests.web.station_world import a_station, at, item, scan

SORT = "/saisie/trier?lieu=strasbourg"
HELD = "/saisie/quarantaine?lieu=strasbourg&d.reason=damaged"


def photo_link(page: Page) -> str:
    return next(each for each in page.attributes("a", "href") if each.startswith("/saisie/photo/"))


async def photo_page(served: Served, page: Page) -> Page:
    shown = await opened(served, photo_link(page))
    assert shown.status == 200, shown.text
    return shown


async def test_a_photo_is_asked_for_where_its_place_asks_and_goes_with_the_verdict(served: Served) -> None:
    await a_station(served, Role.WAREHOUSE)
    asks_for(served, "scrap")
    page = await at(served, f"{SORT}&d.verdict=scrap")
    page = await scan(served, page, code(30))
    assert "Photo demandée" in page.text
    assert item(served, 30).stage  # the fact is recorded, with or without
    shown = await photo_page(served, page)
    assert "Sans elle, l’objet attend dans À traiter" in shown.text
    answer = await brought(served, shown.forms[-1], a_camera_picture())
    assert answer.status_code == 303, answer.text
    after = await at(served, answer.headers["location"])
    assert "Photo jointe." in after.text
    assert "Photo demandée" not in after.text
    (photo,) = kept(served)
    assert len(photo) <= 300_000
    with served.database.reading() as connection:
        (event,) = [each for each in events_in(connection, "acme") if each.photos]
        assert photos.count_missing(connection, "acme") == 0
    assert (event.kind, event.text("verdict"), bool(event.corrects)) == ("item.sorted", "scrap", True)
    assert announced(event.photos)[0].size == len(photo)


async def test_a_quarantine_takes_its_photo_and_stays_in_force(served: Served) -> None:
    await a_station(served)
    page = await scan(served, await at(served, HELD), code(31))
    assert item(served, 31).hold == "damaged"
    shown = await photo_page(served, page)
    answer = await brought(served, shown.forms[-1], a_camera_picture(kind="PNG"))
    assert answer.status_code == 303, answer.text
    assert item(served, 31).hold == "damaged"
    assert len(kept(served)) == 1


async def test_a_file_that_is_no_picture_or_a_bomb_is_told_and_nothing_is_recorded(served: Served) -> None:
    await a_station(served, Role.WAREHOUSE)
    page = await scan(served, await at(served, f"{SORT}&d.verdict=ok"), code(30))
    shown = await photo_page(served, page)
    with served.database.reading() as connection:
        before = len(events_in(connection, "acme"))
    for file, says in (
        (b"no picture at all", "n’est pas une image que Boucle sait lire"),
        (a_bomb(), "pixels"),
        (b"", "Ce champ est nécessaire"),
    ):
        refused = await brought(served, shown.forms[-1], file)
        assert refused.status_code == 422
        assert says in Page(refused).text, Page(refused).text
    with served.database.reading() as connection:
        assert len(events_in(connection, "acme")) == before
    assert kept(served) == []


async def test_one_undo_takes_a_line_away_with_the_photos_that_came_to_it(served: Served) -> None:
    await a_station(served, Role.WAREHOUSE)
    before = item(served, 30)
    page = await scan(served, await at(served, f"{SORT}&d.verdict=ok"), code(30))
    assert item(served, 30) != before
    for n in range(2):
        answer = await brought(served, (await photo_page(served, page)).forms[-1], a_camera_picture(400 + n, 300))
        assert answer.status_code == 303, answer.text
        page = await at(served, answer.headers["location"])
    await scan(served, page, annuler="dernier")
    assert item(served, 30) == before
    with served.database.reading() as connection:
        events = [each for each in events_in(connection, "acme") if each.subject == code(30)]
    sorted_ids = {each.id for each in events if each.kind == "item.sorted"}
    assert len(sorted_ids) == 3
    assert {each.text("target") for each in events if each.kind == "event.voided"} == sorted_ids


async def test_a_photo_whose_form_is_sent_twice_is_one_and_told_as_added_both_times(served: Served) -> None:
    await a_station(served, Role.WAREHOUSE)
    page = await scan(served, await at(served, f"{SORT}&d.verdict=ok"), code(30))
    form = (await photo_page(served, page)).forms[-1]
    first, again = [await brought(served, form, a_camera_picture(400, 300)) for _ in range(2)]
    assert (first.status_code, again.status_code) == (303, 303)
    assert again.headers["location"] == first.headers["location"]
    with served.database.reading() as connection:
        events = [each for each in events_in(connection, "acme") if each.subject == code(30)]
    assert [len(each.photos) for each in events if each.kind == "item.sorted"] == [0, 1]
    assert len(kept(served)) == 1


async def test_no_more_than_four_photos_go_with_one_line(served: Served) -> None:
    await a_station(served, Role.WAREHOUSE)
    page = await scan(served, await at(served, f"{SORT}&d.verdict=ok"), code(30))
    for n in range(4):
        shown = await photo_page(served, page)
        answer = await brought(served, shown.forms[-1], a_camera_picture(400 + n, 300))
        assert answer.status_code == 303, answer.text
        page = await at(served, answer.headers["location"])
    refused = await brought(served, (await photo_page(served, page)).forms[-1], a_camera_picture(640, 480))
    assert (refused.status_code, "Au plus 4 photos" in refused.text) == (422, True)
    assert len(kept(served)) == 4


async def test_a_line_of_another_visit_or_one_taken_back_takes_no_photo(served: Served) -> None:
    await a_station(served, Role.WAREHOUSE)
    page = await scan(served, await at(served, f"{SORT}&d.verdict=ok"), code(30))
    link = photo_link(page)
    form = (await opened(served, link)).forms[-1]
    await scan(served, page, annuler="dernier")
    assert (await opened(served, link)).status == 404
    assert (await brought(served, form, a_camera_picture(400, 300))).status_code == 404
    assert kept(served) == []


async def test_whoever_may_not_record_the_line_adds_nothing_to_it(served: Served) -> None:
    await a_station(served, Role.READER)
    answer = await opened(served, "/saisie/photo/trier?evenement=x&tache=t&lieu=strasbourg")
    assert answer.status == 403


async def test_a_repair_is_opened_with_a_file_as_the_camera_made_it(served: Served) -> None:
    await a_station(served, Role.MANAGER)
    asks_for(served, "repair")
    form = (await opened(served, "/atelier/ouvrir")).form("/atelier/ouvrir")
    told = {"code": code(30), "site": "strasbourg", "priority": "normal"}
    wrong = await brought(served, form, a_camera_picture(), **{**told, "code": "faux"})
    assert wrong.status_code == 422
    carried = Page(wrong)
    assert "Photo prête" in carried.text  # it goes along, and need not be chosen again
    again = next(each for each in carried.forms if each.action == "/atelier/ouvrir")
    done = await sent(served, again, **told)
    assert done.status_code == 303, Page(done).text
    assert item(served, 30).work_stage == "open"
    assert len(kept(served)) == 1


async def test_a_form_with_a_file_of_another_site_or_without_its_token_records_nothing(served: Served) -> None:
    await a_station(served, Role.MANAGER)
    form = (await opened(served, "/atelier/ouvrir")).form("/atelier/ouvrir")
    told = {"code": code(30), "site": "strasbourg", "priority": "normal"}
    assert (await brought(served, form, a_camera_picture(400, 300), **told, jeton="faux")).status_code == 403
    for broken in (b"", b"--x\r\nnothing", b"--x\r\n\r\n\r\n--x--"):
        answer = await served.client.post(
            form.action, content=broken, headers={"Content-Type": "multipart/form-data; boundary=x"}
        )
        assert answer.status_code in (403, 422), answer.text
    no_mark = await served.client.post(form.action, content=b"x", headers={"Content-Type": "multipart/form-data"})
    assert no_mark.status_code == 422
    large = await brought(served, form, bytes(17 * 1024 * 1024), **told)
    assert large.status_code == 413
    assert kept(served) == []


async def test_what_was_typed_beside_a_file_is_kept_while_somebody_signs_in_again(served: Served) -> None:
    await a_station(served, Role.MANAGER)
    form = (await opened(served, "/atelier/ouvrir")).form("/atelier/ouvrir")
    served.client.cookies.clear()
    answer = await brought(served, form, a_camera_picture(), code=code(30), reason="ne démarre plus")
    assert "ne démarre plus" in answer.text
