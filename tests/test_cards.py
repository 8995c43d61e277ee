"""Model cards: what they say, what the Hub's client finds of it, and what a push makes of them."""

import ast
import re

import pytest
from huggingface_hub import ModelCard

from ddpm_hf import DDPMPipeline, DDPMScheduler
from ddpm_hf.bundled import PRETRAINED, bundled_models
from ddpm_hf.hub.card import _license
from ddpm_hf.hub.card_text import usage, with_id
from ddpm_hf.hub.pipeline_card import plain_card
from ddpm_hf.hub.push import push
from tests.conftest import tiny_unet
from tests.hub import TOKEN, USER, Repo

NAME = f"{USER}/cats"
PIPELINE = {
    "model_index.json",
    "scheduler/scheduler_config.json",
    "unet/config.json",
    "unet/diffusion_pytorch_model.safetensors",
}
PICTURES = {"samples.png", "strip.png", "loss.png"}
DATA = {"fashion-28": ["zalando-datasets/fashion_mnist"]}
"""The bundled models' data sets that have an id on the Hub."""


def plain():
    return DDPMPipeline(tiny_unet(), DDPMScheduler())


def check(card):
    card.validate()
    assert re.search(r"@inproceedings\{ho2020\w+,\n(.*\n)*\}\n```", card.text)
    for number in ("1503.03585", "2006.11239", "2102.09672"):
        assert f"(https://arxiv.org/abs/{number})" in card.text


@pytest.mark.parametrize("name", bundled_models())
def test_the_cards_of_the_bundled_models_pass(online, name):
    card = ModelCard.load(PRETRAINED / name / "README.md")
    check(card)
    assert card.data.license in ("cc-by-4.0", "mit") and "## Attribution" in card.text
    assert card.data.datasets == DATA.get(name) and card.data.base_model is None
    assert ("POST", "/api/validate-yaml") in online.requests


def test_a_plain_card_passes(online):
    card = plain_card(plain(), "mine")
    check(card)
    assert "of 8 × 8 pixels" in card.text and 'from_pretrained("mine")  # this' in card.text
    assert "its licence, are not recorded" in card.text and card.data.license is None


def test_a_card_that_is_wrong_is_refused(online):
    with pytest.raises(ValueError):
        ModelCard("---\nbase_model: ../out/my model\n---\n").validate()


@pytest.mark.parametrize("way", ["push_to_hub", "save_pretrained"])
def test_a_pushed_model_has_the_card_of_where_it_came_from(online, tmp_path, way):
    pipe = DDPMPipeline.from_pretrained("cats-32")
    if way == "push_to_hub":
        pipe.push_to_hub("cats")
    else:
        (tmp_path / "cats" / "checkpoint-1").mkdir(parents=True)
        (tmp_path / "cats" / "checkpoint-1" / "state.pt").write_text("not for the Hub")
        pipe.save_pretrained(tmp_path / "cats", push_to_hub=True)
    files = online.repos[NAME].files
    assert set(files) == PIPELINE | PICTURES | {"README.md"}
    card = ModelCard(files["README.md"].decode())
    assert card.data.license == "cc-by-4.0" and "David Revoy" in card.text
    assert card.text.count(f'from_pretrained("{NAME}")\n') == 2 and "this folder" not in card.text


def test_a_model_of_no_known_origin_gets_a_plain_card(online):
    commit = plain().push_to_hub(NAME, private=True)
    assert online.url in commit.commit_url and online.repos[NAME].private
    card = online.repos[NAME].files["README.md"].decode()
    assert f"# {NAME}\n" in card and f'from_pretrained("{NAME}")\n' in card
    check(ModelCard(card))


def test_cards_that_are_there_are_kept(online, tmp_path):
    online.repos[NAME] = Repo(files={"README.md": b"# On the Hub"})
    (tmp_path / "README.md").write_text("# In the folder")
    plain().save_pretrained(tmp_path, push_to_hub=True, repo_id=NAME)
    assert online.repos[NAME].files["README.md"] == b"# On the Hub"
    assert set(online.repos[NAME].files) == PIPELINE | {"README.md"}
    assert (tmp_path / "README.md").read_text() == "# In the folder"


def test_a_copy_with_another_scheduler_keeps_its_card(online, tmp_path):
    pipe = DDPMPipeline.from_pretrained("cats-32").with_scheduler(DDPMScheduler())
    pipe.save_pretrained(tmp_path)
    assert ModelCard.load(tmp_path / "README.md").data.license == "cc-by-4.0"
    online.repos[NAME] = Repo()
    push(tmp_path, NAME)
    assert f'from_pretrained("{NAME}")' in online.repos[NAME].files["README.md"].decode()
    assert "this folder" in (tmp_path / "README.md").read_text(), "the folder's own stays"


def test_a_subfolder_gets_the_pipeline_alone(online):
    plain().push_to_hub(NAME, subfolder="half", variant="fp16")
    assert set(online.repos[NAME].files) == {
        f"half/{path}".replace("model.safetensors", "model.fp16.safetensors") for path in PIPELINE
    }


def test_pickles_are_not_pushed(online):
    with pytest.raises(ValueError, match="Only safetensors are pushed"):
        plain().push_to_hub(NAME, safe_serialization=False)
    assert NAME not in online.repos


def test_only_the_usage_gets_the_id():
    other = 'Compare with `from_pretrained("google/ddpm-cat-256")`.\n'
    card = f'## Other\n\n{other}\n## Use it\n\nfrom_pretrained("out")\n\n## More\n\n{other}'
    assert with_id(card, "a/b") == card.replace('"out"', '"a/b"')


@pytest.mark.parametrize("classes", [[], ["cat"]])
@pytest.mark.parametrize("folder", ['it\'s "q"', "back\\slash", "two\nlines", "ü"])
def test_the_usage_is_python_whatever_the_folder_is_called(folder, classes):
    def loaded(card):
        calls = [node for code in USE.findall(card) for node in ast.walk(ast.parse(code))]
        return {
            ast.literal_eval(node.args[0])
            for node in calls
            if isinstance(node, ast.Call) and ast.unparse(node.func).endswith("from_pretrained")
        }

    card = usage(folder, classes, can_be_guided=False, inference_steps=9)
    assert loaded(card) == {folder}
    assert loaded(with_id(card, "a/b")) == {"a/b"} and "this folder" not in with_id(card, "a/b")


@pytest.mark.parametrize(
    ("said", "metadata"),
    [
        (None, {}),
        ("MIT", {"license": "mit"}),
        ("CC BY 4.0", {"license": "cc-by-4.0"}),
        ("Ask\nme", {"license": "other", "license_name": "Ask me"}),
    ],
)
def test_a_licence_is_one_of_the_hubs(said, metadata):
    assert _license(said) == metadata


USE = re.compile(r"```python\n(.*?)```", re.DOTALL)


def with_classes():
    return DDPMPipeline(tiny_unet(num_class_embeds=3), DDPMScheduler(), {0: "cat", 1: "dog"})


@pytest.mark.e2e
@pytest.mark.parametrize(
    ("make", "count"),
    [
        (plain, 2),
        (with_classes, 1),
        pytest.param(
            lambda: DDPMPipeline.from_pretrained("cats-32"), 2, marks=pytest.mark.soak, id="cats-32"
        ),
    ],
)
def test_what_a_card_says_to_type_runs(online, on_hub, tmp_path, make, count):
    """Each block of the usage of a pushed model, as written, in a folder where nothing lies."""
    name = f"{USER}/{tmp_path.name}"  # not one that is in the cache of another test
    make().push_to_hub(name)
    blocks = USE.findall(online.repos[name].files["README.md"].decode())
    assert len(blocks) == count and all(f'from_pretrained("{name}")' in code for code in blocks)
    for block in blocks:
        said, status = on_hub.run(["-c", f"import os; os.chdir({str(tmp_path)!r})\n{block}"])
        assert status == 0, said
    assert (tmp_path / "picture.png").exists()


LOADED = """
import ddpm_hf
pipe = ddpm_hf.DDPMPipeline.from_pretrained("{USER}/first")
pipe.save_pretrained({folder!r})
pipe.push_to_hub("second")
"""


@pytest.mark.e2e
def test_a_model_of_the_hub_takes_its_card_along(online, on_hub, tmp_path):
    DDPMPipeline.from_pretrained("fashion-28").push_to_hub(f"{USER}/first")
    code = LOADED.format(USER=USER, folder=str(tmp_path / "saved"))
    said, status = on_hub.run(["-c", code], HF_TOKEN=TOKEN)
    assert status == 0, said
    card = ModelCard(online.repos[f"{USER}/second"].files["README.md"].decode())
    assert card.data.license == "mit" and f'from_pretrained("{USER}/second")' in card.text
    assert set(online.repos[f"{USER}/second"].files) == PIPELINE | PICTURES | {"README.md"}
    saved = ModelCard.load(tmp_path / "saved" / "README.md")
    assert saved.data.base_model == f"{USER}/first", "saved alone, it names where its card is"
    assert f"https://huggingface.co/{USER}/first" in saved.text
