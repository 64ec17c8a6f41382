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
    │   ├── TooManyError             429
    │   ├── KeptRawError             400
    │   ├── PhotoRefusedError        422  these bytes are not kept as a photo, whoever sends them
    │   ├── PhotoDamagedError        422  the bytes that came are not those of the hash
    │   ├── PhotoUnannouncedError    409  no stored event speaks of it
    │   ├── TusVersionError          412
    │   ├── MediaTypeError           415
    │   ├── ChecksumError            460
    │   └── InvalidInputError        422
    └── OperatorError                     a command is refused; the message says what to do

The name of a class, without `Error` and with hyphens, is the stable end of a problem's `type`. Its own words
are `api.<name>`; whoever raises it may say something closer to the case.
"""

import errno
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import ClassVar, Final

from boucle.errors import BoucleError
from boucle.words import knows, say


@dataclass(frozen=True, slots=True)
class Words:
    """A value of a message that is itself words: said in the language of the message."""

    key: str
    values: dict[str, object] = field(default_factory=dict)

    def said(self, lang: str) -> str:
        """Say them in one language."""
        return say(self.key, lang, **{name: _said(value, lang) for name, value in self.values.items()})


def listed(keys: Sequence[str]) -> Words:
    """Make words that say several one after the other, in the language of the message."""
    if len(keys) == 1:
        return Words(keys[0])
    return Words("words.listed", {"first": Words(keys[0]), "more": listed(keys[1:])})


def _said(value: object, lang: str) -> object:
    return value.said(lang) if isinstance(value, Words) else value


class ServerError(BoucleError):
    """A promise of the server that could not be kept, as a key of `boucle.words` with its values."""

    def __init__(self, key: str = "", /, **values: object) -> None:
        self.key = key or f"api.{slug_of(type(self)).replace('-', '_')}"
        self.values = values
        super().__init__(self.said("en"))

    def said(self, lang: str) -> str:
        """Say what happened, what was kept and what to do, in one language."""
        return Words(self.key, self.values).said(lang)


_ERRNO: Final = {
    errno.ENOENT: "missing",
    errno.EACCES: "denied",
    errno.EPERM: "denied",
    errno.ENOSPC: "full",
    errno.EDQUOT: "full",
    errno.EFBIG: "full",
    errno.EROFS: "read_only",
    errno.EISDIR: "directory",
    errno.ENOTDIR: "no_directory",
    errno.EEXIST: "exists",
    errno.ENAMETOOLONG: "name",
    errno.EADDRINUSE: "in_use",
    errno.EIO: "broken",
}


def why_of(error: OSError) -> Words:
    """Say why the operating system refused, in words of ours; a rare reason by its code, such as `EMFILE`."""
    number = error.errno or 0
    if number in _ERRNO:
        return Words(f"os.{_ERRNO[number]}")
    return Words("os.other", {"code": errno.errorcode.get(number, str(number))})


def out_of_room(error: "StorageError") -> Words | None:
    """Say why a disk did not take a copy; None for trouble that is not the disk's."""
    match error:
        case DiskFullError():
            return Words("os.full")
        case _:
            return Words("os.broken") if type(error) is StorageError else None


def said_of(error: BoucleError, lang: str) -> str:
    """Say any error of ours; what only a programmer can use of it is added in English."""
    if isinstance(error, ServerError):
        return error.said(lang)
    key = f"error.{slug_of(type(error)).replace('-', '_')}"
    if not knows(key):
        return str(error)
    return say(key, lang) if lang != "en" else f"{say(key, lang)} ({error})"


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


class TooManyError(RefusedError):
    """Too many attempts that failed; `seconds` says how long to wait. Nothing of this request was looked at."""

    status: ClassVar[int] = 429


class KeptRawError(RefusedError):
    """What was sent is no push; its bytes are kept."""


class PhotoRefusedError(RefusedError):
    """These bytes are not kept as a photo; the device keeps its own, and sending them again changes nothing."""

    status: ClassVar[int] = 422


class PhotoDamagedError(RefusedError):
    """The bytes that came are not those of the hash; they were dropped, and the upload begins anew."""

    status: ClassVar[int] = 422


class PhotoUnannouncedError(RefusedError):
    """No stored event speaks of this photo: the event goes first."""

    status: ClassVar[int] = 409


class TusVersionError(RefusedError):
    """The request speaks no version of tus that we know."""

    status: ClassVar[int] = 412


class MediaTypeError(RefusedError):
    """The body is not of the type that the route reads."""

    status: ClassVar[int] = 415


class ChecksumError(RefusedError):
    """A part of a photo was changed on its way; nothing of it was kept. The number is that of tus."""

    status: ClassVar[int] = 460


class InvalidInputError(RefusedError):
    """A value is not what its name promises."""

    status: ClassVar[int] = 422


class OperatorError(ServerError):
    """A command is refused; the message is the line that the operator reads."""
