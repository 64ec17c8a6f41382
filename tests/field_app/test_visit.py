"""A visit: what is counted, what is not, what is expected, and what an undo takes back."""

from dataclasses import replace

import pytest

from boucle.actions import Amount
from boucle.codes import Kind, mint
from boucle.commands import Command, command_code
from boucle.correction import Fix
from boucle.enrolment import Invitation
from boucle.meaning import Nothing, Spot, Thing
from boucle.telling import Outcome
from boucle_field import driving, sorting
from boucle_field.correcting import correct
from boucle_field.meaning import meaning
from boucle_field.outbox import Draft, as_event
from boucle_field.photos import Photo
from boucle_field.sends import Pile, lines
from boucle_field.stop_events import VOID
from boucle_field.sync import sync
from boucle_field.undoing import amended
from boucle_field.visit import Visit
from boucle_field.visit_lines import Row
from tests.builders import DAY, code
from tests.field_app.ran import Place
from tests.photos import a_jpeg
from tests.world import drive

CRATES = range(1, 8)


@pytest.fixture
def stocked(place: Place) -> Place:
    """Give a phone that knows seven crates, five of them at Mulhouse."""
    for number in CRATES:
        place.phone.desk.record(
            Draft(kind="item.commissioned", code=code(number), place="strasbourg", body={"type": "bac"})
        )
    for number in range(1, 6):
        place.phone.desk.record(
            Draft(kind="item.shipped", code=code(number), place="strasbourg", body={"to": "mulhouse"})
        )
        place.phone.desk.record(Draft(kind="item.delivered", code=code(number), place="mulhouse"))
    drive(sync(place.phone), place.net, "d-un")
    assert place.phone.outbox.counts().unsent == 0
    return place


def collecting(place: Place) -> Visit:
    return Visit.begin(place.phone, action="collect", place="mulhouse")


def test_what_stands_at_a_place_is_expected_there(stocked: Place) -> None:
    assert collecting(stocked).rows() == [Row("bac", 0, 5, 0)]
    assert Visit.begin(stocked.phone, action="deliver", place="mulhouse").rows() == []


def test_what_was_recorded_here_since_changes_what_is_expected(stocked: Place) -> None:
    first = collecting(stocked)
    first.scan(code(1))
    assert collecting(stocked).rows() == [Row("bac", 0, 4, 0)]
    assert len(Visit.begin(stocked.phone, action="receive", place="strasbourg").expected) == 1


def test_a_scan_is_durable_when_it_is_told(stocked: Place) -> None:
    visit = collecting(stocked)
    line = visit.scan(code(1))
    assert (line.outcome, visit.counted) == (Outcome.ACCEPTED, 1)
    (waiting,) = lines(stocked.phone.store, Pile.WAITING)
    assert (waiting.event_id, waiting.subject) == (line.event_id, code(1))


def test_the_same_crate_twice_in_a_visit_is_recorded_once(stocked: Place) -> None:
    visit = collecting(stocked)
    visit.scan(code(1))
    again = visit.scan(code(1))
    assert (again.outcome, again.event_id, visit.counted) == (Outcome.REPEAT, "", 1)
    assert stocked.phone.outbox.counts().unsent == 1


def test_what_nobody_expected_counts_as_extra(stocked: Place) -> None:
    visit = collecting(stocked)
    visit.scan(code(1))
    assert visit.scan(code(6)).outcome is Outcome.UNEXPECTED
    assert (visit.counted, visit.extra) == (2, 1)
    assert visit.rows() == [Row("bac", 1, 5, 1)]


def test_an_unknown_label_counts_and_says_that_it_will_be_checked(stocked: Place) -> None:
    visit = collecting(stocked)
    assert visit.scan(code(99)).outcome is Outcome.UNKNOWN
    assert visit.counted == 1
    assert visit.rows()[-1] == Row("", 1, 0, 0)


def test_an_undo_takes_back_the_last_scan_that_was_recorded(stocked: Place) -> None:
    visit = collecting(stocked)
    visit.scan(code(1))
    visit.scan(code(2))
    visit.scan(code(2))
    undone = visit.undo()
    assert undone is not None
    assert (undone.subject, visit.counted) == (code(2), 1)
    assert visit.scan(code(2)).outcome is Outcome.ACCEPTED
    assert [visit.undo() is None for _ in range(3)] == [False, False, True]
    assert visit.counted == 0


def test_a_red_line_waits_until_it_was_looked_at(stocked: Place) -> None:
    visit = collecting(stocked)
    visit.refuse("12345", "told.misread.misread", {})
    assert (len(visit.to_look), visit.counted) == (1, 0)
    assert len(visit.look()) == 1
    assert visit.to_look == []


def test_an_open_visit_survives_the_app(stocked: Place) -> None:
    visit = collecting(stocked)
    for number in (1, 2, 3):
        visit.scan(code(number))
    visit.undo()
    again = Visit.resume(stocked.phone)
    assert again is not None
    assert (again.action, again.place, again.counted, again.rows()) == ("collect", "mulhouse", 2, [Row("bac", 2, 5, 0)])
    again.close()
    assert Visit.resume(stocked.phone) is None


def shown(visit: Visit) -> tuple[object, ...]:
    """Give what a screen shows of a visit: its lines, its list, its counters, what it asks."""
    lines = [replace(line, at_ms=0) for line in visit.lines if not line.undone]
    asking = [line.subject for line in visit.asking]
    return lines, visit.rows(), (visit.counted, visit.wanted, visit.met, visit.extra), asking


def everything_at_mulhouse(place: Place) -> Visit:
    """Meet at a place all that a line can be: expected, not expected, unknown, kept, refused, taken back, decided."""
    place.phone.desk.record(
        Draft(kind="item.retired", code=code(7), place="strasbourg", body={"reason": "broken", "route": "recycle"})
    )
    visit = collecting(place)
    visit.scan(code(1))
    unexpected = visit.scan(code(6))
    unknown = visit.scan(code(99))
    kept = visit.scan(code(7))
    visit.refuse("12345", "told.misread.misread", {}, raw="12345")
    visit.scan(code(2))
    assert visit.undo() is not None
    visit.keep(visit.scan(code(98)))
    visit.count(Amount("film", 12))
    assert (unexpected.outcome, unknown.outcome) == (Outcome.UNEXPECTED, Outcome.UNKNOWN)
    assert kept.outcome is not Outcome.ACCEPTED
    return visit


def test_a_visit_that_is_taken_up_again_shows_each_line_as_it_was_told(stocked: Place) -> None:
    visit = everything_at_mulhouse(stocked)
    told = shown(visit)
    again = Visit.resume(stocked.phone)
    assert again is not None
    assert shown(again) == told
    drive(sync(stocked.phone), stocked.net, "d-un")  # the server's word changes nothing of what was told then
    again = Visit.resume(stocked.phone)
    assert again is not None
    assert shown(again) == told


def test_what_a_person_makes_of_a_line_after_the_app_ended_stands_the_next_time_too(stocked: Place) -> None:
    everything_at_mulhouse(stocked)
    visit = Visit.resume(stocked.phone)
    assert visit is not None
    visit.keep(next(line for line in visit.lines if line.subject == code(6)))
    visit.ignore(next(line for line in visit.lines if line.subject == code(99)))
    visit.add_photo(next(line for line in visit.lines if line.subject == code(1)), Photo(a_jpeg()))
    told = shown(visit)
    again = Visit.resume(stocked.phone)
    assert again is not None
    assert shown(again) == told
    assert [line.subject for line in again.lines][:2] == [code(1), code(6)]


def test_a_scan_whose_telling_was_not_kept_is_told_as_well_as_it_can_be_known(stocked: Place) -> None:
    everything_at_mulhouse(stocked)
    with stocked.phone.store.writing() as db:
        db.execute("DELETE FROM told_line")
    again = Visit.resume(stocked.phone)
    assert again is not None
    outcomes = {line.subject: line.outcome for line in again.lines}
    assert (outcomes[code(1)], outcomes[code(99)]) == (Outcome.ACCEPTED, Outcome.UNKNOWN)


def test_a_label_that_was_named_since_is_told_as_what_it_names(stocked: Place) -> None:
    visit = Visit.begin(stocked.phone, action="receive", place="strasbourg")
    told = visit.scan(code(99))
    assert (told.outcome, told.item_type, [key for key, _ in told.why]) == (
        Outcome.UNKNOWN,
        "",
        ["reason.unknown_item"],
    )
    stocked.phone.desk.record(Draft(kind="item.commissioned", code=code(99), place="strasbourg", body={"type": "bac"}))
    again = Visit.resume(stocked.phone)
    assert again is not None
    (line,) = again.lines
    assert (line.outcome, line.item_type, line.why, line.blank) == (Outcome.ACCEPTED, "bac", (), False)
    assert (line.event_id, line.item) == (told.event_id, stocked.phone.mirror.look(code(99)).item.id)


def test_what_recorded_nothing_is_forgotten_with_the_end_of_its_visit(stocked: Place) -> None:
    visit = everything_at_mulhouse(stocked)
    visit.close()
    again = Visit.begin(stocked.phone, action="collect", place="mulhouse", task=visit.task)
    assert "12345" not in {line.subject for line in again.lines}
    assert code(99) in {line.subject for line in again.lines}


def test_a_verdict_that_went_along_is_taken_back_with_its_scan_after_the_app_ended_too(stocked: Place) -> None:
    visit = Visit.begin(stocked.phone, action="receive", place="strasbourg")
    sorting.choose(visit, "damaged")
    line = visit.scan(code(1))
    assert line.found == "damaged"
    again = Visit.resume(stocked.phone)
    assert again is not None
    assert [(each.subject, each.found, each.verdict) for each in again.lines] == [(code(1), "damaged", "")]
    assert again.undo() is not None
    assert stocked.phone.mirror.look(code(1)).item.stage == "at_partner"


@pytest.mark.parametrize("ended", [False, True])
@pytest.mark.parametrize("first", ["", "damaged"])
def test_a_line_that_is_ignored_goes_with_every_verdict_that_was_said_of_it_since(
    stocked: Place, first: str, *, ended: bool
) -> None:
    visit = Visit.begin(stocked.phone, action="receive", place="strasbourg")
    if first:
        sorting.choose(visit, first)
    visit.scan(code(1))
    for verdict in ("ok", "dirty"):
        told = visit.sort(verdict)
        assert told is not None
        assert told.event_id
    visit = (Visit.resume(stocked.phone) if ended else visit) or visit
    visit.ignore(next(line for line in visit.lines if line.counts))
    # A verdict that stood would say that the crate is here.
    assert stocked.phone.mirror.look(code(1)).item.stage == "at_partner"
    assert {line.undone for line in visit.lines if line.event_id} == {True}
    again = Visit.resume(stocked.phone)
    assert again is not None
    assert (again.counted, again.undo()) == (0, None)


def test_a_verdict_that_was_corrected_goes_with_its_line_too(stocked: Place) -> None:
    visit = Visit.begin(stocked.phone, action="receive", place="strasbourg")
    sorting.choose(visit, "damaged")
    line = visit.scan(code(1))
    correct(stocked.phone, line.found_event, Fix.PLACE, value="nancy")
    visit.ignore(line)
    assert stocked.phone.mirror.look(code(1)).item.stage == "at_partner"
    assert {each.after for each in lines(stocked.phone.store, Pile.WAITING) if each.kind != VOID} == {VOID}


def test_a_line_of_which_half_was_taken_back_when_the_store_failed_is_taken_back_again(stocked: Place) -> None:
    visit = Visit.begin(stocked.phone, action="receive", place="strasbourg")
    sorting.choose(visit, "damaged")
    line = visit.scan(code(1))
    stocked.phone.desk.undo(line.found_event)
    assert visit.undo() is not None
    assert stocked.phone.mirror.look(code(1)).item.stage == "at_partner"
    assert [each.kind for each in lines(stocked.phone.store, Pile.WAITING)].count(VOID) == 2


def test_what_was_sorted_elsewhere_by_a_correction_is_no_line_of_the_visit_any_more(stocked: Place) -> None:
    visit = Visit.begin(stocked.phone, action="sort", place="strasbourg", said={"verdict": "ok"})
    correct(stocked.phone, visit.scan(code(6)).event_id, Fix.PLACE, value="nancy")
    again = Visit.resume(stocked.phone)
    assert again is not None
    assert again.lines == []


@pytest.mark.parametrize("action", ["receive", "sort"])
def test_verdicts_said_one_after_the_other_are_taken_back_one_by_one_after_the_app_ended_too(
    stocked: Place, action: str
) -> None:
    said = {"verdict": "damaged"} if action == "sort" else {}
    visit = Visit.begin(stocked.phone, action=action, place="strasbourg", said=said)
    visit.scan(code(6))
    for verdict in ("ok", "dirty"):
        visit.sort(verdict)
    told = [(line.counts, line.verdict, line.found) for line in visit.lines]
    again = Visit.resume(stocked.phone)
    assert again is not None
    assert [(line.counts, line.verdict, line.found) for line in again.lines] == told
    assert len({line.event_id for line in again.lines}) == len(told) == 3
    for verdict in ("dirty", "ok", ""):
        undone = again.undo()
        assert undone is not None
        assert undone.verdict == verdict
    assert (again.counted, again.undo()) == (0, None)
    assert {each.after for each in lines(stocked.phone.store, Pile.WAITING) if each.kind != VOID} == {VOID}


def test_a_verdict_of_pieces_without_labels_leaves_the_one_of_those_counted_before(stocked: Place) -> None:
    visit = Visit.begin(stocked.phone, action="receive", place="strasbourg")
    visit.count(Amount("film", 5))
    visit.sort("ok")
    visit.count(Amount("film", 3))
    visit.sort("scrap")
    visit.sort("dirty")
    gone = amended(stocked.phone.store)
    told = [(line.qty, line.verdict, line.event_id in gone) for line in visit.lines if line.verdict]
    assert told == [(5, "ok", False), (3, "scrap", True), (3, "dirty", False)]
    assert sorting.tally(visit) == {"ok": 5, "dirty": 3}


def test_a_line_that_is_ignored_leaves_the_verdicts_of_other_pieces_of_its_type(stocked: Place) -> None:
    visit = Visit.begin(stocked.phone, action="receive", place="strasbourg")
    first = visit.count(Amount("film", 5))
    one = visit.sort("ok")
    visit.count(Amount("film", 3))
    other = visit.sort("dirty")
    visit.ignore(first)
    assert one is not None
    assert other is not None
    assert {one.event_id, first.event_id} <= amended(stocked.phone.store).keys()
    assert other.event_id not in amended(stocked.phone.store)


def test_a_verdict_that_was_taken_back_alone_is_off_its_line_after_the_app_ended_too(stocked: Place) -> None:
    visit = Visit.begin(stocked.phone, action="receive", place="strasbourg")
    sorting.choose(visit, "damaged")
    stocked.phone.desk.undo(visit.scan(code(1)).found_event)
    again = Visit.resume(stocked.phone)
    assert again is not None
    assert [(each.subject, each.found, each.found_event) for each in again.lines] == [(code(1), "", "")]
    assert again.undo() is not None
    assert stocked.phone.mirror.look(code(1)).item.stage == "at_partner"


def test_pieces_without_labels_are_counted_by_type(stocked: Place) -> None:
    visit = collecting(stocked)
    assert visit.count(Amount("film", 12)).event_id
    assert visit.counted == 12
    assert Row("film", 12, 0, 0) in visit.rows()


def test_where_things_go_is_the_place_of_a_shipment(stocked: Place) -> None:
    visit = Visit.begin(stocked.phone, action="ship", place="nancy")
    assert visit.scan(code(6)).outcome is Outcome.ACCEPTED
    item = stocked.phone.mirror.look(code(6)).item
    assert (item.stage, item.place) == ("outbound", "nancy")


def test_a_text_means_the_same_on_every_screen(stocked: Place) -> None:
    phone = stocked.phone
    assert meaning(f"HTTP://10.0.0.5/{code(1)}", phone) == Thing(code=code(1))
    assert meaning(command_code(Command.UNDO).url("https://other.example"), phone) is Command.UNDO
    spot = mint(Kind.PLACE, lambda size: bytes(range(size)))
    assert meaning(spot.grouped, phone) == Spot(key=spot.text)
    invitation = Invitation(server="https://boucle.example", code="0" * 26, pin="a" * 64)
    assert meaning(invitation.uri, phone) == meaning(f"]Q1{invitation.uri}", phone) == invitation
    foreign = meaning("https://example.org/hello", phone)
    assert isinstance(foreign, Nothing)
    assert (foreign.key, foreign.code) == ("told.misread.foreign", "https://example.org/hello")
    scanned = meaning("]Q1https://example.org/hello", phone)
    assert isinstance(scanned, Nothing)
    assert (scanned.code, scanned.raw) == (foreign.code, foreign.raw)


def test_a_crate_sent_here_days_ago_and_never_scanned_when_it_was_left_is_one_of_those_expected(stocked: Place) -> None:
    phone = stocked.phone
    ship = Draft(kind="item.shipped", code=code(6), place="strasbourg", body={"to": "mulhouse"})
    phone.desk.record(ship)
    drive(sync(phone), stocked.net, "d-un")
    assert collecting(stocked).rows() == [Row("bac", 0, 5, 0)]  # it may be in the vehicle still
    stocked.world.pass_ms(4 * DAY)
    visit = collecting(stocked)
    line = visit.scan(code(6))
    assert (line.outcome, line.why) == (Outcome.ACCEPTED, (("reason.inferred_delivered", {}),))
    assert (visit.rows(), visit.extra) == ([Row("bac", 1, 6, 0)], 0)


def test_a_scan_reads_nothing_again_of_a_stop_of_many_lines(stocked: Place) -> None:
    phone = stocked.phone
    visit = Visit.begin(phone, action="collect", place="mulhouse", task=driving.task_beside(phone, "mulhouse"))
    labels = [code(100 + number) for number in range(90)]
    for label in labels[:-1]:
        visit.scan(label)
    assert visit.last is not None
    as_event.cache_clear()
    visit.scan(labels[-1])
    assert visit.last.subject == labels[-1]
    read = as_event.cache_info()
    assert read.misses + read.hits < 10
