"""Pictures as a camera makes them, sent by a form without any script, and places that ask for them."""

from io import BytesIO
from random import Random

import httpx
from PIL import Image

from boucle.photo import Picture, look
from boucle.reference import Book
from boucle_server.projections import load_book
from boucle_server.server_device import Draft
from boucle_server.tables import PHOTO
from tests.api.serving import Served
from tests.server.figures_world import record
from tests.server.workshop_world import NOW
from tests.web.browser import Form


def a_camera_picture(width: int = 2400, height: int = 1800, kind: str = "JPEG") -> bytes:
    """Give a noisy picture on its side, with a position in it."""
    noise = Image.frombytes("RGB", (200, 150), Random(1).randbytes(200 * 150 * 3)).resize((width, height))
    tags = Image.Exif()
    tags[0x0112] = 6
    tags.get_ifd(0x8825)[1] = "N"
    target = BytesIO()
    noise.save(target, kind, exif=tags)
    return target.getvalue()


def a_bomb() -> bytes:
    """Give a small file of very many pixels."""
    target = BytesIO()
    Image.new("1", (12_000, 12_000)).save(target, "PNG")
    return target.getvalue()


async def brought(served: Served, form: Form, file: bytes, /, name: str = "photo.jpg", **typed: str) -> httpx.Response:
    """Send a form with a file in it, as a browser without scripts does."""
    served.clock.ms += 1_000
    values = {key: value for key, value in {**dict(form.values), **typed}.items() if key != "photo-fichier"}
    return await served.client.post(form.action, data=values, files={"photo-fichier": (name, file, "image/jpeg")})


def kept(served: Served) -> list[bytes]:
    """Give the photos that are kept; each must be sound and say nothing but itself."""
    with served.database.reading() as connection:
        found = [bytes(row.content) for row in connection.execute(PHOTO.select().order_by(PHOTO.c.received_ms))]
    for each in found:
        assert isinstance(look(each), Picture)
        assert not Image.open(BytesIO(each)).getexif()
    return found


def asks_for(served: Served, guards: str, site: str = "strasbourg") -> None:
    """Let a site ask for photos."""
    with served.database.reading() as connection:
        book: Book = load_book(connection, "acme")
        row = book.row("site", site, NOW) or {}
    body = {"table": "site", "key": site, "valid_from": NOW - 2000, "row": {**row, "photos": guards}}
    record(served.database, "acme", [Draft(kind="reference.set", fields={"body": body})], now_ms=NOW - 1000)
