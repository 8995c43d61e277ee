"""Any JSON at every endpoint: no traceback comes back, and the server lives."""

import json

import httpx
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from tests.e2e.service import ROOT, SHORT, join, last

pytestmark = [pytest.mark.e2e, pytest.mark.slow]

EXAMPLES = [5, pytest.param(50, marks=pytest.mark.soak)]
"""For each endpoint."""
JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**70), 2**70)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=40)
    | st.sampled_from(
        ["small", "linear", "fashion-28", "each", "/etc/passwd", "data:image/png;base64,AAAA"]
    ),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.sampled_from(["path", "meta", "url", "value"]) | st.text(), inner)
    ),
    max_leaves=6,
)
ODD = JSON.filter(lambda value: not isinstance(value, int | float) or not 0 <= value <= 5000)
"""Nothing that could be a number of steps: a run of thousands is not what is looked for."""


def has_traceback(text):
    return "Traceback" in text or 'File \\"' in text or 'File "' in text


def call(server, name, data):
    """What the endpoint says to these inputs: all it sends, as text."""
    answer, session = join(server, name, data)
    if answer.status_code != 200:
        assert answer.status_code < 500, answer.text
        return answer.text
    return json.dumps(last(server, session))


@pytest.fixture(scope="module")
def endpoints(tiny_server):
    """Name → the default of each of its inputs."""
    named = httpx.get(f"{tiny_server.url}{ROOT}info").json()["named_endpoints"]
    defaults = {
        name[1:]: [parameter.get("parameter_default") for parameter in endpoint["parameters"]]
        for name, endpoint in named.items()
    }
    assert {"generate", "forward", "schedule"} == set(defaults)
    return {**defaults, "stream": defaults["generate"]}  # the page's own, and yet open to callers


def check_answers(server, name, defaults, examples):
    odd = st.lists(ODD, max_size=len(defaults) + 2)
    for place in range(len(defaults)):
        usual = [st.just(value) for value in defaults]
        usual[place] = ODD
        odd |= st.tuples(*usual).map(list)

    @given(odd)
    @settings(
        max_examples=examples, phases=[Phase.generate], suppress_health_check=list(HealthCheck)
    )
    def fuzz(values):
        said = call(server, name, values)
        assert not has_traceback(said), said
        # Gradio itself says nothing about an input that is missing, or is a file and yet is none.
        if len(values) == len(defaults) and "meta" not in json.dumps(values):
            assert '"error": null' not in said, "refused without a sentence"

    fuzz()


@pytest.mark.parametrize("examples", EXAMPLES)
def test_any_json_gets_an_answer(tiny, endpoints, examples):
    for name, defaults in endpoints.items():
        check_answers(tiny, name, defaults, examples)
    assert '"images"' in call(tiny, "generate", SHORT)


BODIES = ["queue/join", "run/predict", "cancel", "reset", "component_server", "call/generate"]


@pytest.mark.parametrize("examples", EXAMPLES)
def test_any_body_gets_an_answer(tiny, examples):
    @given(
        st.sampled_from(BODIES), st.binary(max_size=60) | JSON.map(lambda v: json.dumps(v).encode())
    )
    @settings(
        max_examples=examples * len(BODIES),
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    def fuzz(path, body):
        headers = {"content-type": "application/json"}
        answer = httpx.post(f"{tiny.url}{ROOT}{path}", content=body, headers=headers, timeout=30)
        assert not has_traceback(answer.text), answer.text

    fuzz()
    assert '"images"' in call(tiny, "generate", SHORT)
