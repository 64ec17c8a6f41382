"""The same form sent twice, by a second press or a slow line: one record; a form that says something else: another."""

import asyncio
from dataclasses import dataclass

import httpx
import pytest

from boucle.roles import Role
from boucle_server.web import label_sheets
from boucle_server.web.places import PLACE_LABELS
from tests.api.serving import Served
from tests.builders import ORG, code
from tests.server.figures_world import events_in
from tests.server.workshop_world import label
from tests.web.browser import Form, opened, sent
from tests.web.rounds_world import TASK, a_round
from tests.web.station_world import a_station
from tests.web.test_workshop import a_bench, printed

STOP = f"/saisie/arret?tache={TASK.replace('#', '%23')}"
RECEPTION = "/saisie/reception?tache=T-1&lieu=strasbourg"
LATER_MS = 2_000


@dataclass(frozen=True, kw_only=True)
class Once:
    """A form, what is typed into it, what its record is, and what is typed otherwise by somebody who goes back."""

    world: str
    path: str
    typed: dict[str, str]
    kind: str
    otherwise: dict[str, str]
    action: str = ""
    """Where the form goes, if not to its own address."""


FORMS = {
    "stop": Once(
        world="round", path=STOP, typed={"ending": "done"}, kind="stop.validated", otherwise={"note": "Portail fermé"}
    ),
    "reception": Once(
        world="round", path=RECEPTION, typed={"note": ""}, kind="reception.validated", otherwise={"note": "Au fond"}
    ),
    "weighing": Once(
        world="station",
        path="/saisie/peser/arrivee",
        typed={"type": "film", "n": "1", "de": "nancy", "mass": "12,5", "lieu": "strasbourg"},
        kind="item.received",
        otherwise={"mass": "13"},
    ),
    "announcement": Once(
        world="station",
        path="/retours/annoncer",
        typed={"from": "mulhouse", "l1.type": "film", "l1.n": "5"},
        kind="return.announced",
        otherwise={"l1.n": "6"},
    ),
    "blind": Once(
        world="station",
        path="/retours/sans-annonce",
        typed={"site": "strasbourg", "from": "mulhouse", "l1.type": "film", "l1.n": "5"},
        kind="item.received",
        otherwise={"l1.n": "6"},
    ),
    "diagnosis": Once(
        world="bench",
        path=f"/atelier/etape/diagnostiquer/{printed(label(11))}",
        typed={"found": "yes", "fault": "worn"},
        kind="work.diagnosed",
        otherwise={"fault": "leak"},
    ),
    "part": Once(
        world="bench",
        path=f"/atelier/etape/poser/{printed(label(4))}",
        typed={"origin": "new"},
        kind="work.part_used",
        otherwise={"origin": "reclaimed"},
    ),
    "labels": Once(
        world="station",
        path="/etiquettes",
        typed={"kind": "C", "count": "5", "name": "Bac"},
        kind="label.minted",
        otherwise={"count": "6"},
    ),
    "labels again": Once(
        world="station",
        path=f"/etiquettes/reimprimer?code={code(30)}",
        action="/etiquettes/reimprimer",
        typed={"imprimer": "1", "why": "faded"},
        kind="label.minted",
        otherwise={"why": "damaged"},
    ),
    "new round": Once(
        world="round",
        path="/tournees/plan?jour=2026-01-05",
        action="/tournees/plan",
        typed={"name": "Lorraine", "s0.place": "nancy", "s0.l0.type": "bac", "s0.l0.collect": "3"},
        kind="reference.set",
        otherwise={"name": "Lorraine Nord"},
    ),
}


async def shown(served: Served, one: Once) -> Form:
    """Make what a form is about, and open it."""
    match one.world:
        case "round":
            driver = await a_round(served)
            driver.scan("item.collected", 1)
            driver.send()
        case "bench":
            await a_bench(served)
        case _:
            await a_station(served, Role.MANAGER)
    page = await opened(served, one.path)
    assert page.status == 200, page.text
    served.clock.ms += LATER_MS
    return page.form(one.action or one.path)


def made(served: Served, one: Once, since_ms: int) -> int:
    org = ORG if one.world == "round" else "acme"
    with served.database.reading() as connection:
        return len([e for e in events_in(connection, org) if e.kind == one.kind and e.teff >= since_ms])


@pytest.mark.parametrize("name", FORMS)
async def test_a_form_that_is_sent_twice_records_once_and_says_so(served: Served, name: str) -> None:
    one = FORMS[name]
    form = await shown(served, one)
    since = served.clock.ms
    first = await sent(served, form, **one.typed)
    assert first.status_code == 303, first.text
    served.clock.ms += LATER_MS
    second = await sent(served, form, **one.typed)
    assert second.status_code == 303, second.text
    assert made(served, one, since) == 1
    page = await opened(served, second.headers["location"])
    assert page.status == 200
    assert page.answer.url.path == httpx.URL(first.headers["location"]).path


@pytest.mark.parametrize("name", FORMS)
async def test_two_presses_at_the_same_instant_record_once(served: Served, name: str) -> None:
    one = FORMS[name]
    form = await shown(served, one)
    since = served.clock.ms
    answers = await asyncio.gather(*(sent(served, form, **one.typed) for _ in range(3)))
    assert [answer.status_code for answer in answers] == [303] * 3
    assert made(served, one, since) == 1


@pytest.mark.parametrize("name", FORMS)
async def test_a_form_that_says_something_else_or_that_was_opened_again_is_recorded(served: Served, name: str) -> None:
    one = FORMS[name]
    form = await shown(served, one)
    since = served.clock.ms
    for typed in (one.typed, {**one.typed, **one.otherwise}):
        answer = await sent(served, form, **typed)
        assert answer.status_code == 303, answer.text
        served.clock.ms += LATER_MS
    assert made(served, one, since) == 2
    again = (await opened(served, one.path)).form(one.action or one.path)
    assert (await sent(served, again, **one.typed)).status_code == 303
    assert made(served, one, since) == 3


async def test_a_round_that_is_changed_by_a_form_sent_twice_is_not_said_to_be_somebody_elses(served: Served) -> None:
    await a_round(served)
    page = await opened(served, "/tournees/plan?cle=T-1")
    served.clock.ms += LATER_MS
    typed = {"name": "Sud Alsace, été", "s0.place": "mulhouse", "s0.l0.type": "bac", "s1.place": "nancy"}
    typed |= {"s0.l1.type": "film", "s1.l0.type": "roll", "home": "strasbourg"}
    for _ in range(2):
        answer = await sent(served, page.form("/tournees/plan"), **typed)
        assert (answer.status_code, answer.headers.get("location", "")) == (
            303,
            "/tournees/fiche?cle=T-1&fait=round_saved_done",
        ), answer.text
        served.clock.ms += LATER_MS
    other = await sent(served, page.form("/tournees/plan"), **typed, **{"s0.note": "Quai 4"})
    assert (other.status_code, "modifié cette tournée entre-temps" in other.text) == (422, True)


async def test_two_presses_at_the_same_instant_give_each_place_one_label(served: Served) -> None:
    await a_station(served, Role.MANAGER)
    form = (await opened(served, PLACE_LABELS.path)).form(PLACE_LABELS.path)
    with served.database.reading() as connection:
        _, without = label_sheets.places(connection, "acme", served.clock.ms)
        before = len([event for event in events_in(connection, "acme") if event.kind == "reference.set"])
    assert without
    answers = await asyncio.gather(*(sent(served, form) for _ in range(3)))
    assert [answer.status_code for answer in answers] == [303] * 3
    with served.database.reading() as connection:
        after = len([event for event in events_in(connection, "acme") if event.kind == "reference.set"])
    assert after - before == len(without)


@pytest.mark.parametrize("mark", ["", "x", "1.", "9" * 39, "99999999999999.ab", "²5.ab", "0.ab", "-1.ab", "1.ab.cd"])
async def test_a_mark_that_is_none_of_ours_holds_nothing_back(served: Served, mark: str) -> None:
    one = FORMS["weighing"]
    form = await shown(served, one)
    since = served.clock.ms
    for _ in range(2):
        assert (await sent(served, form, **one.typed, fois=mark)).status_code == 303
        served.clock.ms += LATER_MS
    assert made(served, one, since) == 2


async def test_the_mark_of_somebody_else_holds_nothing_back(served: Served) -> None:
    from tests.web.test_workshop import another  # noqa: PLC0415 - a person of their own, here alone

    one = FORMS["part"]
    form = await shown(served, one)
    since = served.clock.ms
    mark = dict(form.values)["fois"]
    assert (await sent(served, form, **one.typed)).status_code == 303
    served.clock.ms += LATER_MS
    await another(served, Role.MANAGER)
    theirs = (await opened(served, one.path)).form(one.path)
    assert (await sent(served, theirs, **one.typed, fois=mark)).status_code == 303
    assert made(served, one, since) == 2
