"""What is left of a request's body, read before an early answer, so that the answer arrives.

A client that is still sending when the connection is closed under it sees a broken pipe, and never the reason.
"""

from typing import Final

from starlette.types import Message, Receive

DRAIN: Final = 16 * 1024 * 1024
"""Bytes read and thrown away, at most, of what will not be taken; whoever sends more may miss the answer."""


class Incoming:
    """The body of one request, as the application reads it, with how much of it is left."""

    def __init__(self, receive: Receive, *, waits: bool) -> None:
        self._receive = receive
        self._waits = waits
        self._ended = False
        self.received = 0

    async def receive(self) -> Message:
        """Give the next message, counted."""
        message = await self._receive()
        self._waits = False
        self.received += len(message.get("body", b""))
        self._ended = message["type"] != "http.request" or not message.get("more_body", False)
        return message

    async def drain(self) -> bool:
        """Read what is left, up to a limit, and throw it away; tell whether that was all.

        A client that waits for leave to send (`Expect: 100-continue`) is not given it.
        """
        most = self.received + DRAIN
        while not (self._ended or self._waits or self.received > most):
            await self.receive()
        return self._ended
