"""The Merkle log: reference vectors of Certificate Transparency, slow against fast, hostile proofs."""

from collections.abc import Callable, Iterator, Sequence
from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st

from boucle import log
from boucle.errors import MalformedLogError
from boucle.log import (
    EMPTY_ROOT,
    EntryKind,
    Frontier,
    Read,
    append_nodes,
    commitment,
    consistency_proof,
    entry,
    extend,
    inclusion_proof,
    leaf_hash,
    node_from_tiles,
    root,
    salted,
    verify_consistency,
    verify_inclusion,
)

# The eight entries, roots and proofs which the public implementations of RFC 6962 share as test data.
ENTRIES = [
    bytes.fromhex(text)
    for text in (
        "",
        "00",
        "10",
        "2021",
        "3031",
        "40414243",
        "5051525354555657",
        "606162636465666768696a6b6c6d6e6f",
    )
]
LEAVES = [leaf_hash(data) for data in ENTRIES]
ROOTS = [
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]
N1 = "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7"
N23 = "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e"
N4567 = "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4"
N4 = "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b"
N67 = "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0"
N45 = "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a"
N6 = "b08693ec2e721597130641e8211e7eedccb4c26413963eee6c1e2ed16ffb1a5f"
N0123 = ROOTS[3]

INCLUSION: list[tuple[int, int, list[str]]] = [
    (0, 1, []),
    (0, 8, [N1, N23, N4567]),
    (5, 8, [N4, N67, N0123]),
    (2, 3, [ROOTS[1]]),
    (1, 5, [ROOTS[0], N23, N4]),
]
CONSISTENCY: list[tuple[int, int, list[str]]] = [
    (1, 1, []),
    (1, 8, [N1, N23, N4567]),
    (6, 8, [N45, N67, N0123]),
    (2, 5, [N23, N4]),
    (6, 7, [N45, N6, N0123]),
]

SALT = bytes(range(16))
Proof = tuple[bytes, ...]

leaf_lists = st.lists(st.binary(max_size=3).map(leaf_hash), max_size=70)


def stored(leaves: Sequence[bytes]) -> Read:
    """Every node that appending the leaves would store, as a `read` function that knows nothing else."""
    _, nodes = extend(Frontier(), leaves)
    table = {(node.level, node.position): node.hash for node in nodes}
    assert len(table) == len(nodes), "a node was stored twice"
    return lambda level, index: table[level, index]


def unhexed(proof: list[str]) -> Proof:
    return tuple(bytes.fromhex(value) for value in proof)


def root_of(size: int) -> bytes:
    return bytes.fromhex(ROOTS[size - 1])


@pytest.mark.parametrize("size", range(1, 9))
def test_the_reference_roots_are_reached_slowly_and_by_the_frontier(size: int) -> None:
    assert root(LEAVES[:size]) == root_of(size)
    frontier = Frontier()
    for leaf in LEAVES[:size]:
        frontier = frontier.append(leaf)
    assert (frontier.size, frontier.root()) == (size, root_of(size))


def test_the_root_of_nothing_is_the_hash_of_nothing() -> None:
    assert root([]) == Frontier().root() == EMPTY_ROOT == sha256(b"").digest()


@pytest.mark.parametrize(("index", "size", "proof"), INCLUSION)
def test_the_reference_inclusion_proofs_are_made_and_verified(index: int, size: int, proof: list[str]) -> None:
    made = inclusion_proof(index, size, stored(LEAVES))
    assert made == unhexed(proof)
    assert verify_inclusion(LEAVES[index], index, size=size, proof=made, root=root_of(size))


@pytest.mark.parametrize(("old", "new", "proof"), CONSISTENCY)
def test_the_reference_consistency_proofs_are_made_and_verified(old: int, new: int, proof: list[str]) -> None:
    made = consistency_proof(old, new, stored(LEAVES))
    assert made == unhexed(proof)
    assert verify_consistency(old, new, proof=made, old_root=root_of(old), new_root=root_of(new))


def bent(proof: Proof, extra: bytes) -> Iterator[Proof]:
    """Every proof near to `proof` that must not verify in its place."""
    yield from [(extra, *proof), (*proof, extra), (b"", *proof), (*proof, b"")]
    if proof:
        yield from [proof[:-1], proof[1:], (proof[0], *proof), tuple(value[:-1] for value in proof)]
    for at, value in enumerate(proof):
        yield (*proof[:at], bytes([value[0] ^ 8]) + value[1:], *proof[at + 1 :])
        if at and value != proof[at - 1]:
            yield (*proof[: at - 1], value, proof[at - 1], *proof[at + 1 :])


@pytest.mark.parametrize(("index", "size", "proof"), INCLUSION)
def test_an_inclusion_proof_holds_for_nothing_else(index: int, size: int, proof: list[str]) -> None:
    good, leaf, top = unhexed(proof), LEAVES[index], root_of(size)
    for wrong in bent(good, top):
        assert not verify_inclusion(leaf, index, size=size, proof=wrong, root=top)
    for other in (index - 1, index + 1, index ^ 2, size, -1):
        assert not verify_inclusion(leaf, other, size=size, proof=good, root=top)
    for other in (size * 2, size // 2, 0, -size):
        assert not verify_inclusion(leaf, index, size=other, proof=good, root=top)
    for wrong_leaf, wrong_root in ((b"leaf", top), (EMPTY_ROOT, top), (leaf, EMPTY_ROOT), (leaf, b"")):
        assert not verify_inclusion(wrong_leaf, index, size=size, proof=good, root=wrong_root)


@pytest.mark.parametrize(("old", "new", "proof"), CONSISTENCY[1:])
def test_a_consistency_proof_holds_for_nothing_else(old: int, new: int, proof: list[str]) -> None:
    good, before, after = unhexed(proof), root_of(old), root_of(new)
    for wrong in (*bent(good, before), (), (after, *good), (*good, after)):
        assert not verify_consistency(old, new, proof=wrong, old_root=before, new_root=after)
    sizes = [(old - 1, new), (old + 1, new), (old ^ 2, new), (old, new * 2), (old, new // 2)]
    for old_size, new_size in sizes:
        assert not verify_consistency(old_size, new_size, proof=good, old_root=before, new_root=after)
    assert not verify_consistency(old, new, proof=good, old_root=after, new_root=before)
    assert not verify_consistency(old, new, proof=good, old_root=b"before", new_root=after)
    assert not verify_consistency(old, new, proof=good, old_root=before, new_root=EMPTY_ROOT)


def test_equal_and_empty_sizes_need_no_proof_but_the_right_roots() -> None:
    first = root_of(1)
    assert verify_consistency(1, 1, proof=(), old_root=first, new_root=first)
    assert not verify_consistency(1, 1, proof=(), old_root=first, new_root=root_of(2))
    assert not verify_consistency(1, 1, proof=(first,), old_root=first, new_root=first)
    assert verify_consistency(0, 0, proof=(), old_root=EMPTY_ROOT, new_root=EMPTY_ROOT)
    assert verify_consistency(0, 3, proof=(), old_root=EMPTY_ROOT, new_root=root_of(3))
    assert not verify_consistency(0, 3, proof=(), old_root=first, new_root=root_of(3))
    assert not verify_consistency(0, 3, proof=(first,), old_root=EMPTY_ROOT, new_root=root_of(3))
    assert not verify_consistency(2, 1, proof=(), old_root=root_of(2), new_root=first)
    assert not verify_consistency(1, 2, proof=(), old_root=first, new_root=root_of(2))


def test_every_proof_up_to_forty_leaves_verifies_and_reads_stored_nodes_only() -> None:
    leaves = [leaf_hash(bytes([number])) for number in range(40)]
    read, roots = stored(leaves), [root(leaves[:size]) for size in range(41)]
    for new in range(41):
        for old in range(new + 1):
            proof = consistency_proof(old, new, read)
            assert verify_consistency(old, new, proof=proof, old_root=roots[old], new_root=roots[new])
        for index in range(new):
            proof = inclusion_proof(index, new, read)
            assert verify_inclusion(leaves[index], index, size=new, proof=proof, root=roots[new])
            other = leaves[index - 1] if new > 1 else leaf_hash(b"other")
            assert not verify_inclusion(other, index, size=new, proof=proof, root=roots[new])


@given(leaf_lists, leaf_lists)
def test_the_frontier_equals_the_slow_definition_however_it_is_cut(first: list[bytes], second: list[bytes]) -> None:
    frontier, nodes = extend(Frontier(), first)
    at_once, all_nodes = extend(Frontier(), first + second)
    later, more = extend(Frontier.from_bytes(frontier.to_bytes()), second)
    assert later == at_once
    assert nodes + more == all_nodes
    assert later.root() == root(first + second)
    assert len(later.hashes) == later.size.bit_count()


@given(leaf_lists.filter(bool))
def test_the_nodes_of_one_append_are_the_leaf_and_every_subtree_it_completes(leaves: list[bytes]) -> None:
    frontier, _ = extend(Frontier(), leaves[:-1])
    for level, position, value in append_nodes(frontier, leaves[-1]):
        span = leaves[position << level : (position + 1) << level]
        assert len(span) == 1 << level
        assert value == root(span)
    assert len(append_nodes(frontier, leaves[-1])) == (len(leaves) & -len(leaves)).bit_length()


@given(st.data())
def test_a_rewritten_leaf_is_never_consistent_with_what_was_signed(data: st.DataObject) -> None:
    leaves = data.draw(leaf_lists.filter(lambda some: len(some) > 1))
    old = data.draw(st.integers(1, len(leaves) - 1))
    at = data.draw(st.integers(0, old - 1))
    forged = [*leaves[:at], leaf_hash(b"forged"), *leaves[at + 1 :]]
    proof = consistency_proof(old, len(leaves), stored(forged))
    signed = root(leaves[:old])
    assert not verify_consistency(old, len(leaves), proof=proof, old_root=signed, new_root=root(forged))


def test_tiles_of_256_give_the_same_nodes() -> None:
    leaves = [leaf_hash(number.to_bytes(2, "big")) for number in range(600)]
    read = stored(leaves)

    def read_tile(level: int, index: int) -> bytes:
        hashes = []
        for at in range(index * 256, (index + 1) * 256):
            if (at + 1) << (8 * level) > len(leaves):
                break
            hashes.append(read(8 * level, at))
        return b"".join(hashes)

    def read_by_tiles(level: int, index: int) -> bytes:
        return node_from_tiles(level, index, read_tile)

    for index in (0, 255, 256, 511, 512, 599):
        proof = inclusion_proof(index, 600, read_by_tiles)
        assert proof == inclusion_proof(index, 600, read)
    assert consistency_proof(300, 600, read_by_tiles) == consistency_proof(300, 600, read)
    with pytest.raises(MalformedLogError):
        node_from_tiles(0, 600, read_tile)


def test_an_entry_is_these_bytes_in_this_order() -> None:
    commit = sha256(b"commit").digest()
    event_id = "0190a0b0-0000-7000-8000-000000000001"
    assert entry(EntryKind.EVENT, event_id, received_ms=1_793_489_400_007, commit=commit) == (
        b'{"v":1,"kind":"event","id":"0190a0b0-0000-7000-8000-000000000001",'
        b'"received":"2026-10-31T23:30:00.007Z","commit":"' + commit.hex().encode() + b'"}'
    )


def test_a_hostile_id_cannot_break_out_of_its_entry() -> None:
    commit = bytes(32)
    made = entry(EntryKind.EVENT, 'x","kind":"key\n\ud800é', received_ms=0, commit=commit)
    assert b',"id":"x\\",\\"kind\\":\\"key\\n\\ud800\\u00e9","received":"1970-' in made


def test_a_commitment_hashes_salt_payload_time_and_quality() -> None:
    salt, payload = SALT, b'{"seq":1}'
    expected = sha256(salt + payload + b"\xff\xff\xff\xff\xff\xff\xff\xfe" + b"\x01").digest()
    assert commitment(salt, payload, teff_ms=-2, quality=1) == expected
    assert commitment(salt, payload, teff_ms=2, quality=1) != expected
    assert commitment(salt, payload, teff_ms=-2, quality=0) != expected
    assert salted(salt, payload) == sha256(salt + payload).digest()


@pytest.mark.parametrize(
    ("salt", "teff_ms", "quality"),
    [(b"short", 0, 0), (bytes(17), 0, 0), (SALT, 2**63, 0), (SALT, -(2**63) - 1, 0), (SALT, 0, 3)],
)
def test_a_commitment_that_could_be_read_in_two_ways_is_refused(salt: bytes, teff_ms: int, quality: int) -> None:
    with pytest.raises(MalformedLogError):
        commitment(salt, b"payload", teff_ms=teff_ms, quality=quality)


@pytest.mark.parametrize("damage", [b"", bytes(7), bytes(7) + b"\x01", bytes(8 + 32), b"\xff" * 8])
def test_a_damaged_frontier_is_refused(damage: bytes) -> None:
    with pytest.raises(MalformedLogError):
        Frontier.from_bytes(damage)


@pytest.mark.parametrize(("index", "size"), [(0, 0), (8, 8), (-1, 8), (0, 2**63)])
def test_a_proof_of_what_is_not_there_is_refused(index: int, size: int) -> None:
    with pytest.raises(MalformedLogError):
        inclusion_proof(index, size, stored(LEAVES))
    with pytest.raises(MalformedLogError):
        consistency_proof(size + 1, size, stored(LEAVES))


def test_a_leaf_that_is_no_hash_is_refused() -> None:
    with pytest.raises(MalformedLogError):
        Frontier().append(b"an entry, not its hash")


def swapped_prefix(left: bytes, right: bytes) -> bytes:
    return sha256(b"\x00" + left + right).digest()


def swapped_sides(left: bytes, right: bytes) -> bytes:
    return sha256(b"\x01" + right + left).digest()


@pytest.mark.parametrize("mutant", [swapped_prefix, swapped_sides])
def test_a_mutant_that_hashes_nodes_otherwise_misses_the_reference_roots(
    mutant: Callable[[bytes, bytes], bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(log, "node_hash", mutant)
    assert [root(LEAVES[:size]).hex() for size in range(2, 9)] != ROOTS[1:]
    assert extend(Frontier(), LEAVES)[0].root().hex() != ROOTS[7]


def test_a_mutant_that_doubles_a_lone_node_instead_of_promoting_it_misses_the_reference_roots() -> None:
    def doubling_root(leaves: list[bytes]) -> str:
        while len(leaves) > 1:
            if len(leaves) % 2:
                leaves = [*leaves, leaves[-1]]
            leaves = [log.node_hash(leaves[at], leaves[at + 1]) for at in range(0, len(leaves), 2)]
        return leaves[0].hex()

    agree = [size for size in range(1, 9) if doubling_root(LEAVES[:size]) == ROOTS[size - 1]]
    assert agree == [1, 2, 4, 8], "only complete trees have no lone node"


def test_a_proof_longer_than_the_tree_is_high_is_refused_even_when_its_hashes_fit() -> None:
    # The second leaf cannot be passed off as the only one, nor taller trees as ones of three and four.
    assert not verify_inclusion(LEAVES[1], 0, size=1, proof=(LEAVES[0],), root=root_of(2))
    proof = (LEAVES[2], LEAVES[3], root_of(2))
    assert verify_consistency(3, 4, proof=proof, old_root=root_of(3), new_root=root_of(4))
    old_root, new_root = (log.node_hash(root_of(5), root_of(size)) for size in (3, 4))
    assert not verify_consistency(3, 4, proof=(*proof, root_of(5)), old_root=old_root, new_root=new_root)
