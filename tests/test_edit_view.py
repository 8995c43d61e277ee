"""The Edit view's runs on the server: what is in their frames, and what is refused."""

import base64

import gradio as gr
import pytest
import torch

from ddpm_hf.demo.views.edit.form.form import KINDS
from ddpm_hf.demo.views.edit.runs import Asked, captions, frames
from ddpm_hf.demo.web.picture.picture import x_0_of

SIDE = 8
LEFT = (torch.arange(SIDE) < SIDE // 2).expand(SIDE, SIDE)
FORM = {
    "kind": "start",
    "t": 50,
    "times": 2,
    "seed": 3,
    "other": 4,
    "mask": base64.b64encode(bytes(LEFT.flatten().tolist())).decode(),
}


def asked(pipeline, **changes):
    x_0 = x_0_of(None, SIDE)
    return Asked(x_0, -x_0, {**FORM, **changes}, pipeline.scheduler.schedule)


@pytest.mark.parametrize(("fast", "steps", "repainted"), [(False, 50, 90), (True, 12, 22)])
@pytest.mark.parametrize("kind", KINDS)
def test_frames_lead_from_x_t_to_the_pictures(pipeline, kind, fast, steps, repainted):
    edit = asked(pipeline, kind=kind, fast=fast)
    first, *_, last = shown = list(frames(pipeline, edit))
    assert len(shown) == edit.steps + 1 == 1 + (repainted if kind == "repaint" else steps)
    assert (first.t, last.t) == (2000 if kind == "seeds" else 50, 0)
    assert all(len(frame.pictures) == len(captions(edit)) for frame in shown)
    drawn = {"start": slice(1, None), "repaint": slice(1, None), "pictures": slice(1, -1)}
    pictures = last.pictures[drawn.get(kind, slice(None))]
    assert all(not torch.allclose(pictures[0], other) for other in pictures[1:])
    if kind == "repaint":
        kept = edit.x_0.expand_as(pictures)
        assert torch.allclose(pictures[..., SIDE // 2 :], kept[..., SIDE // 2 :], atol=1e-6)
        assert not torch.allclose(pictures, kept, atol=0.1)
    if kind == "pictures":
        assert torch.equal(last.pictures[:1], edit.x_0) and torch.equal(
            last.pictures[-1:], edit.other
        )


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"kind": "other"}, "kind must be one of start, repaint, pictures, seeds; got other."),
        ({"t": 2001}, "t must be a whole number from 50 to 2000; got 2001."),
        ({"times": 0}, "How often each stretch is drawn must be a whole number from 1 to 5; got 0"),
        ({"seed": None}, "Seed must be a whole number"),
        ({"mask": "AAAA"}, "can't be read"),
        ({"mask": 5}, "can't be read"),
    ],
)
def test_what_the_page_would_not_send_is_refused(pipeline, change, sentence):
    with pytest.raises(gr.Error, match=sentence):
        asked(pipeline, **change)
