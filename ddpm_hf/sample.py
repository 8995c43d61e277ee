"""Samples of a model, on all processes: `accelerate launch -m ddpm_hf.sample --model M`."""

from ddpm_hf.cli import command_line, options
from ddpm_hf.sampling.config import from_groups


def main(arguments: list[str] | None = None) -> None:
    """The command line."""
    with command_line("ddpm_hf.sample", "Stopped; run it again to complete the samples."):
        config = options(from_groups, "ddpm_hf.sample", arguments)
        from ddpm_hf.sampling.run import run  # takes seconds; wrong flags are reported before

        run(config)


if __name__ == "__main__":
    main()
