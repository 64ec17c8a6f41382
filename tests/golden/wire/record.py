"""Record what a released version sends and what became of it: `python -m tests.golden.wire.record`, once a release.

A recorded version is never written again: every later version must take its bytes and give the same answers.
"""

import json
import sys
import tempfile
from pathlib import Path
from random import Random

from boucle.push import Push, write_push
from boucle.version import VERSION
from boucle_server.db import Database
from boucle_server.schema import prepare
from tests.builders import Device, code
from tests.golden.wire.replaying import answers, state_of
from tests.server.handset import Handset, a_network

FOLDER = Path(__file__).parent


def pushes() -> list[Push]:
    """Give what two phones of this version send: every kind of container event, and what goes wrong on the way."""
    one = Handset()
    two = Handset(device=Device(dev="d-deux", epoch="00000000000000a2", random=Random(2)))
    crate, other = code(1), code(2)
    one.scan("item.commissioned", crate, at=0, place="strasbourg", body={"type": "bac", "opening_uses": 4})
    one.scan("item.commissioned", other, at=0.1, place="strasbourg", body={"type": "roll", "tare_g": 33_300})
    one.scan("item.shipped", crate, at=1, place="strasbourg", task="tournee-1", body={"to": "mulhouse"})
    one.scan("item.delivered", crate, at=2, place="mulhouse")
    one.scan("item.emptied", crate, at=3, place="mulhouse")
    two.scan("item.collected", crate, at=9, place="mulhouse", task="arret-1", actor="p-ana")
    two.scan("item.collected", at=9.1, item_type="film", qty=40, place="mulhouse", task="arret-1")
    one.scan("item.received", crate, at=10, place="strasbourg", against="arret-1", body={"mass_g": 2_150}, tq=1)
    one.scan("item.sorted", crate, at=11, place="strasbourg", body={"verdict": "dirty", "grade": "B"})
    one.scan("item.cleaned", crate, at=12, place="strasbourg", body={"requalify": True})
    one.scan("item.released", crate, at=13, actor="p-bob", body={"checks": {"fuite": True}})
    one.scan("label.replaced", code(3), at=14, other=crate)
    wrong = one.scan("item.moved", crate, at=15, place="strasbourg", body={"zone": "propre"})
    target = json.loads(wrong.payload)["id"]
    one.scan("event.voided", crate, at=15.1, body={"target": target})
    one.scan(
        "item.retired", other, at=16, place="strasbourg", body={"route": "recycling", "code": "R4", "mass_g": 33_000}
    )
    one.scan("lune.alunie", crate, at=17, place="strasbourg")
    two.junk(b"{no event")
    two.scan("item.counted", crate, at=18, place="metz", tq=2)
    first = one.push(one.waiting[:6])
    one.waiting = one.waiting[6:]
    return [first, two.push(), one.push(), first]


def main() -> int:
    """Write the recording of this version unless there is one."""
    folder = FOLDER / VERSION
    if folder.exists():
        print(f"{folder} is there already: a recording is never written again")  # noqa: T201
        return 1
    folder.mkdir()
    with tempfile.TemporaryDirectory() as place:
        database = Database.embedded_at(Path(place) / "boucle.sqlite3")
        prepare(database)
        a_network(database, "d-un", "d-deux")
        bodies = [write_push(push) for push in pushes()]
        for number, body in enumerate(bodies, 1):
            (folder / f"push-{number}.json").write_bytes(body)
        told = answers(database, bodies)
        (folder / "answers.json").write_text(json.dumps(told, indent=1) + "\n", encoding="utf-8")
        (folder / "state.json").write_bytes(state_of(database))
        database.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
