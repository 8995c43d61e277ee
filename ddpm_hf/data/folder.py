"""The pictures of a local folder, with their splits and classes."""

import re
from pathlib import Path
from posixpath import basename, dirname
from typing import Any

from datasets import ClassLabel, Dataset, Image
from datasets.data_files import SPLIT_KEYWORDS

from ddpm_hf.data.cells import path_in_table
from ddpm_hf.data.listing import Listing, Tell, as_text, list_files, named
from ddpm_hf.data.tables import METADATA, Row, rows_of_tables

SPLITS = {
    str(split): re.compile(rf"(.*[-._ 0-9])?({'|'.join(names)})([-._ 0-9].*)?")
    for split, names in SPLIT_KEYWORDS.items()
}
"""How the folder of a split may be called, as datasets has it."""
CONFIGURED = re.compile(r"^(configs|dataset_info):", re.MULTILINE)
"""A card that says which files are which split."""
WITH_PICTURES_INSIDE = (".parquet", ".arrow")


def load_pictures(
    folder: Path, tell: Tell, *, column: str | None = None, one_split: bool = False
) -> dict[str, Dataset] | None:
    """The pictures by split: in the column `image`, with `label` or the columns of a table.

    Without a table that names them, the folders that they lie in are their classes, if all are
    equally deep. one_split: all are of `train`. tell: is called with what is left out. None if
    there are none, or the folder is for datasets to read.
    """
    folder = folder.absolute()
    there = list_files(folder, tell)
    if not one_split and _is_for_datasets(folder, there, tell):
        return None
    rows, tables = rows_of_tables(folder, there, column, tell)
    by_folder = not rows
    if by_folder:
        rows = [Row(path, {"image": str(folder / path)}, {}) for path in there.pictures]
    if not rows:
        return None
    places = [row.place for row in rows]
    splits = None if one_split else _splits(places, tell)
    below = places if splits is None else [rest for _, rest in splits]
    classes = _classes(below, tell) if by_folder else None
    dataset = _dataset(rows, classes)
    _tell_left_out(folder, there, rows, tables, tell)
    if splits is None:
        return {"train": dataset}
    by_split: dict[str, list[int]] = {}
    for number, (split, _) in enumerate(splits):
        by_split.setdefault(split, []).append(number)
    return {split: dataset.select(numbers) for split, numbers in by_split.items()}


def _is_for_datasets(folder: Path, there: Listing, tell: Tell) -> bool:
    """Whether the folder's card says what is which split, or tables or archives hold pictures."""
    card = folder / "README.md"
    if card.is_file() and CONFIGURED.search(card.read_text(errors="replace")):
        return True
    inside = [path for path in there.others if path.endswith(WITH_PICTURES_INSIDE)]
    inside = [path for path in inside if basename(path) not in METADATA]
    if inside and there.pictures:
        tell(
            f"Left out beside {named(inside)}: pictures, {named(there.pictures)}."
            " --train_data_dir takes those."
        )
    archives = sum(".tar" in basename(path) for path in there.others)
    return bool(inside) or archives > len(there.pictures)


def _split(path: str) -> tuple[str, str] | None:
    """The split that one of a path's folders names, and the path below that; None without one."""
    parts = path.split("/")
    for depth, part in enumerate(parts[:-1], start=1):
        for split, pattern in SPLITS.items():
            if pattern.fullmatch(part):
                return split, "/".join(parts[depth:])
    return None


def _splits(paths: list[str], tell: Tell) -> list[tuple[str, str]] | None:
    """The split of each path and the path below it; None if not all lie in a split's folder."""
    splits = [_split(path) for path in paths]
    outside = [path for path, split in zip(paths, splits, strict=True) if split is None]
    if outside and len(outside) < len(paths):
        tell(
            "Folders with names of splits are not taken for splits, for not all pictures lie in"
            f" such: {named(outside)}."
        )
    return None if outside else [split for split in splits if split is not None]


def _classes(paths: list[str], tell: Tell) -> list[str] | None:
    """The class of each picture: the folder that it lies in; None if folders are no classes."""
    folders = [as_text(basename(dirname(path))) for path in paths]
    depths = {path.count("/") for path in paths}
    if len(set(folders)) < 2:
        return None
    if len(depths) > 1:
        examples = [next(path for path in paths if path.count("/") == d) for d in sorted(depths)]
        tell(f"Folders name no classes, for pictures are not equally deep: {named(examples)}.")
        return None
    return folders


def _dataset(rows: list[Row], classes: list[str] | None) -> Dataset:
    columns = dict.fromkeys(key for row in rows for key in row.cells)
    table: dict[str, list[Any]] = {key: [row.cells.get(key) for row in rows] for key in columns}
    pictures = dict.fromkeys(key for row in rows for key in row.pictures)
    for key in pictures:
        paths = [row.pictures.get(key) for row in rows]
        table[key] = [path and path_in_table(path) for path in paths]
    if classes is not None:
        table["label"] = classes
    dataset = Dataset.from_dict(table)
    for key in pictures:
        dataset = dataset.cast_column(key, Image())
    if classes is not None:
        dataset = dataset.cast_column("label", ClassLabel(names=sorted(set(classes))))
    return dataset


def _tell_left_out(
    folder: Path, there: Listing, rows: list[Row], tables: list[str], tell: Tell
) -> None:
    used = {path for row in rows for path in row.pictures.values()}
    left_out = {
        f"which {named(tables)} do not name": [
            path for path in there.pictures if str(folder / path) not in used
        ],
        "which are no pictures by their endings": sorted({*there.others} - {*tables}),
        "which are hidden or lead back": there.hidden,
    }
    for why, paths in left_out.items():
        if paths:
            tell(f"Left out of {as_text(folder.name)}, {why}: {named(paths)}.")
