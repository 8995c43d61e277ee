"""Record the runs that the views show at first: `python -m ddpm_hf.demo.web.recorded.record`.

They are those of the default controls, as key frames: the last one exact, the others lossy. The
page reads them by `recorded.js`.
"""

import base64
import io
import json
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image

from ddpm_hf.demo.service.models import MODEL, exact_backend
from ddpm_hf.demo.views.edit import runs as edit
from ddpm_hf.demo.views.edit.form.form import first_value
from ddpm_hf.demo.views.generate.player.course import course
from ddpm_hf.demo.views.generate.player.player import chunks
from ddpm_hf.demo.views.jump import view as jump
from ddpm_hf.demo.views.noise import view as noise
from ddpm_hf.demo.web.picture.picture import x_0_of
from ddpm_hf.demo.web.row.row import Frame, row_chunks
from ddpm_hf.pipeline import DDPMPipeline

HERE = Path(__file__).parent
SEED, NUMBER, STEPS = 0, 4, 100
"""Of the controls, when the page opens."""
FRAMES = 20
"""Of a recorded run."""
PRETTIEST, CAT = "cats-64", 1
"""The model that the overview shows, and the seed of its cat."""
STATIONS = (2000, 900, 600, 400, 240, 120, 0)
"""The t of the overview: most of them near the picture, where it changes."""
QUALITY = 30
"""Of WebP: the page is to show something within a second."""
Frames = NDArray[np.uint8]
"""(frames, height, width of a row of pictures, 3)."""


def _sheet(frames: Frames, kind: str) -> str:
    """The frames below each other, as base64 of an image file."""
    rows = frames.reshape(-1, *frames.shape[2:])
    file = io.BytesIO()
    Image.fromarray(rows).save(file, kind, quality=QUALITY, method=6)
    return base64.b64encode(file.getvalue()).decode()


def recorded(sent: Iterable[Any], shown: Sequence[int] = ()) -> dict[str, Any]:
    """Key frames of the chunks that a view sends for a run.

    shown: about which t are kept; if none are named, `FRAMES` evenly.
    """
    parts = list(sent)
    first, t = parts[0], [t for part in parts for t in part["t"]]
    files = (io.BytesIO(base64.b64decode(part["data"])) for part in parts if part["t"])
    rows = np.concatenate([np.asarray(Image.open(file).convert("RGB")) for file in files])
    frames = rows.reshape(len(t), first["height"], -1, 3)
    kept = np.linspace(0, len(t) - 1, FRAMES).round().astype(int)
    if shown:
        kept = np.abs(np.subtract.outer(shown, t)).argmin(1)
    about = {**first, "first": 0, "total": len(kept), "t": [t[i] for i in kept]}
    del about["data"]
    if "course" in first:
        lines = first["course"].items()
        about["course"] = {name: [line[i] for i in kept[:-1]] for name, line in lines}
    return {
        "before": _sheet(frames[kept[:-1]], "WEBP"),
        "last": _sheet(frames[kept[-1:]], "PNG"),
        "chunk": about,
    }


def generate_run(pipeline: DDPMPipeline) -> dict[str, Any]:
    """Of the Generate view."""
    generator, scheduler = torch.Generator().manual_seed(SEED), pipeline.scheduler
    steps = pipeline.stream(NUMBER, generator, STEPS, backend=exact_backend(pipeline))
    lines = course(scheduler, STEPS, set(range(STEPS)), 1.0)
    run = recorded(chunks(steps, STEPS, scheduler, lines))
    return {**run, "chunk": {**run["chunk"], "model": MODEL, "seed": SEED}}


def jump_run(pipeline: DDPMPipeline) -> dict[str, Any]:
    """Of the One jump view."""
    x_0 = x_0_of(None, pipeline.unet.config.sample_size)
    t = jump.default_t(pipeline.num_train_timesteps)
    return recorded(jump.chunks(pipeline, x_0, t, jump.CHAINS, SEED))


def noise_run(pipeline: DDPMPipeline) -> dict[str, Any]:
    """Of the Fresh noise view."""
    return recorded(noise.chunks(pipeline, SEED, STEPS))


def edit_run(pipeline: DDPMPipeline) -> dict[str, Any]:
    """Of the Edit view."""
    side, schedule = pipeline.unet.config.sample_size, pipeline.scheduler.schedule
    x_0 = x_0_of(None, side)
    asked = edit.Asked(x_0, x_0, first_value(side, schedule), schedule)
    return recorded(edit.chunks(pipeline, asked))


def overview_run(pipeline: DDPMPipeline) -> dict[str, Any]:
    """Of the overview: x_t alone, with the rates √ᾱ_t and √(1−ᾱ_t) of its way to noise."""
    generator, backend = torch.Generator().manual_seed(CAT), exact_backend(pipeline)
    steps = list(pipeline.stream(1, generator, STEPS // 2, backend=backend))
    states = [*(step.noisy_sample for step in steps), steps[-1].sample]
    t = [*(step.timestep + 1 for step in steps), 0]
    way = (Frame(*state) for state in zip(t, states, strict=True))
    run = recorded(row_chunks(way, len(t), [], {}), STATIONS)
    schedule, at = pipeline.scheduler.schedule, torch.tensor(run["chunk"]["t"])
    rates = torch.stack([schedule.alpha_bar(at).sqrt(), schedule.noise_var(at).sqrt()], 1)
    about = {"model": PRETTIEST, "seed": CAT, "rates": rates.tolist()}
    return {**run, "chunk": {**run["chunk"], **about}}


RUNS = {
    "overview": (PRETTIEST, overview_run),
    "generate": (MODEL, generate_run),
    "jump": (jump.JUMPS_WITH, jump_run),
    "noise": (MODEL, noise_run),
    "edit": (jump.JUMPS_WITH, edit_run),
}
"""Of each view: the model, and its run."""


def main() -> None:
    """Write a file for each view."""
    for name, (model, run) in RUNS.items():
        (HERE / f"{name}.run.json").write_text(json.dumps(run(DDPMPipeline.from_pretrained(model))))


if __name__ == "__main__":
    main()
