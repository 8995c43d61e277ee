"""Training: its draws, its configuration, and runs from the command line."""

import json
import subprocess
import sys

import diffusers
import numpy as np
import pytest
import torch

from ddpm_hf.errors import UserError
from ddpm_hf.pictures import Example
from ddpm_hf.training import checkpoint
from ddpm_hf.training.batches import Share, batches
from ddpm_hf.training.config import TrainConfig, parse_config
from ddpm_hf.training.draws import Draws, picture_index
from tests.test_data import dataset_of, picture

TINY = {
    "resolution": 8,
    "block_out_channels": [8, 16],
    "layers_per_block": 1,
    "attention_levels": [],
    "norm_num_groups": 4,
    "train_batch_size": 4,
    "eval_batch_size": 4,
    "ddpm_num_steps": 50,
    "ddpm_num_inference_steps": 2,
    "max_train_steps": 6,
    "lr_warmup_steps": 2,
    "logging_steps": 1,
    "checkpointing_steps": 2,
    "learning_rate": 1e-3,
    "use_ema": True,
    "random_flip": True,
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    path = tmp_path_factory.mktemp("data")
    dataset_of([picture(seed=i) for i in range(10)], "img").to_parquet(path / "train.parquet")
    return path


def run(folder, output, *flags, expect=0, **changes):
    output.parent.mkdir(parents=True, exist_ok=True)
    config = output.parent / f"{output.name}.json"
    settings = {**TINY, "dataset_name": str(folder), "output_dir": str(output), **changes}
    config.write_text(json.dumps(settings))
    done = subprocess.run(
        [sys.executable, "train_accelerate.py", "--config", str(config), *flags],
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == expect, done.stdout + done.stderr
    return done.stdout + done.stderr


def weights(output):
    return diffusers.UNet2DModel.from_pretrained(output / "unet").state_dict()


def examples(n=10):
    return [Example(torch.full((1, 2, 2), i, dtype=torch.uint8), i) for i in range(n)]


def draw(positions, step=3, seed=0):
    draws = Draws(seed, 2000, 2, random_flip=True)
    return draws.training(step, positions, (examples()[p % 10] for p in positions))


def test_draws_depend_on_the_position_alone():
    whole = draw(range(8))
    halves = draw(range(4)), draw(range(4, 8))
    for name in ("x_0", "t", "epsilon", "labels"):
        parts = torch.cat([getattr(half, name) for half in halves])
        assert torch.equal(getattr(whole, name), parts)
    assert not torch.equal(whole.epsilon, draw(range(8), step=4).epsilon)
    assert not torch.equal(whole.epsilon, draw(range(8), seed=1).epsilon)


def test_draws_have_the_right_distributions():
    batch = draw(range(4000))
    assert int(batch.t.min()) >= 1 and int(batch.t.max()) <= 2000
    assert float(batch.t.double().mean()) == pytest.approx(1000.5, abs=3 * 577 / 4000**0.5)
    assert float(batch.epsilon.mean()) == pytest.approx(0, abs=3 / 16000**0.5)
    assert float(batch.epsilon.var()) == pytest.approx(1, rel=3 * (2 / 16000) ** 0.5)


@pytest.mark.parametrize("workers", [0, 2])
def test_batches_are_the_same_on_any_number_of_processes_and_workers(workers):
    """1 × 8, 2 × 4, and 1 × 4 accumulated twice; from the start, or from step 2 on."""
    draws = Draws(0, 50, 2)

    def steps(count, first=0, **share):
        made = [
            batches(examples(), draws, Share(rank=rank, **share), first, workers)
            for rank in range(share.get("processes", 1))
        ]
        for _ in range(count):
            pieces = [next(m) for _ in range(share.get("accumulation", 1)) for m in made]
            yield [torch.cat(parts) for parts in zip(*pieces, strict=True)]

    whole = list(steps(5, batch_size=8))
    assert len({tuple(step[1].tolist()) for step in whole}) == 5
    for other in (
        list(steps(5, batch_size=4, processes=2)),
        list(steps(5, batch_size=4, accumulation=2)),
        [*whole[:2], *steps(3, first=2, batch_size=8)],
    ):
        for one, two in zip(whole, other, strict=True):
            assert all(torch.equal(a, b) for a, b in zip(one, two, strict=True))


def test_every_epoch_shows_every_picture_once_in_a_new_order():
    epochs = [[picture_index(0, 10, e * 10 + i) for i in range(10)] for e in range(3)]
    assert all(sorted(epoch) == list(range(10)) for epoch in epochs)
    assert epochs[0] != epochs[1] != epochs[2]


def test_flags_override_the_file(tmp_path):
    file = tmp_path / "config.json"
    file.write_text(json.dumps({"resolution": 16, "use_ema": True, "block_out_channels": [32, 64]}))
    config = parse_config(["--config", str(file), "--resolution", "32", "--no-use_ema"])
    assert (config.resolution, config.use_ema) == (32, False)
    assert config.block_out_channels == (32, 64)
    config.save(tmp_path / "saved.json")
    saved = parse_config(["--config", str(tmp_path / "saved.json")])
    assert saved.resolution == 32 and saved.block_out_channels == (32, 64)


def test_defaults_are_those_of_the_stock_script():
    config = parse_config([])
    assert (config.resolution, config.train_batch_size, config.num_epochs) == (64, 16, 100)
    assert (config.learning_rate, config.lr_warmup_steps, config.adam_beta1) == (1e-4, 500, 0.95)
    assert (config.ddpm_num_steps, config.ema_max_decay) == (1000, 0.9999)


@pytest.mark.parametrize("text", ["{", '{"resolutoin": 3}'])
def test_bad_configuration_files_are_refused(tmp_path, text):
    (tmp_path / "config.json").write_text(text)
    with pytest.raises(UserError):
        parse_config(["--config", str(tmp_path / "config.json")])
    with pytest.raises(UserError, match="Can't read"):
        parse_config(["--config", str(tmp_path / "missing.json")])


@pytest.mark.parametrize(
    "text", ['{"loss": "l3"}', '{"resolution": "big"}', '{"train_batch_size": 0}']
)
def test_values_in_a_file_are_checked_like_flags(tmp_path, text, capsys):
    (tmp_path / "config.json").write_text(text)
    with pytest.raises(SystemExit) as caught:
        parse_config(["--config", str(tmp_path / "config.json")])
    assert caught.value.code == 2
    said = capsys.readouterr().err
    assert "Traceback" not in said
    assert json.loads(text).popitem()[0] in said


@pytest.mark.parametrize("recipe", ["cats-32", "notes"])
def test_recipes_are_read(recipe):
    config = parse_config(["--config", f"configs/{recipe}.json"])
    assert (config.dataset_name, config.ddpm_num_steps) == ("cats", 2000)
    assert config.train_batch_size == {"cats-32": 64, "notes": 4}[recipe]


def test_groups_must_divide_channels():
    with pytest.raises(UserError, match="divides them all"):
        TrainConfig(block_out_channels=(32, 48), norm_num_groups=32)


@pytest.mark.slow
def test_accumulated_batches_equal_one_batch(folder, tmp_path):
    run(folder, tmp_path / "one", train_batch_size=8)
    run(folder, tmp_path / "two", gradient_accumulation_steps=2)
    one, two = weights(tmp_path / "one"), weights(tmp_path / "two")
    assert all(torch.allclose(one[name], two[name], atol=1e-5) for name in one)


@pytest.mark.slow
def test_a_run_leaves_a_pipeline_a_card_samples_and_a_record(folder, tmp_path):
    output = tmp_path / "run"
    said = run(folder, output, "--loss", "l1", weights_dtype="float16")
    assert "Training: 100%" in said and "images/s" in said
    pipe = diffusers.DDPMPipeline.from_pretrained(output)
    assert len(pipe.scheduler) == 50 and pipe.unet.dtype == torch.float32
    assert pipe(num_inference_steps=2).images[0].size == (8, 8)
    card = (output / "README.md").read_text()
    assert "--config" in card and "| seed | 0 |" in card and "6 of 6" in card
    record = np.genfromtxt(output / "training.csv", delimiter=",", names=True)
    assert record["number"].tolist() == [1, 2, 3, 4, 5, 6] and np.isfinite(record["loss"]).all()
    assert (output / "samples.png").exists()
    assert list(output.glob("logs/*tfevents*")) and list(output.glob("checkpoint-*"))
    assert json.loads((output / "config.json").read_text())["loss"] == "l1"


@pytest.mark.slow
@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"resolution": 9}, "must be a multiple of 2"),
        ({"dataset_name": "no/such-set"}, "Can't load the data set 'no/such-set'"),
        ({"image_column": "picture"}, "no image column 'picture'. Its columns are: img"),
        ({"dataset_name": None}, "Name the data"),
        ({"model_config_name_or_path": "nowhere"}, "Can't find a UNet's config.json in 'nowhere'"),
        ({"output_dir": "README.md/run"}, "Can't write to --output_dir"),
    ],
)
def test_mistakes_get_a_sentence_and_no_traceback(folder, tmp_path, changes, sentence):
    said = run(folder, tmp_path / "run", expect=1, **changes)
    assert sentence in said and "Traceback" not in said


@pytest.mark.slow
def test_a_folder_with_another_run_is_refused_unless_told(folder, tmp_path):
    output = tmp_path / "run"
    run(folder, output)
    said = run(folder, output, expect=1)
    assert "is not empty" in said and "Traceback" not in said
    said = run(folder, output, "--overwrite_output_dir", max_train_steps=2)
    assert [p.name for p in checkpoint.checkpoints(output)] == ["checkpoint-2"]


@pytest.mark.slow
def test_time_limit_ends_a_run_like_a_finished_one(folder, tmp_path):
    output = tmp_path / "run"
    run(folder, output, max_train_steps=10_000, max_train_minutes=0.02, checkpointing_steps=9999)
    assert 0 < len((output / "training.csv").read_text().splitlines()) < 10_000
    diffusers.DDPMPipeline.from_pretrained(output)
