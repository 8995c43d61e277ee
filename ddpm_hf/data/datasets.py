"""Loading Hugging Face data sets by name, and finding their columns."""

import glob
import logging
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

from datasets import (
    ClassLabel,
    Dataset,
    Image,
    IterableDataset,
    ReadInstruction,
    Value,
    concatenate_datasets,
    load_dataset,
    load_from_disk,
)
from datasets import exceptions as datasets_exceptions

from ddpm_hf.data.folder import Tell
from ddpm_hf.data.tables import load_pictures
from ddpm_hf.errors import UserError, first_sentence

logger = logging.getLogger(__name__)


def load_split(
    name: str,
    split: str = "train",
    *,
    config_name: str | None = None,
    resolution: int = 32,
    cache_dir: str | None = None,
    streaming: bool = False,
    column: str | None = None,
    tell: Tell = logger.warning,
) -> Dataset | IterableDataset:
    """A split of a data set, or slices of splits: from a local folder, else `cats`, else the Hub.

    A folder may hold images or tables (parquet, arrow, csv), or be written by `save_to_disk`.
    resolution: for `cats` only, which are drawn at that size. streaming: read tables while they
    are used instead of storing them first. column, tell: see `load_pictures`.
    Raises UserError if there is no such data set or split.
    """
    folder, saved = Path(name), ("dataset_dict.json", "dataset_info.json")
    with _one_sentence(f"Can't load the data set {name!r}, split {split!r}", _advice(folder)):
        if any((folder / file).exists() for file in saved):
            there = load_from_disk(name).with_format(None)
            return _select_from(there if isinstance(there, dict) else {"train": there}, split)
        if not folder.is_dir():
            if name == "cats":
                from ddpm_hf.data import cats

                load = partial(cats.load, resolution=resolution, cache_dir=cache_dir)
                return _select(split, cats.SPLITS, load)
        elif config_name is None and (found := load_pictures(folder, tell, column=column)):
            return _select_from(found, split)
        else:  # by its path: datasets takes a bare name such as json for one of its readers
            name = str(folder.absolute())
        return load_dataset(
            name, config_name, split=split, cache_dir=cache_dir, streaming=streaming
        )


def load_folder(
    folder: str,
    split: str = "train",
    *,
    cache_dir: str | None = None,
    streaming: bool = False,
    column: str | None = None,
    tell: Tell = logger.warning,
) -> Dataset | IterableDataset:
    """The images in a folder and its subfolders, as the split `train` or a slice of it.

    cache_dir, streaming: for images in archives. column, tell: see `load_pictures`.
    Raises UserError for a folder that does not exist or holds no images, and for another split.
    """
    if not Path(folder).is_dir():
        raise UserError(f"--train_data_dir {folder} is not a folder; name one with images.")
    advice = (
        "A folder is one split, train, or slices of it, such as 'train[:90%]'. For parquet or arrow"
        " files, use --dataset_name."
    )
    with _one_sentence(f"--train_data_dir {folder} holds no images of the split {split!r}", advice):
        if found := load_pictures(Path(folder), tell, column=column, one_split=True):
            return _select_from(found, split)
        files, how = f"{glob.escape(str(Path(folder)))}/**", {"cache_dir": cache_dir}
        return load_dataset(
            "imagefolder", data_files={"train": files}, split=split, streaming=streaming, **how
        )


@contextmanager
def _one_sentence(what: str, advice: str) -> Iterator[None]:
    """Turn whatever the readers of many formats raise into UserError."""
    try:
        yield
    except Exception as error:
        if isinstance(error, OSError) and error.filename is not None:
            raise UserError(
                f"Can't read or write {error.filename}: {error.strerror}; if data sets are cached"
                " there, choose another folder with --cache_dir or HF_HOME."
            ) from error
        raise UserError(f"{what}: {_reason(error)}. {advice}") from error


def _advice(folder: Path) -> str:
    if folder.is_dir() and glob.has_magic(str(folder.absolute())):
        return "datasets can't read a folder with [, ] or * in its name: give it another."
    return (
        "Give --dataset_name a local folder, `cats`, or the id of a data set on the Hub, with"
        " --dataset_config_name where it has several configurations; or --train_data_dir a folder"
        " of images."
    )


def _select(wanted: str, sizes: Mapping[str, int], load: Callable[[str], Dataset]) -> Dataset:
    """The rows that a split's name with slices selects: `train[:90%]`, `train+test`.

    sizes: of all splits. load: gives a whole split. Raises ValueError for a malformed name, or one
    that is not in `sizes`, or an empty selection.
    """
    parts = ReadInstruction.from_spec(wanted).to_absolute(sizes)
    rows: Dataset = concatenate_datasets(
        [load(part.splitname).select(range(part.from_, part.to)) for part in parts]
    )
    if not rows:
        raise ValueError(f"it selects none of the {sum(sizes.values())} rows")
    return rows


def _select_from(splits: Mapping[str, Dataset], wanted: str) -> Dataset:
    sizes = {name: len(rows) for name, rows in splits.items()}
    return _select(wanted, sizes, splits.__getitem__)


def _reason(error: Exception) -> str:
    """What `datasets` says is wrong, with the splits or configurations if it lists them."""
    if isinstance(error, StopIteration):
        return "it has no rows"
    if isinstance(error, IndexError):
        return "one of its splits is empty, and datasets can't read such a folder"
    cause = error
    if isinstance(error, datasets_exceptions.DatasetGenerationError) and error.__cause__:
        cause = error.__cause__
    there = re.search(r"\[('[^\]]*)\]", str(cause))
    return first_sentence(cause) + (f"; there is {there[1]}" if there else "")


def read_rows(rows: Iterable[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """The rows; raises UserError if they break off: a stream's files are opened on the way."""
    try:
        yield from rows
    except Exception as error:  # of the readers of many formats
        raise _broken_off(error) from error


def _broken_off(error: Exception) -> UserError:
    return UserError(f"The data set can't be read to its end: {_reason(error)}.")


def _features(dataset: Dataset | IterableDataset) -> dict[str, Any]:
    """The columns and their types; for a stream without a schema, inferred from its first rows."""
    try:
        return dict(dataset.features or dataset._resolve_features().features)
    except Exception as error:  # of the readers of many formats
        raise _broken_off(error) from error


def _may_hold_images(feature: Any) -> bool:
    """Whether cells of this type may be encoded images or paths of image files."""
    if isinstance(feature, dict):  # images, as pandas writes them
        return set(feature) == {"bytes", "path"}
    return _kind(feature) in ("binary", "large_binary", "string", "large_string")


def image_column(dataset: Dataset | IterableDataset, wanted: str | None = None) -> str:
    """The name of the image column: the one wanted, else `image`, else the first of that type.

    The one wanted may also hold bytes or paths. Raises UserError, which lists the columns.
    """
    features = _features(dataset)
    columns = [name for name, feature in features.items() if isinstance(feature, Image)]
    if wanted in columns or (wanted in features and _may_hold_images(features[wanted])):
        return str(wanted)
    if wanted is None and columns:
        return "image" if "image" in columns else str(columns[0])
    missing = "no image column" if wanted is None else f"no image column {wanted!r}"
    raise UserError(
        f"The data set has {missing}. {_listed(features)} --image_column may also name"
        " one with the files' bytes or paths."
    )


def image_mode(dataset: Dataset | IterableDataset, column: str) -> str | None:
    """The Pillow mode that the data set declares for a column's images, if it does."""
    return getattr(_features(dataset)[column], "mode", None)


def _kind(feature: Any) -> str:
    return str(feature.dtype) if isinstance(feature, Value) else type(feature).__name__


def _listed(features: dict[str, Any]) -> str:
    columns = ", ".join(f"{name} ({_kind(feature)})" for name, feature in features.items())
    return f"Its columns are: {columns}."


def classes(dataset: Dataset | IterableDataset, column: str | None) -> dict[Any, str]:
    """Value in the class column → name of the class, ordered by class number; {} without a column.

    A column of integers, strings or booleans has a class for each of its values, in sorted order.
    Raises UserError for a column without classes, and for such a column of a stream, which would
    have to be read to its end first.
    """
    if column is None:
        return {}
    features = _features(dataset)
    if column not in features:
        raise UserError(f"The data set has no column {column!r}. {_listed(features)}")
    if isinstance(features[column], ClassLabel):
        return dict(enumerate(features[column].names))
    kind = _kind(features[column])
    if not re.match(r"u?int|bool|(large_)?string", kind):
        raise UserError(
            f"The column {column!r} is {kind}; classes are a ClassLabel, integers, strings or"
            " booleans."
        )
    if not isinstance(dataset, Dataset):
        raise UserError(
            f"The column {column!r} is {kind} and not a ClassLabel, so a stream does not say which"
            " classes there are: leave --streaming out."
        )
    return {value: str(value) for value in sorted(set(dataset.unique(column)) - {None})}


def row_count(dataset: Dataset | IterableDataset) -> int | None:
    """The number of rows; None for a stream of unknown length."""
    if isinstance(dataset, Dataset):
        return len(dataset)
    splits, split = dataset.info.splits, str(dataset.split)
    return splits[split].num_examples if splits and split in splits else None
