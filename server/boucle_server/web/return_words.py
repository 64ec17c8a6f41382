"""Returns in words: their list, the page of one, each line and each numbered product with what it waits for."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from sqlalchemy.engine import Connection

from boucle.lifecycle import OUT, ReturnStage
from boucle.proposing import KIND_OF, propose
from boucle.reference import Book
from boucle.return_counts import COMES, Counts, Return
from boucle.rma import ReturnState
from boucle.roles import may_record
from boucle.words import say
from boucle_server import reports, returns
from boucle_server.returns import Product
from boucle_server.web import numbers
from boucle_server.web.asking import Option
from boucle_server.web.details import coded
from boucle_server.web.figures import Badge
from boucle_server.web.item_words import href_of, href_path, moment, printed
from boucle_server.web.items import valid
from boucle_server.web.places import RETURNS, WORKSHOP
from boucle_server.web.visit import Visit, address

PAGE: Final = 50
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
class Row:
    """One return of the list."""

    rma: str
    href: str
    partner: str
    month: str
    state: Badge
    lines: str
    remaining: str
    asks: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """A page of the list under the filters of an address."""

    rows: tuple[Row, ...]
    every: tuple[Return, ...]
    """All of them, whatever page is shown."""
    first: int
    chosen: Mapping[str, str]
    options: Mapping[str, list[Option]]
    problems: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One type of a return: how many at each stage, and what can be done with those without numbers."""

    type: str
    cells: tuple[str, ...]
    excess: str
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


def listed(connection: Connection, visit: Visit, book: Book) -> Found:
    """Give a page of returns."""
    lang = visit.lang
    partners = [(key, reports.name_of(book, "partner", key, visit.now_ms)) for key in book.keys("partner")]
    options: dict[str, list[Option]] = {
        "state": [
            ("", say("web.all_states", lang)),
            *((each.value, state_badge(each, lang)[1]) for each in ReturnState),
        ],
        "partner": [("", say("web.all_partner", lang)), *sorted(partners, key=lambda one: one[1].casefold())],
    }
    problems: list[str] = []
    chosen = {name: valid(visit, name, options[name], problems) for name in options}
    every = [
        each
        for each in returns.returns(connection, visit.who.org)
        if (not chosen["state"] or each.state == chosen["state"])
        and (not chosen["partner"] or each.partner == chosen["partner"])
    ]
    page = visit.value("page")
    first = (int(page) - 1) * PAGE if page.isdecimal() and 0 < int(page[:6]) == int(page) else 0
    return Found(
        rows=tuple(_row(each, book, visit) for each in every[first : first + PAGE]),
        every=tuple(every),
        first=first,
        chosen=chosen,
        options=options,
        problems=tuple(problems),
    )


def _row(of: Return, book: Book, visit: Visit) -> Row:
    lang = visit.lang
    remaining = sum(each.line.remaining for each in of.counts)
    lines = [_so_many(each.line.requested or each.line.received, each.line.type, book, visit) for each in of.counts]
    return Row(
        rma=return_number(of.rma, lang),
        href=return_href(of.rma),
        partner=reports.name_of(book, "partner", of.partner, visit.now_ms) if of.partner else say("web.without", lang),
        month=numbers.month_name(of.month, lang),
        state=state_badge(of.state, lang),
        lines=", ".join(lines),
        remaining=numbers.number(remaining, 0, lang) if remaining else "",
        asks=say("web.return_asks", lang, n=of.to_answer) if of.to_answer else "",
    )


def _type(of: Counts, book: Book, visit: Visit) -> str:
    return (
        reports.name_of(book, "item_type", of.line.type, visit.now_ms)
        if of.line.type
        else say("web.unknown_type", visit.lang)
    )


def return_page(connection: Connection, visit: Visit, book: Book, of: Return) -> ReturnPage:
    """Gather the page of a return."""
    org, lang = visit.who.org, visit.lang
    said = returns.events_of(connection, org, of, visit.who.zone)
    numbered = returns.products(connection, org, of.rma)
    reasons = [event.text("reason") for event in said if event.text("reason")]
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
                _so_many(event.qty, event.item_type, book, visit),
            )
            for event in said
        ),
    )


def _so_many(n: int, type_key: str, book: Book, visit: Visit) -> str:
    name = reports.name_of(book, "item_type", type_key, visit.now_ms) if type_key else ""
    return f"{numbers.number(n, 0, visit.lang)} × {name or say('web.unknown_type', visit.lang)}"


def _acts(of: Return, numbered: list[Product], visit: Visit) -> list[tuple[str, str]]:
    asked = any(each.item.return_stage == ReturnStage.REQUESTED for each in numbered)
    comes = any(each.item.return_stage in COMES for each in numbered) or any(each.line.remaining for each in of.counts)
    offered = {
        "autoriser": ("return.authorised", asked or of.to_answer > 0),
        "refuser": ("return.refused", comes),
        "recevoir": ("item.received", comes),
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
        reason=of.back.reason,
        acts=tuple(_next(of, back, visit)),
    )


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
    if stage == ReturnStage.GRADED and may_record(held, "item.disposition_decided"):
        found.append((act_words("affecter", lang), act_href("affecter", back.rma, objet=of.code)))
    if stage == ReturnStage.DISPOSED_TO and of.item.stage not in OUT:
        found += _carried_out(of, back, visit)
    if stage == ReturnStage.IN_TREATMENT:
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


def proposal(grade: str, type_key: str, book: Book, visit: Visit) -> str:
    """Give what the rule proposes, `""` for nothing."""
    return str(propose(grade, book.item_type(type_key, visit.now_ms)) or "")
