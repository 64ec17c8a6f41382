"""Reading codes from pictures, kind and unkind."""

import io
import random
import struct
import subprocess
import sys
import zlib
from pathlib import Path

import pytest
import zxingcpp
from PIL import Image, ImageDraw, ImageOps

from boucle.codes import Code, Label, read_label
from boucle_labels import png
from boucle_labels.code import qr_rows
from boucle_labels.errors import RefusedError
from boucle_labels.label import Face, layout
from boucle_labels.reading import Effort, Found, ZxingDecoder, open_picture
from tests.labels.pictures import BASE, codes, photographed, read_codes


def label_picture(code: Code, dpi: int = 300) -> Image.Image:
    face = Face(code=code, base=BASE, name="Bac 600×400 gris", owner="Rhin Plasturgie")
    return png.render(layout(face, width_mm=63.5, height_mm=38.1), width_mm=63.5, height_mm=38.1, dpi=dpi)


def crowd(many: list[Code], *, columns: int, module_px: int, gap_px: int) -> Image.Image:
    """Symbols alone, in rows, on a cardboard-like grey."""
    symbols = [symbol_picture(code.url(BASE), module_px) for code in many]
    pitch = symbols[0].width + gap_px
    rows = -(-len(many) // columns)
    picture = Image.new("L", (columns * pitch + gap_px, rows * pitch + gap_px), 190)
    for place, symbol in enumerate(symbols):
        row, column = divmod(place, columns)
        picture.paste(symbol, (gap_px + column * pitch, gap_px + row * pitch))
    return picture


def symbol_picture(text: str, module_px: int, quiet: int = 4) -> Image.Image:
    rows = qr_rows(text)
    picture = Image.new("L", (len(rows) + 2 * quiet,) * 2, 255)
    for y, row in enumerate(rows):
        for x, dark in enumerate(row):
            picture.putpixel((quiet + x, quiet + y), 0 if dark else 255)
    return picture.resize((picture.width * module_px,) * 2, Image.Resampling.NEAREST)


def made(text: str, form: zxingcpp.BarcodeFormat, *, gs1: bool = False) -> Image.Image:
    """A symbol by another maker than ours."""
    pixels = memoryview(zxingcpp.create_barcode(text, form, gs1=gs1).to_image(scale=4))  # type: ignore[arg-type]
    height, width = pixels.shape or (0, 0)
    return ImageOps.expand(Image.frombytes("L", (width, height), pixels.tobytes()), 40, 255)


# ---------------------------------------------------------------- what is found


@pytest.mark.parametrize("effort", list(Effort))
@pytest.mark.parametrize("degrees", [0, 7, 90, 200])
def test_one_label_is_read_at_either_effort_turned_and_blurred(effort: Effort, degrees: float) -> None:
    [code] = codes(1)
    found = ZxingDecoder(effort).decode(photographed(label_picture(code), degrees=degrees))
    assert read_codes(found) == [code]
    assert found[0].scanned == "]Q1" + code.url(BASE)


@pytest.mark.parametrize("dpi", [96, 150, 203, 300])
def test_a_label_is_read_back_at_every_usual_resolution(dpi: int) -> None:
    for code in codes(10):
        assert read_codes(ZxingDecoder().decode(label_picture(code, dpi))) == [code]


def test_the_position_is_four_corners_clockwise_from_the_top_left() -> None:
    [code] = codes(1)
    [found] = ZxingDecoder().decode(label_picture(code))
    (ax, ay), (bx, by), (cx, cy), (dx, dy) = found.position
    assert ax < bx
    assert ay == pytest.approx(by, abs=3)
    assert bx == pytest.approx(cx, abs=3)
    assert by < cy
    assert dx == pytest.approx(ax, abs=3)
    assert found.centre == pytest.approx(((ax + cx) / 2, (ay + dy) / 2), abs=3)


def test_two_labels_with_the_same_code_are_two_findings() -> None:
    [code] = codes(1)
    found = ZxingDecoder().decode(crowd([code, code], columns=2, module_px=4, gap_px=40))
    assert read_codes(found) == [code, code]
    assert found[0].centre[0] < found[1].centre[0]


def test_light_on_dark_is_read_when_the_picture_is_held_still() -> None:
    [code] = codes(1)
    negative = ImageOps.invert(label_picture(code))
    assert read_codes(ZxingDecoder(Effort.FULL).decode(negative)) == [code]
    assert ZxingDecoder(Effort.LIGHT).decode(negative) == []


def test_forty_small_symbols_of_one_frame_are_all_read() -> None:
    many = codes(40)
    picture = crowd(many, columns=8, module_px=3, gap_px=12).rotate(4, expand=True, fillcolor=190)
    assert set(read_codes(ZxingDecoder().decode(picture))) == set(many)


def test_more_symbols_than_one_call_gives_are_read_in_parts() -> None:
    many = codes(300)
    picture = crowd(many, columns=20, module_px=3, gap_px=10)
    read = read_codes(ZxingDecoder().decode(picture))
    assert set(read) == set(many)
    assert len(read) == 300
    assert len(ZxingDecoder(Effort.LIGHT).decode(picture)) < 300


def test_every_one_of_many_equal_symbols_is_a_finding_of_its_own() -> None:
    many = codes(30) * 10
    read = read_codes(ZxingDecoder().decode(crowd(many, columns=20, module_px=3, gap_px=30)))
    assert sorted(code.text for code in read) == sorted(code.text for code in many)


def test_a_tiny_micro_qr_is_not_taken_for_a_label() -> None:
    picture = made("8", zxingcpp.BarcodeFormat.MicroQRCode)
    assert zxingcpp.read_barcodes(picture) != []
    assert ZxingDecoder().decode(picture) == []


def test_noise_holds_no_label() -> None:
    source = random.Random(5)
    for _ in range(5):
        noise = Image.frombytes("L", (400, 300), source.randbytes(120_000))
        assert [one for one in ZxingDecoder().decode(noise) if isinstance(read_label(one.scanned), Label)] == []


@pytest.mark.parametrize(
    ("form", "identifier"),
    [
        (zxingcpp.BarcodeFormat.DataMatrix, "]d2"),
        (zxingcpp.BarcodeFormat.QRCode, "]Q3"),
        (zxingcpp.BarcodeFormat.Code128, "]C1"),
    ],
)
def test_a_gs1_symbol_gives_its_bytes_with_its_separator(form: zxingcpp.BarcodeFormat, identifier: str) -> None:
    picture = made("(01)09506000134352(10)L1(21)A7", form, gs1=True)
    [found] = ZxingDecoder().decode(picture)
    assert found.scanned == f"{identifier}010950600013435210L1\x1d21A7"
    label = read_label(found.scanned)
    assert isinstance(label, Label)
    assert label.key == "https://id.gs1.org/01/09506000134352/21/A7"


def test_an_article_bar_code_is_read_for_its_type() -> None:
    picture = made("9506000134352", zxingcpp.BarcodeFormat.EAN13)
    [found] = ZxingDecoder().decode(picture)
    assert found.scanned == "]E09506000134352"


# ---------------------------------------------------------------- pictures


def stored(path: Path, picture: Image.Image, **options: object) -> Path:
    picture.save(path, **options)  # type: ignore[arg-type]
    return path


@pytest.mark.parametrize("name", ["a.png", "a.jpg", "a.webp", "a.bmp", "a.ppm", "a.JPEG"])
def test_usual_pictures_are_opened_and_read(tmp_path: Path, name: str) -> None:
    [code] = codes(1)
    path = stored(tmp_path / name, photographed(label_picture(code)).convert("RGB"))
    assert read_codes(ZxingDecoder().decode(open_picture(path))) == [code]


def test_a_symbol_on_nothing_is_put_on_white(tmp_path: Path) -> None:
    [code] = codes(1)
    grey = label_picture(code)
    clear = Image.merge("LA", (Image.new("L", grey.size, 0), ImageOps.invert(grey)))
    path = stored(tmp_path / "clear.png", clear)
    assert read_codes(ZxingDecoder().decode(open_picture(path))) == [code]


def test_a_picture_stands_upright_as_its_camera_says(tmp_path: Path) -> None:
    wide = Image.new("RGB", (60, 20), "white")
    exif = wide.getexif()
    exif[0x0112] = 6
    assert open_picture(stored(tmp_path / "turned.jpg", wide, exif=exif)).size == (20, 60)


@pytest.mark.parametrize("mode", ["1", "P", "CMYK", "I;16", "F"])
def test_odd_colour_modes_never_raise(mode: str) -> None:
    picture = Image.new(mode, (50, 50))
    assert ZxingDecoder().decode(picture) == []


@pytest.mark.parametrize("size", [(1, 1), (2, 3), (1, 400), (1_000, 1), (0, 5), (5, 5)])
def test_tiny_pictures_hold_nothing(size: tuple[int, int]) -> None:
    for effort in Effort:
        assert ZxingDecoder(effort).decode(Image.new("L", size)) == []


def refused(path: Path) -> str:
    with pytest.raises(RefusedError) as refusal:
        open_picture(path)
    assert str(path) in str(refusal.value)
    return refusal.value.key


def test_what_is_no_picture_is_refused_in_words(tmp_path: Path) -> None:
    good = io.BytesIO()
    label_picture(codes(1)[0]).save(good, "PNG")
    whole = good.getvalue()
    bad_chunk = whole[:40] + b"\x00\x00\x00\x00" + whole[44:]
    for name, content in {
        "empty.png": b"",
        "text.png": b"bonjour",
        "cut.png": whole[: len(whole) // 2],
        "broken.png": bad_chunk,
        "vector.svg": b"<svg xmlns='http://www.w3.org/2000/svg'/>",
        "macro.pdf": b"%PDF-1.4\n",
        "list.gif": b"GIF89a" + bytes(20),
    }.items():
        path = tmp_path / name
        path.write_bytes(content)
        assert refused(path) == "picture_unreadable", name
    assert refused(tmp_path / "none.png") == "picture_missing"
    assert refused(tmp_path) == "picture_unreadable"


def bomb(side: int) -> bytes:
    """A PNG of a few kilobytes that says it is `side` pixels wide and high."""

    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    header = struct.pack(">IIBBBBB", side, side, 1, 0, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(bytes(100))) + chunk(b"IEND", b"")
    )


@pytest.mark.parametrize("side", [6_400, 10_000, 60_000])
def test_a_picture_that_would_fill_the_memory_is_refused_before_it_does(tmp_path: Path, side: int) -> None:
    path = tmp_path / "bomb.png"
    path.write_bytes(bomb(side))
    assert refused(path) == "picture_too_large"


# ---------------------------------------------------------------- what a phone installs


def test_reading_needs_nothing_of_printing() -> None:
    program = (
        "import sys, boucle_labels.reading;"
        "print([name for name in ('qrcode', 'barcode', 'reportlab', 'pypdfium2', 'numpy') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_any_other_decoder_can_stand_in() -> None:
    class Fixed:
        def decode(self, image: Image.Image) -> list[Found]:
            return [Found(text="x", format="QRCode", position=((0, 0),) * 4, symbology_id="]Q1")] * image.width

    assert len(Fixed().decode(Image.new("L", (3, 3)))) == 3


def test_a_scratched_label_is_read_or_not_found_but_never_read_wrong() -> None:
    source = random.Random(9)
    read = 0
    for code in codes(40):
        picture = label_picture(code, 150)
        drawing = ImageDraw.Draw(picture)
        for _ in range(3):
            x, y = source.randrange(20, 180), source.randrange(20, 200)
            drawing.ellipse((x, y, x + 14, y + 14), fill=source.choice((0, 255)))
        found = read_codes(ZxingDecoder().decode(picture))
        assert found in ([], [code])
        read += len(found)
    assert read >= 10


def test_a_reader_that_a_window_keeps_until_the_very_end_leaves_nothing_on_the_terminal() -> None:
    script = (
        "import ctypes; from PIL import Image; from boucle_labels.reading import Effort, ZxingDecoder\n"
        "for effort in Effort:\n"
        "    kept = ZxingDecoder(effort)\n"
        "    kept.decode(Image.new('L', (200, 200), 255))\n"
        "    ctypes.pythonapi.Py_IncRef(ctypes.py_object(kept))\n"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert (done.stdout, done.stderr) == ("", "")
