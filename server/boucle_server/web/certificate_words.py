"""A certificate and a state label in words, as the page and the file show them; names only to who may read names."""

from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import urlencode

from sqlalchemy.engine import Connection

from boucle.clock import day_of
from boucle.events import Event
from boucle.item import Item, Job
from boucle.reference import Book
from boucle.state_words import state_lines, state_of
from boucle.words import say
from boucle_server import reports, rows
from boucle_server.certificates import SHORT, Certificate, Standing
from boucle_server.tables import PERSON
from boucle_server.web import numbers, qualified
from boucle_server.web.details import coded
from boucle_server.web.figures import Badge
from boucle_server.web.item_page import NAMES
from boucle_server.web.item_words import href_path, moment, printed
from boucle_server.web.label_sheets import base_of
from boucle_server.web.measured import Measure, checklist_version, measures_of, tests_of
from boucle_server.web.part_lines import parts_of
from boucle_server.web.places import CERTIFICATES
from boucle_server.web.state_labels import Size
from boucle_server.web.symbols import symbol
from boucle_server.web.visit import Visit

_DID: Final = {"repaired": "work.repaired", "tested": "work.tested"}
"""The kind of event by which somebody did what a certificate says of them; else the decision itself."""
_SHARES: Final = (5, 2, 3, 2)
"""How the columns of a table share the width of a page: a question, its answer, its limits, its verdict."""
_SHARES_OF_PARTS: Final = (2, 3, 5)
_SHARES_OF_PEOPLE: Final = (2, 2, 3, 7)
KINDS: Final = {
    Standing.VALID: "good",
    Standing.SUPERSEDED: "warn",
    Standing.EXPIRED: "bad",
    Standing.UNKNOWN: "bad",
}


def verify_path(of: Certificate) -> str:
    """Give the public address, without host, at which anybody asks whether a certificate holds."""
    said = urlencode({"n": of.number, "h": of.digest[:SHORT]})
    return f"{href_path(CERTIFICATES.path, of.code)}?{said}"


def standing_badge(of: Standing, lang: str) -> Badge:
    """Say whether a certificate holds."""
    return KINDS[of], say(f"web.certificate_is_{of}", lang)


def document(connection: Connection, visit: Visit, book: Book, of: Certificate) -> dict[str, Any]:
    """Say a certificate."""
    lang, event = visit.lang, of.event
    zone = book.site(event.place, event.teff).zone
    address = f"{base_of(visit.server.settings).url}{verify_path(of)}"
    return {
        "title": say("web.certificate_title", lang),
        "organisation": visit.who.org_name,
        "number": say("web.certificate_n", lang, number=of.number),
        "foot": say("web.certificate_foot", lang, number=of.number, digest=of.digest[:SHORT]),
        "standing": _standing(of, visit, zone),
        "statement": _statement(of, lang),
        "facts": [list(pair) for pair in _facts(of, visit, book, zone)],
        "sections": [
            *_entry(of, visit, book, zone),
            *_tests(of, visit, book),
            _quality(of, visit, book),
            *_parts(of, visit, book),
            _people(connection, of, visit, book),
        ],
        "verify": {
            "heading": say("web.certificate_verify", lang),
            "text": say("web.certificate_verify_text", lang),
            "address": address,
            "digest": say("web.certificate_digest", lang, digest=of.digest),
            "svg": qr_svg(address),
            "alt": say("web.certificate_qr", lang),
        },
    }


def _standing(of: Certificate, visit: Visit, zone: str) -> dict[str, str]:
    """Say since when a certificate no longer holds, and why; nothing of one that does."""
    standing, lang = of.standing(visit.now_ms), visit.lang
    if standing is Standing.VALID:
        return {}
    key, why, since = f"web.certificate_was_{standing}", f"web.certificate_means_{standing}", of.superseded_ms
    if standing is Standing.EXPIRED:
        since = of.valid_until_ms
    elif since is None:
        return {"head": say("web.certificate_was_unfit", lang), "why": say("web.certificate_unfit", lang)}
    return {"head": say(key, lang, day=numbers.day_name(day_of(since, zone), lang)), "why": say(why, lang)}


def _statement(of: Certificate, lang: str) -> str:
    """Say what was done, and no test where none was recorded."""
    tested = "statement" if of.document.get("tests") else "untested"
    return say(f"web.certificate_{tested}", lang, code=printed(of.code))


def _facts(of: Certificate, visit: Visit, book: Book, zone: str) -> list[tuple[str, str]]:
    lang, event = visit.lang, of.event
    until = of.valid_until_ms
    fault = str(of.document.get("fault", ""))
    given = {
        "item": printed(of.code),
        "type": reports.name_of(book, "item_type", of.item.type, event.teff) if of.item.type else "",
        "decided": moment(event.teff, zone, lang),
        "until": numbers.day_name(day_of(until, zone), lang) if until else say("web.certificate_for_ever", lang),
        "place": book.site(event.place, event.teff).name or event.place,
        "order": event.task,
        "opened": moment(int(of.document.get("opened_ms", 0)), zone, lang),
        "fault": coded("fault", fault, lang) if fault else "",
    }
    return [(say(f"web.certificate_{name}", lang), value) for name, value in given.items() if value]


def _section(
    heading: str,
    columns: list[str],
    rows_: list[list[str]],
    *,
    shares: tuple[int, ...] = _SHARES,
    note: str = "",
    none: str = "",
) -> dict[str, Any]:
    widths = shares[: len(columns)]
    return {"heading": heading, "columns": columns, "shares": widths, "rows": rows_, "note": note, "none": none}


def _heads(lang: str) -> list[str]:
    return [say(f"web.{name}", lang) for name in ("measure", "measured", "limits", "verdict")]


def _line(each: Measure) -> list[str]:
    return [each.name, each.value, each.limits, each.verdict[1] if each.verdict else ""]


def _entry(of: Certificate, visit: Visit, book: Book, zone: str) -> list[dict[str, Any]]:
    """Say what was found when the thing came in, and by which list; nothing where no list asked."""
    lang, event = visit.lang, of.entry
    if event is None:
        return []
    heading = say("web.certificate_entry", lang, when=moment(event.teff, zone, lang))
    asked = [_line(each) for each in measures_of(event, book, lang)]
    note = checklist_version(event, book, lang)
    return [_section(heading, _heads(lang), asked, note=note, none=say("web.certificate_no_check", lang))]


def _tests(of: Certificate, visit: Visit, book: Book) -> list[dict[str, Any]]:
    lang = visit.lang
    found = []
    for test in tests_of(of.repair, visit, book):
        heading = f"{say('web.test_of', lang, when=test.when)} – {test.verdict[1]}"
        measured = [_line(each) for each in test.measures]
        none = say("web.certificate_no_measure", lang)
        found.append(_section(heading, _heads(lang), measured, note=test.version, none=none))
    return found or [_section(say("web.tests", lang), _heads(lang), [], none=say("web.no_tests", lang))]


def _quality(of: Certificate, visit: Visit, book: Book) -> dict[str, Any]:
    lang = visit.lang
    asked = [_line(each) for each in measures_of(of.event, book, lang)]
    note = checklist_version(of.event, book, lang)
    return _section(
        say("web.certificate_quality", lang), _heads(lang), asked, note=note, none=say("web.certificate_no_check", lang)
    )


def _parts(of: Certificate, visit: Visit, book: Book) -> list[dict[str, Any]]:
    lang = visit.lang
    listed = [[each.what, each.code, each.more] for each in parts_of(of.repair, visit, book)]
    columns = [say("web.parts", lang), say("web.item", lang), say("web.certificate_what", lang)]
    return [_section(say("web.parts", lang), columns, listed, shares=_SHARES_OF_PARTS)] if listed else []


def _people(connection: Connection, of: Certificate, visit: Visit, book: Book) -> dict[str, Any]:
    lang = visit.lang
    listed: list[Mapping[str, str]] = list(of.document.get("people", []))
    known = {
        row.person: row
        for row in rows.select(
            connection,
            PERSON,
            ("person", "name", "role"),
            org=visit.who.org,
            key="person",
            keys={each["person"] for each in listed},
        )
    }
    by_name = not NAMES.isdisjoint(visit.who.capabilities)
    shown = []
    for each in listed:
        person = known.get(each["person"])
        role = say(f"role.{person.role}", lang) if person else say("web.certificate_person", lang)
        name = person.name if person and by_name else each["person"][:8]
        held = qualified.held_for(book, _act_of(of, each), of.item.type, lang)
        shown.append([say(f"web.certificate_did_{each['did']}", lang), role, name, held])
    columns = [say(f"web.certificate_{name}", lang) for name in ("did", "role", "name", "qualification")]
    if not any(row[-1] for row in shown):  # nobody had to be qualified for anything
        shown, columns = [row[:-1] for row in shown], columns[:-1]
    none = say("web.certificate_nobody", lang)
    heading, note = say("web.certificate_people", lang), say("web.certificate_rule", lang)
    return _section(heading, columns, shown, shares=_SHARES_OF_PEOPLE, note=note, none=none)


def _act_of(of: Certificate, did: Mapping[str, str]) -> Event:
    """Give the last act by which somebody did what the certificate says of them: the decision, or one before it."""
    kind = _DID.get(did["did"], of.event.kind)
    before = [each.event for each in of.repair.told if each.event.order < of.event.order]
    acts = [each for each in before if (each.kind, each.actor) == (kind, did["person"])]
    return acts[-1] if acts else of.event


def qr_svg(text: str) -> str:
    """Draw the QR code of a text as an SVG of its own."""
    drawn = symbol(text)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {drawn.size} {drawn.size}">'
        f'<rect width="{drawn.size}" height="{drawn.size}" fill="#fff"/><path d="{drawn.path}" fill="#000"/></svg>'
    )


def state_label(visit: Visit, book: Book, item: Item, code: str, *, url: str, size: Size) -> dict[str, Any]:
    """Say how a thing of the workshop stands, for a label of a size that hangs on it."""
    lang = visit.lang
    job = item.job if isinstance(item.job, Job) else Job()
    zone = book.site(item.site, visit.now_ms).zone
    until = numbers.day_name(day_of(job.valid_until_ms, zone), lang) if job.valid_until_ms else ""
    return {
        "title": f"{say('web.state_label', lang)} {printed(code)}",
        "organisation": visit.who.org_name,
        "name": reports.name_of(book, "item_type", item.type, visit.now_ms)
        if item.type
        else say("web.unknown_type", lang),
        "code": printed(code),
        "svg": qr_svg(url),
        "width_mm": size.width_mm,
        "height_mm": size.height_mm,
        "state": state_of(item, lang).upper(),
        "lines": state_lines(item, until=until, lang=lang),
        "foot": say("web.state_printed", lang, when=moment(visit.now_ms, zone, lang)),
    }
