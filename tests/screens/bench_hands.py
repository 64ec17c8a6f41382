"""Who stands at the repair bench on the screens, on the workshop's device: what is done there, and what was kept."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from boucle_field import bench, people
from boucle_field.store import put
from boucle_field.undoing import amended
from tests.builders import code
from tests.screens.bench_stock import (
    HOST,
    bench_staff,
    describe_bench,
    shelve_parts,
    workshop_device,
)
from tests.screens.hand import Hand
from tests.screens.scenes import LABEL
from tests.world import SimServer


@pytest.fixture
def workshop(tmp_path: Path, server: SimServer) -> Path:
    """Give the data directory of a device of the workshop on which a technician and an inspector work."""
    bench_staff(server)
    workshop_device(tmp_path / "workshop", server)
    return tmp_path / "workshop"


@pytest.fixture
def technician(open_app: Callable[..., Hand], workshop: Path) -> Hand:
    """Give the app with Inès at the bench, two used pumps on the shelf."""
    hand = open_app(workshop)
    describe_bench(hand.face.at)
    enter(hand, "p-ines")
    shelve_parts(hand.face.at)
    hand.face.start()
    hand.taps = 0
    return hand


def enter(hand: Hand, person: str) -> None:
    """Let somebody stand at the phone; who that is was proved elsewhere."""
    with hand.face.store.writing() as db:
        put(db, "actor", person)
    assert people.present(hand.face.at.store) is not None
    hand.face.start()


def scan(hand: Hand, number: int) -> None:
    hand.scan(LABEL + code(number))


def kept(hand: Hand, kind: str = "") -> list[dict[str, Any]]:
    """Give what was recorded and still stands, in its order."""
    gone = amended(hand.face.at.store)
    with hand.face.at.store.reading() as db:
        rows = [json.loads(row[0]) for row in db.execute("SELECT payload FROM outbox ORDER BY n").fetchall()]
    return [each for each in rows if each["kind"].startswith(kind) and each["id"] not in gone]


def typed(hand: Hand, text: str) -> None:
    """Type on a keyboard, or on a gauge that is one."""
    typing = hand.face.wedge.typing
    assert typing is not None
    typing.typed(text)
    typing.entered()


def stage(hand: Hand, number: int = HOST) -> str:
    return bench.ticket_of(hand.face.at, code(number)).stage


def diagnosed(hand: Hand) -> None:
    scan(hand, HOST)
    hand.tap("Ouvrir la fiche")
    hand.face.screen.answered("complet", True)
    hand.tap("Pièce manquante")
    hand.tap("Enregistrer le diagnostic")


def at_control(hand: Hand) -> None:
    diagnosed(hand)
    hand.tap("Réparation terminée")
    hand.tap("Essayer")
    hand.face.screen.answered("isolement", 1_500)
    hand.face.screen.answered("aspect", "1")
    hand.tap("Essai réussi")
