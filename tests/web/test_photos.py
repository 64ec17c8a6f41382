"""Photos on the pages: shown with their event, said to be missing or refused, and for nobody who may not read."""

from boucle.photo import JPEG
from boucle.roles import Role
from boucle.wire import digest
from boucle_server import devices, uploads
from tests.api.serving import Served
from tests.builders import DAY, ORG, code
from tests.photos import a_jpeg
from tests.server.handset import LATER, Handset, a_network, taken
from tests.web.browser import opened, sign_in, signed_in

HERE, ON_ITS_WAY, NONE = a_jpeg(seed=1), a_jpeg(seed=2), b"no picture"


def a_day_with_photos(served: Served) -> None:
    a_network(served.database)
    handset = Handset()
    said = [{"sha256": digest(each), "size": len(each), "type": JPEG} for each in (HERE, ON_ITS_WAY, NONE)]
    handset.scan("item.counted", code(1), place="metz", photos=said)
    taken(served.database, handset.push())
    with served.database.writing(ORG) as connection:
        for each in (HERE, NONE):
            uploads.begin(connection, ORG, "d-un", sha256=digest(each), length=len(each), now_ms=LATER)
            uploads.append(connection, ORG, "d-un", sha256=digest(each), start=0, chunk=each, now_ms=LATER)
    served.clock.ms = LATER


async def test_the_history_of_an_item_shows_its_photos_and_says_which_are_not_here(served: Served) -> None:
    a_day_with_photos(served)
    await signed_in(served, Role.READER, org=ORG)
    page = await opened(served, f"/objets/{code(1)}")
    assert page.status == 200
    (image,) = [given for tag, given in page.tags if tag == "img" and "/photos/" in (given["src"] or "")]
    assert image["src"] == f"/photos/{digest(HERE)}"
    assert (image["alt"] or "").startswith("Photo 1")
    assert (image["width"], image["height"]) == ("640", "480")
    assert "Photo annoncée, pas encore arrivée" in page.text
    assert "n’est pas une photo JPEG entière" in page.text
    assert "no whole JPEG photo" in (await opened(served, f"/objets/{code(1)}?lang=en")).text
    shown = await served.client.get(image["src"] or "")
    assert (shown.status_code, shown.content, shown.headers["content-type"]) == (200, HERE, JPEG)
    assert shown.headers["x-content-type-options"] == "nosniff"
    assert shown.headers["cache-control"].startswith("private")
    again = await served.client.get(image["src"] or "", headers={"If-None-Match": shown.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")


async def test_a_photo_is_for_nobody_who_is_not_signed_in_or_may_not_read(served: Served) -> None:
    a_day_with_photos(served)
    address = f"/photos/{digest(HERE)}"
    stranger = await served.client.get(address)
    assert (stranger.status_code, stranger.headers["location"].startswith("/connexion")) == (303, True)
    await signed_in(served, Role.PARTNER, org=ORG)
    assert (await served.client.get(address)).status_code == 403


async def test_a_photo_that_is_not_here_is_said_to_be_missing_and_an_unknown_one_unknown(served: Served) -> None:
    a_day_with_photos(served)
    await signed_in(served, Role.MANAGER, org=ORG)
    for name, told in (
        (digest(ON_ITS_WAY), "pas encore arrivée"),
        ("0" * 64, "ucune photo de ce nom"),
        ("..%2f..%2fetc%2fpasswd", ""),
        ("x", "ucune photo de ce nom"),
    ):
        answer = await served.client.get(f"/photos/{name}", headers={"Accept": "text/html"})
        assert answer.status_code == 404
        assert told in answer.text


async def test_photos_that_do_not_come_are_told_on_the_devices_page_and_to_do_after_some_days(served: Served) -> None:
    a_day_with_photos(served)
    await signed_in(served, Role.ADMINISTRATOR, org=ORG)

    async def waiting() -> str:
        return (await opened(served, "/a-traiter?kind=photo")).text

    page = await opened(served, "/appareils")
    at = page.texts.index("d-un")
    assert page.texts[at + 1 : at + 12].count("1") == 1
    assert "Photos attendues" in page.text
    assert "photo annoncée" not in await waiting()
    served.clock.ms += 3 * DAY
    assert (await sign_in(served, Role.ADMINISTRATOR.value)).status_code == 303
    assert "d-un : 1 photo annoncée, pas arrivée" in await waiting()
    with served.database.writing(ORG) as connection:
        devices.revoke(connection, ORG, "d-un", now_ms=served.clock.ms)
    assert "photo annoncée" not in await waiting()


async def test_a_photo_that_came_after_all_is_awaited_no_more(served: Served) -> None:
    a_day_with_photos(served)
    served.clock.ms += 4 * DAY
    await signed_in(served, Role.MANAGER, org=ORG)
    assert "1 photo annoncée" in (await opened(served, "/a-traiter?kind=photo")).text
    with served.database.writing(ORG) as connection:
        name = digest(ON_ITS_WAY)
        uploads.begin(connection, ORG, "d-un", sha256=name, length=len(ON_ITS_WAY), now_ms=LATER)
        uploads.append(connection, ORG, "d-un", sha256=name, start=0, chunk=ON_ITS_WAY, now_ms=LATER)
    assert "photo annoncée" not in (await opened(served, "/a-traiter?kind=photo")).text
