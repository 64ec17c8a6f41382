"""Organisations, devices, people and tokens: let in once, known by a hash, cut off at once."""

import json

import pytest
import sqlalchemy as sa

from boucle.enrolment import LIFETIME_MS, pin_of
from boucle.note import parse_vkey
from boucle.push import seal_body
from boucle.roles import Capability, Role
from boucle.signing import load_crypto
from boucle.wire import FIRST_PREV, digest, parse, read
from boucle_server import auth, devices, feed, keys, organisations, people, tokens
from boucle_server.auth import Principal
from boucle_server.db import Database
from boucle_server.errors import (
    ConflictError,
    DeviceRevokedError,
    ExpiredError,
    ForbiddenError,
    InvalidInputError,
    NotFoundError,
    UnauthenticatedError,
)
from boucle_server.ingest import accept_own
from boucle_server.server_device import Draft, pushes
from boucle_server.tables import ACT, CHANGE, DEVICE, ENROLMENT, METADATA, PERSON, TOKEN
from tests.server.people import HOST, NOW, a_key, a_phone, an_invitation, an_org, enrolled


@pytest.mark.parametrize(
    ("name", "org"),
    [("Éco-Retour SARL", "eco-retour-sarl"), ("A" * 50, "a" * 32), ("  3B  ", "3b"), ("x" * 31 + " y", "x" * 31)],
)
def test_the_id_of_an_organisation_is_made_of_its_name(name: str, org: str) -> None:
    assert organisations.id_for(name) == org


def test_a_name_without_letters_gives_no_id() -> None:
    with pytest.raises(InvalidInputError, match="name"):
        organisations.id_for("—")


@pytest.mark.parametrize(
    "wrong",
    [{"org": "Acme"}, {"org": "a/b"}, {"org": ""}, {"name": " "}, {"name": "a\nb"}, {"zone": "Mars/Olympus"},
     {"origin_host": "has space"}],
)  # fmt: skip
def test_an_organisation_that_could_not_be_named_in_a_log_is_refused(database: Database, wrong: dict[str, str]) -> None:
    values = {"org": "acme", "name": "Acme", "origin_host": HOST, "now_ms": NOW, **wrong}
    with pytest.raises(InvalidInputError), database.writing("acme") as connection:
        organisations.create(connection, **values)  # type: ignore[arg-type]


def test_an_organisation_cannot_be_made_twice(database: Database) -> None:
    an_org(database)
    with pytest.raises(ConflictError, match="acme"):
        an_org(database)


def test_a_command_means_the_only_organisation_or_the_one_it_names(database: Database) -> None:
    with database.reading() as connection, pytest.raises(NotFoundError):
        organisations.only(connection, None)
    an_org(database)
    with database.reading() as connection:
        assert organisations.only(connection, None) == "acme"
    an_org(database, "other")
    with database.reading() as connection:
        assert organisations.only(connection, "other") == "other"
        with pytest.raises(InvalidInputError, match="acme, other"):
            organisations.only(connection, None)
        with pytest.raises(NotFoundError):
            organisations.only(connection, "third")


def test_a_device_is_let_in_by_its_code_and_told_what_it_needs(database: Database) -> None:
    org = an_org(database)
    invitation, key = an_invitation(database, org), a_key()
    with database.writing(org) as connection:
        assert devices.org_of_code(connection, invitation.code) == org
        told = enrolled(connection, org, invitation.code, key)
        who = auth.authenticate(connection, f"Bearer {told.token}", now_ms=NOW)
    assert (told.name, told.role, told.site, told.zone) == ("Camion 3", "driver", "", "Europe/Paris")
    assert told.origin == "traces.example/acme/g1"
    assert pin_of(parse_vkey(told.vkey)[1]) == invitation.pin
    assert (who.org, who.dev) == (org, told.dev)
    assert sorted(who.capabilities) == ["collect", "read"]


def test_a_code_lets_in_one_key_only_and_the_same_key_again(database: Database) -> None:
    org = an_org(database)
    invitation, key = an_invitation(database, org), a_key()
    with database.writing(org) as connection:
        first = enrolled(connection, org, invitation.code, key)
        again = enrolled(connection, org, invitation.code, key, now_ms=NOW + 60_000)
        with pytest.raises(ExpiredError, match="used"):
            enrolled(connection, org, invitation.code, a_key())
        with pytest.raises(UnauthenticatedError):
            auth.authenticate(connection, f"Bearer {first.token}", now_ms=NOW)
        assert auth.authenticate(connection, f"Device {again.token}", now_ms=NOW).id == first.dev
    assert first.dev == again.dev


def test_a_code_is_good_for_fifteen_minutes(database: Database) -> None:
    org = an_org(database)
    code = an_invitation(database, org).code
    with database.writing(org) as connection:
        with pytest.raises(ExpiredError, match="expired"):
            enrolled(connection, org, code, a_key(), now_ms=NOW + LIFETIME_MS)
        assert enrolled(connection, org, code, a_key(), now_ms=NOW + LIFETIME_MS - 1).dev


def test_a_key_that_the_device_does_not_hold_is_refused(database: Database) -> None:
    org = an_org(database)
    code, mine, other = an_invitation(database, org).code, a_key(), a_key()
    with database.writing(org) as connection:
        for public, proof in (
            (other.public, mine.sign(b"x")),
            (other.public, b""),
            (b"short", b"p" * 64),
            (b"\xff" * 32, b"p" * 64),
        ):
            with pytest.raises(InvalidInputError, match="proof"):
                devices.enrol(connection, org, code=code, public=public, proof=proof, now_ms=NOW)
        assert connection.execute(sa.select(ENROLMENT.c.used_ms)).scalar() is None


def test_a_key_enrols_once_even_with_a_second_code(database: Database) -> None:
    org = an_org(database)
    key = a_key()
    first, second = an_invitation(database, org).code, an_invitation(database, org).code
    with database.writing(org) as connection:
        enrolled(connection, org, first, key)
        with pytest.raises(ConflictError, match="another device"):
            enrolled(connection, org, second, key)


def test_a_code_of_another_organisation_is_no_code(database: Database) -> None:
    org, other = an_org(database), an_org(database, "other")
    code = an_invitation(database, org).code
    with database.writing(other) as connection, pytest.raises(NotFoundError):
        enrolled(connection, other, code, a_key())
    with database.reading() as connection, pytest.raises(NotFoundError):
        devices.org_of_code(connection, "0" * 26)


def test_a_revoked_device_is_cut_off_at_its_next_request(database: Database) -> None:
    org = an_org(database)
    phone, other = a_phone(database, org), a_phone(database, org)
    header = phone.header["Authorization"]
    with database.writing(org) as connection:
        devices.revoke(connection, org, phone.enrolled.dev, now_ms=NOW + 5)
    with database.writing(org) as connection:
        with pytest.raises(DeviceRevokedError):
            auth.authenticate(connection, header, now_ms=NOW)
        assert auth.authenticate(connection, other.header["Authorization"], now_ms=NOW).dev == other.enrolled.dev
        with pytest.raises(NotFoundError):
            devices.revoke(connection, org, phone.enrolled.dev, now_ms=NOW + 6)
        with pytest.raises(NotFoundError):
            devices.revoke(connection, org, organisations.SERVER_DEV, now_ms=NOW + 6)
        listed = devices.listed(connection, org)
    states = {device["dev"]: (device["status"], device["revoked_ms"]) for device in listed}
    assert states == {phone.enrolled.dev: ("revoked", NOW + 5), other.enrolled.dev: ("active", None)}


def test_a_lost_answer_does_not_bring_a_revoked_device_back(database: Database) -> None:
    org = an_org(database)
    invitation, key = an_invitation(database, org), a_key()
    with database.writing(org) as connection:
        dev = enrolled(connection, org, invitation.code, key).dev
        devices.revoke(connection, org, dev, now_ms=NOW)
        with pytest.raises(ExpiredError):
            enrolled(connection, org, invitation.code, key)


def test_devices_are_listed_page_by_page(database: Database) -> None:
    org = an_org(database)
    known = sorted(a_phone(database, org).enrolled.dev for _ in range(5))
    with database.reading() as connection:
        first = [device["dev"] for device in devices.listed(connection, org, limit=3)]
        rest = [device["dev"] for device in devices.listed(connection, org, after=first[-1], limit=3)]
    assert (first, rest) == (known[:3], known[3:])


def test_who_is_let_in_or_out_stands_in_the_log_under_pseudonyms(database: Database) -> None:
    org = an_org(database)
    phone = a_phone(database, org)
    with database.writing(org) as connection:
        devices.revoke(connection, org, phone.enrolled.dev, now_ms=NOW)
        person = people.add_operator(connection, org, name="Ada Canary", role=Role.DRIVER, pin="4711", now_ms=NOW)
        contents = [row.content.decode() for row in connection.execute(sa.select(ACT).order_by(ACT.c.leaf))]
        ids = list(connection.execute(sa.select(ACT.c.id).order_by(ACT.c.leaf)).scalars())
    acts = [json.loads(content)["act"] for content in contents]
    assert acts == ["key.made", "key.made", "device.enrolled", "device.revoked", "person.added"]
    assert ids == ["sign", "box", phone.enrolled.dev, phone.enrolled.dev, person]
    assert phone.key.public.hex() in contents[2]
    assert not [content for content in contents if "Canary" in content or "4711" in content]


def test_no_secret_is_stored_as_it_was_given(database: Database) -> None:
    org = an_org(database)
    invitation = an_invitation(database, org)
    key = a_key()
    with database.writing(org) as connection:
        told = enrolled(connection, org, invitation.code, key)
        made = tokens.add(connection, org, name="ERP", scopes=[Capability.READ], now_ms=NOW)
        people.add_user(connection, org, login="ada", password="correct horse", role=Role.MANAGER, now_ms=NOW)
        people.add_operator(connection, org, name="Bob", role=Role.DRIVER, pin="47114711", now_ms=NOW)
        stored = repr([
            connection.execute(sa.select(table)).all() for table in METADATA.sorted_tables
        ])  # fmt: skip
    for secret in (invitation.code, told.token, made.secret, "correct horse", "47114711"):
        assert secret not in stored


def test_a_program_may_do_what_its_token_says_until_it_is_revoked_or_expires(database: Database) -> None:
    org = an_org(database)
    with database.writing(org) as connection:
        made = tokens.add(connection, org, name="ERP", scopes=[Capability.READ], now_ms=NOW, expires_ms=NOW + 10)
        other = tokens.add(connection, org, name="BI", scopes=[Capability.READ], now_ms=NOW)
        who = auth.authenticate(connection, f"Bearer {made.secret}", now_ms=NOW + 9)
        wanted = Principal(org=org, kind="program", id=made.id, capabilities=frozenset({Capability.READ}))
        assert who == wanted
        who.demand(Capability.READ)
        with pytest.raises(ForbiddenError, match="manage"):
            who.demand(Capability.MANAGE)
        with pytest.raises(UnauthenticatedError):
            _ = who.dev
        with pytest.raises(UnauthenticatedError):
            auth.authenticate(connection, f"Bearer {made.secret}", now_ms=NOW + 10)
        tokens.revoke(connection, org, other.id, now_ms=NOW)
        with pytest.raises(UnauthenticatedError):
            auth.authenticate(connection, f"Bearer {other.secret}", now_ms=NOW)
        with pytest.raises(NotFoundError):
            tokens.revoke(connection, org, other.id, now_ms=NOW)
        assert [row["name"] for row in tokens.listed(connection, org)] in (["ERP", "BI"], ["BI", "ERP"])


def test_a_token_without_rights_or_already_expired_is_refused(database: Database) -> None:
    org = an_org(database)
    with database.writing(org) as connection:
        with pytest.raises(InvalidInputError, match="scopes"):
            tokens.add(connection, org, name="x", scopes=[], now_ms=NOW)
        with pytest.raises(InvalidInputError, match="expires"):
            tokens.add(connection, org, name="x", scopes=[Capability.READ], now_ms=NOW, expires_ms=NOW)
        assert connection.execute(sa.select(TOKEN)).all() == []


@pytest.mark.parametrize(
    "header",
    [None, "", "Bearer", "Bearer ", "Basic abc", "abc", "Bearer " + "x" * 300, "Bearer \ud800", "Bearer x y"],
)
def test_a_header_that_names_nobody_is_nobody(database: Database, header: str | None) -> None:
    with database.reading() as connection, pytest.raises(UnauthenticatedError):
        auth.authenticate(connection, header, now_ms=NOW)


def test_a_person_signs_in_with_the_password_and_no_other(database: Database) -> None:
    org = an_org(database)
    with database.writing(org) as connection:
        password = people.new_password()
        person = people.add_user(connection, org, login="ada", password=password, role=Role.MANAGER, now_ms=NOW)
        assert people.sign_in(connection, "ada", password) == (org, person)
        for login, wrong in (("ada", password[:-1]), ("bob", password), ("ada", "x" * 10_000), ("ada", "")):
            with pytest.raises(UnauthenticatedError):
                people.sign_in(connection, login, wrong)
        connection.execute(sa.update(PERSON).values(active=False))
        with pytest.raises(UnauthenticatedError):
            people.sign_in(connection, "ada", password)


def test_a_login_is_taken_for_every_organisation_of_the_server(database: Database) -> None:
    org, other = an_org(database), an_org(database, "other")
    with database.writing(org) as connection:
        people.add_user(connection, org, login="ada", password="p" * 12, role=Role.MANAGER, now_ms=NOW)
    with database.writing(other) as connection:
        with pytest.raises(ConflictError, match="ada"):
            people.add_user(connection, other, login="ada", password="q" * 12, role=Role.READER, now_ms=NOW)
        with pytest.raises(InvalidInputError, match="12"):
            people.add_user(connection, other, login="bob", password="q" * 11, role=Role.READER, now_ms=NOW)


def test_an_operator_is_known_by_pin_and_badge_and_reaches_the_phones(database: Database) -> None:
    org = an_org(database)
    with database.writing(org) as connection:
        person = people.add_operator(connection, org, name="Ada", role=Role.DRIVER, pin="4711", now_ms=NOW, badge="B/1")
        second = people.add_operator(connection, org, name="Bob", role=Role.DRIVER, pin="4711", now_ms=NOW)
        with pytest.raises(ConflictError, match="badge"):
            people.add_operator(connection, org, name="Cy", role=Role.DRIVER, pin="4711", now_ms=NOW, badge="B/1")
        with pytest.raises(InvalidInputError, match="PIN"):
            people.add_operator(connection, org, name="Cy", role=Role.DRIVER, pin="471", now_ms=NOW)
        assert people.is_pin_of(connection, org, person, "4711")
        assert not people.is_pin_of(connection, org, person, "4712")
        assert not people.is_pin_of(connection, org, "p-nobody", "4711")
        assert {row["person"] for row in people.operators(connection, org)} == {person, second}
        changed = connection.execute(sa.select(CHANGE.c.n, CHANGE.c.tbl, CHANGE.c.key).order_by(CHANGE.c.n))
        assert [tuple(row) for row in changed] == [(1, "operator", person), (2, "operator", second)]


def test_changes_are_numbered_without_a_gap_for_each_organisation(database: Database) -> None:
    org, other = an_org(database), an_org(database, "other")
    with database.writing(org) as connection:
        assert feed.note_changes(connection, org, [("site", "a"), ("site", "b")]) == 2
        assert feed.note_changes(connection, org, []) == 2
        assert feed.note_changes(connection, org, [("lane", "c")]) == 3
    with database.writing(other) as connection:
        assert feed.note_changes(connection, other, [("site", "a")]) == 1


def test_a_submission_of_the_server_is_one_sealed_chain_in_the_order_of_claimed_times(
    database: Database,
) -> None:
    org = an_org(database)
    drafts = [
        Draft(kind="item.found", fields={"code": "C/2"}, claimed_ms=NOW - 5),
        Draft(kind="item.received", fields={"code": "C/1", "place": "hub"}, claimed_ms=NOW - 9),
        Draft(kind="reference.set", fields={"body": {"table": "site", "key": "k", "valid_from": 1, "row": {}}}),
        Draft(kind="item.collected", fields={"code": "C/1"}, claimed_ms=NOW - 5, id="x" * 36),
    ]
    with database.reading() as connection:
        key = keys.signing_key(connection, org)
        public = connection.execute(sa.select(DEVICE.c.public_key)).scalar_one()
    made = list(pushes(org, drafts, key=key, actor="p-ada", now_ms=NOW, size=3))
    records = [record for push in made for record in push.records]
    payloads = [parse(record.payload) for record in records]
    assert [(push.first, push.last, push.epoch) for push in made] == [
        (1, 3, made[0].epoch),
        (4, 4, made[0].epoch),
    ]
    assert all(load_crypto().verify_key(public).verify(push.seal, seal_body(push)) for push in made)
    assert [payload["kind"] for payload in payloads] == [
        "item.received/1", "item.found/1", "item.collected/1", "reference.set/1",
    ]  # fmt: skip
    assert [(record.teff, record.tq) for record in records] == [
        (NOW - 9, 2), (NOW - 5, 2), (NOW - 5, 2), (NOW, 0),
    ]  # fmt: skip
    assert [payload["prev"] for payload in payloads] == [
        FIRST_PREV, *(digest(record.payload) for record in records[:-1]),
    ]  # fmt: skip
    assert payloads[0]["body"] == {"evidence": "declared"}
    assert "evidence" not in payloads[1].get("body", {})
    assert payloads[2]["id"] == "x" * 36
    assert {payload["actor"] for payload in payloads} == {"p-ada"}


def test_what_the_server_records_is_read_like_any_other_event(database: Database) -> None:
    org = an_org(database)
    with database.reading() as connection:
        key = keys.signing_key(connection, org)
    draft = Draft(kind="item.presumed_lost", fields={"code": "C/1", "body": {"cycle": 3}})
    (push,) = pushes(org, [draft], key=key, actor="", now_ms=NOW)
    event = read(push.records[0].payload, NOW, 0)
    assert (event.kind, event.dev, event.seq, event.number("cycle")) == (  # type: ignore[union-attr]
        "item.presumed_lost", organisations.SERVER_DEV, 1, 3,
    )  # fmt: skip


def test_a_device_belongs_to_a_site_that_there_is(database: Database) -> None:
    org = an_org(database)

    def invited(site: str) -> None:
        with database.writing(org) as connection:
            devices.invite(
                connection, org, server="http://b.test", name="Quai", role=Role.WAREHOUSE, site=site, now_ms=NOW
            )

    with pytest.raises(InvalidInputError, match="no site is known yet"):
        invited("hub")
    body = {"table": "site", "key": "hub", "valid_from": 0, "row": {"name": "Hub", "zone": "Europe/Paris"}}
    with database.writing(org) as connection:
        accept_own(connection, org, [Draft(kind="reference.set", fields={"body": body})], actor="", now_ms=NOW)
    invited("hub")
    with pytest.raises(InvalidInputError, match="Known sites: hub"):
        invited("hubb")
