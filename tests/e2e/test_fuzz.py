"""Any JSON at every endpoint: no traceback comes back, and the server lives."""

import json
import time

import httpx
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from tests.e2e.service import ROOT

pytestmark = [pytest.mark.e2e, pytest.mark.slow]

SECONDS = 35
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


def call(url, name, data):
    """What the endpoint says to these inputs: all it sends, as text."""
    answer = httpx.post(f"{url}{ROOT}call/{name}", json={"data": data}, timeout=30)
    if answer.status_code != 200:
        assert answer.status_code < 500, answer.text
        return answer.text
    address = f"{url}{ROOT}call/{name}/{answer.json()['event_id']}"
    return httpx.get(address, timeout=60).text


@pytest.fixture(scope="module")
def endpoints(server):
    """Name → the default of each of its inputs."""
    named = httpx.get(f"{server.url}{ROOT}info").json()["named_endpoints"]
    defaults = {
        name[1:]: [parameter.get("parameter_default") for parameter in endpoint["parameters"]]
        for name, endpoint in named.items()
    }
    assert {"generate", "stream", "forward", "schedule"} <= set(defaults)
    return defaults


def test_any_json_gets_an_answer(server, endpoints):
    ends = time.monotonic() + SECONDS
    tried = dict.fromkeys(endpoints, 0)

    def inputs(name):
        odd = st.lists(ODD, max_size=len(endpoints[name]) + 2)
        for place in range(len(endpoints[name])):
            usual = [st.just(value) for value in endpoints[name]]
            usual[place] = ODD
            odd |= st.tuples(*usual).map(list)
        return st.tuples(st.just(name), odd)

    @given(st.sampled_from(sorted(endpoints)).flatmap(inputs))
    @settings(max_examples=300, phases=[Phase.generate], suppress_health_check=list(HealthCheck))
    def fuzz(asked):
        if time.monotonic() > ends:
            return
        name, values = asked
        said = call(server.url, name, values)
        assert not has_traceback(said), said
        # Gradio itself says nothing about an input that is missing, or is a file and yet is none.
        if len(values) == len(endpoints[name]) and "meta" not in json.dumps(values):
            assert '{"error": null}' not in said, "refused without a sentence"
        tried[name] += 1

    fuzz()
    print(f"\nanswered: {json.dumps(tried)}")
    assert min(tried.values()) > 0
    assert server.process.poll() is None
    assert '"images"' in call(
        server.url, "generate", [0, 1, 10, "small", 1, "cats-32", "each", 1, "even"]
    )


BODIES = ["queue/join", "run/predict", "cancel", "reset", "component_server", "call/generate"]


def test_any_body_gets_an_answer(server):
    @given(
        st.sampled_from(BODIES), st.binary(max_size=60) | JSON.map(lambda v: json.dumps(v).encode())
    )
    @settings(max_examples=100, phases=[Phase.generate], suppress_health_check=list(HealthCheck))
    def fuzz(path, body):
        headers = {"content-type": "application/json"}
        answer = httpx.post(f"{server.url}{ROOT}{path}", content=body, headers=headers, timeout=30)
        assert not has_traceback(answer.text), answer.text

    fuzz()
    assert server.process.poll() is None
