"""The stops of today that no round plans: each can be opened again, for its slip or for an addition."""

from functools import partial

from boucle.rounds import Found, Round, Stop
from boucle.words.numerals import times
from boucle_field import driving
from boucle_field.names import name_of_place, name_of_type
from boucle_field.screens.cards import Card
from boucle_field.screens.screen import Screen
from boucle_field.screens.stop_words import SIGNS


class BesideScreen(Screen):
    """What was done at partners' today beside all rounds, the latest first."""

    def build(self) -> None:
        """Lay the screen out."""
        stops = driving.stops_beside(self.face.at)
        self.fill(
            self.title("screen.stops_beside_title"),
            *(self._card(of, stop) for of, stop in stops),
            *([] if stops else [self.text("screen.stops_beside_none")]),
            bottom=(self.other("screen.back", self.face.back),),
        )

    def _card(self, of: Round, stop: Stop) -> Card:
        phone = self.face.at
        book, at = phone.mirror.book(), phone.desk.now_ms()
        now = driving.standing(phone, of, stop)
        pieces = [
            self.say("page.named", name=self.say(f"web.round_{row.direction}"), value=self._pieces(row))
            for row in now.found
        ]
        stands = f"{SIGNS[now.progress]} {self.say(f'round.progress.{now.progress}')}"
        act = partial(self.face.open_stop, of, stop)
        return Card(self.look, name_of_place(book, stop.place, at), pieces, act=act, stands=stands)

    def _pieces(self, row: Found) -> str:
        phone = self.face.at
        name = name_of_type(phone.mirror.book(), row.item_type, phone.desk.now_ms())
        return times(row.total, name or self.say("screen.unknown_type"), self.face.lang)
