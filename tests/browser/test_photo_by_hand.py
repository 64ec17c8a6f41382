"""A photo of a form in a real Chromium: a large picture with a position in it arrives small, bare and whole."""

import sqlite3
from contextlib import closing
from io import BytesIO
from pathlib import Path
from random import Random

import pytest
from PIL import Image

from boucle.photo import Picture, look
from boucle_server.demo.people import PASSWORD
from tests.browser.keyboard import Keyboard
from tests.e2e.commands import House

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]

OPEN = "/atelier/ouvrir"


def a_picture(path: Path) -> Path:
    """Write a picture of 12 million pixels as a camera does: noisy, on its side, with a position."""
    noise = Image.frombytes("RGB", (400, 300), Random(1).randbytes(400 * 300 * 3)).resize((4000, 3000))
    tags = Image.Exif()
    tags[0x0112] = 6
    tags.get_ifd(0x8825)[1] = "N"
    noise.save(path, "JPEG", quality=95, exif=tags)
    return path


def test_a_large_picture_goes_with_the_form_small_upright_and_bare(
    keys: Keyboard, house: House, tmp_path: Path
) -> None:
    keys.open(scripts=True)
    keys.sign_in("technicien", PASSWORD)
    keys.goto("/objets?stage=available")
    item = str(keys.ask("href", selector="main tbody th a"))
    keys.goto(OPEN)
    assert "Une photo demande JavaScript" not in keys.words
    keys.write(item.rpartition("/")[2], field="code")
    taken = a_picture(tmp_path / "entree.jpg")
    assert "Photo prête" in keys.ask("picture", selector="#f-photo", file=str(taken), told="#f-photo-told")
    keys.follow("Ouvrir une réparation")
    assert "/atelier/fiche/" in keys.url, keys.words
    with closing(sqlite3.connect(f"file:{house.data / 'boucle.sqlite3'}?mode=ro", uri=True)) as stored:
        (photo,) = stored.execute("SELECT content FROM photo WHERE width NOT IN (0, 640)").fetchall()
    content = bytes(photo[0])
    assert len(content) <= 300_000
    found = look(content)
    assert isinstance(found, Picture)
    assert (3 * found.height, found.height <= 1600) == (4 * found.width, True), "turned upright, as small as a phone's"
    assert not Image.open(BytesIO(content)).getexif()


def test_a_file_that_is_no_picture_is_told_and_not_attached(keys: Keyboard, tmp_path: Path) -> None:
    keys.open(scripts=True)
    keys.sign_in("technicien", PASSWORD)
    keys.goto(OPEN)
    wrong = tmp_path / "photo.jpg"
    wrong.write_bytes(b"\xff\xd8no picture")
    told = keys.ask("picture", selector="#f-photo", file=str(wrong), told="#f-photo-told")
    assert "n’est pas une image" in told


def test_without_scripts_the_file_goes_as_it_is_and_arrives_small_upright_and_bare(
    keys: Keyboard, house: House, tmp_path: Path
) -> None:
    keys.open(scripts=True)
    keys.sign_in("technicien", PASSWORD)
    keys.goto("/objets?stage=available")
    items = keys.ask("links", selector="main tbody th a")
    keys.open()
    keys.sign_in("technicien", PASSWORD)
    keys.goto(OPEN)
    keys.write(str(items[1]).rpartition("/")[2], field="code")
    before = stored(house)
    keys.ask("picture", selector="#f-photo", file=str(a_picture(tmp_path / "entree.jpg")))
    keys.follow("Ouvrir une réparation")
    assert "/atelier/fiche/" in keys.url, keys.words
    (content,) = [each for each in stored(house) if each not in before]
    assert len(content) <= 300_000
    found = look(content)
    assert isinstance(found, Picture)
    assert (3 * found.height, found.height <= 1600) == (4 * found.width, True)
    assert not Image.open(BytesIO(content)).getexif()


def stored(house: House) -> list[bytes]:
    """Give the photos that are kept."""
    with closing(sqlite3.connect(f"file:{house.data / 'boucle.sqlite3'}?mode=ro", uri=True)) as database:
        return [
            bytes(content)
            for (content,) in database.execute("SELECT content FROM photo WHERE content IS NOT NULL ORDER BY sha256")
        ]
