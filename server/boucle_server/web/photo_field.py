"""Photos that came with a form: read back, looked at as every photo is, and kept with the event that announces it.

With a script the picture is made small and bare in the browser (`static/snapshot.js`); without one the file comes as
the camera made it, and becomes the same kind of photo here, before anything of it is kept.
"""

import base64
import binascii
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final, NamedTuple

from sqlalchemy.engine import Connection

from boucle.photo import JPEG, PhotoFlaw, Picture, look
from boucle.wire import digest
from boucle.words import say
from boucle_labels.errors import RefusedError
from boucle_labels.photo import photo_of
from boucle_labels.reading import picture_in
from boucle_server import photos
from boucle_server.organisations import SERVER_DEV
from boucle_server.web.forms import Fields
from boucle_server.web.inputs import Input
from boucle_server.web.typed import Answers

FIELD: Final = "photo"
SECOND: Final = "photo2"
FIELDS: Final = (FIELD, SECOND)
"""The fields of photos, in their order; a form has the first, or both."""
_FILE: Final = "-fichier"
"""Behind the name of a field that takes a file as the camera made it, as the template of fields writes it."""
_NONE: Final = "?"
"""Stands in the field for a file that is no picture: no photo is written so."""
_BOMB: Final = "??"


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


def photo_input(label: str, lang: str, *, help_key: str = "web.photo_help") -> Input:
    """Give the field that takes a photo."""
    return Input(name=FIELD, label=label, kind="photo", help=say(help_key, lang))


def with_photo(fields: Fields) -> Fields:
    """Give a form with its files made into photos, which then go along with the form wherever it is shown again."""
    for name in FIELDS:
        fields = _with_photo(fields, name)
    return replace(fields, files=())


def _with_photo(fields: Fields, name: str) -> Fields:
    file = fields.file(f"{name}{_FILE}")
    if not file:
        return fields
    try:
        made = base64.urlsafe_b64encode(photo_of(picture_in(file, name=name))).rstrip(b"=").decode("ascii")
    except RefusedError as error:
        made = _BOMB if error.key == "picture_too_large" else _NONE
    others = tuple(pair for pair in fields.pairs if pair[0] != name)
    return replace(fields, pairs=(*others, (name, made)))


def read_photos(answers: Answers) -> list[FormPhoto]:
    """Read the photos of a form, each once."""
    read = [photo for name in FIELDS if (photo := read_photo(answers, name)) is not None]
    return list({photo.content: photo for photo in read}.values())


def read_photo(answers: Answers, name: str = FIELD) -> FormPhoto | None:
    """Read the photo of a form, None where there is none; what is none is said beside its field."""
    typed = answers.fields.value(name)
    if not typed:
        return None
    if typed == _BOMB:
        answers.fault(name, f"photo.flaw.{PhotoFlaw.TOO_MANY_PIXELS}")
        return None
    try:
        content = base64.b64decode(typed + "=" * (-len(typed) % 4), altchars=b"-_", validate=True)
    except (ValueError, binascii.Error):
        answers.fault(name, "photo.flaw.no_jpeg" if typed != _NONE else "web.photo_no_picture")
        return None
    found = look(content)
    if not isinstance(found, Picture):
        answers.fault(name, f"photo.flaw.{found}")
        return None
    return FormPhoto(content, found)
