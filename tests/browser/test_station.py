"""The scan station in a real Chromium: a keyboard-wedge scanner loses no code, with the page's script or without."""

import json
import time
from collections import Counter
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pytest
import sqlalchemy as sa

from boucle.clock import SystemClock
from boucle.codes import Kind
from boucle.commands import Command, command_code
from boucle.photo import Picture, look
from boucle_server.db import Database
from boucle_server.demo.people import PASSWORD
from boucle_server.organisations import SERVER_DEV
from boucle_server.read_tables import BINDING, ITEM
from boucle_server.settings import Settings
from boucle_server.tables import PHOTO, RECORD
from tests.browser.keyboard import Keyboard
from tests.browser.test_photo_by_hand import a_picture
from tests.e2e.commands import House

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]

PATIENCE_S = 60
DRIVER = "chauffeur"


@pytest.fixture(scope="module")
def away(house: House) -> dict[str, list[str]]:
    """Give the codes of the crates that stand at each partner's place."""
    query = (
        sa.select(BINDING.c.code, ITEM.c.state)
        .join(ITEM, (ITEM.c.org == BINDING.c.org) & (ITEM.c.item == BINDING.c.item))
        .where(ITEM.c.stage == "at_partner", BINDING.c.code.startswith(f"{Kind.CONTAINER.value}/"))
    )
    found: dict[str, list[str]] = {}
    for code, state in rows(house, query):
        found.setdefault(json.loads(state)["place"], []).append(code.partition("/")[2])
    return found


def rows(house: House, query: sa.Select[Any]) -> list[Any]:
    database = Database.open(Settings(data=house.data))
    try:
        with database.reading() as connection:
            return list(connection.execute(query))
    finally:
        database.close()


def recorded(house: House, codes: list[str], since_ms: int) -> Counter[str]:
    """Count the kinds of what was recorded of some crates since an instant."""
    query = sa.select(RECORD.c.kind).where(
        RECORD.c.subject.in_([f"{Kind.CONTAINER.value}/{code}" for code in codes]), RECORD.c.teff >= since_ms
    )
    return Counter(kind for (kind,) in rows(house, query))


def now_ms() -> int:
    return SystemClock().now_ms()


def task_of(keys: Keyboard) -> str:
    return unquote(keys.url.partition("tache=")[2].partition("&")[0])


def wait_for(keys: Keyboard, words: str) -> None:
    """Wait until the page says something."""
    until = time.monotonic() + PATIENCE_S
    while words not in keys.words:
        assert time.monotonic() < until, f"{words!r} never came: {keys.words}"
        time.sleep(0.1)


def wait_for_page(keys: Keyboard, part: str) -> None:
    """Wait until the address says something, then until its page is whole."""
    until = time.monotonic() + PATIENCE_S
    while part not in unquote(keys.url):
        assert time.monotonic() < until, f"{part!r} never came: {keys.url}"
        time.sleep(0.1)
    keys.ask("settled")


def a_place(away: dict[str, list[str]], n: int) -> tuple[str, list[str]]:
    """Take so many crates from the place that has the most of them; a stop of today is counted as one, so once."""
    place = max(away, key=lambda each: len(away[each]))
    taken = away.pop(place)[:n]
    assert len(taken) == n
    return place, taken


@pytest.mark.story(6)
def test_twenty_codes_typed_as_fast_as_a_scanner_types_are_twenty_events(
    open_keyboard: Keyboard, house: House, away: dict[str, list[str]]
) -> None:
    keys = open_keyboard
    keys.open(scripts=True)
    keys.sign_in(DRIVER, PASSWORD)
    place, codes = a_place(away, 20)
    since = now_ms()
    keys.goto(f"/saisie/reprendre?lieu={place}")
    keys.ask("type", text="".join(f"HTTPS://BOUCLE.EXAMPLE/C/{code}\n" for code in codes))
    wait_for(keys, "20 /")
    assert recorded(house, codes, since) == {"item.collected/1": 20}
    assert keys.ask("focused")["field"] == "codes"
    keys.ask("press", key="F8")
    wait_for(keys, "19 /")


def test_a_scanner_that_ends_its_codes_by_tab_or_by_silence_loses_none(
    open_keyboard: Keyboard, house: House, away: dict[str, list[str]]
) -> None:
    keys = open_keyboard
    keys.open(scripts=True)
    keys.sign_in(DRIVER, PASSWORD)
    place, codes = a_place(away, 4)
    since = now_ms()
    keys.goto(f"/saisie/reprendre?lieu={place}")
    for code in codes[:3]:
        keys.ask("type", text=f"HTTPS://BOUCLE.EXAMPLE/C/{code}")
        keys.ask("press", key="Tab")
    wait_for(keys, "3 /")
    keys.ask("type", text=f"HTTPS://BOUCLE.EXAMPLE/C/{codes[3]}")
    wait_for(keys, "4 /")
    assert recorded(house, codes, since) == {"item.collected/1": 4}


def test_a_scanner_that_pauses_within_a_code_is_not_cut(
    open_keyboard: Keyboard, house: House, away: dict[str, list[str]]
) -> None:
    keys = open_keyboard
    keys.open(scripts=True)
    keys.sign_in(DRIVER, PASSWORD)
    place, codes = a_place(away, 2)
    since = now_ms()
    keys.goto(f"/saisie/reprendre?lieu={place}")
    for code in codes:
        text = f"HTTPS://BOUCLE.EXAMPLE/C/{code}"
        keys.ask("type", text=text[:-6])
        time.sleep(0.5)
        keys.ask("type", text=text[-6:])
        time.sleep(0.5)
    wait_for(keys, "2 /")
    assert recorded(house, codes, since) == {"item.collected/1": 2}


def test_what_is_scanned_while_the_server_cannot_be_reached_waits_and_is_recorded_once(
    open_keyboard: Keyboard, house: House, away: dict[str, list[str]]
) -> None:
    keys = open_keyboard
    keys.open(scripts=True)
    keys.sign_in(DRIVER, PASSWORD)
    place, codes = a_place(away, 3)
    since = now_ms()
    keys.goto(f"/saisie/reprendre?lieu={place}")
    keys.ask("offline", on=True)
    keys.ask("type", text="".join(f"{code}\n" for code in codes))
    wait_for(keys, "3 en attente")
    keys.ask("offline", on=False)
    wait_for(keys, "3 /")
    assert "en attente" not in keys.words
    assert recorded(house, codes, since) == {"item.collected/1": 3}


def test_the_station_works_by_keyboard_alone_and_without_any_script(
    keys: Keyboard, house: House, away: dict[str, list[str]]
) -> None:
    keys.sign_in(DRIVER, PASSWORD)
    place, codes = a_place(away, 3)
    since = now_ms()
    keys.goto("/saisie")
    keys.ask("type", text=command_code(Command.COLLECT).text)
    keys.ask("follow", key="Enter")
    assert keys.url == "/saisie/reprendre"
    keys.ask("type", text=place)  # the field of the place has the focus
    keys.ask("follow", key="Enter")
    for code in codes:
        keys.ask("type", text=code)  # and so has the field of scans, after each of them
        keys.ask("follow", key="Enter")
        assert "Repris" in keys.words
    task = task_of(keys)
    assert recorded(house, codes, since) == {"item.collected/1": 3}
    keys.follow("Annuler le dernier")
    assert "Annulé" in keys.words
    assert keys.ask("focused")["field"] == "codes"
    keys.follow("Annuler\n– ")  # the line's own
    assert "Annulé" in keys.words
    assert task_of(keys) == task


def homes(house: House, stage: str) -> list[str]:
    """Give the codes of crates that stand at Strasbourg in a stage."""
    query = (
        sa.select(BINDING.c.code, ITEM.c.state)
        .join(ITEM, (ITEM.c.org == BINDING.c.org) & (ITEM.c.item == BINDING.c.item))
        .where(ITEM.c.stage == stage, BINDING.c.code.startswith(f"{Kind.CONTAINER.value}/"))
    )
    return [code.partition("/")[2] for code, state in rows(house, query) if json.loads(state)["site"] == "strasbourg"]


def test_a_photo_is_added_to_a_line_without_any_script(keys: Keyboard, house: House, tmp_path: Path) -> None:
    (code,) = homes(house, "available")[:1]
    keys.sign_in("magasinier", PASSWORD)
    keys.goto("/saisie/trier?lieu=strasbourg&d.verdict=dirty")
    keys.ask("type", text=code)
    keys.ask("follow", key="Enter")
    keys.follow("Photo")
    assert "Joindre une photo" in keys.words
    taken = a_picture(tmp_path / "sale.jpg")
    keys.ask("picture", selector="#f-photo", file=str(taken))
    keys.follow("Joindre")
    assert "Photo jointe." in keys.words, keys.words
    contents = [bytes(row.content) for row in rows(house, sa.select(PHOTO.c.content).where(PHOTO.c.dev == SERVER_DEV))]
    assert len(contents) == 1
    assert len(contents[0]) <= 300_000
    assert isinstance(look(contents[0]), Picture)


def test_of_two_controls_scanned_at_once_the_second_waits_for_the_first(open_keyboard: Keyboard, house: House) -> None:
    keys = open_keyboard
    keys.open(scripts=True)
    keys.sign_in("magasinier", PASSWORD)
    first, second = homes(house, "available")[1:3]
    since = now_ms()
    keys.goto("/saisie/controler?lieu=strasbourg")
    keys.ask("type", text=f"{first}\n{second}\n")
    for code in (first, second):
        wait_for_page(keys, code)
        keys.follow("Bon")
    wait_for_page(keys, "tache=")
    assert "Contrôlé" in keys.words
    assert recorded(house, [first, second], since) == {"item.sorted/1": 2}


def test_somebody_signs_at_a_stop_with_a_pointer_and_the_slip_shows_it(open_keyboard: Keyboard, house: House) -> None:
    keys = open_keyboard
    keys.open(scripts=True)
    keys.sign_in("responsable", PASSWORD)
    keys.goto("/tournees")
    keys.goto(str(keys.ask("href", selector="main a[rel='prev']")))
    keys.goto(str(keys.ask("links", selector="main tbody th a")[-1]))  # the latest: a stop is open for a week
    keys.goto(str(keys.ask("href", selector="main a[href^='/saisie/arret']")))
    keys.write("Mme Ünal-Roth", field="signer")
    keys.ask("draw", selector="canvas.signing")
    assert "Signé" in keys.ask("text", selector="#signing-told")
    keys.follow("Valider l’arrêt")
    assert "Mme Ünal-Roth" in keys.words
    signed = [
        bytes(row.priv)
        for row in rows(house, sa.select(RECORD.c.priv).where(RECORD.c.kind == "stop.validated/1"))
        if row.priv
    ]
    drawn = [json.loads(each)["signature"] for each in signed if "Ünal-Roth" in json.loads(each).get("signer", "")]
    (strokes,) = drawn
    assert len(strokes) == 1
    assert len(strokes[0]) >= 6
    assert all(0 <= each <= 1000 for each in strokes[0])
