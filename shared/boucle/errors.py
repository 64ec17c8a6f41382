"""Every exception that Boucle raises on purpose.

BoucleError                          500
├── MalformedError                   400  bytes or text that do not have the form they claim
│   ├── MalformedKeyError                 a public, private or verifier key
│   ├── MalformedNoteError                a signed note
│   ├── MalformedCheckpointError          the three lines of a checkpoint
│   ├── MalformedReceiptError             the lines of a receipt, or ranges that contradict each other
│   ├── MalformedPushError                the body of a push
│   ├── MalformedRescueError              the container of a rescue file
│   └── MalformedLogError                 a stored frontier, hash or entry of the log
├── UnverifiedError                  422  well formed, but the proof of its origin does not hold
│   ├── UnverifiedNoteError               no trusted key signed the note, or a trusted key's signature fails
│   └── UnopenedSealError                 not encrypted to this key, or changed since
├── SigningRefusedError              500  signing this would contradict what the same signer signed before
└── CryptoMissingError               500  the `cryptography` package is not installed

An expected outcome is a value (`Reason`), never an exception; a bug is not caught. The HTTP status of an
error belongs to its class, and is rendered in one place.
"""

from typing import ClassVar


class BoucleError(Exception):
    """A promise that Boucle could not keep; the message says what happened and what to do."""

    status: ClassVar[int] = 500


class MalformedError(BoucleError):
    """Bytes or text from outside do not have the form they claim to have."""

    status: ClassVar[int] = 400


class MalformedKeyError(MalformedError):
    """A public, private or verifier key cannot be read."""


class MalformedNoteError(MalformedError):
    """A signed note cannot be read."""


class MalformedCheckpointError(MalformedError):
    """A checkpoint is not the three lines it should be."""


class MalformedReceiptError(MalformedError):
    """A receipt cannot be read, or its ranges contradict each other."""


class MalformedPushError(MalformedError):
    """A body is no push at all; the server keeps its bytes.

    The message is for who writes a client; `key` and `values` say the same in words of people, `key` in `boucle.words`.
    """

    def __init__(self, message: str, key: str, /, **values: object) -> None:
        super().__init__(message)
        self.key, self.values = key, values


class MalformedRescueError(MalformedError):
    """A rescue file cannot be read."""


class MalformedLogError(MalformedError):
    """A stored part of the log, or a position asked of it, makes no sense."""


class UnverifiedError(BoucleError):
    """Well formed, but the proof of its origin does not hold."""

    status: ClassVar[int] = 422


class UnverifiedNoteError(UnverifiedError):
    """No trusted key signed the note, or the signature of a trusted key fails."""


class UnopenedSealError(UnverifiedError):
    """The content was not encrypted to this key, or was changed since."""


class SigningRefusedError(BoucleError):
    """Signing this would contradict what the same signer signed before."""


class CryptoMissingError(BoucleError):
    """The `cryptography` package is not installed: install it to sign, verify or encrypt."""
