"""What can be done about a return: the events that the answers to an act make."""

from collections.abc import Callable, Mapping
from typing import Any, Final, NamedTuple

from boucle.codes import Label, read_label
from boucle.grades import CRITERIA
from boucle.lifecycle import Disposition, ReturnStage
from boucle.photo_guards import asks_photo
from boucle.proposing import KIND_OF
from boucle.words import say
from boucle_server.imports import cells
from boucle_server.server_device import Draft
from boucle_server.web.forms import Fields
from boucle_server.web.photo_field import FormPhoto, read_photo
from boucle_server.web.return_desk import ACTS, Desk, type_name
from boucle_server.web.return_inputs import ANSWERS, asked_for, dispositions, grades
from boucle_server.web.typed import Answers
from boucle_server.web.visit import LONGEST_SHOWN
from boucle_server.web.work_acts import answered_to
from boucle_server.web.work_bench import CHECKLIST, treatments

MOST_CODES: Final = 200


class Made(NamedTuple):
    """What the answers make: the acts, what is wrong with which field, what somebody should be asked, a photo."""

    drafts: list[Draft]
    wrong: dict[str, str]
    asks: list[str]
    photo: FormPhoto | None


def drafts(act: str, desk: Desk, fields: Fields) -> Made:
    """Give what the answers to an act make."""
    typed = Answers(fields, desk.lang)
    asks: list[str] = []
    photo = read_photo(typed) if act == "classer" else None
    made = _MADE[act](act, desk, typed, asks)
    if photo is not None:
        made = [Draft(kind=each.kind, fields={**each.fields, "photos": [dict(photo.announced)]}) for each in made]
    if not made and not typed.wrong:
        typed.fault("", "web.return_nothing")
    return Made(made, typed.wrong, asks, photo)


def _kept(**body: Any) -> dict[str, Any]:
    return {name.rstrip("_"): value for name, value in body.items() if value not in ("", 0, None)}


def _count(typed: Answers, name: str) -> int:
    return typed.number(name, cells.count)


def _answer(act: str, desk: Desk, typed: Answers, asks: list[str]) -> list[Draft]:
    reason = typed.text("reason", required=act == "refuser")
    kind, made = ACTS[act], []
    body = _kept(reason=reason, until=_day(typed) if act == "autoriser" else "")
    for each in desk.back.counts:
        n = _count(typed, f"n.{each.line.type}")
        most = each.to_answer if act == "autoriser" else each.line.coming
        if n > most:
            asks.append(say("web.return_too_many", desk.lang, type=type_name(desk, each.line.type), n=n, most=most))
        if n:
            made.append(Draft(kind=kind, fields=_quantity(desk, each.line.type, n, body, task=True)))
    for one in desk.numbered:
        if typed.fields.value(f"c.{one.code}"):
            fields = {"code": one.code, "task": desk.back.rma, "body": body}
            made.append(Draft(kind=kind, fields=fields))
    return made


def _day(typed: Answers) -> str:
    """Read the last day to send something back, `""` for none."""
    return typed.day("until")


def _prolong(act: str, desk: Desk, typed: Answers, _asks: list[str]) -> list[Draft]:
    """Give another last day to all that was authorised and has not come."""
    until = _day(typed)
    if not until:
        typed.fault("until", "web.field_needed")
        return []
    kind, made = ACTS[act], []
    for one in desk.numbered:
        if one.item.return_stage == ReturnStage.AUTHORISED and one.back.until != until:
            fields = {"code": one.code, "task": desk.back.rma, "body": {"until": until}}
            made.append(Draft(kind=kind, fields=fields))
    for item_type, day, n in desk.back.loose_until:
        if day != until:
            body = {"until": until, "extends": day}
            made.append(Draft(kind=kind, fields=_quantity(desk, item_type, n, body, task=True)))
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
        if n > each.line.coming:
            asks.append(
                say(
                    "web.return_too_many",
                    desk.lang,
                    type=type_name(desk, each.line.type),
                    n=n,
                    most=each.line.coming,
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
    listed = desk.checklist(typed.fields.value(CHECKLIST))
    answers = answered_to(listed, typed) if listed is not None else {}
    body = {"grade": grade, "criteria": CRITERIA, **answers}
    if desk.line is not None and not typed.fields.value("photo"):
        # Of what has a number the fold says so; of a quantity nobody would.
        site = desk.book.site(typed.fields.value("site"), desk.visit.now_ms)
        asks += [say("web.return_no_photo", desk.lang)] if asks_photo("item.graded", body, site) else []
    return _about(desk, typed, "item.graded", body, most=desk.line.to_grade if desk.line else 0, asks=asks)


def _decide(_act: str, desk: Desk, typed: Answers, asks: list[str]) -> list[Draft]:
    proposed = desk.proposed(typed.fields.value("grade"))
    body = _explained(desk, typed, proposed)
    most = desk.line.to_decide if desk.line else 0
    n = 1 if desk.line is None else _count(typed, "n")
    kind = ACTS["confirmer" if desk.confirms and desk.above(n) else "affecter"]
    return _about(desk, typed, kind, body, most=most, asks=asks)


def _confirm(_act: str, desk: Desk, typed: Answers, asks: list[str]) -> list[Draft]:
    body = _explained(desk, typed, asked_for(desk))
    kind = ACTS["confirmer"]
    if desk.waits is None:
        return _about(desk, typed, kind, body, most=0, asks=asks)
    of = desk.waits
    return [Draft(kind=kind, fields=_quantity(desk, of.item_type, of.qty, {**body, "confirms": of.id}, place=of.place))]


def _explained(desk: Desk, typed: Answers, proposed: str) -> dict[str, Any]:
    """Read what becomes of it; something else than was proposed wants a reason."""
    chosen, reason = typed.chosen("disposition", dispositions(desk.lang), required=True), typed.text("reason")
    if chosen and proposed and chosen != proposed and not reason:
        typed.fault("reason", "web.return_why_needed", what=say(f"disposition.{proposed}", desk.lang))
    return _kept(disposition=chosen, proposed=proposed, reason=reason)


def _carry(_act: str, desk: Desk, typed: Answers, asks: list[str]) -> list[Draft]:
    offered = [each for each in dispositions(desk.lang) if each[0] in KIND_OF]
    chosen = desk.decided if desk.product else typed.chosen("disposition", offered, required=True)
    kind = KIND_OF.get(chosen, "item.moved")
    body: dict[str, Any] = {}
    match kind:
        case "item.moved":
            body = {"zone": typed.text("zone", required=True)}
        case "item.shipped":
            to_supplier = chosen == Disposition.SUPPLIER
            body = _kept(
                to=typed.chosen("to", desk.sites(ours=False), required=True),
                disposition=chosen if to_supplier else "",
                supplier_ref=typed.text("supplier_ref") if to_supplier else "",
            )
        case _:
            code = typed.chosen("treatment", treatments(), required=True)
            body = _kept(code=code, outlet=typed.text("outlet"), mass_g=typed.number("mass", cells.grams))
    return _about(desk, typed, kind, body, most=desk.line.to_do if desk.line else 0, asks=asks)


def _supplier_has(act: str, desk: Desk, typed: Answers, asks: list[str]) -> list[Draft]:
    """Say that the supplier has received what was sent back: that ends it."""
    kind, body = ACTS[act], {"disposition": str(Disposition.SUPPLIER)}
    if desk.product is not None:
        place = desk.product.item.place
        fields = {"code": desk.product.code, "place": place, "against": desk.back.rma, "body": body}
        return [Draft(kind=kind, fields=fields)]
    n, site = _count(typed, "n"), typed.chosen("site", desk.sites(ours=False), required=True)
    most = desk.line.at_supplier if desk.line else 0
    if n > most:
        asks.append(say("web.return_too_many", desk.lang, type=type_name(desk, desk.type), n=n, most=most))
    return [Draft(kind=kind, fields=_quantity(desk, desk.type, n, body, place=site))] if n else []


_Act = Callable[[str, Desk, Answers, list[str]], list[Draft]]
_MADE: Final[Mapping[str, _Act]] = {
    **dict.fromkeys(ANSWERS, _answer),
    "recevoir": _receive,
    "classer": _grade,
    "affecter": _decide,
    "confirmer": _confirm,
    "executer": _carry,
    "prolonger": _prolong,
    "fournisseur": _supplier_has,
}
