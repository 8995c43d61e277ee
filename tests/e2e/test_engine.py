"""The engine in headless Chromium: the pictures of `backend="eager"`, from static files."""

import numpy as np
import pytest
import torch

from ddpm_hf import DDPMPipeline, DDPMScheduler
from ddpm_hf.bundled import bundled_models
from tests.e2e.conftest import free_port
from tests.e2e.engine_page import EnginePages, run, sampled
from tests.e2e.windows import listened

pytestmark = pytest.mark.e2e

RUNS = {
    "β": (
        "cats-32",
        {"noise_scale": 0.5},
        {"noise_scale": 0.5, "variance": "large", "spacing": "quadratic"},
        {"variance_type": "fixed_large", "timestep_spacing": "quadratic"},
    ),
    "fast": (
        "cats-32-v",
        {"eta": 0.3, "solver_order": 2},
        {"eta": 0.3, "solver_order": 2, "spacing": "visible"},
        {"timestep_spacing": "visible"},
    ),
    "a class": (
        "fashion-28",
        {"class_labels": 7, "guidance_scale": 3.0, "eta": 0.5, "solver_order": 2},
        {"class_label": 7, "guidance_scale": 3, "eta": 0.5, "solver_order": 2},
        {},
    ),
}
"""Model, arguments of the pipeline, settings of the page, changes of the scheduler's config."""


@pytest.fixture(scope="module")
def engine_pages():
    serving = EnginePages(free_port())
    yield serving
    serving.close()


@pytest.fixture
def page(engine_pages, browser):
    context = browser.new_context()
    opened = listened(context.new_page())
    opened.goto(engine_pages.url)
    yield opened
    away = [address for address in opened.requests if not address.startswith(engine_pages.url)]
    context.close()
    assert not (away or opened.errors), (away, opened.errors)


def by_eager(model, seed, number, steps, settings=None, scheduler=None):
    """The pipeline's own pictures, as the page's: grey repeated."""
    pipe = DDPMPipeline.from_pretrained(model)
    pipe = pipe.with_scheduler(
        DDPMScheduler.from_config(pipe.scheduler.config, **(scheduler or {}))
    )
    pipe.set_progress_bar_config(disable=True)
    generator = torch.Generator().manual_seed(seed)
    images = pipe(number, generator, steps, backend="eager", **(settings or {})).images
    return np.stack([np.asarray(image.convert("RGB")) for image in images])


def assert_alike(pictures, expected):
    """Within one grey level; says how many values differ at all."""
    assert pictures.shape == expected.shape
    distance = np.abs(pictures.astype(int) - expected)
    print(f"{np.count_nonzero(distance)} of {distance.size} values differ, by {distance.max()}")
    assert distance.max() <= 1


@pytest.mark.parametrize("name", RUNS)
def test_draws_what_eager_draws(page, name):
    model, settings, asked, scheduler = RUNS[name]
    pictures = sampled(page, model, seed=2**31 - 1, number=3, steps=12, **asked)
    assert_alike(pictures, by_eager(model, 2**31 - 1, 3, 12, settings, scheduler))


@pytest.mark.soak
@pytest.mark.parametrize("number", [1, 4])
@pytest.mark.parametrize("seed", [0, 2**31 - 1])
@pytest.mark.parametrize("name", [*bundled_models(), *RUNS])
def test_draws_what_eager_draws_each_way(page, name, seed, number):
    model, settings, asked, scheduler = RUNS.get(name, (name, {}, {}, {}))
    pictures = sampled(page, model, seed=seed, number=number, steps=50, **asked)
    assert_alike(pictures, by_eager(model, seed, number, 50, settings, scheduler))


@pytest.mark.soak
def test_draws_what_eager_draws_in_250_steps(page):
    assert_alike(
        sampled(page, "cats-32", seed=1, number=1, steps=250), by_eager("cats-32", 1, 1, 250)
    )


def test_a_run_asks_for_its_plan_alone_and_weights_are_fetched_once(page):
    run(page, "globalThis.model = await engine.load('models/cats-32/'); await model.warm(2);")
    page.requests.clear()
    run(page, "await model.sample({ steps: 10, number: 2 });")
    assert [address.rsplit("/", 1)[1] for address in page.requests] == ["10-even.json"]
    page.requests.clear()
    run(page, "await model.sample({ steps: 10, number: 2, seed: 1 });")
    assert page.requests == []
    run(page, "await engine.load('models/cats-32/');")
    assert page.requests and not any(".safetensors?" in address for address in page.requests)


STEPS = """
const model = await engine.load("models/cats-32/");
const whole = await model.sample({ steps: 10, seed: 5, number: 2 });
const seen = [];
"""
AGAIN = """
const again = await model.sample({ steps: 10, seed: 5, number: 2 });
return { seen, same: again.pixels.every((value, i) => value === whole.pixels[i]) };
"""


def test_the_steps_lead_from_noise_to_the_pictures(page):
    script = STEPS + (
        """
    let before = engine.normal(5, 2 * 3072), last, follows = true;
    for await (const step of model.stream({ steps: 10, seed: 5, number: 2 })) {
      follows &&= step.x_t.every((value, i) => value === before[i]);
      before = last = step.sample;
      seen.push([step.index, step.t, step.total, step.count]);
    }
    const pixels = engine.toPixels(last, model);
    const same = follows && pixels.every((value, i) => value === whole.pixels[i]);
    return { seen, same };
    """
    )
    told = run(page, script)
    assert told["same"]
    assert told["seen"] == [[i, 1801 - 200 * i, 10, 2] for i in range(10)]


def test_a_run_that_is_left_or_stopped_leaves_the_next_as_it_was(page):
    told = run(
        page,
        STEPS
        + """
    for await (const step of model.stream({ steps: 100 })) if (step.index === 2) break;
    const stop = new AbortController();
    try {
      for await (const step of model.stream({ steps: 2000, number: 2, signal: stop.signal }))
        if (step.index === 3) setTimeout(() => stop.abort());
    } catch (error) { seen.push(error.name); }
    try { await model.sample({ signal: stop.signal }); }
    catch (error) { seen.push(error.name); }
    """
        + AGAIN,
    )
    assert told == {"seen": ["AbortError", "AbortError"], "same": True}


def test_two_runs_at_once_do_not_disturb_each_other(page):
    told = run(
        page,
        STEPS
        + """
    const settings = [{ steps: 10, seed: 5, number: 2 }, { steps: 20, number: 3 }];
    const [one] = await Promise.all(settings.map((each) => model.sample(each)));
    seen.push(one.pixels.every((value, i) => value === whole.pixels[i]));
    """
        + AGAIN,
    )
    assert told == {"seen": [True], "same": True}


def test_a_worker_that_fails_ends_its_run_alone(page):
    told = run(
        page,
        STEPS
        + """
    const plan = structuredClone(await model.plan("10-even"));
    plan.mean[7] = null;
    try {
      for await (const step of model.stream({ plan, number: 2 })) seen.push(step.index);
    } catch (error) { seen.push(error.name); }
    """
        + AGAIN,
    )
    *steps, name = told["seen"]
    # The other worker may not have come as far as the one that failed.
    assert steps == [*range(len(steps))] and 5 <= len(steps) <= 7 and name == "WorkerError"
    assert told["same"]


CAUGHT = """
try { const model = await engine.load("models/cats-32/"); await model.sample(args[0]); }
catch (error) { return [error.name, error.part ?? null, error.message]; }
"""


def test_what_is_wrong_with_a_run_is_said_in_a_sentence(page):
    for settings, sentence in [
        ({"number": 0}, "number must be at least 1; got 0."),
        ({"class_label": 3}, "This model has no classes: leave class_label out."),
        ({"guidance_scale": 2}, "This model was not trained for guidance"),
        ({"seed": [1, 2], "number": 3}, "seed has 2 values for 3 pictures"),
        ({"variance": "huge"}, "variance must be one of small, large, none; got huge."),
        ({"latents": [0]}, "latents must have 3072 numbers"),
    ]:
        name, _, message = run(page, CAUGHT, settings)
        assert name == "RangeError" and sentence in message


def test_a_plan_that_python_refuses_is_told_in_its_words(page):
    name, _, message = run(page, CAUGHT, {"steps": 2001})
    assert (name, message) == (
        "FileError",
        "num_inference_steps must be in 1..2000, the trained steps; got 2001.",
    )
    page.errors.clear()  # the console tells of the 400


def test_no_webassembly_no_simd_no_workers(page):
    for change in (
        "WebAssembly = undefined",
        "WebAssembly.validate = () => false",
        "Worker = undefined",
    ):
        page.reload()
        page.evaluate(change)
        assert run(page, CAUGHT, {})[0] == "BrowserError"


def test_files_that_are_cut_short_or_not_there_or_of_another_kind(page):
    def answered(address, change):
        page.route(address, lambda route: route.fulfill(**change(route.fetch())))
        told = run(page, CAUGHT, {})
        page.unroute(address)
        return told[:2]

    def cut(response):
        return {"response": response, "body": response.body()[:100_000]}

    def another(response):
        return {"json": response.json() | {"downsample_padding": 0}}

    assert answered("**/*.safetensors?*", cut) == ["FileError", None]
    assert answered("**/unet/config.json", another) == ["UnknownModelError", "downsample_padding"]
    assert answered("**/model_index.json", lambda _: {"status": 404}) == ["FileError", None]
    assert answered("**/*.sha256", lambda _: {"body": "0" * 64}) == ["FileError", None]
    assert answered("**/kernels.wasm", lambda _: {"status": 404})[0] == "FileError"
    assert answered("**/engine/worker.js", lambda _: {"body": "nonsense("})[0] == "WorkerError"
    assert run(page, CAUGHT, {"steps": 10}) is None, "what was broken was not kept"
    page.errors.clear()  # the console tells of the 404
