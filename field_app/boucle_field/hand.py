"""Photos in hand: taken before what they show is recorded, and recorded with it, in one commit."""

from dataclasses import replace
from typing import Final

from boucle.telling import Told
from boucle_field.desk import Desk
from boucle_field.outbox import Draft
from boucle_field.photos import Photo

MOST: Final = 4
"""Photos of one scan: more of them show nothing more, and cost the line much."""


class Hand:
    """The photos of whatever is recorded next."""

    def __init__(self) -> None:
        self._photos: tuple[Photo, ...] = ()

    def __len__(self) -> int:
        return len(self._photos)

    def take(self, photo: Photo) -> bool:
        """Take a photo; tell whether there was room for it."""
        if len(self._photos) >= MOST:
            return False
        self._photos = (*self._photos, photo)
        return True

    def drop(self) -> None:
        """Throw the photos away: nothing was recorded with them."""
        self._photos = ()

    def record(self, desk: Desk, draft: Draft) -> Told:
        """Record what happened with the photos in hand; they stay there when nothing was recorded."""
        told = desk.record(replace(draft, photos=(*draft.photos, *self._photos)))
        if told.event_id:
            self.drop()
        return told
