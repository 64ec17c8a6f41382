"""The page of one figure: the return curve drawn, told and in a table, and the events behind each part."""

import io
import re
import zipfile
from fractions import Fraction

import pytest

from boucle.estimate import life_table
from boucle_server.web.chart import DAY_RIGHT, LEFT, WIDTH, steps
from boucle_server.web.return_curve import steps_of
from tests.api.serving import Served
from tests.server import figures_world, workshop_world
from tests.server.figures_world import a_small_year
from tests.web.browser import opened, signed_in

NOW = figures_world.NOW + 10_000
CURVE = "/tableau/chiffre/K3?month=2026-03"


async def a_year(served: Served) -> None:
    a_small_year(served.database)
    served.clock.ms = NOW
    await signed_in(served)


def number(text: str) -> int:
    """Read a number of a page."""
    return int(re.sub(r"\D", "", text))


async def test_the_return_curve_is_drawn_told_and_in_a_table(served: Served) -> None:
    await a_year(served)
    page = await opened(served, CURVE)
    ids = {given.get("id"): tag for tag, given in page.tags if tag in ("title", "desc")}
    assert ids["return-curve-title"] == "title"
    assert ids["return-curve-text"] == "desc"
    assert "50 % revenus en" in page.text
    heads = page.texts.index("Plus suivis à cet âge")
    assert page.texts[heads - 2 : heads + 3] == [
        "Âge",
        "Revenus",
        "Plus suivis à cet âge",
        "Encore dehors",
        "Part revenue",
    ]
    rows = page.texts[heads + 3 :]
    rows = rows[: rows.index("Télécharger")]
    table = [rows[at : at + 5] for at in range(0, len(rows), 5)]
    totals = {sum(number(cell) for cell in row[1:4]) for row in table}
    assert len(totals) == 1, "returned, no longer followed and still out are all that was sent, at every age"
    shares = [float(row[4].split()[0].replace(",", ".").rstrip("\u202f%")) for row in table]
    assert shares == sorted(shares)
    assert "/tableau/chiffre/K3-p90?month=2026-03" not in page.attributes("a", "href")
    assert "Courbe de retour" in (await opened(served, CURVE.replace("K3", "K3-p90"))).texts
    assert "Courbe de retour" not in (await opened(served, CURVE.replace("K3", "K1"))).texts


async def test_open_loans_are_said_to_count_as_out_and_as_nothing_else(served: Served) -> None:
    await a_year(served)
    page = await opened(served, CURVE)
    told = re.search(r"Prêts? encore ouverts? le 20/06/2026 : (\d+)\.", page.text)
    assert told is not None
    parts = re.search(r"(\d+) ÷ (\d+)", page.text)
    lost = re.search(r"Passés? en perte : (\d+)", page.text)
    assert parts is not None
    gone = int(parts[2]) - int(parts[1])
    assert int(told[1]) + (int(lost[1]) if lost else 0) == gone > 0
    english = await opened(served, f"{CURVE}&lang=en")
    assert "still open on 20 Jun 2026" in english.text


async def test_the_file_of_the_curve_has_every_age_and_the_events_behind_it(served: Served) -> None:
    await a_year(served)
    answer = await served.client.get(f"{CURVE}&fichier=csv&table=curve")
    lines = answer.text.splitlines()
    assert lines[0].lstrip("\ufeff") == "Âge,Revenus,Plus suivis à cet âge,Encore dehors,Part revenue (%)"
    ages = [int(line.split(",")[0]) for line in lines[1:]]
    assert ages == sorted(set(ages))
    assert len(ages) > 3
    whole = await served.client.get(f"{CURVE}&fichier=xlsx")
    book = zipfile.ZipFile(io.BytesIO(whole.content)).read("xl/workbook.xml").decode()
    assert 'name="Courbe de retour"' in book
    assert 'name="Événements derrière ce chiffre"' in book


def test_at_every_age_what_came_back_what_left_and_what_is_watched_make_the_whole() -> None:
    # Seven out: back at 3 and 8; one lost at 5 and seen again at 7; three open at 6; the last one back at 20.
    known = steps_of(life_table({3: 1, 8: 2, 20: 1}, {5: 1, 6: 3}, {7: 1}))
    assert {step.back + step.left + step.watched for step in known} == {7}
    assert [(step.age, step.back, step.left, step.watched) for step in known] == [
        (3, 1, 0, 6),
        (5, 1, 1, 5),
        (6, 1, 4, 2),
        (7, 1, 3, 3),
        (8, 3, 3, 1),
        (20, 4, 3, 0),
    ]
    assert known[0].share == Fraction(1, 7)


@pytest.mark.parametrize("until", [2, 6, 8, 31, 95, 285, 400, 1500])
def test_steps_stay_inside_with_few_names_below_and_are_faint_where_few_are_watched(until: int) -> None:
    half = max(1, until // 2)
    drawn = steps([(half, Fraction(1, 2)), (until, Fraction(9, 10))], until=until, sure_until=half, marks=[half])
    numbers_ = [int(each) for each in re.findall(r"[HM](\d+)", "".join((*drawn.paths, *drawn.faint)))]
    assert min(numbers_) == LEFT
    assert max(numbers_) <= WIDTH - DAY_RIGHT
    assert 2 <= len(drawn.labels) <= 9
    assert int(drawn.labels[-1][1]) >= until
    assert len(drawn.faint) == (half < until)
    below, above = (next(tick.y for tick in drawn.ticks if tick.value == value) for value in (40, 60))
    assert [dot.y for dot in drawn.dots] == [(below + above) // 2]


async def test_behind_each_part_of_a_figure_of_the_workshop_stand_its_own_events(served: Served) -> None:
    workshop_world.a_workshop(served.database)
    served.clock.ms = workshop_world.NOW
    await signed_in(served)
    path = "/tableau/chiffre/K30-all?month=2026-02"
    page = await opened(served, path)
    ways = [href for href in page.attributes("a", "href") if "part=repair_closed" in href]
    assert len(ways) == 2
    for href, word, other in zip(ways, ("réparée", "non réparable"), ("non réparable", "réparée"), strict=True):
        shown = await opened(served, href)
        events = shown.texts[shown.texts.index("Compte comme", shown.texts.index("Événements derrière ce chiffre")) :]
        assert f"réparation terminée : {word}" in events
        assert f"réparation terminée : {other}" not in events
        file = await served.client.get(f"{href.partition('#')[0]}&fichier=csv&table=events")
        assert file.text.count(f"réparation terminée : {word} +1") == 1
        assert other not in file.text.replace(f": {word}", "")
    odd = await opened(served, f"{path}&part=nothing%3Cb%3E")
    assert odd.status == 200
    assert "Ce chiffre n’a pas de part « nothing<b> »" in odd.text


@pytest.mark.parametrize("figure", ["K13", "K11-open", "K34-late"])
async def test_a_figure_of_today_alone_has_no_past_months_and_is_compared_with_none(
    served: Served, figure: str
) -> None:
    await a_year(served)
    page = await opened(served, f"/tableau/chiffre/{figure}?month=2026-04")
    assert "il n’a pas de mois passés" in page.text
    assert "Douze mois" not in page.texts
    assert "par rapport à" not in page.text
    file = await served.client.get(f"/tableau/chiffre/{figure}?month=2026-04&fichier=xlsx")
    assert 'name="Douze mois"' not in zipfile.ZipFile(io.BytesIO(file.content)).read("xl/workbook.xml").decode()
    lasting = await opened(served, "/tableau/chiffre/K12?month=2026-04")
    assert "Douze mois" in lasting.texts
    assert "par rapport à" in lasting.text
    assert "il n’a pas de mois passés" not in lasting.text
