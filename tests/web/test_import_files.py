"""Files that are dropped on the page of an import: whatever they were saved as, or said why not."""

import io
import zipfile
from pathlib import Path

import pytest
import sqlalchemy as sa

from boucle.roles import Role
from boucle_server.imports import runs
from boucle_server.imports.columns import ORDER
from boucle_server.imports.packed_sheet import FirstSheet, read
from boucle_server.imports.sheet_file import write_rows
from boucle_server.tables import IMPORT_RUN
from boucle_server.web import import_reading
from tests.api.serving import Served
from tests.web.browser import opened
from tests.web.imports_world import IMPORTS, a_manager, book_row, counts, decided, imported, put, run_of


def xlsx(tmp_path: Path, *rows: list[str]) -> bytes:
    write_rows(tmp_path / "rows.xlsx", rows)
    return (tmp_path / "rows.xlsx").read_bytes()


def ods(*sheets: tuple[str, list[list[str]]]) -> bytes:
    """Give an OpenDocument spreadsheet as small as there is."""
    tables = "".join(
        f'<table:table table:name="{name}">'
        + "".join(
            "<table:table-row>"
            + "".join(
                f'<table:table-cell office:value-type="string"><text:p>{cell}</text:p></table:table-cell>'
                for cell in row
            )
            + "</table:table-row>"
            for row in rows
        )
        + "</table:table>"
        for name, rows in sheets
    )
    return ods_of(tables)


def ods_of(tables: str) -> bytes:
    """Give an OpenDocument spreadsheet with the XML of its tables."""
    spaces = 'xmlns:calcext="urn:org:documentfoundation:names:experimental:calc:xmlns:calcext:1.0" ' + " ".join(
        f'xmlns:{name}="urn:oasis:names:tc:opendocument:xmlns:{name}:1.0"' for name in ("office", "table", "text")
    )
    content = (
        f'<?xml version="1.0" encoding="UTF-8"?><office:document-content {spaces} office:version="1.2"><office:body>'
        f"<office:spreadsheet>{tables}</office:spreadsheet></office:body></office:document-content>"
    )
    kind = "application/vnd.oasis.opendocument.spreadsheet"
    manifest = (
        '<?xml version="1.0"?><manifest:manifest xmlns:manifest="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0">'
        f'<manifest:file-entry manifest:full-path="/" manifest:media-type="{kind}"/></manifest:manifest>'
    )
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("mimetype", kind, zipfile.ZIP_STORED)
        archive.writestr("META-INF/manifest.xml", manifest)
        archive.writestr("content.xml", content)
    return packed.getvalue()


async def test_errors_and_formulas_without_a_result_of_an_ods_are_faults_and_take_nothing_back(served: Served) -> None:
    await a_manager(served)
    await imported(served, "sites", "site;nom;commune\nmetz;Metz;Metz\nnancy;Nancy;Nancy")
    plain = '<table:table-cell office:value-type="string"><text:p>{}</text:p></table:table-cell>'
    failed = (
        '<table:table-cell table:formula="of:=1/0" office:value-type="string" office:string-value=""'
        ' calcext:value-type="error"><office:annotation><text:p>note</text:p></office:annotation>'
        "<text:p>{}</text:p></table:table-cell>"
    )
    bare = '<table:table-cell table:formula="of:=A1"/>'
    cells = (
        ("metz", "Metz", failed.format("#DIV/0!")),
        ("nancy", failed.format("Err:502"), plain.format("Nancy")),
        ("bar", "Bar", bare),
    )
    rows = "".join(
        "<table:table-row>"
        + "".join(each if each.startswith("<") else plain.format(each) for each in row)
        + "</table:table-row>"
        for row in (("site", "nom", "commune"), *cells)
    )
    content = ods_of(f'<table:table table:name="Lieux">{rows}</table:table>')
    path = (await put(served, "sites", "erreurs.ods", content)).json()["to"]
    page = await opened(served, path)
    assert counts(served, path) == (0, 0, 0, 3)
    for told in ("#DIV/0!", "Err:502", "#FORMULE?"):
        assert told in page.text, page.text
    assert 'value="valid"' not in page.answer.text, "no row is good, and none takes anything back"


async def test_a_dropped_file_is_tried_whatever_it_was_saved_as(served: Served, tmp_path: Path) -> None:
    await a_manager(served)
    rows = [["site", "nom"], ["metz", "Métal & Cie"]]
    text = "site\tnom\r\nmetz\tMétal & Cie\r\n"
    files = {
        "a.xlsx": xlsx(tmp_path, *rows),
        "b.ods": ods(("Lieux", [["site", "nom"], ["metz", "Métal &amp; Cie"]])),
        "c.csv": text.replace("\t", ";").encode("cp1252"),
        "d.csv": text.replace("\t", ",").encode("utf-8-sig"),
        "e.txt": text.encode("utf-16"),
        "no-ending": xlsx(tmp_path, *rows),
    }
    for name, content in files.items():
        answer = await put(served, "sites", name, content)
        assert answer.status_code == 201, (name, answer.text)
        path = answer.json()["to"]
        assert (name, counts(served, path)) == (name, (1, 0, 0, 0))
        with served.database.reading() as connection:
            content_ = runs.packed(connection, "acme", path.rpartition("/")[2], "content")
        assert (name, content_[1][1]) == (name, "Métal & Cie")


async def test_a_file_of_two_encodings_is_read_line_by_line_and_said(served: Served) -> None:
    await a_manager(served)
    mixed = "site;nom\nmetz;Métal\n".encode() + "pau;Forêt\n".encode("cp1252")
    path = (await put(served, "sites", "mixte.csv", mixed)).json()["to"]
    page = await opened(served, path)
    assert "mélange deux encodages : 1 ligne" in page.text
    await decided(served, path, "whole")
    assert [(book_row(served, "site", key) or {})["name"] for key in ("metz", "pau")] == ["Métal", "Forêt"]


async def test_only_the_first_sheet_is_read_and_the_others_are_named(served: Served) -> None:
    await a_manager(served)
    content = ods(("Lieux", [["site", "nom"], ["metz", "Metz"]]), ("Brouillon", [["x", "y"]]))
    page = await opened(served, (await put(served, "sites", "deux.ods", content)).json()["to"])
    assert "Non lues : Brouillon" in page.text


@pytest.mark.parametrize(
    ("name", "content", "why"),
    [
        ("vide.csv", b"", "Il n’y a rien dans ce tableau"),
        ("blanc.csv", b"\n\n;;\n", "Il n’y a rien dans ce tableau"),
        ("titres.csv", b"site;nom\n", "n’a que des titres"),
        ("faux.xlsx", b"PK\x03\x04 no archive", "n’est pas un tableur lisible"),
        ("image.png", b"\x89PNG\r\n\x1a\n\x00\x00", "n’est pas un fichier CSV lisible"),
        ("long.csv", b"site;nom\n" + b"a;b\n" * 20_001, "a 20\u202f001 lignes"),
    ],
)
async def test_a_file_that_cannot_be_taken_is_said_why(served: Served, name: str, content: bytes, why: str) -> None:
    await a_manager(served)
    answer = await put(served, "sites", name, content)
    assert (answer.status_code, why in answer.json()["why"]) == (422, True), answer.text
    assert "Rien n’a été importé" in answer.json()["why"]
    with served.database.reading() as connection:
        assert connection.execute(sa.select(IMPORT_RUN.c.run)).all() == []


async def test_a_bomb_does_not_unfold(served: Served) -> None:
    await a_manager(served)
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/worksheets/sheet1.xml", b"0" * (210 * 1024 * 1024))
    answer = await put(served, "sites", "bombe.xlsx", packed.getvalue())
    assert (answer.status_code, "trop volumineux" in answer.json()["why"]) == (422, True)


async def test_a_file_that_is_too_large_is_refused_before_it_is_read(served: Served) -> None:
    await a_manager(served)
    answer = await put(served, "sites", "gros.csv", b"x" * (import_reading.MOST_BYTES + 1))
    assert answer.status_code == 413
    larger_than_any_other = b"site;nom\n" + b"".join(b"s%d;%s\n" % (n, b"x" * 400) for n in range(5_000))
    assert (await put(served, "sites", "large.csv", larger_than_any_other)).status_code == 201


async def test_a_file_is_taken_from_this_page_and_this_session_alone(served: Served) -> None:
    await a_manager(served)
    good = b"site;nom\nmetz;Metz\n"
    for headers in ({"Boucle-Jeton": "other"}, {"Sec-Fetch-Site": "cross-site"}):
        answer = await put(served, "sites", "a.csv", good, **headers)
        assert answer.status_code == 403, headers
    path = f"{IMPORTS}/apporter/sites"
    served.client.cookies.clear()
    answer = await served.client.put(path, content=good)
    assert (answer.status_code, answer.headers["location"]) == (303, "/connexion")


async def test_a_name_of_a_file_is_shown_as_text_and_without_its_folder(served: Served) -> None:
    await a_manager(served)
    answer = await put(served, "sites", "C%3A%5Cdocs%5C%3Cb%3Elieux%00.csv".replace("%00", ""), b"site;nom\nmetz;Metz")
    page = await opened(served, answer.json()["to"])
    assert run_of(served, answer.json()["to"]).name == "<b>lieux.csv"
    assert "b" not in [tag for tag, _ in page.tags]


@pytest.mark.parametrize("lang", ["fr", "en"])
@pytest.mark.parametrize("kind", ORDER)
async def test_every_template_has_the_headers_of_its_language_and_is_known_again(
    served: Served, kind: str, lang: str
) -> None:
    await a_manager(served, Role.ADMINISTRATOR)
    answer = await served.client.get(f"{IMPORTS}/modele/{kind}?fichier=xlsx&lang={lang}")
    assert answer.status_code == 200
    found = read(answer.content)
    assert isinstance(found, FirstSheet)
    path = (await put(served, kind, "modele.xlsx", answer.content)).json()["to"]
    assert all(run_of(served, path).mapping), found.rows[0]
    page = await opened(served, f"{IMPORTS}/apporter/{kind}?lang={lang}")
    assert all(header in page.text for header in found.rows[0])
    csv = await served.client.get(f"{IMPORTS}/modele/{kind}?fichier=csv")
    assert csv.headers["content-type"].startswith("text/csv")


async def test_the_annotated_file_has_the_rows_as_they_came_and_no_formula(served: Served, tmp_path: Path) -> None:
    await a_manager(served)
    rows = [["site", "nom"], ["metz", "=1+1"], ["nan cy", "@x"]]
    path = (await put(served, "sites", "formules.xlsx", xlsx(tmp_path, *rows))).json()["to"]
    await decided(served, path, "valid")
    answer = await served.client.get(f"{path}?fichier=xlsx")
    with zipfile.ZipFile(io.BytesIO(answer.content)) as archive:
        assert b"<f>" not in archive.read("xl/worksheets/sheet1.xml")
    found = read(answer.content)
    assert isinstance(found, FirstSheet)
    assert [row[:3] for row in found.rows] == [
        ["site", "nom", "Résultat de l’import"],
        ["metz", "=1+1", "créée"],
        ["nan cy", "@x", "fautive"],
    ]
    assert found.rows[2][3].startswith("site : Une clé")
    again = (await put(served, "sites", "annote.xlsx", answer.content)).json()["to"]
    assert counts(served, again) == (0, 0, 1, 1), "mended in place and dropped again, the two columns are not read"
