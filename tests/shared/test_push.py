"""The push: written and read back alike, refused as a whole only when it is none, and sealed in every part."""

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from boucle.errors import MalformedError, MalformedPushError
from boucle.push import Push, Record, read_push, seal_body, write_push
from boucle.units import MAX_INT
from boucle.words import say

integers = st.integers(-MAX_INT, MAX_INT)
names = st.from_regex(r"[A-Za-z0-9._:@-]{1,64}", fullmatch=True)
clean = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), max_size=20)
parts = st.text(st.characters(exclude_categories=["Cs"]), max_size=40).map(str.encode)
records = st.builds(
    Record, payload=parts, teff=integers, tq=st.sampled_from((0, 1, 2)), priv=st.none() | st.binary(max_size=0) | parts
)


@st.composite
def pushes(draw: st.DrawFn) -> Push:
    first = draw(st.integers(1, MAX_INT - 10))
    drawn = tuple(draw(st.lists(records, min_size=1, max_size=4)))
    return Push(
        batch=draw(st.from_regex(r"[A-Za-z0-9._:@/-]{1,64}", fullmatch=True)),
        org=draw(names),
        dev=draw(names),
        epoch=draw(st.from_regex(r"[0-9a-f]{16}", fullmatch=True)),
        first=first,
        last=first + len(drawn) - 1,
        records=drawn,
        seal=draw(st.binary(max_size=64)),
        boot=draw(clean),
        mono_now=draw(integers),
        unsent=draw(integers),
        head=draw(clean),
        app=draw(clean),
    )


@given(pushes())
def test_what_is_written_is_read_back(push: Push) -> None:
    assert read_push(write_push(push)) == push


@given(pushes(), st.data())
def test_a_seal_notices_every_change_of_what_it_covers(push: Push, data: st.DataObject) -> None:
    place = data.draw(st.integers(0, len(push.records) - 1))
    record = push.records[place]
    touched = (*push.records[:place], data.draw(changed(record)), *push.records[place + 1 :])
    shorter = (*push.records[:place], *push.records[place + 1 :])
    for records_then in (touched, shorter, (*push.records, record)):
        assert seal_body(replace(push, records=records_then)) != seal_body(push)


def changed(record: Record) -> st.SearchStrategy[Record]:
    return st.one_of(
        parts.map(lambda payload: replace(record, payload=payload)),
        integers.map(lambda teff: replace(record, teff=teff)),
        st.sampled_from((0, 1, 2)).map(lambda tq: replace(record, tq=tq)),
    ).filter(lambda other: other != record)


@given(pushes())
def test_a_seal_notices_records_that_change_places(push: Push) -> None:
    turned = push.records[1:] + push.records[:1]
    assert (seal_body(replace(push, records=turned)) == seal_body(push)) == (
        [(one.payload, one.teff, one.tq) for one in turned] == [(one.payload, one.teff, one.tq) for one in push.records]
    )


@pytest.mark.parametrize(("name", "value"), [
    ("org", "o-autre"), ("dev", "d-autre"), ("epoch", "00000000000000ff"), ("first", 6), ("last", 8), ("batch", "b2"),
])  # fmt: skip
def test_a_seal_covers_where_its_range_stands(name: str, value: Any) -> None:
    assert seal_body(replace(PLAIN, **{name: value})) != seal_body(PLAIN)


def test_a_seal_leaves_out_what_only_this_attempt_says() -> None:
    again = replace(PLAIN, seal=b"else", boot="b-2", mono_now=9, unsent=3, head="h", app="2.0")
    assert seal_body(again) == seal_body(PLAIN)


def test_a_seal_is_the_lines_that_the_protocol_documents() -> None:
    assert seal_body(PLAIN).decode().splitlines() == [
        "boucle-seal/1",
        "o-essai",
        "d-un",
        "00000000000000a1",
        "5",
        "6",
        "b-1",
        "0ab1a6d394cd30195f0642b67ae1180c375ffadf5dd7f39c390668b5fdb6da93",  # the last payload's SHA-256
        "15ea5780aaae69358f4d685c6c4ce95a77770fa6d5417fc7e2de906db098e37e",  # of (hash, t_eff, tq) twice
    ]


PLAIN = Push(
    batch="b-1",
    org="o-essai",
    dev="d-un",
    epoch="00000000000000a1",
    first=5,
    last=6,
    records=(
        Record(payload=b'{"a":1}', teff=1_767_247_200_000, tq=0),
        Record(payload=b'{"b":2}', teff=1_767_247_260_000, tq=2, priv=b'{"salt":"00"}'),
    ),
    seal=bytes(64),
)


def body(change: Callable[[dict[str, Any]], object]) -> bytes:
    data = json.loads(write_push(PLAIN))
    change(data)
    return json.dumps(data).encode()


def test_a_push_may_be_indented_and_hold_keys_of_a_later_version() -> None:
    data = json.loads(write_push(PLAIN))
    data["later"] = {"nested": [1.5, None]}
    data["records"][0]["later"] = True
    assert read_push(json.dumps(data, indent=2, sort_keys=True).encode()) == PLAIN


def test_a_push_without_records_only_reports() -> None:
    assert read_push(write_push(replace(PLAIN, records=(), first=7, last=6, unsent=0))).records == ()


@pytest.mark.parametrize("raw", [
    b"", b"null", b"[]", b"1", b'"x"', b"{", b"\xff\xfe{\x00}\x00", b"\xef\xbb\xbf{}", b"{}\x00", b"[" * 100_000,
    b'{"a":' * 100_000, b"{" + b'"first":' + b"9" * 5_000 + b"}", b"\x80", b"%PDF-1.7", b'{"batch":"\xed\xa0\x80"}',
], ids=repr)  # fmt: skip
def test_what_is_no_push_is_named_and_nothing_else_is_raised(raw: bytes) -> None:
    with pytest.raises(MalformedPushError):
        read_push(raw)


@pytest.mark.parametrize(("raw", "french"), [
    (b"not json", "ce n’est pas du JSON"),
    (b"[]", "ce n’est pas un objet JSON"),
    (b'{"a":1,"a":2}', "une clé y est deux fois"),
    (b"{}", "batch manque, ou n’est pas ce qu’il doit être"),
])  # fmt: skip
def test_what_is_wrong_with_a_body_can_be_said_in_words_of_people(raw: bytes, french: str) -> None:
    with pytest.raises(MalformedPushError) as refused:
        read_push(raw)
    assert say(refused.value.key, "fr", **refused.value.values) == french


@pytest.mark.parametrize("name", ["batch", "org", "dev", "epoch", "records"])
@pytest.mark.parametrize("value", [None, "", 0, 1.0, True, {}, "x y", "a\nb", "\x00", "\ud800", "n" * 65, [0], "é"])
def test_a_part_that_names_where_the_push_belongs_is_never_guessed(name: str, value: object) -> None:
    with pytest.raises(MalformedPushError, match=rf"{name}|record 0"):
        read_push(body(lambda data: data.update({name: value})))


@pytest.mark.parametrize("name", ["batch", "org", "dev", "epoch", "first", "last", "records", "seal"])
def test_a_missing_part_is_named(name: str) -> None:
    if name == "seal":  # a push without a seal is a push whose seal fails: kept, and answered like one
        assert read_push(body(lambda data: data.pop("seal"))).seal == b""
        return
    with pytest.raises(MalformedPushError):
        read_push(body(lambda data: data.pop(name)))


@pytest.mark.parametrize("name", ["first", "last", "mono_now", "unsent"])
@pytest.mark.parametrize("value", [True, 1.0, "1", None, [], 2**53 + 1, -(2**53) - 1, 10**400])
def test_a_number_is_an_integer_within_2_53(name: str, value: object) -> None:
    with pytest.raises(MalformedPushError):
        read_push(body(lambda data: data.update({name: value})))


@pytest.mark.parametrize("text", ["NaN", "Infinity", "-Infinity", "1e309", "5e0", "-0.0"])
def test_a_float_is_no_number_of_a_push(text: str) -> None:
    with pytest.raises(MalformedPushError, match="first"):
        read_push(write_push(PLAIN).replace(b'"first":5', f'"first":{text}'.encode()))


@pytest.mark.parametrize(("first", "last"), [(5, 7), (5, 5), (6, 6), (0, 1), (-1, 0), (6, 5)])
def test_the_range_is_that_of_the_records(first: int, last: int) -> None:
    with pytest.raises(MalformedPushError, match="2 records are not the events"):
        read_push(body(lambda data: data.update(first=first, last=last)))


@pytest.mark.parametrize(("name", "value"), [
    ("payload", None), ("payload", {}), ("payload", 7), ("priv", {}), ("priv", 7), ("priv", False),
    ("teff", None), ("teff", "1"), ("teff", 1.5), ("teff", True), ("teff", 2**53 + 1),
    ("tq", 3), ("tq", -1), ("tq", True), ("tq", "0"),
])  # fmt: skip
def test_a_record_of_another_shape_is_named_with_its_number(name: str, value: object) -> None:
    with pytest.raises(MalformedPushError, match=f"record 1|{name}"):
        read_push(body(lambda data: data["records"][1].update({name: value})))


def test_a_record_without_its_effective_time_is_not_taken_for_1970() -> None:
    with pytest.raises(MalformedPushError, match="record 0 has no teff"):
        read_push(body(lambda data: data["records"][0].pop("teff")))


@pytest.mark.parametrize(("name", "value"), [
    ("boot", "b" * 201), ("app", "é" * 101), ("head", "h" * 20_000), ("head", "\x00"), ("seal", "zz"), ("seal", "0"),
    ("seal", "00" * 257), ("seal", "00 00"), ("boot", 5),
])  # fmt: skip
def test_what_is_too_long_or_unclean_is_refused(name: str, value: object) -> None:
    with pytest.raises(MalformedPushError, match=name):
        read_push(body(lambda data: data.update({name: value})))


def test_a_key_that_stands_twice_is_refused_at_any_depth() -> None:
    whole = write_push(PLAIN)
    for doubled in (whole.replace(b'"org":', b'"org":"o-autre","org":'), whole.replace(b'"tq":0', b'"tq":1,"tq":0')):
        assert doubled != whole
        with pytest.raises(MalformedPushError, match="twice"):
            read_push(doubled)


def test_a_payload_of_any_kind_of_text_is_kept_for_the_door_to_judge() -> None:
    for text in ("", "null", "\x00", "\ud800", "not JSON", "x" * 100_000):
        push = read_push(body(lambda data, text=text: data["records"][0].update(payload=text)))  # type: ignore[misc]
        assert push.records[0].payload == text.encode("utf-8", "surrogatepass")


@given(st.binary(max_size=300))
def test_bytes_of_any_kind_are_a_push_or_a_named_fault(raw: bytes) -> None:
    try_to_read(raw)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)


@given(st.dictionaries(st.sampled_from([*json.loads(write_push(PLAIN))]), json_values, max_size=4), json_values)
def test_a_push_with_any_value_at_any_key_is_a_push_or_a_named_fault(changes: dict[str, object], odd: object) -> None:
    try_to_read(body(lambda data: data.update(changes)))
    try_to_read(body(lambda data: data["records"].append(odd)))
    try_to_read(body(lambda data: data["records"][0].update(dict.fromkeys(("payload", "teff", "tq", "priv"), odd))))


def try_to_read(raw: bytes) -> None:
    try:
        push = read_push(raw)
    except MalformedError:
        return
    assert isinstance(push, Push)
    seal_body(push)
