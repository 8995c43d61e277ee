"""What a static Space is made of: the page as plain files, which every account may publish."""

import re
import subprocess
import sys
import tempfile
from pathlib import Path

from huggingface_hub import constants

from ddpm_hf.errors import UserError
from ddpm_hf.hub import space_files

KEPT_KEYS = ("title", "emoji", "colorFrom", "colorTo", "short_description", "license")
"""Of the front matter of README; the rest is about Gradio."""
README = """---
{front_matter}
sdk: static
app_file: index.html
tags:
  - diffusion
  - ddpm
  - education
---

The page of ddpm_hf as plain files: the network runs in the visitor's own browser.
"""


def readme(own: str) -> str:
    """The Space's README, with the front matter that the clone's README shares with it."""
    lines = re.findall(rf"^(?:{'|'.join(KEPT_KEYS)}): .*$", own.split("\n---\n")[0], re.M)
    return README.format(front_matter="\n".join(lines))


def contents(gradio_space: str | None) -> dict[str, bytes]:
    """Every file of the Space: path → content. gradio_space: one to link to for the rest.

    Raises UserError where the page can't be written.
    """
    link = [] if gradio_space is None else [f"{constants.ENDPOINT}/spaces/{gradio_space}"]
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "ddpm_hf.demo.static", folder]
        made = subprocess.run(
            [*command, *(f"--gradio_page={address}" for address in link)],
            capture_output=True,
            text=True,
            check=False,
        )
        if made.returncode:
            why = "".join(made.stderr.splitlines()[-1:])
            raise UserError(f"The page can't be written: {why.partition(': ')[2] or why}")
        paths = [path for path in Path(folder).rglob("*") if path.is_file()]
        files = {path.relative_to(folder).as_posix(): path.read_bytes() for path in paths}
    for name in ("LICENSE", "NOTICE"):
        files[name] = (space_files.ROOT / name).read_bytes()
    files["README.md"] = readme((space_files.ROOT / "README.md").read_text()).encode()
    return files
