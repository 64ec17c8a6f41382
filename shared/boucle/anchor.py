"""Device time: when an event really happened, whatever the device's clock on the wall says.

A device counts milliseconds since its boot, which nobody can set, and asks the server for the time when it syncs.
Such a sample anchors the whole boot: every event of it, earlier or later, gets the server's time. An event of a
boot without a sample gets an interval. All is decided once, just before an event first leaves the device.

Invariant: effective times never decrease in the order in which the device recorded.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from boucle.events import Quality

ANCHORED_ERROR_MS = 5_000
"""An estimate that may be further off than this is not called anchored: the greatest error that is promised."""
WRONG_CLOCK_MS = 60_000
"""A wall clock further off than this is shown to the operator and to the office."""
DRIFT_PPM = 50
"""How far a phone's crystal may run off, in parts per million: 20 when new, more in the cold and with age."""
WANDER_PPM = 10
"""What is left of the drift between two samples, which measure it: its change with the temperature."""
KEEP_EVERY_MS = 6 * 3_600_000
"""One sample for each quarter of a day keeps the extrapolated drift near one second."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """At `mono_ms` of a boot the server's clock showed `server_ms`, give or take half of the round trip."""

    boot: str
    mono_ms: int
    server_ms: int
    rtt_ms: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What a device wrote with an event: its wall clock (ms, UTC), its boot, milliseconds since that boot."""

    wall_ms: int
    boot: str
    mono_ms: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Stamp:
    """The effective time of an event, how it is known (`Quality`), and between what the true time lies.

    `clock_error_ms` is how far the wall clock is off, positive when it is fast; where the time is known as an
    interval only, how far it lies outside.
    """

    teff_ms: int
    quality: int
    lo_ms: int
    hi_ms: int
    clock_error_ms: int

    @property
    def clock_is_wrong(self) -> bool:
        """Whether the device's clock should be set right."""
        return abs(self.clock_error_ms) > WRONG_CLOCK_MS


@dataclass(frozen=True, slots=True)
class _Estimate:
    error_ms: int
    at_ms: int

    @property
    def is_anchored(self) -> bool:
        return self.error_ms <= ANCHORED_ERROR_MS

    @property
    def lo_ms(self) -> int:
        return self.at_ms - self.error_ms

    @property
    def hi_ms(self) -> int:
        return self.at_ms + self.error_ms


def sample_of(boot: str, *, sent_mono_ms: int, received_mono_ms: int, server_ms: int) -> Sample:
    """Make a sample of one question to the server: its answer holds for the middle of the round trip."""
    rtt_ms = received_mono_ms - sent_mono_ms
    return Sample(boot=boot, mono_ms=sent_mono_ms + rtt_ms // 2, server_ms=server_ms, rtt_ms=rtt_ms)


def best_per_boot(samples: Iterable[Sample]) -> dict[str, Sample]:
    """Give the sample of the shortest round trip of each boot; of equal ones the earliest."""
    best: dict[str, Sample] = {}
    for each in sorted(samples, key=_worth):
        best.setdefault(each.boot, each)
    return best


def worth_keeping(samples: Iterable[Sample]) -> tuple[Sample, ...]:
    """Give the samples to store: the best of each boot in each quarter of a day, by boot and time.

    More than one a boot, since a phone runs for weeks, and two samples around an event cancel the drift. A boot
    without unsent events needs none.
    """
    best: dict[tuple[str, int], Sample] = {}
    for each in sorted(samples, key=_worth):
        best.setdefault((each.boot, each.mono_ms // KEEP_EVERY_MS), each)
    return tuple(best[key] for key in sorted(best))


def clock_error_ms(reading: Reading, samples: Iterable[Sample]) -> int | None:
    """Give how far the wall clock is off, positive when it is fast; None when its boot has no sample."""
    own = [each for each in samples if each.boot == reading.boot]
    estimate = _estimate(reading, own)
    return None if estimate is None else reading.wall_ms - estimate.at_ms


def effective_time(
    reading: Reading, *, samples: Iterable[Sample], before_ms: int, after_ms: int, floor_ms: int = 0
) -> Stamp:
    """Give the effective time of one event.

    `before_ms` and `after_ms` are server times (UTC) known to be before and after the event; `floor_ms` is the
    effective time of the event recorded before it. Anchored when the boot has samples near enough; otherwise the
    wall clock where it agrees with all that is known; otherwise the end of the interval.
    """
    estimate = _estimate(reading, [each for each in samples if each.boot == reading.boot])
    if estimate is not None and estimate.is_anchored:
        return Stamp(
            teff_ms=max(min(estimate.at_ms, after_ms), floor_ms),
            quality=Quality.ANCHORED,
            lo_ms=estimate.lo_ms,
            hi_ms=estimate.hi_ms,
            clock_error_ms=reading.wall_ms - estimate.at_ms,
        )
    lo, hi = before_ms, after_ms
    if estimate is not None:
        lo, hi = max(lo, estimate.lo_ms), min(hi, estimate.hi_ms)
    return _between(reading.wall_ms, min(lo, hi), hi_ms=hi, floor_ms=floor_ms)


def stamp_all(
    readings: Sequence[Reading], *, samples: Iterable[Sample], before_ms: int, after_ms: int, floor_ms: int = 0
) -> tuple[Stamp, ...]:
    """Give the effective times of events in the order in which a device recorded them.

    `before_ms` is a server time known to be before the first (of the last time all was stamped, at least that of
    the enrolment), `after_ms` the server's time now, `floor_ms` the effective time of the event before the first.
    Each event narrows the interval of its neighbours: a later boot began later, and within a boot the
    milliseconds between two events are known.
    """
    by_boot = defaultdict[str, list[Sample]](list)
    for each in samples:
        by_boot[each.boot].append(each)
    lows = _lower_bounds(readings, by_boot, before_ms)
    highs = _upper_bounds(readings, by_boot, after_ms)
    stamps = list[Stamp]()
    for reading, low, high in zip(readings, lows, highs, strict=True):
        own = by_boot.get(reading.boot, ())
        stamp = effective_time(reading, samples=own, before_ms=low, after_ms=high, floor_ms=floor_ms)
        stamps.append(stamp)
        floor_ms = stamp.teff_ms
    return tuple(stamps)


def _between(wall_ms: int, lo_ms: int, *, hi_ms: int, floor_ms: int) -> Stamp:
    if max(lo_ms, floor_ms) <= wall_ms <= hi_ms:
        return Stamp(teff_ms=wall_ms, quality=Quality.WALL, lo_ms=lo_ms, hi_ms=hi_ms, clock_error_ms=0)
    return Stamp(
        teff_ms=max(hi_ms, floor_ms),
        quality=Quality.INTERVAL,
        lo_ms=lo_ms,
        hi_ms=hi_ms,
        clock_error_ms=max(wall_ms - hi_ms, 0) + min(wall_ms - lo_ms, 0),
    )


def _lower_bounds(readings: Sequence[Reading], by_boot: Mapping[str, list[Sample]], before_ms: int) -> list[int]:
    """Give for each event a server's time before it, from the events recorded before."""
    bounds, low, previous = list[int](), before_ms, None
    for reading in readings:
        if previous is not None and previous.boot == reading.boot:
            low += _at_least(reading.mono_ms - previous.mono_ms)
        elif previous is not None:
            low = max([low, *(each.server_ms for each in by_boot.get(previous.boot, ()))])
        estimate = _estimate(reading, by_boot.get(reading.boot, ()))
        if estimate is not None:
            low = max(low, estimate.lo_ms)
        bounds.append(low)
        previous = reading
    return bounds


def _upper_bounds(readings: Sequence[Reading], by_boot: Mapping[str, list[Sample]], after_ms: int) -> list[int]:
    """Give for each event a server's time after it, from the events recorded after.

    What is anchored counts with its estimate, not with the end of its error: else the end of an interval could
    push an anchored event that follows.
    """
    bounds, high, later = list[int](), after_ms, None
    for reading in reversed(readings):
        if later is not None and later.boot == reading.boot:
            high -= _at_least(later.mono_ms - reading.mono_ms)
        elif later is not None:
            high = min([high, *(each.server_ms for each in by_boot.get(later.boot, ()))])
        estimate = _estimate(reading, by_boot.get(reading.boot, ()))
        if estimate is not None:
            high = min(high, estimate.at_ms if estimate.is_anchored else estimate.hi_ms)
        bounds.append(high)
        later = reading
    return bounds[::-1]


def _estimate(reading: Reading, samples: Sequence[Sample]) -> _Estimate | None:
    """Give the server's time of a reading, from the samples of its boot: of several estimates the surest."""
    mono_ms = reading.mono_ms
    earlier = _reachable(sorted((s for s in samples if s.mono_ms <= mono_ms), key=_mono, reverse=True))
    later = _reachable(sorted((s for s in samples if s.mono_ms > mono_ms), key=_mono))
    candidates = [_extrapolated(mono_ms, each) for each in (*earlier, *later)]
    if earlier and later:
        if _stood_still(earlier[0], later[0]):
            return _around_standstill(mono_ms, earlier[0], later[0])
        candidates.append(_interpolated(mono_ms, earlier[0], later[0]))
    return min(candidates, key=lambda each: (each.error_ms, each.at_ms), default=None)


def _reachable(outwards: Sequence[Sample]) -> list[Sample]:
    """Keep the samples, nearest first, up to where the count stood still: beyond they tell nothing."""
    near: list[Sample] = []
    for each in outwards:
        if near and _stood_still(each, near[-1]):
            break
        near.append(each)
    return near


def _extrapolated(mono_ms: int, sample: Sample) -> _Estimate:
    away = mono_ms - sample.mono_ms
    return _Estimate(_half(sample.rtt_ms) + _ppm(abs(away), DRIFT_PPM), sample.server_ms + away)


def _interpolated(mono_ms: int, earlier: Sample, later: Sample) -> _Estimate:
    span, away = later.mono_ms - earlier.mono_ms, mono_ms - earlier.mono_ms
    at_ms = earlier.server_ms + away * (later.server_ms - earlier.server_ms) // span
    wander = _ppm(min(away, span - away), WANDER_PPM)
    return _Estimate(max(_half(earlier.rtt_ms), _half(later.rtt_ms)) + wander, at_ms)


def _stood_still(one: Sample, other: Sample) -> bool:
    """Tell whether the device's count stopped between two samples, as where it does not count its sleep."""
    counted, passed = abs(one.mono_ms - other.mono_ms), abs(one.server_ms - other.server_ms)
    explained = _ppm(counted, DRIFT_PPM) + _half(one.rtt_ms) + _half(other.rtt_ms)
    return abs(passed - counted) > explained


def _around_standstill(mono_ms: int, earlier: Sample, later: Sample) -> _Estimate:
    """Estimate an event between two samples, when the count stopped before or after it: both are possible."""
    ends = sorted(_extrapolated(mono_ms, each).at_ms for each in (earlier, later))
    middle = sum(ends) // 2
    return _Estimate(ends[1] - middle + _half(max(earlier.rtt_ms, later.rtt_ms)), middle)


def _at_least(counted_ms: int) -> int:
    """Give the time that surely passed while the device counted this many milliseconds."""
    return max(counted_ms - _ppm(counted_ms, DRIFT_PPM), 0)


def _half(rtt_ms: int) -> int:
    return (rtt_ms + 1) // 2


def _ppm(span_ms: int, parts: int) -> int:
    return -(-span_ms * parts // 1_000_000)


def _mono(sample: Sample) -> int:
    return sample.mono_ms


def _worth(sample: Sample) -> tuple[int, int]:
    return sample.rtt_ms, sample.mono_ms
