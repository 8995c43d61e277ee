"""Train a DDPM: `accelerate launch train_accelerate.py --config configs/cats-32.json`."""

import sys

from ddpm_hf.errors import UserError
from ddpm_hf.training.config import parse_config
from ddpm_hf.training.run import train

if __name__ == "__main__":
    try:
        train(parse_config())
    except UserError as error:
        sys.exit(f"train_accelerate.py: {error}")
    except KeyboardInterrupt:
        sys.exit("Stopped; go on from the last checkpoint with --resume_from_checkpoint latest.")
