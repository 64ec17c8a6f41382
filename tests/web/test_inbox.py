"""What wants a person, as pages: every heap, the oldest first, one action each, and the way back."""

import re
from dataclasses import replace

import pytest
import sqlalchemy as sa

from boucle.push import seal_body
from boucle.roles import Role
from boucle.wire import digest
from boucle_server import devices, ingest
from boucle_server.ledger import Raw
from boucle_server.projections import SqlStore
from boucle_server.read_tables import CELL, ITEM
from boucle_server.server_device import Draft
from boucle_server.web.inbox_case import Heap
from boucle_server.web.inbox_stock import drifts
from tests.api.serving import Served
from tests.builders import Device, code
from tests.server import figures_world, workshop_world
from tests.server.figures_world import a_small_year, draft, record
from tests.server.handset import Handset
from tests.server.people import a_phone, an_org
from tests.web.browser import opened, sent, signed_in
from tests.web.station_world import at, scan

NOW = figures_world.NOW + 10_000
STRANGE = code(900)


async def a_year_with_a_stranger(served: Served) -> None:
    """A small year, and a label that nobody bound, seen at a partner's."""
    a_small_year(served.database)
    seen = [draft("item.collected", STRANGE, at=90, place="mulhouse")]
    record(served.database, "acme", seen, now_ms=NOW - 5_000)
    served.clock.ms = NOW
    await signed_in(served)


async def test_an_empty_organisation_has_nothing_to_do_and_is_told_so(served: Served) -> None:
    an_org(served.database)
    await signed_in(served)
    page = await opened(served, "/a-traiter")
    assert "Rien à traiter" in page.text
    assert "Nothing to do" in (await opened(served, "/a-traiter?lang=en")).text


async def test_every_heap_shows_its_cases_and_leads_to_its_own_page(served: Served) -> None:
    await a_year_with_a_stranger(served)
    page = await opened(served, "/a-traiter")
    assert "Étiquettes inconnues" in page.text
    assert "En retard" in page.text
    kinds = [href for href in page.attributes("a", "href") if href.startswith("/a-traiter?kind=")]
    assert "/a-traiter?kind=unknown" in kinds
    for href in dict.fromkeys(kinds):
        assert (await opened(served, href)).status == 200
    told = await opened(served, "/a-traiter?kind=nothing")
    assert "La sorte « nothing » n’existe pas" in told.text
    for heap in Heap:
        assert (await opened(served, f"/a-traiter?kind={heap}&after=x.y.z")).status == 200


async def test_an_unknown_label_is_commissioned_in_one_form_and_that_is_undone_in_one(served: Served) -> None:
    await a_year_with_a_stranger(served)
    page = await opened(served, "/a-traiter?kind=unknown")
    (href,) = {href for href in page.attributes("a", "href") if href.startswith("/a-traiter/unknown/")}
    case = await opened(served, href)
    form = next(each for each in case.forms if ("act", "commission") in each.values)
    refused = await sent(served, form, type="", site="mulhouse")
    assert refused.status_code == 422
    assert "Choisissez le type" in refused.text
    answer = await sent(served, form, type="bac", site="mulhouse")
    assert answer.status_code == 303
    after = await opened(served, answer.headers["location"])
    assert "L’objet est en service" in after.text
    assert (await opened(served, href)).status == 404
    with served.database.reading() as connection:
        assert SqlStore(connection, "acme").bindings([STRANGE])
    undone = await sent(served, after.form("/a-traiter/annuler"))
    assert undone.status_code == 303
    assert "C’est annulé" in (await opened(served, undone.headers["location"])).text
    with served.database.reading() as connection:
        assert not SqlStore(connection, "acme").bindings([STRANGE])
    again = await sent(served, after.form("/a-traiter/annuler"))
    assert again.status_code == 404
    assert "Rien n’a changé" in again.text


async def test_an_unknown_code_leads_to_where_it_is_linked_and_is_settled_by_that(served: Served) -> None:
    await a_year_with_a_stranger(served)
    page = await opened(served, "/a-traiter?kind=unknown")
    (href,) = {href for href in page.attributes("a", "href") if href.startswith("/a-traiter/unknown/")}
    case = await opened(served, href)
    assert "Lier ce code à un objet déjà connu" in case.texts
    (link,) = [each for each in case.attributes("a", "href") if each.startswith("/saisie/")]
    known = (await opened(served, "/objets")).attributes("a", "href")
    label = next(each.removeprefix("/objets/") for each in known if re.fullmatch(r"/objets/[0-9A-Z-]{17}", each))
    await scan(served, await scan(served, await at(served, f"{link}?lieu=strasbourg"), label), STRANGE)
    assert (await opened(served, href)).status == 404
    lost = await opened(served, "/a-traiter?kind=lost")
    other = next(each for each in lost.attributes("a", "href") if each.startswith("/a-traiter/lost/"))
    assert "Lier ce code à un objet déjà connu" not in (await opened(served, other)).texts


async def test_a_lost_item_is_written_off_with_a_reason(served: Served) -> None:
    await a_year_with_a_stranger(served)
    page = await opened(served, "/a-traiter?kind=lost")
    href = next(href for href in page.attributes("a", "href") if href.startswith("/a-traiter/lost/"))
    case = await opened(served, href)
    assert [dict(each.values)["act"] for each in case.forms if "/lost/" in each.action] == ["follow_up", "write_off"]
    loss = next(each for each in case.forms if ("act", "write_off") in each.values)
    answer = await sent(served, loss, reason="brûlé")
    assert answer.status_code == 303
    assert (await opened(served, href)).status == 404
    after = await opened(served, answer.headers["location"])
    await sent(served, after.form("/a-traiter/annuler"))
    assert (await opened(served, href)).status == 200


def held_at(*days: float) -> list[Draft]:
    """Hold so many fresh crates, each on a day of its own."""
    hub = {"place": "strasbourg"}
    return [
        each
        for number, day in enumerate(days)
        for each in (
            draft("item.commissioned", code(700 + number), at=0, body={"type": "bac"}, **hub),
            draft("item.held", code(700 + number), at=day, body={"reason": "recall"}, **hub),
        )
    ]


async def held_cases(served: Served, at: str = "/a-traiter?kind=held") -> list[str]:
    page = await opened(served, at)
    return list(dict.fromkeys(each for each in page.attributes("a", "href") if each.startswith("/a-traiter/held/")))


async def test_what_is_in_quarantine_is_shown_the_longest_first_and_is_freed_and_that_is_undone(served: Served) -> None:
    await a_year_with_a_stranger(served)
    record(served.database, "acme", held_at(95, 92, 98), now_ms=NOW - 4_000)
    page = await opened(served, "/a-traiter?kind=held")
    assert page.text.count("En quarantaine : rappel") == 3
    shown = [page.text.index(f"depuis le {day}") for day in ("03/04/2026", "06/04/2026", "09/04/2026")]
    assert shown == sorted(shown)
    assert "In quarantine: recall" in (await opened(served, "/a-traiter?kind=held&lang=en")).text
    (href, *others) = await held_cases(served, "/a-traiter?kind=held&lang=fr")
    case = await opened(served, href)
    acts = [dict(form.values)["act"] for form in case.forms if form.action == href]
    assert acts == ["unhold", "retire"]
    answer = await sent(served, next(form for form in case.forms if ("act", "unhold") in form.values), reason="vérifié")
    after = await opened(served, answer.headers["location"])
    assert "Le blocage est levé" in after.text
    assert await held_cases(served) == others
    assert (await opened(served, href)).status == 404
    await sent(served, after.form("/a-traiter/annuler"))
    assert await held_cases(served) == [href, *others]


async def test_what_sorting_gave_up_is_retired_from_its_case_and_waits_again_when_that_is_undone(
    served: Served,
) -> None:
    await a_year_with_a_stranger(served)
    hub = {"place": "strasbourg"}
    moves = [
        draft("item.commissioned", code(710), at=0, body={"type": "bac"}, **hub),
        draft("item.held", code(710), at=90, body={"reason": "dirt"}, **hub),
        draft("item.sorted", code(710), at=91, body={"verdict": "scrap"}, **hub),
    ]
    record(served.database, "acme", moves, now_ms=NOW - 4_000)
    (href,) = await held_cases(served)
    case = await opened(served, href)
    assert "En quarantaine : mis au rebut" in case.text
    assert "depuis le 01/04/2026" in case.text
    acts = [dict(form.values)["act"] for form in case.forms if form.action == href]
    assert acts == ["retire", "unhold"]
    answer = await sent(served, next(form for form in case.forms if ("act", "retire") in form.values), reason="fendu")
    after = await opened(served, answer.headers["location"])
    assert "L’objet est mis au rebut" in after.text
    assert not await held_cases(served)
    await sent(served, after.form("/a-traiter/annuler"))
    assert await held_cases(served) == [href]


async def test_what_left_in_spite_of_its_hold_is_freed_but_not_retired(served: Served) -> None:
    await a_year_with_a_stranger(served)
    shipped = [draft("item.shipped", code(700), at=96, place="strasbourg", body={"to": "nancy"})]
    record(served.database, "acme", [*held_at(95), *shipped], now_ms=NOW - 4_000)
    assert not await held_cases(served)  # first the contradiction, which says so
    page = await opened(served, "/a-traiter?kind=contradiction")
    for first in dict.fromkeys(each for each in page.attributes("a", "href") if ".shipped_on_hold" in each):
        case = await opened(served, first)
        assert "Par ailleurs\nEn quarantaine : rappel" in case.text
        review = next(form for form in case.forms if ("act", "review") in form.values)
        assert (await sent(served, review, reason="vu")).status_code == 303
    (href,) = await held_cases(served)
    case = await opened(served, href)
    assert "parti malgré le blocage" in case.text
    (form,) = [form for form in case.forms if form.action == href]
    assert (await sent(served, form, act="retire")).status_code == 403
    assert (await sent(served, form)).status_code == 303
    assert not await held_cases(served)


async def test_whoever_may_hold_but_not_decide_frees_nothing(served: Served) -> None:
    await a_year_with_a_stranger(served)
    record(served.database, "acme", held_at(95), now_ms=NOW - 4_000)
    (href,) = await held_cases(served)
    form = next(form for form in (await opened(served, href)).forms if form.action == href)
    served.client.cookies.clear()
    await signed_in(served, Role.INSPECTOR)
    own = await opened(served, "/objets")
    token = next(dict(each.values)["jeton"] for each in own.forms if "jeton" in dict(each.values))
    assert (await sent(served, form, jeton=token)).status_code == 403
    with served.database.reading() as connection:
        held = sa.select(ITEM.c.item).where(ITEM.c.held_since.is_not(None))
        assert [f"/a-traiter/held/{item}" for item in connection.execute(held).scalars()] == [href]


async def test_what_is_in_quarantine_comes_page_by_page_and_none_twice(
    served: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    await a_year_with_a_stranger(served)
    record(served.database, "acme", held_at(95, 95, 92), now_ms=NOW - 4_000)
    monkeypatch.setattr("boucle_server.web.inbox_pages.PAGE", 1)
    whole, seen, href = await held_cases(served, "/a-traiter"), [], "/a-traiter?kind=held"
    while href:
        page = await opened(served, href)
        seen += await held_cases(served, href)
        href = next((given["href"] or "" for tag, given in page.tags if tag == "a" and given.get("rel") == "next"), "")
    assert seen == whole
    assert len(seen) == len(set(seen)) == 3


async def test_lost_items_come_page_by_page_and_none_twice(served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    await a_year_with_a_stranger(served)
    monkeypatch.setattr("boucle_server.web.inbox_pages.PAGE", 1)
    seen: list[str] = []
    href = "/a-traiter?kind=lost"
    while href:
        page = await opened(served, href)
        seen += dict.fromkeys(each for each in page.attributes("a", "href") if each.startswith("/a-traiter/lost/"))
        href = next((given["href"] or "" for tag, given in page.tags if tag == "a" and given.get("rel") == "next"), "")
    whole = await opened(served, "/a-traiter")
    assert len(seen) == len(set(seen)) > 1
    assert str(len(seen)) in whole.text


async def test_a_record_that_was_set_aside_is_dismissed_with_a_reason_and_admitted_after_all(served: Served) -> None:
    await a_year_with_a_stranger(served)
    phone = a_phone(served.database)
    with served.database.writing("acme") as connection:
        devices.revoke(connection, "acme", phone.enrolled.dev, now_ms=NOW)
    handset = Handset(device=Device(dev=phone.enrolled.dev, now_ms=NOW - 60_000), enrolled_key=phone.key)
    handset.scan("item.collected", code(1), place="mulhouse", org="acme")
    push = replace(handset.push(), org="acme")
    push = replace(push, seal=phone.key.sign(seal_body(push)))
    with served.database.writing("acme") as connection:
        ingest.ingest(connection, push, now_ms=NOW)
    page = await opened(served, "/a-traiter?kind=aside")
    (href,) = {href for href in page.attributes("a", "href") if href.startswith("/a-traiter/aside/")}
    case = await opened(served, href)
    admit, dismiss = (next(each for each in case.forms if ("act", act) in each.values) for act in ("admit", "dismiss"))
    refused = await sent(served, dismiss, reason="")
    assert refused.status_code == 422
    assert "Dites pourquoi" in refused.text
    answer = await sent(served, dismiss, reason="essai")
    after = await opened(served, answer.headers["location"])
    assert "L’événement est écarté" in after.text
    assert href in after.attributes("a", "href")
    done = await sent(served, admit)
    assert "il compte" in (await opened(served, done.headers["location"])).text
    assert "Mis de côté" not in (await opened(served, "/a-traiter")).text


async def test_what_the_role_may_not_do_is_not_offered_and_is_refused(served: Served) -> None:
    await a_year_with_a_stranger(served)
    page = await opened(served, "/a-traiter?kind=unknown")
    (href,) = {href for href in page.attributes("a", "href") if href.startswith("/a-traiter/unknown/")}
    served.client.cookies.clear()
    await signed_in(served, Role.ADMINISTRATOR)
    case = await opened(served, href)
    assert "Mettre en service" not in case.text
    form = next(each for each in case.forms if ("act", "void") in each.values)
    answer = await sent(served, form, act="commission", type="bac", site="mulhouse")
    assert answer.status_code == 403
    assert "Rien n’a été enregistré" in answer.text


@pytest.mark.parametrize(
    ("levels", "drift"),
    [
        ([53, 62, 68, 64, 74, 85], True),
        ([53, 62, 68, 64, 90, 85], False),
        ([100, 100, 100, 110, 115, 120], False),
        ([0, 0, 0, 4, 4, 5], False),
        ([0, 0, 0, 5, 5, 6], True),
        ([20, 21, 22, 20, 19, 18], False),
    ],
)
def test_a_balance_drifts_when_it_grew_over_two_quarters_by_enough_to_matter(levels: list[int], drift: bool) -> None:
    assert drifts(levels) is drift


async def test_bytes_that_were_set_aside_are_told_apart_by_sight_and_by_ear(served: Served) -> None:
    phone = a_phone(served.database, an_org(served.database))
    contents = [b"hello, not an event", b"\xff\xfe\x00broken"]
    with served.database.writing("acme") as connection:
        sender = ingest.sender_of(connection, "acme", phone.enrolled.dev)
        for content in contents:
            ingest.keep(connection, sender, Raw(content, digest(content), "raw"), now_ms=NOW)
    served.clock.ms = NOW
    await signed_in(served)
    page = await opened(served, "/a-traiter?kind=aside")
    assert "19 octets, empreinte" in page.text
    assert "commencent par « hello, not an event »" in page.text
    acts = [text for text in page.texts if text.startswith("–") and "octets" in text]
    assert len(set(acts)) == len(contents)


async def test_a_kind_of_a_newer_version_is_said_to_be_unknown_and_keeps_its_own_name(served: Served) -> None:
    await a_year_with_a_stranger(served)
    phone = a_phone(served.database)
    handset = Handset(device=Device(dev=phone.enrolled.dev, now_ms=NOW - 60_000), enrolled_key=phone.key)
    handset.scan("item.disinfected", code(1), place="mulhouse", org="acme")
    push = replace(handset.push(), org="acme")
    push = replace(push, seal=phone.key.sign(seal_body(push)))
    with served.database.writing("acme") as connection:
        ingest.ingest(connection, push, now_ms=NOW)
    pages = [await opened(served, f"/a-traiter?kind=aside&lang={lang}") for lang in ("en", "fr")]
    for page, said in zip(pages, ("Kind of event that this version", "Genre d’événement inconnu"), strict=True):
        assert said in page.text
        assert "<code>item.disinfected</code>" in page.answer.text
        assert "Item.disinfected" not in page.answer.text
    (href,) = {href for href in pages[1].attributes("a", "href") if href.startswith("/a-traiter/aside/")}
    case = await opened(served, href)
    assert "<code>item.disinfected</code></h1>" in case.answer.text


async def test_a_return_that_nobody_announced_is_named_by_its_number_not_by_the_id_of_its_event(served: Served) -> None:
    workshop_world.a_workshop(served.database)
    at = {"place": "strasbourg"}
    thing = workshop_world.label(42)
    moves = [
        draft("item.commissioned", thing, at=0, body={"type": "scie"}, **at),
        draft("item.shipped", thing, at=1, body={"to": "mulhouse"}, **at),
        draft("item.received", thing, at=31, body={"from": "mulhouse"}, **at),
    ]
    graded = [draft("item.graded", thing, at=32, body={"grade": "B"}, **at)]
    served.clock.ms = workshop_world.NOW
    await signed_in(served)
    for heap, done in (("return_received", moves), ("return_graded", graded)):
        record(served.database, "acme", done, now_ms=workshop_world.NOW)
        page = await opened(served, f"/a-traiter?kind={heap}")
        (said,) = [text for text in page.texts if "(Sans annonce " in text]
        assert not re.search(r"[0-9a-f]{8}-[0-9a-f]{4}", page.text), said


async def test_what_waits_in_the_workshop_and_at_the_desk_leads_to_the_form_of_its_one_main_action(
    served: Served,
) -> None:
    workshop_world.a_workshop(served.database)
    at = {"place": "strasbourg"}
    moves = [
        draft(
            "return.announced", at=30, item_type="manuel", qty=12, place="mulhouse", task="RT-1", body={"reason": "x"}
        ),
        draft("item.commissioned", workshop_world.label(40), at=0, body={"type": "scie"}, **at),
        draft("item.shipped", workshop_world.label(40), at=1, body={"to": "mulhouse"}, **at),
        draft("item.received", workshop_world.label(40), at=31, against="RT-1", body={"from": "mulhouse"}, **at),
        draft("item.commissioned", workshop_world.label(41), at=0, body={"type": "scie"}, **at),
        draft("item.shipped", workshop_world.label(41), at=1, body={"to": "mulhouse"}, **at),
        draft("item.received", workshop_world.label(41), at=31, against="RT-1", body={"from": "mulhouse"}, **at),
        draft("item.graded", workshop_world.label(41), at=32, body={"grade": "C"}, **at),
    ]
    record(served.database, "acme", moves, now_ms=workshop_world.NOW)
    served.clock.ms = workshop_world.NOW
    await signed_in(served)
    for heap, action in {
        "return_asked": "/retours/acte/autoriser/RT-1",
        "return_received": "/retours/acte/classer/RT-1",
        "return_graded": "/retours/acte/affecter/RT-1",
        "repair_late": "/atelier/etape/planifier/",
        "repair_check": "/atelier/etape/requalifier/",
        "repair_end": "/atelier/etape/reformer/",
    }.items():
        page = await opened(served, f"/a-traiter?kind={heap}")
        found = [href for href in page.attributes("a", "href") if href.startswith(action)]
        assert found, heap
        form = await opened(served, found[0])
        assert form.status == 200, heap
        assert [each for each in form.forms if each.action.startswith(action)], heap


async def test_a_contradiction_that_was_found_right_closes_with_its_reason_and_opens_again(served: Served) -> None:
    await a_year_with_a_stranger(served)
    page = await opened(served, "/a-traiter?kind=unknown")
    (href,) = {href for href in page.attributes("a", "href") if href.startswith("/a-traiter/unknown/")}

    def cells() -> object:
        with served.database.reading() as connection:
            return sorted(map(tuple, connection.execute(sa.select(CELL).where(CELL.c.org == "acme"))))

    before = cells()
    form = next(each for each in (await opened(served, href)).forms if ("act", "review") in each.values)
    refused = await sent(served, form, reason=" ")
    assert refused.status_code == 422
    answer = await sent(served, form, reason="Caisse d’un confrère, rendue")
    assert answer.status_code == 303
    assert "Aucun chiffre n’a bougé" in (await opened(served, answer.headers["location"])).text
    assert cells() == before
    assert "/a-traiter/unknown/" not in (await opened(served, "/a-traiter?kind=unknown")).answer.text
    seen = await opened(served, href)
    assert seen.status == 200
    assert "Caisse d’un confrère, rendue" in seen.text
    item = await opened(served, next(each for each in seen.attributes("a", "href") if each.startswith("/objets/")))
    assert "contradiction vue et trouvée juste" in item.text.lower()
    assert "Voir l’événement qu’il change" not in item.text
    (back,) = {each for each in item.attributes("a", "href") if each.startswith("/a-traiter/contradiction/")}
    again = await sent(served, (await opened(served, back)).form("/a-traiter/annuler"))
    assert again.status_code == 303
    case = await opened(served, href)
    assert [each for each in case.forms if ("act", "review") in each.values]
    assert cells() == before
    voided = next(each for each in case.forms if ("act", "void") in each.values)
    assert (await sent(served, voided)).status_code == 303
