"""A photo that came with a form: read back, looked at as every photo is, and kept with the event that announces it.

The picture was made small and bare in the browser (`static/snapshot.js`), so that the form stays within its limit.
"""

import base64
import binascii
from collections.abc import Mapping
from typing import Any, Final, NamedTuple

from sqlalchemy.engine import Connection

from boucle.photo import JPEG, Picture, look
from boucle.wire import digest
from boucle_server import photos
from boucle_server.organisations import SERVER_DEV
from boucle_server.web.typed import Answers

FIELD: Final = "photo"


class FormPhoto(NamedTuple):
    """A sound photo of a form."""

    content: bytes
    picture: Picture

    @property
    def announced(self) -> Mapping[str, Any]:
        """What an event says of it."""
        return {"sha256": digest(self.content), "size": len(self.content), "type": JPEG}

    def keep(self, connection: Connection, org: str, *, now_ms: int) -> None:
        """Keep it, in the transaction of its event."""
        photos.keep(connection, org, SERVER_DEV, self.content, picture=self.picture, now_ms=now_ms)


def read_photo(answers: Answers) -> FormPhoto | None:
    """Read the photo of a form, None where there is none; what is none is said beside its field."""
    typed = answers.fields.value(FIELD)
    if not typed:
        return None
    try:
        content = base64.b64decode(typed + "=" * (-len(typed) % 4), altchars=b"-_", validate=True)
    except (ValueError, binascii.Error):
        answers.fault(FIELD, "photo.flaw.no_jpeg")
        return None
    found = look(content)
    if not isinstance(found, Picture):
        answers.fault(FIELD, f"photo.flaw.{found}")
        return None
    return FormPhoto(content, found)
