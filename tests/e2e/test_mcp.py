"""The endpoints as tools, by the official client of MCP."""

import base64
import io
from contextlib import asynccontextmanager

import numpy as np
import pytest
import torch
from anyio.from_thread import start_blocking_portal
from gradio_client import Client
from PIL import Image

from ddpm_hf import equations
from ddpm_hf.data.images import to_images, to_unit_range
from ddpm_hf.demo.web.picture.picture import cats

mcp = pytest.importorskip("mcp", reason="pip install 'gradio[mcp]'")
http = pytest.importorskip("mcp.client.streamable_http")

pytestmark = [pytest.mark.e2e, pytest.mark.slow]


@asynccontextmanager
async def connected(server):
    async with (
        http.streamable_http_client(f"{server.url}gradio_api/mcp/") as (read, write, _),
        mcp.ClientSession(read, write) as session,
    ):
        await session.initialize()
        yield session


@pytest.fixture
def session(tiny):
    """The client's session; its methods wait."""
    with (
        start_blocking_portal() as portal,
        portal.wrap_async_context_manager(connected(tiny)) as it,
    ):
        yield lambda method, *args, **kwargs: portal.call(
            lambda: getattr(it, method)(*args, **kwargs)
        )


def seen(answer):
    """The pictures that a client sees, and the words."""
    assert not answer.isError, answer.content
    images = [
        np.array(Image.open(io.BytesIO(base64.b64decode(part.data))))
        for part in answer.content
        if part.type == "image"
    ]
    return images, [part.text for part in answer.content if part.type == "text"]


def test_three_tools_each_parameter_with_default_range_and_description(session):
    tools = {tool.name: tool for tool in session("list_tools").tools}
    assert set(tools) == {"generate", "forward", "schedule"}
    for name, tool in tools.items():
        assert tool.description and "required" not in tool.inputSchema, name
        for parameter, schema in tool.inputSchema["properties"].items():
            assert "default" in schema and schema["description"], (name, parameter)
            if schema["type"] in ("integer", "number"):
                assert schema["minimum"] <= schema["default"] <= schema["maximum"]


def test_the_pages_own_events_are_not_offered(tiny):
    client = Client(tiny.url, verbose=False)
    offered = client.view_api(return_format="dict")
    assert set(offered["named_endpoints"]) == {"/generate", "/forward", "/schedule"}
    assert not offered["unnamed_endpoints"]


# With a progress token Gradio takes another way to the answer.
@pytest.mark.parametrize("told", [{}, {"progress_callback": lambda *_: _nothing()}])
def test_a_client_sees_the_pipelines_pictures(session, tiny, told):
    images, words = seen(
        session("call_tool", "generate", {"seed": 7, "number": 2, "steps": 20}, **told)
    )
    drawn = tiny.pipeline(2, torch.Generator().manual_seed(7), 20).images
    assert len(images) == 2
    for image, wanted in zip(images, drawn, strict=True):
        assert np.array_equal(image, np.asarray(wanted))
    assert sum(map(len, words)) < 1000 and not any("base64" in part for part in words)


async def _nothing():
    """Of the progress."""


def test_what_was_drawn_can_be_handed_on(session, tiny):
    answer = session("call_tool", "generate", {"number": 1, "steps": 10})
    (image,), words = seen(answer)
    address = next(part for part in words if "http" in part).split()[-1]
    as_data = f"data:image/png;base64,{answer.content[0].data}"
    x_0 = to_unit_range([torch.from_numpy(image).permute(2, 0, 1)])
    z = torch.randn(x_0.shape, generator=torch.Generator().manual_seed(3))
    x_t = equations.q_sample(tiny.pipeline.scheduler.schedule, x_0, z, 100)
    for picture in (address, as_data):
        (noisy,), _ = seen(
            session("call_tool", "forward", {"picture": picture, "t": 100, "seed": 3})
        )
        assert np.array_equal(noisy, np.asarray(to_images(x_t)[0]))
    (cat,), _ = seen(session("call_tool", "forward", {"t": 0}))
    assert np.array_equal(cat, np.asarray(cats()[0]))


@pytest.mark.parametrize("path", ["/etc/passwd", "../../etc/passwd", "%2fetc%2fpasswd"])
def test_no_other_file_of_the_machine_is_handed_on(session, tiny, path):
    address = f"{tiny.url}gradio_api/file={path}"
    answer = session("call_tool", "forward", {"picture": address})
    assert answer.isError and "root:" not in answer.content[0].text


def test_what_is_out_of_range_is_said(session):
    answer = session("call_tool", "generate", {"number": 17})
    assert answer.isError and "17 is greater than the maximum of 16" in answer.content[0].text
