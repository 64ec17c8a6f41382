"""What the sync engine asks for and is answered: plain values, so that the engine itself touches no network."""

import json
from collections.abc import Generator, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias, TypeVar

from boucle.ids import Randomness

OK = 200
NO_ANSWER = 0
"""The status of what was never answered: no network, a cut, a time-out."""
QUOTA = "urn:boucle:problem:quota"
"""The problem of a body that no seal vouches for, where this device left too many such bytes already."""
_MAY_BE_THE_BODY = frozenset({NO_ANSWER, 408, 500, 502, 504})
"""Failures that one request may cause by what is in it: it kills or outlasts whoever reads it."""
FIRST_PAUSE_MS = 1_000
LONGEST_PAUSE_MS = 300_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """One HTTP request below the server's address; `body` is sent as `content_type` when there is one."""

    method: str
    path: str
    query: Mapping[str, str] = field(default_factory=dict)
    body: bytes | None = None
    content_type: str = "application/json"
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Pause:
    """Nothing is asked for this long."""

    ms: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Response:
    """What came back; `status` is NO_ANSWER when nothing did."""

    status: int
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)
    """Under names in lower case."""

    @property
    def failed(self) -> bool:
        """Whether trying again may help: no answer, or the server's own failure."""
        return self.status == NO_ANSWER or self.status >= 500 or self.status in (408, 425, 429)  # noqa: PLR2004

    @property
    def overloaded(self) -> bool:
        """Whether the server can take nothing from anybody now: too much to do, no space, not ready."""
        return self.failed and self.status not in _MAY_BE_THE_BODY and not self.over_quota

    @property
    def over_quota(self) -> bool:
        """Whether it was this body, and no other, that the server had no room for."""
        return self.status == 429 and (self.json() or {}).get("type") == QUOTA  # noqa: PLR2004

    def json(self) -> dict[str, Any] | None:
        """Give the JSON object of the body, None when it is something else."""
        try:
            value = json.loads(self.body)
        except (ValueError, RecursionError):
            return None
        return value if isinstance(value, dict) else None


T = TypeVar("T")
Engine: TypeAlias = Generator[Request | Pause, Response, T]
"""Yields what it asks for; is sent the response to a request, anything after a pause; returns its result."""


def pause_ms(failures: int, randomness: Randomness) -> int:
    """Give how long to wait after so many failures in a row: anything up to 1 s, doubled each time, 5 min at most.

    The whole range is drawn from, so that a hundred phones that lost one server do not come back together.
    """
    most = min(FIRST_PAUSE_MS << min(max(failures - 1, 0), 16), LONGEST_PAUSE_MS)
    return int.from_bytes(randomness(4), "big") % (most + 1)
