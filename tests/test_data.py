"""Loading pictures of any kind, and what is said of those that can't be."""

import io

import datasets
import numpy as np
import pytest
import torch
from PIL import Image

from ddpm_hf import data
from ddpm_hf.errors import UserError


def picture(mode="RGB", size=(8, 8), seed=0):
    channels = len(Image.new(mode, (1, 1)).getbands())
    rng = np.random.default_rng(seed)
    pixels = rng.integers(0, 256, (size[1], size[0], channels), dtype=np.uint8)
    return Image.fromarray(pixels.squeeze(), mode)


def dataset_of(pictures, column="image"):
    encoded = []
    for p in pictures:
        if isinstance(p, Image.Image):
            file = io.BytesIO()
            p.save(file, "PNG")
            p = file.getvalue()
        encoded.append({"bytes": p, "path": None})
    features = datasets.Features({column: datasets.Image(), "label": datasets.Value("int64")})
    rows = {column: encoded, "label": list(range(len(encoded)))}
    return datasets.Dataset.from_dict(rows, features=features)


def test_layouts_on_disk_load_by_the_same_call(tmp_path):
    dataset = dataset_of([picture(seed=i) for i in range(3)], "img")
    (tmp_path / "parquet").mkdir()
    dataset.to_parquet(tmp_path / "parquet" / "train.parquet")
    dataset.save_to_disk(tmp_path / "saved")
    datasets.DatasetDict({"train": dataset}).save_to_disk(tmp_path / "saved-dict")
    (tmp_path / "images").mkdir()
    for i in range(3):
        dataset[i]["img"].save(tmp_path / "images" / f"{i}.png")
    for layout in ("parquet", "saved", "saved-dict", "images"):
        loaded = data.load_split(str(tmp_path / layout), cache_dir=str(tmp_path / "cache"))
        pictures = data.decode(loaded, data.image_column(loaded), 8, show_progress=False)
        assert torch.equal(
            pictures.pixels[2], torch.tensor(np.array(picture(seed=2))).permute(2, 0, 1)
        )


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
    with pytest.raises(UserError, match="split 'validation'"):
        data.load_split(str(tmp_path), "validation", cache_dir=str(tmp_path / "cache"))


def test_columns_are_found_by_type_or_named_in_the_refusal():
    assert data.image_column(dataset_of([picture()], "img")) == "img"
    without = datasets.Dataset.from_dict({"text": ["a"], "label": [1]})
    with pytest.raises(UserError, match=r"no image column. Its columns are: text .*label"):
        data.image_column(without)
    with pytest.raises(UserError, match=r"no image column 'picture'.*img"):
        data.image_column(dataset_of([picture()], "img"), "picture")


def test_corrupt_pictures_are_skipped_and_listed():
    good = [picture(seed=i) for i in range(3)]
    file = io.BytesIO()
    good[1].save(file, "PNG")
    cut = file.getvalue()[:60]
    pictures = data.decode(
        dataset_of([good[0], cut, good[1], b"not a picture"]), "image", 8, show_progress=False
    )
    assert pictures.corrupt == [1, 3]
    assert len(pictures) == 2
    with pytest.raises(UserError, match="1 rows, and none"):
        data.decode(dataset_of([b"junk"]), "image", 8, show_progress=False)


@pytest.mark.parametrize(
    ("mode", "channels"),
    [("L", 1), ("1", 1), ("RGB", 3), ("P", 3), ("CMYK", 3), ("RGBA", 4), ("LA", 4)],
)
def test_channels_come_from_the_first_picture(mode, channels):
    first = picture("RGB").convert(mode) if mode != "LA" else picture("L").convert("LA")
    file = io.BytesIO()
    first.save(file, "TIFF")
    pictures = data.decode(
        dataset_of([file.getvalue(), picture("RGB")]), "image", 8, show_progress=False
    )
    assert pictures.channels == channels
    assert all(p.shape == (channels, 8, 8) and p.dtype == torch.uint8 for p in pictures.pixels)


def test_shorter_side_fits_and_the_rest_is_cropped():
    wide = dataset_of([picture(size=(40, 20))])
    free = data.decode(wide, "image", 10, show_progress=False)
    assert free.pixels[0].shape == (3, 10, 20)
    crops = {free.crop(0, np.random.default_rng(i)).numpy().tobytes() for i in range(20)}
    assert len(crops) > 1
    centre = data.decode(wide, "image", 10, center_crop=True, show_progress=False)
    assert torch.equal(centre.pixels[0], free.pixels[0][:, :, 5:15])


def test_unit_range_is_exact_and_reversible():
    ramp = torch.arange(256, dtype=torch.uint8).reshape(1, 16, 16)
    x = data.to_unit_range([ramp])
    assert (x.min(), x.max()) == (-1, 1)
    assert torch.equal(data.to_uint8(x), ramp[None])
