"""The moving picture of the README: a stop of the round of today, from its plan to the signature, mostly offline."""

import io
import json
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing
from datetime import datetime
from pathlib import Path
from typing import Any, Final, NamedTuple
from zoneinfo import ZoneInfo

from PIL import Image

from boucle.lifecycle import Stage
from boucle.rounds import TABLE
from boucle.telling import Outcome
from tests.e2e.commands import House
from tests.screens.hand import Hand
from tests.sheet import AT_PARTNER, BASE

LONGEST_MS: Final = 20_000
PARTNER: Final = "rhin-plasturgie"
_HOME: Final = "strasbourg"
_MIDNIGHT: Final = 24
_SIGNER: Final = "KLEIN"
_SIGNATURE: Final = (
    ((0.22, 0.75), (0.25, 0.15), (0.24, 0.55), (0.33, 0.18), (0.26, 0.5), (0.35, 0.8), (0.38, 0.45), (0.4, 0.7),
     (0.44, 0.4), (0.46, 0.72), (0.5, 0.48), (0.53, 0.72), (0.58, 0.45), (0.6, 0.7), (0.66, 0.5), (0.74, 0.55)),
    ((0.2, 0.9), (0.5, 0.84), (0.78, 0.88)),
)  # fmt: skip
"""A name and a line below it, in shares of the frame from its upper left corner."""
_SHOWN_EVERY: Final = 4
"""Of the crates that follow the first ones every so many is shown: whoever looks knows by then how it goes."""


class Stop(NamedTuple):
    """What a stop is planned to be: what a scanner reads of the things to take and of those to leave."""

    taken: Sequence[str]
    left: Sequence[str]


class Reel:
    """The frames of the film, each with the time for which it stands; some are kept as pictures by their names."""

    def __init__(self, hand: Hand, work: Path) -> None:
        self._hand, self._file = hand, work / "screen.png"
        self.frames: list[tuple[Image.Image, int]] = []
        self.stills: dict[str, Image.Image] = {}

    def frame(self, duration_ms: int, still: str = "") -> None:
        """Take what stands on the screen."""
        picture = seen(self._hand, self._file)
        self.frames.append((picture, duration_ms))
        if still:
            self.stills[still] = picture

    def save(self, file: Path, *, width: int, quality: int) -> None:
        """Write the film."""
        assert sum(duration for _, duration in self.frames) <= LONGEST_MS
        small = [
            each.resize((width, round(each.height * width / each.width)), Image.Resampling.LANCZOS)
            for each, _ in self.frames
        ]
        durations = [duration for _, duration in self.frames]
        small[0].save(file, save_all=True, append_images=small[1:], duration=durations, loop=0, quality=quality,
                      method=6, minimize_size=True)  # fmt: skip


def seen(hand: Hand, file: Path) -> Image.Image:
    """Give what stands on the screen."""
    hand.picture(file)
    return Image.open(io.BytesIO(file.read_bytes())).convert("RGB")


def prepared(house: House, directory: Path) -> Stop:
    """Have the office plan the round for the hours to come and the dock load what the stop is to be left; give both."""
    key, planned = _round(house.data)
    directory.mkdir()
    file = directory / "rounds.csv"
    file.write_text("\n".join(_on_time(key, planned)), encoding="utf-8")
    house.boucle("import", "rounds", file)
    first = planned["stops"][0]
    assert first["place"] == PARTNER
    taken = [code for kind, n in first["collect"].items() for code in _things(house.data, Stage.AT_PARTNER, kind)[:n]]
    left, to_load = list[str](), list[str]()
    for kind, n in first["deliver"].items():
        on_the_way = _things(house.data, Stage.OUTBOUND, kind)[:n]
        more = _things(house.data, Stage.AVAILABLE, kind)[: n - len(on_the_way)]
        left += [*on_the_way, *more]
        to_load += more
    assert [len(taken), len(left)] == [sum(first[side].values()) for side in ("collect", "deliver")]
    dock = house.phone(directory / "phone", name="Quai", role="magasinier", site=_HOME)
    dock.run("sync")
    dock.run("scan", *to_load, "--do", "ship", "--set", f"to={PARTNER}")
    dock.run("sync")
    return Stop(*([f"{BASE}/{code}" for code in codes] for codes in (taken, left)))


def _round(data: Path) -> tuple[str, Any]:
    """Give the key and the row of the round of today that is nobody's yet: whoever signs in drives it."""
    with closing(sqlite3.connect(data / "boucle.sqlite3")) as database:
        query = "SELECT key, row FROM reference WHERE tbl = ? ORDER BY key DESC"
        rounds = [(key, json.loads(row)) for key, row in database.execute(query, [TABLE])]
    return next((key, row) for key, row in rounds if "person" not in row)


def _on_time(key: str, planned: Any) -> Iterator[str]:
    """Give the lines of a table that plans a round anew with hours that lie ahead: no stop is late in the film."""
    yield "tournée;jour;nom;départ;arrêt;lieu;à partir de;jusqu’à;type;à reprendre;à déposer"
    now = datetime.now(ZoneInfo("Europe/Paris")).hour
    for at, stop in enumerate(planned["stops"]):
        opens, closes = now + at, now + at + 2
        hours = f"{opens:02}:00;{closes:02}:00" if closes < _MIDNIGHT else ";"
        collect, deliver = (stop.get(side, {}) for side in ("collect", "deliver"))
        for kind in {**collect, **deliver}:
            numbers = ";".join(str(side.get(kind, "")) for side in (collect, deliver))
            about = f"{key};{planned['day']};{planned['name']};{planned['home']};{stop['id']};{stop['place']}"
            yield f"{about};{hours};{kind};{numbers}"


def _things(data: Path, stage: Stage, kind: str) -> list[str]:
    """Give the codes of things of a type at home, on the way or at the partner; there none of the sheet of labels."""
    partner = "" if stage is Stage.AVAILABLE else PARTNER
    others = (data / "labels.csv").read_text(encoding="utf-8-sig") if stage is Stage.AT_PARTNER else ""
    query = """SELECT code FROM item JOIN binding USING (org, item)
               WHERE stage = ? AND partner = ? AND type = ? AND site = ? ORDER BY last_teff, code"""
    with closing(sqlite3.connect(data / "boucle.sqlite3")) as database:
        found = database.execute(query, [stage.value, partner, kind, _HOME])
        return [code for (code,) in found if code not in others]


def film(hand: Hand, stop: Stop, work: Path) -> Reel:
    """Drive the stop: what is planned is taken and left, named and signed; it is sent when the line is back."""
    reel = Reel(hand, work)
    reel.frame(1200)
    hand.tap(f"1. {AT_PARTNER}")
    reel.frame(1200, "stop")
    hand.tap("Reprendre")
    _scanned(reel, hand, stop.taken[:2], shown_ms=600, every=1)
    hand.tap_bar()
    hand.tap("Rester hors ligne")
    hand.wait(lambda: hand.sees("Hors ligne"))
    reel.frame(1200)
    hand.tap("Retour")
    _scanned(reel, hand, stop.taken[2:])
    reel.stills["scan"] = reel.frames[-1][0]
    reel.frames[-1] = (reel.frames[-1][0], 800)
    hand.tap("Déposer")
    _scanned(reel, hand, stop.left)
    assert set(hand.ear.heard) == {Outcome.ACCEPTED}
    assert hand.face.visit is not None
    assert hand.face.visit.met == hand.face.visit.wanted == len(stop.left)
    hand.tap("Terminer")
    assert hand.sees("Tout correspond à ce qui était prévu")
    reel.frame(1200)
    _signed(reel, hand)
    hand.tap("Valider")
    reel.frame(1400)
    hand.tap_bar()
    reel.frame(1300)
    hand.tap("Revenir en ligne")
    hand.wait(lambda: hand.face.at.outbox.counts().unsent == 0 and hand.sees("⇅ 0"))
    hand.tap("Envoyés")
    reel.frame(2500)
    return reel


def _scanned(reel: Reel, hand: Hand, texts: Sequence[str], *, shown_ms: int = 280, every: int = _SHOWN_EVERY) -> None:
    for left, text in zip(range(len(texts) - 1, -1, -1), texts, strict=True):
        hand.scan(text)
        if left % every == 0:
            reel.frame(shown_ms)


def _signed(reel: Reel, hand: Hand) -> None:
    hand.tap("Nom du signataire")
    for letter in _SIGNER:
        hand.tap(letter)
    reel.frame(800)
    hand.tap("OK")
    hand.sign(_SIGNATURE)
    reel.frame(1400, "signed")
