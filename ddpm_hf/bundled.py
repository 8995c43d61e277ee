"""The models that come with the package."""

from pathlib import Path

PRETRAINED = Path(__file__).parent / "pretrained"
"""Their folder, one subfolder each."""


def bundled_models() -> list[str]:
    """The names that `DDPMPipeline.from_pretrained` knows without a folder or a network."""
    return sorted(folder.parent.name for folder in PRETRAINED.glob("*/model_index.json"))


def located(name: str | Path) -> str:
    """Where the model of this name is: a local folder wins, then a bundled model, then the Hub."""
    is_folder = (Path(name) / "model_index.json").exists()
    return str(PRETRAINED / name if not is_folder and str(name) in bundled_models() else name)


def is_on_hub(name: str) -> bool:
    """Whether a model that can be loaded comes from the Hub: its name is then its id there."""
    return located(name) == name and not Path(name).is_dir()
