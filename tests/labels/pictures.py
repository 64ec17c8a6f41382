"""Labels and what happens to their pictures on the way: shared by the tests of this folder."""

from __future__ import annotations

import random

import pypdfium2
from PIL import Image, ImageFilter

from boucle.codes import Code, Kind, Label, mint, read_label
from boucle_labels.label import Face
from boucle_labels.reading import Found

BASE = "https://retour.boucle-grandest.fr"


def codes(count: int, kind: Kind = Kind.CONTAINER, seed: int = 7) -> list[Code]:
    source = random.Random(seed)
    return [mint(kind, source.randbytes) for _ in range(count)]


def faces(count: int, *, name: str = "Bac 600×400 gris", owner: str = "Rhin Plasturgie") -> list[Face]:
    return [Face(code=code, base=BASE, name=name, owner=owner) for code in codes(count)]


def pdf_pages(content: bytes, dpi: int) -> list[Image.Image]:
    document = pypdfium2.PdfDocument(content)
    try:
        return [page.render(scale=dpi / 72, grayscale=True).to_pil() for page in document]
    finally:
        document.close()


def photographed(picture: Image.Image, *, degrees: float = 7, blur: float = 1.5) -> Image.Image:
    """The picture turned on a grey table, and out of focus."""
    turned = picture.convert("L").rotate(degrees, expand=True, fillcolor=170, resample=Image.Resampling.BICUBIC)
    return turned.filter(ImageFilter.GaussianBlur(blur))


def read_codes(found: list[Found]) -> list[Code]:
    """The codes of ours among what was found; anything else fails the test."""
    labels = [read_label(symbol.scanned) for symbol in found]
    assert all(isinstance(label, Label) and label.code is not None for label in labels), labels
    return [label.code for label in labels if isinstance(label, Label) and label.code is not None]
