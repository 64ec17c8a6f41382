"""The sizes of a state label, what each is called, and where its file is."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final, NamedTuple
from urllib.parse import urlencode

from boucle.words import say
from boucle_server.errors import InvalidInputError
from boucle_server.web.item_words import href_path
from boucle_server.web.places import WORKSHOP
from boucle_server.web.visit import LONGEST_SHOWN

PATH: Final = f"{WORKSHOP.path}/etiquette.pdf"
FIELD: Final = "taille"


class Size(NamedTuple):
    """How large a label is."""

    width_mm: int
    height_mm: int


SIZES: Final[Mapping[str, Size]] = MappingProxyType({"100": Size(100, 60), "62": Size(62, 40), "a6": Size(148, 105)})
"""By what an address calls them, the usual one first: a label to hang, a roll of 62 mm, half a sheet of A5."""
USUAL: Final = next(iter(SIZES))


def size_of(asked: str) -> Size:
    """Give the size that an address asks for, the usual one where it names none; InvalidInputError."""
    if asked and asked not in SIZES:
        known = ", ".join(SIZES)
        raise InvalidInputError("web.state_size_unknown", asked=asked[:LONGEST_SHOWN], known=known)
    return SIZES[asked or USUAL]


def words(name: str, lang: str) -> str:
    """Say a size."""
    size = SIZES[name]
    return say(f"web.state_size_{name}", lang, width=size.width_mm, height=size.height_mm)


def href(code: str, name: str) -> str:
    """Give where the label of a code is, in a size."""
    return href_path(PATH, code) + ("" if name == USUAL else f"?{urlencode({FIELD: name})}")
