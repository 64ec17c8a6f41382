"""The hand: the photos of one thing, taken before what they show is recorded, and recorded with it, in one commit."""

from dataclasses import replace

from boucle.telling import Told
from boucle_field import photos_in_hand
from boucle_field.desk import Desk
from boucle_field.outbox import Draft
from boucle_field.phone import Phone
from boucle_field.photos import Photo
from boucle_field.photos_in_hand import About, Taking


class Hand:
    """The photos of whatever is recorded next of something. They are kept by the store, and outlive a screen."""

    def __init__(self, phone: Phone, about: About) -> None:
        self._phone = phone
        self.about = about

    def __len__(self) -> int:
        return photos_in_hand.many(self._phone.store, self.about)

    @property
    def photos(self) -> tuple[Photo, ...]:
        """The photos, in the order in which they were taken."""
        return photos_in_hand.photos(self._phone.store, self.about)

    def take(self, photo: Photo) -> Taking:
        """Take a photo; when this tells that it is taken, it is durable. A `StoreError` keeps nothing."""
        return photos_in_hand.take(self._phone, self.about, photo)

    def let_go(self) -> int:
        """Put the photos down, for nothing was recorded with them; give how many are left over."""
        many = len(self)
        if many:
            photos_in_hand.let_go(self._phone.store, self.about)
        return many

    def record(self, desk: Desk, draft: Draft) -> Told:
        """Record what happened with the photos in hand; they stay there when nothing was recorded."""
        return desk.record(replace(draft, photos=(*draft.photos, *self.photos)))
