"""What is measured, and with what: everything that can be refused before any long work."""

from pathlib import Path

from ddpm_hf.errors import UserError, first_sentence
from ddpm_hf.evaluation.card_section import CARD_PARTS, load_card
from ddpm_hf.evaluation.config import ALL_PARTS, EvaluateConfig, Part
from ddpm_hf.evaluation.distances import check_enough
from ddpm_hf.evaluation.features import EXTRACTORS, Extractor
from ddpm_hf.evaluation.parts import ON_FEATURES
from ddpm_hf.evaluation.real_images import MIN_IMAGES
from ddpm_hf.loading import load_pipeline
from ddpm_hf.pipeline import DDPMPipeline
from ddpm_hf.scheduler import DDPMScheduler
from ddpm_hf.unet import height_width

MAX_CAT_SIZE = 64
"""For larger cats, the file of all 360,000 would take tens of gigabytes."""


def prepare_output(config: EvaluateConfig) -> None:
    """Make the folder for the report's images. Raises UserError if that can't be done."""
    output = Path(config.output)
    if output.suffix != ".json":
        raise UserError(f"--output must be a .json file; got {config.output!r}.")
    if output.with_suffix("").resolve() == Path(config.output_dir).resolve():
        raise UserError("--output_dir is where the report's images go; name another --output.")
    try:
        output.with_suffix("").mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UserError(f"Can't write to --output {output}: {first_sentence(error)}.") from error
    if config.report_to_model_card:
        if not set(CARD_PARTS) & set(config.parts):
            raise UserError(f"A card states {', '.join(CARD_PARTS)}: add one of these to --parts.")
        load_card(config.model)


def ddpm_pipeline(config: EvaluateConfig) -> DDPMPipeline:
    """The model with a DDPM scheduler, whichever samples it: likelihood and jumps need DDPM."""
    pipeline = load_pipeline(config.model, "--model")
    kind = {} if config.variance_type is None else {"variance_type": config.variance_type}
    scheduler = DDPMScheduler.from_config(pipeline.scheduler.config, **kind)
    return pipeline.with_scheduler(scheduler)


def applicable_parts(config: EvaluateConfig, pipeline: DDPMPipeline) -> list[Part]:
    """The parts that apply to this data set and model. Raises UserError if there are none."""
    is_cats = config.dataset_name == "cats" and not Path("cats").is_dir()
    unet = pipeline.unet.config
    is_rgb, size = unet.in_channels == 3, max(height_width(unet.sample_size))
    inapplicable = set()
    if not (is_cats and is_rgb and size <= MAX_CAT_SIZE):
        inapplicable.add("decoder")
    if not pipeline.class_names:
        inapplicable.add("classes")
    if config.features != "inception":
        inapplicable.add("inception_score")
    chosen = [part for part in ALL_PARTS if part in config.parts and part not in inapplicable]
    if not chosen:
        raise UserError(
            "There is nothing to measure: decoder is for RGB cats of up to"
            f" {MAX_CAT_SIZE} pixels, classes for class-conditional models, inception_score for"
            " --features inception."
        )
    return chosen


def make_extractor(config: EvaluateConfig, chosen: list[Part]) -> Extractor | None:
    """The network whose features are compared, if a part needs one.

    Raises UserError for too few samples.
    """
    extractor = None
    if ON_FEATURES & set(chosen):
        extractor = EXTRACTORS[config.features]().eval()
        if "frechet" in chosen:
            check_enough(config.num_samples, extractor.num_features)
    if config.num_samples < MIN_IMAGES:
        raise UserError(f"--num_samples must be at least {MIN_IMAGES}; got {config.num_samples}.")
    return extractor
