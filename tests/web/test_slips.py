"""Exchange slips: as signed, in versions, as a file, and by a link that opens that slip alone until its day."""

import io
from dataclasses import replace
from datetime import date

import pypdfium2
import pytest

from boucle.roles import Role
from boucle.rounds import Ending, Found, Gap
from boucle_server import slip_links, slips
from boucle_server.rebuild import rebuild
from boucle_server.slip_links import Link, Standing
from tests.api.serving import Served
from tests.builders import DAY, ORG
from tests.web.browser import is_unlisted, opened, sent, signed_in
from tests.web.rounds_world import NOON, TASK, Driver, a_round, visited

OURS = "/tournees/bon?tache=T-1%231"


async def link_of(served: Served) -> str:
    """Give the path of the link that the page of a slip shares, made where there is none."""
    page = await opened(served, OURS)
    if "/tournees/bon/lien" in [form.action for form in page.forms]:
        made = await sent(served, page.form("/tournees/bon/lien"))
        page = await opened(served, made.headers["location"])
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
    file = await served.client.get(f"{link}.pdf")
    assert (is_unlisted(page.answer), is_unlisted(file)) == (True, True)
    assert file.content.startswith(b"%PDF")
    assert "/tournees" not in page.answer.text
    served.clock.ms = NOON + slip_links.LINK_DAYS * DAY
    assert (await opened(served, link)).status == 200
    served.clock.ms += DAY
    for path in (link, f"{link}.pdf"):
        ended = await opened(served, path)
        assert (ended.status, "Ce lien n’ouvre rien" in ended.text) == (404, True)
        assert is_unlisted(ended.answer)


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


async def test_a_link_that_is_taken_back_opens_nothing_and_another_one_still_does(served: Served) -> None:
    await signed_slip(served)
    first = await link_of(served)
    page = await opened(served, OURS)
    assert "Créé le" in page.text
    (form,) = [each for each in page.forms if each.action == "/tournees/bon/reprendre"]
    taken = await sent(served, form)
    assert "Le lien est repris" in (await opened(served, taken.headers["location"])).text
    for path in (first, f"{first}.pdf"):
        gone = await opened(served, path)
        assert (gone.status, "Mme Weiß" in gone.text) == (404, False)
    again = await sent(served, form)
    assert again.status_code == 404
    second = await link_of(served)
    assert second != first
    assert (await opened(served, second)).status == 200
    assert (await opened(served, first)).status == 404
    listed = await opened(served, OURS)
    assert (listed.texts.count("ouvert"), listed.texts.count("repris")) == (1, 1)


async def test_a_link_survives_a_rebuild_and_so_does_its_end(served: Served) -> None:
    await signed_slip(served)
    first = await link_of(served)
    (form,) = [each for each in (await opened(served, OURS)).forms if each.action == "/tournees/bon/reprendre"]
    await sent(served, form)
    second = await link_of(served)
    with served.database.writing(ORG) as connection:
        rebuild(connection, ORG, now_ms=served.clock.ms)
    assert [(await opened(served, path)).status for path in (first, second)] == [404, 200]


async def test_who_may_only_read_sees_the_links_and_makes_none(served: Served) -> None:
    await signed_slip(served)
    link = await link_of(served)
    make = next(each for each in (await opened(served, OURS)).forms if each.action == "/tournees/bon/reprendre")
    served.client.cookies.clear()
    await signed_in(served, Role.READER, org=ORG)
    page = await opened(served, OURS)
    assert not [each for each in page.forms if each.action.startswith("/tournees/bon")]
    (token,) = {pair for form in page.forms for pair in form.values if pair[0] == "jeton"}
    asked = await sent(served, replace(make, values=[token, *(pair for pair in make.values if pair[0] != "jeton")]))
    assert asked.status_code == 403
    assert (await opened(served, link)).status == 200


async def test_only_an_event_that_made_a_link_opens_one(served: Served) -> None:
    await signed_slip(served)
    with served.database.reading() as connection:
        (slip,) = slips.slips_of(connection, ORG, TASK, now_ms=served.clock.ms)
        day = date(2026, 1, 3)
        link = Link(slip.validation.event.id, slip.validation.event.id, NOON, "", day, Standing.OPENS)
        code = slip_links.code_of(connection, ORG, link)
    assert (await opened(served, f"/bon/{code}")).status == 404


async def test_a_stop_where_nothing_was_done_says_why(served: Served) -> None:
    driver = await a_round(served)
    driver.validate(ending=Ending.CLOSED)
    driver.send()
    page = await opened(served, OURS)
    assert "Rien n’a été repris ni déposé" in page.text
    assert "Validé par le chauffeur seul, sans signature." in page.text


async def test_a_name_of_markup_stays_a_name(served: Served) -> None:
    driver = await a_round(served)
    name = '<b>#eval("1")</b> & *Fils* $x$'
    driver.validate(Found("collect", "bac", 4, 4, 0), signer=name, reasons={"collect:bac": Gap.OTHER})
    driver.send()
    assert name in (await opened(served, OURS)).text
    assert name in text_of((await served.client.get("/tournees/bon.pdf?tache=T-1%231&version=1")).content)


@pytest.mark.parametrize(
    ("signer", "lang", "told", "summed"),
    [
        ("Zoe", "fr", "Lu et signé le", "Signé par Zoe."),
        ("Zoe", "en", "Read and signed", "Signed by Zoe."),
        ("", "fr", "Lu et signé le", "Signé, sans nom de signataire."),
        ("Zoe", "fr", "Accepté par Zoe, sans signature dessinée.", ""),
        ("Zoe", "en", "Accepted by Zoe, without a drawn signature.", ""),
        ("", "fr", "Validé par le chauffeur seul, sans signature.", ""),
        ("", "en", "Validated by the driver alone, without a signature.", ""),
    ],
)
async def test_only_what_was_drawn_is_called_signed_and_the_drawing_is_shown(
    served: Served, signer: str, lang: str, told: str, summed: str
) -> None:
    drawn = bool(summed)
    driver = await a_round(served)
    driver.validate(Found("collect", "bac", 4, 4, 0), signer=signer, drawn=drawn)
    driver.send()
    link = await link_of(served)
    file = f"/tournees/bon.pdf?tache=T-1%231&version=1&lang={lang}"
    ours, theirs = await opened(served, f"{OURS}&lang={lang}"), await opened(served, f"{link}?lang={lang}")
    printed = [text_of((await served.client.get(each)).content) for each in (file, f"{link}.pdf?lang={lang}")]
    for text in (ours.text, theirs.text, *printed):
        assert told in text, text
        assert ("signé le" in text or "and signed" in text) is drawn
    assert (summed or told) in ours.text
    for page in (ours, theirs):
        assert page.attributes("svg", "class").count("signed") == drawn
        assert (f"Signature de {signer}" in page.answer.text) is (drawn and bool(signer) and lang == "fr")
    on_round = (await opened(served, "/tournees/fiche?cle=T-1&lang=fr")).text
    assert ("Signé" in on_round) is drawn
    assert ("sans signature" in on_round) is not drawn


async def test_a_slip_whose_signature_was_erased_does_not_say_that_nobody_signed(served: Served) -> None:
    await signed_slip(served)
    with served.database.writing(ORG) as connection:
        connection.exec_driver_sql("UPDATE record SET priv = NULL")
    page = await opened(served, OURS)
    assert "Le nom et la signature ont été effacés." in page.text
    assert "seul, sans signature" not in page.text
    assert "nom et signature effacés" in (await opened(served, "/tournees/fiche?cle=T-1")).text
