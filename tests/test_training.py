"""Training runs: what they learn, leave, refuse, and go on from."""

import itertools
import json
import resource

import accelerate
import datasets
import diffusers
import huggingface_hub
import numpy as np
import pytest
import torch
from accelerate.state import AcceleratorState, GradientState, PartialState

import ddpm_hf
from ddpm_hf import data
from ddpm_hf.errors import UserError
from ddpm_hf.pictures import Example
from ddpm_hf.training import checkpoint, losses
from ddpm_hf.training.batches import Share, batches
from ddpm_hf.training.config import TrainConfig, parse_config
from ddpm_hf.training.draws import Draws
from ddpm_hf.training.loop import Trainer
from ddpm_hf.training.network import make_model
from ddpm_hf.training.run import train
from tests.runs import TINY, distance, run, same, train_here
from tests.test_data import dataset_of, picture
from tests.test_draws import examples


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    path = tmp_path_factory.mktemp("data")
    dataset_of([picture(seed=i) for i in range(10)], "img").to_parquet(path / "train.parquet")
    return path


def losses_of(output):
    return np.genfromtxt(output / "training.csv", delimiter=",", names=True)["loss"]


def test_accumulated_batches_equal_one_batch(folder, tmp_path):
    one = train_here(folder, tmp_path / "one", train_batch_size=8, max_train_steps=20)
    changes = {"gradient_accumulation_steps": 2, "max_train_steps": 20}
    two = train_here(folder, tmp_path / "two", **changes)
    assert distance(one, two) <= 1e-5
    np.testing.assert_allclose(losses_of(one), losses_of(two), rtol=1e-4)


@pytest.mark.parametrize(
    "changes",
    [{"in_memory": "never"}, {"in_memory": "never", "dataloader_num_workers": 2}],
    ids=["on disk", "workers"],
)
def test_where_pictures_are_kept_makes_no_difference(folder, tmp_path, changes):
    kept = train_here(folder, tmp_path / "kept")
    other = train_here(folder, tmp_path / "other", **changes)
    assert same(kept, other)


def test_a_stream_trains_and_is_resumed_to_the_bit(folder, tmp_path):
    part = train_here(
        folder, tmp_path / "part", streaming=True, max_train_steps=3, lr_scheduler="constant"
    )
    whole = train_here(folder, tmp_path / "same", streaming=True, lr_scheduler="constant")
    train_here(
        folder, part, "--resume_from_checkpoint", "latest", streaming=True, lr_scheduler="constant"
    )
    assert same(whole, part)


@pytest.mark.parametrize("mode", ["L", "RGB", "RGBA"])
def test_a_learned_variance_trains_and_samples_on_any_channels(mode, tmp_path):
    there = tmp_path / "data"
    there.mkdir()
    dataset_of([picture(mode, seed=i) for i in range(10)]).to_parquet(there / "train.parquet")
    output = train_here(there, tmp_path / "out", variance_type="learned_range", snr_gamma=5.0)
    channels = len(mode)
    for library in (diffusers, ddpm_hf):
        pipe = library.DDPMPipeline.from_pretrained(output)
        assert pipe.unet.config.out_channels == 2 * channels
        assert pipe.scheduler.config.variance_type == "learned_range"
        image = pipe(num_inference_steps=5).images[0]
        assert image.size == (8, 8) and len(image.getbands()) == channels


def test_classes_are_learned_and_asked_for(tmp_path):
    there = tmp_path / "data"
    there.mkdir()
    labelled = dataset_of([picture(seed=i) for i in range(4)])
    names = datasets.ClassLabel(names=["a", "b", "c", "d"])
    labelled.cast_column("label", names).to_parquet(there / "train.parquet")
    output = train_here(there, tmp_path / "out", class_column="label")
    pipe = ddpm_hf.DDPMPipeline.from_pretrained(output)
    assert len(pipe(2, num_inference_steps=2, class_labels=[0, 3]).images) == 2
    card = (output / "README.md").read_text()
    assert "class, 0..3" in card and "class_labels=0" in card


def test_fine_tuning_goes_on_from_a_trained_pipeline(folder, tmp_path):
    first = train_here(
        folder, tmp_path / "first", prediction_type="v_prediction", ddpm_num_steps=40
    )
    # Told other things, it keeps the network and the schedule that it began with.
    second = train_here(
        folder,
        tmp_path / "second",
        init_from=str(first),
        block_out_channels=[16, 32],
        max_train_steps=2,
    )
    pipe = ddpm_hf.DDPMPipeline.from_pretrained(second)
    assert pipe.scheduler.config.prediction_type == "v_prediction" and len(pipe.scheduler) == 40
    assert tuple(pipe.unet.config.block_out_channels) == (8, 16)
    assert losses_of(second)[0] < losses_of(first)[0]
    for changes, sentence in (
        ({"init_from": str(first), "resolution": 16}, "give --resolution 8"),
        ({"init_from": str(tmp_path / "nothing")}, "Can't load --init_from"),
    ):
        with pytest.raises(UserError, match=sentence):
            train_here(folder, tmp_path / "refused", overwrite_output_dir=True, **changes)


def test_the_saved_configuration_starts_the_same_run(folder, tmp_path):
    first = train_here(folder, tmp_path / "first", prediction_type="sample", loss="l1")
    for state in (AcceleratorState, PartialState, GradientState):
        state._reset_state()
    train(
        parse_config(
            ["--config", str(first / "config.json"), "--output_dir", str(tmp_path / "again")]
        )
    )
    assert same(first, tmp_path / "again")


def test_validation_loss_is_measured_at_the_same_noise(folder, tmp_path):
    output = train_here(
        folder,
        tmp_path / "out",
        validation_split="train",
        save_images_epochs=1,
        num_epochs=3,
        max_train_steps=None,
    )
    table = np.genfromtxt(output / "validation.csv", delimiter=",", names=True)
    assert table["number"].tolist() == [3, 6, 9]
    assert table["validation_loss"][-1] < table["validation_loss"][0]
    card = huggingface_hub.ModelCard.load(output / "README.md")
    assert card.data.eval_results[0].metric_value == table["validation_loss"][-1]
    grids = sorted(p.name for p in (output / "samples").iterdir())
    assert grids == [f"{kind}-000000{n}.png" for kind in ("step", "strip") for n in (3, 6, 9)]


def test_loss_by_t_adds_up_to_the_loss(folder, tmp_path):
    output = train_here(folder, tmp_path / "out", train_batch_size=40, max_train_steps=1)
    row = np.genfromtxt(output / "training.csv", delimiter=",", names=True)
    tenths = [float(row[f"loss_t{i}"]) for i in range(10)]
    batch = next(batches(examples(), Draws(0, 50, 2), Share(40)))
    counts = np.bincount((batch.t.numpy() - 1) * 10 // 50, minlength=10)
    told = sum(c * loss for c, loss in zip(counts, tenths, strict=True) if c) / 40
    assert told == pytest.approx(float(row["loss"]), rel=1e-5)


def test_average_of_the_weights_is_what_is_saved(folder, tmp_path):
    plain = train_here(folder, tmp_path / "plain", use_ema=False)
    averaged = train_here(folder, tmp_path / "averaged")
    assert not same(plain, averaged)
    assert losses_of(plain).tolist() == losses_of(averaged).tolist()


def test_gradient_checkpointing_changes_nothing(folder, tmp_path):
    plain = train_here(folder, tmp_path / "plain")
    lean = train_here(folder, tmp_path / "lean", gradient_checkpointing=True)
    assert distance(plain, lean) <= 1e-6


def test_a_loss_that_is_no_number_ends_the_run_and_spares_the_checkpoint(
    folder, tmp_path, monkeypatch
):
    honest = losses.simple_loss
    calls = itertools.count(1)

    def breaks(*arguments):
        return honest(*arguments) * (float("nan") if next(calls) == 4 else 1)

    monkeypatch.setattr(losses, "simple_loss", breaks)
    with pytest.raises(
        UserError, match="The loss is nan at step 4; the last good one is checkpoint-2"
    ):
        train_here(folder, tmp_path / "out")
    assert [p.name for p in checkpoint.checkpoints(tmp_path / "out")] == ["checkpoint-2"]
    # Reported too late for the loss to tell: the weights do.
    calls = itertools.count(1)
    with pytest.raises(UserError, match="weights are not numbers any more at step 4"):
        train_here(folder, tmp_path / "late", logging_steps=100)
    assert [p.name for p in checkpoint.checkpoints(tmp_path / "late")] == ["checkpoint-2"]


def test_a_full_disk_spares_the_last_checkpoint(folder, tmp_path, monkeypatch):
    """The second checkpoint does not fit: the kernel itself refuses to let the file grow."""
    honest, saves = checkpoint.save, itertools.count(1)

    def full(*arguments):
        if next(saves) == 2:
            resource.setrlimit(resource.RLIMIT_FSIZE, (4096, resource.RLIM_INFINITY))
        try:
            return honest(*arguments)
        finally:
            unlimited = (resource.RLIM_INFINITY, resource.RLIM_INFINITY)
            resource.setrlimit(resource.RLIMIT_FSIZE, unlimited)

    monkeypatch.setattr(checkpoint, "save", full)
    with pytest.raises(
        UserError, match=r"Can't write checkpoint-4 .* the last good one is checkpoint-2"
    ):
        train_here(folder, tmp_path / "out")
    assert checkpoint.find(tmp_path / "out", "latest")[0]["step"] == 2
    assert not list((tmp_path / "out").glob(".checkpoint*"))


@pytest.mark.parametrize("logger", ["wandb", "trackio"])
def test_a_tracker_that_is_not_installed_is_named(folder, tmp_path, logger):
    with pytest.raises(UserError, match=f"--logger {logger} needs its package: pip install"):
        train_here(folder, tmp_path / "out", logger=logger)


def test_a_stream_of_unknown_length_needs_a_number_of_steps(folder, tmp_path, monkeypatch):
    monkeypatch.setattr(data, "row_count", lambda dataset: None)
    with pytest.raises(UserError, match="give --max_train_steps"):
        train_here(folder, tmp_path / "out", streaming=True, max_train_steps=None)


def test_fp16_is_refused_on_a_cpu(folder, tmp_path):
    with pytest.raises(UserError, match="fp16 needs a GPU"):
        train_here(folder, tmp_path / "out", mixed_precision="fp16")


def test_an_overflowed_step_is_tried_again_and_moves_nothing_on(monkeypatch, tmp_path):
    """The first two tries overflow: the batch is repeated, with a quarter of the scale."""
    for state in (AcceleratorState, PartialState, GradientState):
        state._reset_state()
    accelerator = accelerate.Accelerator()
    accelerator.state._mixed_precision = "fp16"
    accelerator.scaler = torch.amp.GradScaler("cpu", init_scale=1024.0)
    config = TrainConfig(**{**TINY, "block_out_channels": (8, 16)})
    pictures = [Example(torch.zeros(1, 8, 8, dtype=torch.uint8), 0)] * 8
    model = make_model(config, 1, None)
    trainer = Trainer(config, model, pictures, accelerator, len(pictures))
    tried = []
    honest = trainer.picture_losses

    def watched(network, batch):
        tried.append(batch)
        return honest(network, batch) * (float("inf") if len(tried) <= 2 else 1)

    monkeypatch.setattr(trainer, "picture_losses", watched)
    steps = trainer.steps()
    assert next(steps) == 1
    assert len(tried) == 3 and all(batch is tried[0] for batch in tried)
    assert trainer.ema.optimization_step == trainer.lr_scheduler.last_epoch == trainer.step == 1
    assert accelerator.scaler.get_scale() == 256
    monkeypatch.setattr(trainer, "picture_losses", lambda *_: honest(*_) * float("inf"))
    with pytest.raises(UserError, match="fp16 overflowed 24 times at step 2"):
        next(steps)


def test_resuming_takes_the_learning_rate_that_is_asked_for(folder, tmp_path):
    output = train_here(folder, tmp_path / "out", max_train_steps=2, lr_scheduler="constant")
    train_here(
        folder,
        output,
        "--resume_from_checkpoint",
        "latest",
        max_train_steps=4,
        lr_scheduler="constant",
        learning_rate=1e-6,
    )
    table = np.genfromtxt(output / "training.csv", delimiter=",", names=True)
    assert table["learning_rate"].tolist() == [1e-3, 1e-3, 1e-6, 1e-6]


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"use_ema": False}, "The checkpoint has averaged weights"),
        ({"layers_per_block": 2}, "The checkpoint is of another network"),
    ],
)
def test_resuming_another_run_is_refused(folder, tmp_path, changes, sentence):
    output = train_here(folder, tmp_path / "out")
    with pytest.raises(UserError, match=sentence):
        train_here(folder, output, "--resume_from_checkpoint", "latest", **changes)


def test_overwriting_removes_nothing_outside_the_run(folder, tmp_path):
    outside = tmp_path / "logs of all"
    (outside / "others").mkdir(parents=True)
    output = train_here(folder, tmp_path / "out", max_train_steps=2)
    for logs in (str(outside), ".", ".."):
        train_here(folder, output, "--overwrite_output_dir", max_train_steps=1, logging_dir=logs)
    assert (outside / "others").exists() and (output / "model_index.json").exists()


def test_a_folder_of_pictures_trains(tmp_path):
    (tmp_path / "pictures").mkdir()
    for i in range(4):
        picture(seed=i).save(tmp_path / "pictures" / f"test-{i}.png")
    output = train_here(
        "unused", tmp_path / "out", dataset_name=None, train_data_dir=str(tmp_path / "pictures")
    )
    assert "Trained on `pictures`" in (output / "README.md").read_text()


def test_changed_settings_are_named_on_resuming(folder, tmp_path, capsys):
    output = train_here(folder, tmp_path / "out", max_train_steps=2)
    train_here(
        folder, output, "--resume_from_checkpoint", "latest", learning_rate=1e-4, train_batch_size=2
    )
    said = capsys.readouterr().out
    assert "Not as before the checkpoint: learning_rate, train_batch_size." in said
    assert "A step had 4 pictures before the checkpoint and has 2 now" in said


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
    assert str(output) not in card.split("<details>")[1]
    for name in ("samples", "strip", "loss"):
        assert f"({name}.png)" in card and (output / f"{name}.png").exists()
    record = np.genfromtxt(output / "training.csv", delimiter=",", names=True)
    assert record["number"].tolist() == [1, 2, 3, 4, 5, 6] and np.isfinite(record["loss"]).all()
    assert list(output.glob("logs/train_accelerate/*tfevents*"))
    assert list(output.glob("checkpoint-*"))
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
