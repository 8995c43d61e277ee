"""A run becomes a moving picture that Pillow reads back."""

import numpy as np
import pytest
import torch
from PIL import Image, ImageSequence

from ddpm_hf import save_animation
from ddpm_hf.animation import FRAMES, grid, key_steps
from ddpm_hf.data.images import to_images


@pytest.mark.parametrize("suffix", [".gif", ".webp", ".png"])
@pytest.mark.parametrize(
    ("K", "frames"), [(1, 2), (7, 8), pytest.param(130, FRAMES, marks=pytest.mark.slow)]
)
def test_has_a_frame_for_each_key_step_and_holds_the_picture(
    pipeline, seeded, tmp_path, suffix, K, frames
):
    path = tmp_path / f"cats{suffix}"
    save_animation(pipeline.stream(3, seeded(), K), path)
    with Image.open(path) as film:
        assert film.n_frames == frames
        assert film.size == (256, 256)  # two columns of 8 pixels, each enlarged to 128
        shown = []
        for frame in ImageSequence.Iterator(film):
            frame.load()
            shown.append(frame.info["duration"])
            last = np.array(frame.convert("RGB"), dtype=float)
    assert shown == [40] * (frames - 1) + [2000]
    final = pipeline(batch_size=3, generator=seeded(), num_inference_steps=K).images
    corner = np.array(final[0].resize((128, 128), Image.Resampling.NEAREST), dtype=float)
    palette = 16 if suffix == ".gif" else 0  # a GIF has 256 colours
    assert np.abs(last[:128, :128] - corner).mean() <= palette


def test_begins_with_the_noise(pipeline, seeded, tmp_path):
    save_animation(pipeline.stream(1, seeded(), 4), tmp_path / "cat.png")
    noise = to_images(torch.randn(1, 3, 8, 8, generator=seeded()))[0]
    with Image.open(tmp_path / "cat.png") as film:
        assert np.array_equal(np.array(film.convert("RGB"))[::16, ::16], np.array(noise))


def test_pictures_stand_row_by_row_on_white():
    shades = [Image.new("L", (8, 8), 40 * i) for i in range(5)]
    whole = np.asarray(grid(shades))[::128, ::128, 0]
    assert whole.tolist() == [[0, 40, 80], [120, 160, 255]]


def test_another_suffix_is_one_sentence_before_any_work(pipeline, tmp_path):
    steps = pipeline.stream(1, num_inference_steps=3)
    with pytest.raises(ValueError, match=r"^An animation ends in \.gif, \.webp, \.png; got"):
        save_animation(steps, tmp_path / "cats.mp4")
    with pytest.raises(ValueError, match=r"^There is no folder"):
        save_animation(steps, tmp_path / "missing" / "cats.gif")
    assert next(steps).index == 0


def test_a_run_that_is_over_is_told(pipeline, tmp_path):
    steps = pipeline.stream(1, num_inference_steps=3)
    save_animation(steps, tmp_path / "cats.gif")
    with pytest.raises(ValueError, match="can be used once"):
        save_animation(steps, tmp_path / "again.gif")


@pytest.mark.parametrize("K", [1, 2, 118, 119, 120, 2000])
def test_key_steps_reach_from_the_first_step_to_the_last(K):
    keys = key_steps(K)
    assert {0, K - 1} <= keys <= set(range(K)) and len(keys) == min(K, FRAMES - 1)
