"""The wire: bytes become an event or a named flaw, and nothing but that, whatever the bytes."""

import json
from hashlib import sha256
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from boucle import wire
from boucle.codes import MAX_LABEL_CHARACTERS, Label, Misread, read_label
from boucle.events import KINDS, Event, Subject
from boucle.shape import LAST_MS, MAX_AMOUNT, MAX_NAME, MAX_QTY, MAX_TEXT, Flaw, is_short
from boucle.units import MAX_INT
from boucle.wire import MAX_DEPTH, MAX_PAYLOAD, Unreadable, digest, parse, read, subject_of, write
from tests.builders import START_MS, Device, code

UUID = "019b8c3e-5f00-7000-8000-000000000001"
CRATE = code(1)


def fields(kind: str = "item.counted", subject: str = CRATE, /, **keys: Any) -> dict[str, Any]:
    return Device().fields(kind, subject, **keys)


def raw(**keys: Any) -> bytes:
    """Give the payload of a good scan with these keys put in, by somebody else's JSON writer."""
    return json.dumps({**fields(), **keys}).encode()


def taken(payload: bytes) -> Event:
    event = read(payload, START_MS, 0)
    assert isinstance(event, Event), event
    return event


def flaw(payload: bytes) -> Flaw:
    found = read(payload, START_MS, 0)
    assert isinstance(found, Unreadable), found
    assert found.detail
    return found.flaw


# ---------------------------------------------------------------- what is written


def test_what_is_written_is_read_back_key_by_key() -> None:
    said = fields(
        "item.received", place="metz", against="arret-7", task="t-1", actor="p-1", seen="1042", boot="b-9", mono=812,
        app="1.4.2", priv="ab" * 32, body={"mass_g": 2_150, "from": "nancy"},
        photos=[{"sha256": "cd" * 32, "size": 48_211, "type": "image/jpeg"}],
    )  # fmt: skip
    event = taken(write(said))
    kind, major = event.kind, event.major
    assert (kind, major, event.subject) == ("item.received", 1, CRATE)
    for name, value in said.items():
        if name not in ("v", "kind", "photos"):
            assert getattr(event, name) == value, name
    assert [dict(photo) for photo in event.photos] == said["photos"]
    assert (event.teff, event.tq) == (START_MS, 0)


def test_writing_leaves_out_what_is_empty_and_keeps_zero_and_false() -> None:
    written = json.loads(write({"a": "", "b": None, "c": [], "d": {}, "e": 0, "f": False, "g": {"h": "", "i": 0}}))
    assert written == {"e": 0, "f": False, "g": {"h": "", "i": 0}}


def test_writing_is_canonical() -> None:
    one = write({"b": 1, "a": {"d": 2, "c": "x"}})
    assert one == b'{"a":{"c":"x","d":2},"b":1}' == write({"a": {"c": "x", "d": 2}, "b": 1})


@pytest.mark.parametrize(("text", "kept"), [
    ("Nancy E\u0301lectronique", "Nancy Électronique"),
    ("\n\u0301", "\n\u0301"),  # composed after the escape it would be a letter behind a backslash
    ("\x0f\u0307", "\x0f\u0307"),
    ('"\u0338', '"\u0338'),
])  # fmt: skip
def test_texts_are_composed_before_they_are_escaped(text: str, kept: str) -> None:
    assert json.loads(write({"a": text, text: 1})) == {"a": kept, kept: 1}


@pytest.mark.parametrize("value", [
    1.5, float("nan"), 2**53 + 1, -(2**53) - 1, "\x00", "\ud800", {"\x00": 1}, {1, 2}, {1: 2}, b"x",
    {"é": 1, "e\u0301": 2},
], ids=repr)  # fmt: skip
def test_what_no_payload_holds_is_not_written(value: object) -> None:
    with pytest.raises((ValueError, TypeError)):
        write({"body": {"a": value}})


# ---------------------------------------------------------------- received bytes are taken as they come


def test_received_bytes_are_hashed_as_received_whatever_their_order_and_spaces() -> None:
    said = fields(place="metz")
    turned = json.dumps(dict(reversed(said.items())), indent=3).encode()
    assert taken(turned) == taken(write(said))
    assert digest(turned) == sha256(turned).hexdigest() != digest(write(said))


def test_keys_of_a_later_version_are_accepted_at_every_level() -> None:
    body = {"verdict": "ok", "moisture_permille": 120, "sensor": {"id": "s"}}
    later = fields("item.sorted", body=body, gps_cell="g", nested={"deep": [1, 2]})
    event = taken(write(later))
    assert event.body["moisture_permille"] == 120


def test_a_kind_or_a_major_of_a_later_version_is_read_with_whatever_body_it_has() -> None:
    for kind in ("item.weighed/1", "item.received/2", "item.received/9999"):
        event = taken(raw(kind=kind, body={"mass_g": "heavy"}, qty=-5))
        assert f"{event.kind}/{event.major}" == kind


@pytest.mark.parametrize("name", ["place", "task", "against", "actor", "priv", "corrects", "code_b", "other", "tz"])
def test_null_says_the_same_as_a_key_left_out(name: str) -> None:
    left_out = {key: value for key, value in fields().items() if key != name}
    assert taken(raw(**{name: None})) == taken(json.dumps(left_out).encode())


def test_a_name_is_the_same_name_in_either_unicode_form() -> None:
    composed, apart = "Nancy É", "Nancy E\u0301"
    for escaped in (True, False):
        payload = json.dumps({**fields(), "place": apart, "body": {"to": apart}}, ensure_ascii=escaped).encode()
        assert (taken(payload).place, taken(payload).body["to"]) == (composed, composed)


def test_minus_zero_is_zero() -> None:
    assert taken(raw(mono=7).replace(b'"mono": 7', b'"mono": -0')).mono == 0


# ---------------------------------------------------------------- hostile bytes

HOSTILE: list[tuple[str, bytes, Flaw]] = [
    ("nothing", b"", Flaw.NOT_JSON),
    ("not UTF-8", b"\xff\xfe", Flaw.NOT_UTF8),
    ("overlong UTF-8", raw(place="P").replace(b'"P"', b'"\xc1\x90"'), Flaw.NOT_UTF8),
    ("a surrogate in bytes", raw(place="P").replace(b'"P"', b'"\xed\xa0\x80"'), Flaw.NOT_UTF8),
    ("UTF-16", json.dumps(fields()).encode("utf-16"), Flaw.NOT_UTF8),
    ("UTF-16 without a mark", json.dumps(fields()).encode("utf-16-le"), Flaw.NOT_JSON),
    ("a byte order mark", b"\xef\xbb\xbf" + raw(), Flaw.NOT_JSON),
    ("cut", raw()[:-1], Flaw.NOT_JSON),
    ("two objects", raw() * 2, Flaw.NOT_JSON),
    ("a list", b"[" + raw() + b"]", Flaw.NOT_JSON),
    ("a text", b'"x"', Flaw.NOT_JSON),
    ("a comment", raw() + b"//x", Flaw.NOT_JSON),
    ("a raw line break in a text", raw(place="P").replace(b'"P"', b'"a\nb"'), Flaw.NOT_JSON),
    ("10 000 lists", raw(body="B").replace(b'"B"', b"[" * 5_000 + b"]" * 5_000), Flaw.NOT_JSON),
    ("10 000 open lists", b"[" * 10_000, Flaw.NOT_JSON),
    ("8 000 objects", b'{"a"' * 3_000, Flaw.NOT_JSON),
    ("deep", raw(body={"a": [[[[[[[[[0]]]]]]]]]}), Flaw.NOT_JSON),
    ("10 MB", raw(body={"text": "x" * 10_000_000}), Flaw.TOO_LARGE),
    ("one byte too long", raw().ljust(MAX_PAYLOAD + 1), Flaw.TOO_LARGE),
    ("a doubled key", raw().replace(b'"v": 1', b'"v": 1, "v": 1'), Flaw.BAD_KEYS),
    ("a doubled key inside", raw(body="B").replace(b'"B"', b'{"a": 1, "a": 1}'), Flaw.BAD_KEYS),
    ("a key in both Unicode forms", raw(body={"é": 1, "e\u0301": 1}), Flaw.BAD_KEYS),
    ("2^53 + 1", raw(body={"a": 2**53 + 1}), Flaw.BAD_NUMBER),
    ("-2^53 - 1", raw(body={"a": [-(2**53) - 1]}), Flaw.BAD_NUMBER),
    ("2^63", raw(mono=2**63), Flaw.BAD_NUMBER),
    ("a number of 5 000 digits", raw(mono=7).replace(b'"mono": 7', b'"mono": ' + b"9" * 5_000), Flaw.NOT_JSON),
    ("0.1", raw(body={"a": 0.1}), Flaw.BAD_NUMBER),
    ("1.0 for 1", raw(v=1.0), Flaw.BAD_NUMBER),
    ("1e309", raw(body={"a": "B"}).replace(b'"B"', b"1e309"), Flaw.BAD_NUMBER),
    ("1e2", raw(body={"a": "B"}).replace(b'"B"', b"1e2"), Flaw.BAD_NUMBER),
    ("-0.0", raw(body={"a": "B"}).replace(b'"B"', b"-0.0"), Flaw.BAD_NUMBER),
    ("NaN", raw(body={"a": float("nan")}), Flaw.BAD_NUMBER),
    ("Infinity", raw(body={"a": float("inf")}), Flaw.BAD_NUMBER),
    ("a float at a key nobody knows", raw(later=0.5), Flaw.BAD_NUMBER),
    ("NUL", raw(place="a\x00b"), Flaw.BAD_TEXT),
    ("NUL in a key", raw(body={"a\x00": 1}), Flaw.BAD_TEXT),
    ("NUL at a key nobody knows", raw(later=["\x00"]), Flaw.BAD_TEXT),
    ("a lone surrogate", raw(place="\ud800"), Flaw.BAD_TEXT),
    ("surrogates the wrong way round", raw(place="\ude00\ud83d"), Flaw.BAD_TEXT),
]


@pytest.mark.parametrize(("payload", "expected"), [row[1:] for row in HOSTILE], ids=[row[0] for row in HOSTILE])
def test_hostile_bytes_are_a_named_flaw(payload: bytes, expected: Flaw) -> None:
    assert flaw(payload) is expected


def test_the_largest_payload_and_the_deepest_and_the_greatest_number_are_read() -> None:
    taken(raw().ljust(MAX_PAYLOAD))
    deepest: object = MAX_INT
    for _ in range(MAX_DEPTH - 2):
        deepest = [deepest]
    taken(raw(body={"a": deepest, "b": -MAX_INT}))
    assert flaw(raw(body={"a": [deepest]})) is Flaw.NOT_JSON


def test_a_surrogate_pair_is_a_character() -> None:
    assert taken(raw(place="🛒")).place == "🛒"
    assert b"\\ud83d\\uded2" in raw(place="🛒")


ODD: list[object] = [True, False, 0, -1, 1, "", " ", "x", [], [1], {}, {"a": 1}, 10**15, "x" * 3_000, "é" * 600]


@pytest.mark.parametrize("name", sorted({*fields(place="p", task="t"), "body", "photos", "qty", "item_type", "priv"}))
@pytest.mark.parametrize("value", ODD, ids=lambda value: repr(value)[:12])
def test_any_type_at_any_key_is_read_as_what_it_is_or_refused(name: str, value: object) -> None:
    found = read(raw(**{name: value}), START_MS, 0)
    if isinstance(found, Unreadable):
        return
    kept = list(found.photos) if name == "photos" else value if name in ("v", "kind") else getattr(found, name)
    assert (kept, type(kept)) == (value, type(value))


@pytest.mark.parametrize(("name", "values"), [
    ("v", [True, 0, 2, "1", None, [1]]),
    ("id", ["", UUID.upper(), UUID.replace("-7", "-4"), UUID + "\n", UUID.replace("-", ""), 7, None]),
    ("org", ["", "o essai", "o\n", "é", "o" * 65, "a/b", 7, None]),
    ("dev", ["", "d\tun", "d" * 65, [], None]),
    ("epoch", ["", "00000000000000A1", "0" * 15, "0" * 17, "g" * 16, 0, None]),
    ("seq", [0, -1, True, "1", None, [], 2**53 + 1]),
    ("prev", ["", "0" * 63, "A" * 64, "g" * 64, None, 0]),
    ("kind", ["", "item.counted", "item.counted/0", "item.counted/01", "item.counted/1/2", "Item.Counted/1", "item/1",
              "item.counted/1 ", "item.counted/10000", "item..counted/1", 7, None]),
    ("priv", ["x", "A" * 64, "0" * 63, 5, {}]),
    ("corrects", ["x", UUID.upper(), 5, UUID + " "]),
    ("code", [5, True, [], "x" * (MAX_TEXT + 1)]),
    ("place", [5, "x" * (MAX_NAME + 1), "é" * (MAX_NAME // 2 + 1)]),
    ("body", ["", 0, [], "x", [1]]),
    ("photos", [{}, "x", 1, [1], [{}], [{"sha256": "x"}], [{"sha256": "ab" * 32, "size": -1}],
                [{"sha256": "ab" * 32, "size": True}], [{"sha256": "ab" * 32, "type": 5}], [None]]),
])  # fmt: skip
def test_a_malformed_key_is_a_flaw(name: str, values: list[object]) -> None:
    for value in values:
        assert isinstance(read(raw(**{name: value}), START_MS, 0), Unreadable), value


@pytest.mark.parametrize("name", ["v", "id", "org", "dev", "epoch", "seq", "prev", "kind"])
def test_a_missing_key_is_a_flaw(name: str) -> None:
    rest = {key: value for key, value in fields().items() if key != name}
    assert flaw(json.dumps(rest).encode()) in (Flaw.BAD_KEYS, Flaw.BAD_NUMBER)


# ---------------------------------------------------------------- bodies and subjects


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_is_read_with_its_fields_and_refuses_each_of_another_type(kind: str) -> None:
    good = said(kind)
    assert taken(write(good)).kind == kind
    for listed, type_name in KINDS[kind].fields.items():
        name = listed.rstrip("!")
        for value in EXAMPLES.values():
            if type(value) is not type(EXAMPLES[type_name]):
                odd = write({**good, "body": {**good["body"], name: value}})
                assert flaw(odd) is Flaw.BAD_BODY, (name, value)
        if listed.endswith("!"):
            rest = {key: each for key, each in good["body"].items() if key != name}
            assert flaw(write({**good, "body": rest})) is Flaw.BAD_BODY


EXAMPLES: dict[str, object] = {"text": "x", "int": 1, "bool": True, "map": {"a": True}, "list": [1]}


def said(kind: str) -> dict[str, Any]:
    """Give the fields of a good event of this kind, with all that its body may hold."""
    body = {listed.rstrip("!"): EXAMPLES[type_name] for listed, type_name in KINDS[kind].fields.items()}
    body |= {"target": UUID} if "target" in body else {}
    match KINDS[kind].subject:
        case Subject.NONE:
            return fields(kind, "", body=body)
        case Subject.QUANTITY:
            return fields(kind, "", item_type="film", qty=7, body=body)
        case Subject.CODE | Subject.EITHER | Subject.ANY:
            return fields(kind, CRATE, other=code(2), body=body)


@pytest.mark.parametrize(("kind", "body"), [
    ("item.received", {"mass_g": -1}),
    ("item.received", {"mass_g": MAX_AMOUNT + 1}),
    ("item.commissioned", {"tare_g": -1}),
    ("item.commissioned", {"tare_g": 10**9}),
    ("item.commissioned", {"opening_uses": -1}),
    ("item.commissioned", {"opening_uses": 10**6 + 1}),
    ("deposit.charged", {"cents": -1}),
    ("deposit.charged", {"cents": MAX_AMOUNT + 1}),
    ("item.written_off", {"charge_cents": -1}),
    ("reference.set", {"valid_from": -1}),
    ("reference.set", {"valid_from": LAST_MS + 1}),
    ("item.presumed_lost", {"cycle": -1}),
    ("label.minted", {"count": -1}),
])  # fmt: skip
def test_a_number_that_no_figure_or_date_could_hold_is_a_flaw(kind: str, body: dict[str, int]) -> None:
    good = said(kind)
    assert flaw(write({**good, "body": {**good["body"], **body}})) is Flaw.BAD_NUMBER


def test_a_mass_of_nothing_and_a_mass_of_ninety_tonnes_are_believed() -> None:
    for mass_g in (0, 90_000_000):
        assert taken(raw(kind="item.received/1", body={"mass_g": mass_g})).number("mass_g") == mass_g


@pytest.mark.parametrize(("kind", "qty", "is_read"), [
    ("item.shipped", 1, True), ("item.shipped", 0, False), ("item.shipped", -1, False),
    ("item.shipped", MAX_QTY, True), ("item.shipped", MAX_QTY + 1, False),
    ("item.counted", 0, True), ("item.counted", -1, False),
    ("stock.adjusted", -7, True), ("stock.adjusted", -MAX_QTY - 1, False),
])  # fmt: skip
def test_a_quantity_is_a_count_of_things(kind: str, qty: int, is_read: bool) -> None:
    payload = write(fields(kind, "", item_type="film", qty=qty, body={"reason": "essai"}))
    assert (taken(payload).qty if is_read else flaw(payload)) == (qty if is_read else Flaw.BAD_NUMBER)


@pytest.mark.parametrize(("kind", "about"), [
    ("item.shipped", {}),
    ("item.shipped", {"code": CRATE, "qty": 2}),
    ("item.shipped", {"code": CRATE, "item_type": "film", "qty": 2}),
    ("item.shipped", {"item_type": "film"}),
    ("item.shipped", {"qty": 2}),
    ("item.shipped", {"code": "  "}),
    ("item.held", {"item_type": "film", "qty": 2}),
    ("stock.adjusted", {"code": CRATE}),
    ("label.bound", {"code": CRATE}),
    ("label.bound", {"code": CRATE, "other": " "}),
    ("label.replaced", {"code": CRATE}),
])  # fmt: skip
def test_an_event_about_nothing_or_about_two_things_is_a_flaw(kind: str, about: dict[str, Any]) -> None:
    payload = write({**fields(kind, "", body={"reason": "essai"}), **about})
    assert flaw(payload) is Flaw.BAD_SUBJECT


def test_a_void_of_a_quantity_is_about_that_quantity() -> None:
    phone = Device()
    shipped = phone.event("item.shipped", "", item_type="film", qty=9, place="metz", body={"to": "nancy"})
    void = phone.event("event.voided", "", item_type="film", qty=9, body={"target": shipped.id})
    assert void.subject == shipped.subject == f"qty:{shipped.id}"


@pytest.mark.parametrize("target", ["x", "", UUID.upper(), "x" * 3_000])
def test_a_void_names_an_event(target: str) -> None:
    payload = json.dumps({**fields("event.voided", CRATE), "body": {"target": target}}).encode()
    assert flaw(payload) is Flaw.BAD_BODY


# ---------------------------------------------------------------- subjects


def test_one_label_is_one_subject_however_it_was_scanned() -> None:
    chars = CRATE.removeprefix("C/")
    ways = (
        CRATE,
        CRATE.lower(),
        f"HTTPS://BOUCLE.EXAMPLE/{CRATE}",
        f"https://autre.example/chemin/{CRATE.lower()}?x=1",
        f"{chars[:4]}-{chars[4:8]}-{chars[8:12]}-{chars[12:]}",
        f" {CRATE}\r\n",
        f"]Q1HTTPS://BOUCLE.EXAMPLE/{CRATE}",
    )
    assert {taken(raw(code=way)).subject for way in ways} == {CRATE}
    assert [taken(raw(code=way)).code for way in ways] == list(ways)


def test_what_is_no_label_is_known_by_its_text_and_a_long_one_by_its_hash() -> None:
    assert taken(raw(code=" WIFI:S:quai;; ")).subject == "raw:WIFI:S:quai;;"
    long = "x" * 600
    assert subject_of(long, "", "") == f"raw:sha256:{sha256(f'raw:{long}'.encode()).hexdigest()}"
    assert subject_of(long + "y", "", "") != subject_of(long, "", "")


@given(st.text(max_size=700), st.sampled_from(["", UUID]), st.sampled_from(["", "film"]))
@example("\ud800" * 300, "", "")
@example("\x00", "", "")
def test_every_text_has_a_subject_that_can_be_a_key(text: str, event_id: str, item_type: str) -> None:
    subject = subject_of(text, event_id, item_type)
    assert bool(subject) == bool(text or item_type)
    assert is_short(subject)


# ---------------------------------------------------------------- nothing else is ever raised


@given(st.binary(max_size=400))
def test_bytes_of_any_kind_are_an_event_or_a_flaw(payload: bytes) -> None:
    assert isinstance(read(payload, START_MS, 0), Event | Unreadable)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8) | st.sampled_from([CRATE, UUID]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3),
    max_leaves=8,
)
kinds = st.sampled_from([*KINDS]).map(lambda kind: f"{kind}/1")
bodies = st.dictionaries(
    st.sampled_from(sorted({name.rstrip("!") for kind in KINDS.values() for name in kind.fields})),
    json_values,
    max_size=5,
)
envelopes = st.dictionaries(
    st.sampled_from([*fields(), "item_type", "qty", "other", "body", "photos", "corrects", "priv", "x"]), json_values,
    max_size=4,
)  # fmt: skip


@given(kinds, bodies, envelopes)
def test_json_of_any_kind_is_an_event_or_a_flaw(kind: str, body: dict[str, Any], envelope: dict[str, Any]) -> None:
    assert isinstance(read(raw(**{"kind": kind, "body": body, **envelope}), START_MS, 0), Event | Unreadable)


@given(json_values)
def test_what_a_flaw_speaks_of_is_never_kept_in_an_event(value: object) -> None:
    found = read(raw(body={"any": value}), START_MS, 0)
    if isinstance(found, Event):
        text = json.dumps(found.body["any"], allow_nan=False)
        assert "\\u0000" not in text
        assert write({"body": found.body}) == write(json.loads(write({"body": found.body})))


texts = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), max_size=6)
clean_values = st.recursive(
    st.booleans() | st.integers(-MAX_INT, MAX_INT) | texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts.filter(str.isascii), inner, max_size=3),
    max_leaves=8,
)


@given(st.dictionaries(st.sampled_from("abcdef"), clean_values))
def test_what_is_written_parses_to_what_was_meant_and_is_written_the_same_again(body: dict[str, Any]) -> None:
    written = write({"body": body})
    assert write(parse(written)) == written


@given(
    st.dictionaries(st.sampled_from("abc"), st.integers() | st.text("a\\\x00{[é\u0301\ud800", max_size=9), max_size=3)
)
def test_a_payload_that_looks_plain_is_read_like_any_other(body: dict[str, Any]) -> None:
    """The short way over a plain payload is only short: an indented copy with an escape takes the long one."""
    plain = json.dumps({**fields(), "body": body}).encode()
    long_way = plain[:-1] + b', "zz": "\\u0041"}'
    one, other = read(plain, START_MS, 0), read(long_way, START_MS, 0)
    assert one == other


def test_an_ordinary_scan_is_plain() -> None:
    assert wire._is_plain(write(fields(place="metz", body={"mass_g": 2_150})))
    assert not wire._is_plain(raw(mono=2**53 + 1))
    assert not wire._is_plain(raw(body=[[[[[[[[0]]]]]]]]))


# ---------------------------------------------------------------- labels


@given(st.text(max_size=600) | st.binary(max_size=300).map(lambda raw_bytes: raw_bytes.decode("latin-1")))
@example("HTTPS://X/C/" + "0" * MAX_LABEL_CHARACTERS)
@example("(01)" * 100)
@example("]C1" + "\x1d" * 50)
@example("\x1d")
def test_any_text_is_a_label_or_a_named_misreading(text: str) -> None:
    found = read_label(text)
    assert isinstance(found, Label | Misread)
    if isinstance(found, Label):
        again = read_label(found.key)
        assert isinstance(again, Label)
        assert again.key == found.key
