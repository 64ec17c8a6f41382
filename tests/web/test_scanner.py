"""The sheet that sets a scanner up: its label reads back as itself, and each way in which it may come is told."""

from typing import Final
from urllib.parse import quote

import pytest
from PIL import Image

from boucle.codes import Label, read_label
from boucle.commands import find_command, trial_code
from boucle.roles import Role
from boucle.wedge import scramble
from boucle.words import say
from boucle_labels.reading import ZxingDecoder
from boucle_server.web.symbols import symbol
from tests.api.serving import Served
from tests.builders import code
from tests.server.people import an_org
from tests.web.browser import opened, signed_in

PATH: Final = "/saisie/lecteur"
URL: Final = trial_code().url("https://boucle.example")
SCALE: Final = 6


async def tried(served: Served, text: str) -> str:
    return (await opened(served, f"{PATH}?essai={quote(text, safe='')}")).text


def plain(key: str) -> str:
    return " ".join(say(key, "fr").replace("\u202f", " ").split())


async def test_who_only_reads_is_not_shown_the_sheet(served: Served) -> None:
    an_org(served.database)
    await signed_in(served, Role.READER)
    assert (await opened(served, PATH)).status == 403


async def test_who_scans_finds_the_sheet_from_the_station(served: Served) -> None:
    an_org(served.database)
    await signed_in(served, Role.WAREHOUSE)
    assert PATH in (await opened(served, "/saisie")).attributes("a", "href")
    page = await opened(served, PATH)
    assert page.status == 200
    assert trial_code().grouped in page.text


async def test_the_label_on_the_sheet_is_read_by_a_scanner_and_is_no_command(served: Served) -> None:
    an_org(served.database)
    await signed_in(served, Role.WAREHOUSE)
    path = (await opened(served, PATH)).attributes("path", "d")[-1]
    size = symbol(URL).size + 8
    picture = Image.new("L", (size, size), 255)
    for piece in path.split("z")[:-1]:
        x, _, rest = piece.removeprefix("M").partition(" ")
        y, _, width = rest.partition("v")[0].partition("h")
        for column in range(int(x), int(x) + int(width)):
            picture.putpixel((column + 4, int(y) + 4), 0)
    (found,) = ZxingDecoder().decode(picture.resize((size * SCALE, size * SCALE), Image.Resampling.NEAREST))
    label = read_label(found.scanned)
    assert isinstance(label, Label)
    assert label.code == trial_code()
    assert find_command(trial_code()) is None


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (URL, "web.scanner_good"),
        (f"]Q1{URL}", "web.scanner_good"),
        (str(scramble(URL)), "web.scanner_repaired"),
        (f"SCAN{URL}", "web.scanner_more"),
        (f"https://boucle.example/{code(1)}", "web.scanner_other"),
        (URL[:-1], "web.scanner_wrong"),
        ("4006381333931", "web.scanner_wrong"),
    ],
)
async def test_each_way_in_which_the_label_may_come_is_told(served: Served, text: str, told: str) -> None:
    an_org(served.database)
    await signed_in(served, Role.WAREHOUSE)
    said = await tried(served, text)
    assert plain(told) in said
    assert (text in said) is (told == "web.scanner_wrong")


async def test_a_long_or_hostile_text_is_told_and_cut(served: Served) -> None:
    an_org(served.database)
    await signed_in(served, Role.WAREHOUSE)
    said = await tried(served, "<script>alert(1)</script>" * 40)
    assert plain("web.scanner_wrong") in said
    assert said.count("alert(1)") < 6
