"""The unloading of a round in the browser: what it brings, what came, why they differ, and its validation."""

import csv
import io

from boucle.events import Event
from boucle.roles import Role
from boucle.rounds import Found, Gap, counts_of, read_round, reasons_of
from boucle_server import histories
from boucle_server.projections import load_book
from boucle_server.receptions import Reception, reception
from boucle_server.web.item_words import printed
from tests.api.serving import Served
from tests.builders import ORG, code
from tests.server.figures_world import events_in
from tests.web.browser import Page, opened, sent
from tests.web.rounds_world import PLAN, Driver, a_round, visited
from tests.web.station_world import at, scan

PAGE = "/saisie/reception?tache=T-1"
HERE = f"{PAGE}&lieu=strasbourg"
SCANS = "/saisie/receptionner?lieu=strasbourg&tache=T-1"


def reception_of(served: Served) -> Reception:
    of = read_round("T-1", PLAN)
    assert of is not None
    with served.database.reading() as connection:
        book = load_book(connection, ORG)
        return reception(connection, ORG, of, book, zone="Europe/Paris", now_ms=served.clock.ms)


def validations(served: Served) -> list[Event]:
    with served.database.reading() as connection:
        found = [event for event in events_in(connection, ORG) if event.kind == "reception.validated"]
    return sorted(found, key=lambda event: event.order)


async def validated(served: Served, **typed: str) -> Page:
    page = await opened(served, HERE)
    served.clock.ms += 1_000
    answer = await sent(served, page.form(HERE), **typed)
    assert answer.status_code == 303, Page(answer).text
    return await at(served, answer.headers["location"])


async def unloaded(served: Served, *, role: Role = Role.WAREHOUSE) -> Page:
    """Receive two of the three crates that were taken up."""
    driver = await a_round(served, role)
    visited(driver)
    driver.send()
    page = await at(served, SCANS)
    return await scan(served, page, code(0), code(1))


async def test_what_came_stands_beside_what_was_taken_up_and_is_validated_with_a_reason(served: Served) -> None:
    page = await unloaded(served)
    (finish,) = [each for each in page.attributes("a", "href") if each.startswith("/saisie/receptionner/bilan")]
    ended = await at(served, finish)
    assert str(ended.answer.url).endswith(HERE)
    assert printed(code(2)) in ended.text  # what is missing is named
    wrong = await sent(served, ended.form(HERE), **{"r.receive:bac": "no_room"})
    assert wrong.status_code == 422  # that explains a stop, not a reception
    assert validations(served) == []
    page = await validated(served, note="Camion plein, suite demain", **{"r.receive:bac": "on_board"})
    assert "Réception validée" in page.text
    assert "Camion plein, suite demain" in page.text
    (event,) = validations(served)
    assert (event.task, event.place) == ("T-1", "strasbourg")
    assert counts_of(event) == [Found("receive", "bac", 3, 2, 0)]
    assert reasons_of(event) == {"receive:bac": Gap.ON_BOARD}
    assert reception_of(served).is_done


async def test_what_is_missing_is_a_file_until_it_came(served: Served) -> None:
    async def lacking(form: str) -> list[list[str]]:
        (href,) = [each for each in (await opened(served, HERE)).attributes("a", "href") if f"fichier={form}&" in each]
        answer = await served.client.get(href)
        assert "boucle-reception-t-1-missing.csv" in answer.headers["content-disposition"]
        text = answer.content.decode("utf-8-sig" if form == "csv-excel" else "utf-8")
        return list(csv.reader(io.StringIO(text), delimiter=";" if form == "csv-excel" else ","))

    await unloaded(served)
    for form in ("csv", "csv-excel"):
        assert await lacking(form) == [
            ["Objet", "Type", "Repris chez"],
            [printed(code(2)), "Bac 600×400", "Rhin Plasturgie"],
        ]
    await scan(served, await at(served, SCANS), code(2))
    assert not [each for each in (await opened(served, HERE)).attributes("a", "href") if "fichier=" in each]
    empty = await served.client.get(HERE, params={"tache": "T-1", "lieu": "strasbourg", "fichier": "csv"})
    assert empty.text.splitlines() == ["Objet,Type,Repris chez"]


async def test_what_comes_after_the_validation_asks_for_the_next_one(served: Served) -> None:
    await unloaded(served)
    await validated(served)
    page = await at(served, SCANS)
    await scan(served, page, code(2))
    again = await opened(served, HERE)
    assert "1 réception après la dernière validation" in again.text
    assert not reception_of(served).is_done
    await validated(served)
    assert [event.number("version") for event in validations(served)] == [1, 2]
    assert reception_of(served).found == (Found("receive", "bac", 3, 3, 0),)


async def test_a_validated_reception_has_no_free_undo(served: Served) -> None:
    await unloaded(served)
    await validated(served)
    page = await at(served, SCANS)
    page = await scan(served, page, annuler="dernier")
    assert "La réception est validée" in page.text
    assert len(reception_of(served).moves) == 2


async def test_pieces_without_labels_are_expected_as_they_were_signed(served: Served) -> None:
    driver = await a_round(served, Role.WAREHOUSE)
    driver.scan("item.collected", item_type="film", qty=12)
    driver.validate(Found("collect", "film", 0, 0, 12))
    driver.send()
    page = await at(served, SCANS)
    assert "12" in page.text
    await scan(served, page, type="film", n="9", arret="T-1#1")
    (row,) = reception_of(served).found
    assert row == Found("receive", "film", 12, 0, 9)


async def test_what_a_phone_received_stands_in_the_same_reception(served: Served) -> None:
    driver = await a_round(served, Role.WAREHOUSE)
    visited(driver)
    driver.scan("item.received", 0, task="T-1", place="strasbourg", against="T-1#1")
    driver.send()
    await scan(served, await at(served, SCANS), code(1))
    assert reception_of(served).found == (Found("receive", "bac", 3, 2, 0),)


async def test_a_round_that_came_back_empty_is_validated_too(served: Served) -> None:
    await a_round(served, Role.WAREHOUSE)
    page = await validated(served)
    assert "Rien d’attendu" in page.text
    assert len(validations(served)) == 1


async def test_whoever_may_not_receive_reads_and_validates_nothing(served: Served) -> None:
    await a_round(served, Role.TECHNICIAN)
    page = await opened(served, PAGE)
    assert page.status == 200
    assert all(each.action != HERE for each in page.forms) or "Valider la réception" not in page.text
    answer = await sent(served, page.form(HERE))
    assert answer.status_code == 403
    assert (await opened(served, "/saisie/reception?tache=nulle")).status == 404


async def test_the_page_of_a_round_leads_to_its_reception(served: Served) -> None:
    driver = await a_round(served)
    visited(driver)
    driver.send()
    shown = await opened(served, "/tournees/fiche?cle=T-1")
    assert "/saisie/reception?tache=T-1" in shown.attributes("a", "href")


def in_stock(driver: Driver, *numbers: int) -> None:
    """Take crates back under no round, so that they stand in stock here."""
    for n in numbers:
        driver.scan("item.collected", n, task="")
    for n in numbers:
        driver.scan("item.received", n, place="strasbourg", task="")


async def test_a_crate_that_was_in_stock_hides_none_that_is_missing_and_one_of_no_round_stands_apart(
    served: Served,
) -> None:
    driver = await a_round(served, Role.WAREHOUSE)
    in_stock(driver, 4, 5)
    driver.scan("item.shipped", 5, place="strasbourg", task="", body={"to": "nancy"})
    visited(driver)
    driver.send()
    page = await at(served, SCANS)
    page = await scan(served, page, code(0), code(1), code(4))
    assert "Déjà en stock (Strasbourg)." in page.text
    page = await at(served, SCANS)
    await scan(served, page, code(5))
    page = await opened(served, HERE)
    assert printed(code(2)) in page.text
    assert "Hors tournée" in page.text
    found = [Found("receive", "bac", 3, 2, 0), Found("beside", "bac", 0, 1, 0)]
    assert reception_of(served).found == tuple(found)
    page = await validated(served, **{"r.receive:bac": "on_board", "r.beside:bac": "more"})
    (event,) = validations(served)
    assert counts_of(event) == [found[1], found[0]]
    assert reasons_of(event) == {"receive:bac": Gap.ON_BOARD, "beside:bac": Gap.MORE}


async def test_a_verdict_that_stays_is_told_of_a_crate_that_was_in_stock_and_was_not_scanned_here(
    served: Served,
) -> None:
    driver = await a_round(served, Role.WAREHOUSE)
    in_stock(driver, 4, 5)
    visited(driver)
    driver.send()
    page = await at(served, SCANS)
    page = await scan(served, page, code(4))
    assert "Déjà en stock" in page.texts
    assert "Déjà scanné" not in page.text
    assert "Le verdict, lui, est enregistré." not in page.text
    page = await scan(served, await scan(served, page, verdict="dirty"), code(5))
    assert "Le verdict, lui, est enregistré." in page.text
    with served.database.reading() as connection:
        assert histories.find(connection, ORG, code(5)).item.stage == "cleaning"


async def test_an_unknown_label_is_awaited_by_its_code_with_the_round_that_took_it_and_by_no_other_reception(
    served: Served,
) -> None:
    driver = await a_round(served, Role.WAREHOUSE)
    driver.scan("item.collected", 90)
    visited(driver)
    driver.send()
    blind = await at(served, "/saisie/receptionner?lieu=strasbourg")
    assert "Type inconnu" not in blind.text
    page = await at(served, SCANS)
    assert "Type inconnu 0 1" in " ".join(page.text.split())
    assert printed(code(90)) in (await opened(served, HERE)).text
    page = await scan(served, page, code(90))
    assert "Type inconnu ✓ complet 1 1" in " ".join(page.text.split())
