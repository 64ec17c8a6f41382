"""Photos with what strangers report: small, bare, seen by whoever deals with it alone, and gone with the report."""

import io

import httpx
import pytest
import sqlalchemy as sa
from PIL import Image

from boucle.photo import Picture, look
from boucle.roles import Role
from boucle_server import problem_photos, problem_reports
from boucle_server.problem_reports import KEPT_MS
from boucle_server.tables import PROBLEM_PHOTO, PROBLEM_REPORT
from boucle_server.web import public_form
from boucle_server.web.attempts import REPORTS_PER_LABEL
from boucle_server.web.rendering import STYLE, static_content
from boucle_server.web.visit import MARK
from tests.api.serving import Served
from tests.server import figures_world
from tests.server.people import an_org
from tests.web.browser import Page, opened, sent, signed_in
from tests.web.test_problem_reports import BROWSER, CRATE, a_crate, the_case

TAKEN = b"Exif"


def a_picture(width: int = 2400, height: int = 1800, kind: str = "JPEG") -> bytes:
    """Give a picture as a camera makes it: large, and with words about where and with what it was taken."""
    told = Image.Exif()
    told[0x010F] = "Appareil de Jeanne"
    told[0x8825] = {1: "N", 2: (48.0, 34.0, 24.0)}
    content = io.BytesIO()
    Image.linear_gradient("L").resize((width, height)).convert("RGB").save(content, kind, exif=told)
    return content.getvalue()


async def reported(served: Served, picture: bytes, path: str = f"/{CRATE}", **typed: str) -> httpx.Response:
    """Send the form as a browser without scripts does, with a picture from its camera."""
    data = {"problem": "damaged", "words": "coin fendu", **typed}
    files = {public_form.PICTURE: ("IMG_1.jpg", picture, "image/jpeg")}
    return await served.client.post(path, data=data, files=files, headers=BROWSER)


def kept(served: Served) -> list[bytes]:
    with served.database.reading() as connection:
        return [bytes(row.content) for row in connection.execute(sa.select(PROBLEM_PHOTO.c.content))]


async def test_a_photo_comes_with_a_report_small_and_bare_and_whoever_deals_with_it_sees_it(served: Served) -> None:
    await a_crate(served)
    page = await opened(served, f"/{CRATE}")
    assert page.attributes("form", "enctype") == ["multipart/form-data"]
    assert len(page.answer.content) + len(static_content(STYLE)) < 50_000
    raw = a_picture()
    assert TAKEN in raw
    answer = await reported(served, raw)
    assert answer.status_code == 303
    assert "Merci, c’est noté" in (await opened(served, answer.headers["location"])).text
    (content,) = kept(served)
    found = look(content)
    assert isinstance(found, Picture)
    assert (max(found.width, found.height), len(content) <= 300_000) == (1600, True)
    assert TAKEN not in content
    assert b"Jeanne" not in content
    await signed_in(served)
    case = await opened(served, await the_case(served))
    (href,) = case.attributes("img", "src")
    picture = await served.client.get(href)
    assert (picture.status_code, picture.content) == (200, content)
    assert picture.headers["content-type"] == "image/jpeg"
    assert picture.headers["x-content-type-options"] == "nosniff"
    assert "sandbox" in picture.headers["content-security-policy"]
    assert picture.headers["cache-control"] == "private, no-store"


async def test_a_photo_that_is_sent_twice_is_kept_once_and_another_is_another_report(served: Served) -> None:
    await a_crate(served)
    mark = dict((await opened(served, f"/{CRATE}")).form(f"/{CRATE}").values)[MARK]
    first, second = a_picture(300, 200), a_picture(200, 300)
    answers = [await reported(served, picture, **{MARK: mark}) for picture in (first, first, second)]
    assert {each.headers["location"] for each in answers} == {f"/{CRATE}?fait=public_reported_done"}
    assert len(kept(served)) == 2
    with served.database.reading() as connection:
        assert problem_reports.waiting(connection, "acme") == 2


async def test_a_picture_on_its_side_stands_upright_and_what_it_leaves_clear_is_white(served: Served) -> None:
    await a_crate(served)
    side, clear = io.BytesIO(), io.BytesIO()
    turned = Image.Exif()
    turned[0x0112] = 6
    Image.new("RGB", (2400, 1800)).save(side, "JPEG", exif=turned)
    Image.new("RGBA", (2400, 1800), (0, 0, 0, 0)).save(clear, "PNG")
    for picture in (side, clear):
        assert (await reported(served, picture.getvalue())).status_code == 303
    pictures = [Image.open(io.BytesIO(content)) for content in kept(served)]
    assert {each.size: each.getpixel((9, 9)) for each in pictures} == {
        (1200, 1600): (0, 0, 0),
        (1600, 1200): (255, 255, 255),
    }


async def test_the_photo_is_on_no_public_page_and_for_nobody_who_does_not_deal_with_it(served: Served) -> None:
    await a_crate(served)
    await reported(served, a_picture(300, 200))
    public = await opened(served, f"/{CRATE}")
    assert "<img" not in public.answer.text
    with served.database.reading() as connection:
        report = connection.execute(sa.select(PROBLEM_REPORT.c.id)).scalar_one()
    path = f"/a-traiter/image/{report}"
    assert (await served.client.get(path)).status_code in (303, 401)
    await signed_in(served, Role.DRIVER)
    assert (await served.client.get(path)).status_code == 403
    served.client.cookies.clear()
    await signed_in(served)
    assert (await served.client.get("/a-traiter/image/nothing")).status_code == 404
    an_org(served.database, "other")
    served.client.cookies.clear()
    await signed_in(served, Role.ADMINISTRATOR, org="other")
    assert (await served.client.get(path)).status_code == 404


async def test_a_report_without_a_photo_is_as_it_was(served: Served) -> None:
    await a_crate(served)
    page = await opened(served, f"/{CRATE}")
    answer = await sent(served, page.form(f"/{CRATE}"), problem="damaged")
    assert answer.status_code == 303
    answer = await reported(served, b"")  # a field of a file that nobody chose one for
    assert answer.status_code == 303
    assert kept(served) == []
    await signed_in(served)
    assert (await opened(served, await_href(await opened(served, "/a-traiter?kind=reported")))).attributes(
        "img", "src"
    ) == []


def await_href(page: Page) -> str:
    return next(href for href in page.attributes("a", "href") if href.startswith("/a-traiter/reported/"))


@pytest.mark.parametrize(("picture", "told"), [
    (b"%PDF-1.7 no picture at all", "pas une image que nous savons lire"),
    (a_picture(300, 200)[:2000], "pas une image que nous savons lire"),
    (b"\xff" * (16 * 1024 * 1024 - 4000), "pas une image"),
    (b"\xff" * (17 * 1024 * 1024), "trop grande"),
    (a_picture(60, 40, "PPM"), "pas une image"),  # one in letters takes minutes to read
])  # fmt: skip
async def test_a_file_that_is_no_picture_is_said_and_what_was_typed_stays(
    served: Served, picture: bytes, told: str
) -> None:
    await a_crate(served)
    answer = await reported(served, picture, words="près du coin")
    assert answer.status_code == 422
    page = Page(answer)
    assert told in page.text
    assert "près du coin" in page.text
    assert "à choisir de nouveau" in page.text
    with served.database.reading() as connection:
        assert problem_reports.waiting(connection, "acme") == 0


async def test_a_picture_of_too_many_pixels_is_never_unfolded(served: Served) -> None:
    await a_crate(served)
    bomb = io.BytesIO()
    Image.new("1", (20_000, 20_000)).save(bomb, "PNG")
    answer = await reported(served, bomb.getvalue())
    assert (answer.status_code, "trop grande" in Page(answer).text) == (422, True)


async def test_who_sent_enough_has_to_wait_and_no_picture_of_theirs_is_read(served: Served) -> None:
    await a_crate(served)
    for _ in range(REPORTS_PER_LABEL):
        assert (await reported(served, a_picture(60, 40))).status_code == 303
    answer = await reported(served, b"\xff" * (4 * 1024 * 1024), words="encore un")
    assert answer.status_code == 429
    assert "encore un" in Page(answer).text
    assert len(kept(served)) == REPORTS_PER_LABEL


async def test_a_picture_that_waits_too_long_for_others_is_said_and_what_was_typed_stays(
    served: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    await a_crate(served)
    monkeypatch.setattr(public_form, "_PATIENCE_S", 0)
    with public_form._MAKING:
        answer = await reported(served, a_picture(60, 40))
    assert (answer.status_code, kept(served)) == (422, [])
    assert "Trop de photos arrivent" in Page(answer).text
    assert "coin fendu" in Page(answer).text
    assert (await reported(served, a_picture(60, 40))).status_code == 303


async def test_where_many_photos_wait_a_report_is_kept_without_its_own_and_that_is_said(
    served: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    await a_crate(served)
    monkeypatch.setattr(problem_photos, "MOST_WAITING", 1)
    await reported(served, a_picture(60, 40))
    answer = await reported(served, a_picture(60, 40))
    assert "n’a pas pu être gardée" in (await opened(served, answer.headers["location"])).text
    with served.database.reading() as connection:
        assert problem_reports.waiting(connection, "acme") == 2
    assert len(kept(served)) == 1


async def test_the_photo_is_erased_with_its_report(served: Served) -> None:
    await a_crate(served)
    await reported(served, a_picture(60, 40))
    await signed_in(served)
    case = await opened(served, await the_case(served))
    await sent(served, next(each for each in case.forms if ("act", "settle") in each.values))
    closed_ms = figures_world.NOW
    with served.database.writing("acme") as connection:
        problem_reports.forget(connection, "acme", now_ms=closed_ms + KEPT_MS - 1)
    assert len(kept(served)) == 1
    with served.database.writing("acme") as connection:
        problem_reports.forget(connection, "acme", now_ms=closed_ms + KEPT_MS)
    assert kept(served) == []


async def test_a_picture_from_a_page_of_another_site_is_refused_unread(served: Served) -> None:
    await a_crate(served)
    files = {public_form.PICTURE: ("a.jpg", a_picture(60, 40), "image/jpeg")}
    answer = await served.client.post(
        f"/{CRATE}", data={"problem": "damaged"}, files=files, headers={"Sec-Fetch-Site": "cross-site"}
    )
    assert (answer.status_code, kept(served)) == (403, [])


async def test_a_photo_that_has_no_place_here_is_erased_at_once_and_the_report_stays(served: Served) -> None:
    await a_crate(served)
    await reported(served, a_picture())
    await signed_in(served)
    href = await the_case(served)
    case = await opened(served, href)
    (image,) = case.attributes("img", "src")
    answer = await sent(served, case.form(f"{image}/effacer"))
    assert answer.headers["location"].startswith(href)
    after = await opened(served, answer.headers["location"])
    assert "La photo est effacée." in after.text
    assert "coin fendu" in after.text
    assert after.attributes("img", "src") == []
    assert (kept(served), (await served.client.get(image)).status_code) == ([], 404)
    again = await sent(served, case.form(f"{image}/effacer"))  # pressed twice
    assert again.status_code == 303


async def test_nobody_erases_the_photo_of_another_organisation_or_without_the_mark_of_a_form(served: Served) -> None:
    await a_crate(served)
    await reported(served, a_picture())
    await signed_in(served)
    case = await opened(served, await the_case(served))
    (image,) = case.attributes("img", "src")
    assert (await sent(served, case.form(f"{image}/effacer"), jeton="faux")).status_code == 403
    with served.database.writing("other") as connection:
        assert not problem_photos.erase(connection, "other", image.rsplit("/", 1)[-1])
    assert len(kept(served)) == 1
