"""The first page: whole without a script, open for a demonstration, closed for everything else."""

import base64
import re
from fractions import Fraction
from hashlib import sha256
from html.parser import HTMLParser

import pytest
import sqlalchemy as sa

from boucle.catalogue import CATALOGUE
from boucle.roles import Capability
from boucle_server import tokens
from boucle_server.db import Database
from boucle_server.tables import ORG as ORGS
from boucle_server.web import numbers
from boucle_server.web.chart import HEIGHT, WIDTH, chart
from tests.api.serving import Served
from tests.server import figures_world
from tests.server.figures_world import a_small_year, draft, record
from tests.server.people import an_org

NOW = figures_world.NOW + 10_000
VOID = {"meta", "br", "input", "line", "rect"}


class Page(HTMLParser):
    """A page taken apart: its text, its elements, and whether every element is closed in its place."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.texts: list[str] = []
        self.feed(html)
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if data.strip() and "style" not in self.open:
            self.texts.append(" ".join(data.split()))

    @property
    def text(self) -> str:
        return "\n".join(self.texts)


def demonstrate(database: Database, org: str = "acme") -> None:
    with database.writing(org) as connection:
        connection.execute(sa.update(ORGS).where(ORGS.c.org == org).values(demo=True))


def token(database: Database, org: str, scope: Capability) -> str:
    with database.writing(org) as connection:
        return tokens.add(connection, org, name="test", scopes=[scope], now_ms=NOW).secret


def basic(password: str, user: str = "ada") -> dict[str, str]:
    return {"Authorization": f"Basic {base64.b64encode(f'{user}:{password}'.encode()).decode()}"}


async def opened(served: Served, path: str = "/", status: int = 200, headers: dict[str, str] | None = None) -> Page:
    answer = await served.client.get(path, headers=headers)
    assert (answer.status_code, answer.headers["content-type"]) == (status, "text/html; charset=utf-8")
    return Page(answer.text)


async def test_a_demonstration_shows_last_month_to_everybody_in_french(served: Served) -> None:
    a_small_year(served.database)
    demonstrate(served.database)
    served.clock.ms = NOW
    page = await opened(served)
    assert ("html", {"lang": "fr"}) in page.tags
    assert "Chiffres du mois : mai 2026" in page.text
    assert "Démonstration" in page.text
    for name in ("En circulation", "Taux de valorisation", "Alsace", "Lorraine"):
        assert name in page.text, name
    assert "hors boucle" in (await opened(served, "/?month=2026-02")).text
    english = await opened(served, "/?lang=en&month=2026-03")
    assert "Figures of the month: March 2026" in english.text
    assert "In circulation" in english.text


async def test_the_page_shows_every_figure_as_the_interface_gives_it(served: Served) -> None:
    a_small_year(served.database)
    demonstrate(served.database)
    served.clock.ms = NOW
    page = await opened(served, "/?month=2026-03&lang=en")
    reading = {"Authorization": f"Bearer {token(served.database, 'acme', Capability.READ)}"}
    told = (await served.client.get("/v1/kpis?month=2026-03", headers=reading)).json()
    values = {value["definition_id"]: value for value in told["values"]}
    assert f"{values['K2']['numerator']} ÷ {values['K2']['denominator']}" in page.texts
    assert numbers.percent(Fraction(values["K2"]["value_micro"], 10**6), "en") in page.texts
    for definition_id in CATALOGUE:
        assert any(f"Definition {definition_id}" == text for text in page.texts), definition_id
    assert "Fewer than 30 losses" in page.text or "No cohort is old enough" in page.text


async def test_the_page_needs_no_script_and_lets_none_in(served: Served) -> None:
    a_small_year(served.database)
    demonstrate(served.database)
    served.clock.ms = NOW
    answer = await served.client.get("/")
    assert not [tag for tag, _ in Page(answer.text).tags if tag in ("script", "img", "link", "iframe")]
    assert not re.search(r"\son\w+=|style=", answer.text)
    (style,) = re.findall(r"<style>(.*?)</style>", answer.text, re.DOTALL)
    hashed = base64.b64encode(sha256(style.encode()).digest()).decode()
    policy = answer.headers["content-security-policy"]
    assert f"style-src 'sha256-{hashed}'" in policy
    assert "default-src 'none'" in policy


async def test_the_chart_and_the_tables_can_be_read_aloud(served: Served) -> None:
    a_small_year(served.database)
    demonstrate(served.database)
    served.clock.ms = NOW
    page = await opened(served)
    (svg,) = (attributes for tag, attributes in page.tags if tag == "svg")
    ids = {attributes["id"] for tag, attributes in page.tags if tag in ("title", "desc") and "id" in attributes}
    assert set((svg["aria-labelledby"] or "").split()) == ids
    assert all("scope" in attributes for tag, attributes in page.tags if tag == "th")
    assert len([tag for tag, _ in page.tags if tag == "rect"]) == 24


async def test_any_other_database_asks_for_a_token_and_takes_it_as_a_password(served: Served) -> None:
    a_small_year(served.database)
    served.clock.ms = NOW
    reading = token(served.database, "acme", Capability.READ)
    collecting = token(served.database, "acme", Capability.COLLECT)
    refused: list[dict[str, str]] = [{}, basic("wrong"), basic(""), {"Authorization": "Basic ?"}]
    for headers in refused:
        answer = await served.client.get("/", headers=headers)
        assert (answer.status_code, answer.headers["www-authenticate"]) == (401, 'Basic realm="Boucle"')
        assert "jeton" in Page(answer.text).text
        assert "Alsace" not in answer.text
    answer = await served.client.get("/", headers=basic(collecting))
    assert (answer.status_code, "Alsace" in answer.text) == (403, False)
    for headers in (basic(reading), basic(reading, "é"), {"Authorization": f"Bearer {reading}"}):
        assert "Alsace" in (await opened(served, headers=headers)).text


async def test_a_demonstration_beside_a_real_organisation_is_closed_too(served: Served) -> None:
    a_small_year(served.database)
    demonstrate(served.database)
    an_org(served.database, "real")
    await opened(served, status=401)


async def test_without_any_movement_the_page_says_what_to_do(served: Served) -> None:
    an_org(served.database)
    demonstrate(served.database)
    assert "boucle import" in (await opened(served)).text


async def test_a_month_that_is_none_or_holds_nothing_still_gives_a_page(served: Served) -> None:
    a_small_year(served.database)
    demonstrate(served.database)
    served.clock.ms = NOW
    assert "mai 2026" in (await opened(served, "/?month=2026-99")).text
    assert "Rien à mesurer" in (await opened(served, "/?month=2019-01")).text
    assert "décembre 2199" in (await opened(served, "/?month=2199-12")).text
    assert "mai 2026" in (await opened(served, "/?lang=de")).text


async def test_names_from_outside_are_shown_and_never_run(served: Served) -> None:
    a_small_year(served.database)
    hostile = "<script>alert(1)</script>\"'&"
    body = {"table": "loop", "key": "alsace", "valid_from": 5, "row": {"name": hostile}}
    record(served.database, "acme", [draft("reference.set", at=2, body=body)], now_ms=NOW - 1)
    with served.database.writing("acme") as connection:
        connection.execute(sa.update(ORGS).values(name=hostile, demo=True))
    served.clock.ms = NOW
    page = await opened(served)
    assert hostile in page.texts
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
