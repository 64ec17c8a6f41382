"""Photos of the tests: JPEG files put together by their segments, sound ones and every kind that is not."""

import struct
from random import Random

SOI, EOI = b"\xff\xd8", b"\xff\xd9"
JFIF = b"JFIF\0\x01\x01\0\0\x01\0\x01\0\0"


def segment(code: int, body: bytes) -> bytes:
    """Give a segment of a JPEG file."""
    return bytes([0xFF, code]) + struct.pack(">H", len(body) + 2) + body


def frame(width: int, height: int, code: int = 0xC0) -> bytes:
    """Give the segment that says how large a grey picture is."""
    return segment(code, struct.pack(">BHHB", 8, height, width, 1) + b"\x01\x11\0")


def scan(size: int = 600, seed: int = 1) -> bytes:
    """Give the coded picture: any bytes, in which no marker stands."""
    coded = Random(seed).randbytes(size).replace(b"\xff", b"\xff\x00")
    return segment(0xDA, b"\x01\x01\0\0\x3f\0") + coded


def a_jpeg(width: int = 640, height: int = 480, *, size: int = 600, seed: int = 1, extra: bytes = b"") -> bytes:
    """Give a sound JPEG of about `size` bytes; `extra` are segments more. No test decodes it."""
    head = SOI + segment(0xE0, JFIF) + extra + segment(0xDB, bytes(65)) + frame(width, height)
    return head + scan(size, seed) + EOI
