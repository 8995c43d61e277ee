"""The images of a local folder: every file in it, their splits and classes."""

import os
import re
from collections.abc import Callable, Sequence
from functools import cache
from pathlib import Path

from datasets.data_files import SPLIT_KEYWORDS
from PIL import Image as Pillow

from ddpm_hf.errors import as_text, first_ten

Tell = Callable[[str], object]
NOT_DECODED = {"BUFR", "GRIB", "HDF5", "MPEG", "WMF"}
"""Formats that Pillow knows and can't decode."""
WITH_PICTURES_INSIDE = (".parquet", ".arrow")
CARD_WITH_SPLITS = re.compile(r"^configs:", re.MULTILINE)
SPLITS = {
    str(split): re.compile(rf"(.*[-._ 0-9])?({'|'.join(names)})([-._ 0-9].*)?")
    for split, names in SPLIT_KEYWORDS.items()
}
"""How the folder of a split may be called, as datasets has it."""


def silent(_said: str) -> None:
    """A `Tell` for what has been said elsewhere."""


@cache
def _suffixes() -> frozenset[str]:
    """The endings of the formats that Pillow decodes."""
    known = Pillow.registered_extensions()  # and so all plugins
    decoded = {*Pillow.OPEN, "MPO"} - NOT_DECODED
    return frozenset(suffix for suffix, name in known.items() if name in decoded)


def named(paths: Sequence[str]) -> str:
    """How many files, and the first of them."""
    return f"{len(paths)} ({first_ten([as_text(path) for path in paths[:11]])})"


def list_files(folder: Path, tell: Tell) -> tuple[list[str], list[str]]:
    """The images in a folder and its subfolders, and the others; links are followed.

    As sorted paths from the folder on. Hidden images, and folders that are hidden (. or __) or
    lead back up, are among the others.
    """
    pictures, others = list[Path](), list[Path]()

    def unopened(error: OSError) -> None:
        tell(f"Can't open {as_text(str(error.filename))}: {error.strerror}; it is left out.")

    way = {folder: [folder.resolve()]}  # where each folder and those above it really lie
    for walked, folders, files in os.walk(folder, onerror=unopened, followlinks=True):
        here = Path(walked)
        for name in [*folders]:
            real = (here / name).resolve()
            way[here / name] = [*way[here], real]
            leads_back = any(above.is_relative_to(real) for above in way[here])
            if leads_back or name.startswith((".", "__")):
                folders.remove(name)
                others.append(here / name)
        for name in files:
            is_picture, is_hidden = Path(name).suffix.lower() in _suffixes(), name[0] == "."
            if is_picture or not is_hidden:
                (pictures if not is_hidden and is_picture else others).append(here / name)
    below = ([p.relative_to(folder).as_posix() for p in paths] for paths in (pictures, others))
    return sorted(next(below)), sorted(next(below))


def is_for_datasets(folder: Path, pictures: list[str], others: list[str], tell: Tell) -> bool:
    """Whether the folder's card tells its splits, or tables or archives hold the images."""
    card = folder / "README.md"
    if card.is_file() and CARD_WITH_SPLITS.search(card.read_text(errors="replace")):
        return True
    inside = [path for path in others if path.endswith(WITH_PICTURES_INSIDE)]
    inside = [path for path in inside if Path(path).name != "metadata.parquet"]
    if inside and pictures:
        tell(
            f"Left out beside {named(inside)}: images, {named(pictures)}."
            " --train_data_dir takes those."
        )
    archives = sum(".tar" in path for path in others)
    return bool(inside) or archives > len(pictures)


def _split(path: str) -> tuple[str, str] | None:
    """The split that one of a path's folders names, and the path below that; None without one."""
    folders = path.split("/")
    for depth, name in enumerate(folders[:-1], start=1):
        for split, pattern in SPLITS.items():
            if pattern.fullmatch(name):
                return split, "/".join(folders[depth:])
    return None


def splits_of(paths: Sequence[str], tell: Tell) -> list[tuple[str, str]]:
    """The split of each path and the path below it: `train` unless all lie in splits' folders."""
    found = [(path, _split(path)) for path in paths]
    outside = [path for path, split in found if split is None]
    if 0 < len(outside) < len(paths):
        tell(
            "Folders named like splits are not used as splits, because some images are outside"
            f" them: {named(outside)}."
        )
    return [split if split and not outside else ("train", path) for path, split in found]


def classes_of(paths: Sequence[str], tell: Tell) -> list[str] | None:
    """The class of each image: the folder that it lies in, if all are equally deep."""
    folders = [as_text(Path(path).parent.name) for path in paths]
    depths = {path.count("/"): path for path in paths}
    if len(depths) > 1:
        tell(
            "Folders are not used as classes, because the images are at different depths:"
            f" {named([*depths.values()])}."
        )
    return folders if len(depths) == 1 and len(set(folders)) > 1 else None
