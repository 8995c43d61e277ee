"""Generate, Stop, another seed, another model: in any order the page tells what is the case."""

import threading

import pytest

from ddpm_hf.demo.service.models import Models
from tests.e2e.views import next_frames

pytestmark = [pytest.mark.e2e, pytest.mark.slow]

STEPS = 2000
PATIENCE = 15
"""Seconds: less than a run takes on the slowed network, unless it is stopped."""
ACT = """
async (action) => {
  const find = (selector) => document.querySelector(selector);
  const film = find("#player [data-part=filmstrip]"), button = find("#generate");
  const script = () => find("#script .cm-content").textContent;
  const end = performance.now() + PATIENCE;
  const until = async (holds, what) => {
    while (!holds()) {
      if (performance.now() > end) throw new Error(`${action}: no ${what}`);
      await new Promise(requestAnimationFrame);
    }
  };
  if (action === "generate") {
    const { run } = film.dataset;
    button.click();
    await until(() => film.dataset.run !== run, "frames of another run");
  } else if (action === "stop") {
    find("#stop").click();
    await until(() => !("running" in button.dataset), "end");
  } else if (action === "another seed") {
    const box = find("#seed input"), before = script();
    box.value = Number(box.value) + 1;
    box.dispatchEvent(new Event("input", { bubbles: true }));
    await until(() => script() !== before, "other seed");
  } else if (action === "another model") {
    const box = find("#model input"), before = script();
    box.focus();
    await until(() => find("#model [role=option][aria-selected=false]"), "models");
    find("#model [role=option][aria-selected=false]").dispatchEvent(
      new MouseEvent("mousedown", { bubbles: true }));
    await until(() => script() !== before, "other model");
    box.blur();
  } else if (action === "wait for frames") {
    const { frames } = find("[data-frames]").dataset;
    await until(() => find("[data-frames]").dataset.frames !== frames, "more frames");
  }
  return {
    running: "running" in button.dataset,
    status: find("#player [data-part=status]").textContent,
    run: film.dataset.run,
    frames: find("[data-frames]")?.dataset.frames,
    seed: Number(find("#seed input").value),
    model: find("#model input").value,
    shown: Object.fromEntries(new URL(location).searchParams),
  };
}
""".replace("PATIENCE", str(1000 * PATIENCE))
"""One of a person's acts, until the page has answered; and then what she sees."""


def acting(page):
    """Does what a person does, on a page that shows a run which was stopped."""
    page.locator("#steps input[type=number]").fill(str(STEPS))
    page.locator("#number input[type=number]").fill("1")

    def act(action):
        return page.evaluate(ACT, action)

    act("generate")
    act("stop")
    return act


def until_idle(demo):
    """No run is on, or waits, on the server."""
    for _ in range(PATIENCE * 50):
        if not any(demo._queue.active_jobs) and len(demo._queue) == 0:
            return
        threading.Event().wait(0.02)
    raise AssertionError("a run goes on that was stopped")


ACTIONS = ("stop", "generate", "another seed", "another model")


def walk(length):
    """All sequences of this many acts, each running into the next (de Bruijn's)."""
    way, met = [ACTIONS[0]] * (length - 1), set()
    while len(met) < len(ACTIONS) ** length:
        nexts = [(*way[len(way) - length + 1 :], action) for action in reversed(ACTIONS)]
        met.add(new := next(sequence for sequence in nexts if sequence not in met))
        way.append(new[-1])
    return way


def check_walk(act, length, check_stopped):
    """After each act the page tells what is the case. check_stopped() is called after each stop."""
    before, runs_with, so_far = act("look"), None, []
    for action in walk(length):
        seen = act(action)
        so_far.append(action)
        if action == "generate":
            runs_with = {"seed": str(before["seed"]), "model": before["model"]}
        elif action == "stop":
            runs_with = None
            check_stopped()
        else:
            assert seen["run"] == before["run"], so_far
            if runs_with:
                act("wait for frames")
        assert seen["running"] == bool(runs_with), so_far
        assert ("Sampling" if runs_with else "Stopped") in seen["status"], so_far
        if runs_with:
            assert seen["shown"].items() >= runs_with.items(), so_far
        before = seen


@pytest.mark.parametrize("length", [2, pytest.param(3, marks=pytest.mark.soak)])
def test_after_any_sequence_the_last_start_or_stop_counts(tiny, visit, monkeypatch, length):
    monkeypatch.setattr(Models, "_load", lambda models, name: tiny.pipeline)
    page = visit()
    tiny.network.slow()
    check_walk(acting(page), length, lambda: until_idle(tiny.demo))


def test_after_any_sequence_the_last_start_or_stop_counts_in_the_browser(visit_trained):
    page = visit_trained()
    act = acting(page)

    def at_rest():
        before = act("look")["frames"]
        next_frames(page)
        assert act("look")["frames"] == before, "a run goes on that was stopped"

    check_walk(act, 2, at_rest)
    assert "Runs in your browser" in page.locator("#player [data-part=place]").inner_text()
