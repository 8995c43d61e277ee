"""The moving average of the weights (EMA), with which a trained model is sampled and saved."""

from typing import Any

from diffusers import UNet2DModel
from diffusers.training_utils import EMAModel

from ddpm_hf.training.config import TrainConfig
from ddpm_hf.training.optimizer import laid_out_like


def make_ema(config: TrainConfig, unet: UNet2DModel) -> EMAModel:
    """An average that begins with these weights; its decay at step i is the smaller of
    --ema_max_decay and 1 − (1 + i/inv_gamma)^(−power).
    """
    return EMAModel(
        unet.parameters(),
        decay=config.ema_max_decay,
        use_ema_warmup=True,
        inv_gamma=config.ema_inv_gamma,
        power=config.ema_power,
        foreach=True,
    )


def load_state_dict(
    config: TrainConfig, ema: EMAModel, unet: UNet2DModel, state: dict[str, Any]
) -> None:
    """Continue from a state of `ema`, with the decay configured now."""
    averages = map(laid_out_like, unet.parameters(), state["shadow_params"])
    ema.load_state_dict({**state, "shadow_params": list(averages)})
    ema.decay, ema.power = config.ema_max_decay, config.ema_power
    ema.inv_gamma = config.ema_inv_gamma
