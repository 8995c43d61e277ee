"""The page of plain files: every view works below a path, in a frame, and without a network."""

import threading
from itertools import product

import numpy as np
import pytest
import torch
from PIL import Image
from playwright.sync_api import expect

pytest.importorskip("latex2mathml")

from ddpm_hf import DDPMPipeline, DDPMScheduler
from ddpm_hf.data.images import to_uint8
from ddpm_hf.demo.static.command import write
from ddpm_hf.demo.static.folder import contents
from ddpm_hf.demo.web.modules import VERSION
from ddpm_hf.demo.web.picture.picture import fitted
from ddpm_hf.equations import q_sample
from ddpm_hf.schedules import NoiseSchedule, linear_betas
from tests.e2e.static_page import (
    CHINESE,
    ENGLISH,
    kept_for_offline,
    open_view,
    served,
    visitor,
)
from tests.e2e.test_demo_accessibility import grave_faults
from tests.e2e.views import (
    BROKEN_PICTURES,
    DONE,
    PHONE,
    TABS,
    controls_on_paper,
    downloaded,
    generate,
    pixels,
    shots,
    slide,
    start_is_in_sight,
    tiled,
)

pytestmark = [pytest.mark.e2e, pytest.mark.slow]

WIDE = {"width": 1280, "height": 800}


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    """A server's folder, with the page below it."""
    root = tmp_path_factory.mktemp("site")
    write(contents("https://example.org/space"), root / "some" / "where")
    (root / "frame.html").write_text(
        '<link rel="icon" href="data:,">'
        '<iframe sandbox="allow-scripts allow-same-origin" width="1000" height="900"></iframe>'
        "<script>document.querySelector('iframe').src = location.hash.slice(1)</script>"
    )
    return root


@pytest.fixture(scope="module")
def site(root):
    with served(root) as site:
        yield site


@pytest.fixture(scope="module")
def url(site):
    return f"{site.url}some/where/"


def shown(page, name="noisy"):
    return pixels(page.locator(f"#player canvas[data-part={name}]"))


def eager(seed, number, steps, **how):
    pipe = DDPMPipeline.from_pretrained("cats-32")
    if "solver_order" in how:
        config = {**pipe.scheduler.config, "timestep_spacing": "visible"}
        pipe = pipe.with_scheduler(DDPMScheduler.from_config(config))
    generator = torch.Generator().manual_seed(seed)
    images = pipe(number, generator, steps, backend="eager", **how).images
    return [np.array(image.convert("RGB")) for image in images]


IN_CI = (CHINESE, "dark", PHONE)


@pytest.mark.parametrize(
    ("locale", "scheme", "viewport"),
    [
        pytest.param(*where, marks=() if where == IN_CI else pytest.mark.soak)
        for where in product((ENGLISH, CHINESE), ("light", "dark"), (WIDE, PHONE))
    ],
)
def test_all_views_work_and_are_accessible(browser, url, locale, scheme, viewport, tmp_path):
    """Open each view; pictures for a person to look at are in the folder."""
    rules = None if scheme == "light" else ["color-contrast"]  # no other goes by it
    with visitor(browser, locale=locale, color_scheme=scheme, viewport=viewport) as page:
        page.goto(url)
        for name in TABS:
            open_view(page, name)
            assert not grave_faults(page, rules), name
            assert not controls_on_paper(page), name
            assert page.evaluate("document.documentElement.scrollWidth") <= viewport["width"], name
            assert viewport != PHONE or start_is_in_sight(page, name), name
            page.screenshot(path=tmp_path / f"{name}.png", full_page=True)
        assert page.locator("html").get_attribute("lang") == ("en" if locale == ENGLISH else locale)
        away = [a for a in page.requests if not a.startswith((url, "data:", "blob:"))]
        assert not away, "a request left the folder"


def test_a_link_draws_what_a_script_draws_and_the_first_visit_is_light(browser, root, capsys):
    with served(root) as site, visitor(browser) as page:
        page.goto(f"{site.url}some/where/?seed=3&steps=10&number=4")
        page.wait_for_selector(DONE)
        difference = shown(page).astype(int) - tiled(eager(3, 4, 10))
        assert abs(difference).max() <= 1
        frames, durations = shots(downloaded(page, "apng", "ddpm-3.png"))
        assert durations == [40] * 10 + [2000]
        assert np.array_equal(frames[-1][::4, ::4], shown(page))
        kept_for_offline(page)
        weights = next(i for i, (path, _) in enumerate(site.sent) if ".safetensors?" in path)
        before = sum(size for _, size in site.sent[:weights])
        total = sum(size for _, size in site.sent)
        page.locator("#sampler").get_by_label("fast").check()
        expect(page.locator("#steps select")).to_have_value("12")
        generate(page)
        difference = shown(page).astype(int) - tiled(eager(3, 4, 12, eta=0.3, solver_order=2))
        assert abs(difference).max() <= 1
    with capsys.disabled():
        whole = sum(path.stat().st_size for path in (root / "some").rglob("*") if path.is_file())
        print(f"\nwhole: {whole:,}; a first visit: {total:,}, before the weights {before:,}")
    assert before < 600_000 and total < 7_000_000


def test_without_a_network_every_view_still_works(browser, url):
    with visitor(browser) as page:
        page.goto(f"{url}?seed=0&steps=10&number=1")
        page.wait_for_selector(DONE)
        first = shown(page)
        open_view(page, "jump")
        page.click("#jump-start")  # it has a model of its own
        page.wait_for_selector(f"#jump-row{DONE}")
        open_view(page, "training")
        open_view(page, "edit")
        recorded = f"modules/{VERSION}/web/recorded/edit.run.json"
        kept_for_offline(page, "training/cats-32.json", recorded)
        page.goto(f"{url}cats/1.png")  # not kept in the page's place
        page.context.set_offline(True)
        page.goto(f"{url}?seed=0&steps=10&number=1&lang=zh")
        page.wait_for_selector(DONE)
        assert np.array_equal(shown(page), first)
        for name in TABS:
            open_view(page, name)
        for name in ("jump", "noise"):
            open_view(page, name)
            if name == "noise":
                page.locator("#noise-steps select").select_option("10")
            page.click(f"#{name}-start")
            page.wait_for_selector(f"#{name}-row{DONE}")
        open_view(page, "training")
        page.get_by_role("radio", name="cats-64").check()
        expect(page.locator("#training_replay [data-part=loading]")).to_contain_text("请稍后再试")
        page.errors.clear()  # what the browser says of the record that is not there
        page.context.set_offline(False)


def test_what_is_on_its_way_when_the_worker_starts_is_kept_too(browser, root):
    recorded = f"modules/{VERSION}/web/recorded/edit.run.json"
    with served(root) as site, visitor(browser) as page:
        site.held[recorded] = threading.Event()
        page.goto(f"{site.url}some/where/?tab=edit")
        kept_for_offline(page)
        site.held[recorded].set()
        kept_for_offline(page, recorded)


@pytest.mark.soak
def test_it_works_in_a_sandboxed_frame_of_another_site(browser, url, site):
    other = site.url.replace("127.0.0.1", "localhost")
    with visitor(browser) as page:
        page.goto(f"{other}frame.html#{url}?seed=0%26steps=10%26number=1".replace("%26", "&"))
        frame = page.frame_locator("iframe")
        frame.locator(f"#player{DONE}").wait_for()
        for name in TABS:
            open_view(frame, name)


def test_the_views_work_with_numbers_that_python_wrote(browser, url, tmp_path):
    picture = Image.effect_noise((90, 60), 80).convert("RGB")
    picture.save(tmp_path / "own.png")
    with visitor(browser) as page:
        page.goto(f"{url}?tab=forward")
        open_view(page, "forward")
        cat = page.locator("#forward-picture canvas").evaluate("(canvas) => canvas.toDataURL()")
        page.locator("#forward-picture input[type=file]").set_input_files(tmp_path / "own.png")
        page.wait_for_function(
            "(cat) => document.querySelector('#forward-picture canvas').toDataURL() !== cat",
            arg=cat,
        )
        (tmp_path / "bad.png").write_text("no picture")
        page.locator("#forward-picture input[type=file]").set_input_files(tmp_path / "bad.png")
        refusal = page.locator("#forward-picture [data-part=refusal]")
        expect(refusal).to_contain_text("can't be read as a picture")
        assert not page.evaluate(BROKEN_PICTURES)
        page.locator("#forward-T select").select_option("500")
        expect(page.locator("#forward-page [data-part=verdict]")).to_contain_text("at T = 500")
        slide(page.locator("#forward-page [data-part=t]"), 100)
        schedule = NoiseSchedule.from_betas(linear_betas(500))
        noise = torch.randn(1, 3, 64, 64, generator=torch.Generator().manual_seed(0))
        expected = to_uint8(q_sample(schedule, fitted(picture, 64), noise, 100))
        drawn = pixels(page.locator("#forward-page [data-part=jump]")).astype(int)
        assert abs(drawn - expected[0].permute(1, 2, 0).numpy()).max() <= 1

        open_view(page, "schedule")
        page.locator("summary", has_text="Schedule A").click()
        page.locator("#schedule-A-kind select").select_option("sigmoid")
        page.locator("#schedule-A-T select").select_option("4000")
        legend = page.locator("#schedule-page [data-part=legend]")
        expect(legend).to_contain_text("A · sigmoid · t = ")
        expect(legend).to_contain_text("/ 4000")
        page.locator("#schedule-A-kind select").select_option("laplace")
        expect(page.locator("#schedule-A-beta-T")).to_be_hidden()

        open_view(page, "equations")
        page.locator("a[href='#code-N4']").first.click()
        expect(page.locator("#equations_code dialog")).to_contain_text("def q_sample")


def test_the_controls_follow_the_model_the_link_and_the_keyboard(browser, url):
    with visitor(browser) as page:
        page.goto(f"{url}?model=fashion-28&class=7&guidance=3&lang=zh&steps=60")
        expect(page.locator("#class select")).to_have_value("7")
        expect(page.locator("#class select option:checked")).to_have_text("运动鞋")
        expect(page.locator("#guidance input[type=number]")).to_have_value("3")
        expect(page.locator("#steps select")).to_have_value("50")
        expect(page.locator("#steps [data-nearest]")).to_be_visible()
        page.locator("#steps select").select_option("25")
        expect(page.locator("#steps [data-nearest]")).to_be_hidden()
        expect(page.locator("#script")).to_contain_text("class_labels=7,")
        page.locator("#model select").select_option("cats-32")
        expect(page.locator("#class")).to_be_hidden()
        page.locator("[data-examples] button", has_text="9 × 50").click()
        expect(page.locator("#script")).to_contain_text("batch_size=9,")
        expect(page.locator("#number input[type=range]")).to_have_value("9")
        page.locator("#number input[type=number]").fill("")
        page.locator("#number input[type=number]").blur()
        for kind in ("number", "range"):
            expect(page.locator(f"#number input[type={kind}]")).to_have_value("9")
        page.goto(f"{url}?model=someone/other&seed=abc&number=3&steps=5000&lang=en")
        expect(page.locator("#model_banner")).to_contain_text("cats-32 draws instead")
        expect(page.locator("#number input[type=number]")).to_have_value("3")
        told = page.locator("#player [data-part=refusal]")
        expect(told).to_contain_text("Seed must be a whole number from 0 to 2147483647; got abc.")
        expect(told).to_contain_text("got 5000.")
        expect(page.locator("#steps select")).to_have_value("100")
        page.locator("[role=tab][aria-selected=true]").focus()
        page.keyboard.press("ArrowRight")
        page.keyboard.press("ArrowRight")
        expect(page.locator("#panel-jump")).to_be_visible()
        assert "tab=jump" in page.url
        page.go_back()
        expect(page.locator("#panel-forward")).to_be_visible()
        expect(page.locator("#about a")).to_have_attribute("href", "https://example.org/space")


def test_anyone_can_use_the_engine_at_the_top_of_the_folder(browser, url):
    with visitor(browser) as page:
        page.goto(url)
        drawn = page.evaluate(
            """async () => {
              const { load } = await import(new URL("ddpm.js", document.baseURI));
              const model = await load("models/cats-32/");
              const { pixels, count, width, height } = await model.sample({ seed: 5, steps: 10 });
              return { pixels: Array.from(pixels), shape: [count, height, width, 3] };
            }"""
        )
        picture = np.array(drawn["pixels"]).reshape(drawn["shape"])[0]
        assert abs(picture - eager(5, 1, 10)[0]).max() <= 1
