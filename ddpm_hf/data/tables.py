"""Tables in a folder that name its pictures and say something of them."""

import os
from collections.abc import Callable
from functools import partial
from pathlib import Path
from posixpath import basename, dirname, join, normpath, splitext
from typing import Any, NamedTuple

from pyarrow import csv, json, parquet

from ddpm_hf.data.listing import Listing, Tell, as_text, named
from ddpm_hf.errors import first_sentence

READERS: dict[str, Callable[[str], Any]] = {
    ".csv": csv.read_csv,
    ".tsv": partial(csv.read_csv, parse_options=csv.ParseOptions(delimiter="\t")),
    ".jsonl": json.read_json,
    ".parquet": parquet.read_table,
}
METADATA = ("metadata.csv", "metadata.jsonl", "metadata.parquet")
"""The tables of datasets' imagefolder; their columns that end in `file_name` name pictures."""


class Row(NamedTuple):
    """What is known of a picture, or of several that belong together.

    place: the path that may tell its split. pictures: column → path. cells: the other columns.
    """

    place: str
    pictures: dict[str, str]
    cells: dict[str, Any]


def rows_of_tables(
    folder: Path, there: Listing, column: str | None, tell: Tell
) -> tuple[list[Row], list[str]]:
    """The rows of the tables in a folder whose pictures are there, and the tables' paths.

    A table is one of `METADATA`, or any that has the `column` asked for. The paths in it start
    where it lies. tell: is called with what of the tables is not used.
    """
    rows, used, missing = list[Row](), list[str](), list[str]()
    for path in there.others:
        is_metadata = basename(path) in METADATA
        if not is_metadata and (column is None or splitext(path)[1] not in READERS):
            continue
        try:
            table = READERS[splitext(path)[1]](str(folder / path)).to_pylist()
        except Exception as error:  # of the readers of many formats
            tell(f"{as_text(path)} can't be read and is not used: {first_sentence(error)}.")
            continue
        names = _picture_columns(list(table[0]) if table else [], is_metadata, column)
        if not names:
            if is_metadata:
                tell(f"{as_text(path)} names no picture and is not used.")
            continue
        used.append(path)
        for cells in table:
            paths = {new: cells.pop(old) for old, new in names.items()}
            found = {new: _located(folder / dirname(path), name) for new, name in paths.items()}
            if None in found.values():
                missing += [str(paths[new]) for new in found if found[new] is None]
                continue
            first = os.path.relpath(str(next(iter(found.values()))), folder)
            place = first if is_metadata else splitext(path)[0] + "/"
            rows.append(Row(place, {new: str(name) for new, name in found.items()}, cells))
    if missing:
        tell(f"Named in {named(used)}, but not there: {named(missing)}.")
    return rows, used


def _picture_columns(columns: list[str], is_metadata: bool, wanted: str | None) -> dict[str, str]:
    """The columns that name pictures → what they are called then."""
    names = {}
    if is_metadata:
        names = {c: c[: -len("_file_name")] or "image" for c in columns if c.endswith("file_name")}
    if wanted in columns:
        names[wanted] = wanted
    return names if wanted is None or wanted in names.values() else {}


def _located(base: Path, name: Any) -> str | None:
    """The absolute path of a file named in a table, or its URL; None if there is none."""
    if not isinstance(name, str | bytes) or not name:
        return None
    path = os.fsdecode(name)
    if "://" in path:
        return path
    files = (normpath(join(base, path)), os.path.abspath(path))
    return next((file for file in files if os.path.isfile(file)), None)
