"""The first minutes of a newcomer with the phone: what `make phone` enrols and opens, from its labels to the server."""

import csv
import json
import os
import shlex
import subprocess
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

import tests.screens.conftest  # noqa: F401 - the window's settings come before the window
from boucle_field.courier import Line
from boucle_field.headless_parser import parser_of
from boucle_server.demo.people import PIN
from tests.demonstration import own_demonstration
from tests.e2e.commands import House, served
from tests.screens.hand import Hand, closed, opened
from tests.sheet import AT_PARTNER

ROOT = Path(__file__).parents[2]
SIX = 6
OF_MAKE = ("MAKEFLAGS", "MFLAGS", "MAKELEVEL")


@pytest.fixture
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """Serve a copy of the demonstration, as `make demo` does."""
    house = House(data=own_demonstration(tmp_path_factory))
    made = house.boucle("admin", "token", "add", "--name", "essai", "--scopes", "read", "--json")
    house.token = json.loads(made.out)["token"]
    with served(house):
        yield house


def make(target: str, house: House, phone: Path, *options: str) -> subprocess.CompletedProcess[str]:
    """Give what `make` says of a target, with folders of this test and the address of its server alone."""
    words = [target, f"DEMO_DATA={house.data}", f"PHONE_DATA={phone}", f"DEMO_URL={house.address}"]
    # What is installed stays as it is: no test reaches a registry.
    line = ["make", "--old-file=.venv/.run-ready", *options, *words]
    # These tests may be run by `make`, which hands itself on: as its child this one would tell of folders it enters.
    environment = {name: value for name, value in os.environ.items() if name not in OF_MAKE}
    done = subprocess.run(line, cwd=ROOT, capture_output=True, text=True, check=False, env=environment)
    assert done.returncode == 0, done.stdout + done.stderr
    return done


def as_make_opens_it(house: House, phone: Path) -> Hand:
    """Open the app with the very words by which `make phone` ends."""
    last = make("phone", house, phone, "--dry-run").stdout.strip().splitlines()[-1]
    program, *words = shlex.split(last)
    assert program.endswith("/boucle-field"), last
    said = parser_of(words).parse_args(words)
    assert (said.command, said.labels) == ("run", house.data / "labels.csv")
    return opened(said.data, frames=said.frames, labels=said.labels, lang=said.lang)


def sheet(house: House) -> list[dict[str, str]]:
    """Give the labels that hang on crates at the partner of the sheet, as a person reads them."""
    with (house.data / "labels.csv").open(encoding="utf-8-sig", newline="") as rows:
        return [row for row in csv.DictReader(rows) if row["owner"] == AT_PARTNER]


def collected(house: House, codes: list[str]) -> Counter[str]:
    """Count the collections that the server has of each code."""
    histories = {code: house.get(f"/v1/items/{code}/events")["events"] for code in codes}
    return Counter({code: sum(each["kind"] == "item.collected/1" for each in told) for code, told in histories.items()})


@pytest.mark.slow
@pytest.mark.kivy
def test_a_newcomer_takes_six_crates_by_taps_alone_with_the_line_cut_and_nothing_is_lost(
    house: House, tmp_path: Path
) -> None:
    make("phone-enrolled", house, tmp_path / "phone")
    hand = as_make_opens_it(house, tmp_path / "phone")
    six = sheet(house)[:SIX]
    codes = [row["code"] for row in six]
    assert len(codes) == SIX
    before = collected(house, codes)
    try:
        hand.tap("Marc Kessler")
        for digit in PIN:
            hand.tap(digit)
        hand.tap("OK")
        hand.wait(lambda: hand.face.news.line is Line.ONLINE and hand.sees("⇅ 0 à envoyer"))
        hand.tap(f"1. {AT_PARTNER}")
        hand.tap("Reprendre")
        through_the_bar(hand, "Rester hors ligne")
        hand.wait(lambda: hand.sees("Hors ligne"))
        hand.tap("Retour")
        for at, row in enumerate(six, 1):
            hand.tap("Étiquettes d’essai")
            hand.tap(row["printed"])
            assert hand.face.visit is not None
            assert (hand.face.visit.counted, hand.sees("Repris")) == (at, True)
        assert hand.sees(f"⇅ {SIX} à envoyer")
        assert collected(house, codes) == before  # nobody was told yet
        through_the_bar(hand, "Revenir en ligne")
        hand.wait(lambda: hand.sees("⇅ 0 à envoyer") and hand.face.at.outbox.counts().unsent == 0)
        assert hand.sees(f"Envoyés {SIX}")
    finally:
        closed(hand)
    assert collected(house, codes) - before == Counter(codes)


def through_the_bar(hand: Hand, words: str) -> None:
    """Tap the bar, which opens the sends, and there the button that says this."""
    hand.tap_bar()
    hand.tap(words)


@pytest.mark.slow
def test_a_phone_that_is_there_already_is_not_enrolled_again(house: House, tmp_path: Path) -> None:
    phone = tmp_path / "phone"
    told = make("phone-enrolled", house, phone)
    # It does by itself what follows, so that it asks nobody for it and warns of nothing.
    assert (told.stderr, "sync" in told.stdout, house.address in told.stdout) == ("", False, False), told
    kept = sorted((file.name, file.read_bytes()) for file in phone.rglob("*") if file.is_file())
    assert kept
    make("phone-enrolled", house, phone)
    assert sorted((file.name, file.read_bytes()) for file in phone.rglob("*") if file.is_file()) == kept
