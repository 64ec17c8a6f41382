"""The life of a month, and its closing: what a person froze is never rewritten, the difference is shown."""

import json
from dataclasses import replace
from hashlib import sha256

import pytest
import sqlalchemy as sa

from boucle.clock import parse_instant
from boucle.kpi import NoValue
from boucle.tally import Slice
from boucle_server import closing, devices, eventlog, figures_document, months, notices, reports
from boucle_server.db import Database
from boucle_server.errors import ConflictError, InvalidInputError, NotFoundError
from boucle_server.months import Cause, Life, MonthState, Why
from boucle_server.read_tables import WATERMARK
from boucle_server.server_device import Draft
from boucle_server.tables import DEVICE, MONTH_CLOSING, RECORD
from tests.builders import DAY, ORG, START_MS, code
from tests.server.figures_world import NOW, a_small_year, draft, events_in, record
from tests.server.handset import Handset, a_network, taken
from tests.server.people import a_phone

CLOSED = NOW + 3_600_000


def life_of(database: Database, org: str, month: str, now_ms: int = NOW) -> Life:
    with database.reading() as connection:
        (life,) = months.lives(connection, org, [month], now_ms=now_ms)
    return life


def close(database: Database, org: str, month: str, now_ms: int = CLOSED, reason: str = "") -> months.Closing:
    with database.writing(org) as connection:
        return closing.close(connection, org, month, by="p-chef", now_ms=now_ms, reason=reason)


def change_device(database: Database, org: str, **values: int) -> None:
    with database.writing(org) as connection:
        connection.execute(sa.update(DEVICE).where(DEVICE.c.org == org, DEVICE.c.status == "active").values(**values))


def test_a_month_runs_then_is_final_when_nothing_is_missing(database: Database) -> None:
    org = a_small_year(database)
    end = parse_instant("2026-05-01T00:00:00+02:00")
    assert life_of(database, org, "2026-04", end - 1).state is MonthState.OPEN
    life = life_of(database, org, "2026-04", end)
    assert (life.state, life.causes, life.ageing) == (MonthState.FINAL, (), ("K1", "K1-90", "K1-180"))
    assert life_of(database, org, "2026-04", end + 91 * 86_400_000).ageing == ("K1-180",)


def test_a_device_not_heard_since_the_end_of_the_month_keeps_it_provisional(database: Database) -> None:
    org = a_small_year(database)
    a_phone(database, org)
    end = parse_instant("2026-05-01T00:00:00+02:00")
    for enrolled, seen, state in (
        (end - 9, end - 1, MonthState.PROVISIONAL),
        (end - 9, end, MonthState.FINAL),
        (end, 0, MonthState.FINAL),
    ):
        change_device(database, org, enrolled_ms=enrolled, last_seen_ms=seen)
        assert life_of(database, org, "2026-04").state is state
    change_device(database, org, enrolled_ms=end - 9, last_seen_ms=end - 1)
    assert life_of(database, org, "2026-04").causes == (Cause(why=Why.UNSYNCED, device="Camion 3"),)
    with database.reading() as connection:
        dev = connection.execute(sa.select(DEVICE.c.dev).where(DEVICE.c.status == "active")).scalar_one()
    with database.writing(org) as connection:
        devices.revoke(connection, org, dev, now_ms=NOW)
    assert life_of(database, org, "2026-04").state is MonthState.FINAL


def test_a_hole_in_a_chain_keeps_the_months_provisional_in_which_it_can_lie(database: Database) -> None:
    org = a_small_year(database)
    a_phone(database, org)
    change_device(database, org, enrolled_ms=0, last_seen_ms=NOW)
    with database.reading() as connection:
        dev = connection.execute(sa.select(DEVICE.c.dev).where(DEVICE.c.status == "active")).scalar_one()
        model = dict(connection.execute(sa.select(RECORD).limit(1)).mappings().one())
    model.pop("rid")
    with database.writing(org) as connection:
        for seq, moment in ((4, "2026-02-20T10:00:00Z"), (8, "2026-04-02T10:00:00Z")):
            place = {"dev": dev, "epoch": "e" * 16, "seq": seq, "teff": parse_instant(moment), "id": f"x{seq}"}
            connection.execute(sa.insert(RECORD).values(model | place))
        ranges = [[1, 4, "a"], [8, 9, "b"]]
        connection.execute(
            sa.insert(WATERMARK).values(org=org, dev=dev, epoch="e" * 16, ranges=json.dumps(ranges), last_teff=NOW)
        )
    causes = {month: life_of(database, org, month).causes for month in ("2026-01", "2026-02", "2026-03", "2026-05")}
    gap = (Cause(why=Why.GAP, device="Camion 3", n=3),)
    assert causes == {"2026-01": (), "2026-02": gap, "2026-03": gap, "2026-05": ()}


def test_a_time_known_as_an_interval_across_the_end_keeps_the_month_provisional(database: Database) -> None:
    org = a_small_year(database)
    with database.reading() as connection:
        model = dict(connection.execute(sa.select(RECORD).limit(1)).mappings().one())
    model.pop("rid")
    times = ((1, 0, "2026-03-30T10:00:00Z"), (2, 1, "2026-04-02T10:00:00Z"), (3, 1, "2026-04-02T10:00:00Z"))
    with database.writing(org) as connection:
        for seq, tq, moment in times:
            place = {"epoch": "e" * 16, "seq": seq, "tq": tq, "teff": parse_instant(moment), "id": f"x{seq}"}
            connection.execute(sa.insert(RECORD).values(model | place))
    # Both intervals begin where the last sure time was, before the end of March.
    assert life_of(database, org, "2026-03").causes == (Cause(why=Why.INTERVAL, n=2),)
    assert life_of(database, org, "2026-04").causes == ()
    assert life_of(database, org, "2026-02").causes == ()


@pytest.mark.story(19)
def test_a_closed_month_keeps_its_figures_whatever_comes_later(database: Database) -> None:
    """Story 19: the closed value, the corrected value, the difference, the late events."""
    org = a_small_year(database)
    before = close(database, org, "2026-04")
    assert (before.revision, life_of(database, org, "2026-04").state) == (1, MonthState.CLOSED)
    late = draft("item.received", code(7), at=100.5, place="strasbourg", body={"from": "nancy"})
    record(database, org, [late], now_ms=CLOSED + 3_600_000)
    with database.reading() as connection:
        asked = reports.question(connection, org, ["2026-04"], as_of_ms=NOW)
        known = reports.figures(connection, org, asked)["K20"]
        shown = closing.reported_figures(connection, org, "2026-04", Slice())["K20"]
        found = list(closing.differences(connection, org, "2026-04", now_ms=NOW))
        count, events = closing.late_events(connection, org, "2026-04", before)
        snapshot = bytes(connection.execute(sa.select(MONTH_CLOSING.c.snapshot)).scalar_one())
    assert (shown["view"], shown["numerator"], known.numerator) == ("as_reported", 113, 114)
    assert sha256(snapshot).hexdigest() == before.digest
    (unit,) = (each for each in found if (each.definition_id, each.scope) == ("K20", {}))
    assert unit.reported is not None
    assert unit.known is not None
    assert (unit.reported["numerator"], unit.known["numerator"]) == (113, 114)
    assert not unit.expected
    assert {tuple(each.scope) for each in found} > {(), ("partner",), ("type",)}
    assert (count, events[0].kind, events[0].subject) == (1, "item.received/1", code(7))


def test_what_amends_an_event_of_a_closed_month_later_came_after_it_too(database: Database) -> None:
    org = a_small_year(database)
    with database.reading() as connection:
        april = [
            event for event in events_in(connection, org) if START_MS + 95 * DAY < event.teff < START_MS + 115 * DAY
        ]
    wrong, other = [event for event in april if event.kind == "item.received" and event.code][:2]
    about, again = {"code": wrong.code}, {"code": other.code, "place": other.place, "corrects": other.id}
    before = close(database, org, "2026-04")
    looked = {"target": wrong.id, "contradiction": "unknown_place", "reason": "Vu sur place"}
    record(database, org, [Draft(kind="event.reviewed", fields={**about, "body": looked})], now_ms=CLOSED + 1)
    assert late_of(database, org, before) == []  # who looked at it changed nothing
    record(
        database, org, [Draft(kind="event.voided", fields={**about, "body": {"target": wrong.id}})], now_ms=CLOSED + 2
    )
    record(database, org, [Draft(kind=other.kind, fields=again)], now_ms=CLOSED + 3)
    assert late_of(database, org, before) == ["event.voided/1", "item.received/1"]
    revised = close(database, org, "2026-04", now_ms=CLOSED + 4, reason="Réception annulée")
    assert late_of(database, org, revised) == []
    with database.reading() as connection:
        (second,) = [event.id for event in events_in(connection, org) if event.corrects == other.id]
    record(database, org, [Draft(kind=other.kind, fields=again | {"corrects": second})], now_ms=CLOSED + 5)
    assert late_of(database, org, revised) == ["item.received/1"]  # what corrects a correction is of its month too


def late_of(database: Database, org: str, of: months.Closing) -> list[str]:
    with database.reading() as connection:
        count, events = closing.late_events(connection, org, "2026-04", of)
    assert count == len(events)
    return [event.kind for event in events]


def test_a_figure_that_came_with_a_later_version_changes_no_closed_month(database: Database) -> None:
    org = a_small_year(database)
    close(database, org, "2026-04")
    with database.writing(org) as connection:
        content = closing.reported(connection, org, "2026-04")
        content["values"] = [row for row in content["values"] if not row["definition_id"].startswith("K20")]
        connection.execute(sa.update(MONTH_CLOSING).values(snapshot=figures_document.canonical(content)))
        shown = closing.reported_figures(connection, org, "2026-04", Slice())["K20"]
        found = closing.differences(connection, org, "2026-04", now_ms=NOW)
        assert [each.definition_id for each in found if each.definition_id.startswith("K20")] == []
    assert shown["reason"] == NoValue.NOT_IN_SNAPSHOT


@pytest.mark.parametrize("later_ms", [0, -60_000], ids=["in the same millisecond", "by a clock that was set back"])
def test_what_comes_after_a_closing_is_late_whatever_the_clock_says(database: Database, later_ms: int) -> None:
    org = a_small_year(database)
    before = close(database, org, "2026-04")
    late = draft("item.received", code(7), at=100.5, place="strasbourg", body={"from": "nancy"})
    record(database, org, [late], now_ms=before.closed_ms + later_ms)
    with database.reading() as connection:
        count, events = closing.late_events(connection, org, "2026-04", before)
    assert (count, [each.subject for each in events]) == (1, [code(7)])


def test_closing_again_needs_something_new_and_a_reason(database: Database) -> None:
    org = a_small_year(database)
    first = close(database, org, "2026-01", NOW - 10)
    with pytest.raises(ConflictError, match="2026-01"):
        close(database, org, "2026-01", NOW)
    record(database, org, [draft("item.received", code(7), at=9.5, place="strasbourg")], now_ms=NOW - 5)
    with pytest.raises(InvalidInputError, match="reason"):
        close(database, org, "2026-01", NOW)
    second = close(database, org, "2026-01", NOW, "bon oublié")
    assert (first.revision, second.revision, second.reason) == (1, 2, "bon oublié")
    with database.reading() as connection:
        rows = connection.execute(sa.select(MONTH_CLOSING.c.digest).order_by(MONTH_CLOSING.c.revision)).scalars()
        assert list(rows) == [first.digest, second.digest]


def test_a_closing_is_an_event_in_the_log_that_carries_the_digest(database: Database) -> None:
    org = a_small_year(database)
    found = close(database, org, "2026-02")
    with database.reading() as connection:
        query = sa.select(RECORD.c.payload, RECORD.c.leaf).where(RECORD.c.kind == "month.closed/1")
        payload, leaf = connection.execute(query).one()
        size = connection.execute(sa.select(MONTH_CLOSING.c.size)).scalar_one()
        assert leaf < size == eventlog.head(connection, org).size
    written = json.loads(bytes(payload))
    assert written["body"] == {"month": "2026-02", "digest": found.digest, "revision": 1, "reason": ""}
    assert written["actor"] == "p-chef"


def test_a_month_that_runs_cannot_be_closed_and_one_that_was_not_is_not_reported(database: Database) -> None:
    org = a_small_year(database)
    with pytest.raises(InvalidInputError, match="2026-06"):
        close(database, org, "2026-06", NOW)
    with database.reading() as connection, pytest.raises(NotFoundError, match="2026-03"):
        closing.reported_figures(connection, org, "2026-03", Slice())


def test_reported_figures_are_kept_for_one_filter_and_say_so_for_two(database: Database) -> None:
    org = a_small_year(database)
    close(database, org, "2026-03")
    with database.reading() as connection:
        one = closing.reported_figures(connection, org, "2026-03", Slice(partner="rhin"))
        two = closing.reported_figures(connection, org, "2026-03", Slice(partner="rhin", type="bac"))
    assert one["K2"]["value_micro"] is not None
    assert one["K6"]["reason"] == NoValue.NOT_IN_SNAPSHOT
    assert {row["reason"] for row in two.values()} == {NoValue.NOT_IN_SNAPSHOT}


def test_the_document_of_all_figures_is_the_same_bytes_each_time_and_names_its_reference(database: Database) -> None:
    org = a_small_year(database)
    with database.reading() as connection:
        content = figures_document.document(connection, org, as_of_ms=NOW)
        again = figures_document.document(connection, org, as_of_ms=NOW)
    written = figures_document.canonical(content)
    assert written == figures_document.canonical(again)
    assert len(content["reference"]) == 64
    assert {row["period"] for row in content["values"]} >= {"2026-01", "2026-06", "2026-06-20"}
    assert b"." not in written.replace(b".000Z", b"")  # no number has a fraction
    dimensions = {tuple(row["scope"]) for row in content["values"]}
    assert dimensions == {(), ("loop",), ("partner",), ("site",), ("type",)}


@pytest.mark.parametrize("what", ["unreadable", "impossible"])
def test_what_says_no_time_after_a_hole_settles_no_month(database: Database, what: str) -> None:
    a_network(database)
    phone = Handset()
    phone.scan("item.counted", code(1), at=3, place="metz")
    first = phone.push()
    for day in (10, 11):
        phone.scan("item.counted", code(1), at=day, place="metz")
    phone.push()  # never arrives
    if what == "unreadable":
        phone.junk(b"\xff")
    else:
        phone.scan("item.counted", code(1), at=12, place="metz")
        phone.waiting[-1] = replace(phone.waiting[-1], teff=0)
    phone.scan("item.counted", code(1), at=45, place="metz")
    now = START_MS + 80 * DAY
    for push in (first, phone.push()):
        taken(database, push, now_ms=now)
    missing = (Cause(why=Why.GAP, device="d-un", n=2),)
    assert [life_of(database, ORG, month, now).causes for month in ("2026-01", "2026-02")] == [missing, missing]


def test_what_a_lost_phone_had_told_of_keeps_its_months_provisional(database: Database) -> None:
    a_network(database)
    phone = Handset()
    phone.scan("item.counted", code(1), at=3, place="metz")
    taken(database, replace(phone.push(), unsent=37), now_ms=START_MS + 4 * DAY)
    with database.writing(ORG) as connection:
        devices.revoke(connection, ORG, "d-un", now_ms=START_MS + 6 * DAY)
    now = START_MS + 80 * DAY
    lost = Cause(why=Why.LOST, device="d-un", n=37)
    assert life_of(database, ORG, "2026-01", now).causes == (lost,)
    assert life_of(database, ORG, "2026-01", now).state is MonthState.PROVISIONAL
    assert life_of(database, ORG, "2026-02", now).state is MonthState.FINAL


@pytest.mark.story(18)
def test_what_was_written_off_in_march_and_found_in_june_leaves_march_as_it_was_and_shows_in_june(
    database: Database,
) -> None:
    org = a_small_year(database, crates=0)
    crate = code(500)
    out = [
        draft("item.commissioned", crate, at=1, place="strasbourg", body={"type": "bac"}),
        draft("item.shipped", crate, at=1.1, place="strasbourg", body={"to": "nancy"}),
    ]
    record(database, org, out)
    march, june = START_MS + 85 * DAY, START_MS + 160 * DAY
    with database.writing(org) as connection:
        # Fourteen days of loan on this lane and sixty more: nobody saw it again, so a job says that it counts as lost.
        said = json.loads(notices.note_presumed_lost(connection, org, "", START_MS + 80 * DAY))
        assert said["presumed_lost"] == 1
    record(database, org, [draft("item.written_off", crate, at=85, body={"reason": "introuvable"})], now_ms=march)
    frozen = close(database, org, "2026-03", now_ms=START_MS + 100 * DAY)
    before = measured(database, org, "2026-03")
    record(database, org, [draft("item.received", crate, at=160, place="strasbourg")], now_ms=june)
    assert measured(database, org, "2026-03") == before == {"lost": 1, "found": 0, "return": 0}
    assert measured(database, org, "2026-06") == {"lost": 0, "found": 1, "return": 1}
    with database.reading() as connection:
        kept = closing.reported(connection, org, "2026-03")
        assert closing.late_events(connection, org, "2026-03", frozen)[0] == 0
        losses = reports.figures(connection, org, reports.question(connection, org, ["2026-06"], as_of_ms=june))["K15"]
    shown = next(row for row in kept["values"] if row["definition_id"] == "K15" and not any(row["scope"].values()))
    assert shown["numerator"] == 1
    # Over twelve months the loss of March and the recovery of June come to nothing.
    assert losses.numerator == 0


def measured(database: Database, org: str, month: str) -> dict[str, int]:
    """Give what was lost, found and returned in a month."""
    with database.reading() as connection:
        tally = reports.tally(connection, org, Slice())
    return {name: tally.total("month", name, [month]) for name in ("lost", "found", "return")}
