"""People on a shared phone: known by name or badge, told apart by a PIN, slowed down after wrong ones."""

from random import Random

import pytest

from boucle.codes import Kind, mint
from boucle.pin import hash_pin
from boucle.telling import Outcome
from boucle_field import people
from boucle_field.errors import LoginError
from boucle_field.outbox import Draft
from boucle_field.sync import sync
from boucle_field.undoing import standing
from tests.builders import code
from tests.field_app.ran import Place
from tests.world import SimTicks, drive, phone_of

BADGE = mint(Kind.BADGE, Random(5).randbytes)
PINS = {"p-karim": "4711", "p-lea": "20071", "p-lea-2": "1234"}


def staffed(place: Place, dev: str = "d-deux", role: str = "partner") -> Place:
    """Give the place with three people, and with a phone whose device alone may record next to nothing."""
    rows = {
        "p-karim": {"name": "Karim", "badge": BADGE.text, "role": "driver", "site": ""},
        "p-lea": {"name": "Léa", "badge": "", "role": "warehouse", "site": "metz"},
        "p-lea-2": {"name": "Léa", "badge": "B-9", "role": "inspector", "site": ""},
    }
    for person, row in rows.items():
        place.server.add_person(person, {**row, "pin": hash_pin(PINS[person], Random(person).randbytes)})
    phone = phone_of(place.server, dev, role=role, site="")
    assert drive(sync(phone), place.net, dev) is not None
    return place._replace(phone=phone)


def enter(place: Place, name: str, pin: str) -> people.Operator:
    return people.enter(place.phone.store, name, pin, ticks=place.phone.ticks)


@pytest.mark.parametrize(
    "name", ["Karim", "karim ", "p-karim", BADGE.text, BADGE.grouped, BADGE.url("https://b.example")]
)
def test_somebody_logs_in_by_name_or_badge_without_a_network(place: Place, name: str) -> None:
    staff = staffed(place)
    assert enter(staff, name, "4711").person == "p-karim"
    found = people.present(staff.phone.store)
    assert found is not None
    assert found.person == "p-karim"
    recorded = staff.phone.desk.record(Draft(kind="item.collected", code=code(1), place="mulhouse"))
    event = standing(staff.phone.store, recorded.event_id)
    assert event.actor == "p-karim"


@pytest.mark.parametrize(("name", "key"), [("Nobody", "phone.unknown_operator"), ("Léa", "phone.two_operators")])
def test_a_name_that_is_nobody_s_or_two_people_s_is_said(place: Place, name: str, key: str) -> None:
    with pytest.raises(LoginError) as refused:
        enter(staffed(place), name, "4711")
    assert refused.value.key == key


def test_a_phone_that_never_pulled_knows_nobody(place: Place) -> None:
    with pytest.raises(LoginError, match="Sync once"):
        enter(place, "Karim", "4711")


def wrong(place: Place, name: str = "p-karim") -> str:
    with pytest.raises(LoginError) as refused:
        enter(place, name, "0000")
    return refused.value.key


def test_after_five_wrong_pins_the_wait_grows_for_that_person_alone(place: Place) -> None:
    staff = staffed(place)
    assert [wrong(staff) for _ in range(people.FREE_TRIES)] == ["phone.wrong_pin"] * people.FREE_TRIES
    assert wrong(staff) == "phone.wait_for_pin"
    with pytest.raises(LoginError, match="Try again in"):
        enter(staff, "p-karim", "4711")
    assert enter(staff, "p-lea", "20071").name == "Léa"
    staff.world.pass_ms(people.FIRST_WAIT_MS)
    assert wrong(staff) == "phone.wrong_pin"
    staff.world.pass_ms(people.FIRST_WAIT_MS)
    assert wrong(staff) == "phone.wait_for_pin"
    staff.world.pass_ms(people.FIRST_WAIT_MS)
    assert enter(staff, "p-karim", "4711").name == "Karim"
    assert wrong(staff) == "phone.wrong_pin"


def test_neither_the_wall_clock_nor_a_restart_shortens_the_wait(place: Place) -> None:
    staff = staffed(place)
    for _ in range(people.FREE_TRIES):
        wrong(staff)
    assert isinstance(staff.phone.ticks, SimTicks)
    staff.phone.ticks.wrong_ms = 10 * 86_400_000
    assert wrong(staff) == "phone.wait_for_pin"
    staff.phone.ticks.restart()
    assert wrong(staff) == "phone.wait_for_pin"
    staff.world.pass_ms(people.FIRST_WAIT_MS)
    assert enter(staff, "p-karim", "4711")


def test_a_try_is_counted_before_it_is_checked(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    staff = staffed(place)

    def unplugged(_pin: str, _stored: str) -> bool:
        raise KeyboardInterrupt

    monkeypatch.setattr(people, "pin_fits", unplugged)
    for _ in range(people.FREE_TRIES):
        with pytest.raises(KeyboardInterrupt):
            enter(staff, "p-karim", "4711")
    monkeypatch.undo()
    assert wrong(staff) == "phone.wait_for_pin"


def test_the_longest_wait_is_an_hour() -> None:
    waits = [people.wait_ms(failures) for failures in range(40)]
    assert waits[: people.FREE_TRIES] == [0] * people.FREE_TRIES
    assert waits == sorted(waits)
    assert waits[-1] == people.LONGEST_WAIT_MS


def test_work_that_the_device_alone_may_not_do_asks_who_is_there(place: Place) -> None:
    staff = staffed(place)
    with pytest.raises(LoginError, match="Say who you are"):
        staff.phone.desk.record(Draft(kind="item.collected", code=code(1), place="mulhouse"))
    assert staff.phone.outbox.counts() == (0, 0, 0)


def test_a_physical_scan_outside_a_role_is_kept_and_a_decision_is_not(place: Place) -> None:
    staff = staffed(place)
    enter(staff, "p-karim", "4711")
    sorted_ = staff.phone.desk.record(
        Draft(kind="item.sorted", code=code(1), place="strasbourg", body={"verdict": "ok"})
    )
    assert sorted_.event_id
    assert "phone.beside_role" in sorted_.reasons
    held = staff.phone.desk.record(Draft(kind="item.written_off", code=code(1)))
    assert (held.outcome, held.event_id) == (Outcome.REFUSED, "")


def test_somebody_whom_the_office_removed_is_logged_out_by_the_next_sync(place: Place) -> None:
    staff = staffed(place)
    enter(staff, "p-karim", "4711")
    del staff.server.books.people["p-karim"]
    staff.server.books.changes.append(("operator", "p-karim"))
    assert drive(sync(staff.phone), staff.net, "d-deux") is not None
    assert people.present(staff.phone.store) is None


def test_logging_out_is_never_held_up_by_what_is_unsent(place: Place) -> None:
    staff = staffed(place)
    enter(staff, "p-karim", "4711")
    staff.phone.desk.record(Draft(kind="item.collected", code=code(1), place="mulhouse"))
    people.leave(staff.phone.store)
    assert people.present(staff.phone.store) is None
    assert staff.phone.outbox.counts().unsent == 1
