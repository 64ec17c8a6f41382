"""Driving a round: which rounds are this person's today, how far each stop has come, and its validation.

What a stop came to is always read back from the events of its task, so that an app that was killed in the middle of
a stop shows the same as one that was not.
"""

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Any, Final, NamedTuple
from zoneinfo import ZoneInfo

from boucle.events import Event
from boucle.roles import Capability
from boucle.rounds import (
    VALIDATED,
    Ending,
    Found,
    Gap,
    Round,
    Stop,
    counts_of,
    found_at,
    gaps_for,
    reasons_of,
    rounds_in,
    stop_of_task,
    unseen,
    validation,
)
from boucle.telling import Told
from boucle.unplanned import begins, begun, unplanned
from boucle.visiting import DIRECTIONS
from boucle_field import people, stop_events
from boucle_field.outbox import Draft
from boucle_field.phone import Phone
from boucle_field.photos import Photo
from boucle_field.photos_in_hand import About, Step
from boucle_field.stop_events import Seen, Side, added_since, events_at

STILL_SHOWN: Final = timedelta(days=1)
"""A round of yesterday can still be ended: nights and forgotten evenings happen."""


class Progress(StrEnum):
    """How far a stop has come on this phone; the words are `round.progress.<value>`."""

    TO_DO = "to_do"
    BEGUN = "begun"
    DONE = "done"


class Signed(NamedTuple):
    """Who signed at a stop, and how: strokes of x, y, x, y… in thousandths of the frame."""

    name: str
    strokes: Sequence[Sequence[int]] = ()


class Standing(NamedTuple):
    """How a stop stands, whoever was there: its progress, what was found, its last validation (None: none).

    `validations` are all of them, the first first. `added` is how many events came after the last one, or were amended
    since, else how many pieces it knew nothing of. `elsewhere` is what others recorded of what was found.
    """

    progress: Progress
    found: list[Found]
    validations: list[Seen]
    added: int
    elsewhere: list[Found]

    @property
    def validated(self) -> Event | None:
        """The validation that holds."""
        return self.validations[-1].event if self.validations else None

    @property
    def reasons(self) -> dict[str, Gap]:
        """Why rows differ, as the validation that holds says it: what can still explain a difference."""
        said = reasons_of(self.validated) if self.validated else {}
        return {
            row.name: said[row.name]
            for row in self.found
            if row.name in said and said[row.name] in gaps_for(row.difference, row.direction)
        }

    @property
    def version(self) -> int:
        """The number of the validation that holds, 0 where there is none."""
        return len(self.validations)


def today(phone: Phone) -> date:
    """Give the day it is here, by the server's time as far as this phone knows it."""
    return datetime.fromtimestamp(phone.desk.now_ms() / 1000, ZoneInfo(phone.identity.zone)).date()


def rounds_of_today(phone: Phone) -> list[Round]:
    """Give the rounds that this person can drive now: of today, and of yesterday while a stop is left."""
    who = people.present(phone.store)
    person, now = who.person if who else "", today(phone)
    planned = rounds_in(phone.mirror.book(), at_ms=phone.desk.now_ms())
    mine = [
        each
        for each in planned
        if each.stops
        and not (each.cancelled or each.ended)
        and each.person in ("", person)
        and each.device in ("", phone.identity.dev)
    ]
    return [each for each in mine if each.day == now or (now - STILL_SHOWN == each.day and not is_done(phone, each))]


def drives(phone: Phone) -> bool:
    """Tell whether who works here drives rounds by role."""
    return Capability.COLLECT in phone.desk.role_capabilities


def round_to_drive(phone: Phone) -> Round | None:
    """Give the round that the day begins with: the only one, for a driver or for whom or what phone it names.

    Anybody else is offered a round that names nobody, and is not sent on it.
    """
    mine = rounds_of_today(phone)
    if len(mine) != 1:
        return None
    return mine[0] if drives(phone) or mine[0].person or mine[0].device else None


def next_stop(phone: Phone, of: Round) -> tuple[int, Stop, Progress] | None:
    """Give the stop to go on with, with its number and progress: one that is begun, else the first that is to do."""
    stops = [(n, stop, standing(phone, of, stop).progress) for n, stop in enumerate(of.stops, 1)]
    left = [each for each in stops if each[2] is not Progress.DONE]
    return next((each for each in left if each[2] is Progress.BEGUN), left[0] if left else None)


def find_round(phone: Phone, key: str) -> Round | None:
    """Give a planned round by its key, whatever its day."""
    return next((each for each in rounds_in(phone.mirror.book(), at_ms=phone.desk.now_ms()) if each.key == key), None)


def stop_of(phone: Phone, task: str) -> tuple[Round, Stop] | None:
    """Give the stop that a task names, None for another task or a stop that is planned no more."""
    if (beside := unplanned(task)) is not None:
        return beside
    named = stop_of_task(task)
    found = find_round(phone, named[0]) if named else None
    stop = found.stop(named[1]) if found and named else None
    return (found, stop) if found and stop else None


def stop_at(phone: Phone, place: str) -> tuple[Round, Stop] | None:
    """Give the stop of today's rounds at a place, one that is not done before one that is."""
    stops = [(each, stop) for each in rounds_of_today(phone) for stop in each.stops if stop.place == place]
    stops.sort(key=lambda pair: standing(phone, *pair).progress is Progress.DONE)
    return stops[0] if stops else None


def task_beside(phone: Phone, place: str) -> str:
    """Give the task of a stop that no round plans: the one under way here today, else one that begins now."""
    mine = [task for task in stop_events.tasks_of(phone.store, begins(today(phone))) if task.endswith(f"#{place}")]
    last = unplanned(mine[-1]) if mine else None
    if last is not None and standing(phone, *last).progress is not Progress.DONE:
        return mine[-1]
    return begun(today(phone), place, phone.randomness)


def stops_beside(phone: Phone) -> list[tuple[Round, Stop]]:
    """Give the stops of today that no round plans and that this phone has made, the latest first."""
    tasks = stop_events.tasks_of(phone.store, begins(today(phone)))
    stops = [each for task in reversed(tasks) if (each := unplanned(task)) is not None]
    return [each for each in stops if standing(phone, *each).progress is not Progress.TO_DO]


def planned(phone: Phone, task: str, action: str) -> Mapping[str, int] | None:
    """Give the pieces of each type that the plan expects of an action, None where there is no plan for it.

    What others recorded at the stop is expected no more.
    """
    at = stop_of(phone, task)
    plan = getattr(at[1], DIRECTIONS[action]) if at and action in DIRECTIONS else None
    if not at or not plan:
        return None
    done = {row.item_type: row.total for row in standing(phone, *at).elsewhere if row.direction == DIRECTIONS[action]}
    return {key: left for key, n in plan.items() if (left := n - done.get(key, 0)) > 0}


def standing(phone: Phone, of: Round, stop: Stop) -> Standing:
    """Give how a stop stands as far as this phone knows."""
    seen = events_at(phone.store, of.task(stop))
    moves, validations = stop_events.standing(seen)
    work = [each.event for each in moves]
    types = {event.subject: phone.mirror.look(event.subject).item.type for event in work if event.code}
    found = found_at(stop, work, types)
    elsewhere = found_at(None, [each.event for each in moves if each.side is not Side.HERE], types)
    last = validations[-1].event if validations else None
    added = (added_since(seen, last) or unseen(found, counts_of(last))) if last else 0
    progress = Progress.DONE if last and not added else Progress.BEGUN if work or last else Progress.TO_DO
    return Standing(progress, found, validations, added, elsewhere)


def is_late(phone: Phone, of: Round, stop: Stop) -> bool:
    """Tell whether the place of a stop has closed before the stop was validated; a window that is open closes never."""
    if not stop.closes or standing(phone, of, stop).progress is Progress.DONE:
        return False
    now = datetime.fromtimestamp(phone.desk.now_ms() / 1000, ZoneInfo(phone.identity.zone))
    return (of.day, stop.closes) < (now.date(), now.strftime("%H:%M"))


def signed(phone: Phone, of: Round) -> dict[str, list[Found]]:
    """Give what the last validation of each stop says was found, by the stop's task, wherever it was made."""
    return {task: counts_of(event) for task, event in stop_events.validations_of(phone.store, of.key).items()}


def is_done(phone: Phone, of: Round) -> bool:
    """Tell whether every stop of a round is validated, with nothing added since."""
    return all(standing(phone, of, stop).progress is Progress.DONE for stop in of.stops)


def validate(
    phone: Phone,
    of: Round,
    stop: Stop,
    *,
    ending: Ending,
    reasons: Mapping[str, Gap] | None = None,
    signed: Signed | None = None,
    note: str = "",
    photos: tuple[Photo, ...] = (),
) -> Told:
    """Record that a stop is done; what was seen is kept with it, photos of it too.

    Who signed is personal: it goes where it can be erased later. LoginError and `StoreError` as `Desk.record`.
    """
    now = standing(phone, of, stop)
    body: dict[str, Any] = validation(now.found, ending=ending, version=now.version + 1, reasons=reasons or {})
    private: dict[str, Any] = {}
    if signed is not None and signed.name:
        private["signer"] = signed.name
    if signed is not None and signed.strokes:
        private["signature"] = [list(stroke) for stroke in signed.strokes]
    return phone.desk.record(
        Draft(
            kind=VALIDATED,
            task=of.task(stop),
            place=stop.place,
            body=body | ({"note": note} if note else {}),
            private=private,
            photos=photos,
        )
    )


def photos_about(of: Round, stop: Stop) -> About:
    """Give what the photos of a stop are taken for: its validation."""
    return About(Step.STOP, of.task(stop), stop.place)


def asks_photo(phone: Phone, stop: Stop, ending: Ending) -> bool:
    """Tell whether the place of a stop asks for a photo of what it ended with."""
    return phone.desk.asks_photo(Draft(kind=VALIDATED, place=stop.place, body={"ending": str(ending)}))


def in_vehicle(phone: Phone, of: Round) -> dict[str, int]:
    """Give the pieces of each type that were taken up on a round, by type, as far as this phone knows."""
    found: dict[str, int] = {}
    for stop in of.stops:
        for row in standing(phone, of, stop).found:
            if row.direction == "collect" and (n := row.total):
                found[row.item_type] = found.get(row.item_type, 0) + n
    return found
