"""The command line of `python -m ddpm_hf.demo.static`."""

import argparse
import shutil
from pathlib import Path, PurePosixPath

from ddpm_hf.cli import command_line
from ddpm_hf.errors import UserError

MARK = "index.html"
"""A folder with this file may be an earlier page."""


def write(files: dict[str, bytes], folder: Path) -> None:
    """Put the files there, in place of those of an earlier time.

    Raises UserError if the folder holds something else.
    """
    if folder.exists() and not folder.is_dir():
        raise UserError(f"{folder} is a file: name a folder.")
    if folder.is_dir() and any(folder.iterdir()) and not (folder / MARK).exists():
        raise UserError(f"{folder} holds something else: name a new folder.")
    for name in {PurePosixPath(path).parts[0] for path in files if "/" in path}:
        shutil.rmtree(folder / name, ignore_errors=True)
    for path, content in files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(content)


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(
        "ddpm_hf.demo.static", description="The page as a folder of plain files."
    )
    parser.add_argument("folder", type=Path, metavar="OUT", help="the folder; made if need be")
    parser.add_argument(
        "--gradio_page", metavar="URL", help="a page with a server, to link to for the rest"
    )
    asked = parser.parse_args()
    with command_line("ddpm_hf.demo.static", "Stopped; start it again."):
        from ddpm_hf.demo.static.folder import contents

        files = contents(asked.gradio_page)
        write(files, asked.folder)
        print(
            f"{sum(map(len, files.values())):,} bytes in {len(files)} files in {asked.folder}."
            f" To look at it: python -m http.server -d {asked.folder}"
        )
