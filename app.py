"""The Space's entry: `python app.py` serves the demo."""

import os
import sys

os.environ.setdefault("GRADIO_ANALYTICS_ENABLED", "False")
os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")
# Before it serves, Gradio asks a page of itself: that is nothing for a proxy.
os.environ["NO_PROXY"] = os.environ.get("no_proxy", os.environ.get("NO_PROXY", ""))
os.environ["NO_PROXY"] += ",127.0.0.1,localhost"
os.environ["no_proxy"] = os.environ["NO_PROXY"]

from ddpm_hf.errors import UserError

# Before Gradio reads it, and ends in a traceback.
port = os.environ.get("GRADIO_SERVER_PORT")
if port is not None and not (port.isdecimal() and 1 <= int(port) <= 65535):
    sys.exit(f"app.py: GRADIO_SERVER_PORT must be a whole number from 1 to 65535; got {port!r}.")

try:
    from ddpm_hf.demo import LAUNCH, build
except UserError as error:
    sys.exit(f"app.py: {error}")

if __name__ == "__main__":
    # Said to `launch`, a port is taken or refused; Gradio alone would quietly move to another.
    demo = build()
    try:
        demo.launch(server_port=int(port) if port else None, **LAUNCH)
    except OSError:
        taken = f"port {port} is" if port else "ports 7860 to 7959 are"
        name = os.environ.get("GRADIO_SERVER_NAME")
        or_not = f", or GRADIO_SERVER_NAME={name} is not this machine's" if name else ""
        sys.exit(f"app.py: {taken} in use{or_not}; set GRADIO_SERVER_PORT to a free one.")
    # Ctrl-C. A run that is still on in its thread would turn Python's own end into an abort.
    os._exit(0)
