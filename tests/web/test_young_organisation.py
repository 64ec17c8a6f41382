"""The pages of an organisation in its first month, and the pages that people get of what nobody expected."""

import re
from typing import Any

import pytest

from boucle.events import KINDS
from boucle.replay import book_of
from boucle.words import knows
from boucle_server import closing
from boucle_server.errors import InvalidInputError
from boucle_server.exports import report
from boucle_server.imports.columns import COLUMNS
from boucle_server.imports.planned import TABLES
from boucle_server.web import dashboard_pages, details
from tests.api.serving import Served
from tests.builders import DAY, START_MS, Device, code, network
from tests.server.figures_world import draft, record
from tests.server.people import an_org
from tests.web.browser import opened, signed_in

AS_A_BROWSER = {"Accept": "text/html,application/xhtml+xml", "Accept-Language": "fr"}
BORN = 304
"""Days after the start of 2026: 1 November."""


async def a_newcomer(served: Served, *drafts: Any) -> None:
    """Make an organisation that began in November, as seen on the 29th, with what its drafts say."""
    an_org(served.database, "acme")
    network = [("site", "hub", {"name": "Dépôt"}), ("partner", "rhin", {"name": "Rhin Plasturgie"})]
    network += [("site", "mulhouse", {"name": "Mulhouse", "partner": "rhin"})]
    network += [("item_type", "bac", {"name": "Bac 600×400"}), ("item_type", "film", {"tracking": "quantity"})]
    set_up = [
        draft("reference.set", at=BORN, body={"table": table, "key": key, "valid_from": 0, "row": row})
        for table, key, row in network
    ]
    served.clock.ms = START_MS + (BORN + 28) * DAY
    record(served.database, "acme", [*set_up, *drafts], now_ms=served.clock.ms)
    await signed_in(served)


def one_crate() -> list[Any]:
    return [
        draft("item.commissioned", code(1), at=BORN + 1, body={"type": "bac"}, place="hub"),
        draft("item.shipped", code(1), at=BORN + 2, body={"to": "mulhouse"}, place="hub"),
    ]


async def test_the_first_page_of_a_new_organisation_is_its_first_month(served: Served) -> None:
    await a_newcomer(served, *one_crate())
    page = await opened(served, "/tableau")
    assert page.status == 200
    assert "· novembre 2026" in page.texts
    assert page.texts[page.texts.index("En circulation") + 1] == "1"
    for path in (
        "/tableau/chiffres",
        "/tableau/chiffre/K1",
        "/partenaires",
        "/partenaires/rhin",
        "/objets",
        "/tableau/rapport.pdf",
    ):
        answer = await served.client.get(path, headers=AS_A_BROWSER)
        assert answer.status_code == 200, path


async def test_quantities_alone_make_a_first_month_too(served: Served) -> None:
    film: dict[str, Any] = {"item_type": "film", "qty": 12, "place": "hub"}
    await a_newcomer(served, draft("item.shipped", at=BORN + 2, body={"to": "mulhouse"}, **film))
    page = await opened(served, "/tableau")
    assert "· novembre 2026" in page.texts
    assert "enlevez un filtre" not in page.text


async def test_a_month_without_movement_says_so_and_leads_to_the_running_one(served: Served) -> None:
    film: dict[str, Any] = {"item_type": "film", "qty": 12, "place": "hub"}
    await a_newcomer(served, draft("item.received", at=BORN - 60, **film), draft("item.received", at=BORN + 2, **film))
    page = await opened(served, "/tableau")
    assert "Aucun mouvement en octobre 2026" in page.texts
    assert "enlevez un filtre" not in page.text
    assert "/tableau?month=2026-11" in page.attributes("a", "href")


async def test_no_month_is_closed_before_anything_was_known(served: Served) -> None:
    await a_newcomer(served)
    with served.database.writing("acme") as connection, pytest.raises(InvalidInputError, match="nothing is known"):
        closing.close(connection, "acme", "2026-10", by="console", now_ms=served.clock.ms)
    record(served.database, "acme", one_crate(), now_ms=served.clock.ms)
    with (
        served.database.writing("acme") as connection,
        pytest.raises(InvalidInputError, match="nothing is known before 2026-11"),
    ):
        closing.close(connection, "acme", "2026-10", by="console", now_ms=served.clock.ms)
    with served.database.writing("acme") as connection:
        later = START_MS + (BORN + 40) * DAY
        assert closing.close(connection, "acme", "2026-11", by="console", now_ms=later).revision == 1
        assert report.document(connection, "acme", ["2026-10"], as_of_ms=later, lang="fr").startswith(b"%PDF")


async def test_a_bug_is_a_page_with_its_number_for_a_person(served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    await a_newcomer(served, *one_crate())

    def broken(*_: object) -> object:
        raise ValueError("a secret")

    monkeypatch.setattr(dashboard_pages, "dashboard", broken)
    page = await opened(served, "/tableau")
    assert page.status == 500
    assert page.answer.headers["content-type"].startswith("text/html")
    assert "Ce qui était enregistré est gardé" in page.text
    assert re.search(r"Numéro de l’incident : [0-9a-f]{12}", page.text)
    assert "secret" not in page.answer.text
    assert "/objets" in page.attributes("a", "href")


@pytest.mark.parametrize("path", ["/objets/%00", "/tableau?month=%00"])
async def test_an_address_that_is_refused_unread_is_a_page_for_a_person_and_a_problem_for_a_program(
    served: Served, path: str
) -> None:
    told = await served.client.get(path, headers=AS_A_BROWSER)
    assert told.status_code == 400
    assert "Cette adresse demande quelque chose" in told.text
    assert told.headers["x-content-type-options"] == "nosniff"
    program = await served.client.get(path, headers={"Accept": "application/json"})
    assert program.headers["content-type"] == "application/problem+json"


async def test_what_is_on_its_way_has_an_age_though_no_partner_holds_it(served: Served) -> None:
    await a_newcomer(served, *one_crate())
    page = await opened(served, "/tableau")
    assert "Dehors depuis l’expédition" in page.texts
    assert "Rien n’est dehors" not in page.text
    here = await opened(served, "/partenaires/rhin")
    assert "1 contenant dehors n’est pas constaté chez ce partenaire" in here.text
    empty = await opened(served, "/tableau?type=film")
    assert "Dehors depuis l’expédition" not in empty.texts


async def test_what_moves_is_never_said_to_be_at_a_partner_s(served: Served) -> None:
    await a_newcomer(served, *one_crate())
    assert "en route vers Mulhouse" in (await opened(served, "/objets")).texts
    page = await opened(served, f"/objets/{code(1).removeprefix('C/')}")
    assert "en route vers Mulhouse" in page.texts
    assert "sur le serveur (saisie, import ou calcul)" in page.text
    assert "heure indiquée, non vérifiée" in page.text
    assert "téléphone" not in page.text
    taken = draft("item.collected", code(1), at=BORN + 5, place="mulhouse")
    record(served.database, "acme", [taken], now_ms=served.clock.ms)
    assert "dans notre véhicule, depuis Mulhouse" in (await opened(served, "/objets")).texts


def test_every_field_of_an_event_has_a_name_that_people_read() -> None:
    never_shown = {"counts", "reasons", "digest", "hash", "table", "key", "valid_from", "row"}
    never_shown |= {"case", "because", "n"}  # an answer to a case is in no history: To do says it in its own words
    fields = {name.removesuffix("!") for kind in KINDS.values() for name in kind.fields}
    assert fields - details.NAMED - details.SAID - never_shown == set()


async def test_on_a_phone_every_cell_of_a_list_says_what_it_is(served: Served) -> None:
    await a_newcomer(served, *one_crate())
    for path, names in (
        ("/objets", ["Type", "État", "Où", "Dehors depuis"]),
        ("/partenaires", ["Détenus", "En route vers eux", "Repris, pas encore reçus", "Non scannés"]),
    ):
        page = await opened(served, path)
        cells = [given for tag, given in page.tags if tag == "td"]
        assert [given.get("data-label") for given in cells] == names
        assert {given.get("role") for given in cells} == {"cell"}


def test_every_column_of_the_reference_data_has_a_name_on_its_page() -> None:
    fields = {column.field for kind in TABLES for column in COLUMNS[kind]}
    assert {field for field in fields if not knows(f"web.reg_{field}")} == set()


def test_why_a_repair_is_on_hold_is_said_in_words_and_a_text_of_somebody_s_own_as_it_stands() -> None:
    book = book_of(network())
    for kind in ("work.held", "item.held"):
        for reason, said in (("doubt", "doute sur la sécurité"), ("clé perdue", "clé perdue")):
            event = Device().event(kind, code(1), body={"reason": reason})
            words = dict(details.details(event, book, "fr"))["motif"]
            assert words.lower() == said


def test_the_code_of_why_a_control_was_not_passed_is_said_in_words() -> None:
    book = book_of(network())
    event = Device().event("work.rejected", code(1), body={"reason": "quality"})
    for lang, said in (
        ("fr", ("motif", "contrôle qualité non réussi")),
        ("en", ("reason", "quality control not passed")),
    ):
        assert said in details.details(event, book, lang)
    own = Device().event("work.rejected", code(1), body={"reason": "vernis"})
    assert ("motif", "vernis") in details.details(own, book, "fr")
