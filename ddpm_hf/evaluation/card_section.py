"""The evaluation section of a model card, and its figures as metadata that the Hub reads."""

from pathlib import Path
from typing import Any

from huggingface_hub import EvalResult, ModelCard

from ddpm_hf.bundled import PRETRAINED, bundled_models
from ddpm_hf.errors import UserError, first_sentence
from ddpm_hf.sampling.files import write

TASK = "unconditional-image-generation"
METRICS = (
    "fid",
    "frechet_distance",
    "inception_score",
    "kernel_distance",
    "precision",
    "recall",
    "class_agreement",
    "bits_per_dimension",
    "median_rmse",
    "share_valid",
    "share_novel",
)
CARD_PARTS = ("frechet", "inception_score", "kid", "precision", "classes", "likelihood", "decoder")
"""The parts of a report whose figures a card states."""
BEGIN, END = "<!-- evaluation -->", "<!-- end of evaluation -->"


def load_card(model: str) -> tuple[Path, Any]:
    """The card of a local folder or bundled model, and its file.

    Raises UserError if there is none, or none that can be read.
    """
    is_folder = (Path(model) / "model_index.json").exists()
    folder = PRETRAINED / model if not is_folder and model in bundled_models() else Path(model)
    if not (folder / "README.md").exists():
        raise UserError(
            f"--report_to_model_card needs a local folder with a README.md, which {model!r} is not."
            " Evaluate the folder, then push it with `python -m ddpm_hf.hub`."
        )
    path = folder / "README.md"
    try:
        return path, ModelCard.load(path)
    except Exception as error:  # of a file that holds anything
        raise UserError(
            f"--report_to_model_card can't read {path}: {first_sentence(error)}."
        ) from error


def card_figures(report: dict[str, Any]) -> list[tuple[str, str, Any, Any]]:
    """The figures that a card states: (metric, description, value, floor or None)."""
    rows: list[tuple[str, str, Any, Any]] = []
    if f := report.get("frechet"):
        is_fid = f["name"] == "FID"
        against = f"against {f['reference']}" if is_fid else "not comparable with published FID"
        name = f"{f['name']} ({f['features']}, n = {f['n']}; {against})"
        rows.append(("fid" if is_fid else "frechet_distance", name, f["value"], f["floor"]))
    if f := report.get("inception_score"):
        rows.append(("inception_score", f"Inception score (n = {f['n']})", f["mean"], None))
    if f := report.get("kid"):
        name = f"Kernel distance ({f['features']}, n = {f['n']})"
        rows.append(("kernel_distance", name, f["value"]["mean"], f["floor"]["mean"]))
    if f := report.get("precision"):
        for name in ("precision", "recall"):
            terms = f"{f['features']}, n = {f['n']}"
            rows.append((name, f"{name.capitalize()} ({terms})", f[name], f[f"{name}_floor"]))
    if f := report.get("classes"):
        name = f"Share with most of the five nearest training images in its class (n = {f['n']})"
        rows.append(("class_agreement", name, f["value"], f["floor"]))
    if f := report.get("likelihood"):
        name = f"Bits per dimension of test images, upper bound (n = {f['n']})"
        rows.append(("bits_per_dimension", name, f["total"], None))
    if f := report.get("decoder"):
        n, levels, all_cats = f"n = {f['n']}", f["valid_threshold"], f["share_novel_of_all_cats"]
        name = f"Grey levels to the nearest real cat, median ({n})"
        rows.append(("median_rmse", name, f["median_rmse"], 0))
        name = f"Share within {levels} levels of a real cat ({n})"
        rows.append(("share_valid", name, f["share_valid"], 1))
        if f["share_novel_of_valid"] is not None:
            name = f"Share of these that are not training cats ({n}; of all cats {all_cats})"
            rows.append(("share_novel", name, f["share_novel_of_valid"], None))
    return rows


def section(report: dict[str, Any]) -> str:
    """The section in Markdown: a table of the figures, each beside that of real images."""
    rows = [
        f"| {name} | {value} | {'' if floor is None else floor} |"
        for _, name, value, floor in card_figures(report)
    ]
    settings = report["settings"]
    steps = settings["num_inference_steps"] or "all"
    return f"""{BEGIN}
## Evaluation

`{report["command"]}`, seed {settings["seed"]}, {steps} steps.

| | this model | fresh real images |
|---|---|---|
{chr(10).join(rows)}

{END}"""


def add_to_card(model: str, report: dict[str, Any]) -> None:
    """Write the figures into the card, as metadata and as a section, replacing earlier ones.

    Raises what `load_card` raises.
    """
    path, card = load_card(model)
    real = report["real"]
    measured = [
        EvalResult(
            task_type=TASK,
            dataset_type=real["dataset"],
            dataset_name=real["dataset"],
            dataset_split=real["test_split"],
            metric_type=metric,
            metric_name=name,
            metric_value=value,
        )
        for metric, name, value, _ in card_figures(report)
    ]
    kept = [
        result
        for result in card.data.eval_results or []
        if result.metric_type not in METRICS or result.dataset_type != real["dataset"]
    ]
    card.data.eval_results = kept + measured
    card.data.model_name = card.data.model_name or Path(model).name
    before, _, rest = card.text.partition(BEGIN)
    after = rest.partition(END)[2] if rest else ""
    if not rest and "\n## Attribution" in before:
        before, _, attribution = before.partition("\n## Attribution")
        after = f"\n\n## Attribution{attribution}"
    card.text = f"{before.rstrip()}\n\n{section(report)}{after}"
    write(path, str(card).encode())
