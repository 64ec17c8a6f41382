"""The tables of the phone's store, as ordered steps from an empty file; `user_version` counts those taken.

A step that was ever released never changes: a phone may hold a store of any version.
"""

import sqlite3
from collections.abc import Callable

_FIRST = """
CREATE TABLE meta (
    name TEXT PRIMARY KEY,
    value TEXT NOT NULL
) WITHOUT ROWID;

-- The chains of this device: a new epoch when a server says that the old one forked.
CREATE TABLE epoch (
    era INTEGER PRIMARY KEY,
    epoch TEXT NOT NULL UNIQUE,
    why TEXT NOT NULL
);

CREATE TABLE receipt (
    n INTEGER PRIMARY KEY,
    era INTEGER NOT NULL REFERENCES epoch (era),
    server_ms INTEGER NOT NULL,
    note TEXT NOT NULL
);

-- What was recorded. Nothing but state, why, receipt, folded and, once, the effective time ever changes.
CREATE TABLE outbox (
    n INTEGER PRIMARY KEY,
    era INTEGER NOT NULL REFERENCES epoch (era),
    seq INTEGER NOT NULL,
    id TEXT NOT NULL UNIQUE,
    hash TEXT NOT NULL,
    payload BLOB NOT NULL,
    priv BLOB,
    kind TEXT NOT NULL,
    subject TEXT NOT NULL,
    wall_ms INTEGER NOT NULL,
    boot TEXT NOT NULL,
    mono_ms INTEGER NOT NULL,
    teff INTEGER,
    tq INTEGER,
    state TEXT NOT NULL DEFAULT 'new'
        CHECK (state IN ('new', 'acked', 'held', 'quarantined', 'conflict', 'fork', 'raw')),
    why TEXT NOT NULL DEFAULT '',
    receipt INTEGER REFERENCES receipt (n),
    folded INTEGER NOT NULL DEFAULT 0,
    UNIQUE (era, seq)
);
CREATE INDEX outbox_waiting ON outbox (n) WHERE state = 'new';
CREATE INDEX outbox_unstamped ON outbox (n) WHERE teff IS NULL;
CREATE INDEX outbox_subject ON outbox (subject, kind);
CREATE INDEX outbox_claims ON outbox (kind) WHERE folded = 0;

-- Answers of the server's clock, per boot.
CREATE TABLE anchor (
    boot TEXT NOT NULL,
    mono_ms INTEGER NOT NULL,
    server_ms INTEGER NOT NULL,
    rtt_ms INTEGER NOT NULL,
    PRIMARY KEY (boot, mono_ms)
) WITHOUT ROWID;

-- The last signed checkpoint seen of each generation of the log: this phone is a witness.
CREATE TABLE head (
    origin TEXT PRIMARY KEY,
    generation INTEGER NOT NULL,
    size INTEGER NOT NULL,
    root BLOB NOT NULL,
    note TEXT NOT NULL
) WITHOUT ROWID;

-- What came down from the server: a reset may empty these four at any time.
CREATE TABLE reference (
    tbl TEXT NOT NULL,
    key TEXT NOT NULL,
    versions TEXT NOT NULL,
    PRIMARY KEY (tbl, key)
) WITHOUT ROWID;
CREATE TABLE item (
    item TEXT PRIMARY KEY,
    state TEXT NOT NULL
) WITHOUT ROWID;
CREATE TABLE item_code (
    code TEXT PRIMARY KEY,
    item TEXT NOT NULL
) WITHOUT ROWID;
CREATE INDEX item_code_item ON item_code (item);
CREATE TABLE operator (
    person TEXT PRIMARY KEY,
    name TEXT NOT NULL,
    badge TEXT NOT NULL,
    verifier TEXT NOT NULL,
    role TEXT NOT NULL,
    site TEXT NOT NULL
) WITHOUT ROWID;

-- Wrong PINs, counted before each check, so that pulling the plug gives no free try.
CREATE TABLE login_try (
    person TEXT PRIMARY KEY,
    failures INTEGER NOT NULL,
    boot TEXT NOT NULL,
    mono_ms INTEGER NOT NULL
) WITHOUT ROWID;
"""


def _first(db: sqlite3.Connection) -> None:
    _run(db, _FIRST)


_PHOTOS = """
-- Photos, until the server's receipt for them is some days old. `content` never changes.
CREATE TABLE photo (
    sha256 TEXT PRIMARY KEY,
    size INTEGER NOT NULL,
    content BLOB NOT NULL,
    state TEXT NOT NULL DEFAULT 'waiting' CHECK (state IN ('waiting', 'confirmed', 'refused')),
    why TEXT NOT NULL DEFAULT '',
    receipt TEXT,
    confirmed_ms INTEGER,
    CHECK (state != 'confirmed' OR receipt IS NOT NULL)
);
CREATE INDEX photo_open ON photo (state) WHERE state != 'confirmed';

-- Which events announce a photo, by their place in the outbox.
CREATE TABLE photo_event (
    sha256 TEXT NOT NULL,
    n INTEGER NOT NULL,
    PRIMARY KEY (sha256, n)
) WITHOUT ROWID
"""


def _photos(db: sqlite3.Connection) -> None:
    _run(db, _PHOTOS)


_RETURNS = """
-- Returns as the server counts them. `holds` lists events of ours that these counts have and `folded` does not say yet:
-- a pull that broke off has brought the one and not the other.
CREATE TABLE returned (
    rma TEXT PRIMARY KEY,
    cells TEXT NOT NULL,
    holds TEXT NOT NULL
) WITHOUT ROWID;

-- The returns that items belong to: nearly all belong to none.
CREATE INDEX item_back ON item (json_extract(state, '$.back[0]')) WHERE json_extract(state, '$.back[0]') IS NOT NULL
"""


def _returns(db: sqlite3.Connection) -> None:
    _run(db, _RETURNS)
    _once_more(db)


_SERIALS = """
-- Makers' serial numbers, written as they are compared: several items may have the same.
CREATE TABLE item_serial (
    item TEXT PRIMARY KEY,
    serial TEXT NOT NULL
) WITHOUT ROWID;
CREATE INDEX item_serial_serial ON item_serial (serial)
"""


def _serials(db: sqlite3.Connection) -> None:
    _run(db, _SERIALS)
    _once_more(db)


def _run(db: sqlite3.Connection, script: str) -> None:
    """Run statements one by one: a script would end the transaction that a step is part of."""
    for statement in script.split(";"):
        db.execute(statement)


def _once_more(db: sqlite3.Connection) -> None:
    """Let what an app before this one passed over come down with everything else, once."""
    if db.execute("UPDATE meta SET value = '0' WHERE name = 'cursor'").rowcount:
        db.execute("INSERT OR REPLACE INTO meta VALUES ('afresh', '1')")


def _rules(db: sqlite3.Connection) -> None:
    """Let the rules of returns come down, which an app before this one passed over."""
    _once_more(db)


_STOCK = """
-- Pieces without labels at each site of ours as the server counts them, with our events that it has, as of returns.
CREATE TABLE stock (
    site TEXT PRIMARY KEY,
    pieces TEXT NOT NULL,
    holds TEXT NOT NULL
) WITHOUT ROWID
"""


def _stock(db: sqlite3.Connection) -> None:
    db.execute(_STOCK)
    _once_more(db)


_STOPS = """
-- Events of stops of rounds as the server tells them, whoever recorded them.
CREATE TABLE stop_event (
    id TEXT PRIMARY KEY,
    task TEXT NOT NULL,
    at_ms INTEGER NOT NULL,
    told TEXT NOT NULL
) WITHOUT ROWID;
CREATE INDEX stop_event_task ON stop_event (task)
"""


def _stops(db: sqlite3.Connection) -> None:
    _run(db, _STOPS)
    _once_more(db)


_IN_HAND = """
-- Photos that were taken and are not recorded yet: `held` while something open has them in hand, else left over.
-- `since_ms` is the server's time at the first sync that found one here.
CREATE TABLE photo_in_hand (
    n INTEGER PRIMARY KEY,
    sha256 TEXT NOT NULL,
    content BLOB NOT NULL,
    step TEXT NOT NULL,
    subject TEXT NOT NULL,
    action TEXT NOT NULL,
    place TEXT NOT NULL,
    actor TEXT NOT NULL,
    taken_ms INTEGER NOT NULL,
    held INTEGER NOT NULL CHECK (held IN (0, 1)),
    since_ms INTEGER
);
CREATE INDEX photo_in_hand_subject ON photo_in_hand (subject)
"""


def _in_hand(db: sqlite3.Connection) -> None:
    _run(db, _IN_HAND)


_TOLD = """
-- Lines of visits as they were told, where that was more than accepted, each with its place in the outbox.
CREATE TABLE told_line (
    name TEXT PRIMARY KEY,
    task TEXT NOT NULL,
    action TEXT NOT NULL,
    place TEXT NOT NULL,
    event TEXT NOT NULL,
    at_ms INTEGER NOT NULL,
    n INTEGER NOT NULL,
    line TEXT NOT NULL
) WITHOUT ROWID;
CREATE INDEX told_line_task ON told_line (task)
"""


def _told(db: sqlite3.Connection) -> None:
    _run(db, _TOLD)


STEPS: tuple[Callable[[sqlite3.Connection], None], ...] = (
    _first,
    _photos,
    _returns,
    _serials,
    _rules,
    _stock,
    _stops,
    _in_hand,
    _told,
)
"""Every step, in order; step number n leads from version n - 1 to n."""

VERSION = len(STEPS)


def version_of(db: sqlite3.Connection) -> int:
    """Give the number of steps that a store has taken."""
    return int(db.execute("PRAGMA user_version").fetchone()[0])


def migrate(db: sqlite3.Connection) -> None:
    """Take the missing steps, inside the caller's transaction."""
    for number in range(version_of(db), VERSION):
        STEPS[number](db)
        db.execute(f"PRAGMA user_version = {number + 1}")
