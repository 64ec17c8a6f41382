"""The tables of the pages of items and partners as files."""

from collections.abc import Sequence

from boucle.words import say
from boucle_server.exports.sheets import Cell
from boucle_server.web.item_page import ItemPage, Step
from boucle_server.web.items import Found
from boucle_server.web.partners import Balances, Partner
from boucle_server.web.table_files import Table

_OUT = ("web.file_days", "web.file_late", "web.file_uses")
_COUNTS = ("web.held_now", "web.transit", "web.inbound", "web.unscanned")


def items_table(found: Found, lang: str) -> Table:
    """Give the list of items, one a row."""
    heads = ("web.item", "web.filter_type", "web.filter_stage", "web.where", *_OUT)
    rows = [
        (each.code, each.type, each.stage[1], each.place, each.exact_days, each.exact_late, each.uses)
        for each in found.rows
    ]
    return Table(key="items", title=say("web.page_items", lang), heads=_said(heads, lang), rows=rows)


def history_table(page: ItemPage, lang: str) -> Table:
    """Give the history of an item, the newest event first."""
    heads = ("web.when", "web.file_known", "web.what", "web.where", "web.fact_person", "web.item", "web.file_more")
    rows = [
        (
            each.id,
            each.when,
            each.known,
            each.what,
            each.where,
            each.who,
            each.code,
            " · ".join(_more(each, lang)),
        )
        for each in page.steps
    ]
    return Table(key="history", title=say("web.history", lang), heads=["id", *_said(heads, lang)], rows=rows)


def _more(step: Step, lang: str) -> list[str]:
    return [
        *(word for _, word in step.badges),
        *step.reasons,
        *(say("page.named", lang, name=name, value=text) for name, text in step.details),
    ]


def partners_table(page: Balances, lang: str) -> Table:
    """Give what each partner holds at the end of a day."""
    title = say("web.balances_on", lang, day=page.day)
    rows: list[tuple[Cell, ...]] = [(each.key, each.name, *each.exact) for each in page.rows]
    heads = ["id", *_said(("web.filter_partner", *_COUNTS), lang)]
    return Table(key="balances", title=title, heads=heads, rows=rows)


def partner_tables(page: Partner, lang: str) -> list[Table]:
    """Give what one partner holds, by type and place, then over the months, then by age."""
    day = page.balances.day
    ages: list[tuple[Cell, ...]] = [(say("web.ages_here", lang), each.name, each.exact) for each in page.visits]
    ages += [(say("web.ages_overdue", lang), each.name, each.exact) for each in page.overdue]
    age_heads = [*_said(("web.what", "web.file_band"), lang), "n"]
    return [
        Table(
            key="balances",
            title=say("web.balances_on", lang, day=day),
            heads=_said(("web.filter_type", "web.where", *_COUNTS), lang),
            rows=[(each.name, each.place, *each.exact) for each in page.balances.rows],
        ),
        Table(
            key="year",
            title=say("web.balance_year", lang),
            heads=_said(("web.balance_date", "web.held_now"), lang),
            rows=[(written, n) for written, _, n in page.year],
        ),
        Table(key="ages", title=say("web.ages", lang), heads=age_heads, rows=ages),
    ]


def _said(keys: Sequence[str], lang: str) -> list[str]:
    return [say(key, lang) for key in keys]
