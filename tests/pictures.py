"""`make pictures`: every picture of the README, from the demonstration, its real pages, the app's real window."""

import json
import shutil
import sqlite3
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Final

import pypdfium2
from PIL import Image

import tests.conftest
import tests.screens.conftest  # noqa: F401 - the window's settings come before the window
from boucle.codes import Kind, mint
from boucle.lifecycle import Stage
from boucle_field.courier import Line
from boucle_server.demo.checklists import MOTOR
from boucle_server.demo.people import PASSWORD, PIN
from tests.browser.keyboard import Keyboard, keyboard
from tests.e2e.commands import House, run, served
from tests.film import PARTNER, film, prepared, seen
from tests.screens.hand import Hand, closed, opened
from tests.sheet import AT_HOME, AT_PARTNER, BASE, drivers_phone, labels

PICTURES: Final = Path(__file__).parents[1] / "docs" / "pictures"
FILM: Final = "scan-hors-ligne.webp"
OUTCOMES: Final = "six-issues.webp"
SHEET: Final = "planche.webp"
STOP: Final = "arret.webp"
STOP_SCREENS: Final = ("stop", "scan", "signed")
CERTIFICATE: Final = "certificat.webp"
FILM_WIDTH, SCREEN_WIDTH, SHEET_WIDTH = 300, 232, 560
CERTIFICATE_DPI: Final = 110
OF_OUTCOMES: Final = 3
"""Crates of the sheet that the six outcomes are shown with."""
GAP = 12
QUALITY = 72
PAGES: Final = {"tableau.webp": 960, "a-traiter.webp": 960, "partenaire.webp": 960, "objet.webp": 960,
                "atelier.webp": 960, "page-publique.webp": 300}  # fmt: skip
"""Pictures of pages, and how wide each is kept, in pixels."""
NAMES: Final = frozenset({FILM, OUTCOMES, SHEET, STOP, CERTIFICATE, *PAGES})


def main(target: Path = PICTURES) -> int:
    """Make every picture anew; exit 1 by whatever does not work on the way."""
    work = Path(tempfile.mkdtemp(prefix="boucle-pictures-"))
    try:
        run("boucle", "demo", "--data", work / "data", "--seed-only")
        shutil.rmtree(target, ignore_errors=True)
        target.mkdir(parents=True)
        sheet(work, target / SHEET)
        with served(House(data=work / "data")) as house:
            with keyboard(house.address) as keys:
                pages(keys, work, target)
            stop = prepared(house, work / "dock")
            with phone(house, work / "film") as hand:
                reel = film(hand, stop, work)
            reel.save(target / FILM, width=FILM_WIDTH, quality=QUALITY)
            side_by_side([reel.stills[name] for name in STOP_SCREENS], target / STOP)
            with phone(house, work / "outcomes") as hand:
                outcomes(hand, work, target / OUTCOMES)
    finally:
        shutil.rmtree(work, ignore_errors=True)
    made = sorted(target.iterdir())
    assert {each.name for each in made} == NAMES
    size = sum(each.stat().st_size for each in made)
    sys.stdout.write(f"{len(made)} pictures, {size / 1000:.0f} kB\n")
    return 0


def kept(picture: Image.Image, file: Path, *, width: int) -> None:
    """Keep a picture, made narrower."""
    small = picture.resize((width, round(picture.height * width / picture.width)), Image.Resampling.LANCZOS)
    small.save(file, quality=QUALITY, method=6)


def pages(keys: Keyboard, work: Path, target: Path) -> None:
    """Take the pages of the web, as the manager sees them; the public one as a stranger, on a phone."""

    def take(name: str) -> None:
        keys.ask("shot", file=str(work / "page.png"))
        kept(Image.open(work / "page.png").convert("RGB"), target / name, width=PAGES[name])

    keys.open(width=1280, height=860)
    keys.sign_in("responsable", PASSWORD)
    crate = str(keys.ask("href", selector=".steps a[href^='/C/']"))
    for name, path in (
        ("tableau.webp", "/tableau"),
        ("a-traiter.webp", "/a-traiter"),
        ("partenaire.webp", f"/partenaires/{PARTNER}"),
        ("objet.webp", f"/objets{crate.removeprefix('/C')}"),
        ("atelier.webp", "/atelier"),
    ):
        keys.goto(path)
        assert keys.status == 200, path
        take(name)
    certificate(keys, work, target / CERTIFICATE)
    keys.open(width=390, height=760, scale=2)
    keys.goto(crate)
    take("page-publique.webp")


def certificate(keys: Keyboard, work: Path, file: Path) -> None:
    """Take the first page of the certificate of the motor that was requalified last, as it is printed."""
    with closing(sqlite3.connect(work / "data" / "boucle.sqlite3")) as database:
        query = """SELECT code, payload FROM record JOIN binding ON code = subject JOIN item USING (item)
                   WHERE kind = 'work.requalified/1' AND type = ? ORDER BY teff DESC"""
        decided = [(code, json.loads(payload)["body"]) for code, payload in database.execute(query, [MOTOR])]
    code, number = next((code, body["certificate"]) for code, body in decided if "valid_until_ms" in body)
    keys.goto(f"/atelier/certificat/{code.removeprefix('C/')}?numero={number}")
    assert keys.status == 200, code
    keys.follow("Imprimer (PDF)")
    keys.ask("keep", file=str(work / "certificate.pdf"))
    printed = pypdfium2.PdfDocument(work / "certificate.pdf")
    kept(printed[0].render(scale=CERTIFICATE_DPI / 72).to_pil().convert("RGB"), file, width=SHEET_WIDTH)


def sheet(work: Path, file: Path) -> None:
    """Print the labels of the demonstration and take the upper half of the sheet."""
    run("boucle-labels", "sheet", work / "data" / "labels.csv", "--format", "avery-l7160", "--base", BASE.lower(),
        "--out", work / "labels.pdf", "--png", work / "sheet")  # fmt: skip
    page = Image.open(work / "sheet-1.png").convert("RGB")
    kept(page.crop((0, 0, page.width, page.height // 2)), file, width=SHEET_WIDTH)


@contextmanager
def phone(house: House, directory: Path) -> Iterator[Hand]:
    """Open the app of the driver, who has said who he is, on a phone that is enrolled here."""
    hand = opened(drivers_phone(house, directory).data)
    try:
        hand.tap("Marc Kessler")
        for digit in PIN:
            hand.tap(digit)
        hand.tap("OK")
        hand.wait(lambda: hand.face.news.line is Line.ONLINE)
        yield hand
    finally:
        closed(hand)


def gone(data: Path) -> str:
    """Give what a scanner reads from the label of a container that was scrapped last."""
    with sqlite3.connect(data / "boucle.sqlite3") as database:
        query = "SELECT code FROM item JOIN binding USING (org, item) WHERE stage = ? ORDER BY last_teff DESC LIMIT 1"
        (code,) = database.execute(query, [Stage.RETIRED.value]).fetchone()
    return f"{BASE}/{code}"


def outcomes(hand: Hand, work: Path, file: Path) -> None:
    """Scan what leads to each of the six outcomes, and lay the six screens side by side."""
    crates, elsewhere = labels(work / "data", AT_PARTNER), labels(work / "data", AT_HOME)
    unknown = mint(Kind.CONTAINER, lambda size: b"\x2a" * size)
    hand.tap("Autre travail")
    hand.tap("Reprendre")
    hand.tap(AT_PARTNER)
    screens: list[Image.Image] = []
    for crate in crates[: OF_OUTCOMES - 1]:
        hand.scan(crate)
    for text in (
        crates[2],
        crates[1],
        elsewhere[0],
        unknown.url(BASE.lower()),
        gone(work / "data"),
        "https://elsewhere.example/x",
    ):
        hand.scan(text)
        screens.append(seen(hand, work / "screen.png"))
    side_by_side(screens, file)


def side_by_side(screens: Sequence[Image.Image], file: Path) -> None:
    """Lay screens side by side."""
    width, height = screens[0].size
    strip = Image.new("RGB", (len(screens) * (width + GAP) - GAP, height), "white")
    for at, screen in enumerate(screens):
        strip.paste(screen, (at * (width + GAP), 0))
    kept(strip, file, width=len(screens) * SCREEN_WIDTH)


if __name__ == "__main__":
    sys.stderr = sys.__stderr__  # Kivy took it for its log: what goes wrong here would be said nowhere
    sys.exit(main())
