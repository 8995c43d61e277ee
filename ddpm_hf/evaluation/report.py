"""The report as a Markdown page: each figure, its floor, and how to read it."""

from collections.abc import Callable
from typing import Any

from ddpm_hf.evaluation.config import sampler
from ddpm_hf.evaluation.features import RESIZING

Figures = dict[str, Any]


def _table(header: tuple[str, ...], rows: list[tuple[Any, ...]]) -> str:
    lines = [header, ("---",) * len(header), *rows]
    return "\n".join("| " + " | ".join(str(cell) for cell in line) + " |" for line in lines)


def _percent(share: float | None) -> str:
    return "–" if share is None else f"{100 * share:.1f} %"


def _frechet(f: Figures, folder: str) -> str:
    rows = [(f"samples, n = {f['n']}", f["value"])]
    if f["floor"] is not None:
        rows.append((f"fresh real images, n = {f['n_floor']}, the floor", f["floor"]))
    return f"""## {f["name"]}

{_table(("", f["name"]), rows)}

Against {f["reference"]}; seed {f["seed"]}. Features: {f["features"]} ({RESIZING[f["features"]]}) of
images of 256 levels. {f["comparable"]}
"""


def _inception_score(f: Figures, folder: str) -> str:
    return f"""## Inception score

{f["mean"]} ± {f["std"]}: mean and standard deviation over ten parts of n = {f["n"]} samples.
"""


def _kid(f: Figures, folder: str) -> str:
    def row(name: str, key: str) -> tuple[str, str]:
        return name, f"{f[key]['mean']} ± {f[key]['std']}"

    rows = [row("samples", "value"), row("fresh real images, the floor", "floor")]
    return f"""## Kernel distance (KID)

{_table(("", "mean ± standard deviation over subsets"), rows)}

Features: {f["features"]}, n = {f["n"]} of each set. {f["comparable"]}
"""


def _precision(f: Figures, folder: str) -> str:
    rows = [
        ("precision: samples that look real", f["precision"], f["precision_floor"]),
        ("recall: real images that the samples cover", f["recall"], f["recall_floor"]),
    ]
    return f"""## Precision and recall

{_table(("", "samples", "fresh real images"), rows)}

Within the third neighbour's distance (Kynkäänniemi et al. 2019); n = {f["n"]} of each set.
"""


def _classes(f: Figures, folder: str) -> str:
    rows = [
        (f"samples, n = {f['n']}", _percent(f["value"])),
        (f"test images, n = {f['n_floor']}", _percent(f["floor"])),
    ]
    return f"""## Of the class that was asked for?

{_table(("", "three or more of the five nearest training images are of its class"), rows)}

By pixels, among {f["training_pictures"]} training images.
"""


def _likelihood(f: Figures, folder: str) -> str:
    rows = [
        ("L_T, what is left of x_0 in x_T", f["prior"]),
        ("L_1 … L_{T−1}, the steps", f["transitions"]),
        ("L_0, to the 256 grey levels", f["decoder"]),
        ("**sum**", f"**{f['total']} ± {f['standard_error']}**"),
    ]
    curve = f["rate_distortion"]
    points = list(zip(curve["t"], curve["sent"], curve["rmse"], strict=True))
    every = len(points) // 12 + 1  # about a dozen rows, the last of them with x_0 itself
    curve_rows = [*points[::-every][::-1], ("x_0", f["total"], 0)]
    return f"""## Likelihood

Upper bound of −log₂ p(x_0) in bits per dimension (DDPM eq. 5), on n = {f["n"]} test images.

{_table(("", "bits per dimension"), rows)}

### Rate and distortion

![rate and distortion]({folder}/rate_distortion.png)

The bits per dimension that have told x_t, step by step from x_T, and how far x̂_0 is from x_0 then:
RMSE in grey levels (DDPM section 4.3, figure 5). Rows are some of those in the report's JSON.

{_table(("t", "bits per dimension sent", "RMSE of x̂_0"), curve_rows)}
"""


def _loss(f: Figures, folder: str) -> str:
    return f"""## Loss by t

![loss by t]({folder}/loss_by_t.png)

The same noise for n = {f["n"]} images of each split; the bars are standard errors. Where the test
split's loss lies above the training split's, the model has memorised images.
"""


def _one_jump(f: Figures, folder: str) -> str:
    columns = (
        "t",
        "rmse_jump",
        "rmse_steps",
        "sharpness_jump",
        "sharpness_steps",
        "error_is_multiplied_by",
    )
    rows = list(zip(*(f[name] for name in columns), strict=True))
    header = ("t", "RMSE, jump", "RMSE, steps", "sharpness, jump", "sharpness, steps", "factor")
    return f"""## One jump or step by step

![one jump and steps]({folder}/one_jump.png)

From x_t back to x_0 in one jump (N6), and in up to {f["num_inference_steps"]} steps; n = {f["n"]}
test images. RMSE in grey levels; sharpness 1 is the original's. An ideal jump lands on the mean
of all images that x_t may have come from: the smaller error, and a blur. Noise that the network
misses stays in the image, times the factor √((1−ᾱ_t)/ᾱ_t), as grain: sharpness above 1.

{_table(header, rows)}

![originals, x_t, one jump, steps]({folder}/way_back.png)

From above: originals, x_t at t = {f["shown_t"]}, one jump, steps.
"""


def _memorisation(f: Figures, folder: str) -> str:
    rows = [
        (name, f[key]["p01"], f[key]["median"])
        for name, key in (
            ("samples, grey levels", "pixels"),
            ("fresh real images, grey levels", "pixels_floor"),
            ("samples, features", "features"),
            ("fresh real images, features", "features_floor"),
        )
    ]
    return f"""## Memorised?

Distance to the nearest of {f["training_pictures"]} training images, n = {f["n"]}. Copies would
show at the 1st percentile, as samples much nearer than fresh real images. Smooth samples lie
nearer in the median without being copies.

{_table(("", "1st percentile", "median"), rows)}

![the nearest]({folder}/nearest_training.png)

The samples nearest to a training image, and that image below.
"""


def _decoder(f: Figures, folder: str) -> str:
    misread = _percent(f["share_novel_of_noised_training_cats"])
    rows = [
        ("distance to the nearest of all 360,000 cats, median", f"{f['median_rmse']} levels", 0),
        ("95th percentile", f"{f['p95_rmse']} levels", 0),
        ("within 8 levels", _percent(f["share_within_8"]), _percent(1)),
        (f"valid: within {f['valid_threshold']} levels", _percent(f["share_valid"]), _percent(1)),
        (
            "of these novel: not the image of a training cat",
            _percent(f["share_novel_of_valid"]),
            _percent(f["share_novel_of_all_cats"]),
        ),
    ]
    variations = [
        (name, value, f["total_variation_floor"][name])
        for name, value in f["total_variation"].items()
    ]
    return f"""## Which cats are they?

Each sample against all 360,000 cats, exactly; n = {f["n"]}. "Valid" is nearer to a real cat than 99
of 100 cats are to themselves with another body, other eyes or accessory.

{_table(("", "samples", "all cats"), rows)}

Cats that differ in a fur or mouth that hardly shows are not told apart in noise: of training cats
with noise of the samples' median distance, {misread} are taken for novel ones.

![samples and nearest cats]({folder}/nearest_cats.png)

Samples, from the best to the worst, and the nearest real cat below.

How evenly the cats are spread: total variation distance of the shares from those of all cats, 0 at
best; n real cats chosen at random score the floor. Fur and mouth leave no mark on some cats, which
then share a sample.

{_table(("", "samples", "floor"), variations)}
"""


SECTIONS: dict[str, Callable[[Figures, str], str]] = {
    "frechet": _frechet,
    "inception_score": _inception_score,
    "kid": _kid,
    "precision": _precision,
    "classes": _classes,
    "decoder": _decoder,
    "likelihood": _likelihood,
    "loss": _loss,
    "one_jump": _one_jump,
    "memorisation": _memorisation,
}


def markdown(report: Figures, folder: str) -> str:
    """The page; folder: where its images are, relative to the page."""
    settings, real = report["settings"], report["real"]
    steps = settings["num_inference_steps"] or "all"
    sections = (SECTIONS[part](report[part], folder) for part in SECTIONS if part in report)
    return f"""# How good is {report["model"]}?

![samples]({folder}/samples.png)

{settings["num_samples"]} samples in {steps} steps ({sampler(settings)}), seed {settings["seed"]},
against `{real["dataset"]}`: {real["train_pictures"]} images of `{real["train_split"]}`, and
{real["test_pictures"]} of `{real["test_split"]}` that are not among them.

```
{report["command"]}
```

{chr(10).join(sections)}"""
