"""What of a picture's file reaches the network: white, bands, transparency, which way is up."""

import io
import itertools
import struct

import datasets
import numpy as np
import pytest
import torch
from PIL import Image
from PIL.TiffImagePlugin import IFDRational

from ddpm_hf.data.examples import ImagesInMemory, ImagesOnDisk, ImageStream
from ddpm_hf.data.image_spec import infer_spec
from ddpm_hf.errors import UserError
from ddpm_hf.training.randomness import BatchRandomness
from tests.pictures import dataset_of, file_of, picture, png, tiff


def loaded(files, side, **changes):
    dataset = dataset_of(files)
    return ImagesInMemory(dataset, infer_spec(dataset, side, **changes), show_progress=False)


def told_of(files, side, **changes):
    """What the user is told of the pictures."""
    told = []
    infer_spec(dataset_of(files), side, tell=told.append, **changes)
    return told


def network_input(files, side, **changes):
    """x_0 of each file as the network gets it, in [−1, 1], told as 0..255."""
    examples = loaded(files, side, **changes).examples
    batch = BatchRandomness(0, 10, side).training_batch(0, range(len(files)), examples)
    return ((batch.x_0 + 1) * 127.5).round(decimals=3)


def assert_grey(found, expected):
    """expected: the first row of the first channel."""
    torch.testing.assert_close(found[0, 0], torch.tensor(expected, dtype=torch.float32))


FOUR = np.array([[0, 1, 128, 255]] * 4)


@pytest.mark.parametrize("keep", [False, True])
@pytest.mark.parametrize(
    ("file", "expected"),
    [
        (tiff(FOUR.astype(np.uint8), photometric=0), [255, 254, 127, 0]),
        (tiff((FOUR * 257).astype(np.uint16), photometric=0), [255, 254, 127, 0]),
        (tiff((FOUR / 255).astype(np.float32), photometric=0), [255, 254, 127, 0]),
        (tiff(FOUR.astype(np.float32), photometric=0), [255, 254, 127, 0]),
        (file_of((FOUR * 257).astype(np.uint16), "TIFF", tiffinfo={262: 0}), [255, 254, 127, 0]),
        (tiff((FOUR * 257).astype(np.uint16)), [0, 1, 128, 255]),
    ],
)
def test_0_is_white_where_the_tags_say_so(file, expected, keep):
    found = network_input([file], 4, keep_precision=keep)
    torch.testing.assert_close(found[0, 0, 0], torch.tensor(expected).float(), atol=1e-3, rtol=0)


def test_white_of_12_bits_is_4095():
    two = bytes([0x00, 0x0F, 0xFF])  # 0 and 4095
    file = tiff(np.array([[0, 4095]] * 2, np.uint16), bits=12, data=two * 2)
    assert_grey(network_input([file], 2)[0], [0, 255])


def test_what_may_be_nearly_black_by_mistake_is_told():
    """Of 12 bits in 16 only their author knows; a mask of 0 and 1 is the same."""
    for values in (np.uint16([[0, 4095]] * 2), np.uint8([[0, 1]] * 2)):
        (told,) = told_of([file_of(values, "TIFF")], 2)
        assert "No value of the images is above 1" in told and "nearly black" in told
    assert told_of([file_of(np.uint16([[0, 65535]] * 2), "TIFF")], 2) == []


def test_floats_have_one_white_in_the_whole_set():
    """A picture of few photons beside a bright one is dark, and not scaled by itself."""
    rows = [file_of(np.full((2, 2), v, np.float32), "TIFF") for v in (0.5, 1.0, 200.0)]
    assert network_input(rows, 2, keep_precision=True)[:, 0, 0, 0].tolist() == [0.5, 1.0, 200.0]
    found = network_input(rows[:2], 2)[:, 0, 0, 0]
    assert found.tolist() == [128, 255]
    many = [rows[0]] * 600 + [rows[2]]  # the bright one is not among those looked at first
    assert network_input(many, 2, keep_precision=True)[0, 0, 0, 0] == 0.5
    assert "White in floating-point images is 1" in " ".join(told_of(rows[:2], 2))


def test_a_validation_split_has_the_white_of_the_training_split():
    dark = dataset_of([file_of(np.full((2, 2), 0.5, np.float32), "TIFF")])
    spec = infer_spec(dark, 2, channels=1, whites={"F": 255.0}, keep_precision=True)
    assert ImagesInMemory(dark, spec, show_progress=False)[0].image.max() == 0.5


def test_values_that_no_survey_foresaw_are_no_picture():
    """In a stream only the first pictures are looked at."""
    rows = [file_of(np.full((2, 2), 1, np.float32), "TIFF")] * 70
    rows += [file_of(np.full((2, 2), 255, np.float32), "TIFF")]
    stream = dataset_of(rows).to_iterable_dataset()
    examples = ImageStream(stream, infer_spec(stream, 2), seed=0).examples()
    assert {int(e.image.max()) for e in itertools.islice(examples, 80)} == {255}
    with pytest.raises(UserError, match="values from -1 to 25, which does not tell what is white"):
        loaded([tiff(np.int8([[-1, 25]] * 2))], 2)


@pytest.mark.parametrize(
    ("bands", "extra", "told"),
    [
        (4, (0,), "of 4 bands only R, G, B are read"),
        (5, (0, 0), "of 5 bands only R, G, B are read"),
        (5, (2, 0), "of 5 bands only R, G, B, A are read"),
        (4, (), "its fourth band is taken for transparency, which the file does not say"),
    ],
)
def test_bands_that_are_not_read_are_told(bands, extra, told):
    values = np.full((2, 2, bands), 255, np.uint8)
    values[..., :3] = 10, 20, 30
    images = loaded([tiff(values, extra=extra)], 2)
    assert f"An image: {told}." in told_of([tiff(values, extra=extra)], 2)
    assert images[0].image[:, 0, 0].tolist()[:3] == [10, 20, 30]


def test_frames_that_are_not_read_are_told():
    frames = [picture(seed=i) for i in range(3)]
    for kind in ("TIFF", "GIF", "WEBP"):
        file = file_of(frames[0], kind, save_all=True, append_images=frames[1:])
        assert "An image: of its frames only the first is read." in told_of([file], 8)


RGBA = np.array([[[200, 10, 30, 0], [200, 10, 30, 255], [200, 10, 30, 51]]] * 3, np.uint8)


@pytest.mark.parametrize(("background", "ground"), [("white", 255), ("black", 0)])
def test_transparent_pictures_lie_on_the_ground(background, ground):
    """None of the colour that a file holds where it is transparent all the same."""
    files = [file_of(Image.fromarray(RGBA)), file_of(Image.fromarray(RGBA), "TIFF")]
    found = network_input(files, 3, channels=3, background=background)
    mixed = [round(0.2 * c + 0.8 * ground) for c in (200, 10, 30)]
    for x_0 in found:
        assert x_0[:, 0].T.tolist() == [[ground] * 3, [200, 10, 30], mixed]
    grey = network_input(files, 3, channels=1, background=background)[0, 0, 0]
    assert grey[0] == ground and grey[1] == 69
    told = told_of(files, 3, channels=3, background=background)
    assert told == [f"Transparent images are laid on {background}; --background changes that."]
    assert loaded(files, 3).spec.channels == 4


GREY_AND_CLEAR = [
    png([bytes([0, 100, 255])] * 3, 8, clear=[100]),
    png([bytes([0b00110100, 0])[:2]] * 4, 4, clear=[3]),
    png([np.array([0, 25700, 65535], ">u2").tobytes()] * 3, 16, clear=[25700]),
]


@pytest.mark.parametrize("file", GREY_AND_CLEAR, ids=["8 bits", "4 bits", "16 bits"])
def test_grey_with_a_transparent_value_has_four_channels(file):
    side = 4 if file is GREY_AND_CLEAR[1] else 3
    images = loaded([file], side)
    assert images.spec.channels == 4
    clear = 0 if side == 4 else 1
    assert (images[0].image[3, 0] == 0).nonzero().flatten().tolist() == [clear]
    assert network_input([file], side, channels=1)[0, 0, 0, clear] == 255
    on_black = network_input([file], side, channels=3, background="black")[0, :, 0]
    assert on_black[:, clear].tolist() == [0, 0, 0]


def test_colour_of_16_bits_with_a_transparent_value_has_four_channels():
    pixels = np.array([1 << 8, 2 << 8, 3 << 8, 9 << 8, 9 << 8, 9 << 8], ">u2").tobytes()
    images = loaded([png([pixels] * 2, 16, colour=2, clear=[1 << 8, 2 << 8, 3 << 8])], 2)
    assert images.spec.channels == 4 and images[0].image[3, 0].tolist() == [0, 255]


@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_damaged_exif_does_not_keep_a_picture_from_being_turned(orientation):
    """Pillow writes the EXIF anew when it turns a picture, and can't where a fraction has no
    denominator."""
    exif = Image.Exif()
    exif[274] = orientation
    exif[282] = IFDRational(1, 1)
    file = file_of(picture(size=(4, 8)), "JPEG", exif=exif, quality=100, subsampling=0)
    damaged = file.replace(b"\0\0\0\1" * 2, b"\xff" * 4 + bytes(4))  # −1 of 0, signed:
    damaged = damaged.replace(struct.pack(">HH", 282, 5), struct.pack(">HH", 37380, 10))
    as_it_is = file_of(picture(size=(4, 8)), "JPEG", quality=100, subsampling=0)
    lying = np.array(Image.open(io.BytesIO(as_it_is)))
    upright = {
        **{1: lying, 2: lying[:, ::-1], 3: lying[::-1, ::-1], 4: lying[::-1]},
        **{5: lying.transpose(1, 0, 2), 6: np.rot90(lying, -1), 8: np.rot90(lying)},
        7: np.rot90(lying, 2).transpose(1, 0, 2),
    }[orientation]
    assert damaged != file
    found = loaded([damaged], 4)[0].image.permute(1, 2, 0).numpy()
    assert np.array_equal(found, upright)


def cell(content, name):
    rows = datasets.Dataset.from_dict({"image": [{"bytes": content, "path": name}]})
    return rows.cast_column("image", datasets.Image())


BIG = png([bytes(65_000 // 8)] * 3_000, 1)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (BIG, r"Image size \(195000000 pixels\) exceeds limit"),
        (tiff(np.zeros((2, 2), np.float64)), "unknown pixel mode"),
        (tiff(np.zeros((2, 2, 5), np.uint8), photometric=1, extra=(0,) * 4), "unknown pixel mode"),
        (b"junk", "its format is not known"),
        (file_of(picture())[:60], "image file is truncated"),
    ],
    ids=["195 megapixels", "float64", "five bands", "junk", "cut short"],
)
def test_why_no_picture_can_be_read_is_told(content, reason):
    """With the file's name: looked at first, in memory, on disk and in a stream."""
    rows, spec = cell(content, "a.pic"), infer_spec(dataset_of([picture()]), 8)
    told = rf"an image that can be read; the first: a\.pic: {reason}"
    with pytest.raises(UserError, match=told):
        infer_spec(rows, 8)
    told = rf"no image that can be read; the first: a\.pic: {reason}"
    with pytest.raises(UserError, match=told):
        ImagesInMemory(rows, spec, show_progress=False)
    with pytest.raises(UserError, match=told):
        ImagesOnDisk(rows, spec)[0]
    with pytest.raises(UserError, match=told):
        next(ImageStream(rows.to_iterable_dataset(), spec, seed=0).examples())
