"""The examples run as they stand."""

import json
import re
import runpy
import sys
from pathlib import Path

import matplotlib.pyplot as plt
import pytest
from PIL import Image

from ddpm_hf import DDPMPipeline
from tests.pictures import picture
from tests.preloaded import preloaded

EXAMPLES = Path(__file__).parent.parent / "examples"


@pytest.mark.slow
def test_both_algorithms_fit_on_one_screen_and_draw(tmp_path, monkeypatch, capsys):
    script, drawn = EXAMPLES / "minimal.py", tmp_path / "minimal.png"
    assert len(script.read_text().splitlines()) <= 80
    small = ["--steps", "2", "--T", "20", "--size", "16", "--number", "4", "--output", str(drawn)]
    monkeypatch.setattr(sys, "argv", [str(script), *small])
    runpy.run_path(str(script), run_name="__main__")
    assert Image.open(drawn).size == (256, 256)
    assert capsys.readouterr().out == f"4 cats are in {drawn}.\n"


@pytest.mark.slow
def test_a_folder_of_pictures_becomes_a_model_and_an_animation(tmp_path):
    (tmp_path / "photos").mkdir()
    for seed in range(4):
        picture(seed=seed).save(tmp_path / "photos" / f"{seed}.png")
    model, drawn = tmp_path / "model", tmp_path / "drawn.gif"
    small = ["--steps", "2", "--size", "8", "--num_inference_steps", "4"]
    small += ["--model", model, "--output", drawn, "--resume_from_checkpoint", "latest"]
    script = EXAMPLES / "your_own_pictures.py"
    said, status = preloaded().run([script, tmp_path / "photos", *small])
    assert status == 0 and f"Noise becomes nine images in {drawn}." in said, said
    assert f"{model} has no checkpoint yet: starting from the first step." in said
    assert Image.open(drawn).n_frames == 5
    assert DDPMPipeline.from_pretrained(model).unet.config.sample_size == 8


@pytest.mark.slow
def test_the_tour_visits_every_statement_and_runs_from_top_to_bottom(monkeypatch, capsys):
    cells = json.loads((EXAMPLES / "guided_tour.ipynb").read_text())["cells"]
    told = ("".join(cell["source"]) for cell in cells if cell["cell_type"] == "markdown")
    assert re.findall(r"^### N(\d+)", "\n".join(told), re.M) == [str(n) for n in range(1, 18)]
    code = [cell for cell in cells if cell["cell_type"] == "code"]
    assert not any(cell["outputs"] for cell in code)
    plt.switch_backend("agg")
    names = {}
    for cell in code:
        exec("".join(cell["source"]), names)
        plt.close("all")
    assert names["x"].abs().max() < 1.01  # samples
    differences = re.findall(r"difference from N\d+: (.*)", capsys.readouterr().out)
    assert len(differences) == 2 and all(float(number) < 1e-5 for number in differences)
