"""A slip in words: as its file and its pages show it, and as the text of a message."""

from typing import Any, Final

from boucle.agreeing import Agreed, agreed_words
from boucle.rounds import Ending, Found
from boucle.words import say
from boucle.words.numerals import signed
from boucle_server import slips
from boucle_server.slips import Slip
from boucle_server.web import numbers
from boucle_server.web.item_words import moment
from boucle_server.web.rounds_list import long_day, title_in

DIRECTIONS: Final = ("collect", "deliver")


def document(slip: Slip, lang: str) -> dict[str, Any]:
    """Say a slip, as the file and the page show it."""
    of, when = slip.validation, moment(slip.at_ms, slip.zone, lang)
    number = say("web.slip_number", lang, number=slip.number, version=of.version)
    sections = [each for way in DIRECTIONS if (each := _section(slip, way, lang))]
    columns = _heads(slip, lang)
    return {
        "title": say("web.slip_title", lang),
        "organisation": slip.org_name,
        "number": number,
        "facts": [
            [say("web.slip_partner", lang), slip.place],
            [say("web.slip_when", lang), when],
            [say("web.slip_from", lang), slip.org_name],
            [say("web.slip_round", lang), f"{title_in(slip.round, lang)}, {long_day(slip.round.day, lang)}"],
        ],
        "notices": _notices(slip, lang),
        "columns": columns,
        "heads": [[name, 0 < at < _NUMBERS] for at, name in enumerate(columns)],
        "numbers": min(len(columns), _NUMBERS),
        "sections": sections,
        "lines": [say(_COUNTS[slip.is_planned], lang)] if sections else [say("web.slip_nothing", lang)],
        "signature": _signature(slip, when, lang),
        "foot": say(
            "web.slip_foot" if slip.on_phone else "web.slip_foot_office", lang, number=number, event=of.event.id
        ),
    }


def _signature(slip: Slip, when: str, lang: str) -> dict[str, str]:
    """Say who agreed for the partner; only what was drawn was signed."""
    drawn = slip.validation.agreed is Agreed.DRAWN
    by = slip.validation.signer or say("web.slip_no_name", lang)
    on = "web.slip_signed" if slip.on_phone else "web.slip_signed_office"
    return {
        "heading": say("web.slip_signature", lang),
        "by-label": say("web.slip_signer", lang),
        "by": by if drawn else "",
        "note": say(on, lang, when=when) if drawn else _agreed(slip, lang),
        "path": slips.signature_path(slip),
        "view": slips.VIEW,
        "svg": slips.signature_svg(slip),
        "alt": say("web.slip_signature_of", lang, who=by) if slip.validation.signer else say("web.slip_drawn", lang),
    }


def _agreed(slip: Slip, lang: str) -> str:
    of = slip.validation
    return agreed_words(of.agreed, signer=of.signer, on_phone=slip.on_phone, lang=lang)


def share_text(slip: Slip, lang: str, *, link: str, until: str) -> str:
    """Write a slip as the text of a message."""
    of = slip.validation
    lines = [
        f"{say('web.slip_title', lang)} – {say('web.slip_number', lang, number=slip.number, version=of.version)}",
        f"{slip.org_name} / {slip.place}, {moment(slip.at_ms, slip.zone, lang)}",
        *_notices(slip, lang),
    ]
    for way in DIRECTIONS:
        pieces = [
            f"{numbers.number(row.total, 0, lang)} × {slip.type_name(row.item_type, lang)}" for row in slip.rows(way)
        ]
        if pieces:
            lines.append(say("page.named", lang, name=say(f"web.round_{way}", lang), value=", ".join(pieces)))
    lines.append(_agreed(slip, lang))
    return "\n".join([*lines, *([say("web.slip_link", lang, link=link, until=until)] if link else [])])


_NUMBERS: Final = 6
"""The first columns hold the type and its numbers, the one behind them the reason."""
_EXPECTED_AT: Final = 4
"""Where the columns begin that hold a stop against its plan."""
_COUNTS: Final = {True: "web.slip_counts", False: "web.slip_counts_beside"}


def _heads(slip: Slip, lang: str) -> list[str]:
    names = ("total", "scanned", "declared", *(("expected", "difference", "reason") if slip.is_planned else ()))
    return [say("web.filter_type", lang), *(say(f"web.round_{name}", lang) for name in names)]


def _notices(slip: Slip, lang: str) -> list[str]:
    of = slip.validation
    found = []
    if of.version > 1:
        found.append(say("web.slip_replaces", lang, version=of.version, before=of.version - 1))
    if slip.newest is not of:
        found.append(say("web.slip_replaced", lang, version=slip.newest.version))
    if of.ending is not Ending.DONE:
        found.append(say(f"round.ending.{of.ending}", lang))
    return [*found, *([of.note] if of.note else [])]


def _section(slip: Slip, way: str, lang: str) -> dict[str, Any] | None:
    rows = slip.rows(way)
    if not rows:
        return None
    said = [
        [
            slip.type_name(row.item_type, lang),
            *(numbers.number(n, 0, lang) for n in _numbers(row)),
            signed(row.difference, lang),
            say(f"round.gap.{gap}", lang) if (gap := slip.validation.reasons.get(row.name)) and row.difference else "",
        ]
        for row in rows
    ]
    sums = [sum(n) for n in zip(*(_numbers(row) for row in rows), strict=True)]
    total = [
        say("web.slip_total", lang),
        *(numbers.number(n, 0, lang) for n in sums),
        signed(sums[0] - sums[3], lang),
        "",
    ]
    width = len(total) if slip.is_planned else _EXPECTED_AT
    return {"heading": say(f"web.round_{way}", lang), "rows": [row[:width] for row in said], "total": total[:width]}


def _numbers(row: Found) -> tuple[int, int, int, int]:
    return row.total, row.scanned, row.declared, row.expected
