"""A converted network compiled and run once, in a process that OpenVINO may end.

    python -P openvino_trial.py FOLDER

Reads network.xml and the arrays of inputs.npz in FOLDER, and writes outputs.npz: `f32` and
`fastest`, by the precision asked for. Imports nothing of this package, so that it starts soon.
"""

import sys
from pathlib import Path

import numpy as np

HINTS = {"f32": {"INFERENCE_PRECISION_HINT": "f32"}, "fastest": {}}
"""By default the precision is bf16 if the CPU has it."""


def main(folder: Path) -> None:
    """Run the network in FOLDER on its inputs, in each precision."""
    # OpenVINO's import sends usage reports over the network; without this module it can't.
    sys.modules["openvino_telemetry"] = None  # type: ignore[assignment]
    import openvino

    inputs = [*np.load(folder / "inputs.npz").values()]
    core = openvino.Core()
    model = core.read_model(folder / "network.xml")
    model.reshape({i: list(array.shape) for i, array in enumerate(inputs)})
    outputs = {
        precision: core.compile_model(model, "CPU", hint)(inputs)[0]
        for precision, hint in HINTS.items()
    }
    np.savez(folder / "outputs.npz", **outputs)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
