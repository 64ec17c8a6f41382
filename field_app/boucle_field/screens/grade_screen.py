"""The grades with their written criteria: for the scans that follow, or for the item scanned last."""

from functools import partial
from typing import TYPE_CHECKING

from boucle.grades import CRITERIA, VERDICT_OF, Grade
from boucle.lifecycle import Verdict
from boucle_field import sorting
from boucle_field.screens.cards import Card
from boucle_field.screens.screen import Screen

if TYPE_CHECKING:
    from boucle_field.screens.face import Face


class GradeScreen(Screen):
    """Each grade with what it means; one tap chooses it."""

    def __init__(self, face: "Face", *, last: bool) -> None:
        super().__init__(face)
        self.last = last

    def build(self) -> None:
        """Lay the screen out."""
        visit = self.face.visit
        last = next((each for each in reversed(visit.lines) if each.counts), None) if visit else None
        about = self.text("screen.grade_next") if not self.last or last is None else None
        self.fill(
            self.title("screen.grade"),
            about or self.text("screen.grade_last", code=self.face.named(last.subject)),  # type: ignore[union-attr]
            *(self._tile(VERDICT_OF[grade], grade) for grade in (Grade.A, Grade.B)),
            self._tile(Verdict.DIRTY, None),
            *(self._tile(VERDICT_OF[grade], grade) for grade in (Grade.C, Grade.D)),
            self.text("screen.grade_version", version=CRITERIA),
            bottom=(self.other("screen.back", self.face.back),),
        )

    def _tile(self, verdict: Verdict, grade: Grade | None) -> Card:
        words = self.say(f"screen.verdict.{verdict}")
        head = f"{grade} · {words}" if grade else words
        means = self.say(f"grade.{grade}_means" if grade else "grade.dirty_means")
        act = partial(self._chosen, str(verdict), str(grade or ""))
        return Card(self.look, head, (means,), act=act)

    def _chosen(self, verdict: str, grade: str) -> None:
        self.face.back()
        screen = self.face.scan_screen
        if screen is None:
            return
        if self.last:
            screen.sort(Verdict(verdict), grade)
        else:
            sorting.choose(screen.visit, verdict, grade)
            screen.refresh()
