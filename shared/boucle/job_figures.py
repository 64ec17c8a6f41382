"""A repair in the figures: what its opening and its end add, how long it stood still, how long hands were on it.

A repair counts in the month in which it is over, at the site where it was opened.
"""

from enum import StrEnum

from boucle.clock import month_of
from boucle.item import Job
from boucle.lifecycle import WorkStage
from boucle.opening_hours import HOUR_MS, open_ms_at
from boucle.reference import Site
from boucle.turn import Turn
from boucle.units import DAY_MS

LONGEST_CLOCK_MS = 12 * 3_600_000
"""A clock that ran longer was forgotten: nobody knows for how long hands were on the thing, and nothing is added."""


_RUNNING = frozenset({"work.started", "work.stopped", "work.paused", "work.held", "work.repaired"})


class Ending(StrEnum):
    """How a repair ended."""

    FIXED = "fixed"
    NO_FAULT = "no_fault"
    NOT_FIXED = "not_fixed"
    UNKNOWN = "unknown"
    """Nobody said: cancelled, declined by its owner, or the item was retired with its repair open."""


def job_of(turn: Turn) -> Job:
    """Give the item's last repair."""
    job = turn.item.job
    return job if isinstance(job, Job) else Job()


def site_of(turn: Turn) -> Site:
    """Give the site where the repair was opened."""
    return turn.book.site(job_of(turn).site, turn.at)


def count(turn: Turn, measure: str, bucket: str = "", *, n: int = 1) -> None:
    """Add to a measure of the month at the repair's site."""
    turn.month(site_of(turn), "", measure, bucket, n=n, loop="")


def stock(turn: Turn, sign: int) -> None:
    """Count the repair in among the open ones, or out."""
    job, site = job_of(turn), site_of(turn)
    turn.stock("jobs", sign, site=site, partner="", loop="")
    for cell, day in (("visit", job.day), ("due", job.due)):
        if day:
            turn.fact(cell, day[:7], site=job.site, partner="", loop="", measure="job", bucket=day[8:], n=sign)


def close(turn: Turn, ending: Ending) -> None:
    """End the repair, with its hold and its clock."""
    count(turn, "repair_closed", str(ending))
    stock(turn, -1)
    stop_clock(turn)
    turn.put(job=job_of(turn)._replace(outcome=str(ending), closed_ms=turn.at, hold=""))


def measure_turnaround(turn: Turn) -> None:
    """Count how long a thing was away from service: by the calendar, and in opening hours where these are known.

    The hours are those of the site where the repair was opened, at each moment by the row that held then.
    """
    job, site = job_of(turn), site_of(turn)
    lasted_ms = max(0, turn.at - job.start_ms)
    count(turn, "turnaround_n")
    count(turn, "turnaround_s", n=lasted_ms // 1000)
    count(turn, "turnaround_idle_s", n=job.idle_s)
    _lasted(turn, "turnaround", lasted_ms // DAY_MS)
    worked_ms = open_ms_at(turn.book, site.key, job.start_ms, end_ms=turn.at)
    if worked_ms is not None:
        count(turn, "turnaround_hours_n")
        count(turn, "turnaround_hours_s", n=worked_ms // 1000)
        _lasted(turn, "turnaround_hours", worked_ms // HOUR_MS)


def _lasted(turn: Turn, measure: str, whole: int) -> None:
    site = site_of(turn)
    month = month_of(turn.at, site.zone)
    turn.fact("dwell", month, site=site.key, partner="", loop="", measure=measure, bucket=f"{whole:04d}", n=1)


def mind_idle(turn: Turn) -> None:
    """Begin or end the time in which nothing may be done: on hold, or until the owner has answered."""
    job = job_of(turn)
    idle = bool(job.hold) or turn.item.work_stage == WorkStage.AWAITING_APPROVAL
    if idle and not job.idle_ms:
        turn.put(job=job._replace(idle_ms=turn.at))
    elif not idle and job.idle_ms:
        turn.put(job=job._replace(idle_ms=0, idle_s=job.idle_s + max(0, turn.at - job.idle_ms) // 1000))


def mind_clock(turn: Turn) -> None:
    """Note from when to when hands are on the thing; whose is nobody's business."""
    if turn.event.kind in _RUNNING:
        stop_clock(turn)
    if turn.event.kind == "work.started":
        turn.put(job=job_of(turn)._replace(clock_ms=turn.at))


def stop_clock(turn: Turn) -> None:
    """Add how long hands were on the thing."""
    job = job_of(turn)
    if job.clock_ms:
        lasted_ms = max(0, turn.at - job.clock_ms)
        added_s = lasted_ms // 1000 if lasted_ms <= LONGEST_CLOCK_MS else 0
        turn.put(job=job._replace(clock_ms=0, worked_s=job.worked_s + added_s))
