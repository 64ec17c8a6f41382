"""A printed label becomes an exact figure, with the commands that a person types, each a process of its own."""

import csv
import json
import shutil
import sqlite3
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from random import Random
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from PIL import Image, ImageFilter

from tests.e2e.commands import House, founded, run, served

TILT_DEGREES = 7
BLUR_PIXELS = 1.2
LASTING = {"K6", "K10-return", "K10-little", "K15"}


@pytest.fixture(scope="module")
def foundation(tmp_path_factory: pytest.TempPathFactory) -> House:
    """Found the organisation once: a dozen commands that every test here begins with."""
    return founded(tmp_path_factory.mktemp("foundation") / "data")


@pytest.fixture
def house(foundation: House, tmp_path: Path) -> House:
    """Give a copy of the organisation for one test alone."""
    shutil.copytree(foundation.data, tmp_path / "data")
    return House(data=tmp_path / "data", token=foundation.token)


def minted(directory: Path, count: int) -> list[str]:
    """Mint codes; give them."""
    file = directory / f"codes-{count}.csv"
    run("boucle-labels", "mint", "--kind", "C", "--count", count, "--name", "Bac 600×400", "--out", file)
    with file.open(encoding="utf-8-sig", newline="") as rows:
        return [row["code"] for row in csv.DictReader(rows)]


def photographed(codes: Sequence[str], directory: Path) -> Path:
    """Print labels, and take a picture of the sheet: turned by seven degrees, blurred, as a JPEG."""
    directory.mkdir()
    (directory / "codes.csv").write_text("code\n" + "".join(f"{code}\n" for code in codes), encoding="utf-8")
    sheet = ("--format", "avery-l7160", "--out", directory / "labels.pdf", "--png", directory / "sheet")
    run("boucle-labels", "sheet", directory / "codes.csv", *sheet)
    picture = Image.open(directory / "sheet-1.png").convert("L")
    turned = picture.rotate(TILT_DEGREES, Image.Resampling.BICUBIC, expand=True, fillcolor=255)
    target = directory / "photo.jpg"
    turned.filter(ImageFilter.GaussianBlur(BLUR_PIXELS)).save(target, quality=80)
    return target


def this_month() -> str:
    """Give the month that an event of now belongs to."""
    return f"{datetime.now(ZoneInfo('Europe/Paris')):%Y-%m}"


def figures(house: House, month: str) -> dict[str, tuple[Any, Any]]:
    """Give the two parts of every figure of a month, but of those that measure how long this test takes."""
    told = house.get(f"/v1/kpis?month={month}")["values"]
    parts = {each["definition_id"]: (each["numerator"], each["denominator"]) for each in told}
    return {id_: both for id_, both in parts.items() if id_ not in LASTING}


def balances(house: House) -> dict[tuple[str, str], dict[str, int]]:
    """Give what stands at each partner, by type, what is nil left out."""
    return {
        (each["partner"], each["type"]): {
            name: each[name] for name in ("held", "transit", "inbound", "unscanned") if each[name]
        }
        for each in house.get("/v1/balances")["balances"]
    }


@pytest.mark.slow
def test_a_printed_label_becomes_an_exact_figure(house: House, tmp_path: Path) -> None:
    codes = minted(tmp_path, 9)
    month = this_month()
    with served(house):
        phone = house.phone(tmp_path / "phone", name="Quai", role="magasinier", site="strasbourg")
        phone.run("sync")
        phone.run("scan", *codes[7:], "--do", "commission", "--set", "type=bac-600x400")
        phone.run("scan", *codes[7:], "--do", "ship", "--set", "to=mulhouse")
        phone.run("sync")
        figures_before, balances_before = figures(house, month), balances(house)

    # From here on nobody answers: the server is not even running.
    seven, four = photographed(codes[:7], tmp_path / "seven"), photographed(codes[:4], tmp_path / "four")
    acknowledged = [
        phone.run("scan", "--image", picture, "--do", action, *more).acks
        for picture, action, more in (
            (seven, "commission", ("--set", "type=bac-600x400")),
            (seven, "ship", ("--set", "to=mulhouse")),
            (four, "collect", ("--place", "mulhouse")),
            (four, "receive", ()),
        )
    ]
    assert [len(each) for each in acknowledged] == [7, 7, 4, 4]
    assert phone.status["unsent"] == 22

    with served(house):
        phone.run("sync")
        assert phone.status["unsent"] == 0
        history = house.get(f"/v1/items/{codes[2]}/events")["events"]
        figures_after, balances_after = figures(house, month), balances(house)
    kinds = ["item.commissioned/1", "item.shipped/1", "item.collected/1", "item.received/1"]
    assert [each["kind"] for each in history] == kinds
    assert [each["outcome"] for each in history] == ["applied"] * 4
    assert {each["id"] for each in history} <= {event for each in acknowledged for event in each}
    assert balances_before == {("rhin", "bac-600x400"): {"transit": 2}}
    assert balances_after == {("rhin", "bac-600x400"): {"transit": 2 + 7 - 4}}
    changed = {id_: (figures_before[id_], both) for id_, both in figures_after.items() if figures_before[id_] != both}
    assert changed == {
        "K1": ((0, 2), (4, 9)),
        "K1-90": ((0, 2), (4, 9)),
        "K1-180": ((0, 2), (4, 9)),
        "K2": ((0, 2), (4, 9)),
        "K3": ((0, 2), (4, 9)),
        "K3-p90": ((0, 2), (4, 9)),
        "K4": ((2, 2), (9, 9)),
        "K4-stock": ((2, 2), (9, 9)),
        "K7": ((0, 2), (0, 9)),
        "K12": ((2, None), (5, None)),
        "K13": ((0, 2), (0, 5)),
        "K20": ((0, None), (4, None)),
        "K20-mass": ((0, None), (4 * 1_900, None)),
        "K20-weighed": ((0, 0), (0, 4 * 1_900)),
        # Seven dispatches, four collections and four receipts were scanned; four deliveries follow from them.
        "evidence": ((2, 2), (2 + 7 + 4 + 4, 2 + 7 + 4 + 4 + 4)),
    }


@pytest.mark.slow
def test_two_clients_scan_the_same_crates_offline_and_every_order_gives_the_same_bytes(
    house: House, tmp_path: Path, fresh_postgres: Callable[[], str]
) -> None:
    codes = minted(tmp_path, 7)
    with served(house):
        dock = house.phone(tmp_path / "dock", name="Quai", role="magasinier", site="strasbourg")
        truck = house.phone(tmp_path / "truck", name="Camion", role="chauffeur")
        dock.run("sync")
        truck.run("sync")
    dock.run("scan", *codes, "--do", "commission", "--set", "type=bac-600x400")
    dock.run("scan", *codes, "--do", "ship", "--set", "to=mulhouse")
    truck.run("scan", *codes[:5], "--do", "collect", "--place", "mulhouse")
    # Both have the same crates in hand, and neither knows what the other scans.
    dock.run("scan", *codes[1:6], "--do", "receive")
    truck.run("scan", *codes[3:], "--do", "deliver", "--place", "nancy")
    empty = canonical(house, tmp_path / "empty")
    with served(house):
        truck.run("sync")
        dock.run("sync")
        assert (dock.status["unsent"], truck.status["unsent"]) == (0, 0)
    exported = canonical(house, tmp_path / "first")
    assert exported[0] != empty[0]
    assert exported[1] != empty[1]
    lines = events_of(house, tmp_path / "events.jsonl")
    assert len([line for line in lines if json.loads(line)["line"] == "record"]) > 7 + 7 + 5 + 5 + 4

    for number, url in enumerate(("", fresh_postgres())):
        other = House(data=tmp_path / f"other-{number}", database_url=url)
        other.boucle("import", "events", *shuffled(lines, tmp_path / f"cut-{number}", seed=number))
        assert canonical(other, tmp_path / f"again-{number}") == exported
        other.boucle("rebuild", "--check")
        other.boucle("verify")


def canonical(house: House, prefix: Path) -> tuple[bytes, bytes]:
    """Give the canonical exports of the state and of the figures, at one instant."""
    found = []
    for what in ("state", "kpis"):
        file = prefix.with_name(f"{prefix.name}-{what}.json")
        house.boucle("export", what, "--as-of", _one_instant(), "--out", file)
        found.append(file.read_bytes())
    return found[0], found[1]


@cache
def _one_instant() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")


def events_of(house: House, file: Path) -> list[str]:
    """Give the lines of the event export."""
    house.boucle("export", "events", "--out", file)
    return file.read_text(encoding="utf-8").splitlines()


def shuffled(lines: list[str], prefix: Path, *, seed: int) -> list[Path]:
    """Give files in which every line stands twice, in no order, cut anywhere."""
    random = Random(seed)
    twice = random.sample(lines * 2, 2 * len(lines))
    cuts = sorted(random.sample(range(1, len(twice)), 3))
    files = []
    for number, (start, end) in enumerate(zip([0, *cuts], [*cuts, len(twice)], strict=True)):
        files.append(prefix.with_name(f"{prefix.name}-{number}.jsonl"))
        files[-1].write_text("".join(f"{line}\n" for line in twice[start:end]), encoding="utf-8")
    return files


@pytest.mark.slow
@pytest.mark.story(21)
def test_one_byte_changed_in_a_stored_event_is_named(house: House) -> None:
    house.boucle("verify")
    with sqlite3.connect(house.data / "boucle.sqlite3") as database:
        event_id, payload = database.execute("SELECT id, payload FROM record ORDER BY rid LIMIT 1 OFFSET 5").fetchone()
        changed = payload.replace(b"Europe/Paris", b"Europe/Parit", 1)
        assert changed != payload
        database.execute("UPDATE record SET payload = ? WHERE id = ?", (changed, event_id))
    database.close()
    told = house.boucle("verify", code=1)
    assert event_id in told.out + told.err


@pytest.mark.slow
def test_a_picture_that_says_nothing_records_nothing(house: House, tmp_path: Path) -> None:
    with served(house):
        phone = house.phone(tmp_path / "phone", name="Quai", role="magasinier", site="strasbourg")
    (tmp_path / "no picture.png").write_bytes(b"%PDF-1.4 nothing")
    Image.new("L", (640, 480), 255).save(tmp_path / "no code.png")
    for picture in ("no picture.png", "no code.png"):
        told = phone.run("scan", "--image", tmp_path / picture, "--do", "receive", code=1)
        assert told.acks == []
        assert told.err.strip()
    assert phone.status["unsent"] == 0
