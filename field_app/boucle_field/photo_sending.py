"""Sending photos: after the events, in parts, each going on where the server's last durable byte is.

Nothing is remembered of how far an upload is: the server is asked, so that no kill and no lost answer can make the two
disagree. A photo counts as there when a verified receipt for its very bytes says so, and by nothing else.
"""

from base64 import b64decode, b64encode
from collections.abc import Mapping
from hashlib import sha256 as sha256_of
from typing import Final

from boucle_field import photos
from boucle_field.asking import Engine, Pause, Request, Response, pause_ms
from boucle_field.phone import Phone
from boucle_field.photos import Waiting
from boucle_field.pushing import NOT_LET_IN, TRIES, End, Report, StopRoundError, alive

CHUNK: Final = 64 * 1024
"""Bytes of one request: what a cut costs at most."""
RECEIPT: Final = "boucle-receipt"
_TUS: Final = {"Tus-Resumable": "1.0.0"}
_CREATED, _TAKEN = 201, 204
_BEGIN_ANEW: Final = frozenset({404, 409, 410, 422, 460})
"""Answers that say: not so, ask where to go on."""
_REFUSED: Final = frozenset({413, 422})
_DAMAGED: Final = "urn:boucle:problem:photo-damaged"
_UNANNOUNCED: Final = "urn:boucle:problem:photo-unannounced"


def send_photos(phone: Phone, report: Report) -> Engine[None]:
    """Send every photo whose event is there; what cannot be sent now stays for the next round."""
    for photo in photos.waiting(phone.store):
        yield from _send(phone, photo, report)
    report.photos_left = photos.missing(phone.store)


def _send(phone: Phone, photo: Waiting, report: Report) -> Engine[None]:
    failures = 0
    while True:
        response = yield _begin(photo)
        offset = _offset(response, _CREATED)
        if offset is not None:
            content = photos.content(phone.store, photo.sha256)
            while offset is not None and offset < photo.size:
                response = yield _part(photo, content, offset)
                before, offset = offset, _offset(response, _TAKEN)
                failures = failures if offset is None or offset <= before else 0
            if offset is not None:
                _settle(phone, photo, response, report)
                return
        if _is_over(phone, photo, response):
            return
        failures += 1
        if failures >= TRIES:
            # Something about this one photo: the others need not wait for it.
            if (yield from alive(phone)):
                return
            raise StopRoundError(End.UNREACHABLE)
        yield Pause(ms=pause_ms(failures, phone.randomness))


def _begin(photo: Waiting) -> Request:
    named = f"sha256 {b64encode(photo.sha256.encode()).decode()}"
    headers = {**_TUS, "Upload-Length": str(photo.size), "Upload-Metadata": named}
    return Request(method="POST", path="/v1/uploads", headers=headers)


def _part(photo: Waiting, content: bytes, offset: int) -> Request:
    part = content[offset : offset + CHUNK]
    headers = {
        **_TUS,
        "Upload-Offset": str(offset),
        "Upload-Checksum": f"sha256 {b64encode(sha256_of(part).digest()).decode()}",
    }
    return Request(
        method="PATCH",
        path=f"/v1/uploads/{photo.sha256}",
        body=part,
        content_type="application/offset+octet-stream",
        headers=headers,
    )


def _offset(response: Response, status: int) -> int | None:
    """Give how many bytes the server has, None when the answer does not say so."""
    text = response.headers.get("upload-offset", "")
    return int(text) if response.status == status and text.isascii() and text.isdigit() and len(text) < 16 else None  # noqa: PLR2004


def _is_over(phone: Phone, photo: Waiting, response: Response) -> bool:
    """Tell whether nothing more is to be done about a photo now; StopRoundError when about none."""
    if response.status in NOT_LET_IN:
        raise StopRoundError(End.CUT_OFF)
    problem: Mapping[str, object] = response.json() or {}
    if response.status in _REFUSED and problem.get("type") != _DAMAGED:
        photos.refuse(phone.store, photo.sha256, str(problem.get("detail") or response.status)[:500])
        return True
    if problem.get("type") == _UNANNOUNCED:
        return True
    if response.status not in _BEGIN_ANEW and not response.failed:
        raise StopRoundError(End.NOT_OURS)
    if response.overloaded or response.over_quota:
        raise StopRoundError(End.FAILING)
    return False


def _settle(phone: Phone, photo: Waiting, response: Response, report: Report) -> None:
    try:
        note = b64decode(response.headers.get(RECEIPT, ""), validate=True).decode()
    except ValueError:
        note = ""
    receipt = photos.verified(note, photo, phone.identity, phone.crypto)
    if receipt is None:
        report.alarms.add("phone.alarm.photo_receipt")
        return
    photos.settle(phone.store, receipt, note)
    report.photos_sent += 1
