"""A photo as it may be kept: one JPEG that says nothing about who took it, where, or with what.

Nothing here decodes a picture. Its segments are walked from the first byte to the last, which tells what it is, how
large it would become, and whether anything but the picture is in it, at the price of one pass over the bytes.
"""

import re
from collections.abc import Iterable, Iterator
from enum import StrEnum
from typing import Final, NamedTuple

from boucle.ids import is_digest
from boucle.shape import is_short
from boucle.units import MAX_INT

JPEG: Final = "image/jpeg"
MAX_PHOTO: Final = 1024 * 1024
"""Bytes of a photo; our own phones make them a third of that."""
MAX_PIXELS: Final = 16_000_000
"""Pixels of a photo: 64 MB where a browser shows it, whatever its bytes promise."""
_MAX_SCANS: Final = 64
"""Passes over one picture; a progressive JPEG has about ten, and each costs its reader the whole picture."""

_NONE, _SOI, _EOI, _SOS, _COM = 0x00, 0xD8, 0xD9, 0xDA, 0xFE
_FRAMES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
_APPLICATION = frozenset(range(0xE0, 0xF0))
_ALONE = frozenset({0x01, *range(0xD0, 0xD8)})
_HARMLESS: Final = {0xE0: b"JFIF\0", 0xE2: b"ICC_PROFILE\0", 0xEE: b"Adobe"}
"""The segments that say how to show the picture; all others may say where it was taken."""
_MARKER = re.compile(rb"\xff[\x01-\xcf\xd8-\xfe]")
"""Where the coded picture ends: within it an FF is followed by a zero, a restart mark, or another FF."""
_FRAME_BYTES = 6


class PhotoFlaw(StrEnum):
    """Why bytes are not kept as a photo; the words are `photo.flaw.<value>`."""

    TOO_LARGE = "too_large"
    NO_JPEG = "no_jpeg"
    CUT = "cut"
    TOO_MANY_PIXELS = "too_many_pixels"
    METADATA = "metadata"
    """A position, a camera, a date, a comment, or anything else beside the picture."""


class Picture(NamedTuple):
    """A sound photo, in pixels."""

    width: int
    height: int


class Announced(NamedTuple):
    """A photo as the event that it belongs to announces it."""

    sha256: str
    size: int
    type: str


def announced(photos: Iterable[object]) -> tuple[Announced, ...]:
    """Give the photos that an event announces, each once; entries that announce none are passed over."""
    found: dict[str, Announced] = {}
    for photo in photos:
        if isinstance(photo, dict) and isinstance(photo.get("sha256"), str) and is_digest(photo["sha256"]):
            size, kind = photo.get("size", 0), photo.get("type", "")
            counted = isinstance(size, int) and not isinstance(size, bool) and 0 <= size <= MAX_INT
            named = isinstance(kind, str) and is_short(kind)
            one = Announced(photo["sha256"], size if counted else 0, kind if named else "")
            found.setdefault(one.sha256, one)
    return tuple(found.values())


def look(content: bytes) -> Picture | PhotoFlaw:
    """Say what a photo is, or why it is none that may be kept."""
    if len(content) > MAX_PHOTO:
        return PhotoFlaw.TOO_LARGE
    if not content.startswith(bytes([0xFF, _SOI])):
        return PhotoFlaw.NO_JPEG
    picture, scans = Picture(0, 0), 0
    try:
        for code, body in _segments(content):
            if code == _EOI:
                return _ended(picture, scans=scans, rest=body)
            scans += code == _SOS
            if code == _NONE or scans > _MAX_SCANS:
                return PhotoFlaw.NO_JPEG
            if code == _COM or (code in _APPLICATION and not _is_harmless(code, body)):
                return PhotoFlaw.METADATA
            if code in _FRAMES:
                if picture.width or len(body) < _FRAME_BYTES:
                    return PhotoFlaw.NO_JPEG
                picture = Picture(width=(body[3] << 8) + body[4], height=(body[1] << 8) + body[2])
                if picture.width * picture.height > MAX_PIXELS:
                    return PhotoFlaw.TOO_MANY_PIXELS
    except _CutError:
        pass
    return PhotoFlaw.CUT


class _CutError(Exception):
    """The bytes end before what they announce."""


def _segments(content: bytes) -> Iterator[tuple[int, bytes]]:
    """Give each marker with its body, at last the end with whatever follows it; _NONE for what is no marker."""
    at = 2
    while at < len(content):
        begins = at
        while content[at : at + 1] == b"\xff":
            at += 1
        if at == len(content):
            break
        code = content[at] if at > begins else _NONE
        at += 1
        if code in _ALONE:
            continue
        if code in (_NONE, _SOI):
            yield _NONE, b""
        if code == _EOI:
            yield code, content[at:]
        length = int.from_bytes(content[at : at + 2], "big")
        if at + 2 > len(content):
            break
        if length < 2:  # noqa: PLR2004 - it counts its own two bytes
            yield _NONE, b""
        if at + length > len(content):
            break
        yield code, content[at + 2 : at + length]
        at += length
        if code == _SOS:
            following = _MARKER.search(content, at)
            at = following.start() if following else len(content)
    raise _CutError


def _ended(picture: Picture, *, scans: int, rest: bytes) -> Picture | PhotoFlaw:
    if rest:
        return PhotoFlaw.METADATA
    return picture if picture.width and picture.height and scans else PhotoFlaw.NO_JPEG


def _is_harmless(code: int, body: bytes) -> bool:
    return code in _HARMLESS and body.startswith(_HARMLESS[code])
