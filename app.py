"""The Space's entry: `python app.py` serves the demo."""

import os
import sys

os.environ.setdefault("GRADIO_ANALYTICS_ENABLED", "False")
os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")
# Before it serves, Gradio asks a page of itself: that is nothing for a proxy.
os.environ["NO_PROXY"] = os.environ.get("no_proxy", os.environ.get("NO_PROXY", ""))
os.environ["NO_PROXY"] += ",127.0.0.1,localhost"
os.environ["no_proxy"] = os.environ["NO_PROXY"]

from ddpm_hf.demo import LAUNCH, build

if __name__ == "__main__":
    # Said to `launch`, a port is taken or refused; Gradio alone would quietly move to another.
    port = os.environ.get("GRADIO_SERVER_PORT")
    demo = build()
    try:
        demo.launch(server_port=int(port) if port else None, **LAUNCH)
    except OSError:
        taken = f"port {port} is" if port else "ports 7860 to 7959 are"
        sys.exit(f"app.py: {taken} in use; set GRADIO_SERVER_PORT to a free one.")
    # Ctrl-C. A run that is still on in its thread would turn Python's own end into an abort.
    os._exit(0)
