"""Loading a model with the scheduler, timesteps and class that the options ask for."""

import copy
import inspect
from typing import Any

import diffusers
from diffusers.schedulers.scheduling_utils import KarrasDiffusionSchedulers

from ddpm_hf.errors import UserError, first_sentence
from ddpm_hf.loading import load_pipeline
from ddpm_hf.other_schedulers import UNCHANGED, set_steps
from ddpm_hf.pipeline import DDPMPipeline
from ddpm_hf.sampling.config import SampleConfig
from ddpm_hf.scheduler import DDPMScheduler
from ddpm_hf.timesteps import SCHEDULE_SPACINGS, SPACINGS

SCHEDULERS = tuple(
    scheduler.name.removesuffix("Scheduler")
    for scheduler in KarrasDiffusionSchedulers
    if scheduler.name != "EDMEulerScheduler"  # it ignores the model's noise schedule
)


def supported_spacings(scheduler: type) -> tuple[str, ...]:
    """The values of `timestep_spacing` that a scheduler class supports."""
    if issubclass(scheduler, DDPMScheduler):
        return SCHEDULE_SPACINGS
    has_spacing = "timestep_spacing" in inspect.signature(scheduler).parameters
    return tuple(s for s in SPACINGS if s != "quadratic") if has_spacing else ()


def load(config: SampleConfig) -> DDPMPipeline:
    """The model with the scheduler that the options ask for.

    Raises UserError for an unknown model, and for options that it does not support.
    """
    if config.scheduler not in (None, *SCHEDULERS):  # checked before the model is downloaded
        raise UserError(
            f"--scheduler must be one of {', '.join(SCHEDULERS)}; got {config.scheduler!r}."
        )
    pipeline = load_pipeline(config.model, "--model")
    changed = pipeline.with_scheduler(_scheduler(config, pipeline.scheduler))
    changed.set_progress_bar_config(disable=True)
    _check_timesteps(config, changed)
    class_number(config, changed)  # raises for an unknown class
    if config.guidance_scale != 1 and changed.null_class is None:
        raise UserError(
            "The model was not trained for --guidance_scale: train it with --class_column and"
            " --class_dropout 0.1."
        )
    return changed


def _scheduler(config: SampleConfig, own: Any) -> Any:
    """The scheduler asked for, by default the model's `own`. Raises UserError."""
    settings, cls = dict(own.config), type(own)
    if config.variance_type is not None:
        settings["variance_type"] = config.variance_type
    if config.scheduler is not None:
        theirs = getattr(diffusers, f"{config.scheduler}Scheduler")
        cls = DDPMScheduler if theirs is diffusers.DDPMScheduler else theirs
        # x̂_0 is kept within [−1, 1], as by our own scheduler.
        settings.update(clip_sample=True, thresholding="DPMSolver" in config.scheduler)
    spacing, spacings = config.timestep_spacing, supported_spacings(cls)
    if spacing is not None and spacing not in spacings:
        known = f"it knows {', '.join(spacings)}" if spacings else "it has a spacing of its own"
        raise UserError(f"--timestep_spacing {spacing} is not for {cls.__name__}: {known}.")
    if spacing is not None:
        settings["timestep_spacing"] = spacing
    elif settings.get("timestep_spacing") not in spacings:
        settings.pop("timestep_spacing", None)  # of ours alone
    if config.algorithm_type is not None:
        if "algorithm_type" not in inspect.signature(cls).parameters:
            raise UserError(f"--algorithm_type is for DPM-Solvers, not for {cls.__name__}.")
        settings["algorithm_type"] = config.algorithm_type
    if config.variance_type is not None and not issubclass(cls, DDPMScheduler):
        raise UserError(f"--variance_type is for DDPM, not for {cls.__name__}.")
    for flag, default in UNCHANGED.items():
        if getattr(config, flag) != default and flag not in inspect.signature(cls.step).parameters:
            raise UserError(f"--{flag} is for DDPM, not for {cls.__name__}.")
    try:
        return cls.from_config(settings)
    except (ImportError, NotImplementedError) as error:
        raise UserError(
            f"The scheduler {cls.__name__} can't be constructed: {first_sentence(error)}."
        ) from error


def _check_timesteps(config: SampleConfig, pipeline: DDPMPipeline) -> None:
    """Raise UserError unless the scheduler supports the steps asked for."""
    K, T, scheduler = config.num_inference_steps, pipeline.num_train_timesteps, pipeline.scheduler
    if K is not None and not 1 <= K <= T:
        raise UserError(f"--num_inference_steps must be in 1..{T}, the trained steps; got {K}.")
    if config.max_timestep is None:
        try:
            set_steps(copy.deepcopy(scheduler), K or T)
        except ValueError as error:
            raise UserError(str(error)) from error
        return
    if "timesteps" not in inspect.signature(scheduler.set_timesteps).parameters:
        name = type(scheduler).__name__
        raise UserError(f"--max_timestep is not for {name}: it sets its own timesteps.")
    if config.timestep_spacing == "visible":
        raise UserError("--timestep_spacing visible says where to begin: omit --max_timestep.")
    fewest, highest = 0 if K is None else K - 1, config.max_timestep
    if not fewest <= highest < T:
        raise UserError(f"--max_timestep must be in {fewest}..{T - 1}; got {highest}.")


def class_number(config: SampleConfig, pipeline: DDPMPipeline) -> int | None:
    """The class asked for; None for all. Raises UserError for an unknown class."""
    if config.class_label is None:
        return None
    label = str(config.class_label)
    try:
        return pipeline.class_called(label)
    except ValueError as error:
        raise UserError(f"--class_label {label} does not fit the model: {error}.") from error
