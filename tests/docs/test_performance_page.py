"""The page of measured figures says what the results say, and nothing looks better than it was measured."""

from benchmarks import page
from benchmarks.figures import Figure, Result, at_share, read_all
from tests.house.tree import ROOT


def test_the_page_is_made_of_the_results() -> None:
    assert (ROOT / "docs" / "performance.md").read_text(encoding="utf-8") == page.write(read_all())


def test_a_goal_that_was_missed_is_said_to_be_missed() -> None:
    figure = Figure(job="push", value=7, unit="ms", ratio=0.11, goal="≥ 0.20", met=False)
    result = Result(benchmark="ingest", day="2026-11-23", machine="a machine", figures=(figure,))
    assert "| push | 7.00 ms |  | 0.11 | ≥ 0.20 | **short** |" in page.write([result])


def test_every_result_has_its_benchmark() -> None:
    assert [each.benchmark for each in read_all() if not (ROOT / "benchmarks" / f"{each.benchmark}.py").exists()] == []


def test_a_percentile_is_a_value_that_was_measured() -> None:
    values = [5.0, 1.0, 4.0, 2.0, 3.0, 9.0, 7.0]
    assert [at_share(values, share) for share in (0.0, 0.5, 0.9, 0.95, 1.0)] == [1.0, 4.0, 9.0, 9.0, 9.0]
