"""The dashboard: figures as the interface gives them, filters told in words, charts that can be read aloud."""

import re
from dataclasses import replace
from fractions import Fraction
from itertools import pairwise

import pytest
import sqlalchemy as sa

from boucle.catalogue import CATALOGUE, answers
from boucle.kpi import Question
from boucle.kpi_mass import scan_completeness
from boucle.roles import Capability, Role
from boucle.tally import Tally
from boucle_server import closing, devices, reports, tokens
from boucle_server.tables import DEVICE, RECORD
from boucle_server.tables import ORG as ORGS
from boucle_server.web import numbers
from boucle_server.web.chart import HEIGHT, WIDTH, chart, line
from boucle_server.web.figures import change
from tests.api.serving import Served
from tests.builders import DAY, ORG, code
from tests.server import figures_world, workshop_world
from tests.server.figures_world import a_small_year, draft, record
from tests.server.handset import Handset, a_network, taken
from tests.server.people import a_phone, an_org
from tests.web.browser import Page, opened, signed_in
from tests.web.rounds_world import a_round, visited

NOW = figures_world.NOW + 10_000


async def a_manager_s_year(served: Served) -> None:
    a_small_year(served.database)
    served.clock.ms = NOW
    await signed_in(served)


async def test_the_last_complete_month_is_shown_in_french_with_its_six_figures(served: Served) -> None:
    await a_manager_s_year(served)
    page = await opened(served, "/tableau")
    assert ("html", {"lang": "fr"}) in page.tags
    assert "· mai 2026" in page.texts
    for name in ("En circulation", "Taux de valorisation", "Masse reçue", "Alsace", "Lorraine"):
        assert name in page.text, name
    english = await opened(served, "/tableau?lang=en&month=2026-03")
    assert "· March 2026" in english.texts
    assert "In circulation" in english.texts


async def test_every_figure_is_as_the_interface_gives_it(served: Served) -> None:
    await a_manager_s_year(served)
    with served.database.writing("acme") as connection:
        token = tokens.add(connection, "acme", name="test", scopes=[Capability.READ], now_ms=NOW).secret
    told = await served.client.get("/v1/kpis?month=2026-03", headers={"Authorization": f"Bearer {token}"})
    values = {value["definition_id"]: value for value in told.json()["values"]}
    page = await opened(served, "/tableau/chiffres?month=2026-03&lang=en")
    assert f"{values['K2']['numerator']} ÷ {values['K2']['denominator']}" in page.texts
    assert numbers.percent(Fraction(values["K2"]["value_micro"], 10**6), "en") in page.texts
    for id_ in CATALOGUE:
        assert id_ in page.texts
        one = await opened(served, f"/tableau/chiffre/{id_}?month=2026-03&lang=en")
        assert one.status == 200
    assert "Fewer than 30 losses" in page.text or "No cohort is old enough" in page.text


async def test_the_completeness_of_scans_counts_what_was_inferred_and_repeated_against_it(served: Served) -> None:
    a_network(served.database)
    phone = Handset()
    for crate in range(1, 5):
        phone.scan("item.commissioned", code(crate), at=60 + crate, place="strasbourg", body={"type": "bac"})
        phone.scan("item.shipped", code(crate), place="strasbourg", body={"to": "mulhouse"})
    phone.scan("item.received", code(1), at=70, place="strasbourg")
    phone.scan("item.received", code(1), place="strasbourg")
    phone.scan("item.shipped", code(2), at=71, place="strasbourg", body={"to": "mulhouse"})
    taken(served.database, phone.push())
    served.clock.ms = NOW
    await signed_in(served, org=ORG)
    with served.database.writing(ORG) as connection:
        token = tokens.add(connection, ORG, name="test", scopes=[Capability.READ], now_ms=NOW).secret
    told = await served.client.get("/v1/kpis?month=2026-03", headers={"Authorization": f"Bearer {token}"})
    (known,) = (value for value in told.json()["values"] if value["definition_id"] == "evidence")
    whole = known["bands"]["scanned"] + known["bands"]["inferred"] + known["quality"]["duplicates"]
    assert whole > known["bands"]["scanned"] > 0
    share = numbers.percent(Fraction(known["bands"]["scanned"], whole), "fr", 1)
    page = await opened(served, "/tableau?month=2026-03")
    assert (
        f"Complétude des scans : {share} (scannés ÷ scannés, déduits et en double)".replace("\u202f", " ") in page.texts
    )


def test_nothing_scanned_is_no_completeness_and_a_declaration_is_no_failed_scan() -> None:
    assert scan_completeness({"scanned": 0, "declared": 7, "inferred": 0}, 0) is None
    assert scan_completeness({"scanned": 6, "declared": 7, "inferred": 1}, 1) == Fraction(3, 4)


async def test_beside_the_completeness_stands_the_phone_that_was_heard_the_longest_ago(served: Served) -> None:
    await a_manager_s_year(served)
    assert "Dernière synchronisation" not in (await opened(served, "/tableau")).text
    seen = {"Camion nord": NOW - 5 * DAY, "Camion sud": NOW, "Camion perdu": NOW - 50 * DAY}
    phones = {name: a_phone(served.database).enrolled.dev for name in seen}
    with served.database.writing("acme") as connection:
        for name, dev in phones.items():
            heard = sa.update(DEVICE).where(DEVICE.c.dev == dev).values(name=name, last_seen_ms=seen[name])
            connection.execute(heard)
        devices.revoke(connection, "acme", phones["Camion perdu"], now_ms=NOW)
    page = await opened(served, "/tableau")
    assert "Dernière synchronisation la plus ancienne : Camion nord, 15/06/2026 à " in page.text
    assert "/appareils" in page.attributes("a", "href")
    assert "Oldest last sync: Camion nord, 15 Jun 2026" in (await opened(served, "/tableau?lang=en")).text
    with served.database.writing("acme") as connection:
        connection.execute(sa.update(DEVICE).where(DEVICE.c.name == "Camion sud").values(last_seen_ms=None))
    assert "Camion sud n’a encore jamais synchronisé" in (await opened(served, "/tableau?lang=fr")).text


async def test_pages_need_no_script_and_let_none_in(served: Served) -> None:
    await a_manager_s_year(served)
    for path in ("/tableau", "/tableau/chiffre/K1", "/aide", "/nulle-part"):
        page = await opened(served, path)
        assert not [tag for tag, _ in page.tags if tag in ("script", "img", "iframe", "style")]
        assert not re.search(r"\son\w+=|\sstyle=", page.answer.text)
        assert "default-src 'none'; style-src 'self'" in page.answer.headers["content-security-policy"]


async def test_the_dashboard_with_its_style_is_light(served: Served) -> None:
    await a_manager_s_year(served)
    page = await opened(served, "/tableau")
    (style,) = [href for href in page.attributes("link", "href") if ".css" in href]
    answer = await served.client.get(style)
    assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert len(page.answer.content) + len(answer.content) < 120_000
    known = {"If-None-Match": answer.headers["etag"]}
    assert (await served.client.get(style, headers=known)).status_code == 304
    assert (await served.client.get("/fichiers/boucle.css")).headers["cache-control"] == "no-cache"


async def test_charts_and_tables_can_be_read_aloud(served: Served) -> None:
    await a_manager_s_year(served)
    page = await opened(served, "/tableau")
    ids = {given["id"] for tag, given in page.tags if tag in ("title", "desc") and "id" in given}
    drawn = [given for tag, given in page.tags if tag == "svg" and "aria-hidden" not in given]
    assert len(drawn) == 2
    for svg in drawn:
        assert set((svg["aria-labelledby"] or "").split()) <= ids
    assert all("scope" in given for tag, given in page.tags if tag == "th")
    levels = [int(tag[1]) for tag, _ in page.tags if re.fullmatch("h[1-6]", tag)]
    assert levels[0] == 1
    assert all(after <= before + 1 for before, after in pairwise(levels))
    wanted = page.attributes("label", "for")
    assert set(wanted) <= set(page.attributes("select", "id"))


async def test_pieces_and_quantities_are_never_added_up(served: Served) -> None:
    await a_manager_s_year(served)
    film = await opened(served, "/tableau?month=2026-03&type=film")
    assert "Rien n’est suivi pièce par pièce ici : voir les quantités." in film.texts
    at = film.texts.index("En circulation")
    assert film.texts[at + 1] == "–"
    crates = await opened(served, "/tableau?month=2026-03&type=bac")
    assert crates.texts[crates.texts.index("En circulation") + 1] != "–"


async def test_a_young_cohort_is_told_apart_from_a_month_that_is_not_settled(served: Served) -> None:
    await a_manager_s_year(served)
    page = await opened(served, "/tableau?month=2026-05")
    assert "(mûrit)" in page.text
    assert "*" not in page.text
    # The tile shows the newest cohort that is old enough, with its own month.
    rate = page.texts.index("Taux de retour à 60 jours (cohorte)")
    assert any("mars 2026" in text for text in page.texts[rate : rate + 12])


@pytest.mark.parametrize(
    ("query", "told"),
    [
        ("month=2026-99", "« 2026-99 » n’est pas un mois"),
        ("month=%3Cscript%3E", "« <script> » n’est pas un mois"),
        ("month=2019-01", "janvier 2019 : rien n’est enregistré pour ce mois"),
        ("month=2199-12", "décembre 2199 : rien n’est enregistré pour ce mois"),
        ("compare=never", "La comparaison « never » n’existe pas"),
        ("partner=nobody", "Le filtre « Partenaire » ne connaît pas « nobody »"),
        ("loop=x&type=y", "Le filtre « Boucle » ne connaît pas « x »"),
        ("lang=de", "La langue « de » n’existe pas ici"),
    ],
)
async def test_what_an_address_asks_for_in_vain_is_told_and_the_page_is_shown(
    served: Served, query: str, told: str
) -> None:
    await a_manager_s_year(served)
    page = await opened(served, f"/tableau?{query}")
    assert page.status == 200
    assert told in page.text
    assert "· mai 2026" in page.texts


async def test_a_month_stands_beside_the_one_before_and_the_same_a_year_earlier(served: Served) -> None:
    await a_manager_s_year(served)
    page = await opened(served, "/tableau?month=2026-03")
    at = page.texts.index("Comparaison")
    heads = page.texts[at + 2 : at + 8]
    assert heads == ["Indicateur", "mars 2026", "février 2026", "Écart", "mars 2025", "Écart"]
    row = page.texts.index("Masse reçue" if "Masse reçue" in page.texts[at:] else "Masse collectée", at)
    march = page.texts[row + 1]
    february = await opened(served, "/tableau?month=2026-02")
    shown = february.texts.index(page.texts[row])
    assert page.texts[row + 2] == february.texts[shown + 1]
    assert march == page.texts[page.texts.index(page.texts[row]) + 1]
    # A year earlier nothing was known: a dash, and never nil.
    cells = page.texts[row + 3 : row + 8]
    assert cells.count("–") == 2, cells


async def test_a_filter_that_nobody_has_data_for_is_an_empty_page_that_says_so(served: Served) -> None:
    await a_manager_s_year(served)
    page = await opened(served, "/tableau?month=2026-03&loop=lorraine&type=roll&partner=rhin")
    assert page.status == 200
    assert "Aucun mouvement n’est connu sous ces filtres" in page.text
    assert "Boucle : Lorraine · Partenaire : Rhin Plasturgie" in page.text


async def test_a_figure_leads_to_its_filters_and_to_the_events_behind_it(served: Served) -> None:
    await a_manager_s_year(served)
    page = await opened(served, "/tableau")
    (href,) = {href for href in page.attributes("a", "href") if href.startswith("/tableau/chiffre/K7?")}
    one = await opened(served, href.replace("month=2026-05", "month=2026-03"))
    assert "Alsace" in one.text
    assert [each for each in one.attributes("a", "href") if "loop=alsace" in each]
    assert [each for each in one.attributes("a", "href") if each.startswith("/objets/")]
    (after,) = [each for each in one.attributes("a", "href") if "after=" in each] or [""]
    assert not after or (await opened(served, after)).status == 200
    narrowed = await opened(served, "/tableau/chiffre/K15?month=2026-03&partner=rhin")
    assert "partenaire" in narrowed.text.lower()
    assert (await opened(served, "/tableau/chiffre/K99")).status == 404


@pytest.mark.story(19)
async def test_a_closed_month_keeps_its_figures_and_shows_what_came_after(served: Served) -> None:
    await a_manager_s_year(served)
    with served.database.writing("acme") as connection:
        closing.close(connection, "acme", "2026-03", by="p-test", now_ms=NOW)
    before = await opened(served, "/tableau?month=2026-03")
    mass = before.texts[before.texts.index("Masse reçue") + 1]
    assert "Depuis l’arrêt du mois" not in before.text
    # Long after the last day of the small year's history, and inside March.
    late = draft("item.received", at=75, item_type="film", qty=500, place="strasbourg",
                 body={"from": "nancy", "mass_g": 9_000_000})  # fmt: skip
    record(served.database, "acme", [late], now_ms=NOW + 1)
    after = await opened(served, "/tableau?month=2026-03")
    if "Depuis l’arrêt du mois" not in after.text:
        pytest.fail(after.text)
    assert after.texts[after.texts.index("Masse reçue") + 1] == mass
    assert "Événements de ce mois arrivés après son arrêt : 1" in after.text
    at = after.texts.index("Masse reçue", after.texts.index("À l’arrêt du mois"))
    was, now, sign = after.texts[at + 1 : at + 4]
    assert (was.replace("\u202f", " "), sign) == (mass.replace("\u202f", " "), "▲")
    assert now != was
    assert "17/03/2026" in after.text
    assert "réception" in after.text


async def test_without_any_movement_the_page_says_what_to_do(served: Served) -> None:
    an_org(served.database)
    await signed_in(served)
    page = await opened(served, "/tableau")
    assert "Importer des tableaux" in page.text
    # Whoever may set things up finds the way there, nobody else is led to closed doors.
    steps = {"/administration", "/administration/personnes", "/etiquettes", "/appareils"}
    assert steps <= set(page.attributes("a", "href"))
    assert "Ajoutez les personnes qui scannent" in page.text
    assert "Par où commencer" in page.text
    served.client.cookies.clear()
    await signed_in(served, Role.READER)
    assert "Par où commencer" not in (await opened(served, "/tableau")).text
    assert "Aucun ne l’est encore" in (await opened(served, "/objets")).text


async def test_names_from_outside_are_shown_and_never_run(served: Served) -> None:
    await a_manager_s_year(served)
    hostile = "<script>alert(1)</script>\"'&"
    body = {"table": "loop", "key": "alsace", "valid_from": 5, "row": {"name": hostile}}
    record(served.database, "acme", [draft("reference.set", at=2, body=body)], now_ms=NOW - 1)
    with served.database.writing("acme") as connection:
        connection.execute(sa.update(ORGS).values(name=hostile))
    page: Page = await opened(served, "/tableau")
    assert page.texts.count(hostile) >= 2
    assert "script" not in [tag for tag, _ in page.tags]


@pytest.mark.parametrize(
    ("value", "decimals", "french", "english"),
    [
        (Fraction(1_234_567), 0, "1\u202f234\u202f567", "1,234,567"),
        (Fraction(-1, 3), 2, "−0,33", "−0.33"),
        (Fraction(999_999, 1000), 1, "1\u202f000,0", "1,000.0"),
        (Fraction(1, 8), 2, "0,12", "0.12"),
        (0, 1, "0,0", "0.0"),
    ],
)
def test_a_number_is_written_as_its_readers_write_it(
    value: Fraction | int, decimals: int, french: str, english: str
) -> None:
    assert (numbers.number(value, decimals, "fr"), numbers.number(value, decimals, "en")) == (french, english)


def test_a_mass_is_written_in_the_unit_that_suits_it() -> None:
    assert [numbers.mass(grams, "en") for grams in (1_234, 12_345, 9_999_999, 10_000_000, 27_141_803)] == [
        "1.23\u202fkg",
        "12\u202fkg",
        "10,000\u202fkg",
        "10.0\u202ft",
        "27.1\u202ft",
    ]


@pytest.mark.parametrize(
    ("figure", "was", "now", "shown", "moved"),
    [
        ("K7", Fraction(9793, 10_000), Fraction(9596, 10_000), ("97,9\u202f%", "96,0\u202f%"), "▼ 1,9\u202fpt"),
        ("K7", Fraction(9596, 10_000), Fraction(9604, 10_000), ("96,0\u202f%", "96,0\u202f%"), "≈ "),
        ("K7", Fraction(9595, 10_000), Fraction(9606, 10_000), ("96,0\u202f%", "96,1\u202f%"), "▲ 0,1\u202fpt"),
        ("K20-mass", Fraction(10_040_000), Fraction(10_360_000), ("10,0\u202ft", "10,4\u202ft"), "▲ 4\u202f%"),
        ("K32", Fraction(104, 100), Fraction(96, 100), ("1,0", "1,0"), "≈ "),
        ("K32", Fraction(4, 100), Fraction(2), ("0,0", "2,0"), None),
    ],
)
def test_a_change_is_the_difference_of_what_is_shown(
    figure: str, was: Fraction, now: Fraction, shown: tuple[str, str], moved: str | None
) -> None:
    empty = answers(Tally.of({}), Question(months=("2026-03",), as_of_ms=NOW), [figure])[figure]
    before, after = replace(empty, value=was), replace(empty, value=now)
    assert (numbers.shown(before, "fr"), numbers.shown(after, "fr")) == shown
    told = change(after, before, "fr")
    assert (f"{told[0]} {told[2]}" if told else None) == moved


@pytest.mark.parametrize(
    ("figure", "french", "english"),
    [
        ("K10", "1\u202f200 jours-contenant ÷\u00a040", "1,200 container-days ÷\u00a040"),
        ("K32", "1\u202f200 jours de délai ÷\u00a040", "1,200 days of turnaround ÷\u00a040"),
        ("K32-hours", "28\u202f800\u202fheures ÷\u00a040", "28,800\u202fhours ÷\u00a040"),
    ],
)
def test_the_parts_of_a_mean_say_whose_days_they_sum_up(figure: str, french: str, english: str) -> None:
    empty = answers(Tally.of({}), Question(months=("2026-03",), as_of_ms=NOW), [figure])[figure]
    value = replace(empty, value=Fraction(30), numerator=1_200 * 86_400, denominator=40)
    told = [numbers.parts(CATALOGUE[figure], value, lang) for lang in ("fr", "en")]
    assert told == [french, english]


@pytest.mark.parametrize("top", [0, 1, 3, 7, 19, 999, 1_501, 40_001])
def test_a_chart_begins_at_nil_and_keeps_every_bar_inside(top: int) -> None:
    drawn = chart(["jan", "feb", "mar"], [[0, top // 2, top], [top // 3, 0, 1]])
    assert drawn.ticks[0].value == 0
    assert drawn.ticks[-1].value >= top
    assert 2 <= len(drawn.ticks) <= 6
    for bar in drawn.bars:
        assert 0 <= bar.x < bar.x + bar.width <= WIDTH
        assert 0 <= bar.y <= bar.y + bar.height == drawn.base < HEIGHT
    heights = [bar.height for bar in drawn.bars if bar.series == 0]
    assert heights == sorted(heights)


def test_a_line_is_broken_where_nothing_is_known() -> None:
    drawn = line(["a", "b", "c", "d", "e"], [90, 100, None, 80, 70], [False, False, False, False, True])
    assert len(drawn.dots) == 4
    assert [piece.count("L") for piece in drawn.paths] == [1, 1]
    assert [dot.is_open for dot in drawn.dots] == [False, False, False, True]
    assert all(0 <= dot.y <= drawn.base for dot in drawn.dots)
    assert line(["a"], [None], [False]).paths == ()


async def test_before_anything_was_known_no_month_is_shown_as_nil(served: Served) -> None:
    await a_manager_s_year(served)
    page = await opened(served, "/tableau?month=2026-02")
    assert "janvier 2026" in page.texts
    assert "décembre 2025" not in page.texts[page.texts.index("Mois par mois") :]


async def test_a_demonstration_begins_with_four_steps_that_lead_somewhere_and_nothing_else_does(served: Served) -> None:
    await a_manager_s_year(served)
    assert "quatre étapes" not in (await opened(served, "/tableau")).text
    with served.database.writing("acme") as connection:
        connection.execute(sa.update(ORGS).values(demo=True))
    page = await opened(served, "/tableau")
    assert "quatre étapes" in page.text
    (label,) = [href for href in page.attributes("a", "href") if href.startswith("/C/")]
    assert (await opened(served, label)).status == 200


@pytest.mark.parametrize(
    ("role", "own"),
    [
        (Role.DRIVER, "Suivre une tournée"),
        (Role.WAREHOUSE, "Recevoir au poste de scan"),
        (Role.TECHNICIAN, "Suivre une réparation"),
        (Role.INSPECTOR, "Suivre une réparation"),
        (Role.MANAGER, "Trancher une contradiction"),
        (Role.ADMINISTRATOR, "Trancher une contradiction"),
        (Role.READER, "Suivre un contenant"),
    ],
)
async def test_each_role_has_a_card_of_four_steps_that_it_may_take(served: Served, role: Role, own: str) -> None:
    a_small_year(served.database)
    with served.database.writing("acme") as connection:
        connection.execute(sa.update(ORGS).values(demo=True))
    served.clock.ms = NOW
    await signed_in(served, role)
    page = await opened(served, "/tableau?month=2026-03")
    card = page.answer.text.partition('<ol class="steps">')[2].partition("</ol>")[0]
    assert card.count("<li>") == 4
    assert own in card
    ways = [href.replace("&amp;", "&") for href in re.findall('href="([^"]+)"', card)]
    assert "/tableau/rapport.pdf?month=2026-03" in ways
    assert ("/administration/import" in ways) == (role in (Role.MANAGER, Role.ADMINISTRATOR))
    for way in ways:
        assert (await served.client.get(way)).status_code == 200, way


async def test_one_glance_says_whether_a_month_can_be_relied_on_and_leads_to_what_is_missing(served: Served) -> None:
    await a_manager_s_year(served)
    page = await opened(served, "/tableau?month=2026-03")
    # The whole small year was recorded in June, months after it happened.
    assert "0,0 % reçus en moins de 24 h" in page.text
    assert "données à lire avec prudence" in page.text
    assert "#data" in page.attributes("a", "href")
    missing = {href for href in page.attributes("a", "href") if "part=evidence%3Ainferred" in href}
    assert missing
    for href in missing:
        assert (await opened(served, href)).status == 200
    narrowed = await opened(served, "/tableau?month=2026-03&loop=alsace")
    assert "reçus en moins de 24 h" not in narrowed.text
    with served.database.writing("acme") as connection:
        connection.execute(sa.update(RECORD).values(received_ms=RECORD.c.teff + 1000))
    prompt = await opened(served, "/tableau?month=2026-03")
    assert "100,0 % reçus en moins de 24 h" in prompt.text


async def test_of_a_month_with_few_late_events_the_share_is_of_all_of_its_events(served: Served) -> None:
    await a_manager_s_year(served)
    first_ms, until_ms = reports.bounds("2026-03", "Europe/Paris")
    of_month = sa.and_(RECORD.c.org == "acme", RECORD.c.teff >= first_ms, RECORD.c.teff < until_ms)
    with served.database.writing("acme") as connection:
        connection.execute(sa.update(RECORD).values(received_ms=RECORD.c.teff + 1000))
        (late,) = connection.execute(sa.select(RECORD.c.id).where(of_month).limit(1)).one()
        connection.execute(sa.update(RECORD).where(RECORD.c.id == late).values(received_ms=RECORD.c.teff + 2 * DAY))
        count = sa.select(sa.func.count()).select_from(RECORD).where(of_month)
        every = int(connection.execute(count.where(RECORD.c.status == "accepted")).scalar_one())
        assert reports.accepted_events(connection, "acme", "2026-03", "Europe/Paris") == every > 10
    share = numbers.percent(min(1 - Fraction(1, every), Fraction(999, 1000)), "fr").replace("\u202f", " ")
    assert f"{share} reçus en moins de 24 h" in (await opened(served, "/tableau?month=2026-03")).text


async def test_the_report_of_the_month_shown_is_one_link_away_as_pdf(served: Served) -> None:
    await a_manager_s_year(served)
    page = await opened(served, "/tableau?month=2026-03")
    assert ("a", {"href": "/tableau/rapport.pdf?month=2026-03"}) in page.tags
    answer = await served.client.get("/tableau/rapport.pdf?month=2026-03")
    assert answer.headers["content-type"] == "application/pdf"
    assert answer.content.startswith(b"%PDF-")
    assert 'filename="boucle-2026-03.pdf"' in answer.headers["content-disposition"]


async def test_in_its_first_days_an_organisation_sees_the_month_that_has_begun(served: Served) -> None:
    driver = await a_round(served)
    visited(driver)
    driver.send()
    page = await opened(served, "/tableau")
    assert page.status == 200
    assert "janvier 2026" in page.text


async def test_the_return_rate_says_its_cohort_and_opens_the_same_number(served: Served) -> None:
    await a_manager_s_year(served)
    page = await opened(served, "/tableau")
    rate = page.texts.index("Taux de retour à 60 jours (cohorte)")
    tile = page.texts[rate : page.texts.index("Part réemployée du parc")]
    assert any("Expédiés en mars 2026" in text for text in tile)
    assert [text for text in tile if text.startswith("par rapport à")] == ["par rapport à février 2026"]
    (href,) = [
        given["href"] for tag, given in page.tags if tag == "a" and "/tableau/chiffre/K1?" in (given.get("href") or "")
    ][:1]
    behind = await opened(served, href or "")
    assert tile[1] in behind.texts
    assert "mars 2026" in behind.texts


async def test_what_is_out_at_the_end_of_a_month_is_never_divided_by_what_is_late_today(served: Served) -> None:
    await a_manager_s_year(served)
    over = await opened(served, "/tableau?month=2026-05")
    assert re.search(r"Aujourd’hui, 20/06/2026 : \d+ dehors, dont \d+ en retard", over.text)
    running = await opened(served, "/tableau?month=2026-06")
    assert re.search(r"dont \d+ en retard", running.text)
    assert "Aujourd’hui, 20/06/2026" not in running.text


async def test_what_is_known_of_today_alone_says_its_day_among_figures_of_a_past_month(served: Served) -> None:
    await a_manager_s_year(served)
    over = await opened(served, "/tableau?month=2026-05")
    assert "En retard au 20/06/2026" in over.texts
    file = await served.client.get("/tableau?month=2026-05&fichier=csv&table=loops")
    assert "En retard au 20/06/2026" in file.text.splitlines()[0]
    assert "Overdue on 20 Jun 2026" in (await opened(served, "/tableau?month=2026-05&lang=en")).texts


async def test_repairs_that_are_late_today_are_never_counted_among_those_open_at_the_end_of_a_past_month(
    served: Served,
) -> None:
    workshop_world.a_workshop(served.database)
    served.clock.ms = workshop_world.NOW
    await signed_in(served)
    over = await opened(served, "/tableau?month=2026-01")
    assert re.search(r"Aujourd’hui, 10/02/2026 : 10 en cours, dont \d en retard", over.text)
    running = await opened(served, "/tableau?month=2026-02")
    assert re.search(r"dont en retard : \d", running.text)
    assert "Aujourd’hui, 10/02/2026 : 10 en cours" not in running.text


async def test_the_workshop_has_its_part_with_what_is_open_what_is_unknown_and_why_things_were_given_up(
    served: Served,
) -> None:
    workshop_world.a_workshop(served.database)
    served.clock.ms = workshop_world.NOW
    await signed_in(served)
    page = await opened(served, "/tableau?month=2026-02")
    for text in (
        "Réparations réussies",
        "encore ouvertes, non comptées : 10",
        "issue inconnue : 0 sur 2",
        "Pièce introuvable",
    ):
        assert text.lower() in page.text.lower(), text
    links = [href for href in page.attributes("a", "href") if href.startswith("/tableau/chiffre/K30")]
    figure = await opened(served, links[0])
    assert figure.status == 200
    narrowed = await opened(served, "/tableau?month=2026-02&partner=rhin")
    assert "Pourquoi non réparable" not in narrowed.text
    assert "p-ana" not in page.answer.text


async def test_each_ending_and_each_barrier_leads_to_its_events_and_what_stood_still_is_said_beside_the_median(
    served: Served,
) -> None:
    org = workshop_world.a_workshop(served.database)
    act, other = workshop_world.act, workshop_world.OTHER
    waiting = [
        act("work.held", 8, 39.4, reason="customer"),
        act("work.unheld", 8, 40.4),
        act("work.requalified", 8, 40.5, other, certificate="CR-2", checks={"tested": True}),
        act("item.shipped", 8, 40.6, to="mulhouse"),
    ]
    served.clock.ms = workshop_world.NOW + 2 * DAY
    record(served.database, org, waiting, now_ms=served.clock.ms)
    await signed_in(served)
    page = await opened(served, "/tableau?month=2026-02")
    assert "dont suspendues ou en attente d’un accord : 1,0 j en moyenne" in page.text
    hrefs = [href for href in page.attributes("a", "href") if "/tableau/chiffre/K30-all" in href and "part=" in href]
    found = {}
    for href in hrefs:
        behind = await opened(served, href.partition("#")[0])
        found[href.partition("part=")[2].partition("#")[0]] = behind.texts[behind.texts.index("Compte comme") + 1 :]
    assert set(found) == {"repair_closed%3Afixed", "repair_closed%3Anot_fixed", "barrier%3Ano_part"}
    given_up = found["barrier%3Ano_part"]
    assert given_up[:2] == found["repair_closed%3Anot_fixed"][:2], "the same event"
    assert "obstacle : pièce introuvable" in given_up


async def test_the_third_step_of_a_demonstration_leads_a_manager_to_contradictions_alone(served: Served) -> None:
    await a_manager_s_year(served)
    with served.database.writing() as connection:
        connection.execute(sa.update(ORGS).values(demo=True))
    page = await opened(served, "/tableau")
    assert "/a-traiter?kind=contradiction" in page.attributes("a", "href")
    heap = await opened(served, "/a-traiter?kind=contradiction")
    assert (heap.status, "· Contradictions" in heap.texts) == (200, True)
