"""Figures over HTTP: values with their parts, definitions, the events behind them, months and balances."""

from fractions import Fraction
from typing import Any

import pytest
import pytest_asyncio

from boucle.catalogue import CATALOGUE
from boucle.clock import iso
from boucle.roles import Capability
from boucle_server import closing, tokens
from boucle_server.api.problems import MEDIA_TYPE
from boucle_server.db import Database
from tests.api.serving import Served
from tests.builders import code
from tests.server import figures_world
from tests.server.figures_world import a_small_year, draft, record

NOW = figures_world.NOW + 10_000
ORG = "acme"


def token(database: Database, org: str, *scopes: Capability) -> dict[str, str]:
    with database.writing(org) as connection:
        made = tokens.add(connection, org, name="test", scopes=scopes or (Capability.READ,), now_ms=NOW)
    return {"Authorization": f"Bearer {made.secret}"}


@pytest_asyncio.fixture
async def year(served: Served) -> Served:
    """Give a server with a small year, and a client that may read it."""
    a_small_year(served.database)
    served.clock.ms = NOW
    served.client.headers.update(token(served.database, ORG))
    return served


async def get(served: Served, path: str, **params: Any) -> Any:
    answer = await served.client.get(path, params=params)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def refused(served: Served, path: str, status: int, **params: Any) -> Any:
    answer = await served.client.get(path, params=params)
    assert (answer.status_code, answer.headers["content-type"]) == (status, MEDIA_TYPE), answer.text
    return answer.json()


async def test_a_month_has_every_figure_with_its_parts(year: Served) -> None:
    told = await get(year, "/v1/kpis", month="2026-03")
    values = {value["definition_id"]: value for value in told["values"]}
    assert list(values) == list(CATALOGUE)
    flow = values["K2"]
    assert flow["value_micro"] == round(Fraction(flow["numerator"], flow["denominator"]) * 10**6)
    assert flow["value"] == f"{flow['value_micro'] / 10**6:.6f}"
    assert (flow["name"], flow["maturity"], flow["view"]) == ("Taux de retour (flux)", "final", "as_known")
    assert flow["quality"]["late"] > 0
    assert values["K5"]["value"] is None
    assert values["K5"]["reason_text"]
    assert (told["as_of"], len(told["reference"])) == (iso(NOW), 64)
    assert told["months"][0]["state"] == "final"


async def test_without_a_month_the_last_complete_one_is_meant(year: Served) -> None:
    assert (await get(year, "/v1/kpis"))["period"] == "2026-05"


async def test_a_period_adds_the_parts_of_its_months(year: Served) -> None:
    months = [await get(year, "/v1/kpis", month=month) for month in ("2026-01", "2026-02", "2026-03")]
    quarter = await get(year, "/v1/kpis", month="2026-01/2026-03")
    for definition_id in ("K2", "K7", "K20-mass"):
        parts = [
            value["numerator"] for told in months for value in told["values"] if value["definition_id"] == definition_id
        ]
        (whole,) = (value for value in quarter["values"] if value["definition_id"] == definition_id)
        assert (whole["numerator"], whole["period"]) == (sum(parts), "2026-01/2026-03")


async def test_a_figure_that_cannot_be_narrowed_says_so(year: Served) -> None:
    told = await get(year, "/v1/kpis", month="2026-03", partner="rhin", type="bac")
    values = {value["definition_id"]: value for value in told["values"]}
    assert told["filters"] == {"partner": "rhin", "type": "bac"}
    assert (values["K6"]["reason"], values["K6"]["value"]) == ("not_by_partner", None)
    assert values["K2"]["denominator"] > 0
    assert values["K2"]["quality"]["late"] is None


async def test_the_words_are_in_the_language_that_is_asked_for(year: Served) -> None:
    answer = await year.client.get("/v1/kpis", params={"month": "2026-03"}, headers={"Accept-Language": "en"})
    assert "Return rate (flow)" in {value["name"] for value in answer.json()["values"]}


@pytest.mark.parametrize(
    "month", ["2026-13", "march", "2026-3", "0000-01", "2026-03/2026-01", "2020-01/2026-01", "2026-01/"]
)
async def test_a_wrong_period_is_a_problem_that_says_why(year: Served, month: str) -> None:
    if month == "2026-01/":
        assert (await get(year, "/v1/kpis", month=month))["period"] == "2026-01"
    else:
        problem = await refused(year, "/v1/kpis", 422, month=month)
        assert problem["type"].endswith(("invalid-input", "validation"))


async def test_an_unknown_filter_or_view_is_answered_not_broken(year: Served) -> None:
    told = await get(year, "/v1/kpis", month="2026-03", loop="nowhere")
    assert {value["numerator"] for value in told["values"] if value["definition_id"] == "K2"} == {0}
    await refused(year, "/v1/kpis", 422, view="as_wished")
    await refused(year, "/v1/kpis", 422, partner="x" * 300)
    await refused(year, "/v1/kpis", 422, partner="a\nb")


async def test_a_definition_is_found_by_id_and_by_slug_in_both_languages(year: Served) -> None:
    told = await get(year, "/v1/kpis/k6")
    assert told == await get(year, "/v1/kpis/rotations_per_year")
    assert (told["id"], told["scale"], told["by"]) == ("K6", "31536000", ["type"])
    assert set(told["formula"]) == {"fr", "en"}
    problem = await refused(year, "/v1/kpis/K99", 404)
    assert "K99" in problem["detail"]


async def test_the_events_behind_a_figure_come_page_by_page(year: Served) -> None:
    (value,) = (
        value for value in (await get(year, "/v1/kpis", month="2026-03"))["values"] if value["definition_id"] == "K2"
    )
    after: str | None = ""
    total, ids = 0, set[str]()
    while after is not None:
        page = await get(year, "/v1/kpis/K2/events", month="2026-03", after=after, limit=7)
        for event in page["events"]:
            assert event["id"] not in ids
            ids.add(event["id"])
            total += sum(each["n"] for each in event["counts"] if "return" in each["measure"])
        after = page["next"]
    assert total == value["numerator"]
    problem = await refused(year, "/v1/kpis/K6/events", 422, month="2026-03", loop="alsace")
    assert "boucle" in problem["detail"]
    await refused(year, "/v1/kpis/K99/events", 404)


async def test_months_tell_where_they_stand_and_what_a_closed_one_would_say_today(year: Served) -> None:
    with year.database.writing(ORG) as connection:
        closing.close(connection, ORG, "2026-04", by="p-chef", now_ms=NOW)
    late = draft("item.received", code(7), at=100.5, place="strasbourg", body={"from": "nancy"})
    record(year.database, ORG, [late], now_ms=NOW + 5)
    year.clock.ms = NOW + 10
    listed = (await get(year, "/v1/months"))["months"]
    assert [(each["month"], each["state"]) for each in listed][:3] == [
        ("2026-06", "open"),
        ("2026-05", "final"),
        ("2026-04", "closed"),
    ]
    told = await get(year, "/v1/months/2026-04")
    (units,) = (each for each in told["differences"] if each["definition_id"] == "K20" and not each["scope"])
    assert units["known"]["numerator"] == units["reported"]["numerator"] + 1
    assert (told["late"], told["late_events"][0]["kind"]) == (1, "item.received/1")
    assert told["state_text"] == "arrêté (révision 1)"
    shown = await get(year, "/v1/kpis", month="2026-04", view="as_reported")
    (value,) = (each for each in shown["values"] if each["definition_id"] == "K20")
    assert (value["numerator"], value["view"]) == (units["reported"]["numerator"], "as_reported")
    assert (await refused(year, "/v1/kpis", 404, month="2026-03", view="as_reported"))["type"].endswith("not-found")
    await refused(year, "/v1/kpis", 422, month="2026-03/2026-04", view="as_reported")
    await refused(year, "/v1/months/2026-99", 422)


async def test_balances_are_given_at_any_date_with_names(year: Served) -> None:
    told = await get(year, "/v1/balances", at="2026-02-20", partner="rhin")
    assert told["day"] == "2026-02-20"
    assert {line["partner_name"] for line in told["balances"]} == {"Rhin Plasturgie"}
    assert sum(line["unscanned"] for line in told["balances"]) > 0
    instant = await get(year, "/v1/balances", at="2026-02-20T22:30:00Z", partner="rhin")
    assert instant == told
    assert (await get(year, "/v1/balances", at="2026-02-20T23:30:00Z"))["day"] == "2026-02-21"
    assert (await get(year, "/v1/balances"))["day"] == "2026-06-20"
    for wrong in ("yesterday", "2026-02-30", "99999-01-01"):
        await refused(year, "/v1/balances", 422, at=wrong)


@pytest.mark.parametrize(
    "path", ["/v1/kpis", "/v1/kpis/K1", "/v1/kpis/K1/events", "/v1/months", "/v1/months/2026-03", "/v1/balances"]
)
async def test_who_may_not_read_sees_no_figure(year: Served, path: str) -> None:
    year.client.headers.update(token(year.database, ORG, Capability.COLLECT))
    await refused(year, path, 403)
    year.client.headers["Authorization"] = "Bearer nobody"
    await refused(year, path, 401)


async def test_another_organisation_sees_its_own_figures_only(year: Served) -> None:
    other = a_small_year(year.database, "zeta", crates=2, seed=8)
    mine = await get(year, "/v1/kpis", month="2026-03")
    year.client.headers.update(token(year.database, other))
    theirs = await get(year, "/v1/kpis", month="2026-03")
    assert mine["values"] != theirs["values"]
    assert mine["reference"] != theirs["reference"] or mine["values"][3] != theirs["values"][3]


@pytest.mark.parametrize(
    ("path", "params", "told"),
    [
        ("/v1/kpis", {"as_of": "2026-03-01"}, "as_of"),
        ("/v1/kpis/K2/events", {"mnoth": "2026-03"}, "after, limit, loop, month, partner, site, type"),
        ("/v1/balances", {"as_of": "2026-03-01"}, "at, partner, site, type"),
        ("/v1/months", {"year": "2026"}, "year"),
        ("/v1/items/nonsense", {"at": "2026"}, "at"),
        ("/v1/attention", {"page": "2"}, "after, limit"),
        ("/v1/kpis", {"month": ["2026-02", "2026-03"]}, "month"),
    ],
)
async def test_a_parameter_that_nobody_knows_or_that_is_given_twice_is_refused_and_never_passed_over(
    year: Served, path: str, params: dict[str, Any], told: str
) -> None:
    headers = token(year.database, ORG, Capability.READ, Capability.MANAGE)
    answer = await year.client.get(path, params=params, headers=headers)
    assert (answer.status_code, answer.json()["type"]) == (422, "urn:boucle:problem:invalid-input"), answer.text
    assert told in answer.json()["detail"]
