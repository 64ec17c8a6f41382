"""Incidents: what nobody expected, written into the server's log under a number that can be told to anybody."""

import logging
import secrets
import traceback

_logger = logging.getLogger("boucle")


def note_incident(error: BaseException, where: str) -> str:
    """Write an unexpected error into the log under a fresh number; give the number.

    Where it happened is written, but never the message of the exception, which may repeat what was sent.
    """
    incident = secrets.token_hex(6)
    lines = [f"incident {incident}: {type(error).__name__} at {where}"]
    cause: BaseException | None = error
    while cause is not None:
        lines.append(f"  {type(cause).__module__}.{type(cause).__qualname__}")
        lines += [
            f"    {frame.filename}:{frame.lineno} in {frame.name}"
            for frame in traceback.extract_tb(cause.__traceback__)
        ]
        cause = cause.__cause__
    _logger.error("\n".join(lines))
    return incident
