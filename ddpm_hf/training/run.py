"""A training run from its configuration to the folder it leaves."""

import dataclasses
import logging
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

from accelerate import Accelerator

from ddpm_hf.cli import STOPPED
from ddpm_hf.distributed import on_main, shut_down
from ddpm_hf.errors import UserError, first_sentence
from ddpm_hf.hub.push import push, repository
from ddpm_hf.training import checkpoint
from ddpm_hf.training.config import TrainConfig
from ddpm_hf.training.export import (
    last_good,
    lower_rate,
    save_checkpoint,
    save_model,
    stored_pipeline,
)
from ddpm_hf.training.network import make_model
from ddpm_hf.training.preflight import PROJECT, claim_output_dir, make_accelerator, remove_old_run
from ddpm_hf.training.run_log import RunLog
from ddpm_hf.training.samples import draw_samples
from ddpm_hf.training.signals import StopRequest
from ddpm_hf.training.source import Source, open_source, training_pictures, validation_pictures
from ddpm_hf.training.trainer import Trainer

MAY_DIFFER = {"max_train_steps", "max_train_minutes", "num_epochs", "output_dir", "cache_dir"}
"""Settings of which a resumed run may have others without a word."""


def _as_read(value: Any) -> Any:
    """A setting as JSON gives it back."""
    return list(value) if isinstance(value, tuple) else value


class Run:
    """A run on one of its processes; `record` is there on the main process alone."""

    def __init__(
        self, config: TrainConfig, accelerator: Accelerator, source: Source, name: str
    ) -> None:
        """`name`: what the model is called, its id on the Hub if it is pushed."""
        self.config, self.accelerator, self.source = config, accelerator, source
        self.folder, self.name = Path(config.output_dir), name
        model = make_model(config, source.spec.channels, list(source.spec.class_names))
        pictures = training_pictures(source, config, accelerator)
        self.trainer = Trainer(config, model, pictures, accelerator, source.rows)
        self.validation = validation_pictures(source, accelerator)
        self.saved = 0
        if config.resume_from_checkpoint is not None:
            self._resume(config.resume_from_checkpoint)
        on_main(accelerator, lambda: remove_old_run(config))
        hyper_parameters = {name: str(value) for name, value in config.settings().items()}
        try:
            accelerator.init_trackers(PROJECT, config=hyper_parameters)
        except OSError as error:
            raise UserError(
                f"Can't write to --logging_dir {config.logging_dir}: {error.strerror}."
            ) from error
        accelerator.print(self.trainer.plan())
        self.record: RunLog | None = None
        on_main(accelerator, self._begin_record)

    def _begin_record(self) -> None:
        self.config.save(self.folder / "config.json")
        self.record = RunLog(self.trainer)

    def _resume(self, which: str) -> None:
        """Go on from a checkpoint as the main process finds it."""
        state: dict[str, Any] | None
        state, sentence = on_main(self.accelerator, lambda: checkpoint.find(self.folder, which))
        self.accelerator.print(sentence)
        if state is None:
            return
        now = self.config.settings()
        # A setting that is newer than the checkpoint had its default.
        defaults = {field.name: field.default for field in dataclasses.fields(self.config)}
        then = defaults | state["config"]
        other = {k for k, v in now.items() if _as_read(then[k]) != _as_read(v)}
        if changed := sorted(other - MAY_DIFFER):
            self.accelerator.print(f"Not as before the checkpoint: {', '.join(changed)}.")
        self.trainer.load_state_dict(state)
        self.saved = self.trainer.step
        for key, what, here in (
            ("global_batch_size", "A step", self.trainer.shard.global_batch_size),
            ("rows", "An epoch", self.trainer.rows),
        ):
            before = state.get(key, here)  # an earlier version kept no rows
            if before != here and None not in (before, here):  # a stream tells none
                self.accelerator.print(
                    f"{what} had {before} pictures before the checkpoint and has {here} now, so"
                    " this is not the run that would have been."
                )

    def _report(self) -> None:
        """Tell how training goes. Raises UserError if the loss is no number."""
        step = self.trainer.report()
        if not math.isfinite(step.loss):
            raise UserError(
                f"The loss is {step.loss} at step {step.number}; {lower_rate(self.folder)}."
            )

        def tell() -> None:
            if self.record is not None:
                self.record.report(step)

        on_main(self.accelerator, tell)

    def _show(self, *, save: bool, stopped: Callable[[], bool]) -> bool:
        """Measure on the validation split and draw samples; `save` the pipeline with them.

        False, with nothing shown or saved, if `stopped` told all processes so meanwhile.
        """
        validation, record = self.validation, self.record
        loss = None if validation is None else self.trainer.validation_loss(validation)
        pipeline = stored_pipeline(self.trainer)
        samples = draw_samples(pipeline, self.config, self.accelerator, stopped)
        if samples is None:
            return False

        def keep() -> None:
            if record is not None:
                if loss is not None:
                    record.validated(loss)
                record.show(samples)
                if save:
                    save_model(pipeline, record, samples, self.source, self.name)

        on_main(self.accelerator, keep)
        return True

    def _checkpoint(self) -> None:
        """Write a checkpoint of this step, unless there is one."""
        if self.saved < self.trainer.step:
            on_main(self.accelerator, lambda: save_checkpoint(self.trainer))
            self.saved = self.trainer.step

    def _due(self, epochs: int) -> bool:
        """Whether an epoch whose number is a multiple of `epochs` ended with this step."""
        per_epoch = self.trainer.steps_per_epoch
        return per_epoch is not None and self.trainer.step % (per_epoch * epochs) == 0

    def _steps(self, stop: StopRequest) -> bool:
        """Train to the end; False if told to stop before. What was reached is in a checkpoint."""
        config, trainer, total = self.config, self.trainer, self.trainer.total_steps
        # A GPU is not to wait for the end of each step; a CPU does anyway.
        ask_every = 1 if self.accelerator.device.type == "cpu" else config.logging_steps
        for number in trainer.steps():
            save = self._due(config.save_model_epochs)
            show = number < total and (save or self._due(config.save_images_epochs))
            if number % config.logging_steps == 0 or number == total or show:
                self._report()
            if number % config.checkpointing_steps == 0:
                self._checkpoint()
            stopping = number % ask_every == 0 and stop.agreed()
            if show and not stopping:
                stopping = not self._show(save=save, stopped=stop.agreed)
            if stopping:
                self._checkpoint()
                return False
        self._checkpoint()
        return True

    def to_the_end(self) -> bool:
        """Train, then draw, measure and save what it came to; False if told to stop before."""
        with StopRequest(self.accelerator) as stop:
            finished = self._steps(stop) and self._show(save=True, stopped=stop.agreed)
        if self.record is not None:
            self.record.close()
        return finished


def _run(config: TrainConfig, accelerator: Accelerator, name: str) -> bool:
    """The run to its end; False if it was told to stop before."""
    run = Run(config, accelerator, open_source(config, accelerator), name)
    try:
        finished = run.to_the_end()
    except RuntimeError as error:
        if "DataLoader worker" not in str(error):
            raise
        raise UserError(
            f"{first_sentence(error)}, perhaps for want of memory; fewer --dataloader_num_workers"
            f" need less. Of the run, {last_good(run.folder)}."
        ) from error
    if finished:
        accelerator.print(f"The pipeline is in {run.folder}, its card in README.md there.")
        return True
    accelerator.print(
        f"Stopped at step {run.trainer.step} and saved; go on with --resume_from_checkpoint latest."
    )
    return False


def train(config: TrainConfig) -> None:
    """Run the configuration to its end.

    Raises UserError for what the user can mend, and SystemExit with `STOPPED` if told to stop.
    """
    logging.basicConfig(level=logging.WARNING, format="%(message)s")
    accelerator = make_accelerator(config)
    config = dataclasses.replace(config, mixed_precision=accelerator.mixed_precision)
    on_main(accelerator, lambda: claim_output_dir(config))
    for notice in config.notices():
        accelerator.print(notice)
    name = config.hub_model_id or Path(config.output_dir).resolve().name
    if config.push_to_hub:  # before the work, so that a refusal comes in time
        private, token = config.hub_private_repo, config.hub_token
        name = on_main(accelerator, lambda: repository(name, private=private, token=token))
    finished = _run(config, accelerator, name)
    if finished and config.push_to_hub:
        folder, token = Path(config.output_dir), config.hub_token
        on_main(accelerator, lambda: push(folder, name, token=token))
    shut_down(accelerator)
    if not finished:
        raise SystemExit(STOPPED)
