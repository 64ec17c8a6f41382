"""The rescue file: what this device holds, sealed and encrypted to its organisation, to be carried by hand."""

import os
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from boucle import rescue
from boucle.push import write_push
from boucle_field import photos, timekeeper
from boucle_field.errors import RefusedError, UsageError
from boucle_field.phone import Phone
from boucle_field.pushing import sealed


def export(phone: Phone, file: Path) -> int:
    """Write everything kept here into a new rescue file; give how many events it holds.

    Importing it does what a sync would do, and doing both counts once, so it holds what was sent as well: a
    server that was restored may lack it. UsageError when the file is there already or cannot be written,
    RefusedError when there is nothing to export.
    """
    # The file leaves the device as a push does, so the times are frozen by it too.
    now_ms = timekeeper.server_ms(phone.ticks.reading(), timekeeper.samples(phone.store))
    phone.outbox.stamp(timekeeper.samples(phone.store), now_ms)
    counted: list[int] = []
    batches = list(_batches(phone, counted))
    if not batches:
        raise RefusedError("phone.nothing_to_export")
    batches += [rescue.PHOTO + content for content in photos.contents(phone.store)]
    _write_new(file, rescue.pack(batches, phone.crypto.box(bytes.fromhex(phone.identity.box_key))))
    return sum(counted)


def _batches(phone: Phone, counted: list[int]) -> Iterator[bytes]:
    after = 0
    while batch := phone.outbox.next_batch(after, everything=True):
        counted.append(len(batch))
        after = batch[-1].n
        # The file has all that comes before as well, so only what follows is still on the device alone.
        left = phone.outbox.unsent_beside(0, after)
        yield write_push(replace(sealed(phone, batch), unsent=left))


def _write_new(file: Path, content: bytes) -> None:
    """Write a file durably, or leave nothing of it behind."""
    try:
        with file.open("xb") as target:
            target.write(content)
            target.flush()
            os.fsync(target.fileno())
    except FileExistsError as error:
        raise UsageError("phone.file_exists", path=str(file)) from error
    except OSError as error:
        file.unlink(missing_ok=True)
        raise UsageError("phone.file_unwritten", path=str(file), why=error.strerror or "") from error
