"""What tables in a folder say of its pictures."""

import os
import re
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

from datasets import ClassLabel, Dataset, Features, Image
from pyarrow import csv, json, parquet

from ddpm_hf.data.folder import (
    Listing,
    Tell,
    classes_of,
    is_for_datasets,
    list_files,
    named,
    splits_of,
)
from ddpm_hf.errors import as_text, first_sentence

READERS: dict[str, Callable[[str], Any]] = {
    ".csv": csv.read_csv,
    ".tsv": partial(csv.read_csv, parse_options=csv.ParseOptions(delimiter="\t")),
    ".jsonl": json.read_json,
}
METADATA = {
    **{f"metadata{suffix}": READERS[suffix] for suffix in (".csv", ".jsonl")},
    "metadata.parquet": parquet.read_table,
}
"""The tables of datasets' imagefolder; their columns that end in `file_name` name pictures."""


class Row(NamedTuple):
    """A picture, or several that belong together.

    place: the path that may tell its split. pictures: column → path. cells: the other columns.
    """

    place: str
    pictures: dict[str, str]
    cells: dict[str, Any]


def load_pictures(
    folder: Path, tell: Tell, *, column: str | None = None, one_split: bool = False
) -> dict[str, Dataset] | None:
    """The pictures by split: in the column `image`, with `label` or the columns of a table.

    A table is one of `METADATA`, or has the `column` asked for; its paths start where it lies.
    Without one, the folders that pictures lie in are their classes. one_split: all are of `train`.
    tell: is called with what is left out. None if the folder is for datasets to read.
    """
    folder = folder.absolute()
    there = list_files(folder, tell)
    if not one_split and is_for_datasets(folder, there, tell):
        return None
    rows, tables = _rows(folder, there, column, tell)
    by_folder = not rows
    if by_folder:
        rows = [Row(path, {"image": str(folder / path)}, {}) for path in there.pictures]
    if not rows:
        return None
    used = {path for row in rows for path in row.pictures.values()}
    unnamed, others = (
        [path for path in paths if str(folder / path) not in used and path not in tables]
        for paths in (there.pictures, there.others)
    )
    if unnamed:
        tell(f"Left out, for {named(tables)} do not name them: {named(unnamed)}.")
    if others:
        tell(f"Left out, for they are hidden or no pictures by their endings: {named(others)}.")
    places = [row.place for row in rows]
    splits = [("train", place) for place in places] if one_split else splits_of(places, tell)
    below = [rest for _, rest in splits]
    dataset = _dataset(rows, classes_of(below, tell) if by_folder else None)
    numbers: dict[str, list[int]] = {}
    for number, (split, _) in enumerate(splits):
        numbers.setdefault(split, []).append(number)
    return {split: dataset.select(some) for split, some in numbers.items()}


def _dataset(rows: list[Row], classes: list[str] | None) -> Dataset:
    def columns(rows: list[dict[str, Any]]) -> dict[str, list[Any]]:
        names = dict.fromkeys(name for row in rows for name in row)
        return {name: [row.get(name) for row in rows] for name in names}

    table, features = columns([row.cells for row in rows]), Features()
    features.update(Dataset.from_dict(table).features)
    for name, paths in columns([row.pictures for row in rows]).items():
        # A table holds text in UTF-8: a path that is not becomes a URI.
        table[name] = [
            path and (path if as_text(path) == path else Path(path).as_uri()) for path in paths
        ]
        features[name] = Image()
    if classes is not None:
        table["label"], features["label"] = classes, ClassLabel(names=sorted(set(classes)))
    return Dataset.from_dict(table, features=features)


def _rows(
    folder: Path, there: Listing, column: str | None, tell: Tell
) -> tuple[list[Row], list[str]]:
    """The rows of the tables whose pictures are there, and the tables."""
    rows, used, missing = list[Row](), list[str](), list[str]()
    for path in there.others:
        name, suffix = Path(path).name, Path(path).suffix
        is_metadata = name in METADATA
        read = METADATA.get(name) or (READERS.get(suffix) if column else None)
        if read is None:
            continue
        try:
            table = read(str(folder / path)).to_pylist()
        except Exception as error:  # of the readers of many formats
            tell(f"{as_text(path)} can't be read and is not used: {first_sentence(error)}.")
            continue
        names = _picture_columns(list(table[0]) if table else [], is_metadata, column)
        if is_metadata and not names:
            tell(f"{as_text(path)} names no picture and is not used.")
        used += [path] if names else []
        for cells in table if names else []:
            paths = {new: cells.pop(old) for old, new in names.items()}
            files = {new: _located((folder / path).parent, name) for new, name in paths.items()}
            found = {new: file for new, file in files.items() if file is not None}
            if len(found) < len(paths):
                missing += [str(paths[new]) for new in paths if new not in found]
                continue
            first = os.path.relpath(next(iter(found.values())), folder)
            rows.append(
                Row(first if is_metadata else f"{path.removesuffix(suffix)}/", found, cells)
            )
    if missing:
        tell(f"Named in {named(used)}, but not there: {named(missing)}.")
    return rows, used


def _picture_columns(columns: list[str], is_metadata: bool, wanted: str | None) -> dict[str, str]:
    """The columns that name pictures → what they are called then."""
    names = {}
    if is_metadata:
        names = {
            c: c[: -len("_file_name")] or "image"
            for c in columns
            if re.fullmatch("(.+_)?file_name", c)
        }
    if wanted in columns:
        names[wanted] = wanted
    return names if wanted is None or wanted in names.values() else {}


def _located(base: Path, name: Any) -> str | None:
    """The absolute path of a file that a table names, or its URL; None if there is none."""
    if not isinstance(name, str | bytes) or not name:
        return None
    path = os.fsdecode(name)
    files = [os.path.normpath(base / path), str(Path(path).absolute())]
    return path if "://" in path else next((file for file in files if Path(file).is_file()), None)
