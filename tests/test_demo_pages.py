"""What the demo's views read from the repository: the notes, the code, a training run."""

import ast
import json
import re
from pathlib import Path

import gradio as gr
import numpy as np
import pytest
import torch
from starlette.applications import Starlette
from starlette.responses import HTMLResponse
from starlette.testclient import TestClient

from ddpm_hf import DDPMPipeline, DDPMScheduler, equations
from ddpm_hf.bundled import PRETRAINED
from ddpm_hf.data.images import to_uint8
from ddpm_hf.demo.views.equations.cited import PACKAGE, cited
from ddpm_hf.demo.views.equations.places import PLACES
from ddpm_hf.demo.views.equations.strings import VIEWS
from ddpm_hf.demo.views.generate.player.course import course
from ddpm_hf.demo.views.generate.player.player import chunks
from ddpm_hf.demo.views.schedule import strings
from ddpm_hf.demo.views.training.record import read_course
from ddpm_hf.demo.web.address.address import PageHead
from ddpm_hf.demo.web.engine.plan import SAMPLERS, run_plan
from ddpm_hf.demo.web.page import ROUTE, Page
from tests.conftest import tiny_unet
from tests.pictures import pixels_of

ROOT = Path(__file__).parent.parent


def rows(name):
    """Number → (formulas, functions) of a file of notes."""
    found = re.findall(r"^\| (N\d+) \|(.*)$", (ROOT / name).read_text(), re.M)
    return {
        n: (sorted(re.findall(r"\$(.+?)\$", row)), re.findall("`.+?`", row)) for n, row in found
    }


def test_the_notes_say_the_same_in_both_languages():
    english, chinese = rows("NOTES.md"), rows("NOTES.zh.md")
    assert list(english) == list(chinese) == [f"N{n}" for n in range(1, 18)] == list(VIEWS)
    for number in english:
        assert english[number] == chinese[number], number


def lines(name):
    """Of each line of the notes: its number, if it has one, and its place on the page."""
    table = (ROOT / name).read_text().rpartition("\n## ")[2]
    return re.findall(r"^\| .+? \| (N\d+|) \| `(.+?)` \| .+? \| .+? \|$", table, re.M)


def test_each_line_of_the_notes_has_a_place_on_the_page():
    found = lines("NOTES.md")
    assert found == lines("NOTES.zh.md") and len(found) == 47
    assert {place for _, place in found} == set(PLACES)
    assert {number for number, _ in found} == {"", *(f"N{n}" for n in range(1, 18))}


def test_each_statement_is_cited_where_it_says():
    places = cited()
    assert set(places) == {f"N{n}" for n in range(1, 18)}
    for number, found in places.items():
        for place in found:
            lines = (PACKAGE.parent / place["file"]).read_text().splitlines()
            assert f"({number})" in lines[place["line"] - 1]
            shown = place["code"].splitlines()
            assert shown == lines[place["first"] - 1 :][: len(shown)]
            assert place["first"] <= place["line"] < place["first"] + len(shown)
    assert any("def q_sample" in place["code"] for place in places["N4"])


def test_citations_are_found_wherever_the_package_lies(tmp_path, monkeypatch):
    package = tmp_path / "demo" / "ddpm_hf"
    for name in ("card.py", "evaluation/card.py", "demo/card.py"):
        (package / name).parent.mkdir(parents=True, exist_ok=True)
        (package / name).write_text("x = 1  # (N1)\n")
    monkeypatch.setitem(cited.__globals__, "PACKAGE", package)
    found = [place["file"] for place in cited()["N1"]]
    assert found == ["ddpm_hf/card.py", "ddpm_hf/evaluation/card.py"]


def test_a_whole_function_is_shown_where_it_is_short():
    place = next(p for p in cited()["N6"] if p["file"] == "ddpm_hf/equations.py")
    assert isinstance(ast.parse(place["code"]).body[0], ast.FunctionDef)


@pytest.mark.parametrize("kind", ["sample", "v_prediction"])
def test_the_player_shows_noise_whatever_the_network_predicts(kind):
    """The network knows x_0 = 0: all of x_t is noise."""
    unet, scheduler = tiny_unet(), DDPMScheduler(prediction_type=kind)

    def knows(module, args, output):
        alpha_bar = float(scheduler.schedule.alpha_bar(int(args[1]) + 1))
        return (args[0] * (0 if kind == "sample" else (alpha_bar / (1 - alpha_bar)) ** 0.5),)

    unet.register_forward_hook(knows)
    run = DDPMPipeline(unet, scheduler).stream(1, torch.Generator().manual_seed(0), 4)
    steps = list(run)
    first = next(chunks(steps, 4, scheduler))
    z_hat = pixels_of(first["data"])[:8, 16:]  # beside x_t and x̂_0
    t = steps[0].timestep + 1
    noise = steps[0].noisy_sample / float(scheduler.schedule.noise_var(t).sqrt())
    assert np.array_equal(z_hat, to_uint8(noise / 3)[0].permute(1, 2, 0).numpy())


def test_the_course_of_the_bundled_model():
    folder = PRETRAINED / "cats-32"
    found = read_course(folder)
    trained = json.loads((folder / "config.json").read_text())["max_train_steps"]
    assert found["numbers"][-1] == trained and found["losses"][-1] < 0.02 < found["losses"][0]
    assert [grid["number"] for grid in found["grids"]][:2] == [630, 1260]
    assert found["by_t"][0] == [] and len(found["by_t"][-1]) == 10, "kept from step 5,510 on"
    finished = found["finished"]
    assert finished["t"][0] == 1 and finished["t"][-1] == 2000
    assert finished["losses"] == sorted(finished["losses"], reverse=True)


def test_each_time_the_rate_has_fallen_to_0_the_loss_is_lower():
    """As the page says where a rate rises anew."""
    course = read_course(PRETRAINED / "cats-32")
    ends = [i + 1 for i, rate in enumerate(course["rates"]) if rate == 0]
    losses = [np.mean(course["losses"][end - 50 : end]) for end in ends]
    assert len(ends) == 3 and losses == sorted(losses, reverse=True)


def test_the_loss_by_t_is_read_where_the_run_kept_it(tmp_path):
    (tmp_path / "training.csv").write_text(
        "number,loss,learning_rate,seconds,loss_t0,loss_t1\n"
        "5,1,1e-3,9,,\n10,0.5,5e-4,60,0.9,nan\n20,0.4,0,120,0.7,0.1\n"
    )
    found = read_course(tmp_path)
    assert found["by_t"] == [[], [0.9, None], [0.7, 0.1]] and found["minutes"][1:] == [1, 2]
    assert found["rates"] == [1e-3, 5e-4, 0]
    assert found["finished"] == {}, "there is no report"


@pytest.mark.parametrize("kind", ["fixed_small", "fixed_large"])
def test_the_players_lines_are_those_of_the_run(kind):
    scheduler = DDPMScheduler(variance_type=kind)
    lines = course(scheduler, 50, {0, 20, 49}, noise_scale=0.5)
    scheduler.set_timesteps(50)
    plan = scheduler.timesteps
    t, s = int(plan[20]) + 1, int(plan[21]) + 1
    table = scheduler.schedule
    var = table.beta(s, t) if kind == "fixed_large" else equations.posterior_var(table, s, t)
    assert lines["sigma"][1] == pytest.approx(0.5 * float(var) ** 0.5, rel=1e-12)
    assert lines["weight_x0"][1] == float(equations.posterior_weights(table, s, t)[1])
    assert lines["root_alpha_bar"][1] == float(table.alpha_bar(t).sqrt())
    assert lines["sigma"][2] == 0, "the last step adds no noise"
    assert torch.tensor(lines["weight_x0"]).diff().min() > 0


@pytest.mark.parametrize("sampler", ["ddim", "fast"])
def test_the_players_lines_are_those_of_its_sampler(sampler):
    scheduler = DDPMScheduler()
    lines = course(scheduler, 12, set(range(12)), 1.0, sampler)
    made = run_plan(scheduler, 12, "even", **SAMPLERS[sampler])
    assert lines["sigma"] == pytest.approx(made["std"]["small"])
    assert lines["weight_xt"] == pytest.approx([weights[0] for weights in made["mean"]])
    assert lines["weight_x0"] == pytest.approx([sum(weights[1:]) for weights in made["mean"]])


def test_what_a_hidden_view_needs_is_fetched_when_it_is_opened():
    value = {"numbers": [1, 2, 3]}
    with gr.Blocks():
        view = Page(Path(strings.__file__).parent, strings.PAGE, value, is_later=True)
    assert not view.value and view.first_value == value
    client = TestClient(Starlette(routes=[ROUTE]))
    assert client.get(view.props["later"]).json() == value
    assert client.get("values/0.json").status_code == 404


def test_the_page_gets_its_head_and_goes_out_compressed():
    page = PageHead(HTMLResponse(f"<html><head>{'x' * 9999}</head></html>"), "<link more>")
    answer = TestClient(page).get("/")
    assert answer.headers["content-encoding"] == "gzip"
    assert "<html><head><script>" in answer.text
    assert 9999 * "x" + "<link more></head>" in answer.text
    assert int(answer.headers["content-length"]) < 1500
    assert "content-encoding" not in TestClient(page).get("/other").headers
