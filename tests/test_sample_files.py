"""What a killed `ddpm_hf.sample`, or a damaged disk, leaves in its folder."""

import json

import numpy as np
import pytest
from diffusers import UNet2DModel

from ddpm_hf import DDPMPipeline, DDPMScheduler
from ddpm_hf.errors import UserError
from ddpm_hf.sampling import files
from ddpm_hf.sampling.config import SampleConfig
from tests.conftest import tiny_unet


def pixels(indices):
    return np.stack([np.full((8, 8, 3), i + 1, np.uint8) for i in indices])


def complete(config, pipeline):
    """Draw what the folder lacks; which blocks that was."""
    files.prepare_folder(config, pipeline)
    drawn = []
    if not files.is_complete(config):
        drawn = [b for b in files.blocks(config) if files.is_missing(config, b)]
        for block in drawn:
            files.write_block(config, block, pixels(block))
    files.join_blocks(config)
    return [block.start for block in drawn]


@pytest.fixture(params=["png", "npz"])
def config(request, tmp_path):
    return SampleConfig(
        output_dir=str(tmp_path / "out"), num_samples=6, batch_size=2, format=request.param
    )


DAMAGES = pytest.mark.parametrize("keep", [0, 1, 30, -1, -20])


@DAMAGES
def test_a_damaged_file_is_drawn_again(config, pipeline, tmp_path, keep):
    assert complete(config, pipeline) == [0, 2, 4]
    one_file = config.format == "npz"
    path = tmp_path / "out" / ("samples.npz" if one_file else "000003.png")
    path.write_bytes(path.read_bytes()[:keep])
    assert complete(config, pipeline) == ([0, 2, 4] if one_file else [2])
    assert np.array_equal(files.read_samples(config), pixels(range(6)))
    assert complete(config, pipeline) == []


@DAMAGES
def test_a_damaged_part_is_drawn_again(config, pipeline, tmp_path, keep):
    files.prepare_folder(config, pipeline)
    for block in files.blocks(config):
        files.write_block(config, block, pixels(block))
    part = sorted((tmp_path / "out").glob(".parts/*" if config.format == "npz" else "*.png"))[-1]
    part.write_bytes(part.read_bytes()[:keep])
    assert complete(config, pipeline) == [4]
    assert np.array_equal(files.read_samples(config), pixels(range(6)))


@pytest.mark.parametrize("content", [b"", b'{"seed": ', b"null", b"[1]", b"\xff"])
def test_damaged_settings_are_written_anew_unless_there_are_samples(
    config, pipeline, tmp_path, content
):
    settings = tmp_path / "out" / "sampling.json"
    settings.parent.mkdir()
    settings.write_bytes(content)
    assert complete(config, pipeline) == [0, 2, 4]
    assert json.loads(settings.read_text())["seed"] == 0
    settings.write_bytes(content)
    with pytest.raises(UserError, match=r"sampling.json can't be read; .*--output_dir"):
        complete(config, pipeline)


def test_killed_before_its_first_file_was_whole_it_begins(config, pipeline, tmp_path):
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / ".sampling.json.tmp").write_bytes(b"{")
    assert complete(config, pipeline) == [0, 2, 4]
    assert not (tmp_path / "out" / ".sampling.json.tmp").exists()


class Halved(UNet2DModel):
    """Another network of the same config and weights."""


@pytest.mark.parametrize(
    "changes", [{"act_fn": "gelu"}, {"norm_eps": 0.1}, {"freq_shift": 1}, "a subclass"]
)
def test_two_networks_of_the_same_weights_are_not_mixed(config, tmp_path, changes):
    complete(config, DDPMPipeline(tiny_unet(), DDPMScheduler()))
    other = tiny_unet(**changes) if isinstance(changes, dict) else tiny_unet()
    if changes == "a subclass":
        other.__class__ = Halved
    with pytest.raises(UserError, match="holds samples with another network;"):
        complete(config, DDPMPipeline(other, DDPMScheduler()))


def test_a_folder_from_before_networks_were_told_apart_is_completed(config, tmp_path):
    complete(config, DDPMPipeline(tiny_unet(), DDPMScheduler()))
    path = tmp_path / "out" / "sampling.json"
    path.write_text(
        json.dumps({k: v for k, v in json.loads(path.read_text()).items() if k != "network"})
    )
    # All defaults written out, as in a config of another version of diffusers.
    same = UNet2DModel.from_config({**tiny_unet().config, "act_fn": "silu", "norm_eps": 1e-5})
    same.load_state_dict(tiny_unet().state_dict())
    assert complete(config, DDPMPipeline(same, DDPMScheduler())) == []
    assert "network" in json.loads(path.read_text()), "and from now on they are"
