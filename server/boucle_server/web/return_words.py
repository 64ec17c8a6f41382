"""Returns in words: their list, the page of one, each line and each numbered product with what it waits for."""

import re
from dataclasses import dataclass
from typing import Final

from sqlalchemy.engine import Connection

from boucle.events import Event
from boucle.lifecycle import OUT, Disposition, ReturnStage
from boucle.proposing import KIND_OF
from boucle.reference import Book
from boucle.return_counts import COMES, Counts, Return
from boucle.return_rules import deadline
from boucle.returning import NOT_SENT
from boucle.rma import ReturnState
from boucle.roles import may_record
from boucle.words import say
from boucle_server import reports, returns
from boucle_server.returns import Product, Said
from boucle_server.web import numbers
from boucle_server.web.details import coded
from boucle_server.web.figures import Badge
from boucle_server.web.item_words import href_of, href_path, moment, printed
from boucle_server.web.places import RETURNS, WORKSHOP
from boucle_server.web.return_lateness import Late, late_of
from boucle_server.web.typed import today
from boucle_server.web.visit import Visit, address

_KINDS: Final = {
    ReturnState.OPEN: "info",
    ReturnState.PARTLY_RECEIVED: "warn",
    ReturnState.RECEIVED: "warn",
    ReturnState.PROCESSING: "info",
    ReturnState.CLOSED: "good",
    ReturnState.CANCELLED: "plain",
}
_EVENT_ID: Final = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_END: Final = 6
_BY_REPAIR: Final = frozenset({"repair", "refurbish"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One type of a return: how many at each stage, and what can be done with those without numbers."""

    type: str
    cells: tuple[str, ...]
    excess: str
    expired: str
    acts: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """One numbered product of a return: where it stands, from whom it comes, what comes next."""

    code: str
    href: str
    type: str
    stage: Badge
    grade: str
    decided: str
    origin: str
    warns: str
    notes: tuple[str, ...]
    """The last day to send it back, the supplier's own number, what waits for a manager."""
    expired: bool
    reason: str
    acts: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ReturnPage:
    """All that the page of a return shows."""

    rma: str
    number: str
    partner: str
    state: Badge
    reasons: tuple[str, ...]
    lines: tuple[Line, ...]
    products: tuple[Shown, ...]
    acts: tuple[tuple[str, str], ...]
    told: tuple[tuple[str, str, str], ...]
    until: str
    expired: str
    waits: tuple[tuple[str, str, str], ...]
    """Decisions about quantities that wait for a manager: what, why, and where it is answered."""


def return_number(rma: str, lang: str) -> str:
    """Give the number of a return; what came unannounced has the long id of its event, of which people need the end."""
    return say("web.return_unannounced", lang, end=rma[-_END:].upper()) if _EVENT_ID.fullmatch(rma) else rma


def return_href(rma: str) -> str:
    """Give the address of a return's page."""
    return href_path(f"{RETURNS.path}/dossier", rma)


def act_href(act: str, rma: str, **about: str) -> str:
    """Give the address of something that can be done about a return."""
    return href_path(f"{RETURNS.path}/acte/{act}", rma) + (f"?{address('', about.items())[1:]}" if about else "")


def act_words(act: str, lang: str) -> str:
    """Give the words of what can be done about a return."""
    return say(f"web.return_act_{act.replace('-', '_')}", lang)


def state_badge(state: ReturnState, lang: str) -> Badge:
    """Give the state of a return with its sign."""
    return _KINDS[state], say(f"web.return_state_{state}", lang)


def _type(of: Counts, book: Book, visit: Visit) -> str:
    return (
        reports.name_of(book, "item_type", of.line.type, visit.now_ms)
        if of.line.type
        else say("web.unknown_type", visit.lang)
    )


def return_page(connection: Connection, visit: Visit, book: Book, of: Return) -> ReturnPage:
    """Gather the page of a return."""
    org, lang = visit.who.org, visit.lang
    said = returns.said_of(connection, org, of, visit.who.zone, book)
    types = {event.item_type for event in said.events if event.kind == "item.received"}
    handed = returns.handed_over(connection, org, of, visit.who.zone, book, types=types)
    late = late_of(said.events, handed, book)
    numbered = returns.products(connection, org, of.rma)
    reasons = [event.text("reason") for event in said.events if event.text("reason")]
    reasons += [each.back.reason for each in numbered if each.back.reason]
    return ReturnPage(
        rma=of.rma,
        number=return_number(of.rma, lang),
        partner=reports.name_of(book, "partner", of.partner, visit.now_ms) if of.partner else "",
        state=state_badge(of.state, lang),
        reasons=tuple(dict.fromkeys(reasons)),
        lines=tuple(_line(each, of, book, visit) for each in of.counts),
        products=tuple(_product(each, of, book, visit) for each in numbered),
        acts=tuple(_acts(of, numbered, visit)),
        told=tuple(
            (
                moment(event.teff, visit.who.zone, lang),
                say(f"kind.{event.kind}", lang),
                " · ".join(
                    (so_many(event.qty, event.item_type, book, visit), *_said(event, said, late.get(event.id), visit))
                ),
            )
            for event in said.events
        ),
        until=numbers.day_name(of.until, lang) if of.until else "",
        expired=say("web.return_expired_n", lang, n=of.expired) if of.expired else "",
        waits=tuple(_waiting(each, of, book, visit) for each in said.settled.waits),
    )


def _waiting(event: Event, of: Return, book: Book, visit: Visit) -> tuple[str, str, str]:
    """Say a decision about a quantity that waits for a manager, and where it is answered by who may."""
    lang, chosen = visit.lang, coded("disposition", event.text("disposition"), visit.lang)
    many = so_many(event.qty, event.item_type, book, visit)
    may = may_record(visit.who.capabilities, "item.disposition_confirmed")
    href = act_href("confirmer", of.rma, type=event.item_type, decision=event.id) if may else ""
    return say("web.return_waits_n", lang, many=many, what=chosen), event.text("reason"), href


def so_many(n: int, type_key: str, book: Book, visit: Visit) -> str:
    """Say how many of a type."""
    name = reports.name_of(book, "item_type", type_key, visit.now_ms) if type_key else ""
    return f"{numbers.number(n, 0, visit.lang)} × {name or say('web.unknown_type', visit.lang)}"


def _acts(of: Return, numbered: list[Product], visit: Visit) -> list[tuple[str, str]]:
    asked = any(each.item.return_stage == ReturnStage.REQUESTED for each in numbered)
    comes = any(each.item.return_stage in COMES for each in numbered) or any(each.line.coming for each in of.counts)
    sent = any(each.item.return_stage == ReturnStage.AUTHORISED for each in numbered) or bool(of.loose_until)
    offered = {
        "autoriser": ("return.authorised", asked or of.to_answer > 0),
        "recevoir": ("item.received", comes),
        "prolonger": ("return.authorised", sent),
        "refuser": ("return.refused", comes),
        "abandonner": ("return.cancelled", comes),
    }
    held = visit.who.capabilities
    return [
        (act_words(act, visit.lang), act_href(act, of.rma))
        for act, (kind, fits) in offered.items()
        if fits and may_record(held, kind)
    ]


def _line(of: Counts, back: Return, book: Book, visit: Visit) -> Line:
    line, lang, held = of.line, visit.lang, visit.who.capabilities
    kind = book.item_type(line.type, visit.now_ms)
    asks = {
        "classer": ("item.graded", of.to_grade),
        "affecter": ("item.disposition_decided", of.to_decide),
        "executer": ("item.treated", of.to_do),
        "fournisseur": ("item.delivered", of.at_supplier),
    }
    loose = not (kind.known and kind.serialised)
    acts = [
        (say("web.return_act_n", lang, what=act_words(act, lang), n=n), act_href(act, back.rma, type=line.type))
        for act, (event, n) in asks.items()
        if n and loose and (may_record(held, event) or (act == "executer" and may_record(held, "item.shipped")))
    ]
    return Line(
        type=_type(of, book, visit),
        cells=tuple(
            numbers.number(n, 0, lang)
            for n in (
                line.requested,
                line.refused + line.cancelled,
                line.received,
                line.remaining,
                line.graded,
                line.closed,
            )
        ),
        excess=say("web.return_excess_n", lang, n=line.excess) if line.excess else "",
        expired=say("web.return_expired_n", lang, n=line.expired) if line.expired else "",
        acts=tuple(acts),
    )


def _product(of: Product, back: Return, book: Book, visit: Visit) -> Shown:
    item, lang = of.item, visit.lang
    stage = item.return_stage
    partner, origin = of.back.partner, of.back.origin
    kinds = {ReturnStage.CLOSED: "good", ReturnStage.REFUSED: "bad", ReturnStage.CANCELLED: "plain"}
    return Shown(
        code=printed(of.code),
        href=href_of(of.code),
        type=reports.name_of(book, "item_type", item.type, visit.now_ms)
        if item.type
        else say("web.unknown_type", lang),
        stage=(
            kinds.get(ReturnStage(stage), "info") if stage else "plain",
            say(f"state.return.{stage}", lang) if stage else "",
        ),
        grade=item.grade,
        decided=coded("disposition", of.back.disposition, lang),
        origin=reports.name_of(book, "partner", origin, visit.now_ms) if origin else "",
        warns=_warns(of, partner, origin, book, visit),
        notes=tuple(_notes(of, visit)),
        expired=_is_expired(of, visit),
        reason=of.back.reason,
        acts=tuple(_next(of, back, visit)),
    )


def _said(event: Event, said: Said, late: Late | None, visit: Visit) -> list[str]:
    """Give what an event about a quantity says beside how many: until when, to become what, under which number."""
    lang = visit.lang
    found = [("disposition", event.text("disposition")), ("supplier_ref", event.text("supplier_ref"))]
    told = [coded(name, text, lang) for name, text in found if text]
    if event.id in said.settled.late:
        told.append(say("web.return_no_effect", lang, why=say(f"reason.{said.settled.late[event.id]}", lang)))
    until = deadline(event.text("until"))
    if until:
        told.append(say("web.return_until_day", lang, day=numbers.day_name(until, lang)))
    if late is not None:
        key = "web.return_late" if late.n == event.qty else "web.return_late_some"
        told.append(say(key, lang, n=late.n, day=numbers.day_name(late.last, lang)))
    return told


def _is_expired(of: Product, visit: Visit) -> bool:
    return of.item.return_stage in NOT_SENT and "" < of.back.until < today(visit)


def _notes(of: Product, visit: Visit) -> list[str]:
    """Say until when it may come or that it came too late, what waits for a manager, the supplier's own number."""
    lang, back, found = visit.lang, of.back, []
    if back.until and of.item.return_stage in COMES:
        found.append(say("web.return_until_day", lang, day=numbers.day_name(back.until, lang)))
    elif back.late:
        found.append(say("web.return_late", lang, day=numbers.day_name(back.until, lang)))
    if back.asked:
        found.append(say("web.return_waits", lang, what=coded("disposition", back.asked, lang)))
    if back.supplier_ref:
        found.append(say("web.return_supplier_number", lang, number=back.supplier_ref))
    return found


def _warns(of: Product, partner: str, origin: str, book: Book, visit: Visit) -> str:
    """Say where who returns it is not the one to whom it was last sent."""
    if not of.back.received_ms:
        return ""
    if not origin:
        return say("web.return_no_origin", visit.lang)
    if partner and partner != origin:
        names = [reports.name_of(book, "partner", key, visit.now_ms) for key in (origin, partner)]
        return say("web.return_other_origin", visit.lang, origin=names[0], partner=names[1])
    return ""


def _next(of: Product, back: Return, visit: Visit) -> list[tuple[str, str]]:
    held, stage, lang = visit.who.capabilities, of.item.return_stage, visit.lang
    found: list[tuple[str, str]] = []
    if (
        stage in (ReturnStage.RECEIVED, ReturnStage.GRADED)
        and may_record(held, "item.graded")
        and stage == ReturnStage.RECEIVED
    ):
        found.append((act_words("classer", lang), act_href("classer", back.rma, objet=of.code)))
    if stage == ReturnStage.GRADED and of.back.asked and may_record(held, "item.disposition_confirmed"):
        found.append((act_words("confirmer", lang), act_href("confirmer", back.rma, objet=of.code)))
    elif stage == ReturnStage.GRADED and may_record(held, "item.disposition_decided"):
        found.append((act_words("affecter", lang), act_href("affecter", back.rma, objet=of.code)))
    if stage == ReturnStage.DISPOSED_TO and of.item.stage not in OUT:
        found += _carried_out(of, back, visit)
    if stage == ReturnStage.IN_TREATMENT and of.back.disposition == Disposition.SUPPLIER:
        if may_record(held, "item.delivered"):
            found.append((act_words("fournisseur", lang), act_href("fournisseur", back.rma, objet=of.code)))
    elif stage == ReturnStage.IN_TREATMENT:
        found.append((say("web.return_see_repair", lang), href_path(f"{WORKSHOP.path}/fiche", of.code)))
    return found


def _carried_out(of: Product, back: Return, visit: Visit) -> list[tuple[str, str]]:
    """Give what carries out a decision: a repair, a harvest, or the form of this return."""
    held, chosen, lang = visit.who.capabilities, of.back.disposition, visit.lang
    words = say("web.return_do", lang, what=coded("disposition", chosen, lang))
    if chosen in _BY_REPAIR:
        href = f"{WORKSHOP.path}/ouvrir?{address('', {'code': of.code}.items())[1:]}"
        return [(words, href)] if may_record(held, "work.opened") else []
    if chosen == "harvest":
        href = href_path(f"{WORKSHOP.path}/etape/demonter", of.code)
        return [(words, href)] if may_record(held, "work.harvested") else []
    kind = KIND_OF.get(chosen, "item.moved")
    return [(words, act_href("executer", back.rma, objet=of.code))] if may_record(held, kind) else []
