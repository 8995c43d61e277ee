"""What the benchmarks make of several seeds."""

import importlib
from pathlib import Path

import pytest

BENCHMARKS = Path(__file__).parent.parent / "benchmarks"


@pytest.fixture
def quality(monkeypatch):
    """benchmarks/quality.py, whose neighbours are found beside it."""
    monkeypatch.syspath_prepend(BENCHMARKS)
    return importlib.import_module("quality")


def row(name, minutes, seed, median):
    figures = {"median_rmse": median, "share_within_8": 0.5, "share_valid": 0.5}
    return {"name": name, "minutes": minutes, "steps": 100, "n": 256, "seed": seed, **figures}


def test_a_table_tells_seeds_by_mean_and_range_and_single_runs_as_such(quality, tmp_path):
    seeds = [row("ours", 8, seed, median) for seed, median in enumerate((10.0, 11.5, 11.0))]
    rows = [seeds[0], row("diffusers", 8, 0, 36.2), *seeds[1:]]
    table = quality.table(rows).splitlines()
    assert table[2].startswith("| ours | 8 | 100 | 256 | 3 | 10.8 (10 to 11.5) | 0.5 (0.5 to 0.5)")
    assert table[3].startswith("| diffusers | 8 | 100 | 256 | 1 | 36.2 (one run) |")
    quality.plot(rows, tmp_path / "quality.png")
    assert (tmp_path / "quality.png").stat().st_size > 1000
