"""What pyproject.toml can't say: the description and the addresses that a package index shows.

DDPM_REPOSITORY in the environment is the repository's address, on GitHub or the Hub.
"""

import os
import re
from pathlib import Path

from setuptools import setup

REPOSITORY = os.environ.get("DDPM_REPOSITORY", "").rstrip("/")


def description(readme: str, repository: str) -> str:
    """README without a Space's front matter, and with the repository's files by their addresses.

    With no repository, pictures are left out and of links the text remains.
    """

    def absolute(match: re.Match[str]) -> str:
        picture, text, path = match.groups()
        if "://" in path:
            return match[0]
        if not repository:
            return "" if picture else text
        raw = "resolve" if repository.startswith("https://huggingface.co/") else "raw"
        return f"{picture}[{text}]({repository}/{raw if picture else 'blob'}/main/{path})"

    body = re.sub(r"\A---\n.*?\n---\n+", "", readme, flags=re.S)
    return re.sub(r"(!?)\[([^]]*)\]\(([^)\s]+)\)", absolute, body)


def addresses(repository: str) -> dict[str, str]:
    """The project's addresses, by what they lead to."""
    paper = {"Paper": "https://arxiv.org/abs/2006.11239"}
    if not repository:
        return paper
    changes = f"{repository}/blob/main/CHANGELOG.md"
    return {"Repository": repository, "Changelog": changes, **paper}


setup(
    long_description=description(Path("README.md").read_text(encoding="utf-8"), REPOSITORY),
    long_description_content_type="text/markdown",
    project_urls=addresses(REPOSITORY),
    # `pip install -e .` then also works in the folder that the clone lies in: setuptools' default
    # lets the clone, which has the package's name, hide the package.
    options={"editable_wheel": {"mode": "compat"}},
)
