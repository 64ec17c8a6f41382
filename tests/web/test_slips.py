"""Exchange slips: as signed, in versions, as a file, and by a link that opens that slip alone until its day."""

import io
from datetime import date, timedelta

import pypdfium2
import pytest

from boucle.rounds import Ending, Found, Gap
from boucle_server import slips
from tests.api.serving import Served
from tests.builders import DAY, ORG
from tests.web.browser import opened
from tests.web.rounds_world import NOON, TASK, Driver, a_round, visited

OURS = "/tournees/bon?tache=T-1%231"


async def link_of(served: Served) -> str:
    """Give the path of the link that the page of a slip shares."""
    page = await opened(served, OURS)
    (href,) = [each for each in page.attributes("a", "href") if "/bon/" in each and each.startswith("http")]
    return "/bon/" + href.rpartition("/")[2]


async def signed_slip(served: Served) -> Driver:
    driver = await a_round(served)
    visited(driver)
    driver.send()
    return driver


def text_of(pdf: bytes) -> str:
    pages = pypdfium2.PdfDocument(io.BytesIO(pdf))
    return " ".join(" ".join(page.get_textpage().get_text_range() for page in pages).split())


async def test_before_a_validation_there_is_no_slip(served: Served) -> None:
    await a_round(served)
    for path in (OURS, "/tournees/bon?tache=", "/tournees/bon?tache=x", "/tournees/bon.pdf?tache=T-1%231&version=1"):
        assert (await opened(served, path)).status == 404


async def test_a_slip_says_what_was_signed(served: Served) -> None:
    await signed_slip(served)
    page = await opened(served, OURS)
    assert page.status == 200
    at = page.texts.index("Bac 600×400")
    assert page.texts[at + 1 : at + 7] == ["3", "3", "0", "4", "−1", "Encore utilisé"]
    assert "Mme Weiß" in page.text
    assert "Repris : 3 × Bac 600×400" in page.text
    assert "Déposé : 20 × Intercalaire" in page.text


@pytest.mark.parametrize(
    ("lang", "words"),
    [
        ("fr", ("Bon d’échange d’emballages", "Encore utilisé", "Mme Weiß")),
        ("en", ("Packaging exchange slip", "Mme Weiß")),
    ],
)
async def test_the_file_says_the_same_in_both_languages(served: Served, lang: str, words: tuple[str, ...]) -> None:
    await signed_slip(served)
    answer = await served.client.get(f"/tournees/bon.pdf?tache=T-1%231&version=1&lang={lang}")
    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/pdf")
    said = text_of(answer.content)
    assert all(word in said for word in words), said
    assert f"/Lang({lang})".encode() in answer.content
    again = await served.client.get(f"/tournees/bon.pdf?tache=T-1%231&version=1&lang={lang}")
    assert again.content == answer.content


@pytest.mark.story(5)
async def test_an_addition_issues_the_slip_again_with_its_version(served: Served) -> None:
    driver = await signed_slip(served)
    before = await link_of(served)
    driver.scan("item.collected", 3)
    driver.validate(Found("collect", "bac", 4, 4, 0), Found("deliver", "film", 20, 0, 20), signer="Mme Weiß")
    driver.send()
    page = await opened(served, OURS)
    assert "version 2" in page.text
    assert "elle remplace la version 1" in page.text
    first, second = [
        text_of((await served.client.get(f"/tournees/bon.pdf?tache=T-1%231&version={n}")).content) for n in (1, 2)
    ]
    assert "Cette version est remplacée par la version 2" in first
    assert ("−1" in first, "−1" in second) == (True, False)
    served.client.cookies.clear()
    old = await opened(served, before)
    assert "Une version plus récente" in old.text
    (newer,) = [
        href for href in old.attributes("a", "href") if "/bon/" in href and ".pdf" not in href and "lang=" not in href
    ]
    assert "version 2" in (await opened(served, newer)).text


async def test_a_partner_opens_the_link_without_an_account_until_its_day(served: Served) -> None:
    await signed_slip(served)
    link = await link_of(served)
    served.client.cookies.clear()
    page = await opened(served, link)
    assert (page.status, "Mme Weiß" in page.text) == (200, True)
    assert page.answer.headers["x-robots-tag"] == "noindex, nofollow"
    assert (await served.client.get(f"{link}.pdf")).content.startswith(b"%PDF")
    assert "/tournees" not in page.answer.text
    served.clock.ms = NOON + slips.LINK_DAYS * DAY
    assert (await opened(served, link)).status == 200
    served.clock.ms += DAY
    for path in (link, f"{link}.pdf"):
        ended = await opened(served, path)
        assert (ended.status, "Ce lien n’ouvre rien" in ended.text) == (404, True)


async def test_no_link_can_be_guessed_or_changed(served: Served) -> None:
    await signed_slip(served)
    link = await link_of(served)
    code = link.rpartition("/")[2]
    served.client.cookies.clear()
    wrong = [code[:-4], code + "AAAA", code[::-1], "x", "é" * 40, "A" * 46, code.swapcase()]
    wrong += [code[:at] + ("A" if code[at] != "A" else "B") + code[at + 1 :] for at in range(0, len(code) - 1, 5)]
    for each in wrong:
        page = await opened(served, f"/bon/{each}")
        assert (page.status, "Mme Weiß" in page.text) == (404, False), each


async def test_a_later_day_cannot_be_written_into_a_link(served: Served) -> None:
    driver = await signed_slip(served)
    with served.database.reading() as connection:
        (slip,) = slips.slips_of(connection, ORG, TASK, now_ms=served.clock.ms)
        event, day = slip.validation.event.id, date(2026, 1, 3)
        short = slips.link_code(connection, ORG, event, until=day)
        long = slips.link_code(connection, ORG, event, until=day + timedelta(days=999))
        assert slips.opened(connection, short, now_ms=served.clock.ms) is not None
        mixed = long[:24] + short[24:]
        assert slips.opened(connection, mixed, now_ms=served.clock.ms) is None
        assert slips.opened(connection, short, now_ms=driver.served.clock.ms + 9 * DAY) is None


async def test_a_stop_where_nothing_was_done_says_why(served: Served) -> None:
    driver = await a_round(served)
    driver.validate(ending=Ending.CLOSED)
    driver.send()
    page = await opened(served, OURS)
    assert "Rien n’a été repris ni déposé" in page.text
    assert "Sans nom de signataire" in page.text
    said = text_of((await served.client.get("/tournees/bon.pdf?tache=T-1%231&version=1")).content)
    assert "Pas de signature dessinée" in said


async def test_a_name_of_markup_stays_a_name(served: Served) -> None:
    driver = await a_round(served)
    name = '<b>#eval("1")</b> & *Fils* $x$'
    driver.validate(Found("collect", "bac", 4, 4, 0), signer=name, reasons={"collect:bac": Gap.OTHER})
    driver.send()
    assert name in (await opened(served, OURS)).text
    assert name in text_of((await served.client.get("/tournees/bon.pdf?tache=T-1%231&version=1")).content)
