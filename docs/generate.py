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
from boucle.lifecycle import MACHINES, Transition
from boucle.push import Status
from boucle.reasons import INFERENCES, TASKS, Outcome, Reason
from boucle.roles import NEEDED
from boucle.shape import Flaw
from boucle.treatment import CODE_MAPS, MODES
from boucle.words import LANGUAGES, catalogue

DOCS = Path(__file__).parent
MADE = "<!-- Made by `make docs` from the code; changes by hand are lost. -->"

LIFECYCLE_INTRODUCTION = """\
What each event does to an item, from the tables in `boucle.lifecycle`. A physical event that finds the item
in another stage still counts: the legs that nobody scanned are inferred. A decision that finds it in another
stage is kept without effect, with one of the reasons below. The words for a person are those of the screens."""

MACHINE_TITLES = {"container": "A container", "return": "A returned product", "work": "A repair"}


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
        parts += [f"## {MACHINE_TITLES[machine]}", machine_table(rows)]
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
                row.target,
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


PAGES: Mapping[str, Callable[[], str]] = MappingProxyType({"lifecycle.md": lifecycle, "kpi.md": kpi})


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
