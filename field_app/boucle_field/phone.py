"""The phone: one data directory, opened, with the parts that work on it. Where everything is put together."""

import secrets
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from boucle.ids import Randomness
from boucle.signing import Crypto, SigningKey, load_crypto
from boucle_field.desk import Desk
from boucle_field.identity import Identity, device_key
from boucle_field.mirror import Mirror
from boucle_field.outbox import Outbox
from boucle_field.store import Store
from boucle_field.ticks import DeviceTicks, Ticks


@dataclass(frozen=True, slots=True, kw_only=True)
class Phone:
    """An enrolled device and its parts."""

    store: Store
    identity: Identity
    key: SigningKey
    crypto: Crypto
    ticks: Ticks
    randomness: Randomness
    outbox: Outbox
    mirror: Mirror
    desk: Desk

    @classmethod
    def of(
        cls,
        store: Store,
        *,
        ticks: Ticks | None = None,
        randomness: Randomness = secrets.token_bytes,
        crypto: Crypto | None = None,
    ) -> Self:
        """Put the parts together on an open store; NotEnrolledError before its enrolment."""
        identity = Identity.of(store)
        clock, keys = ticks or DeviceTicks(), crypto or load_crypto()
        outbox = Outbox(store, identity, ticks=clock, randomness=randomness)
        mirror = Mirror(store)
        return cls(
            store=store,
            identity=identity,
            key=device_key(store, keys),
            crypto=keys,
            ticks=clock,
            randomness=randomness,
            outbox=outbox,
            mirror=mirror,
            desk=Desk(store, identity, outbox=outbox, mirror=mirror),
        )


@contextmanager
def opened(directory: Path) -> Iterator[Phone]:
    """Open the phone of a data directory for the length of a block; NotEnrolledError, or a `StoreError`."""
    with closing(Store.open(directory)) as store:
        yield Phone.of(store)
