"""What can be done about a return: what each act asks, and the events that the answers make."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from boucle.codes import Label, read_label
from boucle.grades import CRITERIA, Grade
from boucle.lifecycle import Disposition, ReturnStage
from boucle.proposing import KIND_OF
from boucle.reference import Book
from boucle.return_counts import COMES, Counts, Return
from boucle.words import say
from boucle_server import reports
from boucle_server.imports import cells
from boucle_server.returns import Product
from boucle_server.server_device import Draft
from boucle_server.web.asking import Option
from boucle_server.web.forms import Fields
from boucle_server.web.inputs import Input, choice
from boucle_server.web.item_words import printed
from boucle_server.web.return_words import proposal
from boucle_server.web.typed import Answers
from boucle_server.web.visit import LONGEST_SHOWN, Visit
from boucle_server.web.work_bench import treatments

MOST_CODES: Final = 200
ROWS: Final = 5
ACTS: Final[Mapping[str, str]] = {
    "autoriser": "return.authorised",
    "refuser": "return.refused",
    "abandonner": "return.cancelled",
    "recevoir": "item.received",
    "classer": "item.graded",
    "affecter": "item.disposition_decided",
    "executer": "item.moved",
}
"""Every act with the kind of event that it records; what is carried out depends on what was decided."""
_ANSWERS: Final = ("autoriser", "refuser", "abandonner")


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """What an act is about: who asks, the return, and the one product or line where there is one."""

    visit: Visit
    book: Book
    back: Return
    numbered: tuple[Product, ...]
    product: Product | None = None
    line: Counts | None = None

    @property
    def lang(self) -> str:
        """The language of the page."""
        return self.visit.lang

    @property
    def decided(self) -> str:
        """What was decided about the product; of a line each quantity may be decided otherwise."""
        return self.product.back.disposition if self.product else ""

    @property
    def place(self) -> str:
        """Where the product stands."""
        return self.product.item.site if self.product else ""

    def sites(self, *, ours: bool) -> list[Option]:
        """Give our sites, or those of partners."""
        known = self.book.keys("site")
        wanted = [key for key in known if bool(self.book.site(key, self.visit.now_ms).partner) is not ours]
        named = [(key, reports.name_of(self.book, "site", key, self.visit.now_ms)) for key in wanted]
        return sorted(named, key=lambda one: one[1].casefold())

    def senders(self) -> list[Option]:
        """Give the sites from which it may come, those of its partner first."""
        sites = self.sites(ours=False)
        mine = [each for each in sites if self.book.site(each[0], self.visit.now_ms).partner == self.back.partner]
        return [*mine, *(each for each in sites if each not in mine)]


def type_name(desk: Desk, key: str) -> str:
    """Give the name of a type."""
    return reports.name_of(desk.book, "item_type", key, desk.visit.now_ms)


# What is asked


def inputs(act: str, desk: Desk) -> list[Input]:
    """Give the fields of an act."""
    if act in _ANSWERS:
        return _answered(act, desk)
    return {"recevoir": _received, "classer": _graded, "affecter": _decided, "executer": _carried}[act](desk)


def _answered(act: str, desk: Desk) -> list[Input]:
    lang = desk.lang
    found = []
    for each in desk.back.counts:
        most = each.to_answer if act == "autoriser" else each.line.remaining
        waiting = [one for one in desk.numbered if one.item.type == each.line.type and one.item.return_stage in COMES]
        loose = max(0, most - len(waiting))
        if loose:
            label = say("web.return_how_many", lang, type=type_name(desk, each.line.type), most=loose)
            value = str(loose) if act != "refuser" else ""
            found.append(Input(name=f"n.{each.line.type}", label=label, kind="number", value=value))
    for one in desk.numbered:
        if one.item.return_stage in (COMES if act != "autoriser" else {ReturnStage.REQUESTED}):
            words = f"{printed(one.code)} · {type_name(desk, one.item.type)}"
            found.append(Input(name=f"c.{one.code}", label=words, kind="check", value="1" if act != "refuser" else ""))
    if act != "autoriser":
        found.append(Input(name="reason", label=say("web.work_reason", lang), required=act == "refuser"))
    return found


def _received(desk: Desk) -> list[Input]:
    lang = desk.lang
    found = [
        choice("site", say("web.return_at", lang), desk.sites(ours=True), required=True),
        choice("from", say("web.return_from", lang), desk.senders(), value=_sender(desk)),
        Input(name="codes", label=say("web.return_codes", lang), kind="long", help=say("web.return_codes_help", lang)),
    ]
    for each in desk.back.counts:
        kind = desk.book.item_type(each.line.type, desk.visit.now_ms)
        if not (kind.known and kind.serialised):
            label = say("web.return_how_many", lang, type=type_name(desk, each.line.type), most=each.line.remaining)
            found.append(Input(name=f"n.{each.line.type}", label=label, kind="number"))
    return found


def _sender(desk: Desk) -> str:
    mine = [key for key, _ in desk.senders() if desk.book.site(key, desk.visit.now_ms).partner == desk.back.partner]
    return mine[0] if desk.back.partner and mine else ""


def grades(lang: str) -> list[Option]:
    """Give the grades with their criteria."""
    return [
        (each.value, say("web.grade_with", lang, grade=each.value, means=say(f"grade.{each}_means", lang)))
        for each in Grade
    ]


def dispositions(lang: str) -> list[Option]:
    """Give what may become of a product."""
    return [(each.value, say(f"disposition.{each}", lang)) for each in Disposition]


def _how_many(desk: Desk, most: int) -> list[Input]:
    if desk.line is None:
        return []
    label = say("web.return_how_many", desk.lang, type=type_name(desk, desk.line.line.type), most=most)
    site = choice("site", say("web.return_at", desk.lang), desk.sites(ours=True), required=True)
    return [Input(name="n", label=label, kind="number", value=str(most), required=True), site]


def _graded(desk: Desk) -> list[Input]:
    most = desk.line.to_grade if desk.line else 0
    helping = say("web.return_criteria", desk.lang, version=CRITERIA)
    return [
        *_how_many(desk, most),
        choice("grade", say("web.work_grade", desk.lang), grades(desk.lang), required=True, help=helping),
    ]


def _decided(desk: Desk) -> list[Input]:
    lang = desk.lang
    found = _how_many(desk, desk.line.to_decide if desk.line else 0)
    if desk.line is not None:
        found.append(choice("grade", say("web.return_grade_was", lang), grades(lang)))
    proposed = proposed_for(desk)
    helping = say("web.return_proposed", lang, what=say(f"disposition.{proposed}", lang)) if proposed else ""
    label = say("web.return_becomes", lang)
    found.append(choice("disposition", label, dispositions(lang), value=proposed, required=True, help=helping))
    return [*found, Input(name="reason", label=say("web.return_why", lang), help=say("web.return_why_help", lang))]


def proposed_for(desk: Desk, grade: str = "") -> str:
    """Give what the rule proposes for the product, or for a line of that grade."""
    if desk.product is not None:
        return proposal(desk.product.item.grade, desk.product.item.type, desk.book, desk.visit)
    return proposal(grade, desk.line.line.type, desk.book, desk.visit) if desk.line and grade else ""


def _carried(desk: Desk) -> list[Input]:
    lang = desk.lang
    found = _how_many(desk, desk.line.to_do if desk.line else 0)
    chosen = desk.decided
    if desk.line is not None:
        offered = [each for each in dispositions(lang) if each[0] in KIND_OF]
        found.append(choice("disposition", say("web.return_becomes", lang), offered, required=True))
    kinds = {KIND_OF.get(chosen, "item.moved")} if desk.product else set(KIND_OF.values())
    if "item.moved" in kinds:
        found.append(Input(name="zone", label=say("web.work_zone", lang), required=desk.product is not None))
    if "item.shipped" in kinds:
        found.append(
            choice("to", say("web.return_to", lang), desk.sites(ours=False), required=desk.product is not None)
        )
    if "item.treated" in kinds:
        found += [
            choice("treatment", say("web.work_treatment", lang), treatments(), required=desk.product is not None),
            Input(name="mass", label=say("web.work_mass", lang), kind="mass"),
            Input(name="outlet", label=say("web.work_outlet", lang)),
        ]
    return found


# What the answers make


def drafts(act: str, desk: Desk, fields: Fields) -> tuple[list[Draft], dict[str, str], list[str]]:
    """Give the acts, what is wrong with which field, and sentences for what a person should be asked about."""
    typed = Answers(fields, desk.lang)
    asks: list[str] = []
    made = _MADE[act](act, desk, typed, asks)
    if not made and not typed.wrong:
        typed.fault("", "web.return_nothing")
    return made, typed.wrong, asks


def _kept(**body: Any) -> dict[str, Any]:
    return {name.rstrip("_"): value for name, value in body.items() if value not in ("", 0, None)}


def _count(typed: Answers, name: str) -> int:
    return typed.number(name, cells.count)


def _answer(act: str, desk: Desk, typed: Answers, asks: list[str]) -> list[Draft]:
    reason = typed.text("reason", required=act == "refuser")
    kind, made = ACTS[act], []
    for each in desk.back.counts:
        n = _count(typed, f"n.{each.line.type}")
        most = each.to_answer if act == "autoriser" else each.line.remaining
        if n > most:
            asks.append(say("web.return_too_many", desk.lang, type=type_name(desk, each.line.type), n=n, most=most))
        if n:
            made.append(Draft(kind=kind, fields=_quantity(desk, each.line.type, n, _kept(reason=reason), task=True)))
    for one in desk.numbered:
        if typed.fields.value(f"c.{one.code}"):
            fields = {"code": one.code, "task": desk.back.rma, "body": _kept(reason=reason)}
            made.append(Draft(kind=kind, fields=fields))
    return made


def _quantity(
    desk: Desk, type_key: str, n: int, body: Mapping[str, Any], *, task: bool = False, place: str = ""
) -> dict[str, Any]:
    fields = {"item_type": type_key, "qty": n, "body": dict(body), "task" if task else "against": desk.back.rma}
    return {**fields, "place": place} if place else fields


def _receive(_act: str, desk: Desk, typed: Answers, asks: list[str]) -> list[Draft]:
    site = typed.chosen("site", desk.sites(ours=True), required=True)
    giver = typed.chosen("from", desk.senders())
    body = _kept(from_=giver)
    codes = codes_in(typed, "codes")
    made = [
        Draft(kind="item.received", fields={"code": code, "place": site, "against": desk.back.rma, "body": body})
        for code in codes
    ]
    for each in desk.back.counts:
        n = _count(typed, f"n.{each.line.type}")
        if n > each.line.remaining:
            asks.append(
                say(
                    "web.return_too_many",
                    desk.lang,
                    type=type_name(desk, each.line.type),
                    n=n,
                    most=each.line.remaining,
                )
            )
        if n:
            made.append(Draft(kind="item.received", fields=_quantity(desk, each.line.type, n, body, place=site)))
    return made


def codes_in(typed: Answers, name: str) -> list[str]:
    """Read labels one a line, each once; a fault names the first that is none."""
    found: list[str] = []
    for line in typed.fields.value(name).replace(";", "\n").splitlines():
        text = line.strip()
        if not text:
            continue
        label = read_label(text)
        if not isinstance(label, Label):
            known = label.reason.value if label.reason.value in ("misread", "type_only") else "foreign"
            typed.fault(name, f"web.code_{known}", asked=text[:LONGEST_SHOWN])
        elif label.key not in found:
            found.append(label.key)
    if len(found) > MOST_CODES:
        typed.fault(name, "web.return_many_codes", most=MOST_CODES)
    return found


def _about(
    desk: Desk, typed: Answers, kind: str, body: Mapping[str, Any], *, most: int, asks: list[str]
) -> list[Draft]:
    """Make an act about the one product, or about so many of a line."""
    if desk.product is not None:
        fields = {"code": desk.product.code, "place": desk.place, "against": desk.back.rma, "body": dict(body)}
        return [Draft(kind=kind, fields={name: value for name, value in fields.items() if value or name == "body"})]
    if desk.line is None:
        return []
    n, site = _count(typed, "n"), typed.chosen("site", desk.sites(ours=True), required=True)
    if not n:
        typed.fault("n", "web.field_needed")
        return []
    if n > most:
        asks.append(say("web.return_too_many", desk.lang, type=type_name(desk, desk.line.line.type), n=n, most=most))
    return [Draft(kind=kind, fields=_quantity(desk, desk.line.line.type, n, body, place=site))]


def _grade(_act: str, desk: Desk, typed: Answers, asks: list[str]) -> list[Draft]:
    grade = typed.chosen("grade", grades(desk.lang), required=True)
    body = {"grade": grade, "criteria": CRITERIA}
    return _about(desk, typed, "item.graded", body, most=desk.line.to_grade if desk.line else 0, asks=asks)


def _decide(_act: str, desk: Desk, typed: Answers, asks: list[str]) -> list[Draft]:
    chosen = typed.chosen("disposition", dispositions(desk.lang), required=True)
    proposed = proposed_for(desk, typed.fields.value("grade"))
    reason = typed.text("reason")
    if chosen and proposed and chosen != proposed and not reason:
        typed.fault("reason", "web.return_why_needed", what=say(f"disposition.{proposed}", desk.lang))
    body = _kept(disposition=chosen, proposed=proposed, reason=reason)
    return _about(
        desk, typed, "item.disposition_decided", body, most=desk.line.to_decide if desk.line else 0, asks=asks
    )


def _carry(_act: str, desk: Desk, typed: Answers, asks: list[str]) -> list[Draft]:
    offered = [each for each in dispositions(desk.lang) if each[0] in KIND_OF]
    chosen = desk.decided if desk.product else typed.chosen("disposition", offered, required=True)
    kind = KIND_OF.get(chosen, "item.moved")
    body: dict[str, Any] = {}
    match kind:
        case "item.moved":
            body = {"zone": typed.text("zone", required=True)}
        case "item.shipped":
            body = {"to": typed.chosen("to", desk.sites(ours=False), required=True)}
        case _:
            code = typed.chosen("treatment", treatments(), required=True)
            body = _kept(code=code, outlet=typed.text("outlet"), mass_g=typed.number("mass", cells.grams))
    return _about(desk, typed, kind, body, most=desk.line.to_do if desk.line else 0, asks=asks)


_Made = Callable[[str, Desk, Answers, list[str]], list[Draft]]
_MADE: Final[Mapping[str, _Made]] = {
    **dict.fromkeys(_ANSWERS, _answer),
    "recevoir": _receive,
    "classer": _grade,
    "affecter": _decide,
    "executer": _carry,
}
