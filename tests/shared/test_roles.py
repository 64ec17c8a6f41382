"""Roles, PINs and invitations: the small agreements about who may come in and what he may do."""

import os

import pytest

from boucle.enrolment import Invitation, new_code, pin_of
from boucle.events import KINDS
from boucle.pin import hash_pin, is_pin, pin_fits
from boucle.roles import (
    CAPABILITIES,
    NEEDED,
    Capability,
    Role,
    capabilities_of,
    may_give,
    may_record,
    parse_role,
    parse_scopes,
)


def test_every_kind_of_event_says_who_records_it() -> None:
    assert NEEDED.keys() == KINDS.keys()


def test_every_kind_of_event_can_be_recorded_by_somebody() -> None:
    everything = frozenset[Capability]().union(*CAPABILITIES.values())
    assert [kind for kind in KINDS if not may_record(everything, kind)] == []


def test_every_role_has_its_capabilities_and_none_has_all() -> None:
    assert CAPABILITIES.keys() == set(Role)
    assert all(held < set(Capability) for held in CAPABILITIES.values())


def test_who_repairs_does_not_certify() -> None:
    assert may_record(CAPABILITIES[Role.TECHNICIAN], "work.repaired")
    assert not may_record(CAPABILITIES[Role.TECHNICIAN], "work.requalified")


def test_a_device_is_let_in_by_whoever_has_all_its_rights_or_administers() -> None:
    of = {giver: {role for role in Role if may_give(CAPABILITIES[giver], role)} for giver in Role}
    assert of[Role.MANAGER] == set(Role) - {Role.ADMINISTRATOR}
    assert of[Role.ADMINISTRATOR] == set(Role)
    assert [giver for giver in Role if of[giver] and giver not in (Role.MANAGER, Role.ADMINISTRATOR)] == []


def test_a_partner_reads_nothing_by_its_role() -> None:
    assert CAPABILITIES[Role.PARTNER] == frozenset()


@pytest.mark.parametrize(
    ("written", "role"),
    [
        ("driver", Role.DRIVER),
        ("Chauffeur", Role.DRIVER),
        ("contrôleur", Role.INSPECTOR),
        (" Controleur ", Role.INSPECTOR),
        ("admin", Role.ADMINISTRATOR),
        ("owner", None),
        ("", None),
    ],
)
def test_a_role_is_read_as_people_write_it(written: str, role: Role | None) -> None:
    assert parse_role(written) == role


def test_a_role_that_nobody_knows_may_do_nothing() -> None:
    assert capabilities_of("emperor") == frozenset()
    assert capabilities_of("reader") == {Capability.READ}


def test_scopes_are_capabilities_and_nothing_else() -> None:
    assert parse_scopes("read, collect") == {Capability.READ, Capability.COLLECT}
    with pytest.raises(ValueError, match="everything"):
        parse_scopes("read everything")


def test_a_pin_fits_only_what_was_stored_for_it() -> None:
    stored = hash_pin("4711", os.urandom)
    assert pin_fits("4711", stored)
    assert not pin_fits("4712", stored)
    assert not pin_fits("4711", stored[:-1] + ("0" if stored[-1] != "0" else "1"))
    assert not pin_fits("4711", "4711")
    assert stored != hash_pin("4711", os.urandom)
    assert "4711" not in stored.split("$")[4:]


@pytest.mark.parametrize("text", ["123", "123456789", "12 34", "abcd", "١٢٣٤", ""])
def test_what_is_not_four_to_eight_digits_is_no_pin(text: str) -> None:
    assert not is_pin(text)
    with pytest.raises(ValueError, match="digits"):
        hash_pin(text, os.urandom)


def test_an_invitation_is_read_as_it_is_written() -> None:
    written = Invitation(server="https://b.example/boucle", code=new_code(os.urandom), pin=pin_of(b"k" * 32))
    assert Invitation.parse(f" {written.uri}\n") == written
    local = Invitation(server="http://[::1]:8000", code=written.code, pin=written.pin)
    assert Invitation.parse(local.uri) == local


@pytest.mark.parametrize(
    "damage",
    [
        lambda uri: uri[:-1],
        lambda uri: uri.replace("https", "ftp"),
        lambda uri: uri.replace("/#", "/?"),
        lambda uri: uri.replace("b.example", "b.example@evil.example"),
        lambda uri: uri + "&x",
    ],
)
def test_a_damaged_invitation_is_none(damage: object) -> None:
    uri = Invitation(server="https://b.example", code=new_code(os.urandom), pin=pin_of(b"k" * 32)).uri
    assert callable(damage)
    assert Invitation.parse(damage(uri)) is None
