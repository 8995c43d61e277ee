"""Averages of the weights whose length is chosen after training (Karras et al. 2024, appendix C).

In a power-function average at step t, the weights after step τ ≤ t count in proportion to τ^γ. Its
length σ_rel is the standard deviation of τ/t under these proportions. Training keeps the averages
of a few lengths, with snapshots of them; any other is nearly a combination of these.

`python -m ddpm_hf.training.ema_lengths --folder out --length 0.12 --output_dir out-0.12`.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import safetensors.torch
import torch
from diffusers import UNet2DModel
from numpy.typing import NDArray
from safetensors import SafetensorError
from torch import Tensor

from ddpm_hf.cli import check_ranges, options, user_errors
from ddpm_hf.errors import UserError, first_sentence
from ddpm_hf.loading import load_pipeline
from ddpm_hf.pipeline import DDPMPipeline
from ddpm_hf.training import checkpoint
from ddpm_hf.training.config_checks import EMA_LENGTHS, is_ema_length

FOLDER, MOST = "ema_lengths", 32
"""Where the snapshots are, in the output folder, and how many at most."""


def exponent(length: float) -> float:
    """γ of a length, by σ_rel² = (γ + 1) / ((γ + 2)² (γ + 3)); length: of `is_ema_length`."""
    least = length**-2
    roots = np.polynomial.Polynomial([12 - least, 16 - least, 7, 1]).roots()
    return float(roots.real.max())  # eq. 126


def decay(gamma: float, step: int) -> float:
    """β_γ(t): what is left of the average in a step, which is counted from 1."""
    return float((1 - 1 / step) ** (gamma + 1))  # eq. 127


def profile(length: float, step: int, steps: int) -> NDArray[np.float64]:
    """What the weights after each of 1..`steps` count in the average at `step`: (steps,), sum 1."""
    until = np.arange(steps + 1).clip(max=step) / step
    return np.diff(until ** (exponent(length) + 1))  # the product of the decays


def coefficients(kept: Sequence[tuple[float, int]], length: float) -> NDArray[np.float64]:
    """What each average, a (length, step), counts in the combination whose profile is nearest.

    Nearest to that of `length` at the last of the steps, by least squares; (n,), sum 1. The paper
    works with inner products of continuous profiles; here the steps are summed over.
    """
    last = max(step for _, step in kept)
    profiles = np.stack([profile(each, step, last) for each, step in kept], axis=1)
    found = np.linalg.lstsq(profiles, profile(length, last, last))[0]  # algorithm 3
    return np.asarray(found / found.sum())


class PowerAverages:
    """The averages of --ema_lengths; none without it."""

    def __init__(self, lengths: Sequence[float], unet: UNet2DModel) -> None:
        self.lengths = tuple(lengths)
        self._gammas = list(map(exponent, lengths))
        self._averages = [
            {name: weight.detach().clone() for name, weight in unet.named_parameters()}
            for _ in lengths
        ]

    @torch.no_grad()
    def update(self, unet: UNet2DModel, step: int) -> None:
        """Take the weights after this step into the averages."""
        weights = list(unet.parameters())
        for gamma, average in zip(self._gammas, self._averages, strict=True):
            torch._foreach_lerp_(list(average.values()), weights, 1 - decay(gamma, step))

    def state_dict(self) -> dict[str, Any]:
        """The averages, by length and name of the weight."""
        return dict(zip(map(str, self.lengths), self._averages, strict=True))

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Continue from what `state_dict` gave. Raises UserError if the lengths differ."""
        if list(state) != list(map(str, self.lengths)):
            raise UserError(
                f"The checkpoint has averages of the lengths {' '.join(state) or '(none)'}, and"
                f" this run of others: resume with --ema_lengths {' '.join(state)}."
            )
        for average, saved in zip(self._averages, state.values(), strict=True):
            for name, weight in average.items():
                weight.copy_(saved[name])


def snapshots(output_dir: Path) -> list[Path]:
    """The snapshots in a run's folder, oldest first; a file is called by its step."""
    return sorted((output_dir / FOLDER).glob("[0-9]*.safetensors"))


def save_snapshot(output_dir: Path, step: int, averages: PowerAverages) -> None:
    """Write the averages at this step, if there are any; the file is there whole or not at all.

    When there are more than `MOST`, every second one is removed, so that the older ones thin out.
    """
    if not averages.lengths:
        return
    (output_dir / FOLDER).mkdir(exist_ok=True)
    tensors = {
        f"{length}/{name}": weight.contiguous()
        for length, average in averages.state_dict().items()
        for name, weight in average.items()
    }
    name = f"{step:08d}.safetensors"
    checkpoint.write_whole(output_dir / FOLDER / name, safetensors.torch.save(tensors))
    existing = snapshots(output_dir)
    for superseded in existing[-2::-2] if len(existing) > MOST else []:
        superseded.unlink()


def remove_later(output_dir: Path, step: int) -> None:
    """Remove the snapshots after this step, which are of another run than the one resumed there."""
    for later in snapshots(output_dir):
        if int(later.stem) > step:
            later.unlink()


def reconstruct(folder: Path, length: float) -> DDPMPipeline:
    """A run's pipeline with the average of this length at its last snapshot, in float32.

    Accurate from about the shortest of the run's own lengths to twice the longest. Raises UserError
    if the run has no pipeline or no snapshots, or one of these is damaged.
    """
    if not (files := snapshots(folder)):
        raise UserError(f"{folder} has no averages to start from: train with --ema_lengths.")
    pipeline = load_pipeline(str(folder), "--folder")
    lengths = json.loads((folder / "config.json").read_text())["ema_lengths"]
    kept = [(each, int(file.stem)) for file in files for each in lengths]
    counts = coefficients(kept, length).reshape(len(files), len(lengths))
    sums = {name: weight.double().zero_() for name, weight in pipeline.unet.state_dict().items()}
    for file, row in zip(files, counts, strict=True):
        averages = _read(file)
        for each, count in zip(lengths, row, strict=True):
            for name, weight in sums.items():
                weight.add_(averages[f"{each}/{name}"], alpha=count)
    pipeline.unet.load_state_dict(sums)
    return pipeline


def _read(snapshot: Path) -> dict[str, Tensor]:
    try:
        return safetensors.torch.load_file(snapshot)
    except SafetensorError as error:
        raise UserError(
            f"{snapshot} is damaged ({first_sentence(error)}); the others do without it if you"
            " remove it."
        ) from error


@dataclass(frozen=True)
class ReconstructConfig:
    """Give a run's model an average of the weights of any length, after training.

    Example: python -m ddpm_hf.training.ema_lengths --folder out --length 0.12 --output_dir out-0.12
    """

    folder: Path
    """The output folder of a run with --ema_lengths."""
    length: float
    """σ_rel: how far the average looks back, as a share of the steps up to its end."""
    output_dir: Path
    """The folder for the pipeline."""

    def __post_init__(self) -> None:
        check_ranges(self, [(("length",), is_ema_length, EMA_LENGTHS)])


def main(arguments: list[str] | None = None) -> None:
    """The command line."""
    with user_errors("ddpm_hf.training.ema_lengths"):
        config = options(ReconstructConfig, "ddpm_hf.training.ema_lengths", arguments)
        reconstruct(config.folder, config.length).save_pretrained(config.output_dir)
        print(f"The pipeline is in {config.output_dir}.")


if __name__ == "__main__":
    main()
