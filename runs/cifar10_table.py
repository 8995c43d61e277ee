"""DDPM's table 1 for CIFAR-10 beside our report: `python runs/cifar10_table.py report.json`."""

import json
import sys
from pathlib import Path


def table(report):
    """In Markdown. The paper's figures are those of L_simple; trained on L, it has ≤ 3.70 bits."""
    distance, score, bits = map(report.get, ("frechet", "inception_score", "likelihood"))
    is_fid = distance["name"] == "FID"
    fid = distance["value"] if is_fid else f"no FID: {distance['features']}, {distance['value']}"
    rate = bits["prior"] + bits["transitions"]
    rows = [
        ("CIFAR-10", "DDPM", f"here, n = {distance['n']}"),
        ("---", "---", "---"),
        ("FID against the training split", "3.17", fid),
        ("Inception score", "9.46 ± 0.11", f"{score['mean']} ± {score['std']}" if score else "–"),
        (
            f"bits per dimension of test pictures (here of {bits['n']})",
            "≤ 3.75 (≤ 3.70 if trained on the bound)",
            f"≤ {bits['total']} ± {bits['standard_error']}",
        ),
        ("of these rate, and distortion", "1.78, 1.97", f"{rate:.4g}, {bits['decoder']}"),
        ("RMSE of x̂_0 at that rate, grey levels", "0.95", bits["rate_distortion"]["rmse"][-1]),
    ]
    return "\n".join(f"| {' | '.join(map(str, row))} |" for row in rows)


if __name__ == "__main__":
    print(table(json.loads(Path(sys.argv[1]).read_text())))
