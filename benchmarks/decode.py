"""How many codes of a picture are read, and how long it takes, beside a plain call of the decoder."""

from random import Random

import zxingcpp
from PIL import Image, ImageFilter

from benchmarks.figures import Figure, at_share, median, seconds
from boucle.codes import Kind, Label, mint, read_label
from boucle_labels import png, sheet
from boucle_labels.label import Face, layout
from boucle_labels.reading import Decoder, Effort, ZxingDecoder

BASE = "https://boucle.example"
ROUNDS = 7
FORM = sheet.FORMATS["avery-l7160"]
FRAME = (1280, 720)


def measure() -> list[Figure]:
    """Measure one label in a camera frame, a crowded frame, and a whole sheet."""
    frames = {
        "one label in a 720p frame": _frame(1, tilt=7, blur=0.8),
        "6 labels in a 720p frame": _frame(6, tilt=7, blur=0.8),
        "24 labels in a 720p frame": _frame(24, tilt=3, blur=0.6),
        "a sheet of 21 labels, 150 dpi, turned by 7° and blurred": _sheet(tilt=7, blur=0.8),
    }
    return [
        _timed(f"{name}, effort {effort}", picture, codes, ZxingDecoder(effort))
        for name, (picture, codes) in frames.items()
        for effort in (Effort.LIGHT, Effort.FULL)
    ]


def _timed(job: str, picture: Image.Image, codes: set[str], decoder: Decoder) -> Figure:
    times, plain = [], []
    grey = picture.convert("L")
    for _ in range(ROUNDS):
        times.append(1000 * seconds(lambda: decoder.decode(picture)))
        plain.append(1000 * seconds(lambda: zxingcpp.read_barcodes(grey)))
    read = {label.key for one in decoder.decode(picture) if isinstance(label := read_label(one.scanned), Label)}
    bare = {label.key for one in zxingcpp.read_barcodes(grey) if isinstance(label := read_label(one.text), Label)}
    return Figure(
        job=job,
        value=median(times),
        unit="ms",
        baseline=f"`zxingcpp.read_barcodes`, which read {len(bare & codes)} of {len(codes)}",
        baseline_value=median(plain),
        ratio=median(times) / median(plain),
        goal="every code read",
        met=read == codes,
        note=f"{len(read & codes)} of {len(codes)} codes read, {len(read - codes)} wrong; "
        f"p95 {at_share(times, 0.95):.0f} ms.",
    )


def _faces(count: int) -> list[Face]:
    random = Random(count)
    codes = [mint(Kind.CONTAINER, random.randbytes) for _ in range(count)]
    return [Face(code=code, base=BASE, name="Bac 600×400", owner="Rhin Plasturgie") for code in codes]


def _frame(count: int, *, tilt: float, blur: float) -> tuple[Image.Image, set[str]]:
    """Put labels into a camera frame, as far away as is needed to see them all."""
    faces = _faces(count)
    columns = max(1, round((count * 16 / 9 * 38.1 / 63.5) ** 0.5))
    rows = -(-count // columns)
    cell = (FRAME[0] // columns, FRAME[1] // rows)
    frame = Image.new("L", FRAME, 190)
    for number, face in enumerate(faces):
        wide, high = FORM.label_width_mm, FORM.label_height_mm
        label = png.render(layout(face, width_mm=wide, height_mm=high), width_mm=wide, height_mm=high, dpi=200)
        label.thumbnail((round(cell[0] * 0.86), round(cell[1] * 0.86)), Image.Resampling.LANCZOS)
        frame.paste(label, ((number % columns) * cell[0] + 8, (number // columns) * cell[1] + 8))
    turned = frame.rotate(tilt, Image.Resampling.BICUBIC, fillcolor=190, expand=True)
    return turned.filter(ImageFilter.GaussianBlur(blur)), {face.code.text for face in faces}


def _sheet(*, tilt: float, blur: float) -> tuple[Image.Image, set[str]]:
    faces = _faces(FORM.cells)
    page = next(iter(sheet.pages(faces, sheet.Setting(form=FORM))))
    picture = png.render(page, width_mm=FORM.page_width_mm, height_mm=FORM.page_height_mm, dpi=150)
    turned = picture.rotate(tilt, Image.Resampling.BICUBIC, fillcolor=255, expand=True)
    return turned.filter(ImageFilter.GaussianBlur(blur)), {face.code.text for face in faces}
