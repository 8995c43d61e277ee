"""What the runs of several seeds give: their mean, and the least and the most of them."""

import statistics


def spread(values: list[float]) -> str:
    """`12.3 (11.9 to 12.8)`; a single value is told as one run."""
    mean, least, most = (
        f"{value:.3g}" for value in (statistics.fmean(values), min(values), max(values))
    )
    return f"{mean} ({least} to {most})" if len(values) > 1 else f"{mean} (one run)"
