"""The folder itself: the page, what it asks for, and its scripts, as path → content."""

import hashlib
import json
import re
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from diffusers.utils.logging import disable_progress_bar

from ddpm_hf.bundled import bundled_models
from ddpm_hf.demo.app import FIRST, SHOWN_FIRST, page
from ddpm_hf.demo.service.models import MODEL, Models
from ddpm_hf.demo.static import strings
from ddpm_hf.demo.static.command import MARK
from ddpm_hf.demo.static.controls import Writer
from ddpm_hf.demo.static.files import WRITTEN, answers
from ddpm_hf.demo.static.words import words
from ddpm_hf.demo.views.equations.view import CSS as NOTES_CSS
from ddpm_hf.demo.views.generate.choice import choose
from ddpm_hf.demo.views.jump.view import JUMPS_WITH
from ddpm_hf.demo.web import modules
from ddpm_hf.demo.web.engine.plan import FAST_STEPS, SAMPLERS
from ddpm_hf.demo.web.model_files import CONFIGS, name_ending
from ddpm_hf.demo.web.page import SHARED_CSS
from ddpm_hf.demo.web.theme import HEAD_CSS, THEME

_HERE = Path(__file__).parent
WORKER = "service-worker.js"
Files = dict[str, bytes]
"""Path below the folder → content."""


_ABOUT = '<div class="prose" id="about" data-html="static_about"></div>'


class _Page:
    """The Gradio page, taken apart."""

    def __init__(self, models: Models) -> None:
        self.models, self.blocks = models, page(models)
        self.writer = Writer(WRITTEN)
        self.body = self.writer.html(self.blocks)

    def named(self, elem_id: str) -> str:
        """The number of the block with this id."""
        return next(str(b._id) for b in self.blocks.blocks.values() if b.elem_id == elem_id)

    def events(self) -> str:
        """JavaScript: the list of the events that run in the page, as events.js takes it."""
        own: dict[int, Any] = {}
        for number, fn in self.blocks.fns.items():
            happens = fn.trigger_after is None or fn.trigger_after in own
            if fn.js and not fn.fn and happens:
                own[number] = fn
        places = {number: place for place, number in enumerate(own)}
        listed = [
            _event(
                [[str(block), name] for block, name in fn.targets if block is not None],
                [str(block._id) for block in fn.inputs],
                [str(block._id) for block in fn.outputs],
                fn.js,
                places.get(fn.trigger_after),
            )
            for fn in own.values()
        ]
        return "[\n" + ",\n".join([*listed, self._choice()]) + "\n]"

    def _choice(self) -> str:
        """The event of another model, which the server has by Python."""
        model, *fitting = (
            self.named(name) for name in ("model", "steps", "class", "guidance", "model_banner")
        )
        asked = [model, *fitting[1:3]]
        script = modules.call("static/choice.js", "chosen", _choices(self.models))
        return _event([[model, "change"]], asked, [model, *fitting], script, None)


def _event(
    targets: list[list[str]], inputs: list[str], outputs: list[str], script: str, after: int | None
) -> str:
    about = {"targets": targets, "inputs": inputs, "outputs": outputs, "after": after}
    return f"{json.dumps(about)[:-1]}, run: {script}}}"


def _choices(models: Models) -> dict[str, Any]:
    """What choice.js needs to fit the controls to each model."""
    fitting: dict[str, dict[str, Any]] = {}
    for language in ("en", "zh"):
        request: Any = SimpleNamespace(headers={"accept-language": language})
        each = {name: choose(models, name, None, 1, request) for name in bundled_models()}
        fitting[language] = {name: updates[1:4] for name, updates in each.items()}
    refusals = {language: texts["model"] for language, texts in strings.PAGE.items()}
    return {"fitting": fitting, "refusals": refusals, "first": MODEL}


def _style(writer: Writer) -> str:
    """All styles: the theme's variables, Gradio's page of them, each view's."""
    theme = re.sub(r"@font-face \{.*?\}\s*", "", THEME._get_theme_css(), flags=re.S)
    folders = dict.fromkeys(view.folder for view in writer.pages)
    views = [(folder / "view.css").read_text() for folder in folders]
    own = [_HERE / "page.css", modules.ROOT / "web" / "theme.css", NOTES_CSS, HEAD_CSS]
    return "\n".join([theme, *(path.read_text() for path in own), SHARED_CSS, *views])


def _page_files(made: _Page, link: str | None) -> tuple[Files, str]:
    """What lies in the page's own folder, which has a digest in its name; and index.html."""
    writer = made.writer
    both = words(writer.markdown, link)
    files: Files = {f"words-{language}.json": _json(texts) for language, texts in both.items()}
    names = {view._id: view.elem_id or "languages" for view in writer.pages}
    for view in writer.pages:
        files[f"{names[view._id]}.json"] = _json({**view.props, "value": view.first_value})
    files["style.css"] = _style(writer).encode()
    files["math.woff2"] = (_HERE / "math.woff2").read_bytes()
    digest = hashlib.sha256(modules.VERSION.encode() + b"".join(files.values())).hexdigest()[:12]
    folder = f"page/{digest}"
    views = {
        str(view._id): {
            "module": f"modules/{modules.VERSION}/{view.module}",
            "props": f"{folder}/{names[view._id]}.json",
        }
        for view in writer.pages
    }
    told = {
        "words": {language: f"{folder}/words-{language}.json" for language in both},
        "files": views,
        "root": str(made.blocks._id),
    }
    start = f"../../modules/{modules.VERSION}/static/page.js"
    script = (
        f'import {{ start }} from "{start}";\n\n'
        f"start({{ ...{json.dumps(told)}, events: {made.events()} }});\n"
    )
    files["start.js"] = script.encode()
    index = (_HERE / "index.html").read_text() % {
        "language": (modules.ROOT / "web/address/language.js").read_text(),
        "dark": (_HERE / "dark.js").read_text(),
        "style": f"{folder}/style.css",
        "start": f"{folder}/start.js",
        "preloads": modules.preloads(("static/page.js", *FIRST), SHOWN_FIRST),
        "body": made.body + _ABOUT,
    }
    return {f"{folder}/{name}": content for name, content in files.items()}, index


def _json(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False, allow_nan=False).encode()


def contents(link: str | None = None) -> Files:
    """Every file of the folder. link: to a Gradio Space, for what this page can't do."""
    disable_progress_bar()
    made = _Page(Models())
    own, index = _page_files(made, link)
    scripts = {f"modules/{modules.VERSION}/{path}": text for path, text in modules.SERVED.items()}
    engine = f'export * from "./modules/{modules.VERSION}/web/engine/ddpm.js";\n'
    files = {**scripts, **own, **dict(answers()), MARK: index.encode(), "ddpm.js": engine.encode()}
    return {**files, WORKER: _worker(files)}


_FAST = re.escape(f"{FAST_STEPS}-visible{name_ending(**SAMPLERS['fast'])}")
FIRST_FILES = re.compile(
    rf"(?:modules|page|cats)/.*(?<!/edit\.run\.json)"
    rf"|models/(?:{MODEL}|{JUMPS_WITH})/(?:{'|'.join(map(re.escape, CONFIGS))}|.*\.sha256)"
    rf"|models/{MODEL}/plans/(?:(?:\d\d|100|250)-even(?:-eta0)?|{_FAST})\.json"
    rf"|models/{JUMPS_WITH}/plans/from-(?:700|1000)(?:-fast)?\.json"
)
"""What is kept at the first visit: all that each view needs, but for weights, training records
and the run that Edit shows at first.

They are kept when they are first asked for.
"""


def _worker(files: Files) -> bytes:
    version = hashlib.sha256(b"".join(files[path] for path in sorted(files))).hexdigest()[:12]
    told = {
        "VERSION": version,
        "FIRST": ["./", *sorted(filter(FIRST_FILES.fullmatch, files))],
    }
    return f"Object.assign(self, {json.dumps(told)});\n{(_HERE / WORKER).read_text()}".encode()
