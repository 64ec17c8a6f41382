"""Imports that are taken back: whole, but for what something was built on, for a day and once."""

import sqlalchemy as sa

from boucle.roles import Role
from boucle_server.imports import runs
from boucle_server.imports.runs import State
from boucle_server.projections import SqlStore
from boucle_server.server_device import Draft
from boucle_server.tables import PERSON, RECORD
from tests.api.serving import Served
from tests.builders import code
from tests.web.browser import Form, Page, opened, sent, sign_in
from tests.web.imports_world import (
    HOUR,
    IMPORTS,
    SITES,
    a_manager,
    a_network,
    book_row,
    counts,
    imported,
    pasted,
    recorded_later,
    run_of,
    taken_back,
)


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
