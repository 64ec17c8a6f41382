"""Reading codes from a picture: all of this package that a phone installs.

The decoder stands behind `Decoder`, because a phone may bring its own. Nothing here knows what a code
means: `boucle.codes.read_label` judges every text, check characters and all, so that noise taken for
a symbol by the decoder goes no further.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from enum import StrEnum
from io import BytesIO
from pathlib import Path
from typing import Protocol

import zxingcpp
from PIL import Image, ImageOps

from boucle_labels.errors import RefusedError

MAX_PIXELS = 40_000_000
"""A phone's largest ordinary picture; beyond it a small file could fill the memory."""

PICTURE_FORMATS = ("BMP", "JPEG", "PNG", "PPM", "WEBP")
BROWSER_FORMATS = ("JPEG", "PNG", "WEBP")
"""What cameras and browsers send: the others can be written so that reading them takes minutes."""

Point = tuple[int, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """One symbol of a picture.

    `text` has GS1's FNC1 as the group separator; `position` is its four corners in pixels, from the one that
    is at the top left when the symbol is upright, clockwise; `symbology_id` is like `]Q1` (ISO/IEC 15424).
    """

    text: str
    format: str
    position: tuple[Point, Point, Point, Point]
    symbology_id: str

    @property
    def scanned(self) -> str:
        """The text behind its symbology identifier, as a scanner sends it: what `read_label` reads best."""
        return self.symbology_id + self.text

    @property
    def centre(self) -> tuple[float, float]:
        """The middle of its four corners, in pixels."""
        return sum(x for x, _ in self.position) / 4, sum(y for _, y in self.position) / 4


class Decoder(Protocol):
    """Finds the symbols of a picture, or none; never raises on any picture."""

    def decode(self, image: Image.Image) -> list[Found]:
        """Every symbol found, from the top of the picture down."""
        ...


class Effort(StrEnum):
    """How hard to look: LIGHT for a moving preview, FULL for a picture that is held still."""

    LIGHT = "light"
    FULL = "full"


# A crowd confuses the search: of 300 close symbols in one picture none may be found, and never more than 255,
# while a cut into nine and into sixteen overlapping parts finds them all (measured; either alone misses one
# in a hundred on its seams). A symbol as large as the overlap or larger is found in the whole picture.
_CROWD = 20
_CUTS = (3, 4)
_OVERLAP = 0.06

# Small symbols of a crowded picture are found after enlarging (measured: 82 % to 91 % of 60 codes in 720p).
_UPSCALE = 1.6
_UPSCALE_MAX_PIXELS = 12_000_000


class ZxingDecoder:
    """The decoder of zxing-cpp, which lets other threads run while it looks."""

    def __init__(self, effort: Effort = Effort.FULL) -> None:
        self._effort = effort

    def decode(self, image: Image.Image) -> list[Found]:
        """Every symbol found, each place once, from the top of the picture down."""
        if 0 in image.size:
            return []
        grey = image.convert("L")
        found = self._pass(grey)
        if self._effort is Effort.FULL:
            found = self._closer_look(grey, found)
        return sorted(found, key=lambda symbol: (symbol.centre[1], symbol.centre[0]))

    def _closer_look(self, grey: Image.Image, found: list[Found]) -> list[Found]:
        union = found
        if grey.width * grey.height <= _UPSCALE_MAX_PIXELS:
            union = _union(found, self._enlarged_pass(grey))
            if 0 < len(union) == len(found) < _CROWD:
                return union
        for cut in _CUTS:
            union = _union(union, self._pass_in_parts(grey, cut))
        return union

    def _pass(self, grey: Image.Image) -> list[Found]:
        full = self._effort is Effort.FULL
        symbols = zxingcpp.read_barcodes(
            grey,
            formats=_formats(self._effort),
            try_rotate=full,
            try_downscale=full,
            try_invert=full,
            text_mode=zxingcpp.TextMode.Plain,
        )
        return [_found(symbol) for symbol in symbols]

    def _enlarged_pass(self, grey: Image.Image) -> list[Found]:
        size = (round(grey.width * _UPSCALE), round(grey.height * _UPSCALE))
        found = self._pass(grey.resize(size, Image.Resampling.BICUBIC))
        return [_moved(symbol, scale=1 / _UPSCALE) for symbol in found]

    def _pass_in_parts(self, grey: Image.Image, cut: int) -> list[Found]:
        """Read the picture in `cut` times `cut` overlapping parts."""
        found: list[Found] = []
        width, height = (math.ceil(side * (1 / cut + _OVERLAP)) for side in grey.size)
        for column in range(cut):
            for row in range(cut):
                left = (grey.width - width) * column // (cut - 1)
                top = (grey.height - height) * row // (cut - 1)
                part = grey.crop((left, top, left + width, top + height))
                found = _union(found, [_moved(symbol, left=left, top=top) for symbol in self._pass(part)])
        return found


def open_picture(path: Path) -> Image.Image:
    """A picture in memory, upright as its camera says.

    Raises RefusedError for what is missing, no picture, cut short, or larger than MAX_PIXELS.
    """
    return _opened(path, path)


def picture_in(content: bytes, *, name: str, formats: tuple[str, ...] = PICTURE_FORMATS, side: int = 0) -> Image.Image:
    """The picture in the bytes of a file; as `open_picture`.

    One of more than `side` pixels is made smaller before anything else, which takes half the memory.
    """
    return _opened(BytesIO(content), Path(name), formats, side)


def _opened(
    source: Path | BytesIO, path: Path, formats: tuple[str, ...] = PICTURE_FORMATS, side: int = 0
) -> Image.Image:
    try:
        with Image.open(source, formats=formats) as picture:
            if picture.width * picture.height > MAX_PIXELS:
                raise RefusedError("picture_too_large", path=path, limit=MAX_PIXELS // 1_000_000)
            if side:
                picture.thumbnail((side, side))
            picture.load()
            return ImageOps.exif_transpose(_on_white(picture))
    except FileNotFoundError as error:
        raise RefusedError("picture_missing", path=path) from error
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise RefusedError("picture_too_large", path=path, limit=MAX_PIXELS // 1_000_000) from error
    # What Pillow raises on files cut short or put together by hand.
    except (OSError, SyntaxError, ValueError, EOFError) as error:
        raise RefusedError("picture_unreadable", path=path) from error


def _on_white(picture: Image.Image) -> Image.Image:
    if not picture.has_transparency_data:
        return picture.copy()
    # Decoders see nothing of transparency: black symbols on nothing would be black on black.
    coloured = picture.convert("RGBA")
    white = Image.new("RGBA", coloured.size, "white")
    flat = Image.alpha_composite(white, coloured).convert("RGB")
    flat.info.update(picture.info)
    return flat


def _formats(effort: Effort) -> zxingcpp.BarcodeFormats:
    """Give what is looked for, made anew each time: one that a window keeps until the end is told of as a leak."""
    of = zxingcpp.BarcodeFormat
    # Micro QR is left out: in a frame full of codes, noise was once read as one that said "8".
    light = [of.QRCodeModel2, of.DataMatrix, of.Code128]
    return zxingcpp.BarcodeFormats(light if effort is Effort.LIGHT else [*light, of.EANUPC, of.ITF14])


def _found(symbol: zxingcpp.Barcode) -> Found:
    corners = symbol.position
    return Found(
        text=symbol.text,
        format=symbol.symbology.name,
        position=(
            (corners.top_left.x, corners.top_left.y),
            (corners.top_right.x, corners.top_right.y),
            (corners.bottom_right.x, corners.bottom_right.y),
            (corners.bottom_left.x, corners.bottom_left.y),
        ),
        symbology_id=symbol.symbology_identifier,
    )


def _moved(found: Found, *, scale: float = 1, left: int = 0, top: int = 0) -> Found:
    one, two, three, four = ((round(x * scale) + left, round(y * scale) + top) for x, y in found.position)
    return replace(found, position=(one, two, three, four))


def _union(known: list[Found], more: list[Found]) -> list[Found]:
    """Put what a second look found beside the first, each symbol once per place."""
    by_text: dict[str, list[Found]] = {}
    for found in known:
        by_text.setdefault(found.text, []).append(found)
    union = list(known)
    for found in more:
        same = by_text.setdefault(found.text, [])
        if not any(_same_place(found, other) for other in same):
            same.append(found)
            union.append(found)
    return union


def _same_place(one: Found, other: Found) -> bool:
    (ax, ay), (bx, by) = one.centre, other.centre
    xs = [x for x, _ in one.position]
    ys = [y for _, y in one.position]
    reach = max(max(xs) - min(xs), max(ys) - min(ys)) / 2
    return abs(ax - bx) <= reach and abs(ay - by) <= reach
