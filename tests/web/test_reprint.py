"""Printing labels again: a basket fed by scanning or pasting, one batch of it, its sheet in exact millimetres."""

from boucle.reprinting import MOST
from boucle.roles import Role
from boucle_server.web import label_sheets
from boucle_server.web.item_words import printed
from tests.api.serving import Served
from tests.builders import code
from tests.web.browser import Page, opened, sent
from tests.web.station_world import HOME, a_station

PATH = "/etiquettes/reimprimer"


async def basket(served: Served, page: Page, **typed: str) -> Page:
    return Page(await sent(served, page.form(PATH), **typed))


def pile(page: Page) -> list[str]:
    return dict(page.form(PATH).values)["pile"].split()


async def test_scanned_and_pasted_labels_become_one_batch_that_is_logged_and_printed(served: Served) -> None:
    await a_station(served, Role.WAREHOUSE)
    page = await opened(served, PATH)
    first, second, third = (code(n) for n in HOME)
    page = await basket(served, page, codes=first)
    page = await basket(
        served, page, codes=f"{second}\r\nhttps://boucle.example/C/{third.partition('/')[2]}\r\n{first}"
    )
    assert len(pile(page)) == 3
    assert "1 code était déjà dans le panier" in page.text
    assert "Panier : 3 étiquettes" in page.text
    assert "Étiquette sans objet" not in page.text
    page = await basket(served, page, retirer=pile(page)[1])
    assert len(pile(page)) == 2
    unsaid = await basket(served, page, imprimer="1")
    assert unsaid.status == 422  # why is asked, and the basket stays
    assert len(pile(unsaid)) == 2
    done = await sent(served, unsaid.form(PATH), imprimer="1", why="faded", name="Bac du quai")
    assert done.status_code == 303, done.text
    batch = done.headers["location"].partition("?")[0]
    shown = await opened(served, batch)
    assert "Étiquettes effacées" in shown.text
    assert "garde son code" in shown.text
    with served.database.reading() as connection:
        found = label_sheets.find(connection, "acme", batch.rpartition("/")[2])
    assert found is not None
    assert [f"C/{line.code.chars}" for line in found.lines] == pile(unsaid)
    sheet = await served.client.get(f"{batch}/planche.pdf?start=5&copies=2&confirmed=1")
    assert (sheet.status_code, sheet.content[:5]) == (200, b"%PDF-")


async def test_what_cannot_be_printed_again_is_told_and_the_basket_stays(served: Served) -> None:
    await a_station(served, Role.WAREHOUSE)
    page = await basket(served, await opened(served, PATH), codes=code(30))
    page = await basket(served, page, codes="LOT-2026\n7K3M9QX2T4HDC9\n" + "x" * 900)
    assert len(pile(page)) == 1
    assert "LOT-2026" in page.text
    empty = await basket(served, await opened(served, PATH), imprimer="1", why="other")
    assert (empty.status, "scannez d’abord une étiquette" in empty.text) == (422, True)
    forged = await basket(served, page, pile="C/NONSENSE <script>", codes="")
    assert (forged.status, pile(forged)) == (200, [])


async def test_a_basket_holds_what_one_batch_can(served: Served) -> None:
    await a_station(served, Role.WAREHOUSE)
    many = "\n".join(code(n) for n in range(1_000, 1_000 + MOST))
    page = await basket(served, await opened(served, PATH), codes=many)
    assert len(pile(page)) == MOST
    page = await basket(served, page, codes=code(1))
    assert "Le panier est plein" in page.text
    assert len(pile(page)) == MOST
    done = await sent(served, page.form(PATH), imprimer="1", why="lost")
    assert done.status_code == 303


async def test_a_label_without_an_item_is_printed_again_too_and_said_to_have_none(served: Served) -> None:
    await a_station(served, Role.WAREHOUSE)
    page = await opened(served, f"{PATH}?code={code(777)}")
    assert printed(code(777)) in page.text
    assert "Étiquette sans objet" in page.text


async def test_whoever_prints_no_labels_has_no_basket(served: Served) -> None:
    await a_station(served, Role.DRIVER)
    assert (await opened(served, PATH)).status == 403
