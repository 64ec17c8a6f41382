"""Taking a donor apart on the web: expected parts asked for and compared, masses, and what a person is asked about."""

import pytest

from boucle.donor_parts import TABLE, expected_key, expected_of
from boucle.roles import Role
from boucle_server.projections import load_book
from tests.api.serving import Served
from tests.server.figures_world import draft, record
from tests.server.workshop_world import NOW, act, bare, label
from tests.web.browser import Page, opened, sent, signed_in
from tests.web.imports_world import imported, pasted, taken_back
from tests.web.test_workshop import a_bench, do, item, printed, said, ticket

DONOR = 10
"""A pump of the workshop that is beyond repair."""
STEP = f"/atelier/etape/demonter/{printed(label(DONOR))}"


def expects(served: Served, n: int, part: str = "moteur", donor: str = "pompe") -> None:
    """State what a pump holds."""
    row = {"donor": donor, "part": part, "expected_n": n}
    body = {"table": TABLE, "key": expected_key(donor, part), "valid_from": 0, "row": row}
    record(served.database, "acme", [draft("reference.set", at=-0.5, body=body)], now_ms=NOW)


def legends(page: Page) -> list[str]:
    return [text for text in page.texts if text.startswith(("Pièce", "Autre pièce"))]


def plain(text: str) -> str:
    """Give a text with plain blanks."""
    return text.replace("\u00a0", " ").replace("\u202f", " ")


async def test_a_manager_states_what_a_donor_holds_on_the_page_and_it_is_kept_by_versions(served: Served) -> None:
    await a_bench(served, Role.MANAGER)
    listed = "/administration/registre/donor-parts"
    for n, told in (("2", "2"), ("0", "0")):
        key = "?cle=moteur%3Epompe" if n == "0" else ""
        served.clock.ms += 60_000
        form = (await opened(served, f"{listed}/ligne{key}")).form(f"{listed}/ligne")
        assert (await sent(served, form, donor="moteur", part="pompe", expected_n=n)).status_code == 303
        page = await opened(served, listed)
        assert "Moteur 4 kW → Pompe" in page.texts
        assert told in page.texts
    itself = (await opened(served, f"{listed}/ligne")).form(f"{listed}/ligne")
    refused = await sent(served, itself, donor="pompe", part="pompe", expected_n="1")
    assert "Une pièce n’est pas du type de son donneur" in said(refused)
    with served.database.reading() as connection:
        assert len(load_book(connection, "acme").versions_of(TABLE, "moteur>pompe")) == 2


async def test_a_table_of_expected_parts_is_imported(served: Served) -> None:
    await a_bench(served, Role.MANAGER)
    rows = "donneur;pièce;nombre\nmoteur;pompe;2\nmoteur;rien;1\npompe;scie;deux\nscie;scie;1\nscie;pompe;2,5\n"
    page = await opened(served, await pasted(served, "donor-parts", rows))
    told = "Type inconnu : rien", "Ce n’est pas un nombre positif", "Une pièce n’est pas du type de son donneur"
    for fault in told:
        assert fault in page.text, page.text
    path = await imported(served, "donor-parts", rows, "valid")
    with served.database.reading() as connection:
        book = load_book(connection, "acme")
    assert (book.keys(TABLE), expected_of(book, "moteur", at_ms=NOW)) == (["moteur>pompe"], {"pompe": 2})
    await taken_back(served, path)
    with served.database.reading() as connection:
        assert expected_of(load_book(connection, "acme"), "moteur", at_ms=NOW) == {}


async def test_each_expected_part_is_asked_for_and_what_was_taken_stands_beside_it(served: Served) -> None:
    await a_bench(served)
    expects(served, 2)
    expects(served, 1, "scie")
    asked = await opened(served, STEP)
    assert legends(asked)[:3] == [
        "Pièce attendue : Moteur 4 kW (1 sur 2)",
        "Pièce attendue : Moteur 4 kW (2 sur 2)",
        "Pièce attendue : Scie à ruban",
    ]
    assert legends(asked)[3:] == ["Autre pièce 1", "Autre pièce 2"]
    assert "D’ordinaire 24" in asked.text
    taken = {
        "p1__mass": "1 kg",
        "p1__label": bare(2),
        "p2__taken": "1",
        "p3__taken": "",
        "p4__type": "bac",
        "p4__mass": "250 g",
    }
    assert (await do(served, "demonter", DONOR, whole="3,5", rest="2,25", **taken)).status_code == 303
    page = await ticket(served, DONOR)
    at = page.texts.index("Bilan du démontage")
    assert page.texts[at + 1 : at + 4] == ["✓", "les masses s’équilibrent", "Bilan du démontage"]
    told = plain(page.text[page.text.index("Bilan du démontage") :])
    for words in ("Moteur 4 kW\n2\n2", "Scie à ruban\n1\n0", "1 manquante", "Bac 600×400\n0\n1", "1 en plus"):
        assert words in told, told
    for mass in ("3,5", "1,25", "2,25"):
        assert f"{mass} kg" in told
    assert "1 pièce n’a pas été pesée" in told
    assert f"Moteur 4 kW, 1,00 kg, {printed(bare(2))} ; Moteur 4 kW ; Bac 600×400, 0,25 kg" in told


async def test_nothing_is_taken_for_a_part_that_nobody_took(served: Served) -> None:
    await a_bench(served)
    expects(served, 3)
    none = await do(served, "demonter", DONOR, whole="3,5", p1__taken="", p2__taken="", p3__taken="")
    assert none.status_code == 422
    assert "Nommez au moins une pièce" in said(none)
    assert (await do(served, "demonter", DONOR, p1__taken="", p2__taken="1", p3__taken="")).status_code == 303
    told = (await ticket(served, DONOR)).text
    assert "Moteur 4 kW\n3\n1" in told
    assert "2 manquantes" in told


async def test_without_expected_parts_the_form_is_open_and_the_page_says_so(served: Served) -> None:
    await a_bench(served)
    assert legends(await opened(served, STEP)) == ["Pièce 1", "Pièce 2", "Pièce 3", "Pièce 4"]
    assert (await do(served, "demonter", DONOR, p1__type="moteur", p1__mass="2")).status_code == 303
    told = (await ticket(served, DONOR)).text
    assert "Aucune pièce attendue n’est décrite" in told
    assert "reste non pesé" in told


@pytest.mark.parametrize(
    ("field", "typed", "told"),
    [
        ("p1.mass", "2 lb", "« 2 lb » n’est pas une masse : écrivez des kilogrammes (2,15), ou l’unité g, kg ou t."),
        ("p1.mass", "0", "Rien ne pèse zéro : laissez vide"),
        ("whole", "-1", "n’est pas une masse"),
        ("whole", "90 000 t", "Plus de cent tonnes"),
        ("rest", "0 g", "Rien ne pèse zéro"),
    ],
)
async def test_a_mass_that_is_none_is_told_beside_its_field_and_nothing_typed_is_lost(
    served: Served, field: str, typed: str, told: str
) -> None:
    await a_bench(served)
    given = {"p1.type": "moteur", "p1.mass": "1", "p1.label": bare(4), "whole": "3,5", "rest": "2,5"} | {field: typed}
    form = (await opened(served, STEP)).form(STEP)
    answer = await sent(served, form, **given)
    assert answer.status_code == 422
    page = Page(answer)
    assert told in page.text
    kept = dict(page.form(STEP).values)
    assert '<option value="moteur" selected>' in answer.text
    assert {name: kept[name] for name in given if name != "p1.type"} == {
        name: value for name, value in given.items() if name != "p1.type"
    }
    assert item(served, DONOR).work_stage == "not_repairable"


async def test_a_donor_in_service_is_taken_apart_only_by_who_says_so_once_more(served: Served) -> None:
    await a_bench(served)
    in_use = [
        act("item.commissioned", 31, 1, type="pompe"),
        act("work.opened", 31, 2, reason="bruit"),
        act("work.cancelled", 31, 3, reason="faux bruit"),
    ]
    record(served.database, "acme", in_use, now_ms=NOW)
    doubted = await do(served, "demonter", 31, p1__type="moteur", p1__mass="1")
    assert doubted.status_code == 409
    assert "pièces prélevées sur un objet en service" in said(doubted)
    assert dict(Page(doubted).form(STEP.replace(printed(label(DONOR)), printed(label(31)))).values)["p1.mass"] == "1"
    assert item(served, 31).work_stage == "cancelled"
    assert (await do(served, "demonter", 31, p1__type="moteur", p1__mass="1", sure="1")).status_code == 303
    assert item(served, 31).work_stage == "harvested"
    assert "pièces prélevées sur un objet en service" in (await ticket(served, 31)).text


async def test_a_reader_sees_the_balance_and_takes_nothing_apart(served: Served) -> None:
    await a_bench(served)
    assert (await do(served, "demonter", DONOR, p1__type="moteur", p1__mass="1", rest="2,5")).status_code == 303
    served.client.cookies.clear()
    await signed_in(served, Role.READER)
    assert "Bilan du démontage" in (await ticket(served, DONOR)).text
    assert (await opened(served, STEP)).status == 403
