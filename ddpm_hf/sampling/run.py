"""Sampling what is missing in the output folder.

The noise of image i is a function of (seed, i). Images are worked out in fixed blocks, each whole
on one process, so the files are the same bytes on any number of processes.
"""

from typing import Any

import numpy as np
from accelerate import Accelerator
from numpy.typing import NDArray
from tqdm import tqdm

from ddpm_hf.backends.denoiser import check_backend
from ddpm_hf.data.images import to_uint8
from ddpm_hf.distributed import make_accelerator, on_main, shut_down
from ddpm_hf.errors import UserError
from ddpm_hf.noise import image_generators
from ddpm_hf.pipeline import DDPMPipeline
from ddpm_hf.sampling import files
from ddpm_hf.sampling.config import SampleConfig
from ddpm_hf.sampling.model import class_number, load
from ddpm_hf.timesteps import spaced_timesteps


def class_labels(pipeline: DDPMPipeline, config: SampleConfig, numbers: range) -> list[int] | None:
    """The classes of the images of these numbers: the one asked for, or one after the other."""
    number, classes = class_number(config, pipeline), len(pipeline.class_names)
    return [i % classes if number is None else number for i in numbers] if classes else None


def _steps(config: SampleConfig) -> dict[str, Any]:
    """The pipeline's argument that says which steps are taken."""
    K, highest = config.num_inference_steps, config.max_timestep
    if highest is None:
        return {"num_inference_steps": K}
    spacing = config.timestep_spacing or "trailing"  # which begins at the very highest
    return {"timesteps": spaced_timesteps(highest + 1, K or highest + 1, spacing)}


def sample_block(pipeline: DDPMPipeline, config: SampleConfig, numbers: range) -> NDArray[np.uint8]:
    """The images of these numbers: (n, height, width, channels)."""
    images = pipeline(
        len(numbers),
        image_generators(config.seed, numbers),
        **_steps(config),
        output_type="pt",
        return_dict=False,
        class_labels=class_labels(pipeline, config, numbers),
        guidance_scale=config.guidance_scale,
        noise_scale=config.noise_scale,
        backend=config.backend,
    )[0]
    pixels: NDArray[np.uint8] = to_uint8(images * 2 - 1).permute(0, 2, 3, 1).cpu().numpy()
    return pixels


def sample(config: SampleConfig, accelerator: Accelerator) -> None:
    """Sample what is missing in the output folder, all processes together.

    Raises UserError for what the user can mend.
    """
    pipeline = load(config).to(accelerator.device)
    try:
        check_backend(pipeline.unet, config.backend, accelerator.device)
    except ValueError as error:
        raise UserError(str(error)) from error
    on_main(accelerator, lambda: files.claim(config, pipeline))
    if not files.is_whole(config):
        mine = files.blocks(config)[accelerator.process_index :: accelerator.num_processes]
        silent = not accelerator.is_main_process
        for numbers in tqdm(mine, desc="Sampling", unit="block", disable=silent):
            if files.is_missing(config, numbers):
                files.write_block(config, numbers, sample_block(pipeline, config, numbers))
        accelerator.wait_for_everyone()
    on_main(accelerator, lambda: files.finish(config))


def run(config: SampleConfig) -> None:
    """`sample` with an accelerator of its own."""
    accelerator = make_accelerator()
    sample(config, accelerator)
    shut_down(accelerator)
