"""Forms with files, as browsers send them without any script (RFC 7578): taken apart into fields and files."""

import re
from typing import Final, NamedTuple

from boucle_server.errors import InvalidInputError

TYPE: Final = "multipart/form-data"
MOST_PARTS: Final = 2_000
_BOUNDARY: Final = re.compile(r"boundary=(?:\"([^\"]{1,70})\"|([^\s;]{1,70}))")
_NAME: Final = re.compile(rb"[;\s]name=\"([^\"]*)\"")
_FILE: Final = re.compile(rb"[;\s]filename=\"([^\"]*)\"")


class Parts(NamedTuple):
    """What a form says, and the files that came with it, each by the name of its field.

    Of a text, bytes that are none stand as lone surrogates (`surrogateescape`).
    """

    pairs: tuple[tuple[str, str], ...]
    files: tuple[tuple[str, bytes], ...]


def boundary_of(content_type: str) -> bytes:
    """Give what parts one field from the next; InvalidInputError where the request does not say."""
    found = _BOUNDARY.search(content_type)
    if found is None:
        raise InvalidInputError("web.no_form")
    return (found[1] or found[2]).encode("latin-1", "replace")


def parts_of(body: bytes, boundary: bytes) -> Parts:
    """Take a form apart; InvalidInputError for what is none. A part that is cut short by the end is left out."""
    marks = (b"\r\n" + body).split(b"\r\n--" + boundary)
    if len(marks) > MOST_PARTS or marks[0].strip():
        raise InvalidInputError("web.no_form")
    pairs: list[tuple[str, str]] = []
    files: list[tuple[str, bytes]] = []
    for part in marks[1:-1]:
        head, found, content = part.partition(b"\r\n\r\n")
        name = _NAME.search(head)
        if not found or name is None:
            raise InvalidInputError("web.no_form")
        if _FILE.search(head):
            files.append((_text(name[1]), content))
        else:
            pairs.append((_text(name[1]), _text(content)))
    return Parts(tuple(pairs), tuple(files))


def _text(content: bytes) -> str:
    return content.decode("utf-8", "surrogateescape")
