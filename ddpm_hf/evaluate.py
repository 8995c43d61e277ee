"""A report on a model: `accelerate launch -m ddpm_hf.evaluate --model M --dataset_name X`."""

from ddpm_hf.cli import command_line, extra, options
from ddpm_hf.evaluation.config import from_groups


def main(arguments: list[str] | None = None) -> None:
    """The command line."""
    with command_line(
        "ddpm_hf.evaluate", "Stopped; run it again to continue from the samples so far."
    ):
        config = options(from_groups, "ddpm_hf.evaluate", arguments)
        with extra("eval"):  # takes seconds; wrong flags are reported before
            from ddpm_hf.evaluation.run import run
        run(config)


if __name__ == "__main__":
    main()
