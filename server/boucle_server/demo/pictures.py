"""Photos of the demonstration: plain drawings of things that nobody owns, as small and bare as those of a phone."""

from collections.abc import Mapping
from enum import StrEnum
from functools import cache
from io import BytesIO
from random import Random
from types import MappingProxyType
from typing import Any, Final

from PIL import Image, ImageDraw

from boucle.photo import JPEG, Picture, look
from boucle.wire import digest
from boucle_server.demo.chance import Chance

SIZE: Final = (640, 480)
VARIANTS: Final = 8
"""Drawings of each scene: a photo is kept under its hash, so a drawing that is shown often is kept once."""
_QUALITY: Final = 72
_FLOOR: Final = 330
_WALLS: Final = ("#c9cdd1", "#d5cfc6", "#c4ccc6", "#cfcfd6")
_FLOORS: Final = ("#8f949a", "#9a9388", "#868f88", "#92929c")
_PAINTS: Final = ("#2f6f9f", "#3c7a4e", "#b0562f", "#5b5f66", "#a8862a", "#6d4a7d")
_INK: Final = "#2b2b2b"
_LIGHT: Final = "#e9e9e4"


class Scene(StrEnum):
    """What a drawing shows."""

    CRATE = "crate"
    """A crate with a crack, or a corner that is broken off."""
    MOTOR = "motor"
    SCRAP = "scrap"
    """Pieces that nobody repairs."""
    STACK = "stack"
    """Crates as they wait at a partner's."""


def photo(scene: Scene, chance: Chance) -> list[dict[str, Any]]:
    """Give what an event says that announces one photo of a scene."""
    return _announcements(scene)[chance.between(0, VARIANTS - 1)]


def broken_crate() -> tuple[bytes, Picture]:
    """Give the photo that a stranger takes of a broken crate."""
    content = _drawn(Scene.CRATE, 0)
    found = look(content)
    assert isinstance(found, Picture)
    return content, found


def never_sent() -> list[dict[str, Any]]:
    """Give what an event says that announces a photo which was lost with the memory card that it stood on."""
    return [{"sha256": digest(b"lost with its memory card"), "size": 184_213, "type": JPEG}]


@cache
def drawn() -> Mapping[str, bytes]:
    """Give every drawing there is by the hash under which it is announced."""
    drawings = (_drawn(scene, number) for scene in Scene for number in range(VARIANTS))
    return MappingProxyType({digest(each): each for each in drawings})


@cache
def _announcements(scene: Scene) -> list[list[dict[str, Any]]]:
    drawings = [_drawn(scene, number) for number in range(VARIANTS)]
    return [[{"sha256": digest(each), "size": len(each), "type": JPEG}] for each in drawings]


@cache
def _drawn(scene: Scene, number: int) -> bytes:
    """Draw a scene, the same at each call."""
    random = Random(f"{scene}/{number}")
    picture = Image.new("RGB", SIZE, random.choice(_WALLS))
    draw = ImageDraw.Draw(picture)
    draw.rectangle((0, _FLOOR, *SIZE), fill=random.choice(_FLOORS))
    _SCENES[scene](draw, random)
    target = BytesIO()
    picture.save(target, "JPEG", quality=_QUALITY)
    return target.getvalue()


def _box(draw: ImageDraw.ImageDraw, at: tuple[int, int], size: tuple[int, int], paint: str) -> None:
    """Draw an open crate from the front, with its rim, its ribs, its grip and its label."""
    (x, y), (wide, high) = at, size
    draw.rectangle((x, y, x + wide, y + high), fill=paint, outline=_INK, width=3)
    draw.rectangle((x - 8, y - 14, x + wide + 8, y + 10), fill=paint, outline=_INK, width=3)
    for rib in range(1, 5):
        draw.line((x + rib * wide // 5, y + 12, x + rib * wide // 5, y + high), fill=_INK, width=1)
    draw.rounded_rectangle((x + wide // 2 - 40, y + 24, x + wide // 2 + 40, y + 46), 10, fill=_INK)
    draw.rectangle((x + wide - 74, y + high - 64, x + wide - 20, y + high - 18), fill=_LIGHT, outline=_INK)


def _crack(draw: ImageDraw.ImageDraw, random: Random, at: tuple[int, int], *, steps: int = 7) -> None:
    points = [at]
    for _ in range(steps):
        x, y = points[-1]
        points.append((x + random.randint(-16, 26), y + random.randint(10, 30)))
    draw.line(points, fill="#f4f1e8", width=7, joint="curve")
    draw.line(points, fill=_INK, width=3, joint="curve")


def _crate(draw: ImageDraw.ImageDraw, random: Random) -> None:
    x, y = random.randint(110, 170), random.randint(140, 180)
    wide, high = random.randint(320, 380), random.randint(190, 230)
    _box(draw, (x, y), (wide, high), random.choice(_PAINTS))
    if random.random() < 0.5:  # noqa: PLR2004 - one or the other
        _crack(draw, random, (x + random.randint(40, wide - 120), y + 8))
    else:
        corner = [(x + wide + 8, y - 14), (x + wide - random.randint(50, 90), y - 14), (x + wide + 8, y + 90)]
        draw.polygon(corner, fill=_LIGHT, outline=_INK)


def _motor(draw: ImageDraw.ImageDraw, random: Random) -> None:
    x, y, paint = random.randint(130, 190), random.randint(150, 190), random.choice(_PAINTS)
    draw.rectangle((x - 20, y + 170, x + 340, y + 196), fill=_INK)
    draw.rounded_rectangle((x, y, x + 270, y + 174), 40, fill=paint, outline=_INK, width=3)
    for fin in range(8):
        draw.line((x + 30 + fin * 28, y + 6, x + 30 + fin * 28, y + 168), fill=_INK, width=2)
    draw.rectangle((x + 270, y + 68, x + 350, y + 106), fill="#b9bdc2", outline=_INK, width=3)
    draw.rectangle((x + 80, y - 44, x + 190, y + 2), fill=paint, outline=_INK, width=3)
    draw.rectangle((x + 96, y - 34, x + 174, y - 8), fill=_LIGHT, outline=_INK)


def _scrap(draw: ImageDraw.ImageDraw, random: Random) -> None:
    paints = random.sample(_PAINTS, 3)
    for _ in range(26):
        x, y = random.randint(90, 520), random.randint(250, 420)
        piece = [(x + random.randint(-54, 54), y + random.randint(-34, 34)) for _ in range(random.randint(3, 5))]
        draw.polygon(piece, fill=random.choice(paints), outline=_INK)


def _stack(draw: ImageDraw.ImageDraw, random: Random) -> None:
    paint, left = random.choice(_PAINTS), random.randint(50, 90)
    for column in range(random.randint(2, 3)):
        for row in range(random.randint(2, 4)):
            _box(draw, (left + column * 180, 330 - row * 92), (156, 82), paint)


_SCENES: Final = {Scene.CRATE: _crate, Scene.MOTOR: _motor, Scene.SCRAP: _scrap, Scene.STACK: _stack}
