"""Enrolment: one scan makes this device part of an organisation, with a key of its own that never leaves it."""

import json
from collections.abc import Mapping
from typing import Any

from boucle.anchor import sample_of
from boucle.clock import DEFAULT_ZONE
from boucle.enrolment import Invitation, pin_of, proof_body
from boucle.errors import MalformedKeyError
from boucle.ids import Randomness, new_epoch
from boucle.note import parse_vkey
from boucle.signing import Crypto, SigningKey
from boucle.version import VERSION
from boucle_field import timekeeper
from boucle_field.asking import OK, Engine, Request
from boucle_field.errors import AlreadyEnrolledError, RefusedError, UsageError
from boucle_field.identity import Identity, device_key
from boucle_field.store import Store
from boucle_field.ticks import Ticks

_OUR_PROBLEMS = "urn:boucle:problem:"
_REFUSALS = {404: "phone.enrol_unknown", 409: "phone.enrol_known", 410: "phone.enrol_expired"}


def read_invitation(text: str) -> Invitation:
    """Read the text of an enrolment's QR code; UsageError when it is something else."""
    invitation = Invitation.parse(text)
    if invitation is None:
        raise UsageError("phone.bad_invitation")
    return invitation


def enrol(
    store: Store, invitation: Invitation, *, ticks: Ticks, crypto: Crypto, randomness: Randomness
) -> Engine[Identity]:
    """Ask to be let in, and keep who this device is from then on.

    The key is made and kept before anything is asked, so that a lost answer is asked for again with the same key.
    AlreadyEnrolledError, or RefusedError with the server's reason; nothing but the key is kept then.
    """
    if Identity.load(store) is not None:
        raise AlreadyEnrolledError("phone.enrolled_already", dev=Identity.of(store).dev)
    key = device_key(store, crypto)
    before = ticks.reading()
    response = yield Request(method="POST", path="/v1/enrol", body=_asked(invitation, key, before.boot))
    after = ticks.reading()
    answer = response.json()
    # Anybody answers 404 for what they do not know; ours says so in its own words.
    if response.status in _REFUSALS and str((answer or {}).get("type") or "").startswith(_OUR_PROBLEMS):
        raise RefusedError(_REFUSALS[response.status])
    if response.status != OK or answer is None:
        raise RefusedError("phone.enrol_failed" if response.failed else "phone.enrol_not_ours")
    identity = _identity(invitation, answer)
    identity.save(store, new_epoch(randomness))
    if before.boot == after.boot:
        anchor = sample_of(
            after.boot,
            sent_mono_ms=before.mono_ms,
            received_mono_ms=after.mono_ms,
            server_ms=identity.enrolled_ms,
        )
        timekeeper.keep(store, [anchor], after.boot)
    return identity


def _asked(invitation: Invitation, key: SigningKey, boot: str) -> bytes:
    asked = {
        "code": invitation.code,
        "public_key": key.public.hex(),
        "proof": key.sign(proof_body(invitation.code, key.public)).hex(),
        "app": VERSION,
        "boot": boot,
    }
    return json.dumps(asked, separators=(",", ":")).encode()


def _identity(invitation: Invitation, answer: Mapping[str, Any]) -> Identity:
    """Read what the server says; RefusedError when its key is not the one that the QR code pinned."""
    try:
        vkey, box = str(answer["vkey"]), str(answer["box"])
        origin, public = parse_vkey(vkey)
        if pin_of(public) != invitation.pin:
            raise RefusedError("phone.enrol_wrong_key")
        return Identity(
            org=str(answer["org"]),
            dev=str(answer["dev"]),
            token=str(answer["token"]),
            server=invitation.server,
            vkey=vkey,
            box_key=bytes.fromhex(box).hex(),
            origin=origin,
            name=str(answer.get("name") or ""),
            role=str(answer.get("role") or ""),
            site=str(answer.get("site") or ""),
            zone=str(answer.get("zone") or DEFAULT_ZONE),
            enrolled_ms=int(answer["server_ms"]),
            org_name=str(answer.get("org_name") or ""),
        )
    except (KeyError, TypeError, ValueError, MalformedKeyError) as error:
        raise RefusedError("phone.enrol_not_ours") from error
