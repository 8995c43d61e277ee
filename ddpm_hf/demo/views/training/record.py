"""The record of a training run (N17): `training.csv` and the sample grids."""

import csv
import json
import math
from functools import cache
from pathlib import Path
from typing import TypedDict

from PIL import Image

from ddpm_hf.demo.web.encoding import image_url


class Grid(TypedDict):
    """Samples of the averaged weights after `number` steps; `picture` is a data URL."""

    number: int
    picture: str


class Course(TypedDict):
    """One entry for each report, in order; `rates` are the learning rates. `by_t` has the loss of
    each tenth of 1..T, None where no timestep fell into it, and is empty for a report that kept
    none. `finished` has the finished model's loss on test pictures at some t, from its report, or
    nothing.
    """

    numbers: list[int]
    losses: list[float]
    rates: list[float]
    minutes: list[float]
    by_t: list[list[float | None]]
    grids: list[Grid]
    finished: dict[str, list[float]]


def _finished(report: Path) -> dict[str, list[float]]:
    loss = json.loads(report.read_text()).get("loss") if report.exists() else None
    if not loss:
        return {}
    some = sorted({*range(0, len(loss["t"]), 2), len(loss["t"]) - 1})  # as many as a phone can show
    return {"t": [loss["t"][i] for i in some], "losses": [loss["test"][i] for i in some]}


def _brief(number: float) -> float:
    """To four significant digits; the view shows three."""
    return float(f"{number:.4g}")


@cache
def read_course(folder: Path) -> Course:
    """The course that lies in a model's folder."""
    with (folder / "training.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    tenths = [name for name in rows[0] if name.startswith("loss_t")]
    by_t = [[float(row[name]) for name in tenths if row[name]] for row in rows]
    pictures = sorted((folder / "samples").glob("step-*.png"))
    return Course(
        numbers=[int(row["number"]) for row in rows],
        losses=[_brief(float(row["loss"])) for row in rows],
        rates=[_brief(float(row["learning_rate"])) for row in rows],
        minutes=[_brief(float(row["seconds"]) / 60) for row in rows],
        by_t=[[None if math.isnan(x) else _brief(x) for x in row] for row in by_t],
        grids=[
            Grid(
                number=int(path.stem.removeprefix("step-")),
                picture=image_url(Image.open(path)),
            )
            for path in pictures
        ],
        finished=_finished(folder / "report.json"),
    )
