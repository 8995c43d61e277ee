"""Images a second in training: ours beside diffusers' train_unconditional.py, in turns.

`python benchmarks/training.py --json out.json`. The same UNet (cats-32's), cats and machine.
diffusers' loop is the script's own, step by step, with its torchvision transforms replaced by
Pillow and torch.
"""

import argparse
import functools
import itertools
import logging
import tempfile
import time

import torch
from interleave import medians, take_turns, write

UNET = {
    "sample_size": 32,
    "in_channels": 3,
    "out_channels": 3,
    "layers_per_block": 1,
    "block_out_channels": (32, 64, 128),
    "down_block_types": ("DownBlock2D", "DownBlock2D", "AttnDownBlock2D"),
    "up_block_types": ("AttnUpBlock2D", "UpBlock2D", "UpBlock2D"),
    "norm_num_groups": 8,
}


def ours(precision, batch, pictures, unet=UNET, extra=()):
    """`train_accelerate.py --config configs/cats-32.json`, from the images to the logged loss."""
    from diffusers import UNet2DModel

    from ddpm_hf.data import datasets as data
    from ddpm_hf.data.examples import ImagesInMemory
    from ddpm_hf.data.image_spec import infer_spec
    from ddpm_hf.training.algorithm import training_steps
    from ddpm_hf.training.config import parse_config
    from ddpm_hf.training.network import make_model
    from ddpm_hf.training.preflight import training_accelerator
    from ddpm_hf.training.progress import Progress
    from ddpm_hf.training.state import TrainingState

    folder = tempfile.mkdtemp()
    UNet2DModel(**unet).save_config(folder)
    flags = ["--train_batch_size", str(batch), "--mixed_precision", precision, *extra]
    flags += ["--model_config_name_or_path", folder, "--output_dir", f"{folder}/run"]
    config = parse_config(["--config", "configs/cats-32.json", *flags])
    accelerator = training_accelerator(config)
    cats = data.load_split("cats").select(range(pictures))
    kept = ImagesInMemory(cats, infer_spec(cats, 32), show_progress=False)
    state = TrainingState(config, make_model(config, 3, []), accelerator, len(kept))
    accelerator.init_trackers("logs")
    progress = Progress(state)
    steps = progress.watch(training_steps(state, kept))

    def work(n):
        start = time.perf_counter()
        for step in itertools.islice(steps, n):
            if step.number % config.logging_steps == 0:
                accelerator.log({"loss": progress.report().loss}, step=step.number)
        return time.perf_counter() - start

    work.pipeline, work.steps = state.pipeline, lambda: state.step
    return work


def theirs(
    precision, batch, pictures, unet=UNET, learning_rate=1e-3, warmup=200, epochs=100, workers=0
):
    """The training loop of diffusers 0.42's train_unconditional.py, with --use_ema.

    workers: --dataloader_num_workers.
    """
    import copy

    import numpy as np
    from accelerate import Accelerator
    from diffusers import DDPMPipeline, DDPMScheduler, UNet2DModel
    from diffusers.optimization import get_scheduler
    from diffusers.training_utils import EMAModel
    from torch.nn import functional
    from tqdm import tqdm

    from ddpm_hf.data import datasets as data

    logging.disable(logging.WARNING)
    accelerator = Accelerator(
        gradient_accumulation_steps=1,
        mixed_precision=precision,
        log_with="tensorboard",
        project_dir=tempfile.mkdtemp(),
    )
    model = UNet2DModel(**unet)
    ema = EMAModel(
        model.parameters(),
        decay=0.9999,
        use_ema_warmup=True,
        inv_gamma=1.0,
        power=0.75,
        model_cls=UNet2DModel,
        model_config=model.config,
    )
    scheduler = DDPMScheduler(num_train_timesteps=2000)
    optimizer = torch.optim.AdamW(
        model.parameters(), lr=learning_rate, betas=(0.95, 0.999), weight_decay=1e-6, eps=1e-8
    )
    cats = data.load_split("cats").select(range(pictures))

    def transform(examples):
        images = [np.asarray(image.convert("RGB")) for image in examples["image"]]
        tensors = [
            torch.from_numpy(image.copy()).permute(2, 0, 1).float() / 255 for image in images
        ]
        return {"input": [(tensor - 0.5) / 0.5 for tensor in tensors]}

    cats.set_transform(transform)
    loader = torch.utils.data.DataLoader(cats, batch_size=batch, shuffle=True, num_workers=workers)
    lr_scheduler = get_scheduler(
        "cosine",
        optimizer=optimizer,
        num_warmup_steps=warmup,
        num_training_steps=len(loader) * epochs,
    )
    model, optimizer, loader, lr_scheduler = accelerator.prepare(
        model, optimizer, loader, lr_scheduler
    )
    ema.to(accelerator.device)
    accelerator.init_trackers("logs")
    weight_dtype = torch.bfloat16 if precision == "bf16" else torch.float32
    bar = tqdm(disable=False)

    def endless():
        while True:
            yield from loader

    batches, state = endless(), {"step": 0}

    def work(n):
        start = time.perf_counter()
        for _ in range(n):
            model.train()
            clean = next(batches)["input"].to(weight_dtype)
            noise = torch.randn(clean.shape, dtype=weight_dtype, device=clean.device)
            timesteps = torch.randint(0, 2000, (clean.shape[0],), device=clean.device).long()
            noisy = scheduler.add_noise(clean, noise, timesteps)
            with accelerator.accumulate(model):
                output = model(noisy, timesteps).sample
                loss = functional.mse_loss(output.float(), noise.float())
                accelerator.backward(loss)
                if accelerator.sync_gradients:
                    accelerator.clip_grad_norm_(model.parameters(), 1.0)
                optimizer.step()
                lr_scheduler.step()
                optimizer.zero_grad()
            if accelerator.sync_gradients:
                ema.step(model.parameters())
                bar.update(1)
                state["step"] += 1
            logs = {"loss": loss.detach().item(), "lr": lr_scheduler.get_last_lr()[0]}
            logs |= {"step": state["step"], "ema_decay": ema.cur_decay_value}
            bar.set_postfix(**logs)
            accelerator.log(logs, step=state["step"])
        return time.perf_counter() - start

    def pipeline():
        averaged = copy.deepcopy(accelerator.unwrap_model(model))
        ema.copy_to(averaged.parameters())
        return DDPMPipeline(averaged, scheduler)

    work.pipeline, work.steps = pipeline, lambda: state["step"]
    return work


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--json", help="write the result there")
    parser.add_argument("--batch", type=int, nargs="+", default=[64, 4])
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--images", type=int, default=320, help="images in one turn")
    arguments = parser.parse_args()
    result = {}
    for batch in arguments.batch:
        contenders = {
            f"{name} {precision}": functools.partial(contender, precision, batch, 5000)
            for name, contender in (("ours", ours), ("diffusers", theirs))
            for precision in ("bf16", "no")
        }
        steps = max(1, arguments.images // batch)
        seconds = medians(take_turns(contenders, steps, arguments.rounds))
        result[f"batch {batch}"] = {
            "images_per_second": {name: round(batch / s, 1) for name, s in seconds.items()},
            "ours bf16 / diffusers bf16": round(
                seconds["diffusers bf16"] / seconds["ours bf16"], 2
            ),
            "ours bf16 / diffusers default": round(
                seconds["diffusers no"] / seconds["ours bf16"], 2
            ),
            "ours fp32 / diffusers default": round(seconds["diffusers no"] / seconds["ours no"], 2),
        }
    write(result, arguments.json)


if __name__ == "__main__":
    main()
