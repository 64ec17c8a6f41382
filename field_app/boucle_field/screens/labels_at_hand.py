"""Labels at hand: those of a file, each scanned by a tap, for whoever tries the app without scanner and camera."""

import csv
from functools import partial
from pathlib import Path
from typing import NamedTuple

from boucle_field.screens.screen import Screen


class AtHand(NamedTuple):
    """One label: its code, and what it says beside it."""

    code: str
    words: str


def labels_in(file: Path) -> list[AtHand]:
    """Read a file of labels as `boucle-labels` writes it; none where there is no such file."""
    if not file.is_file():
        return []
    with file.open(encoding="utf-8-sig", newline="") as rows:
        return [
            AtHand(row["code"], "\n".join(filter(None, (row.get("name"), row.get("printed"), row.get("owner")))))
            for row in csv.DictReader(rows)
            if row.get("code")
        ]


class LabelsScreen(Screen):
    """The labels, one big button each."""

    def build(self) -> None:
        """Lay the screen out."""
        self.fill(
            self.title("screen.labels_at_hand"),
            self.text("screen.labels_at_hand_how"),
            *(self.plain(each.words, partial(self._scan, each)) for each in self.face.labels),
            bottom=(self.other("screen.back", self.face.back),),
        )

    def _scan(self, label: AtHand) -> None:
        # Scanned once is enough: the next tap is another crate.
        self.face.labels.remove(label)
        self.face.back()
        self.face.scanned(label.code)
