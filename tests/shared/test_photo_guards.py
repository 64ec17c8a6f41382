"""Photos that a site asks for: what was done without its photo counts, and waits for a person."""

from typing import Any

import pytest

from boucle.photo import JPEG
from boucle.photo_guards import PhotoGuard, asks_photo, lacks_photo
from boucle.reasons import Outcome, Reason
from boucle.reference import Book, Site, Version
from boucle.replay import World, replay
from tests.builders import DAY, SITES, START_MS, Device, code, network

PHOTO = {"sha256": "ab" * 32, "size": 9, "type": JPEG}
SINCE = START_MS + 10 * DAY


def lived(kind: str, body: dict[str, Any], *, day: float, photos: list[dict[str, Any]] | None = None) -> World:
    """Give the world in which one event happens at Strasbourg, which asks for photos from the tenth day on."""
    device = Device()
    row = {**SITES["strasbourg"], "photos": "repair scrap"}
    stated = {"table": "site", "key": "strasbourg", "valid_from": SINCE, "row": row}
    asks = Device(dev="d-serveur", epoch="00000000000000f1").event("reference.set", "", body=stated, at=0)
    known = device.event("item.commissioned", code(1), place="strasbourg", body={"type": "bac"}, at=0)
    event = device.event(kind, code(1), place="strasbourg", body=body, at=day, photos=photos or [])
    events = [*network(), asks, known, event]
    return replay(events, Book(Version.of(each) for each in events if each.kind == "reference.set"))


def last(world: World) -> tuple[Outcome, tuple[Reason, ...]]:
    (marks,) = [several for several in world.marks.values() if len(several) > 1]
    return marks[-1].outcome, tuple(each for each in marks[-1].reasons if each is Reason.NO_PHOTO)


@pytest.mark.parametrize("verdict", ["scrap", "damaged"])
def test_sorting_without_the_photo_counts_all_the_same_and_waits_for_a_person(verdict: str) -> None:
    world = lived("item.sorted", {"verdict": verdict}, day=11)
    assert last(world) == (Outcome.APPLIED, (Reason.NO_PHOTO,))
    assert [reason for _, _, reason in world.tasks] == [Reason.NO_PHOTO]
    (item,) = [each for each in world.items.values() if each.known]
    assert (item.hold == "scrap") is (verdict == "scrap")


def test_a_repair_opened_without_the_photo_of_how_it_came_in_is_open_and_waits_for_a_person() -> None:
    world = lived("work.opened", {}, day=11)
    assert last(world) == (Outcome.APPLIED, (Reason.NO_PHOTO,))
    assert [reason for _, _, reason in world.tasks] == [Reason.NO_PHOTO]
    (item,) = [each for each in world.items.values() if each.known]
    assert item.work_stage == "open"


@pytest.mark.parametrize(("kind", "body"), [("item.sorted", {"verdict": "scrap"}), ("work.opened", {})])
def test_with_its_photo_and_before_the_site_asked_everything_is_as_ever(kind: str, body: dict[str, Any]) -> None:
    for world in (lived(kind, body, day=11, photos=[PHOTO]), lived(kind, body, day=9)):
        assert last(world) == (Outcome.APPLIED, ())
        assert not world.tasks
    assert last(lived(kind, body, day=11, photos=[{"sha256": "ab" * 32}])) == (Outcome.APPLIED, ())


@pytest.mark.parametrize(("kind", "body", "guard"), [
    ("item.sorted", {"verdict": "scrap"}, PhotoGuard.SCRAP),
    ("item.sorted", {"verdict": "damaged"}, PhotoGuard.REPAIR),
    ("item.graded", {"grade": "D"}, PhotoGuard.SCRAP),
    ("item.graded", {"grade": "C"}, PhotoGuard.REPAIR),
    ("work.opened", {}, PhotoGuard.REPAIR),
    ("stop.validated", {"ending": "closed"}, PhotoGuard.INCIDENT),
    ("stop.validated", {"ending": "refused"}, PhotoGuard.INCIDENT),
    ("work.diagnosed", {"found": True}, PhotoGuard.DIAGNOSIS),
])  # fmt: skip
def test_each_guard_asks_for_its_own_and_for_nothing_else(kind: str, body: dict[str, Any], guard: PhotoGuard) -> None:
    assert asks_photo(kind, body, Site(key="s", photos=frozenset({guard})))
    assert not asks_photo(kind, body, Site(key="s", photos=frozenset(PhotoGuard) - {guard}))
    for other in ({"verdict": "ok"}, {"ending": "done"}, {"ending": "nothing"}, {"verdict": ["scrap"]}):
        assert not asks_photo(
            "item.sorted" if "verdict" in other else "stop.validated",
            other,
            Site(key="s", photos=frozenset(PhotoGuard)),
        )
    for grade in ("A", "B", "", ["D"]):
        assert not asks_photo("item.graded", {"grade": grade}, Site(key="s", photos=frozenset(PhotoGuard)))
    assert not asks_photo("item.received", {}, Site(key="s", photos=frozenset(PhotoGuard)))


def test_a_diagnosis_wants_two_photos_and_everything_else_one() -> None:
    site = Site(key="s", photos=frozenset(PhotoGuard))
    other = {"sha256": "cd" * 32, "size": 9, "type": JPEG}
    lacking = [lacks_photo("work.diagnosed", {}, several, site) for several in ((), (PHOTO,), (PHOTO, PHOTO))]
    assert lacking == [True, True, True]
    assert not lacks_photo("work.diagnosed", {}, (PHOTO, other), site)
    assert not lacks_photo("work.opened", {}, (PHOTO,), site)
