"""People: who stands at this phone, told by a name or badge and a PIN, without a network.

Wrong PINs are counted before the check, durably, so that pulling the plug gives no free try. After five the wait
grows, for that person alone: nobody locks out a colleague.
"""

from typing import NamedTuple

from boucle.codes import Label, read_label
from boucle.pin import pin_fits
from boucle.roles import Capability, capabilities_of
from boucle_field.errors import LoginError
from boucle_field.store import Store, put
from boucle_field.ticks import Ticks

FREE_TRIES = 5
FIRST_WAIT_MS = 30_000
LONGEST_WAIT_MS = 3_600_000


class Operator(NamedTuple):
    """Somebody who may log in: `person` is the pseudonym that events carry."""

    person: str
    name: str
    badge: str
    verifier: str
    role: str
    site: str

    @property
    def capabilities(self) -> frozenset[Capability]:
        """What this person may record."""
        return capabilities_of(self.role)


def operators(store: Store) -> list[Operator]:
    """Give everybody who may log in here, by name."""
    with store.reading() as db:
        rows = db.execute("SELECT person, name, badge, verifier, role, site FROM operator ORDER BY name, person")
        return [Operator(*row) for row in rows]


def present(store: Store) -> Operator | None:
    """Give who is logged in, None when nobody is, or when the office has removed that person since."""
    person = store.get("actor")
    return next((each for each in operators(store) if each.person == person), None) if person else None


def leave(store: Store) -> None:
    """Log out."""
    with store.writing() as db:
        put(db, "actor", "")


def enter(store: Store, name: str, pin: str, *, ticks: Ticks) -> Operator:
    """Log in by name, pseudonym or badge with a PIN; LoginError says why not."""
    operator = prove(store, find_operator(store, name), pin, ticks=ticks)
    with store.writing() as db:
        put(db, "actor", operator.person)
    return operator


def prove(store: Store, operator: Operator, pin: str, *, ticks: Ticks) -> Operator:
    """Check that it is this person who stands here, by the PIN; LoginError says why not, and tries are counted."""
    _count_try(store, operator.person, ticks)
    if not pin_fits(pin, operator.verifier):
        raise LoginError("phone.wrong_pin", name=operator.name)
    with store.writing() as db:
        db.execute("DELETE FROM login_try WHERE person = ?", (operator.person,))
    return operator


def wait_ms(failures: int) -> int:
    """Give how long somebody waits after so many wrong PINs."""
    beyond = failures - FREE_TRIES
    return 0 if beyond < 0 else min(FIRST_WAIT_MS << min(beyond, 16), LONGEST_WAIT_MS)


def find_operator(store: Store, name: str) -> Operator:
    """Give who a name, a pseudonym or a badge means; LoginError when nobody here, or more than one."""
    everybody = operators(store)
    if not everybody:
        raise LoginError("phone.no_operators")
    label = read_label(name)
    wanted = {name.strip().casefold()}
    if isinstance(label, Label) and label.code is not None:
        wanted |= {label.key.casefold(), label.code.chars.casefold(), label.code.grouped.casefold()}
    found = [each for each in everybody if wanted & {each.person.casefold(), each.badge.casefold()} - {""}]
    found = found or [each for each in everybody if each.name.casefold() in wanted]
    if len(found) != 1:
        key = "phone.unknown_operator" if not found else "phone.two_operators"
        raise LoginError(key, name=name.strip()[:60])
    return found[0]


def _count_try(store: Store, person: str, ticks: Ticks) -> None:
    """Count a try before its PIN is looked at; LoginError while the wait after wrong ones lasts."""
    now = ticks.reading()
    with store.writing() as db:
        row = db.execute("SELECT failures, boot, mono_ms FROM login_try WHERE person = ?", (person,)).fetchone()
        failures, boot, mono = row or (0, now.boot, now.mono_ms)
        # The wall clock can be set by whoever holds the phone, the count since boot cannot; a restart begins anew.
        waited = now.mono_ms - mono if boot == now.boot else now.mono_ms
        left = wait_ms(failures) - waited
        if left > 0:
            raise LoginError("phone.wait_for_pin", seconds=-(-left // 1000))
        db.execute(
            "INSERT INTO login_try VALUES (?, ?, ?, ?) ON CONFLICT (person) DO UPDATE"
            " SET failures = excluded.failures, boot = excluded.boot, mono_ms = excluded.mono_ms",
            (person, failures + 1, now.boot, now.mono_ms),
        )
