"""Hugging Face data sets by name, and their columns."""

import glob
import re
from pathlib import Path
from typing import Any

from datasets import (
    ClassLabel,
    Dataset,
    DatasetDict,
    Image,
    IterableDataset,
    load_dataset,
    load_from_disk,
)
from datasets import exceptions as datasets_exceptions

from ddpm_hf.errors import UserError, first_sentence


def load_split(
    name: str,
    split: str = "train",
    *,
    config_name: str | None = None,
    resolution: int = 32,
    cache_dir: str | None = None,
    streaming: bool = False,
) -> Dataset | IterableDataset:
    """One split of a data set, by name: a local folder wins, then `cats`, then the Hub.

    A folder may be in Hub layout (parquet, arrow, csv), hold image files, or come from
    `save_to_disk`. `resolution` matters to `cats` alone, which are drawn at that size. `streaming`
    reads a set bit by bit instead of storing it first, if it is not stored already.
    Raises UserError if there is no such data set or split.
    """
    folder = Path(name)
    try:
        if (folder / "dataset_dict.json").exists() or (folder / "dataset_info.json").exists():
            saved = load_from_disk(name).with_format(None)
            splits = saved if isinstance(saved, DatasetDict) else DatasetDict(train=saved)
            if split not in splits:
                raise ValueError(f"its splits are {', '.join(splits)}")
            return splits[split]
        if name == "cats" and not folder.is_dir():
            from ddpm_hf import cats

            return cats.load(split, resolution, cache_dir=cache_dir)
        return load_dataset(
            name, config_name, split=split, cache_dir=cache_dir, streaming=streaming
        )
    except (
        OSError,
        ValueError,
        KeyError,
        datasets_exceptions.DatasetsError,
    ) as error:
        _refuse_file(error)
        raise UserError(
            f"Can't load the data set {name!r}, split {split!r}: {_reason(error)}. Give"
            " --dataset_name a local folder, `cats`, or the id of a data set on the Hub, with"
            " --dataset_config_name where it has several configurations."
        ) from error


def load_folder(
    folder: str, split: str = "train", *, cache_dir: str | None = None, streaming: bool = False
) -> Dataset | IterableDataset:
    """All pictures in a folder and its folders are the split `train`; of that, all or a slice.

    Raises UserError if there is no such folder, if it has none, or for another split.
    """
    if not Path(folder).is_dir():
        raise UserError(f"--train_data_dir {folder} is not a folder; name one with pictures.")
    try:
        return load_dataset(
            "imagefolder",
            data_files={"train": f"{glob.escape(folder)}/**"},
            split=split,
            cache_dir=cache_dir,
            streaming=streaming,
        )
    except (OSError, ValueError, datasets_exceptions.DatasetsError) as error:
        _refuse_file(error)
        raise UserError(
            f"--train_data_dir {folder} holds no pictures of the split {split!r}:"
            f" {_reason(error)}. All of a folder is the split train, of which slices can be"
            " had: 'train[:90%]'."
        ) from error


def _reason(error: Exception) -> str:
    """What datasets says is wrong, and the splits or configurations there are if it names them."""
    there = re.search(r"\[('[^\]]*)\]", str(error))
    return first_sentence(error) + (f"; there is {there[1]}" if there else "")


def _refuse_file(error: Exception) -> None:
    """Raise UserError if what went wrong is that a file, of the cache or the data, can't be had."""
    if isinstance(error, OSError) and error.filename is not None:
        raise UserError(
            f"Can't read or write {error.filename}: {error.strerror}; if that is where data sets"
            " are cached, choose another place by --cache_dir or HF_HOME."
        ) from error


def _features(dataset: Dataset | IterableDataset) -> dict[str, Any]:
    """The columns and their types; a stream without a schema is looked into."""
    known = dataset.features or dataset._resolve_features().features
    return dict(known)


def image_column(dataset: Dataset | IterableDataset, wanted: str | None = None) -> str:
    """The name of the column that holds the pictures: the one wanted, `image`, or the first of
    that type.

    Raises UserError, naming the columns there are.
    """
    features = _features(dataset)
    columns = [name for name, feature in features.items() if isinstance(feature, Image)]
    if wanted in columns:
        return str(wanted)
    if wanted is None and columns:
        return "image" if "image" in columns else str(columns[0])
    missing = "no image column" if wanted is None else f"no image column {wanted!r}"
    raise UserError(
        f"The data set has {missing}. Its columns are: "
        + ", ".join(f"{name} ({type(f).__name__})" for name, f in features.items())
        + "."
    )


def class_names(dataset: Dataset | IterableDataset, column: str | None) -> list[str] | None:
    """The names of a ClassLabel column's classes; None for no column.

    Raises UserError, naming the columns of that type or the column's own, if it is not one.
    """
    if column is None:
        return None
    features = _features(dataset)
    classes = {n: f.names for n, f in features.items() if isinstance(f, ClassLabel)}
    if column in features and column not in classes:
        kind = getattr(features[column], "dtype", type(features[column]).__name__)
        raise UserError(
            f"The column {column!r} is {kind} and no ClassLabel; save the data set with"
            f" class_encode_column({column!r}) of datasets, and name that."
        )
    if column not in classes:
        raise UserError(
            f"The data set has no class column {column!r}. Its ClassLabel columns are: "
            + (", ".join(classes) or "none")
            + "."
        )
    return list(classes[column])


def row_count(dataset: Dataset | IterableDataset) -> int | None:
    """How many rows there are; None for a stream that does not tell."""
    if isinstance(dataset, Dataset):
        return len(dataset)
    splits, split = dataset.info.splits, str(dataset.split)
    return splits[split].num_examples if splits and split in splits else None
