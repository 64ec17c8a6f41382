"""An event export, shuffled, cut and doubled, gives any empty database the same canonical state."""

import base64
import io
import json
import tracemalloc
from collections.abc import Callable
from pathlib import Path
from random import Random
from typing import Any

import pytest
import sqlalchemy as sa

from boucle_server.db import Database
from boucle_server.exports import events, state
from boucle_server.exports.command import Request
from boucle_server.imports import sealed
from boucle_server.imports.sealed_lines import Outcome, is_sealed
from boucle_server.ingest import accept_own
from boucle_server.schema import prepare
from boucle_server.server_device import Draft
from boucle_server.tables import RECORD
from tests.builders import DAY, ORG, START_MS, Device, code
from tests.server.handset import LATER, Handset, a_network, taken

AS_OF = START_MS + 90 * DAY
REQUEST = Request(as_of_ms=AS_OF, format="json", first="", last="")


def lived(database: Database, seed: int) -> None:
    """Let two phones scan the same crates, late and out of order, with what goes wrong in a month."""
    random = Random(seed)
    a_network(database, "d-un", "d-deux")
    phones = [Handset(), Handset(device=Device(dev="d-deux", epoch="00000000000000a2", random=Random(2)))]
    for number in range(5):
        phones[0].scan("item.commissioned", code(number), at=0, place="strasbourg", body={"type": "bac"})
    days = [1.0, 1.0]
    for _ in range(40):
        who = random.randrange(2)
        days[who] += random.random()
        phone, crate = phones[who], code(random.randrange(6))
        kind, place, body = random.choice(
            (
                ("item.shipped", "strasbourg", {"to": "mulhouse"}),
                ("item.collected", "mulhouse", {}),
                ("item.received", "metz", {"mass_g": 1_900}),
                ("item.sorted", "metz", {"verdict": "ok"}),
            )
        )
        phone.scan(kind, crate, at=days[who], place=place, body=body)
    phones[1].scan("item.collected", at=days[1] + 1, item_type="film", qty=12, place="nancy")
    phones[1].junk(b"\xff not an event")
    phones[1].scan("lune.alunie", code(1), at=days[1] + 2)
    phones[1].scan("reference.set", at=days[1] + 3, body={"table": "site", "key": "x", "valid_from": 0, "row": {}})
    for phone in reversed(phones):
        taken(database, phone.push())
    future = Handset(device=Device(dev="d-un", epoch="00000000000000b1", random=Random(5)))
    record = future.scan("item.counted", code(2), at=4_000, place="metz")
    answer = taken(database, future.push())
    refused = next(result.id for result in answer.results)
    assert record.payload
    with database.writing(ORG) as connection:
        acts = [Draft(kind="event.dismissed", fields={"body": {"target": refused}})]
        accept_own(connection, ORG, acts, actor="p-ana", now_ms=LATER)


def exported(database: Database, write: Callable[..., None]) -> bytes:
    with database.reading() as connection:
        file = io.BytesIO()
        write(connection, ORG, file, request=REQUEST)
    return file.getvalue()


def brought_in(database: Database, files: list[bytes], folder: Path) -> Outcome:
    total = Outcome()
    for number, content in enumerate(files):
        file = folder / f"part-{number}.jsonl"
        file.write_bytes(content)
        assert is_sealed(file)
        found = sealed.bring_in(database, file, origin_host="other.example", now_ms=LATER, batch=7)
        total.created += found.created
        total.aside += found.aside
        total.faults += found.faults
    return total


def mixed(content: bytes, seed: int) -> list[bytes]:
    """Double a third of the lines, shuffle all, and cut them into four files."""
    random = Random(seed)
    lines = content.splitlines(keepends=True)
    lines += random.sample(lines, k=len(lines) // 3)
    random.shuffle(lines)
    cuts = sorted(random.sample(range(1, len(lines)), k=3))
    return [b"".join(lines[first:last]) for first, last in zip([0, *cuts], [*cuts, len(lines)], strict=True)]


def copy_of(tmp_path: Path, name: str) -> Database:
    database = Database.embedded_at(tmp_path / name / "boucle.sqlite3")
    prepare(database)
    return database


@pytest.mark.parametrize("seed", [3, 11])
@pytest.mark.story(20)
def test_shuffled_cut_and_doubled_lines_give_the_same_bytes(database: Database, tmp_path: Path, seed: int) -> None:
    source = copy_of(tmp_path, "source")
    lived(source, seed)
    wanted, lines = exported(source, state.write), exported(source, events.write)
    outcome = brought_in(database, mixed(lines, seed), tmp_path)
    assert outcome.faults == []
    assert exported(database, state.write) == wanted
    again = brought_in(database, mixed(lines, seed + 1), tmp_path)
    assert (again.created, again.faults) == (0, [])
    assert exported(database, state.write) == wanted
    told = json.loads(wanted)
    assert told["events"]["accepted"] > 40
    assert told["items"]
    source.close()


def test_what_was_decided_about_each_record_is_carried_over(database: Database, tmp_path: Path) -> None:
    source = copy_of(tmp_path, "source")
    lived(source, 5)
    brought_in(database, [exported(source, events.write)], tmp_path)

    def decided(one: Database) -> list[tuple[str, ...]]:
        columns = (RECORD.c.id, RECORD.c.hash, RECORD.c.status, RECORD.c.reason)
        with one.reading() as connection:
            return sorted(tuple(row) for row in connection.execute(sa.select(*columns)))

    assert decided(database) == decided(source)
    assert {status for _, _, status, _ in decided(source)} >= {"accepted", "held", "quarantined", "dismissed"}
    source.close()


def test_another_order_of_reading_the_same_database_gives_the_same_export(database: Database, tmp_path: Path) -> None:
    lived(database, 7)
    copy = copy_of(tmp_path, "copy")
    brought_in(copy, mixed(exported(database, events.write), 1), tmp_path)
    second = copy_of(tmp_path, "second")
    brought_in(second, mixed(exported(copy, events.write), 2), tmp_path)
    assert exported(second, state.write) == exported(database, state.write)
    for one in (copy, second):
        one.close()


def test_a_part_without_the_key_of_an_older_server_leaves_its_seals_to_the_verification(tmp_path: Path) -> None:
    first, second = copy_of(tmp_path, "first"), copy_of(tmp_path, "second")
    lived(first, 7)
    brought_in(second, [exported(first, events.write)], tmp_path)
    lines = sealed_lines(second)
    older = next(line for line in sealed_lines(first) if line["line"] == "key" and line["purpose"] == "sign")
    without = [line for line in lines if (line["line"], line.get("public")) != ("key", older["public"])]
    assert len(lines) - len(without) == 1
    signed = next(line for line in without if line["line"] == "seal" and line["dev"] == "server")

    def taken_in(name: str, content: list[dict[str, Any]]) -> Outcome:
        third = copy_of(tmp_path, name)
        outcome = brought_in(third, ["".join(json.dumps(line) + "\n" for line in content).encode()], tmp_path)
        third.close()
        return outcome

    part = taken_in("part", without)
    assert (part.faults, part.aside) == ([], 0)
    signed["signature"] = "00" * 64
    assert len(taken_in("broken", lines).faults) == 1
    first.close()
    second.close()


def test_a_line_that_is_none_is_named_and_the_others_come_in(database: Database, tmp_path: Path) -> None:
    source = copy_of(tmp_path, "source")
    lived(source, 3)
    lines = exported(source, events.write).splitlines(keepends=True)
    record = next(json.loads(line) for line in lines if json.loads(line)["line"] == "record")
    changed = {**record, "payload": record["payload"].replace('"v":1', '"v":2')}
    broken = [*lines, b"{not json\n", b'{"line":"moon","org":"x"}\n', json.dumps(changed).encode() + b"\n"]
    outcome = brought_in(database, [b"".join(broken)], tmp_path)
    assert [number for number, _ in outcome.faults] == [len(lines) + 1, len(lines) + 2, len(lines) + 3]
    assert exported(database, state.write) == exported(source, state.write)
    source.close()


RAW_LINE = {
    "line": "raw", "org": ORG, "dev": "d-un", "epoch": "0" * 16, "seq": 5, "teff": None, "tq": None,
    "content": "aGk=", "reason": "raw", "received_ms": 1, "seal": None,
}  # fmt: skip


@pytest.mark.parametrize(
    "wrong",
    [{"seq": 10**30}, {"seq": 1.5}, {"received_ms": 10**15}, {"received_ms": -1}, {"dev": "\ud800"}, {"dev": "a\0"}],
    ids=repr,
)
def test_a_line_that_no_database_takes_is_named_and_its_neighbour_comes_in(
    database: Database, tmp_path: Path, wrong: dict[str, object]
) -> None:
    a_network(database)
    lines = [RAW_LINE, {**RAW_LINE, "seq": 6, **wrong}]
    outcome = brought_in(database, [b"".join(json.dumps(line).encode() + b"\n" for line in lines)], tmp_path)
    assert (outcome.created, [number for number, _ in outcome.faults]) == (1, [2])


def sealed_lines(database: Database) -> list[dict[str, Any]]:
    return [json.loads(line) for line in exported(database, events.write).splitlines()]


def of_the_first_batch(lines: list[dict[str, Any]]) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """Give the first seal that a phone made, and the records that came under it."""
    seal = next(line for line in lines if line["line"] == "seal" and line["dev"] != "server")
    named = [seal["first"], seal["last"], seal["signature"]]
    return seal, [line for line in lines if line["line"] in ("record", "raw") and line["seal"] == named]


def with_another_time(_seal: dict[str, Any], batch: list[dict[str, Any]]) -> None:
    batch[1]["teff"] += 1


def with_another_signature(seal: dict[str, Any], batch: list[dict[str, Any]]) -> None:
    other = f"{int(seal['signature'][:2], 16) ^ 1:02x}{seal['signature'][2:]}"
    seal["signature"] = other
    for line in batch:
        line["seal"][2] = other


def with_another_place(seal: dict[str, Any], _batch: list[dict[str, Any]]) -> None:
    parts = seal["body"].split("\n")
    parts[4] = str(seal["first"] + 1)
    seal["body"] = "\n".join(parts)


@pytest.mark.parametrize("change", [with_another_time, with_another_signature, with_another_place])
def test_a_wrong_seal_is_told_by_its_line_and_its_batch_is_left_aside(
    database: Database, tmp_path: Path, change: Callable[[dict[str, Any], list[dict[str, Any]]], None]
) -> None:
    source = copy_of(tmp_path, "source")
    lived(source, 3)
    lines = sealed_lines(source)
    seal, batch = of_the_first_batch(lines)
    change(seal, batch)
    changed = [json.dumps(line).encode() + b"\n" for line in lines]
    outcome = brought_in(database, [b"".join(changed)], tmp_path)
    assert [number for number, _ in outcome.faults] == [lines.index(seal) + 1]
    assert outcome.aside == len(batch) + 1
    with database.reading() as connection:
        stored = set(connection.execute(sa.select(RECORD.c.id)).scalars())
    assert stored
    assert stored.isdisjoint(line["id"] for line in batch if line["line"] == "record")
    source.close()


def test_a_batch_of_which_the_file_has_a_part_is_left_to_the_verification(database: Database, tmp_path: Path) -> None:
    source = copy_of(tmp_path, "source")
    lived(source, 3)
    lines = sealed_lines(source)
    _, batch = of_the_first_batch(lines)
    lines.remove(batch[1])
    outcome = brought_in(database, [b"".join(json.dumps(line).encode() + b"\n" for line in lines)], tmp_path)
    assert (outcome.faults, outcome.aside) == ([], 0)
    source.close()


def test_a_long_file_is_taken_in_without_holding_it(database: Database, tmp_path: Path) -> None:
    a_network(database)
    file = tmp_path / "long.jsonl"
    with file.open("w") as stream:
        for seq in range(1, 3_001):
            content = base64.b64encode(seq.to_bytes(3_000, "big")).decode()
            stream.write(json.dumps({**RAW_LINE, "seq": seq, "content": content}) + "\n")
    tracemalloc.start()
    try:
        outcome = sealed.bring_in(database, file, origin_host="other.example", now_ms=LATER, batch=20)
        most = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert outcome.created == 3_000
    assert most < file.stat().st_size / 2
