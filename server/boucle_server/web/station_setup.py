"""What is said before the first scan of a job: where, from where, why, of which type, what becomes of it."""

from boucle.holds import Hold, said
from boucle.leaving import COMMON, modes
from boucle.treatment import code_map
from boucle.words import say
from boucle_server import reports
from boucle_server.scan_desk import Desk
from boucle_server.web import station_places
from boucle_server.web.asking import Option
from boucle_server.web.inputs import Input, choice
from boucle_server.web.station_recording import treatment_said
from boucle_server.web.station_state import SAID, State


def is_ready(desk: Desk, state: State) -> bool:
    """Tell whether everything is said that a job asks before its first scan."""
    known = desk.book.site(state.place, desk.now_ms).known if state.place else False
    leaves = not state.job.needs_site or state.site in {key for key, _ in station_places.own(desk)}
    return known and leaves and all(_is_answered(desk, state, name) for name in state.job.asks)


def _is_answered(desk: Desk, state: State, name: str) -> bool:
    value = state.said.get(name, "")
    match name:
        case "treatment":
            what = treatment_said(state.said, desk.month)
            return what is not None and (bool(what.mode) or len(modes(what.code, desk.month)) < 2)  # noqa: PLR2004
        case "type":
            return value in {key for key, _ in types(desk)}
        case _:
            return bool(value)


def asked(desk: Desk, state: State, lang: str) -> list[Input]:
    """Give the fields of what a job asks beside its place, with what is wrong with an answer that does not do."""
    fields: list[Input] = []
    for name in (*state.job.asks, *(each for each in state.job.may_say if each in ("mode", "outlet", "zone"))):
        label = say(f"web.station_ask_{name}", lang)
        value = state.said.get(name, "")
        options = _options(desk, state, name, lang)
        wrong = say("web.field_choose", lang) if value and options and value not in {key for key, _ in options} else ""
        if name == "mode" and not options:
            continue
        if options:
            required = name in state.job.asks or name == "mode"
            fields.append(choice(SAID + name, label, options, value=value, wrong=wrong, required=required))
        else:
            fields.append(Input(name=SAID + name, label=label, value=value))
    return fields


def _options(desk: Desk, state: State, name: str, lang: str) -> list[Option]:
    match name:
        case "reason":
            return [(str(each), said(each, lang)) for each in Hold if each is not Hold.SCRAP]
        case "type":
            return types(desk)
        case "treatment":
            return treatments(desk.month, lang)
        case "mode":
            what = treatment_said({**state.said, "mode": ""}, desk.month)
            found = modes(what.code, desk.month) if what else ()
            return [(each, say(f"screen.mode.{each}", lang)) for each in found] if len(found) > 1 else []
        case _:
            return []


def treatments(month: str, lang: str) -> list[Option]:
    """Give what can become of a thing: what is chosen most with its words first, then every other code."""
    usual = [(each.code or each.route, say(f"screen.treatment.{each.code or each.route}", lang)) for each in COMMON]
    first = {key for key, _ in usual}
    return [*usual, *((code, code) for code in code_map(month).modes if code not in first)]


def types(desk: Desk) -> list[Option]:
    """Give the types of which every item carries its own label, by name."""
    book, now = desk.book, desk.now_ms
    keys = [key for key in book.keys("item_type") if book.item_type(key, now).serialised]
    named = [(key, reports.name_of(book, "item_type", key, now)) for key in keys]
    return sorted(named, key=lambda each: each[1].casefold())
