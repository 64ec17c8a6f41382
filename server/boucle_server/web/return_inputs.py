"""What each act about a return asks: its fields, with what a rule or an earlier answer proposes for them."""

from typing import Final

from boucle.clock import day_after
from boucle.grades import CRITERIA, Grade
from boucle.lifecycle import Disposition, ReturnStage
from boucle.proposing import KIND_OF
from boucle.return_counts import COMES
from boucle.return_rules import rule_for
from boucle.words import say
from boucle_server.web.asking import Option
from boucle_server.web.inputs import Input, choice
from boucle_server.web.item_words import printed
from boucle_server.web.numbers import money
from boucle_server.web.photo_field import FIELD as PHOTO
from boucle_server.web.return_desk import Desk, type_name
from boucle_server.web.return_words import so_many
from boucle_server.web.typed import today
from boucle_server.web.work_bench import treatments
from boucle_server.web.work_inputs import of_checklist

ROWS: Final = 5
ANSWERS: Final = ("autoriser", "refuser", "abandonner")


def inputs(act: str, desk: Desk) -> list[Input]:
    """Give the fields of an act."""
    if act in ANSWERS:
        return _answered(act, desk)
    return {
        "prolonger": _prolonged,
        "recevoir": _received,
        "classer": _graded,
        "affecter": _decided,
        "confirmer": _confirmed,
        "executer": _carried,
        "fournisseur": _at_supplier,
    }[act](desk)


def _answered(act: str, desk: Desk) -> list[Input]:
    lang = desk.lang
    found = []
    for each in desk.back.counts:
        most = each.to_answer if act == "autoriser" else each.line.coming
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
    if act == "autoriser":
        return [*found, *_until(desk, _by_rule(desk))]
    return [*found, Input(name="reason", label=say("web.work_reason", lang), required=act == "refuser")]


def _by_rule(desk: Desk) -> str:
    """Give the last day that the rules give what waits for an answer: the latest of them all."""
    asked = {each.line.type for each in desk.back.counts if each.to_answer}
    asked |= {one.item.type for one in desk.numbered if one.item.return_stage == ReturnStage.REQUESTED}
    days = [rule_for(desk.book, each, at_ms=desk.visit.now_ms).days or 0 for each in asked]
    return day_after(today(desk.visit), max(days)) if all(days) and days else ""


def _until(desk: Desk, value: str, *, required: bool = False) -> list[Input]:
    label, helping = say("web.return_until", desk.lang), say("web.return_until_help", desk.lang)
    return [Input(name="until", label=label, kind="date", value=value, help=helping, required=required)]


def _prolonged(desk: Desk) -> list[Input]:
    return _until(desk, desk.back.until, required=True)


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
            label = say("web.return_how_many", lang, type=type_name(desk, each.line.type), most=each.line.coming)
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
    listed = desk.checklist()
    return [
        *_how_many(desk, most),
        *(of_checklist(listed, desk.lang) if listed is not None else []),
        choice("grade", say("web.work_grade", desk.lang), grades(desk.lang), required=True, help=helping),
        *_photo(desk),
    ]


def _photo(desk: Desk) -> list[Input]:
    """Offer a photo where a site asks for one of some grade: the site of the product, of a line any of ours."""
    places = [desk.place] if desk.product else [key for key, _ in desk.sites(ours=True)]
    guards = {each for place in places for each in desk.book.site(place, desk.visit.now_ms).photos}
    if not guards & {"scrap", "repair"}:
        return []
    helping = say("web.return_photo_help", desk.lang)
    return [Input(name=PHOTO, label=say("web.return_photo", desk.lang), kind="photo", help=helping)]


def _decided(desk: Desk) -> list[Input]:
    lang = desk.lang
    found = _how_many(desk, desk.line.to_decide if desk.line else 0)
    if desk.line is not None:
        found.append(choice("grade", say("web.return_grade_was", lang), grades(lang)))
    proposed = desk.proposed()
    told = [say("web.return_proposed", lang, what=say(f"disposition.{proposed}", lang))] if proposed else []
    return [*found, *_disposition(desk, proposed, " ".join([*told, *_above(desk)]))]


def _above(desk: Desk) -> list[str]:
    """Say that a manager has the last word, where it is so and who asks is none."""
    most = rule_for(desk.book, desk.type, at_ms=desk.visit.now_ms).most_cents
    if most is None or desk.confirms or (desk.product is not None and not desk.above()):
        return []
    key = "web.return_above" if desk.product is not None else "web.return_above_n"
    return [say(key, desk.lang, most=money(most, desk.lang))]


def _disposition(desk: Desk, value: str, helping: str) -> list[Input]:
    lang = desk.lang
    label, why = say("web.return_becomes", lang), say("web.return_why_help", lang)
    return [
        choice("disposition", label, dispositions(lang), value=value, required=True, help=helping),
        Input(name="reason", label=say("web.return_why", lang), help=why),
    ]


def _confirmed(desk: Desk) -> list[Input]:
    """Ask for a yes to what somebody decided, or for another decision."""
    asked = asked_for(desk)
    what = say(f"disposition.{asked}", desk.lang)
    if desk.waits is not None:
        many = so_many(desk.waits.qty, desk.waits.item_type, desk.book, desk.visit)
        what = say("web.return_waits_n", desk.lang, many=many, what=what)
    return _disposition(desk, asked, say("web.return_asked", desk.lang, what=what))


def asked_for(desk: Desk) -> str:
    """Give what was decided and waits for a manager."""
    if desk.product is not None:
        return desk.product.back.asked
    return desk.waits.text("disposition") if desk.waits else ""


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
    if chosen == Disposition.SUPPLIER or desk.line is not None:
        label, helping = say("web.return_supplier_ref", lang), say("web.return_supplier_ref_help", lang)
        found.append(Input(name="supplier_ref", label=label, help=helping))
    if "item.treated" in kinds:
        found += [
            choice("treatment", say("web.work_treatment", lang), treatments(), required=desk.product is not None),
            Input(name="mass", label=say("web.work_mass", lang), kind="mass"),
            Input(name="outlet", label=say("web.work_outlet", lang)),
        ]
    return found


def _at_supplier(desk: Desk) -> list[Input]:
    """Ask how many the supplier says to have received, and where; of a product that is known."""
    if desk.line is None:
        return []
    most = desk.line.at_supplier
    label = say("web.return_how_many", desk.lang, type=type_name(desk, desk.line.line.type), most=most)
    where = choice("site", say("web.return_to", desk.lang), desk.sites(ours=False), required=True)
    return [Input(name="n", label=label, kind="number", value=str(most), required=True), where]
