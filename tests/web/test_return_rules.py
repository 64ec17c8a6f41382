"""Rules of returns as pages: the last day, the value for a manager, the control and the photo of a grade, the maker."""

import base64
from typing import Any

from boucle.checklists import Checklist, Moment, Step
from boucle.correction import Fix, corrected
from boucle.item import Back
from boucle.rma import ReturnState
from boucle.roles import Role
from boucle_server import histories, returns, verify
from boucle_server.server_device import Draft
from tests.api.serving import Served
from tests.builders import DAY
from tests.photos import a_jpeg
from tests.server.figures_world import draft, events_in, record
from tests.server.workshop_world import NOW, SAW, label
from tests.web.browser import Page, opened, sent, sign_in, signed_in
from tests.web.test_returns import a_desk, announced, do, item, printed, remaining, said, state

RULES = "/administration/registre/return-rules"


def stated(served: Served, table: str, key: str, row: dict[str, Any]) -> None:
    """State a row of reference data from a day of the story on."""
    body = {"table": table, "key": key, "valid_from": NOW - 30 * DAY, "row": row}
    record(served.database, "acme", [draft("reference.set", at=2, body=body)], now_ms=NOW)


async def returned(served: Served, *numbers: int, site: str = "strasbourg") -> str:
    """Receive what nobody announced; give the number of the return."""
    form = (await opened(served, "/retours/sans-annonce")).form("/retours/sans-annonce")
    served.clock.ms += 60_000
    codes = "\n".join(label(number) for number in numbers)
    answer = await sent(served, form, site=site, codes=codes, sure="1")
    assert answer.status_code == 303, said(answer)
    return answer.headers["location"].partition("?")[0].rpartition("/")[2]


def back(served: Served, number: int) -> Back:
    found = item(served, number).back
    assert isinstance(found, Back)
    return found


async def as_somebody(served: Served, role: Role) -> None:
    served.client.cookies.clear()
    await signed_in(served, role)


# ---- the last day


async def test_the_rule_proposes_the_last_day_and_a_person_may_say_another(served: Served) -> None:
    await a_desk(served)
    stated(served, "return_rule", "scie", {"return_days": 10})
    rma = await announced(served, codes=label(1), l1__type="manuel", l1__n="12")
    form = next(
        each for each in (await opened(served, f"/retours/acte/autoriser/{rma}")).forms if "/acte/" in each.action
    )
    assert dict(form.values)["until"] == "2026-03-12"  # thirty days of the manuals, not the ten of the saw
    bad = await do(served, "autoriser", rma, until="bientôt")
    assert bad.status_code == 422
    assert (await do(served, "autoriser", rma, until="2026-02-20")).status_code == 303
    assert back(served, 1).until == "2026-02-20"
    page = await opened(served, f"/retours/dossier/{rma}")
    assert "À renvoyer au plus tard le 20/02/2026" in page.text
    assert "20/02/2026" in (await opened(served, "/retours")).text


async def test_past_its_last_day_a_return_is_told_as_expired_and_is_received_all_the_same(served: Served) -> None:
    await a_desk(served)
    rma = await announced(served, codes=label(1), l1__type="manuel", l1__n="12")
    await do(served, "autoriser", rma, until="2026-02-20", n__manuel="12")
    served.clock.ms += 20 * DAY
    await as_somebody(served, Role.ADMINISTRATOR)
    await as_somebody(served, Role.INSPECTOR)
    for path in ("/retours", f"/retours/dossier/{rma}"):
        assert "13 expirés" in (await opened(served, path)).text, path
    with served.database.reading() as connection:
        (found,) = returns.returns(connection, "acme", rma, today="2026-03-02")
    assert (found.state, found.remaining) == (ReturnState.CANCELLED, 0)


async def test_a_late_receipt_is_offered_counted_and_said_to_be_late(served: Served) -> None:
    await a_desk(served)
    rma = await announced(served, codes=label(1), l1__type="manuel", l1__n="12")
    await do(served, "autoriser", rma, until="2026-02-11", n__manuel="12")
    served.clock.ms += 3 * 3_600_000 + 2 * DAY
    served.client.cookies.clear()
    await signed_in(served, Role.WAREHOUSE)
    page = await opened(served, f"/retours/dossier/{rma}")
    assert f"/retours/acte/recevoir/{rma}" in page.answer.text
    answer = await do(served, "recevoir", rma, site="strasbourg", codes=label(1), n__manuel="12")
    assert answer.status_code == 303, said(answer)
    page = await opened(served, f"/retours/dossier/{rma}")
    assert "Reçu après la date limite (11/02/2026)" in page.text
    assert "expiré" not in page.text
    history = (await opened(served, f"/objets/{printed(label(1))}")).text
    assert "renvoyé après la date limite" in history
    assert "jusqu’au" in history
    assert state(served, rma) is ReturnState.RECEIVED


async def test_a_quantity_is_late_by_the_day_where_it_came_in_and_by_what_was_said_until_then(served: Served) -> None:
    await a_desk(served)
    stated(served, "site", "montreal", {"name": "Montréal", "zone": "America/Toronto"})
    rma = await announced(served, l1__type="manuel", l1__n="12")
    await do(served, "autoriser", rma, until="2026-02-11", n__manuel="12")
    served.clock.ms = NOW + 2 * DAY - 3 * 3_600_000  # night of the 12th in France, evening of the 11th in Montréal
    await sign_in(served, "manager")
    assert (await do(served, "recevoir", rma, site="montreal", n__manuel="5")).status_code == 303
    late = "Reçu après la date limite (11/02/2026)"
    path = f"/retours/dossier/{rma}"
    assert late not in (await opened(served, path)).text
    assert (await do(served, "recevoir", rma, site="strasbourg", n__manuel="4")).status_code == 303
    assert (await opened(served, path)).text.count(late) == 1
    assert (await do(served, "prolonger", rma, until="2026-04-01")).status_code == 303
    assert (await opened(served, path)).text.count(late) == 1  # it was late on the day on which it came


async def test_pieces_that_were_handed_over_in_time_and_travelled_long_are_not_late(served: Served) -> None:
    await a_desk(served)
    rma = await announced(served, l1__type="manuel", l1__n="12")
    await do(served, "autoriser", rma, until="2026-02-11", n__manuel="12")
    taken = {"place": "mulhouse", "item_type": "manuel"}
    handed = [
        draft("item.collected", at=day, qty=n, **taken) for day, n in ((41.3, 5), (42.3, 3))
    ]  # 11 and 12 February
    record(served.database, "acme", handed, now_ms=NOW + 4 * DAY)
    served.clock.ms = NOW + 5 * DAY
    served.client.cookies.clear()
    await signed_in(served, Role.WAREHOUSE)
    path, late = f"/retours/dossier/{rma}", "après la date limite (11/02/2026)"
    assert (await do(served, "recevoir", rma, site="strasbourg", n__manuel="4")).status_code == 303
    assert late not in (await opened(served, path)).text  # taken up on the last day, in the vehicle since
    assert (await do(served, "recevoir", rma, site="strasbourg", n__manuel="3")).status_code == 303
    assert "Renvoyés après la date limite (11/02/2026) : 2" in (await opened(served, path)).text
    assert (await do(served, "recevoir", rma, site="strasbourg", n__manuel="2")).status_code == 303
    assert f"Reçu {late}" in (await opened(served, path)).text  # one taken up late, one that nobody took up


async def test_pieces_whose_handing_over_was_corrected_in_a_later_month_are_judged_by_its_day(served: Served) -> None:
    await a_desk(served)
    rma = await announced(served, l1__type="manuel", l1__n="12")
    await do(served, "autoriser", rma, until="2026-02-11", n__manuel="12")
    handed = draft("item.collected", at=41.3, qty=5, place="mulhouse", item_type="manuel")  # 11 February
    record(served.database, "acme", [handed], now_ms=NOW + 4 * DAY)
    served.clock.ms = NOW + 5 * DAY
    await sign_in(served, "manager")
    assert (await do(served, "recevoir", rma, site="strasbourg", n__manuel="4")).status_code == 303
    with served.database.reading() as connection:
        (first,) = [
            event for event in events_in(connection, "acme") if event.kind == "item.collected" and event.item_type
        ]
    served.clock.ms = NOW + 30 * DAY
    kind, fields = corrected(first, Fix.NUMBER, value="4")
    record(served.database, "acme", [Draft(kind=kind, fields=fields)], now_ms=served.clock.ms)
    await sign_in(served, "manager")
    page = await opened(served, f"/retours/dossier/{rma}")
    assert (page.status, "Reçu après la date limite" in page.text) == (200, False)


async def test_another_last_day_holds_for_all_that_has_not_come(served: Served) -> None:
    await a_desk(served)
    rma = await announced(served, codes=f"{label(1)}\n{label(2)}", l1__type="manuel", l1__n="12")
    await do(served, "autoriser", rma, until="2026-02-20", n__manuel="12")
    await do(served, "recevoir", rma, site="strasbourg", codes=label(1))
    assert (await do(served, "prolonger", rma, until="")).status_code == 422
    assert (await do(served, "prolonger", rma, until="2026-04-01")).status_code == 303
    assert (back(served, 1).until, back(served, 2).until) == ("2026-02-20", "2026-04-01")
    with served.database.reading() as connection:
        (found,) = returns.returns(connection, "acme", rma, today="2026-03-02")
    assert (found.expired, found.remaining, found.until) == (0, 13, "2026-04-01")
    assert found.loose_until == (("manuel", "2026-04-01", 12),)
    assert remaining(served, rma) == 13


# ---- the value for a manager


async def test_what_is_worth_more_waits_in_to_do_until_a_manager_confirms_it(served: Served) -> None:
    await a_desk(served, Role.INSPECTOR)
    stated(served, "item_type", "scie", {**SAW, "price_cents": 90_000})
    stated(served, "return_rule", "*", {"most_cents": 50_000})
    await as_somebody(served, Role.WAREHOUSE)
    rma = await returned(served, 1)
    about = f"?objet={label(1)}"
    assert (await do(served, "classer", rma, about, grade="A")).status_code == 303
    form = await opened(served, f"/retours/acte/affecter/{rma}{about}")
    assert "Au-dessus de 500,00 €, un responsable confirme ensuite" in form.text
    assert (await do(served, "affecter", rma, about, disposition="restock")).status_code == 303
    assert (back(served, 1).asked, item(served, 1).return_stage) == ("restock", "graded")
    page = await opened(served, f"/retours/dossier/{rma}")
    assert "Attend un responsable : remettre en stock" in page.text
    assert "/acte/confirmer/" not in page.answer.text
    assert (await opened(served, f"/retours/acte/confirmer/{rma}{about}")).status == 403
    await as_somebody(served, Role.MANAGER)
    waiting = await opened(served, "/a-traiter?kind=return_valued")
    assert "À confirmer : remettre en stock" in waiting.text
    assert not (await opened(served, "/a-traiter?kind=return_graded")).text.count(printed(label(1)))
    unexplained = await do(served, "confirmer", rma, about, disposition="resale")
    assert unexplained.status_code == 422
    done = await do(served, "confirmer", rma, about)
    assert done.status_code == 422  # nothing is chosen by itself without the page's own choice
    done = await do(served, "confirmer", rma, about, disposition="restock")
    assert done.status_code == 303, said(done)
    assert (back(served, 1).disposition, item(served, 1).return_stage) == ("restock", "disposed_to")
    assert printed(label(1)) not in (await opened(served, "/a-traiter?kind=return_valued")).text
    undone = await sent(served, (await opened(served, done.headers["location"])).form("/retours/annuler"))
    assert undone.status_code == 303
    assert back(served, 1).asked == "restock"


async def test_a_manager_decides_at_once_whatever_the_value(served: Served) -> None:
    await a_desk(served)
    stated(served, "item_type", "scie", {**SAW, "price_cents": 90_000})
    stated(served, "return_rule", "*", {"most_cents": 50_000})
    rma = await returned(served, 1)
    about = f"?objet={label(1)}"
    await do(served, "classer", rma, about, grade="A")
    assert "un responsable confirme" not in (await opened(served, f"/retours/acte/affecter/{rma}{about}")).text
    assert (await do(served, "affecter", rma, about, disposition="restock")).status_code == 303
    assert item(served, 1).return_stage == "disposed_to"


async def test_a_quantity_that_is_worth_more_as_a_whole_waits_and_is_confirmed_as_a_whole(served: Served) -> None:
    await a_desk(served)
    row = {"name": "Manuel", "nature": "product", "serialised": False, "price_cents": 900, "tare_g": 400}
    stated(served, "item_type", "manuel", row)
    stated(served, "return_rule", "manuel", {"most_cents": 5_000})
    rma = await announced(served, l1__type="manuel", l1__n="12")
    await do(served, "recevoir", rma, site="strasbourg", n__manuel="12")
    about = "?type=manuel"
    await as_somebody(served, Role.INSPECTOR)
    await do(served, "classer", rma, about, n="12", site="strasbourg", grade="A")
    decided = {"site": "strasbourg", "grade": "A", "disposition": "restock"}
    assert (await do(served, "affecter", rma, about, n="12", **decided)).status_code == 303
    await as_somebody(served, Role.ADMINISTRATOR)
    waiting = await opened(served, "/a-traiter?kind=return_valued")
    assert "À confirmer pour 12 pièces : remettre en stock" in waiting.text
    href = next(each for each in waiting.attributes("a", "href") if "/confirmer/" in each)
    query = href.partition("?")[2]
    answer = await do(served, "confirmer", rma, f"?{query}", disposition="donate", reason="école du quartier")
    assert answer.status_code == 303, said(answer)
    with served.database.reading() as connection:
        (found,) = returns.returns(connection, "acme", rma)
    assert (found.counts[0].to_confirm, found.counts[0].to_do) == (0, 12)
    late = await opened(served, f"/retours/acte/confirmer/{rma}?{query}")
    assert (late.status, "déjà décidé : donner" in late.text) == (409, True)


# ---- the grade


async def test_a_grade_asks_the_control_of_its_type_and_keeps_the_version_that_asked(served: Served) -> None:
    await a_desk(served)
    asked = Checklist(
        key="scies",
        moment=Moment.CONTROL,
        types=("scie",),
        words={"fr": "Contrôle d’une scie"},
        steps=(Step(id="lame", words={"fr": "La lame est entière"}, blocking=True),),
    )
    stated(served, "checklist", asked.key, asked.row)
    rma = await returned(served, 1)
    about = f"?objet={label(1)}"
    assert "La lame est entière" in (await opened(served, f"/retours/acte/classer/{rma}{about}")).text
    assert (await do(served, "classer", rma, about, grade="A")).status_code == 422
    doubted = await do(served, "classer", rma, about, grade="A", q__lame="no")
    assert doubted.status_code == 409
    assert (await do(served, "classer", rma, about, grade="A", q__lame="yes")).status_code == 303
    with served.database.reading() as connection:
        told = histories.history(connection, "acme", label(1))
    (graded,) = [each.event for each in told if each.event.kind == "item.graded"]
    assert (graded.text("checklist"), graded.body["answers"]) == (asked.ref, {"lame": True})


async def test_a_grade_takes_the_photo_that_its_site_asks_for(served: Served) -> None:
    await a_desk(served)
    rma = await returned(served, 1, 2)
    about = f"?objet={label(1)}"
    assert 'type="file"' not in (await opened(served, f"/retours/acte/classer/{rma}{about}")).answer.text
    row = {"name": "Strasbourg", "zone": "Europe/Paris", "role": "hub", "photos": "scrap"}
    stated(served, "site", "strasbourg", row)
    page = await opened(served, f"/retours/acte/classer/{rma}{about}")
    assert 'type="file"' in page.answer.text
    assert "snapshot" in page.answer.text
    assert "script-src 'self'" in page.answer.headers["content-security-policy"]
    doubted = await do(served, "classer", rma, about, grade="D")
    assert doubted.status_code == 409
    picture = a_jpeg(seed=5)
    typed = base64.urlsafe_b64encode(picture).rstrip(b"=").decode()
    bad = await do(served, "classer", rma, about, grade="D", photo="é")
    assert bad.status_code == 422
    done = await do(served, "classer", rma, about, grade="D", photo=typed)
    assert done.status_code == 303, said(done)
    with served.database.reading() as connection:
        found = histories.find(connection, "acme", label(1))
        (graded,) = [
            each.event for each in histories.history(connection, "acme", label(1)) if each.event.kind == "item.graded"
        ]
    assert graded.photos
    assert "no_photo" not in {why for _, why in found.tasks}
    history = await opened(served, f"/objets/{printed(label(1))}")
    assert "/photos/" in history.answer.text


# ---- the maker


async def test_what_goes_back_to_its_maker_shows_their_number_and_ends_with_their_receipt(served: Served) -> None:
    await a_desk(served)
    rma = await returned(served, 1)
    about = f"?objet={label(1)}"
    await do(served, "classer", rma, about, grade="D")
    await do(served, "affecter", rma, about, disposition="supplier", reason="sous garantie")
    sent_off = await do(served, "executer", rma, about, to="nancy", supplier_ref="GAR-2026/77")
    assert sent_off.status_code == 303, said(sent_off)
    page = await opened(served, f"/retours/dossier/{rma}")
    assert "N° de retour du fournisseur : GAR-2026/77" in page.text
    assert "Reçu par le fournisseur" in page.text
    assert (await do(served, "fournisseur", rma, about)).status_code == 303
    assert (item(served, 1).return_stage, item(served, 1).place) == ("closed", "nancy")
    assert state(served, rma) is ReturnState.CLOSED


# ---- the rows


async def test_a_rule_is_stated_in_administration_and_what_was_decided_before_stands(served: Served) -> None:
    await a_desk(served)
    rma = await returned(served, 1, 2)
    for number in (1, 2):
        await do(served, "classer", rma, f"?objet={label(number)}", grade="B")
    await do(served, "affecter", rma, f"?objet={label(1)}", disposition="refurbish")
    form = (await opened(served, f"{RULES}/ligne")).form(f"{RULES}/ligne")
    served.clock.ms += 60_000
    saved = await sent(served, form, item_type="scie", grade_b="resale", most_cents="0", return_days="15")
    assert saved.status_code == 303, Page(saved).text
    page = await opened(served, RULES)
    assert "Scie à ruban" in page.text
    assert "revendre" in page.text
    served.clock.ms += 60_000
    form_b = await opened(served, f"/retours/acte/affecter/{rma}?objet={label(2)}")
    assert "La règle propose : revendre" in form_b.text
    assert item(served, 1).return_stage == "disposed_to"
    again = await opened(served, f"{RULES}/ligne?cle=scie")
    assert "valable" in again.text.casefold()
    assert 'value="15"' in again.answer.text


async def test_a_value_from_an_earlier_day_reaches_what_was_decided_since_numbered_or_not(served: Served) -> None:
    await a_desk(served)
    row = {"name": "Manuel", "nature": "product", "serialised": False, "price_cents": 900, "tare_g": 400}
    stated(served, "item_type", "scie", {**SAW, "price_cents": 90_000})
    stated(served, "item_type", "manuel", row)
    rma = await announced(served, codes=f"{label(1)}\n{label(2)}", l1__type="manuel", l1__n="12")
    await do(served, "recevoir", rma, site="strasbourg", codes=f"{label(1)}\n{label(2)}", n__manuel="12")
    await as_somebody(served, Role.INSPECTOR)
    for about, more in ((f"?objet={label(1)}", {}), ("?type=manuel", {"n": "12", "site": "strasbourg"})):
        assert (await do(served, "classer", rma, about, grade="A", **more)).status_code == 303
        decided = {"disposition": "restock", **({"grade": "A", **more} if more else {})}
        assert (await do(served, "affecter", rma, about, **decided)).status_code == 303
    assert item(served, 1).return_stage == "disposed_to"
    for key in ("scie", "*"):
        stated(served, "return_rule", key, {"most_cents": 5_000})
    with served.database.reading() as connection:
        (found,) = returns.returns(connection, "acme", rma)
        assert list(verify.faults(connection, "acme")) == []
    assert (item(served, 1).return_stage, back(served, 1).asked) == ("graded", "restock")
    assert next(each for each in found.counts if each.line.type == "manuel").to_confirm == 12
