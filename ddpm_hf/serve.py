"""Serve the demo: `python app.py`, `python -m ddpm_hf.serve`, or `ddpm-demo`."""

import os
from dataclasses import dataclass

from ddpm_hf.cli import extra, options, user_errors
from ddpm_hf.errors import UserError


def _set_environment() -> None:
    """Settings that Gradio reads when it is imported: no telemetry, no proxy for this machine."""
    os.environ.setdefault("GRADIO_ANALYTICS_ENABLED", "False")
    os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")
    # Before it serves, Gradio asks a page of itself: that is nothing for a proxy.
    os.environ["NO_PROXY"] = os.environ.get("no_proxy", os.environ.get("NO_PROXY", ""))
    os.environ["NO_PROXY"] += ",127.0.0.1,localhost"
    os.environ["no_proxy"] = os.environ["NO_PROXY"]


def _port() -> int | None:
    """GRADIO_SERVER_PORT. Raises UserError before Gradio reads it, and ends in a traceback."""
    port = os.environ.get("GRADIO_SERVER_PORT")
    if port is not None and not (port.isdecimal() and 1 <= int(port) <= 65535):
        raise UserError(f"GRADIO_SERVER_PORT must be a whole number from 1 to 65535; got {port!r}.")
    return None if port is None else int(port)


@dataclass(frozen=True)
class DemoConfig:
    """Serve the demo, a page in the browser, until Ctrl-C.

    GRADIO_SERVER_NAME and GRADIO_SERVER_PORT in the environment set its address.

    Example: GRADIO_SERVER_PORT=8000 ddpm-demo
    """


def main(arguments: list[str] | None = None) -> None:
    """The command line. Python ends when the server does."""
    with user_errors("ddpm_hf.serve"):
        options(DemoConfig, "ddpm_hf.serve", arguments)
        _set_environment()
        port = _port()
        with extra("demo"):
            from ddpm_hf.demo import LAUNCH, build
        # Said to `launch`, a port is taken or refused; Gradio alone would quietly move to another.
        demo = build()
        try:
            demo.launch(server_port=port, **LAUNCH)
        except OSError as error:
            taken = f"port {port} is" if port else "ports 7860 to 7959 are"
            name = os.environ.get("GRADIO_SERVER_NAME")
            or_not = f", or GRADIO_SERVER_NAME={name} is not this machine's" if name else ""
            raise UserError(
                f"{taken} in use{or_not}; set GRADIO_SERVER_PORT to a free one."
            ) from error
    # Ctrl-C. A run that is still on in its thread would turn Python's own end into an abort.
    os._exit(0)


if __name__ == "__main__":
    main()
