"""Stops outside any round: a partner calls, and the truck that drives near takes crates up and has it signed."""

from datetime import date
from typing import Final

from boucle.rounds import VALIDATED, Ending, Found, validation
from boucle.unplanned import begun
from boucle_server.demo.ground import Crate, Ground
from boucle_server.demo.network import STOPS, Stop
from boucle_server.demo.planned import SALT_BYTES, SIGNERS, TO_TRY, drawn_signature
from boucle_server.demo.rounds import collect, receive

_MOST: Final = 4
"""Crates that are in somebody's way: for more of them a round is planned."""


def stop_beside(ground: Ground, day: date) -> None:
    """Take up what stands in the way at the partner that has most of it, and unload it the same day."""
    chance = ground.chance.stream(f"beside/{day}")
    # Whoever tries the demonstration finds something where the round of today leads.
    near = [(_waiting(ground, stop), stop) for stop in STOPS if not stop.far and stop.firm not in TO_TRY]
    crates, stop = max(near, key=lambda pair: len(pair[0]))
    task = begun(day, stop.firm, chance.bytes)
    crates = crates[: chance.between(2, _MOST)]
    if not crates:
        return
    ground.begin(stop.truck, day, 13.4)
    scanned, declared = collect(ground, stop, crates, task, declared=False)
    found = [Found("collect", stop.model, 0, scanned, declared)]
    ground.note(
        stop.truck,
        VALIDATED,
        place=stop.firm,
        task=task,
        body=validation(found, ending=Ending.DONE, version=1, reasons={}),
        private={
            "signer": chance.one_of(SIGNERS),
            "signature": drawn_signature(chance),
            "salt": chance.bytes(SALT_BYTES).hex(),
        },
    )
    ground.out[stop.key] = [crate for crate in ground.out[stop.key] if crate not in crates]
    receive(ground, stop, crates, day, task=task, hour=15.9)


def _waiting(ground: Ground, stop: Stop) -> list[Crate]:
    """Give what a partner has done with soonest."""
    here = [crate for crate in ground.out[stop.key] if crate.back is not None and not crate.written_off]
    return sorted(here, key=lambda crate: crate.back or date.max)
