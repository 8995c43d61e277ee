"""Loading pictures of any kind, and what is said of those that can't be."""

import io
import itertools

import datasets
import numpy as np
import pytest
import torch
from PIL import Image

from ddpm_hf.data import datasets as data
from ddpm_hf.data import images
from ddpm_hf.data.examples import ImagesInMemory, ImagesOnDisk, ImageStream
from ddpm_hf.data.image_spec import ImageSpec, infer_spec
from ddpm_hf.data.images import random_square
from ddpm_hf.errors import UserError
from tests.pictures import dataset_of, picture


def decoded(dataset, resolution=8, **changes):
    return ImagesInMemory(dataset, infer_spec(dataset, resolution, **changes), show_progress=False)


def cut_short(whole):
    file = io.BytesIO()
    whole.save(file, "PNG")
    return file.getvalue()[:60]


def test_layouts_on_disk_load_by_the_same_call(tmp_path):
    dataset = dataset_of([picture(seed=i) for i in range(3)], "img")
    (tmp_path / "parquet").mkdir()
    dataset.to_parquet(tmp_path / "parquet" / "train.parquet")
    dataset.save_to_disk(tmp_path / "saved")
    datasets.DatasetDict({"train": dataset}).save_to_disk(tmp_path / "saved-dict")
    (tmp_path / "images").mkdir()
    for i in range(3):
        dataset[i]["img"].save(tmp_path / "images" / f"{i}.png")
    dataset.with_format("torch", columns=["label"]).save_to_disk(tmp_path / "saved-format")
    for layout in ("parquet", "saved", "saved-dict", "saved-format", "images"):
        loaded = data.load_split(str(tmp_path / layout), cache_dir=str(tmp_path / "cache"))
        pictures = decoded(loaded)
        expected = torch.tensor(np.array(picture(seed=2))).permute(2, 0, 1)
        assert torch.equal(pictures[2].image, expected)


def test_a_folder_called_cats_wins_over_the_embedded_set(tmp_path, monkeypatch):
    (tmp_path / "cats").mkdir()
    picture().save(tmp_path / "cats" / "one.png")
    monkeypatch.chdir(tmp_path)
    assert len(data.load_split("cats", cache_dir=str(tmp_path / "cache"))) == 1


@pytest.mark.parametrize("name", ["no-such-folder", "nobody/nothing", "./missing"])
def test_missing_data_set_is_one_sentence(name, tmp_path):
    with pytest.raises(
        UserError, match=f"Can't load the data set '{name}'.*--dataset_name"
    ) as caught:
        data.load_split(name, cache_dir=str(tmp_path))
    assert "\n" not in str(caught.value)


def test_missing_split_is_named(tmp_path):
    picture().save(tmp_path / "one.png")
    with pytest.raises(UserError, match=r"split 'validation'.*there is 'train'"):
        data.load_split(str(tmp_path), "validation", cache_dir=str(tmp_path / "cache"))


@pytest.mark.parametrize("asked", [None, "summer"])
def test_the_configurations_are_named_where_one_must_be_chosen(tmp_path, asked):
    for name in ("day", "night"):
        (tmp_path / name).mkdir()
        dataset_of([picture()], "img").to_parquet(tmp_path / name / "train.parquet")
    configs = [f"- config_name: {n}\n  data_files: {n}/*.parquet\n" for n in ("day", "night")]
    (tmp_path / "README.md").write_text("---\nconfigs:\n" + "".join(configs) + "---\n")
    cache = str(tmp_path / "cache")
    with pytest.raises(UserError, match=r"there is 'day', 'night'.*--dataset_config_name"):
        data.load_split(str(tmp_path), config_name=asked, cache_dir=cache)
    assert len(data.load_split(str(tmp_path), config_name="night", cache_dir=cache)) == 1


def test_columns_are_found_by_type_or_named_in_the_refusal():
    assert data.image_column(dataset_of([picture()], "img")) == "img"
    both = dataset_of([picture("L")], "mask").add_column("image", [{"bytes": b"", "path": None}])
    assert data.image_column(both.cast_column("image", datasets.Image())) == "image"
    without = datasets.Dataset.from_dict({"text": ["a"], "label": [1]})
    with pytest.raises(UserError, match=r"no image column. Its columns are: text .*label"):
        data.image_column(without)
    with pytest.raises(UserError, match=r"no image column 'picture'.*img"):
        data.image_column(dataset_of([picture()], "img"), "picture")


def test_the_next_readable_row_stands_in_for_a_corrupt_one(caplog):
    good = [picture(seed=i) for i in range(3)]
    rows = [b"junk", good[0], cut_short(good[1]), good[1], None]
    dataset = dataset_of(rows)
    in_memory = decoded(dataset)
    on_disk = ImagesOnDisk(dataset, infer_spec(dataset, 8))
    stream = ImageStream(dataset.to_iterable_dataset(), infer_spec(dataset, 8), seed=0)
    assert list(in_memory.corrupt) == [0, 2, 4]
    assert len(in_memory) == len(on_disk) == 5
    for index, expected in enumerate((1, 1, 3, 3, 1)):
        for kept in (in_memory, on_disk):
            found = kept[index]
            assert torch.equal(found.image, in_memory[expected].image)
    for row in (0, 2, 4):  # not at every visit
        assert caplog.text.count(f"Row {row} can't be read (") == 1
    walked = list(itertools.islice(stream.examples(), 10))
    readable = [in_memory[i].image for i in (1, 3)]
    assert all(any(torch.equal(w.image, r) for r in readable) for w in walked)
    with pytest.raises(UserError, match="Of 1 rows"):
        infer_spec(dataset_of([b"junk"]), 8)


def test_a_stream_goes_on_where_it_was_left():
    dataset = dataset_of([picture(seed=i) for i in range(7)]).to_iterable_dataset()
    stream = ImageStream(dataset, infer_spec(dataset, 8), seed=0)
    whole = [e.image for e in itertools.islice(stream.examples(), 20)]
    for skip in (3, 7, 16):
        rest = [e.image for e in itertools.islice(stream.examples(skip), 20 - skip)]
        assert all(torch.equal(a, b) for a, b in zip(whole[skip:], rest, strict=True))
    epochs = [{p.numpy().tobytes() for p in whole[i : i + 7]} for i in (0, 7)]
    assert epochs[0] == epochs[1] and len(epochs[0]) == 7
    assert not all(torch.equal(a, b) for a, b in zip(whole[:7], whole[7:14], strict=True))


def test_streams_of_many_processes_share_the_pictures():
    dataset = dataset_of([picture(seed=i) for i in range(8)]).to_iterable_dataset(num_shards=4)
    seen = []
    for rank in range(2):
        stream = ImageStream(dataset, infer_spec(dataset, 8), seed=0, rank=rank, processes=2)
        seen.append({e.image.numpy().tobytes() for e in itertools.islice(stream.examples(), 4)})
    assert len(seen[0]) == len(seen[1]) == 4 and not seen[0] & seen[1]


def test_classes_come_with_the_pictures():
    dataset = dataset_of([picture(seed=i) for i in range(3)])
    with pytest.raises(
        UserError, match=r"no column 'kind'\. Its columns are: image \(Image\), label"
    ):
        decoded(dataset, class_column="kind")
    named = dataset.cast_column("label", datasets.ClassLabel(names=["a", "b", "c"]))
    assert list(data.classes(named, "label").values()) == named.features["label"].names
    assert [decoded(named, class_column="label")[i].label for i in range(3)] == [0, 1, 2]


@pytest.mark.parametrize(
    ("values", "names", "numbers"),
    [
        ([10, 2, 10, 7], ["2", "7", "10"], [2, 0, 2, 1]),
        (["dog", "cat", "dog", "cow"], ["cat", "cow", "dog"], [2, 0, 2, 1]),
        ([True, False, True, True], ["False", "True"], [1, 0, 1, 1]),
    ],
)
def test_values_that_are_no_class_label_are_classes_in_sorted_order(values, names, numbers):
    dataset = dataset_of([picture(seed=i) for i in range(4)])
    dataset = dataset.remove_columns("label").add_column("kind", values)
    pictures = decoded(dataset, class_column="kind")
    assert list(pictures.spec.class_names) == names
    assert [example.label for example in pictures.examples] == numbers
    others = dataset.remove_columns("kind").add_column("kind", [None, *values[1:]])
    with pytest.raises(UserError, match="the first is number 0, are of the class None"):
        infer_spec(others, 8, class_column="kind")
    with pytest.raises(UserError, match="so a stream does not say which classes there are"):
        data.classes(dataset.to_iterable_dataset(), "kind")


def test_columns_of_fractions_and_of_pictures_have_no_classes():
    dataset = dataset_of([picture()]).add_column("score", [0.5])
    for column, kind in (("score", "float64"), ("image", "Image")):
        with pytest.raises(UserError, match=f"The column {column!r} is {kind}; classes are"):
            data.classes(dataset, column)


def test_a_column_of_bytes_or_paths_is_read_where_it_is_asked_for(tmp_path):
    original = dataset_of([picture(seed=i) for i in range(2)])
    encoded = original.cast_column("image", datasets.Image(decode=False))["image"]
    for number, cell in enumerate(encoded):
        (tmp_path / f"{number}.png").write_bytes(cell["bytes"])
    columns = {
        "bytes": [cell["bytes"] for cell in encoded],
        "file": [str(tmp_path / f"{number}.png") for number in range(2)],
        "cell": [{"bytes": cell["bytes"], "path": None} for cell in encoded],
        "size": [8, 8],
    }
    dataset = datasets.Dataset.from_dict(columns)
    for column in ("bytes", "file", "cell"):
        pictures = decoded(dataset, column=column)
        assert all(
            torch.equal(a.image, b.image)
            for a, b in zip(pictures.examples, decoded(original).examples, strict=True)
        )
    with pytest.raises(UserError, match=r"no image column\. .*bytes \(binary\).*--image_column"):
        decoded(dataset)
    with pytest.raises(UserError, match="no image column 'size'"):
        decoded(dataset, column="size")


def test_pictures_of_16_bits_keep_their_shades():
    shades = np.array([[0, 257, 300, 65535]] * 4, dtype=np.uint16)
    file = io.BytesIO()
    Image.fromarray(shades).save(file, "PNG")
    dataset = dataset_of([file.getvalue()])
    assert decoded(dataset, 4)[0].image[0, 0].tolist() == [0, 1, 1, 255]
    kept = decoded(dataset, 4, keep_precision=True)[0].image
    torch.testing.assert_close(kept[0, 0], torch.tensor([0, 1, 300 / 257, 255]))
    assert images.to_unit_range([kept]).max() == 1


@pytest.mark.parametrize(
    ("values", "kind"),
    [
        (np.array([0, 1, 128, 255], np.int32), "TIFF"),
        (np.array([0, 1, 128, 255], np.float32), "TIFF"),
        (np.array([0, 1, 128, 255], np.float32) / 255, "TIFF"),
        (np.array([0, 257, 128 * 257, 65535], np.uint16), "PPM"),
    ],
)
def test_deep_grey_is_scaled_by_what_is_white(values, kind):
    file = io.BytesIO()
    Image.fromarray(np.tile(values, (4, 1))).save(file, kind)
    dataset = dataset_of([file.getvalue()])
    assert decoded(dataset, 4)[0].image[0, 0].tolist() == [0, 1, 128, 255]


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.float32])
def test_pictures_are_turned_upright_whatever_their_depth(dtype):
    """Lying on its side, what is white is on the left; upright, it is on top."""
    exif = Image.Exif()
    exif[0x0112] = 6
    lying = np.zeros((4, 8), dtype)
    lying[:, :4] = 65535 if dtype == np.uint16 else 255
    file = io.BytesIO()
    Image.fromarray(lying).save(file, "TIFF", exif=exif)
    upright = decoded(dataset_of([file.getvalue()]), 4)[0].image
    assert upright.shape == (1, 8, 4)
    assert upright[0, 0].tolist() == [255] * 4 and upright[0, -1].tolist() == [0] * 4


@pytest.mark.parametrize("values", [[0, 4000], [-1.0, 1.0], [0, 256.0]])
def test_grey_of_unknown_white_is_refused(values):
    kind = np.int32 if 4000 in values else np.float32
    file = io.BytesIO()
    Image.fromarray(np.array([values] * 2, kind)).save(file, "TIFF")
    cell = {"bytes": file.getvalue(), "path": "deep.tif"}
    rows = datasets.Dataset.from_dict({"image": [cell]}).cast_column("image", datasets.Image())
    with pytest.raises(UserError, match=r"which does not tell what is white.* It is deep\.tif\."):
        decoded(rows, 2)


@pytest.mark.parametrize(
    ("mode", "channels"),
    [
        *[("L", 1), ("1", 1), ("RGB", 3), ("P", 3), ("CMYK", 3), ("RGBA", 3), ("LA", 1)],
        *[("RGBA see-through", 4), ("LA see-through", 4)],
    ],
)
def test_channels_come_from_the_pictures(mode, channels):
    """What is opaque all over needs no channel that says so."""
    mode, *see_through = mode.split()
    first = picture("L" if mode == "LA" else "RGB").convert(mode)
    if see_through:
        first.putalpha(Image.new("L", first.size, 254))
    file = io.BytesIO()
    first.save(file, "TIFF")
    pictures = decoded(dataset_of([file.getvalue(), b"junk", file.getvalue()]))
    assert pictures.spec.channels == channels
    for found, _ in pictures.examples:
        assert found.shape == (channels, 8, 8) and found.dtype == torch.uint8


def test_channels_may_be_stated_by_the_data_set():
    rows = dataset_of([picture("L")] * 2)
    stated = rows.cast_column("image", datasets.Image(mode="RGB"))
    assert infer_spec(rows, 8).channels == 1 and infer_spec(stated, 8).channels == 3


def test_a_grey_picture_does_not_turn_the_others_grey():
    assert decoded(dataset_of([picture("L"), picture("RGB")])).spec.channels == 3


@pytest.mark.parametrize("streamed", [False, True])
def test_rows_of_no_class_are_refused(streamed):
    """At once where the rows can be looked through, else when such a one is come to."""
    named = dataset_of([picture(seed=i) for i in range(2)])
    named = named.cast_column("label", datasets.ClassLabel(names=["a", "b"]))
    unlabelled = datasets.Dataset.from_dict(
        {**named.cast_column("image", datasets.Image(decode=False)).to_dict(), "label": [0, -1]},
        features=named.features,
    )
    if streamed:
        stream = unlabelled.to_iterable_dataset()
        examples = ImageStream(stream, infer_spec(stream, 8, class_column="label"), seed=0)
        with pytest.raises(
            UserError, match=r"^A row is of the class -1, and 'label' has the .* a, b"
        ):
            list(itertools.islice(examples.examples(), 2))
        return
    with pytest.raises(UserError, match="1 rows, the first is number 1, are of the class -1, and"):
        infer_spec(unlabelled, 8, class_column="label")


def test_a_folder_is_one_split_whatever_its_files_are_called(tmp_path):
    for name in ("one.png", "my_test_shot.png", "validation-1.png", "deeper/two.png"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        picture().save(tmp_path / name)
    (tmp_path / "caption.txt").write_text("a picture")
    cache = str(tmp_path.parent / "cache")
    assert len(data.load_folder(str(tmp_path), cache_dir=cache)) >= 4
    assert data.image_column(data.load_folder(str(tmp_path), cache_dir=cache)) == "image"
    (tmp_path / "nothing").mkdir()
    with pytest.raises(UserError, match="holds no images"):
        data.load_folder(str(tmp_path / "nothing"), cache_dir=cache)
    for file in ("missing", "one.png"):
        with pytest.raises(UserError, match=f"{file} is not a folder"):
            data.load_folder(str(tmp_path / file), cache_dir=cache)
    assert len(data.load_folder(f"{tmp_path}/", cache_dir=cache)) >= 4
    assert len(data.load_folder(str(tmp_path), "train[:2]", cache_dir=cache)) == 2
    with pytest.raises(UserError, match="holds no images of the split 'test'"):
        data.load_folder(str(tmp_path), "test", cache_dir=cache)


def test_a_cache_that_cannot_be_written_is_not_blamed_on_the_data(tmp_path):
    dataset_of([picture()]).to_parquet(tmp_path / "train.parquet")
    with pytest.raises(UserError, match=r"Can't read or write /proc/no.*; if data sets are cached"):
        data.load_split(str(tmp_path), cache_dir="/proc/no")


def test_what_keeps_a_data_set_from_loading_is_told(tmp_path):
    for name, column in (("a", "label"), ("b", "other")):
        rows = dataset_of([picture()]).remove_columns("label").add_column(column, [1])
        rows.to_parquet(tmp_path / f"train-{name}.parquet")
    with pytest.raises(UserError, match=r"split 'train': .*column names don't match"):
        data.load_split(str(tmp_path), cache_dir=str(tmp_path.parent / "cache"))
    streamed = data.load_split(str(tmp_path), streaming=True)
    spec = ImageSpec("image", 8, 3)
    with pytest.raises(UserError, match="The data set can't be read to its end: "):
        infer_spec(streamed, 8)
    with pytest.raises(UserError, match="The data set can't be read to its end: "):
        list(itertools.islice(ImageStream(streamed, spec, seed=0).examples(), 3))
    dataset_of([picture()]).select([]).save_to_disk(tmp_path / "empty")
    with pytest.raises(UserError, match="one of its splits is empty"):
        data.load_split(str(tmp_path / "empty"))


def test_a_saved_data_set_without_splits_has_one(tmp_path):
    dataset_of([picture()]).save_to_disk(tmp_path)
    assert len(data.load_split(str(tmp_path))) == 1
    with pytest.raises(UserError, match=r"split 'test': .*; there is 'train'"):
        data.load_split(str(tmp_path), "test")


def test_saved_sets_have_slices(tmp_path):
    rows = dataset_of([picture(seed=i) for i in range(10)])
    rows = rows.remove_columns("label").add_column("label", list(range(10)))
    parts = {"train": rows.select(range(8)), "test": rows.select(range(8, 10))}
    datasets.DatasetDict(parts).save_to_disk(tmp_path)

    def labels(split):
        return data.load_split(str(tmp_path), split)["label"][:]

    assert labels("train") == list(range(8)) and labels("test[1:]") == [9]
    assert labels("train[:25%]+test") == [0, 1, 8, 9] and labels("train[-2:]") == [6, 7]
    with pytest.raises(UserError, match=r"split 'train\[': Unrecognized instruction format"):
        labels("train[")
    with pytest.raises(UserError, match=r"split 'train\[:4%\]': it selects none of the 10 rows"):
        labels("train[:4%]")


def test_the_cats_have_slices(world, tmp_path):
    eight = {"resolution": 8, "cache_dir": str(tmp_path)}
    whole = data.load_split("cats", "test", **eight)
    some = data.load_split("cats", "test[10:13]", **eight)
    assert some["body"][:] == whole["body"][10:13] and some.info.license == whole.info.license
    with pytest.raises(UserError, match=r"split 'nothing': .*; there is 'train', 'test'"):
        data.load_split("cats", "nothing")


def test_colour_is_kept_wherever_in_the_set_it_comes():
    mixed = dataset_of([*[picture("L")] * 100, *[picture("RGB")] * 100])
    assert infer_spec(mixed, 8).channels == 3
    assert infer_spec(mixed, 8, channels=1).channels == 1
    assert decoded(mixed, channels=4)[0].image.shape == (4, 8, 8)


def test_a_split_without_any_readable_picture_is_refused():
    good = dataset_of([picture()])
    spec = infer_spec(good, 8)
    with pytest.raises(UserError, match="no image that can be read"):
        ImagesInMemory(dataset_of([b"junk"] * 3), spec, show_progress=False)
    with pytest.raises(UserError, match="no image that can be read"):
        ImagesOnDisk(dataset_of([b"junk"] * 1500), spec)[7]


def test_shorter_side_fits_and_the_rest_is_cropped():
    wide = dataset_of([picture(size=(40, 20))])
    free = decoded(wide, 10)[0].image
    assert free.shape == (3, 10, 20)
    crops = {random_square(free, 10, np.random.default_rng(i)).numpy().tobytes() for i in range(20)}
    assert len(crops) > 1
    centre = decoded(wide, 10, center_crop=True)[0].image
    assert torch.equal(centre, free[:, :, 5:15])
    tall = dataset_of([picture(size=(20, 40))])
    free, centre = (decoded(tall, 10, center_crop=c)[0].image for c in (False, True))
    assert free.shape == (3, 20, 10) and torch.equal(centre, free[:, 5:15])


def test_unit_range_is_exact_and_reversible():
    ramp = torch.arange(256, dtype=torch.uint8).reshape(1, 16, 16)
    x = images.to_unit_range([ramp])
    assert (x.min(), x.max()) == (-1, 1)
    assert torch.equal(images.to_uint8(x), ramp[None])
