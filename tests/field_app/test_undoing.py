"""What can be undone is found without reading the whole record of a device."""

import pytest

from boucle_field.errors import RefusedError
from boucle_field.outbox import Draft, as_event
from boucle_field.undoing import standing
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
