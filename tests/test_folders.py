"""What of a local folder is trained on, and what is said of the rest."""

import json
import os
import tarfile
import zipfile
from pathlib import Path

import datasets
import numpy as np
import pytest

from ddpm_hf.data import datasets as data
from ddpm_hf.data.examples import ImagesInMemory
from ddpm_hf.data.image_spec import infer_spec
from ddpm_hf.errors import UserError
from tests.pictures import dataset_of, file_of


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.setattr(datasets.config, "HF_DATASETS_CACHE", tmp_path / "cache")
    (tmp_path / "data").mkdir()
    return tmp_path / "data"


def fill(folder, *names):
    """Pictures of one grey each, from 10 on, so that it is seen which is which."""
    for shade, name in enumerate(names, start=1):
        path = Path(folder, name if isinstance(name, str) else os.fsdecode(name))
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(file_of(np.full((4, 4, 3), 10 * shade, np.uint8)))


def shades(rows, **how):
    """The shades that reach the network, and the class of each."""
    spec = infer_spec(rows, 4, **how)
    examples = ImagesInMemory(rows, spec, show_progress=False).examples
    assert all(len(example.image.unique()) == 1 for example in examples)
    names = spec.class_names or [""]
    return [(int(e.image.max()), names[e.label]) for e in examples]


BOTH = pytest.mark.parametrize("load", [data.load_folder, data.load_split])


def load(folder, split="train", way=data.load_split, **how):
    """The rows, and what is told of the folder."""
    told = []
    return way(str(folder), split, tell=told.append, **how), " ".join(told)


@BOTH
def test_linked_folders_are_classes_and_loops_end(folder, tmp_path, load):
    fill(folder, "cats/1.png")
    fill(tmp_path / "elsewhere", "2.png", "2.png")
    (folder / "dogs").symlink_to(tmp_path / "elsewhere")
    (folder / "dogs" / "again").symlink_to(folder)
    told = []
    rows = load(str(folder), tell=told.append)
    assert shades(rows, class_column="label") == [(10, "cats"), (20, "dogs")]
    assert "have no image suffix: 1 (dogs/again)" in " ".join(told)


@BOTH
@pytest.mark.parametrize(
    "names", [["a.png", "train.png", "z.png"], ["dev 1.png", "eval/test.png", "val.png"]]
)
def test_the_name_of_a_file_is_no_split(folder, load, names):
    fill(folder, *names)
    assert shades(load(str(folder))) == [(10, ""), (20, ""), (30, "")]


def test_folders_are_splits_if_all_pictures_lie_in_such(folder):
    fill(folder, "train/cats/1.png", "train/dogs/2.png", "test/cats/3.png", "test/dogs/4.png")
    assert shades(load(folder)[0], class_column="label") == [(10, "cats"), (20, "dogs")]
    assert shades(load(folder, "test[1:]")[0], class_column="label") == [(40, "dogs")]
    everything = data.load_folder(str(folder))
    assert sorted(shades(everything, class_column="label")) == [
        *((10, "cats"), (20, "dogs"), (30, "cats"), (40, "dogs"))
    ]


def test_a_class_may_be_called_train(folder):
    fill(folder, "boat/1.png", "car/2.png", "train/3.png")
    rows, told = load(folder)
    assert shades(rows, class_column="label") == [(10, "boat"), (20, "car"), (30, "train")]
    assert "some images are outside them: 2 (boat/1.png, car/2.png)" in told


def test_what_lies_there_and_is_not_trained_on_is_told(folder):
    fill(folder, "1.png", "2.JPG", ".3.png", ".trash/4.png", "deep/5.png", "deep/x/6.png")
    for name in ("1.txt", "2.txt", "README", "labels.csv"):
        (folder / name).write_text("a, b")
    rows, told = load(folder)
    assert shades(rows) == [(10, ""), (20, ""), (50, ""), (60, "")]
    left_out = ".3.png, .trash, 1.txt, 2.txt, README, labels.csv"
    assert f"they are hidden or have no image suffix: 6 ({left_out})." in told
    assert "not used as classes, because the images are at different depths: 3 (2.JPG" in told


@pytest.mark.parametrize("name", ["json", "pandas", "parquet", "csv", "imagefolder", "text"])
@pytest.mark.parametrize("table", [False, True])
def test_a_folder_wins_over_a_reader_of_its_name(tmp_path, monkeypatch, name, table):
    monkeypatch.chdir(tmp_path)
    (tmp_path / name).mkdir()
    if table:
        picture = np.full((4, 4, 3), 10, np.uint8)
        dataset_of([file_of(picture)]).to_parquet(tmp_path / name / "train.parquet")
    else:
        fill(tmp_path / name, "1.png")
    assert shades(data.load_split(name, cache_dir=str(tmp_path / "cache"))) == [(10, "")]


@BOTH
def test_names_may_hold_anything(folder, load):
    odd = folder / "a [b] *?"
    fill(odd, "x[1].png", "y*.png", "sub [x]/caf\u00e9.png", b"sub [x]/caf\xe9.png")
    fill(odd, "x[1].png", "y*.png", "sub [x]/\u00e9.png", b"sub [x]/\xe9\xe8.png")
    rows = load(str(odd))
    assert len(shades(rows)) == 6 and {10, 20, 30, 40} == {shade for shade, _ in shades(rows)}
    fill(folder / "classes", b"M\xfcller/1.png", "M\u00f6ller/2.png")
    rows = load(str(folder / "classes"))
    found = shades(rows, class_column="label")
    assert sorted(found) == [(10, "M\u00fcller"), (20, "M\u00f6ller")]
    latin = os.fsdecode(os.fsencode(folder) + b"/\xe9t\xe9")
    fill(latin, "1.png")
    assert shades(load(latin)) == [(10, "")]


def test_a_table_in_a_folder_that_datasets_cannot_name_is_refused(folder):
    odd = folder / "a [b]"
    odd.mkdir()
    dataset_of([file_of(np.zeros((4, 4), np.uint8))]).to_parquet(odd / "train.parquet")
    with pytest.raises(UserError, match=r"a folder with \[, \] or \* in its name: give it another"):
        load(odd)


@BOTH
@pytest.mark.parametrize("kind", ["jsonl", "csv", "parquet"])
def test_metadata_tells_of_pictures_and_what_it_leaves_out_is_told(folder, load, kind):
    fill(folder, *(f"{i}.png" for i in range(1, 6)))
    table = datasets.Dataset.from_dict(
        {"file_name": ["4.png", "2.png", "9.png"], "kind": ["007", "x", "y"]}
    )
    getattr(table, {"jsonl": "to_json"}.get(kind, f"to_{kind}"))(folder / f"metadata.{kind}")
    told = []
    rows = load(str(folder), tell=told.append)
    assert sorted(shades(rows, class_column="kind")) == [(20, "x"), (40, "007")]
    assert f"because 1 (metadata.{kind}) do not name them: 3 (1.png, 3.png, 5.png)" in " ".join(
        told
    )
    assert f"because 1 (metadata.{kind}) do not name them: 3 (1.png, 3.png, 5.p" in " ".join(told)


def test_metadata_of_pairs_and_of_splits(folder):
    fill(folder, "train/a.png", "train/mask.png", "test/b.png", "test/mask.png")
    for split, name in (("train", "a.png"), ("test", "b.png")):
        row = {"image_file_name": name, "mask_file_name": "mask.png", "score": 3}
        (folder / split / "metadata.jsonl").write_text(json.dumps(row))
    rows, told = load(folder)
    assert shades(rows) == [(10, "")] and shades(rows, column="mask") == [(20, "")]
    assert shades(load(folder, "test")[0], column="mask") == [(40, "")]
    assert rows[0]["score"] == 3 and told == ""


def test_a_table_may_name_files_without_a_pictures_ending(folder):
    fill(folder, "a", "b", "c.png")
    (folder / "metadata.csv").write_text("file_name\nb\n")
    rows, told = load(folder)
    assert shades(rows) == [(20, "")]
    assert "do not name them: 1 (c.png)" in told and "have no image suffix: 1 (a)." in told


@BOTH
@pytest.mark.parametrize(
    ("name", "content", "told"),
    [
        ("metadata.jsonl", b"", "metadata.jsonl can't be read and is not used: Empty JSON"),
        ("metadata.csv", b"", "metadata.csv can't be read and is not used: Empty CSV"),
        ("metadata.csv", b"file_name,text\n", "metadata.csv names no image and is not used"),
        ("metadata.csv", b"name,text\n1.png,a\n", "metadata.csv names no image and is not used"),
        ("metadata.jsonl", b'{"file_name": "1.p', "metadata.jsonl can't be read and is not used"),
        ("metadata.parquet", b"PAR1", "metadata.parquet can't be read and is not used"),
        ("train.jsonl", b"", "1 (train.jsonl)"),
        ("README.md", b"---\na: [\n---\n", "1 (README.md)"),
        ("x.h5", b"\x89HDF\r\n\x1a\n", "1 (x.h5)"),
        ("x.tar", b"junk", "1 (x.tar)"),
        ("x.zip", b"PK\3\4", "1 (x.zip)"),
    ],
)
def test_a_damaged_file_beside_pictures_ends_nothing(folder, load, name, content, told):
    fill(folder, "1.png", "2.png")
    (folder / name).write_bytes(content)
    said = []
    assert shades(load(str(folder), tell=said.append)) == [(10, ""), (20, "")]
    assert told in " ".join(said)


def tar(path):
    with tarfile.open(path, "w") as archive:
        for name in ("1.png", "2.png"):
            (path.parent / name).write_bytes(file_of(np.zeros((64, 64, 3), np.uint8)))
            archive.add(path.parent / name, name)
            (path.parent / name).unlink()


@pytest.mark.parametrize(
    "name", ["x.tar", "metadata.jsonl", "train.jsonl", "metadata.csv", "x.h5", "README.md", "x.zip"]
)
@pytest.mark.parametrize("streaming", [False, True])
def test_of_a_damaged_file_alone_one_sentence_is_said(folder, name, streaming):
    if name == "x.tar":
        tar(folder / name)
        (folder / name).write_bytes((folder / name).read_bytes()[:700])
    elif name == "README.md":
        (folder / name).write_text("---\nconfigs: [\n---\n")
        dataset_of([]).to_parquet(folder / "train.parquet")
    elif name == "x.zip":
        with zipfile.ZipFile(folder / name, "w") as archive:
            archive.writestr("1.png", file_of(np.zeros((4, 4, 3), np.uint8)))
        (folder / name).write_bytes((folder / name).read_bytes()[:-30])
    else:
        (folder / name).write_bytes(b"file_name\n" if name.endswith("csv") else b"")
    for way in (data.load_folder, data.load_split):
        with pytest.raises(UserError) as caught:
            rows, _ = load(folder, way=way, streaming=streaming)
            infer_spec(rows, 4)
        assert "\n" not in str(caught.value)


@pytest.mark.parametrize("kind", ["csv", "tsv", "jsonl"])
def test_paths_in_a_table_start_where_it_lies(folder, tmp_path, monkeypatch, kind):
    monkeypatch.chdir(tmp_path)
    fill(folder, "../shots/a.png", "more/b.png", "c.png")
    rows = [("../shots/a.png", "x"), ("more/b.png", "y"), (str(folder / "c.png"), "z")]
    between = "\t" if kind == "tsv" else ","
    lines = [between.join(row) for row in [("picture", "kind"), *rows]]
    if kind == "jsonl":
        lines = [json.dumps(dict(zip(("picture", "kind"), row, strict=True))) for row in rows]
    (folder / f"train.{kind}").write_text("\n".join(lines) + "\n")
    expected = [(10, "x"), (20, "y"), (30, "z")]
    for way in (data.load_folder, data.load_split):
        found, told = load(folder, way=way, column="picture")
        assert shades(found, column="picture", class_column="kind") == expected
        assert told == ""


def test_tables_that_hold_pictures_are_meant_where_they_lie(folder):
    rows = [file_of(np.full((4, 4, 3), 70, np.uint8))]
    dataset_of(rows).to_parquet(folder / "train.parquet")
    fill(folder, "preview/1.png", "preview/2.png")
    found, told = load(folder)
    assert shades(found) == [(70, "")]
    assert "Left out beside 1 (train.parquet): images, 2 (preview/1.png" in told
    assert shades(data.load_folder(str(folder))) == [(10, ""), (20, "")]
