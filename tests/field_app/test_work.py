"""The work: every action makes an event that a server can read, or asks, or says what is wrong."""

import json
from random import Random
from typing import Any

import pytest

from boucle.actions import ACTIONS, Amount, Context, Question, Where, find_action
from boucle.codes import Kind, mint
from boucle.events import KINDS, Family
from boucle.fields import Fault, place_key
from boucle.replay import book_of
from boucle.roles import NEEDED
from boucle.words import LANGUAGES, knows, say
from boucle_field.outbox import Draft
from boucle_field.work import draft
from tests.builders import START_MS, Device, code, network
from tests.field_app.ran import Place

ANSWERS: dict[str, dict[str, object]] = {
    "commission": {"type": "bac", "serial": "S-7", "tare_g": "1 950"},
    "bind": {"item": code(2)},
    "replace": {"old": code(2)},
    "ship": {"to": "mulhouse"},
    "deliver": {"place": "mulhouse"},
    "empty": {"place": "mulhouse"},
    "transfer": {"place": "mulhouse", "to": "nancy", "refilled": "non"},
    "collect": {"place": "mulhouse", "mass_g": "2100"},
    "sort": {"verdict": "sale", "grade": "B"},
    "control": {"verdict": "sale", "grade": "B"},
    "move": {"zone": "quai"},
    "treat": {"code": "R3", "mode": "recycling"},
    "hold": {"reason": "fuite"},
    "hold-repair": {"reason": "devis attendu"},
    "await-parts": {"parts": "pompe, joint"},
    "install": {"host": code(2)},
    "take-out": {"host": code(2)},
    "test": {"passed": "oui", "measures": '{"charge": {"value": 41, "unit": "g"}}'},
    "give-up": {"barrier": "no_part"},
    "harvest": {"parts": '[{"type": "pompe", "mass_g": 3200}]', "rest_g": "900"},
    "release": {"checks": "étanchéité=oui, propreté=non"},
    "adjust": {"reason": "inventaire"},
}
HERE = Context(book=book_of(network()), now_ms=START_MS, site="strasbourg")
NOWHERE = Context(book=book_of(network()), now_ms=START_MS)


@pytest.mark.parametrize("name", ACTIONS)
def test_every_action_records_a_readable_event(place: Place, name: str) -> None:
    made = draft(ACTIONS[name], code(1), ANSWERS.get(name, {}), context=HERE)
    if name == "adjust":
        made = draft(ACTIONS[name], Amount("film", -3), ANSWERS[name], context=HERE)
    assert isinstance(made, Draft), made
    event = place.phone.outbox.record(made).event
    assert event.kind == ACTIONS[name].kind


@pytest.mark.parametrize("name", [name for name, action in ACTIONS.items() if action.takes_quantity])
def test_what_has_no_code_is_said_by_type_and_quantity(place: Place, name: str) -> None:
    answers = {key: value for key, value in ANSWERS.get(name, {}).items() if key not in ("type", "serial", "tare_g")}
    made = draft(ACTIONS[name], Amount("film", 12), answers, context=HERE)
    assert isinstance(made, Draft), made
    event = place.phone.outbox.record(made).event
    assert (event.item_type, event.qty, event.subject) == ("film", 12, f"qty:{event.id}")


@pytest.mark.parametrize("name", ACTIONS)
def test_every_required_answer_is_asked_for(name: str) -> None:
    answers = dict(ANSWERS.get(name, {}))
    for wanted in ACTIONS[name].fields:
        if wanted.required and not wanted.unless:
            without = {key: value for key, value in answers.items() if key != wanted.name}
            subject = code(1) if ACTIONS[name].takes_code else Amount("film", 3)
            assert draft(ACTIONS[name], subject, without, context=HERE) == Question(wanted)


@pytest.mark.parametrize("action", ACTIONS.values(), ids=ACTIONS)
def test_a_field_goes_where_the_kind_has_it(action: Any) -> None:
    listed = {name.rstrip("!"): name.endswith("!") for name in KINDS[action.kind].fields}
    body = {each.name: each.required for each in action.fields if not each.slot and each.name != "note"}
    unknown = set(body) - set(listed)
    assert unknown == set()
    assert {name for name, needed in listed.items() if needed} <= {name for name, needed in body.items() if needed}


@pytest.mark.parametrize("action", ACTIONS.values(), ids=ACTIONS)
def test_an_action_has_its_words_and_its_capability(action: Any) -> None:
    assert action.needs == tuple(sorted(NEEDED[action.kind]))
    for lang in LANGUAGES:
        word = action.word(lang)
        assert find_action(word) == action
        assert find_action(word.upper()) == action
    assert all(knows(f"field.{each.name}") for each in action.fields)


def test_every_physical_kind_has_an_action() -> None:
    physical = {name for name, kind in KINDS.items() if kind.family is Family.PHYSICAL}
    assert physical <= {action.kind for action in ACTIONS.values()}


def test_a_partner_named_as_the_place_of_a_shipment_is_its_destination() -> None:
    made = draft(ACTIONS["ship"], code(1), {"place": "mulhouse"}, context=HERE)
    assert isinstance(made, Draft)
    assert (made.place, made.body) == ("strasbourg", {"to": "mulhouse"})


def test_the_place_that_was_scanned_first_holds_for_what_follows() -> None:
    scanned = Context(book=HERE.book, now_ms=START_MS, site="strasbourg", place="nancy", task="R/1")
    made = draft(ACTIONS["collect"], code(1), {}, context=scanned)
    assert isinstance(made, Draft)
    assert (made.place, made.task) == ("nancy", "R/1")
    said = draft(ACTIONS["collect"], code(1), {"place": "mulhouse"}, context=scanned)
    assert isinstance(said, Draft)
    assert said.place == "mulhouse"


def test_the_only_site_of_ours_stands_in_for_a_place_nobody_named() -> None:
    only = HERE.book.site("metz", START_MS)
    one = Context(book=HERE.book, now_ms=START_MS, own_sites=(only,))
    made = draft(ACTIONS["receive"], code(1), {}, context=one)
    assert isinstance(made, Draft)
    assert made.place == "metz"


@pytest.mark.parametrize("name", [name for name, action in ACTIONS.items() if action.where is not Where.ANYWHERE])
def test_a_place_is_asked_for_where_a_guess_would_be_a_figure(name: str) -> None:
    answers = {key: value for key, value in ANSWERS.get(name, {}).items() if key != "place"}
    asked = draft(ACTIONS[name], code(1) if name != "adjust" else Amount("film", 1), answers, context=NOWHERE)
    assert isinstance(asked, Question)
    assert asked.field.name == "place"


@pytest.mark.parametrize(("name", "answers", "key"), [
    ("collect", {"place": "mulhouse", "mass_g": "2,1"}, "phone.bad_value"),
    ("collect", {"place": "mulhouse", "mass_g": "-5"}, "phone.bad_value"),
    ("collect", {"place": "mulhouse", "mass_g": "99999999999999999999"}, "phone.bad_value"),
    ("collect", {"place": "mulhouse", "mass_g": "9007199254740993"}, "phone.bad_value"),
    ("collect", {"place": "mulhouse", "mass_g": "٣"}, "phone.bad_value"),
    ("collect", {"place": ""}, "phone.bad_value"),
    ("collect", {"place": "a\x00b"}, "phone.bad_value"),
    ("collect", {"place": "\udcff"}, "phone.bad_value"),
    ("collect", {"place": "x" * 3000}, "phone.bad_value"),
    ("collect", {"place": "mulhouse", "verdict": "ok"}, "phone.no_field"),
    ("sort", {"verdict": "superbe"}, "phone.bad_choice"),
    ("transfer", {"place": "mulhouse", "to": "nancy", "refilled": "peut-être"}, "phone.bad_value"),
    ("release", {"checks": "étanchéité"}, "phone.bad_value"),
    ("release", {"checks": "{" * 5000}, "phone.bad_value"),
    ("write-off", {"charge_cents": "-1"}, "phone.bad_value"),
])  # fmt: skip
def test_a_wrong_answer_is_named_and_nothing_is_made_of_it(name: str, answers: dict[str, object], key: str) -> None:
    fault = draft(ACTIONS[name], code(1), answers, context=HERE)
    assert isinstance(fault, Fault)
    assert fault.key == key
    for lang in LANGUAGES:
        assert say(fault.key, lang, **fault.values)


@pytest.mark.parametrize(("name", "amount", "key"), [
    ("hold", Amount("film", 2), "phone.needs_code"),
    ("collect", Amount("film", 0), "phone.bad_value"),
    ("collect", Amount("film", -2), "phone.bad_value"),
])  # fmt: skip
def test_a_quantity_that_makes_no_sense_is_named(name: str, amount: Amount, key: str) -> None:
    fault = draft(ACTIONS[name], amount, {**ANSWERS.get(name, {})}, context=HERE)
    assert isinstance(fault, Fault)
    assert fault.key == key


def test_answers_are_read_as_people_write_them() -> None:
    made = draft(ACTIONS["release"], code(1), {"checks": "étanchéité=oui, propreté=non"}, context=HERE)
    assert isinstance(made, Draft)
    assert made.body == {"checks": {"étanchéité": True, "propreté": False}}
    written = draft(ACTIONS["release"], code(1), {"checks": json.dumps({"a": True})}, context=HERE)
    assert isinstance(written, Draft)
    assert written.body == {"checks": {"a": True}}
    tare = draft(ACTIONS["commission"], code(1), {"type": "bac", "tare_g": "1\u202f950"}, context=HERE)
    assert isinstance(tare, Draft)
    assert tare.body["tare_g"] == 1950


def test_a_place_is_known_by_its_key_its_label_and_its_printed_code() -> None:
    label = mint(Kind.PLACE, Random(3).randbytes)
    for spelling in (label.text, label.chars, label.grouped):
        server = Device(dev="d-serveur", epoch="00000000000000f0")
        row = {"name": "Quai 3", "code": spelling}
        set_ = server.event("reference.set", body={"table": "site", "key": "quai", "valid_from": 0, "row": row})
        book = book_of([set_])
        for text in ("quai", label.text, label.grouped, label.url("https://boucle.example")):
            assert place_key(text, book) == "quai"
    assert place_key("nowhere", book_of([])) == "nowhere"
    assert place_key(label.url("https://boucle.example"), book_of([])) == label.text
