"""`make pictures`: every picture of the README, from the demonstration, its real pages, the app's real window."""

import io
import shutil
import sqlite3
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from PIL import Image

import tests.conftest
import tests.screens.conftest  # noqa: F401 - the window's settings come before the window
from boucle.codes import Kind, mint
from boucle.lifecycle import Stage
from boucle_field.courier import Line
from boucle_server.demo.people import PASSWORD, PIN
from tests.browser.keyboard import Keyboard, keyboard
from tests.e2e.commands import House, run, served
from tests.screens.hand import Hand, closed, opened
from tests.sheet import AT_HOME, AT_PARTNER, BASE, drivers_phone, labels

PICTURES: Final = Path(__file__).parents[1] / "docs" / "pictures"
FILM: Final = "scan-hors-ligne.webp"
OUTCOMES: Final = "six-issues.webp"
SHEET: Final = "planche.webp"
FILM_WIDTH, SCREEN_WIDTH, SHEET_WIDTH = 300, 232, 560
OF_OUTCOMES: Final = 3
"""Crates of the sheet that the six outcomes are shown with; the moving picture has the next ones."""
GAP = 12
QUALITY = 72
PARTNER = "/partenaires/rhin-plasturgie"
PAGES: Final = {"tableau.webp": 960, "a-traiter.webp": 960, "partenaire.webp": 960, "objet.webp": 960,
                "page-publique.webp": 300}  # fmt: skip
"""Pictures of pages, and how wide each is kept, in pixels."""
NAMES: Final = frozenset({FILM, OUTCOMES, SHEET, *PAGES})


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
            with phone(house, work / "outcomes") as hand:
                outcomes(hand, work, target / OUTCOMES)
            with phone(house, work / "film") as hand:
                film(hand, work, target / FILM)
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
        ("partenaire.webp", PARTNER),
        ("objet.webp", f"/objets{crate.removeprefix('/C')}"),
    ):
        keys.goto(path)
        assert keys.status == 200, path
        take(name)
    keys.open(width=390, height=760, scale=2)
    keys.goto(crate)
    take("page-publique.webp")


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


def seen(hand: Hand, work: Path) -> Image.Image:
    """Give what stands on the screen."""
    hand.picture(work / "screen.png")
    return Image.open(io.BytesIO((work / "screen.png").read_bytes())).convert("RGB")


def film(hand: Hand, work: Path, file: Path) -> None:
    """Scan, lose the network, scan on, come back: frame by frame, as an animated picture."""
    frames: list[tuple[Image.Image, int]] = []
    crates = labels(work / "data", AT_PARTNER)[OF_OUTCOMES:][:8]

    def frame(duration_ms: int) -> None:
        frames.append((seen(hand, work), duration_ms))

    frame(1200)
    hand.tap("Autre travail")
    frame(700)
    hand.tap("Reprendre")
    frame(900)
    hand.tap(AT_PARTNER)
    frame(1000)
    for crate in crates[:2]:
        hand.scan(crate)
        frame(700)
    hand.face.toggle_line()
    hand.wait(lambda: hand.sees("Hors ligne"))
    frame(1300)
    for crate in crates[2:]:
        hand.scan(crate)
        frame(500)
    frame(900)
    hand.tap("Terminer")
    frame(1200)
    hand.tap("Valider")
    hand.face.open_sends()
    frame(1500)
    hand.tap("Revenir en ligne")
    hand.wait(lambda: hand.face.at.outbox.counts().unsent == 0 and hand.sees("⇅ 0"))
    hand.tap("Envoyés")
    frame(3000)
    small = [picture.resize((FILM_WIDTH, round(picture.height * FILM_WIDTH / picture.width)), Image.Resampling.LANCZOS)
             for picture, _ in frames]  # fmt: skip
    small[0].save(file, save_all=True, append_images=small[1:], duration=[each for _, each in frames], loop=0,
                  quality=QUALITY, method=6, minimize_size=True)  # fmt: skip


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
        screens.append(seen(hand, work))
    width, height = screens[0].size
    strip = Image.new("RGB", (len(screens) * (width + GAP) - GAP, height), "white")
    for at, screen in enumerate(screens):
        strip.paste(screen, (at * (width + GAP), 0))
    kept(strip, file, width=len(screens) * SCREEN_WIDTH)


if __name__ == "__main__":
    sys.exit(main())
