"""Which files of a model's folder go to the Hub, and sending them."""

from pathlib import Path

from huggingface_hub import CommitInfo, CommitOperationAdd, HfApi

from ddpm_hf.hub.card_text import with_id

PICTURES = ("samples.png", "strip.png", "loss.png")
"""The images that a card shows."""
UPLOADED = (
    "model_index.json",
    "unet/config.json",
    "unet/diffusion_pytorch_model*.safetensors",
    "unet/diffusion_pytorch_model*.safetensors.index*.json",
    "scheduler/scheduler_config.json",
    "README.md",
    *PICTURES,
)
"""What goes there: the pipeline, its card and the card's images. No checkpoints, logs or data."""


def upload(
    folder: Path,
    model_id: str,
    *,
    token: str | None = None,
    commit_message: str | None = None,
    create_pr: bool = False,
    subfolder: str | None = None,
    keep_card: bool = False,
) -> CommitInfo:
    """Send a model's folder to its repository in one commit; its card's usage names the id there.

    keep_card: leave the card as the repository has it. Raises what the Hub's client raises.
    """
    found = {path for pattern in UPLOADED for path in folder.glob(pattern)}
    files: dict[str, Path | bytes] = {p.relative_to(folder).as_posix(): p for p in found}
    if keep_card:
        files.pop("README.md", None)
    elif "README.md" in files:
        files["README.md"] = with_id((folder / "README.md").read_text(), model_id).encode()
    where = f"{subfolder}/" if subfolder else ""
    return HfApi(token=token).create_commit(
        model_id,
        [CommitOperationAdd(where + path, content) for path, content in sorted(files.items())],
        commit_message=commit_message or "Upload the pipeline",
        create_pr=create_pr,
    )
