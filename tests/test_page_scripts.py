"""The page scripts: what is pure in them, by Node's own test runner, and what they import."""

import shutil
import subprocess
from pathlib import Path

import pytest

from ddpm_hf.demo.web.modules import MODULES, needed

TESTS = sorted((Path(__file__).parent / "page").glob("*.test.mjs"))


@pytest.mark.parametrize("path", TESTS, ids=lambda path: path.name.removesuffix(".test.mjs"))
def test_by_node(path):
    node = shutil.which("node")
    if node is None:
        pytest.skip("Node.js is not installed")
    done = subprocess.run([node, "--test", path], capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stdout


def test_each_import_leads_to_a_module_that_is_served():
    assert set(needed(*MODULES)) == set(MODULES)
