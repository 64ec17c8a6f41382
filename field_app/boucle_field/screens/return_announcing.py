"""The router's part about announcing a return: what was begun is taken up, a product added, all of it recorded."""

from typing import TYPE_CHECKING, Any

from boucle.roles import may_record
from boucle.telling import Outcome
from boucle_field import return_announce, return_receipt
from boucle_field.errors import FieldError
from boucle_field.return_announce import Announcement
from boucle_field.screens.bench_router import BenchRouter
from boucle_field.screens.return_announce_screens import AnnounceScreen, WhoAnnouncesScreen
from boucle_field.store import put

if TYPE_CHECKING:
    from collections.abc import Callable

_ALL = "returns_of_all"


class AnnouncingRouter(BenchRouter):
    """What the router knows of announcements, and of whose returns are shown."""

    hold: Any
    open_returns: "Callable[[], None]"
    open_return: "Callable[[str], None]"

    def may(self, kind: str) -> bool:
        """Tell whether who is here may record a kind of event."""
        return may_record(self.at.desk.capabilities, kind)

    @property
    def may_announce(self) -> bool:
        """Whether who is here may announce a return."""
        return self.may("return.announced")

    @property
    def returns_of_all(self) -> bool:
        """Whether the returns of every site are shown, and not those of this one alone."""
        return bool(self.at.store.get(_ALL))

    def turn_sites(self) -> None:
        """Show the returns of every site, or those of this one alone again."""
        with self.at.store.writing() as db:
            put(db, _ALL, "" if self.returns_of_all else "1")
        self.open_returns()

    def announce_return(self) -> None:
        """Take up the announcement that was left, else ask who sends something back."""
        begun = return_announce.begun(self.at)
        if begun is None:
            self.open(WhoAnnouncesScreen)
        else:
            self.open(AnnounceScreen, begun)

    def announcing(self, of: Announcement) -> None:
        """Keep what was said so far, and show it."""
        return_announce.keep(self.at, of)
        self.announce_return()

    def announce_product(self, of: Announcement, code: str) -> None:
        """Add a product that was scanned; a container is no returned product."""
        if return_receipt.is_container(self.at, code):
            self.hold(code)
            self.told(None, self.say("told.return_container"))
            return
        again = code in of.codes
        if not again:
            of.codes.append(code)
        self.announcing(of)
        self.signal(Outcome.REPEAT if again else Outcome.ACCEPTED)

    def drop_announcement(self) -> None:
        """Forget what was begun: nothing of it is recorded."""
        return_announce.keep(self.at, None)
        self.open_returns()

    def announced(self, of: Announcement) -> None:
        """Record the announcement as a whole, and show the return that it begins."""
        if of.is_empty:
            self.refuse_return_step("told.return_nothing_announced")
            return
        try:
            rma, told = return_announce.record(self.at, of)
        except FieldError as error:
            self.fail(error)
            return
        self.recorded()
        self.open_return(rma)
        doubted = [each for each in told if each.outcome is not Outcome.ACCEPTED]
        self._tell((doubted or told)[-1], self.say("screen.bench.kept"))

    def refuse_return_step(self, key: str, /, **values: object) -> None:
        """Say why nothing was recorded."""
        self.told(Outcome.REFUSED, self.say(key, **values))
        self.signal(Outcome.REFUSED)
