"""The scan station: one scan after the other as events, told as a phone tells them, undone, asked about, never lost."""

import httpx
import pytest

from boucle.amend import effective, in_order
from boucle.codes import Label, read_label
from boucle.commands import Command, command_code
from boucle.events import Event
from boucle.lifecycle import Stage
from boucle.roles import Role
from boucle_server import histories
from boucle_server.scan_expected import MOST_MISSING
from boucle_server.web.item_words import printed
from boucle_server.web.station import texts_in
from tests.api.serving import Served
from tests.builders import code
from tests.server.figures_world import draft, events_in, record
from tests.web.browser import Page, opened, sent
from tests.web.station_world import AWAY, ELSEWHERE, HOME, NOW, SCRAPPED, a_station, at, item, kinds, scan


async def test_what_a_role_does_not_record_is_not_offered(served: Served) -> None:
    await a_station(served, Role.DRIVER)
    page = await opened(served, "/saisie")
    hrefs = page.attributes("a", "href")
    assert "/saisie/reprendre" in hrefs
    assert "/saisie/deplacer" not in hrefs
    assert (await opened(served, "/saisie/deplacer")).status == 403
    assert (await opened(served, "/saisie/rien")).status == 404


async def test_a_place_comes_first_and_stays_in_the_address(served: Served) -> None:
    await a_station(served)
    asked = await at(served, "/saisie/reprendre")
    assert "Scannez l’étiquette du lieu" in asked.text
    wrong = await at(served, "/saisie/reprendre?etiquette=Atlantis")
    assert "Atlantis" in wrong.text
    found = await at(served, "/saisie/reprendre?etiquette=nanc")
    assert found.answer.url.params["lieu"] == "nancy"
    assert "codes" in found.attributes("input", "name")


async def test_a_label_that_names_no_place_leaves_the_field_so_that_the_next_scan_stands_alone(served: Served) -> None:
    await a_station(served)
    for path in ("/saisie/inventaire", "/saisie"):
        form = {"etiquette": code(30)} if path != "/saisie" else {}
        page = await opened(served, path) if not form else await at(served, f"{path}?etiquette={code(30)}")
        if not form:
            page = Page(await sent(served, page.form("/saisie"), codes=command_code(Command.UNDO).text))
            assert page.status == 422
        assert "Rien n’est enregistré" in page.text
        assert {code(30), command_code(Command.UNDO).text}.isdisjoint(page.attributes("input", "value"))
    typed = await at(served, "/saisie/inventaire?etiquette=Atlantis")
    assert "Atlantis" in typed.attributes("input", "value")


async def test_a_page_begins_at_the_first_answer_that_is_missing_where_the_place_is_known(served: Served) -> None:
    await a_station(served)

    def begins(page: Page) -> list[str | None]:
        return [given.get("name") for _, given in page.tags if "autofocus" in given]

    assert begins(await at(served, "/saisie/quarantaine?lieu=strasbourg")) == ["d.reason"]
    assert begins(await at(served, "/saisie/quarantaine")) == ["etiquette"]
    assert begins(await at(served, "/saisie/quarantaine?choisir=1&lieu=strasbourg&d.reason=doubt")) == ["etiquette"]


@pytest.mark.story(6)
async def test_twenty_scans_are_twenty_events_of_one_task_and_a_repetition_is_none(served: Served) -> None:
    await a_station(served, Role.DRIVER)
    page = await at(served, "/saisie/reprendre?lieu=mulhouse")
    for number in AWAY:
        page = await scan(served, page, code(number))
        assert "Repris" in page.text
    page = await scan(served, page, code(3))
    assert "Déjà scanné ici à" in page.text
    assert kinds(served) == ["item.collected"] * 20
    assert {item(served, number).stage for number in AWAY} == {Stage.INBOUND}
    with served.database.reading() as connection:
        made = [event for event in events_in(connection, "acme") if event.teff >= NOW]
    assert {(event.place, event.task) for event in made} == {("mulhouse", made[0].task)}
    assert made[0].task


async def test_several_codes_of_one_paste_are_recorded_one_by_one(served: Served) -> None:
    await a_station(served)
    page = await at(served, "/saisie/reprendre?lieu=mulhouse")
    page = await scan(served, page, code(1), code(2), "garbage", f"{code(3)} {code(4)}")
    assert kinds(served) == ["item.collected"] * 4
    assert "Code mal lu" in page.text or "ce n’est pas une étiquette Boucle" in page.text


def test_a_field_of_one_line_loses_the_ends_of_lines_and_addresses_are_told_apart_all_the_same() -> None:
    one, two = (f"HTTPS://B.EXAMPLE/C/{code(number).rpartition('/')[2]}" for number in (1, 2))
    assert texts_in(one + two) == [one, two]
    assert texts_in(f"{one}\t{two}\r\n") == [one, two]
    assert texts_in("  \n\t ") == []
    grouped = "7K3M 9QX2 T4HD C0"
    assert texts_in(grouped) == [grouped]
    assert isinstance(read_label(one), Label)


async def test_the_last_scan_is_taken_back_by_a_button_or_a_label_and_any_line_by_its_own(served: Served) -> None:
    await a_station(served)
    page = await at(served, "/saisie/reprendre?lieu=mulhouse")
    for number in (1, 2, 3):
        page = await scan(served, page, code(number))
    page = await scan(served, page, annuler="dernier")
    assert item(served, 3).stage == Stage.AT_PARTNER
    assert "Annulé" in page.text
    page = await scan(served, page, command_code(Command.UNDO).text)
    assert item(served, 2).stage == Stage.AT_PARTNER
    assert item(served, 1).stage == Stage.INBOUND
    page = await scan(served, page, code(2))
    first = page.attributes("button", "value")
    with served.database.reading() as connection:
        (of_one,) = (each for each in events_in(connection, "acme") if each.teff >= NOW and each.code == code(1))
    assert of_one.id in first
    page = await scan(served, page, annuler=of_one.id)
    assert (item(served, 1).stage, item(served, 2).stage) == (Stage.AT_PARTNER, Stage.INBOUND)
    page = await scan(served, page, annuler=of_one.id)
    assert "ne peut plus être annulé" in page.text


async def test_an_item_expected_at_another_partner_asks_and_goes_there_when_that_is_chosen(served: Served) -> None:
    await a_station(served)
    page = await at(served, "/saisie/reprendre?lieu=mulhouse")
    page = await scan(served, page, code(ELSEWHERE))
    assert "En plus" in page.text
    assert "Attendu chez" in page.text
    choices = page.attributes("button", "value")
    switch = next(each for each in choices if each.startswith("switch "))
    page = await scan(served, page, choix=switch)
    assert page.answer.url.params["lieu"] == "nancy"
    assert kinds(served) == ["item.collected", "event.voided", "item.collected"]
    with served.database.reading() as connection:
        last = max(events_in(connection, "acme"), key=lambda event: event.order)
    assert last.place == "nancy"


async def test_what_is_added_all_the_same_asks_no_more_and_what_is_ignored_is_taken_back(served: Served) -> None:
    await a_station(served)
    page = await at(served, "/saisie/reprendre?lieu=mulhouse")
    page = await scan(served, page, code(ELSEWHERE))
    add = next(each for each in page.attributes("button", "value") if each.startswith("add "))
    page = await scan(served, page, choix=add)
    assert not [each for each in page.attributes("button", "value") if each.startswith(("add ", "switch "))]
    page = await scan(served, page, code(SCRAPPED))
    assert "Au rebut depuis le" in page.text
    ignore = next(each for each in page.attributes("button", "value") if each.startswith("ignore "))
    page = await scan(served, page, choix=ignore)
    assert kinds(served) == ["item.collected", "item.collected", "event.voided"]


async def test_a_foreign_code_is_told_and_kept_when_somebody_says_so(served: Served) -> None:
    await a_station(served)
    page = await at(served, "/saisie/reprendre?lieu=mulhouse")
    page = await scan(served, page, "LOT-2026/445")
    assert "ce n’est pas une étiquette Boucle" in page.text
    assert kinds(served) == []
    page = await scan(served, page, code(1))  # the next good scan waits for nobody
    assert "1 à traiter" in page.text
    keep = next(each for each in page.attributes("button", "value") if each.startswith("keep "))
    page = await scan(served, page, choix=keep)
    assert "Gardé, sera vérifié" in page.text
    assert "à traiter" not in page.text
    assert kinds(served) == ["item.collected", "item.collected"]


async def test_a_label_of_a_place_goes_on_there_and_one_of_an_action_does_something_else(served: Served) -> None:
    await a_station(served)
    page = await at(served, "/saisie/reprendre?lieu=mulhouse")
    page = await scan(served, page, code(1))
    task = page.answer.url.params["tache"]
    page = await scan(served, page, command_code(Command.DELIVER).text)
    assert page.answer.url.path == "/saisie/deposer"
    assert page.answer.url.params["lieu"] == "mulhouse"
    assert page.answer.url.params["tache"] == task  # what is left there is of the same stop, to be signed together
    page = await scan(served, page, command_code(Command.FINISH).text)
    assert page.answer.url.path == "/saisie/arret"
    assert "Terminé" in (await opened(served, "/saisie?fait=station_done")).text


async def test_what_is_received_is_sorted_along_and_scrap_holds_for_one(served: Served) -> None:
    await a_station(served, Role.WAREHOUSE)
    page = await at(served, "/saisie/receptionner?lieu=strasbourg")
    page = await scan(served, page, verdict="ok")
    page = await scan(served, page, code(1))
    assert "Reçu · bon" in page.text
    page = await scan(served, page, command_code(Command.SCRAP).text)  # of the one scanned last
    page = await scan(served, page, code(2))
    assert kinds(served) == ["item.received", "item.sorted", "item.sorted", "item.received", "item.sorted"]
    assert (item(served, 1).stage, item(served, 2).stage) != (item(served, 2).stage, item(served, 1).stage)
    page = await scan(served, page, annuler="dernier")
    assert kinds(served)[5:] == ["event.voided", "event.voided"]
    page = await scan(served, page, verdict="scrap")
    page = await scan(served, page, code(3))
    page = await scan(served, page, code(4))
    verdicts = page.answer.url.params["d.verdict"]
    assert verdicts == "ok"


async def test_another_verdict_goes_with_its_item_and_the_one_before_does_not_come_back(served: Served) -> None:
    await a_station(served, Role.WAREHOUSE)
    before = item(served, 1)
    page = await at(served, "/saisie/receptionner?lieu=strasbourg")
    page = await scan(served, page, verdict="ok")
    page = await scan(served, page, code(1), command_code(Command.DIRTY).text)
    page = await scan(served, page, annuler="dernier")
    assert (found(served), item(served, 1).stage) == ([], before.stage)


async def test_a_verdict_that_is_taken_back_alone_leaves_its_item_with_the_one_before(served: Served) -> None:
    await a_station(served, Role.WAREHOUSE)
    page = await at(served, "/saisie/receptionner?lieu=strasbourg")
    page = await scan(served, page, code(1))
    for verdict in (Command.DIRTY, Command.OK):
        page = await scan(served, page, command_code(verdict).text)
    page = await scan(served, page, annuler="dernier")
    assert [(kind, verdict) for kind, _, verdict in found(served)] == [("received", ""), ("sorted", "dirty")]


async def test_what_sorting_finds_of_pieces_without_labels_is_said_of_these_alone(served: Served) -> None:
    await a_station(served, Role.WAREHOUSE)
    page = await at(served, "/saisie/receptionner?lieu=strasbourg")
    page = await scan(served, page, verdict="ok")
    page = await scan(served, page, type="film", n="5")
    page = await scan(served, page, type="film", n="3")
    page = await scan(served, page, command_code(Command.DIRTY).text)  # of those counted last, instead of what was said
    assert found(served) == [("received", 5, ""), ("sorted", 5, "ok"), ("received", 3, ""), ("sorted", 3, "dirty")]
    page = await scan(served, page, annuler="dernier")
    assert found(served) == [("received", 5, ""), ("sorted", 5, "ok")]
    (received,) = [event.id for event in standing(served) if event.kind == "item.received"]
    page = await scan(served, page, annuler=received)
    assert found(served) == []


def standing(served: Served) -> list[Event]:
    with served.database.reading() as connection:
        events = {event.id: event for event in events_in(connection, "acme") if event.teff >= NOW}
    return in_order(effective(events)[0])


def found(served: Served) -> list[tuple[str, int, str]]:
    return [(event.kind.removeprefix("item."), event.qty, event.text("verdict")) for event in standing(served)]


async def test_a_shipment_goes_from_our_site_to_the_place_that_is_said(served: Served) -> None:
    await a_station(served, Role.WAREHOUSE)
    asked = await at(served, "/saisie/expedier")
    assert "Vers quel lieu" in asked.text
    page = await at(served, "/saisie/expedier?lieu=mulhouse&site=strasbourg")
    page = await scan(served, page, *(code(number) for number in HOME))
    assert {item(served, number).stage for number in HOME} == {Stage.OUTBOUND}
    assert {item(served, number).loan_partner for number in HOME} == {"rhin"}


async def test_pieces_without_labels_are_counted_by_type_and_number(served: Served) -> None:
    await a_station(served, Role.DRIVER)
    page = await at(served, "/saisie/reprendre?lieu=mulhouse")
    page = await scan(served, page, type="film", n="zéro")
    assert "nombre entier" in page.text
    page = await scan(served, page, type="film", n="12")
    page = await scan(served, page, command_code(Command.TIMES_20).text)
    with served.database.reading() as connection:
        pieces = [event.qty for event in events_in(connection, "acme") if event.teff >= NOW]
    assert sorted(pieces) == [12, 20]
    assert "32" in page.text


async def test_hostile_texts_and_addresses_are_told_and_lose_nothing(served: Served) -> None:
    await a_station(served)
    page = await at(served, "/saisie/reprendre?lieu=mulhouse")
    for text in ("\u202eabc", "x" * 5_000, "<script>alert(1)</script>", "'; DROP TABLE record; --", "É" * 200):
        page = await scan(served, page, text)
        assert page.status == 200
    assert kinds(served) == []
    odd = "/saisie/nouvelle-etiquette?lieu=strasbourg&d.type=bac&d.tare_g=²&d.serial=%F0%9F%98%80"
    assert (await at(served, odd)).status == 200
    for query in ("lieu=nulle-part", "lieu=mulhouse&tache=%00", "lieu=mulhouse&tache=abc&dernier=xyz&dit=verdict.zzz"):
        assert (await at(served, f"/saisie/reprendre?{query}")).status in (200, 400)
    form = page.form(str(page.answer.url.raw_path, "ascii"))
    answer = await served.client.post(
        form.action, data={"jeton": dict(form.values)["jeton"], "choix": "explode everything"}
    )
    assert answer.status_code == 404


async def test_sorting_wants_its_verdict_first_and_takes_another_one_about_the_last_item(served: Served) -> None:
    await a_station(served, Role.WAREHOUSE)
    page = await at(served, "/saisie/trier?lieu=strasbourg")
    page = await scan(served, page, code(HOME[0]))
    assert "Choisissez d’abord un verdict" in page.text
    assert kinds(served) == []
    page = await scan(served, page, command_code(Command.OK).text)
    page = await scan(served, page, *(code(number) for number in HOME))
    page = await scan(served, page, command_code(Command.DIRTY).text)
    assert kinds(served) == ["item.sorted"] * 4
    assert item(served, HOME[2]).stage == Stage.CLEANING
    assert item(served, HOME[1]).stage != Stage.CLEANING


async def test_quarantine_asks_its_reason_once_and_what_cannot_be_let_out_is_refused_beforehand(served: Served) -> None:
    await a_station(served)
    asked = await at(served, "/saisie/quarantaine?lieu=strasbourg")
    assert "Pourquoi en quarantaine" in asked.text
    page = await at(served, "/saisie/quarantaine?lieu=strasbourg&d.reason=doubt")
    page = await scan(served, page, *(code(number) for number in HOME))
    assert {item(served, number).hold for number in HOME} == {"doubt"}
    page = await at(served, "/saisie/lever-quarantaine?lieu=strasbourg")
    page = await scan(served, page, code(HOME[0]), code(AWAY[0]))
    assert [kind for kind in kinds(served) if kind == "item.unheld"] == ["item.unheld"]
    assert (item(served, HOME[0]).hold, item(served, HOME[1]).hold) == ("", "doubt")
    assert "Refusé" in page.text


async def test_scrap_leaves_with_its_code_and_outlet_and_what_was_retired_before_is_treated(served: Served) -> None:
    await a_station(served)
    href = "/saisie/rebut?lieu=strasbourg&d.treatment=R5&d.outlet=Ferrailles+du+Rhin"
    assert "Par quelle voie" in (await at(served, href)).text
    page = await at(served, f"{href}&d.mode=other")
    page = await scan(served, page, code(HOME[0]), code(SCRAPPED))
    assert kinds(served) == ["item.retired", "item.treated"]
    with served.database.reading() as connection:
        made = [event for event in events_in(connection, "acme") if event.teff >= NOW]
    said = {(event.text("code"), event.text("mode"), event.text("outlet")) for event in made}
    assert said == {("R5", "other", "Ferrailles du Rhin")}
    page = await scan(served, page, annuler="dernier")
    page = await scan(served, page, annuler="dernier")
    assert item(served, HOME[0]).stage != Stage.RETIRED


async def test_a_count_shows_what_is_missing_and_what_nobody_expected(served: Served) -> None:
    await a_station(served, Role.WAREHOUSE)
    page = await at(served, "/saisie/inventaire?lieu=strasbourg")
    page = await scan(served, page, code(HOME[0]), code(HOME[1]), code(1))
    end = await scan(served, page, command_code(Command.FINISH).text)
    assert end.answer.url.path == "/saisie/inventaire/bilan"
    missing = end.text.partition("Attendus et non vus")[2]
    assert printed(code(HOME[2])) in missing
    assert printed(code(HOME[0])) not in missing
    assert printed(code(1)) in end.text.partition("Vus et non attendus")[2]


async def test_what_a_count_does_not_list_of_what_is_missing_is_told_as_a_number(served: Served) -> None:
    await a_station(served)
    many = [
        draft("item.commissioned", code(1000 + n), at=0, place="strasbourg", body={"type": "bac"})
        for n in range(MOST_MISSING)
    ]
    record(served.database, "acme", many, now_ms=NOW)
    page = await scan(served, await at(served, "/saisie/inventaire?lieu=strasbourg"), code(HOME[0]))
    ended = await at(served, page.answer.url.path + "/bilan?" + page.answer.url.query.decode())
    assert "(202)" in ended.text
    assert "2 autres objets attendus et non vus ne sont pas affichés." in ended.text
    assert len([href for href in ended.attributes("a", "href") if href.startswith("/objets/")]) >= MOST_MISSING


async def test_blank_labels_become_items_and_a_damaged_one_is_replaced(served: Served) -> None:
    await a_station(served, Role.WAREHOUSE)
    page = await at(served, "/saisie/nouvelle-etiquette?lieu=strasbourg&d.type=bac")
    page = await scan(served, page, prochain="1", serie="SN-7", tare="2,1")
    page = await scan(served, page, code(70), code(71), code(HOME[0]))
    assert "Étiquette déjà liée" in page.text
    assert kinds(served) == ["item.commissioned"] * 2
    assert (item(served, 70).tare_g, item(served, 71).tare_g) == (2_100, 2_000)
    page = await at(served, "/saisie/remplacer-etiquette?lieu=strasbourg")
    page = await scan(served, page, code(72))
    assert "Scannez ou saisissez l’ancienne" in page.text
    page = await scan(served, page, code(HOME[1]))
    assert item(served, 72).id == item(served, HOME[1]).id
    page = await at(served, "/saisie/lier-code?lieu=strasbourg")
    page = await scan(served, page, code(HOME[2]))
    page = await scan(served, page, "LOT-4711")
    with served.database.reading() as connection:
        assert histories.find(connection, "acme", "LOT-4711").item.id == item(served, HOME[2]).id
    page = await scan(served, page, code(73))
    page = await scan(served, page, code(73))
    assert "deux fois le même code" in page.text


async def test_a_mass_is_recorded_asked_about_and_taken_back(served: Served) -> None:
    await a_station(served)
    path = "/saisie/peser/depart"
    form = (await opened(served, path)).form(path)
    typed = {"codes": code(HOME[0]), "treatment": "R4", "outlet": "Ferrailles du Rhin", "lieu": "strasbourg"}

    async def weighed(**more: str) -> httpx.Response:
        return await served.client.post(path, data={**dict(form.values), **typed, **more})

    for mass, words in (("US,GS,+ 12,3 kg", "bouge encore"), ("beaucoup", "pas une masse"), ("90000", "40 tonnes")):
        answer = await weighed(mass=mass)
        assert answer.status_code in (409, 422)
        assert words in Page(answer).text
        # Beside a field it is said at the top too, as on every form, that nothing was recorded and all is kept.
        assert ("Ce que vous avez saisi est gardé" in Page(answer).text) == (words in ("bouge encore", "pas une masse"))
    assert kinds(served) == []
    answer = await weighed(mass="ST,GS,+  12,300 kg", tare="0,3")
    assert answer.status_code == 303, Page(answer).text
    with served.database.reading() as connection:
        (made,) = (event for event in events_in(connection, "acme") if event.teff >= NOW)
    assert (made.kind, made.number("mass_g"), made.text("code")) == ("item.retired", 12_000, "R4")
    page = await at(served, answer.headers["location"])
    assert "12 kg" in page.text.replace("\u00a0", " ")
    undo = next(each for each in page.forms if each.action.endswith("/annuler"))
    served.clock.ms += 1_000
    assert (await sent(served, undo)).status_code == 303
    assert item(served, HOME[0]).stage != Stage.RETIRED


async def test_no_pieces_on_the_scale_are_asked_about_and_never_become_one(served: Served) -> None:
    await a_station(served)
    path = "/saisie/peser/arrivee"
    form = (await opened(served, path)).form(path)
    typed = {**dict(form.values), "type": "bac", "lieu": "strasbourg", "mass": "10,5"}
    answer = Page(await served.client.post(path, data={**typed, "n": "0"}))
    assert answer.status == 422
    assert "0 pièce sur la balance" in answer.text
    assert kinds(served) == []
    for n, kept in (("", 1), ("4", 4)):
        assert (await served.client.post(path, data={**typed, "n": n})).status_code == 303
        served.clock.ms += 1_000
        with served.database.reading() as connection:
            made = max((each for each in events_in(connection, "acme") if each.teff >= NOW), key=lambda each: each.teff)
        assert made.qty == kept


async def test_an_old_label_that_cannot_be_read_is_chosen_from_what_is_expected_here(served: Served) -> None:
    await a_station(served, Role.WAREHOUSE)
    page = await at(served, "/saisie/remplacer-etiquette?lieu=strasbourg")
    assert "Attendus ici" not in page.text  # the new label comes first
    page = await scan(served, page, code(777))
    assert "L’ancienne étiquette est illisible" in page.text
    for n in HOME:
        assert printed(code(n)) in page.text
    assert printed(code(1)) not in page.text  # that one is at a partner's
    page = await scan(served, page, code(31))
    assert "Attendus ici" not in page.text
    assert item(served, 777).id == item(served, 31).id
    page = await scan(served, page, code(778))
    assert printed(code(30)) in page.text


async def test_a_crate_sent_here_days_ago_and_never_scanned_when_it_was_left_is_collected_as_expected(
    served: Served,
) -> None:
    await a_station(served)
    sent = [
        each
        for number, day in ((50, 4), (51, 39))
        for each in (
            draft("item.commissioned", code(number), at=0, place="strasbourg", body={"type": "bac"}),
            draft("item.shipped", code(number), at=day, place="strasbourg", body={"to": "mulhouse"}),
        )
    ]
    record(served.database, "acme", sent, now_ms=NOW)
    page = await at(served, "/saisie/reprendre?lieu=mulhouse")
    page = await scan(served, page, code(50))
    assert "dépose" in page.text
    assert "pas attendu ici" not in page.text
    page = await scan(served, page, code(51))  # of yesterday: it may have been scanned for the wrong action
    assert "pas attendu ici" in page.text
