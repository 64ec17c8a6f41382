"""Labels for thermal printers as ZPL: each label is the picture that it is, whatever fonts the printer has."""

from collections.abc import Iterable

from PIL import Image

from boucle_labels import png
from boucle_labels.drawing import Shape

DOTS_PER_INCH = {"203dpi": 203, "300dpi": 300}
"""What the heads of thermal printers burn."""
_DARK = 128
_BITS = 8


def zpl(pages: Iterable[tuple[Shape, ...]], *, width_mm: float, height_mm: float, dpi: int) -> bytes:
    """Give the ZPL of labels of one size: as many `^XA … ^XZ` as there are pages, in plain ASCII."""
    pictures = (png.render(page, width_mm=width_mm, height_mm=height_mm, dpi=dpi) for page in pages)
    return "".join(_label(picture) for picture in pictures).encode("ascii")


def _label(picture: Image.Image) -> str:
    """Give one label: its size in dots, then its dots row by row, a set bit for a dark one (`^GFA`)."""
    width, height = picture.size
    row_bytes = -(-width // _BITS)
    # A row of the picture ends on a whole byte: what is beyond its width is white.
    dark = Image.new("1", (row_bytes * _BITS, height), 0)
    dark.paste(picture.point(lambda grey: 255 if grey < _DARK else 0).convert("1"), (0, 0))
    dots = dark.tobytes().hex().upper()
    total = row_bytes * height
    return f"^XA^PW{width}^LL{height}^LH0,0^FO0,0^GFA,{total},{total},{row_bytes},{dots}^FS^XZ\n"
