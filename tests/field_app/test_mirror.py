"""The mirror: what a code names now must equal the replay of everything, while nothing was sent and after."""

from random import Random

import pytest

from boucle.anchor import Reading
from boucle.binding import owner
from boucle.reasons import Outcome, Reason
from boucle.replay import World, replay
from boucle_field import mirror, pages
from boucle_field.outbox import Draft, as_event
from boucle_field.pages import Page
from boucle_field.phone import Phone
from boucle_field.sync import sync
from boucle_field.timekeeper import samples, server_ms
from boucle_field.undoing import standing
from tests.builders import code
from tests.campaign import examples
from tests.field_app.ran import Place
from tests.world import Net, SimServer, drive, phone_of
from tests.world import World as SimWorld

CRATES = 5
PLACES = ("strasbourg", "metz", "mulhouse", "nancy")


def replayed(phone: Phone) -> World:
    """Replay what the phone recorded, with the times by which it guesses now."""
    known = samples(phone.store)
    events = []
    for payload, teff, tq, wall, boot, mono in phone.store.db.execute(
        "SELECT payload, teff, tq, wall_ms, boot, mono_ms FROM outbox"
    ):
        guess = server_ms(Reading(wall_ms=wall, boot=boot, mono_ms=mono), known)
        events.append(as_event(payload, teff if teff is not None else guess, tq))
    return replay(events, phone.mirror.book())


def record_something(phone: Phone, random: Random) -> None:
    subject, other = code(random.randrange(CRATES)), code(random.randrange(CRATES))
    place = random.choice(PLACES)
    phone.outbox.record(
        random.choice(
            (
                Draft(kind="item.commissioned", code=subject, place="strasbourg", body={"type": "bac"}),
                Draft(kind="item.shipped", code=subject, place="strasbourg", body={"to": place}),
                Draft(kind="item.collected", code=subject, place=place),
                Draft(kind="item.received", code=subject, place="metz"),
                Draft(kind="item.counted", code=subject, place=place),
                Draft(kind="item.held", code=subject, body={"reason": "fuite"}),
                Draft(kind="item.retired", code=subject, place="metz"),
                Draft(kind="label.bound", code=subject, other=other),
                Draft(kind="label.replaced", code=subject, other=other),
                Draft(kind="label.voided", code=subject),
            )
        )
    )
    if random.random() < 0.2:
        target = standing(phone.store)
        phone.outbox.record(Draft(kind="event.voided", code=target.code, body={"target": target.id}))


@pytest.mark.parametrize("seed", range(examples(ci=150, night=3_000)))
def test_what_was_recorded_offline_is_seen_as_the_replay_of_it(seed: int) -> None:
    random = Random(seed)
    server = SimServer(SimWorld())
    net = Net(server=server, random=random)
    phone = phone_of(server, "d-un", seed=seed)
    drive(sync(phone), net, "d-un")
    for _ in range(random.randrange(1, 16)):
        server.world.pass_ms(random.randrange(1, 100_000))
        record_something(phone, random)
    world = replayed(phone)
    for number in range(CRATES):
        item_id = owner(code(number), world.bindings)
        seen = phone.mirror.look(code(number)).item
        assert seen.id == item_id
        assert seen == world.items.get(item_id, seen)
    drive(sync(phone), net, "d-un")
    tables = server.books.tables.world
    for number in range(CRATES):
        seen = phone.mirror.look(code(number)).item
        assert seen == tables.items.get(seen.id, seen)


def commissioned(place: Place) -> None:
    place.phone.desk.record(Draft(kind="item.commissioned", code=code(1), place="strasbourg", body={"type": "bac"}))


def test_a_replaced_label_names_the_same_item_on_the_same_phone(place: Place) -> None:
    commissioned(place)
    place.phone.desk.record(Draft(kind="label.replaced", code=code(2), other=code(1)))
    old, new = (place.phone.mirror.look(code(number)).item for number in (1, 2))
    assert old == new
    assert new.known


def test_a_label_that_names_an_item_already_cannot_be_bound_to_another(place: Place) -> None:
    commissioned(place)
    place.phone.desk.record(Draft(kind="item.commissioned", code=code(2), place="metz", body={"type": "roll"}))
    event = place.phone.outbox.preview(Draft(kind="label.bound", code=code(2), other=code(1)))
    mark = place.phone.mirror.predict(event)
    assert (mark.outcome, mark.reasons) == (Outcome.REFUSED, (Reason.ALREADY_BOUND,))


def test_a_quantity_of_an_unknown_type_or_place_is_said(place: Place) -> None:
    event = place.phone.outbox.preview(Draft(kind="item.collected", item_type="ghost", qty=3, place="nowhere"))
    assert set(place.phone.mirror.predict(event).reasons) == {Reason.UNKNOWN_TYPE, Reason.UNKNOWN_PLACE}


def test_what_the_server_quarantined_has_no_effect_here_either(place: Place) -> None:
    commissioned(place)
    place.phone.desk.record(Draft(kind="item.shipped", code=code(1), place="strasbourg", body={"to": "mulhouse"}))
    place.phone.store.db.execute("UPDATE outbox SET state = 'quarantined' WHERE n = 2")
    assert place.phone.mirror.look(code(1)).item.stage == "available"


@pytest.mark.parametrize("answer", [
    None,
    {},
    {"rows": 7, "next": 1, "more": False},
    {"rows": [[]], "next": 1, "more": False},
    {"rows": [{"table": "item", "key": "x", "row": {"state": "no json", "codes": []}}], "next": 1, "more": False},
    {"rows": [{"table": "item", "key": "x", "row": {"state": {"hue": 7}, "codes": []}}], "next": 1, "more": False},
    {"rows": [{"table": "item", "key": "x", "row": {"state": {}}}], "next": 1, "more": False},
    {"rows": [{"table": "site", "key": "x", "row": [7]}], "next": 1, "more": False},
    {"rows": [{"table": "operator", "key": "x", "row": 7}], "next": 1, "more": False},
    {"rows": [], "next": "soon", "more": False},
])  # fmt: skip
def test_a_page_that_is_not_as_it_should_be_is_not_taken_in(answer: dict[str, object] | None) -> None:
    assert Page.read(answer) is None


def test_a_table_of_a_newer_server_is_passed_over(place: Place) -> None:
    page = Page.read({"rows": [{"table": "weather", "key": "x", "row": {"rain": 3}}], "next": 99, "more": False})
    assert page is not None
    place.phone.mirror.apply(page)
    assert place.phone.mirror.cursor == "99"


# ---- what is withdrawn


def _site(n: int, *rows: dict[str, object]) -> Page:
    """Give a page with all that was ever said of one site, as a server sends it: an empty row withdraws its start."""
    versions = [{"valid_from": 0, "row": row, "id": f"v{at}"} for at, row in enumerate(rows)]
    page = Page.read({"rows": [{"n": n, "table": "site", "key": "dijon", "row": versions}], "next": n, "more": False})
    assert page is not None
    return page


DIJON: dict[str, object] = {"name": "Dijon", "partner": "dijon"}


def _stands(phone: Phone) -> bool:
    return phone.mirror.book().has("site", "dijon") and "dijon" in phone.mirror.book().keys("site")


def test_a_row_that_the_office_withdraws_is_gone_from_the_phone_and_can_come_back(place: Place) -> None:
    phone, n = place.phone, int(place.phone.mirror.cursor)
    phone.mirror.apply(_site(n + 1, DIJON))
    assert _stands(phone)
    phone.mirror.apply(_site(n + 2, DIJON, {}))
    assert not _stands(phone)
    assert [each.row for each in phone.mirror.book().standing if each.key == "dijon"] == []
    assert [each.row for each in phone.mirror.book().versions if each.key == "dijon"] == [DIJON, {}]
    phone.mirror.apply(_site(n + 3, DIJON, {}, DIJON | {"name": "Dijon-Sud"}))
    assert _stands(phone)
    assert phone.mirror.book().site("dijon", phone.desk.now_ms()).name == "Dijon-Sud"


def test_a_mirror_that_passes_over_empty_rows_would_be_found(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    kept = pages.versions
    monkeypatch.setattr(
        mirror, "versions", lambda table, key, text: [each for each in kept(table, key, text) if each.row]
    )
    phone, n = place.phone, int(place.phone.mirror.cursor)
    phone.mirror.apply(_site(n + 1, DIJON, {}))
    assert _stands(phone)
