"""Tables in a folder that describe its images."""

import os
import re
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

from datasets import ClassLabel, Dataset, Features, Image
from pyarrow import csv, json, parquet

from ddpm_hf.data.folder import (
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
"""The tables of datasets' imagefolder; their columns that end in `file_name` name images."""


class Row(NamedTuple):
    """An image, or several that belong together. place: the path that may tell its split."""

    place: str
    cells: dict[str, Any]


def load_pictures(
    folder: Path, tell: Tell, *, column: str | None = None, one_split: bool = False
) -> dict[str, Dataset] | None:
    """The images by split: in the column `image`, with `label` or the columns of a table.

    A table is one of `METADATA`, or has the `column` asked for; its paths start where it lies.
    Without one, the folders that images lie in are their classes. one_split: all are of `train`.
    tell: is called with what is left out. None if the folder is for datasets to read.
    """
    folder = folder.absolute()
    pictures, others = list_files(folder, tell)
    if not one_split and is_for_datasets(folder, pictures, others, tell):
        return None
    rows, columns, tables = _rows_of_tables(folder, others, column, tell)
    if not tables:
        columns, rows = {"image"}, [Row(path, {"image": str(folder / path)}) for path in pictures]
    if not rows:
        return None
    used = {row.cells.get(name) for row in rows for name in columns}
    for why, paths in (
        (f"{named(tables)} do not name them", pictures),
        ("they are hidden or have no image suffix", {*others} - {*tables}),
    ):
        if left_out := sorted(path for path in paths if str(folder / path) not in used):
            tell(f"Left out, because {why}: {named(left_out)}.")
    places = [row.place for row in rows]
    splits = [("train", place) for place in places] if one_split else splits_of(places, tell)
    classes = None if tables else classes_of([below for _, below in splits], tell)
    dataset = _dataset([row.cells for row in rows], columns, classes)
    numbers: dict[str, list[int]] = {}
    for number, (split, _) in enumerate(splits):
        numbers.setdefault(split, []).append(number)
    return {split: dataset.select(some) for split, some in numbers.items()}


def _dataset(rows: list[dict[str, Any]], pictures: set[str], classes: list[str] | None) -> Dataset:
    """pictures: the columns of paths, of which those that are not UTF-8 become URIs."""
    names = dict.fromkeys(name for row in rows for name in row)
    table: dict[str, list[Any]] = {name: [row.get(name) for row in rows] for name in names}
    for name in pictures:
        table[name] = [p if p is None or as_text(p) == p else Path(p).as_uri() for p in table[name]]
    features = Dataset.from_dict(table).features | dict.fromkeys(pictures, Image())
    if classes is not None:
        table["label"], features["label"] = classes, ClassLabel(names=sorted(set(classes)))
    return Dataset.from_dict(table, features=Features(features))


def _rows_of_tables(
    folder: Path, others: list[str], column: str | None, tell: Tell
) -> tuple[list[Row], set[str], list[str]]:
    """The rows whose images are there, their columns of paths, and the tables with such rows."""
    rows, columns, used, missing = list[Row](), set[str](), list[str](), list[str]()
    for path in others:
        name, suffix = Path(path).name, Path(path).suffix
        read = METADATA.get(name) or (READERS.get(suffix) if column else None)
        if read is None:
            continue
        try:
            table = read(str(folder / path)).to_pylist()
        except Exception as error:  # of the readers of many formats
            tell(f"{as_text(path)} can't be read and is not used: {first_sentence(error)}.")
            continue
        names = _picture_columns(list(table[0]) if table else [], name in METADATA, column)
        before = len(rows)
        for cells in table if names else []:
            files = {new: cells.pop(old) for old, new in names.items()}
            found = {new: _located((folder / path).parent, file) for new, file in files.items()}
            if None in found.values():
                missing += [str(files[new]) for new in found if found[new] is None]
                continue
            first = os.path.relpath(str(next(iter(found.values()))), folder)
            place = first if name in METADATA else f"{path.removesuffix(suffix)}/"
            rows.append(Row(place, cells | found))
        if len(rows) > before:
            used, columns = [*used, path], columns | {*names.values()}
        elif name in METADATA:
            tell(f"{as_text(path)} names no image and is not used.")
    if missing:
        tell(f"Named in tables, but missing: {named(missing)}.")
    return rows, columns, used


def _picture_columns(columns: list[str], is_metadata: bool, wanted: str | None) -> dict[str, str]:
    """The columns that name images → what they are called then."""
    naming = [c for c in columns if is_metadata and re.fullmatch("(.+_)?file_name", c)]
    names = {c: c[: -len("_file_name")] or "image" for c in naming}
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
