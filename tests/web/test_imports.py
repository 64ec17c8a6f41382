"""Imports on the web: tried before anything is recorded, recorded once, by who may, and given back annotated."""

import asyncio
import json

import pytest
import sqlalchemy as sa

from boucle.roles import Role
from boucle_server.imports import runs
from boucle_server.imports.columns import COLUMNS
from boucle_server.imports.runs import State
from boucle_server.imports.tried import HIDDEN
from boucle_server.server_device import Draft
from boucle_server.tables import PERSON, RECORD
from boucle_server.web import import_acts
from boucle_server.web.import_words import asked
from tests.api.serving import Served
from tests.builders import code
from tests.server.people import NOW, an_org
from tests.web.browser import Form, Page, a_person, opened, sent, sign_in
from tests.web.imports_world import (
    HOUR,
    IMPORTS,
    SITES,
    a_manager,
    a_network,
    book_row,
    counts,
    decided,
    imported,
    pasted,
    recorded_later,
    records,
    run_of,
)

# Trying


async def test_a_dry_run_says_what_would_become_of_each_row_and_records_nothing(served: Served) -> None:
    await a_manager(served)
    path = await pasted(served, "sites", SITES)
    page = await opened(served, path)
    assert counts(served, path) == (2, 0, 0, 1)
    assert "bar le duc" in page.text
    assert "Une clé n’a ni espace ni accent" in page.text
    assert "à la place d’un espace, mettez un tiret" in page.text
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
