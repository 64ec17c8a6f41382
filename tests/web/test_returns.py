"""Returned products as pages: announced, received in parts, come unannounced, graded, decided about, carried out."""

import httpx
import pytest

from boucle.codes import Code, Label, read_label
from boucle.item import Back, Item
from boucle.rma import ReturnState
from boucle.roles import Role
from boucle_server import histories, returns
from tests.api.serving import Served
from tests.server.figures_world import draft, record
from tests.server.people import an_org
from tests.server.workshop_world import NOW, label, network
from tests.web.browser import Page, opened, sent, signed_in


async def a_desk(served: Served, role: Role = Role.MANAGER, *, sold: int = 5, to: str = "mulhouse") -> None:
    """Make an organisation that has sold some saws, and sign somebody in."""
    an_org(served.database)
    network(served.database)
    moves = []
    for number in range(1, sold + 1):
        moves.append(draft("item.commissioned", label(number), at=0, place="strasbourg", body={"type": "scie"}))
        moves.append(draft("item.shipped", label(number), at=1, place="strasbourg", body={"to": to}))
    record(served.database, "acme", moves, now_ms=NOW)
    served.clock.ms = NOW
    await signed_in(served, role)


async def announced(served: Served, **typed: str) -> str:
    """Announce a return; give its number."""
    form = (await opened(served, "/retours/annoncer")).form("/retours/annoncer")
    served.clock.ms += 60_000
    answer = await sent(served, form, **{"from": "mulhouse", "reason": "moteur bruyant", **dotted(typed)})
    assert answer.status_code == 303, said(answer)
    return answer.headers["location"].partition("?")[0].rpartition("/")[2]


async def do(served: Served, act: str, rma: str, query: str = "", /, **typed: str) -> httpx.Response:
    """Fill in the form of an act as it is shown, and send it a minute later."""
    path = f"/retours/acte/{act}/{rma}{query}"
    page = await opened(served, path)
    assert page.status == 200, page.text
    served.clock.ms += 60_000
    form = next(each for each in page.forms if "/acte/" in each.action)
    return await sent(served, form, **dotted(typed))


def dotted(typed: dict[str, str]) -> dict[str, str]:
    return {name.replace("__", "."): value for name, value in typed.items()}


def said(answer: httpx.Response) -> str:
    return Page(answer).text


def printed(text: str) -> str:
    found = read_label(text)
    assert isinstance(found, Label)
    assert isinstance(found.code, Code)
    return found.code.grouped


def state(served: Served, rma: str) -> ReturnState:
    with served.database.reading() as connection:
        return returns.returns(connection, "acme", rma)[0].state


def remaining(served: Served, rma: str) -> int:
    with served.database.reading() as connection:
        return sum(each.line.remaining for each in returns.returns(connection, "acme", rma)[0].counts)


def item(served: Served, number: int) -> Item:
    with served.database.reading() as connection:
        return histories.find(connection, "acme", label(number)).item


async def test_without_any_return_the_page_says_how_one_begins(served: Served) -> None:
    an_org(served.database)
    await signed_in(served)
    assert "Annoncez un retour" in (await opened(served, "/retours")).text
    assert "Aucun retour ne porte" in (await opened(served, "/retours?q=RT-1")).text
    assert (await opened(served, "/retours/dossier/RT-1")).status == 404


@pytest.mark.story(12)
async def test_a_return_of_five_is_received_in_two_parts_one_is_refused_and_its_state_is_right_at_every_step(
    served: Served,
) -> None:
    await a_desk(served)
    rma = await announced(served, l1__type="scie", l1__n="5")
    assert (state(served, rma), remaining(served, rma)) == (ReturnState.OPEN, 5)
    assert (await do(served, "autoriser", rma, n__scie="5")).status_code == 303
    for codes, left in (((1, 2), 3), ((3, 4), 1)):
        listed = "\n".join(label(number) for number in codes)
        answer = await do(served, "recevoir", rma, site="strasbourg", codes=listed)
        assert answer.status_code == 303, said(answer)
        assert (state(served, rma), remaining(served, rma)) == (ReturnState.PARTLY_RECEIVED, left)
    refused = await do(served, "refuser", rma, n__scie="1")
    assert refused.status_code == 422  # a refusal says why
    assert (await do(served, "refuser", rma, n__scie="1", reason="hors garantie")).status_code == 303
    assert (state(served, rma), remaining(served, rma)) == (ReturnState.RECEIVED, 0)
    page = await opened(served, f"/retours/dossier/{rma}")
    for text in ("moteur bruyant", "hors garantie", printed(label(4)), "Rhin Plasturgie"):
        assert text in page.text, text
    found = await served.client.get("/retours", params={"q": label(1)})
    assert found.headers["location"] == f"/retours/dossier/{rma}"


@pytest.mark.story(11)
async def test_what_comes_back_unannounced_from_another_partner_is_accepted_with_a_warning_and_its_way_out(
    served: Served,
) -> None:
    await a_desk(served, Role.WAREHOUSE)
    form = (await opened(served, "/retours/sans-annonce")).form("/retours/sans-annonce")
    served.clock.ms += 60_000
    typed = {"site": "strasbourg", "from": "nancy", "codes": label(1)}
    doubted = await sent(served, form, **typed)
    assert doubted.status_code == 409
    assert printed(label(1)) in said(doubted)
    assert item(served, 1).return_stage == ""
    answer = await sent(served, form, sure="1", **typed)
    assert answer.status_code == 303, said(answer)
    back = item(served, 1).back
    assert isinstance(back, Back)
    assert (back.blind, back.origin, back.partner) == (True, "rhin", "nancy")
    page = await opened(served, answer.headers["location"])
    assert "expédié à Rhin Plasturgie, rendu par Nancy Électronique" in page.text
    history = await opened(served, f"/objets/{printed(label(1))}")
    assert "Expédition" in history.answer.text or "expédition" in history.answer.text
    with served.database.reading() as connection:
        tasks = {why for _, why in histories.find(connection, "acme", label(1)).tasks}
    assert "other_partner" in tasks


async def test_what_was_never_sent_from_here_is_received_and_its_unknown_origin_told(served: Served) -> None:
    await a_desk(served, sold=0)
    made = [draft("item.commissioned", label(9), at=0, place="strasbourg", body={"type": "scie"})]
    record(served.database, "acme", made, now_ms=NOW)
    form = (await opened(served, "/retours/sans-annonce")).form("/retours/sans-annonce")
    served.clock.ms += 60_000
    answer = await sent(served, form, site="strasbourg", codes=label(9), sure="1")
    page = await opened(served, answer.headers["location"])
    assert "origine inconnue" in page.text


@pytest.mark.story(14)
async def test_things_without_numbers_come_back_in_quantities_and_go_on_to_the_supplier(served: Served) -> None:
    await a_desk(served)
    rma = await announced(served, l1__type="manuel", l1__n="12")
    assert (await do(served, "recevoir", rma, site="strasbourg", n__manuel="7")).status_code == 303
    assert (state(served, rma), remaining(served, rma)) == (ReturnState.PARTLY_RECEIVED, 5)
    too_many = await do(served, "recevoir", rma, site="strasbourg", n__manuel="9")
    assert too_many.status_code == 409
    assert "9 alors que 5 sont attendus" in said(too_many)
    assert (await do(served, "abandonner", rma, n__manuel="5")).status_code == 303
    assert state(served, rma) is ReturnState.RECEIVED
    about = "?type=manuel"
    assert (await do(served, "classer", rma, about, n="7", site="strasbourg", grade="D")).status_code == 303
    other = {"n": "7", "site": "strasbourg", "grade": "D", "disposition": "supplier"}
    unexplained = await do(served, "affecter", rma, about, **other)
    assert unexplained.status_code == 422
    assert "dites pourquoi" in said(unexplained)
    assert (await do(served, "affecter", rma, about, reason="accord de reprise", **other)).status_code == 303
    assert state(served, rma) is ReturnState.PROCESSING
    sent_to = {"disposition": "supplier", "to": "nancy", "supplier_ref": "F-2026-118"}
    shipped = await do(served, "executer", rma, about, n="7", site="strasbourg", **sent_to)
    assert "F-2026-118" in (await opened(served, f"/retours/dossier/{rma}")).text
    assert shipped.status_code == 303, said(shipped)
    assert state(served, rma) is ReturnState.PROCESSING
    assert (await do(served, "fournisseur", rma, about, n="7", site="nancy")).status_code == 303
    assert state(served, rma) is ReturnState.CLOSED


async def test_the_rule_proposes_by_the_grade_and_a_person_confirms_and_carries_it_out(served: Served) -> None:
    await a_desk(served)
    rma = await announced(served, codes=f"{label(1)}\n{label(2)}")
    listed = f"{label(1)}\n{label(2)}"
    assert (await do(served, "recevoir", rma, site="strasbourg", codes=listed)).status_code == 303
    for number, grade, proposed in ((1, "A", "restock"), (2, "C", "repair")):
        about = f"?objet={label(number)}"
        assert (await do(served, "classer", rma, about, grade=grade)).status_code == 303
        page = await opened(served, f"/retours/acte/affecter/{rma}{about}")
        assert "La règle propose" in page.text
        assert (await do(served, "affecter", rma, about, disposition=proposed)).status_code == 303
        back = item(served, number).back
        assert isinstance(back, Back)
        assert back.disposition == proposed
    assert (await do(served, "executer", rma, f"?objet={label(1)}", zone="A-3")).status_code == 303
    assert item(served, 1).return_stage == "closed"
    page = await opened(served, f"/retours/dossier/{rma}")
    repair = next(href for href in page.attributes("a", "href") if href.startswith("/atelier/ouvrir"))
    form = (await opened(served, repair)).form("/atelier/ouvrir")
    assert dict(form.values)["code"] == label(2)
    served.clock.ms += 60_000
    assert (await sent(served, form, reason="bruit")).status_code == 303
    assert item(served, 2).return_stage == "in_treatment"
    assert state(served, rma) is ReturnState.PROCESSING


async def test_an_announcement_of_what_another_partner_holds_is_asked_about(served: Served) -> None:
    await a_desk(served, to="nancy")
    form = (await opened(served, "/retours/annoncer")).form("/retours/annoncer")
    served.clock.ms += 60_000
    doubted = await sent(served, form, **{"from": "mulhouse", "codes": label(1), "reason": "x"})
    assert doubted.status_code == 409
    assert "À vérifier" in said(doubted)
    assert item(served, 1).return_stage == ""


async def test_what_was_just_done_is_undone_quantities_too(served: Served) -> None:
    await a_desk(served)
    rma = await announced(served, l1__type="manuel", l1__n="12")
    answer = await do(served, "recevoir", rma, site="strasbourg", n__manuel="7")
    after = await opened(served, answer.headers["location"])
    undone = await sent(served, after.form("/retours/annuler"))
    assert undone.status_code == 303
    assert (state(served, rma), remaining(served, rma)) == (ReturnState.OPEN, 12)


async def test_bad_lines_are_told_beside_their_field_and_nothing_typed_is_lost(served: Served) -> None:
    await a_desk(served)
    form = (await opened(served, "/retours/annoncer")).form("/retours/annoncer")
    answer = await sent(
        served, form, **{"from": "mulhouse", "codes": "7K3M9QX2T4HDC9", "l1.type": "manuel", "l1.n": "x"}
    )
    assert answer.status_code == 422
    assert "mal lu" in said(answer)
    assert "7K3M9QX2T4HDC9" in answer.text
    nothing = await sent(served, form, **{"from": "mulhouse"})
    assert "au moins une étiquette" in said(nothing)


async def test_a_reader_sees_returns_and_changes_none(served: Served) -> None:
    await a_desk(served)
    rma = await announced(served, l1__type="manuel", l1__n="12")
    served.client.cookies.clear()
    await signed_in(served, Role.READER)
    page = await opened(served, f"/retours/dossier/{rma}")
    assert page.status == 200
    assert "/retours/acte/" not in page.answer.text
    assert (await opened(served, f"/retours/acte/recevoir/{rma}")).status == 403
