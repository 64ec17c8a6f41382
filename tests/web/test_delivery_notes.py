"""Delivery notes: what one visit sent, as it stands, as a page and as a file that breaks over pages."""

import pypdfium2
import pytest

from boucle.correction import Correction, Fix, corrected, with_photos
from boucle.events import Event
from boucle.roles import Role
from boucle_server.delivery_notes import note_of as delivery_note
from boucle_server.delivery_notes import sent_to
from boucle_server.server_device import Draft
from boucle_server.web.item_words import printed
from tests.api.serving import Served
from tests.builders import code
from tests.server.figures_world import draft, events_in, record
from tests.web.browser import Page, opened
from tests.web.station_world import HOME, NOW, a_station, at, scan

LONG_NAME = "Conteneur pliable à couvercle articulé pour pièces d’emboutissage, 1 200 × 1 000"


async def shipped(served: Served, *numbers: int, role: Role = Role.MANAGER) -> Page:
    """Send crates to Nancy in the browser; give the page that ends the visit."""
    await a_station(served, role)
    page = await at(served, "/saisie/expedier?lieu=nancy&site=strasbourg")
    page = await scan(served, page, *(code(number) for number in numbers))
    (href,) = {each for each in page.attributes("a", "href") if "/saisie/expedier/bilan" in each}
    return await opened(served, href.replace("&amp;", "&"))


def note_of(page: Page) -> str:
    (href,) = {each for each in page.attributes("a", "href") if each.startswith("/expeditions/bon")}
    return href


def take_back(served: Served, number: int) -> None:
    with served.database.reading() as connection:
        found = [event for event in events_in(connection, "acme") if event.code == code(number) and event.teff >= NOW]
    (wrong,) = [event for event in found if event.kind == "item.shipped"]
    void = Draft(kind="event.voided", fields={"code": wrong.code, "body": {"target": wrong.id}})
    record(served.database, "acme", [void], now_ms=served.clock.ms)


def pages_of(content: bytes) -> list[str]:
    return [" ".join(page.get_textpage().get_text_range().split()) for page in pypdfium2.PdfDocument(content)]


async def test_what_was_sent_has_a_note_from_the_end_of_the_visit_and_from_the_partners_page(served: Served) -> None:
    end = await shipped(served, *HOME)
    note = await opened(served, note_of(end))
    assert note.status == 200
    assert all(words in note.text for words in ("Bon de livraison", "Nancy", "Strasbourg", "Bac 600×400"))
    assert printed(code(30)) in note.text
    partner = await opened(served, "/partenaires/nancy")
    assert note_of(partner).startswith("/expeditions/bon?envoi=")


@pytest.mark.parametrize(
    ("lang", "words"), [("fr", ("Bon de livraison", "Destinataire")), ("en", ("Delivery note", "To", "Received by"))]
)
async def test_the_file_says_the_same_in_both_languages(served: Served, lang: str, words: tuple[str, ...]) -> None:
    href = note_of(await shipped(served, *HOME)).replace("/bon?", "/bon.pdf?")
    answer = await served.client.get(f"{href}&lang={lang}")
    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/pdf")
    (said,) = pages_of(answer.content)
    assert all(word in said for word in (*words, printed(code(30)), printed(code(32)), "Bac 600×400")), said
    assert f"/Lang({lang})".encode() in answer.content
    assert (await served.client.get(f"{href}&lang={lang}")).content == answer.content


async def test_a_long_list_breaks_over_pages_and_each_says_of_which_type_it_is(served: Served) -> None:
    await a_station(served)
    moves: list[Draft] = [
        draft(
            "reference.set",
            at=0,
            body={
                "table": "item_type",
                "key": "pliable",
                "valid_from": 0,
                "row": {"name": LONG_NAME, "serialised": True, "tare_g": 42_500},
            },
        )
    ]
    for number in range(100, 520):
        moves.append(draft("item.commissioned", code(number), at=1, place="strasbourg", body={"type": "pliable"}))
        moves.append(
            draft("item.shipped", code(number), at=2, place="strasbourg", task="envoi-1", body={"to": "nancy"})
        )
    record(served.database, "acme", moves, now_ms=NOW)
    partner = await opened(served, "/partenaires/nancy?lang=fr")
    answer = await served.client.get(note_of(partner).replace("/bon?", "/bon.pdf?") + "&lang=fr")
    said = pages_of(answer.content)
    assert len(said) > 2
    assert all("Conteneur pliable" in page for page in said[:-1])
    assert all(printed(code(number)) in " ".join(said) for number in (100, 333, 519))
    assert "420" in said[0]
    assert "17 850" in said[0]  # kilograms: 420 of 42.5


async def test_a_line_that_was_taken_back_is_told_and_counts_no_more(served: Served) -> None:
    end = await shipped(served, *HOME)
    href = note_of(end)
    take_back(served, 31)
    note = await opened(served, href)
    assert "Corrections depuis l’envoi : 1" in note.text
    assert "annulée" in note.text
    (said,) = pages_of((await served.client.get(href.replace("/bon?", "/bon.pdf?"))).content)
    assert "annulée" in said


def shipment_of(served: Served, number: int) -> Event:
    with served.database.reading() as connection:
        found = [event for event in events_in(connection, "acme") if event.code == code(number)]
    return max((event for event in found if event.kind == "item.shipped"), key=lambda event: event.order)


def say(served: Served, said: Correction) -> None:
    served.clock.ms += 60_000
    record(served.database, "acme", [Draft(kind=said.kind, fields=said.fields)], now_ms=served.clock.ms)


async def test_a_line_that_was_corrected_and_whose_correction_was_taken_back_is_on_its_note_again(
    served: Served,
) -> None:
    href = note_of(await shipped(served, *HOME))
    say(served, corrected(shipment_of(served, 31), Fix.PLACE, value="mulhouse"))
    note = await opened(served, href)
    assert (
        printed(code(31)) in note.text.partition("Corrections")[0],
        "Corrections depuis l’envoi : 1" in note.text,
    ) == (
        False,
        True,
    )
    say(served, corrected(shipment_of(served, 31), Fix.VOID))
    note = await opened(served, href)
    assert printed(code(31)) in note.text
    assert "Corrections depuis l’envoi" not in note.text


async def test_a_line_that_was_taken_back_with_its_photo_is_one_correction(served: Served) -> None:
    href = note_of(await shipped(served, *HOME))
    first = shipment_of(served, 31)
    photo = {"sha256": "a" * 64, "size": 7, "type": "image/jpeg"}
    say(served, with_photos(first, [photo]))
    assert "Corrections depuis l’envoi" not in (await opened(served, href)).text
    for each in (shipment_of(served, 31), first):
        say(served, corrected(each, Fix.VOID))
    note = await opened(served, href)
    assert "Corrections depuis l’envoi : 1" in note.text
    assert note.text.count("annulée") == 1


async def test_a_number_that_was_corrected_twice_behind_a_photo_is_corrected_on_its_note(served: Served) -> None:
    await a_station(served)
    sent = draft(
        "item.shipped", at=2, item_type="film", qty=40, place="strasbourg", task="envoi-2", body={"to": "nancy"}
    )
    record(served.database, "acme", [sent], now_ms=NOW)
    events = _shipped(served)
    (first,) = events
    say(served, with_photos(first, [{"sha256": "b" * 64, "size": 7, "type": "image/jpeg"}]))
    say(served, corrected(_shipped(served)[-1], Fix.NUMBER, value="39"))
    note = await opened(served, f"/expeditions/bon?envoi={first.id}")
    assert "Corrections depuis l’envoi : 1" in note.text
    assert "39" in note.text
    assert "annulée" not in note.text
    # A void of the first words leaves what was said in their place: it is a correction all the same.
    say(served, corrected(first, Fix.VOID))
    note = await opened(served, f"/expeditions/bon?envoi={first.id}")
    assert ("39" in note.text, "annulée" in note.text) == (True, False)


def _shipped(served: Served) -> list[Event]:
    with served.database.reading() as connection:
        found = [event for event in events_in(connection, "acme") if event.task == "envoi-2"]
    return sorted(found, key=lambda event: event.order)


async def test_a_crate_that_was_scanned_twice_is_one_on_the_partners_page_as_on_its_note(served: Served) -> None:
    await a_station(served)
    again = [
        draft("item.shipped", code(30), at=2 + n, place="strasbourg", task="envoi-3", body={"to": "nancy"})
        for n in (0, 0.01)
    ]
    record(served.database, "acme", again, now_ms=NOW)
    with served.database.reading() as connection:
        sent = sent_to(connection, "acme", ["nancy"], now_ms=NOW, most=10)
        note = delivery_note(connection, "acme", sent[0].event)
    assert note is not None
    assert [each.pieces for each in sent if each.event == note.event] == [note.pieces] == [1]


async def test_a_note_of_which_nothing_is_left_is_refused_in_words(served: Served) -> None:
    end = await shipped(served, 30)
    href = note_of(end)
    take_back(served, 30)
    assert "Toutes les lignes de cet envoi ont été annulées" in (await opened(served, href)).text
    answer = await served.client.get(href.replace("/bon?", "/bon.pdf?"), headers={"Accept": "text/html"})
    assert answer.status_code == 409
    assert "il n’y a pas de bon à imprimer" in Page(answer).text


async def test_any_other_event_has_no_note(served: Served) -> None:
    await a_station(served)
    with served.database.reading() as connection:
        other = next(event for event in events_in(connection, "acme") if event.kind == "item.delivered")
    for named in (other.id, "rien", "", "é" * 80):
        assert (await opened(served, f"/expeditions/bon?envoi={named}")).status == 404
    assert "Bon de livraison" not in (await opened(served, "/partenaires/nancy")).text


async def test_a_visit_that_sent_nothing_offers_no_note(served: Served) -> None:
    await a_station(served)
    end = await opened(served, "/saisie/expedier/bilan?lieu=nancy&site=strasbourg")
    assert not [href for href in end.attributes("a", "href") if href.startswith("/expeditions")]
