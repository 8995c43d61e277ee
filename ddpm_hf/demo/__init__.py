"""The Gradio demo: `build` makes the page, `LAUNCH` holds the settings of `launch()`."""

from ddpm_hf.demo.app import LAUNCH, build

__all__ = ["LAUNCH", "build"]
