"""`ddpm_hf.evaluate` as it is started: one report, whatever the number of processes."""

import json

import datasets
import PIL.ImageChops
import PIL.ImageOps
import pytest
import torch

from ddpm_hf import DDPMPipeline, DDPMScheduler
from ddpm_hf.evaluate import main
from tests.conftest import tiny_unet
from tests.e2e import side_by_side
from tests.preloaded import preloaded

pytestmark = [pytest.mark.e2e, pytest.mark.slow]
PARTS = ("kid", "precision", "likelihood", "loss", "one_jump", "memorisation")


def evaluation(folder, *flags):
    output = ("--output", folder / "report.json", "--output_dir", folder / "samples")
    return ["-m", "ddpm_hf.evaluate", *output, *flags]


def evaluate(folder, *flags):
    said, status = preloaded().run(evaluation(folder, *flags))
    assert status == 0, said


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    """A network of 8 × 8 grey pixels that has learned nothing, with a card."""
    folder = tmp_path_factory.mktemp("model")
    pipe = DDPMPipeline(unet=tiny_unet(1), scheduler=DDPMScheduler())
    pipe.save_pretrained(folder)
    (folder / "README.md").write_text("---\nlicense: mit\n---\n\n# A model\n")
    return folder


@pytest.fixture(scope="module")
def common(model, fashion):
    return (
        *("--model", str(model), "--dataset_name", str(fashion), "--num_inference_steps", "4"),
        *("--train_split", "train[:300]", "--test_split", "train[300:350]", "--backend", "eager"),
    )


@pytest.fixture(scope="module")
def report(common, model, tmp_path_factory):
    folder = tmp_path_factory.mktemp("one")
    few = ("--num_samples", "50", "--batch_size", "8", "--parts", *PARTS)
    evaluate(folder, *common, *few, "--report_to_model_card")
    return folder


def test_report_is_whole_and_its_page_finds_its_pictures(report):
    figures = json.loads((report / "report.json").read_text())
    assert set(PARTS) < set(figures) and figures["real"]["train_pictures"] == 300
    assert figures["likelihood"]["n"] == figures["loss"]["n"] == 50
    page = (report / "report.md").read_text()
    shown = [word.split(")")[0] for word in page.split("](")[1:]]
    assert len(shown) == 6 and all((report / picture).stat().st_size > 0 for picture in shown)
    assert figures["kid"]["value"]["mean"] > 10 * abs(figures["kid"]["floor"]["mean"])
    assert figures["precision"]["precision_floor"] > 0.5 > figures["precision"]["precision"]


def test_two_processes_write_the_same_report(common, report, tmp_path):
    few = ("--num_samples", "50", "--batch_size", "8", "--parts", *PARTS)
    side_by_side.run(evaluation(tmp_path, *common, *few))
    for name in ("report.json", "report.md"):
        assert (tmp_path / name).read_bytes() == (report / name).read_bytes()


def test_card_has_the_figures(report, model):
    card = (model / "README.md").read_text()
    figures = json.loads((report / "report.json").read_text())
    assert "model-index" in card and "bits_per_dimension" in card
    assert str(figures["likelihood"]["total"]) in card


@pytest.mark.soak
def test_frechet_distance_is_there_with_enough_samples(model, tmp_path, fashion):
    pages = datasets.load_dataset(str(fashion), split="train")["img"]
    mirrored = map(PIL.ImageOps.mirror, pages)
    moved = (PIL.ImageChops.offset(page, 1, 0) for page in pages)
    many = datasets.Dataset.from_dict({"img": [*pages, *mirrored, *moved]})
    many.train_test_split(1000, seed=0).save_to_disk(tmp_path / "data")
    evaluate(
        tmp_path,
        *("--model", str(model), "--dataset_name", str(tmp_path / "data"), "--parts", "frechet"),
        *("--num_samples", "1281", "--num_inference_steps", "2", "--batch_size", "128"),
    )
    figures = json.loads((tmp_path / "report.json").read_text())["frechet"]
    assert figures["value"] > 2 * figures["floor"] > 0 and figures["n"] == 1281
    assert "Not comparable with published FID" in (tmp_path / "report.md").read_text()


@pytest.mark.parametrize(
    ("flags", "sentence"),
    [
        (("--num_samples", "100"), "at least 1281"),
        (("--num_samples", "2", "--parts", "kid"), "must be at least 8"),
        (("--model", "tests", "--parts", "loss"), "Can't load --model 'tests'"),
        (("--num_samples", "201", "--parts", "kid"), "at most --num_samples 175"),
        (("--test_split", "nothing", "--parts", "loss"), "split 'nothing'"),
        (("--test_split", "train[:0]", "--parts", "loss"), "corresponds to no data"),
        (("--features", "inception", "--parts", "kid"), "pip install torch-fidelity"),
        (("--model", "someone/else", "--report_to_model_card"), "needs a local folder"),
        (
            ("--class_column", "label", "--parts", "loss"),
            "The model draws no classes, and the data set's --class_column gives 10",
        ),
        (("--parts", "decoder"), "nothing to measure"),
        (("--test_split", "train[:300]", "--parts", "loss"), "also in the training split"),
        (("--output", "report.md"), "--output must be a .json file"),
        (("--output", "/proc/report.json"), "/proc"),
        (("--num_inference_steps", "5000"), "must be in 1..2000"),
    ],
)
def test_mistakes_get_a_sentence_before_any_sampling(common, tmp_path, flags, sentence):
    samples = tmp_path / "samples"
    output = ("--output", str(tmp_path / "report.json"), "--output_dir", str(samples))
    with pytest.raises(SystemExit) as caught:
        main([*output, *common, *flags])
    said = str(caught.value)
    assert said.startswith("ddpm_hf.evaluate: ") and sentence in said and "\n" not in said
    assert not list(samples.glob("*.png"))


def test_a_tiny_data_set_is_refused(model, tmp_path):
    rows = [PIL.Image.new("L", (8, 8), shade) for shade in range(5)]
    datasets.Dataset.from_dict({"image": rows}).save_to_disk(tmp_path / "data")
    output = ("--output", str(tmp_path / "report.json"), "--output_dir", str(tmp_path / "samples"))
    with pytest.raises(SystemExit, match=r"has 5 images; at least 8 are needed"):
        main(["--model", str(model), "--dataset_name", str(tmp_path / "data"), *output])


def test_samples_of_other_weights_are_not_measured(report, common, tmp_path):
    unet = tiny_unet(1)
    with torch.no_grad():
        unet.conv_out.bias += 1
    DDPMPipeline(unet=unet, scheduler=DDPMScheduler()).save_pretrained(tmp_path / "model")
    flags = ("--num_samples", "50", "--batch_size", "8", "--parts", "kid")
    output = ("--output", str(tmp_path / "r.json"), "--output_dir", str(report / "samples"))
    model = ("--model", str(tmp_path / "model"))
    with pytest.raises(SystemExit, match=r"holds samples with another weights"):
        main([*common, *flags, *output, *model])


def test_a_model_by_class_is_asked_whether_it_keeps_to_them(tmp_path):
    """Dark and bright pictures, and a network that has learned nothing."""
    shades = {
        "train": [shade for i in range(40) for shade in (i, 200 + i)],
        "test": [shade for i in range(40) for shade in (50 + i, 150 + i)],
    }
    for split, values in shades.items():
        rows = {"image": [PIL.Image.new("L", (8, 8), v) for v in values], "label": [0, 1] * 40}
        features = {
            "image": datasets.Image(),
            "label": datasets.ClassLabel(names=["dark", "light"]),
        }
        made = datasets.Dataset.from_dict(rows, features=datasets.Features(features))
        made.to_parquet(tmp_path / f"{split}.parquet")
    unet = tiny_unet(1, num_class_embeds=3)
    pipe = DDPMPipeline(unet, DDPMScheduler(), {0: "dark", 1: "light"})
    pipe.save_pretrained(tmp_path / "model")
    output = ("--output", str(tmp_path / "report.json"), "--output_dir", str(tmp_path / "samples"))
    data = ("--dataset_name", str(tmp_path), "--class_column", "label")
    flags = ("--num_samples", "64", "--num_inference_steps", "4", "--guidance_scale", "2")
    model = ("--model", str(tmp_path / "model"), "--backend", "eager")
    main([*output, *data, *flags, *model, "--parts", "classes", "loss"])
    report = json.loads((tmp_path / "report.json").read_text())
    assert report["classes"]["floor"] == 1 and report["classes"]["value"] < 0.9
    assert report["loss"]["n"] == 80 and report["settings"]["guidance_scale"] == 2
    assert "guidance 2" in (tmp_path / "report.md").read_text()

    # Light pictures alone: there are 40 of them to compare with, and 80 that say what is light.
    output = ("--output", str(tmp_path / "1.json"), "--output_dir", str(tmp_path / "light"))
    flags = ("--num_samples", "32", "--num_inference_steps", "4", "--class_label", "light")
    main([*output, *data, *flags, *model, "--parts", "classes", "loss"])
    report = json.loads((tmp_path / "1.json").read_text())
    assert report["real"]["train_pictures"] == report["loss"]["n"] == 40
    assert report["classes"]["training_pictures"] == 80 and report["classes"]["n_floor"] == 32
    assert "class light" in (tmp_path / "1.md").read_text()
