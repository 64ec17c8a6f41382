"""Photos on the phone: kept with their events in one commit, and until a receipt for their very bytes says so."""

import json
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from PIL import Image

from boucle import rescue
from boucle.correction import VOID
from boucle.photo_receipt import PhotoReceipt, sign
from boucle.wire import digest
from boucle_field import correcting, photos, undoing
from boucle_field.errors import RefusedError, StoreFullError
from boucle_field.outbox import Draft
from boucle_field.phone import Phone
from boucle_field.photos import Photo, Waiting
from boucle_field.photos_in_hand import MOST
from boucle_field.store import Store
from boucle_field.sync import sync
from boucle_field.visit import Visit
from tests.builders import ORG, code
from tests.field_app.ran import Place, Ran
from tests.photos import a_jpeg
from tests.world import BOX, drive

ONE, TWO = Photo(a_jpeg(seed=1)), Photo(a_jpeg(seed=2))


def draft(*several: Photo, number: int = 1) -> Draft:
    return Draft(kind="item.found", code=code(number), place="strasbourg", photos=several)


def confirm(phone: Phone, place: Place, photo: Photo, *, at_ms: int) -> None:
    signer = place.server._signer()
    receipt = PhotoReceipt(
        org=ORG, sha256=digest(photo.content), size=len(photo.content), origin=signer.name, server_ms=at_ms
    )
    note = sign(receipt, signer)
    found = photos.verified(note, Waiting(receipt.sha256, receipt.size), phone.identity, phone.crypto)
    assert found == receipt
    photos.settle(phone.store, found, note)


def test_a_photo_is_announced_by_its_event_and_kept_with_it(place: Place) -> None:
    recorded = place.phone.outbox.record(draft(ONE, TWO))
    assert [dict(each) for each in recorded.event.photos] == [ONE.announcement, TWO.announcement]
    assert list(photos.contents(place.phone.store)) == [ONE.content, TWO.content]
    assert photos.missing(place.phone.store) == 2


def test_an_event_and_its_photos_are_kept_together_or_not_at_all(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise StoreFullError("phone.store_full")

    monkeypatch.setattr(photos, "keep", full)
    before = place.phone.outbox.counts()
    with pytest.raises(StoreFullError):
        place.phone.outbox.record(draft(ONE))
    assert place.phone.outbox.counts() == before
    assert photos.missing(place.phone.store) == 0


def test_a_photo_waits_until_its_event_is_sent(place: Place) -> None:
    place.phone.outbox.record(draft(ONE))
    assert photos.waiting(place.phone.store) == []
    drive(sync(place.phone, with_photos=False), place.net, "d-un")
    assert photos.waiting(place.phone.store) == [Waiting(digest(ONE.content), len(ONE.content))]
    assert photos.missing(place.phone.store) == 1


def test_one_photo_of_two_events_is_kept_once_and_sent_with_the_first_of_them(place: Place) -> None:
    place.phone.outbox.record(draft(ONE))
    drive(sync(place.phone, with_photos=False), place.net, "d-un")
    place.phone.outbox.record(draft(ONE, number=2))
    assert len(photos.waiting(place.phone.store)) == photos.missing(place.phone.store) == 1


def test_only_a_receipt_for_the_very_bytes_from_our_own_server_confirms_a_photo(place: Place) -> None:
    phone, signer = place.phone, place.server._signer()
    told = Waiting(digest(ONE.content), len(ONE.content))
    right = PhotoReceipt(org=ORG, sha256=told.sha256, size=told.size, origin=signer.name, server_ms=1)
    wrong = [
        PhotoReceipt(org="other", sha256=told.sha256, size=told.size, origin=signer.name, server_ms=1),
        PhotoReceipt(org=ORG, sha256=digest(TWO.content), size=told.size, origin=signer.name, server_ms=1),
        PhotoReceipt(org=ORG, sha256=told.sha256, size=told.size + 1, origin=signer.name, server_ms=1),
    ]
    for each in wrong:
        assert photos.verified(sign(each, signer), told, phone.identity, phone.crypto) is None
    note = sign(right, signer)
    assert photos.verified(note, told, phone.identity, phone.crypto) == right
    assert photos.verified(note.replace("server_ms 1", "server_ms 2"), told, phone.identity, phone.crypto) is None
    for text in ("", "x", "\n\n", note[:-30]):
        assert photos.verified(text, told, phone.identity, phone.crypto) is None


def test_a_confirmed_photo_stays_some_days_more_for_a_server_that_is_restored(place: Place) -> None:
    phone, now = place.phone, place.world.now_ms
    phone.outbox.record(draft(ONE, TWO))
    confirm(phone, place, ONE, at_ms=now)
    assert photos.missing(phone.store) == 1
    assert photos.prune(phone.store, now + photos.KEEP_MS) == 0
    assert photos.doubt_all(phone.store) == 1
    assert photos.prune(phone.store, now + 2 * photos.KEEP_MS) == 0
    confirm(phone, place, ONE, at_ms=now)
    assert photos.prune(phone.store, now + photos.KEEP_MS + 1) == 1
    assert list(photos.contents(phone.store)) == [TWO.content]
    assert not photos.has(phone.store, digest(ONE.content))


def test_a_restored_server_is_asked_about_every_photo_that_is_still_here(place: Place) -> None:
    old = place.server.backup()
    place.phone.outbox.record(draft(ONE, TWO))
    drive(sync(place.phone, with_photos=False), place.net, "d-un")
    for photo in (ONE, TWO):
        confirm(place.phone, place, photo, at_ms=place.world.now_ms)
    assert photos.waiting(place.phone.store) == []
    place.server.restore(old)
    drive(sync(place.phone, with_photos=False), place.net, "d-un")
    assert len(photos.waiting(place.phone.store)) == 2


def test_a_photo_that_the_server_refuses_stays_and_is_counted(place: Place) -> None:
    place.phone.outbox.record(draft(ONE))
    photos.refuse(place.phone.store, digest(ONE.content), "trop lourde")
    assert (photos.missing(place.phone.store), photos.refused(place.phone.store)) == (1, 1)
    assert photos.prune(place.phone.store, 2**60) == 0
    assert list(photos.contents(place.phone.store)) == [ONE.content]


def test_the_command_line_takes_photos_and_says_how_many_are_not_confirmed(
    field: Callable[..., Ran], data: Path, tmp_path: Path
) -> None:
    Image.new("RGB", (3000, 2000), "brown").save(tmp_path / "a.png")
    Image.new("RGB", (300, 200), "grey").save(tmp_path / "b.jpg")
    assert json.loads(field("status", "--json").out)["missing_blobs"] == 0
    ran = field("scan", code(1), "--do", "find", "--photo", tmp_path / "a.png", "--photo", tmp_path / "b.jpg")
    assert ran.code == 0
    assert ran.out.startswith("ACK ")
    told = json.loads(field("status", "--json").out)
    assert (told["missing_blobs"], told["refused_blobs"]) == (2, 0)
    assert "2" in field("status").out
    with closing(Store.open(data)) as store:
        (payload,) = store.db.execute("SELECT payload FROM outbox ORDER BY n DESC LIMIT 1").fetchone()
        said = json.loads(payload)["photos"]
        assert [each["sha256"] for each in said] == [digest(each) for each in photos.contents(store)]


def test_a_photo_that_is_none_leaves_nothing_recorded(field: Callable[..., Ran], tmp_path: Path) -> None:
    (tmp_path / "x.jpg").write_bytes(b"no picture")
    ran = field("scan", code(1), "--do", "find", "--photo", tmp_path / "x.jpg")
    assert (ran.code, ran.out) == (2, "")
    assert json.loads(field("status", "--json").out)["unsent"] == 0


def test_the_rescue_file_carries_the_photos_behind_the_events(field: Callable[..., Ran], tmp_path: Path) -> None:
    Image.new("RGB", (30, 20), "brown").save(tmp_path / "a.png")
    field("scan", code(1), "--do", "find", "--photo", tmp_path / "a.png")
    assert field("rescue-export", tmp_path / "out.boucle").code == 0
    entries = rescue.unpack((tmp_path / "out.boucle").read_bytes(), BOX)
    kinds = [rescue.photo_in(entry) is not None for entry in entries]
    assert kinds == [False, True]
    photo = rescue.photo_in(entries[-1])
    assert photo is not None
    assert digest(photo) in entries[0].decode()


def test_a_photo_of_what_the_server_has_already_says_nothing_new_of_the_thing(place: Place) -> None:
    phone = place.phone
    for kind, body in (
        ("item.commissioned", {"type": "bac"}),
        ("item.shipped", {"to": "mulhouse"}),
        ("item.delivered", {}),
        ("item.collected", {}),
    ):
        place.server.world.pass_ms(1_000)
        where = "strasbourg" if kind in ("item.commissioned", "item.shipped") else "mulhouse"
        phone.desk.record(Draft(kind=kind, code=code(1), place=where, body=body))
    last = undoing.standing(phone.store)
    assert drive(sync(phone), place.net, "d-un")
    before = phone.mirror.look(code(1)).item
    assert before.stage == "inbound"
    last_id = last.id
    for photo in (ONE, TWO):
        last_id = correcting.add_photo(phone, last_id, photo).event_id
        assert phone.mirror.look(code(1)).item == before
    assert drive(sync(phone), place.net, "d-un")
    assert phone.mirror.look(code(1)).item.stage == "inbound"
    assert [each.id for each in undoing.said_before(phone.store, undoing.standing(phone.store, last_id))][-1] == last.id
    assert {each.sha256 for each in photos.waiting(phone.store)} == {digest(each.content) for each in (ONE, TWO)}
    assert len(place.server.accepted()[last_id].photos) == 2


def test_a_decision_takes_its_photo_and_stays_in_force(place: Place) -> None:
    phone = place.phone
    phone.desk.record(Draft(kind="item.commissioned", code=code(1), place="strasbourg", body={"type": "bac"}))
    visit = Visit.begin(phone, action="hold", place="strasbourg", said={"reason": "damaged"})
    shown = visit.add_photo(visit.scan(code(1)), ONE)
    assert (shown.event_id, shown.photos) == (undoing.standing(phone.store).id, 1)
    assert photos.missing(phone.store) == 1
    assert phone.mirror.look(code(1)).item.hold == "damaged"
    assert visit.undo() is not None
    assert phone.mirror.look(code(1)).item.hold == ""


def test_what_is_void_is_not_voided_again_with_what_was_said_after_it(place: Place) -> None:
    phone = place.phone
    first = phone.desk.record(Draft(kind="item.collected", code=code(1), place="mulhouse")).event_id
    one = correcting.add_photo(phone, first, ONE).event_id
    two = correcting.add_photo(phone, one, TWO).event_id
    for each in (one, first):  # as an app voids it that asks for nothing
        phone.desk.record(Draft(kind=VOID, code=code(1), body={"target": each}))
    phone.desk.undo(two)
    voids = undoing.numbered(phone.store, "kind = ?", (VOID,))
    assert sorted(event.text("target") for _, event in voids) == sorted((first, one, two))


def test_a_line_takes_four_photos_and_no_more_and_one_that_is_gone_takes_none(place: Place) -> None:
    phone = place.phone
    first = phone.desk.record(Draft(kind="item.collected", code=code(1), place="mulhouse")).event_id
    last = first
    for seed in range(MOST):
        last = correcting.add_photo(phone, last, Photo(a_jpeg(seed=seed + 10))).event_id
    for event_id, why in ((last, "phone.photo_most"), (first, "phone.corrected_already")):
        with pytest.raises(RefusedError) as refused:
            correcting.add_photo(phone, event_id, ONE)
        assert refused.value.key == why
    phone.desk.undo(last)
    with pytest.raises(RefusedError) as refused:
        correcting.add_photo(phone, last, ONE)
    assert refused.value.key == "phone.undone_already"
