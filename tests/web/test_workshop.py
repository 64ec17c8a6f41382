"""The workshop as pages: the board and its equal list, each step as a form, and what is said before it is too late."""

import base64
from urllib.parse import quote

import httpx
import pytest

from boucle.board import COLUMNS
from boucle.codes import Code, Label, read_label
from boucle.item import Item, Job
from boucle.roles import Role
from boucle.wire import digest
from boucle.workshop_codes import Fault
from boucle_server import histories, photos, repairs
from boucle_server.projections import load_book
from boucle_server.server_device import Draft
from tests.api.serving import Served
from tests.photos import a_jpeg
from tests.server.figures_world import draft, events_in, record
from tests.server.workshop_world import NOW, a_workshop, act, bare, label
from tests.web.browser import Page, opened, sent, signed_in

ENTRY = a_jpeg(seed=7)
CHECKED = {"check.tested": "yes", "check.complete": "yes", "check.labelled": "yes"}


async def a_bench(served: Served, role: Role = Role.TECHNICIAN) -> None:
    """Make a workshop with something at every stage, and sign somebody in."""
    a_workshop(served.database)
    served.clock.ms = NOW
    await another(served, role)


async def another(served: Served, role: Role) -> None:
    """Let somebody else sign in on the same machine."""
    served.client.cookies.clear()
    await signed_in(served, role)


def printed(text: str) -> str:
    found = read_label(text)
    assert isinstance(found, Label)
    assert isinstance(found.code, Code)
    return found.code.grouped


async def ticket(served: Served, number: int) -> Page:
    return await opened(served, f"/atelier/fiche/{printed(label(number))}")


async def do(served: Served, step: str, number: int, /, **typed: str) -> httpx.Response:
    """Fill in the form of a step as it is shown, and send it a minute later."""
    path = f"/atelier/etape/{step}/{printed(label(number))}"
    page = await opened(served, path)
    assert page.status == 200, page.text
    served.clock.ms += 60_000
    return await sent(served, page.form(path), **{name.replace("__", "."): value for name, value in typed.items()})


async def press(served: Served, step: str, number: int) -> httpx.Response:
    """Press the one button of a step that asks nothing."""
    page = await ticket(served, number)
    served.clock.ms += 60_000
    return await sent(served, page.form(f"/atelier/etape/{step}/{printed(label(number))}"))


def item(served: Served, number: int) -> Item:
    with served.database.reading() as connection:
        return histories.find(connection, "acme", label(number)).item


def job(served: Served, number: int) -> Job:
    found = item(served, number).job
    assert isinstance(found, Job)
    return found


def said(answer: httpx.Response) -> str:
    return Page(answer).text


async def test_a_workshop_without_any_repair_says_how_one_begins(served: Served) -> None:
    from tests.server.people import an_org  # noqa: PLC0415 - this test alone begins with nothing

    an_org(served.database)
    await signed_in(served)
    assert "Ouvrez une réparation en scannant" in (await opened(served, "/atelier")).text
    assert "Aucune réparation" in (await opened(served, "/atelier?vue=liste")).text


async def test_the_board_and_the_list_show_the_same_repairs_with_age_due_day_and_what_they_wait_for(
    served: Served,
) -> None:
    await a_bench(served)
    asked = act("work.quoted", 5, 39.15, cents=12_500, until="2026-03-01", owner="rhin")
    record(served.database, "acme", [asked], now_ms=NOW)
    board, listed = await opened(served, "/atelier"), await opened(served, "/atelier?vue=liste")
    for page in (board, listed):
        assert page.status == 200
        assert sorted(href for href in set(page.attributes("a", "href")) if href.startswith("/atelier/fiche/")) == (
            sorted(f"/atelier/fiche/{printed(label(number))}" for number in range(1, 13))
        )
        for text in ("35 j, ancienne", "5 j, récente", "en retard de 4 j", "urgente", "attend : roulement 6204"):
            assert text in page.text, text
        for nobody in ("p-ana", "p-luc"):
            assert nobody not in page.answer.text
    for key in COLUMNS:
        column = await opened(served, f"/atelier?stage={key}&vue=liste")
        assert [href for href in column.attributes("a", "href") if href.startswith("/atelier/fiche/")], key
    for page in (board, listed):
        assert {"10 en cours", "2 à sortir"} <= set(page.texts)
    figure = await opened(served, "/tableau/chiffre/K34?month=2026-02")
    assert figure.text.partition("unités")[0].split()[-1] == "10", "as many as the board counts as open"


async def test_a_list_of_parts_that_is_too_long_is_told_and_stays_instead_of_being_cut(served: Served) -> None:
    await a_bench(served)
    for typed in ("\n".join(f"vis {n}" for n in range(21)), "x" * 81):
        refused = await do(served, "attendre", 1, parts=typed)
        assert (refused.status_code, "20 lignes au plus" in said(refused)) == (422, True)
        assert typed.splitlines()[-1] in refused.text
    assert (await do(served, "attendre", 1, parts="\n".join(f"vis {n}" for n in range(20)))).status_code == 303
    assert len(job(served, 1).wants) == 20


async def test_a_pause_that_a_phone_recorded_is_told_by_the_names_of_the_parts(served: Served) -> None:
    await a_bench(served)
    record(served.database, "acme", [act("work.paused", 1, 39.2, reason="parts", parts=["pompe"])], now_ms=NOW)
    page = await ticket(served, 1)
    for told in ("motif : pièces manquantes", ": Pompe"):
        assert told in page.text, page.text
    assert "attend : Pompe" in (await opened(served, "/atelier")).text


async def test_what_was_requalified_is_released_without_the_same_questions_again(served: Served) -> None:
    await a_bench(served, Role.INSPECTOR)
    assert (await do(served, "requalifier", 8, **{**CHECKED, "valid_until": "", "cost": ""})).status_code == 303
    page = await opened(served, f"/atelier/etape/remettre/{printed(label(8))}")
    assert (page.status, "check.tested" in page.answer.text) == (200, False)
    done = await do(served, "remettre", 8)
    assert done.status_code == 303
    assert item(served, 8).work_stage == "returned_to_use"
    after = await opened(served, done.headers["location"])
    assert after.text.count("est enregistré") == 1  # one sentence, that is taken back in place


async def test_filters_stand_in_the_address_and_a_wrong_one_is_told(served: Served) -> None:
    await a_bench(served)
    page = await opened(served, "/atelier?type=pompe&priority=low")
    assert [href for href in page.attributes("a", "href") if "/fiche/" in href] == [
        f"/atelier/fiche/{printed(label(4))}"
    ]
    assert "nowhere" in (await opened(served, "/atelier?stage=nowhere")).text
    assert "Les filtres ne laissent aucune réparation" in (await opened(served, "/atelier?type=film")).text
    found = await served.client.get("/atelier", params={"code": label(4)})
    assert found.headers["location"] == f"/atelier/fiche/{printed(label(4))}"
    assert "mal lu" in (await opened(served, "/atelier?code=7K3M9QX2T4HDC9")).text


async def test_a_repair_goes_from_the_label_to_the_release_by_forms_alone(served: Served) -> None:
    await a_bench(served)
    record(served.database, "acme", [act("item.commissioned", 20, 39.5, type="moteur")], now_ms=NOW)
    page = await opened(served, "/atelier/ouvrir")
    answer = await sent(
        served,
        page.form("/atelier/ouvrir"),
        code=label(20),
        reason="Bruit\nau démarrage",
        due="2026-02-20",
        priority="urgent",
    )
    assert answer.status_code == 303, said(answer)
    after = await opened(served, answer.headers["location"])
    assert "La réparation est ouverte" in after.text
    assert "Bruit au démarrage" in after.text
    assert (job(served, 20).due, job(served, 20).priority) == ("2026-02-20", "urgent")
    refused = await do(served, "diagnostiquer", 20, found="yes")
    assert refused.status_code == 422
    assert "Rien n’est enregistré" in said(refused)
    assert (await do(served, "diagnostiquer", 20, found="yes", fault="worn")).status_code == 303
    assert (await do(served, "attendre", 20, parts="roulement\njoint", reason="")).status_code == 303
    assert "roulement, joint" in (await ticket(served, 20)).text
    assert (await press(served, "reprendre", 20)).status_code == 303
    assert (await do(served, "poser", 20, origin="new")).status_code == 303
    assert (await press(served, "repare", 20)).status_code == 303
    measured = {"m1__name": "isolement", "m1__value": "41", "m1__unit": "kohm", "m1__low": "20"}
    assert (await do(served, "tester", 20, passed="yes", **measured)).status_code == 303
    page = await ticket(served, 20)
    assert "au moins 20 MΩ" in page.text
    assert "contrôler par une autre personne" not in page.text  # a technician does not certify anyway
    await another(served, Role.INSPECTOR)
    assert (
        await do(served, "requalifier", 20, valid_until="2027-02-01", cost="21,50", **_dotted(CHECKED))
    ).status_code == 303
    assert item(served, 20).work_stage == "requalified"
    assert (job(served, 20).outcome, item(served, 20).part[4:5]) == ("fixed", (2_150,))
    await another(served, Role.WAREHOUSE)
    assert (await do(served, "ranger", 20, zone="A-12")).status_code == 303
    assert item(served, 20).work_stage == "returned_to_use"


def _dotted(fields: dict[str, str]) -> dict[str, str]:
    return {name.replace(".", "__"): value for name, value in fields.items()}


async def test_what_was_just_done_is_undone_by_one_press_and_only_by_who_did_it(served: Served) -> None:
    await a_bench(served)
    answer = await do(served, "diagnostiquer", 11, found="yes", fault="leak")
    after = await opened(served, answer.headers["location"])
    form = after.form("/atelier/annuler")
    await another(served, Role.MANAGER)
    theirs = (await opened(served, answer.headers["location"])).form("/atelier/annuler")
    assert (await sent(served, theirs)).status_code == 404
    served.client.cookies.clear()
    page = await opened(served, "/connexion")
    await sent(served, page.form("/connexion"), login="technician", password="correct horse battery")
    form = (await opened(served, answer.headers["location"])).form("/atelier/annuler")
    undone = await sent(served, form)
    assert undone.status_code == 303
    assert item(served, 11).work_stage == "open"
    assert "C’est annulé" in (await opened(served, undone.headers["location"])).text
    assert (await sent(served, form)).status_code == 404


async def test_who_repaired_or_tested_is_told_beforehand_that_another_person_decides(served: Served) -> None:
    await a_bench(served, Role.MANAGER)
    assert (await do(served, "tester", 6, passed="yes")).status_code == 303
    page = await ticket(served, 6)
    assert "Faites contrôler par une autre personne" in page.text
    assert f"/atelier/etape/requalifier/{printed(label(6))}" not in page.attributes("a", "href")
    refused = await do(served, "requalifier", 6, **_dotted(CHECKED))
    assert refused.status_code == 409
    assert "il faut une seconde personne" in said(refused)
    assert item(served, 6).work_stage == "quality_control"


async def test_a_failed_check_is_refused_beforehand_and_nothing_that_was_typed_is_lost(served: Served) -> None:
    await a_bench(served, Role.INSPECTOR)
    refused = await do(served, "requalifier", 7, cost="12,00", **_dotted({**CHECKED, "check.complete": "no"}))
    assert refused.status_code == 409
    assert 'value="12,00"' in refused.text
    assert item(served, 7).work_stage == "quality_control"
    assert (await do(served, "requalifier", 7, **_dotted(CHECKED))).status_code == 303


async def test_a_measure_out_of_its_limits_is_asked_about_and_then_fails_the_test_whatever_was_ticked(
    served: Served,
) -> None:
    await a_bench(served)
    measured = {"m1__name": "isolement", "m1__value": "3", "m1__unit": "kohm", "m1__low": "20", "passed": "yes"}
    bad = await do(served, "tester", 6, **{**measured, "m1__value": "3,5x"})
    assert "n’est pas un nombre" in said(bad)
    doubted = await do(served, "tester", 6, **measured)
    assert doubted.status_code == 409
    assert "À vérifier avant d’enregistrer" in said(doubted)
    assert job(served, 6).tests == 0
    assert (await do(served, "tester", 6, sure="1", **measured)).status_code == 303
    assert (item(served, 6).work_stage, job(served, 6).reworks) == ("in_repair", 1)
    assert "test échoué" in (await ticket(served, 6)).text


async def test_a_part_that_is_built_in_elsewhere_or_was_never_requalified_is_asked_about(served: Served) -> None:
    await a_bench(served)
    parts = [
        act("item.commissioned", 30, 39.5, type="pompe", origin="recovered", other=label(10)),
        act("part.installed", 30, 39.6, other=label(11)),
    ]
    record(served.database, "acme", parts, now_ms=NOW)
    doubted = await do(served, "poser", 5, origin="reclaimed", part=label(30))
    assert doubted.status_code == 409
    for text in ("déjà posée ailleurs", "pas requalifiée"):
        assert text in said(doubted).lower() or text.split()[0] in said(doubted), said(doubted)
    assert item(served, 30).part[5:6] == (label(11),)
    assert (await do(served, "poser", 5, origin="reclaimed", part=label(30), sure="1")).status_code == 303
    assert item(served, 30).part[5:6] == (label(5),)
    own = await do(served, "poser", 5, origin="reclaimed", part=label(5))
    assert own.status_code == 422
    assert "l’étiquette de l’objet lui-même" in said(own)


async def test_a_part_taken_out_begins_a_life_of_its_own_that_names_its_donor(served: Served) -> None:
    await a_bench(served)
    needs_type = await do(served, "deposer", 5, label=bare(1))
    assert needs_type.status_code == 422
    answer = await do(served, "deposer", 5, label=bare(1), part_type="pompe", mass="3,4")
    assert answer.status_code == 303
    with served.database.reading() as connection:
        part = histories.find(connection, "acme", bare(1)).item
    assert (part.type, part.tare_g, part.part and part.part.donor) == ("pompe", 3_400, label(5))
    assert printed(bare(1)) in (await ticket(served, 5)).text


@pytest.mark.parametrize("retired", [False, True])
async def test_what_was_taken_apart_or_is_gone_is_not_led_there_once_more(served: Served, retired: bool) -> None:
    await a_bench(served, Role.MANAGER)
    steps = f"/atelier/etape/demonter/{printed(label(10))}"
    assert steps in (await ticket(served, 10)).attributes("a", "href")
    if retired:
        outlet = {"route": "recycling", "code": "R4", "mode": "recycling", "reason": "irreparable"}
        record(served.database, "acme", [act("item.retired", 10, 39.5, **outlet)], now_ms=served.clock.ms)
    else:
        assert (await do(served, "demonter", 10, p1__type="pompe", p1__mass="1", rest="2,5")).status_code == 303
    page = await ticket(served, 10)
    offered = page.attributes("a", "href")
    assert steps not in offered
    assert ("réformé" in page.texts, any("/atelier/ouvrir" in each for each in offered)) == (retired, not retired)


async def test_a_donor_is_taken_apart_with_its_masses_compared(served: Served) -> None:
    await a_bench(served)
    parts = {"p1__type": "pompe", "p1__mass": "1", "p1__label": bare(2), "whole": "3,5", "rest": "0,5"}
    doubted = await do(served, "demonter", 10, **parts)
    assert doubted.status_code == 409
    assert (await do(served, "demonter", 10, **{**parts, "rest": "2,5"})).status_code == 303
    assert item(served, 10).work_stage == "harvested"
    twice = {"p1__type": "pompe", "p1__label": bare(3), "p2__type": "pompe", "p2__label": bare(3)}
    refused = await do(served, "demonter", 11, **twice)
    assert refused.status_code == 422
    assert "déjà donnée" in said(refused)


async def test_the_due_day_and_the_priority_are_corrected_and_the_history_keeps_both(served: Served) -> None:
    await a_bench(served)
    before = job(served, 1)
    assert (await do(served, "planifier", 1, due="2026-03-01", priority="low")).status_code == 303
    after = job(served, 1)
    assert (after.due, after.priority, after.start_ms) == ("2026-03-01", "low", before.start_ms)
    assert (await do(served, "planifier", 1, due="", priority="urgent")).status_code == 303
    assert (job(served, 1).due, job(served, 1).priority, item(served, 1).work_stage) == ("", "urgent", "diagnosed")
    assert (await ticket(served, 1)).answer.text.count("uverture de la réparation</span>") == 3


async def test_earlier_repairs_of_the_same_thing_are_linked(served: Served) -> None:
    await a_bench(served)
    again = [
        act("item.released", 8, 39.6, "p-luc"),
        act("work.opened", 8, 39.8, reason="encore le roulement"),
    ]
    record(served.database, "acme", again, now_ms=NOW)
    page = await ticket(served, 8)
    assert "encore le roulement" in page.text
    (past,) = [href for href in page.attributes("a", "href") if "reparation=" in href]
    earlier = await opened(served, past)
    assert "Vous lisez une réparation passée" in earlier.text
    assert "ne démarre plus" in earlier.text
    assert "Suite possible" not in earlier.text


async def test_nobody_is_offered_or_can_send_what_the_role_does_not_record(served: Served) -> None:
    await a_bench(served, Role.READER)
    page = await ticket(served, 1)
    assert "Suite possible" not in page.text
    assert "Déplacer vers" not in (await opened(served, "/atelier")).text
    path = f"/atelier/etape/diagnostiquer/{printed(label(1))}"
    assert (await opened(served, path)).status == 403
    token = dict(page.form("/deconnexion").values)
    answer = await served.client.post(path, data={**token, "found": "yes", "fault": "worn"})
    assert answer.status_code == 403
    assert "n’enregistre pas cette étape" in said(answer)


@pytest.mark.parametrize("step", ["requalifier", "reprendre", "nulle-part"])
async def test_a_step_that_does_not_fit_any_more_says_where_the_repair_is(served: Served, step: str) -> None:
    await a_bench(served, Role.MANAGER)
    page = await opened(served, f"/atelier/etape/{step}/{printed(label(1))}")
    assert page.status == (404 if step == "nulle-part" else 409)
    assert step == "nulle-part" or "diagnostiqué" in page.text


async def test_opening_says_what_is_wrong_with_a_code_and_asks_about_a_repair_that_is_open(served: Served) -> None:
    await a_bench(served)
    form = (await opened(served, "/atelier/ouvrir")).form("/atelier/ouvrir")
    for typed, text in (("", "nécessaire"), ("7K3M9QX2T4HDC9", "mal lu"), (bare(7), "aucun événement")):
        answer = await sent(served, form, code=typed, reason="x")
        assert answer.status_code == 422
        assert text in said(answer).lower(), typed
    served.clock.ms += 60_000
    answer = await sent(served, form, code=label(1), reason="déjà là")
    assert answer.status_code == 409
    assert item(served, 1).work_stage == "diagnosed"
    assert quote("déjà là") not in answer.headers.get("location", "")


async def test_a_list_that_changed_while_its_form_was_open_is_answered_in_the_version_that_was_shown(
    served: Served,
) -> None:
    await a_bench(served)
    steps = [{"id": "son", "asks": "yes_no", "words": {"fr": "Bruit normal"}, "blocking": True}]
    row = {"moment": "test", "words": {"fr": "Test des moteurs"}, "types": ["moteur"], "steps": steps}

    def state(steps: list[dict[str, object]], at: float) -> None:
        body = {
            "table": "checklist",
            "key": "moteurs",
            "valid_from": 0 if at < 0 else NOW,
            "row": {**row, "steps": steps},
        }
        record(served.database, "acme", [draft("reference.set", at=at, body=body)], now_ms=NOW)

    state(steps, -1)
    path = f"/atelier/etape/tester/{printed(label(6))}"
    form = (await opened(served, path)).form(path)
    state([*steps, {"id": "jeu", "asks": "yes_no", "words": {"fr": "Sans jeu"}, "blocking": True}], 39.9)
    served.clock.ms += 60_000
    assert "Sans jeu" in (await opened(served, path)).text

    answer = await sent(served, form, passed="yes", **{"q.son": "yes"})
    assert answer.status_code == 303, said(answer)
    assert item(served, 6).work_stage == "quality_control"
    page = await ticket(served, 6)
    assert "Test des moteurs (première version)" in page.text
    assert page.text.count("Bruit normal") == 2  # beside its verdict, and once in the history
    assert "Test des moteurs : Bruit normal : oui" in page.text
    assert "Sans jeu" not in page.text


@pytest.mark.story(16)
async def test_the_entry_list_that_changed_while_a_diagnosis_was_open_keeps_the_version_that_was_answered(
    served: Served,
) -> None:
    await a_bench(served)
    steps = [{"id": "propre", "asks": "yes_no", "words": {"fr": "Propre, sans risque"}, "blocking": True}]
    row = {"moment": "entry", "words": {"fr": "Contrôle d’entrée"}, "types": ["bac", "pompe", "moteur"]}

    def state(steps: list[dict[str, object]], since: int, at: float) -> None:
        body = {"table": "checklist", "key": "entree", "valid_from": since, "row": {**row, "steps": steps}}
        record(served.database, "acme", [draft("reference.set", at=at, body=body)], now_ms=NOW)

    state(steps, 0, -1)
    path = f"/atelier/etape/diagnostiquer/{printed(label(11))}"
    form = (await opened(served, path)).form(path)
    shown = dict(form.values)["checklist"]
    state([*steps, {"id": "complet", "asks": "yes_no", "words": {"fr": "Complet"}, "blocking": True}], NOW, 39.9)
    served.clock.ms += 60_000
    now_shown = await opened(served, path)
    assert "Complet" in now_shown.text
    assert dict(now_shown.form(path).values)["checklist"] != shown

    refused = await sent(served, form, found="yes", fault="leak")
    assert (refused.status_code, dict(Page(refused).form(path).values)["checklist"]) == (422, shown)
    assert "Complet" not in said(refused)  # what is asked again is asked in the version that was answered
    answer = await sent(served, form, found="yes", fault="leak", **{"q.propre": "no"})
    assert answer.status_code == 303, said(answer)
    with served.database.reading() as connection:
        (diagnosis,) = [
            event
            for event in events_in(connection, "acme")
            if event.kind == "work.diagnosed" and event.code == label(11)
        ]
    assert diagnosis.body["checklist"] == shown
    assert diagnosis.body["answers"] == {"propre": False}
    page = await ticket(served, 11)
    assert "Contrôle d’entrée : Propre, sans risque : non" in page.text
    assert "Complet" not in page.text


async def test_a_column_over_its_limit_is_said_and_blocks_nobody(served: Served) -> None:
    await a_bench(served)
    with served.database.reading() as connection:
        sites = [each.item.site for each in repairs.tickets(connection, "acme") if each.item.work_stage == "open"]
        site = sites[0]
        row = load_book(connection, "acme").row("site", site, NOW) or {}
    n = sites.count(site)
    for limit, told in (
        (n + 1, f"{n} sur {n + 1} au plus"),
        (n, f"{n} sur {n} : complet"),
        (0, ""),
        (n - 1, f"{n} pour {n - 1} : limite dépassée" if n > 1 else ""),
    ):
        served.clock.ms += 1000
        body = {"table": "site", "key": site, "valid_from": 0, "row": {**row, "limits": f"open:{limit}"}}
        record(served.database, "acme", [Draft(kind="reference.set", fields={"body": body})], now_ms=served.clock.ms)
        for path in ("/atelier", "/atelier?vue=liste"):
            text = (await opened(served, path)).text
            assert told in text
            assert ("limite dépassée" in text) == ("limite dépassée" in told)


def as_typed(photo: bytes) -> str:
    return base64.urlsafe_b64encode(photo).rstrip(b"=").decode()


def a_site_that_asks(served: Served) -> None:
    """Let Strasbourg ask for a photo of what comes in for repair, and have a crate there."""
    with served.database.reading() as connection:
        row = load_book(connection, "acme").row("site", "strasbourg", NOW) or {}
    body = {"table": "site", "key": "strasbourg", "valid_from": NOW - 2000, "row": {**row, "photos": "repair"}}
    asked = [
        Draft(kind="reference.set", fields={"body": body}),
        draft("item.commissioned", label(95), at=39, place="strasbourg", body={"type": "bac"}),
    ]
    record(served.database, "acme", asked, now_ms=NOW - 1000)


async def test_a_repair_is_opened_with_the_photo_that_its_site_asks_for(served: Served) -> None:
    await a_bench(served)
    a_site_that_asks(served)
    form = (await opened(served, "/atelier/ouvrir")).form("/atelier/ouvrir")
    told = {"code": printed(label(95)), "site": "strasbourg", "priority": "normal"}
    for wrong, says in (
        (as_typed(b"no picture"), "n’est pas une photo JPEG entière"),
        ("é", "n’est pas une photo JPEG"),
    ):
        refused = await sent(served, form, **told, photo=wrong)
        assert (refused.status_code, says in said(refused)) == (422, True)
    without = await sent(served, form, **told)
    assert (without.status_code, "photo" in said(without).lower()) == (409, True)
    asking = Page(without)
    assert "#f-sure" in asking.attributes("a", "href")  # the question stands far below, and is led to
    assert "Ajoutez la photo plus haut" in asking.text
    with served.database.reading() as connection:
        assert photos.stored(connection, "acme", [digest(ENTRY)]) == {}
    done = await sent(served, form, **told, photo=as_typed(ENTRY))
    assert done.status_code == 303
    with served.database.reading() as connection:
        assert photos.content(connection, "acme", digest(ENTRY)) == ENTRY
        assert photos.count_missing(connection, "acme") == 0
    page = await opened(served, f"/objets/{label(95)}")
    assert f"/photos/{digest(ENTRY)}" in page.attributes("img", "src")


async def test_without_a_script_for_its_photo_a_repair_is_asked_about_once_opened_and_waits_for_a_person(
    served: Served,
) -> None:
    await a_bench(served)
    a_site_that_asks(served)
    form = (await opened(served, "/atelier/ouvrir")).form("/atelier/ouvrir")
    told = {"code": printed(label(95)), "site": "strasbourg", "priority": "normal"}
    asked = await sent(served, form, **told)
    assert (asked.status_code, "sans la photo que ce lieu demande" in asked.text) == (409, True)
    assert 'name="sure"' in asked.text
    assert not item(served, 95).work_stage
    done = await sent(served, form, **told, sure="1")
    assert done.status_code == 303
    assert item(served, 95).work_stage == "open"
    await another(served, Role.MANAGER)
    waits = (await opened(served, "/a-traiter")).text
    assert f"Sans la photo que ce lieu demande\n{printed(label(95))}" in waits
    assert "sans la photo que ce lieu demande" in (await ticket(served, 95)).text.lower()
    assert (await do(served, "abandonner", 95, reason="ouverte par erreur")).status_code == 303
    over = await ticket(served, 95)
    assert not [each for each in over.tags if each[0] == "div" and "warn" in (each[1].get("class") or "")]
    assert "Sans la photo que ce lieu demande" in (await opened(served, "/a-traiter")).text


async def test_a_diagnosis_offers_first_what_things_of_the_type_had_most_often(served: Served) -> None:
    await a_bench(served)
    had = [(40, "moteur", "noise"), (41, "moteur", "noise"), (42, "moteur", "noise"), (43, "moteur", "noise")]
    had += [(number, "pompe", "leak") for number in range(44, 50)]
    record(
        served.database,
        "acme",
        [
            each
            for number, kind, fault in had
            for each in (
                act("item.commissioned", number, 39.5, type=kind),
                act("work.opened", number, 39.6),
                act("work.diagnosed", number, 39.7, fault=fault, found=True),
            )
        ],
        now_ms=NOW,
    )
    offered = await faults_offered(served, 12)
    assert offered[:3] == ["noise", "worn", "cracked"]
    assert sorted(offered) == sorted(Fault)
    assert (await do(served, "diagnostiquer", 12, found="yes", fault="noise")).status_code == 303


async def faults_offered(served: Served, number: int) -> list[str]:
    """Give the faults in the order in which the form of a diagnosis offers them."""
    page = await opened(served, f"/atelier/etape/diagnostiquer/{printed(label(number))}")
    values = [given.get("value") or "" for tag, given in page.tags if tag == "option"]
    return [value for value in values if value in set(Fault)]
