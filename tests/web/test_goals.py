"""Goals on the web: set by a manager, told by word and sign beside figures, in charts, tables, files and the PDF."""

import re
from fractions import Fraction
from typing import Any
from urllib.parse import quote

import pytest

from boucle.roles import Capability, Role
from boucle_server import figures_document, tokens
from boucle_server.exports import kpis, report
from boucle_server.projections import load_book
from tests.api.serving import Served
from tests.server import figures_world
from tests.server.figures_world import a_small_year
from tests.server.test_report_export import text_of
from tests.web.browser import Page, opened, sent, signed_in

NOW = figures_world.NOW + 10_000
GOALS = "/administration/registre/goals"


async def a_year(served: Served, role: Role = Role.MANAGER) -> None:
    a_small_year(served.database)
    served.clock.ms = NOW
    await signed_in(served, role)


async def typed_goal(served: Served, key: str = "", **typed: str) -> Page:
    """Fill in the form as a manager does; give the page that follows."""
    form = (await opened(served, f"{GOALS}/ligne?cle={quote(key)}")).form(f"{GOALS}/ligne")
    return Page(await sent(served, form, **typed))


async def set_goal(served: Served, figure: str, goal: str, *, loop: str = "", key: str = "") -> None:
    answer = await typed_goal(served, key, figure=figure, goal_micro=goal, loop=loop)
    assert answer.status == 303, answer.text


async def test_a_goal_stands_beside_its_tile_by_word_and_sign_in_the_chart_and_in_its_table(served: Served) -> None:
    await a_year(served)
    assert "Objectif" not in (await opened(served, "/tableau?month=2026-03")).text
    await set_goal(served, "K1", "99,5")
    page = await opened(served, "/tableau?month=2026-03")
    assert "Objectif : au moins 99,5 %" in page.text
    assert re.search(r"✕\s+non atteint|○\s+trop peu de cas pour juger", page.text)
    assert [given for tag, given in page.tags if tag == "path" and given.get("class") == "goal"]
    assert [given for tag, given in page.tags if given.get("class") == "key goal"], "the line has its key"
    heads = page.texts[page.texts.index("Mois par mois") :]
    assert heads.index("Objectif") == heads.index("Taux de retour à 60 j") + 1
    assert re.search(r"≥ 99,5 % [✕○] (non atteint|trop peu de cas)", page.text)
    figure = await opened(served, "/tableau/chiffre/K1?month=2026-03&lang=en")
    assert "Goal: at least 99.5%" in figure.text
    assert [given for tag, given in figure.tags if tag == "path" and given.get("class") == "goal"]
    await set_goal(served, "K1", "10", key="K1>>*")
    assert re.search(
        r"✓\s+atteint|○\s+trop peu de cas", (await opened(served, "/tableau/chiffre/K1?month=2026-03&lang=fr")).text
    )


async def test_programs_are_told_a_goal_in_the_unit_of_its_value_with_its_verdict(
    served: Served,
) -> None:
    await a_year(served)
    await set_goal(served, "K7", "10")
    await set_goal(served, "K20-mass", "900")
    with served.database.writing("acme") as connection:
        token = tokens.add(connection, "acme", name="test", scopes=[Capability.READ], now_ms=NOW).secret

    async def told(query: str) -> dict[str, Any]:
        answer = await served.client.get(f"/v1/kpis?{query}", headers={"Authorization": f"Bearer {token}"})
        return {value["definition_id"]: value["goal"] for value in answer.json()["values"]}

    one = await told("month=2026-03")
    assert one["K7"] == {"value": "0.100000", "value_micro": 100_000, "sense": "least", "verdict": "met"}
    assert (one["K20-mass"]["value_micro"], one["K20-mass"]["sense"]) == (900_000 * 10**6, "least")
    assert one["K1"] is None
    several = await told("month=2026-02/2026-03")
    assert several["K7"]["verdict"] == "met"
    assert several["K20-mass"] is None, "the goal of a month is none of two months together"
    assert (await told("month=2026-03&type=bac"))["K7"] is None


async def test_the_months_compared_and_several_months_together_say_the_goal(served: Served) -> None:
    await a_year(served)
    before = (await opened(served, "/tableau?month=2026-03")).texts
    assert "Objectif" not in before[before.index("Comparaison") :]
    await set_goal(served, "K7", "10")
    page = (await opened(served, "/tableau?month=2026-03")).texts
    compared = page[page.index("Comparaison") : page.index("Douze mois")]
    assert "Objectif" in compared
    assert compared[compared.index("Part réemployée du parc") + 2] == "≥ 10 % ✓ atteint"
    file = (await served.client.get("/tableau?month=2026-03&fichier=csv&table=compare")).text.splitlines()
    assert file[0].endswith("Objectif,Verdict")
    assert next(row for row in file if row.startswith("K7,")).endswith("10.000000,atteint")
    with served.database.reading() as connection:
        pdf = report.document(connection, "acme", ["2026-02", "2026-03"], as_of_ms=NOW, lang="fr")
    assert text_of(pdf).count("Objectif : au moins 10 %") == 1 + 2, "of both months, and of each"


async def test_files_and_the_report_say_the_goal_and_its_verdict(served: Served) -> None:
    await a_year(served)
    await set_goal(served, "K7", "10")
    rows = (await served.client.get("/tableau/chiffres?month=2026-03&fichier=csv")).text.splitlines()
    (row,) = [each for each in rows if each.startswith("K7,")]
    assert ",10.000000,atteint," in row
    year = (await served.client.get("/tableau/chiffre/K7?month=2026-03&fichier=csv&table=year")).text.splitlines()
    assert year[0].endswith("Objectif,Verdict")
    assert year[1].endswith(("10.000000,atteint", "10.000000,trop peu de cas pour juger"))
    with served.database.reading() as connection:
        content = figures_document.document(connection, "acme", as_of_ms=NOW, months=["2026-03"])
        book = load_book(connection, "acme")
        pdf = report.document(connection, "acme", ["2026-03"], as_of_ms=NOW, lang="fr")
    sheet = kpis.long_table(content, book)
    told = [dict(zip(sheet.columns, each, strict=True)) for each in sheet.rows]
    (found,) = [
        each for each in told if each["definition_id"] == "K7" and not each["type"] and each["goal"] is not None
    ]
    assert (found["goal_sense"], found["goal_verdict"]) == ("least", "met")
    assert found["goal"] == Fraction(1, 10)
    assert pdf.startswith(b"%PDF-")


@pytest.mark.parametrize(
    ("typed", "told"),
    [
        ({"figure": "K2", "goal_micro": "90"}, "indicateur auquel on donne un objectif"),
        ({"figure": "K1", "goal_micro": "beaucoup"}, "nombre"),
        ({"figure": "K1", "goal_micro": "90", "loop": "atlantide"}, "Boucle inconnue : atlantide"),
        ({"figure": "K15", "goal_micro": "5", "loop": "alsace"}, "ne se mesure pas par boucle"),
        ({"figure": "", "goal_micro": "90"}, "Ce champ est nécessaire"),
    ],
)
async def test_a_goal_that_cannot_be_is_said_beside_its_field_and_what_was_typed_stays(
    served: Served, typed: dict[str, str], told: str
) -> None:
    await a_year(served)
    page = await typed_goal(served, **typed)
    assert page.status == 422
    assert told in page.text
    if typed["figure"] != "K1" or typed["goal_micro"] != "beaucoup":
        return
    assert "beaucoup" in page.attributes("input", "value")


async def test_goals_are_versions_of_a_manager_and_nobody_else_s(served: Served) -> None:
    await a_year(served)
    await set_goal(served, "K1", "90")
    await set_goal(served, "K1", "97", loop="alsace")
    page = await opened(served, GOALS)
    assert "Taux de retour à 60 jours (cohorte) · Alsace" in page.text
    assert "au moins 97 %" in page.text
    loop = await opened(served, "/tableau?month=2026-03&loop=alsace")
    assert "Objectif : au moins 97 %" in loop.text
    assert "Objectif :" not in (await opened(served, "/tableau?month=2026-03&loop=lorraine")).text
    row = await opened(served, f"{GOALS}/ligne?cle=K1%3E%3E*")
    assert "90" in row.attributes("input", "value")
    served.client.cookies.clear()
    await signed_in(served, Role.READER)
    assert (await opened(served, GOALS)).status == 403
    assert "Objectif : au moins 90 %" in (await opened(served, "/tableau?month=2026-03")).text
