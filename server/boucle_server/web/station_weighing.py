"""Weighing in the browser: what arrives, with whom it comes from, and what leaves for good, by its D or R code."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from boucle import leaving
from boucle.actions import ACTIONS, Act, Amount, act
from boucle.leaving import Treatment
from boucle.telling import Told
from boucle.treatment import code_map
from boucle.weighing import Doubt, doubt, grams, is_unstable, said_kg, words_of
from boucle.words import say
from boucle.words.numerals import times
from boucle_server import reports
from boucle_server.imports import cells
from boucle_server.scan_desk import Desk
from boucle_server.web import station_places, station_setup
from boucle_server.web.inputs import Input, choice
from boucle_server.web.item_words import printed
from boucle_server.web.station_recording import treatment_said
from boucle_server.web.typed import Answers

ARRIVAL, DEPARTURE = "arrivee", "depart"
WAYS: Final[Mapping[str, str]] = {ARRIVAL: "item.received", DEPARTURE: "item.retired"}
"""The two ways with the kind of event that shows who may record each."""
KEPT: Final = ("lieu", "type", "de", "treatment", "mode", "outlet", "tare")
"""What stays said for the next weighing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Weighed:
    """What became of a form: what was told, else what is wrong with which field, or what is asked about the mass."""

    told: Told | None = None
    words: str = ""
    wrong: Mapping[str, str] = field(default_factory=dict)
    doubts: tuple[str, ...] = ()


def inputs(desk: Desk, way: str, lang: str) -> list[Input]:
    """Give the fields of a weighing, none of them filled in."""
    types = [(key, reports.name_of(desk.book, "item_type", key, desk.now_ms)) for key in desk.book.keys("item_type")]
    named = sorted(types, key=lambda each: each[1].casefold())
    fields = [
        Input(
            name="codes",
            label=say("web.weigh_code", lang),
            kind="code",
            help=say("web.weigh_code_how", lang) if way == DEPARTURE else "",
        ),
        choice("type", say("web.weigh_type", lang), named),
        Input(name="n", label=say("web.weigh_pieces", lang), kind="number", value="1"),
    ]
    if way == ARRIVAL:
        givers = station_places.partners(desk)
        fields.append(choice("de", say("screen.weigh_from", lang), givers))
    else:
        options = station_setup.treatments(desk.month, lang)
        fields.append(choice("treatment", say("web.station_ask_treatment", lang), options, required=True))
        fields.append(choice("mode", say("web.station_ask_mode", lang), _modes(desk, lang)))
        fields.append(Input(name="outlet", label=say("web.station_ask_outlet", lang)))
    known = say("web.weigh_mass_known", lang) if way == DEPARTURE else ""
    fields.append(Input(name="mass", label=say("web.weigh_mass", lang), kind="mass", help=known))
    fields.append(
        Input(name="tare", label=say("web.weigh_tare", lang), kind="mass", help=say("web.weigh_tare_how", lang))
    )
    sites = station_places.own(desk)
    if len(sites) > 1:
        fields.append(choice("lieu", say("web.weigh_site", lang), sites, required=True))
    return fields


def _modes(desk: Desk, lang: str) -> list[tuple[str, str]]:
    found = {mode for modes in code_map(desk.month).modes.values() if len(modes) > 1 for mode in modes}
    return [(each, say(f"screen.mode.{each}", lang)) for each in sorted(found)]


def weigh(desk: Desk, way: str, typed: Answers) -> Weighed:
    """Record a weighing, or say what is wrong or doubtful; nothing is recorded then."""
    lang = typed.lang
    subject = _subject(desk, typed)
    site = typed.fields.value("lieu") or desk.context().home
    if site not in {key for key, _ in station_places.own(desk)}:
        typed.fault("lieu", "web.field_choose")
    what = _treatment(desk, typed) if way == DEPARTURE else Treatment()
    giver = typed.chosen("de", station_places.partners(desk)) if way == ARRIVAL else ""
    gross, tare = _mass(typed, "mass"), _mass(typed, "tare") or 0
    if gross is None and not typed.wrong.get("mass") and way == ARRIVAL:
        typed.fault("mass", "web.field_needed")
    if typed.wrong or subject is None:
        return Weighed(wrong=dict(typed.wrong))
    asked = doubt(gross, tare_g=tare) if gross is not None else None
    if asked is not None and not typed.fields.value("sure"):
        return Weighed(doubts=(_doubted(asked, gross or 0, tare, lang),))
    net = None if gross is None else max(0, gross - tare)
    said: dict[str, Any] = {"place": site} | ({} if net is None else {"mass_g": net})
    action = "receive"
    if way == DEPARTURE:
        action = leaving.action_of(desk.look(subject) if isinstance(subject, str) else None)
        said |= leaving.answers(action, what, typed.text("outlet"))
    elif giver:
        said["from"] = giver
    made = act(ACTIONS[action], subject, said, context=desk.context())
    assert isinstance(made, Act)
    return Weighed(told=desk.record(made), words=_words(desk, subject, net, lang))


def _subject(desk: Desk, typed: Answers) -> str | Amount | None:
    code = typed.code("codes")
    if code or typed.wrong.get("codes"):
        return code or None
    kind = typed.chosen("type", [(key, key) for key in desk.book.keys("item_type")])
    n = typed.number("n", cells.count) if typed.fields.value("n") else 1
    if not n and not typed.wrong.get("n"):
        typed.fault("n", "web.weigh_no_pieces")
    if not kind:
        typed.fault("codes", "web.weigh_what")
        return None
    return Amount(kind, n)


def _treatment(desk: Desk, typed: Answers) -> Treatment:
    said = {"treatment": typed.fields.value("treatment"), "mode": typed.fields.value("mode")}
    what = treatment_said(said, desk.month)
    if what is None:
        typed.fault("treatment", "web.field_choose")
        return Treatment()
    several = leaving.modes(what.code, desk.month)
    if len(several) > 1 and what.mode not in several:
        typed.fault("mode", "web.field_choose")
    return what


def _mass(typed: Answers, name: str) -> int | None:
    text = typed.fields.value(name)
    if not text:
        return None
    if is_unstable(text):
        typed.fault(name, "told.mass.unstable")
    found = grams(text)
    if found is None:
        typed.fault(name, "told.mass.unread")
    return found


def _doubted(asked: Doubt, gross: int, tare: int, lang: str) -> str:
    return say(words_of(asked), lang, mass=said_kg(gross, lang), tare=said_kg(tare, lang))


def _words(desk: Desk, subject: str | Amount, net: int | None, lang: str) -> str:
    if isinstance(subject, Amount):
        name = reports.name_of(desk.book, "item_type", subject.item_type, desk.now_ms)
        what = times(subject.qty, name, lang)
    else:
        what = printed(subject)
    return what if net is None else f"{what} · {said_kg(net, lang)}"
