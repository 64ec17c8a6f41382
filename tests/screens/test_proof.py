"""Photos as a proof: at a stop, of a stop that could not be made, of a diagnosis; and when they are sent."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image

from boucle.actions import Amount
from boucle.telling import Outcome
from boucle_field import driving, photos, photos_in_hand
from boucle_field.courier import Courier
from boucle_field.pages import Page
from boucle_field.phone import Phone
from boucle_field.photos import Photo
from boucle_field.screens.diagnosis_screens import DiagnosisScreen
from boucle_field.screens.round_screens import RoundScreen
from boucle_field.screens.sends_screen import SendsScreen
from boucle_labels.photo import photo_of
from tests.builders import code
from tests.screens.bench_hands import enter, scan, stage
from tests.screens.bench_stock import HOST, bench_staff, describe_bench, workshop_device
from tests.screens.hand import SETTLED, Hand
from tests.screens.scenes import LABEL
from tests.screens.stock import plan_today
from tests.screens.test_photos import recorded
from tests.screens.test_visit_screens import arrive, scan_crates
from tests.world import SimServer

SITES = {"mulhouse": ("Rhin Plasturgie", "quai"), "strasbourg": ("Strasbourg", "hub")}


@pytest.fixture
def frames(tmp_path: Path) -> Path:
    """Give a folder with a frame in which no code stands."""
    folder = tmp_path / "frames"
    folder.mkdir()
    Image.new("RGB", (1280, 720), "#8a5a2b").save(folder / "1.png")
    return folder


def ask_for(phone: Phone, site: str, guards: str) -> None:
    """Let a site ask for photos."""
    cursor = int(phone.mirror.cursor) + 1
    name, role = SITES[site]
    row = {"name": name, "role": role, "photos": guards}
    version = {"valid_from": 0, "row": row, "id": f"019b7824-48a7-796c-841d-{cursor:012x}"}
    rows = [{"n": cursor, "table": "site", "key": site, "row": [version]}]
    page = Page.read({"rows": rows, "next": cursor, "more": False})
    assert page is not None
    phone.mirror.apply(page)


def aim(hand: Hand) -> None:
    """Wait until the camera sees something, and what it sees stands on the screen."""
    hand.wait(lambda: hand.face.eye.newest is not None and hand.face.screen.proof.view.height > 0)
    hand.frames(SETTLED)


def test_a_photo_of_a_stop_goes_with_its_validation(open_app: Callable[..., Hand], data: Path, frames: Path) -> None:
    hand = open_app(data, frames=frames)
    plan_today(hand.face.at)
    arrive(hand)
    scan_crates(hand, range(1, 4))
    hand.tap("Terminer")
    hand.tap("Photo")
    assert hand.sees("Visez")
    aim(hand)
    hand.tap("Photo")
    assert hand.sees("Photo prise (1)")
    hand.tap("Encore utilisé")  # another screen is made; the photo stays in hand
    assert hand.sees("Photo ✓ 1")
    hand.tap("Valider")
    assert recorded(hand)[-1] == ("stop.validated/1", 1)
    assert photos_in_hand.left(hand.face.at) == []
    assert not hand.face.eye.is_open


def test_a_stop_that_could_not_be_made_is_recorded_by_the_tap_that_takes_its_photo(
    open_app: Callable[..., Hand], data: Path, frames: Path
) -> None:
    hand = open_app(data, frames=frames)
    plan_today(hand.face.at)
    ask_for(hand.face.at, "mulhouse", "incident")
    hand.face.start()
    hand.tap("Rhin Plasturgie")
    hand.tap("Rien à reprendre")
    hand.tap("Fermé")
    assert hand.sees("ce lieu demande une photo")
    assert recorded(hand) == []
    aim(hand)
    hand.tap("Photo")
    assert recorded(hand) == [("stop.validated/1", 1)]
    assert isinstance(hand.face.screen, RoundScreen)
    with hand.face.at.store.reading() as db:
        (payload,) = db.execute("SELECT payload FROM outbox").fetchone()
    assert json.loads(payload)["body"]["ending"] == "closed"
    assert hand.taps == 4


def test_who_takes_no_photo_of_it_is_asked_once_and_never_held_up(
    open_app: Callable[..., Hand], data: Path, frames: Path
) -> None:
    hand = open_app(data, frames=frames)
    plan_today(hand.face.at)
    ask_for(hand.face.at, "mulhouse", "incident")
    hand.face.start()
    hand.tap("Rhin Plasturgie")
    hand.tap("Rien à reprendre")
    hand.tap("Refusé")
    hand.tap("Refusé")
    assert recorded(hand) == [("stop.validated/1", 0)]


def test_nothing_to_take_is_no_incident_and_a_phone_without_a_camera_is_asked_nothing(hand: Hand) -> None:
    plan_today(hand.face.at)
    ask_for(hand.face.at, "mulhouse", "incident")
    hand.face.start()
    of = driving.rounds_of_today(hand.face.at)[0]
    hand.face.begin("deliver", "mulhouse", of.task(of.stops[0]))
    hand.face.screen.count(Amount("bac", 4))
    hand.face.open(RoundScreen, of)
    for ending in ("Rien à reprendre", "Fermé"):
        hand.tap("Rhin Plasturgie")
        hand.tap("Rien à reprendre")
        hand.tap(ending)
        assert recorded(hand)[-1] == ("stop.validated/1", 0)


# ---- the gate of a diagnosis


@pytest.fixture
def technician(open_app: Callable[..., Hand], tmp_path: Path, server: SimServer, frames: Path) -> Hand:
    """Give the app with a technician and a camera, at a workshop that asks for the photos of a diagnosis."""
    bench_staff(server)
    workshop_device(tmp_path / "workshop", server)
    hand = open_app(tmp_path / "workshop", frames=frames)
    describe_bench(hand.face.at)
    enter(hand, "p-ines")
    ask_for(hand.face.at, "strasbourg", "diagnosis")
    hand.face.start()
    hand.taps = 0
    return hand


def test_a_ticket_is_opened_and_diagnosed_in_at_most_nine_taps_one_scan_and_two_photos(technician: Hand) -> None:
    hand = technician
    scan(hand, HOST)
    hand.tap("Ouvrir la fiche")
    assert isinstance(hand.face.screen, DiagnosisScreen)
    assert hand.sees("Photo · 0 sur 2")
    hand.tap("Oui")
    hand.tap("Oui")
    hand.tap("Pièce manquante")
    hand.tap("Enregistrer le diagnostic")
    assert hand.sees("Il en manque 2")
    assert stage(hand) == "open"
    photos_taken = 0
    for seen, colour in ((1, "#8a5a2b"), (2, "#2b5a8a")):
        aim(hand)
        hand.face.eye.newest = Image.new("RGB", (640, 480), colour)  # the camera looks at the next thing
        hand.tap("Photo")
        photos_taken += 1
        assert hand.sees(f"Photo · {seen} sur 2")
    hand.tap("Enregistrer le diagnostic")
    assert (stage(hand), photos_taken) == ("diagnosed", 2)
    assert recorded(hand)[-1] == ("work.diagnosed/1", 2)
    assert hand.taps - photos_taken <= 9


def test_the_same_picture_twice_is_one_photo_and_one_is_not_enough(technician: Hand) -> None:
    hand = technician
    scan(hand, HOST)
    hand.tap("Ouvrir la fiche")
    hand.tap("Photo")
    aim(hand)
    hand.tap("Photo")
    hand.tap("Photo")
    assert hand.sees("Photo · 1 sur 2")
    hand.face.screen.answered("complet", True)
    hand.tap("Pièce manquante")
    hand.tap("Enregistrer le diagnostic")
    assert hand.sees("Il en manque 1")
    assert stage(hand) == "open"


def test_without_a_camera_a_diagnosis_is_recorded_and_waits_for_a_person(
    open_app: Callable[..., Hand], tmp_path: Path, server: SimServer
) -> None:
    bench_staff(server)
    workshop_device(tmp_path / "workshop", server)
    hand = open_app(tmp_path / "workshop")
    describe_bench(hand.face.at)
    enter(hand, "p-ines")
    ask_for(hand.face.at, "strasbourg", "diagnosis")
    hand.face.start()
    scan(hand, HOST)
    hand.tap("Ouvrir la fiche")
    hand.face.screen.answered("complet", True)
    hand.tap("Pièce manquante")
    hand.tap("Enregistrer le diagnostic")
    assert stage(hand) == "diagnosed"
    assert recorded(hand)[-1] == ("work.diagnosed/1", 0)
    assert hand.sees("photo"), hand.words()
    assert hand.ear.heard[-1] is Outcome.ACCEPTED


# ---- when photos are sent


def test_photos_wait_for_wifi_where_somebody_chose_that_and_the_sends_say_so(hand: Hand) -> None:
    store = hand.face.store
    hand.face.begin("collect", "mulhouse")
    assert hand.face.visit is not None
    hand.face.visit.hand.take(Photo(photo_of(Image.new("RGB", (64, 64), "#223344"))))
    hand.scan(LABEL + code(1))
    costs = Courier(hand.face.data, lambda _: None, is_free=lambda: False)
    free = Courier(hand.face.data, lambda _: None, is_free=lambda: True)
    assert (costs.photos_go(store), free.photos_go(store)) == (True, True)
    hand.face.open(SendsScreen)
    assert hand.sees("1 photo pas encore confirmée")
    hand.tap("Photos en Wi-Fi seulement")
    assert photos.only_free(store)
    assert (costs.photos_go(store), free.photos_go(store)) == (False, True)
    assert hand.face.courier is not None
    hand.face.courier._is_free = lambda: False  # the phone leaves the Wi-Fi
    hand.face.again()
    assert hand.sees("1 photo attend le Wi-Fi. Les lignes partent par tout réseau.")
    hand.tap("Photos en Wi-Fi seulement")
    assert not photos.only_free(store)
    assert costs.photos_go(store)
