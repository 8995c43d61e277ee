"""A folder of your own images → a small model → an animation of it drawing, in minutes.

python examples/your_own_pictures.py photos                      # writes your_own_pictures.gif
python examples/your_own_pictures.py photos --steps 9500         # half an hour to an hour: worth it

What to expect of the default, 500 training steps at 32 × 32 pixels: colours, background and rough
shapes, if your images have a subject in common (faces, flowers, icons); simple drawings come out
almost right. It takes two and a half minutes on two cores (AMD EPYC, bf16; 160 drawings) and shows
that everything works; good samples take longer. A few hundred images are enough; of fewer than
about a hundred, a long run learns copies. The model's folder, with a grid of samples in
samples.png, is a pipeline like any other: `ddpm-sample`, `ddpm-evaluate` and diffusers load it. All
other flags are those of `ddpm-train`, such as `--resume_from_checkpoint latest` after Ctrl-C.
"""

import argparse

import torch

from ddpm_hf import DDPMPipeline, save_animation
from ddpm_hf.distributed import emulates_bf16
from ddpm_hf.train import main as train

if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", help="your images; subfolders are read, too")
    parser.add_argument("--steps", type=int, default=500, help="training steps of 16 images")
    parser.add_argument("--size", type=int, default=32, help="pixels of a side")
    parser.add_argument("--num_inference_steps", type=int, default=50, help="of the animation")
    parser.add_argument("--model", default="runs/your_own_pictures", help="the model's folder")
    parser.add_argument("--output", default="your_own_pictures.gif")
    given, others = parser.parse_known_args()
    # The recipe for little time, with all that is drawn and saved on the way left to the end.
    flags = (
        f"--config cats-32-quick --overwrite_output_dir --resolution {given.size}"
        f" --max_train_steps {given.steps} --lr_warmup_steps {given.steps // 10}"
        f" --checkpointing_steps {given.steps} --save_images_epochs {given.steps}"
        f" --save_model_epochs {given.steps}"
        f" --ddpm_num_inference_steps {given.num_inference_steps}"
    )
    if emulates_bf16(torch.device("cuda" if torch.cuda.is_available() else "cpu")):
        flags += " --mixed_precision no"  # instead of the recipe's bf16
    folders = ["--train_data_dir", given.folder, "--output_dir", given.model]
    train([*flags.split(), *folders, *others])
    pipe = DDPMPipeline.from_pretrained(given.model)
    generator = torch.Generator().manual_seed(0)
    save_animation(pipe.stream(9, generator, given.num_inference_steps), given.output)
    print(f"Noise becomes nine images in {given.output}.")
