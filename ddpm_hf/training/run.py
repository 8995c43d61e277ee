"""A training run, from its configuration to its output folder."""

import dataclasses
import logging
import math
import os
from collections.abc import Callable
from pathlib import Path

from accelerate import Accelerator

from ddpm_hf.cli import STOPPED
from ddpm_hf.distributed import on_main, shut_down
from ddpm_hf.errors import UserError, as_text, first_sentence
from ddpm_hf.hub.push import push, repository
from ddpm_hf.training.algorithm import training_steps
from ddpm_hf.training.config import TrainConfig
from ddpm_hf.training.config_checks import notices
from ddpm_hf.training.export import (
    last_checkpoint,
    lower_learning_rate,
    save_checkpoint,
    save_pipeline,
    stored_pipeline,
    training_facts,
    written,
)
from ddpm_hf.training.network import make_model, try_named_network
from ddpm_hf.training.preflight import (
    PROJECT,
    check_login,
    check_output_dir,
    remove_old_run,
    training_accelerator,
)
from ddpm_hf.training.progress import Progress
from ddpm_hf.training.resuming import resume
from ddpm_hf.training.run_log import RunLog
from ddpm_hf.training.samples import draw_samples
from ddpm_hf.training.signals import StopRequest
from ddpm_hf.training.source import Source, open_source, training_images, validation_images
from ddpm_hf.training.state import TrainingState
from ddpm_hf.training.validation import validation_loss
from ddpm_hf.training.what_next import what_next


class Run:
    """A run on one of its processes; only the main process has a `log`."""

    def __init__(
        self, config: TrainConfig, accelerator: Accelerator, source: Source, name: str
    ) -> None:
        """name: what the model is called, its id on the Hub if it is pushed."""
        self.config, self.accelerator, self.source = config, accelerator, source
        self.folder, self.name = Path(config.output_dir), name
        model = make_model(config, source.spec.channels, list(source.spec.class_names))
        self.state = TrainingState(config, model, accelerator, source.rows)
        self.progress = Progress(self.state)
        self.checkpointed = 0
        """The step of the newest checkpoint."""
        if config.resume_from_checkpoint is not None:
            resume(self.state, config.resume_from_checkpoint)
            self.checkpointed = self.state.step
        self.images = training_images(source, config, accelerator)  # once nothing is refused
        self.validation = validation_images(source, accelerator)
        on_main(accelerator, lambda: remove_old_run(config, self.state.step))
        on_main(accelerator, self._init_trackers)
        for said in (self.state.plan, *self.state.plan.notices(self.state.step)):
            accelerator.print(said)
        self.log: RunLog | None = None
        on_main(accelerator, self._open_log)

    def _init_trackers(self) -> None:
        hyperparameters = {name: as_text(str(v)) for name, v in self.config.settings().items()}
        try:
            # Else wandb writes to the working directory, which may be the data.
            where = os.environ.get("WANDB_DIR", self.accelerator.logging_dir)
            self.accelerator.init_trackers(PROJECT, hyperparameters, {"wandb": {"dir": where}})
        except OSError as error:
            raise UserError(
                f"Can't write to --logging_dir {self.config.logging_dir}: {first_sentence(error)}."
            ) from error
        except Exception as error:  # of any tracker
            raise UserError(
                f"--logger {self.config.logger} can't start: {first_sentence(error)}."
            ) from error

    def _open_log(self) -> None:
        with written("the log", self.folder):
            self.config.save(self.folder / "config.json")
            self.log = RunLog(self.state)

    def _report(self) -> None:
        """Log the progress since the last report. Raises UserError if the loss is not finite."""
        report = self.progress.report()
        if not math.isfinite(report.loss):
            raise UserError(
                f"The loss is {report.loss} at step {report.number};"
                f" {lower_learning_rate(self.folder)}."
            )

        def write() -> None:
            if self.log is not None:
                with written("the log", self.folder):
                    self.log.log_report(report)

        on_main(self.accelerator, write)

    def _evaluate(self, *, save: bool, stopped: Callable[[], bool]) -> bool:
        """Measure the validation loss and draw samples; `save` the pipeline with them.

        False, with nothing logged or saved, if `stopped` became true on the way.
        """
        state, log = self.state, self.log
        loss = None if self.validation is None else validation_loss(state, self.validation)
        pipeline = stored_pipeline(state)
        samples = draw_samples(pipeline, self.config, self.accelerator, stopped)
        if samples is None:
            return False

        def write() -> None:
            if log is None:
                return
            with written("the log", self.folder):
                if loss is not None:
                    log.log_validation(loss)
                log.log_samples(samples)
            if save:
                facts = training_facts(pipeline, log, self.source, self.name)
                save_pipeline(pipeline, samples, facts, state)

        on_main(self.accelerator, write)
        return True

    def _checkpoint(self) -> None:
        """Write a checkpoint of this step, unless there is one."""
        if self.checkpointed < self.state.step:
            on_main(self.accelerator, lambda: save_checkpoint(self.state))
            self.checkpointed = self.state.step

    def _train(self, stop: StopRequest) -> bool:
        """Train to the end; False if told to stop before. The last step is in a checkpoint."""
        plan = self.state.plan
        # To ask all processes, the CPU waits for the GPU's steps: it does not ask after each.
        alone = self.accelerator.num_processes == 1 or self.accelerator.device.type == "cpu"
        ask_every = 1 if alone else self.config.logging_steps
        for step in self.progress.watch(training_steps(self.state, self.images)):
            asks = step.number % ask_every == 0
            if plan.logs(step.number) or (asks and self.progress.out_of_time()):
                self._report()
            if plan.saves_checkpoint(step.number):
                self._checkpoint()
            stopping = asks and stop.on_any_process()
            if plan.draws_samples(step.number) and not stopping:
                save = plan.saves_model(step.number)
                stopping = not self._evaluate(save=save, stopped=stop.on_any_process)
            if stopping:
                self._checkpoint()
                return False
        self._checkpoint()
        return True

    def complete(self) -> bool:
        """Train, then measure, sample and save the result; False if told to stop before."""
        with StopRequest(self.accelerator) as stop:
            finished = self._train(stop) and self._evaluate(save=True, stopped=stop.on_any_process)
        if self.log is not None:
            self.log.close()
        return finished


def _complete(config: TrainConfig, accelerator: Accelerator, name: str) -> bool:
    """Train and save, and say so; False if told to stop before."""
    try_named_network(config)
    run = Run(config, accelerator, open_source(config, accelerator), name)
    try:
        finished = run.complete()
    except RuntimeError as error:
        if "DataLoader worker" not in str(error):
            raise
        raise UserError(
            f"{first_sentence(error)}, perhaps because memory ran out; fewer"
            f" --dataloader_num_workers need less. As for the run, {last_checkpoint(run.folder)}."
        ) from error
    if finished:
        accelerator.print(f"The pipeline is in {run.folder}, its card in README.md there. Next:")
        accelerator.print(what_next(config))
        return True
    accelerator.print(
        f"Stopped at step {run.state.step} and saved; resume with --resume_from_checkpoint latest."
    )
    return False


def train(config: TrainConfig) -> None:
    """Run the configuration to its end.

    Raises UserError for what the user can fix, and SystemExit with `STOPPED` if told to stop.
    """
    logging.basicConfig(level=logging.WARNING, format="%(message)s")
    accelerator = training_accelerator(config)
    config = dataclasses.replace(config, mixed_precision=accelerator.mixed_precision)
    on_main(accelerator, lambda: check_output_dir(config))
    on_main(accelerator, lambda: check_login(config.logger))
    for notice in notices(config):
        accelerator.print(notice)
    name = config.hub_model_id or Path(config.output_dir).resolve().name
    if config.push_to_hub:  # before training, so that a refusal comes early
        private, token = config.hub_private_repo, config.hub_token
        name = on_main(accelerator, lambda: repository(name, private=private, token=token))
    finished = _complete(config, accelerator, name)
    if finished and config.push_to_hub:
        folder, token = Path(config.output_dir), config.hub_token
        on_main(accelerator, lambda: push(folder, name, token=token))
    with written("the log", Path(config.output_dir)):
        shut_down(accelerator)
    if not finished:
        raise SystemExit(STOPPED)
