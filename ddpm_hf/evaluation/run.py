"""How good a model is: report.json, report.md and a folder of pictures.

They are the same on any number of processes.
"""

import json
from dataclasses import fields
from pathlib import Path
from typing import Any

import torch
from accelerate import Accelerator
from torch import Tensor

from ddpm_hf.distributed import make_accelerator, on_main, parallel_map, shut_down
from ddpm_hf.errors import UserError
from ddpm_hf.evaluation import parts, plots
from ddpm_hf.evaluation.card import STATED, add_to_card, card_of
from ddpm_hf.evaluation.config import ALL_PARTS, EvaluateConfig, Part, command
from ddpm_hf.evaluation.distances import check_enough
from ddpm_hf.evaluation.features import EXTRACTORS, Extractor, features_of
from ddpm_hf.evaluation.real import FEWEST, Real, Split, of_class, read_split, roles, unseen
from ddpm_hf.evaluation.report import markdown
from ddpm_hf.loading import load_pipeline
from ddpm_hf.pipeline import DDPMPipeline
from ddpm_hf.sampling.config import SampleConfig
from ddpm_hf.sampling.files import read_samples
from ddpm_hf.sampling.model import class_number, load
from ddpm_hf.sampling.run import class_labels, sample
from ddpm_hf.scheduler import DDPMScheduler
from ddpm_hf.unet import height_width

CHUNK = 256
"""Pictures whose features are one piece of work."""
MOST_DECODED = 64
"""Of larger cats, the file with all 360,000 would have tens of gigabytes."""
SIGNIFICANT = 4
"""Digits of a figure that are stated: more than any of them is worth."""


def rounded(value: Any) -> Any:
    """Figures to four significant digits, through dictionaries and lists."""
    if isinstance(value, dict):
        return {key: rounded(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [rounded(inner) for inner in value]
    return float(f"{value:.{SIGNIFICANT}g}") if isinstance(value, float) else value


def own_pipeline(config: EvaluateConfig) -> DDPMPipeline:
    """The model with DDPM's steps, whatever samples it: likelihood and jumps are of these."""
    pipeline = load_pipeline(config.model, "--model")
    kind = {} if config.variance_type is None else {"variance_type": config.variance_type}
    scheduler = DDPMScheduler.from_config(pipeline.scheduler.config, **kind)
    return pipeline.with_scheduler(scheduler)


def _chosen(config: EvaluateConfig, pipeline: DDPMPipeline) -> list[Part]:
    """The parts that apply to this data set and model. Raises UserError if that is none."""
    is_cats = config.dataset_name == "cats" and not Path("cats").is_dir()
    impossible = set()
    unet = pipeline.unet.config
    is_rgb, most = unet.in_channels == 3, max(height_width(unet.sample_size))
    if not (is_cats and is_rgb and most <= MOST_DECODED):
        impossible.add("decoder")
    if not pipeline.class_names:
        impossible.add("classes")
    chosen = [part for part in ALL_PARTS if part in config.parts and part not in impossible]
    if not chosen:
        raise UserError(
            "There is nothing to measure: decoder is for the cats in RGB, of up to"
            f" {MOST_DECODED} pixels, classes for models that draw by class."
        )
    return chosen


def _prepare_output(config: EvaluateConfig) -> None:
    """Make the folder of the report's pictures. Raises UserError, or OSError, if it can't be."""
    output = Path(config.output)
    if output.suffix != ".json":
        raise UserError(f"--output must be a .json file; got {config.output!r}.")
    if output.with_suffix("").resolve() == Path(config.output_dir).resolve():
        raise UserError("--output_dir is where the report's pictures go; name another --output.")
    output.with_suffix("").mkdir(parents=True, exist_ok=True)
    if config.report_to_model_card:
        if not set(STATED) & set(config.parts):
            raise UserError(f"A card states {', '.join(STATED)}: add one of these to --parts.")
        card_of(config.model)


def _real_pictures(
    config: EvaluateConfig, pipeline: DDPMPipeline, accelerator: Accelerator
) -> tuple[Split, Split]:
    """The training and the test split. Raises UserError for data that can't be used."""

    def read(split: str) -> Split:
        return read_split(
            pipeline,
            config.dataset_name,
            split,
            config_name=config.dataset_config_name,
            image_column=config.image_column,
            class_column=config.class_column,
            seed=config.seed,
            show_progress=accelerator.is_main_process,
        )

    with accelerator.main_process_first():  # the first one may have to make the data set
        return read(config.train_split), read(config.test_split)


def _about(config: EvaluateConfig, train: Split, test: Split) -> dict[str, Any]:
    """What a report says of how its figures were had."""
    return {
        "model": config.model,
        "command": command(config),
        "settings": {
            field.name: getattr(config, field.name)
            for field in fields(SampleConfig)
            if field.name not in ("model", "output_dir", "format")
        },
        "real": {
            "dataset": config.dataset_name,
            "train_split": config.train_split,
            "train_pictures": len(train.pixels),
            "test_split": config.test_split,
            "test_pictures": len(test.pixels),
        },
    }


def _extractor(config: EvaluateConfig, chosen: list[Part]) -> Extractor | None:
    """The network whose features are compared, if a part needs it.

    Raises UserError for too few samples.
    """
    extractor = None
    if parts.ON_FEATURES & set(chosen):
        extractor = EXTRACTORS[config.features]().eval()
        if "frechet" in chosen:
            check_enough(config.num_samples, extractor.num_features)
    if config.num_samples < FEWEST:
        raise UserError(f"--num_samples must be at least {FEWEST}; got {config.num_samples}.")
    return extractor


def _features(
    name: str, extractor: Extractor, samples: Tensor, real: Real, accelerator: Accelerator
) -> parts.Features:
    """Features of the samples and of the real pictures; all processes must call this."""
    device, map_items = accelerator.device, parallel_map(accelerator)
    network = extractor.to(device)

    def of(pictures: Tensor, which: str) -> Tensor:
        chunks = torch.split(pictures, CHUNK)
        done = map_items(
            chunks, lambda chunk: features_of(network, chunk, device), f"Features of {which}"
        )
        return torch.cat(done)

    seen = of(real.seen, "training pictures")
    return parts.Features(
        name,
        of(samples, "samples"),
        seen[: len(real.reference)],
        of(real.fresh, "fresh pictures"),
        seen,
    )


def evaluate(config: EvaluateConfig, accelerator: Accelerator) -> dict[str, Any]:
    """Write the report and return it. All processes must call this.

    Raises UserError for what the user can mend, before any long work.
    """
    on_main(accelerator, lambda: _prepare_output(config))
    load(config)  # what samples the model may be refused, too
    pipeline = own_pipeline(config).to(accelerator.device)
    chosen = _chosen(config, pipeline)
    extractor = _extractor(config, chosen)
    train, test = _real_pictures(config, pipeline, accelerator)
    voters = train
    if (number := class_number(config, pipeline)) is not None:
        train, test = (of_class(split, number) for split in (train, test))
    test = unseen(test, train)
    real = roles(train, test, config.num_samples)
    if "memorisation" not in chosen:  # which alone looks at more
        real = real._replace(seen=real.reference)
    sample(config, accelerator)
    samples = torch.from_numpy(read_samples(config)).permute(0, 3, 1, 2).contiguous()
    features = None
    if extractor is not None:
        features = _features(config.features, extractor, samples, real, accelerator)
    output = Path(config.output)
    pictures = output.with_suffix("")
    given = parts.EvalContext(
        pipeline=pipeline,
        samples=samples,
        labels=class_labels(pipeline, config, range(config.num_samples)),
        real=real,
        train=train,
        test=test,
        voters=voters,
        features=features,
        num_inference_steps=config.num_inference_steps or pipeline.num_train_timesteps,
        seed=config.seed,
        backend=config.backend,
        map_items=parallel_map(accelerator),
        is_main=accelerator.is_main_process,
        pictures=pictures,
    )
    figures: dict[str, Any] = {}
    for part in chosen:
        if part in parts.BY_ALL or accelerator.is_main_process:
            figures[part] = rounded(parts.PARTS[part](given))
    report = {**_about(config, train, test), **figures}

    def write() -> None:
        plots.sheet(plots.thumbnails(samples), pictures / "samples.png")
        output.write_text(json.dumps(report, indent=2, ensure_ascii=False) + "\n")
        output.with_suffix(".md").write_text(markdown(report, pictures.name))
        if config.report_to_model_card:
            add_to_card(config.model, report)

    on_main(accelerator, write)
    return report


def run(config: EvaluateConfig) -> None:
    """`evaluate` with an accelerator of its own."""
    accelerator = make_accelerator()
    evaluate(config, accelerator)
    accelerator.print(f"Wrote {config.output} and {Path(config.output).with_suffix('.md')}.")
    shut_down(accelerator)
