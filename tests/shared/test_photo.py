"""What may be kept as a photo: a whole JPEG of a bounded size, and nothing beside the picture."""

from random import Random

import pytest

from boucle.photo import MAX_PHOTO, Announced, PhotoFlaw, Picture, announced, look
from tests.photos import EOI, SOI, a_jpeg, frame, scan, segment

EXIF = segment(0xE1, b"Exif\0\0MM\0*\0\0\0\x08\0\x01\x88\x25\0\x04\0\0\0\x01\0\0\0\x1a")
XMP = segment(0xE1, b"http://ns.adobe.com/xap/1.0/\0<x:xmpmeta/>")


def test_a_photo_is_told_by_its_size_in_pixels() -> None:
    assert look(a_jpeg(1600, 1200)) == Picture(1600, 1200)


def test_a_photo_may_say_how_its_colours_are_to_be_shown() -> None:
    shown = segment(0xE2, b"ICC_PROFILE\0" + bytes(300)) + segment(0xEE, b"Adobe\0\x64\0\0\0\0\0")
    assert look(a_jpeg(extra=shown)) == Picture(640, 480)


def test_a_progressive_photo_with_restart_marks_and_fill_bytes_is_one() -> None:
    coded = scan() + b"\xff\xd0" + bytes(20) + b"\xff\x00" + b"\xff\xff" + segment(0xC4, bytes(20)) + scan(seed=2)
    assert look(SOI + frame(32, 16, 0xC2) + coded + EOI) == Picture(32, 16)


@pytest.mark.parametrize("beside", [
    EXIF, XMP, segment(0xED, b"Photoshop 3.0\0"), segment(0xFE, b"taken by Karim"), segment(0xE0, b"JFXX\0\x10"),
    segment(0xE2, b"MPF\0"), segment(0xEF, b""),
])  # fmt: skip
def test_a_photo_with_anything_beside_the_picture_is_refused(beside: bytes) -> None:
    assert look(a_jpeg(extra=beside)) is PhotoFlaw.METADATA
    after_the_scan = SOI + frame(8, 8) + scan() + beside + scan() + EOI
    assert look(after_the_scan) is PhotoFlaw.METADATA


def test_what_follows_a_picture_is_refused_too() -> None:
    assert look(a_jpeg() + b"<script>") is PhotoFlaw.METADATA


@pytest.mark.parametrize("content", [
    b"", b"\xff", b"GIF89a", b"\x89PNG\r\n\x1a\n", b"<svg/>", b"%PDF-1.7", SOI + EOI, SOI + frame(8, 8) + EOI,
    SOI + scan() + EOI, SOI + frame(0, 8) + scan() + EOI, SOI + frame(8, 0) + scan() + EOI,
    SOI + frame(8, 8) + frame(8, 8) + scan() + EOI, SOI + b"\xff\x00" + EOI, SOI + SOI, SOI + b"\xff\xc0\0\x01" + EOI,
    SOI + segment(0xC0, b"\x08\0\x08") + scan() + EOI, b"\n" + a_jpeg(), SOI + frame(8, 8) + scan(9) * 65 + EOI,
])  # fmt: skip
def test_what_is_no_jpeg_is_refused(content: bytes) -> None:
    assert look(content) is PhotoFlaw.NO_JPEG


def test_a_photo_that_ends_anywhere_before_its_end_is_refused() -> None:
    whole = a_jpeg(size=40)
    assert look(whole) == Picture(640, 480)
    found = {look(whole[:at]) for at in range(2, len(whole))}
    assert found == {PhotoFlaw.CUT}


def test_a_photo_that_would_fill_a_memory_is_refused_by_what_it_announces() -> None:
    assert look(a_jpeg(4000, 4000)) == Picture(4000, 4000)
    assert look(a_jpeg(4001, 4000)) is PhotoFlaw.TOO_MANY_PIXELS
    assert look(a_jpeg(65_535, 65_535)) is PhotoFlaw.TOO_MANY_PIXELS


def test_a_photo_of_too_many_bytes_is_refused() -> None:
    assert look(a_jpeg(size=MAX_PHOTO)) is PhotoFlaw.TOO_LARGE


def test_no_bytes_whatever_make_the_look_fail() -> None:
    random = Random(5)
    whole = a_jpeg(size=300, extra=EXIF)
    for _ in range(4000):
        changed = bytearray(whole)
        for _ in range(random.randint(1, 6)):
            changed[random.randrange(len(changed))] = random.choice((0, 0xFF, 0xD8, 0xD9, 0xDA, random.randrange(256)))
        assert isinstance(look(bytes(changed)), Picture | PhotoFlaw)
    # Runs of FF are walked once, not once from each of their bytes.
    assert look(SOI + b"\xff" * (MAX_PHOTO - 2)) is PhotoFlaw.CUT
    assert look(SOI + frame(8, 8) + scan() + b"\xff" * (MAX_PHOTO - 700)) is PhotoFlaw.CUT


def test_the_photos_of_an_event_are_read_each_once_and_what_is_none_is_passed_over() -> None:
    one, two = "ab" * 32, "cd" * 32
    said = [
        {"sha256": one, "size": 5, "type": "image/jpeg"}, {"sha256": one, "size": 9}, {"sha256": two, "size": -1},
        {"sha256": "x"}, {}, "x", None, {"sha256": ["x"]},
    ]  # fmt: skip
    assert announced(said) == (Announced(one, 5, "image/jpeg"), Announced(two, 0, ""))
    assert announced([{"sha256": two, "size": True, "type": "x" * 300}]) == (Announced(two, 0, ""),)
