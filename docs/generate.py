"""Writes the pages of docs/ that are made from tables in the code, so that they cannot disagree with it.

`python docs/generate.py` writes them, `--check` only compares and exits 1 when a page is stale.
"""

import argparse
import sys
from collections.abc import Callable, Iterable, Mapping
from enum import StrEnum
from pathlib import Path
from types import MappingProxyType

from boucle.admission import Why
from boucle.catalogue import CATALOGUE
from boucle.kpi import NoValue, Span
from boucle.legs import LEGS, Position
from boucle.lifecycle import MACHINES, Disposition, Transition, Verdict
from boucle.push import Status
from boucle.reasons import INFERENCES, TASKS, Outcome, Reason
from boucle.rma import ReturnState
from boucle.roles import NEEDED, Role
from boucle.shape import Flaw
from boucle.treatment import CODE_MAPS, MODES
from boucle.words import LANGUAGES, catalogue, say
from boucle_server.exports.balances import COLUMNS as BALANCE_COLUMNS
from boucle_server.exports.command import EXPORTS
from boucle_server.exports.kpis import COLUMNS as KPI_COLUMNS
from boucle_server.imports.columns import COLUMNS, ORDER
from boucle_server.imports.event_cells import ACTS

DOCS = Path(__file__).parent
MADE = "<!-- Made by `make docs` from the code; changes by hand are lost. -->"

LIFECYCLE_INTRODUCTION = """\
What each event does to an item, from the tables in `boucle.lifecycle`. A physical event that finds the item
in another stage still counts: the legs that nobody scanned are inferred. A decision that finds it in another
stage is kept without effect, with one of the reasons below. The words for a person are those of the screens."""

MACHINE_TITLES = {"container": "A container", "return": "A returned product", "work": "A repair"}
_STATES = ", ".join(state.value.replace("_", " ") for state in ReturnState)
_DECISIONS = ", ".join(f"`{each}`" for each in Disposition)
RETURN_NOTE = f"""\
Products move by the events of a container, without pool, loan or balance. One that nobody announced begins a line of
its own at the door (`blind`); once a return is refused, cancelled or closed, the product may come back anew. A return
is named by the `task` of its announcement and is made of its lines: it is {_STATES}, as far behind as its last line.

An authorisation may say the last day to send something back. Past it what was not handed over is expired: that is
derived for the day of asking, and no event says so; what comes all the same is received and told as late. What is worth
more than the rule of its type says (`above_value`) is decided by `item.disposition_confirmed` alone, which asks for the
right to decide.

What may be decided: {_DECISIONS}.
What is done otherwise than decided counts, and a person looks."""
WORK_NOTE = """\
What was done or measured with hands is never refused: where no row fits, it leads to the stage it proves, the opening
is inferred if there was none, and a person looks. A test whose measures break their limits has failed, whatever was
ticked. Requalifying is a decision: every check passed, and by another person than all who repaired or tested."""
MACHINE_NOTES = {"return": (RETURN_NOTE,), "work": (WORK_NOTE,)}


LEGS_INTRODUCTION = """\
A physical scan is never refused. Where the item is not where the scan presumes it, these legs must have happened
unscanned: each is run like a scanned one, marked `inferred`, and named by a reason. `repeat` says that the scan only
says again what is so already."""

WHY_INTRODUCTION = """\
A reason marked *task* opens one: somebody has to look, and the last columns say what to do. One marked *leg* names a
leg that was inferred."""

DOOR_INTRODUCTION = """\
Before any of this, the door answers for each record, once, at its first receipt. Nothing received is thrown away."""


def lifecycle() -> str:
    """Give the page of the lifecycles, the inferred legs, the outcomes, the reasons and the answers of the door."""
    parts = ["# Lifecycles", MADE, LIFECYCLE_INTRODUCTION]
    for machine, rows in MACHINES.items():
        parts += [f"## {MACHINE_TITLES[machine]}", *MACHINE_NOTES.get(machine, ()), machine_table(rows)]
    parts += ["## Legs that nobody scanned", LEGS_INTRODUCTION, legs_table()]
    parts += ["## What becomes of an event", words_table("outcome", Outcome)]
    parts += ["## Why", WHY_INTRODUCTION, reasons_table()]
    parts += ["## The answers of the door", DOOR_INTRODUCTION, words_table("status", Status)]
    parts += ["What waits for a person, or is kept as bytes, says why:", words_table("why", Why)]
    parts += ["What cannot be read as an event says its flaw:", words_table("flaw", Flaw)]
    return page(parts)


def machine_table(rows: Iterable[Transition]) -> str:
    """Give one machine as a table, a row a transition."""
    return table(
        ("from", "event", "when", "to", "who may", "CBV step", "CBV disposition"),
        (
            (
                ", ".join(stage or "–" for stage in sorted(row.sources)),
                f"`{row.kind}`",
                row.qualifier,
                row.target or "(stays)",
                ", ".join(sorted(NEEDED[row.kind])),
                row.biz_step,
                row.disposition,
            )
            for row in rows
        ),
    )


def legs_table() -> str:
    """Give the legs that explain each scan, a column for each place where the item may be booked."""
    return table(
        ("what a scan proves", *Position),
        (
            (
                f"`{act}`",
                *("repeat" if legs is None else ", ".join(legs) or "–" for legs in map(by_position.get, Position)),
            )
            for act, by_position in LEGS.items()
        ),
    )


def reasons_table() -> str:
    """Give every reason with its words, and what to do where it opens a task."""
    nothing = ("",) * len(LANGUAGES)
    return table(
        ("reason", "", "français", "English", "que faire", "what to do"),
        (
            (
                f"`{reason}`",
                "task" if reason in TASKS else "leg" if reason in INFERENCES else "",
                *words(f"reason.{reason}"),
                *(words(f"todo.{reason}") if reason in TASKS else nothing),
            )
            for reason in Reason
        ),
    )


def words_table(family: str, values: Iterable[StrEnum]) -> str:
    """Give the values of an enumeration with their words."""
    return table((family, "français", "English"), ((f"`{value}`", *words(f"{family}.{value}")) for value in values))


KPI_INTRODUCTION = """\
Every figure has one definition, in `boucle.catalogue`, and is computed from sums of cells and nothing else. A value
carries its two parts (so that a quarter divides sums and never averages averages), the number of cases, the period and
its zone, the instant it was asked for (`as_of`), the view (`as_known` now, `as_reported` when the month was closed),
whether passing time can still change it (`final` or `provisional`), an interval of 95 % where it is an estimate, and
what to know about the data: implied returns, inferred legs, repeated, refused, ignored and unknown scans, the share
of the mass that was not weighed. Values are exact; in JSON they are whole millionths (`value_micro`).

Where there is nothing to divide by there is no value and a reason, never 0 % or 100 %. A figure that cannot be
narrowed to what was asked says so instead of answering another question."""

KPI_SPANS = {
    Span.MONTH: "what happened in the month; a longer period adds the parts of its months",
    Span.END: "what is so at the end of the month, or at `as_of` while it lasts",
    Span.TRAILING: "the last twelve months, or the last twelve cohorts whose fate is known, up to the month",
    Span.NOW: "what is so at `as_of`, whatever the month",
}

TREATMENT_INTRODUCTION = """\
A mass is booked at its final treatment, under a D/R code. Where a code allows several routes the operator chooses one
(`mode`); without a choice, and under an intermediate code, the mass stays pending and is never valorised. The map is
dated data: a figure names the version that it used (`factor_set_id`). It was taken from a public tool; the legal text
behind it was not read in full."""


def kpi() -> str:
    """Give the page of the figures."""
    parts = ["# Figures", MADE, KPI_INTRODUCTION, "## All of them"]
    parts.append(
        table(
            ("id", "français", "English", "unit", "speaks of", "by"),
            (
                (
                    f"`{each.id}`",
                    *words(each.words("name")),
                    each.unit.value,
                    each.span.value,
                    ", ".join(sorted(each.by)),
                )
                for each in CATALOGUE.values()
            ),
        )
    )
    parts.append("\n".join(f"- *{span}*: {text}." for span, text in KPI_SPANS.items()))
    for each in CATALOGUE.values():
        parts.append(f"## {each.id}: {words(each.words('name'))[1]}")
        for language, means, formula in zip(
            LANGUAGES, words(each.words("means")), words(each.words("formula")), strict=True
        ):
            parts.append(f"**{language}** {means}\n= {formula}")
        read_from = ", ".join(f"`{measure}`" for measure in each.measures)
        scale = "" if each.scale == 1 else f" The quotient is multiplied by {each.scale}."
        parts.append(f"Reads {read_from}.{scale}")
    parts.append("## Why there is no value")
    parts.append(table(("reason", "français", "English"), ((f"`{each}`", *words(each.words)) for each in NoValue)))
    parts.append("## Treatment codes")
    parts.append(TREATMENT_INTRODUCTION)
    for version in CODE_MAPS:
        parts.append(f"Version `{version.version}`, valid from {version.valid_from}:")
        parts.append(
            table(
                ("code", "routes it allows"),
                (
                    (code, " or ".join(MODES[mode].value for mode in modes) or "none: intermediate")
                    for code, modes in version.modes.items()
                ),
            )
        )
    return page(parts)


IMPORTS_INTRODUCTION = """\
`boucle import KIND FILE` reads XLSX, ODS, XLS or CSV: one row of headers, then one row a thing. Import in the order of
this page: a row may only name what was imported before it. Headers are found by their French or English name, whatever
the case and the accents; columns that nobody knows are named and ignored. `boucle import KIND --template FILE` writes
an empty table with an example. A row that says what is so already changes nothing, so a file can be corrected and
imported again. A column that the file does not have takes nothing back; an empty cell under a header does.
A cell that holds an error of the spreadsheet (`#DIV/0!`, `#REF!`, `#N/A`), or in an XLSX or ODS file a formula without
its result, is a fault of its row, never an empty cell. Some programs write 0 as the result of a formula that they did
not work out: open and save such a file in a spreadsheet program first.

Times without an offset are local: in the zone of the site that the row names (of a site, in its own), else in the
organisation's. Nothing is recorded before the year 2000. What the register would not take is found before anything is
written, with its row, its column and the reason."""


def _offered(keys: Iterable[str]) -> str:
    return ", ".join(f"{say(key, 'fr')} (`{say(key, 'en')}`)" for key in keys)


def _acts() -> str:
    rows = [(f"`{kind}`", ", ".join(words)) for kind, words in ACTS.items()]
    return table(("action", "words for it"), rows)


EVENTS_INTRODUCTION = """\
The opening stock of a type without serial numbers is a row `mise en service` with the type, the quantity and the site
that holds it; at a partner's, `livré` at that partner's site after an `expédié` from yours. A row `inventaire` is a
count: it changes no stock; a difference with what was booked until then is shown in *À traiter*, where
a manager adjusts it.

An event needs a label, or a type with a quantity. `item.commissioned` also needs a type, `item.shipped` where to,
`item.sorted` a verdict and `item.treated` a treatment code. A file of `boucle export events` is known by its first
line and is taken in as it is, with its seals (see [operations.md](operations.md))."""

READERS = {
    "acts": "any of contrôle, réparation, essai, requalification, remise en service: what asks for it",
    "limits": "columns of the workshop's board, each with a number of repairs: more is said, never refused",
    "hours": "spans of days of the week: `lundi-vendredi 8:00-12:00, 13:30-17:00 ; samedi 9:00-12:00`",
    "holidays": "aucun, France or Alsace-Moselle: the public holidays on which the site is closed",
    "closures": "days, or first and last day, parted by commas: `24/12/2026, 03/08/2026 au 21/08/2026`",
    "photo_guards": "any of rebut, réparation, incident: what the site asks a photo for",
    "text": "text",
    "key": "key",
    "type_or_any": "key of a type, or `*`",
    "yes_no": "oui or non",
    "count": "whole number",
    "quantity": "whole number",
    "uses": "whole number",
    "short": "text, at most 200 bytes",
    "days": "days",
    "grams": "kilograms, to the gram",
    "percent": "whole per cent",
    "cents": "euros, to the cent",
    "zone": "time zone",
    "figure": "id, stable name or name of a figure that can have a goal (see [kpi.md](kpi.md))",
    "goal": "number in the unit of the figure: per cent, kilograms, euros, days; empty: no goal any more",
    "instant": "day or instant: `31/12/2025`, `31/12/2025 08:30`, ISO 8601",
    "day": "day: `24/11/2026` or `2026-11-24`",
    "hour": "time of day: `08:30`, `8 h`",
    "label": "label",
    "siret": "14 digits",
    "role": "role (see below)",
    "pin": "4 to 8 digits",
    "act": "action (see below)",
    "verdict": "sorting verdict (see below)",
    "keys": "keys, parted by commas",
    "question": "text, to be read on a phone",
    "nature": "conteneur, produit or pièce",
    "site_role": "dépôt, quai, atelier, plateforme, magasin and so on, or any text",
    "disposition": "what becomes of it: remettre en stock, remettre en état, réparer, démonter pour pièces and so on",
    "moment": "entrée, contrôle, essai or qualité",
    "asks": "oui/non, mesure or choix; what is meant when empty",
}
"""What stands in a cell, by the function that reads it."""


NOTES = {
    "sites": """\
A `rôle` of a site is free text (`quai`, `dépôt`), for people to read.

Opening hours name days in French or English, whole or by their first three letters, several in a row by a hyphen. Hours
that end earlier than they begin (`22:00-6:00`) end on the next day. Days that are not named are closed; of a site
without any hours they are unknown, which is not always open. Turnarounds follow them from `valable à partir du` on.""",
    "operators": f"""\
Roles, in French or English: {_offered(f"role.{role}" for role in Role)}.
A row about somebody who is known already, by name, gives the role, the PIN, the badge and the site that it says.""",
    "items": """\
A row about a label that is bound already changes nothing; what it says otherwise is told, not taken over.

An item whose `site` is a partner's begins at that partner's: it is commissioned at its `site d’attache` (needed where
there are several sites of yours), then shipped and delivered to the partner, as declared movements of the day in
`chez le partenaire depuis`, else of its first day in service, else of now. The loan counts from there.""",
    "checklists": """\
One row a step; several rows with one `liste` make one version of a checklist, in their order, and what one row says of
its checklist an empty cell below repeats. Without `types` it is for every type. Limits are in the unit beside them.
Choices are parted by bars, `!` after those with which the thing does not pass: `intact | usé | fendu !`. Without a pass
in a step that is `bloquant` nothing is released. A changed checklist is a new version: answers keep theirs. Without
`valable à partir du` it holds from now on, and a type that has one is held to it from then on.""",
    "return-rules": """\
One row a type, or `*` for every type; what the row of a type leaves empty the row `*` says, else 30 days, A back into
stock, B refurbished, C repaired and D taken apart (C and D recycled where the type has no serial numbers), and no
value above which a manager decides. Without `valable à partir du` a rule holds from now on; what was decided before
stands.""",
    "donor-parts": """\
One row a type of donor and a type of part: how many parts that can serve again such a thing holds, 0 for none any
more. The form of a harvest asks for each of them, and the page of the repair tells what was expected beside what was
taken. Without `valable à partir du` a first row holds for every harvest, a changed one from now on.""",
    "qualifications": """\
What is asked for by which acts, on which types; without `types` on every type, and without `actes` by none. Without
`valable à partir du` it is asked for from now on; of what was decided before it asks nothing.""",
    "goals": """\
What a figure is wanted to reach: at least, or for delays, losses and the like at most. Without `boucle` and `type` it
is for the whole; a loop or a type is held to a goal of its own alone. A month is held to the goal that stood at its
end; without `valable à partir du` a first goal holds for every month, a changed one from now on.""",
    "qualified": """\
Who holds what, from the start of a day to the end of another (the calendar day of the place of the act); without
`jusqu’au` for ever. One row a period: a renewal is a row from its own day on, and earlier ones stand.""",
}
"""What has to be known of a kind beside its columns."""


def imports() -> str:
    """Give the page of the files that are read: the order in which, and the columns of each."""
    parts = ["# Files that are read", MADE, IMPORTS_INTRODUCTION]
    if sorted(ORDER) != sorted(COLUMNS):
        raise ValueError("a kind of import has no place in the order")
    for kind in ORDER:
        parts.append(f"## {kind}")
        rows = (
            (
                column.header,
                "required" if column.required else "",
                READERS[column.read.__name__],
                ", ".join(dict.fromkeys((*column.synonyms, column.field))),
                column.example,
            )
            for column in COLUMNS[kind]
        )
        parts.append(table(("column", "", "holds", "also known as", "example"), rows))
        if kind in NOTES:
            parts.append(NOTES[kind])
    verdicts = _offered(f"verdict.{verdict}" for verdict in Verdict)
    return page([*parts, _acts(), f"Sorting verdicts, in French or English: {verdicts}.", EVENTS_INTRODUCTION])


EXPORTS_INTRODUCTION = """\
`boucle export WHAT --out FILE` writes a file whole or leaves what was there. The same events and the same `--as-of`
give the same bytes. CSV is UTF-8 with commas and decimal points (RFC 4180); a text that a spreadsheet would take for a
formula begins with an apostrophe. What is not known is an empty cell, never 0."""

KPIS_MEAN = {
    "period": "the month, or the months, that the value speaks of",
    "definition_id": "which figure ([kpi.md](kpi.md))",
    "slug": "its name for programs",
    "loop": "narrowed to a loop; empty: all",
    "partner": "narrowed to a partner; empty: all",
    "site": "narrowed to a site; empty: all",
    "type": "narrowed to a type of item; empty: all",
    "value": "the value, six decimals; empty with a `reason`",
    "ci_low": "lower end of the interval of 95 %",
    "ci_high": "upper end of the interval of 95 %",
    "unit": "unit of the value",
    "numerator": "upper part of the value, or the count itself",
    "denominator": "lower part; empty for a count",
    "n": "number of cases",
    "maturity": "`final`, or `provisional` while time or late events can change it",
    "reason": "why there is no value",
    "view": "`as_known` at `as_of`, or `as_reported` when the month was closed",
    "factor_set_id": "version of the treatment codes that was used",
    "implied": "returns that a later scan implies",
    "inferred": "legs that nobody scanned",
    "duplicates": "repeated scans",
    "refused": "decisions that were kept without effect",
    "ignored": "scans that have no effect on what they name",
    "unknown": "scans of codes that nothing else speaks of",
    "late": "events that came more than a day late; empty where filters narrow the value",
    "unweighed_share": "share of the mass that was not weighed",
    "bands": "parts of the value, `name=count`",
    "timezone": "zone in which the months begin",
    "as_of": "the instant it was asked for",
    "goal": "what was wanted of it at the end of the period, in the unit of `value`; empty for no goal",
    "goal_sense": "`least` or `most`: which way is better",
    "goal_verdict": "`met`, `missed`, `open` (too early to say) or `few` (fewer than 20 cases)",
}
BALANCES_MEAN = {
    "day": "the local day at the end of which it is so",
    "partner": "key of the partner; empty for a site of our own",
    "site": "key of the site",
    "type": "key of the type of item",
    "held": "in the hands of the partner",
    "transit": "on its way there",
    "inbound": "in our own vehicle",
    "stock": "a quantity without serial numbers at one of our own sites",
    "unscanned": "the part of it that was declared as a number and confirmed by no scan",
}


def exports() -> str:
    """Give the page of the files that are written; KeyError for a column without a meaning."""
    parts = ["# Files that are written", MADE, EXPORTS_INTRODUCTION]
    parts.append(
        table(("export", "formats, the usual first"), ((f"`{w}`", ", ".join(f)) for w, (_, f) in EXPORTS.items()))
    )
    parts += ["## kpis: one row a figure", table(("column", "is"), ((f"`{n}`", KPIS_MEAN[n]) for n in KPI_COLUMNS))]
    parts += [
        "An XLSX file has a second sheet with the definitions in both languages, and a third that says what was asked.",
        "## balances: one row for each type at each place",
        table(("column", "is"), ((f"`{n}`", BALANCES_MEAN[n]) for n in ("day", *BALANCE_COLUMNS))),
    ]
    parts += ["## events: one line a thing that was stored", EVENT_LINES]
    parts += ["## report: what a manager hands in", REPORT_IS, "## log: what a stranger checks", LOG_LINES]
    return page(parts)


EVENT_LINES = """\
JSON lines, each with `line` (`org`, `key`, `device`, `seal`, `record` or `raw`) and `org`. A `record` holds the very
`payload` that its device signed, its private part `priv`, the time worked out for it (`teff` in milliseconds since
1970, UTC; `tq` 0 anchored to the server's clock, 1 an interval, 2 the device's own clock), the `status` it has and the
`reason`, the later `changes` of it, when it was received (`received_ms`), and its `seal` (`first`, `last`,
`signature`). A `raw` line holds bytes that are no event, in base64. A `key` line says `of` how many it is one: a
server that took in the export of another one holds the public keys of both.
`boucle import events` takes such a file, in any order and in parts, as often as one likes.

`state` is one JSON object: what the events come to, without anything that depends on the order of arrival."""


REPORT_IS = """\
`boucle export report --month 2026-10 --out octobre.pdf`, or `--from` and `--to` for several months: the figures of the
dashboard with both parts of each, what each loop and each partner did, every figure with its definition, and the newest
checkpoint of the log. The figures of several months are sums divided, never averages averaged. As JSON and XLSX it is
`kpis` of those months. The language is that of the command line (`BOUCLE_LANG`, else `LANG`)."""

LOG_LINES = """\
JSON lines, for each generation of the log first `log` (`origin`, the verifier key `vkey`, `size`, `root`), then every
`entry` in order (`index`, its bytes as `entry`, its `salt`), then every `checkpoint` (a signed `note`). What a stranger
does with it needs no code of ours:

1. The hash of a leaf is SHA-256 of a zero byte and the entry; the root of the leaves (RFC 6962, 2.1) is `root`, and
   that of the first *n* the root of a checkpoint of size *n*.
2. The signature of each note verifies with `vkey` (C2SP signed-note, Ed25519).
3. An entry is JSON. Of a `record` of `boucle export events` with the same `id`, `commit` is SHA-256 of the salt, the
   `payload`, `teff` as 8 bytes (signed, big-endian) and `tq` as one byte.

`tests/server/test_log_export.py` does just that. Without a checkpoint kept elsewhere (a receipt on a phone, a printed
report) whoever holds the server could have made all of it anew."""


WORDS_INTRODUCTION = """\
What people choose from and read in lists, with the name that events, files and the API use. What the notions mean, and
which words bind, is in [glossary.md](glossary.md); figures are in [kpi.md](kpi.md), and stages, outcomes, reasons and
the answers of the door in [lifecycle.md](lifecycle.md)."""

LISTS = {
    "kind": "What is recorded: kinds of events",
    "action": "What a person does: words of buttons and lines",
    "state": "Where a thing stands",
    "verdict": "Sorting verdicts",
    "grade": "Grades and their written criteria",
    "hold": "Why something is put on hold",
    "disposition": "What becomes of a returned product",
    "fault": "Faults",
    "barrier": "Why something cannot be repaired",
    "checklist": "Checklists: when they are asked, what their steps ask for",
    "consent": "How the owner of a thing answered",
    "answer": "Why a count differs",
    "qualification": "Operator qualifications: what asks for one",
    "nature": "What a type is a type of",
    "capability": "What a role may do",
    "role": "Roles",
}
"""The families of words that are values of lists, in the order of the page."""


def lists() -> str:
    """Give the page of the words of lists, family after family, in both languages."""
    parts = ["# Words of lists", MADE, WORDS_INTRODUCTION]
    for family, title in LISTS.items():
        keys = [key for key in catalogue(LANGUAGES[0]) if key.startswith(f"{family}.")]
        rows = ((f"`{key.removeprefix(family + '.')}`", *words(key)) for key in keys)
        parts += [f"## {title}", table((family, "français", "English"), rows)]
    return page(parts)


PAGES: Mapping[str, Callable[[], str]] = MappingProxyType(
    {"lifecycle.md": lifecycle, "kpi.md": kpi, "imports.md": imports, "exports.md": exports, "words.md": lists}
)


def main() -> int:
    """Write the pages, or with --check compare them; give the exit code."""
    parser = argparse.ArgumentParser(description="Write the pages of docs/ that are made from the code.")
    parser.add_argument("--check", action="store_true", help="change nothing; exit 1 when a page is stale")
    only_check = parser.parse_args().check
    stale = [name for name, make in PAGES.items() if read(DOCS / name) != make()]
    if only_check:
        for name in stale:
            print(
                f"docs/{name} is not what the code says any more; nothing was changed; run `make docs`", file=sys.stderr
            )
        return 1 if stale else 0
    for name in stale:
        (DOCS / name).write_text(PAGES[name](), encoding="utf-8")
        print(f"docs/{name}")
    return 0


def table(head: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    """Give a Markdown table."""
    names = list(head)
    lines = [names, ["---"] * len(names), *(list(row) for row in rows)]
    return "\n".join("| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |" for line in lines)


def words(key: str) -> tuple[str, ...]:
    """Give the words of a key in every language, French first; a key without words is said to have none."""
    return tuple(catalogue(lang)[key].text if key in catalogue(lang) else "(no words yet)" for lang in LANGUAGES)


def page(parts: Iterable[str]) -> str:
    """Join the parts of a page, a blank line between them."""
    return "\n\n".join(parts) + "\n"


def read(path: Path) -> str:
    """Give what a page holds, nothing when it does not exist."""
    return path.read_text(encoding="utf-8") if path.exists() else ""


if __name__ == "__main__":
    sys.exit(main())
