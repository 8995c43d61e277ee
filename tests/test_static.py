"""What the folder of the page holds: words, formulas, numbers, and events that have their parts."""

import html
import json
import re

import pytest

pytest.importorskip("latex2mathml")

from fontTools.ttLib import TTFont

from ddpm_hf.demo.static.command import write
from ddpm_hf.demo.static.files import WRITTEN
from ddpm_hf.demo.static.folder import contents
from ddpm_hf.demo.static.words import html_of, mathml
from ddpm_hf.demo.texts import EN, ZH
from ddpm_hf.demo.web.engine.plan import SAMPLERS
from ddpm_hf.demo.web.model_files import name_ending
from ddpm_hf.demo.web.modules import ROOT
from ddpm_hf.errors import UserError

pytestmark = pytest.mark.slow

ITALIC = {"A": 0x1D434, "a": 0x1D44E, "Α": 0x1D6E2, "α": 0x1D6FC}
"""Browsers draw a variable's letter by the italic one in these ranges of Unicode."""
DRAWN_BESIDE = "√"
"""What is drawn although it stands in no text."""


@pytest.fixture(scope="module")
def files():
    return contents()


@pytest.fixture(scope="module")
def index(files):
    return files["index.html"].decode()


def file(files, name):
    (path,) = [path for path in files if path.startswith("page/") and path.endswith(f"/{name}")]
    return files[path].decode()


def formulas():
    texts = [text for strings in (EN, ZH) for text in strings.values()]
    return [block or inline for text in texts
            for block, inline in re.findall(r"\$\$(.+?)\$\$|\$(.+?)\$", text, re.S)]  # fmt: skip


def as_drawn(letter):
    for first, italic in ITALIC.items():
        if 0 <= ord(letter) - ord(first) < 26:
            return chr(italic + ord(letter) - ord(first))
    return letter


def test_every_formula_becomes_mathml_that_the_font_can_draw():
    known = TTFont(ROOT / "static" / "math.woff2").getBestCmap()
    assert len(formulas()) > 150
    for formula in formulas():
        drawn = mathml(formula, "inline")
        text = html.unescape(re.sub(r"<[^>]+>", "", drawn))
        assert "\\" not in text and "<merror" not in drawn, formula
        variables = [html.unescape(name) for name in re.findall(r"<mi>([^<]+)</mi>", drawn)]
        wanted = {*text, *DRAWN_BESIDE, *(as_drawn(name) for name in variables if len(name) == 1)}
        assert not [c for c in wanted if not c.isspace() and ord(c) not in known], formula


def test_markdown_around_formulas_is_left_to_markdown():
    made = html_of("**a** $x_1$ and $y_2$\n\n$$z^*$$")
    assert made.startswith("<p><strong>a</strong> <math") and "<em>" not in made
    assert made.count("<math") == 3 and '<span class="formula"><math' in made


def test_every_text_on_the_page_has_its_words(files, index):
    for language in ("en", "zh"):
        words = json.loads(file(files, f"words-{language}.json"))
        plain = set(re.findall(r'data-(?:label-)?words="(\w+)"', index))
        assert plain <= set(words["texts"]), language
        assert set(re.findall(r'data-html="(\w+)"', index)) == set(words["html"]), language


def test_every_event_has_its_parts(files, index):
    script = file(files, "start.js")
    blocks = set(re.findall(r'data-block="(\d+)"', index))
    (root,) = re.findall(r'"root": "(\d+)"', script)
    events = re.findall(
        r'\{"targets": (.+?), "inputs": (.+?), "outputs": (.+?), "after": (\w+)', script
    )
    assert len(events) > 20
    for targets, inputs, outputs, after in events:
        touched = {*json.loads(inputs), *json.loads(outputs), *(b for b, _ in json.loads(targets))}
        assert touched <= blocks | {root}, touched - blocks
        assert json.loads(targets) or int(after) < len(events)


def test_a_slider_offers_what_was_written_and_stands_at_its_default(index):
    for name, values in WRITTEN.items():
        (options,) = re.findall(rf'id="{name}".*?<select[^>]*>(.*?)</select>', index)
        assert re.findall(r'value="([^"]+)"', options) == [str(value) for value in values], name
        assert options.count(" selected") == 1, name


def test_the_scripts_name_plans_as_python_does():
    script = (ROOT / "web" / "run" / "models.js").read_text()
    endings = re.search(r"SAMPLERS = \{ (.*) \};", script)[1]
    assert dict(re.findall(r'(\w+): "(.*?)"', endings)) == {
        name: name_ending(**how) for name, how in SAMPLERS.items()
    }


def test_all_that_the_service_worker_fetches_is_there(files):
    told = json.loads(files["service-worker.js"].decode().split(", ", 1)[1].split(");\n")[0])
    first, *rest = told["FIRST"]
    assert first == "./" and set(rest) <= set(files) and "index.html" not in rest, "kept once"
    assert not [path for path in rest if path.endswith(".safetensors")]
    plans = ("100-even", "100-even-eta0", "12-visible-eta0.3-order2")
    assert {f"models/cats-32/plans/{plan}.json" for plan in plans} <= set(rest)


def test_a_folder_with_something_else_is_left_alone(tmp_path):
    (tmp_path / "mine.txt").write_text("kept")
    with pytest.raises(UserError, match="holds something else"):
        write({"index.html": b""}, tmp_path)
    with pytest.raises(UserError, match=r"Can't write to .*: Not a directory"):
        write({"index.html": b""}, tmp_path / "mine.txt" / "below")
    with pytest.raises(UserError, match="is a file"):
        write({"index.html": b""}, tmp_path / "mine.txt")
    out = tmp_path / "out"
    write({"index.html": b"1", "page/1/a.js": b""}, out)
    write({"index.html": b"2", "page/2/a.js": b""}, out)
    assert sorted(p.name for p in (out / "page").iterdir()) == ["2"], "the earlier page is gone"
    assert (out / "index.html").read_bytes() == b"2"
