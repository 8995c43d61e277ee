"""The command line of `python -m ddpm_hf.demo.static`."""

import shutil
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Annotated

import tyro

from ddpm_hf.cli import options, user_errors
from ddpm_hf.errors import UserError, first_sentence

MODULE = "ddpm_hf.demo.static"
MARK = "index.html"
"""A folder with this file may be an earlier page."""


@dataclass(frozen=True)
class StaticConfig:
    """Write the page as a folder of plain files, which any file server can serve."""

    folder: Annotated[Path, tyro.conf.Positional]
    """The folder; made if need be."""
    gradio_page: str | None = None
    """The address of a page with a server, to link to for what this one can't do."""


def write(files: dict[str, bytes], folder: Path) -> None:
    """Put the files there, in place of those of an earlier time.

    Raises UserError if the folder holds something else, or can't be written.
    """
    if folder.exists() and not folder.is_dir():
        raise UserError(f"{folder} is a file: name a folder.")
    try:
        if folder.is_dir() and any(folder.iterdir()) and not (folder / MARK).exists():
            raise UserError(f"{folder} holds something else: name a new folder.")
        for name in {PurePosixPath(path).parts[0] for path in files if "/" in path}:
            shutil.rmtree(folder / name, ignore_errors=True)
        for path, content in files.items():
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            (folder / path).write_bytes(content)
    except OSError as error:
        raise UserError(f"Can't write to {folder}: {first_sentence(error)}.") from error


def main(arguments: list[str] | None = None) -> None:
    """The command line."""
    config = options(StaticConfig, MODULE, arguments)
    with user_errors(MODULE):
        from ddpm_hf.demo.static.folder import contents  # needs packages of an extra

        files = contents(config.gradio_page)
        write(files, config.folder)
    print(
        f"{sum(map(len, files.values())):,} bytes in {len(files)} files in {config.folder}."
        f" To look at it: python -m http.server -d {config.folder}"
    )
