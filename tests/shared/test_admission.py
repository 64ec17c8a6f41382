"""Admission: one record that is not what it says never changes what is decided about its neighbours."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from boucle.admission import FUTURE_MS, RESERVED, Known, Ruling, Slot, Why, is_own, rule
from boucle.clock import EARLIEST_MS
from boucle.push import Push, Record, Status
from boucle.shape import Flaw
from boucle.wire import FIRST_PREV, digest, write
from tests.builders import ORG, START_MS, Device, code


def pushed(device: Device, records: list[Record], *, first: int = 1) -> Push:
    """Give the push of these records as numbers `first` and following of the device's epoch."""
    return Push(
        batch="b",
        org=ORG,
        dev=device.dev,
        epoch=device.epoch,
        first=first,
        last=first + len(records) - 1,
        records=tuple(records),
        seal=b"",
    )


def scans(device: Device, count: int) -> list[Record]:
    """Give the next `count` scans of a device, a minute apart."""
    found = []
    for number in range(count):
        device.now_ms += 60_000
        payload = device.payload("item.counted", code(number), place="metz")
        found.append(Record(payload=payload, teff=device.now_ms, tq=0))
    return found


def chained(device: Device, bad: bytes) -> Record:
    """Take any bytes into a device's chain as its next record."""
    device.seq += 1
    device.prev = digest(bad)
    return Record(payload=bad, teff=device.now_ms, tq=0)


def ruled(push: Push, device: Device, **known: object) -> list[Ruling]:
    settings = {"known": {}, "slots": {}, "now_ms": device.now_ms, **known}
    return rule(push, **settings)  # type: ignore[arg-type]


def outcomes(rulings: list[Ruling]) -> list[tuple[str, str]]:
    return [(str(ruling.status), str(ruling.why)) for ruling in rulings]


GOOD = ("accepted", "")
TARGET = "019b8c3e-5f00-7000-8000-000000000001"
IMPOSSIBLE = ("quarantined", Why.TIME_IMPOSSIBLE)


def test_an_unreadable_record_keeps_its_place_in_the_chain_and_its_neighbours_are_accepted() -> None:
    device = Device()
    records = [chained(device, b"\xff\x00 not an event"), *scans(device, 3)]
    rulings = ruled(pushed(device, records), device)
    assert outcomes(rulings) == [("quarantined", Flaw.NOT_UTF8), GOOD, GOOD, GOOD]
    assert [is_own(ruling) for ruling in rulings] == [False, True, True, True]


def test_an_event_that_names_another_device_does_not_take_that_number_here() -> None:
    device, other = Device(), Device(dev="d-autre", seq=2, prev="a" * 64)
    foreign = other.payload("item.counted", code(9), place="metz")  # number 3 of the other device
    records = [chained(device, foreign), *scans(device, 4)]
    assert outcomes(ruled(pushed(device, records), device)) == [("quarantined", Why.OTHER_DEVICE), *[GOOD] * 4]


def test_an_event_far_ahead_of_time_does_not_make_the_next_ones_late() -> None:
    device = Device()
    good = scans(device, 1)
    ahead = Record(payload=device.payload("item.counted", code(1)), teff=device.now_ms + 2 * FUTURE_MS, tq=2)
    records = [*good, ahead, *scans(device, 2)]
    assert outcomes(ruled(pushed(device, records), device)) == [GOOD, ("quarantined", Why.TIME_FUTURE), GOOD, GOOD]


def test_an_event_earlier_than_an_accepted_one_of_its_batch_is_out_of_order() -> None:
    device = Device()
    first, second, third = scans(device, 3)
    late = Record(payload=second.payload, teff=first.teff - 1, tq=0)
    found = outcomes(ruled(pushed(device, [first, late, third]), device))
    assert found == [GOOD, ("quarantined", Why.TIME_ORDER), GOOD]


def test_a_number_that_is_not_its_place_in_the_sealed_range_is_not_believed() -> None:
    device = Device(seq=6_999)
    far = device.payload("item.counted", code(1))
    device.seq = 0
    records = [chained(device, far), *scans(device, 2)]
    assert outcomes(ruled(pushed(device, records), device)) == [("quarantined", Why.SEQ_MISPLACED), GOOD, GOOD]


def test_what_another_device_says_under_a_stored_id_is_no_conflict_of_ours() -> None:
    victim, thief = Device(), Device(dev="d-voleur", epoch="00000000000000b7")
    stolen = scans(victim, 1)[0]
    rulings = ruled(pushed(thief, [stolen, *scans(thief, 0)]), victim)
    assert outcomes(rulings) == [("quarantined", Why.OTHER_DEVICE)]
    genuine = ruled(pushed(victim, [stolen]), victim)
    assert outcomes(genuine) == [GOOD]


def test_the_same_id_with_another_time_is_a_conflict_and_with_the_same_one_a_duplicate() -> None:
    device = Device()
    record = scans(device, 1)[0]
    event = ruled(pushed(device, [record]), device)[0].event
    assert event is not None
    known = {event.id: Known(digest(record.payload), record.teff, 0, "accepted")}
    stored = {"known": known, "slots": {1: Slot(event.id, digest(record.payload))}}
    later = Record(payload=record.payload, teff=record.teff + 1, tq=0)
    assert outcomes(ruled(pushed(device, [record]), device, **stored)) == [("duplicate", "accepted")]
    assert outcomes(ruled(pushed(device, [later]), device, **stored)) == [("conflict", "")]


def test_a_taken_number_and_a_broken_chain_are_forks() -> None:
    device = Device()
    first, second = scans(device, 2)
    clone = Device(random=Device().random)
    clone.random.seed(77)
    other = scans(clone, 2)
    push = pushed(clone, other)
    found = rule(push, known={}, slots={1: Slot("x", digest(first.payload))}, now_ms=device.now_ms)
    assert outcomes(found) == [("fork", Why.SEQ_TAKEN), ("fork", Why.CHAIN_BROKEN)]
    assert second.payload != other[1].payload


def test_only_the_server_may_record_the_kinds_reserved_to_it() -> None:
    device = Device()
    body = {"table": "site", "key": "metz", "valid_from": 0, "row": {"name": "Metz"}}
    record = Record(payload=device.payload("reference.set", body=body), teff=device.now_ms, tq=0)
    assert outcomes(ruled(pushed(device, [record]), device)) == [("quarantined", Why.RESERVED_KIND)]
    assert outcomes(ruled(pushed(device, [record]), device, own=True)) == [GOOD]


def test_what_nobody_permitted_waits_and_takes_its_number_and_the_server_is_not_asked() -> None:
    device = Device()
    record = Record(payload=device.payload("item.written_off", code(1)), teff=device.now_ms, tq=0)
    push = pushed(device, [record, *scans(device, 1)])
    asked = {"permitted": lambda event: event.kind != "item.written_off"}
    rulings = ruled(push, device, **asked)
    assert outcomes(rulings) == [("quarantined", Why.NOT_PERMITTED), GOOD]
    assert is_own(rulings[0])
    assert outcomes(ruled(push, device, own=True, **asked)) == [GOOD, GOOD]


def test_a_kind_of_a_later_version_is_held() -> None:
    device = Device()
    payload = write({**device.fields("item.counted", code(1)), "kind": "item.weighed/1", "prev": FIRST_PREV})
    records = [chained(device, payload), *scans(device, 1)]
    assert outcomes(ruled(pushed(device, records), device)) == [("held", ""), GOOD]


def test_without_a_good_seal_nothing_is_accepted_and_no_number_taken() -> None:
    device = Device()
    records = scans(device, 2)
    found = outcomes(ruled(pushed(device, records), device, sealed=False))
    assert found == [("quarantined", Why.BAD_SEAL)] * 2
    assert outcomes(ruled(pushed(device, records), device, revoked=True)) == [("quarantined", Why.REVOKED_DEVICE)] * 2


def test_a_name_longer_than_a_key_may_be_is_unreadable_and_a_long_code_is_known_by_its_hash() -> None:
    device = Device()
    name = "é" * 101  # 202 bytes
    payload = write({**device.fields("item.counted", code(1)), "place": name})
    body = write(device.fields("item.shipped", code(1), body={"to": name}))
    long_code = write(device.fields("item.counted", "?" * 2_000))
    records = [Record(payload=each, teff=device.now_ms, tq=0) for each in (payload, body)]
    found = ruled(pushed(device, records), device)
    assert outcomes(found) == [("quarantined", Flaw.BAD_KEYS), ("quarantined", Flaw.BAD_BODY)]
    kept = ruled(pushed(device, [Record(payload=long_code, teff=device.now_ms, tq=0)]), device)[0]
    assert kept.event is not None
    assert kept.status is Status.ACCEPTED
    assert kept.event.subject.startswith("raw:sha256:")


def test_a_correction_states_a_time_between_the_first_possible_and_its_own() -> None:
    device = Device(now_ms=START_MS)
    for stated, outcome in ((START_MS, GOOD), (0, IMPOSSIBLE), (2**53, IMPOSSIBLE), (START_MS + 1, IMPOSSIBLE)):
        device.seq, device.prev = 0, FIRST_PREV
        payload = device.payload("item.counted", code(1), corrects=TARGET, body={"at_ms": stated})
        record = Record(payload=payload, teff=START_MS, tq=0)
        assert outcomes(ruled(pushed(device, [record]), device)) == [outcome]


def test_numbers_that_would_overflow_a_sum_are_unreadable() -> None:
    device = Device()
    tried = [
        device.fields("item.received", code(1), body={"mass_g": 10**12 + 1}),
        device.fields("item.counted", "", item_type="film", qty=10**9 + 1),
        device.fields("item.commissioned", code(1), body={"type": "bac", "opening_uses": 10**6 + 1}),
    ]
    records = [Record(payload=write(fields), teff=device.now_ms, tq=0) for fields in tried]
    found = ruled(pushed(device, records), device)
    assert outcomes(found) == [("quarantined", Flaw.BAD_NUMBER)] * 3


def test_a_record_that_comes_twice_in_one_batch_is_kept_once() -> None:
    device = Device()
    [record] = scans(device, 1)
    twice = ruled(pushed(device, [record, record]), device)
    assert outcomes(twice) == [GOOD, ("quarantined", Why.SEQ_MISPLACED)]


def test_an_id_that_comes_again_with_other_bytes_in_one_batch_is_a_conflict_and_the_first_counts() -> None:
    device = Device()
    first = device.fields("item.counted", code(1), place="metz")
    records = [chained(device, write(first))]
    second = device.fields("item.counted", code(1), place="strasbourg", id=first["id"])
    records += [chained(device, write(second)), *scans(device, 1)]
    found = outcomes(ruled(pushed(device, records), device))
    assert found[:2] == [GOOD, ("conflict", "")]


def test_a_time_up_to_five_minutes_ahead_of_receipt_is_accepted() -> None:
    device = Device()
    payload = device.payload("item.counted", code(1))
    at = device.now_ms
    for teff, outcome in (
        (at + FUTURE_MS, GOOD),
        (at + FUTURE_MS + 1, ("quarantined", Why.TIME_FUTURE)),
        (2**53, ("quarantined", Why.TIME_FUTURE)),
        (EARLIEST_MS, GOOD),
        (EARLIEST_MS - 1, IMPOSSIBLE),
        (-(2**53), IMPOSSIBLE),
    ):
        assert outcomes(ruled(pushed(device, [Record(payload=payload, teff=teff, tq=0)]), device)) == [outcome]


def test_a_quality_of_time_that_nobody_knows_is_impossible() -> None:
    device = Device()
    record = Record(payload=device.payload("item.counted", code(1)), teff=device.now_ms, tq=3)
    assert outcomes(ruled(pushed(device, [record]), device)) == [IMPOSSIBLE]


def test_a_time_earlier_than_that_of_the_event_stored_before_is_out_of_order() -> None:
    device = Device()
    before, record = scans(device, 2)
    slots = {1: Slot("x", digest(before.payload))}
    push = pushed(device, [record], first=2)
    for last_teff, outcome in ((record.teff, GOOD), (record.teff + 1, ("quarantined", Why.TIME_ORDER)), (None, GOOD)):
        assert outcomes(ruled(push, device, slots=slots, last_teff=last_teff)) == [outcome]


def test_a_gap_does_not_keep_an_event_out() -> None:
    device = Device()
    missing, record = scans(device, 2)
    assert outcomes(ruled(pushed(device, [record], first=2), device)) == [GOOD]
    assert outcomes(ruled(pushed(device, [missing]), device, slots={2: Slot("x", digest(record.payload))})) == [GOOD]


def test_the_first_of_a_chain_follows_nothing_and_no_other_does() -> None:
    device = Device(prev="a" * 64)
    record = Record(payload=device.payload("item.counted", code(1)), teff=device.now_ms, tq=0)
    assert outcomes(ruled(pushed(device, [record]), device)) == [("fork", Why.CHAIN_BROKEN)]
    later = Device(seq=4)
    record = Record(payload=later.payload("item.counted", code(1)), teff=later.now_ms, tq=0)
    assert outcomes(ruled(pushed(later, [record], first=5), later)) == [("fork", Why.CHAIN_BROKEN)]


@pytest.mark.parametrize(("named", "priv", "outcome"), [
    (digest(b"salted"), b"salted", GOOD),
    (digest(b"salted"), None, GOOD),  # erased, or never sent
    (digest(b"salted"), b"changed", ("quarantined", Why.PRIVATE_MISMATCH)),
    (digest(b""), b"", GOOD),
    ("", b"slipped in", ("quarantined", Why.PRIVATE_MISMATCH)),
    ("", b"", ("quarantined", Why.PRIVATE_MISMATCH)),
    ("", None, GOOD),
])  # fmt: skip
def test_a_private_part_is_the_one_that_the_payload_names(named: str, priv: bytes | None, outcome: object) -> None:
    device = Device()
    record = Record(payload=device.payload("item.counted", code(1), priv=named), teff=device.now_ms, tq=0, priv=priv)
    assert outcomes(ruled(pushed(device, [record]), device)) == [outcome]


@pytest.mark.parametrize("kind", sorted(RESERVED))
def test_a_reserved_kind_is_reserved_in_every_version(kind: str) -> None:
    for major in (2, 9_999):
        device = Device()
        record = chained(device, write({**device.fields(kind, code(1)), "kind": f"{kind}/{major}"}))
        push = pushed(device, [record])
        assert outcomes(ruled(push, device)) == [("quarantined", Why.RESERVED_KIND)]
        assert outcomes(ruled(push, device, own=True)) == [("held", "")]


def test_without_a_seal_nothing_is_a_conflict_or_a_fork_either() -> None:
    device = Device()
    first, second = scans(device, 2)
    event = ruled(pushed(device, [first]), device)[0].event
    assert event is not None
    stored = {
        "known": {event.id: Known("e" * 64, first.teff, 0, "accepted")},
        "slots": {2: Slot("x", "f" * 64)},
    }
    push = pushed(device, [first, second])
    assert outcomes(ruled(push, device, **stored)) == [("conflict", ""), ("fork", Why.SEQ_TAKEN)]
    assert outcomes(ruled(push, device, sealed=False, **stored)) == [("quarantined", Why.BAD_SEAL)] * 2


def test_what_a_cut_off_device_sends_again_is_a_duplicate_and_what_is_new_waits_for_a_person() -> None:
    device = Device()
    first, second = scans(device, 2)
    event = ruled(pushed(device, [first]), device)[0].event
    assert event is not None
    known = {event.id: Known(digest(first.payload), first.teff, 0, "accepted")}
    slots = {1: Slot(event.id, digest(first.payload))}
    found = ruled(pushed(device, [first, second]), device, known=known, slots=slots, revoked=True)
    assert outcomes(found) == [("duplicate", "accepted"), ("quarantined", Why.REVOKED_DEVICE)]


@given(st.lists(st.binary(max_size=80) | st.sampled_from([b"good", b"future", b"held"]), max_size=8), st.booleans())
def test_whatever_stands_between_them_good_events_are_accepted(kinds: list[bytes], own: bool) -> None:
    device = Device()
    records: list[Record] = []
    good = []
    for kind in kinds:
        if kind == b"good":
            good.append(len(records))
            records += scans(device, 1)
        elif kind == b"held":
            records.append(chained(device, write({**device.fields("item.counted"), "kind": "item.weighed/1"})))
        elif kind == b"future":
            payload = device.payload("item.counted", code(1))
            records.append(Record(payload=payload, teff=device.now_ms + 10**9, tq=0))
        else:
            records.append(chained(device, kind))
    found = outcomes(ruled(pushed(device, records), device, own=own))
    assert [place for place, outcome in enumerate(found) if outcome == GOOD] == good
