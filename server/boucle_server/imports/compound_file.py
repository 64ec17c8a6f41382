"""A compound file, the container that an XLS file is: its sectors, and the streams that they hold."""

import struct
from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple

MAGIC: Final = bytes.fromhex("D0CF11E0A1B11AE1")
_LARGEST_SECTOR: Final = 12
"""As a power of two: 4 KiB, in the newer form."""
_LAST: Final = 0xFFFFFFFA
"""From here on a number is no sector: the end of a chain, a free place."""
_IN_HEADER: Final = 109
"""Sectors of the table of sectors that the header names itself."""
_ENTRY: Final = 128
_ROOT, _STREAM = 5, 2


class _Entry(NamedTuple):
    name: str
    kind: int
    first: int
    size: int


def stream_of(content: bytes, names: Sequence[str]) -> bytes:
    """Give the first stream that bears one of the names, `b""` where there is none. ValueError: damaged."""
    if not content.startswith(MAGIC):
        return b""
    try:
        return _Sectors(content).stream(names)
    except (struct.error, IndexError) as error:
        raise ValueError("a compound file that ends within its own tables") from error


class _Sectors:
    def __init__(self, content: bytes) -> None:
        shift, small_shift = struct.unpack_from("<HH", content, 30)
        if not small_shift <= shift <= _LARGEST_SECTOR:
            raise ValueError("a compound file with sectors of no size that there is")
        self._content = content
        self._size, self._small_size = 1 << shift, 1 << small_shift
        self._least = struct.unpack_from("<I", content, 56)[0]
        """Bytes below which a stream is kept in small sectors."""
        self._next = self._numbers(b"".join(self._sector(each) for each in self._tables()))
        directory, self._first_small = (struct.unpack_from("<I", content, at)[0] for at in (48, 60))
        self._entries = list(_entries(self._chain(directory)))

    def stream(self, names: Sequence[str]) -> bytes:
        found = next((each for each in self._entries if each.kind == _STREAM and each.name in names), None)
        if found is None:
            return b""
        if found.size >= self._least:
            return self._chain(found.first)[: found.size]
        root = next(each for each in self._entries if each.kind == _ROOT)
        small, follows = self._chain(root.first), self._numbers(self._chain(self._first_small))
        parts = [small[at * self._small_size :][: self._small_size] for at in _followed(found.first, follows)]
        return b"".join(parts)[: found.size]

    def _tables(self) -> list[int]:
        """Give the sectors that together say which sector follows which."""
        found = [each for each in struct.unpack_from(f"<{_IN_HEADER}I", self._content, 76) if each < _LAST]
        (further,) = struct.unpack_from("<I", self._content, 68)
        for _ in range(len(self._content) // self._size):
            if further >= _LAST:
                break
            *named, further = self._numbers(self._sector(further))
            found += [each for each in named if each < _LAST]
        return found

    def _sector(self, number: int) -> bytes:
        at = (number + 1) * self._size
        return self._content[at : at + self._size]

    def _chain(self, first: int) -> bytes:
        return b"".join(self._sector(each) for each in _followed(first, self._next))

    def _numbers(self, content: bytes) -> tuple[int, ...]:
        return struct.unpack(f"<{len(content) // 4}I", content[: len(content) // 4 * 4])


def _followed(first: int, follows: Sequence[int]) -> Iterator[int]:
    """Give the sectors of a chain; ValueError for one that comes back to itself."""
    number = first
    for _ in range(len(follows) + 1):
        if number >= _LAST:
            return
        yield number
        number = follows[number]
    raise ValueError("a compound file with a chain of sectors that has no end")


def _entries(directory: bytes) -> Iterator[_Entry]:
    for at in range(0, len(directory) - _ENTRY + 1, _ENTRY):
        length, kind = struct.unpack_from("<HB", directory, at + 64)
        first, size = struct.unpack_from("<II", directory, at + 116)
        name = directory[at : at + max(0, min(length, 64) - 2)].decode("utf-16-le", "replace")
        yield _Entry(name, kind, first, size)
