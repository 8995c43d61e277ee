"""How good is a model? `accelerate launch -m ddpm_hf.evaluate --model M --dataset_name X`.

Writes report.json, report.md and a folder of pictures: the same on any number of processes.
"""

import json
import shlex
from dataclasses import MISSING, dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import torch
import tyro
from accelerate import Accelerator
from torch import Tensor

from ddpm_hf.errors import UserError, command_line
from ddpm_hf.loading import load_pipeline
from ddpm_hf.pipeline import DDPMPipeline
from ddpm_hf.processes import among, leave, make_accelerator, on_main
from ddpm_hf.sample import SampleConfig, class_labels, load, read_samples, sample
from ddpm_hf.scheduler import DDPMScheduler
from ddpm_hf.unet import height_width

if TYPE_CHECKING:  # it needs packages that those who do not evaluate may lack
    from ddpm_hf.evaluation.real import Split

Part = Literal[
    "frechet",
    "kid",
    "precision",
    "classes",
    "likelihood",
    "loss",
    "one_jump",
    "memorisation",
    "decoder",
]
ALL_PARTS: tuple[Part, ...] = Part.__args__  # type: ignore[attr-defined]
CHUNK = 256
"""Pictures whose features are one piece of work."""
MOST_DECODED = 64
"""Of larger cats, the file with all 360,000 would have tens of gigabytes."""
SIGNIFICANT = 4
"""Digits of a figure that are stated: more than any of them is worth."""


@dataclass(frozen=True)
class EvaluateConfig(SampleConfig):
    """Sample a model and measure it against real pictures, each figure beside its noise floor.

    The samples go to --output_dir; a run that was cut short goes on from what is there.
    """

    num_samples: int = 1500
    """How many samples; the Fréchet distance needs more than its features have dimensions."""
    num_inference_steps: int | None = 50
    """Steps of sampling; None takes all T."""
    dataset_name: str = "cats"
    """A local folder, `cats`, or the id of a data set on the Hub."""
    dataset_config_name: str | None = None
    """Which configuration of the data set, if it has several."""
    image_column: str | None = None
    """The column with the pictures, or the bytes or paths of their files; unless given, `image`, or
    the first of that type."""
    class_column: str | None = None
    """The column with each picture's class, for a model that draws by class."""
    train_split: str = "train"
    """The pictures that the model was trained on."""
    test_split: str = "test"
    """Pictures that it has not seen. A slice will do, as in train[90%:]."""
    parts: tuple[Part, ...] = ALL_PARTS
    """What to measure; `decoder` is for cats alone, `classes` for models that draw by class."""
    features: Literal["efficientnet-lite0", "inception"] = "efficientnet-lite0"
    """The network whose features are compared."""
    output: str = "report.json"
    """The report; beside it go a page, report.md, and its pictures, report/."""
    report_to_model_card: bool = False
    """Put the figures into the card of the model, which must be a local folder."""


def command(config: EvaluateConfig) -> str:
    """The command that gives this report; where it is written makes no difference."""
    left_out = {"output", "output_dir", "report_to_model_card"}
    words = ["accelerate launch -m ddpm_hf.evaluate"]
    for field in fields(config):
        value = getattr(config, field.name)
        if field.name == "model" or (field.name not in left_out and value != field.default):
            assert field.default is not MISSING
            listed = value if isinstance(value, tuple) else (value,)
            words.append(f"--{field.name} {shlex.join(str(one) for one in listed)}")
    return " ".join(words)


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
        from ddpm_hf.evaluation.card import STATED, card_of

        if not set(STATED) & set(config.parts):
            raise UserError(f"A card states {', '.join(STATED)}: add one of these to --parts.")
        card_of(config.model)


def _real_pictures(
    config: EvaluateConfig, pipeline: DDPMPipeline, accelerator: Accelerator
) -> "tuple[Split, Split]":
    """The training and the test split. Raises UserError for data that can't be used."""
    from ddpm_hf.evaluation.real import Split, read_split

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


def _about(config: EvaluateConfig, train: "Split", test: "Split") -> dict[str, Any]:
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


def evaluate(config: EvaluateConfig, accelerator: Accelerator) -> dict[str, Any]:
    """Write the report and return it. All processes must call this.

    Raises UserError for what the user can mend, before any long work.
    """
    try:
        from ddpm_hf.evaluation import parts, plots
        from ddpm_hf.evaluation.card import add_to_card
        from ddpm_hf.evaluation.distances import check_enough
        from ddpm_hf.evaluation.features import EXTRACTORS, features_of
        from ddpm_hf.evaluation.real import FEWEST, of_class, roles, unseen
        from ddpm_hf.evaluation.report import markdown
    except ModuleNotFoundError as error:
        raise UserError(
            f"Evaluation needs the package {error.name}: pip install 'ddpm_hf[train,eval]'."
        ) from error
    on_main(accelerator, lambda: _prepare_output(config))
    load(config)  # what samples the model may be refused, too
    pipeline = own_pipeline(config).to(accelerator.device)
    chosen = _chosen(config, pipeline)
    n, deal = config.num_samples, among(accelerator)
    on_features = parts.ON_FEATURES & set(chosen)
    extractor = EXTRACTORS[config.features]().eval() if on_features else None
    if extractor is not None and "frechet" in chosen:
        check_enough(n, extractor.num_features)
    if n < FEWEST:
        raise UserError(f"--num_samples must be at least {FEWEST}; got {n}.")
    train, test = _real_pictures(config, pipeline, accelerator)
    voters = train
    if config.class_label is not None:
        train, test = (of_class(split, config.class_label) for split in (train, test))
    test = unseen(test, train)
    real = roles(train, test, n)
    sample(config, accelerator)
    samples = torch.from_numpy(read_samples(config)).permute(0, 3, 1, 2).contiguous()

    def features(pictures: Tensor, description: str) -> Tensor:
        assert extractor is not None
        network = extractor.to(accelerator.device)
        chunks = torch.split(pictures, CHUNK)
        done = deal(
            chunks, lambda chunk: features_of(network, chunk, accelerator.device), description
        )
        return torch.cat(done)

    compared = None
    if on_features:
        seen = real.seen if "memorisation" in chosen else real.reference
        seen_features = features(seen, "Features of training pictures")
        compared = parts.Features(
            config.features,
            features(samples, "Features of samples"),
            seen_features[:n],
            features(real.fresh, "Features of fresh pictures"),
            seen_features,
        )
    output = Path(config.output)
    pictures = output.with_suffix("")
    given = parts.Given(
        pipeline=pipeline,
        samples=samples,
        labels=class_labels(pipeline, config, range(n)),
        real=real,
        train=train,
        test=test,
        voters=voters,
        features=compared,
        num_inference_steps=config.num_inference_steps or pipeline.num_train_timesteps,
        seed=config.seed,
        backend=config.backend,
        deal=deal,
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


def main(arguments: list[str] | None = None) -> None:
    """The command line."""
    with command_line("ddpm_hf.evaluate", "Stopped; started again, it goes on from its samples."):
        config = tyro.cli(
            EvaluateConfig, args=arguments, prog="ddpm_hf.evaluate", use_underscores=True
        )
        accelerator = make_accelerator()
        evaluate(config, accelerator)
        if accelerator.is_main_process:
            print(f"Wrote {config.output} and {Path(config.output).with_suffix('.md')}.")
        leave(accelerator)


if __name__ == "__main__":
    main()
