"""Binding a certificate to its decision: the digest of what it says goes into the event before it is recorded."""

import secrets
from collections.abc import Sequence
from dataclasses import replace

from sqlalchemy.engine import Connection

from boucle.ids import uuid7
from boucle_server import certificates, histories, repairs
from boucle_server.foretelling import event_of_draft
from boucle_server.server_device import Draft
from boucle_server.web.visit import Visit


def sealed(connection: Connection, visit: Visit, drafts: Sequence[Draft], *, now_ms: int) -> list[Draft]:
    """Give the acts, those that requalify with the digest of their certificate."""
    return [_sealed(connection, visit, each, now_ms) if each.kind == "work.requalified" else each for each in drafts]


def _sealed(connection: Connection, visit: Visit, draft: Draft, now_ms: int) -> Draft:
    org, code = visit.who.org, str(draft.fields["code"])
    named = replace(draft, id=uuid7(now_ms, secrets.token_bytes))
    decision = event_of_draft(org, named, 1, actor=visit.who.person, now_ms=now_ms, zone=visit.who.zone)
    every = repairs.repairs_of(histories.history(connection, org, code))
    item = histories.find(connection, org, code).item
    said = certificates.document(decision, every[-1].told if every else (), item.type)
    body = {**draft.fields["body"], certificates.DIGEST: certificates.digest_of(said)}
    return replace(named, fields={**draft.fields, "body": body})
