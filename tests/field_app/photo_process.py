"""A process that takes photos in hand and records some of them, saying of each step that it is done: to be killed.

With the word `early` it is the mutant that the kill must catch: it says so before the store has committed.
"""

import sqlite3
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from boucle_field.hand import Hand
from boucle_field.outbox import Draft
from boucle_field.phone import opened
from boucle_field.photos import Photo
from boucle_field.photos_in_hand import About, Step
from boucle_field.store import Store
from tests.builders import code
from tests.photos import a_jpeg

CHANGES_AT_ONCE = 25


def _take_photos(directory: Path, first: int, most: int) -> None:
    with opened(directory) as phone:
        hand = Hand(phone, About(Step.VISIT, "t-1", "mulhouse", "find"))
        for seed in range(first, first + most):
            photo = Photo(a_jpeg(seed=seed, size=20_000))
            hand.take(photo)
            _say(f"TAKEN {photo.announcement['sha256']}")
            if len(hand) >= 2:  # the one before may have been killed with some in hand
                told = hand.record(phone.desk, Draft(kind="item.found", code=code(seed % 500), place="mulhouse"))
                _say(f"ACK {told.event_id}")


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


_committed = [0]


@contextmanager
def _writing_late(store: Store) -> Iterator[sqlite3.Connection]:
    db = store.db
    if not db.in_transaction:
        db.execute("BEGIN IMMEDIATE")
    yield db
    if db.total_changes - _committed[-1] >= CHANGES_AT_ONCE:
        db.execute("COMMIT")
        _committed.append(db.total_changes)


if __name__ == "__main__":
    if "early" in sys.argv:
        Store.writing = _writing_late  # type: ignore[assignment,method-assign]
    _take_photos(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]))
