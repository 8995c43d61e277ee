# /// script
# requires-python = ">=3.11"
# dependencies = ["ddpm-hf[train]"]
#
# [tool.uv.sources]
# ddpm-hf = { path = ".", editable = true }
# ///
"""Train a DDPM: `accelerate launch train_accelerate.py --config configs/cats-32.json`.

Or `uv run train_accelerate.py …`, which brings what it needs.
"""

from ddpm_hf.train import main

if __name__ == "__main__":
    main()
