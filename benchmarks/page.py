"""The page of the measured figures beside the goals, made from the results of the benchmarks."""

from collections.abc import Iterable

from benchmarks.figures import Figure, Result

INTRODUCTION = """\
# Performance

<!-- Made by `make bench` from benchmarks/results; changes by hand are lost. -->

What was measured, beside what was hoped for, also where it falls short. Every figure stands beside a baseline
of the same run on the same machine: absolute figures differ by half from one machine to the next, and from one
hour to the next on a shared one; ratios hold. A goal is a ratio wherever one can be taken. `make bench` measures
again and writes this page; `.venv/bin/python -m benchmarks NAME` measures one part."""

TITLES = {
    "case_answers": "To do, and what was answered there",
    "decode": "Reading codes from a picture",
    "demo": "The demonstration",
    "domain": "What an event costs the domain alone",
    "ingest": "Taking events in",
    "pages": "The pages, as Lighthouse sees them",
    "month_query": "Asking for figures",
    "scan_to_ack": "From the scan to the acknowledgement",
    "scan_to_frame": "From the scan to the screen",
    "single_scan": "Single scans",
}

UNMEASURED = (
    ("the same job by InvenTree, Tryton, quartet-epcis and devicehub", "≥ 50 × single, ≥ 300 × in batches", "no run"),
    (
        "taking events in at 10 million stored events",
        "≥ 80 % of the rate at 10 thousand",
        "no ledger that long was made",
    ),
    ("board of 24 months at 10 million events", "≤ 1.2 × the time at 10 thousand", "measured at one million, above"),
    ("one item’s history among 10 million events", "≤ 2 × the time among 10 thousand", "no ledger that long was made"),
    ("all read tables made again", "≥ half of the rate of taking in, constant memory", "no run"),
    ("export of a million events", "≥ 260 thousand events/s as CSV", "events leave as JSON lines only; no run"),
    ("10 000 labels on A4", "≤ 5 s, every label read back", "no run; tests read each label of small sheets back"),
    ("memory of the server after a million events", "≤ 250 MB", "no run"),
    ("batches of 500 over HTTP", "≥ 0.20 of the bare rows", "a push holds 200 records at most"),
)
"""What was hoped for and is not measured: the job, the goal, why there is no figure."""


def write(results: Iterable[Result]) -> str:
    """Give the page."""
    parts = [INTRODUCTION]
    for result in results:
        parts.append(f"## {TITLES.get(result.benchmark, result.benchmark)}")
        parts.append(f"`benchmarks/{result.benchmark}.py`, {result.day}: {result.machine}.")
        head = "| job | measured | baseline of the same run | ratio | goal | |\n|---|---|---|---|---|---|"
        parts.append("\n".join([head, *(_row(figure) for figure in result.figures)]))
        notes = [f"* {figure.job}: {figure.note}" for figure in result.figures if figure.note]
        if notes:
            parts.append("\n".join(notes))
    parts.append("## Hoped for, and not measured")
    parts.append("\n".join(["| job | goal | |", "|---|---|---|", *(f"| {' | '.join(row)} |" for row in UNMEASURED)]))
    return "\n\n".join(parts) + "\n"


def line(figure: Figure) -> str:
    """Give a figure on one line, for a terminal."""
    words = [f"{figure.job}: {_quantity(figure.value, figure.unit)}"]
    if figure.baseline_value is not None:
        words.append(f"(baseline {_quantity(figure.baseline_value, figure.unit)})")
    if figure.ratio is not None:
        words.append(f"ratio {figure.ratio:.2f}")
    if figure.goal:
        words.append(f"goal {figure.goal}: {_verdict(figure)}")
    return " ".join(words)


def _row(figure: Figure) -> str:
    baseline = ""
    if figure.baseline_value is not None:
        baseline = f"{_quantity(figure.baseline_value, figure.unit)}: {figure.baseline}"
    ratio = "" if figure.ratio is None else f"{figure.ratio:.2f}"
    cells = (figure.job, _quantity(figure.value, figure.unit), baseline, ratio, figure.goal, _verdict(figure))
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


def _verdict(figure: Figure) -> str:
    return {None: "", True: "met", False: "**short**"}[figure.met]


def _quantity(value: float, unit: str) -> str:
    digits = 0 if abs(value) >= 100 else 1 if abs(value) >= 10 else 2
    return f"{value:,.{digits}f} {unit}".replace(",", " ")
