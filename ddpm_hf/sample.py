"""Samples of a model, on all processes: `accelerate launch -m ddpm_hf.sample --model M`."""

import tyro

from ddpm_hf.cli import command_line
from ddpm_hf.sampling.config import SampleConfig


def main(arguments: list[str] | None = None) -> None:
    """The command line."""
    with command_line("ddpm_hf.sample", "Stopped; start it again to complete the samples."):
        config = tyro.cli(SampleConfig, args=arguments, prog="ddpm_hf.sample", use_underscores=True)
        from ddpm_hf.sampling.run import run  # takes seconds; wrong flags are reported before

        run(config)


if __name__ == "__main__":
    main()
