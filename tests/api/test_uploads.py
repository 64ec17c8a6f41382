"""Photos on their way as a phone or a stranger sends them: resumed, whole or not at all, never a 500."""

import hashlib
from base64 import b64decode, b64encode
from collections.abc import Mapping
from dataclasses import dataclass

import httpx
import pytest
import sqlalchemy as sa

from boucle.note import NoteVerifier
from boucle.photo import JPEG, MAX_PHOTO
from boucle.photo_receipt import verify
from boucle.push import write_push
from boucle.roles import Capability, Role
from boucle.signing import load_crypto
from boucle.wire import digest
from boucle_server import devices, notices, tokens, uploads
from boucle_server.tables import PHOTO, PHOTO_CHUNK, PHOTO_UPLOAD
from tests.api.serving import Served
from tests.builders import ORG, Device, code
from tests.photos import a_jpeg, segment
from tests.server.handset import LATER, Handset, a_network
from tests.server.people import Phone, a_phone, an_org

TUS = {"Tus-Resumable": "1.0.0"}
CHUNK = {**TUS, "Content-Type": "application/offset+octet-stream"}


@dataclass(frozen=True, kw_only=True)
class Sender:
    """A phone of the small network, what it records with, and its way to the server."""

    served: Served
    phone: Phone
    handset: Handset

    async def announce(self, *contents: bytes, kind: str = "item.counted", subject: str = "") -> str:
        """Push an event that announces photos; give its id."""
        said = [{"sha256": digest(content), "size": len(content), "type": JPEG} for content in contents]
        self.handset.scan(kind, subject or code(1), place="metz", photos=said)
        body = write_push(self.handset.push())
        answer = await self.served.client.post("/v1/sync/push", content=body, headers=self.phone.header)
        (result,) = answer.json()["results"]
        assert result["status"] == "accepted", result
        return str(result["id"])

    async def ask(
        self, method: str, path: str = "", headers: Mapping[str, str] = TUS, body: bytes = b""
    ) -> httpx.Response:
        return await self.served.client.request(
            method, f"/v1/uploads{path}", headers={**headers, **self.phone.header}, content=body
        )

    async def begin(
        self, content: bytes, more: Mapping[str, str] | None = None, *, length: int | None = None
    ) -> httpx.Response:
        told = {
            "Upload-Length": str(len(content) if length is None else length),
            "Upload-Metadata": named(digest(content)),
        }
        return await self.ask("POST", headers={**TUS, **told, **(more or {})})

    async def send(self, content: bytes, start: int, end: int, **more: str) -> httpx.Response:
        headers = {**CHUNK, "Upload-Offset": str(start), **more}
        return await self.ask("PATCH", f"/{digest(content)}", headers, content[start:end])

    async def upload(self, content: bytes) -> httpx.Response:
        assert (await self.begin(content)).status_code == 201
        return await self.send(content, 0, len(content))


def named(sha256: str) -> str:
    return f"sha256 {b64encode(sha256.encode()).decode()},type {b64encode(JPEG.encode()).decode()}"


def problem(answer: httpx.Response) -> tuple[int, str]:
    assert answer.headers["tus-resumable"] == "1.0.0"
    return answer.status_code, answer.json()["type"].removeprefix("urn:boucle:problem:")


def rows(served: Served, table: sa.Table) -> int:
    with served.database.reading() as connection:
        return int(connection.execute(sa.select(sa.func.count()).select_from(table)).scalar_one())


@pytest.fixture
def sender(served: Served) -> Sender:
    a_network(served.database)
    served.clock.ms = LATER
    return another(served, 0)


def another(served: Served, number: int, role: Role = Role.DRIVER) -> Sender:
    phone = a_phone(served.database, ORG, role)
    device = Device(dev=phone.enrolled.dev, epoch=f"{number:016x}")
    return Sender(served=served, phone=phone, handset=Handset(device=device, enrolled_key=phone.key))


async def test_the_server_says_which_tus_it_speaks(sender: Sender) -> None:
    answer = await sender.ask("OPTIONS", headers={})
    assert answer.status_code == 204
    assert answer.headers["tus-version"] == "1.0.0"
    assert answer.headers["tus-extension"] == "creation,checksum,termination,expiration"
    assert answer.headers["tus-max-size"] == str(MAX_PHOTO)
    assert answer.headers["tus-checksum-algorithm"] == "sha256,sha1"


async def test_a_photo_sent_in_parts_is_whole_with_the_last_one_and_a_receipt_says_so(sender: Sender) -> None:
    photo = a_jpeg(size=1000)
    event = await sender.announce(photo)
    begun = await sender.begin(photo)
    assert (begun.status_code, begun.headers["location"]) == (201, f"/v1/uploads/{digest(photo)}")
    assert begun.headers["upload-expires"].endswith("GMT")
    at, answer = 0, begun
    for end in (400, 800, len(photo)):
        answer = await sender.send(photo, at, end)
        assert (answer.status_code, answer.headers["upload-offset"]) == (204, str(end)), answer.text
        at = end
        told = await sender.ask("HEAD", f"/{digest(photo)}")
        assert (told.status_code, told.headers["upload-offset"], told.headers["upload-length"]) == (
            200,
            str(end),
            str(len(photo)),
        )
        assert told.headers["cache-control"] == "no-store"
    note = b64decode(answer.headers["boucle-receipt"]).decode()
    verifier = NoteVerifier.from_vkey(sender.phone.enrolled.vkey, load_crypto().verify_key)
    receipt = verify(note, verifier)
    assert (receipt.org, receipt.sha256, receipt.size) == (ORG, digest(photo), len(photo))
    manager = a_phone(sender.served.database, ORG, Role.MANAGER)
    shown = await sender.served.client.get(f"/v1/photos/{digest(photo)}", headers=manager.header)
    assert (shown.status_code, shown.content, shown.headers["content-type"]) == (200, photo, JPEG)
    assert shown.headers["x-content-type-options"] == "nosniff"
    history = (await sender.served.client.get(f"/v1/items/{code(1)}/events", headers=manager.header)).json()
    (mine,) = [each for each in history["events"] if each["id"] == event]
    assert mine["photos"] == [
        {"sha256": digest(photo), "size": len(photo), "type": JPEG, "state": "complete", "width": 640, "height": 480}
    ]


async def test_until_the_last_byte_a_photo_is_missing_and_no_half_of_it_is_served(sender: Sender) -> None:
    photo = a_jpeg(size=1000)
    event = await sender.announce(photo)
    reader = a_phone(sender.served.database, ORG, Role.READER)
    for _ in range(2):
        answer = await sender.served.client.get(f"/v1/photos/{digest(photo)}", headers=reader.header)
        assert answer.status_code == 404
        assert "pas encore arrivée" in answer.json()["detail"]
        listed = (await sender.served.client.get("/v1/photos/missing", headers=reader.header)).json()
        (one,) = listed["photos"]
        assert (listed["count"], one["sha256"], one["event"]) == (1, digest(photo), event)
        assert one["dev"] == sender.phone.enrolled.dev
        history = (await sender.served.client.get(f"/v1/items/{code(1)}/events", headers=reader.header)).json()
        assert [each["state"] for each in history["events"][-1]["photos"]] == ["missing"]
        await sender.begin(photo)
        await sender.send(photo, 0, 500)
    assert (await sender.send(photo, 500, len(photo))).status_code == 204
    assert (await sender.served.client.get("/v1/photos/missing", headers=reader.header)).json() == {
        "count": 0,
        "photos": [],
    }


async def test_the_same_photo_is_kept_once_whoever_sends_it_and_is_not_asked_for_again(sender: Sender) -> None:
    photo = a_jpeg()
    await sender.announce(photo)
    await sender.announce(photo, photo, subject=code(2))
    await sender.upload(photo)
    again = await sender.begin(photo)
    assert (again.status_code, again.headers["upload-offset"]) == (201, str(len(photo)))
    assert "boucle-receipt" in again.headers
    assert "upload-expires" not in again.headers
    other = another(sender.served, 1)
    assert (await other.begin(photo)).headers["upload-offset"] == str(len(photo))
    assert rows(sender.served, PHOTO) == 1
    assert rows(sender.served, PHOTO_UPLOAD) == rows(sender.served, PHOTO_CHUNK) == 0


async def test_two_devices_that_send_one_photo_at_once_do_not_disturb_each_other(sender: Sender) -> None:
    photo, other = a_jpeg(size=900), another(sender.served, 1)
    await sender.announce(photo)
    await sender.begin(photo)
    await other.begin(photo)
    assert (await sender.send(photo, 0, 400)).status_code == 204
    assert (await other.send(photo, 0, len(photo))).status_code == 204
    told = await sender.ask("HEAD", f"/{digest(photo)}")
    assert told.headers["upload-offset"] == str(len(photo))
    assert problem(await sender.send(photo, 400, len(photo))) == (409, "conflict")


async def test_bytes_that_do_not_follow_the_last_ones_are_refused_and_change_nothing(sender: Sender) -> None:
    photo = a_jpeg(size=1000)
    await sender.announce(photo)
    await sender.begin(photo)
    await sender.send(photo, 0, 400)
    for start in (0, 399, 401, 10**15):
        assert problem(await sender.send(photo, start, start + 10)) == (409, "conflict")
    beyond = await sender.ask("PATCH", f"/{digest(photo)}", {**CHUNK, "Upload-Offset": "400"}, bytes(len(photo)))
    assert problem(beyond) == (409, "conflict")
    for offset in ("-1", "", "x", "1e3", "٣", "9" * 40):
        answer = await sender.ask("PATCH", f"/{digest(photo)}", {**CHUNK, "Upload-Offset": offset.encode()}, b"x")  # type: ignore[dict-item]
        assert problem(answer) == (422, "invalid-input"), offset
    assert (await sender.ask("HEAD", f"/{digest(photo)}")).headers["upload-offset"] == "400"
    assert (await sender.send(photo, 400, 400)).status_code == 204
    assert (await sender.send(photo, 400, len(photo))).status_code == 204


async def test_a_part_is_checked_by_its_checksum_and_a_changed_one_leaves_nothing(sender: Sender) -> None:
    photo = a_jpeg(size=500)
    await sender.announce(photo)
    await sender.begin(photo)

    def sums(content: bytes) -> list[str]:
        return [f"{name} {b64encode(hashlib.new(name, content).digest()).decode()}" for name in ("sha1", "sha256")]

    for wrong in (*sums(b"other"), "sha1 ", "sha256 !!!", "sha256"):
        assert problem(await sender.send(photo, 0, 100, **{"Upload-Checksum": wrong})) == (460, "checksum")
    assert problem(await sender.send(photo, 0, 100, **{"Upload-Checksum": "md5 x"})) == (422, "invalid-input")
    assert (await sender.ask("HEAD", f"/{digest(photo)}")).headers["upload-offset"] == "0"
    for at, right in zip((0, 100), sums(photo[:100])[:1] + sums(photo[100:200])[1:], strict=True):
        assert (await sender.send(photo, at, at + 100, **{"Upload-Checksum": right})).status_code == 204


async def test_bytes_of_another_hash_are_dropped_whole_and_the_upload_begins_anew(sender: Sender) -> None:
    photo = a_jpeg(size=800)
    await sender.announce(photo)
    await sender.begin(photo)
    await sender.send(photo, 0, 300)
    changed = await sender.ask("PATCH", f"/{digest(photo)}", {**CHUNK, "Upload-Offset": "300"}, photo[:299:-1])
    assert problem(changed) == (422, "photo-damaged")
    assert "recommence du début" in changed.json()["detail"]
    assert rows(sender.served, PHOTO) == rows(sender.served, PHOTO_CHUNK) == rows(sender.served, PHOTO_UPLOAD) == 0
    assert problem(await sender.send(photo, 300, len(photo))) == (404, "not-found")
    assert (await sender.upload(photo)).status_code == 204


@pytest.mark.parametrize(("content", "says"), [
    (b"GIF89a" + bytes(40), "JPEG"),
    (b"<svg onload=alert(1)>", "JPEG"),
    (a_jpeg()[:-40], "coupée"),
    (a_jpeg(60_000, 60_000), "pixels"),
    (a_jpeg(extra=segment(0xE1, b"Exif\0\0" + b"\x88\x25" * 20)), "position"),
    (a_jpeg() + b"<script>alert(1)</script>", "position"),
])  # fmt: skip
async def test_what_is_no_photo_to_be_kept_is_refused_with_the_reason_and_said_so_for_ever(
    sender: Sender, content: bytes, says: str
) -> None:
    await sender.announce(content)
    refused = await sender.upload(content)
    assert problem(refused) == (422, "photo-refused")
    assert says in refused.json()["detail"]
    assert problem(await sender.begin(content)) == (422, "photo-refused")
    assert problem(await sender.send(content, 0, len(content))) == (422, "photo-refused")
    reader = a_phone(sender.served.database, ORG, Role.READER)
    assert (await sender.served.client.get(f"/v1/photos/{digest(content)}", headers=reader.header)).status_code == 404
    history = (await sender.served.client.get(f"/v1/items/{code(1)}/events", headers=reader.header)).json()
    (told,) = history["events"][-1]["photos"]
    assert told["state"] not in ("missing", "complete")


async def test_a_photo_that_no_event_announces_is_not_taken(sender: Sender) -> None:
    photo = a_jpeg()
    assert problem(await sender.begin(photo)) == (409, "photo-unannounced")
    await sender.announce(photo)
    assert (await sender.begin(photo)).status_code == 201


async def test_the_length_has_to_be_said_and_to_fit(sender: Sender) -> None:
    photo = a_jpeg()
    await sender.announce(photo)
    assert problem(await sender.begin(photo, length=MAX_PHOTO + 1)) == (413, "too-large")
    assert problem(await sender.begin(photo, length=0)) == (422, "invalid-input")
    for length in ("-5", "x", "9" * 40):
        answer = await sender.begin(photo, {"Upload-Length": length})
        assert problem(answer) == (422, "invalid-input")
    assert problem(await sender.ask("POST", headers={**TUS, "Upload-Defer-Length": "1"})) == (422, "invalid-input")
    for metadata in ("", "sha256", "sha256 !!", "sha256 YQ==", named("AB" * 32), "x" * 5000):
        answer = await sender.begin(photo, {"Upload-Metadata": metadata})
        assert problem(answer) == (422, "invalid-input"), metadata
    # Said wrongly once: the upload begins anew with the right one.
    assert (await sender.begin(photo, length=10)).status_code == 201
    assert (await sender.upload(photo)).status_code == 204


async def test_another_version_and_another_type_are_refused(sender: Sender) -> None:
    photo = a_jpeg()
    await sender.announce(photo)
    answer = await sender.begin(photo, {"Tus-Resumable": "0.2.2"})
    assert problem(answer) == (412, "tus-version")
    assert answer.headers["tus-version"] == "1.0.0"
    await sender.begin(photo)
    headers = {**CHUNK, "Upload-Offset": "0", "Content-Type": "multipart/form-data"}
    assert problem(await sender.ask("PATCH", f"/{digest(photo)}", headers, photo)) == (415, "media-type")


async def test_an_unknown_upload_one_of_another_device_and_one_of_another_organisation_are_answered_alike(
    sender: Sender,
) -> None:
    photo, other = a_jpeg(), another(sender.served, 1)
    await sender.announce(photo)
    await sender.begin(photo)
    await sender.send(photo, 0, 100)
    an_org(sender.served.database, "elsewhere")
    stranger = Sender(served=sender.served, phone=a_phone(sender.served.database, "elsewhere"), handset=other.handset)
    answers = [
        await each.ask(method, f"/{name}", {**CHUNK, "Upload-Offset": "100"}, b"x" if method == "PATCH" else b"")
        for method in ("PATCH", "DELETE")
        for each, name in ((other, digest(photo)), (stranger, digest(photo)), (sender, "0" * 64))
    ]
    assert {problem(answer) for answer in answers} == {(404, "not-found")}
    assert len({answer.content for answer in answers}) == 1
    await sender.send(photo, 100, len(photo))
    assert problem(await stranger.begin(photo)) == (409, "photo-unannounced")
    theirs = a_phone(sender.served.database, "elsewhere", Role.MANAGER)
    for name in (digest(photo), "0" * 64):
        hidden = await sender.served.client.get(f"/v1/photos/{name}", headers=theirs.header)
        assert (hidden.status_code, hidden.json()["detail"]) == (404, "aucune photo de ce nom")
    assert (await sender.ask("HEAD", "/nothing")).status_code == 422


async def test_only_a_device_uploads_and_only_who_may_read_sees_a_photo(sender: Sender) -> None:
    photo = a_jpeg()
    await sender.announce(photo)
    await sender.upload(photo)
    with sender.served.database.writing(ORG) as connection:
        made = {
            held: tokens.add(connection, ORG, name=held.value, scopes=[held], now_ms=LATER).secret
            for held in Capability
        }
        devices.revoke(connection, ORG, sender.phone.enrolled.dev, now_ms=LATER)
    for held, secret in made.items():
        headers = {"Authorization": f"Bearer {secret}"}
        answer = await sender.served.client.get(f"/v1/photos/{digest(photo)}", headers=headers)
        assert answer.status_code == (200 if held is Capability.READ else 403)
        for method in ("POST", "OPTIONS"):
            asked = await sender.served.client.request(method, "/v1/uploads", headers={**TUS, **headers})
            assert asked.status_code == (401 if method == "POST" else 204)
    assert problem(await sender.begin(photo)) == (401, "device-revoked")
    assert (await sender.served.client.get(f"/v1/photos/{digest(photo)}")).status_code == 401


async def test_an_upload_may_be_given_up_and_a_whole_photo_may_not(sender: Sender) -> None:
    photo = a_jpeg()
    await sender.announce(photo)
    await sender.begin(photo)
    await sender.send(photo, 0, 50)
    assert (await sender.ask("DELETE", f"/{digest(photo)}")).status_code == 204
    assert (await sender.ask("HEAD", f"/{digest(photo)}")).status_code == 404
    await sender.upload(photo)
    assert problem(await sender.ask("DELETE", f"/{digest(photo)}")) == (409, "conflict")
    reader = a_phone(sender.served.database, ORG, Role.READER)
    assert (await sender.served.client.get(f"/v1/photos/{digest(photo)}", headers=reader.header)).status_code == 200


async def test_where_only_post_passes_a_header_names_the_method(sender: Sender) -> None:
    photo = a_jpeg(size=500)
    await sender.announce(photo)
    await sender.begin(photo)
    address = f"/{digest(photo)}"
    assert problem(await sender.ask("POST", address)) == (405, "method-not-allowed")
    patch = {**CHUNK, "Upload-Offset": "0", "X-HTTP-Method-Override": "PATCH"}
    assert (await sender.ask("POST", address, patch, photo[:200])).status_code == 204
    told = await sender.ask("POST", address, {**TUS, "X-HTTP-Method-Override": "HEAD"})
    assert told.headers["upload-offset"] == "200"
    assert (await sender.ask("POST", address, {**TUS, "X-HTTP-Method-Override": "DELETE"})).status_code == 204


async def test_an_upload_of_which_nothing_came_for_a_week_is_forgotten(sender: Sender) -> None:
    photo = a_jpeg()
    await sender.announce(photo)
    await sender.begin(photo)
    await sender.send(photo, 0, 50)

    def tidied(now_ms: int) -> str:
        with sender.served.database.writing(ORG) as connection:
            return notices.tidy_uploads(connection, ORG, "", now_ms)

    assert tidied(LATER + uploads.KEEP_MS - 1) == '{"forgotten":0}'
    assert tidied(LATER + uploads.KEEP_MS) == '{"forgotten":1}'
    assert rows(sender.served, PHOTO_CHUNK) == 0
    assert (await sender.upload(photo)).status_code == 204


async def test_a_device_has_only_so_many_photos_on_their_way(sender: Sender, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(uploads, "MOST_OPEN", 2)
    several = [a_jpeg(seed=seed) for seed in range(3)]
    await sender.announce(*several)
    assert [(await sender.begin(each)).status_code for each in several[:2]] == [201, 201]
    assert problem(await sender.begin(several[2])) == (429, "quota")
    await sender.send(several[0], 0, len(several[0]))
    assert (await sender.begin(several[2])).status_code == 201


async def test_hostile_requests_are_answered_and_never_a_500(sender: Sender) -> None:
    photo = a_jpeg()
    await sender.announce(photo)
    await sender.begin(photo)
    paths = ("", f"/{digest(photo)}", "/..%2f..%2fetc%2fpasswd", "/%00", "/" + "a" * 5000, "/C:%5Cx")
    odd = {**CHUNK, "Upload-Offset": "0", "Upload-Length": "5", "Upload-Metadata": "a b,,c"}
    answers = [
        await sender.ask(method, path, headers, b"x")
        for path in paths
        for method in ("GET", "HEAD", "POST", "PATCH", "PUT", "DELETE", "OPTIONS")
        for headers in ({}, TUS, odd)
    ]
    assert not [answer for answer in answers if answer.status_code >= 500]
