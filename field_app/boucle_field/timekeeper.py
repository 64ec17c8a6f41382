"""The server's time as this device knows it: the answers it keeps, and what they say of a reading."""

from collections.abc import Iterable, Sequence

from boucle.anchor import Reading, Sample, clock_error_ms, worth_keeping
from boucle_field.store import Store


def samples(store: Store) -> list[Sample]:
    """Give the kept answers of the server's clock."""
    with store.reading() as db:
        rows = db.execute("SELECT boot, mono_ms, server_ms, rtt_ms FROM anchor").fetchall()
    return [Sample(boot=boot, mono_ms=mono, server_ms=server, rtt_ms=rtt) for boot, mono, server, rtt in rows]


def keep(store: Store, fresh: Iterable[Sample], boot: str) -> Sequence[Sample]:
    """Keep what is worth of fresh answers beside the old ones; give all that is kept now.

    `boot` is the present one. Of a boot that is over and has no unstamped event nothing is kept.
    """
    kept = worth_keeping([*samples(store), *fresh])
    with store.writing() as db:
        waiting = {row[0] for row in db.execute("SELECT DISTINCT boot FROM outbox WHERE teff IS NULL")}
        still = [each for each in kept if each.boot == boot or each.boot in waiting]
        db.execute("DELETE FROM anchor")
        db.executemany(
            "INSERT INTO anchor VALUES (?, ?, ?, ?)",
            [(each.boot, each.mono_ms, each.server_ms, each.rtt_ms) for each in still],
        )
    return still


def server_ms(reading: Reading, known: Iterable[Sample]) -> int:
    """Give the best guess of the server's time at a reading: by its boot's answers, else by its wall clock."""
    error = clock_error_ms(reading, known)
    return reading.wall_ms if error is None else reading.wall_ms - error
