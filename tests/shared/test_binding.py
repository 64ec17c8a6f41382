"""Bindings: whose a code is, whoever said so and in whatever order it was heard."""

from itertools import permutations

from hypothesis import given
from hypothesis import strategies as st

from boucle.binding import PROVISIONAL, Binding, first_claims, is_claim, lost_claims, owner, resolve, via_of
from boucle.events import Event
from tests.builders import Device, code

A, B, C, D = (code(number) for number in range(4))


def commissioned(device: Device, at: float, subject: str = A) -> Event:
    return device.event("item.commissioned", subject, at=at, place="metz", body={"type": "bac"})


def bound(device: Device, at: float, subject: str, other: str, kind: str = "label.bound") -> Event:
    return device.event(kind, subject, at=at, other=other)


def bindings_of(*events: Event) -> dict[str, Binding]:
    return resolve(first_claims(events))


def test_the_first_claim_in_the_order_of_events_owns_a_code_in_any_order_of_arrival() -> None:
    one, two = Device(), Device(dev="d-deux", epoch="00000000000000a2")
    events = [commissioned(one, 3), commissioned(two, 1), bound(one, 2, A, B)]
    for order in permutations(events):
        assert bindings_of(*order) == {A: Binding(events[1].id, events[1].id)}
        assert lost_claims(order, bindings_of(*order)) == {events[0].id, events[2].id}


def test_of_two_claims_at_one_instant_the_device_decides() -> None:
    one, two = Device(dev="d-un"), Device(dev="d-deux", epoch="00000000000000a2")
    first, second = commissioned(two, 1), commissioned(one, 1)
    assert first.teff == second.teff
    assert bindings_of(second, first)[A].claim == first.id


def test_a_bound_code_leads_to_the_item_of_the_other_code() -> None:
    phone = Device()
    birth = commissioned(phone, 1)
    replaced = bound(phone, 2, B, A, "label.replaced")
    further = bound(phone, 3, C, B)
    found = bindings_of(further, replaced, birth)
    assert found == {
        A: Binding(birth.id, birth.id),
        B: Binding(birth.id, replaced.id, A),
        C: Binding(birth.id, further.id, B),
    }
    assert {owner(subject, found) for subject in (A, B, C)} == {birth.id}


def test_a_code_bound_before_its_item_is_commissioned_waits_for_it() -> None:
    phone = Device()
    early = bound(phone, 1, B, A)
    assert bindings_of(early) == {B: Binding(PROVISIONAL + A, early.id, A)}
    birth = commissioned(phone, 2)
    assert bindings_of(early, birth)[B] == Binding(birth.id, early.id, A)


def test_codes_bound_in_a_circle_are_one_provisional_item() -> None:
    phone = Device()
    circle = [bound(phone, 1, A, B), bound(phone, 2, B, C), bound(phone, 3, C, A)]
    for order in permutations(circle):
        assert {binding.item for binding in bindings_of(*order).values()} == {PROVISIONAL + min(A, B, C)}


def test_a_code_bound_into_a_circle_belongs_to_it() -> None:
    phone = Device()
    least, low, high, greatest = sorted((A, B, C, D))
    circle = [bound(phone, 1, low, high), bound(phone, 2, high, low)]
    for tail in (least, greatest):
        assert bindings_of(*circle, bound(phone, 3, tail, high))[tail].item == PROVISIONAL + low


def test_a_code_bound_to_itself_is_its_own_provisional_item() -> None:
    assert bindings_of(bound(Device(), 1, A, A))[A].item == PROVISIONAL + A


def test_what_nobody_claimed_has_its_own_provisional_history_and_a_quantity_its_own() -> None:
    assert owner(A, {}) == PROVISIONAL + A
    assert owner("qty:x", {}) == "qty:x"
    assert owner("qty:x", {"qty:x": Binding("i", "c")}) == "qty:x"


def test_only_a_claim_of_a_code_is_a_claim() -> None:
    phone = Device()
    by_quantity = phone.event("item.commissioned", "", item_type="film", qty=5, place="metz")
    assert not is_claim(by_quantity)
    assert not is_claim(phone.event("item.counted", A))
    assert not is_claim(phone.event("label.voided", A))
    assert [is_claim(event) for event in (commissioned(phone, 1), bound(phone, 2, B, A))] == [True, True]
    assert via_of(commissioned(phone, 3)) == ""
    assert via_of(bound(phone, 4, B, f"https://boucle.example/{A.lower()}")) == A


claims = st.lists(
    st.tuples(st.integers(0, 3), st.integers(-1, 3), st.integers(0, 5)), min_size=1, max_size=7
)  # fmt: skip


@given(claims, st.randoms(use_true_random=False))
def test_every_claimed_code_has_one_item_whatever_the_order(drawn: list[tuple[int, int, int]], random: object) -> None:
    phone, codes = Device(), (A, B, C, D)
    events = [
        commissioned(phone, at, codes[subject]) if other < 0 else bound(phone, at, codes[subject], codes[other])
        for subject, other, at in drawn
    ]
    expected = bindings_of(*events)
    assert expected.keys() == {event.subject for event in events}
    shuffled = list(events)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    assert bindings_of(*shuffled) == expected
    births = {event.id for event in events if event.kind == "item.commissioned"}
    for subject, binding in expected.items():
        assert binding.item in births or binding.item.startswith(PROVISIONAL)
        if binding.via in expected:
            assert binding.item == expected[binding.via].item, subject
