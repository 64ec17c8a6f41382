"""Photos that were taken and never recorded: shown to who took them, to be joined to what they show or thrown away."""

from functools import partial
from io import BytesIO
from typing import TYPE_CHECKING, Final

from kivy.uix.widget import Widget
from PIL import Image

from boucle.actions import ACTIONS
from boucle.units import DAY_MS
from boucle_field import driving, joining, photos_in_hand
from boucle_field.bench import Next
from boucle_field.errors import FieldError
from boucle_field.names import name_of_place
from boucle_field.photos_in_hand import KEEP_LEFT_MS, About, Left, Step
from boucle_field.screens.arranging import beside
from boucle_field.screens.controls import Text, row
from boucle_field.screens.screen import Screen
from boucle_field.screens.top_bar import local_day, local_time
from boucle_field.screens.viewfinder import Viewfinder
from boucle_field.screens.wording import named

if TYPE_CHECKING:
    from boucle_field.screens.face import Face

_VIEW_DP: Final = 96


class LeftPhotosScreen(Screen):
    """The photos of one thing at a time, the oldest first; nothing is recorded, and nothing lost, by leaving."""

    def __init__(self, face: "Face", *, is_sure: bool = False) -> None:
        """Ask with `is_sure` whether to throw them away is meant."""
        super().__init__(face)
        self.is_sure = is_sure
        self.all = photos_in_hand.left(face.at)

    def build(self) -> None:
        """Lay the screen out; where nothing is left over any more, that is said."""
        if not self.all:
            back = self.other("screen.back", self.face.start)
            self.fill(self.title("screen.left.none_left"), self.text("screen.left.none"), bottom=(back,))
            return
        first = self.all[0]
        self.goal = joining.goal(self.face.at, self.face.visit, first.about)
        many, others = len(first.photos), sum(len(each.photos) for each in self.all[1:])
        self.fill(
            self.title("screen.left.title", n=many),
            Text(self._taken(first), self.look.page, bold=True),
            *([] if self.goal is not None else [self.text("screen.left.no_way", place=self._place(first.about))]),
            *self._pictures(first),
            self.text("screen.left.why", n=many, days=KEEP_LEFT_MS // DAY_MS),
            *([] if self.is_sure else [self.other("screen.left.throw", self.throw, n=many)]),
            *([self.text("screen.left.others", n=others)] if others else []),
            bottom=(self._ends(many),),
        )

    def _ends(self, many: int) -> Widget:
        """Give what can be done at once: join or wait, once throwing away was asked for, that or nothing."""
        if self.is_sure:
            back = self.other("screen.back", self.face.open_left_photos)
            return beside(back, self.main("screen.left.throw_sure", self.throw, n=many))
        later = self.other("screen.left.later", self.face.start)
        return beside(later, *([self.main("screen.left.join", self.join, n=many)] if self.goal is not None else []))

    def _taken(self, left: Left) -> str:
        zone, now = self.face.at.identity.zone, self.face.at.desk.now_ms()
        day, time = local_day(left.taken_ms, zone), local_time(left.taken_ms, zone)
        at = time if day == local_day(now, zone) else self.say("screen.left.day", day=day, time=time)
        return self.say("screen.left.taken", at=at, place=self._place(left.about), what=self._what(left.about))

    def _place(self, about: About) -> str:
        phone = self.face.at
        return name_of_place(phone.mirror.book(), about.place, phone.desk.now_ms())

    def _what(self, about: About) -> str:
        match about.step:
            case Step.VISIT:
                return ACTIONS[about.action].word(self.face.lang)
            case Step.STOP:
                return self.say("screen.left.stop")
            case Step.DIAGNOSIS:
                return self.say("screen.left.diagnosis", code=named(about.subject))

    def _pictures(self, left: Left) -> list[Widget]:
        views = []
        for photo in left.photos:
            view = Viewfinder(_VIEW_DP)
            view.show(Image.open(BytesIO(photo.content)))
            views.append(view)
        return [row(*views[at : at + 2]) for at in range(0, len(views), 2)]

    def join(self) -> None:
        """Take the photos in hand again, and go to what they go with."""
        face, first = self.face, self.all[0]
        assert self.goal is not None
        try:
            over = photos_in_hand.join(face.at, first, self.goal)
        except FieldError as error:
            face.fail(error)
            return
        self._open(self.goal)
        many = len(first.photos) - over
        told = face.say(f"screen.left.joined.{self.goal.step}", n=many) if many else ""
        rest = face.say("screen.left.no_room", n=over) if over else ""
        face.told(None, " ".join(text for text in (told, rest) if text))

    def _open(self, goal: About) -> None:
        """Open what records next."""
        face = self.face
        match goal.step:
            case Step.VISIT if face.visit is not None:
                face.open_visit()
            case Step.VISIT:
                face.begin(goal.action, goal.place, goal.subject)
            case Step.STOP:
                at = driving.stop_of(face.at, goal.subject)
                assert at is not None
                face.open_stop(*at)
            case Step.DIAGNOSIS:
                face.bench_step(goal.subject, Next.DIAGNOSE)

    def throw(self) -> None:
        """Throw the photos away, once that was said twice; go on with the next."""
        if not self.is_sure:
            self.face.open(partial(LeftPhotosScreen, is_sure=True))
            return
        first = self.all[0]
        try:
            photos_in_hand.throw_away(self.face.at, first)
        except FieldError as error:
            self.face.fail(error)
            return
        if self.all[1:]:
            self.face.open(LeftPhotosScreen)
        else:
            self.face.start()
        self.face.told(None, self.face.say("screen.left.thrown", n=len(first.photos)))
