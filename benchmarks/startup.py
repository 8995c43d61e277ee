"""Seconds from a new process to the import, the model and the first image, in turns.

`python benchmarks/startup.py --json out.json`
"""

import argparse
import statistics
import subprocess
import sys
import time

from interleave import write

from ddpm_hf.bundled import PRETRAINED

FOLDER = PRETRAINED / "cats-32"
IMPORTS = {
    "torch + UNet2DModel": "import torch; from diffusers import UNet2DModel",
    "import ddpm_hf": "import ddpm_hf",
    "ours": "from ddpm_hf import DDPMPipeline, DDPMScheduler",
    "diffusers": "from diffusers import DDPMPipeline, DDPMScheduler",
}
LOAD = f"pipe = DDPMPipeline.from_pretrained({str(FOLDER)!r})"
SCRIPTS = {
    **IMPORTS,
    **{f"{name}, loaded": f"{IMPORTS[name]}; {LOAD}" for name in ("ours", "diffusers")},
    "ours, a picture in 50 steps": f"{IMPORTS['ours']}; {LOAD}; pipe(1, None, 50, backend='auto')",
    "diffusers, a picture in 50 steps": f"{IMPORTS['diffusers']}; {LOAD}; pipe(1, None, 50)",
}


def seconds(script):
    start = time.perf_counter()
    subprocess.run([sys.executable, "-c", script], check=True, capture_output=True)
    return time.perf_counter() - start


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--json", help="write the result there")
    parser.add_argument("--rounds", type=int, default=7)
    arguments = parser.parse_args()
    times = {name: [] for name in SCRIPTS}
    for each in SCRIPTS.values():
        seconds(each)  # warms the disk cache
    for _ in range(arguments.rounds):
        for name, script in SCRIPTS.items():
            times[name].append(seconds(script))
    median = {name: statistics.median(each) for name, each in times.items()}
    floor = median["torch + UNet2DModel"]
    result = {
        "seconds": {name: round(s, 2) for name, s in median.items()},
        "import ddpm_hf / torch + UNet2DModel": round(median["import ddpm_hf"] / floor, 3),
        "import of ours, used / torch + UNet2DModel": round(median["ours"] / floor, 3),
    }
    write(result, arguments.json)


if __name__ == "__main__":
    main()
