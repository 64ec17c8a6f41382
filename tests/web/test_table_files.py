"""Tables of pages as files: whole, numbers as numbers, no formula, under the filters and the rights of the page."""

import csv
import io
import re
import zipfile
from pathlib import Path

import pytest

from boucle.roles import Role
from boucle_server.web import rendering
from boucle_server.web.visit import FILE_TYPES
from tests.api.serving import Served
from tests.builders import code
from tests.server import figures_world
from tests.server.figures_world import a_small_year, draft, record
from tests.server.people import a_phone
from tests.web.browser import opened, signed_in

TEMPLATES = Path(rendering.__file__).parent / "templates"
MONTH = "2026-04"
LISTS = (
    f"/tableau?month={MONTH}",
    f"/tableau/chiffres?month={MONTH}",
    f"/tableau/chiffre/K2?month={MONTH}",
    "/objets",
    f"/objets/{code(1)}",
    "/partenaires",
    "/partenaires/rhin",
    "/a-traiter",
    "/appareils",
    "/etiquettes",
    "/administration/registre/sites",
    "/administration/roles",
)
ADMINISTRATORS = ("/administration/personnes", "/administration/jetons")


async def a_year(served: Served, role: Role = Role.MANAGER) -> None:
    a_small_year(served.database)
    a_phone(served.database)
    batch = {"count": 2, "letter": "C", "name": "Bac", "owner": "", "codes": [code(700)[2:], code(701)[2:]]}
    record(served.database, "acme", [draft("label.minted", at=100, body=batch)])
    served.clock.ms = figures_world.NOW
    await signed_in(served, role)


async def fetched(served: Served, path: str, form: str, **more: str) -> bytes:
    """Get a file as the link on its page does."""
    answer = await served.client.get(path, params={**_query(path), "fichier": form, **more})
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == FILE_TYPES[form]
    assert re.fullmatch(r'attachment; filename="boucle-[a-z0-9-]+\.(xlsx|csv)"', answer.headers["content-disposition"])
    return answer.content


def _query(path: str) -> dict[str, str]:
    return dict(each.split("=", 1) for each in path.partition("?")[2].split("&") if each)


def rows_of(content: bytes) -> list[list[str]]:
    return list(csv.reader(io.StringIO(content.decode())))


def sheets_of(content: bytes) -> dict[str, str]:
    """Give the XML of each sheet of a workbook by its name."""
    with zipfile.ZipFile(io.BytesIO(content)) as book:
        names = re.findall(r'<sheet name="([^"]+)"', book.read("xl/workbook.xml").decode())
        return {name: book.read(f"xl/worksheets/sheet{at}.xml").decode() for at, name in enumerate(names, 1)}


def test_every_table_of_a_page_can_be_taken_away() -> None:
    without = {
        # What changed since a closing stands in the comparison and in the figures themselves.
        "dashboard.html": 1,
        "month_close.html": 1,
        # Documents and single files are printed.
        "certificate.html": 1,
        "delivery.html": 2,
        "return.html": 2,
        "ticket.html": 1,
        # The last delivery notes lead to papers, each of which is a file.
        "partner.html": 1,
        # A form that asks which of them a call was about: the heap of late items gives the list.
        "inbox_late.html": 1,
        # The template holds what its columns mean, the annotated file what became of each row.
        "import_bring.html": 1,
        "import_run.html": 1,
        # What is checked before an end, and is no list: the page of the round gives the stop's numbers.
        "station_end.html": 1,
        "station_stop.html": 1,
    }
    for path in sorted(TEMPLATES.glob("*.html")):
        text = path.read_text(encoding="utf-8")
        tables, files = text.count("call tables.table("), len(re.findall(r"tables\.files\(visit, t, (?!\"\")", text))
        assert files >= tables - without.get(path.name, 0), path.name


@pytest.mark.parametrize("path", LISTS)
async def test_a_page_gives_its_tables_in_every_format_and_links_to_them(served: Served, path: str) -> None:
    await a_year(served)
    page = await opened(served, path)
    links = [href for href in page.attributes("a", "href") if "fichier=" in href]
    assert {each.partition("fichier=")[2].partition("&")[0] for each in links} == set(FILE_TYPES)
    for href in links:
        answer = await served.client.get(href)
        assert answer.status_code == 200
        assert answer.headers["content-disposition"].startswith("attachment")
        if "fichier=xlsx" in href:
            names = list(sheets_of(answer.content))
            assert names[-1] == "À propos"
            assert len(names) == 2 or "table=" not in href
        else:
            assert answer.content.count(b"\r\n") >= 1


@pytest.mark.parametrize("path", ADMINISTRATORS)
async def test_the_tables_of_administration_hold_no_secret(served: Served, path: str) -> None:
    await a_year(served, Role.ADMINISTRATOR)
    text = (await fetched(served, path, "csv")).decode()
    assert "Test administrator" in text or path.endswith("jetons")
    assert "argon2" not in text
    assert "badge" not in text.lower()


async def test_a_list_is_given_whole_and_under_its_filters(served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    await a_year(served)
    monkeypatch.setattr("boucle_server.web.items.PAGE", 5)
    whole = rows_of(await fetched(served, "/objets", "csv"))
    assert len(whole) == 1 + figures_world.CRATES
    rolls = rows_of(await fetched(served, "/objets?type=roll", "csv"))
    assert 1 < len(rolls) < len(whole)
    assert {row[1] for row in rolls[1:]} == {next(row[1] for row in rolls[1:])}
    # An address that somebody shared with a page in it still gives all.
    assert rows_of(await fetched(served, "/objets?after=zzz&type=roll", "csv"))[0] == whole[0]


async def test_the_numbers_of_a_file_are_those_of_the_page(served: Served) -> None:
    await a_year(served)
    page = await opened(served, f"/tableau?month={MONTH}")
    months = rows_of(await fetched(served, f"/tableau?month={MONTH}", "csv", table="months"))
    row = next(each for each in months if each[0] == MONTH)
    line = next(at for at, text in enumerate(page.texts) if text == "avril 2026" and page.texts[at + 1].isdigit())
    assert row[1:3] == page.texts[line + 1 : line + 3]
    french = (await fetched(served, f"/tableau?month={MONTH}", "csv-excel", table="months")).decode("utf-8-sig")
    assert french != (await fetched(served, f"/tableau?month={MONTH}", "csv-excel", table="months")).decode("utf-8")
    again = list(csv.reader(io.StringIO(french), delimiter=";"))
    assert [[cell.replace(",", ".") for cell in each] for each in again[1:]] == months[1:]


async def test_the_events_behind_a_figure_are_all_in_its_file_and_make_its_parts(served: Served) -> None:
    await a_year(served)
    path = f"/tableau/chiffre/K2?month={MONTH}"
    events = rows_of(await fetched(served, path, "csv", table="events"))
    year = rows_of(await fetched(served, path, "csv", table="year"))
    (month,) = [row for row in year if row[0] == MONTH]
    told = [part for row in events[1:] for part in row[-1].split(", ")]
    sums: dict[str, int] = {}
    for part in told:
        name, _, n = part.rpartition(" ")
        sums[name] = sums.get(name, 0) + int(n)
    back = sum(sums.get(name, 0) for name in ("retour scanné", "retour déduit", "quantité revenue"))
    sent = sum(sums.get(name, 0) for name in ("départ", "quantité partie"))
    assert [int(part) for part in month[2:4]] == [back, sent], sums
    assert len(events) > 15


async def test_no_cell_of_any_format_can_become_a_formula(served: Served) -> None:
    await a_year(served)
    evil = '=HYPERLINK("http://evil.example";"x")'
    rows: dict[str, dict[str, str]] = {"evil": {"name": evil}, "minus": {"name": "-2+3"}, "at": {"name": "@x"}}
    body = {"table": "site", "valid_from": 0}
    drafts = [draft("reference.set", at=1, body={**body, "key": key, "row": row}) for key, row in rows.items()]
    record(served.database, "acme", drafts, now_ms=figures_world.NOW)
    names = {row[1] for row in rows_of(await fetched(served, "/administration/registre/sites", "csv"))}
    assert {f"'{evil}", "'-2+3", "'@x"} <= names
    french = (await fetched(served, "/administration/registre/sites", "csv-excel")).decode("utf-8-sig")
    cells = [cell for row in csv.reader(io.StringIO(french), delimiter=";") for cell in row]
    assert not [cell for cell in cells if cell.startswith(("=", "+", "-", "@"))]
    for xml in sheets_of(await fetched(served, "/administration/registre/sites", "xlsx")).values():
        assert "<f>" not in xml


async def test_what_is_asked_wrongly_is_said_on_the_page_and_gives_no_file(served: Served) -> None:
    await a_year(served)
    for lang, told in (("fr", "Le fichier « pdf » n’existe pas"), ("en", "There is no file “pdf”")):
        page = await opened(served, f"/tableau?fichier=pdf&lang={lang}")
        assert page.status == 200
        assert told in page.text
    page = await opened(served, "/tableau?month=1999-01&fichier=xlsx&lang=fr")
    assert "text/html" in page.answer.headers["content-type"]
    assert "janvier 1999" in page.text
    page = await opened(served, "/objets?type=nothing&fichier=csv")
    assert "nothing" in page.text


async def test_a_file_needs_the_right_of_its_page(served: Served) -> None:
    a_small_year(served.database)
    served.clock.ms = figures_world.NOW
    assert (await served.client.get("/objets?fichier=csv")).status_code == 303
    await signed_in(served, Role.READER)
    assert (await served.client.get("/appareils?fichier=xlsx")).status_code == 403
    assert (await served.client.get("/administration/personnes?fichier=csv")).status_code == 403
    assert (await served.client.get("/objets?fichier=csv")).status_code == 200


async def test_the_workbook_says_whose_it_is_and_what_was_asked(served: Served) -> None:
    await a_year(served)
    content = await fetched(served, "/objets?type=roll", "xlsx")
    with zipfile.ZipFile(io.BytesIO(content)) as book:
        texts = book.read("xl/sharedStrings.xml").decode()
    for told in ("Acme", "/objets", "Filtre : type", "roll"):
        assert told in texts
