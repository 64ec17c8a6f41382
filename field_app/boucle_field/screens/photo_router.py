"""The router's part about photos: those that are left over, offered once to who took them."""

from typing import TYPE_CHECKING, Any

from boucle_field import people, photos_in_hand
from boucle_field.screens.left_photos_screen import LeftPhotosScreen

if TYPE_CHECKING:
    from boucle_field.phone import Phone


class PhotoRouter:
    """What the router knows of photos."""

    phone: "Phone | None"
    open: Any
    told: Any
    say: Any

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.offered: str | None = None
        """Who was offered the photos left over, since the app began or somebody else left; None: nobody."""

    @property
    def at(self) -> "Phone":
        """The phone, once it is enrolled."""
        assert self.phone is not None
        return self.phone

    def open_left_photos(self) -> None:
        """Show the photos that were taken and never recorded."""
        self.open(LeftPhotosScreen)

    def offer_photos(self) -> bool:
        """Offer who works here the photos left over, once; tell whether there were any to offer."""
        who = people.present(self.at.store)
        person = who.person if who else ""
        if self.offered == person:
            return False
        self.offered = person
        if not photos_in_hand.left(self.at):
            return False
        self.open_left_photos()
        return True

    def put_photos_down(self) -> None:
        """Let go of every photo: what one person took goes with nothing that another one records."""
        photos_in_hand.let_go(self.at.store)
        self.offered = None

    def with_left_over(self, told: str, over: int) -> str:
        """Add to what is told of an end that so many photos are left over."""
        return f"{told} {self.say('screen.left.put_down', n=over)}" if over else told
