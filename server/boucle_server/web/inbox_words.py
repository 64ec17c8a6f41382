"""Cases in words: what happened, about what, what to do, and where the one main action of each is."""

from dataclasses import dataclass
from typing import Final
from urllib.parse import quote

from boucle.lifecycle import Stage
from boucle.words import knows, say
from boucle.words.numerals import signed
from boucle_server import reports
from boucle_server.api.reasons import kind_text, status_text, why
from boucle_server.projections import SqlStore
from boucle_server.web import inbox_devices, inbox_differences, inbox_held, inbox_month, inbox_work, numbers
from boucle_server.web.inbox_case import Asker, Case, Heap
from boucle_server.web.inbox_stock import DRIFT_MONTHS
from boucle_server.web.item_words import href_of, moment, printed
from boucle_server.web.places import DEVICES, INBOX, PARTNERS
from boucle_server.web.return_words import return_href, return_number

_KINDS: Final = {
    Heap.UNKNOWN: "warn",
    Heap.CONTRADICTION: "bad",
    Heap.REPORTED: "info",
    Heap.ASIDE: "bad",
    Heap.OVERDUE: "warn",
    Heap.LOST: "bad",
    Heap.HELD: "warn",
    Heap.COUNT: "warn",
    Heap.DIFFERENCE: "warn",
    Heap.DRIFT: "warn",
    Heap.GAP: "warn",
    Heap.UNSENT: "info",
    Heap.PHOTO: "info",
    Heap.LATE: "info",
    Heap.MONTH: "info",
    Heap.ROUND: "warn",
    Heap.RETURN_ASKED: "info",
    Heap.RETURN_RECEIVED: "info",
    Heap.RETURN_GRADED: "info",
    Heap.RETURN_VALUED: "warn",
    Heap.REPAIR_LATE: "bad",
    Heap.REPAIR_CHECK: "info",
    Heap.REPAIR_END: "warn",
    Heap.QUALIFICATION: "warn",
}


_OF_RETURN: Final = ("return.", "item.graded", "item.disposition_")
"""How the kinds of events begin that name a return."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """A case as a page shows it: sentences and addresses."""

    kind: str
    what: str
    about: str
    href: str
    more: str
    when: str
    todo: str
    act: str
    act_href: str
    words: str = ""
    """What a stranger typed, as it came."""
    raw: str = ""
    """A kind of event that this version does not know, as it came."""
    label: str = "web.item"
    """The key of the word for what it is about."""
    also: tuple[tuple[str, str], ...] = ()
    """What else waits about the same device or stop, each with the address of its own page."""


def heap_name(heap: Heap, lang: str) -> str:
    """Give the name of a heap."""
    return say(f"web.inbox_{heap}", lang)


def case_href(case: Case) -> str:
    """Give the address of a case's own page."""
    return f"{INBOX.path}/{case.heap}/{quote(case.key, safe='')}"


def told(asker: Asker, case: Case, lang: str) -> Told:
    """Say a case."""
    book, now_ms = asker.book, asker.now_ms

    def name(table: str, key: str) -> str:
        return reports.name_of(book, table, key, now_ms)

    about = printed(case.code) if case.code else ""
    shown = Told(
        kind=_KINDS[case.heap],
        what="",
        about=about,
        href=href_of(case.code) if case.code else "",
        more=name("item_type", case.type) if case.type else "",
        when="" if case.at_ms is None else moment(case.at_ms, asker.zone, lang),
        todo="",
        act=say(f"web.inbox_act_{case.heap}", lang),
        act_href=case_href(case),
    )
    return _with(shown, **_particular(asker, case, lang, partner=name("partner", case.partner)))


def _with(shown: Told, **other: str) -> Told:
    values = {field: getattr(shown, field) for field in Told.__dataclass_fields__}
    return Told(**(values | other))


def _particular(asker: Asker, case: Case, lang: str, *, partner: str) -> dict[str, str]:
    """Give what is said of this kind of case."""
    match case.heap:
        case Heap.UNKNOWN | Heap.CONTRADICTION:
            what = _capital(say(f"reason.{case.reason}", lang))
            return {"what": what, "todo": say(f"todo.{case.reason}", lang), **_of_quantity(asker, case, lang)}
        case Heap.REPORTED:
            what = say(f"web.reported_{case.reason}", lang)
            return {"what": what, "todo": say("web.inbox_todo_reported", lang), "words": case.words}
        case Heap.ASIDE:
            because = why(case.reason, lang)
            kind = case.name.partition("/")[0]
            raw = kind if kind and not knows(f"kind.{kind}") else ""
            unnamed = say("web.inbox_kind_unknown" if raw else "web.inbox_bytes", lang)
            what = unnamed if raw or not kind else kind_text(kind, lang)
            device = device_name(asker, case.dev)
            of_bytes = say("web.inbox_bytes_of", lang, n=case.n, hash=case.key[:12], begins=case.begins)
            return {
                **({} if case.code else {"about": of_bytes if case.begins else case.key[:12]}),
                "what": _capital(what),
                "raw": raw,
                "todo": because.text if because else status_text(case.status, lang),
                "more": say("web.inbox_from_device", lang, device=device),
                "act": say(f"web.inbox_act_{'held' if case.status == 'held' else 'aside'}", lang),
            }
        case Heap.OVERDUE | Heap.LOST:
            day = numbers.day_name(case.day, lang)
            on_the_way = case.status in (Stage.INBOUND, Stage.OUTBOUND)
            way = f"{case.heap}_{case.status}" if on_the_way else str(case.heap)
            return {
                "what": say(f"web.inbox_what_{way}", lang, day=day, partner=partner or say("web.without", lang)),
                "todo": say(f"web.inbox_todo_{way}", lang),
                "when": say("web.inbox_left", lang, day=moment(case.at_ms, asker.zone, lang)) if case.at_ms else "",
            }
        case Heap.HELD:
            return inbox_held.told(case, lang, since=moment(case.at_ms or 0, asker.zone, lang))
        case Heap.COUNT:
            site = reports.name_of(asker.book, "site", case.name, asker.now_ms)
            difference = signed(case.n - case.before, lang)
            said = {"site": site, "n": case.n, "before": case.before, "difference": difference}
            return {"what": say("web.inbox_what_count", lang, **said), "todo": say("web.inbox_todo_count", lang)}
        case Heap.DRIFT:
            said = {"partner": partner, "n": case.n, "before": case.before, "months": DRIFT_MONTHS - 1}
            where = f"{PARTNERS.path}/{quote(case.partner, safe='')}"
            return {
                "what": say("web.inbox_what_drift", lang, **said),
                "todo": say("web.inbox_todo_drift", lang),
                "about": partner,
                "href": where,
                "label": "web.filter_partner",
            }
        case Heap.DIFFERENCE:
            return inbox_differences.told(asker, case, lang)
        case Heap.PHOTO if case.reason == inbox_devices.STOP:
            return inbox_devices.stop_told(asker, case, lang)
        case Heap.GAP | Heap.UNSENT | Heap.PHOTO:
            device = case.name or device_name(asker, case.dev)
            return {
                "what": say(f"web.inbox_what_{case.heap}", lang, device=device, n=case.n),
                "todo": say(f"web.inbox_todo_{case.heap}", lang),
                "about": device,
                "href": f"{DEVICES.path}#{case.dev}",
                "label": "web.fact_device",
            }
        case Heap.LATE | Heap.MONTH:
            return inbox_month.told(asker, case, lang)
        case _:
            return inbox_work.told(case.heap, case, lang, partner=partner)


def _of_quantity(asker: Asker, case: Case, lang: str) -> dict[str, str]:
    """Say of what a contradiction about a quantity speaks: how many of which type, and which return."""
    if not case.item.startswith("qty:"):
        return {}
    event = next(iter(SqlStore(asker.connection, asker.org).events([case.event])), None)
    if event is None:
        return {}
    name = reports.name_of(asker.book, "item_type", event.item_type, asker.now_ms)
    rma = (event.against or event.task) if event.kind.startswith(_OF_RETURN) else ""
    many = f"{event.qty} × {name}"
    return (
        {"about": return_number(rma, lang), "href": return_href(rma), "more": many, "label": "web.fact_return"}
        if rma
        else {"about": many}
    )


def device_name(asker: Asker, dev: str) -> str:
    """Give the name of a device, else its id."""
    return asker.devices.get(dev, dev)


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
