"""Train a DDPM: `accelerate launch train_accelerate.py --config configs/cats-32.json`."""

import sys

from ddpm_hf.errors import UserError
from ddpm_hf.training.config import parse_config

if __name__ == "__main__":
    try:
        config = parse_config()
        from ddpm_hf.training.run import train  # takes seconds: first, what is wrong is told

        train(config)
    except UserError as error:
        sys.exit(f"train_accelerate.py: {error}")
    except KeyboardInterrupt:
        sys.exit(
            "Stopped; --resume_from_checkpoint latest goes on from the last checkpoint, or begins"
            " if there is none yet."
        )
