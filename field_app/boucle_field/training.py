"""Training: the same phone with the same things in view, in a store of its own that never leaves and counts nothing."""

import shutil
from dataclasses import replace
from typing import Final

from boucle.ids import new_epoch
from boucle_field.phone import Phone
from boucle_field.store import FILE, Store, put

FOLDER: Final = "training"
_SEEN: Final = ("reference", "item", "item_code", "operator")


def begin_training(phone: Phone) -> Phone:
    """Give a phone to practise on: what `phone` knows of the world, no server, a key of its own. It starts anew."""
    assert phone.store.directory is not None
    directory = phone.store.directory / FOLDER
    shutil.rmtree(directory, ignore_errors=True)
    store = Store.open(directory)
    store.db.execute("ATTACH ? AS real", (str(phone.store.directory / FILE),))
    with store.writing() as db:
        for table in _SEEN:
            db.execute(f"INSERT INTO {table} SELECT * FROM real.{table}")  # noqa: S608 - our own table names
        for name in ("cursor", "actor"):
            put(db, name, phone.store.get(name))
    store.db.execute("DETACH real")
    # Without an address and a token nothing of it can ever be sent.
    replace(phone.identity, server="", token="").save(store, new_epoch(phone.randomness))
    return Phone.of(store, ticks=phone.ticks, randomness=phone.randomness, crypto=phone.crypto)
