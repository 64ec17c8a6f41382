"""The rescue file: what goes in comes out for its organisation alone, and a damaged file gives nothing."""

from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st

from boucle.errors import MalformedRescueError, UnopenedSealError
from boucle.rescue import pack, unpack
from boucle.signing import Sealed, load_crypto
from boucle.wire import MAX_PUSH

CRYPTO = load_crypto()
OFFICE = CRYPTO.opening_box(bytes(range(32)))
OTHER = CRYPTO.opening_box(bytes(range(1, 33)))
DEVICE_BOX = CRYPTO.box(OFFICE.public)
BATCHES = (b'{"batch":"one","records":[1,2,3]}', b'{"batch":"two","records":[4,5,6,7]}')


class GlassBox:
    """A box that hides nothing, to look inside and to put wrong content in."""

    public = OFFICE.public

    def seal(self, plaintext: bytes, associated: bytes) -> Sealed:
        assert associated.startswith(b"boucle-rescue/1\n")
        return Sealed(ephemeral=bytes(32), nonce=bytes(12), ciphertext=plaintext + bytes(16))

    def open(self, sealed: Sealed, associated: bytes) -> bytes:
        assert len(associated) == 24
        return sealed.ciphertext[:-16]


@given(st.lists(st.binary(min_size=1, max_size=300), max_size=6))
def test_the_batches_come_back_as_they_were(batches: list[bytes]) -> None:
    assert unpack(pack(batches, DEVICE_BOX), OFFICE) == tuple(batches)


def test_the_file_is_laid_out_as_documented() -> None:
    file = pack(BATCHES, GlassBox())
    assert file[:16] == b"boucle-rescue/1\n"
    assert file[16:24] == sha256(OFFICE.public).digest()[:8]
    assert file[24:68] == bytes(44)
    assert file[68:-16] == (
        len(BATCHES[0]).to_bytes(4, "big") + BATCHES[0] + len(BATCHES[1]).to_bytes(4, "big") + BATCHES[1]
    )


def test_nothing_of_a_batch_can_be_read_in_the_file() -> None:
    file = pack(BATCHES, DEVICE_BOX)
    assert b"records" not in file
    assert b"batch" not in file
    assert file != pack(BATCHES, DEVICE_BOX)


def test_another_organisation_is_told_so() -> None:
    with pytest.raises(UnopenedSealError, match="another organisation"):
        unpack(pack(BATCHES, DEVICE_BOX), OTHER)


def test_a_file_whose_recipient_was_rewritten_does_not_open() -> None:
    file = pack(BATCHES, DEVICE_BOX)
    theirs = pack(BATCHES, CRYPTO.box(OTHER.public))
    with pytest.raises(UnopenedSealError):
        unpack(theirs[:24] + file[24:], OTHER)
    with pytest.raises(UnopenedSealError):
        unpack(file[:24] + theirs[24:], OFFICE)


def test_no_byte_can_be_changed() -> None:
    file = pack(BATCHES, DEVICE_BOX)
    for at in range(len(file)):
        changed = file[:at] + bytes([file[at] ^ 1]) + file[at + 1 :]
        with pytest.raises((MalformedRescueError, UnopenedSealError)):
            unpack(changed, OFFICE)


def test_a_cut_or_longer_file_gives_nothing() -> None:
    file = pack(BATCHES, DEVICE_BOX)
    for length in range(len(file)):
        with pytest.raises((MalformedRescueError, UnopenedSealError)):
            unpack(file[:length], OFFICE)
    with pytest.raises(UnopenedSealError):
        unpack(file + b"\n", OFFICE)


@pytest.mark.parametrize(
    ("file", "says"),
    [
        (b"", "no rescue file"),
        (b"PK\x03\x04 a zip", "no rescue file"),
        (b"boucle-rescue/2\n" + bytes(100), "version 2: .* a newer one"),
        (b"boucle-rescue/\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff", "version"),
        (b"boucle-rescue/1\n" + bytes(60), "cut: 76 bytes; copy it again"),
    ],
)
def test_what_is_no_rescue_file_of_ours_is_named(file: bytes, says: str) -> None:
    with pytest.raises(MalformedRescueError, match=says):
        unpack(file, OFFICE)


@pytest.mark.parametrize("batch", [b"", bytes(MAX_PUSH + 1)])
def test_a_batch_that_no_push_could_carry_is_not_packed(batch: bytes) -> None:
    with pytest.raises(MalformedRescueError, match="1 to 1048576 bytes"):
        pack([batch], DEVICE_BOX)


@pytest.mark.parametrize(
    "content",
    [b"\x00", b"\x00\x00\x00", b"\x00\x00\x00\x00", b"\x00\x00\x00\x02x", b"\xff\xff\xff\xffx", b"\x00\x00\x00\x01xy"],
)
def test_content_that_does_not_add_up_gives_nothing(content: bytes) -> None:
    header = pack([], GlassBox())[:68]
    with pytest.raises(MalformedRescueError, match="does not hold what it announces"):
        unpack(header + content + bytes(16), GlassBox())
