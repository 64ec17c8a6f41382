"""A round on the screens: its stops, what was found at each, the partner's signature; taps are counted."""

import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest

from boucle.actions import Amount
from boucle.commands import Command
from boucle.opening_hours import WEEK
from boucle.rounds import Gap
from boucle.telling import Outcome
from boucle_field import driving
from boucle_field.courier import Line, News
from boucle_field.driving import Progress
from boucle_field.screens.gap_asking import Reasons
from boucle_field.screens.hardware import geo_uri
from boucle_field.screens.round_screens import RoundEndScreen, RoundScreen, StopScreen
from boucle_field.screens.scan_screen import ScanScreen
from boucle_field.screens.stop_lines_screen import StopLinesScreen
from boucle_field.screens.stop_summary_screen import StopSummaryScreen
from boucle_field.screens.work_screens import HomeScreen
from tests.builders import code
from tests.screens.hand import SETTLED, Hand
from tests.screens.scenes import LABEL
from tests.screens.stock import LONG_TYPE, STRASBOURG, done_elsewhere, opens_on, plan_today
from tests.screens.test_visit_screens import BASE, arrive, command, scan_crates, unsent


@pytest.fixture
def driver(hand: Hand) -> Hand:
    """Give the app with a round of today: two stops, twenty crates expected at the first."""
    plan_today(hand.face.at)
    hand.face.start()
    return hand


def sign(hand: Hand) -> None:
    """Draw two strokes in the frame, as a finger does."""
    hand.sign([[(at, 0.8), (at + 0.1, 0.2), (at + 0.2, 0.7)] for at in (0.2, 0.6)])


def counted(hand: Hand) -> int:
    assert hand.face.visit is not None
    return hand.face.visit.counted


def progress(hand: Hand) -> Progress:
    of = driving.rounds_of_today(hand.face.at)[0]
    return driving.standing(hand.face.at, of, of.stops[0]).progress


def last_kept(hand: Hand) -> tuple[dict[str, object], dict[str, object]]:
    with hand.face.at.store.reading() as db:
        payload, priv = db.execute("SELECT payload, priv FROM outbox ORDER BY n DESC LIMIT 1").fetchone()
    return json.loads(payload), json.loads(priv) if priv else {}


def test_the_round_of_today_is_what_a_driver_sees_first(driver: Hand) -> None:
    assert isinstance(driver.face.screen, RoundScreen)
    assert driver.sees("Sud Alsace")
    assert driver.sees("1. Rhin Plasturgie")
    assert driver.sees("À reprendre : 20 × Bac 600×400")
    assert driver.sees("entre 08:00 et 10:30")


def test_a_stop_of_twenty_crates_takes_four_taps_and_a_signature(driver: Hand) -> None:
    driver.tap("Rhin Plasturgie")
    driver.tap("Reprendre")
    scan_crates(driver, range(1, 21))
    driver.tap("Terminer")
    sign(driver)
    driver.tap("Valider")
    assert driver.taps == 4
    assert (driver.face.visit, unsent(driver), progress(driver)) == (None, 21, Progress.DONE)
    payload, priv = last_kept(driver)
    assert payload["kind"] == "stop.validated/1"
    strokes = priv["signature"]
    assert isinstance(strokes, list)
    assert [len(stroke) for stroke in strokes] == [6, 6]
    assert all(0 <= along <= 1000 for stroke in strokes for along in stroke)


@pytest.mark.parametrize(("office", "where"), [(True, "au bureau"), (False, "sur un autre téléphone")])
def test_a_stop_that_others_validated_says_so_before_it_is_validated_again(
    driver: Hand, office: bool, where: str
) -> None:
    done_elsewhere(driver.face.at, office=office)
    driver.face.start()
    assert driver.sees(f"✓ validé {where}")
    driver.tap("Rhin Plasturgie")
    assert driver.sees(f"Validé {where} (")
    assert driver.sees("Déjà enregistré par d’autres (Repris : 5 × Bac 600×400)")
    driver.tap("Rien à reprendre")
    assert driver.sees(f"Déjà validé {where}")
    driver.tap("Retour")
    driver.tap("Reprendre")
    scan_crates(driver, range(1, 4))
    assert driver.sees("15")  # of the twenty planned, five are in the truck already
    driver.tap("Terminer")
    assert driver.sees(f"Déjà validé {where}")
    driver.tap("Valider")
    assert progress(driver) is Progress.DONE
    driver.tap("Rhin Plasturgie")
    assert driver.sees("Validé sur ce téléphone (")
    assert driver.sees("version 2")


def test_a_visit_whose_stop_others_validate_meanwhile_offers_no_undo_of_it_and_says_why(driver: Hand) -> None:
    arrive(driver)
    driver.scan(LABEL + code(1))
    assert driver.sees(code(1)[-2:])
    undo = driver.button("Annuler le dernier").text
    assert undo != "↶ Annuler le dernier"
    done_elsewhere(driver.face.at, before_ms=-1_000)
    driver.face._heard(News(line=Line.ONLINE), 0)
    assert driver.button("Annuler le dernier").text == "↶ Annuler le dernier"
    assert not driver.sees("Photo du dernier")
    before = unsent(driver)
    driver.tap("Annuler le dernier")
    assert driver.sees("Rien à annuler")
    assert driver.sees("L’arrêt est validé : plus d’annulation libre")
    assert (unsent(driver), counted(driver)) == (before, 1)
    kept, _ = last_kept(driver)
    driver.face.correct(str(kept["id"]), "waiting")
    driver.tap("Annuler cette ligne")
    assert driver.sees("Pourquoi ?")  # what is validated is corrected with a reason, in an open visit too


def test_a_home_and_a_round_that_stay_open_show_what_others_did_when_it_comes_down(driver: Hand) -> None:
    driver.face.home()
    assert driver.sees("arrêts faits : 0 sur 2")
    done_elsewhere(driver.face.at)
    driver.face._heard(News(line=Line.ONLINE), 0)
    assert driver.sees("arrêts faits : 1 sur 2")
    shown = driver.face.screen
    driver.face._heard(News(line=Line.ONLINE), 0)
    assert driver.face.screen is shown  # nothing came: nothing moves under a finger


def test_with_the_label_of_the_place_two_taps_are_enough(driver: Hand) -> None:
    arrive(driver)
    scan_crates(driver, range(1, 21))
    driver.tap("Terminer")
    sign(driver)
    driver.tap("Valider")
    assert (driver.taps, progress(driver)) == (2, Progress.DONE)


def test_with_command_labels_no_tap_is_needed(driver: Hand) -> None:
    arrive(driver)
    scan_crates(driver, range(1, 21))
    command(driver, Command.FINISH)
    assert isinstance(driver.face.screen, StopSummaryScreen)
    sign(driver)
    command(driver, Command.VALIDATE)
    assert (driver.taps, progress(driver)) == (0, Progress.DONE)
    _, priv = last_kept(driver)
    assert len(priv["signature"]) == 2  # type: ignore[arg-type]


def test_a_difference_asks_why_and_the_choice_keeps_the_signature(driver: Hand) -> None:
    arrive(driver)
    scan_crates(driver, range(1, 19))
    driver.tap("Terminer")
    assert driver.sees("Pourquoi cet écart ?")
    assert driver.sees("Reprendre · Bac 600×400 : 18 scannés / 20 (−2)")
    assert "18 / 20" not in driver.words()  # its numbers stand once
    sign(driver)
    driver.tap("Encore utilisé")
    assert driver.sees(f"Reprendre · Bac 600×400 + {LONG_TYPE} : Encore utilisé")
    driver.tap("Valider")
    payload, priv = last_kept(driver)
    body = payload["body"]
    assert isinstance(body, dict)
    assert body["reasons"]["collect:bac"] == "in_use"
    assert body["counts"]["collect:bac"] == {"expected": 20, "scanned": 18, "declared": 0}
    assert len(priv["signature"]) == 2  # type: ignore[arg-type]


def test_one_reason_for_several_differences_says_which_and_what_was_not_left_has_its_own(driver: Hand) -> None:
    arrive(driver)
    scan_crates(driver, range(1, 19))
    driver.tap("Terminer")
    assert driver.sees("Le même motif pour ces 2 écarts :")
    driver.tap("Introuvable")
    assert "Introuvable" not in driver.words()  # the next difference is asked
    driver.tap("Refusé")
    assert driver.sees(f"Reprendre · Bac 600×400 + {LONG_TYPE} : Introuvable")
    driver.tap("Valider")
    payload, _ = last_kept(driver)
    body = payload["body"]
    assert isinstance(body, dict)
    both = {"collect:bac": "not_found", "collect:palette": "not_found"}
    assert body["reasons"] == both | {"deliver:bac": "declined"}


def test_each_type_can_have_its_own_reason(driver: Hand) -> None:
    arrive(driver)
    scan_crates(driver, range(1, 19))
    driver.tap("Terminer")
    driver.tap("Un motif pour chaque écart")
    assert not driver.sees("Le même motif")
    assert driver.sees("Reprendre · Bac 600×400 : 18 scannés / 20 (−2)")
    assert not driver.sees("Plus que prévu")  # nothing here is more than expected
    screen = driver.face.screen
    said = {"collect:bac": Gap.NOT_FOUND, "collect:palette": Gap.NO_ROOM}
    driver.face.screen._because(Reasons(said, apart=True))
    assert driver.face.screen is not screen
    driver.tap("Valider")
    payload, _ = last_kept(driver)
    body = payload["body"]
    assert isinstance(body, dict)
    assert body["reasons"] == {"collect:bac": "not_found", "collect:palette": "no_room"}


def test_the_button_says_that_neither_reason_nor_signature_goes_along_with_a_difference(driver: Hand) -> None:
    arrive(driver)
    scan_crates(driver, range(1, 19))
    driver.tap("Terminer")
    assert driver.button("Valider").text == "Valider sans motif ni signature"
    sign(driver)
    assert driver.button("Valider").text == "Valider, 3 motifs manquent"
    driver.tap("Effacer la signature")
    driver.tap("Valider sans motif")
    assert progress(driver) is Progress.DONE


def test_the_button_names_each_thing_that_does_not_go_along(driver: Hand) -> None:
    arrive(driver)
    scan_crates(driver, range(1, 19))
    driver.tap("Terminer")
    driver.tap("Introuvable")
    assert driver.button("Valider").text == "Valider non signé, 1 motif manque"
    sign(driver)
    assert driver.button("Valider").text == "Valider, 1 motif manque"
    driver.tap("Autre motif")
    assert driver.button("Valider").text == "Valider"
    driver.tap("Effacer la signature")
    assert driver.button("Valider").text == "Valider sans signature"


@pytest.mark.parametrize("end", ["OK", "Retour"])
def test_what_was_signed_stays_signed_while_the_name_is_given_and_whatever_makes_the_screen_anew(
    driver: Hand, end: str
) -> None:
    arrive(driver)
    driver.scan(LABEL + code(1))
    driver.tap("Terminer")
    sign(driver)
    drawn = [list(stroke) for stroke in driver.face.screen.signing.strokes]
    driver.tap("Nom du signataire")
    for key in "ZOE":
        driver.tap(key)
    driver.tap(end)
    assert driver.face.screen.signing.strokes == drawn
    driver.face.next_theme()
    driver.frames(SETTLED)
    driver.face.next_theme()
    driver.frames(SETTLED)
    assert driver.face.screen.signing.strokes == drawn
    driver.tap("Valider")
    _, priv = last_kept(driver)
    assert priv["signature"] == drawn
    assert priv.get("signer", "") == ("Zoe" if end == "OK" else "")


def test_another_version_of_a_stop_begins_with_the_reasons_of_the_last_that_still_explain(driver: Hand) -> None:
    arrive(driver)
    scan_crates(driver, range(1, 18))
    driver.tap("Terminer")
    driver.tap("Introuvable")
    driver.tap("Valider")
    first, _ = last_kept(driver)
    assert isinstance(first["body"], dict)
    before = first["body"]["reasons"]
    assert set(before.values()) == {"not_found"}
    driver.tap("Rhin Plasturgie")
    driver.scan(LABEL + code(18))
    driver.tap("Terminer")
    assert driver.sees(" : Introuvable")
    driver.tap("Valider")
    payload, _ = last_kept(driver)
    assert isinstance(payload["body"], dict)
    assert (payload["body"]["version"], payload["body"]["reasons"]) == (2, before)


def test_a_way_of_an_exchange_that_was_not_begun_is_offered_before_its_reason(driver: Hand) -> None:
    arrive(driver)
    driver.scan(LABEL + code(1))
    driver.tap("Terminer")
    driver.tap("Il reste tout à déposer : 4 prévus.")
    assert driver.face.visit is not None
    assert (driver.face.visit.action, driver.face.visit.task) == ("deliver", "T-1#a")
    driver.scan(LABEL + code(21))
    driver.tap("Terminer")
    assert not driver.sees("Il reste tout")


def test_a_reason_is_taken_back_by_a_second_tap(driver: Hand) -> None:
    arrive(driver)
    scan_crates(driver, range(1, 19))
    driver.tap("Terminer")
    driver.tap("Introuvable")
    driver.tap(f"Reprendre · Bac 600×400 + {LONG_TYPE} : Introuvable")
    driver.tap("✓ Introuvable")
    driver.tap("Valider")
    payload, _ = last_kept(driver)
    assert isinstance(payload["body"], dict)
    assert payload["body"]["reasons"] == {}


def test_a_stop_tells_how_to_get_in_and_what_to_mind(driver: Hand) -> None:
    driver.tap("Rhin Plasturgie")
    assert driver.sees("Quai 3, sonner à l’interphone.")
    assert driver.sees("Accès : portail B, badge à demander à la loge")
    assert driver.sees("Rappel : bacs vides et empilés par huit")
    assert driver.sees("plier avant de charger")
    assert driver.sees("12 rue du Port, 68100 Mulhouse")
    driver.tap("Naviguer")
    assert driver.sees("pas d’application de cartes")  # a computer has none; the address stays on the screen


def test_an_address_becomes_a_link_that_any_map_understands() -> None:
    assert (
        geo_uri("12 rue du Port & Fils, 68100 Mulhouse")
        == "geo:0,0?q=12%20rue%20du%20Port%20%26%20Fils%2C%2068100%20Mulhouse"
    )


def test_the_name_of_who_signs_is_typed_and_kept_apart(driver: Hand) -> None:
    arrive(driver)
    driver.scan(LABEL + code(1))
    driver.tap("Terminer")
    driver.tap("Nom du signataire")
    for key in "WEBER":
        driver.tap(key)
    driver.tap("OK")
    assert driver.sees("Signataire : Weber")
    driver.tap("Valider")
    payload, priv = last_kept(driver)
    assert priv["signer"] == "Weber"
    assert "Weber" not in json.dumps(payload)


def test_nothing_to_take_is_said_in_three_taps(driver: Hand) -> None:
    driver.tap("Rhin Plasturgie")
    driver.tap("Rien à reprendre")
    driver.tap("Fermé")
    payload, _ = last_kept(driver)
    assert driver.taps == 3
    assert isinstance(payload["body"], dict)
    assert payload["body"]["ending"] == "closed"
    assert isinstance(driver.face.screen, RoundScreen)


def test_a_place_that_is_closed_gives_what_was_to_be_left_the_same_reason_in_words(driver: Hand) -> None:
    driver.tap("Rhin Plasturgie")
    driver.tap("Rien à reprendre")
    assert driver.sees("Reste à déposer ici : 4 × Bac 600×400")
    assert driver.sees("valent aussi pour la dépose")
    driver.tap("Fermé")
    payload, _ = last_kept(driver)
    assert isinstance(payload["body"], dict)
    assert payload["body"]["reasons"] == {"deliver:bac": "place_closed"}
    assert driver.sees("Arrêt non fait : Rhin Plasturgie (Fermé)")
    assert driver.sees("Motif : Fermé")


def test_with_nothing_to_take_what_is_to_be_left_stays_to_be_done(driver: Hand) -> None:
    driver.tap("Rhin Plasturgie")
    driver.tap("Rien à reprendre")
    driver.tap("Rien à reprendre, mais je dépose")
    visit = driver.face.visit
    assert visit is not None
    assert (visit.action, visit.task, progress(driver)) == ("deliver", "T-1#a", Progress.TO_DO)
    scan_crates(driver, range(21, 23))
    driver.tap("Terminer")
    assert driver.sees("Déposer · Bac 600×400")
    driver.tap("Scanner encore")
    driver.face.screen.count(Amount("bac", 4))  # of which two were scanned
    of = driving.rounds_of_today(driver.face.at)[0]
    driver.face.open_stop(of, of.stops[0])
    driver.tap("Rien à reprendre")
    assert not driver.sees("Reste à déposer")
    driver.tap("Rien à reprendre")
    payload, _ = last_kept(driver)
    assert isinstance(payload["body"], dict)
    assert payload["body"]["ending"] == "nothing"
    assert payload["body"]["reasons"] == {}


def test_both_ways_of_an_exchange_are_one_stop(driver: Hand) -> None:
    arrive(driver)
    driver.scan(LABEL + code(1))
    driver.tap("Ici aussi : Déposer")
    driver.scan(LABEL + code(21))
    visit = driver.face.visit
    assert visit is not None
    assert (visit.action, visit.task) == ("deliver", "T-1#a")
    driver.tap("Terminer")
    assert driver.sees("Reprendre · Bac 600×400")
    assert driver.sees("Déposer · Bac 600×400")


def test_what_is_in_the_vehicle_already_is_said_with_its_stop_and_not_recorded_again(driver: Hand) -> None:
    arrive(driver)
    scan_crates(driver, range(1, 3))
    command(driver, Command.FINISH)
    command(driver, Command.VALIDATE)
    of = driving.rounds_of_today(driver.face.at)[0]
    driver.face.begin("collect", "charleville", of.task(of.stops[1]))
    before = unsent(driver)
    driver.scan(LABEL + code(1))
    assert re.search(r"Déjà repris à \d\d:\d\d, arrêt\s1 \(Rhin Plasturgie\)", " ".join(driver.words()))
    assert not driver.sees("Changer d’arrêt")
    assert driver.face.visit is not None
    assert (unsent(driver), driver.face.visit.counted, driver.face.visit.extra) == (before, 0, 0)
    assert driver.ear.heard[-1] is Outcome.REPEAT
    driver.face.begin("deliver", "charleville", of.task(of.stops[1]))
    driver.scan(LABEL + code(1))  # but it may be left there
    assert unsent(driver) == before + 1
    driver.face.begin("collect", "charleville", of.task(of.stops[1]))
    driver.scan(LABEL + code(1))  # and be taken up there after
    assert unsent(driver) == before + 2


def test_a_scan_at_a_stop_begins_what_is_planned_there(driver: Hand) -> None:
    driver.tap("Rhin Plasturgie")
    driver.scan(LABEL + code(1))
    assert isinstance(driver.face.screen, ScanScreen)
    assert driver.face.visit is not None
    assert driver.face.visit.counted == 1


@pytest.mark.story(5)
def test_after_validation_a_crate_is_added_and_validated_again(driver: Hand) -> None:
    arrive(driver)
    scan_crates(driver, range(1, 5))
    command(driver, Command.FINISH)
    command(driver, Command.VALIDATE)
    driver.tap("Rhin Plasturgie")
    assert driver.sees("version 1")
    driver.tap("Reprendre")
    driver.scan(LABEL + code(5))
    command(driver, Command.FINISH)
    command(driver, Command.VALIDATE)
    payload, _ = last_kept(driver)
    assert isinstance(payload["body"], dict)
    assert payload["body"]["version"] == 2
    assert payload["body"]["counts"]["collect:bac"]["scanned"] == 5


def validated_with_a_gap(hand: Hand) -> None:
    """Take 18 of 20 crates, say why two are missing, and let Weber sign."""
    arrive(hand)
    scan_crates(hand, range(1, 19))
    hand.tap("Terminer")
    hand.tap("Encore utilisé")
    hand.tap("Nom du signataire")
    for key in "WEBER":
        hand.tap(key)
    hand.tap("OK")
    sign(hand)
    hand.tap("Valider")


def test_a_stop_that_is_opened_again_shows_what_was_recorded_and_signed_there(driver: Hand) -> None:
    driver.tap("Rhin Plasturgie")
    assert not driver.sees("Voir ou corriger les lignes")
    driver.tap("Retour")
    validated_with_a_gap(driver)
    driver.tap("Rhin Plasturgie")
    words = driver.words()
    assert driver.sees("Validé sur ce téléphone (")
    assert "Signé par Weber." in words
    assert {"Reprendre · Bac 600×400", "18 / 20", "0 / 2", "0 / 4"} <= set(words)
    assert "Reprendre · Bac 600×400 : Encore utilisé" in words
    assert not driver.sees("À reprendre :")  # what was planned stands beside what was found
    assert not driver.sees("entre 08:00 et 10:30")
    assert not driver.sees("ce qui a changé depuis")


def test_a_stop_that_was_not_made_says_why_when_it_is_opened_again(driver: Hand) -> None:
    driver.tap("Rhin Plasturgie")
    driver.tap("Rien à reprendre")
    driver.tap("Fermé")
    driver.tap("Rhin Plasturgie")
    assert driver.sees("Motif : Fermé")
    assert "0 / 20" not in driver.words()
    assert driver.sees("Validé par le chauffeur seul, sans signature.")


def test_what_others_validated_is_shown_with_its_numbers_and_without_a_name(driver: Hand) -> None:
    done_elsewhere(driver.face.at)
    driver.face.start()
    driver.tap("Rhin Plasturgie")
    assert driver.sees("Validé au bureau (")
    assert "5 / 20" in driver.words()
    assert not driver.sees("signature")
    assert not driver.sees("Voir ou corriger les lignes")  # none of them is this phone's


def test_a_line_of_a_validated_stop_is_found_at_the_stop_and_corrected_from_there(driver: Hand) -> None:
    validated_with_a_gap(driver)
    driver.tap("Rhin Plasturgie")
    driver.tap("Voir ou corriger les lignes (18)")
    assert isinstance(driver.face.screen, StopLinesScreen)
    driver.tap("Corriger")
    driver.tap("Retour")
    assert isinstance(driver.face.screen, StopLinesScreen)
    driver.tap("Corriger")
    driver.tap("Annuler cette ligne")
    driver.tap("Compté deux fois")
    assert isinstance(driver.face.screen, StopLinesScreen)
    assert driver.sees("annulée")
    driver.tap("Retour")
    assert driver.sees("Voir ou corriger les lignes (17)")
    assert driver.sees("Lignes depuis la validation : 1. Validez à nouveau.")
    assert driver.sees("Avec ce qui a changé depuis")
    assert {"18 / 20", "17 / 20"} <= set(driver.words())
    driver.tap("Valider")
    driver.tap("Valider")
    assert progress(driver) is Progress.DONE
    payload, _ = last_kept(driver)
    assert isinstance(payload["body"], dict)
    assert (payload["body"]["version"], payload["body"]["counts"]["collect:bac"]["scanned"]) == (2, 17)


def test_the_end_of_a_round_tells_what_is_left_and_leads_to_the_unloading(driver: Hand) -> None:
    arrive(driver)
    scan_crates(driver, range(1, 4))
    command(driver, Command.FINISH)
    command(driver, Command.VALIDATE)
    driver.tap("Fin de tournée")
    assert isinstance(driver.face.screen, RoundEndScreen)
    assert driver.sees("Arrêts non validés : 1.")
    assert driver.sees("3 × Bac 600×400")
    assert driver.sees("Lignes à envoyer : 4.")
    driver.scan(STRASBOURG.url(BASE))
    assert driver.face.visit is not None
    assert (driver.face.visit.action, driver.face.visit.place) == ("receive", "strasbourg")


def test_other_work_is_one_tap_away_and_leads_back(driver: Hand) -> None:
    driver.tap("Autre travail")
    assert isinstance(driver.face.screen, HomeScreen)
    driver.tap("Ma tournée : Sud Alsace")
    assert isinstance(driver.face.screen, RoundScreen)
    driver.tap("Rhin Plasturgie")
    assert isinstance(driver.face.screen, StopScreen)


def test_a_stop_goes_on_where_the_app_was_killed(driver: Hand, data: Path, open_app: Callable[..., Hand]) -> None:
    arrive(driver)
    scan_crates(driver, range(1, 4))
    again = open_app(data)
    assert isinstance(again.face.screen, ScanScreen)
    assert again.face.visit is not None
    assert (again.face.visit.task, again.face.visit.counted, again.face.visit.wanted) == ("T-1#a", 3, 22)


LATE = "Le lieu a fermé à 00:00"
CLOSED = "fermé ce jour-là"


def test_a_stop_whose_place_has_closed_is_late_on_the_round_and_at_the_stop(hand: Hand) -> None:
    plan_today(hand.face.at, closes="00:00")
    hand.face.start()
    assert hand.sees(LATE)
    hand.tap("Rhin Plasturgie")
    assert hand.sees(LATE)
    hand.tap("Rien à reprendre")
    hand.tap("Fermé")
    assert progress(hand) is Progress.DONE
    assert not hand.sees(LATE)


def test_a_stop_whose_place_is_closed_that_day_says_so_whatever_was_planned(hand: Hand) -> None:
    plan_today(hand.face.at)
    today = WEEK[driving.today(hand.face.at).weekday()]
    opens_on(hand.face.at, "mulhouse", f"{today}:05:00-06:15")
    opens_on(hand.face.at, "charleville", " ".join(f"{day}:05:00-06:15" for day in WEEK if day != today))
    hand.face.start()
    assert hand.sees(CLOSED)
    assert not hand.sees("06:15"), "both stops have hours of their own"
    hand.tap("Rhin Plasturgie")
    assert not hand.sees(CLOSED)


def test_a_stop_that_is_still_open_or_has_no_hour_is_not_late(hand: Hand) -> None:
    plan_today(hand.face.at, closes="23:59")
    hand.face.start()
    assert hand.sees("23:59")
    assert not hand.sees("En retard")
