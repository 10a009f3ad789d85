"""Every benchmark runs, at a size that measures nothing."""

import json
from pathlib import Path

import pytest
from benchmarks.__main__ import main
from benchmarks.catalogue import BENCHMARKS
from benchmarks.fresh import rows_of
from benchmarks.rows import Budget, Of, Row, table
from benchmarks.sizes import Size


@pytest.mark.slow
@pytest.mark.parametrize("name", BENCHMARKS)
def test_each_benchmark_gives_figures(name: str) -> None:
    rows = rows_of(name, Size(share=0.001, repeats=1))
    assert rows
    assert len({row.work for row in rows}) == len(rows)


@pytest.mark.slow
def test_some_are_run_by_name_and_written_as_json(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "figures.json"
    assert main(["inline", "--share", "0.001", "--repeats", "1", "--json", str(file)]) == 0
    facts = json.loads(file.read_text(encoding="utf-8"))
    assert [row["raw"] for row in facts["rows"]] == ["asyncio tasks"]
    assert "inline async no-op tasks" in capsys.readouterr().out


def test_an_unknown_benchmark_is_a_usage_error(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="2"):
        main(["nothing"])
    assert "invalid choice: 'nothing'" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("budget", "met"),
    [
        (Budget(3), True),
        (Budget(1), False),
        (Budget(0.5, Of.RATIO, at_least=True), True),
        (Budget(0.6, Of.RATIO, at_least=True), False),
    ],
)
def test_a_row_tells_whether_its_budget_is_met(budget: Budget, met: bool) -> None:
    row = Row("work", 2.0, "s", budget, baseline=4.0)
    assert row.facts()["met"] is met
    assert ("| yes |" in table([row])) is met


def test_a_ratio_that_nobody_measured_meets_and_misses_nothing() -> None:
    assert Row("work", 2.0, "s", Budget(3, Of.RATIO)).facts()["met"] is None
