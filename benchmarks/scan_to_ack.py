"""From the scanned text to the durable acknowledgement in the field client, beside one bare durable commit."""

import secrets
import sqlite3
from pathlib import Path
from random import Random

from benchmarks import disk
from benchmarks.figures import Figure, at_share, median, seconds
from boucle.actions import ACTIONS
from boucle.codes import Kind, Label, mint, read_label
from boucle.item import Item, dump
from boucle_field.identity import Identity
from boucle_field.outbox import Draft
from boucle_field.pages import Page
from boucle_field.phone import Phone
from boucle_field.store import Store
from boucle_field.work import draft

SCANS = 600
ITEMS = 10_000
_PAYLOAD = secrets.token_bytes(700)


def measure() -> list[Figure]:
    """Measure a collection at a partner's, on a phone that knows ten thousand items."""
    with disk.directory() as directory:
        phone, codes = stocked_phone(directory / "phone")
        bare = _bare(directory / "bare.sqlite")
        context = phone.desk.context(place="mulhouse", task="stop")

        def scan(text: str) -> None:
            label = read_label(text)
            assert isinstance(label, Label)
            drafted = draft(ACTIONS["collect"], text, {}, context=context)
            assert isinstance(drafted, Draft)
            assert phone.desk.record(drafted).event_id

        def commit() -> None:
            bare.execute("BEGIN IMMEDIATE")
            bare.execute("INSERT INTO ledger (payload) VALUES (?)", (_PAYLOAD,))
            bare.execute("COMMIT")

        scans, commits, kept = [], [], []
        for text in codes[:SCANS]:
            # One of each in turn, so that whatever else the machine does meets both alike.
            commits.append(1000 * seconds(commit))
            scans.append(1000 * seconds(lambda text=text: scan(text)))  # type: ignore[misc]
            kept.append(1000 * seconds(lambda: phone.outbox.record(Draft(kind="scan.noted", place="mulhouse"))))
    work = [scan - record for scan, record in zip(scans, kept, strict=True)]
    return [
        _beside("scan to ACK, p50", median(scans), median(commits)),
        _beside("scan to ACK, p95", at_share(scans, 0.95), at_share(commits, 0.95), goal=2.0),
        _beside("the durable record alone, p50", median(kept), median(commits)),
        _beside("the durable record alone, p95", at_share(kept, 0.95), at_share(commits, 0.95)),
        Figure(
            job="reading the label and telling what the scan means, p50",
            value=median(work),
            unit="ms",
            note="does not wait for the disk. So the goal is met where one commit takes about that long or longer, "
            "and missed on a disk that commits faster.",
        ),
    ]


def _beside(job: str, value: float, baseline: float, *, goal: float | None = None) -> Figure:
    ratio = value / baseline
    return Figure(
        job=job,
        value=value,
        unit="ms",
        baseline="one row, one commit, WAL, `synchronous=FULL`",
        baseline_value=baseline,
        ratio=ratio,
        goal="" if goal is None else f"≤ {goal:g} × one FULL commit",
        met=None if goal is None else ratio <= goal,
    )


def stocked_phone(directory: Path) -> tuple[Phone, list[str]]:
    """Give a phone that knows ten thousand items, and what their labels hold."""
    store = Store.open(directory)
    Identity(
        org="o", dev="d-bench", token="", server="http://localhost", vkey="", box_key="", origin="", role="driver"
    ).save(store, "00000000000000a1")
    phone = Phone.of(store)
    random = Random(1)
    codes = [mint(Kind.CONTAINER, random.randbytes) for _ in range(ITEMS)]
    rows: list[dict[str, object]] = [
        _reference("site", "strasbourg", {"name": "Strasbourg"}),
        _reference("site", "mulhouse", {"name": "Mulhouse", "partner": "rhin"}),
        _reference("item_type", "bac", {"name": "Bac", "tare_g": 1_900}),
    ]
    rows += [
        {"table": "item", "key": f"i-{number}", "row": {"state": dump(_held(number)), "codes": [code.text]}}
        for number, code in enumerate(codes)
    ]
    page = Page.read({"rows": rows, "next": 1, "more": False})
    assert page is not None
    phone.mirror.apply(page)
    return phone, [code.url("https://boucle.example") for code in codes]


def _held(number: int) -> Item:
    return Item(
        id=f"i-{number}",
        type="bac",
        tare_g=1_900,
        known=True,
        stage="at_partner",
        site="strasbourg",
        place="mulhouse",
        commissioned_ms=1,
        order=(1, "", "", 0, ""),
    )


def _reference(table: str, key: str, row: dict[str, object]) -> dict[str, object]:
    return {"table": table, "key": key, "row": [{"valid_from": 0, "row": row, "id": f"r-{key}"}]}


def _bare(file: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(file, isolation_level=None)
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA synchronous=FULL")
    connection.execute("CREATE TABLE ledger (id INTEGER PRIMARY KEY, payload BLOB)")
    return connection
