"""Many samples of a model, over all processes: `accelerate launch -m ddpm_hf.sample --model M`.

The noise of image i is a function of (seed, i). Images are worked out in fixed blocks, each whole
on one process, so the files are the same bytes on any number of processes.
"""

import copy
import hashlib
import inspect
import io
import json
import shutil
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, Literal

import diffusers
import numpy as np
import torch
import tyro
from accelerate import Accelerator
from diffusers.schedulers.scheduling_utils import KarrasDiffusionSchedulers
from numpy.typing import NDArray
from PIL import Image
from tqdm import tqdm

from ddpm_hf import runtime
from ddpm_hf.errors import UserError, command_line, first_sentence
from ddpm_hf.loading import load_pipeline
from ddpm_hf.noise import image_generators
from ddpm_hf.pipeline import DDPMPipeline
from ddpm_hf.pixels import to_uint8
from ddpm_hf.processes import leave, make_accelerator, on_main
from ddpm_hf.scheduler import DDPMScheduler
from ddpm_hf.stock_schedulers import take_steps
from ddpm_hf.timesteps import SPACINGS, spaced_timesteps

SETTINGS, ALL, PARTS = "sampling.json", "samples.npz", ".parts"
SCHEDULERS = tuple(
    scheduler.name.removesuffix("Scheduler")
    for scheduler in KarrasDiffusionSchedulers
    if scheduler.name != "EDMEulerScheduler"  # it takes no notice of a model's noise schedule
)


@dataclass(frozen=True)
class SampleConfig:
    """Sample a trained model. A killed run completes when started again; files are kept."""

    model: str = "cats-32"
    """A pipeline's folder, a bundled model, or an id on the Hub."""
    output_dir: str = "samples"
    """Where the pictures go: 000000.png and so on, or samples.npz."""
    num_samples: int = 64
    """How many pictures."""
    seed: int = 0
    """Decides the noise of every picture."""
    num_inference_steps: int | None = None
    """Steps of sampling; unless given, all T."""
    batch_size: int = 16
    """Pictures worked out at once, also where fewer are asked for; a picture's last bits depend on
    it."""
    scheduler: str | None = None
    """A scheduler of diffusers by name (DDIM, DPMSolverMultistep, …) instead of the model's own."""
    algorithm_type: Literal["dpmsolver++", "sde-dpmsolver++"] | None = None
    """For --scheduler DPMSolverMultistep: sde-dpmsolver++ adds noise in each step, as DDPM does."""
    variance_type: Literal["fixed_small", "fixed_large"] | None = None
    """fixed_small (β̃) or fixed_large (β) instead of the model's own."""
    timestep_spacing: Literal["leading", "linspace", "trailing", "quadratic"] | None = None
    """Where the steps lie, instead of the model's own: quadratic has smaller ones near the picture,
    which makes it finer in as many steps."""
    max_timestep: int | None = None
    """The run begins at this step, at pure noise, with trailing steps unless --timestep_spacing is
    given. Steps where next to nothing is left of a picture are left out; the others are smaller."""
    noise_scale: float = 1.0
    """Multiplies the noise of each step; 0 is the deterministic path."""
    class_label: int | None = None
    """For a model that draws by class: this class alone, instead of one class after the other."""
    guidance_scale: float = 1.0
    """For a model trained with --class_dropout: above 1, closer to the class and less varied."""
    format: Literal["png", "npz"] = "png"
    """A PNG for each picture, or all in one .npz: `arr_0`, uint8, (n, height, width, channels)."""
    backend: Literal["auto", "eager", "openvino", "compile"] = "auto"
    """How the network runs: the fastest at hand, plain PyTorch, OpenVINO in float32 on a CPU, or
    torch.compile."""

    def __post_init__(self) -> None:
        for name in ("num_samples", "batch_size"):
            if getattr(self, name) < 1:
                raise UserError(f"--{name} must be at least 1; got {getattr(self, name)}.")
        if self.seed < 0:
            raise UserError(f"--seed must not be negative; got {self.seed}.")
        if self.scheduler is not None and self.scheduler not in SCHEDULERS:
            raise UserError(
                f"--scheduler must be one of {', '.join(SCHEDULERS)}; got {self.scheduler!r}."
            )


def spacings_of(scheduler: type) -> tuple[str, ...]:
    """The spacings of its timesteps that a class of schedulers knows."""
    if issubclass(scheduler, DDPMScheduler):
        return SPACINGS
    takes_one = "timestep_spacing" in inspect.signature(scheduler).parameters
    return tuple(s for s in SPACINGS if s != "quadratic") if takes_one else ()


def load(config: SampleConfig) -> DDPMPipeline:
    """The model with the scheduler that the configuration asks for.

    Raises UserError for a model that is not there, or what it can't do.
    """
    pipeline = load_pipeline(config.model, "--model")
    changed = pipeline.with_scheduler(_scheduler(config, pipeline.scheduler))
    changed.set_progress_bar_config(disable=True)
    _check_timesteps(config, changed)
    _check_class(config, changed)
    return changed


def _scheduler(config: SampleConfig, own: Any) -> Any:
    """The model's `own` scheduler, or another, with what is asked for. Raises UserError."""
    settings, cls = dict(own.config), type(own)
    if config.variance_type is not None:
        settings["variance_type"] = config.variance_type
    if config.scheduler is not None:
        stock = getattr(diffusers, f"{config.scheduler}Scheduler")
        cls = DDPMScheduler if stock is diffusers.DDPMScheduler else stock
        # x̂_0 stays in the range of pictures, as our own scheduler keeps it.
        settings.update(clip_sample=True, thresholding="DPMSolver" in config.scheduler)
    spacing, spacings = config.timestep_spacing, spacings_of(cls)
    if spacing is not None and spacing not in spacings:
        known = f"it knows {', '.join(spacings)}" if spacings else "it has a spacing of its own"
        raise UserError(f"--timestep_spacing {spacing} is not for {cls.__name__}: {known}.")
    if spacing is not None:
        settings["timestep_spacing"] = spacing
    elif settings.get("timestep_spacing") not in spacings:
        settings.pop("timestep_spacing", None)  # ours alone is quadratic
    if config.algorithm_type is not None:
        if "algorithm_type" not in inspect.signature(cls).parameters:
            raise UserError(f"--algorithm_type is for DPM-Solvers, not for {cls.__name__}.")
        settings["algorithm_type"] = config.algorithm_type
    for flag, default in (("noise_scale", 1), ("variance_type", None)):
        if getattr(config, flag) != default and not issubclass(cls, DDPMScheduler):
            raise UserError(f"--{flag} is for DDPM, not for {cls.__name__}.")
    try:
        return cls.from_config(settings)
    except (ImportError, NotImplementedError) as error:
        raise UserError(
            f"The scheduler {cls.__name__} can't be made: {first_sentence(error)}."
        ) from error


def _check_timesteps(config: SampleConfig, pipeline: DDPMPipeline) -> None:
    """Raise UserError unless the scheduler can take the steps that are asked for."""
    K, T, scheduler = config.num_inference_steps, pipeline.num_train_timesteps, pipeline.scheduler
    if K is not None and not 1 <= K <= T:
        raise UserError(f"--num_inference_steps must be in 1..{T}, the trained steps; got {K}.")
    if config.max_timestep is None:
        try:
            take_steps(copy.deepcopy(scheduler), K or T)
        except ValueError as error:
            raise UserError(str(error)) from error
        return
    if "timesteps" not in inspect.signature(scheduler.set_timesteps).parameters:
        name = type(scheduler).__name__
        raise UserError(f"--max_timestep is not for {name}: it sets its own timesteps.")
    fewest, highest = 0 if K is None else K - 1, config.max_timestep
    if not fewest <= highest < T:
        raise UserError(f"--max_timestep must be in {fewest}..{T - 1}; got {highest}.")


def _check_class(config: SampleConfig, pipeline: DDPMPipeline) -> None:
    """Raise UserError unless the model knows the class, and guidance, where asked for."""
    label, names = config.class_label, pipeline.class_names
    if label is not None and not 0 <= label < len(names):
        known = f"its classes are 0..{len(names) - 1}" if names else "it knows no classes"
        raise UserError(f"--class_label {label} does not fit the model: {known}.")
    if config.guidance_scale != 1 and pipeline.null_class is None:
        raise UserError(
            "The model was not trained for --guidance_scale: that takes --class_column and"
            " --class_dropout 0.1 in training."
        )


def blocks(config: SampleConfig) -> list[range]:
    """The numbers of the images, block by block; the last block may reach past num_samples."""
    size = config.batch_size
    return [range(i, i + size) for i in range(0, config.num_samples, size)]


def class_labels(pipeline: DDPMPipeline, config: SampleConfig, numbers: range) -> list[int] | None:
    """The classes of the images of these numbers: the one asked for, or one after the other."""
    label, classes = config.class_label, len(pipeline.class_names)
    return [i % classes if label is None else label for i in numbers] if classes else None


def _steps(config: SampleConfig) -> dict[str, Any]:
    """The pipeline's argument that says which steps are taken."""
    K, highest = config.num_inference_steps, config.max_timestep
    if highest is None:
        return {"num_inference_steps": K}
    spacing = config.timestep_spacing or "trailing"  # which begins at the very highest
    return {"timesteps": spaced_timesteps(highest + 1, K or highest + 1, spacing)}


def sample_block(pipeline: DDPMPipeline, config: SampleConfig, numbers: range) -> NDArray[np.uint8]:
    """The images of these numbers: (n, height, width, channels)."""
    images = pipeline(
        len(numbers),
        image_generators(config.seed, numbers),
        **_steps(config),
        output_type="pt",
        return_dict=False,
        class_labels=class_labels(pipeline, config, numbers),
        guidance_scale=config.guidance_scale,
        noise_scale=config.noise_scale,
        backend=config.backend,
    )[0]
    pixels: NDArray[np.uint8] = to_uint8(images * 2 - 1).permute(0, 2, 3, 1).cpu().numpy()
    return pixels


def fingerprint(pipeline: DDPMPipeline) -> str:
    """Of the weights and the noise schedule: other ones draw other pictures."""
    digest = hashlib.blake2b(digest_size=16)
    for name, tensor in sorted(pipeline.unet.state_dict().items()):
        digest.update(name.encode())
        digest.update(tensor.cpu().contiguous().flatten().view(torch.uint8).numpy().tobytes())
    config = {k: v for k, v in pipeline.scheduler.config.items() if not k.startswith("_")}
    digest.update(json.dumps(config, sort_keys=True, default=str).encode())
    return digest.hexdigest()


def claim(config: SampleConfig, pipeline: DDPMPipeline) -> None:
    """Make the output folder. Raises UserError if it holds samples of another model or settings."""
    folder = Path(config.output_dir)
    # The weights say which model it is, whatever it is called.
    decisive = {f.name for f in fields(SampleConfig)} - {"model", "output_dir", "num_samples"}
    settings = {name: getattr(config, name) for name in sorted(decisive)}
    settings["weights"] = fingerprint(pipeline)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / SETTINGS
        if path.exists():
            # A setting that is newer than the folder had its default.
            before = {f.name: f.default for f in fields(SampleConfig)} | json.loads(
                path.read_text()
            )
            if other := sorted(k for k in settings if before.get(k) != settings[k]):
                raise UserError(
                    f"{folder} holds samples with another {', '.join(other)}; name another"
                    " --output_dir."
                )
        elif any(folder.iterdir()):
            raise UserError(
                f"{folder} is not empty and holds no samples; name another --output_dir."
            )
        _write(path, json.dumps(settings, indent=2).encode())
    except OSError as error:
        raise UserError(f"Can't write to --output_dir {folder}: {error.strerror}.") from error


def _write(path: Path, content: bytes) -> None:
    """A file, there whole or not at all, and its folder. Raises UserError if that can't be."""
    aside = path.with_name(f".{path.name}.tmp")
    try:
        path.parent.mkdir(exist_ok=True)
        aside.write_bytes(content)
        aside.replace(path)
    except OSError as error:
        aside.unlink(missing_ok=True)
        raise UserError(
            f"Can't write {path}: {error.strerror}; once that is mended, start it again to complete"
            " the samples."
        ) from error


def _png(pixels: NDArray[np.uint8]) -> bytes:
    file = io.BytesIO()
    Image.fromarray(pixels.squeeze(-1) if pixels.shape[-1] == 1 else pixels).save(file, "PNG")
    return file.getvalue()


def _npy(pixels: NDArray[np.uint8]) -> bytes:
    file = io.BytesIO()
    np.save(file, pixels)
    return file.getvalue()


def sample(config: SampleConfig, accelerator: Accelerator) -> None:
    """Sample what is missing in the output folder, all processes together.

    Raises UserError for what the user can mend.
    """
    folder = Path(config.output_dir)
    pipeline = load(config).to(accelerator.device)
    try:
        runtime.check(pipeline.unet, config.backend, accelerator.device)
    except ValueError as error:
        raise UserError(str(error)) from error
    on_main(accelerator, lambda: claim(config, pipeline))
    is_one_file = config.format == "npz" and (folder / ALL).exists()
    if is_one_file and len(read_samples(config)) == config.num_samples:
        on_main(accelerator, lambda: shutil.rmtree(folder / PARTS, ignore_errors=True))
        return
    mine = blocks(config)[accelerator.process_index :: accelerator.num_processes]
    silent = not accelerator.is_main_process
    for numbers in tqdm(mine, desc="Sampling", unit="block", disable=silent):
        files = _files(config, numbers)
        if not all(path.exists() for path in files):
            pixels = sample_block(pipeline, config, numbers)
            contents = [_npy(pixels)] if config.format == "npz" else map(_png, pixels)
            for path, content in zip(files, contents, strict=False):
                if not path.exists():
                    _write(path, content)
    accelerator.wait_for_everyone()
    if config.format == "npz" and accelerator.is_main_process:
        parts = [np.load(path) for numbers in blocks(config) for path in _files(config, numbers)]
        file = io.BytesIO()
        np.savez(file, np.concatenate(parts)[: config.num_samples])
        _write(folder / ALL, file.getvalue())
        shutil.rmtree(folder / PARTS, ignore_errors=True)
    accelerator.wait_for_everyone()


def read_samples(config: SampleConfig) -> NDArray[np.uint8]:
    """What `sample` wrote: (num_samples, height, width, channels)."""
    folder = Path(config.output_dir)
    if config.format == "npz":
        pixels: NDArray[np.uint8] = np.load(folder / ALL)["arr_0"][: config.num_samples]
        return pixels
    files = [path for numbers in blocks(config) for path in _files(config, numbers)]
    pixels = np.stack([np.asarray(Image.open(path)) for path in files])
    return pixels if pixels.ndim == 4 else pixels[..., None]


def _files(config: SampleConfig, numbers: range) -> list[Path]:
    """Where a block's images go."""
    folder = Path(config.output_dir)
    if config.format == "png":
        return [folder / f"{i:06d}.png" for i in numbers if i < config.num_samples]
    return [folder / PARTS / f"{numbers.start:06d}.npy"]


def main(arguments: list[str] | None = None) -> None:
    """The command line."""
    with command_line("ddpm_hf.sample", "Stopped; start it again to complete the samples."):
        config = tyro.cli(SampleConfig, args=arguments, prog="ddpm_hf.sample", use_underscores=True)
        accelerator = make_accelerator()
        sample(config, accelerator)
        leave(accelerator)


if __name__ == "__main__":
    main()
