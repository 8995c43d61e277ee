"""The trainer's configuration: files, flags, and what is never written down."""

import dataclasses
import itertools
import json
import math
import os
import re
import shlex
import subprocess
import sys

import pytest
import torch
from accelerate.state import AcceleratorState

from ddpm_hf.errors import UserError
from ddpm_hf.evaluation.config import EvaluateConfig
from ddpm_hf.hub.card import without_token
from ddpm_hf.sampling.config import SampleConfig
from ddpm_hf.training.config import TrainConfig, parse_config
from ddpm_hf.training.config_checks import notices
from ddpm_hf.training.preflight import training_accelerator


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


def test_data_named_on_the_command_line_takes_the_place_of_the_files(tmp_path):
    recipe = ["--config", "configs/cats-32.json"]
    for flag in ("--train_data_dir", "--train-data-dir"):  # as it may be typed
        mine = parse_config([*recipe, flag, "mine"])
        assert (mine.dataset_name, mine.train_data_dir) == (None, "mine")
    mine.save(tmp_path / "mine.json")
    other = parse_config(["--config", str(tmp_path / "mine.json"), "--dataset_name=other"])
    assert (other.dataset_name, other.train_data_dir) == ("other", None)
    with pytest.raises(UserError, match="Name the data once"):
        TrainConfig(dataset_name="cats", train_data_dir="mine")


@pytest.mark.parametrize(
    "setting",
    [
        *({"max_grad_norm": 0.0}, {"learning_rate": -1e-3}, {"adam_epsilon": 0.0}),
        *({"ema_lengths": (0.1, 0.3)}, {"ema_lengths": (0.0,)}, {"ema_lengths": (0.1, 0.1)}),
        *({"ema_inv_gamma": 0.0}, {"adam_beta1": 1.5}, {"adam_weight_decay": -1.0}),
        *({"block_out_channels": ()}, {"block_out_channels": (0, 32)}, {"seed": 2**63}),
        *({"layers_per_block": 0}, {"learning_rate": math.nan}, {"logit_mean": math.nan}),
        *(
            {"learning_rate": math.inf},
            {"logit_std": math.inf},
            {"max_train_steps": 0},
            {"adam_weight_decay": math.nan},
            {"class_dropout": math.nan},
        ),
    ],
)
def test_numbers_out_of_range_are_refused(setting):
    with pytest.raises(UserError, match=f"--{next(iter(setting))} "):
        TrainConfig(**setting)


@pytest.mark.parametrize("kind", [SampleConfig, EvaluateConfig])
def test_every_number_of_sample_and_evaluate_is_in_range(kind):
    """A scale that is no number was black pictures; one that is a float and has no range is new."""
    floats = [field.name for field in dataclasses.fields(kind) if field.type is float]
    assert sorted(floats) == ["guidance_scale", "noise_scale"]
    for name, value in (
        *itertools.product(floats, (math.nan, math.inf, -1.0)),
        *(("eta", -0.1), ("eta", 1.5), ("eta", math.nan)),
        *(("seed", -1), ("seed", 2**63), ("num_samples", 0), ("batch_size", 0)),
    ):
        with pytest.raises(UserError, match=f"^--{name} must .*; got {value}"):
            kind(**{name: value})


def test_attention_where_there_is_no_level_is_said():
    assert "0 to 1" in notices(TrainConfig(block_out_channels=(32, 64)))[0]
    assert notices(TrainConfig()) == []


@pytest.mark.parametrize("text", ["{", "[1]", '"\xff', '{"resolutoin": 3}'])
def test_bad_configuration_files_are_refused(tmp_path, text):
    (tmp_path / "config.json").write_text(text, encoding="latin-1")
    with pytest.raises(UserError):
        parse_config(["--config", str(tmp_path / "config.json")])
    with pytest.raises(UserError, match="Can't read"):
        parse_config(["--config", str(tmp_path / "missing.json")])


@pytest.mark.parametrize(
    "text", ['{"loss": "l3"}', '{"resolution": "big"}', '{"train_batch_size": 0}']
)
def test_values_in_a_file_are_checked_like_flags(tmp_path, text, capsys):
    (tmp_path / "config.json").write_text(text)
    with pytest.raises((SystemExit, UserError)) as caught:
        parse_config(["--config", str(tmp_path / "config.json")])
    said = f"{caught.value} {capsys.readouterr().err}"
    assert json.loads(text).popitem()[0] in said


@pytest.mark.parametrize(
    ("recipe", "dataset", "batch"),
    [
        ("cats-32", "cats", 64),
        ("cats-32-quick", "cats", 16),
        ("cats-32-v", "cats", 512),
        ("cats-64", "cats", 192),
        ("notes", "cats", 4),
        ("fashion-28", "zalando-datasets/fashion_mnist", 64),
    ],
)
def test_recipes_are_read(recipe, dataset, batch):
    config = parse_config(["--config", f"configs/{recipe}.json"])
    assert (config.dataset_name, config.ddpm_num_steps) == (dataset, 2000)
    assert config.train_batch_size == batch


def test_a_recipe_goes_by_its_name_wherever_one_is(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name in ("cats-32", "cats-32.json", "configs/cats-32.json"):
        assert parse_config(["--config", name]).output_dir == "runs/cats-32"
    (tmp_path / "cats-32").write_text('{"output_dir": "mine"}')
    assert parse_config(["--config", "cats-32"]).output_dir == "mine", "a file of that name wins"
    for unknown in ("cats-33", "other/cats-32.json"):
        with pytest.raises(UserError, match=f"{unknown}: .* the recipes are cats-32, .*notes"):
            parse_config(["--config", unknown])


def test_groups_must_divide_channels():
    with pytest.raises(UserError, match="divides them all"):
        TrainConfig(block_out_channels=(32, 48), norm_num_groups=32)


@pytest.mark.parametrize("levels", [(0,), ()])
def test_a_head_of_attention_is_no_wider_than_its_level(levels):
    sizes = {"block_out_channels": (32, 64), "attention_levels": levels}
    most = 32 if levels else 64
    TrainConfig(**sizes, attention_head_dim=most)
    with pytest.raises(UserError, match=f"is more than the {most} channels"):
        TrainConfig(**sizes, attention_head_dim=most + 1)


@pytest.mark.parametrize("start", [("train_accelerate.py",), ("-m", "ddpm_hf.train")])
def test_flags_are_read_before_what_takes_seconds_to_import(tmp_path, start):
    """PyTorch stands in for all that: someone presses Ctrl-C while it is imported."""
    (tmp_path / "torch.py").write_text("raise KeyboardInterrupt")
    environment = {**os.environ, "PYTHONPATH": str(tmp_path)}

    def said(*flags):
        command = [sys.executable, *start, *flags]
        return subprocess.run(command, capture_output=True, text=True, env=environment).stderr

    assert said("--resolution", "0").startswith(f"{start[-1]}: --resolution must be at least 1")
    stopped = said("--resolution", "8")
    assert stopped.startswith("Stopped; --resume_from_checkpoint latest resumes")
    assert "Traceback" not in stopped


STOCK_FLAGS = [
    *("dataset_name", "dataset_config_name", "model_config_name_or_path", "train_data_dir"),
    *("output_dir", "overwrite_output_dir", "cache_dir", "resolution", "center_crop"),
    *("random_flip", "train_batch_size", "eval_batch_size", "dataloader_num_workers"),
    *("num_epochs", "save_images_epochs", "save_model_epochs", "gradient_accumulation_steps"),
    *("learning_rate", "lr_scheduler", "lr_warmup_steps", "adam_beta1", "adam_beta2"),
    *("adam_weight_decay", "adam_epsilon", "use_ema", "ema_inv_gamma", "ema_power"),
    *("ema_max_decay", "push_to_hub", "hub_token", "hub_model_id", "hub_private_repo"),
    *("logger", "logging_dir", "local_rank", "mixed_precision", "prediction_type"),
    *("ddpm_num_steps", "ddpm_num_inference_steps", "ddpm_beta_schedule"),
    *("checkpointing_steps", "checkpoints_total_limit", "resume_from_checkpoint"),
    *("enable_xformers_memory_efficient_attention", "preserve_input_precision"),
]
"""In the order of diffusers' script."""


def test_every_flag_of_diffusers_script_is_there():
    assert {*STOCK_FLAGS} < {field.name for field in dataclasses.fields(TrainConfig)}


def test_the_help_is_in_groups_by_task(capsys):
    with pytest.raises(SystemExit):
        parse_config(["--help"])
    _, *groups = re.split(r"^\W+(\w+ )?options\b", capsys.readouterr().out, flags=re.M)
    titles = [title.strip() for title in groups[2::2]]
    assert titles == ["data", "network", "diffusion", "optimisation", "output", "hub"]
    flags = [re.findall(r"^\S? {1,2}--(?!no_)(\w+)", text, re.M) for text in groups[3::2]]
    shown = [[{"report_to": "logger"}.get(name, name) for name in names] for names in flags]
    known = {field.name for field in dataclasses.fields(TrainConfig)}
    assert sorted(itertools.chain(*shown)) == sorted(known - {"config"})


def test_report_to_is_another_name_of_logger(tmp_path):
    for flag in ("--report_to", "--report-to", "--logger"):
        assert parse_config([flag, "wandb"]).logger == "wandb"
    parse_config(["--report_to", "trackio"]).save(tmp_path / "config.json")
    recipe = ["--config", str(tmp_path / "config.json")]
    assert parse_config(recipe).logger == "trackio"
    assert parse_config([*recipe, "--report_to=tensorboard"]).logger == "tensorboard"


def test_a_command_from_stocks_readme_is_understood(capsys):
    command = """--dataset_name="huggan/flowers-102-categories" --resolution=64 --center_crop
    --random_flip --output_dir="ddpm-ema-flowers-64" --train_batch_size=16 --num_epochs=100
    --gradient_accumulation_steps=1 --use_ema --learning_rate=1e-4 --lr_warmup_steps=500
    --mixed_precision=no --push_to_hub --enable_xformers_memory_efficient_attention"""
    config = parse_config(shlex.split(command))
    assert config.dataset_name == "huggan/flowers-102-categories"
    assert config.push_to_hub and config.center_crop and config.mixed_precision == "no"
    assert "xformers is not needed" in notices(config)[0]


def test_where_stocks_x0_loss_is_mended_is_said():
    said = notices(TrainConfig(prediction_type="sample"))
    assert len(said) == 1 and "79 %" in said[0]
    assert notices(TrainConfig(prediction_type="sample", snr_gamma=5.0)) == []
    assert notices(TrainConfig()) == []


def test_the_token_is_never_written(tmp_path):
    config = TrainConfig(hub_token="hf_secret", output_dir=str(tmp_path))
    config.save(tmp_path / "config.json")
    written = (tmp_path / "config.json").read_text()
    for text in (written, repr(config), str(config.settings()), str(config.recipe())):
        assert "hf_secret" not in text
    for command in (["--hub_token", "hf_secret"], ["--hub_token=hf_secret", "--use_ema"]):
        shown = without_token(["accelerate", "launch", *command])
        assert "hf_secret" not in shown and "--hub_token" in shown


def test_the_launchers_accumulation_is_told_where_it_belongs(monkeypatch, tmp_path):
    monkeypatch.setenv("ACCELERATE_GRADIENT_ACCUMULATION_STEPS", "4")
    with pytest.raises(UserError, match=r"give it after train_accelerate\.py instead"):
        training_accelerator(TrainConfig(output_dir=str(tmp_path)))


@pytest.mark.parametrize("has_bf16", [True, False])
def test_bf16_on_a_cpu_without_its_instructions_is_told(monkeypatch, tmp_path, capsys, has_bf16):
    AcceleratorState._reset_state(reset_partial_state=True)
    monkeypatch.setattr(torch.ops.mkldnn, "_is_mkldnn_bf16_supported", lambda: has_bf16)
    training_accelerator(TrainConfig(output_dir=str(tmp_path), mixed_precision="bf16"))
    assert ("add --mixed_precision no." in capsys.readouterr().out) == (not has_bf16)


def test_an_empty_token_leaves_the_command_line_as_it_is(monkeypatch):
    for token, shown in (("", "train.py"), ("train", "….py")):
        monkeypatch.setattr("sys.argv", ["train.py", "--hub_token", token])
        parse_config()
        assert sys.argv[0] == shown


@pytest.mark.parametrize(
    ("flags", "sentence"),
    [
        (["--snr_gamma", "0"], "--snr_gamma must be above 0"),
        (["--max_train_minutes", "-1"], "--max_train_minutes must be above 0"),
        (["--seed", "-1"], "--seed must not be below 0"),
        (["--dataloader_num_workers", "-1"], "--dataloader_num_workers must not be below 0"),
        (["--checkpoints_total_limit", "0"], "--checkpoints_total_limit must be at least 1"),
        (["--attention_head_dim", "0"], "--attention_head_dim must be at least 1"),
        (["--norm_num_groups", "0"], "--norm_num_groups must be at least 1"),
        (["--class_dropout", "1"], "--class_dropout must be in [0, 1)"),
        (["--class_dropout", "0.1"], "--class_dropout needs --class_column"),
    ],
)
def test_settings_that_make_no_sense_are_refused(flags, sentence):
    with pytest.raises(UserError, match=f"^{re.escape(sentence)}"):
        parse_config(flags)


def test_splits_in_a_folder_of_pictures_are_noticed(tmp_path):
    assert notices(TrainConfig(train_data_dir=str(tmp_path))) == []
    for split in ("train", "test"):
        (tmp_path / split).mkdir()
    (said,) = notices(TrainConfig(train_data_dir=str(tmp_path)))
    assert "of train, test alike" in said


def test_no_command_imports_torch_before_its_flags_are_read():
    """Where it takes seconds, whoever mistyped a flag would wait for them."""
    code = "import ddpm_hf.sample, ddpm_hf.evaluate, train_accelerate, sys; print(*sys.modules)"
    loaded = subprocess.check_output([sys.executable, "-c", code], text=True).split()
    assert "ddpm_hf.evaluation.config" in loaded
    assert not {"torch", "diffusers", "accelerate", "datasets"} & set(loaded)
