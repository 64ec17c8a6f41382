"""What each step of a repair asks: its fields, those of its checklist among them."""

from collections.abc import Callable, Mapping, Sequence
from datetime import date, timedelta
from typing import Any, Final

from boucle import gauges
from boucle.checklists import Asks, Checklist, Moment
from boucle.checklists import Step as Question
from boucle.photo_guards import photos_asked
from boucle.proposing import limit_cents
from boucle.repair import Priority
from boucle.words import say
from boucle_server import reports
from boucle_server.web import numbers
from boucle_server.web.details import limits_text
from boucle_server.web.document_field import document_input
from boucle_server.web.inputs import Input, choice, yes_no
from boucle_server.web.photo_field import FIELD, FIELDS
from boucle_server.web.typed import today
from boucle_server.web.work_bench import (
    CHECKLIST,
    CHECKS,
    MORE_ROWS,
    ROWS,
    Bench,
    Expected,
    barriers,
    faults,
    origins,
    owner_field,
    priorities,
    treatments,
    ways,
)
from boucle_server.web.work_steps import Step

QUOTE_DAYS: Final = 30
"""For how long a quote holds where nobody says otherwise."""


def inputs(step: Step, bench: Bench) -> list[Input]:
    """Give the fields of a step."""
    asked = [
        name for name in step.asks if not (step.kind == "item.released" and name == "quality" and bench.is_requalified)
    ]
    return [each for name in asked for each in _ASKED[name](bench)]


def _text(
    name: str, *, kind: str = "text", required: bool = False, helped: bool = False
) -> Callable[[Bench], list[Input]]:
    def asked(bench: Bench) -> list[Input]:
        helping = say(f"web.work_{name}_help", bench.lang) if helped else ""
        return [Input(name=name, label=say(f"web.work_{name}", bench.lang), kind=kind, required=required, help=helping)]

    return asked


def _plan(bench: Bench) -> list[Input]:
    job, lang = bench.job, bench.lang
    return [Input(name="due", label=say("web.work_due", lang), kind="date", value=job.due)]


def _priority(bench: Bench) -> list[Input]:
    label = say("web.work_priority", bench.lang)
    return [choice("priority", label, priorities(bench.lang), value=bench.job.priority or Priority.NORMAL.value)]


def _estimate(bench: Bench) -> list[Input]:
    lang, kind = bench.lang, bench.book.item_type(bench.item.type, bench.visit.now_ms)
    limit = limit_cents(kind)
    more = say("web.work_estimate_limit", lang, limit=numbers.money(limit, lang)) if limit else ""
    helping = f"{say('web.work_estimate_help', lang)} {more}".strip()
    found = [Input(name="estimate", label=say("web.work_estimate", lang), kind="money", help=helping)]
    if limit:
        label, why = say("web.work_dear_reason", lang), say("web.work_dear_help", lang)
        found.append(Input(name="dear_reason", label=label, help=why))
    return found


def _amount(bench: Bench) -> list[Input]:
    cents = bench.job.quote_cents or bench.job.estimate_cents
    value = f"{cents // 100}{',' if bench.lang == 'fr' else '.'}{cents % 100:02d}" if cents else ""
    return [Input(name="amount", label=say("web.work_amount", bench.lang), kind="money", value=value, required=True)]


def _until(bench: Bench) -> list[Input]:
    until = date.fromisoformat(today(bench.visit)) + timedelta(days=QUOTE_DAYS)
    label = say("web.work_until", bench.lang)
    return [Input(name="until", label=label, kind="date", value=until.isoformat(), required=True)]


def _asks(moment: Moment) -> Callable[[Bench], list[Input]]:
    def asked(bench: Bench) -> list[Input]:
        listed = bench.checklist(moment)
        if listed is not None:
            return of_checklist(listed, bench.lang)
        if moment is Moment.TEST:
            return _free_measures(bench.lang)
        if moment is Moment.QUALITY:
            group = say("web.work_checks", bench.lang)
            return [
                yes_no(
                    f"check.{each}", say(f"web.work_check_{each}", bench.lang), bench.lang, required=True, group=group
                )
                for each in CHECKS
            ]
        return []

    return asked


def of_checklist(listed: Checklist, lang: str) -> list[Input]:
    """Give the questions of a checklist, with the version that asks them."""
    hidden = Input(name=CHECKLIST, label="", kind="hidden", value=listed.ref)
    return [hidden, *(_question(step, listed, lang) for step in listed.steps)]


def _question(step: Question, listed: Checklist, lang: str) -> Input:
    name, group = f"q.{step.id}", listed.say(lang)
    more: dict[str, Any] = {"group": group, "required": step.blocking}
    match step.asks:
        case Asks.YES_NO:
            return yes_no(name, step.say(lang), lang, **more)
        case Asks.CHOICE:
            return choice(
                name, step.say(lang), [(each.id, each.words.get(lang) or each.id) for each in step.choices], **more
            )
        case Asks.MEASURE:
            sign = gauges.gauge(step.unit).sign(lang)
            label = f"{step.say(lang)} ({sign})" if sign else step.say(lang)
            return Input(
                name=name, label=label, kind="number", help=limits_text(step.low, step.high, step.unit, lang), **more
            )


def _photos(bench: Bench, names: Sequence[str], kind: str = "") -> list[Input]:
    """Offer photos of what a step is about, and say how many of them its site asks for."""
    lang = bench.lang
    asked = photos_asked(kind, {}, bench.book.site(bench.place, bench.visit.now_ms)) if kind else 0
    helping = say("web.work_photos_asked", lang, n=asked) if asked else say("web.work_photo_step_help", lang)
    labels = ("web.line_photo", "web.work_photo_second")
    return [
        Input(name=name, label=say(label, lang), kind="photo", help=helping if name == FIELD else "")
        for name, label in zip(names, labels, strict=False)
    ]


def _free_measures(lang: str) -> list[Input]:
    units = [(unit, how.sign(lang)) for unit, how in gauges.GAUGES.items()]
    found = []
    for row in range(1, ROWS + 1):
        group = say("web.work_measure_n", lang, n=row)
        found += [
            Input(name=f"m{row}.name", label=say("web.work_measure_name", lang), group=group),
            Input(name=f"m{row}.value", label=say("web.work_measure_value", lang), kind="number", group=group),
            choice(f"m{row}.unit", say("web.work_measure_unit", lang), units, group=group),
            Input(name=f"m{row}.low", label=say("web.work_measure_low", lang), kind="number", group=group),
            Input(name=f"m{row}.high", label=say("web.work_measure_high", lang), kind="number", group=group),
        ]
    return found


def _harvest(bench: Bench) -> list[Input]:
    lang = bench.lang
    whole = bench.item.tare_g
    shown = f"{whole / 1000:.3f}".rstrip("0").rstrip(".").replace(".", "," if lang == "fr" else ".") if whole else ""
    found = [Input(name="whole", label=say("web.work_whole", lang), kind="mass", value=shown)]
    expected = bench.expected_parts()
    for row, each in enumerate(expected, 1):
        found += _expected_part(bench, row, each)
    for n in range(1, (MORE_ROWS if expected else ROWS) + 1):
        row, group = len(expected) + n, say("web.work_other_part_n" if expected else "web.work_part_n", lang, n=n)
        found += [
            choice(f"p{row}.type", say("web.work_part_type", lang), bench.types(), group=group),
            Input(name=f"p{row}.mass", label=say("web.work_mass", lang), kind="mass", group=group),
            Input(name=f"p{row}.label", label=say("web.work_label", lang), kind="code", group=group),
        ]
    return [
        *found,
        Input(name="rest", label=say("web.work_rest", lang), kind="mass", help=say("web.work_rest_help", lang)),
    ]


def _expected_part(bench: Bench, row: int, each: Expected) -> list[Input]:
    """Ask for one part that is expected: whether it was taken, what it weighs, its label."""
    lang, now_ms = bench.lang, bench.visit.now_ms
    usual_g = bench.book.item_type(each.type, now_ms).tare_g
    name = reports.name_of(bench.book, "item_type", each.type, now_ms)
    which = "web.work_expected_of" if each.of > 1 else "web.work_expected"
    group = say(which, lang, name=name, at=each.at, of=each.of)
    usual = say("web.work_usual_mass", lang, mass=numbers.mass(usual_g, lang)) if usual_g else ""
    return [
        Input(name=f"p{row}.expected", label="", kind="hidden", value=each.type),
        Input(name=f"p{row}.taken", label=say("web.work_taken", lang), kind="check", group=group),
        Input(name=f"p{row}.mass", label=say("web.work_mass", lang), kind="mass", group=group, help=usual),
        Input(name=f"p{row}.label", label=say("web.work_label", lang), kind="code", group=group),
    ]


_ASKED: Final[Mapping[str, Callable[[Bench], list[Input]]]] = {
    "found": lambda bench: [yes_no("found", say("web.work_found", bench.lang), bench.lang, required=True)],
    "estimate": _estimate,
    "owner": lambda bench: [owner_field(bench.partners(), bench.lang, bench.job.owner)],
    "amount": _amount,
    "until": _until,
    "covers": _text("covers", kind="long", helped=True),
    "how": lambda bench: [choice("how", say("web.work_how", bench.lang), ways(bench.lang), required=True)],
    "by": _text("by", required=True, helped=True),
    "hold": _text("hold", required=True),
    "withdrawn": _text("withdrawn", required=True, helped=True),
    "fault": lambda bench: [choice("fault", say("web.work_fault", bench.lang), faults(bench.lang, bench.faults_seen))],
    "entry": _asks(Moment.ENTRY),
    "test": _asks(Moment.TEST),
    "quality": _asks(Moment.QUALITY),
    "reason": _text("reason"),
    "parts": _text("parts", kind="long", helped=True),
    "origin": lambda bench: [choice("origin", say("web.work_origin", bench.lang), origins(bench.lang), required=True)],
    "part": _text("part", kind="code", helped=True),
    "needed": lambda bench: [Input(name="needed", label=say("web.work_needed", bench.lang), kind="check", value="1")],
    "part_type": lambda bench: [choice("part_type", say("web.work_part_type", bench.lang), bench.types())],
    "label": _text("label", kind="code", helped=True),
    "mass": _text("mass", kind="mass"),
    "passed": lambda bench: [yes_no("passed", say("web.work_passed", bench.lang), bench.lang, required=True)],
    "valid_until": _text("valid_until", kind="date", helped=True),
    "cost": _text("cost", kind="money"),
    "grade": _text("grade"),
    "zone": _text("zone", required=True),
    "due": _plan,
    "priority": _priority,
    "document": lambda bench: [document_input(bench.lang)],
    "photo": lambda bench: _photos(bench, FIELDS[:1]),
    "photos": lambda bench: _photos(bench, FIELDS, "work.diagnosed" if bench.step == "diagnostiquer" else ""),
    "barrier": lambda bench: [
        choice("barrier", say("web.work_barrier", bench.lang), barriers(bench.lang), required=True)
    ],
    "harvest": _harvest,
    "scrap": lambda bench: [
        choice(
            "treatment",
            say("web.work_treatment", bench.lang),
            treatments(),
            help=say("web.work_treatment_help", bench.lang),
        ),
        Input(name="outlet", label=say("web.work_outlet", bench.lang)),
    ],
}
