"""The network and the data of a run are as the flags say."""

import accelerate
import datasets
import diffusers
import pytest
import torch

from ddpm_hf import DDPMPipeline, DDPMScheduler
from ddpm_hf.errors import UserError
from ddpm_hf.training import run, source
from ddpm_hf.training.config import TrainConfig
from ddpm_hf.training.network import make_model, try_named_network
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


def condition_unet():
    return diffusers.UNet2DConditionModel(
        sample_size=8,
        in_channels=3,
        out_channels=3,
        layers_per_block=1,
        block_out_channels=(8, 16),
        norm_num_groups=4,
        cross_attention_dim=8,
        attention_head_dim=4,
        down_block_types=("DownBlock2D", "CrossAttnDownBlock2D"),
        up_block_types=("CrossAttnUpBlock2D", "UpBlock2D"),
    )


LEARNED = {"time_embedding_type": "learned", "num_train_timesteps": 100}
UNTRAINABLE = {
    "another class": (
        condition_unet,
        "a UNet2DConditionModel; only a UNet2DModel can be used|makes no UNet2DModel: cross_att",
    ),
    # `fourier` takes the logarithm of t, which begins at 0.
    "NaN": (
        lambda: tiny_unet(time_embedding_type="fourier"),
        "gives NaN or infinity at t = 1 of 2000; its time_embedding_type is 'fourier'",
    ),
    "a short embedding": (
        lambda: tiny_unet(**LEARNED),
        r"fails \(index out of range in self\) at t = 2000 of 2000; its .* is 'learned'",
    ),
    "six channels": (lambda: tiny_unet(6), "of 6 channels; training reads images of 1, 3, 4"),
    "other channels": (
        lambda: tiny_unet(6, out_channels=3),
        r"makes \(3, 8, 8\) of images of \(6, 8, 8\)",
    ),
}


@pytest.mark.parametrize("way", ["init_from", "model_config_name_or_path"])
@pytest.mark.parametrize("case", UNTRAINABLE)
def test_a_network_that_cannot_be_trained_is_refused_before_any_picture_is_read(
    tmp_path, monkeypatch, case, way
):
    make, sentence = UNTRAINABLE[case]
    if way == "init_from":
        DDPMPipeline(make(), DDPMScheduler()).save_pretrained(tmp_path)
    else:
        make().save_config(tmp_path)
    monkeypatch.setattr(run, "open_source", None)
    where = {"output_dir": str(tmp_path / "out"), way: str(tmp_path)}
    with pytest.raises(UserError, match=sentence):
        run.train(TrainConfig(resolution=8, ddpm_num_steps=2000, **where))


@pytest.mark.parametrize("content", ["[1, 2]", '"unet"', "null", "{", '{"in_channels": {}}'])
@pytest.mark.parametrize("file", ["model_index.json", "unet/config.json", "config.json"])
def test_any_json_for_a_config_is_one_sentence(tmp_path, file, content):
    DDPMPipeline(tiny_unet(), DDPMScheduler()).save_pretrained(tmp_path)
    (tmp_path / file).write_text(content)
    way, sentence = "init_from", "Can't load --init_from"
    if file == "config.json":
        way, sentence = "model_config_name_or_path", r"config.json of .* makes no UNet2DModel"
    with pytest.raises(UserError, match=sentence):
        try_named_network(TrainConfig(resolution=8, **{way: str(tmp_path)}))
