"""The public endpoints, for scripts and for MCP; what else the page calls is its own."""

from ddpm_hf.demo.service.endpoints import (
    forward,
    generate,
    mcp_files,  # noqa: F401
    schedule,
)
from ddpm_hf.demo.service.models import Models


def add_endpoints(models: Models) -> None:
    """Add `/generate`, `/forward` and `/schedule` to the current Blocks."""
    generate.add(models)
    forward.add()
    schedule.add()
