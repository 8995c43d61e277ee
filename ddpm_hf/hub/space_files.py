"""What a Space is made of: the page's files out of a clone, and a requirements.txt of its own."""

import re
import subprocess
import tomllib
from pathlib import Path

from ddpm_hf.errors import UserError

ROOT = Path(__file__).parents[2]
"""The clone that this package lies in."""
SHOWN = ("README.md", "NOTES.md", "NOTES.zh.md", "LICENSE", "NOTICE", "app.py", "docs/", "ddpm_hf/")
"""What a Space gets of that which git tracks: the page, and what README shows."""
BUILDERS_OWN = ("gradio", "huggingface_hub")
"""Packages that a Space's builder installs itself, at versions of its choice."""


def tracked_files() -> list[str]:
    """The files for a Space, by their paths in the clone: only what git tracks.

    Raises UserError outside of a clone.
    """
    listed = subprocess.run(
        ["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    files = [name for name in listed.stdout.split("\0") if name.startswith(SHOWN)]
    if "app.py" not in files:
        raise UserError("A Space is made from a clone of ddpm_hf's repository: run this in one.")
    return [name for name in files if (ROOT / name).is_file()]


def requirements(hardware: str, torch_index: str | None = None) -> str:
    """The Space's requirements.txt: what the page imports, pinned as it is tested.

    torch_index: a package index with builds of torch for a CPU, without which pip takes one with
    2.7 GB of CUDA. OpenVINO is for a CPU, so a Space with a GPU goes without.
    """
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    wanted = [*project["dependencies"], *project["optional-dependencies"]["demo"]]
    names = [re.split(r"[^\w-]", line)[0] for line in wanted]
    pins = dict(re.findall(r"^([\w-]+)(==\S+)$", (ROOT / "requirements.txt").read_text(), re.M))
    unneeded = (*BUILDERS_OWN, *(() if hardware.startswith("cpu") else ("openvino",)))
    lines = [f"{name}{pins.get(name, '')}" for name in names if name not in unneeded]
    if torch_index is not None:
        lines.insert(0, f"--extra-index-url {torch_index}")
    return "".join(f"{line}\n" for line in lines)


def front_matter(readme: str, hardware: str) -> str:
    """README with `suggested_hardware` as the Space is asked for."""
    return re.sub(
        r"^suggested_hardware: .*$", f"suggested_hardware: {hardware}", readme, flags=re.M
    )


def contents(hardware: str, torch_index: str | None = None) -> dict[str, bytes]:
    """Every file of the Space: path → content."""
    files = {name: (ROOT / name).read_bytes() for name in tracked_files()}
    files["README.md"] = front_matter(files["README.md"].decode(), hardware).encode()
    files["requirements.txt"] = requirements(hardware, torch_index).encode()
    return files
