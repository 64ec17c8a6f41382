"""What a person says about a repair that waits for somebody: an estimate, a quote, the owner's answer, a hold."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from boucle.clock import day_of
from boucle.proposing import is_too_dear
from boucle_server.imports import cells
from boucle_server.server_device import Draft
from boucle_server.web.typed import Answers
from boucle_server.web.work_bench import Bench, ways


def estimated(bench: Bench, typed: Answers) -> dict[str, Any]:
    """Read what a repair is estimated at, and why it is done all the same where the rule proposes not to."""
    estimate_cents, reason = typed.number("estimate", cells.cents), typed.text("dear_reason")
    kind = bench.book.item_type(bench.item.type, bench.visit.now_ms)
    return {"estimate_cents": estimate_cents, "reason": reason if is_too_dear(estimate_cents, kind) else ""}


def quoted(bench: Bench, typed: Answers) -> list[Draft]:
    """Make a quote, which holds for the whole of its last day."""
    owner = typed.chosen("owner", [("", ""), *bench.partners()])
    cents = typed.number("amount", cells.cents)
    until_ms = typed.day_ms("until", bench.visit.who.zone)
    for name in ("amount", "until"):
        if not typed.fields.value(name):
            typed.fault(name, "web.field_needed")
    zone = bench.book.site(bench.job.site, bench.visit.now_ms).zone
    until = day_of(until_ms, bench.visit.who.zone) if until_ms else ""
    if until and until < day_of(bench.visit.now_ms, zone):
        typed.fault("until", "web.work_valid_past")
    body = {"cents": cents, "until": until, "covers": typed.text("covers"), "owner": owner or bench.job.owner}
    return [bench.draft("work.quoted", {name: value for name, value in body.items() if value or name == "cents"})]


def answered(kind: str) -> Callable[[Bench, Answers], list[Draft]]:
    """Make the maker of an answer that came otherwise than by the link; who gave it can be erased later."""

    def made(bench: Bench, typed: Answers) -> list[Draft]:
        how, by = typed.chosen("how", ways(bench.lang), required=True), typed.text("by", required=True)
        body = {"quote": bench.job.quote, "how": how, "reason": typed.text("reason")}
        draft = bench.draft(kind, {name: value for name, value in body.items() if value})
        return [replace(draft, private={"signer": by})]

    return made


def withdrawn(bench: Bench, typed: Answers) -> list[Draft]:
    """Take the quote back that the owner was sent, with the reason that its page then gives."""
    body = {"quote": bench.job.quote, "reason": typed.text("withdrawn", required=True)}
    return [bench.draft("work.quote_withdrawn", body)]


def held(bench: Bench, typed: Answers) -> list[Draft]:
    """Put a repair on hold."""
    return [bench.draft("work.held", {"reason": typed.text("hold", required=True)})]
