"""Cases of devices: numbers that never came, events and photos that were not sent, stops that lack their photo."""

from typing import Final

import sqlalchemy as sa

from boucle.answering import Answer
from boucle.photo_guards import lacks_photo
from boucle.rounds import VALIDATED, round_under
from boucle.units import DAY_MS
from boucle.words import say
from boucle_server import attention, photos
from boucle_server.driven import planned_place
from boucle_server.standing import standing
from boucle_server.tables import DEVICE, RECORD
from boucle_server.web import inbox_answers
from boucle_server.web.inbox_case import Asker, Case, Heap
from boucle_server.web.rounds_list import href_of_round, title_of

PHOTO_DAYS: Final = 3
"""A photo may wait so many days for a good line before somebody is asked to look."""
STOP_DAYS: Final = 60
"""A stop that could not be made is asked for its photo for so many days; after that nobody can take it any more."""
STOP: Final = "stop"
"""The reason of a case of one stop, not of a device."""


def gaps(asker: Asker) -> list[Case]:
    """Give the epochs of devices of which numbers are missing."""
    return [
        Case(heap=Heap.GAP, key=f"{gap.dev}.{gap.epoch}", dev=gap.dev, n=gap.count)
        for gap in attention.all_gaps(asker.connection, asker.org)
    ]


def unsent(asker: Asker) -> list[Case]:
    """Give the devices that still held events when they were last heard."""
    return [
        Case(heap=Heap.UNSENT, key=each.dev, dev=each.dev, name=each.name, n=each.unsent, at_ms=each.last_seen_ms)
        for each in attention.unsent(asker.connection, asker.org)
    ]


def photos_missing(asker: Asker) -> list[Case]:
    """Give the stops that lack the photo their site asks for, and the devices that owe photos for days."""
    found = [*_stops(asker), *_owed(asker)]
    return sorted(found, key=lambda case: (case.at_ms or 0, case.key))


def _owed(asker: Asker) -> list[Case]:
    """Give the devices that owe photos; one that was cut off sends nothing any more.

    Who gives photos up does so for those that were announced by then: what is announced later is owed again.
    """
    query = sa.select(DEVICE.c.dev).where(DEVICE.c.org == asker.org, DEVICE.c.status == "active")
    active = set(asker.connection.execute(query).scalars())
    given_up = [
        sa.and_(RECORD.c.dev == answer.key, RECORD.c.received_ms < answer.at_ms)
        for answer in inbox_answers.given(asker, Heap.PHOTO, active).values()
    ]
    also = [~sa.or_(*given_up)] if given_up else []
    return [
        Case(heap=Heap.PHOTO, key=each.dev, dev=each.dev, n=each.n, at_ms=each.since_ms)
        for each in photos.owed(asker.connection, asker.org, *also)
        if each.dev in active and each.since_ms <= asker.now_ms - PHOTO_DAYS * DAY_MS
    ]


def given_up(asker: Asker) -> list[tuple[Case, Answer]]:
    """Give the devices of which photos were given up, none of which is waited for any more."""
    waiting = {each.dev for each in photos.owed(asker.connection, asker.org)}
    open_ = {case.key for case in asker.once(Heap.PHOTO, photos_missing)}
    return [
        (Case(heap=Heap.PHOTO, key=answer.key, dev=answer.key, n=answer.n), answer)
        for answer in inbox_answers.given(asker, Heap.PHOTO, waiting - open_).values()
    ]


def _stops(asker: Asker) -> list[Case]:
    """Give the stops that could not be made and whose site asks for a photo of that, by their last validation."""
    since_ms = asker.now_ms - STOP_DAYS * DAY_MS
    last = {event.task: event for event in standing(asker.connection, asker.org, VALIDATED, since_ms=since_ms)}
    return [
        Case(
            heap=Heap.PHOTO,
            key=f"{STOP}/{event.id}",
            reason=STOP,
            status=event.text("ending"),
            event=event.id,
            task=event.task,
            name=event.place,
            dev=event.dev,
            at_ms=event.teff,
            n=1,
        )
        for event in last.values()
        if lacks_photo(event.kind, event.body, event.photos, asker.book.site(event.place, event.teff))
    ]


def stop_told(asker: Asker, case: Case, lang: str) -> dict[str, str]:
    """Say which stop could not be made and has no photo of it."""
    place = planned_place(asker.book, case.name, asker.now_ms) or say("web.without", lang)
    of = round_under(asker.book, case.task, at_ms=asker.now_ms)
    return {
        "what": say("web.inbox_what_photo_stop", lang, place=place, why=say(f"round.ending.{case.status}", lang)),
        "todo": say("web.inbox_todo_photo_stop", lang),
        "about": title_of(of) if of else place,
        "href": href_of_round(of.key) if of else "",
        "label": "web.fact_round" if of else "web.fact_where",
    }
