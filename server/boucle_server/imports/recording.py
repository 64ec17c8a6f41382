"""A tried import, recorded: planned anew against what stands now, and written in one transaction."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from sqlalchemy.engine import Connection

from boucle_server.imports import runs
from boucle_server.imports.fault import Fault
from boucle_server.imports.planned import Plan
from boucle_server.imports.rows import MissingColumnsError
from boucle_server.imports.runs import Run, State
from boucle_server.imports.standing import register_of
from boucle_server.imports.tried import Report, Rows, planned, tried, without_secrets
from boucle_server.imports.writing import Written, carry_out
from boucle_server.ingest import Result

CHANGED_MEANWHILE: Final = "changed"
"""Not everything could be recorded as one whole, so nothing was."""


def keep_tried(
    connection: Connection,
    org: str,
    values: dict[str, Any],
    rows: Rows,
    *,
    zone: str,
    now_ms: int,
    noticed: Mapping[str, Any],
) -> str:
    """Keep a table that somebody brought, with what would become of its rows; give the name of the import."""
    register = register_of(connection, org, zone=zone, now_ms=now_ms)
    report = tried(values["kind"], rows, values["mapping"], register)
    kept = {
        **values,
        "made_ms": now_ms,
        "told": {**noticed, "counts": dict(report.counts), "missing": list(report.missing)},
        "content": [list(row) for row in rows],
        "report": report.as_json(),
    }
    return runs.add(connection, org, kept)


def try_again(
    connection: Connection, org: str, run: Run, mapping: Sequence[str], *, zone: str, now_ms: int, trouble: str = ""
) -> None:
    """Try the rows of an import under other columns, or against what stands now."""
    rows = runs.packed(connection, org, run.run, "content") or []
    report = tried(run.kind, rows, mapping, register_of(connection, org, zone=zone, now_ms=now_ms))
    told = {**run.told, "counts": dict(report.counts), "missing": list(report.missing), "trouble": trouble}
    runs.change(connection, org, run.run, mapping=list(mapping), told=told, report=report.as_json(), state=State.READY)


def record(connection: Connection, org: str, name: str, *, zone: str, now_ms: int) -> None:
    """Record what an import that was decided says; nothing when that was done before.

    An import that is wanted whole and cannot be is only tried again, and says so.
    """
    run = runs.find(connection, org, name)
    if run.state is not State.WRITING:
        return
    rows = runs.packed(connection, org, run.run, "content") or []
    register = register_of(connection, org, zone=zone, now_ms=now_ms)
    try:
        made = planned(run.kind, rows, run.mapping, register)
    except MissingColumnsError:
        try_again(connection, org, run, run.mapping, zone=zone, now_ms=now_ms)
        return
    savepoint = connection.begin_nested()
    written = carry_out(connection, org, made, actor=run.decided_by, now_ms=now_ms, zone=zone)
    for each in written.aside:
        _set_aside(made, each)
    if run.whole and made.faults:
        savepoint.rollback()
        try_again(connection, org, run, run.mapping, zone=zone, now_ms=now_ms, trouble=CHANGED_MEANWHILE)
        return
    savepoint.commit()
    report = Report.of(made)
    runs.change(
        connection,
        org,
        run.run,
        state=State.DONE,
        decided_ms=now_ms,
        told={**run.told, "counts": dict(report.counts), "trouble": ""},
        content=without_secrets(rows, run.mapping),
        report=report.as_json(),
        made=_made(made, written),
    )


def _set_aside(made: Plan, result: Result) -> None:
    """Count the rows of what the door would not take as faulty: they can be mended like any other."""
    for row in made.sources.get(result.id, ()):
        made.refuse(row, [Fault(row=row, column="", key="import.door", values={"reason": result.why})])


def _made(made: Plan, written: Written) -> dict[str, Any]:
    return {
        "events": [[event, list(made.sources.get(event, ()))] for event in written.events],
        "people": [
            {
                "person": each.person,
                "row": each.row,
                "said": {name: str(value) for name, value in each.said.items()},
                "changed_pin": each.changed_pin,
                "before": None if each.before is None else dict(each.before),
            }
            for each in written.people
        ],
    }
