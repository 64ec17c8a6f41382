"""Corrections: what they repeat of the event, what only adds a photo, and the walk back to the first words."""

from typing import Any

import pytest

from boucle.correction import Correction, Fix, adds_only_photos, corrected, said_before, with_photos
from boucle.events import Event
from tests.builders import Device, code

ONE, TWO = ({"sha256": letter * 64, "size": 7, "type": "image/jpeg"} for letter in "ab")
COLLECTED: dict[str, Any] = {"place": "mulhouse", "task": "t-1", "body": {"note": "coin cassé"}}


@pytest.fixture
def device() -> Device:
    """Give a device that records."""
    return Device()


def recorded(device: Device, said: Correction) -> Event:
    fields = {name: value for name, value in said.fields.items() if name != "code"}
    return device.event(said.kind, said.fields["code"], **fields)


def test_a_correction_repeats_all_that_was_said_the_photos_too(device: Device) -> None:
    first = device.event("item.collected", code(1), **COLLECTED, photos=[ONE])
    again = recorded(device, corrected(first, Fix.PLACE, value="strasbourg", because="place"))
    assert (again.corrects, again.place, again.task, again.code) == (first.id, "strasbourg", "t-1", code(1))
    assert [dict(each) for each in again.photos] == [ONE]
    assert again.text("note") == "coin cassé"


def test_a_photo_that_comes_later_changes_nothing_else(device: Device) -> None:
    first = device.event("item.collected", code(1), **COLLECTED, photos=[ONE])
    again = recorded(device, with_photos(first, [TWO]))
    assert [dict(each) for each in again.photos] == [ONE, TWO]
    assert adds_only_photos(again, first)


def test_what_changes_anything_or_lets_a_photo_go_does_more_than_add_photos(device: Device) -> None:
    first = device.event("item.collected", code(1), **COLLECTED, photos=[ONE])
    elsewhere = recorded(device, corrected(first, Fix.PLACE, value="strasbourg"))
    fewer = device.event("item.collected", code(1), **COLLECTED, corrects=first.id, photos=[TWO])
    of_another = device.event("item.collected", code(1), **COLLECTED, corrects=elsewhere.id, photos=[ONE, TWO])
    assert not any(adds_only_photos(each, first) for each in (elsewhere, fewer, of_another))


def test_the_walk_back_ends_at_the_first_words_or_where_more_than_photos_changed(device: Device) -> None:
    first = device.event("item.collected", code(1), **COLLECTED)
    elsewhere = recorded(device, corrected(first, Fix.PLACE, value="strasbourg"))
    shown = recorded(device, with_photos(elsewhere, [ONE]))
    known = {each.id: each for each in (first, elsewhere, shown)}
    assert said_before(shown, known.get) == [elsewhere, first]
    assert said_before(shown, known.get, photos_only=True) == [elsewhere]
    del known[first.id]
    assert said_before(shown, known.get) == [elsewhere]


def test_corrections_in_a_circle_end_the_walk(device: Device) -> None:
    first = device.event("item.collected", code(1), **COLLECTED)
    second = device.event("item.collected", code(1), **COLLECTED, corrects=first.id)
    known = {first.id: device.event("item.collected", code(1), **COLLECTED, corrects=second.id), second.id: second}
    assert len(said_before(second, known.get)) <= len(known)
