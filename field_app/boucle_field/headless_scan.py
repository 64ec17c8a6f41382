"""The commands of the work: scan, undo, and the list of what can be done."""

import argparse
import json
import sys
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple
from zoneinfo import ZoneInfo

from boucle.actions import ACTIONS, Action, Amount, Context, Question, find_action
from boucle.codes import Code, Kind, Label, Misread, read_label, without_identifier
from boucle.codes import Reason as Misreading
from boucle.fields import Fault, Field, place_key
from boucle.reference import Book
from boucle.telling import Outcome, Told
from boucle.words import LANGUAGES, say
from boucle_field.errors import UsageError
from boucle_field.outbox import Draft
from boucle_field.phone import Phone, opened
from boucle_field.photos import Photo
from boucle_field.work import draft

_TASKS = frozenset({Kind.ROUND, Kind.TICKET})
_ITEMS = frozenset({Kind.CONTAINER, Kind.GS1})
_SIGNS = {
    Outcome.ACCEPTED: "✓",
    Outcome.REPEAT: "↻",
    Outcome.UNEXPECTED: "+",
    Outcome.UNKNOWN: "?",
    Outcome.KEPT: "●",
    Outcome.REFUSED: "⚠",
}
_FLAGS = {"type": "--type", "qty": "--qty", "place": "--place", "grade": "--grade", "mass_g": "--weight-g"}


class Work(NamedTuple):
    """What there is to record: the codes and amounts, and the place and task that labels among them named."""

    subjects: tuple[str | Amount, ...]
    place: str
    task: str
    refused: bool


def scan(args: argparse.Namespace) -> int:
    """Record an action for every code, each durably before its ACK; a refused code stops no other."""
    action = find_action(args.action)
    if action is None:
        raise UsageError("phone.no_action", action=args.action[:40], actions=", ".join(ACTIONS))
    photos = tuple(_photos(args.photo))
    with opened(args.data) as phone:
        work = _work(args, phone, action)
        context = phone.desk.context(place=work.place, task=work.task)
        answers = _answers(args, action)
        drafts = [(subject, _draft(action, subject, answers, context)) for subject in work.subjects]
        done = 1 if work.refused else 0
        for subject, each in drafts:
            told = phone.desk.record(replace(each, photos=photos))
            _acknowledge(told)
            _tell(phone, subject, each, told, lang=args.lang)
            done = done if told.event_id else 1
    return done


def _photos(files: Sequence[Path]) -> Iterator[Photo]:
    """Make photos of picture files, all of them before anything is recorded; UsageError."""
    if files:
        from boucle_field.picture import photo_of_file

        yield from (Photo(photo_of_file(file)) for file in files)


def undo(args: argparse.Namespace) -> int:
    """Void the last event of this device that stands, or the one named."""
    with opened(args.data) as phone:
        target, told = phone.desk.undo(args.event)
        _acknowledge(told)
    what = _named(target.code or Amount(target.item_type, target.qty))
    kind = say(f"kind.{target.kind}", args.lang)
    print(say("phone.undone", args.lang, kind=kind, what=what, event=target.id), file=sys.stderr)
    return 0


def actions(args: argparse.Namespace) -> int:
    """List every action with its fields."""
    if args.json:
        listed = [_described(action) for action in ACTIONS.values()]
        print(json.dumps(listed, ensure_ascii=False, indent=2))
        return 0
    for action in ACTIONS.values():
        fields = " ".join(_shown(each) for each in action.fields)
        print(f"{action.name:<11} {action.word(args.lang):<34} {fields}")
    return 0


def _work(args: argparse.Namespace, phone: Phone, action: Action) -> Work:
    texts = list(args.codes)
    for picture in args.image:
        from boucle_field.scan import codes_in

        found = codes_in(picture)
        if not found:
            print(say("phone.no_code_in_picture", args.lang, picture=str(picture)), file=sys.stderr)
        texts += found
    subjects: dict[str | Amount, None] = dict.fromkeys(_amounts(args, action, has_codes=bool(texts)))
    place, task, refused = "", "", bool(args.image) and not texts
    for text in texts:
        match _subject(text, phone, action):
            case Misread() as misread:
                refused = True
                print(_misread(misread, args.lang), file=sys.stderr)
            case Label(kind=Kind.PLACE, key=key):
                place = place_key(key, phone.mirror.book())
            case Label(kind=kind, key=key) if kind in _TASKS:
                task = key
            case Label(kind=kind) as label if kind not in _ITEMS:
                refused = True
                print(say("phone.wrong_kind", args.lang, code=_named(label.key)), file=sys.stderr)
            case Label() as label:
                if label.repaired:
                    print(say("phone.keyboard_repaired", args.lang), file=sys.stderr)
                _take(subjects, label.key, args.lang)
            case str(code):
                _take(subjects, code, args.lang)
    if not subjects and not refused:
        raise UsageError("phone.nothing_scanned")
    return Work(tuple(subjects), place, task, refused)


def _take(subjects: dict[str | Amount, None], code: str, lang: str) -> None:
    """Take a code once; one that comes again in the same command is the same scan, and said to be."""
    if code in subjects:
        print(f"{_SIGNS[Outcome.REPEAT]} {_named(code)}: {say('phone.scanned_twice', lang)}", file=sys.stderr)
    subjects[code] = None


def _amounts(args: argparse.Namespace, action: Action, *, has_codes: bool) -> Iterator[Amount]:
    if args.type is None and args.qty is None:
        return
    if has_codes and args.qty is None:
        if action.field("type"):  # what the codes become, as `_answers` says
            return
        raise UsageError("phone.type_from_code", type=args.type[:60])
    if has_codes:
        raise UsageError("phone.code_and_quantity")
    if args.type is None or args.qty is None:
        raise UsageError("phone.half_quantity")
    yield Amount(args.type, args.qty)


def _subject(text: str, phone: Phone, action: Action) -> Label | Misread | str:
    """Read a code; a foreign one is taken where it was linked to an item of ours, or is being linked now."""
    read = read_label(text)
    if not isinstance(read, Misread) or read.reason is not Misreading.FOREIGN:
        return read
    code = without_identifier(text)
    linked = action.kind in ("item.commissioned", "label.bound") or phone.mirror.look(f"raw:{code}").known
    return code if linked else read


def _answers(args: argparse.Namespace, action: Action) -> dict[str, object]:
    answers: dict[str, object] = {}
    for pair in args.set:
        name, given, value = pair.partition("=")
        if not given:
            raise UsageError("phone.bad_set", text=pair[:60])
        answers[name.strip()] = value
    if args.type is not None and args.qty is None and action.field("type"):
        answers.setdefault("type", args.type)
    if args.place is not None:
        answers["place"] = args.place
    if args.grade is not None:
        verdict = action.field("verdict")
        told = verdict is not None and "verdict" not in answers and args.grade in verdict.choices
        answers["verdict" if told else "grade"] = args.grade
    if args.weight_g is not None:
        answers["mass_g" if action.field("mass_g") else "tare_g"] = args.weight_g
    return answers


def _draft(action: Action, subject: str | Amount, answers: dict[str, object], context: Context) -> Draft:
    found = draft(action, subject, answers, context=context)
    if isinstance(found, Question):
        field = found.field
        choices = f" ({', '.join(field.choices)})" if field.choices else ""
        flag = _FLAGS.get(field.name, f"--set {field.name}=…")
        raise UsageError("phone.missing", field=field.name, choices=choices, flag=flag)
    if isinstance(found, Fault):
        raise UsageError(found.key, **found.values)
    return found


def _acknowledge(told: Told) -> None:
    if told.event_id:
        print(f"ACK {told.event_id}", flush=True)


def _tell(phone: Phone, subject: str | Amount, done: Draft, told: Told, *, lang: str) -> None:
    """Say in one line what a scan means; French and English alike, after the event is kept."""
    words = say(f"phone.outcome.{told.outcome}", lang)
    if told.outcome is Outcome.REPEAT and told.since_ms is not None:
        words = say("phone.already_at", lang, time=_local_time(told.since_ms, phone.identity.zone))
    unknown = {f"reason.unknown_{table}": _unknown(phone.mirror.book(), table, done) for table in ("place", "type")}
    why = "".join(f" — {_because(reason, unknown.get(reason, ''), lang)}" for reason in told.reasons)
    kind = say(f"kind.{done.kind}", lang)
    print(f"{_SIGNS[told.outcome]} {kind} {_named(subject)}: {words}{why}", file=sys.stderr)


def _because(reason: str, what: str, lang: str) -> str:
    return say("phone.reason_of", lang, reason=say(reason, lang), what=what) if what else say(reason, lang)


def _unknown(book: Book, table: str, done: Draft) -> str:
    """Name the places, or the type, of a draft that this device does not know."""
    said = {
        "place": ("site", (done.place, done.body.get("to"), done.body.get("from"))),
        "type": ("item_type", (done.item_type, done.body.get("type"))),
    }
    rows, names = said[table]
    return ", ".join(dict.fromkeys(_named(name) for name in names if name and not book.has(rows, name)))


def _misread(misread: Misread, lang: str) -> str:
    shown = "".join(char if char.isprintable() else "·" for char in misread.text[:60])
    type_key = misread.type_key.uri if misread.type_key else ""
    return say(f"phone.misread.{misread.reason}", lang, code=shown, type=type_key)


def _named(subject: str | Amount) -> str:
    """Give a code as it is printed under its symbol, and an amount as it is said."""
    if isinstance(subject, Amount):
        return f"{subject.qty} × {subject.item_type}"
    letter, _, chars = subject.partition("/")
    try:
        return Code(kind=Kind(letter), chars=chars).grouped
    except ValueError:
        return subject


def _local_time(ms: int, zone: str) -> str:
    return datetime.fromtimestamp(ms // 1000, UTC).astimezone(ZoneInfo(zone)).strftime("%H:%M")


def _described(action: Action) -> dict[str, object]:
    return {
        "action": action.name,
        "kind": f"{action.kind}/1",
        "family": action.family,
        "capabilities": action.needs,
        "where": action.where,
        "takes_quantity": action.takes_quantity,
        **{lang: action.word(lang) for lang in LANGUAGES},
        "fields": [_described_field(each) for each in action.fields],
    }


def _described_field(field: Field) -> dict[str, object]:
    return {
        "name": field.name,
        "type": field.type,
        "required": field.required,
        "unless": field.unless,
        "choices": list(field.choices),
        **{lang: say(f"field.{field.name}", lang) for lang in LANGUAGES},
    }


def _shown(field: Field) -> str:
    return f"{field.name}!" if field.required else field.name
