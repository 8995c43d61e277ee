"""The network and the data of a run are as the flags say."""

import accelerate
import datasets
import pytest
import torch

from ddpm_hf.errors import UserError
from ddpm_hf.training import source
from ddpm_hf.training.config import TrainConfig
from ddpm_hf.training.network import make_model
from ddpm_hf.unet import attention_tokens
from tests.conftest import tiny_unet
from tests.pictures import dataset_of, picture
from tests.runs import TINY


def test_a_network_is_as_the_flags_say():
    def made(**changes):
        sizes = {"resolution": 16, "block_out_channels": (8, 16, 24), "attention_levels": (0,)}
        return make_model(
            TrainConfig(**{**TINY, **sizes, "attention_head_dim": 4, **changes}), 1, []
        )

    model = made(ddpm_beta_schedule="squaredcos_cap_v2", variance_type="fixed_large")
    known = model.unet.config
    assert tuple(known.down_block_types) == ("AttnDownBlock2D", "DownBlock2D", "DownBlock2D")
    assert tuple(known.up_block_types) == ("UpBlock2D", "UpBlock2D", "AttnUpBlock2D")
    assert known.attention_head_dim == 4 and attention_tokens(model.unet) == 256
    assert attention_tokens(made(attention_levels=()).unet) == 16, "the middle's"
    schedule = model.scheduler.config
    assert (schedule.beta_schedule, schedule.variance_type) == ("squaredcos_cap_v2", "fixed_large")
    first, same, other = (made(seed=seed).unet.conv_in.weight for seed in (1, 1, 2))
    assert torch.equal(first, same) and not torch.equal(first, other)


def test_pictures_are_read_as_the_flags_say(tmp_path, monkeypatch):
    photos = dataset_of([picture(size=(12, 8), seed=i) for i in range(6)], "photo")
    masks = dataset_of([picture("L", size=(12, 8), seed=i) for i in range(6)], "mask")
    both = datasets.concatenate_datasets([photos, masks.remove_columns("label")], axis=1)
    both.save_to_disk(tmp_path)
    monkeypatch.setattr(source, "VALIDATION_IMAGES", 4)
    accelerator = accelerate.Accelerator(cpu=True)

    def opened(**changes):
        where = {"dataset_name": str(tmp_path), "validation_split": "train"}
        return source.open_source(TrainConfig(resolution=8, **where, **changes), accelerator)

    spec = opened(image_column="mask", center_crop=True, preserve_input_precision=True).spec
    assert (spec.column, spec.channels, spec.resolution) == ("mask", 1, 8)
    assert spec.center_crop and spec.keep_precision
    plain = opened(channels=4)
    assert (plain.spec.column, plain.spec.channels) == ("photo", 4)
    assert not (plain.spec.center_crop or plain.spec.keep_precision)
    held_out = source.validation_images(plain, accelerator)
    assert len(held_out) == 4 and held_out[0].image.shape == (4, 8, 8)


def test_a_network_that_gives_nan_from_the_start_is_not_blamed_on_the_learning_rate(tmp_path):
    """`fourier` takes the logarithm of t, which begins at 0."""
    tiny_unet(time_embedding_type="fourier").save_config(tmp_path)
    config = TrainConfig(resolution=8, model_config_name_or_path=str(tmp_path))
    with pytest.raises(UserError, match=r"NaN at t = 1 before it is trained; .* 'fourier'"):
        make_model(config, 3, [])
