"""What the fixtures of the field app give: a simulated place, and what a command said."""

from typing import NamedTuple

from boucle_field.phone import Phone
from tests.world import Net, SimServer, World


class Place(NamedTuple):
    """A world with one server, a sound network and one phone that has synced once."""

    world: World
    server: SimServer
    net: Net
    phone: Phone


class Ran(NamedTuple):
    """What a command gave: its exit code, what it printed, what it said."""

    code: int
    out: str
    err: str

    @property
    def acks(self) -> list[str]:
        """The event ids that were acknowledged."""
        return [line.removeprefix("ACK ") for line in self.out.splitlines() if line.startswith("ACK ")]
