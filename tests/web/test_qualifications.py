"""Who is qualified for what, as pages: stated by a manager, seen before it is too late, asked for before an act."""

import re
from typing import Any

import httpx
import pypdfium2
import pytest
import sqlalchemy as sa

from boucle.item import Job
from boucle.reasons import Reason
from boucle.roles import Role
from boucle.words import say
from boucle_server.read_tables import TASK
from boucle_server.tables import PERSON, RECORD
from tests.api.serving import Served
from tests.builders import DAY
from tests.server.figures_world import draft, record
from tests.server.people import an_org
from tests.server.workshop_world import NOW, OTHER, act, label
from tests.web.browser import Form, Page, opened, sent, signed_in
from tests.web.test_workshop import CHECKED, a_bench, another, item, printed, said

LIST = "/administration/habilitations"
ONE = f"{LIST}/personne"
RULES = "/administration/registre/qualifications"


def recorded(served: Served) -> int:
    with served.database.reading() as connection:
        count: int = connection.execute(sa.select(sa.func.count()).select_from(RECORD)).scalar_one()
    return count


def who(served: Served, role: Role) -> str:
    """Give the person who signs in with a role."""
    with served.database.reading() as connection:
        query = sa.select(PERSON.c.person).where(PERSON.c.role == role.value, PERSON.c.password_hash.is_not(None))
        return str(connection.execute(query).scalars().one())


def state(served: Served, table: str, key: str, at: float, **row: Any) -> None:
    body = {"table": table, "key": key, "valid_from": NOW + round(at * DAY), "row": row}
    record(served.database, "acme", [draft("reference.set", at=39.9, body=body)], now_ms=served.clock.ms)


async def a_rule(served: Served, **typed: str) -> Page:
    form = (await opened(served, f"{RULES}/ligne")).form(f"{RULES}/ligne")
    given = {"key": "final", "name": "Contrôle final", "acts": "requalification, remise en service", **typed}
    return Page(await sent(served, form, **given))


def form_with(page: Page, field: str) -> Form:
    """Give the form of a page that has a field."""
    return next(each for each in page.forms if field in dict(each.values))


async def grant(served: Served, person: str, **typed: str) -> httpx.Response:
    page = await opened(served, f"{ONE}?personne={person}")
    return await sent(served, form_with(page, "from"), **typed)


# ---- what is asked for, and who holds it


async def test_a_manager_says_what_is_asked_for_and_who_holds_it_until_when(served: Served) -> None:
    await a_bench(served, Role.MANAGER)
    assert "Aucune habilitation n’est demandée" in (await opened(served, LIST)).text
    assert (await a_rule(served, types="moteur")).status == 303
    listed = await opened(served, RULES)
    assert "remise en service, requalification" in listed.text
    assert "moteur" in listed.text
    person = who(served, Role.MANAGER)
    assert "Personne n’a encore d’habilitation" in (await opened(served, LIST)).text
    answer = await grant(served, person, qualification="final", **{"from": "2026-02-01", "until": "2026-02-20"})
    assert answer.status_code == 303, said(answer)
    page = await opened(served, LIST)
    assert "Expire dans 10 j" in page.text
    assert "20/02/2026" in page.text
    renewed = await grant(served, person, qualification="final", **{"from": "2026-02-21", "until": ""})
    assert renewed.status_code == 303
    shown = await opened(served, f"{ONE}?personne={person}")
    assert shown.text.count("Contrôle final") >= 2
    assert "Depuis le 21/02/2026, sans fin" in shown.text
    assert "À venir" in (await opened(served, LIST)).text
    file = await served.client.get(LIST, params={"fichier": "csv", "table": "qualified"})
    assert "Contrôle final" in file.text


@pytest.mark.parametrize(("typed", "told"), [
    ({"qualification": "", "from": "2026-02-01"}, "choisissez"),
    ({"qualification": "final", "from": ""}, "nécessaire"),
    ({"qualification": "final", "from": "2026-02-31"}, "jour"),
    ({"qualification": "final", "from": "0001-01-01"}, "jour"),
    ({"qualification": "final", "from": "2026-02-10", "until": "2026-02-09"}, "précède"),
])  # fmt: skip
async def test_what_is_wrong_in_a_period_is_told_and_what_was_typed_stays(
    served: Served, typed: dict[str, str], told: str
) -> None:
    await a_bench(served, Role.MANAGER)
    await a_rule(served)
    before = recorded(served)
    page = Page(await grant(served, who(served, Role.MANAGER), **typed))
    assert page.status == 422
    assert told in page.text.casefold()
    assert recorded(served) == before


async def test_a_period_that_takes_days_away_is_asked_about_and_a_withdrawal_spares_what_was_decided(
    served: Served,
) -> None:
    await a_bench(served, Role.MANAGER)
    state(served, "qualification", "final", -30, name="Contrôle final", acts="requalify")
    state(served, "qualified", f"{OTHER}>final", -30, until="")
    person = who(served, Role.MANAGER)
    state(served, "qualified", f"{person}>final", -30, until="")
    typed = {"qualification": "final", "from": "2026-01-20", "until": "2026-02-01"}
    asked = Page(await grant(served, person, **typed))
    assert "raccourcit une habilitation" in asked.text
    assert (await sent(served, form_with(asked, "from"), **typed, sure="1")).status_code == 303
    assert "Expirée" in (await opened(served, LIST)).text
    again = {"qualification": "final", "from": "2026-02-02", "until": ""}
    assert (await grant(served, person, **again)).status_code == 303
    page = await opened(served, f"{ONE}?personne={person}")
    assert (await sent(served, form_with(page, "act"))).status_code == 303
    assert "Retirée" in (await opened(served, LIST)).text
    assert item(served, 9).work_stage == "requalified"


async def test_who_may_not_manage_sees_nothing_of_it(served: Served) -> None:
    await a_bench(served)
    for path in (LIST, f"{ONE}?personne=p"):
        assert (await opened(served, path)).status == 403
    await another(served, Role.MANAGER)
    assert (await opened(served, f"{ONE}?personne=p-personne")).status == 404


async def test_the_page_of_a_person_leads_to_what_they_hold(served: Served) -> None:
    an_org(served.database)
    await signed_in(served, Role.ADMINISTRATOR)
    person = who(served, Role.ADMINISTRATOR)
    page = await opened(served, f"/administration/personnes/{person}")
    assert f"{ONE}?personne={person}" in list(page.attributes("a", "href"))


# ---- before an act, and after one


async def requalify(served: Served, number: int, **typed: str) -> tuple[Page, httpx.Response]:
    path = f"/atelier/etape/requalifier/{printed(label(number))}"
    page = await opened(served, path)
    served.clock.ms += 60_000
    return page, await sent(served, page.form(path), **{**CHECKED, **typed})


@pytest.mark.story(15)
@pytest.mark.parametrize(("until", "words"), [
    (None, "que vous n’avez pas"),
    ("2026-02-09", "son dernier jour était le 09/02/2026"),
])  # fmt: skip
async def test_without_a_valid_qualification_nothing_is_requalified_and_the_page_says_who_may(
    served: Served, until: str | None, words: str
) -> None:
    await a_bench(served, Role.INSPECTOR)
    state(served, "qualification", "final", -5, name="Contrôle final", acts="requalify release")
    if until:
        state(served, "qualified", f"{who(served, Role.INSPECTOR)}>final", -300, until=until)
    ticket = await opened(served, f"/atelier/fiche/{printed(label(7))}")
    assert words in ticket.text
    assert "Personne d’autre n’est habilité" in ticket.text
    before = recorded(served)
    page, answer = await requalify(served, 7)
    assert words in page.text
    assert answer.status_code == 409
    assert "habilitation absente ou expirée" in said(answer)
    assert (recorded(served), item(served, 7).work_stage) == (before, "quality_control")

    await another(served, Role.MANAGER)
    manager = who(served, Role.MANAGER)
    granted = await grant(served, manager, qualification="final", **{"from": "2026-02-10", "until": "2026-02-10"})
    assert granted.status_code == 303
    page, answer = await requalify(served, 7)
    assert answer.status_code == 303, said(answer)
    assert item(served, 7).work_stage == "requalified"


@pytest.mark.story(15)
async def test_a_failed_check_and_ones_own_hand_are_refused_online_too(served: Served) -> None:
    await a_bench(served, Role.MANAGER)
    me = who(served, Role.MANAGER)
    state(served, "qualification", "final", -5, name="Contrôle final", acts="requalify release")
    state(served, "qualified", f"{me}>final", -5, until="")
    _, answer = await requalify(served, 7, **{"check.tested": "no"})
    assert answer.status_code == 409
    assert "un contrôle a échoué" in said(answer)
    failed = re.search(r"un contrôle a échoué.*?<ul>(.*?)</ul>", answer.text, re.DOTALL)
    assert failed is not None
    assert re.findall("<li>(.*?)</li>", failed[1]) == [say("web.work_check_tested", "fr")]
    record(served.database, "acme", [act("work.repaired", 8, 39.5, me), act("work.tested", 8, 39.6, me, passed=True)])
    _, answer = await requalify(served, 8)
    assert answer.status_code == 409
    assert "il faut une seconde personne" in said(answer)
    assert {item(served, number).work_stage for number in (7, 8)} == {"quality_control"}


async def test_a_test_without_is_asked_about_once_and_then_counts(served: Served) -> None:
    await a_bench(served)
    state(served, "qualification", "elec", -5, name="Électrique", acts="test", types=["moteur"])
    path = f"/atelier/etape/tester/{printed(label(6))}"
    page = await opened(served, path)
    assert "l’habilitation « Électrique »" in page.text
    served.clock.ms += 60_000
    doubted = Page(await sent(served, page.form(path), passed="yes"))
    assert doubted.status == 409
    assert item(served, 6).work_stage == "testing"
    assert (await sent(served, doubted.form(path), passed="yes", sure="1")).status_code == 303
    assert item(served, 6).work_stage == "quality_control"


async def test_a_decision_that_came_without_waits_in_to_do_and_leads_to_the_persons_qualifications(
    served: Served,
) -> None:
    await a_bench(served, Role.MANAGER)
    state(served, "qualification", "final", -0.4, name="Contrôle final", acts="requalify release")
    me = who(served, Role.MANAGER)
    late = act("work.requalified", 7, 39.7, me, certificate="CR-9", checks={"tested": True})
    record(served.database, "acme", [late], now_ms=served.clock.ms)
    with served.database.reading() as connection:
        found = connection.execute(sa.select(TASK.c.event, TASK.c.reason)).all()
    ((event, _),) = [each for each in found if each.reason == Reason.UNQUALIFIED]
    page = await opened(served, f"/a-traiter/contradiction/{event}.{Reason.UNQUALIFIED}")
    assert f"{ONE}?personne={me}" in list(page.attributes("a", "href"))
    granted = await grant(served, me, qualification="final", **{"from": "2026-02-01", "until": "2027-01-31"})
    assert granted.status_code == 303
    assert item(served, 7).work_stage == "requalified"
    with served.database.reading() as connection:
        left = {row.reason for row in connection.execute(sa.select(TASK.c.reason))}
    assert Reason.UNQUALIFIED not in left


async def test_what_ends_soon_waits_in_to_do_until_it_is_renewed(served: Served) -> None:
    await a_bench(served, Role.MANAGER)
    state(served, "qualification", "final", -5, name="Contrôle final", acts="requalify release")
    me = who(served, Role.MANAGER)
    assert "Habilitations à renouveler" not in (await opened(served, "/a-traiter")).text
    state(served, "qualified", f"{me}>final", -100, until="2026-03-12")
    page = await opened(served, "/a-traiter?kind=qualification")
    assert "Contrôle final : dernier jour le 12/03/2026" in page.text
    assert f"{ONE}?personne={me}" in list(page.attributes("a", "href"))
    state(served, "qualified", f"{me}>final", 5, until="2027-03-12")
    assert "dernier jour" not in (await opened(served, "/a-traiter?kind=qualification")).text


async def test_a_certificate_says_by_which_qualification_it_was_decided_and_the_public_page_does_not(
    served: Served,
) -> None:
    await a_bench(served, Role.MANAGER)
    plain = "/atelier/certificat/{}?numero=CR-1"
    assert "Habilitation" not in (await opened(served, plain.format(printed(label(9))))).text
    state(served, "qualification", "final", -5, name="Contrôle final", acts="requalify test")
    me = who(served, Role.MANAGER)
    state(served, "qualified", f"{me}>final", -5, until="2026-12-31")
    await requalify(served, 7)
    found = item(served, 7).job
    assert isinstance(found, Job)
    (file, page) = [
        f"/atelier/certificat{kind}/{printed(label(7))}?numero={found.certificate}" for kind in (".pdf", "")
    ]
    shown = await opened(served, page)
    assert "Contrôle final, jusqu’au 31/12/2026" in shown.text
    with pypdfium2.PdfDocument((await served.client.get(file)).content) as document:
        text = "".join(each.get_textpage().get_text_range() for each in document)
    assert "Contrôle final, jusqu’au 31/12/2026" in " ".join(text.split())
    (public,) = [href for href in shown.attributes("a", "href") if href.startswith("/certificats/")]
    assert "Contrôle final" not in (await opened(served, public)).text
    # The tester held nothing: that is seen by a person, and printed for nobody.
    assert shown.text.count("Contrôle final") == 1
