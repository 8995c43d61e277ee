"""For MCP: a client sees each picture that an endpoint returns, and can hand it to another one.

Of itself Gradio 6 shows a picture only where it is all that there is, and doesn't take the address
of a file that it serves itself on a local machine. To be imported before `launch()`.
"""

from pathlib import Path
from typing import Any
from urllib.parse import unquote

import gradio.mcp
from gradio.utils import get_upload_folder
from gradio_client import handle_file
from gradio_client.utils import is_file_obj_with_meta, traverse

_FILES = "/gradio_api/file="
"""In the address of a file of this server, before its path."""


def own_file(address: Any) -> Path | None:
    """The upload or the result of an endpoint that has this address."""
    if not isinstance(address, str) or _FILES not in address:
        return None
    path = Path(unquote(address.partition(_FILES)[2])).resolve()
    return path if path.is_relative_to(Path(get_upload_folder()).resolve()) else None


class _Pictures(gradio.mcp.GradioMCPServer):
    def convert_strings_to_filedata(
        self, value: Any, filedata_positions: list[list[str | int]]
    ) -> Any:
        """The arguments of a call, with files in place of their addresses."""
        own = {
            name: handle_file(file) for name, given in value.items() if (file := own_file(given))
        }
        return super().convert_strings_to_filedata(value, filedata_positions) | own

    def postprocess_output_data(self, data: Any, root_url: str) -> list[Any]:
        """The content of an answer: the pictures, then the rest of it."""
        files: list[Any] = []
        rest = traverse(data, files.append, is_file_obj_with_meta)
        content: list[Any] = super().postprocess_output_data([*files, *rest], root_url)
        return content


gradio.mcp.GradioMCPServer = _Pictures
