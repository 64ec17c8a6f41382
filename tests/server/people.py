"""Short ways to make an organisation, a device and an entry of the log, as the tests of the server need them."""

from dataclasses import dataclass

from sqlalchemy.engine import Connection

from boucle.enrolment import Invitation, proof_body
from boucle.log import EntryKind, entry, salted
from boucle.roles import Role
from boucle.signing import SigningKey, load_crypto
from boucle_server import devices, organisations
from boucle_server.db import Database
from boucle_server.devices import Enrolled

NOW = 1_790_000_000_000
HOST = "traces.example"
SERVER = "http://boucle.test:8000"


def an_org(database: Database, org: str = "acme") -> str:
    with database.writing(org) as connection:
        organisations.create(connection, org=org, name=org.title(), origin_host=HOST, now_ms=NOW)
    return org


def some_entries(first: int, count: int) -> list[bytes]:
    return [
        entry(EntryKind.EXPORT, f"x{n}", received_ms=NOW + n, commit=salted(b"s" * 16, b"%d" % n))
        for n in range(first, first + count)
    ]


@dataclass(frozen=True, slots=True, kw_only=True)
class Phone:
    """A device that was let in, with its private key."""

    enrolled: Enrolled
    key: SigningKey

    @property
    def header(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.enrolled.token}"}


def an_invitation(database: Database, org: str, role: Role = Role.DRIVER, *, now_ms: int = NOW) -> Invitation:
    with database.writing(org) as connection:
        return devices.invite(
            connection, org, server=SERVER, name="Camion 3", role=role, site="", now_ms=now_ms
        ).invitation


def a_key() -> SigningKey:
    crypto = load_crypto()
    return crypto.signing_key(crypto.generate_private_key())


def enrolled(connection: Connection, org: str, code: str, key: SigningKey, *, now_ms: int = NOW) -> Enrolled:
    proof = key.sign(proof_body(code, key.public))
    return devices.enrol(connection, org, code=code, public=key.public, proof=proof, now_ms=now_ms)


def a_phone(database: Database, org: str = "acme", role: Role = Role.DRIVER) -> Phone:
    invitation, key = an_invitation(database, org, role), a_key()
    with database.writing(org) as connection:
        return Phone(enrolled=enrolled(connection, org, invitation.code, key), key=key)
