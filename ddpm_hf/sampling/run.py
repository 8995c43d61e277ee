"""Sampling the images that the output folder lacks.

The noise of image i is a function of (seed, i). Images are sampled in fixed blocks, each on one
process, so that the files are the same to the byte for any number of processes.
"""

from typing import Any

import numpy as np
from accelerate import Accelerator
from numpy.typing import NDArray
from tqdm import tqdm

from ddpm_hf.backends.denoiser import check_backend
from ddpm_hf.data.images import to_uint8
from ddpm_hf.distributed import make_accelerator, on_all, on_main, shut_down
from ddpm_hf.errors import UserError
from ddpm_hf.noise import image_generators
from ddpm_hf.pipeline import DDPMPipeline
from ddpm_hf.sampling import files
from ddpm_hf.sampling.config import SampleConfig
from ddpm_hf.sampling.model import class_number, load
from ddpm_hf.timesteps import spaced_timesteps


def class_labels(pipeline: DDPMPipeline, config: SampleConfig, indices: range) -> list[int] | None:
    """The classes of the images with these indices: the one chosen, or all classes in turn."""
    number, classes = class_number(config, pipeline), len(pipeline.class_names)
    return [i % classes if number is None else number for i in indices] if classes else None


def _steps(config: SampleConfig) -> dict[str, Any]:
    """The pipeline's argument for the timesteps."""
    K, highest = config.num_inference_steps, config.max_timestep
    if highest is None:
        return {"num_inference_steps": K}
    spacing = config.timestep_spacing or "trailing"  # which starts exactly at the highest
    return {"timesteps": spaced_timesteps(highest + 1, K or highest + 1, spacing)}


def sample_block(pipeline: DDPMPipeline, config: SampleConfig, indices: range) -> NDArray[np.uint8]:
    """The images with these indices: (n, height, width, channels)."""
    images = pipeline(
        len(indices),
        image_generators(config.seed, indices),
        **_steps(config),
        output_type="pt",
        return_dict=False,
        class_labels=class_labels(pipeline, config, indices),
        guidance_scale=config.guidance_scale,
        noise_scale=config.noise_scale,
        eta=config.eta,
        solver_order=config.solver_order,
        backend=config.backend,
    )[0]
    pixels: NDArray[np.uint8] = to_uint8(images * 2 - 1).permute(0, 2, 3, 1).cpu().numpy()
    return pixels


def sample(config: SampleConfig, accelerator: Accelerator) -> None:
    """Sample the images that the output folder lacks. All processes must call this.

    Raises UserError for mistakes of the user.
    """
    pipeline = load(config).to(accelerator.device)
    try:
        check_backend(pipeline.unet, config.backend, accelerator.device)
    except ValueError as error:
        raise UserError(str(error)) from error
    on_main(accelerator, lambda: files.prepare_folder(config, pipeline))
    if not files.is_complete(config):
        mine = files.blocks(config)[accelerator.process_index :: accelerator.num_processes]
        hidden = not accelerator.is_main_process

        def complete() -> None:
            how = {"unit": "image", "unit_scale": config.batch_size, "disable": hidden}
            for indices in tqdm(mine, desc="Sampling", **how):
                if files.is_missing(config, indices):
                    files.write_block(config, indices, sample_block(pipeline, config, indices))

        on_all(accelerator, complete)
    on_main(accelerator, lambda: files.join_blocks(config))


def run(config: SampleConfig) -> None:
    """`sample` with an accelerator of its own."""
    accelerator = make_accelerator()
    sample(config, accelerator)
    shut_down(accelerator)
