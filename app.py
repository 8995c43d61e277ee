"""The Space's entry: `python app.py` serves the demo."""

import os
import sys

os.environ.setdefault("GRADIO_ANALYTICS_ENABLED", "False")
os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")

from ddpm_hf.demo import LAUNCH, build

if __name__ == "__main__":
    demo = build()
    try:
        demo.launch(**LAUNCH)
    except OSError as error:
        port = os.environ.get("GRADIO_SERVER_PORT", "7860–7959")
        sys.exit(f"app.py: can't serve on port {port}: {error}. Set GRADIO_SERVER_PORT to another.")
