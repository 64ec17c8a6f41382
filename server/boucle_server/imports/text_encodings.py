"""Encodings of text files: which one a table was saved in, also where two were pasted into one file."""

import codecs
from typing import Final, NamedTuple

_MARKED: Final = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
"""What a file that says its encoding begins with; spreadsheets save « Unicode text » as UTF-16."""
_OTHER: Final = "cp1252"
"""What a table that is no UTF-8 was saved in here."""


class Decoded(NamedTuple):
    """The text of a file, and how many of its lines were in another encoding than the others."""

    text: str
    mixed_lines: int = 0


def decoded(content: bytes) -> Decoded | None:
    """Give the text of a file, None for bytes that are no text."""
    for mark, encoding in _MARKED:
        if content.startswith(mark):
            text = _as(content, encoding)
            break
    else:
        text = _as(content, "utf-8")
    if text is not None:
        return None if "\x00" in text else Decoded(text)
    return None if b"\x00" in content else _by_line(content.removeprefix(codecs.BOM_UTF8))


def _by_line(content: bytes) -> Decoded | None:
    """Read each line in the encoding that it is in: a file put together of two is read right all the same."""
    lines = content.splitlines(keepends=True)
    read = [_as(line, "utf-8") for line in lines]
    others = [_as(line, _OTHER) for line, text in zip(lines, read, strict=True) if text is None]
    if None in others:
        return None
    left = iter(others)
    texts = [text if text is not None else next(left) or "" for text in read]
    is_mixed = any(text is not None and not text.isascii() for text in read)
    return Decoded("".join(texts), len(others) if is_mixed else 0)


def _as(content: bytes, encoding: str) -> str | None:
    try:
        return content.decode(encoding)
    except UnicodeDecodeError:
        return None
