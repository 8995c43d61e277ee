"""Evaluating a model: report.json, report.md and a folder of images.

They are the same for any number of processes.
"""

import json
from dataclasses import fields
from functools import partial
from pathlib import Path
from typing import Any

import torch
from accelerate import Accelerator
from torch import Tensor

from ddpm_hf.distributed import make_accelerator, on_all, on_main, parallel_map, shut_down
from ddpm_hf.evaluation import parts, plots
from ddpm_hf.evaluation.card_section import add_to_card
from ddpm_hf.evaluation.config import EvaluateConfig, Part, command
from ddpm_hf.evaluation.context import EvalContext, Features
from ddpm_hf.evaluation.distances import Moments, check_enough
from ddpm_hf.evaluation.features import Extractor, Inception, features_of
from ddpm_hf.evaluation.plan import (
    applicable_parts,
    ddpm_pipeline,
    make_extractor,
    prepare_output,
)
from ddpm_hf.evaluation.real_images import (
    RealImages,
    Split,
    assign_roles,
    exclude_training_images,
    of_class,
    read_split,
)
from ddpm_hf.evaluation.report import markdown
from ddpm_hf.pipeline import DDPMPipeline
from ddpm_hf.sampling.config import SampleConfig
from ddpm_hf.sampling.files import read_samples, write
from ddpm_hf.sampling.model import class_number, load
from ddpm_hf.sampling.run import class_labels, sample

CHUNK = 256
"""Images whose features one process extracts at a time."""
SIGNIFICANT_DIGITS = 4


def rounded(value: Any) -> Any:
    """Floats to four significant digits, also within dictionaries and lists."""
    if isinstance(value, dict):
        return {key: rounded(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [rounded(inner) for inner in value]
    return float(f"{value:.{SIGNIFICANT_DIGITS}g}") if isinstance(value, float) else value


def _read_splits(
    config: EvaluateConfig, pipeline: DDPMPipeline, accelerator: Accelerator
) -> tuple[Split, Split, Split]:
    """The training and test images, of one class if only that is sampled, and all training images.

    Raises UserError for data that can't be used.
    """

    def read(split: str) -> Split:
        return read_split(
            pipeline,
            config.dataset_name,
            split,
            config_name=config.dataset_config_name,
            image_column=config.image_column,
            class_column=config.class_column,
            background=config.background,
            seed=config.seed,
            whole=config.features == "inception",
            show_progress=accelerator.is_main_process,
        )

    with accelerator.main_process_first():  # which may have to prepare the data set
        train_all_classes, test = read(config.train_split), read(config.test_split)
    train = train_all_classes
    if (number := class_number(config, pipeline)) is not None:
        name = pipeline.class_names[number]
        train, test = of_class(train, number, name), of_class(test, number, name)
    return train, exclude_training_images(test, train), train_all_classes


def _features(
    name: str, extractor: Extractor, samples: Tensor, real: RealImages, accelerator: Accelerator
) -> Features:
    """Features of the samples and of the real images; all processes must call this."""
    device, map_items = accelerator.device, parallel_map(accelerator)
    network = extractor.to(device)

    def extract(images: Tensor, kind: str) -> Tensor:
        chunks = torch.split(images, CHUNK)
        done = map_items(
            chunks, lambda chunk: features_of(network, chunk, device), f"Features of {kind}"
        )
        return torch.cat(done)

    training, drawn = extract(real.training, "training images"), extract(samples, "samples")
    return Features(
        name,
        drawn,
        training[: len(real.reference)],
        extract(real.fresh, "fresh images"),
        training,
        network.logits(drawn) if isinstance(network, Inception) else None,
    )


def _provenance(config: EvaluateConfig, context: EvalContext) -> dict[str, Any]:
    """What the report states about how its figures were obtained."""
    train, test = context.train, context.test
    number = class_number(config, context.pipeline)
    name = None if number is None else context.pipeline.class_names[number]
    return {
        "model": config.model,
        "command": command(config),
        "settings": {
            field.name: getattr(config, field.name)
            for field in fields(SampleConfig)
            if field.name not in ("model", "output_dir", "format")
        }
        | {"class_label": name},
        "real": {
            "dataset": config.dataset_name,
            "train_split": config.train_split,
            "train_pictures": len(train.pixels),
            "test_split": config.test_split,
            "test_pictures": len(test.pixels),
        },
    }


def _prepare(config: EvaluateConfig, accelerator: Accelerator) -> tuple[list[Part], EvalContext]:
    """The parts to measure, and the samples, images and features that they need.

    Raises UserError for mistakes of the user, before the sampling.
    """
    on_main(accelerator, lambda: prepare_output(config))
    load(config)  # may refuse the sampling options
    pipeline = ddpm_pipeline(config).to(accelerator.device)
    chosen = applicable_parts(config, pipeline)
    extractor = make_extractor(config, chosen)
    reference = None
    if config.reference is not None and extractor is not None:
        reference = config.reference, Moments.read(config.reference, extractor.num_features)
    train, test, train_all_classes = _read_splits(config, pipeline, accelerator)
    is_fid = config.features == "inception"
    real = assign_roles(train, test, config.num_samples, whole=is_fid)
    if is_fid and "frechet" in chosen and reference is None:
        check_enough(len(real.training), Inception.num_features)
    if "memorisation" not in chosen and not is_fid:  # these alone need more training images
        real = real._replace(training=real.reference)
    sample(config, accelerator)
    samples = torch.from_numpy(read_samples(config)).permute(0, 3, 1, 2).contiguous()
    features = None
    if extractor is not None:
        features = _features(config.features, extractor, samples, real, accelerator)
    return chosen, EvalContext(
        pipeline=pipeline,
        samples=samples,
        labels=class_labels(pipeline, config, range(config.num_samples)),
        real=real,
        train=train,
        test=test,
        train_all_classes=train_all_classes,
        features=features,
        reference=reference,
        num_inference_steps=config.num_inference_steps or pipeline.num_train_timesteps,
        seed=config.seed,
        backend=config.backend,
        map_items=parallel_map(accelerator),
        is_main=accelerator.is_main_process,
        folder=Path(config.output).with_suffix(""),
    )


def _write(config: EvaluateConfig, samples: Tensor, report: dict[str, Any]) -> None:
    """Write the report, its page and the sheet of samples; update the model card if asked to."""
    output = Path(config.output)
    folder = output.with_suffix("")
    plots.sheet(plots.thumbnails(samples), folder / "samples.png")
    write(output, (json.dumps(report, indent=2, ensure_ascii=False) + "\n").encode())
    write(output.with_suffix(".md"), markdown(report, folder.name).encode())
    if config.report_to_model_card:
        add_to_card(config.model, report)


def evaluate(config: EvaluateConfig, accelerator: Accelerator) -> dict[str, Any]:
    """Write the report and return it. All processes must call this.

    Raises UserError for mistakes of the user, before the sampling.
    """
    chosen, context = _prepare(config, accelerator)
    figures: dict[str, Any] = {}

    def measure(part: Part) -> None:
        if part in parts.BY_ALL or accelerator.is_main_process:
            figures[part] = rounded(parts.PARTS[part](context))

    for part in chosen:
        on_all(accelerator, partial(measure, part))
    report = {**_provenance(config, context), **figures}
    on_main(accelerator, lambda: _write(config, context.samples, report))
    return report


def run(config: EvaluateConfig) -> None:
    """`evaluate` with an accelerator of its own."""
    accelerator = make_accelerator()
    evaluate(config, accelerator)
    accelerator.print(f"Wrote {config.output} and {Path(config.output).with_suffix('.md')}.")
    shut_down(accelerator)
