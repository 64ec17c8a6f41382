"""Device time: single rules by example, then hundreds of simulated devices whose clocks are all wrong."""

from dataclasses import dataclass, field
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from boucle import anchor
from boucle.anchor import (
    Reading,
    Sample,
    Stamp,
    best_per_boot,
    clock_error_ms,
    effective_time,
    sample_of,
    stamp_all,
    worth_keeping,
)
from boucle.events import Quality
from tests.campaign import examples

T0 = 1_793_400_000_000
SECOND, MINUTE, HOUR, DAY = 1_000, 60_000, 3_600_000, 86_400_000


def a_sample(mono_ms: int, server_ms: int, *, boot: str = "b1", rtt_ms: int = 80) -> Sample:
    return Sample(boot=boot, mono_ms=mono_ms, server_ms=server_ms, rtt_ms=rtt_ms)


def a_reading(mono_ms: int, wall_ms: int = 0, *, boot: str = "b1") -> Reading:
    return Reading(wall_ms=wall_ms, boot=boot, mono_ms=mono_ms)


def test_a_sample_holds_for_the_middle_of_the_round_trip() -> None:
    made = sample_of("b1", sent_mono_ms=1_000, received_mono_ms=1_301, server_ms=T0)
    assert made == a_sample(1_150, T0, rtt_ms=301)


def test_the_best_sample_of_a_boot_has_the_shortest_round_trip() -> None:
    slow, quick = a_sample(10, T0, rtt_ms=900), a_sample(2_000, T0 + 1_990, rtt_ms=60)
    later = a_sample(9_000, T0 + 8_990, rtt_ms=60)
    other = a_sample(5, T0, boot="b2", rtt_ms=4_000)
    assert best_per_boot([later, slow, other, quick]) == {"b1": quick, "b2": other}


def test_one_sample_a_quarter_of_a_day_is_kept() -> None:
    first, better = a_sample(HOUR, T0, rtt_ms=300), a_sample(2 * HOUR, T0 + HOUR, rtt_ms=200)
    evening = a_sample(13 * HOUR, T0 + 12 * HOUR, rtt_ms=900)
    other = a_sample(3 * HOUR, T0, boot="b0", rtt_ms=5_000)
    kept = worth_keeping([evening, first, better, other])
    assert kept == (other, better, evening)
    assert worth_keeping(kept) == kept


def test_an_anchored_event_takes_the_servers_time_whatever_its_wall_clock_says() -> None:
    wall = T0 - 40 * DAY
    stamp = effective_time(
        a_reading(5 * MINUTE, wall), samples=[a_sample(10 * MINUTE, T0)], before_ms=T0 - DAY, after_ms=T0 + 50
    )
    assert (stamp.teff_ms, stamp.quality) == (T0 - 5 * MINUTE, Quality.ANCHORED)
    assert stamp.lo_ms < stamp.teff_ms < stamp.hi_ms
    assert stamp.clock_error_ms == wall - stamp.teff_ms
    assert stamp.clock_is_wrong


@pytest.mark.parametrize(
    ("off_ms", "wrong"), [(0, False), (60_000, False), (-60_000, False), (60_001, True), (-60_001, True)]
)
def test_a_clock_is_called_wrong_beyond_a_minute(off_ms: int, wrong: bool) -> None:
    reading = a_reading(MINUTE, T0 + MINUTE + off_ms)
    stamp = effective_time(reading, samples=[a_sample(0, T0)], before_ms=T0, after_ms=T0 + HOUR)
    assert (stamp.clock_error_ms, stamp.clock_is_wrong) == (off_ms, wrong)
    assert clock_error_ms(reading, [a_sample(0, T0)]) == off_ms
    assert clock_error_ms(reading, [a_sample(0, T0, boot="another")]) is None


def test_a_boot_without_a_sample_gets_the_end_of_its_interval() -> None:
    stamp = effective_time(a_reading(7, T0 - 3 * DAY), samples=[], before_ms=T0, after_ms=T0 + HOUR)
    assert stamp == Stamp(
        teff_ms=T0 + HOUR, quality=Quality.INTERVAL, lo_ms=T0, hi_ms=T0 + HOUR, clock_error_ms=-3 * DAY
    )
    ahead = effective_time(a_reading(7, T0 + 3 * HOUR), samples=[], before_ms=T0, after_ms=T0 + HOUR)
    assert (ahead.teff_ms, ahead.clock_error_ms) == (T0 + HOUR, 2 * HOUR)


@pytest.mark.parametrize("wall", [T0, T0 + 11 * MINUTE, T0 + HOUR])
def test_the_wall_clock_counts_where_it_agrees_with_the_interval(wall: int) -> None:
    stamp = effective_time(a_reading(7, wall), samples=[], before_ms=T0, after_ms=T0 + HOUR)
    assert (stamp.teff_ms, stamp.quality, stamp.clock_error_ms) == (wall, Quality.WALL, 0)


def test_the_wall_clock_does_not_count_when_it_goes_back_behind_the_event_before() -> None:
    stamp = effective_time(
        a_reading(7, T0 + MINUTE), samples=[], before_ms=T0, after_ms=T0 + HOUR, floor_ms=T0 + 2 * MINUTE
    )
    assert (stamp.teff_ms, stamp.quality) == (T0 + HOUR, Quality.INTERVAL)


def test_an_effective_time_is_never_before_the_one_recorded_before() -> None:
    floor = T0 + 2 * MINUTE
    anchored = effective_time(
        a_reading(MINUTE), samples=[a_sample(0, T0)], before_ms=T0, after_ms=T0 + HOUR, floor_ms=floor
    )
    assert (anchored.teff_ms, anchored.quality) == (floor, Quality.ANCHORED)
    interval = effective_time(a_reading(1), samples=[], before_ms=T0, after_ms=T0 + 5, floor_ms=floor)
    assert (interval.teff_ms, interval.quality) == (floor, Quality.INTERVAL)


def test_an_effective_time_is_never_after_the_present() -> None:
    poor = a_sample(0, T0 + 900, rtt_ms=2_000)
    stamp = effective_time(a_reading(100), samples=[poor], before_ms=T0, after_ms=T0 + 200)
    assert stamp.teff_ms == T0 + 200


def test_two_samples_cancel_the_drift_between_them() -> None:
    # A crystal that runs 40 ppm slow loses 34.56 s in ten days; halfway the loss is half of it.
    lost = 10 * DAY * 40 // 1_000_000
    samples = [a_sample(0, T0), a_sample(10 * DAY - lost, T0 + 10 * DAY)]
    between = effective_time(a_reading(5 * DAY - lost // 2), samples=samples, before_ms=T0, after_ms=T0 + 11 * DAY)
    assert between.quality == Quality.ANCHORED
    assert abs(between.teff_ms - (T0 + 5 * DAY)) < SECOND


def test_far_from_both_samples_the_change_of_the_drift_leaves_an_interval() -> None:
    samples = [a_sample(0, T0), a_sample(20 * DAY, T0 + 20 * DAY)]
    stamp = effective_time(a_reading(10 * DAY), samples=samples, before_ms=T0, after_ms=T0 + 21 * DAY)
    assert stamp.quality == Quality.INTERVAL
    assert T0 + 10 * DAY + 5 * SECOND < stamp.hi_ms < T0 + 10 * DAY + 10 * SECOND


def test_far_from_a_single_sample_the_drift_leaves_an_interval() -> None:
    near = effective_time(a_reading(DAY), samples=[a_sample(0, T0)], before_ms=T0, after_ms=T0 + 9 * DAY)
    far = effective_time(a_reading(3 * DAY), samples=[a_sample(0, T0)], before_ms=T0, after_ms=T0 + 9 * DAY)
    assert near.quality == Quality.ANCHORED
    assert far.quality == Quality.INTERVAL
    assert far.lo_ms < T0 + 3 * DAY < far.hi_ms == far.teff_ms < T0 + 3 * DAY + 14 * SECOND


def test_a_count_that_stopped_between_two_samples_leaves_an_interval() -> None:
    samples = [a_sample(0, T0), a_sample(2 * HOUR, T0 + 5 * HOUR), a_sample(3 * HOUR, T0 + 6 * HOUR)]
    slept = effective_time(a_reading(HOUR), samples=samples, before_ms=T0, after_ms=T0 + DAY)
    assert slept.quality == Quality.INTERVAL
    assert (slept.lo_ms, slept.hi_ms) == (T0 + HOUR - 40, T0 + 4 * HOUR + 40)
    awake = effective_time(a_reading(4 * HOUR), samples=samples, before_ms=T0, after_ms=T0 + DAY)
    assert (awake.quality, awake.teff_ms) == (Quality.ANCHORED, T0 + 7 * HOUR)


def test_what_lies_beyond_a_stop_of_the_count_is_not_asked_even_when_its_answer_was_quicker() -> None:
    samples = [a_sample(0, T0, rtt_ms=20), a_sample(2 * HOUR, T0 + 5 * HOUR, rtt_ms=3_000)]
    awake = effective_time(a_reading(2 * HOUR + 7), samples=samples, before_ms=T0, after_ms=T0 + DAY)
    assert awake.teff_ms == T0 + 5 * HOUR + 7


def test_a_later_boot_began_later_so_its_sample_ends_the_interval_of_the_one_before() -> None:
    readings = [a_reading(MINUTE, boot="b1"), a_reading(11 * MINUTE, boot="b1"), a_reading(MINUTE, boot="b2")]
    stamps = stamp_all(
        readings,
        samples=[a_sample(30 * SECOND, T0 + HOUR, boot="b2")],
        before_ms=T0,
        after_ms=T0 + DAY,
    )
    first, second, third = stamps
    assert (third.teff_ms, third.quality) == (T0 + HOUR + 30 * SECOND, Quality.ANCHORED)
    assert second.hi_ms == T0 + HOUR
    # The ten minutes between the first two are known, but for the drift of their count.
    assert 0 <= second.hi_ms - first.hi_ms - 10 * MINUTE + 30 <= 30
    assert 0 <= second.lo_ms - first.lo_ms - 10 * MINUTE + 30 <= 30
    assert first.lo_ms == T0


def test_the_end_of_an_interval_never_pushes_the_anchored_event_that_follows() -> None:
    poor = a_sample(10 * SECOND, T0 + HOUR, boot="b2", rtt_ms=4 * SECOND)
    readings = [a_reading(MINUTE, boot="b1"), a_reading(3 * SECOND, boot="b2")]
    interval, anchored = stamp_all(readings, samples=[poor], before_ms=T0, after_ms=T0 + DAY)
    assert (anchored.teff_ms, anchored.quality) == (T0 + HOUR - 7 * SECOND, Quality.ANCHORED)
    assert (interval.teff_ms, interval.quality) == (anchored.teff_ms, Quality.INTERVAL)


def test_an_earlier_boot_ended_earlier_so_its_sample_begins_the_interval_of_the_next() -> None:
    readings = [a_reading(MINUTE, boot="b1"), a_reading(MINUTE, boot="b2")]
    stamps = stamp_all(readings, samples=[a_sample(HOUR, T0 + HOUR, boot="b1")], before_ms=T0 - DAY, after_ms=T0 + DAY)
    assert stamps[0].quality == Quality.ANCHORED
    assert (stamps[1].lo_ms, stamps[1].hi_ms) == (T0 + HOUR, T0 + DAY)


def test_bounds_that_contradict_each_other_still_give_a_stamp() -> None:
    stamp = effective_time(a_reading(7, T0), samples=[], before_ms=T0 + HOUR, after_ms=T0)
    assert stamp.lo_ms <= stamp.hi_ms == stamp.teff_ms


instants = st.integers(-(2**53), 2**53)
some_readings = st.lists(
    st.builds(Reading, wall_ms=instants, boot=st.sampled_from("abc"), mono_ms=instants), max_size=12
)
some_samples = st.lists(
    st.builds(
        Sample,
        boot=st.sampled_from("abcd"),
        mono_ms=instants,
        server_ms=instants,
        rtt_ms=st.integers(0, 60_000),
    ),
    max_size=6,
)


@given(some_readings, some_samples, instants, instants)
def test_whatever_a_device_writes_its_times_never_decrease(
    readings: list[Reading], samples: list[Sample], before_ms: int, after_ms: int
) -> None:
    stamps = stamp_all(readings, samples=samples, before_ms=before_ms, after_ms=after_ms, floor_ms=-(2**60))
    times = [stamp.teff_ms for stamp in stamps]
    assert times == sorted(times)
    assert len(stamps) == len(readings)
    assert all(stamp.lo_ms <= stamp.hi_ms for stamp in stamps)


@dataclass(slots=True)
class Device:
    """A phone for the simulation: true time, a count that drifts, a wall clock that is set at random."""

    rng: Random
    now: int = T0
    boots: int = 0
    booted_at: int = T0
    drift_ppm: int = 0
    wall_off: int = 0
    samples: list[Sample] = field(default_factory=list)
    unsent: list[tuple[int, Reading]] = field(default_factory=list)
    last_sync: int = T0
    floor: int = 0
    outcomes: list[tuple[int, Reading, Stamp]] = field(default_factory=list)

    def mono(self) -> int:
        up = self.now - self.booted_at
        return up + up * self.drift_ppm // 1_000_000 + 20 * SECOND

    def wall(self) -> int:
        return self.now + self.wall_off

    def reboot(self) -> None:
        self.boots += 1
        self.booted_at = self.now
        self.drift_ppm = self.rng.randint(-30, 30)
        self.jump()

    def jump(self) -> None:
        """Set the wall clock: by hand, by the change to summer time done wrong, by a dead battery, or right."""
        self.wall_off = self.rng.choice(
            (
                self.rng.randint(-40 * DAY, 40 * DAY),
                self.wall_off + HOUR,
                self.wall_off - HOUR,
                self.rng.randint(-90 * SECOND, 90 * SECOND),
                0,
            )
        )

    def scan(self) -> None:
        reading = Reading(wall_ms=self.wall(), boot=f"boot-{self.boots}", mono_ms=self.mono())
        self.unsent.append((self.now, reading))

    def sync(self) -> None:
        for _ in range(5):
            sent, there = self.mono(), self.rng.choice((20, 60, 200, 900, 3_000))
            back = self.rng.choice((20, 60, 200, 900, 3_000))
            server_ms = self.now + there
            self.now += there + back
            self.samples.append(
                sample_of(f"boot-{self.boots}", sent_mono_ms=sent, received_mono_ms=self.mono(), server_ms=server_ms)
            )
        self.samples = list(worth_keeping(self.samples))
        stamps = stamp_all(
            [reading for _, reading in self.unsent],
            samples=self.samples,
            before_ms=self.last_sync,
            after_ms=self.now,
            floor_ms=self.floor,
        )
        for (true_ms, reading), stamp in zip(self.unsent, stamps, strict=True):
            self.outcomes.append((true_ms, reading, stamp))
            self.floor = stamp.teff_ms
        self.unsent, self.last_sync = [], self.now

    def live(self, steps: int) -> None:
        self.reboot()
        self.sync()
        for _ in range(steps):
            self.now += self.rng.choice((3 * SECOND, 40 * SECOND, 11 * MINUTE, 7 * HOUR, 2 * DAY))
            what = self.rng.choices((self.scan, self.jump, self.reboot, self.sync), weights=(70, 8, 7, 15))[0]
            what()
        self.sync()


def simulated(devices: int, steps: int = 60) -> list[Device]:
    population = [Device(rng=Random(seed)) for seed in range(devices)]
    for each in population:
        each.live(steps)
    return population


def errors_of(population: list[Device], quality: int) -> list[int]:
    return sorted(
        abs(stamp.teff_ms - true_ms)
        for device in population
        for true_ms, _, stamp in device.outcomes
        if stamp.quality == quality
    )


def test_three_hundred_devices_with_wrong_clocks_are_corrected_or_honest() -> None:
    population = simulated(examples(ci=300, night=3_000))
    anchored = errors_of(population, Quality.ANCHORED)
    everything = sum(len(device.outcomes) for device in population)
    assert len(anchored) > everything * 0.6
    assert anchored[len(anchored) * 99 // 100] <= 2 * SECOND
    assert anchored[-1] <= 5 * SECOND
    for device in population:
        times = [stamp.teff_ms for _, _, stamp in device.outcomes]
        assert times == sorted(times)
        for true_ms, reading, stamp in device.outcomes:
            assert stamp.lo_ms <= true_ms <= stamp.hi_ms, "every promise of an interval is kept"
            if stamp.quality != Quality.ANCHORED:
                continue
            off = abs(reading.wall_ms - true_ms)
            assert stamp.clock_is_wrong if off > 65 * SECOND else True, "a wrong clock is always named"
            assert not stamp.clock_is_wrong if off < 55 * SECOND else True, "a right clock never is"
    qualities = {stamp.quality for device in population for _, _, stamp in device.outcomes}
    assert qualities == {Quality.ANCHORED, Quality.INTERVAL, Quality.WALL}, "the simulation meets every case"


def test_a_mutant_that_forgets_the_time_counted_since_the_sample_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(anchor, "_extrapolated", lambda _mono, sample: anchor._Estimate(0, sample.server_ms))
    assert errors_of(simulated(10), Quality.ANCHORED)[-1] > 5 * SECOND


def test_a_mutant_that_lets_an_interval_reach_the_present_pushes_anchored_events(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(anchor, "_upper_bounds", lambda readings, _by_boot, after_ms: [after_ms] * len(readings))
    assert errors_of(simulated(10), Quality.ANCHORED)[-1] > 5 * SECOND


def test_a_mutant_that_calls_every_boot_with_a_sample_anchored_breaks_the_greatest_error(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(anchor, "ANCHORED_ERROR_MS", 2**62)
    assert errors_of(simulated(40), Quality.ANCHORED)[-1] > 5 * SECOND
