"""What the server streams of a run: frames as PNG, at the pace of who reads them."""

import gradio as gr
import numpy as np
import pytest
import torch

from ddpm_hf import DDPMScheduler
from ddpm_hf.data.images import to_uint8
from ddpm_hf.demo.service import limits
from ddpm_hf.demo.views.generate.player import player
from ddpm_hf.demo.web.encoding import sheet
from ddpm_hf.demo.web.row import row
from ddpm_hf.stream import DenoisingStep, DenoisingStream
from tests.pictures import pixels_of


@pytest.mark.parametrize(("channels", "mode"), [(1, (16, 24)), (3, (16, 24, 3)), (4, (16, 24, 3))])
def test_a_sheet_has_a_row_of_pictures_for_each_frame(channels, mode):
    frames = torch.rand(2, 3, channels, 8, 8, generator=torch.Generator().manual_seed(0)) * 2 - 1
    pixels = pixels_of(sheet(frames))
    assert pixels.shape == mode, "grey is one channel"
    second = to_uint8(frames[1, 2, :3]).permute(1, 2, 0).squeeze(2).numpy()
    assert np.array_equal(pixels[8:, 16:], second)


@pytest.mark.parametrize("view", ["generate", "row"])
def test_who_is_behind_gets_no_frames_but_the_picture(view, monkeypatch):
    unread = iter([0, 0, 1, 5, 5, 2, 9])
    made = player if view == "generate" else row
    monkeypatch.setattr(limits, "_unread", lambda: [object()] * next(unread))
    monkeypatch.setattr(made, "SECONDS_BETWEEN_CHUNKS", 0)
    x = torch.linspace(-1, 1, 7)[:, None, None, None, None].expand(7, 1, 3, 8, 8)
    if view == "generate":
        steps = (DenoisingStep(i, 6 - i, x[i], x[i], x[i], x[i]) for i in range(7))
        sent = list(player.chunks(steps, 7, DDPMScheduler()))
    else:
        frames = (row.Frame(6 - i, x[i]) for i in range(7))
        sent = list(row.row_chunks(frames, 7, [], {}))
    assert [bool(chunk["t"]) for chunk in sent] == [True, True, True, False, False, False, True]
    last = sent[-1]
    assert last["t"] == [0] and last["first"] == last["total"] - 1
    assert pixels_of(last["data"])[0, 0].tolist() == [255] * 3


def test_who_reads_nothing_for_a_minute_has_left(monkeypatch):
    seconds, unread = iter([0, 0, 0, 59, 61, 90, 120, 121.5]), [["a"]] * 2 + [["b"]] * 4
    monkeypatch.setattr(limits.time, "monotonic", lambda: next(seconds))
    monkeypatch.setattr(limits, "_unread", lambda: unread.pop(0))
    steps = (DenoisingStep(i, 0, *[torch.zeros(1)] * 4) for i in range(9))
    run = limits.in_time(DenoisingStream(steps, 9))
    assert [next(run).index for _ in range(5)] == [*range(5)], "b came at 61 s"
    with pytest.raises(gr.Error, match="Nothing of this run was received for 60 seconds"):
        next(run)
