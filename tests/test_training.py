"""Training runs: what they learn, leave and refuse."""

import io
import json
import shlex
import sys
import types

import accelerate
import datasets
import diffusers
import huggingface_hub
import numpy as np
import PIL.Image
import pytest
import torch

import ddpm_hf
from ddpm_hf import DDPMPipeline, DDPMScheduler
from ddpm_hf.cli import options
from ddpm_hf.data import datasets as data
from ddpm_hf.errors import UserError
from ddpm_hf.evaluation.config import from_groups as evaluation_flags
from ddpm_hf.hub.push import PushConfig
from ddpm_hf.sampling.config import from_groups as sampling_flags
from ddpm_hf.training import algorithm, checkpoint, preflight
from ddpm_hf.training import run as run_module
from ddpm_hf.training.algorithm import image_losses, training_steps
from ddpm_hf.training.batches import BatchShard, batches
from ddpm_hf.training.config import TrainConfig
from ddpm_hf.training.network import make_model
from ddpm_hf.training.progress import Progress
from ddpm_hf.training.randomness import BatchRandomness
from ddpm_hf.training.source import open_source, training_images, validation_images
from ddpm_hf.training.state import TrainingState
from ddpm_hf.training.validation import validation_loss
from tests.conftest import BLACK_IMAGES, tiny_unet
from tests.pictures import dataset_of, picture
from tests.runs import TINY, distance, losses_of, run, same, train_here
from tests.test_randomness import examples


@pytest.mark.slow
def test_accumulated_batches_equal_one_batch(dataset, tmp_path):
    one = train_here(dataset, tmp_path / "one", train_batch_size=8, max_train_steps=20)
    changes = {"gradient_accumulation_steps": 2, "max_train_steps": 20}
    two = train_here(dataset, tmp_path / "two", **changes)
    assert distance(one, two) <= 1e-5
    np.testing.assert_allclose(losses_of(one), losses_of(two), rtol=1e-4)


@pytest.mark.slow
@pytest.mark.parametrize(
    "changes",
    [{"in_memory": "never"}, {"in_memory": "never", "dataloader_num_workers": 2}],
    ids=["on disk", "workers"],
)
def test_where_pictures_are_kept_makes_no_difference(dataset, tmp_path, changes):
    kept = train_here(dataset, tmp_path / "kept")
    other = train_here(dataset, tmp_path / "other", **changes)
    assert same(kept, other)


@pytest.mark.slow
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


@pytest.mark.slow
def test_classes_are_learned_and_asked_for(tmp_path):
    there = tmp_path / "data"
    there.mkdir()
    labelled = dataset_of([picture(seed=i) for i in range(4)])
    names = ["a", "b", "c", "d\n\n![x](http://y)"]
    labelled.cast_column("label", datasets.ClassLabel(names=names)).to_parquet(
        there / "train.parquet"
    )
    output = train_here(there, tmp_path / "out", class_column="label")
    pipe = ddpm_hf.DDPMPipeline.from_pretrained(output)
    assert len(pipe(2, num_inference_steps=2, class_labels=[0, 3]).images) == 2
    card = (output / "README.md").read_text()
    assert r"by class: 0 a, 1 b, 2 c, 3 d \!\[x\](http://y)." in card and "class_labels=0" in card
    assert pipe.null_class is None and "guidance_scale" not in card

    guided = train_here(there, tmp_path / "guided", class_column="label", class_dropout=0.5)
    pipe = ddpm_hf.DDPMPipeline.from_pretrained(guided)
    assert pipe.class_names == names and pipe.null_class == 4
    assert len(pipe(2, num_inference_steps=2, class_labels=1, guidance_scale=2.0).images) == 2
    assert "guidance_scale=2" in (guided / "README.md").read_text()
    with pytest.raises(UserError, match="knows 5 classes, and --class_column gives 4"):
        train_here(there, tmp_path / "other", class_column="label", init_from=str(guided))
    again = {"class_column": "label", "class_dropout": 0.5, "init_from": str(guided)}
    more = train_here(there, tmp_path / "more", max_train_steps=1, **again)
    assert ddpm_hf.DDPMPipeline.from_pretrained(more).class_names == names

    other_order = datasets.ClassLabel(names=names[::-1])
    labelled.cast_column("label", other_order).to_parquet(there / "train.parquet")
    with pytest.raises(UserError, match="put its column into the model's order first"):
        train_here(there, tmp_path / "swapped", **again)
    with pytest.raises(UserError, match=r"(?s)classes are a, b, .* resume with the same, in that"):
        resumed = ("--resume_from_checkpoint", "latest")
        train_here(there, output, *resumed, class_column="label")


def test_draws_are_as_the_flags_say():
    def draws(**changes):
        config = TrainConfig(**{**TINY, "block_out_channels": (8, 16), **changes})
        model = make_model(config, 1, ["a", "b"])
        return TrainingState(config, model, accelerate.Accelerator(), 4).randomness

    plain = draws(class_column="label")
    assert (plain.class_dropout, plain.null_class, plain.logit) == (0, None, None)
    hidden = draws(class_column="label", class_dropout=0.5)
    assert (hidden.class_dropout, hidden.null_class) == (0.5, 2)
    logit = draws(timestep_sampling="logit_normal", logit_mean=-1.5, logit_std=1.8).logit
    assert logit == (-1.5, 1.8)


@pytest.mark.slow
def test_fine_tuning_goes_on_from_a_trained_pipeline(dataset, tmp_path):
    first = train_here(
        dataset, tmp_path / "first", prediction_type="v_prediction", ddpm_num_steps=40
    )
    # Told other things, it keeps the network and the schedule that it began with.
    second = train_here(
        dataset,
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
            train_here(dataset, tmp_path / "refused", overwrite_output_dir=True, **changes)


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"class_embed_type": "timestep"}, "only a UNet with numbered classes"),
        ({"class_embed_type": "identity"}, "only a UNet with numbered classes"),
        ({"size": None}, "images is unknown"),
        ({"size": (8, 16)}, "of 8 × 16 pixels; training takes only squares"),
    ],
)
def test_networks_that_cannot_be_trained_are_refused(tmp_path, changes, sentence):
    DDPMPipeline(tiny_unet(**changes), DDPMScheduler()).save_pretrained(tmp_path)
    config = {**TINY, "block_out_channels": (8, 16)}
    with pytest.raises(UserError, match=sentence):
        make_model(TrainConfig(**config, init_from=str(tmp_path)), 3, [])
    if "class_embed_type" in changes:
        with pytest.raises(UserError, match=sentence):
            unet = str(tmp_path / "unet")
            make_model(TrainConfig(**config, model_config_name_or_path=unet), 3, [])


def test_validation_loss_is_measured_at_the_same_noise(dataset, tmp_path):
    output = train_here(
        dataset,
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


def test_a_run_says_what_it_will_do_and_where_its_pipeline_is(dataset, tmp_path, capsys):
    changes = {"train_batch_size": 3, "gradient_accumulation_steps": 2, "max_train_steps": 1}
    train_here(dataset, tmp_path / "out", **changes)
    said = capsys.readouterr().out
    assert "Batch 3 × accumulation 2 × processes 1 = 6 images a step; steps an epoch: 2;" in said
    assert f"The pipeline is in {tmp_path / 'out'}" in said


def test_a_finished_run_names_the_commands_that_come_next(dataset, tmp_path, capsys):
    """They are typed as they stand, whatever the folder is called, and read the same data."""
    train_here(dataset, tmp_path / "my run", max_train_steps=1)
    lines = capsys.readouterr().out.split("Next:\n")[1].splitlines()
    sample, evaluate, push = map(shlex.split, lines)
    assert [" ".join(words[:4]) for words in (sample, evaluate)] == [
        "accelerate launch -m ddpm_hf.sample",
        "accelerate launch -m ddpm_hf.evaluate",
    ]
    sampling = options(sampling_flags, "ddpm_hf.sample", sample[4:])
    report = options(evaluation_flags, "ddpm_hf.evaluate", evaluate[4:])
    pushed = options(PushConfig, "ddpm_hf.hub", push[3:])
    folder = str(tmp_path / "my run")
    assert [sampling.model, report.model, str(pushed.folder)] == [folder] * 3
    assert report.dataset_name == str(dataset) and report.test_split == "train[90%:]"
    assert pushed.model_id == "ME/my run" and push[:3] == ["python", "-m", "ddpm_hf.hub"]


def test_validation_goes_by_the_names_of_classes_and_of_columns(tmp_path):
    """The test split has the same classes in another order; then not the same columns."""
    rows = dataset_of([picture(seed=i) for i in range(2)])

    def splits(names, **columns):
        train, test = (
            rows.cast_column("label", datasets.ClassLabel(names=order))
            for order in (["cat", "dog"], names)
        )
        for old, new in columns.items():
            test = test.rename_column(old, new)
        where = tmp_path / "-".join([*names, *columns])
        datasets.DatasetDict(train=train, test=test).save_to_disk(where)
        given = {"class_column": "label", "validation_split": "test", "resolution": 8}
        config = TrainConfig(dataset_name=str(where), **given)
        source = open_source(config, accelerate.Accelerator(cpu=True))
        pictures = training_images(source, config, accelerate.Accelerator(cpu=True))
        held_out = validation_images(source, accelerate.Accelerator(cpu=True))
        return [[e.label for e in split.examples] for split in (pictures, held_out)]

    assert splits(["cat", "dog"]) == [[0, 1], [0, 1]]
    assert splits(["dog", "cat"]) == [[0, 1], [1, 0]]
    with pytest.raises(UserError, match=r"--validation_split test: .* of the class cow, and 'lab"):
        splits(["cat", "cow"])
    with pytest.raises(UserError, match="--validation_split test: The data set has no image col"):
        splits(["cat", "dog"], image="picture")
    with pytest.raises(UserError, match="--validation_split test: The data set has no column 'lab"):
        splits(["cat", "dog"], label="kind")


def test_loss_by_t_adds_up_to_the_loss(dataset, tmp_path):
    output = train_here(dataset, tmp_path / "out", train_batch_size=40, max_train_steps=1)
    row = np.genfromtxt(output / "training.csv", delimiter=",", names=True)
    tenths = [float(row[f"loss_t{i}"]) for i in range(10)]
    batch = next(batches(examples(), BatchRandomness(0, 50, 2), BatchShard(40)))
    counts = np.bincount((batch.t.numpy() - 1) * 10 // 50, minlength=10)
    told = sum(c * loss for c, loss in zip(counts, tenths, strict=True) if c) / 40
    assert told == pytest.approx(float(row["loss"]), rel=1e-5)


def test_average_of_the_weights_is_what_is_saved(dataset, tmp_path):
    plain = train_here(dataset, tmp_path / "plain", use_ema=False)
    averaged = train_here(dataset, tmp_path / "averaged")
    assert not same(plain, averaged)
    assert losses_of(plain).tolist() == losses_of(averaged).tolist()


@pytest.mark.slow
def test_gradient_checkpointing_changes_nothing(dataset, tmp_path):
    plain = train_here(dataset, tmp_path / "plain")
    lean = train_here(dataset, tmp_path / "lean", gradient_checkpointing=True)
    assert distance(plain, lean) <= 1e-6


@pytest.mark.parametrize("logger", ["wandb", "trackio"])
def test_a_tracker_that_is_not_installed_is_named(dataset, tmp_path, logger):
    with pytest.raises(UserError, match=f"--logger {logger} needs its package: pip install"):
        train_here(dataset, tmp_path / "out", logger=logger)


def test_wandb_is_asked_for_its_login_before_any_image_is_read(dataset, tmp_path, monkeypatch):
    """Else it raises an error of its own once all are decoded."""

    def login():
        raise RuntimeError("No API key configured. Use `wandb login` to log in.")

    monkeypatch.setitem(sys.modules, "wandb", types.SimpleNamespace(login=login))
    monkeypatch.setattr(preflight, "get_available_trackers", lambda: ["wandb"])
    monkeypatch.setattr(run_module, "open_source", None)
    with pytest.raises(UserError, match=r"--logger wandb: No API key configured; .*MODE=offline"):
        train_here(dataset, tmp_path / "out", logger="wandb")


def test_a_tracker_that_does_not_start_is_told(dataset, tmp_path, monkeypatch):
    def fails(*_):
        raise RuntimeError("The server does not answer. Try again.")

    monkeypatch.setattr(accelerate.Accelerator, "init_trackers", fails)
    with pytest.raises(UserError, match=r"--logger tensorboard can't start: The server does not"):
        train_here(dataset, tmp_path / "out", max_train_steps=1)


def test_a_tracker_writes_into_the_output_folder(dataset, tmp_path, monkeypatch):
    """wandb's own choice is the working directory, which may be the data."""
    told = []
    monkeypatch.setattr(accelerate.Accelerator, "init_trackers", lambda *how: told.append(how[-1]))
    monkeypatch.delenv("WANDB_DIR", raising=False)
    output = train_here(dataset, tmp_path / "out", max_train_steps=1)
    assert told == [{"wandb": {"dir": str(output / "logs")}}]


def test_a_stream_of_unknown_length_needs_a_number_of_steps(dataset, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(data, "row_count", lambda dataset: None)
    with pytest.raises(UserError, match="give --max_train_steps"):
        train_here(dataset, tmp_path / "out", streaming=True, max_train_steps=None)
    output = train_here(dataset, tmp_path / "out", streaming=True, save_images_epochs=1)
    assert len(list((output / "samples").glob("step-*"))) == 1
    assert "so there are no epochs" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"validation_split": "held-out"}, "split 'held-out'"),
        ({"resume_from_checkpoint": "checkpoint-9"}, "There is no checkpoint 'checkpoint-9'"),
        ({"resolution": 9}, "must be a multiple of 2"),
        ({"init_from": "cats-32"}, "give --resolution 32"),
        ({"streaming": True, "max_train_steps": None}, "give --max_train_steps"),
        ({"max_train_steps": None, "num_epochs": 1}, "give --max_train_steps"),
    ],
)
def test_mistakes_are_told_before_pictures_are_decoded(
    dataset, tmp_path, monkeypatch, changes, sentence
):
    def decode(*_, **__):
        raise AssertionError("It has begun to decode.")

    monkeypatch.setattr("ddpm_hf.data.examples.ImagesInMemory.__init__", decode)
    monkeypatch.setattr(data, "row_count", lambda dataset: None)
    with pytest.raises(UserError, match=sentence):
        train_here(dataset, tmp_path / "out", **{"validation_split": "train", **changes})


def test_fp16_is_refused_on_a_cpu(dataset, tmp_path):
    with pytest.raises(UserError, match="fp16 needs a GPU"):
        train_here(dataset, tmp_path / "out", mixed_precision="fp16")


def test_the_wait_for_the_gpu_is_counted_as_training(small_state, monkeypatch):
    """The CPU is far ahead when it asks for the sums: then the GPU takes 5 s more."""
    now = 0.0

    class OfABusyGPU(torch.Tensor):
        def tolist(self):
            nonlocal now
            now += 5
            return super().tolist()

    def clear(progress):
        honest(progress)
        progress._sums = progress._sums.as_subclass(OfABusyGPU)

    def losses(*arguments):
        nonlocal now
        now += 1
        return image_losses(*arguments)

    honest, rows = Progress._clear, []
    monkeypatch.setattr(Progress, "_clear", clear)
    monkeypatch.setattr(algorithm, "image_losses", losses)
    monkeypatch.setattr("ddpm_hf.training.progress.time.perf_counter", lambda: now)
    state = small_state("no")
    progress = Progress(state)
    for step in progress.watch(training_steps(state, BLACK_IMAGES)):
        if step.number % 2 == 0:
            rows.append(progress.report())
            now += 30  # for a sample grid
    assert [row.seconds for row in rows] == [7, 44, 81]
    assert [row.images_per_second for row in rows] == [8 / 7] * 3


def test_validation_is_in_half_precision_where_training_is(small_state):
    state, seen = small_state("bf16"), set()
    # As where the network is compiled: then Accelerate's wrapping is not around the network itself.
    state.unet.forward = state.unet._original_forward
    state.unet.conv_in.register_forward_hook(lambda *said: seen.add(said[-1].dtype))
    validation_loss(state, BLACK_IMAGES)
    assert seen == {torch.bfloat16}


def test_an_overflowed_step_is_tried_again_and_moves_nothing_on(small_state, monkeypatch):
    """The first two tries overflow: the batch is repeated, with a quarter of the scale."""
    state, tried = small_state("fp16"), []

    def watched(state, network, batch):
        tried.append(batch)
        overflow = float("inf") if len(tried) <= 2 else 1
        return image_losses(state, network, batch) * overflow

    monkeypatch.setattr(algorithm, "image_losses", watched)
    steps = training_steps(state, BLACK_IMAGES)
    assert next(steps).number == 1
    assert len(tried) == 3 and all(batch is tried[0] for batch in tried)
    assert state.ema.optimization_step == state.lr_scheduler.last_epoch == state.step == 1
    assert state.accelerator.scaler.get_scale() == 256
    monkeypatch.setattr(algorithm, "image_losses", lambda *_: image_losses(*_) * float("inf"))
    with pytest.raises(UserError, match="fp16 overflowed 24 times at step 2"):
        next(steps)


def test_a_folder_of_pictures_trains(tmp_path):
    (tmp_path / "pictures").mkdir()
    for i in range(4):
        picture(seed=i).save(tmp_path / "pictures" / f"test-{i}.png")
    output = train_here(
        "unused", tmp_path / "out", dataset_name=None, train_data_dir=str(tmp_path / "pictures")
    )
    assert "Trained on `pictures`" in (output / "README.md").read_text()


def test_a_set_too_small_for_a_report_is_shown_and_saved_each_epoch(dataset, tmp_path):
    """Not one line of the record is due when the first pipeline is."""
    epochs = {"save_model_epochs": 1, "logging_steps": 100}
    output = train_here(dataset, tmp_path / "out", **epochs)
    assert len(list(output.glob("samples/step-*.png"))) > 1
    assert "the last 6 steps" in (output / "README.md").read_text()


@pytest.mark.slow
def test_a_config_that_is_no_networks_is_refused(dataset, tmp_path):
    first = train_here(dataset, tmp_path / "first")
    train_here(dataset, tmp_path / "good", model_config_name_or_path=str(first / "unet"))
    with pytest.raises(UserError, match="a run's settings, not a UNet's: name its folder unet"):
        train_here(dataset, tmp_path / "bad", model_config_name_or_path=str(first))
    (tmp_path / "config.json").write_text('{"block_out_channels": [8, 16, 16]}')
    with pytest.raises(UserError, match=r"makes no UNet2DModel.* in its folder unet"):
        train_here(dataset, tmp_path / "bad", model_config_name_or_path=str(tmp_path))


@pytest.mark.slow
def test_a_run_leaves_a_pipeline_a_card_samples_and_a_record(dataset, tmp_path):
    output = tmp_path / "run"
    said = run(dataset, output, "--loss", "l1", weights_dtype="float16")
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
def test_mistakes_get_a_sentence_and_no_traceback(dataset, tmp_path, changes, sentence):
    said = run(dataset, tmp_path / "run", expect=1, **changes)
    assert sentence in said and "Traceback" not in said


@pytest.mark.slow
@pytest.mark.parametrize("workers", [0, 2])
def test_a_row_that_cannot_be_used_ends_the_run(tmp_path, workers):
    """Also where a worker finds it: one sentence, and no worker is left that the run waits for."""
    file = io.BytesIO()
    PIL.Image.fromarray(np.array([[-1, 4000]], np.float32)).save(file, "TIFF")
    there = tmp_path / "data"
    there.mkdir()
    dataset_of([file.getvalue()] * 8).to_parquet(there / "train.parquet")
    changes = {"in_memory": "never", "dataloader_num_workers": workers}
    said = run(there, tmp_path / "run", expect=1, **changes)
    assert "which does not tell what is white" in said and "Traceback" not in said


@pytest.mark.slow
def test_time_limit_ends_a_run_like_a_finished_one(dataset, tmp_path):
    output = tmp_path / "run"
    run(dataset, output, max_train_steps=10_000, max_train_minutes=0.001, checkpointing_steps=9999)
    assert 0 < len((output / "training.csv").read_text().splitlines()) < 10_000
    diffusers.DDPMPipeline.from_pretrained(output)


def test_the_time_limit_is_looked_at_after_each_step(dataset, tmp_path, monkeypatch):
    now = 0.0

    def losses(*arguments):
        nonlocal now
        now += 25
        return image_losses(*arguments)

    monkeypatch.setattr(algorithm, "image_losses", losses)
    monkeypatch.setattr("ddpm_hf.training.progress.time.perf_counter", lambda: now)
    output = train_here(dataset, tmp_path / "out", max_train_minutes=1, logging_steps=1000)
    table = np.genfromtxt(output / "training.csv", delimiter=",", names=True)
    assert (table["number"], table["seconds"]) == (3, 75)
    assert [p.name for p in checkpoint.checkpoints(output)] == ["checkpoint-2", "checkpoint-3"]
