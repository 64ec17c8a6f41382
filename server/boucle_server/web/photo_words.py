"""Photos of an event as any page shows them: a small picture that leads to the large one, or why there is none."""

from collections.abc import Sequence
from typing import NamedTuple

from boucle.words import knows, say
from boucle_server.photos import Shown
from boucle_server.web.places import PHOTOS


class PagePhoto(NamedTuple):
    """A photo on a page: `href` is empty for one that is not here, and `said` tells why; pixels as they are kept."""

    href: str
    alt: str
    said: str
    width: int
    height: int


def page_photos(shown: Sequence[Shown], lang: str, *, what: str, when: str) -> tuple[PagePhoto, ...]:
    """Give the photos of an event for `parts/photos.html`; `what` and `when` say of what they are to who sees none."""
    return tuple(_photo(each, number, lang, what=what, when=when) for number, each in enumerate(shown, 1))


def _photo(shown: Shown, number: int, lang: str, *, what: str, when: str) -> PagePhoto:
    alt = say("web.photo_alt", lang, n=number, what=what, when=when)
    if shown.state == "complete":
        return PagePhoto(f"{PHOTOS.path}/{shown.sha256}", alt, "", shown.width, shown.height)
    key = f"photo.flaw.{shown.state}"
    said = say(key, lang) if knows(key) else say("web.photo_missing", lang)
    return PagePhoto("", alt, said, 0, 0)
