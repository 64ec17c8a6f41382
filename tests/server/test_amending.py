"""What stands of events once all that was said of them later is looked up, of whatever time and kind that is."""

from typing import Any

from boucle.events import Event
from boucle_server import amending, histories
from boucle_server.db import Database
from boucle_server.projections import SqlStore
from boucle_server.server_device import Draft
from boucle_server.standing import standing
from tests.builders import DAY, ORG, START_MS, code
from tests.server.figures_world import record
from tests.server.handset import LATER, Handset, a_network, taken
from tests.server.test_driven import event_id

COUNTED = "item.counted"


class Said:
    """A phone that says things of one crate, and then something of what it said."""

    def __init__(self, database: Database) -> None:
        a_network(database, "d-un")
        self.database, self.phone = database, Handset()

    def say(self, kind: str, *, at: float, **keys: Any) -> str:
        """Record an event; give its id."""
        return event_id(self.phone.scan(kind, code(1), at=at, **keys))

    def send(self) -> None:
        """Send all of it."""
        taken(self.database, self.phone.push(), now_ms=LATER)

    def review(self, event: str) -> None:
        """Say in the office that an event was right."""
        body = {"target": event, "contradiction": "unknown_place", "reason": "Vu sur place"}
        record(self.database, ORG, [Draft(kind="event.reviewed", fields={"code": code(1), "body": body})], now_ms=LATER)


def ids(events: list[Event]) -> list[str]:
    return [event.id for event in events]


def test_other_words_are_all_that_say_the_same_and_none_that_speaks_about_them(database: Database) -> None:
    of = Said(database)
    first = of.say(COUNTED, at=1, place="strasbourg")
    beside = of.say(COUNTED, at=2, place="metz", corrects=first)
    gone = of.say(COUNTED, at=3, place="nancy", corrects=first)
    last = of.say(COUNTED, at=4, place="mulhouse", corrects=beside)
    of.say("event.voided", at=5, body={"target": gone})
    of.say(COUNTED, at=7, place="strasbourg")
    of.send()
    of.review(last)
    with database.reading() as connection:
        store = SqlStore(connection, ORG)
        (event,) = store.events([beside])
        assert ids(amending.other_words(store, event)) == [last, first]
        assert [amending.is_amended(store, each) for each in (first, beside, gone, last)] == [True, True, True, False]


def test_what_stands_of_some_events_stands_in_their_place_and_nothing_else_does(database: Database) -> None:
    of = Said(database)
    first = of.say(COUNTED, at=1, place="strasbourg")
    other = of.say(COUNTED, at=2, place="strasbourg")
    better = of.say(COUNTED, at=40, place="metz", corrects=first)
    best = of.say(COUNTED, at=41, place="nancy", corrects=better)
    of.send()
    of.review(best)
    with database.reading() as connection:
        store = SqlStore(connection, ORG)
        for asked in ([first], [better], [best], [first, best]):
            (found,) = amending.standing(store, store.events(asked))
            assert (found.id, found.teff) == (best, START_MS + DAY)
        assert ids(amending.standing(store, store.events([first, other]))) == [best, other]


def test_what_the_office_voided_stays_void_when_the_photo_of_a_phone_comes_later(database: Database) -> None:
    of = Said(database)
    of.say("item.commissioned", at=0.1, place="strasbourg", body={"type": "bac"})
    wrong = of.say("item.shipped", at=1, place="strasbourg", body={"to": "mulhouse"})
    of.send()
    void = {"code": code(1), "body": {"target": wrong}}
    record(database, ORG, [Draft(kind="event.voided", fields=void)], now_ms=LATER)
    photo = {"sha256": "a" * 64, "size": 7, "type": "image/jpeg"}
    body = {"to": "mulhouse"}
    shown = of.say("item.shipped", at=2, place="strasbourg", body=body, corrects=wrong, photos=[photo])
    of.send()
    with database.reading() as connection:
        told = histories.history(connection, ORG, code(1))
        assert histories.find(connection, ORG, code(1)).item.stage == "available"
        assert amending.is_amended(SqlStore(connection, ORG), shown)
    assert [each.superseded for each in told if each.event.id in (wrong, shown)] == [True, True]


def test_those_of_a_kind_since_an_instant_stand_at_the_time_of_what_they_correct(database: Database) -> None:
    of = Said(database)
    old = of.say(COUNTED, at=1, place="strasbourg")
    of.say(COUNTED, at=40, place="metz", corrects=old)
    new = of.say(COUNTED, at=41, place="strasbourg")
    other = of.say(COUNTED, at=42, place="strasbourg")
    of.say("item.moved", at=43, place="strasbourg", corrects=other, body={"to": "strasbourg"})
    of.send()
    with database.reading() as connection:
        assert ids(standing(connection, ORG, COUNTED, since_ms=START_MS + 10 * DAY)) == [new]
        assert len(standing(connection, ORG, COUNTED)) == 2
