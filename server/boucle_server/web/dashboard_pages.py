"""The pages of figures: the dashboard of a month, all its figures, what stands behind one of them."""

from typing import Annotated, Final

from fastapi import Depends
from sqlalchemy.engine import Connection
from starlette.responses import Response

from boucle.words import say
from boucle_server import attention, reports
from boucle_server.projections import load_book
from boucle_server.web.asking import asked
from boucle_server.web.behind_figure import all_events, all_figures, behind_figure
from boucle_server.web.dashboard import Dashboard, dashboard
from boucle_server.web.dashboard_tables import dashboard_tables, figure_tables, figures_tables
from boucle_server.web.first_steps import first_steps
from boucle_server.web.inbox_facts import name_of
from boucle_server.web.item_words import moment
from boucle_server.web.month_closing import closed_by
from boucle_server.web.places import DASHBOARD, DEVICES, MONTH_END
from boucle_server.web.rendering import render
from boucle_server.web.routing import pages_router
from boucle_server.web.table_files import MOST_ROWS, format_of, table_file
from boucle_server.web.visit import LONGEST_SHOWN, Visit, address, visits

router = pages_router()

FIGURES: Final = f"{DASHBOARD.path}/chiffres"
FIGURE: Final = f"{DASHBOARD.path}/chiffre"
Reading = Annotated[Visit, Depends(visits(DASHBOARD))]


@router.get(DASHBOARD.path)
def month_page(visit: Reading) -> Response:
    """Show a month: the one usually shown unless the address names another."""
    with visit.server.database.reading() as connection:
        question = asked(visit, connection, load_book(connection, visit.who.org))
        if question is None:
            return render(visit, "no_data.html", place=DASHBOARD)
        content = dashboard(connection, visit.who.org, question)
        if format_of(visit) and not question.problems:
            return table_file(visit, f"tableau-{question.month}", dashboard_tables(content, question))
        steps = first_steps(connection, visit, question.month)
        sync = _last_sync(connection, visit)
        reference = reports.reference_digest(connection, visit.who.org)[:12]
        closed = closed_by(
            content.closing, visit.who.zone, visit.lang, person=lambda by: name_of(visit, connection, by)
        )
    return render(
        visit.noting(*question.problems),
        "dashboard.html",
        place=DASHBOARD,
        page=content,
        asked=question,
        reference=reference,
        steps=steps,
        sync=sync,
        closed=closed,
        closing=_way_to_close(visit, content, question.month),
        devices=DEVICES.path if DEVICES.allows(visit.who.capabilities) else "",
    )


def _way_to_close(visit: Visit, content: Dashboard, month: str) -> str:
    """Give where a month that is over can be closed, for whoever may; nothing while it runs."""
    may = MONTH_END.allows(visit.who.capabilities) and content.is_over
    return address(MONTH_END.path, [("month", month)]) if may else ""


def _last_sync(connection: Connection, visit: Visit) -> str:
    """Say which phone was heard the longest ago; nothing where there is none."""
    heard = attention.last_to_sync(connection, visit.who.org)
    if heard is None:
        return ""
    if heard.last_seen_ms is None:
        return say("web.data_sync_never", visit.lang, device=heard.name)
    day = moment(heard.last_seen_ms, visit.who.zone, visit.lang)
    return say("web.data_sync", visit.lang, device=heard.name, day=day)


@router.get(FIGURES)
def figures_page(visit: Reading) -> Response:
    """Show every figure of a month."""
    with visit.server.database.reading() as connection:
        question = asked(visit, connection, load_book(connection, visit.who.org))
        if question is None:
            return render(visit, "no_data.html", place=DASHBOARD)
        found = all_figures(connection, visit.who.org, question)
    if format_of(visit) and not question.problems:
        return table_file(visit, f"chiffres-{question.month}", figures_tables(found, question))
    return render(visit.noting(*question.problems), "figures.html", place=DASHBOARD, asked=question, figures=found)


@router.get(FIGURE + "/{name}")
def figure_page(visit: Reading, name: str) -> Response:
    """Show one figure: its definition, its parts, twelve months, its share by filter, the events behind it."""
    with visit.server.database.reading() as connection:
        question = asked(visit, connection, load_book(connection, visit.who.org))
        if question is None:
            return render(visit, "no_data.html", place=DASHBOARD)
        part = visit.value("part")
        found = behind_figure(connection, visit.who.org, question, name, after=visit.value("after"), part=part)
        if format_of(visit) and not question.problems:
            events = all_events(connection, visit.who.org, question, name, most=MOST_ROWS, part=part)
            tables = figure_tables(found, question, events)
            return table_file(visit, f"chiffre-{found.figure.id}-{question.month}", tables)
    problems = question.problems
    if found.no_part:
        problems = (*problems, say("web.bad_part", visit.lang, asked=part[:LONGEST_SHOWN]))
    return render(visit.noting(*problems), "figure.html", place=DASHBOARD, asked=question, page=found)
