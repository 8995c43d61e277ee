"""Averages of any length, after training: profiles, reconstruction, snapshots and resuming."""

import diffusers
import numpy as np
import pytest
import torch
from safetensors.torch import load_file

from ddpm_hf.errors import UserError
from ddpm_hf.training.ema_lengths import (
    MOST,
    PowerAverages,
    coefficients,
    decay,
    exponent,
    main,
    profile,
    reconstruct,
    save_snapshot,
    snapshots,
)
from tests.conftest import tiny_unet
from tests.runs import train_here

KEPT = (0.05, 0.1)


def test_the_length_is_the_standard_deviation_of_the_profile():
    assert exponent(0.05) == pytest.approx(16.97, abs=0.005)  # the paper's own two
    assert exponent(0.1) == pytest.approx(6.94, abs=0.005)
    assert exponent(12**-0.5) == pytest.approx(0, abs=1e-9)  # all steps count alike
    when = (np.arange(100_000) + 0.5) / 100_000
    for length in (0.02, 0.05, 0.1, 0.25):
        weights = profile(length, 100_000, 100_000)
        mean = weights @ when
        assert np.sqrt(weights @ (when - mean) ** 2) == pytest.approx(length, rel=1e-5)


def averaged(weights, length):
    """The average after each step, by the recursion in float64."""
    average, gamma = 0.0, exponent(length)
    for step, weight in enumerate(weights, 1):
        average += (1 - decay(gamma, step)) * (weight - average)
        yield average


def test_the_profile_is_what_the_recursion_weighs():
    weights = np.random.default_rng(0).normal(size=40)
    for length in (0.03, 0.1, 0.2):
        for step, average in enumerate(averaged(weights, length), 1):
            assert average == pytest.approx(profile(length, step, 40) @ weights, abs=1e-13)


def reconstructed(weights, every, length):
    """From the averages of `KEPT` at every few steps."""
    steps = range(every, len(weights) + 1, every)
    held = {kept: list(averaged(weights, kept)) for kept in KEPT}
    parts = [(kept, step) for step in steps for kept in KEPT]
    values = [held[kept][step - 1] for kept, step in parts]
    return coefficients(parts, length) @ values


@pytest.mark.parametrize("length", [0.03, 0.05, 0.07, 0.15, 0.2])
def test_a_number_has_the_average_that_was_never_kept(length):
    rng = np.random.default_rng(0)
    jumps = rng.normal(size=24)  # with as many averages as steps, exact for any weights at all
    assert abs(reconstructed(jumps, 2, length) - list(averaged(jumps, length))[-1]) <= 1e-12
    time = np.linspace(0, 1, 3000)  # with 40 for 3,000: weights that settle, with noise
    weights = np.exp(-3 * time) + 0.1 * rng.normal(size=3000)
    true = list(averaged(weights, length))[-1]
    assert abs(reconstructed(weights, 150, length) - true) <= 1e-3


def last(folder):
    return load_file(snapshots(folder)[-1])


@pytest.mark.slow
def test_a_run_has_the_average_that_was_never_kept(dataset, tmp_path):
    run = train_here(dataset, tmp_path / "run", ema_lengths=KEPT)
    direct = last(train_here(dataset, tmp_path / "direct", ema_lengths=[0.15]))
    found = reconstruct(run, 0.15).unet.state_dict()
    moved = max(float((last(run)[f"0.05/{name}"] - found[name]).abs().max()) for name in found)
    assert moved > 1e-4  # the lengths differ
    assert all((direct[f"0.15/{name}"] - found[name]).abs().max() <= 1e-6 for name in found)


@pytest.mark.slow
def test_a_resumed_run_keeps_the_same_averages(dataset, tmp_path):
    settings = {"ema_lengths": KEPT, "lr_scheduler": "constant"}
    whole = train_here(dataset, tmp_path / "whole", **settings)
    part = train_here(dataset, tmp_path / "part", max_train_steps=4, **settings)
    train_here(dataset, part, "--resume_from_checkpoint", "latest", **settings)
    for one, two in zip(snapshots(whole), snapshots(part), strict=True):
        assert (one.name, one.read_bytes()) == (two.name, two.read_bytes())
    back = ("--resume_from_checkpoint", "checkpoint-2", "--overwrite_output_dir")
    train_here(dataset, part, *back, max_train_steps=3, **settings)
    assert [int(path.stem) for path in snapshots(part)] == [2, 3]
    with pytest.raises(UserError, match=r"averages of the lengths 0.05 0.1, .* --ema_lengths 0.05"):
        train_here(dataset, part, "--resume_from_checkpoint", "latest", ema_lengths=[0.2])


def test_the_older_snapshots_thin_out(tmp_path):
    averages = PowerAverages(KEPT, tiny_unet())
    for step in range(1, 101):
        save_snapshot(tmp_path, step, averages)
    steps = [int(path.stem) for path in snapshots(tmp_path)]
    assert MOST / 2 < len(steps) <= MOST and steps[-1] == 100
    gaps = np.diff(steps)
    assert steps[0] < 16 and (np.diff(gaps) <= 0).all() and gaps[-1] == 1


@pytest.mark.slow
def test_the_command_writes_a_pipeline_that_diffusers_loads(dataset, tmp_path, capsys):
    run, out = train_here(dataset, tmp_path / "run", ema_lengths=KEPT), tmp_path / "out"
    command = ["--folder", str(run), "--output_dir", str(out), "--length"]
    main([*command, "0.07"])
    assert capsys.readouterr().out.endswith(f"The pipeline is in {out}.\n")
    loaded = diffusers.DDPMPipeline.from_pretrained(out).unet.state_dict()
    found = reconstruct(run, 0.07).unet.state_dict()
    assert all(torch.equal(loaded[name], found[name]) for name in found)
    with pytest.raises(SystemExit, match="2"):
        main([*command, "0.3"])
    assert "--length must be above 0 and below 0.288" in capsys.readouterr().err
    damaged = snapshots(run)[0]
    damaged.write_bytes(damaged.read_bytes()[:100])
    with pytest.raises(SystemExit, match=f"{damaged} is damaged"):
        main([*command, "0.1"])
    for snapshot in snapshots(run):
        snapshot.unlink()
    with pytest.raises(SystemExit, match="no averages to start from: train with --ema_lengths"):
        main([*command, "0.1"])
