"""What the demo's views read from the repository: the notes, the code, a training run."""

import ast
import re
from pathlib import Path

import pytest
import torch

from ddpm_hf import DDPMScheduler, equations
from ddpm_hf.demo.equations.cited import PACKAGE, cited
from ddpm_hf.demo.equations.words import VIEWS
from ddpm_hf.demo.player.course import course
from ddpm_hf.demo.training.record import read_course
from ddpm_hf.pipeline import PRETRAINED

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


def test_a_whole_function_is_shown_where_it_is_short():
    place = next(p for p in cited()["N6"] if p["file"] == "ddpm_hf/equations.py")
    assert isinstance(ast.parse(place["code"]).body[0], ast.FunctionDef)


def test_the_course_of_the_bundled_model():
    found = read_course(PRETRAINED / "cats-32")
    assert found["numbers"][-1] == 5500 and found["losses"][-1] < 0.02 < found["losses"][0]
    assert [grid["number"] for grid in found["grids"]][:2] == [630, 1260]
    assert found["by_t"] == []
    finished = found["finished"]
    assert finished["t"][0] == 1 and finished["t"][-1] == 2000
    assert finished["losses"] == sorted(finished["losses"], reverse=True)


def test_the_loss_by_t_is_read_where_the_run_kept_it(tmp_path):
    (tmp_path / "training.csv").write_text(
        "number,loss,seconds,loss_t0,loss_t1\n10,0.5,60,0.9,nan\n20,0.4,120,0.7,0.1\n"
    )
    found = read_course(tmp_path)
    assert found["by_t"] == [[0.9, None], [0.7, 0.1]] and found["minutes"] == [1, 2]
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
