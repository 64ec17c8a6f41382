"""The exceptions that only the server raises, beside those of `boucle.errors`.

BoucleError
├── StorageError                     503  the database cannot do its work now; nothing was half written
│   ├── DiskFullError                507  no space left
│   ├── DatabaseBusyError            503  another writer holds the database for too long
│   ├── DatabaseGoneError            503  the connection is lost, or the server is not there
│   ├── DatabaseDamagedError         500  the file is no database, or a damaged one
│   └── DatabaseUnusableError        500  it does not keep the settings that durability needs
├── RefusedError                          the request is understood and answered no
│   ├── UnauthenticatedError         401
│   ├── ForbiddenError               403
│   ├── NotFoundError                404
│   ├── ConflictError                409
│   ├── ExpiredError                 410
│   ├── TooLargeError                413
│   └── TooManyError                 429
└── OperatorError                         a command is refused; the message says what to do

The name of a class, without `Error` and with hyphens, is the stable end of a problem's `type`.
"""

from typing import ClassVar

from boucle.errors import BoucleError


class StorageError(BoucleError):
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
    """The database does not keep the settings that durability needs, so we do not write to it."""

    status: ClassVar[int] = 500


class RefusedError(BoucleError):
    """The request is understood and answered no."""

    status: ClassVar[int] = 400


class UnauthenticatedError(RefusedError):
    """Nobody we know asks."""

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


class TooLargeError(RefusedError):
    """More bytes or records than one request may carry."""

    status: ClassVar[int] = 413


class TooManyError(RefusedError):
    """Too many attempts; later is fine."""

    status: ClassVar[int] = 429


class OperatorError(BoucleError):
    """A command was refused; the message is the line that the operator reads."""
