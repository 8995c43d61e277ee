"""The parts of a report: what they measure, and that the page and the card say it."""

import json

import datasets
import diffusers
import PIL.Image
import pytest
import torch
from huggingface_hub import ModelCard

from ddpm_hf import DDPMPipeline, DDPMScheduler
from ddpm_hf.errors import UserError
from ddpm_hf.evaluation import class_agreement
from ddpm_hf.evaluation.card_section import add_to_card, card_figures, load_card
from ddpm_hf.evaluation.class_agreement import agreement
from ddpm_hf.evaluation.config import EvaluateConfig, command
from ddpm_hf.evaluation.context import EvalContext, Features
from ddpm_hf.evaluation.distances import Moments, frechet_distance
from ddpm_hf.evaluation.likelihood import bits_per_dimension
from ddpm_hf.evaluation.loss_by_t import loss_by_t, some_timesteps
from ddpm_hf.evaluation.memorisation import measure, pixel_rmse, quantiles
from ddpm_hf.evaluation.one_jump import reconstruct
from ddpm_hf.evaluation.parts import PARTS
from ddpm_hf.evaluation.plan import applicable_parts, ddpm_pipeline, prepare_output
from ddpm_hf.evaluation.real_images import (
    Split,
    assign_roles,
    exclude_training_images,
    of_class,
    read_split,
)
from ddpm_hf.evaluation.report import markdown
from ddpm_hf.evaluation.run import rounded
from ddpm_hf.evaluation.sharpness import rmse, sharpness
from tests.conftest import knowing_pipeline, tiny_unet
from tests.pictures import dataset_of, picture

# What a picture shows


def test_sharpness_in_numbers():
    board = torch.ones(1, 1, 6, 6)
    board[..., ::2, ::2] = board[..., 1::2, 1::2] = -1
    assert sharpness(board).item() == 8
    ramp = torch.linspace(-1, 1, 6).expand(2, 3, 6, 6)
    assert sharpness(ramp).abs().max() < 1e-5, "a slope is not an edge"
    assert sharpness(board / 2).item() == 4


def test_error_in_grey_levels():
    x = torch.zeros(3, 1, 4, 4)
    assert rmse(x + 2 / 255, x) == pytest.approx([1.0] * 3)


# Loss by t, one jump and steps


def test_loss_by_t_of_a_network_that_knows_is_nothing_and_of_silence_one():
    x_0, timesteps = torch.full((70, 1, 8, 8), 0.5), some_timesteps(2000)
    assert timesteps[0] == 1 and timesteps[-1] == 2000 and len(timesteps) == 12
    each = loss_by_t(knowing_pipeline(), x_0, timesteps, backend="eager")
    assert each.shape == (70, 12) and each.max() < 1e-3

    silent = knowing_pipeline()
    silent.unet.register_forward_hook(lambda module, args, output: (torch.zeros_like(args[0]),))
    each = loss_by_t(silent, x_0, timesteps, backend="eager")
    assert torch.allclose(each.mean(0), torch.ones(12), atol=0.1)
    assert torch.allclose(each[:, 0], each[:, -1]), "the same noise at every t"


def test_reconstruction_starts_from_q_and_ends_at_the_picture():
    pipe, x_0 = knowing_pipeline(), torch.full((18, 1, 8, 8), 0.5)
    back = reconstruct(pipe, x_0, 1000, 5, backend="eager")
    alpha_bar = pipe.scheduler.schedule.alpha_bar(1000)
    residue = (back.noisy - alpha_bar.sqrt() * x_0) / (1 - alpha_bar).sqrt()
    assert residue.mean().abs() < 0.1 and residue.std() == pytest.approx(1, abs=0.05)
    assert rmse(back.jump, x_0).max() < 0.1 and rmse(back.steps, x_0).max() < 0.1


def test_an_ideal_jump_is_nearer_and_blurrier_than_ideal_steps():
    """Pixels independent, N(0, 1/4): one jump gives their mean, steps give a draw."""
    unet, std = tiny_unet(1), 0.25
    scheduler = DDPMScheduler(clip_sample=False)
    pipe, schedule = DDPMPipeline(unet=unet, scheduler=scheduler), scheduler.schedule

    def knows(module, args, output):
        t = int(args[1]) + 1
        signal, noise = float(schedule.alpha_bar(t)) * std**2, float(schedule.noise_var(t))
        return (args[0] * noise**0.5 / (signal + noise),)

    unet.register_forward_hook(knows)
    x_0 = std * torch.randn(64, 1, 8, 8, generator=torch.Generator().manual_seed(0))
    back = reconstruct(pipe, x_0, 800, 50, backend="eager")
    known = float(schedule.alpha_bar(800)) * std**2
    share = known / (known + float(schedule.noise_var(800)))  # of x_0's variance, seen in x_t
    assert float(back.jump.var()) == pytest.approx(std**2 * share, rel=0.1)
    # β̃, the lower bound of the variance, leaves it a little short in few steps.
    assert float(back.steps.var()) == pytest.approx(std**2, rel=0.25)
    assert rmse(back.jump, x_0).mean() < 0.8 * rmse(back.steps, x_0).mean()
    assert sharpness(back.jump).mean() < 0.6 * sharpness(back.steps).mean()


@pytest.mark.parametrize(
    "measured",
    [
        lambda pipe, x_0, **labels: loss_by_t(pipe, x_0, [1], backend="eager", **labels),
        lambda pipe, x_0, **labels: bits_per_dimension(pipe, x_0, draws=1, **labels),
        lambda pipe, x_0, **labels: reconstruct(pipe, x_0, 1, 1, backend="eager", **labels),
    ],
    ids=["loss by t", "likelihood", "one jump"],
)
def test_each_picture_is_measured_with_its_own_class_in_every_batch(measured):
    """Of 70 pictures, the last batch has six, and they alone are of class 1."""
    unet, seen = tiny_unet(1, num_class_embeds=2), []
    unet.register_forward_hook(lambda _, given, said: seen.append(given[2].tolist()))
    pipe = DDPMPipeline(unet, DDPMScheduler())
    measured(pipe, torch.zeros(70, 1, 8, 8), labels=torch.arange(70) // 64)
    last = [labels for labels in seen if len(labels) == 6]
    assert last and all(labels == [1] * 6 for labels in last)


# Real pictures in their roles


def split(n, first=0):
    pixels = torch.arange(first, first + n, dtype=torch.uint8).reshape(n, 1, 1, 1)
    return Split(pixels.expand(n, 1, 4, 4), torch.zeros(n, dtype=torch.long))


@pytest.mark.parametrize(("test", "n"), [(20, 20), (10, 20), (8, 22)])
def test_roles_share_no_picture(test, n):
    real = assign_roles(split(40), split(test, first=100), n)
    assert len(real.reference) == len(real.fresh) == n
    reference, training, fresh = (
        set(x[:, 0, 0, 0].tolist()) for x in (real.reference, real.training, real.fresh)
    )
    assert reference <= training and not training & fresh and len(fresh) == n
    assert sum(picture >= 100 for picture in fresh) == min(test, n), "test pictures first"


def test_the_whole_training_split_is_what_a_fid_is_against():
    real = assign_roles(split(40), split(10, first=100), 30, whole=True)
    assert len(real.training) == 40 and len(real.reference) == 30 and len(real.fresh) == 10


def test_too_few_real_pictures_says_how_many_will_do():
    with pytest.raises(UserError, match="at most --num_samples 25"):
        assign_roles(split(40), split(10, first=100), 26)


def test_test_pictures_that_were_trained_on_are_left_out():
    test = exclude_training_images(split(20, first=30), split(40))
    assert test.pixels[:, 0, 0, 0].tolist() == list(range(40, 50)) and len(test.labels) == 10
    with pytest.raises(UserError, match="also in the training split"):
        exclude_training_images(split(40), split(40))


def test_pictures_of_a_sorted_set_are_mixed(tmp_path):
    rows = [PIL.Image.new("L", (8, 8), shade) for shade in range(100)]
    datasets.Dataset.from_dict({"image": rows}).save_to_disk(tmp_path)
    pipe = DDPMPipeline(unet=tiny_unet(1), scheduler=DDPMScheduler())
    shades = read_split(pipe, str(tmp_path), "train").pixels[:, 0, 0, 0].tolist()
    assert sorted(shades) == list(range(100)) and 35 < sum(shades[:50]) / 50 < 65


def test_pictures_that_cannot_be_read_are_left_out(tmp_path, capsys):
    rows = [None if i % 3 == 0 else picture("L", seed=i) for i in range(15)]
    dataset_of(rows).save_to_disk(tmp_path)
    pipe = DDPMPipeline(unet=tiny_unet(1), scheduler=DDPMScheduler())
    pixels = read_split(pipe, str(tmp_path), "train").pixels
    assert len(pixels) == len({p.numpy().tobytes() for p in pixels}) == 10
    said = capsys.readouterr().out
    assert "The split 'train'" in said and "left out 5 that can't be read; the first: " in said


def test_copies_are_seen():
    rng = torch.Generator().manual_seed(0)
    seen, fresh, new = (
        torch.randint(0, 256, (50, 3, 4, 4), generator=rng, dtype=torch.uint8) for _ in range(3)
    )
    copies = torch.cat([seen[:25], new[:25]])
    sets = (copies, fresh, seen)
    figures, pairs = measure(sets, tuple(pictures.flatten(1).float() for pictures in sets))
    assert figures["pixels"]["p01"] == 0 and figures["pixels_floor"]["p01"] > 10
    assert figures["features"]["p01"] == 0 and figures["features_floor"]["p01"] > 10
    assert torch.equal(pairs.samples, pairs.training)


def test_distances_are_in_grey_levels_and_at_the_first_percentile():
    grey = quantiles(torch.arange(101, dtype=torch.float64))
    assert grey == {"p01": 1, "median": 50}
    seen = torch.zeros(1, 3, 4, 4, dtype=torch.uint8)
    assert pixel_rmse(seen + 7, seen)[0].item() == pytest.approx(7)


@pytest.mark.parametrize("rows", [7, 500])
def test_pictures_are_of_the_class_that_their_neighbours_have(rows, monkeypatch):
    monkeypatch.setattr(class_agreement, "BLOCK", rows)
    rng = torch.Generator().manual_seed(0)

    def pictures(low, n):
        return torch.randint(low, low + 50, (n, 1, 4, 4), generator=rng, dtype=torch.uint8)

    seen = torch.cat([pictures(0, 30), pictures(150, 30)])
    labels = torch.arange(2).repeat_interleave(30)
    asked = torch.arange(2).repeat_interleave(200)
    drawn = torch.cat([pictures(0, 200), pictures(150, 200)])
    assert agreement(drawn, asked, seen, labels) == 1
    assert agreement(drawn, 1 - asked, seen, labels) == 0
    assert agreement(drawn, torch.zeros_like(asked), seen, labels) == 0.5


def test_a_class_of_few_pictures_is_refused():
    split = Split(torch.zeros(12, 1, 2, 2, dtype=torch.uint8), torch.arange(12) // 9)
    assert len(of_class(split, 0, "a").pixels) == 9
    with pytest.raises(UserError, match="has 3 images of the class b; at least 8 are needed"):
        of_class(split, 1, "b")


@pytest.mark.parametrize(
    ("labels", "agreed"), [([3, 2, 1, 0, 4], 0), ([1, 1, 0, 0, 2], 0), ([2, 1, 2, 0, 2], 1)]
)
def test_most_of_five_are_three(labels, agreed):
    seen = torch.zeros(5, 1, 2, 2, dtype=torch.uint8)
    asked = torch.arange(5)
    drawn = torch.zeros(5, 1, 2, 2, dtype=torch.uint8)
    assert agreement(drawn, asked, seen, torch.tensor(labels)) == agreed / 5


def test_classes_go_by_their_names(tmp_path):
    def saved(*names):
        rows = {"image": [PIL.Image.new("L", (8, 8), i) for i in range(20)], "label": [0, 1] * 10}
        kinds = {"image": datasets.Image(), "label": datasets.ClassLabel(names=list(names))}
        where = tmp_path / "-".join(names)
        datasets.Dataset.from_dict(rows, datasets.Features(kinds)).save_to_disk(where)
        return read_split(pipe, str(where), "train", class_column="label")

    pipe = DDPMPipeline(tiny_unet(1, num_class_embeds=2), DDPMScheduler(), {0: "even", 1: "odd"})
    for names, even in ((("even", "odd"), 0), (("odd", "even"), 1)):
        pixels, labels = saved(*names)
        assert torch.equal((pixels[:, 0, 0, 0] + even) % 2, labels)
    with pytest.raises(UserError, match=r"draws the class 'odd', and .* has none of that name"):
        saved("even", "uneven")


# What is measured


def test_a_model_whose_scheduler_cannot_take_all_steps_is_measured(tmp_path):
    """DPM-Solver takes 50 of 1000, and not 1000; likelihood and jumps are DDPM's anyway."""
    solver = diffusers.DPMSolverMultistepScheduler(1000)
    DDPMPipeline(tiny_unet(1), solver).save_pretrained(tmp_path)
    pipeline = ddpm_pipeline(EvaluateConfig(model=str(tmp_path), variance_type="fixed_large"))
    assert isinstance(pipeline.scheduler, DDPMScheduler) and len(pipeline.scheduler) == 1000
    assert pipeline.scheduler.variance_type == "fixed_large"


@pytest.mark.parametrize(
    ("channels", "size", "possible"), [(3, 8, True), (1, 8, False), (3, (8, 128), False)]
)
def test_only_what_can_be_a_cat_is_decoded(channels, size, possible):
    pipeline = DDPMPipeline(tiny_unet(channels, size=size), DDPMScheduler())
    config = EvaluateConfig(parts=("decoder", "loss"))
    assert applicable_parts(config, pipeline) == (["loss", "decoder"] if possible else ["loss"])


# What is said of it

REPORT = {
    "model": "m",
    "command": "accelerate launch -m ddpm_hf.evaluate --model m",
    "settings": {
        "num_samples": 9,
        "num_inference_steps": 5,
        "scheduler": None,
        "algorithm_type": None,
        "eta": None,
        "solver_order": 1,
        "timestep_spacing": None,
        "max_timestep": None,
        "class_label": None,
        "guidance_scale": 1.0,
        "seed": 1,
    },
    "real": {
        "dataset": "d",
        "train_split": "train",
        "train_pictures": 40,
        "test_split": "test",
        "test_pictures": 20,
    },
    "precision": {
        "precision": 0.5,
        "recall": 0.25,
        "precision_floor": 0.9,
        "recall_floor": 0.8,
        "n": 9,
        "features": "efficientnet-lite0",
        "comparable": "Not comparable with published FID.",
    },
    "likelihood": {
        "n": 4,
        "total": 2.8,
        "prior": 0.0,
        "transitions": 1.0,
        "decoder": 1.8,
        "standard_error": 0.1,
        "rate_distortion": {"t": [9.5, 1.0], "sent": [0.25, 1.0], "rmse": [60.0, 2.0]},
    },
}


def test_command_names_what_differs_and_nothing_else():
    config = EvaluateConfig(model="m", seed=3, parts=("kid", "loss"), output="elsewhere.json")
    assert command(config) == (
        "accelerate launch -m ddpm_hf.evaluate --model m --seed 3 --parts kid loss"
    )


def test_figures_are_rounded_whatever_holds_them():
    value = {"a": [1.23456, {"b": 123456.7}], "n": 123456, "name": "x", "none": None}
    expected = {"a": [1.235, {"b": 123500.0}], "n": 123456, "name": "x", "none": None}
    assert rounded(value) == expected


def test_page_has_a_section_for_each_part_there_is():
    page = markdown(REPORT, "report")
    assert "# How good is m?" in page and REPORT["command"] in page
    assert "## Precision and recall" in page and "**2.8 ± 0.1**" in page
    assert "Fréchet" not in page and "| 0.5 | 0.9 |" in page
    assert "| 9.5 | 0.25 | 60.0 |\n| 1.0 | 1.0 | 2.0 |\n| x_0 | 2.8 | 0 |" in page
    told = {"timestep_spacing": "quadratic", "class_label": 3, "guidance_scale": 2.0, "eta": 0.5}
    guided = {**REPORT["settings"], **told}
    found = {"n": 9, "n_floor": 8, "training_pictures": 40, "value": 0.95, "floor": 0.85}
    page = markdown({**REPORT, "settings": guided, "classes": found}, "report")
    assert "(DDPM, η = 0.5, quadratic spacing, class 3, guidance 2)" in page
    told = {"scheduler": "DPMSolverMultistep", "algorithm_type": "sde-dpmsolver++"}
    late = {**REPORT["settings"], **told, "max_timestep": 1480}
    page_of_a_solver = markdown({**REPORT, "settings": late}, "report")
    assert "(sde-dpmsolver++, from timestep 1480 down)" in page_of_a_solver
    assert "| samples, n = 9 | 95.0 % |" in page and "| test images, n = 8 | 85.0 % |" in page


def features(name, n=60, width=8):
    rng = torch.Generator().manual_seed(0)
    sets = (torch.randn(n, width, generator=rng) for _ in range(4))
    return Features(name, *sets, logits=torch.randn(n, 5, generator=rng))


def context_of(found, reference=None):
    empty = dict.fromkeys(EvalContext._fields)
    return EvalContext(
        **{**empty, "samples": found.samples, "features": found, "reference": reference, "seed": 3}
    )


def test_only_inception_is_called_fid_and_with_its_protocol(tmp_path, pipeline):
    pipeline.save_pretrained(tmp_path)
    for name, is_fid in (("inception", True), ("efficientnet-lite0", False)):
        found = rounded(PARTS["frechet"](context_of(features(name))))
        report = {**REPORT, "frechet": found}
        page, (first, *_) = markdown(report, "report"), card_figures(report)
        said = [line for line in (*page.splitlines(), first[1]) if "FID" in line]
        if is_fid:
            assert "## FID" in page and "299 × 299 in it,\n bilinear" in page.replace(" b", "\n b")
            assert "n = 60" in page and "60 training images; seed 3" in page
            assert "FID-60, no FID-50k" in page and first[0] == "fid" and "FID (" in first[1]
        else:
            assert first[0] == "frechet_distance" and "## Fréchet distance" in page
            assert said and all("ot comparable with published FID" in line for line in said)


def test_the_reference_of_a_fid_is_all_of_the_training_split_or_a_file():
    found = features("inception")
    more = found._replace(training=2 * found.training + 1)
    against_all = PARTS["frechet"](context_of(more))
    assert against_all["value"] == pytest.approx(
        frechet_distance(Moments.of(more.training), Moments.of(more.samples))
    )
    file = ("stats.npz", Moments.of(found.samples))
    against_file = PARTS["frechet"](context_of(more, file))
    assert against_file["value"] == pytest.approx(0, abs=1e-6)
    assert against_file["reference"] == "stats.npz"
    few = PARTS["frechet"](context_of(more._replace(fresh=more.fresh[:5])))
    assert few["floor"] is None and few["n_floor"] == 5


def test_card_gets_the_figures_once_and_keeps_the_rest(tmp_path, pipeline):
    pipeline.save_pretrained(tmp_path)
    old = (
        "---\nlicense: mit\nmodel-index:\n- name: mine\n  results:\n  - task:\n"
        "      type: unconditional-image-generation\n    dataset:\n      type: d\n"
        "      name: d\n    metrics:\n    - type: loss\n      value: 0.5\n---\n\n"
        "# Mine\n\nText.\n\n## Attribution\n\nThanks.\n"
    )
    (tmp_path / "README.md").write_text(old)
    add_to_card(str(tmp_path), REPORT)
    again = json.loads(json.dumps(REPORT))
    again["likelihood"]["total"] = 2.5
    add_to_card(str(tmp_path), again)
    card = ModelCard.load(tmp_path / "README.md")
    values = {result.metric_type: result.metric_value for result in card.data.eval_results}
    assert values == {"loss": 0.5, "precision": 0.5, "recall": 0.25, "bits_per_dimension": 2.5}
    assert card.data.license == "mit" and card.data.model_name == "mine"
    assert card.text.count("## Evaluation") == 1 and "| 0.5 | 0.9 |" in card.text
    assert card.text.index("Text.") < card.text.index("## Evaluation") < card.text.index("Thanks.")


def test_what_could_not_be_measured_is_not_in_the_card(tmp_path, pipeline):
    pipeline.save_pretrained(tmp_path)
    (tmp_path / "README.md").write_text("---\nlicense: mit\n---\n\n# Mine\n")
    nothing_valid = {
        "n": 9,
        "median_rmse": 50.0,
        "valid_threshold": 8.6,
        "share_valid": 0.0,
        "share_novel_of_valid": None,
        "share_novel_of_all_cats": 0.93,
    }
    for _ in range(2):
        add_to_card(str(tmp_path), {**REPORT, "decoder": nothing_valid})
    card = ModelCard.load(tmp_path / "README.md")
    kinds = [result.metric_type for result in card.data.eval_results]
    assert "share_valid" in kinds and "share_novel" not in kinds and "None" not in card.text


def test_card_of_no_folder_is_refused(tmp_path):
    with pytest.raises(UserError, match="needs a local folder"):
        load_card("someone/something")
    assert load_card("cats-32")[0].name == "README.md"


@pytest.mark.parametrize(
    "content", [b"---\nlicense: [\n---\n", b"\xff\xfe", b"---\nmodel-index: 3\n---\n"]
)
def test_a_card_that_cannot_be_read_is_refused_before_anything_is_measured(tmp_path, content):
    DDPMPipeline(tiny_unet(), DDPMScheduler()).save_pretrained(tmp_path)
    (tmp_path / "README.md").write_bytes(content)
    asked = EvaluateConfig(
        str(tmp_path), report_to_model_card=True, output=str(tmp_path / "report.json")
    )
    with pytest.raises(UserError, match=r"^--report_to_model_card can't read .*README\.md: "):
        prepare_output(asked)
