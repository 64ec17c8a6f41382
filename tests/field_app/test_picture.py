"""Photos as the phone makes them: small, upright, with nothing in them but the picture."""

from io import BytesIO
from pathlib import Path
from random import Random

import pytest
from PIL import Image

from boucle.photo import PhotoFlaw, Picture, look
from boucle_field.errors import UsageError
from boucle_field.picture import photo_of_file
from boucle_labels.photo import MAX_BYTES, MAX_SIDE, photo_of


def noise(width: int, height: int, mode: str = "RGB") -> Image.Image:
    """Give the picture that is hardest to make small."""
    return Image.frombytes(mode, (width, height), Random(3).randbytes(width * height * len(mode)))


def with_position() -> Image.Exif:
    exif = Image.Exif()
    exif[0x010F], exif[0x0112] = "Canari", 6
    exif.get_ifd(0x8825)[1] = "N"
    exif.get_ifd(0x8825)[2] = (48.0, 35.0, 0.0)
    return exif


def opened(content: bytes) -> Image.Image:
    with Image.open(BytesIO(content)) as picture:
        picture.load()
        return picture.copy()


def test_a_camera_s_picture_loses_its_position_and_stands_upright(tmp_path: Path) -> None:
    file = tmp_path / "camera.jpg"
    noise(640, 320).save(file, exif=with_position(), comment=b"par Karim")
    assert look(file.read_bytes()) is PhotoFlaw.METADATA
    photo = photo_of_file(file)
    assert look(photo) == Picture(320, 640)
    assert not opened(photo).getexif()
    assert b"Canari" not in photo
    assert b"Karim" not in photo


@pytest.mark.parametrize("size", [(4000, 3000), (3000, 4000), (12_000, 40), (1600, 1200)])
def test_a_photo_has_at_most_300_kb_whatever_it_shows(size: tuple[int, int]) -> None:
    photo = photo_of(noise(*size))
    found = look(photo)
    assert isinstance(found, Picture)
    assert len(photo) <= MAX_BYTES
    assert max(found) <= MAX_SIDE
    assert abs(found.width / found.height - size[0] / size[1]) <= 0.02 * size[0] / size[1] + 30


def test_a_small_picture_stays_as_large_as_it_is() -> None:
    assert look(photo_of(noise(200, 100))) == Picture(200, 100)
    assert look(photo_of(noise(1, 1))) == Picture(1, 1)


@pytest.mark.parametrize("mode", ["L", "RGB", "RGBA", "CMYK"])
@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP", "BMP"])
def test_pictures_of_every_kind_become_photos(tmp_path: Path, mode: str, kind: str) -> None:
    picture = noise(90, 60, mode)
    fits = {"JPEG": {"L", "RGB", "CMYK"}, "BMP": {"L", "RGB", "RGBA"}, "PNG": {"L", "RGB", "RGBA"}}
    if mode not in fits.get(kind, {"RGB", "RGBA"}):
        picture = picture.convert("RGB")
    picture.save(tmp_path / "picture", kind)
    assert look(photo_of_file(tmp_path / "picture")) == Picture(90, 60)


def test_a_palette_with_a_profile_and_a_name_becomes_a_bare_photo(tmp_path: Path) -> None:
    noise(50, 50).convert("P").save(tmp_path / "p.png", icc_profile=b"x" * 200)
    assert look(photo_of_file(tmp_path / "p.png")) == Picture(50, 50)


@pytest.mark.parametrize("content", [b"", b"not a picture", b"<svg/>", b"\xff\xd8\xff\xe0"])
def test_what_is_no_picture_is_said_and_nothing_comes_of_it(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "x.jpg").write_bytes(content)
    with pytest.raises(UsageError, match="Nothing is recorded"):
        photo_of_file(tmp_path / "x.jpg")
    with pytest.raises(UsageError):
        photo_of_file(tmp_path / "missing.jpg")


def test_a_pixel_bomb_is_refused_before_it_is_unfolded(tmp_path: Path) -> None:
    file = tmp_path / "bomb.png"
    Image.new("1", (12_000, 12_000)).save(file)
    assert file.stat().st_size < 50_000
    with pytest.raises(UsageError, match="40 million"):
        photo_of_file(file)
