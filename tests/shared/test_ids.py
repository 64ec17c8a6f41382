"""Identifiers made offline."""

import random
import uuid

import pytest
from hypothesis import given
from hypothesis import strategies as st

from boucle.ids import CROCKFORD, is_epoch, is_uuid7, new_epoch, new_name, random_characters, uuid7


def test_the_example_of_rfc_9562_comes_out_to_the_bit() -> None:
    # RFC 9562, appendix A.6: 2022-02-22T19:22:22Z, rand_a 0xCC3, rand_b 0x18C4DC0C0C07398F.
    bits = 0xCC3 << 62 | 0x18C4DC0C0C07398F
    assert uuid7(0x017F22E279B0, lambda size: bits.to_bytes(size, "big")) == "017f22e2-79b0-7cc3-98c4-dc0c0c07398f"


@given(now_ms=st.integers(0, (1 << 48) - 1), drawn=st.binary(min_size=10, max_size=10))
def test_every_event_id_is_a_version_7_uuid_that_holds_its_time(now_ms: int, drawn: bytes) -> None:
    event_id = uuid7(now_ms, lambda _: drawn)
    read = uuid.UUID(event_id)
    assert (read.version, read.variant, str(read)) == (7, uuid.RFC_4122, event_id)
    assert read.int >> 80 == now_ms
    assert is_uuid7(event_id)


def test_every_random_bit_reaches_the_event_id() -> None:
    made = {uuid7(0, lambda size, bit=bit: (1 << bit).to_bytes(size, "big")) for bit in range(74)}  # type: ignore[misc]
    assert len(made) == 74


@pytest.mark.parametrize("now_ms", [-1, 1 << 48])
def test_a_time_outside_48_bits_makes_no_event_id(now_ms: int) -> None:
    with pytest.raises(ValueError, match="48 bits"):
        uuid7(now_ms, bytes)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "017F22E2-79B0-7CC3-98C4-DC0C0C07398F",
        "017f22e2-79b0-4cc3-98c4-dc0c0c07398f",
        "017f22e2-79b0-7cc3-18c4-dc0c0c07398f",
        "017f22e279b07cc398c4dc0c0c07398f",
        "017f22e2-79b0-7cc3-98c4-dc0c0c07398f\n",
        "\u066017f22e2-79b0-7cc3-98c4-dc0c0c07398f",
    ],
)
def test_only_the_one_writing_of_an_event_id_passes(text: str) -> None:
    assert not is_uuid7(text)


def test_an_epoch_is_sixteen_hexadecimal_digits() -> None:
    epoch = new_epoch(random.Random(7).randbytes)
    assert is_epoch(epoch)
    assert len(epoch) == 16
    assert not is_epoch(epoch.upper() + "g")
    assert not is_epoch(epoch[:-1])


def test_a_name_is_its_prefix_with_sixty_random_bits() -> None:
    name = new_name("d", lambda size: bytes([0xFF] * size))
    assert name == "d-zzzzzzzzzzzz"
    assert len({new_name("d", random.Random(seed).randbytes) for seed in range(500)}) == 500


@pytest.mark.parametrize("prefix", ["", "D", "d-", "é", "d1"])
def test_a_name_has_no_strange_prefix(prefix: str) -> None:
    with pytest.raises(ValueError, match="prefix"):
        new_name(prefix, bytes)


@given(count=st.integers(1, 40), seed=st.integers(0, 9999))
def test_random_characters_are_crockfords(count: int, seed: int) -> None:
    made = random_characters(count, random.Random(seed).randbytes)
    assert len(made) == count
    assert set(made) <= set(CROCKFORD)


def test_every_bit_of_a_random_character_counts() -> None:
    made = {random_characters(12, lambda size, bit=bit: (1 << bit).to_bytes(size, "big")) for bit in range(4, 64)}  # type: ignore[misc]
    assert len(made) == 60


def test_a_source_that_gives_too_little_is_refused() -> None:
    with pytest.raises(ValueError, match="asked 8 random bytes, got 3"):
        new_epoch(lambda _: b"abc")
