"""A report on a model: `accelerate launch -m ddpm_hf.evaluate --model M --dataset_name X`."""

import tyro

from ddpm_hf.cli import command_line
from ddpm_hf.errors import UserError
from ddpm_hf.evaluation.config import EvaluateConfig


def main(arguments: list[str] | None = None) -> None:
    """The command line."""
    with command_line("ddpm_hf.evaluate", "Stopped; start it again to continue from its samples."):
        config = tyro.cli(
            EvaluateConfig, args=arguments, prog="ddpm_hf.evaluate", use_underscores=True
        )
        try:  # takes seconds; wrong flags are reported before
            from ddpm_hf.evaluation.run import run
        except ModuleNotFoundError as error:
            raise UserError(
                f"Evaluation needs the package {error.name}: pip install 'ddpm_hf[train,eval]'."
            ) from error
        run(config)


if __name__ == "__main__":
    main()
