"""The sheet of labels of the demonstration, so that a newcomer has something to scan without a printer."""

from collections.abc import Sequence
from pathlib import Path
from typing import Final

from boucle_labels import batch, pdf, sheet
from boucle_labels.files import write_bytes
from boucle_labels.label import Face
from boucle_server.demo.ground import BASE
from boucle_server.demo.network import DEPOTS, FIRMS
from boucle_server.demo.year import Sample

CODES: Final = "labels.csv"
PRINTED: Final = "labels.pdf"
_FORMAT: Final = "avery-l7160"
_PLACES: Final = {place.key: place.name for place in (*DEPOTS, *FIRMS)}
_BLANK: Final = "Étiquette vierge"


def write_labels(samples: Sequence[Sample], directory: Path) -> tuple[Path, Path]:
    """Write `labels.csv` and `labels.pdf` into a directory; give both paths."""
    lines = [batch.Line(code=each.code, name=each.name or _BLANK, owner=_where(each)) for each in samples]
    codes, printed = directory / CODES, directory / PRINTED
    write_bytes(codes, batch.written(lines))
    form = sheet.FORMATS[_FORMAT]
    faces = [Face(code=line.code, base=BASE, name=line.name, owner=line.owner) for line in lines]
    pages = list(sheet.pages(faces, sheet.Setting(form=form)))
    write_bytes(printed, pdf.render(pages, width_mm=form.page_width_mm, height_mm=form.page_height_mm))
    return codes, printed


def _where(sample: Sample) -> str:
    return _PLACES.get(sample.where, "")
