"""What strangers report on a public page: a case for a person, never more than a few, and nothing of who wrote."""

import asyncio

import httpx
import pytest
import sqlalchemy as sa

from boucle.codes import Kind, mint
from boucle.units import DAY_MS
from boucle_server import problem_reports
from boucle_server.problem_reports import KEPT_MS, MOST_OF_ITEM, Problem
from boucle_server.tables import PROBLEM_REPORT, RECORD
from boucle_server.web.attempts import REPORTS_PER_ADDRESS, REPORTS_PER_LABEL, WINDOW_MS
from boucle_server.web.visit import MARK
from tests.api.serving import Served
from tests.builders import code
from tests.server import figures_world
from tests.server.figures_world import a_small_year
from tests.web.browser import Page, opened, sent, signed_in

CRATE = code(1)
BROWSER = {"Sec-Fetch-Site": "same-origin"}


async def a_crate(served: Served) -> None:
    a_small_year(served.database)
    served.clock.ms = figures_world.NOW


async def reported(served: Served, path: str = f"/{CRATE}", **typed: str) -> httpx.Response:
    """Send the form of a public page as a browser does, from its own address or from another."""
    return await served.client.post(path, data={"problem": "damaged", "words": "", **typed}, headers=BROWSER)


async def the_case(served: Served) -> str:
    page = await opened(served, "/a-traiter?kind=reported")
    (href,) = {href for href in page.attributes("a", "href") if href.startswith("/a-traiter/reported/")}
    return href


@pytest.mark.story(23)
async def test_a_stranger_s_report_becomes_a_case_that_a_person_closes_and_can_open_again(served: Served) -> None:
    await a_crate(served)
    page = await opened(served, f"/{CRATE}")
    answer = await sent(served, page.form(f"/{CRATE}"), problem="damaged", words="  coin\r\nfendu ")
    assert answer.status_code == 303
    assert "Merci, c’est noté" in (await opened(served, answer.headers["location"])).text
    await signed_in(served)
    inbox = await opened(served, "/a-traiter")
    assert "Signalé abîmé" in inbox.text
    assert "« coin fendu »" in inbox.text
    href = await the_case(served)
    case = await opened(served, href)
    item = next(each for each in case.attributes("a", "href") if each.startswith("/objets/"))
    assert "Signalé abîmé" in (await opened(served, item)).text
    closed = await sent(served, next(each for each in case.forms if ("act", "settle") in each.values))
    after = await opened(served, closed.headers["location"])
    assert "Le signalement est classé" in after.text
    assert (await opened(served, href)).status == 404
    assert "Signalé abîmé" not in (await opened(served, item)).text
    again = await sent(served, after.form("/a-traiter/rouvrir"))
    assert "de nouveau à traiter" in (await opened(served, again.headers["location"])).text
    assert (await opened(served, href)).status == 200
    lost = await sent(served, after.form("/a-traiter/rouvrir"))
    assert lost.status_code == 404
    assert "Rien n’a changé" in lost.text


async def test_holding_the_item_closes_the_report_and_undoing_opens_it_again(served: Served) -> None:
    await a_crate(served)
    await reported(served, problem="dirty")
    await signed_in(served)
    href = await the_case(served)
    case = await opened(served, href)
    held = await sent(served, next(each for each in case.forms if ("act", "hold") in each.values))
    after = await opened(served, held.headers["location"])
    assert "L’objet est bloqué" in after.text
    item = next(each for each in case.attributes("a", "href") if each.startswith("/objets/"))
    assert "Signalé sale ou plein" in (await opened(served, item)).text
    await sent(served, after.form("/a-traiter/annuler"))
    assert (await opened(served, href)).status == 200


async def test_a_case_that_somebody_else_closed_meanwhile_is_said_and_changes_nothing(served: Served) -> None:
    await a_crate(served)
    await reported(served)
    await signed_in(served)
    case = await opened(served, await the_case(served))
    hold, settle = (next(each for each in case.forms if ("act", act) in each.values) for act in ("hold", "settle"))
    assert (await sent(served, settle)).status_code == 303
    with served.database.reading() as connection:
        before = connection.execute(sa.select(sa.func.count()).select_from(RECORD)).scalar()
    assert (await sent(served, hold)).status_code == 404
    with served.database.reading() as connection:
        assert connection.execute(sa.select(sa.func.count()).select_from(RECORD)).scalar() == before


@pytest.mark.parametrize(("typed", "told", "english"), [
    ({"problem": ""}, "choisissez une ligne", "choose a line"),
    ({"problem": "nothing"}, "choisissez une ligne", "choose a line"),
    ({"words": "x" * 501}, "500 caractères au plus", "at most 500 characters"),
    ({"words": "a\ud7ff\x01b"}, "ne peut pas être gardé", "cannot be kept"),
])  # fmt: skip
async def test_what_does_not_do_is_said_and_what_was_typed_stays(
    served: Served, typed: dict[str, str], told: str, english: str
) -> None:
    await a_crate(served)
    for lang, expected in (("fr", told), ("en", english)):
        answer = await reported(served, f"/{CRATE}?lang={lang}", **{"words": "près du coin", **typed})
        assert answer.status_code == 422
        assert expected in Page(answer).text
        if "words" not in typed:
            assert "près du coin" in Page(answer).text
    with served.database.reading() as connection:
        assert problem_reports.waiting(connection, "acme") == 0


@pytest.mark.parametrize(
    ("lang", "title", "told"),
    [
        ("fr", "À corriger – ", "illisibles sont arrivés"),
        ("en", "To correct – ", "cannot be read"),
        ("de", "Bitte ändern – ", "niemand lesen kann"),
    ],
)
@pytest.mark.parametrize("odd", [b"\0", b"\xed\xa0\x80"])
async def test_bytes_that_are_no_text_are_told_and_the_rest_of_a_report_stays(
    served: Served, odd: bytes, lang: str, title: str, told: str
) -> None:
    await a_crate(served)
    parts = [b'name="problem"\r\n\r\ndamaged', b'name="words"\r\n\r\nau bord' + odd]
    body = b"".join(b"--x\r\nContent-Disposition: form-data; " + each + b"\r\n" for each in parts) + b"--x--\r\n"
    headers = {**BROWSER, "Content-Type": "multipart/form-data; boundary=x"}
    page = Page(await served.client.post(f"/{CRATE}?lang={lang}", content=body, headers=headers))
    assert (page.status, told in page.text, page.text.startswith(title)) == (422, True, True)
    assert "au bord" in page.texts
    with served.database.reading() as connection:
        assert problem_reports.waiting(connection, "acme") == 0


def reports(served: Served) -> list[tuple[str, str]]:
    """Give what was reported, in order: the problem and the words."""
    with served.database.reading() as connection:
        query = sa.select(PROBLEM_REPORT.c.problem, PROBLEM_REPORT.c.words).order_by(PROBLEM_REPORT.c.created_ms)
        return [(row.problem, row.words) for row in connection.execute(query)]


async def test_a_report_that_is_sent_twice_is_kept_once_and_gets_the_same_answer(served: Served) -> None:
    await a_crate(served)
    form = (await opened(served, f"/{CRATE}")).form(f"/{CRATE}")
    at_once = await asyncio.gather(*(sent(served, form, problem="damaged", words="fendu") for _ in range(2)))
    served.clock.ms += 60_000
    late = await sent(served, form, problem="damaged", words="fendu")
    assert {(each.status_code, each.headers["location"]) for each in (*at_once, late)} == {
        (303, f"/{CRATE}?fait=public_reported_done")
    }
    assert reports(served) == [("damaged", "fendu")]
    # The address has had its share, and is still told what became of the form that it sent before.
    assert (await sent(served, form, problem="damaged", words="fendu")).headers["location"] == late.headers["location"]
    assert (await sent(served, form, problem="damaged", words="sale")).status_code == 429
    await signed_in(served)
    case = await opened(served, await the_case(served))
    await sent(served, next(each for each in case.forms if ("act", "settle") in each.values))
    served.clock.ms += WINDOW_MS
    assert (await sent(served, form, problem="damaged", words="fendu")).headers["location"] == late.headers["location"]
    with served.database.reading() as connection:
        assert problem_reports.waiting(connection, "acme") == 0  # what a person dealt with does not wait again


async def test_a_report_that_says_something_else_or_comes_from_another_form_is_another(served: Served) -> None:
    await a_crate(served)
    page = await opened(served, f"/{CRATE}")
    form = page.form(f"/{CRATE}")
    said = {"problem": "dirty", "words": "collant"}
    (mark,) = [value for name, value in form.values if name == MARK]
    other = (await opened(served, f"/{CRATE}")).form(f"/{CRATE}")
    assert dict(other.values)[MARK] != mark
    # A page that somebody else may be given again would carry the mark of the first.
    assert page.answer.headers["cache-control"] == "private, no-store"
    for number, (shown, typed) in enumerate(
        [(form, said), (form, {**said, "words": "collant encore"}), (other, said), (form, {**said, "problem": "other"})]
    ):
        assert (await sent(served, shown, **typed)).status_code == 303
        assert len(reports(served)) == number + 1
        served.clock.ms += WINDOW_MS


@pytest.mark.parametrize(
    "mark", ["", "x", "1.", f"{figures_world.NOW + DAY_MS}.ab", f"{figures_world.NOW - 9 * DAY_MS}.ab"]
)
async def test_a_form_without_a_mark_of_ours_is_reported_as_it_always_was(served: Served, mark: str) -> None:
    await a_crate(served)
    for _ in range(2):
        assert (await reported(served, problem="dirty", **{MARK: mark})).status_code == 303
    assert len(reports(served)) == 2


@pytest.mark.story(23)
async def test_after_a_few_reports_one_has_to_wait_and_keeps_what_was_typed(served: Served) -> None:
    await a_crate(served)
    for _ in range(REPORTS_PER_LABEL):
        assert (await reported(served)).status_code == 303
    answer = await reported(served, words="encore un")
    assert answer.status_code == 429
    assert "réessayez dans 15 minutes" in Page(answer).text
    assert "encore un" in Page(answer).text
    with served.database.reading() as connection:
        assert problem_reports.waiting(connection, "acme") == REPORTS_PER_LABEL
    # Another label can be reported still, until the address has had its share.
    statuses = [(await reported(served, f"/{code(2 + n // 3)}")).status_code for n in range(REPORTS_PER_ADDRESS)]
    assert 303 in statuses
    assert statuses[-1] == 429
    served.clock.ms += WINDOW_MS
    assert (await reported(served)).status_code == 303


async def test_an_item_with_many_reports_waiting_takes_no_more_and_says_so(served: Served) -> None:
    await a_crate(served)
    for _ in range(MOST_OF_ITEM):
        assert (await reported(served)).status_code == 303
        served.clock.ms += WINDOW_MS
    answer = await reported(served)
    page = await opened(served, answer.headers["location"])
    assert "déjà plusieurs signalements" in page.text
    with served.database.reading() as connection:
        assert problem_reports.waiting(connection, "acme") == MOST_OF_ITEM


async def test_an_organisation_that_is_flooded_keeps_no_more(served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    await a_crate(served)
    monkeypatch.setattr(problem_reports, "MOST_WAITING", 2)
    statuses = [(await reported(served, f"/{code(n)}")).status_code for n in (1, 2, 3)]
    assert statuses == [303, 303, 429]


@pytest.mark.story(23)
async def test_a_report_about_what_is_unknown_or_foreign_is_answered_with_the_same_bytes(served: Served) -> None:
    await a_crate(served)
    unknown = mint(Kind.CONTAINER, bytes).text
    answers = [await reported(served, path) for path in (f"/{unknown}", "/C/4006381333931", "/C/bonjour")]
    assert {answer.status_code for answer in answers} == {404}
    assert len({answer.text.partition("<main")[2] for answer in answers}) == 1
    with served.database.reading() as connection:
        assert connection.execute(sa.select(sa.func.count()).select_from(PROBLEM_REPORT)).scalar() == 0


async def test_a_report_from_another_site_is_refused(served: Served) -> None:
    await a_crate(served)
    answer = await served.client.post(
        f"/{CRATE}", data={"problem": "damaged"}, headers={"Sec-Fetch-Site": "cross-site"}
    )
    assert answer.status_code == 403
    with served.database.reading() as connection:
        assert problem_reports.waiting(connection, "acme") == 0


async def test_nothing_of_who_reported_is_kept_and_all_of_it_is_erased_in_time(served: Served) -> None:
    await a_crate(served)
    await reported(served, words="abîmé")
    with served.database.reading() as connection:
        row = connection.execute(sa.select(PROBLEM_REPORT)).one()
    assert set(row._fields) == {
        "org", "id", "code", "item", "problem", "words", "created_ms", "settled_ms", "settled_by", "outcome", "event",
    }  # fmt: skip
    await signed_in(served)
    case = await opened(served, await the_case(served))
    await sent(served, next(each for each in case.forms if ("act", "settle") in each.values))
    with served.database.writing("acme") as connection:
        closed_ms = figures_world.NOW
        assert problem_reports.forget(connection, "acme", now_ms=closed_ms + KEPT_MS - 1) == 0
        assert problem_reports.forget(connection, "acme", now_ms=closed_ms + KEPT_MS) == 1


async def test_every_problem_can_be_chosen_and_has_its_case_in_words(served: Served) -> None:
    await a_crate(served)
    page = await opened(served, f"/{CRATE}")
    offered = [given["value"] for tag, given in page.tags if tag == "input" and given.get("type") == "radio"]
    assert offered == [each.value for each in Problem]
    for at, problem in enumerate(Problem):
        assert (await reported(served, f"/{code(1 + at)}", problem=problem.value)).status_code == 303
    await signed_in(served)
    text = (await opened(served, "/a-traiter?kind=reported&lang=en")).text
    for told in ("Somebody asks", "Reported damaged", "Reported dirty", "Label reported", "A problem is reported"):
        assert told in text
    whole = (await served.client.get("/v1/attention")).status_code
    assert whole == 401
