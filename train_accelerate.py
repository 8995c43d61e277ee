"""Train a DDPM: `accelerate launch train_accelerate.py --config configs/cats-32.json`."""

from ddpm_hf.cli import command_line
from ddpm_hf.training.config import parse_config

STOPPED = (
    "Stopped; --resume_from_checkpoint latest goes on from the last checkpoint, or begins if there"
    " is none yet."
)

if __name__ == "__main__":
    with command_line("train_accelerate.py", STOPPED):
        config = parse_config()
        from ddpm_hf.training.run import train  # takes seconds: first, what is wrong is told

        train(config)
