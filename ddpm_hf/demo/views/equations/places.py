"""The places of the page where the lines of the notes are seen: a name → a selector.

The last tables of NOTES.md and NOTES.zh.md go by these names; each begins with its view.
"""

_FORWARD, _BAYES, _SCHEDULE = (
    f"#{page}-page [data-part={{}}]" for page in ("forward", "bayes", "schedule")
)
_PLOT = _SCHEDULE.format("plots") + " figure:nth-child({})"

PLACES = {
    "generate/overview": "#overview",
    "generate/run": "#player .screens",
    "generate/trail": "#player [data-part=filmstrip]",
    "generate/weights": "#player [data-part=course]",
    "forward/steps": _FORWARD.format("steps"),
    "forward/jump": _FORWARD.format("jump"),
    "forward/noise": _FORWARD.format("noise"),
    "forward/variances": _FORWARD.format("shares"),
    "forward/end": _FORWARD.format("verdict"),
    "forward/misreading": "#forward-page .misreading",
    "forward/rising": _FORWARD.format("rising"),
    "jump/row": "#jump-row",
    "bayes/densities": _BAYES.format("densities"),
    "bayes/parabolas": _BAYES.format("parabolas"),
    "bayes/precision": _BAYES.format("bar"),
    "bayes/lever": _BAYES.format("lever"),
    "bayes/sampling": "#bayes-page label:has([data-part=sampled])",
    **{f"bayes/line-{n}": f"#bayes_derivation ol > li:nth-child({n})" for n in range(1, 12)},
    "noise/variances": "#noise-row",
    "noise/plane": "#playground",
    "schedule/beta": _PLOT.format(1),
    "schedule/ratio": _PLOT.format(4),
    "schedule/weights": _PLOT.format(5),
    "training/algorithm-1": "#by_hand [data-part=train]",
    "training/algorithm-2": "#by_hand [data-part=sample]",
    "training/replay": "#training_replay [data-part=chart]",
    "training/gan": "#tiny",
    "equations/numbers": "#equations_notes",
}
