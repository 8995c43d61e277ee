"""The configuration of a run: one frozen dataclass, read from a JSON file and the command line."""

import dataclasses
import json
import sys
from argparse import ArgumentParser
from collections import ChainMap
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ddpm_hf.cli import options
from ddpm_hf.errors import UserError
from ddpm_hf.training.config_checks import check
from ddpm_hf.training.flags import (
    DataFlags,
    DiffusionFlags,
    HubFlags,
    NetworkFlags,
    OptimisationFlags,
    OutputFlags,
)

RECIPES = Path(__file__).parents[1] / "configs"
"""The configurations that come with the package."""
DATA = ("dataset_name", "train_data_dir")
"""The two settings that name the data; one of them is given."""
NOT_SAVED = ("config", "hub_token", "overwrite_output_dir", "resume_from_checkpoint")
"""Settings that are never saved: secrets, and how this one run was started."""


@dataclass(frozen=True)
class TrainConfig(
    HubFlags, OutputFlags, OptimisationFlags, DiffusionFlags, NetworkFlags, DataFlags
):
    """A run: all flags of the trainer; the groups in order, for the last base is the first."""

    config: str | None = None
    """The file that they were read from."""

    def __post_init__(self) -> None:
        check(self)

    def settings(self) -> dict[str, Any]:
        """All settings but those of `NOT_SAVED`."""
        return {k: v for k, v in dataclasses.asdict(self).items() if k not in NOT_SAVED}

    def recipe(self) -> dict[str, Any]:
        """The settings that differ from the defaults, except paths on this machine."""
        defaults = {f.name: f.default for f in dataclasses.fields(self)}
        changed = {k: v for k, v in self.settings().items() if v != defaults[k]}
        return {k: v for k, v in changed.items() if k not in ("output_dir", "cache_dir")}

    def save(self, path: Path) -> None:
        """Write the file that `--config` reads; on a full disk, the old one stays."""
        temporary = path.with_suffix(".tmp")
        temporary.write_text(json.dumps(self.settings(), indent=2) + "\n")
        temporary.replace(path)


def located(path: str) -> Path:
    """The file of this path, or of this name in configs/: a recipe, or a network's config."""
    recipe = RECIPES / f"{path.removeprefix('configs/').removesuffix('.json')}.json"
    return recipe if recipe.is_file() and not Path(path).is_file() else Path(path)


def flags_in(path: str, *, without: Collection[str] = ()) -> list[str]:
    """The settings of a JSON file, as flags; those named in `without` are left out.

    Raises UserError for a file that can't be read, or has unknown settings.
    """
    try:
        settings: Any = json.loads(located(path).read_text())
    except FileNotFoundError as error:
        recipes = ", ".join(sorted(file.stem for file in RECIPES.glob("*.json")))
        raise UserError(
            f"Can't read the configuration {path}: there is no such file, and the recipes are"
            f" {recipes}."
        ) from error
    except (OSError, ValueError) as error:
        raise UserError(f"Can't read the configuration {path}: {error}.") from error
    if not isinstance(settings, dict):
        raise UserError(f"Can't read the configuration {path}: it is not a JSON object.")
    known = {f.name for f in dataclasses.fields(TrainConfig)}
    if unknown := sorted(set(settings) - known):
        raise UserError(f"{path} has settings that do not exist: {', '.join(unknown)}.")
    flags = []
    for name, value in settings.items():
        if name == "config" or name in without:
            continue
        if isinstance(value, bool):
            flags.append(f"--{name}" if value else f"--no-{name}")
        elif value is not None:
            flags += [f"--{name}", *map(str, value if isinstance(value, list) else [value])]
    return flags


def from_groups(
    config: str | None = None,
    *,
    data: DataFlags,
    network: NetworkFlags,
    diffusion: DiffusionFlags,
    optimisation: OptimisationFlags,
    output: OutputFlags,
    hub: HubFlags,
) -> TrainConfig:
    """Train a DDPM on a set of images, and save it as a pipeline for diffusers.

    All flags of diffusers' train_unconditional.py work, with the same defaults.

    Example: accelerate launch train_accelerate.py --train_data_dir photos \\
      --resolution 64 --output_dir out --use_ema

    Args:
        config: A JSON file of settings, or a recipe by name, such as cats-32; flags override it.
    """
    groups = map(vars, (data, network, diffusion, optimisation, output, hub))
    return TrainConfig(config=config, **dict(ChainMap(*groups)))


def parse_config(arguments: list[str] | None = None) -> TrainConfig:
    """The configuration from the command line, over the file that `--config` names."""
    arguments = sys.argv[1:] if arguments is None else arguments
    first_look = ArgumentParser(add_help=False, allow_abbrev=False)
    for name in ("config", *DATA):
        first_look.add_argument(f"--{name}", f"--{name.replace('_', '-')}")
    first = first_look.parse_known_args(arguments)[0]
    named = DATA if first.dataset_name or first.train_data_dir else ()  # instead of the file's
    recipe = flags_in(first.config, without=named) if first.config else []
    # Of two, the later counts.
    config = options(from_groups, "ddpm_hf.train", [*recipe, *arguments])
    # Some trackers save the command line; the token must not be in it.
    if config.hub_token:
        sys.argv = [word.replace(config.hub_token, "…") for word in sys.argv]
    return config
