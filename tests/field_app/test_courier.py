"""The courier: a round that breaks is told, and the next one runs all the same."""

from contextlib import closing
from dataclasses import replace
from pathlib import Path
from queue import Queue

from boucle_field import photos
from boucle_field.courier import Courier, Line, News
from boucle_field.identity import Identity
from boucle_field.store import Store

LONG_S = 30
NOBODY = "http://127.0.0.1:9"
"""An address of this machine at which nothing answers."""


class Radio:
    """What tells whether the line is free, on a phone whose system fails to answer until it is `well`."""

    well = False

    def is_free(self) -> bool:
        if not self.well:
            raise OSError("no service")
        return True


def test_a_round_that_breaks_is_told_and_the_next_one_runs(data: Path) -> None:
    with closing(Store.open(data)) as store:
        photos.choose_only_free(store, chosen=True)
        replace(Identity.of(store), server=NOBODY).save(store, "f" * 16)
    told: Queue[News] = Queue()
    radio = Radio()
    courier = Courier(data, told.put, is_free=radio.is_free)
    courier.start()
    try:
        broken = told.get(timeout=LONG_S)
        assert broken.trouble is not None
        assert broken.trouble.key == "line.round_broke"
        assert "OSError" in broken.trouble.said("fr")
        assert (broken.line, broken.end, broken.retry_s > 0) == (Line.UNKNOWN, None, True)
        radio.well = True
        courier.now()
        again = told.get(timeout=LONG_S)
        assert (again.line, again.trouble) == (Line.OFFLINE, None)
    finally:
        courier.close()
