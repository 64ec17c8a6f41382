"""The commands of the device itself: enrol, log in, sync, say how it stands, export."""

import argparse
import json
import secrets
import shlex
import sys
from collections.abc import Mapping
from contextlib import closing
from typing import Any

from boucle.anchor import WRONG_CLOCK_MS, clock_error_ms
from boucle.clock import iso
from boucle.signing import load_crypto
from boucle.words import knows, say
from boucle_field import people, photos, rescuing, settle, timekeeper, witness
from boucle_field.enrolment import enrol as enrolling
from boucle_field.enrolment import read_invitation
from boucle_field.errors import RefusedError, StoreBusyError
from boucle_field.http import Server, drive
from boucle_field.phone import Phone, opened
from boucle_field.pushing import End, Report
from boucle_field.store import Store, alone
from boucle_field.sync import sync as round_of_sync
from boucle_field.ticks import DeviceTicks

_LOUD = frozenset({"phone.alarm.fork", "phone.alarm.rolled_back"})
_LISTED = 100


def enrol(args: argparse.Namespace) -> int:
    """Join an organisation by the text of its QR code."""
    invitation = read_invitation(args.uri)
    with closing(Store.open(args.data)) as store, closing(Server(invitation.server)) as server:
        engine = enrolling(store, invitation, ticks=DeviceTicks(), crypto=load_crypto(), randomness=secrets.token_bytes)
        identity = drive(engine, server.ask)
    print(say("phone.enrolled", args.lang, name=identity.name or identity.dev, org=identity.org_name or identity.org))
    command = shlex.join(["boucle-field", "--data", str(args.data), "sync"])
    print(say("phone.enrolled_next", args.lang, command=command))
    return 0


def login(args: argparse.Namespace) -> int:
    """Log somebody in, without a network."""
    with opened(args.data) as phone:
        operator = people.enter(phone.store, args.operator, args.pin, ticks=phone.ticks)
    print(say("phone.logged_in", args.lang, name=operator.name))
    return 0


def logout(args: argparse.Namespace) -> int:
    """Log out; never held up by what is unsent."""
    with opened(args.data) as phone:
        people.leave(phone.store)
    print(say("phone.logged_out", args.lang))
    return 0


def sync(args: argparse.Namespace) -> int:
    """Run one round of sync; exit 1 when something stays unsent or the log contradicts itself."""
    with opened(args.data) as phone, alone(args.data) as free:
        if not free:
            raise StoreBusyError("phone.sync_busy")
        with closing(Server(phone.identity.server, phone.identity.token)) as server:
            report = drive(round_of_sync(phone, with_photos=not args.no_photos), server.ask)
        return _say_sync(phone, report, args.lang)


def status(args: argparse.Namespace) -> int:
    """Say how this device stands."""
    with opened(args.data) as phone:
        told = _standing(phone)
    if args.json:
        print(json.dumps(told, ensure_ascii=False, indent=2))
        return 0
    print(say("phone.status", args.lang, **{name: told[name] for name in ("unsent", "sent", "to_check")}))
    if told["missing_blobs"]:
        print(say("phone.status_photos", args.lang, n=told["missing_blobs"], refused=told["refused_blobs"]))
    print(say("phone.last_sync", args.lang, time=told["last_sync"] or "–"))
    for each in told["to_check_events"]:
        print(f"  {each['id']}  {_kind(each, args.lang)}  {_why(each, args.lang)}")
    return 0


def _kind(event: Mapping[str, str], lang: str) -> str:
    return say(f"kind.{event['kind']}", lang)


def _why(event: Mapping[str, str], lang: str) -> str:
    """Say why an event waits for a person; a reason of a newer server as it names it."""
    keys = [f"{family}.{event['why'] or event['state']}" for family in ("why", "flaw", "status")]
    return next((say(key, lang) for key in keys if knows(key)), event["why"] or event["state"])


def _standing(phone: Phone) -> dict[str, Any]:
    counts = phone.outbox.counts()
    last = phone.store.get("last_ok_sync")
    head = witness.newest(phone.store)
    who = people.present(phone.store)
    return {
        "unsent": counts.unsent,
        "sent": counts.sent,
        "to_check": counts.to_check,
        "decided": settle.decisions(phone.store)._asdict(),
        "missing_blobs": photos.missing(phone.store),
        "refused_blobs": photos.refused(phone.store),
        "clock": _clock(phone),
        "last_sync": iso(int(last)) if last else None,
        "checkpoint": head.note if head else None,
        "witness": phone.store.get("witness") or None,
        "org": phone.identity.org,
        "device": phone.identity.dev,
        "operator": who.name if who else None,
        "to_check_events": phone.outbox.to_check(_LISTED),
    }


def rescue_export(args: argparse.Namespace) -> int:
    """Write what this device keeps into an encrypted file."""
    with opened(args.data) as phone:
        count = rescuing.export(phone, args.file)
    print(say("phone.exported", args.lang, n=count, file=str(args.file)))
    return 0


def receipt(args: argparse.Namespace) -> int:
    """Print the newest receipt as it was signed."""
    with opened(args.data) as phone:
        note = phone.outbox.newest_receipt()
    if note is None:
        raise RefusedError("phone.no_receipt")
    sys.stdout.write(note)
    return 0


def _clock(phone: Phone) -> dict[str, object]:
    reading = phone.ticks.reading()
    error = clock_error_ms(reading, timekeeper.samples(phone.store))
    return {
        "error_ms": error,
        "anchored": error is not None,
        "wrong": error is not None and abs(error) > WRONG_CLOCK_MS,
    }


def _say_sync(phone: Phone, report: Report, lang: str) -> int:
    counts = phone.outbox.counts()
    for alarm in sorted(report.alarms):
        print(say(alarm, lang), file=sys.stderr)
    clock = _clock(phone)
    if clock["wrong"]:
        print(say("phone.clock_wrong", lang, minutes=abs(int(str(clock["error_ms"]))) // 60_000), file=sys.stderr)
    if report.admitted or report.dismissed:
        print(say("phone.decided", lang, admitted=report.admitted, dismissed=report.dismissed), file=sys.stderr)
    if counts.to_check:
        print(say("phone.some_to_check", lang, n=counts.to_check), file=sys.stderr)
    refused, left = photos.refused(phone.store), photos.missing(phone.store)
    if refused:
        print(say("phone.photos_refused", lang, n=refused), file=sys.stderr)
    if report.end is not End.DONE or counts.unsent:
        end = report.end if report.end is not End.DONE else End.FAILING
        print(say(f"phone.sync.{end}", lang, n=counts.unsent), file=sys.stderr)
        return 1
    print(say("phone.sync.done", lang, sent=report.sent, pulled=report.pulled))
    if report.photos_sent:
        print(say("phone.photos_sent", lang, n=report.photos_sent))
    if left - refused:
        print(say("phone.photos_left", lang, n=left - refused), file=sys.stderr)
    return 1 if report.alarms & _LOUD else 0
