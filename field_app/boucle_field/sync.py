"""A round of sync: the server's time, then everything up, then everything down, then the witness's question.

An engine without I/O of its own: it yields requests and pauses and is sent responses, so that a simulation runs
thousands of schedules a minute with the code that a phone runs. It keeps its progress in the store after each
answer; a round that ends anywhere loses nothing, and the next one goes on.
"""

from boucle.anchor import Sample, sample_of
from boucle.version import VERSION, version_numbers
from boucle_field import kept_lines, photos, photos_in_hand, settle, stop_events, timekeeper
from boucle_field.asking import NO_ANSWER, Engine, Request
from boucle_field.pages import Page
from boucle_field.phone import Phone
from boucle_field.photo_sending import send_photos
from boucle_field.pushing import NOT_LET_IN, End, Report, StopRoundError, push_all
from boucle_field.store import put
from boucle_field.witness import Verdict, witness

TIME_QUESTIONS = 5
"""The answer of the shortest round trip tells the time best; five are enough for one good one."""
PAGE = 500
_ALARMS = {
    Verdict.FORK: "phone.alarm.fork",
    Verdict.ROLLED_BACK: "phone.alarm.rolled_back",
    Verdict.RESTORED: "phone.alarm.restored",
}


def sync(phone: Phone, *, with_photos: bool = True) -> Engine[Report]:
    """Run one round and give its report; nothing it meets is an exception but a failing store or a bug.

    Photos go last, so that they hold up no event; without them where the line is dear.
    """
    report = Report()
    try:
        now_ms = yield from _ask_the_time(phone)
        phone.outbox.stamp(timekeeper.samples(phone.store), now_ms)
        yield from push_all(phone, report)
        verdict = yield from _witnessed(phone, report)
        if report.restored or verdict in (Verdict.RESTORED, Verdict.ROLLED_BACK):
            yield from _refill(phone, report)
        yield from _pull(phone, report)
        _close(phone, now_ms)
        report.photos_left = photos.missing(phone.store)
        if with_photos:
            yield from send_photos(phone, report)
    except StopRoundError as stop:
        report.end = stop.end
        if stop.end is End.NOT_OURS:
            report.old_server = yield from _old_version()
    return report


def _old_version() -> Engine[str]:
    """Ask whoever answers strangely for a version: one older than ours is an old server of ours, else `""`."""
    response = yield Request(method="GET", path="/health/live")
    told = response.json() or {}
    version = str(told.get("version") or "") if told.get("status") == "ok" else ""
    numbers = version_numbers(version)
    return version if numbers and numbers < version_numbers(VERSION) else ""


def _ask_the_time(phone: Phone) -> Engine[int]:
    """Ask the server's time five times and keep the best answer; give the server's time now."""
    fresh: list[Sample] = []
    for _ in range(TIME_QUESTIONS):
        before = phone.ticks.reading()
        response = yield Request(method="GET", path="/v1/time")
        after = phone.ticks.reading()
        server_ms = (response.json() or {}).get("server_ms")
        if response.failed and not fresh:
            raise StopRoundError(End.UNREACHABLE if response.status == NO_ANSWER else End.FAILING)
        if isinstance(server_ms, int) and not isinstance(server_ms, bool) and before.boot == after.boot:
            fresh.append(
                sample_of(after.boot, sent_mono_ms=before.mono_ms, received_mono_ms=after.mono_ms, server_ms=server_ms)
            )
    if not fresh:
        raise StopRoundError(End.NOT_OURS)
    now = phone.ticks.reading()
    return timekeeper.server_ms(now, timekeeper.keep(phone.store, fresh, now.boot))


def _witnessed(phone: Phone, report: Report) -> Engine[Verdict]:
    verdict = yield from witness(phone, report.head)
    if verdict in _ALARMS:
        report.alarms.add(_ALARMS[verdict])
    return verdict


def _refill(phone: Phone, report: Report) -> Engine[None]:
    """Give a restored server everything that this phone still holds; its receipts settle at once what it has."""
    settle.doubt_all(phone.store)
    photos.doubt_all(phone.store)
    phone.mirror.begin_afresh()
    sent, to_check = report.sent, report.to_check
    yield from push_all(phone, report)
    report.again += report.sent - sent + report.to_check - to_check
    report.sent, report.to_check = sent, to_check
    yield from _witnessed(phone, report)


def _pull(phone: Phone, report: Report) -> Engine[None]:
    """Take the server's changes in, page by page, each with its cursor in one transaction."""
    upto, before = phone.outbox.end(), settle.decisions(phone.store)
    more = True
    while more:
        cursor = phone.mirror.cursor
        response = yield Request(method="GET", path="/v1/sync/pull", query={"cursor": cursor, "limit": str(PAGE)})
        if response.failed:
            raise StopRoundError(End.UNREACHABLE if response.status == NO_ANSWER else End.FAILING)
        if response.status in NOT_LET_IN:
            raise StopRoundError(End.CUT_OFF)
        page = Page.read(response.json())
        if page is None or (page.more and page.next <= int(cursor) and not page.reset):
            raise StopRoundError(End.NOT_OURS)
        phone.mirror.apply(page, upto=upto)
        report.pulled += len(page.rows)
        more = page.more
    phone.mirror.settled(upto)
    now = settle.decisions(phone.store)
    report.admitted = max(0, now.admitted - before.admitted)
    report.dismissed = max(0, now.dismissed - before.dismissed)


def _close(phone: Phone, now_ms: int) -> None:
    phone.outbox.prune(now_ms)
    photos.prune(phone.store, now_ms)
    photos_in_hand.prune(phone.store, now_ms)
    kept_lines.prune(phone, now_ms)
    settle.forget_receipts(phone.store)
    stop_events.forget(phone.store, now_ms)
    with phone.store.writing() as db:
        put(db, "last_ok_sync", str(now_ms))
