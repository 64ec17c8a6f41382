"""What can be undone is found without reading the whole record of a device."""

from dataclasses import replace

import pytest

from boucle_field.errors import RefusedError
from boucle_field.outbox import Draft, as_event
from boucle_field.stop_events import VOID, events_at
from boucle_field.undoing import amended, standing
from tests.builders import code
from tests.field_app.ran import Place

MANY = 450


def scanned(place: Place) -> list[str]:
    drafts = (Draft(kind="item.counted", code=code(number % 90), place="strasbourg") for number in range(MANY))
    return [place.phone.outbox.record(draft).event.id for draft in drafts]


def void(place: Place, event_id: str) -> str:
    return place.phone.desk.undo(event_id)[1].event_id


def test_an_old_event_is_found_by_its_id_without_reading_the_others(place: Place) -> None:
    first, *_ = scanned(place)
    as_event.cache_clear()
    assert standing(place.phone.store, first).id == first
    assert as_event.cache_info().misses == 1
    void(place, first)
    with pytest.raises(RefusedError) as refused:
        standing(place.phone.store, first)
    assert refused.value.key == "phone.undone_already"


def test_the_last_event_is_found_behind_more_voids_than_one_look_holds(place: Place) -> None:
    ids = scanned(place)
    for event_id in reversed(ids[200:]):
        assert standing(place.phone.store).id == event_id
        void(place, event_id)
    assert standing(place.phone.store).id == ids[199]


def test_a_void_of_another_event_about_the_same_item_leaves_this_one(place: Place) -> None:
    first, *rest = scanned(place)
    void(place, rest[89])
    assert standing(place.phone.store, first).id == first


def test_a_correction_that_was_voided_leaves_what_it_corrected_standing(place: Place) -> None:
    desk, store, task = place.phone.desk, place.phone.store, "T-1#a"
    draft = Draft(kind="item.collected", code=code(1), place="mulhouse", task=task)
    first = desk.record(draft).event_id
    mended = desk.record(replace(draft, place="strasbourg", corrects=first)).event_id
    assert amended(store) == {first: "item.collected"}
    assert [each.gone is None for each in events_at(store, task)] == [False, True]
    void(place, mended)
    assert amended(store) == {mended: VOID}
    assert [each.gone is None for each in events_at(store, task)][:2] == [True, False]


def test_what_was_corrected_is_not_undone_beside_its_correction_which_would_go_on_counting(place: Place) -> None:
    desk, store = place.phone.desk, place.phone.store
    draft = Draft(kind="item.received", item_type="film", qty=5, place="strasbourg")
    first = desk.record(draft).event_id
    mended = desk.record(replace(draft, qty=4, corrects=first)).event_id
    with pytest.raises(RefusedError) as refused:
        desk.undo(first)
    assert refused.value.key == "phone.corrected_already"
    assert amended(store) == {first: "item.received"}
    void(place, mended)
    void(place, first)
    assert amended(store) == {mended: VOID, first: VOID}
