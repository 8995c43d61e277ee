"""Pushing a trained model to the Hub.

To push later: `python -m ddpm_hf.hub --folder D --model_id ID`.
"""

from dataclasses import dataclass, field
from pathlib import Path

from huggingface_hub import HfApi

from ddpm_hf.cli import command_line, options
from ddpm_hf.errors import UserError
from ddpm_hf.hub.client import hub_errors, require_token
from ddpm_hf.hub.upload import upload


def repository(model_id: str, *, private: bool = False, token: str | None = None) -> str:
    """The full id of the repository to push to, created if it does not exist.

    Raises UserError if the Hub refuses, or if it is public although `private` is asked for.
    """
    require_token(token, f"push to {model_id}")
    api = HfApi(token=token)
    with hub_errors(f"make the repository {model_id} on the Hub"):
        # None leaves the default to the Hub, which for an organisation may be private.
        full: str = api.create_repo(model_id, private=private or None, exist_ok=True).repo_id
        is_public = private and not api.repo_info(full).private
    if is_public:
        raise UserError(
            f"{full} already exists and is public; make it private on the Hub, or push to another"
            " repository."
        )
    return full


def push(folder: Path, model_id: str, *, token: str | None = None) -> None:
    """Upload a trained model's folder, its card naming the id that it is pushed to.

    Raises UserError, which says how to push it later.
    """
    try:
        with hub_errors(f"push to {model_id}"):
            upload(folder, model_id, token=token, commit_message="Upload the trained pipeline")
    except UserError as error:
        raise UserError(
            f"{error} The model is in {folder}; push it later with `python -m ddpm_hf.hub --folder"
            f" {folder} --model_id {model_id}`."
        ) from error


@dataclass(frozen=True)
class PushConfig:
    """Push a trained model to the Hub: the pipeline, its card and its samples.

    Example: python -m ddpm_hf.hub --folder out --model_id ME/model

    For publishing the page, see `python -m ddpm_hf.hub space --help`.
    """

    folder: Path
    """The output folder of a training run."""
    model_id: str
    """The model's id on the Hub; created if it does not exist."""
    private: bool = False
    """Create a private repository."""
    token: str | None = field(default=None, repr=False)
    """By default $HF_TOKEN, or the token of `hf auth login`."""


def main(arguments: list[str] | None = None) -> None:
    """The command line."""
    with command_line("ddpm_hf.hub", "Stopped; run it again to push the rest."):
        config = options(PushConfig, "ddpm_hf.hub", arguments)
        if not (config.folder / "model_index.json").exists():
            raise UserError(f"{config.folder} holds no model: it has no model_index.json.")
        full = repository(config.model_id, private=config.private, token=config.token)
        push(config.folder, full, token=config.token)
