"""What the documents say can be typed, and where their links lead."""

import re
import runpy
import shlex
from functools import partial
from itertools import pairwise
from pathlib import Path

import pytest

from ddpm_hf.cli import options
from ddpm_hf.demo.static.command import StaticConfig
from ddpm_hf.evaluation.config import from_groups as evaluation_flags
from ddpm_hf.hub.push import PushConfig
from ddpm_hf.hub.space import SpaceConfig
from ddpm_hf.sampling.config import from_groups as sampling_flags
from ddpm_hf.serve import DemoConfig
from ddpm_hf.training.config import from_groups as training_flags
from ddpm_hf.training.config import parse_config

ROOT = Path(__file__).parents[1]
DOCUMENTS = [
    *(ROOT / name for name in ("README.md", "README.zh.md", "CONTRIBUTING.md")),
    *sorted((ROOT / "docs").glob("*.md")),
]
COMMANDS = {
    r"accelerate launch .*train_accelerate\.py": parse_config,
    r"uv run train_accelerate\.py": parse_config,
    r"accelerate launch -m ddpm_hf\.sample": partial(options, sampling_flags, "ddpm_hf.sample"),
    r"accelerate launch -m ddpm_hf\.evaluate": partial(
        options, evaluation_flags, "ddpm_hf.evaluate"
    ),
    r"python -m ddpm_hf\.hub space": partial(options, SpaceConfig, "ddpm_hf.hub space"),
    r"python -m ddpm_hf\.hub": partial(options, PushConfig, "ddpm_hf.hub"),
    r"python -m ddpm_hf\.demo\.static": partial(options, StaticConfig, "ddpm_hf.demo.static"),
}
"""What a command begins with, and what reads its flags."""
WITH_HELP = (
    training_flags,
    sampling_flags,
    evaluation_flags,
    PushConfig,
    SpaceConfig,
    DemoConfig,
)
OTHERS = (
    r"git |pip |\. \.venv/bin/activate$|python (app\.py|-m http\.server|docs/)|gradio|hf |ddpm-|"
    r"pytest |[A-Z_]+=\S+ make "
)


def typed(text):
    """The commands of a document's shell blocks, without comments, a line each."""
    for block in re.findall(r"```bash\n(.*?)```", text, re.S):
        for line in block.replace("\\\n", " ").splitlines():
            if command := line.split("  #")[0].strip():
                yield command


def anchors(text):
    """The anchors of a document's headings, as GitHub and the Hub make them."""
    headings = re.findall(r"^#+ (.*)$", text, re.M)
    return {re.sub(r"[^\w\- ]", "", h.lower()).replace(" ", "-") for h in headings}


def said():
    """The commands of the documents, and the example of each command's help."""
    examples = re.compile(r"Example: (.*?)(?:\n\n|\Z)", re.S)
    shown = (examples.search(kind.__doc__)[1] for kind in WITH_HELP)
    helps = (" ".join(example.replace("\\\n", " ").split()) for example in shown)
    return [
        pytest.param(command, id=f"{path.name}: {command[:60]}")
        for path in DOCUMENTS
        for command in typed(path.read_text())
    ] + [pytest.param(command, id=f"--help: {command[:60]}") for command in helps]


def test_readme_is_short():
    assert len((ROOT / "README.md").read_text().splitlines()) <= 170


@pytest.mark.parametrize("command", said())
def test_every_command_is_understood(command, monkeypatch):
    monkeypatch.chdir(ROOT)
    command = re.sub(r"^([A-Z_]+=\S+ )+", "", command)
    for start, read in COMMANDS.items():
        if found := re.match(start + r"(.*)", command):
            flags = found[1].replace("…", "")
            if "out/config.json" not in flags:  # of a run that is yet to be
                read(shlex.split(flags))
            return
    if make := re.match(r"make (\w[\w-]*)", command):
        assert re.search(rf"^{make[1]}:", (ROOT / "Makefile").read_text(), re.M)
        return
    assert re.match(OTHERS, command), "nothing reads this"


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_every_link_leads_somewhere(document):
    text = document.read_text()
    for link in re.findall(r"\]\(([^)\s]+)\)", re.sub(r"```.*?```", "", text, flags=re.S)):
        path, _, anchor = link.partition("#")
        if "://" in link:
            continue
        file = document.parent / path if path else document
        assert file.exists(), link
        if anchor:
            assert anchor in anchors(file.read_text()), link


def test_readmes_script_runs(tmp_path, monkeypatch):
    (script,) = re.findall(r"```python\n(.*?)```", (ROOT / "README.md").read_text(), re.S)
    (tmp_path / "script.py").write_text(script.replace("=100", "=2"))
    monkeypatch.chdir(tmp_path)
    names = runpy.run_path("script.py")
    assert len(names["images"]) == 4 and (tmp_path / "cats.gif").stat().st_size > 1000


def test_the_chinese_readme_keeps_in_step():
    english, chinese = ((ROOT / name).read_text() for name in ("README.md", "README.zh.md"))
    assert list(typed(english)) == list(typed(chinese))
    for what in (r"^(#+) ", r"\]\(([^)]*\.(?:md|png|webp)[^)]*)\)", r"^\| `([\w-]+)`"):
        one, two = (re.findall(what, text, re.M) for text in (english, chinese))
        assert [x for x in one if x != "README.zh.md"] == [x for x in two if x != "README.md"]


@pytest.mark.parametrize("kind", WITH_HELP)
def test_the_help_fills_its_lines(kind, monkeypatch, capsys):
    """A line of a flag's help ends where the next word would not fit; the usage is one line."""
    monkeypatch.setenv("COLUMNS", "80")
    with pytest.raises(SystemExit):
        options(kind, "ddpm_hf.train", ["--help"])
    text = re.sub("[\u0300-\u036f]", "", capsys.readouterr().out)  # accents take no column
    _, *lines = (line.strip("│|") for line in text.splitlines())
    assert max(map(len, lines)) <= 80 and not any(x.rstrip().endswith("(default:") for x in lines)
    for line, following in pairwise(lines):
        column = len(following) - len(following.lstrip())
        if column > 5 and re.match(r"  \S", line[column - 2 :]):
            word = following[column:].split(" ")[0]
            assert len(line.rstrip()) + 1 + len(word) > 77, line


def test_the_shell_completes_flags(capsys):
    """As docs/training.md says."""
    with pytest.raises(SystemExit):
        parse_config(["--tyro-print-completion", "bash"])
    assert "--resume_from_checkpoint" in capsys.readouterr().out
