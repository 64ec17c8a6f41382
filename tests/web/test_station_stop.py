"""A stop of a round in the browser: scanned, counted, validated with its differences, then corrected with a reason."""

import re
from collections.abc import Mapping

from boucle.events import Event
from boucle.reference import Book
from boucle.roles import Role
from boucle.rounds import Gap, read_round
from boucle.units import DAY_MS
from boucle_server.driven import DrivenStop, Progress, driven
from boucle_server.ingest import accept_own
from boucle_server.projections import load_book
from boucle_server.server_device import Draft
from tests.api.serving import Served
from tests.builders import ORG, SITES, code
from tests.server.figures_world import events_in
from tests.web.browser import Page, opened, sent, signed_in
from tests.web.rounds_world import PLAN, TASK, a_round
from tests.web.station_photos import a_camera_picture, brought, kept
from tests.web.station_world import at, scan
from tests.web.test_inbox_answers import addresses, answer
from tests.web.test_rounds import chosen

STOP = "/saisie/arret?tache=T-1%231"


def stop_of(served: Served) -> DrivenStop:
    with served.database.reading() as connection:
        assert isinstance(load_book(connection, ORG), Book)
        of = read_round("T-1", PLAN)
        assert of is not None
        (found,) = driven(connection, ORG, [of], zone="Europe/Paris", now_ms=served.clock.ms)
    return found.stops[0]


async def validated(served: Served, **typed: str) -> Page:
    page = await opened(served, STOP)
    served.clock.ms += 1_000
    answer = await sent(served, page.form(STOP), **typed)
    assert answer.status_code == 303, Page(answer).text
    return await at(served, answer.headers["location"])


async def driven_in_the_browser(served: Served) -> Page:
    driver = await a_round(served)
    driver.send()
    page = await at(served, "/saisie/reprendre?lieu=mulhouse")
    page = await scan(served, page, *(code(n) for n in range(3)))
    assert page.answer.url.params["tache"] == TASK  # today's round is planned there
    page = await at(served, "/saisie/deposer?lieu=mulhouse")
    return await scan(served, page, type="film", n="20")


async def test_a_stop_is_recorded_and_validated_with_its_difference_and_who_signed(served: Served) -> None:
    await driven_in_the_browser(served)
    shown = await opened(served, "/tournees/fiche?cle=T-1")
    assert STOP in shown.attributes("a", "href")
    stop = await opened(served, STOP)
    assert "r.collect:bac" in stop.attributes("select", "name")
    wrong = await sent(served, stop.form(STOP), ending="done", **{"r.collect:bac": "more"})
    assert wrong.status_code == 422  # too few are not more than expected
    page = await validated(served, ending="done", signer="Mme Weiß", **{"r.collect:bac": "in_use"})
    assert "Arrêt validé" in page.text
    found = stop_of(served)
    assert found.progress is Progress.DONE
    assert found.last is not None
    assert (found.last.signer, dict(found.last.reasons)) == ("Mme Weiß", {"collect:bac": Gap.IN_USE})
    assert {(row.name, row.scanned, row.declared) for row in found.last.found} == {
        ("collect:bac", 3, 0),
        ("deliver:film", 0, 20),
    }


async def test_after_validation_a_line_is_corrected_with_a_reason_and_not_undone(served: Served) -> None:
    await driven_in_the_browser(served)
    await validated(served, ending="done")
    page = await at(served, f"/saisie/reprendre?lieu=mulhouse&tache={TASK.replace('#', '%23')}")
    page = await scan(served, page, annuler="dernier")
    assert "L’arrêt est validé" in page.text
    assert len(stop_of(served).moves) == 4
    wrong = next(event for event in stop_of(served).moves if event.code == code(1))
    href = f"/saisie/arret/corriger?tache=T-1%231&ligne={wrong.id}"
    assert href in [each.replace("&amp;", "&") for each in (await opened(served, STOP)).attributes("a", "href")]
    form = (await opened(served, href)).form(href)
    assert (await sent(served, form, fix="void")).status_code == 422  # a correction says why
    served.clock.ms += 1_000
    assert (await sent(served, form, fix="void", because="item")).status_code == 303
    pieces = next(event for event in stop_of(served).moves if event.item_type == "film")
    href = f"/saisie/arret/corriger?tache=T-1%231&ligne={pieces.id}"
    form = (await opened(served, href)).form(href)
    assert (await sent(served, form, fix="number", because="number", n="18")).status_code == 303
    found = stop_of(served)
    assert {(row.name, row.total) for row in found.found} == {("collect:bac", 2), ("deliver:film", 18)}
    assert found.progress is Progress.BEGUN  # what was signed is not what stands
    assert [event.text("reason") for event in events(served) if event.kind == "event.voided"] == ["item"]
    await validated(served, ending="done")
    last = stop_of(served).last
    assert last is not None
    assert last.version == 2


async def test_a_line_that_did_not_happen_goes_with_all_its_photos_after_validation_too(served: Served) -> None:
    driver = await a_round(served)
    driver.send()
    page = await scan(served, await at(served, "/saisie/reprendre?lieu=mulhouse"), code(1), code(2))
    for width in (400, 401):
        link = next(each for each in page.attributes("a", "href") if each.startswith("/saisie/photo/"))
        answer = await brought(served, (await opened(served, link)).forms[-1], a_camera_picture(width, 300))
        page = await at(served, answer.headers["location"])
    await validated(served, ending="done")
    line = next(event for event in stop_of(served).moves if event.code == code(2))
    assert len(line.photos) == 2
    href = f"/saisie/arret/corriger?tache=T-1%231&ligne={line.id}"
    form = (await opened(served, href)).form(href)
    assert (await sent(served, form, fix="void", because="item")).status_code == 303
    assert [event.code for event in stop_of(served).moves] == [code(1)]


async def test_a_stop_where_nothing_was_taken_says_so_and_one_that_nobody_planned_is_none(served: Served) -> None:
    await a_round(served)
    page = await validated(served, ending="closed", note="Portail fermé à 8 h")
    assert "Portail fermé" in page.text
    for task in ("T-1%239", "T-9%231", "rien", ""):
        assert (await opened(served, f"/saisie/arret?tache={task}")).status == 404
    assert (await opened(served, f"{STOP.replace('arret', 'arret/corriger')}&ligne=x")).status == 404


def events(served: Served) -> list[Event]:
    with served.database.reading() as connection:
        return [event for event in events_in(connection, ORG) if event.teff >= served.clock.ms - DAY_MS]


async def test_a_drawn_signature_is_kept_with_the_name_and_one_that_is_none_is_no_signature(served: Served) -> None:
    await driven_in_the_browser(served)
    page = await validated(served, ending="done", signer="Mme Weiß", signature="[[100,200,400,800],[900,500,910,520]]")
    assert "Arrêt validé" in page.text
    last = stop_of(served).last
    assert last is not None
    assert last.signature == ((100, 200, 400, 800), (900, 500, 910, 520))
    slip = "/tournees/bon?tache=T-1%231"
    assert "à l’écran" in (await opened(served, slip)).text
    assert "chauffeur" not in (await opened(served, slip)).text
    for wild in ("[[1e9,2]]", "[", '{"a":1}', "[" * 5000, "x" * 9000):
        await validated(served, ending="done", signer="M. Paul", signature=wild)
        last = stop_of(served).last
        assert last is not None
        assert (last.signer, last.signature) == ("M. Paul", ())
    await validated(served, ending="done")
    assert "Validé seulement par qui l’a saisi, sans signature." in (await opened(served, slip)).text


async def test_a_difference_left_open_says_what_follows_and_its_later_explanation_stands_at_the_stop(
    served: Served,
) -> None:
    await driven_in_the_browser(served)
    stop = await opened(served, STOP)
    assert "Un écart peut rester sans motif : « À traiter » le demandera" in stop.text
    page = await validated(served, ending="done")
    assert "Un écart reste sans motif" in page.text
    shown = await opened(served, "/tournees/fiche?cle=T-1")
    assert "Sans motif" in shown.texts
    (href,) = await addresses(served)
    await answer(served, href, "explain", because="in_use", reason="Ligne 3")
    for path in ("/tournees/fiche?cle=T-1", STOP):
        assert "Encore utilisé · Ligne 3 (expliqué dans « À traiter »)" in (await opened(served, path)).text, path
    assert chosen(await opened(served, STOP))["r.collect:bac"] == "in_use"  # validated again, it says so itself
    await validated(served, ending="done", **{"r.collect:bac": "in_use"})
    last = stop_of(served).last
    assert last is not None
    assert (last.version, dict(last.reasons)) == (2, {"collect:bac": Gap.IN_USE})
    assert await addresses(served) == []


async def test_a_stop_takes_its_photo_and_one_that_was_not_made_is_asked_for_it_once(served: Served) -> None:
    await a_round(served)
    row = {**SITES["mulhouse"], "photos": "incident"}
    stated(served, row, table="site", key="mulhouse")
    asked = await sent(served, (await opened(served, STOP)).form(STOP), ending="closed", note="Portail fermé")
    assert asked.status_code == 422
    again = Page(asked)
    assert "Ce lieu demande une photo d’un arrêt qui n’a pas pu être fait" in again.text
    answered = await brought(served, again.form(STOP), a_camera_picture(), ending="closed")
    assert answered.status_code == 303, Page(answered).text
    for path in ("/tournees/fiche?cle=T-1", STOP):
        page = await opened(served, path)
        (source,) = [each for each in page.attributes("img", "src") if each.startswith("/photos/")]
        assert (await served.client.get(source)).headers["content-type"] == "image/jpeg"
    assert len(kept(served)) == 1
    second = await sent(served, (await opened(served, STOP)).form(STOP), ending="closed")
    served.clock.ms += 1_000
    done = await sent(
        served, Page(second).form(STOP), ending="closed"
    )  # nobody has a camera: it is recorded all the same
    assert (second.status_code, done.status_code) == (422, 303)
    last = stop_of(served).last
    assert last is not None
    assert (last.version, last.event.photos) == (2, ())
    broken = await brought(served, (await opened(served, STOP)).form(STOP), b"no picture at all", ending="done")
    assert broken.status_code == 422
    assert stop_of(served).last == last


def outcomes(page: Page) -> list[str]:
    """Give the outcome of each line of a visit, the last scan first."""
    return [each.removeprefix("said ") for each in page.attributes("span", "class") if each.startswith("said ")]


async def test_a_deposit_expects_what_was_planned_and_what_was_shipped_and_only_more_than_both_is_extra(
    served: Served,
) -> None:
    driver = await a_round(served)
    driver.phone.scan("item.shipped", code(5), at=0.2, place="strasbourg", body={"to": "mulhouse"})
    driver.send()
    stated(served, {**PLAN, "stops": [{"id": "1", "place": "mulhouse", "deliver": {"bac": 2, "film": 20}}]})
    page = await at(served, "/saisie/deposer?lieu=mulhouse")
    assert "0 / 22" in " ".join(page.text.split())
    steps = ((0, "accepted"), (1, "accepted"), (2, "unexpected"), (5, "accepted"))
    for recorded, (number, told) in enumerate(steps, 1):
        page = await scan(served, page, code(number))
        assert outcomes(page)[-recorded] == told, number
    told_live = outcomes(page)
    served.app.state.running.told.__init__()  # a server that was started anew tells again from the histories
    assert sorted(outcomes(await at(served, str(page.answer.url)))) == sorted(told_live)


def stated(served: Served, row: Mapping[str, object], *, table: str = "round", key: str = "T-1") -> None:
    """Plan the round anew, or state another row."""
    body = {"table": table, "key": key, "valid_from": 0, "row": row}
    served.clock.ms += 1_000
    with served.database.writing(ORG) as connection:
        accept_own(
            connection,
            ORG,
            [Draft(kind="reference.set", fields={"body": body})],
            actor="",
            now_ms=served.clock.ms,
        )


async def test_what_an_earlier_stop_took_up_is_said_with_that_stop_and_not_recorded_again(served: Served) -> None:
    await driven_in_the_browser(served)
    recorded = len(events(served))
    page = await at(served, "/saisie/reprendre?lieu=nancy")
    page = await scan(served, page, code(1))
    assert page.answer.url.params["tache"] == "T-1#2"
    assert re.search(r"Déjà repris à \d\d:\d\d, arrêt\s1 \(Rhin Plasturgie", page.text)
    assert not [each for each in page.attributes("button", "value") if each.startswith(("add ", "switch "))]
    assert len(events(served)) == recorded
    page = await at(served, "/saisie/deposer?lieu=nancy")
    await scan(served, page, code(1))  # but it may be left there
    assert len(events(served)) == recorded + 1


def the_note(page: Page) -> str:
    (note,) = re.findall(r'<textarea [^>]*name="note"[^>]*>([^<]*)</textarea>', page.answer.text)
    return str(note)


async def test_the_next_version_of_a_stop_begins_with_the_reasons_and_the_note_of_the_one_before(
    served: Served,
) -> None:
    await driven_in_the_browser(served)
    why = {"r.collect:bac": "in_use", "note": "Ligne 3 tourne encore"}
    await validated(served, ending="done", signer="Mme Weiß", **why)
    await scan(served, await at(served, f"/saisie/deposer?lieu=mulhouse&tache={TASK.replace('#', '%23')}"), code(9))
    again = await opened(served, STOP)
    assert chosen(again)["r.collect:bac"] == "in_use"
    assert the_note(again) == "Ligne 3 tourne encore"
    assert [value for name, value in again.form(STOP).values if name in {"signer", "signature"}] == ["", ""]
    await validated(served, **chosen(again), note=the_note(again))
    last = stop_of(served).last
    assert last is not None
    assert (last.version, last.reasons.get("collect:bac"), last.note) == (2, Gap.IN_USE, "Ligne 3 tourne encore")


async def test_a_reason_that_no_longer_fits_its_difference_is_not_taken_along(served: Served) -> None:
    await driven_in_the_browser(served)
    await validated(served, ending="done", **{"r.collect:bac": "in_use"})
    page = await at(served, f"/saisie/reprendre?lieu=mulhouse&tache={TASK.replace('#', '%23')}")
    await scan(served, page, code(3), code(4))  # one more than expected, of which none is still in use
    again = await opened(served, STOP)
    assert chosen(again)["r.collect:bac"] == ""
    await validated(served, **chosen(again))
    last = stop_of(served).last
    assert last is not None
    assert (last.version, dict(last.reasons)) == (2, {})


async def test_a_stop_that_could_not_be_made_begins_with_its_ending_and_one_that_was_made_after_all_without_it(
    served: Served,
) -> None:
    await a_round(served)
    await validated(served, ending="closed", note="Portail fermé à 8 h")
    again = await opened(served, STOP)
    assert (chosen(again)["ending"], the_note(again)) == ("closed", "Portail fermé à 8 h")
    await scan(served, await at(served, f"/saisie/reprendre?lieu=mulhouse&tache={TASK.replace('#', '%23')}"), code(1))
    again = await opened(served, STOP)
    assert (chosen(again)["ending"], the_note(again)) == ("done", "")


async def test_a_round_that_nobody_is_assigned_to_says_so_and_names_who_validated_its_stops_to_who_has_to_know(
    served: Served,
) -> None:
    await a_round(served)
    where = "/tournees/fiche?cle=T-1"
    assert "Arrêts validés par" not in (await opened(served, where)).text
    await validated(served, ending="closed")
    for lang, told in (
        ("fr", ["Chauffeur", "non attribué", "Arrêts validés par", "Test manager"]),
        ("en", ["Driver", "not assigned", "Stops validated by", "Test manager"]),
    ):
        texts = (await opened(served, f"{where}&lang={lang}")).texts
        begin = texts.index(told[0])
        assert texts[begin : begin + 4] == told
    found = stop_of(served).last
    assert found is not None
    stated(served, {**PLAN, "person": found.event.actor})
    texts = (await opened(served, f"{where}&lang=fr")).texts
    assert texts[texts.index("Chauffeur") + 1] == "Test manager"
    assert "Arrêts validés par" not in texts  # the one who was to drive it did
    stated(served, PLAN)
    served.client.cookies.clear()
    await signed_in(served, Role.READER, org=ORG)
    assert "Test manager" not in (await opened(served, where)).text
