"""Ids of imported events: the same row is the same event, until its import is taken back and it is brought again."""

from collections.abc import Mapping
from hashlib import sha256
from typing import Any

from boucle.ids import uuid7
from boucle.wire import write


def event_id(values: Mapping[str, Any]) -> str:
    """Give a row its event id: the same row is the same event, in whatever file and whenever it is imported."""
    return _drawn(values["at_ms"], write(dict(values)))


def undo_id(of: str, at_ms: int) -> str:
    """Give the id of the void by which an import is taken back, by which one sees that a person did not void it."""
    return _drawn(at_ms, b"undo:" + of.encode())


def again_id(of: str, at_ms: int) -> str:
    """Give the id of a row that is imported again after its import was taken back."""
    return _drawn(at_ms, b"again:" + of.encode())


def _drawn(at_ms: int, said: bytes) -> str:
    drawn = sha256(said).digest()
    return str(uuid7(max(0, at_ms), lambda size: drawn[:size]))
