"""A picture file of this device made into a photo.

It stands on Pillow, which the reader of labels brings along and for which python-for-android has a recipe; whoever
hands in bytes made otherwise needs nothing of it.
"""

from pathlib import Path

from boucle_field.errors import UsageError
from boucle_labels.errors import RefusedError
from boucle_labels.photo import photo_of
from boucle_labels.reading import open_picture


def photo_of_file(path: Path) -> bytes:
    """Make a photo of a picture file; UsageError says why there is none."""
    try:
        picture = open_picture(path)
    except RefusedError as error:
        raise UsageError("phone.photo_unreadable", path=str(path)) from error
    return photo_of(picture)
