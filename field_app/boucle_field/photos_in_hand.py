"""Photos in hand: taken, durable on this device, and not recorded yet with what they show.

One goes with what is recorded next, in the transaction that records it (`boucle_field.photos.keep`). What was let go
of, by the end of the app or of its visit, is left over: it is offered to who took it, and is forgotten only when
somebody throws it away, or after `KEEP_LEFT_MS`.
"""

import sqlite3
from enum import StrEnum
from typing import Final, NamedTuple

from boucle.units import DAY_MS
from boucle.wire import digest
from boucle_field import people
from boucle_field.phone import Phone
from boucle_field.photos import Photo
from boucle_field.store import Store

MOST: Final = 4
"""Photos of one thing: more of them show nothing more, and cost the line much."""
MOST_KEPT: Final = 24
"""Photos of one person that wait to be recorded: some 7 MB of the device, and more than anybody remembers."""
KEEP_LEFT_MS: Final = 30 * DAY_MS
"""How long a photo that nobody wants stays, counted from the first sync that found it: no clock of a device can hasten
its end."""
_ABOUT: Final = "step = ? AND subject = ? AND action = ?"


class Step(StrEnum):
    """What records next, and with it the photo."""

    VISIT = "visit"
    STOP = "stop"
    DIAGNOSIS = "diagnosis"


class About(NamedTuple):
    """What a photo is taken for: `subject` is the task of a visit or a stop, the code of a thing at the bench."""

    step: Step
    subject: str
    place: str
    action: str = ""

    @property
    def key(self) -> tuple[str, str, str]:
        """What it is known by; where a bench stands may change under it."""
        return (str(self.step), self.subject, self.action)


class Taking(StrEnum):
    """What became of a photo that was to be taken; the value is the key of what to say where it was not."""

    TAKEN = "screen.photo_taken"
    ENOUGH = "screen.photos_enough"
    TOO_MANY_KEPT = "screen.photos_too_many_kept"


class Left(NamedTuple):
    """Photos of one thing that wait to be recorded, the first taken first; `taken_ms` is when that was."""

    about: About
    photos: tuple[Photo, ...]
    taken_ms: int


def take(phone: Phone, about: About, photo: Photo) -> Taking:
    """Keep a photo for what is recorded next; when this returns, it is durable. A `StoreError` keeps nothing."""
    actor = _actor(phone)
    with phone.store.writing() as db:
        if _many(db, about) >= MOST:
            return Taking.ENOUGH
        kept = db.execute("SELECT count(*) FROM photo_in_hand WHERE actor = ?", (actor,)).fetchone()[0]
        if kept >= MOST_KEPT:
            return Taking.TOO_MANY_KEPT
        db.execute(
            "INSERT INTO photo_in_hand (sha256, content, step, subject, action, place, actor, taken_ms, held)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?, 1)",
            (digest(photo.content), photo.content, *about.key, about.place, actor, phone.desk.now_ms()),
        )
    return Taking.TAKEN


def many(store: Store, about: About) -> int:
    """Count the photos in hand for something."""
    with store.reading() as db:
        return _many(db, about)


def photos(store: Store, about: About) -> tuple[Photo, ...]:
    """Give the photos in hand for something, in the order in which they were taken."""
    with store.reading() as db:
        rows = db.execute(f"SELECT content FROM photo_in_hand WHERE held = 1 AND {_ABOUT} ORDER BY n", about.key)  # noqa: S608
        return tuple(Photo(bytes(row[0])) for row in rows.fetchall())


def let_go(store: Store, about: About | None = None) -> None:
    """Put down what is in hand for something, else all of it: it stays here, and is left over."""
    where, values = (f" AND {_ABOUT}", about.key) if about is not None else ("", ())
    with store.writing() as db:
        db.execute(f"UPDATE photo_in_hand SET held = 0 WHERE held = 1{where}", values)  # noqa: S608 - our own words


def left(phone: Phone) -> list[Left]:
    """Give what who works here took and did not record, of each thing together, the oldest first."""
    with phone.store.reading() as db:
        rows = db.execute(
            "SELECT step, subject, action, place, content, taken_ms FROM photo_in_hand"
            " WHERE actor IN ('', ?) ORDER BY n",
            (_actor(phone),),
        ).fetchall()
    found: dict[tuple[str, str, str], Left] = {}
    for step, subject, action, place, content, taken_ms in rows:
        about = About(Step(step), subject, place, action)
        before = found.get(about.key, Left(about, (), taken_ms))
        found[about.key] = before._replace(photos=(*before.photos, Photo(bytes(content))))
    return list(found.values())


def join(phone: Phone, old: Left, about: About) -> int:
    """Take what is left over in hand again, for something; give how many photos found no room and stay left over."""
    with phone.store.writing() as db:
        numbers = db.execute(
            f"SELECT n FROM photo_in_hand WHERE actor IN ('', ?) AND {_ABOUT} ORDER BY held DESC, n",  # noqa: S608
            (_actor(phone), *old.about.key),
        ).fetchall()
        room = MOST if old.about.key == about.key else MOST - _many(db, about)
        for (n,) in numbers[:room]:
            db.execute(
                "UPDATE photo_in_hand SET held = 1, step = ?, subject = ?, action = ?, place = ? WHERE n = ?",
                (*about.key, about.place, n),
            )
    return max(0, len(numbers) - room)


def throw_away(phone: Phone, old: Left) -> None:
    """Forget photos: a person chose it."""
    with phone.store.writing() as db:
        db.execute(
            f"DELETE FROM photo_in_hand WHERE actor IN ('', ?) AND {_ABOUT}",  # noqa: S608 - our own words
            (_actor(phone), *old.about.key),
        )


def prune(store: Store, now_ms: int) -> int:
    """Forget what has been left over for long, `now_ms` being the server's time; give how many photos."""
    with store.writing() as db:
        db.execute("UPDATE photo_in_hand SET since_ms = ? WHERE since_ms IS NULL", (now_ms,))
        return db.execute(
            "DELETE FROM photo_in_hand WHERE held = 0 AND since_ms < ?", (now_ms - KEEP_LEFT_MS,)
        ).rowcount


def _many(db: sqlite3.Connection, about: About) -> int:
    query = f"SELECT count(*) FROM photo_in_hand WHERE held = 1 AND {_ABOUT}"  # noqa: S608 - our own words
    return int(db.execute(query, about.key).fetchone()[0])


def _actor(phone: Phone) -> str:
    who = people.present(phone.store)
    return who.person if who else ""
