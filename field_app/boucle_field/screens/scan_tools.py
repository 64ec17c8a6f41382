"""What a visit offers beside scanning: the other ways in, the rounds that arrive, the grades, the camera."""

from collections.abc import Callable, Iterator
from functools import partial
from typing import TYPE_CHECKING

from boucle.actions import ACTIONS
from boucle.expecting import WAITING
from boucle.sticky import SORTS
from boucle.visiting import CLAIMING
from boucle_field.arrivals import arrivals
from boucle_field.expected import items_expected
from boucle_field.screens.controls import Chip
from boucle_field.screens.grade_screen import GradeScreen
from boucle_field.screens.labels_at_hand import LabelsScreen
from boucle_field.screens.work_screens import AT_HOME, AmountScreen, CodeScreen

if TYPE_CHECKING:
    from boucle_field.screens.scan_screen import ScanScreen


def offered(screen: "ScanScreen") -> list[Chip]:
    """Give the chips under a visit, what belongs to its action first."""
    look = screen.look
    chips = [Chip(words, look.tile, act=act, line=look.line) for words, act in _offers(screen)]
    return [*screen.tools_more(), *chips, *screen.face.camera_chips()]


def _offers(screen: "ScanScreen") -> Iterator[tuple[str, Callable[[], object]]]:
    face, visit = screen.face, screen.visit
    if visit.action == AT_HOME:
        yield from _arriving(screen)
    for action in face.also_here():
        yield screen.say("screen.turn_to", action=ACTIONS[action].word(face.lang)), partial(face.turn, action)
    if visit.action in WAITING:
        yield screen.say("screen.waiting_pick"), face.open_waiting
    if visit.action in SORTS:
        yield screen.say("screen.grade_chip"), partial(face.open, partial(GradeScreen, last=False))
        yield screen.say("screen.grade_last_chip"), partial(face.open, partial(GradeScreen, last=True))
    yield screen.say("screen.typed"), partial(face.open, CodeScreen)
    if face.labels:
        yield screen.say("screen.labels_at_hand"), partial(face.open, LabelsScreen)
    if ACTIONS[visit.action].takes_quantity and visit.action not in CLAIMING:
        yield screen.say("screen.amount"), partial(face.open, AmountScreen)


def _arriving(screen: "ScanScreen") -> Iterator[tuple[str, Callable[[], object]]]:
    """Offer each round that is on its way to this site, unless it is the one received."""
    face, visit = screen.face, screen.visit
    coming = list(items_expected(face.at, visit.action, visit.place).values())
    for of, n in arrivals(face.at, visit.place, coming):
        if of.key != visit.task:
            words = screen.say("screen.arrival", name=of.name or of.key, n=n)
            yield words, partial(face.receive_round, of, visit.place)
