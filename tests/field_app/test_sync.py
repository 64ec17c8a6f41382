"""A round of sync: what counts as sent, what stops a round, what never stops the others, what a restore brings back."""

import json
from pathlib import Path
from random import Random

import pytest

from boucle.push import Status, read_push, seal_body
from boucle.rescue import unpack
from boucle.wire import digest, write
from boucle_field import asking, witness
from boucle_field.asking import NO_ANSWER, Request, Response, pause_ms
from boucle_field.outbox import Draft
from boucle_field.pages import Page
from boucle_field.phone import Phone
from boucle_field.pushing import End, Report
from boucle_field.rescuing import export
from boucle_field.settle import verified
from boucle_field.sync import sync
from tests.builders import code
from tests.field_app.ran import Place
from tests.world import BOX, CRYPTO, Net, SimServer, SimTicks, drive, phone_of


def scan(phone: Phone, number: int, **body: object) -> str:
    draft = Draft(kind="item.collected", code=code(number), place="mulhouse", body=body)
    return phone.desk.record(draft).event_id


def synced(place: Place, phone: Phone | None = None) -> Report:
    phone = phone or place.phone
    report = drive(sync(phone), place.net, phone.identity.dev)
    assert report is not None
    return report


def states(phone: Phone) -> list[tuple[str, str]]:
    return phone.store.db.execute("SELECT state, why FROM outbox ORDER BY n").fetchall()


class Meddler(Net):
    """A network with somebody in it who changes the answers to one kind of request."""

    def __init__(self, server: SimServer, path: str, change: "dict[str, object] | Response") -> None:
        super().__init__(server=server, random=Random(1))
        self.path = path
        self.change = change
        self.asked = 0

    def ask(self, request: Request, dev: str) -> Response:
        response = super().ask(request, dev)
        if request.path != self.path:
            return response
        self.asked += 1
        if isinstance(self.change, Response):
            return self.change
        return Response(status=response.status, body=json.dumps({**(response.json() or {}), **self.change}).encode())


class Sieve(Net):
    """A network that carries one kind of request another way."""

    def __init__(self, one: Net, others: Net, path: str) -> None:
        super().__init__(server=others.server, random=Random(1))
        self.one, self.others, self.path = one, others, path

    def ask(self, request: Request, dev: str) -> Response:
        return (self.one if request.path == self.path else self.others).ask(request, dev)


def test_everything_is_sent_once_and_the_counts_are_true(place: Place) -> None:
    ids = [scan(place.phone, number) for number in range(1, 8)]
    assert place.phone.outbox.counts() == (7, 0, 0)
    report = synced(place)
    assert (report.end, report.sent) == (End.DONE, 7)
    assert place.phone.outbox.counts() == (0, 7, 0)
    assert list(place.server.accepted()) == ids
    again = synced(place)
    assert (again.end, again.sent) == (End.DONE, 0)
    assert len(place.server.books.kept) == 7


def test_hundreds_of_events_go_in_several_batches(place: Place) -> None:
    for number in range(450):
        place.phone.outbox.record(Draft(kind="item.counted", code=code(number % 90), place="strasbourg"))
    assert synced(place).sent == 450
    assert len(place.server.accepted()) == 450


@pytest.mark.parametrize("change", [
    {"receipt": None},
    {"receipt": ""},
    {"receipt": "boucle-receipt/1\n\n— x y\n"},
    {"receipt": 7},
])  # fmt: skip
def test_an_answer_without_a_valid_receipt_sends_nothing(place: Place, change: dict[str, object]) -> None:
    scan(place.phone, 1)
    report = synced(place._replace(net=Meddler(place.server, "/v1/sync/push", change)))
    assert place.phone.outbox.counts() == (1, 0, 0)
    assert "phone.alarm.bad_receipt" in report.alarms
    assert synced(place).sent == 1


def test_a_receipt_of_another_device_or_key_confirms_nothing(place: Place) -> None:
    other = phone_of(place.server, "d-deux")
    scan(other, 1)
    synced(place, other)
    (note,) = other.store.db.execute("SELECT note FROM receipt").fetchone()
    assert verified(note, other.identity, CRYPTO) is not None
    assert verified(note, place.phone.identity, CRYPTO) is None
    assert verified(note.replace("range 1 1", "range 1 9"), other.identity, CRYPTO) is None


def test_an_event_that_the_receipt_does_not_name_stays_unsent(place: Place) -> None:
    scan(place.phone, 1)
    synced(place)
    (note,) = place.phone.store.db.execute("SELECT note FROM receipt").fetchone()
    scan(place.phone, 2)
    synced(place._replace(net=Meddler(place.server, "/v1/sync/push", {"receipt": note})))
    assert states(place.phone) == [("acked", ""), ("new", "")]


def test_results_alone_confirm_nothing(place: Place) -> None:
    """The mutant to catch: an app that believes `accepted` without looking at the receipt."""
    scan(place.phone, 1)
    synced(place._replace(net=Meddler(place.server, "/v1/sync/push", {"receipt": None})))
    assert states(place.phone) == [("new", "")]


@pytest.mark.parametrize("seed", range(5))
def test_a_lost_answer_is_asked_for_again_and_counts_once(place: Place, seed: int) -> None:
    net = Net(server=place.server, random=Random(seed), lose_answer=0.5)
    ids = [scan(place.phone, number) for number in range(1, 6)]
    for _ in range(30):
        drive(sync(place.phone), net, "d-un")
    net.heal()
    synced(place)
    assert place.phone.outbox.counts() == (0, 5, 0)
    assert list(place.server.accepted()) == ids


def test_without_a_network_the_round_ends_at_once(place: Place) -> None:
    scan(place.phone, 1)
    net = Net(server=place.server, random=Random(1), lose_request=1.0)
    report = drive(sync(place.phone), net, "d-un")
    assert report is not None
    assert report.end is End.UNREACHABLE
    assert states(place.phone) == [("new", "")]


@pytest.mark.parametrize(("path", "response", "end"), [
    ("/v1/time", Response(status=503), End.FAILING),
    ("/v1/time", Response(status=200, body=b"<html>Please log in to this hotel</html>"), End.NOT_OURS),
    ("/v1/sync/push", Response(status=401), End.CUT_OFF),
    ("/v1/sync/push", Response(status=302), End.NOT_OURS),
    ("/v1/sync/push", Response(status=404), End.NOT_OURS),
    ("/v1/sync/pull", Response(status=401), End.CUT_OFF),
    ("/v1/sync/pull", Response(status=200, body=b"[]"), End.NOT_OURS),
    ("/v1/sync/pull", Response(status=200, body=b'{"rows": [{"table": 7}], "next": 3, "more": false}'), End.NOT_OURS),
    ("/v1/sync/pull", Response(status=200, body=b'{"rows": [], "next": 0, "more": true}'), End.NOT_OURS),
    ("/v1/sync/pull", Response(status=NO_ANSWER), End.UNREACHABLE),
    ("/v1/sync/pull", Response(status=500), End.FAILING),
])  # fmt: skip
def test_a_round_that_cannot_go_on_ends_and_loses_nothing(
    place: Place, path: str, response: Response, end: End
) -> None:
    scan(place.phone, 1)
    assert synced(place._replace(net=Meddler(place.server, path, response))).end is end
    assert place.phone.outbox.counts().unsent + place.phone.outbox.counts().sent == 1
    assert synced(place).end is End.DONE
    assert place.phone.outbox.counts() == (0, 1, 0)


@pytest.mark.parametrize("position", [1, 4, 37, 60])
def test_one_event_that_kills_the_server_holds_up_no_other(place: Place, position: int) -> None:
    ids = [scan(place.phone, number, poison=number == position) for number in range(1, 61)]
    place.server.poison = lambda payload: b'"poison":true' in payload
    report = synced(place)
    assert report.end is End.DONE
    assert place.phone.outbox.counts() == (0, 59, 1)
    assert states(place.phone)[position - 1] == ("raw", "")
    assert set(place.server.accepted()) == set(ids) - {ids[position - 1]}
    (payload,) = place.phone.store.db.execute("SELECT payload FROM outbox WHERE n = ?", (position,)).fetchone()
    assert payload in place.server.books.raw


def poisoned(place: Place) -> None:
    for number in range(1, 31):
        scan(place.phone, number, poison=number == 5)
    place.server.poison = lambda payload: b'"poison":true' in payload


def test_a_poison_that_no_route_takes_waits_alone(place: Place) -> None:
    poisoned(place)
    lost = Net(server=place.server, random=Random(1), lose_request=1.0)
    report = synced(place._replace(net=Sieve(lost, place.net, "/v1/sync/raw")))
    assert (report.end, report.stuck) == (End.DONE, 1)
    assert place.phone.outbox.counts() == (1, 29, 0)
    place.server.poison = lambda _payload: False
    assert synced(place).sent == 1
    assert place.phone.outbox.counts() == (0, 30, 0)


def test_a_poison_whose_raw_answer_is_lost_is_to_check_and_not_called_sent(place: Place) -> None:
    poisoned(place)
    report = synced(place._replace(net=Meddler(place.server, "/v1/sync/raw", Response(status=500))))
    assert (report.end, report.stuck) == (End.DONE, 0)
    assert place.phone.outbox.counts() == (0, 29, 1)
    assert states(place.phone)[4] == ("raw", "")


class Overloaded(Net):
    """A network to a server that takes nothing now, though it knows the time."""

    def __init__(self, server: SimServer, answer: Response) -> None:
        super().__init__(server=server, random=Random(1))
        self.given = answer
        self.asked: list[Request] = []

    def ask(self, request: Request, dev: str) -> Response:
        self.asked.append(request)
        return super().ask(request, dev) if request.path == "/v1/time" else self.given


def a_day_of(place: Place, answer: Response) -> list[Request]:
    """Record and sync all day while the server answers so; what was asked beside the time."""
    net = Overloaded(place.server, answer)
    for hour in range(24):
        for number in range(7):
            scan(place.phone, 7 * hour + number)
        assert synced(place._replace(net=net)).end is End.FAILING
        place.world.pass_ms(3_600_000)
    return [request for request in net.asked if request.path != "/v1/time"]


OVERLOADED = [429, 503, 507, 501, 521]


@pytest.mark.parametrize("status", OVERLOADED)
def test_a_server_without_space_for_a_whole_day_takes_everything_once_it_has(place: Place, status: int) -> None:
    asked = a_day_of(place, Response(status=status))
    assert {request.path for request in asked} == {"/v1/sync/push"}
    assert len(asked) == 24 * 3
    # Every try was a whole batch: a smaller one is no easier for a server that has no room.
    assert len(read_push(asked[-1].body or b"").records) == 7 * 24
    assert states(place.phone) == [("new", "")] * 7 * 24
    assert (synced(place).sent, place.phone.outbox.counts()) == (7 * 24, (0, 7 * 24, 0))
    assert len(place.server.accepted()) == 7 * 24
    assert place.server.books.raw == []


def test_a_server_without_space_catches_an_app_that_halves(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    """The mutant: every failure is taken for one that the batch may have caused."""
    monkeypatch.setattr(asking, "_MAY_BE_THE_BODY", range(1_000))
    assert "/v1/sync/raw" in {request.path for request in a_day_of(place, Response(status=507))}


def test_a_server_that_is_overloaded_for_a_moment_ends_no_round(place: Place) -> None:
    class Stutter(Net):
        left = 2

        def ask(self, request: Request, dev: str) -> Response:
            if request.path == "/v1/sync/push" and self.left:
                self.left -= 1
                return Response(status=503)
            return super().ask(request, dev)

    scan(place.phone, 1)
    report = synced(place._replace(net=Stutter(server=place.server, random=Random(1))))
    assert (report.end, report.sent) == (End.DONE, 1)


def test_a_quota_for_what_nobody_can_read_holds_up_no_other(place: Place) -> None:
    """The server has no room for *this* body, which is nothing that it says of the others."""
    poisoned(place)
    quota = Response(status=429, body=json.dumps({"type": asking.QUOTA}).encode())
    full = Overloaded(place.server, quota)
    report = synced(place._replace(net=Sieve(full, place.net, "/v1/sync/raw")))
    assert (report.end, report.stuck) == (End.DONE, 1)
    assert place.phone.outbox.counts() == (1, 29, 0)


def test_what_is_too_large_for_the_server_is_halved_at_once(place: Place) -> None:
    class Small(Net):
        def ask(self, request: Request, dev: str) -> Response:
            if request.path == "/v1/sync/push" and len(request.body or b"") > 6_000:
                return Response(status=413)
            return super().ask(request, dev)

    for number in range(1, 40):
        scan(place.phone, number)
    report = synced(place._replace(net=Small(server=place.server, random=Random(1))))
    assert (report.sent, place.phone.outbox.counts()) == (39, (0, 39, 0))


def test_an_event_from_the_future_is_to_check_and_its_reason_shown(place: Place) -> None:
    place.server.world.pass_ms(1000)
    scan(place.phone, 1)
    place.phone.store.db.execute("UPDATE outbox SET teff = ?, tq = 2", (place.world.now_ms + 10**9,))
    assert synced(place).to_check == 1
    assert states(place.phone) == [("quarantined", "time_future")]
    (told,) = place.phone.outbox.to_check(10)
    assert told["why"] == "time_future"
    assert synced(place).sent == 0
    assert len(place.server.books.kept) == 1


def test_the_reason_of_a_first_answer_that_was_lost_is_shown_after_the_second(place: Place) -> None:
    class Deaf(Net):
        asked = 0

        def ask(self, request: Request, dev: str) -> Response:
            Deaf.asked += 1
            response = super().ask(request, dev)
            return Response(status=NO_ANSWER) if Deaf.asked == 1 else response

    place.server.world.pass_ms(1000)
    scan(place.phone, 1)
    place.phone.store.db.execute("UPDATE outbox SET teff = ?, tq = 2", (place.world.now_ms + 10**9,))
    synced(place._replace(net=Sieve(Deaf(server=place.server, random=Random(1)), place.net, "/v1/sync/push")))
    assert Deaf.asked > 1
    assert states(place.phone) == [("quarantined", "time_future")]


def clone(place: Place, store_of: Phone) -> Phone:
    """Give the same app data on a second device, as a copied backup would."""
    copy = phone_of(place.server, "d-copie")
    place.server.devices.pop("d-copie")
    store_of.store.db.backup(copy.store.db)
    return Phone.of(copy.store, ticks=SimTicks(place.world), randomness=Random("copy").randbytes, crypto=CRYPTO)


def test_cloned_app_data_forks_is_kept_and_opens_a_new_epoch(place: Place) -> None:
    scan(place.phone, 1)
    synced(place)
    copy = clone(place, place.phone)
    scan(place.phone, 2)
    synced(place)
    scan(copy, 3)
    scan(copy, 4)
    report = synced(place, copy)
    assert "phone.alarm.epoch" in report.alarms
    assert states(copy)[:2] == [("acked", ""), ("fork", "seq_taken")]
    later = scan(copy, 5)
    assert later
    assert synced(place, copy).sent == 1
    assert later in place.server.accepted()
    assert len(place.server.books.kept) == 5


def test_a_restored_server_is_refilled_by_the_phone(place: Place) -> None:
    ids = [scan(place.phone, number) for number in range(1, 6)]
    synced(place)
    backup = place.server.backup()
    ids += [scan(place.phone, number) for number in range(6, 11)]
    synced(place)
    place.server.restore(backup)
    assert len(place.server.accepted()) == 5
    ids.append(scan(place.phone, 11))
    report = synced(place)
    assert "phone.alarm.restored" in report.alarms
    assert set(place.server.accepted()) == set(ids)
    assert place.phone.outbox.counts() == (0, 11, 0)
    assert synced(place).alarms == set()


def test_a_restored_server_is_refilled_even_when_there_is_nothing_new(place: Place) -> None:
    backup = place.server.backup()
    ids = [scan(place.phone, number) for number in range(1, 6)]
    synced(place)
    place.server.restore(backup)
    report = synced(place)
    assert (report.again, report.sent) == (5, 0)
    assert list(place.server.accepted()) == ids


def test_a_log_that_was_rolled_back_in_secret_is_said_loudly(place: Place) -> None:
    backup = place.server.backup()
    ids = [scan(place.phone, number) for number in range(1, 6)]
    synced(place)
    place.server.restore(backup, honest=False)
    report = synced(place)
    assert "phone.alarm.rolled_back" in report.alarms
    assert set(place.server.accepted()) == set(ids)


def test_a_log_that_was_rewritten_is_said_loudly_and_the_evidence_kept(place: Place) -> None:
    backup = place.server.backup()
    scan(place.phone, 1)
    synced(place)
    before = witness.newest_note(place.phone.store)
    place.server.restore(backup, honest=False)
    place.server._append([b"another history", b"of more entries", b"than before"])
    report = synced(place)
    assert "phone.alarm.fork" in report.alarms
    assert witness.newest_note(place.phone.store) == before
    assert place.phone.store.get("fork_evidence") not in ("", before)
    assert place.phone.store.get("witness") == "fork"


def test_a_proof_that_cannot_be_had_keeps_the_last_checkpoint(place: Place) -> None:
    scan(place.phone, 1)
    synced(place)
    before = witness.newest_note(place.phone.store)
    scan(place.phone, 2)
    report = synced(place._replace(net=Meddler(place.server, "/v1/log/consistency", Response(status=403))))
    assert report.alarms == set()
    assert witness.newest_note(place.phone.store) == before
    synced(place)
    assert witness.newest_note(place.phone.store) != before


def test_a_checkpoint_of_another_log_is_no_checkpoint(place: Place) -> None:
    other = SimServer(place.world)
    note = other._checkpoint().replace("boucle.example", "elsewhere.example")
    before = witness.newest_note(place.phone.store)
    synced(place._replace(net=Meddler(place.server, "/v1/log/checkpoint", {"checkpoint": note})))
    assert witness.newest_note(place.phone.store) == before


def test_a_pull_that_is_cut_goes_on_where_it_was(place: Place) -> None:
    phone = phone_of(place.server, "d-neuf")
    net = Net(server=place.server, random=Random(4))
    for steps in range(6, 14):
        drive(sync(phone), net, "d-neuf", steps=steps)
    synced(place, phone)
    assert phone.mirror.book().digest() == place.phone.mirror.book().digest()


def test_a_reset_empties_the_mirror_and_nothing_else(place: Place) -> None:
    scan(place.phone, 1)
    place.phone.store.db.execute("UPDATE meta SET value = '999999' WHERE name = 'cursor'")
    place.phone.store.db.execute("INSERT INTO reference VALUES ('site', 'ghost', '[]')")
    synced(place)
    assert not place.phone.mirror.book().has("site", "ghost")
    assert place.phone.mirror.book().has("site", "mulhouse")
    assert place.phone.outbox.counts() == (0, 1, 0)


def test_what_came_down_never_hides_what_has_not_gone_up(place: Place) -> None:
    place.phone.desk.record(Draft(kind="item.commissioned", code=code(1), place="strasbourg", body={"type": "bac"}))
    synced(place)
    other = phone_of(place.server, "d-deux")
    other.outbox.record(Draft(kind="item.counted", code=code(1), place="strasbourg"))
    place.world.pass_ms(60_000)
    place.phone.desk.record(Draft(kind="item.shipped", code=code(1), place="strasbourg", body={"to": "mulhouse"}))
    synced(place, other)

    def stage() -> str:
        return place.phone.mirror.look(code(1)).item.stage

    page = Page.read(place.server.pull(int(place.phone.mirror.cursor), 500).json())
    assert page is not None
    assert page.rows
    place.phone.mirror.apply(page)
    assert stage() == "outbound"
    synced(place._replace(net=Meddler(place.server, "/v1/sync/pull", Response(status=NO_ANSWER))))
    assert place.phone.outbox.counts() == (0, 2, 0)
    assert stage() == "outbound"
    synced(place)
    assert stage() == "outbound"
    assert place.phone.store.db.execute("SELECT min(folded) FROM outbox").fetchone() == (1,)


def test_an_event_whose_answers_were_lost_is_sent_and_not_to_check(place: Place) -> None:
    class Deaf(Net):
        def ask(self, request: Request, dev: str) -> Response:
            response = super().ask(request, dev)
            return response if b'"records":[]' in (request.body or b"") else Response(status=NO_ANSWER)

    scan(place.phone, 1)
    synced(place._replace(net=Sieve(Deaf(server=place.server, random=Random(1)), place.net, "/v1/sync/push")))
    assert states(place.phone) == [("acked", "")]
    assert len(place.server.books.kept) == 1
    assert place.server.books.raw == []


def test_a_void_of_what_is_unsent_takes_it_back_at_once(place: Place) -> None:
    place.phone.desk.record(Draft(kind="item.commissioned", code=code(1), place="strasbourg", body={"type": "bac"}))
    synced(place)
    place.phone.desk.record(Draft(kind="item.shipped", code=code(1), place="strasbourg", body={"to": "mulhouse"}))
    place.phone.desk.undo()
    assert place.phone.mirror.look(code(1)).item.stage == "available"
    synced(place)
    assert place.phone.mirror.look(code(1)).item.stage == "available"


def test_the_rescue_file_does_what_a_sync_would_have_done(place: Place, tmp_path: Path) -> None:
    file = tmp_path / "outbox.boucle"
    ids = [scan(place.phone, number) for number in range(1, 6)]
    assert export(place.phone, file) == 5
    content = file.read_bytes()
    assert code(1).encode() not in content
    for body in unpack(content, BOX):
        push = read_push(body)
        assert CRYPTO.verify_key(place.phone.key.public).verify(push.seal, seal_body(push))
        answer = place.server.answer(Request(method="POST", path="/v1/sync/push", body=body), "d-un")
        assert answer.status == 200
    assert list(place.server.accepted()) == ids
    assert synced(place).sent == 5
    assert list(place.server.accepted()) == ids
    assert len(place.server.books.kept) == 5


class Watched(Net):
    """A network that keeps what phones say of themselves."""

    def __init__(self, server: SimServer) -> None:
        super().__init__(server=server, random=Random(1))
        self.unsent: list[int] = []

    def ask(self, request: Request, dev: str) -> Response:
        response = super().ask(request, dev)
        if request.path == "/v1/sync/push" and response.status == 200:
            self.unsent.append(read_push(request.body or b"").unsent)
        return response


def test_a_server_is_told_how_many_events_it_has_not_got(place: Place) -> None:
    """The mutant to catch: the count from before the push, which calls everything unsent that was just taken."""
    for number in range(450):
        place.phone.outbox.record(Draft(kind="item.counted", code=code(number % 90), place="strasbourg"))
    net = Watched(place.server)
    synced(place._replace(net=net))
    assert net.unsent == [250, 50, 0]


def test_a_server_is_told_of_the_one_event_that_it_cannot_read(place: Place) -> None:
    poisoned(place)
    net = Watched(place.server)
    lost = Net(server=place.server, random=Random(1), lose_request=1.0)
    synced(place._replace(net=Sieve(lost, net, "/v1/sync/raw")))
    assert net.unsent[-1] == 1 == place.phone.outbox.counts().unsent


def test_a_rescue_file_says_what_is_not_in_it(place: Place, tmp_path: Path) -> None:
    for number in range(450):
        place.phone.outbox.record(Draft(kind="item.counted", code=code(number % 90), place="strasbourg"))
    export(place.phone, tmp_path / "outbox.boucle")
    pushes = [read_push(body) for body in unpack((tmp_path / "outbox.boucle").read_bytes(), BOX)]
    assert [push.unsent for push in pushes] == [250, 50, 0]


def test_the_clock_is_compared_with_the_server_s(place: Place) -> None:
    assert isinstance(place.phone.ticks, SimTicks)
    place.phone.ticks.wrong_ms = 3 * 3_600_000
    synced(place)
    assert abs(place.phone.desk.now_ms() - place.world.now_ms) < 1000


def test_pauses_double_up_to_five_minutes_and_use_their_whole_range() -> None:
    random = Random(3)
    for failures in range(1, 40):
        most = min(1000 * 2 ** (failures - 1), 300_000)
        drawn = [pause_ms(failures, random.randbytes) for _ in range(300)]
        assert 0 <= min(drawn) < most * 0.1
        assert most * 0.9 < max(drawn) <= most


def test_a_held_kind_is_kept_by_the_server_and_to_check_here(place: Place) -> None:
    scan(place.phone, 1)
    ((payload,),) = place.phone.store.db.execute("SELECT payload FROM outbox").fetchall()
    fields = json.loads(payload) | {"kind": "item.polished/1"}
    newer = write(fields)
    place.phone.store.db.execute("UPDATE outbox SET payload = ?, hash = ?", (newer, digest(newer)))
    synced(place)
    assert states(place.phone) == [(Status.HELD, "")]
