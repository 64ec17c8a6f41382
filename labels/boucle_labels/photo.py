"""A picture made into a photo: small, upright, and without a word about where and with what it was taken.

The one place that writes photos, of a phone's camera and of a file that a browser sends.
"""

from io import BytesIO
from typing import Final

from PIL import Image

from boucle.photo import Picture, look

MAX_SIDE: Final = 1600
"""Pixels of the longer side: a label of a part in a whole view of it stays readable."""
MAX_BYTES: Final = 300_000
_QUALITIES: Final = (82, 70, 58, 45)
_SMALLER: Final = 0.7


def photo_of(picture: Image.Image) -> bytes:
    """Make a photo of a picture: at most 300 kB, nothing in it but the picture."""
    # A fresh image: whatever the old one carried beside its pixels stays behind.
    bare = Image.new("RGB", picture.size, "white")
    bare.paste(picture.convert("RGB"))
    bare.thumbnail((MAX_SIDE, MAX_SIDE))
    while True:
        for quality in _QUALITIES:
            content = _written(bare, quality)
            if len(content) <= MAX_BYTES:
                found = look(content)
                if not isinstance(found, Picture):
                    raise TypeError(f"a photo of our own is none: {found}")
                return content
        bare = bare.resize((max(1, round(bare.width * _SMALLER)), max(1, round(bare.height * _SMALLER))))


def _written(picture: Image.Image, quality: int) -> bytes:
    target = BytesIO()
    picture.save(target, "JPEG", quality=quality, optimize=True)
    return target.getvalue()
