"""Quotes, holds and limits on the pages: asked at the bench, answered by a link, told where they stand."""

import pytest

from boucle.roles import Role
from tests.api.serving import Served
from tests.builders import DAY
from tests.server.figures_world import draft, record
from tests.server.workshop_world import MOTOR, NOW, act, label
from tests.web.browser import Page, is_unlisted, opened, sent, sign_in
from tests.web.test_workshop import a_bench, another, do, item, job, press, printed, said, ticket

UNTIL = "2026-03-31"


def limited(served: Served) -> None:
    """State what a repair of a motor may cost."""
    row = {**MOTOR, "repair_percent": 60, "agreed_cents": 5_000}
    stated = {"table": "item_type", "key": "moteur", "valid_from": 0, "row": row}
    record(served.database, "acme", [draft("reference.set", at=-0.5, body=stated)], now_ms=NOW)


async def a_quote(served: Served, amount: str = "200,00") -> str:
    """Quote the repair of a pump of Rhin Plasturgie; give the path of the link."""
    await a_bench(served, Role.MANAGER)
    done = await do(served, "devis", 1, owner="rhin", amount=amount, until=UNTIL, covers="Roulement et main-d’œuvre")
    assert done.status_code == 303, said(done)
    page = await ticket(served, 1)
    links = [each for each in page.attributes("a", "href") if "/devis/" in each and each.startswith("http")]
    return "/devis/" + links[0].rpartition("/")[2] if links else ""


async def stranger(served: Served, path: str, status: int = 200) -> Page:
    served.client.cookies.clear()
    served.clock.ms += 60_000
    page = await opened(served, path)
    assert page.status == status, page.text
    return page


async def test_an_owner_accepts_by_the_link_and_the_workshop_reads_who_it_was(served: Served) -> None:
    path = await a_quote(served)
    page = await stranger(served, path)
    for told in ("200,00", "31/03/2026", "Roulement et main-d’œuvre", printed(label(1))):
        assert told in page.text
    done = await sent(served, page.form(path), by="Mme Weiß", answer="yes")
    assert done.status_code == 303
    after = await stranger(served, done.headers["location"])
    assert "Votre réponse est enregistrée" in after.text
    assert path not in [form.action for form in after.forms]
    assert (item(served, 1).work_stage, job(served, 1).consent) == ("approved", "given")
    await sign_in(served, "manager")
    page = await ticket(served, 1)
    assert "Mme Weiß" in page.text
    assert "par le lien" in page.text


async def test_an_owner_declines_and_the_thing_goes_back_as_it_is(served: Served) -> None:
    path = await a_quote(served)
    page = await stranger(served, path)
    asked = Page(await sent(served, page.form(path), by="M. Lang", answer="no"))
    assert "Refuser ce devis ?" in asked.text
    assert "200,00" in asked.text, "what is refused is read again before it is"
    assert item(served, 1).work_stage == "awaiting_approval", "one tap refuses nothing"
    done = await sent(served, asked.form(path), answer="no", reason="trop cher")
    assert done.status_code == 303, "the name was kept"
    assert (item(served, 1).work_stage, job(served, 1).outcome) == ("cancelled", "unknown")
    again = await sent(served, page.form(path), by="M. Lang", answer="yes")
    assert again.status_code == 409
    assert item(served, 1).work_stage == "cancelled"
    await sign_in(served, "manager")
    assert "trop cher" in (await ticket(served, 1)).text


async def test_an_answer_without_a_name_or_a_choice_is_asked_for_again(served: Served) -> None:
    path = await a_quote(served)
    page = await stranger(served, path)
    for typed in ({"by": "", "answer": "yes"}, {"by": "M. Lang", "answer": "peut-être"}):
        done = await sent(served, page.form(path), **typed)
        assert done.status_code == 422
        assert typed["by"] in done.text
    assert item(served, 1).work_stage == "awaiting_approval"


async def test_a_link_ends_with_its_day_and_with_its_quote(served: Served) -> None:
    path = await a_quote(served)
    served.clock.ms = NOW + 60 * DAY
    assert "n’est plus valable" in (await stranger(served, path)).text
    served.clock.ms = NOW + DAY
    await sign_in(served, "manager")
    await do(served, "devis", 1, owner="rhin", amount="180", until=UNTIL)
    replaced = await stranger(served, path)
    assert "Un devis plus récent remplace celui-ci" in replaced.text
    assert path not in [form.action for form in replaced.forms]
    for wrong in (path[:-1], path[:-4] + "AAAA", "/devis/rien", "/devis/" + "A" * 43):
        assert "ne mène plus à un devis" in (await stranger(served, wrong, 404)).text


async def test_a_quote_is_taken_back_with_a_reason_which_its_link_then_gives(served: Served) -> None:
    path = await a_quote(served)
    form = (await stranger(served, path)).form(path)
    await sign_in(served, "manager")
    missing = await do(served, "retirer", 1)
    assert missing.status_code == 422
    done = await do(served, "retirer", 1, withdrawn="Montant erroné")
    assert done.status_code == 303
    page = await opened(served, done.headers["location"])
    assert "retrait du devis" in page.text.lower()
    assert "Montant erroné" in page.text
    assert not [each for each in page.attributes("a", "href") if each.startswith("http") and "/devis/" in each]
    assert item(served, 1).work_stage == "diagnosed"
    after = await stranger(served, path)
    for told in ("L’atelier a retiré ce devis", "Motif du retrait", "Montant erroné", "200,00"):
        assert told in after.text, told
    assert path not in [each.action for each in after.forms]
    late = await sent(served, form, by="Mme Weiß", answer="yes")
    assert late.status_code == 409
    assert item(served, 1).work_stage == "diagnosed"
    english = await opened(served, f"{path}?lang=en")
    assert "The workshop has taken this quote back" in english.text


async def test_taking_a_quote_back_is_undone_and_its_link_answers_again(served: Served) -> None:
    path = await a_quote(served)
    done = await do(served, "retirer", 1, withdrawn="Erreur")
    assert done.status_code == 303, said(done)
    shown = await opened(served, done.headers["location"])
    assert (await sent(served, shown.form("/atelier/annuler"))).status_code == 303
    page = await stranger(served, path)
    assert (await sent(served, page.form(path), by="Mme Weiß", answer="yes")).status_code == 303
    assert job(served, 1).consent == "given"


async def test_the_link_of_a_quote_that_was_taken_back_tells_nothing_of_the_next_repair(served: Served) -> None:
    path = await a_quote(served)
    assert (await do(served, "retirer", 1, withdrawn="Erreur")).status_code == 303
    assert (await do(served, "abandonner", 1, sure="1", reason="x")).status_code == 303
    served.clock.ms += DAY
    next_one = [act("work.opened", 1, 40.6, reason="fuit"), act("work.diagnosed", 1, 40.7, fault="leak", found=True)]
    record(served.database, "acme", next_one, now_ms=served.clock.ms)
    assert job(served, 1).fault == "leak"
    page = await stranger(served, path, status=404)
    assert "fuite" not in page.text.lower()


@pytest.mark.parametrize("role", [Role.TECHNICIAN, Role.READER])
async def test_only_who_decides_takes_a_quote_back(served: Served, role: Role) -> None:
    await a_quote(served)
    await another(served, role)
    assert (await opened(served, f"/atelier/etape/retirer/{printed(label(1))}")).status == 403


async def test_a_quote_whose_repair_ended_otherwise_is_not_called_refused(served: Served) -> None:
    path = await a_quote(served)
    assert (await do(served, "abandonner", 1, sure="1", reason="x")).status_code == 303
    page = await stranger(served, path)
    assert "a pris fin avant votre réponse" in page.text
    assert "refusé" not in page.text
    assert path not in [form.action for form in page.forms]


async def test_an_answer_counts_also_after_the_workshop_looked_at_the_thing_once_more(served: Served) -> None:
    path = await a_quote(served)
    again = {"code": label(1), "body": {"fault": "worn", "found": True}}
    record(served.database, "acme", [draft("work.diagnosed", at=0, **again)], now_ms=served.clock.ms)
    page = await stranger(served, path)
    assert (await sent(served, page.form(path), by="Mme Weiß", answer="yes")).status_code == 303
    assert (item(served, 1).work_stage, job(served, 1).consent) == ("approved", "given")


async def test_the_link_says_nothing_that_search_engines_keep_and_no_other_site_posts_to_it(served: Served) -> None:
    path = await a_quote(served)
    served.client.cookies.clear()
    shown = await served.client.get(path)
    assert is_unlisted(shown)
    assert is_unlisted(await served.client.get("/devis/rien"))
    posted = await served.client.post(path, data={"by": "x", "answer": "yes"}, headers={"sec-fetch-site": "cross-site"})
    assert posted.status_code == 403
    assert item(served, 1).work_stage == "awaiting_approval"


async def test_an_answer_by_phone_is_recorded_with_who_gave_it(served: Served) -> None:
    await a_quote(served)
    missing = await do(served, "accord", 1, how="phone", by="")
    assert missing.status_code == 422
    assert (await do(served, "accord", 1, how="phone", by="M. Roth")).status_code == 303
    page = await ticket(served, 1)
    assert "par téléphone" in page.text
    assert "M. Roth" in page.text
    assert item(served, 1).work_stage == "approved"


async def test_what_costs_no_more_than_was_agreed_is_approved_at_once(served: Served) -> None:
    await a_bench(served, Role.MANAGER)
    limited(served)
    number = next(each for each in range(1, 13) if item(served, each).type == "moteur" and job(served, each).fault)
    # A repair that was given up, or is over, takes no quote; the first motor that is diagnosed waits for parts.
    assert (await do(served, "devis", number, owner="rhin", amount="50", until=UNTIL)).status_code == 303
    assert job(served, number).consent == "agreed"


async def test_a_technician_makes_no_quote_and_starts_without_one_only_knowingly(served: Served) -> None:
    await a_quote(served)
    await another(served, Role.TECHNICIAN)
    refused = await opened(served, f"/atelier/etape/devis/{printed(label(1))}")
    assert refused.status == 403
    doubted = await press(served, "demarrer", 1)
    assert doubted.status_code == 409
    assert "sans l’accord du propriétaire" in said(doubted)
    assert item(served, 1).work_stage == "awaiting_approval"


async def test_a_repair_on_hold_is_told_everywhere_and_goes_on_where_it_was(served: Served) -> None:
    await a_bench(served)
    before = item(served, 4).work_stage
    assert (await do(served, "suspendre", 4, hold="Attente de l’assureur")).status_code == 303
    page = await ticket(served, 4)
    assert "Attente de l’assureur" in page.text
    actions = [form.action for form in page.forms]
    assert f"/atelier/etape/lever/{printed(label(4))}" in actions
    assert f"/atelier/etape/repare/{printed(label(4))}" not in actions
    for path in ("/atelier", "/atelier?vue=liste", "/atelier?held=1"):
        shown = await opened(served, path)
        assert "Attente de l’assureur" in shown.text
    assert printed(label(5)) not in (await opened(served, "/atelier?held=1")).text
    assert (await press(served, "lever", 4)).status_code == 303
    assert (item(served, 4).work_stage, job(served, 4).hold) == (before, "")
    # The form of each act is sent a minute after it was opened: nothing rounds a minute up to a day.
    assert "\n1 min\n" in (await ticket(served, 4)).text


async def test_time_on_a_repair_is_shown_for_the_repair(served: Served) -> None:
    await a_bench(served)
    assert (await press(served, "demarrer", 1)).status_code == 303
    served.clock.ms += 90 * 60_000
    assert "travail en cours" in (await ticket(served, 1)).text
    await press(served, "arreter", 1)
    assert "1 h 31" in (await ticket(served, 1)).text


@pytest.mark.parametrize(("why", "asks"), [("", True), ("client historique", False)])
async def test_an_estimate_above_the_limit_proposes_not_to_repair(served: Served, why: str, *, asks: bool) -> None:
    await a_bench(served)
    limited(served)
    number = next(
        each for each in (11, 12, 3, 6, 9, 1) if item(served, each).type == "moteur" and not job(served, each).fault
    )
    typed = {"found": "yes", "fault": "worn", "estimate": "300", "dear_reason": why}
    assert (await do(served, "diagnostiquer", number, **typed)).status_code == 303
    page = await ticket(served, number)
    assert ("la règle propose de ne pas réparer" in page.text) is asks
    assert "300,00" in page.text
    assert why in page.text


async def test_the_consent_that_is_promised_at_the_opening_is_told_before_anybody_begins(served: Served) -> None:
    await a_bench(served)
    opening = act("work.opened", 30, 39.9, owner="rhin")
    made = [act("item.commissioned", 30, 39.8, type="pompe"), opening, act("work.diagnosed", 30, 39.95, found=True)]
    record(served.database, "acme", made, now_ms=NOW)
    for path in ("/atelier", "/atelier?vue=liste"):
        assert "accord à demander" in (await opened(served, path)).text
    page = await ticket(served, 30)
    assert "L’objet est à Rhin Plasturgie. Un responsable fait le devis" in page.text
    asked = await press(served, "demarrer", 30)
    assert (asked.status_code, "commencée sans l’accord du propriétaire" in said(asked)) == (409, True)
    assert item(served, 30).work_stage == "diagnosed"
    await another(served, Role.MANAGER)
    assert "Faites un devis et attendez la réponse" in (await ticket(served, 30)).text
    await do(served, "devis", 30, owner="rhin", amount="200", until=UNTIL)
    assert "Le devis attend la réponse de Rhin Plasturgie" in (await ticket(served, 30)).text
    await do(served, "accord", 30, how="phone", by="Mme Weiß")
    page = await ticket(served, 30)
    assert "attend la réponse" not in page.text
    assert "accord à demander" not in page.text


async def test_a_step_that_comes_too_early_is_not_called_past(served: Served) -> None:
    await a_bench(served, Role.MANAGER)
    early = await opened(served, f"/atelier/etape/devis/{printed(label(11))}")
    assert (early.status, "Il est trop tôt pour cette étape" in early.text) == (409, True)
    late = await opened(served, f"/atelier/etape/devis/{printed(label(10))}")
    assert (late.status, "n’est plus possible" in late.text) == (409, True)
