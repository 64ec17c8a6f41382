"""The phone's store: durable settings, whole transactions, a full disk, an old file, a newer one."""

import sqlite3
import stat
from contextlib import closing
from pathlib import Path

import pytest

from boucle_field import schema
from boucle_field.errors import StoreBusyError, StoreDamagedError, StoreFullError, StoreNewerError, UsageError
from boucle_field.store import BALLAST, BALLAST_BYTES, FILE, Store, alone, lay_ballast, put

GOLDEN = Path(__file__).parent / "golden"


def test_every_opened_store_flushes_each_commit(tmp_path: Path) -> None:
    for _ in range(2):
        with closing(Store.open(tmp_path)) as store:
            settings = [store.db.execute(f"PRAGMA {name}").fetchone()[0] for name in ("journal_mode", "synchronous")]
            assert settings == ["wal", 2]


def test_nobody_else_may_read_the_store(tmp_path: Path) -> None:
    Store.open(tmp_path / "new").close()
    assert stat.S_IMODE((tmp_path / "new").stat().st_mode) == 0o700
    assert stat.S_IMODE((tmp_path / "new" / FILE).stat().st_mode) == 0o600


def half_write(store: Store) -> None:
    with store.writing() as db:
        put(db, "a", "1")
        raise RuntimeError("half way")


def test_a_transaction_that_raises_leaves_nothing(tmp_path: Path) -> None:
    with closing(Store.open(tmp_path)) as store:
        with pytest.raises(RuntimeError, match="half way"):
            half_write(store)
        assert store.get("a", "nothing") == "nothing"


def test_a_second_writer_waits_and_then_says_so(tmp_path: Path) -> None:
    with (
        closing(Store.open(tmp_path)) as first,
        closing(Store.open(tmp_path, busy_s=0.05)) as second,
        first.writing() as db,
    ):
        put(db, "a", "1")
        with pytest.raises(StoreBusyError, match="in a moment"), second.writing():
            pass


def test_only_one_process_syncs_a_data_directory(tmp_path: Path) -> None:
    with alone(tmp_path) as first, alone(tmp_path) as second:
        assert (first, second) == (True, False)
    with alone(tmp_path) as third:
        assert third


def fill(store: Store) -> None:
    """Let the file grow no more, as a full disk would."""
    pages = store.db.execute("PRAGMA page_count").fetchone()[0]
    store.db.execute(f"PRAGMA max_page_count = {pages}")


def test_a_full_disk_is_said_and_gives_the_reserve_back(tmp_path: Path) -> None:
    with closing(Store.open(tmp_path)) as store:
        with store.writing() as db:
            put(db, "before", "kept")
        assert (tmp_path / BALLAST).stat().st_size == BALLAST_BYTES
        fill(store)
        with pytest.raises(StoreFullError) as refused, store.writing() as db:
            put(db, "large", "x" * 1_000_000)
        assert "tout ce qui l’était est gardé" in refused.value.said("fr")
        assert not (tmp_path / BALLAST).exists()
        assert store.get("before") == "kept"
        assert store.db.execute("PRAGMA integrity_check").fetchone()[0] == "ok"
        store.db.execute("PRAGMA max_page_count = 1000000")
        with store.writing() as db:
            put(db, "large", "x" * 1_000_000)
    assert lay_ballast(tmp_path)


def test_a_file_that_is_no_store_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / FILE).write_bytes(b"not a database at all" * 500)
    with pytest.raises(StoreDamagedError, match="Delete nothing"):
        Store.open(tmp_path)
    assert (tmp_path / FILE).read_bytes().startswith(b"not a database")


def test_a_store_of_a_newer_app_is_not_touched(tmp_path: Path) -> None:
    with closing(Store.open(tmp_path)) as store:
        store.db.execute("PRAGMA user_version = 99")
    with pytest.raises(StoreNewerError, match="99"):
        Store.open(tmp_path)


def test_a_file_in_the_way_is_wrong_use(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(UsageError, match="--data"):
        Store.open(tmp_path / "file")


@pytest.mark.parametrize("golden", sorted(GOLDEN.glob("*.sql")), ids=lambda path: path.stem)
def test_a_store_of_every_earlier_version_opens_with_its_events(tmp_path: Path, golden: Path) -> None:
    with closing(sqlite3.connect(tmp_path / FILE)) as old:
        old.executescript(golden.read_text(encoding="utf-8"))
        events = old.execute("SELECT id, payload FROM outbox ORDER BY n").fetchall()
    with closing(Store.open(tmp_path)) as store:
        assert schema.version_of(store.db) == schema.VERSION
        assert store.db.execute("SELECT id, payload FROM outbox ORDER BY n").fetchall() == events
    assert len(events) == 3


def test_there_is_a_golden_store_of_this_version() -> None:
    assert (GOLDEN / f"store-{schema.VERSION}.sql").exists()


def test_each_step_leads_from_the_version_before_to_its_own() -> None:
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as db:
        schema.migrate(db)
        tables = sorted(row[0] for row in db.execute("SELECT name FROM sqlite_master WHERE type = 'table'"))
        schema.migrate(db)
    assert {"anchor", "epoch", "head", "item", "meta", "operator", "outbox", "receipt", "reference"} <= set(tables)
