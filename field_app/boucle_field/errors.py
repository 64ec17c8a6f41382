"""The exceptions that only the field app raises, beside those of `boucle.errors`.

BoucleError
└── FieldError                   says itself in both languages: what happened, what was kept, what to do
    ├── UsageError               the command or its values make no sense; nothing was recorded
    ├── RefusedError             understood, answered no
    │   ├── NotEnrolledError
    │   ├── AlreadyEnrolledError
    │   └── LoginError           who scans is not known, or the PIN is wrong, or it is too early to try again
    └── StoreError               the phone's own store cannot do its work; nothing of this act was recorded
        ├── StoreFullError       no space left
        ├── StoreBusyError       another process holds it for too long
        ├── StoreDamagedError    the file is no store, or a damaged one
        └── StoreNewerError      made by a newer version of the app

Whoever raises one names a key of `boucle.words`. The exit code of a command belongs to the class.
"""

from typing import ClassVar

from boucle.errors import BoucleError
from boucle.words import say


class FieldError(BoucleError):
    """A promise of the field app that could not be kept, as a key of `boucle.words` with its values."""

    exit_code: ClassVar[int] = 1

    def __init__(self, key: str, /, **values: object) -> None:
        self.key = key
        self.values = values
        super().__init__(self.said("en"))

    def said(self, lang: str) -> str:
        """Say what happened, what was kept and what to do, in one language."""
        return say(self.key, lang, **self.values)


class UsageError(FieldError):
    """The command or one of its values makes no sense; nothing was recorded."""

    exit_code: ClassVar[int] = 2


class RefusedError(FieldError):
    """Understood and answered no."""


class NotEnrolledError(RefusedError):
    """The device belongs to no organisation yet."""


class AlreadyEnrolledError(RefusedError):
    """The device belongs to an organisation already."""


class LoginError(RefusedError):
    """Nobody is logged in who may do this, or the PIN is wrong, or it is too early to try again."""


class StoreError(FieldError):
    """The phone's own store cannot do its work; nothing of this act was recorded, everything earlier is kept."""


class StoreFullError(StoreError):
    """No space is left on the device."""


class StoreBusyError(StoreError):
    """Another process holds the store for longer than we wait."""


class StoreDamagedError(StoreError):
    """The file is no store of ours, or it is damaged."""


class StoreNewerError(StoreError):
    """The store was made by a newer version of the app, which this one would harm."""
