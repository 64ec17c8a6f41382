"""What every value of every figure carries, and what it says where there is none."""

from fractions import Fraction
from typing import Any

import pytest

from boucle.catalogue import CATALOGUE, find
from boucle.clock import months_between, parse_instant
from boucle.donor_parts import TABLE
from boucle.events import Event
from boucle.kpi import NoValue, Question, Span
from boucle.opening_hours import WEEK
from boucle.replay import replay
from boucle.tally import DIMENSIONS, Slice, Tally
from boucle.units import DAY_S
from boucle.words import LANGUAGES, say
from tests.builders import SITES, Device, code, network
from tests.shared.figure_cells import W8, cells, value

_SHARES = ("ratio", "days", "trips", "per_year")


def test_a_quarter_divides_sums_and_never_averages() -> None:
    found = cells(
        ("cohort", "2026-01", "shipped", "", 10),
        ("cohort", "2026-01", "returned", "0005", 9),
        ("cohort", "2026-03", "shipped", "", 190),
        ("cohort", "2026-03", "returned", "0005", 95),
    )
    quarter = value("K1", found, "2026-01", "2026-02", "2026-03")
    assert (quarter.value, quarter.period) == (Fraction(104, 200), "2026-01/2026-03")


@pytest.mark.parametrize("definition_id", CATALOGUE)
def test_without_data_there_is_no_share_and_no_mean(definition_id: str) -> None:
    nothing = value(definition_id, {})
    if CATALOGUE[definition_id].unit in _SHARES or CATALOGUE[definition_id].span is not Span.NOW:
        assert (nothing.value, nothing.reason) == (None, NoValue.NO_DATA)
    else:
        assert (nothing.value, nothing.reason) == (Fraction(0), None)


def test_a_count_is_nought_only_where_something_is_known_and_its_month_has_come() -> None:
    found = cells(("month", "2026-02", "dispatch", "", 4), ("day", "2026-02", "out", "03", 4))
    for month, count in (("2026-01", None), ("2026-02", 0), ("2026-03", 0), ("2027-07", None)):
        assert value("K20", found, month).value == count, month


@pytest.mark.parametrize("definition_id", CATALOGUE)
def test_a_filter_that_a_figure_cannot_honour_gives_no_value_and_says_which(definition_id: str) -> None:
    found = cells(*W8, ("day", "2025-12", "pool", "30", 700), ("month", "2026-01", "dispatch", "", 7))
    for name in DIMENSIONS:
        answer = value(definition_id, found, narrowed=Slice(**{name: "elsewhere"}))
        honoured = name in CATALOGUE[definition_id].by
        assert (answer.reason == f"not_by_{name}") is not honoured
        if not honoured:
            assert (answer.value, answer.numerator) == (None, 0)


def test_a_figure_is_narrowed_to_its_slice_and_to_what_has_none() -> None:
    found = cells(("month", "2026-01", "received_units", "", 7), loop="alsace")
    found |= cells(("month", "2026-01", "received_units", "", 5), loop="")
    assert value("K20", found).value == 12
    assert value("K20", found, narrowed=Slice(loop="alsace")).value == 7
    assert value("K20", found, narrowed=Slice(loop="")).value == 5


@pytest.mark.parametrize("definition_id", CATALOGUE)
def test_every_value_carries_all_it_must_in_integers_and_texts(definition_id: str) -> None:
    written = value(definition_id, cells(*W8), late={"2026-01": 3}).as_json()
    assert set(written) == {
        "definition_id", "value_micro", "unit", "numerator", "denominator", "n", "period", "timezone", "as_of", "view",
        "maturity", "ci_low_micro", "ci_high_micro", "quality", "reason", "bands", "factor_set_id",
    }  # fmt: skip
    kinds = {type(each) for each in (*written.values(), *written["quality"].values())}
    assert kinds <= {int, str, dict, type(None)}
    assert written["quality"]["late"] in (0, 3)


@pytest.mark.parametrize("definition_id", CATALOGUE)
def test_every_definition_has_its_words_and_is_found_by_id_and_slug(definition_id: str) -> None:
    definition = CATALOGUE[definition_id]
    assert find(definition_id.lower()) is find(definition.slug) is definition
    for lang in LANGUAGES:
        for part in ("name", "means", "formula"):
            assert say(definition.words(part), lang)
        assert say(definition.unit.words, lang)
        for measure in definition.measures:  # beside each event behind it
            assert say(f"web.measure_{measure.partition(':')[2]}", lang)


@pytest.mark.parametrize("lang", LANGUAGES)
def test_every_reason_without_a_value_has_its_words(lang: str) -> None:
    assert all(say(reason.words, lang) for reason in NoValue)


@pytest.mark.parametrize("definition_id", CATALOGUE)
def test_a_definition_reads_the_measures_that_it_names_and_no_other(definition_id: str) -> None:
    definition = CATALOGUE[definition_id]
    tally = _Recording()
    question = Question(months=("2026-01",), as_of_ms=parse_instant("2027-06-15"))
    definition.compute(tally, question)
    assert tally.asked <= {*definition.measures}
    # Some are asked for only when there is something to measure.
    everything = {f"{at.cell}:{at.measure}" for at in replay(_everything()).cells}
    assert {*definition.measures} <= everything | {"cohort:retired", "cohort:found", "month:found"}


class _Recording(Tally):
    """A tally that notes what is asked of it."""

    def __init__(self) -> None:
        super().__init__()
        self.asked: set[str] = set()

    def months(self, cell: str, measure: str) -> list[str]:
        self.asked.add(f"{cell}:{measure}")
        return super().months(cell, measure)

    def total(self, cell: str, measure: str, months: Any, *, bucket: str | None = None) -> int:
        self.asked.add(f"{cell}:{measure}")
        return super().total(cell, measure, months, bucket=bucket)

    def until(self, cell: str, measure: str, month: str) -> int:
        self.asked.add(f"{cell}:{measure}")
        return super().until(cell, measure, month)

    def by_bucket(self, cell: str, measure: str, months: Any) -> dict[str, int]:
        self.asked.add(f"{cell}:{measure}")
        return super().by_bucket(cell, measure, months)


def _everything() -> list[Event]:
    """A history in which every measure moves."""
    phone = Device()
    hub: dict[str, Any] = {"place": "strasbourg"}
    film: dict[str, Any] = {"item_type": "film", "qty": 9, **hub}
    one, two, three, four = (code(n) for n in range(4))
    rhin, recycled = {"to": "mulhouse"}, {"code": "R3", "mode": "recycling"}
    open_hub = {**SITES["strasbourg"], "hours": " ".join(f"{day}:00:00-24:00" for day in WEEK)}
    return [
        *network(),
        phone.event("reference.set", body={"table": "site", "key": "strasbourg", "valid_from": 0, "row": open_hub}),
        *(phone.event("item.commissioned", n, body={"type": "bac", "opening_uses": 2}, **hub) for n in (one, two)),
        *(phone.event("item.commissioned", n, body={"type": "bac"}, **hub) for n in (three, four)),
        *(phone.event("item.shipped", n, body=rhin, **hub) for n in (one, two, three, four)),
        *(phone.event("item.delivered", n, place="mulhouse") for n in (one, two, three)),
        *(phone.event("item.collected", n, at=9, place="mulhouse") for n in (one, two)),
        *(phone.event("item.received", n, body={"mass_g": 2_100}, **hub) for n in (one, two)),
        *(phone.event("item.shipped", n, body=rhin, **hub) for n in (one, three)),
        phone.event("item.retired", two, body=recycled, **hub),
        phone.event("item.written_off", one, **hub),
        phone.event("item.shipped", body=rhin, **film),
        phone.event("item.received", body={"from": "mulhouse"}, **film),
        phone.event("item.retired", body={"route": "resale"}, **film),
        phone.event("item.retired", **film),
        phone.event("item.delivered", four, place="mulhouse"),
        *_repairs(phone, hub),
    ]


def _repairs(phone: Device, hub: dict[str, Any]) -> list[Event]:
    """A part that was recovered, repaired, built in and repaired again; one with its day; one failed, taken apart."""
    part, crate, broken = code(8), code(9), code(11)
    fixed = {"certificate": "C-1", "cost_cents": 700}
    holds = {"table": TABLE, "key": "bac>film", "valid_from": 0}
    return [
        phone.event("item.commissioned", part, body={"type": "bac", "origin": "recovered"}, other=crate, **hub),
        phone.event("item.commissioned", crate, body={"type": "bac"}, **hub),
        phone.event("work.opened", part, **hub),
        phone.event("work.held", part, body={"reason": "doubt"}, **hub),
        phone.event("work.unheld", part, at=10, **hub),
        phone.event("work.repaired", part, **hub),
        phone.event("work.tested", part, body={"passed": True}, **hub),
        phone.event("work.requalified", part, body=fixed, **hub),
        phone.event("part.installed", part, other=code(3), body={"avoided_cents": 8_600}, **hub),
        phone.event("work.opened", part, **hub),
        phone.event("work.opened", crate, body={"due_ms": phone.now_ms + 1}, **hub),
        phone.event("item.commissioned", broken, body={"type": "bac"}, **hub),
        phone.event("work.opened", broken, **hub),
        phone.event("work.not_repairable", broken, body={"barrier": "no_part"}, **hub),
        phone.event("reference.set", body={**holds, "row": {"expected_n": 2}}),
        phone.event("work.harvested", broken, body={"parts": [{"type": "film"}]}, **hub),
    ]


@pytest.mark.parametrize(("as_of", "known"), [("2026-01-30T12:00:00Z", False), ("2026-02-09T12:00:00Z", True)])
def test_a_pool_of_less_than_a_week_says_nothing_of_a_year(as_of: str, *, known: bool) -> None:
    found = cells(
        ("day", "2026-01", "pool", "30", 6),
        ("month", "2026-01", "pool_s", "", 6 * DAY_S),
        ("month", "2026-01", "dispatch", "", 6),
    )
    for definition_id in ("K6", "K15"):
        told = value(definition_id, found, as_of[:7], as_of=as_of)
        assert (told.value is not None, told.reason) == (known, None if known else NoValue.TOO_SHORT)


def test_what_a_filter_cannot_tell_apart_is_not_known_of_it_and_never_nought() -> None:
    found = cells(("month", "2026-01", "evidence", "inferred", 3), ("month", "2026-01", "repeat", "", 2), loop="")
    found |= cells(("month", "2026-01", "return_implied", "", 1))
    by = {
        name: value("K2", found, narrowed=Slice(**{name: at})).quality for name, at in (("loop", "l"), ("partner", "p"))
    }
    assert (by["partner"].inferred, by["partner"].duplicates, by["partner"].implied) == (3, 2, 1)
    assert (by["loop"].inferred, by["loop"].duplicates, by["loop"].implied) == (None, None, 1)
    assert value("K2", found, narrowed=Slice(type="bac")).quality.unknown is None
    assert by["loop"].as_json()["inferred"] is None


def test_late_events_of_a_trailing_figure_are_those_of_all_its_months_or_not_known() -> None:
    found = cells(("visit", "2026-01", "open", "05", 3), ("dwell", "2026-01", "closed", "0004", 9))
    months = [str(month) for month in months_between("2025-07", "2026-06")]
    late = dict.fromkeys(months, 0) | {"2026-02": 4, "2026-06": 1}
    assert value("K11-median", found, "2026-06", late=late).quality.late == 5
    assert value("K11", found, "2026-06", late=late).quality.late == 1
    assert value("K11-median", found, "2026-06", late={"2026-06": 1}).quality.late is None
