"""The exceptions that only the server raises, beside those of `boucle.errors`.

BoucleError
└── ServerError                           says itself in both languages
    ├── StorageError                 503  the database cannot do its work now; nothing was half written
    │   ├── DiskFullError            507  no space left
    │   ├── DatabaseBusyError        503  another writer holds the database for too long
    │   ├── DatabaseGoneError        503  the connection is lost, or the server is not there
    │   ├── DatabaseDamagedError     500  the file is no database, or a damaged one
    │   └── DatabaseUnusableError    500  it does not keep the settings that durability needs
    ├── RefusedError                      the request is understood and answered no
    │   ├── UnauthenticatedError     401
    │   ├── DeviceRevokedError       401
    │   ├── ForbiddenError           403
    │   ├── NotFoundError            404
    │   ├── ConflictError            409
    │   ├── ExpiredError             410
    │   ├── QuotaError               429
    │   ├── KeptRawError             400
    │   └── InvalidInputError        422
    └── OperatorError                     a command is refused; the message says what to do

The name of a class, without `Error` and with hyphens, is the stable end of a problem's `type`. Its own words
are `api.<name>`; whoever raises it may say something closer to the case.
"""

import re
from typing import ClassVar

from boucle.errors import BoucleError
from boucle.words import say


class ServerError(BoucleError):
    """A promise of the server that could not be kept, as a key of `boucle.words` with its values."""

    def __init__(self, key: str = "", /, **values: object) -> None:
        self.key = key or f"api.{slug_of(type(self)).replace('-', '_')}"
        self.values = values
        super().__init__(self.said("en"))

    def said(self, lang: str) -> str:
        """Say what happened, what was kept and what to do, in one language."""
        return say(self.key, lang, **self.values)


def slug_of(error: type[BoucleError]) -> str:
    """Give the stable name of a class of errors: `NotFoundError` gives `not-found`."""
    return re.sub(r"(?<!^)(?=[A-Z])", "-", error.__name__.removesuffix("Error")).lower()


class StorageError(ServerError):
    """The database cannot do its work now; the transaction was rolled back whole."""

    status: ClassVar[int] = 503


class DiskFullError(StorageError):
    """There is no space left where the database lives."""

    status: ClassVar[int] = 507


class DatabaseBusyError(StorageError):
    """Another writer held the database longer than we wait."""


class DatabaseGoneError(StorageError):
    """The database cannot be reached."""


class DatabaseDamagedError(StorageError):
    """The file is no database, or a damaged one."""

    status: ClassVar[int] = 500


class DatabaseUnusableError(StorageError):
    """The database does not keep what durability needs, or is of another version, so we do not touch it."""

    status: ClassVar[int] = 500


class RefusedError(ServerError):
    """The request is understood and answered no."""

    status: ClassVar[int] = 400


class UnauthenticatedError(RefusedError):
    """Nobody we know asks."""

    status: ClassVar[int] = 401


class DeviceRevokedError(RefusedError):
    """A device that was cut off asks; it keeps what it has not sent."""

    status: ClassVar[int] = 401


class ForbiddenError(RefusedError):
    """Whoever asks may not do this."""

    status: ClassVar[int] = 403


class NotFoundError(RefusedError):
    """It does not exist, or belongs to somebody else: the two are never told apart."""

    status: ClassVar[int] = 404


class ConflictError(RefusedError):
    """It contradicts what is there already."""

    status: ClassVar[int] = 409


class ExpiredError(RefusedError):
    """It was valid once."""

    status: ClassVar[int] = 410


class QuotaError(RefusedError):
    """More was left without proof of its origin than one device may leave; nothing of this request was kept."""

    status: ClassVar[int] = 429


class KeptRawError(RefusedError):
    """What was sent is no push; its bytes are kept."""


class InvalidInputError(RefusedError):
    """A value is not what its name promises."""

    status: ClassVar[int] = 422


class OperatorError(ServerError):
    """A command is refused; the message is the line that the operator reads."""
