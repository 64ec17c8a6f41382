"""The pages of labels: what is minted is kept, printed and read back; no label leaves under an address of nobody."""

import io
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
import sqlalchemy as sa

from boucle.codes import Kind, Label, read_label
from boucle.commands import Command, command_code
from boucle.roles import Role
from boucle_labels.check import check
from boucle_labels.reading import ZxingDecoder
from boucle_server import people
from boucle_server.settings import Settings
from boucle_server.tables import PERSON
from tests.api.serving import Served, serving
from tests.server.figures_world import NOW, a_small_year
from tests.server.people import an_org
from tests.web.browser import Page, opened, sent, signed_in

BASE = "https://boucle.example"


@pytest_asyncio.fixture
async def based(tmp_path: Path) -> AsyncIterator[Served]:
    """Give the started application with an address for labels."""
    async with serving(Settings(data=tmp_path / "data", jobs=False, label_base=BASE)) as started:
        yield started


def read_back(pdf: bytes, folder: Path) -> int:
    """Decode every label of a PDF, compare it with what is printed beside it; give how many there are."""
    file = folder / "labels.pdf"
    file.write_bytes(pdf)
    return check(file, ZxingDecoder()).labels


async def minted(served: Served, **typed: str) -> Page:
    form = (await opened(served, "/etiquettes")).form("/etiquettes")
    answer = await sent(served, form, **({"kind": "C", "count": "5", "name": "Bac 600×400"} | typed))
    assert answer.status_code == 303, answer.text
    return await opened(served, answer.headers["location"])


def path_of(page: Page) -> str:
    return page.forms[-1].action


async def test_a_batch_is_kept_listed_and_printed_alike_each_time(based: Served, tmp_path: Path) -> None:
    an_org(based.database)
    await signed_in(based)
    page = await minted(based)
    assert "Les étiquettes sont créées" in page.text
    codes = [label.key for text in page.texts if isinstance(label := read_label(text), Label)]
    assert len(set(codes)) == 5
    path = path_of(page)
    assert path in (await opened(based, "/etiquettes")).attributes("a", "href")
    first = await based.client.get(f"{path}/planche.pdf?format=avery-l7160&start=5&spoiled=7,9&copies=2")
    assert first.headers["content-type"] == "application/pdf"
    assert read_back(first.content, tmp_path) == 10
    again = await based.client.get(f"{path}/planche.pdf?format=avery-l7160&start=5&spoiled=7,9&copies=2")
    assert again.content == first.content


async def test_a_picture_of_a_sheet_holds_the_codes_of_the_page(based: Served) -> None:
    from PIL import Image  # noqa: PLC0415 - only here

    an_org(based.database)
    await signed_in(based)
    page = await minted(based, count="3")
    answer = await based.client.get(f"{path_of(page)}/planche.png")
    assert answer.headers["content-type"] == "image/png"
    assert Image.open(io.BytesIO(answer.content)).size == (2480, 3508)
    assert (await opened(based, f"{path_of(page)}/planche.png?sheet=2")).status == 404


async def test_labels_of_an_address_that_nobody_reaches_are_printed_only_on_demand(served: Served) -> None:
    an_org(served.database)
    await signed_in(served)
    assert "ne mèneraient nulle part" in (await opened(served, "/etiquettes")).text
    path = path_of(await minted(served))
    picture, asked = [await opened(served, f"{path}/planche.{kind}?start=3") for kind in ("png", "pdf")]
    for page in (picture, asked):
        assert page.status == 409
        assert "Imprimer quand même ?" in page.text
    form = asked.form(f"{path}/planche.pdf")
    assert ("start", "3") in form.values
    answer = await served.client.get(form.action, params=dict(form.values))
    assert answer.headers["content-type"] == "application/pdf"


@pytest.mark.parametrize(
    ("query", "told"),
    [
        ("start=0", "Un nombre de 1 à 21"),
        ("start=22", "Un nombre de 1 à 21"),
        ("spoiled=7;x", "séparés par des virgules"),
        ("start=21&spoiled=21", "Il ne reste aucune case"),
        ("copies=1000", "Un nombre de 1 à 50"),
        ("format=a4", "Ce format de planche n’existe pas"),
        ("bars=1&format=avery-l7160", ""),
    ],
)
async def test_what_cannot_be_printed_so_is_told_and_what_was_asked_is_kept(
    based: Served, query: str, told: str
) -> None:
    an_org(based.database)
    await signed_in(based)
    path = path_of(await minted(based))
    page = await opened(based, f"{path}/planche.pdf?{query}")
    assert page.status == 422
    assert told in page.text
    assert "wrong" in page.answer.text


@pytest.mark.parametrize(
    "typed", [{"count": "0"}, {"count": "501"}, {"count": "x"}, {"kind": "Z"}, {"name": "x" * 121}]
)
async def test_a_batch_that_cannot_be_is_told_beside_what_was_typed(served: Served, typed: dict[str, str]) -> None:
    an_org(served.database)
    await signed_in(served)
    form = (await opened(served, "/etiquettes")).form("/etiquettes")
    answer = await sent(served, form, **({"kind": "C", "count": "5", "owner": "Éco-Retour"} | typed))
    assert answer.status_code == 422
    assert "Rien n’est encore créé" in answer.text
    assert "Éco-Retour" in answer.text


async def test_the_sheet_of_commands_has_every_command(based: Served, tmp_path: Path) -> None:
    an_org(based.database)
    await signed_in(based, Role.WAREHOUSE)
    page = await opened(based, "/etiquettes/commandes")
    for command in Command:
        assert command_code(command).grouped in page.text
    assert "ANNULER LE DERNIER" in page.text
    answer = await based.client.get("/etiquettes/commandes/planche.pdf?format=avery-l7163&bars=1")
    assert read_back(answer.content, tmp_path) == len(Command)


async def test_sites_without_a_label_are_given_one_that_phones_will_know(based: Served) -> None:
    a_small_year(based.database)
    based.clock.ms = NOW + 10_000
    await signed_in(based)
    page = await opened(based, "/etiquettes/lieux")
    assert "Sites sans étiquette" in page.text
    answer = await sent(based, page.form("/etiquettes/lieux"))
    after = await opened(based, answer.headers["location"])
    assert "Sites sans étiquette" not in after.text
    assert [text for text in after.texts if text.startswith("P-")]


async def test_a_badge_is_given_to_who_scans_and_only_an_administrator_prints_it(based: Served) -> None:
    an_org(based.database)
    with based.database.writing("acme") as connection:
        person = people.add_operator(
            connection, "acme", name="Chloé", role=Role.DRIVER, pin="2580", now_ms=NOW, badge="ancien"
        )
    await signed_in(based, Role.MANAGER)
    assert (await opened(based, "/etiquettes/badges")).status == 403
    based.client.cookies.clear()
    await signed_in(based, Role.ADMINISTRATOR)
    page = await opened(based, "/etiquettes/lieux")
    assert page.status == 200
    page = await opened(based, "/etiquettes/badges")
    await sent(based, page.form("/etiquettes/badges"))
    with based.database.reading() as connection:
        badge = connection.execute(sa.select(PERSON.c.badge).where(PERSON.c.person == person)).scalar_one()
    label = read_label(badge)
    assert isinstance(label, Label)
    assert label.kind is Kind.BADGE
    assert "Chloé" in (await opened(based, "/etiquettes/badges")).text


async def test_a_roll_is_a_pdf_of_one_label_a_page_and_a_file_for_a_thermal_printer(
    based: Served, tmp_path: Path
) -> None:
    an_org(based.database)
    await signed_in(based)
    path = path_of(await minted(based))
    assert "Rouleau 60 × 40 mm" in (await opened(based, path)).text
    # Which cells of a sheet were used before says nothing of a roll.
    paper = await based.client.get(f"{path}/planche.pdf?format=roll-60x40&start=5&spoiled=7")
    assert paper.status_code == 200
    assert read_back(paper.content, tmp_path) == 5
    thermal = await based.client.get(f"{path}/planche.zpl?format=roll-60x40&printer=203dpi")
    assert (thermal.status_code, thermal.text.count("^XA")) == (200, 5)
    refused = await opened(based, f"{path}/planche.zpl?format=avery-l7160")
    assert (refused.status, "choisissez un rouleau" in refused.text) == (422, True)
