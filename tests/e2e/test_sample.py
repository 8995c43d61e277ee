"""`ddpm_hf.sample`: the same bytes on any number of processes, killed or not."""

import itertools
import os
import resource
import signal
import subprocess
import sys
import time
from pathlib import Path

import diffusers
import numpy as np
import pytest
from PIL import Image

from ddpm_hf import DDPMPipeline, DDPMScheduler
from ddpm_hf.cli import STOPPED
from ddpm_hf.noise import image_generators
from ddpm_hf.sample import main
from ddpm_hf.sampling.config import SampleConfig
from ddpm_hf.sampling.model import load
from tests.conftest import tiny_unet
from tests.e2e import side_by_side
from tests.preloaded import preloaded

pytestmark = [pytest.mark.e2e, pytest.mark.slow]
FLAGS = ("--num_samples", "10", "--batch_size", "4", "--num_inference_steps", "6", "--seed", "3")


def command(output, *flags):
    return ["-m", "ddpm_hf.sample", "--output_dir", output, *FLAGS, *flags]


def sample(output, *flags, expect=0):
    said, status = preloaded().run(command(output, *flags))
    assert status == expect, said
    return said


def drawn(output, *flags):
    """The same in this process, where it makes no difference."""
    main(["--output_dir", str(output), *FLAGS, *flags])


def contents(folder):
    return {path.name: path.read_bytes() for path in folder.glob("*.png")}


@pytest.fixture(scope="module")
def samples(tmp_path_factory):
    output = tmp_path_factory.mktemp("samples") / "out"
    sample(output)
    return output


def test_files_are_the_same_bytes_on_two_processes(samples, tmp_path):
    side_by_side.run(command(tmp_path / "two"))
    assert len(contents(samples)) == 10
    assert contents(tmp_path / "two") == contents(samples)


def test_an_image_depends_on_its_seed_and_number_alone(samples):
    """Image 5 of a script, drawn by itself in float32, and of the command, in its block."""
    pipe = DDPMPipeline.from_pretrained("cats-32")
    alone = np.asarray(pipe(1, image_generators(3, [5]), 6, backend="auto").images[0])
    file = np.asarray(Image.open(samples / "000005.png"))
    # OpenVINO takes bf16 where the CPU has it.
    assert np.abs(alone.astype(int) - file).mean() < 2


def test_another_block_size_is_the_same_to_one_level(tmp_path):
    for size in ("4", "2"):
        drawn(tmp_path / size, "--batch_size", size, "--backend", "eager", "--num_samples", "4")
    pairs = zip(contents(tmp_path / "4"), contents(tmp_path / "2"), strict=True)
    for one, two in pairs:
        a = np.asarray(Image.open(tmp_path / "4" / one)).astype(int)
        assert np.abs(a - np.asarray(Image.open(tmp_path / "2" / two))).max() <= 1


def test_a_killed_run_completes_and_keeps_its_files(samples, tmp_path):
    output = tmp_path / "out"
    process = preloaded().start(command(output))
    while not list(output.glob("*.png")):
        assert process.status() is None
        time.sleep(0.005)
    os.kill(process.pids[0], signal.SIGKILL)
    process.finish()
    kept = {path.name: path.stat().st_mtime_ns for path in output.glob("*.png")}
    sample(output)
    assert contents(output) == contents(samples)
    assert all((output / name).stat().st_mtime_ns == when for name, when in kept.items())
    sample(output, "--num_samples", "12")
    assert len(contents(output)) == 12


@pytest.fixture
def tiny_model(tmp_path):
    """The flags that draw four samples of a tiny model into `out`."""
    DDPMPipeline(tiny_unet(), DDPMScheduler()).save_pretrained(tmp_path / "model")
    where = ("--model", str(tmp_path / "model"), "--output_dir", str(tmp_path / "out"))
    return [*where, *FLAGS, "--num_samples", "4", "--backend", "eager"]


def test_stopped_by_the_keyboard_it_says_how_to_go_on(tiny_model, monkeypatch, capsys):
    def stop(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr("ddpm_hf.sampling.run.sample_block", stop)
    with pytest.raises(SystemExit) as caught:
        main(tiny_model)
    assert caught.value.code == STOPPED
    assert "Stopped; run it again to complete the samples." in capsys.readouterr().err


@pytest.mark.parametrize("name", ["sample", "evaluate"])
def test_stopped_while_it_imports_it_says_how_to_go_on(tmp_path, name):
    flags = ("--output_dir", str(tmp_path / "out"))
    process = subprocess.Popen(
        [sys.executable, "-m", f"ddpm_hf.{name}", *flags], stderr=subprocess.PIPE, text=True
    )
    while "libtorch" not in Path(f"/proc/{process.pid}/maps").read_text():
        assert process.poll() is None
        time.sleep(0.01)
    process.send_signal(signal.SIGTERM)
    said = process.communicate(timeout=60)[1]
    assert process.returncode == STOPPED and said.startswith("Stopped; run"), said
    assert not (tmp_path / "out").exists()


def test_a_full_disk_is_one_sentence_and_the_rest_is_kept(tiny_model, tmp_path, monkeypatch):
    """The third picture does not fit: the kernel itself refuses to let the file grow."""
    honest, writes = Path.write_bytes, itertools.count()

    def full(*arguments):
        if next(writes) == 3:
            resource.setrlimit(resource.RLIMIT_FSIZE, (64, resource.RLIM_INFINITY))
        try:
            return honest(*arguments)
        finally:
            unlimited = (resource.RLIM_INFINITY, resource.RLIM_INFINITY)
            resource.setrlimit(resource.RLIMIT_FSIZE, unlimited)

    monkeypatch.setattr(Path, "write_bytes", full)
    with pytest.raises(SystemExit, match=r"Can't write .*000002.png: File too large; once"):
        main(tiny_model)
    assert len(contents(tmp_path / "out")) == 2 and not list((tmp_path / "out").glob(".*"))
    main(tiny_model)
    assert len(contents(tmp_path / "out")) == 4


def test_the_same_model_by_another_path_completes_the_samples(tiny_model, tmp_path, monkeypatch):
    main(tiny_model)
    monkeypatch.chdir(tmp_path)
    main([*tiny_model, "--model", "./model", "--num_samples", "6"])
    assert len(contents(tmp_path / "out")) == 6
    DDPMPipeline(tiny_unet(layers_per_block=2), DDPMScheduler()).save_pretrained("model")
    with pytest.raises(SystemExit, match="holds samples with another network, weights"):
        main(tiny_model)


def test_one_file_holds_them_all(samples, tmp_path):
    sample(tmp_path / "out", "--format", "npz")
    pictures = np.load(tmp_path / "out" / "samples.npz")["arr_0"]
    assert pictures.shape == (10, 32, 32, 3) and pictures.dtype == np.uint8
    for i, picture in enumerate(pictures):
        assert np.array_equal(picture, np.asarray(Image.open(samples / f"{i:06d}.png")))


def test_a_run_killed_at_its_very_end_leaves_one_file(tiny_model, tmp_path):
    """Killed after its file was written, before the pieces were removed; and started again."""
    one_file = [*tiny_model, "--format", "npz"]
    main(one_file)
    out = tmp_path / "out"
    assert not (out / ".parts").exists()
    (out / ".parts").mkdir()
    (out / ".parts" / "000000.npy").touch()
    main(one_file)
    assert sorted(path.name for path in out.iterdir()) == ["samples.npz", "sampling.json"]


@pytest.mark.parametrize(
    ("scheduler", "flags"),
    [
        ("DDIM", ()),
        ("DPMSolverMultistep", ()),
        ("DPMSolverSinglestep", ("--max_timestep", "1000")),
        ("DDPM", ("--timestep_spacing", "quadratic")),
    ],
)
def test_another_scheduler_by_name(tmp_path, scheduler, flags):
    drawn(tmp_path / "out", "--scheduler", scheduler, "--num_samples", "4", *flags)
    assert len(contents(tmp_path / "out")) == 4


def test_steps_begin_where_they_are_told(tmp_path):
    pipe = DDPMPipeline(tiny_unet(), DDPMScheduler(2000))
    pipe.save_pretrained(tmp_path / "model")
    where = ("--model", str(tmp_path / "model"), "--output_dir", str(tmp_path / "out"))
    main([*where, *FLAGS, "--num_samples", "4", "--backend", "eager", "--max_timestep", "1240"])
    by_hand = [1240, 1033, 826, 620, 413, 206]
    drawn = pipe(4, image_generators(3, range(4)), timesteps=by_hand).images
    for i, picture in enumerate(drawn):
        file = np.asarray(Image.open(tmp_path / "out" / f"{i:06d}.png")).astype(int)
        assert np.abs(np.asarray(picture) - file).max() <= 1


def test_a_solver_with_noise_in_each_step(tmp_path):
    flags = ("--scheduler", "DPMSolverMultistep", "--max_timestep", "1480", "--num_samples", "4")
    drawn(tmp_path / "ode", *flags)
    drawn(tmp_path / "sde", *flags, "--algorithm_type", "sde-dpmsolver++")
    ode, sde = contents(tmp_path / "ode"), contents(tmp_path / "sde")
    assert len(sde) == 4 and not set(ode.values()) & set(sde.values())


def test_classes_come_one_after_the_other_or_one_alone(tmp_path):
    pipe = DDPMPipeline(tiny_unet(num_class_embeds=3), DDPMScheduler(), {0: "a", 1: "b"})
    pipe.save_pretrained(tmp_path / "model")

    def of_the_model(name, *flags):
        model = ("--model", str(tmp_path / "model"), "--output_dir", str(tmp_path / name))
        main([*model, *FLAGS, "--num_samples", "4", "--backend", "eager", *flags])
        return contents(tmp_path / name)

    every = of_the_model("all", "--guidance_scale", "2")
    b = of_the_model("b", "--guidance_scale", "2", "--class_label", "1")
    assert [every[name] == b[name] for name in sorted(b)] == [False, True, False, True]
    assert of_the_model("b", "--guidance_scale", "2", "--class_label", "b") == b
    for unknown in ("2", "c", "-1"):
        with pytest.raises(SystemExit, match=rf"{unknown} does not .*are 0\.\.1: a, b\."):
            of_the_model("c", "--class_label", unknown)


@pytest.mark.parametrize(
    ("flags", "variance", "asked"),
    [
        (("--noise_scale", "0.5"), "fixed_small", {"noise_scale": 0.5}),
        (("--variance_type", "fixed_large"), "fixed_large", {}),
        (
            ("--eta", "0.5", "--solver_order", "2"),
            "fixed_small",
            {"eta": 0.5, "solver_order": 2},
        ),
        (("--guidance_scale", "3"), "fixed_small", {"guidance_scale": 3.0}),
    ],
)
def test_a_flag_draws_what_the_pipelines_argument_draws(tmp_path, flags, variance, asked):
    plain, pipe = (
        DDPMPipeline(
            tiny_unet(num_class_embeds=3), DDPMScheduler(variance_type=kind), {0: "a", 1: "b"}
        )
        for kind in ("fixed_small", variance)
    )
    plain.save_pretrained(tmp_path / "model")
    where = ("--model", str(tmp_path / "model"), "--output_dir", str(tmp_path / "out"))
    main([*where, *FLAGS, "--num_samples", "4", "--backend", "eager", *flags])
    by_hand, without = (
        p(4, image_generators(3, range(4)), 6, class_labels=[0, 1, 0, 1], **arguments).images
        for p, arguments in ((pipe, asked), (plain, {}))
    )
    for i, pictures in enumerate(zip(by_hand, without, strict=True)):
        file = np.asarray(Image.open(tmp_path / "out" / f"{i:06d}.png")).astype(int)
        near, far = (np.abs(np.asarray(p) - file).max() for p in pictures)
        assert near <= 1 < far


@pytest.mark.parametrize(
    ("name", "thresholding"), [("DDIM", False), ("DPMSolverMultistep", True), ("DDPM", False)]
)
def test_another_scheduler_keeps_pictures_in_their_range(tmp_path, name, thresholding):
    DDPMPipeline(tiny_unet(), DDPMScheduler(clip_sample=False)).save_pretrained(tmp_path)
    asked = SampleConfig(str(tmp_path), num_inference_steps=6, scheduler=name)
    config = load(asked).scheduler.config
    assert config.clip_sample and config.thresholding is thresholding


@pytest.mark.parametrize("changes", [{"class_embed_type": "timestep"}, {"size": None}])
def test_networks_that_cannot_be_drawn_with_are_refused(tmp_path, changes):
    DDPMPipeline(tiny_unet(**changes), DDPMScheduler()).save_pretrained(tmp_path / "model")
    with pytest.raises(SystemExit, match=r"numbered classes|images is unknown"):
        main(["--model", str(tmp_path / "model"), "--output_dir", str(tmp_path / "out"), *FLAGS])


def test_a_spacing_that_the_scheduler_does_not_know_is_left_or_refused(tmp_path):
    pipe = DDPMPipeline(tiny_unet(), DDPMScheduler(timestep_spacing="quadratic"))
    pipe.save_pretrained(tmp_path / "model")
    pipe.with_scheduler(diffusers.DDIMScheduler()).save_pretrained(tmp_path / "ddim")

    def of(model, *flags):
        where = ("--model", str(tmp_path / model), "--output_dir", str(tmp_path / "out"))
        main([*where, *FLAGS, "--num_samples", "1", "--backend", "eager", *flags])

    of("model", "--scheduler", "DDIM")
    with pytest.raises(SystemExit, match="quadratic is not for DDIMScheduler: it knows leading,"):
        of("ddim", "--timestep_spacing", "quadratic")
    with pytest.raises(SystemExit, match="SinglestepScheduler: it has a spacing of its own"):
        of("model", "--scheduler", "DPMSolverSinglestep", "--timestep_spacing", "leading")


@pytest.mark.parametrize(
    ("flags", "sentence"),
    [
        (("--model", "nowhere"), "Can't load --model 'nowhere'"),
        (("--num_inference_steps", "2001"), "must be in 1..2000"),
        (("--scheduler", "Magic"), "--scheduler must be one of DDIM, DDPM"),
        (("--class_label", "3"), "--class_label 3 does not fit the model: it has no classes"),
        (("--guidance_scale", "2"), "The model was not trained for --guidance_scale"),
        (("--scheduler", "DDIM", "--timestep_spacing", "quadratic"), "quadratic is not for DDIM"),
        (("--max_timestep", "4"), "--max_timestep must be in 5..1999; got 4."),
        (("--max_timestep", "9", "--timestep_spacing", "visible"), "omit --max_timestep."),
        (("--scheduler", "DDIM", "--timestep_spacing", "visible"), "visible is not for DDIM"),
        (
            ("--scheduler", "DDIM", "--max_timestep", "9"),
            "is not for DDIMScheduler: it sets its own",
        ),
        (
            ("--scheduler", "DPMSolverMultistep", "--num_inference_steps", "1000"),
            "would begin its 1000 steps at t = 1000 of 2000: give fewer",
        ),
        (
            ("--scheduler", "PNDM", "--num_inference_steps", "1"),
            "PNDMScheduler can't take 1 steps:",
        ),
        (("--scheduler", "DDIM", "--variance_type", "fixed_large"), "is for DDPM, not for DDIM"),
        (("--scheduler", "DDIM", "--noise_scale", "0"), "is for DDPM, not for DDIM"),
        (("--scheduler", "DDIM", "--solver_order", "2"), "is for DDPM, not for DDIM"),
        (("--scheduler", "EDMEuler", "--model", "nowhere"), "--scheduler must be one of DDIM"),
        (("--algorithm_type", "dpmsolver++"), "is for DPM-Solvers, not for DDPMScheduler"),
        (("--num_samples", "0"), "--num_samples must be at least 1"),
        (("--output_dir", "tests"), "is not empty and holds no samples"),
    ],
)
def test_mistakes_get_a_sentence(tmp_path, capsys, flags, sentence):
    with pytest.raises(SystemExit) as caught:
        drawn(tmp_path / "out", *flags)
    said = caught.value.code
    assert isinstance(said, str), "a sentence: status 1"
    said += capsys.readouterr().err
    assert sentence in said.replace("│\n│ ", "") and "Traceback" not in said


def test_samples_of_other_settings_are_not_mixed(samples):
    said = sample(samples, "--seed", "4", expect=1)
    assert "holds samples with another seed" in said
