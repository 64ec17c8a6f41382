"""Imports on the web: tried before anything is recorded, recorded once, given back annotated, taken back whole."""

import asyncio
import io
import json
import zipfile
from pathlib import Path
from typing import Any

import httpx
import pytest
import sqlalchemy as sa

from boucle.roles import Role
from boucle_server.imports import runs
from boucle_server.imports.columns import COLUMNS, ORDER
from boucle_server.imports.packed_sheet import FirstSheet, read
from boucle_server.imports.runs import State
from boucle_server.imports.sheet_file import write_rows
from boucle_server.imports.tried import HIDDEN
from boucle_server.ingest import accept_own
from boucle_server.projections import SqlStore, load_book
from boucle_server.server_device import Draft
from boucle_server.tables import IMPORT_RUN, PERSON, RECORD
from boucle_server.web import import_acts, import_reading
from boucle_server.web.import_words import asked
from tests.api.serving import Served
from tests.builders import code
from tests.server.people import NOW, an_org
from tests.web.browser import Form, Page, a_person, opened, sent, sign_in, signed_in

IMPORTS = "/administration/import"
HOUR = 3_600_000
SITES = "site\tnom\tcommune\nmetz\tMetz\tMetz\nnancy\tNancy\tNancy\nbar le duc\tBar\tBar-le-Duc\n"
"""Two good rows and one of which the key has blanks."""


async def a_manager(served: Served, role: Role = Role.MANAGER) -> None:
    an_org(served.database)
    await signed_in(served, role)


async def pasted(served: Served, kind: str, cells: str) -> str:
    """Paste cells; give the page of the import."""
    path = f"{IMPORTS}/apporter/{kind}"
    answer = await sent(served, (await opened(served, path)).form(path), cells=cells)
    assert answer.status_code == 303, answer.text
    return answer.headers["location"]


async def put(served: Served, kind: str, name: str, content: bytes, **headers: str) -> httpx.Response:
    """Drop a file, as the script of the page does."""
    path = f"{IMPORTS}/apporter/{kind}"
    page = await opened(served, path)
    (token,) = page.attributes("section", "data-token")
    sending = {"Boucle-Jeton": token, "Sec-Fetch-Site": "same-origin", "Accept": "application/json", **headers}
    return await served.client.put(f"{path}?nom={name}", content=content, headers=sending)


async def decided(served: Served, path: str, act: str, **typed: str) -> Page:
    """Press one of the buttons of an import; give its page as it is then."""
    page = await opened(served, path)
    form = next(form for form in page.forms if ("act", act) in form.values)
    answer = await sent(served, form, **typed)
    assert answer.status_code == 303, answer.text
    return await opened(served, answer.headers["location"].partition("?")[0])


async def imported(served: Served, kind: str, cells: str, act: str = "whole") -> str:
    path = await pasted(served, kind, cells)
    page = await decided(served, path, act)
    assert "Import" in page.text
    return path


async def taken_back(served: Served, path: str) -> Page:
    served.clock.ms += HOUR
    answer = await sent(served, (await opened(served, f"{path}/annuler")).form(f"{path}/annuler"))
    assert answer.status_code == 303, answer.text
    return await opened(served, path)


async def a_network(served: Served) -> None:
    """Bring what the other tables lean on."""
    await imported(served, "partners", "partenaire;nom\nrhin;Rhin Plasturgie")
    await imported(served, "sites", "site;nom;partenaire\nmetz;Metz;\nmulhouse;Mulhouse;rhin")
    await imported(served, "item-types", "type;nom;numéroté\nbac;Bac;oui\nfilm;Film;non")


def book_row(served: Served, table: str, key: str) -> dict[str, Any] | None:
    with served.database.reading() as connection:
        row = load_book(connection, "acme").row(table, key, served.clock.ms)
    return None if row is None else dict(row)


def records(served: Served) -> int:
    with served.database.reading() as connection:
        count: int = connection.execute(sa.select(sa.func.count()).select_from(RECORD)).scalar_one()
    return count


def run_of(served: Served, path: str) -> runs.Run:
    with served.database.reading() as connection:
        return runs.find(connection, "acme", path.rpartition("/")[2])


def counts(served: Served, path: str) -> tuple[int, ...]:
    told = run_of(served, path).told["counts"]
    return tuple(told[name] for name in ("created", "changed", "unchanged", "faulty"))


def recorded_later(served: Served, *drafts: Draft) -> None:
    with served.database.writing("acme") as connection:
        results = accept_own(connection, "acme", drafts, actor="", now_ms=served.clock.ms + 1)
    assert {result.status.value for result in results} == {"accepted"}


# Trying


async def test_a_dry_run_says_what_would_become_of_each_row_and_records_nothing(served: Served) -> None:
    await a_manager(served)
    path = await pasted(served, "sites", SITES)
    page = await opened(served, path)
    assert counts(served, path) == (2, 0, 0, 1)
    assert "bar le duc" in page.text
    assert "Une clé est faite de lettres" in page.text
    assert "Importer les lignes valides (2)" in page.text
    assert records(served) == 0
    assert book_row(served, "site", "metz") is None


async def test_the_valid_rows_are_imported_and_said_to_be_there_the_next_time(served: Served) -> None:
    await a_manager(served)
    page = Page((await opened(served, path := await pasted(served, "sites", SITES))).answer)
    page = await decided(served, path, "valid")
    assert "Importé en partie" in page.text
    taken = (await served.client.get(f"{IMPORTS}?fichier=csv&table=imports")).text
    assert "Importé en partie" in taken
    assert len(taken.splitlines()) == 2
    assert (book_row(served, "site", "metz") or {})["town"] == "Metz"
    with served.database.reading() as connection:
        actors = {json.loads(bytes(row.payload))["actor"] for row in connection.execute(sa.select(RECORD.c.payload))}
        people = set(connection.execute(sa.select(PERSON.c.person)).scalars())
    assert actors <= people, "what a person imports is that person's act"
    assert len(actors) == 1
    served.clock.ms += HOUR
    again = await pasted(served, "sites", SITES)
    page = await opened(served, again)
    assert counts(served, again) == (0, 0, 2, 1)
    assert "Ce même fichier a déjà été importé" in page.text
    assert path in page.attributes("a", "href")
    assert "valid" not in {value for form in page.forms for name, value in form.values if name == "act"}


async def test_all_or_nothing_records_nothing_while_one_row_is_faulty(served: Served) -> None:
    await a_manager(served)
    path = await pasted(served, "sites", SITES)
    page = await decided(served, path, "whole")
    assert "Rien n’a été importé : tout ou rien" in page.text
    assert (run_of(served, path).state, records(served)) == (State.READY, 0)
    await decided(served, path, "valid")
    assert book_row(served, "site", "nancy") is not None, "the valid rows can still be had"


async def test_what_changed_since_the_dry_run_is_seen_when_it_is_recorded(served: Served) -> None:
    await a_manager(served)
    await a_network(served)
    path = await pasted(served, "items", f"étiquette;type;site\n{code(1)};bac;metz\n{code(2)};bac;metz")
    born = Draft(kind="item.commissioned", fields={"code": code(1), "place": "metz", "body": {"type": "bac"}})
    recorded_later(served, born)
    await decided(served, path, "whole")
    assert counts(served, path) == (1, 0, 1, 0)


async def test_a_required_column_that_nobody_recognises_is_chosen_by_hand(served: Served) -> None:
    await a_manager(served)
    path = await pasted(served, "sites", "Repère;Libellé;Où\nmetz;Metz;Metz\n")
    page = await opened(served, path)
    assert "Colonne obligatoire introuvable : site" in page.text
    assert "whole" not in {value for form in page.forms for name, value in form.values if name == "act"}
    page = await decided(served, path, "columns", c0="key", c1="name", c2="town")
    assert counts(served, path) == (1, 0, 0, 0)
    await decided(served, path, "whole")
    assert book_row(served, "site", "metz") == {"name": "Metz", "town": "Metz", "zone": "Europe/Paris"} or book_row(
        served, "site", "metz"
    ) == {"name": "Metz", "town": "Metz"}


async def test_one_field_is_read_from_one_column_only_and_nonsense_from_none(served: Served) -> None:
    await a_manager(served)
    path = await pasted(served, "sites", "site;nom;autre\nmetz;Metz;Nancy\n")
    await decided(served, path, "columns", c0="key", c1="name", c2="name")
    assert run_of(served, path).mapping == ("key", "name", "")
    await decided(served, path, "columns", c0="key", c1="name", c2="<b>")
    assert run_of(served, path).mapping == ("key", "name", "")


async def test_a_dry_run_can_be_forgotten(served: Served) -> None:
    await a_manager(served)
    path = await pasted(served, "sites", SITES)
    form = next(form for form in (await opened(served, path)).forms if ("act", "drop") in form.values)
    assert (await sent(served, form)).headers["location"] == f"{IMPORTS}?fait=import_dropped_done"
    page = await opened(served, path)
    assert page.status == 404
    assert "oublié après 24 h" in page.text


# Files


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


# Who may


async def test_people_are_imported_by_administrators_alone(served: Served) -> None:
    await a_manager(served)
    page = await opened(served, IMPORTS)
    assert f"{IMPORTS}/apporter/operators" not in page.attributes("a", "href")
    assert (await opened(served, f"{IMPORTS}/apporter/operators")).status == 403
    assert (await served.client.get(f"{IMPORTS}/modele/operators")).status_code == 403
    served.client.cookies.clear()
    await sign_in(served, a_person(served, Role.ADMINISTRATOR))
    path = await imported(served, "operators", "nom;rôle;pin\nCamille;Chauffeur;2580\nSacha;Roi;2581", "valid")
    assert counts(served, path) == (1, 0, 0, 1)
    with served.database.reading() as connection:
        run = path.rpartition("/")[2]
        kept = runs.packed(connection, "acme", run, "content")
        assert [row[2] for row in kept] == ["pin", HIDDEN, HIDDEN]
    assert "2580" not in (await opened(served, path)).text
    served.client.cookies.clear()
    await sign_in(served, "manager")
    assert (await opened(served, path)).status == 403


@pytest.mark.parametrize("role", [Role.READER, Role.DRIVER, Role.WAREHOUSE])
async def test_who_may_not_manage_imports_nothing(served: Served, role: Role) -> None:
    await a_manager(served, role)
    assert (await opened(served, IMPORTS)).status == 403
    assert (await served.client.put(f"{IMPORTS}/apporter/sites", content=b"site;nom")).status_code == 403


async def test_an_import_of_another_organisation_is_not_there(served: Served) -> None:
    await a_manager(served)
    path = await pasted(served, "sites", SITES)
    an_org(served.database, "other")
    served.client.cookies.clear()
    await sign_in(served, a_person(served, Role.MANAGER, org="other", login="elsewhere"))
    assert (await opened(served, path)).status == 404
    assert "i-" not in "".join((await opened(served, IMPORTS)).attributes("a", "href")).replace(IMPORTS, "")


async def test_cells_that_were_pasted_when_the_session_ended_are_kept(served: Served) -> None:
    await a_manager(served)
    path = f"{IMPORTS}/apporter/sites"
    form = (await opened(served, path)).form(path)
    served.client.cookies.clear()
    page = Page(await sent(served, form, cells="site;nom\nmetz;Metz"))
    assert page.status == 401
    assert ("garde.cells", "site;nom\nmetz;Metz") in page.form("/connexion").values or "metz;Metz" in page.answer.text


# Two at once, and a server that stops


async def test_two_people_who_import_the_same_at_once_record_it_once(served: Served) -> None:
    await a_manager(served)
    await a_network(served)
    cells = "étiquette;type;site\n" + "\n".join(f"{code(n)};bac;metz" for n in range(1, 40))
    paths = [await pasted(served, "items", cells), await pasted(served, "items", cells)]
    before = records(served)
    await asyncio.gather(*(decided(served, path, "whole") for path in paths))
    assert records(served) - before == 39
    assert sorted(counts(served, path) for path in paths) == [(0, 0, 39, 0), (39, 0, 0, 0)]


async def test_an_import_is_decided_once(served: Served) -> None:
    await a_manager(served)
    path = await pasted(served, "sites", SITES)
    form = next(form for form in (await opened(served, path)).forms if ("act", "valid") in form.values)
    await sent(served, form)
    answer = Page(await sent(served, form))
    assert answer.status == 409
    assert "déjà été décidé" in answer.text
    assert records(served) == 2


async def test_work_that_a_stopped_server_left_is_taken_up_again(served: Served) -> None:
    await a_manager(served)
    path = await pasted(served, "sites", SITES)
    run = path.rpartition("/")[2]
    with served.database.writing("acme") as connection:
        runs.change(connection, "acme", run, state=State.WRITING, decided_ms=NOW, decided_by="p-nobody")
    page = await opened(served, path)
    assert "Travail en cours" in page.text
    assert page.answer.headers["refresh"] == "3"
    assert "refresh" not in (await opened(served, f"{path}?attente=non")).answer.headers
    assert not [form for form in page.forms if ("act", "again") in form.values]
    served.clock.ms += import_acts.STUCK_MS + 1
    await decided(served, path, "again")
    assert (run_of(served, path).state, counts(served, path)) == (State.DONE, (2, 0, 0, 1))


async def test_a_fault_of_ours_records_nothing_and_is_said_with_its_number(
    served: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    await a_manager(served)
    path = await pasted(served, "sites", SITES)

    def broken(*_: object, **__: object) -> None:
        raise RuntimeError("a bug")

    monkeypatch.setitem(import_acts._WORK, State.WRITING, broken)
    page = await decided(served, path, "valid")
    assert "erreur interne" in page.text
    assert (run_of(served, path).state, records(served)) == (State.READY, 0)
    monkeypatch.undo()
    await decided(served, path, "valid")
    assert records(served) == 2


async def test_a_long_import_is_waited_for_behind_the_page(served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    await a_manager(served)
    monkeypatch.setattr(import_acts, "PATIENCE_S", 0.0)
    cells = "site;nom\n" + "\n".join(f"s{n};Site {n}" for n in range(3_000))
    path = await pasted(served, "sites", cells)
    page = await decided(served, path, "whole")
    for _ in range(600):
        if run_of(served, path).state is State.DONE:
            break
        await asyncio.sleep(0.1)
    assert counts(served, path) == (3_000, 0, 0, 0)
    page = await opened(served, path)
    assert "3 000" in page.text


# Taking back


async def test_an_import_of_reference_rows_is_taken_back_whole(served: Served) -> None:
    await a_manager(served)
    await a_network(served)
    before = book_row(served, "site", "metz")
    served.clock.ms += HOUR
    path = await imported(served, "sites", "site;nom;commune\nmetz;Metz-Nord;Metz\ntoul;Toul;Toul")
    assert (book_row(served, "site", "metz") or {})["name"] == "Metz-Nord"
    page = await taken_back(served, path)
    assert "2 lignes annulées" in page.text
    assert (book_row(served, "site", "metz"), book_row(served, "site", "toul")) == (before, None)
    assert "toul" not in (await opened(served, "/administration/registre/sites")).text
    served.clock.ms += HOUR
    await imported(served, "sites", "site;nom\ntoul;Toul encore")
    assert (book_row(served, "site", "toul") or {})["name"] == "Toul encore", "what was taken back can be said again"


async def test_what_something_was_built_on_is_kept_and_said(served: Served) -> None:
    await a_manager(served)
    await a_network(served)
    path = await imported(served, "sites", "site;nom\ntoul;Toul\npau;Pau\ndole;Dole\nlens;Lens")
    served.clock.ms += HOUR
    recorded_later(
        served,
        Draft(kind="item.counted", fields={"item_type": "film", "qty": 3, "place": "toul"}),
        Draft(
            kind="reference.set",
            fields={"body": {"table": "site", "key": "pau", "valid_from": 0, "row": {"name": "Pau, quai 2"}}},
        ),
    )
    await imported(served, "lanes", "origine;destination;boucle\ndole;mulhouse;essai")
    page = await taken_back(served, path)
    assert "1 ligne annulée" in page.text
    assert [(row, key) for row, key, _ in run_of(served, path).told["kept"]] == [
        (2, "import.kept_used"),
        (3, "import.kept_restated"),
        (4, "import.kept_used"),
    ]
    assert book_row(served, "site", "lens") is None
    assert all(book_row(served, "site", key) for key in ("toul", "pau", "dole"))
    answer = await served.client.get(f"{path}?fichier=csv")
    assert [line.split(",")[2] for line in answer.text.splitlines()[1:]] == ["gardée", "gardée", "gardée", "annulée"]


async def test_items_are_taken_back_but_those_that_were_scanned_since(served: Served) -> None:
    await a_manager(served)
    await a_network(served)
    rows = "\n".join(f"{code(n)};bac;metz" for n in (1, 2))
    path = await imported(served, "items", f"étiquette;type;site\n{rows}\n{code(3)};bac;mulhouse")
    served.clock.ms += HOUR
    recorded_later(served, Draft(kind="item.shipped", fields={"code": code(2), "place": "metz"}))
    page = await taken_back(served, path)
    assert "2 lignes annulées" in page.text
    assert "quelque chose a été enregistré depuis" in page.text
    with served.database.reading() as connection:
        bound = SqlStore(connection, "acme").bindings([code(n) for n in (1, 2, 3)])
    assert set(bound) == {code(2)}
    served.clock.ms += HOUR
    again = await imported(served, "items", f"étiquette;type;site\n{code(1)};bac;metz")
    assert counts(served, again) == (1, 0, 0, 0)


async def test_movements_that_were_imported_are_voided(served: Served) -> None:
    await a_manager(served)
    await a_network(served)
    path = await imported(
        served, "events", "quand;quoi;type;quantité;lieu\n01/09/2026;reçu;film;5;metz\n02/09/2026;reçu;film;7;metz"
    )
    await taken_back(served, path)
    with served.database.reading() as connection:
        kinds = [row.kind for row in connection.execute(sa.select(RECORD.c.kind))]
    assert (kinds.count("item.received/1"), kinds.count("event.voided/1")) == (2, 2)
    assert run_of(served, path).told["undone"] == 2


async def test_movements_that_were_taken_back_can_be_brought_again_but_not_what_a_person_voided(served: Served) -> None:
    await a_manager(served)
    await a_network(served)
    head, row, other = "quand;quoi;type;quantité;lieu", "01/09/2026;reçu;film;5;metz", "02/09/2026;reçu;film;7;metz"
    for times in range(3):
        path = await imported(served, "events", "\n".join([head, row, other] if times else [head, row]))
        assert counts(served, path) == ((1, 0, 0, 0) if not times else (2, 0, 0, 0))
        await taken_back(served, path)
        served.clock.ms += HOUR
    path = await imported(served, "events", f"{head}\n{row}")
    with served.database.reading() as connection:
        made = runs.packed(connection, "acme", path.rpartition("/")[2], "made")
    served.clock.ms += HOUR
    void = {"item_type": "film", "qty": 5, "body": {"target": made["events"][0][0]}}
    recorded_later(served, Draft(kind="event.voided", fields=void))
    assert counts(served, await pasted(served, "events", f"{head}\n{row}")) == (0, 0, 1, 0)


async def test_people_whom_an_import_added_cannot_come_in_any_more(served: Served) -> None:
    await a_manager(served, Role.ADMINISTRATOR)
    await imported(served, "operators", "nom;rôle;pin\nSacha;Chauffeur;2581")
    path = await imported(served, "operators", "nom;rôle;pin;badge\nCamille;Chauffeur;2580;\nSacha;Magasinier;2581;B7")
    assert counts(served, path) == (1, 1, 0, 0)
    await taken_back(served, path)
    with served.database.reading() as connection:
        people = {row.name: (row.role, row.active, row.badge) for row in connection.execute(sa.select(PERSON))}
    assert people["Camille"][1] is False
    assert people["Sacha"] == ("driver", True, None)


async def test_rounds_and_checklists_are_taken_back(served: Served) -> None:
    await a_manager(served)
    await a_network(served)
    rounds = await imported(
        served, "rounds", "tournée;jour;arrêt;lieu;type;à reprendre\nt1;30/09/2026;1;mulhouse;bac;3"
    )
    lists = await imported(served, "checklists", "liste;moment;nom;étape;question\nc1;essai;Essai;e1;Tourne ?")
    assert book_row(served, "round", "t1")
    assert book_row(served, "checklist", "c1")
    await taken_back(served, rounds)
    await taken_back(served, lists)
    assert (book_row(served, "round", "t1"), book_row(served, "checklist", "c1")) == (None, None)
    assert (await opened(served, "/tournees?semaine=2026-W40")).status == 200


async def test_an_import_is_taken_back_for_24_hours_and_once(served: Served) -> None:
    await a_manager(served)
    path = await imported(served, "sites", SITES, "valid")
    form = (await opened(served, f"{path}/annuler")).form(f"{path}/annuler")
    served.clock.ms += 24 * HOUR + 1
    await sign_in(served, "manager")
    form = Form(action=form.action, method="post", values=(await opened(served, IMPORTS)).forms[0].values)
    late = Page(await sent(served, form))
    assert (late.status, "24 h" in late.text) == (409, True)
    assert (await opened(served, f"{path}/annuler")).status == 409
    assert f"{path}/annuler" not in (await opened(served, path)).attributes("a", "href")
    served.clock.ms -= HOUR
    assert (await sent(served, form)).status_code == 303
    assert (await sent(served, form)).status_code == 409
    assert run_of(served, path).state is State.UNDONE


# The list, and what is forgotten


async def test_past_imports_are_listed_with_who_when_and_what_became_of_them(served: Served) -> None:
    await a_manager(served)
    assert "Aucun import encore" in (await opened(served, IMPORTS)).text
    await imported(served, "sites", SITES, "valid")
    page = await opened(served, IMPORTS)
    for told in ("cellules collées", "Test manager", "Importé en partie", "2 créées, 1 fautive"):
        assert told in page.text
    for number in range(25):
        served.clock.ms += 1
        await pasted(served, "sites", f"site;nom\ns{number};S")
    page = await opened(served, IMPORTS)
    assert f"{IMPORTS}?page=2" in page.attributes("a", "href")
    assert "Importé en partie" in (await opened(served, f"{IMPORTS}?page=2")).text
    assert (await opened(served, f"{IMPORTS}?page=99999")).status == 200


async def test_what_nobody_decided_about_is_forgotten_and_old_rows_too(served: Served) -> None:
    await a_manager(served)
    done = await imported(served, "sites", SITES, "valid")
    waiting = await pasted(served, "sites", "site;nom\npau;Pau")
    served.clock.ms += 25 * HOUR
    with served.database.writing("acme") as connection:
        assert runs.forget(connection, "acme", now_ms=served.clock.ms) == 1
    await sign_in(served, "manager")
    assert (await opened(served, waiting)).status == 404
    assert (await served.client.get(f"{done}?fichier=csv")).headers["content-type"].startswith("text/csv")
    served.clock.ms += 30 * 24 * HOUR
    with served.database.writing("acme") as connection:
        assert runs.forget(connection, "acme", now_ms=served.clock.ms) == 1
        assert runs.forget(connection, "acme", now_ms=served.clock.ms) == 0
    await sign_in(served, "manager")
    page = await opened(served, done)
    assert page.status == 200
    assert "Fichier annoté" not in page.text
    assert (await served.client.get(f"{done}?fichier=csv")).headers["content-type"].startswith("text/html")


@pytest.mark.parametrize("lang", ["fr", "en"])
async def test_the_pages_of_imports_open_in_both_languages(served: Served, lang: str) -> None:
    await a_manager(served)
    path = await pasted(served, "sites", SITES)
    for each in (IMPORTS, *(f"{IMPORTS}/apporter/{kind}" for kind in COLUMNS if kind != "operators"), path):
        page = await opened(served, f"{each}?lang={lang}")
        assert page.status == 200
        assert ("Dry run" in page.text or "Essai à blanc" not in page.text) or lang == "fr"


async def test_the_one_page_with_a_script_lets_no_other_in(served: Served) -> None:
    await a_manager(served)
    page = await opened(served, f"{IMPORTS}/apporter/sites")
    (script,) = page.attributes("script", "src")
    assert "script-src 'self'; connect-src 'self'" in page.answer.headers["content-security-policy"]
    answer = await served.client.get(script)
    assert answer.headers["content-type"] == "text/javascript; charset=utf-8"
    for path in (IMPORTS, "/administration"):
        assert "script-src" not in (await opened(served, path)).answer.headers["content-security-policy"]


@pytest.mark.parametrize(
    "form", [Form(action="", method="post", values=[("act", "nonsense")]), Form(action="", method="post")]
)
async def test_a_form_that_says_nothing_known_changes_nothing(served: Served, form: Form) -> None:
    await a_manager(served)
    path = await pasted(served, "sites", SITES)
    token = dict((await opened(served, path)).forms[0].values)["jeton"]
    answer = await served.client.post(path, data={**dict(form.values), "jeton": token})
    assert answer.status_code == 422
    assert run_of(served, path).state is State.READY


@pytest.mark.parametrize("lang", ["fr", "en"])
@pytest.mark.parametrize("kind", sorted(COLUMNS))
def test_every_column_of_every_table_says_what_it_holds(kind: str, lang: str) -> None:
    assert all(each.holds and each.name for each in asked(kind, lang))
