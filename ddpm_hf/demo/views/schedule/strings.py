"""The strings of the Schedule view, and of the controls of a schedule wherever they stand."""

EN = {
    "schedule_tab": "Schedule",
    "schedule_intro": (
        "**The numbers behind the noise.** $\\beta_t$ is how much noise a step adds (N1),"
        " $\\bar\\alpha_t$ how much of the picture's power is left, and the signal-to-noise ratio"
        " is $\\bar\\alpha_t/(1-\\bar\\alpha_t)$. Going back, Bayes' rule and a completed square"
        " give $\\tilde\\beta_t = 1/A$ (N7, N8); the variance may be anything from"
        " $\\tilde\\beta_t$ to $\\beta_t$ (N12), and the mean weighs $x_t$ against $\\hat x_0$"
        " (N14): towards $t=1$ the weight of $\\hat x_0$ climbs to 1."
    ),
    "schedule_A": "Schedule A",
    "schedule_B": "Schedule B",
    "schedule_C": "Schedule C",
    "schedule_show": "Show",
    "schedule_kind": "Kind of schedule",
    "schedule_zero_snr": "Zero terminal SNR: rescale so that ᾱ_T = 0",
    "schedule_nothing_left": (
        "With these numbers ᾱ is 0 long before T, so it can't be rescaled to be 0 at T:"
        " lower β_T or T."
    ),
}

ZH = {
    "schedule_tab": "噪声调度",
    "schedule_intro": (
        "**噪声背后的数字。** $\\beta_t$ 是每一步加多少噪声（N1），"
        "$\\bar\\alpha_t$ 是原图能量占比，信噪比是"
        " $\\bar\\alpha_t/(1-\\bar\\alpha_t)$。"
        "重建时，由贝叶斯公式配方得 $\\tilde\\beta_t = 1/A$（N7、N8）；方差可以取"
        " $\\tilde\\beta_t$ 到 $\\beta_t$ 之间的任何值（N12），均值是 $x_t$ 与 $\\hat x_0$"
        " 的加权和（N14）：越接近 $t=1$，$\\hat x_0$ 的权重越接近 1。"
    ),
    "schedule_A": "调度 A",
    "schedule_B": "调度 B",
    "schedule_C": "调度 C",
    "schedule_show": "显示",
    "schedule_kind": "调度类型",
    "schedule_zero_snr": "末端信噪比为零：重新缩放，使 ᾱ_T = 0",
    "schedule_nothing_left": (
        "按这些数，ᾱ 远在 T 之前就已是 0，无法再缩放为在 T 处为 0：请减小 β_T 或 T。"
    ),
}

PAGE = {
    "en": {
        "unanswered": "These numbers are not available just now; please try again later.",
        "t": "Cursor t",
        "logY": "Logarithmic values",
        "logT": "Logarithmic t",
        "beta": "βₜ: variance of step t's noise (N1)",
        "alphaBar": "ᾱₜ: share of the picture's power left (N4)",
        "snr": "ᾱₜ/(1−ᾱₜ): signal-to-noise ratio",
        "ratio": "β̃ₜ/βₜ: lower over upper bound of σ² (N8)",
        "weightXt": "Weight of xₜ in μ (N9, N14)",
        "peak": " (▴ highest: {value} at t = {t})",
        "weightX0": "Weight of x̂₀ in μ (N9, N14)",
        "help": (
            "Move over a plot, or the slider with the arrow keys: one cursor in all plots. Values"
            " are those of the nearest step that is drawn. A logarithmic axis ends some eight"
            " decades below the highest value: smaller values are written out, but not drawn. β̃ₜ/βₜ"
            " and the weight of xₜ, which stay near 1, are drawn on a linear one."
        ),
        "nothing": "Nothing is chosen: switch on Show for A, B or C.",
        "outline": (
            "{name}: √ᾱ_T = {left} at T = {T} is too large: an outline of the picture survives in"
            " x_T (N5). Raise β_T or T, or rescale to zero terminal SNR."
        ),
        "outlineAlways": (
            "{name}: √ᾱ_T = {left} is too large, whatever T is: an outline of the picture survives"
            " in x_T (N5). Rescale to zero terminal SNR."
        ),
    },
    "zh": {
        "unanswered": "暂时取不到这些数字，请稍后再试。",
        "t": "游标 t",
        "logY": "数值取对数坐标",
        "logT": "t 取对数坐标",
        "beta": "βₜ：第 t 步所加噪声的方差（N1）",
        "alphaBar": "ᾱₜ：原图能量占比（N4）",
        "snr": "ᾱₜ/(1−ᾱₜ)：信噪比",
        "ratio": "β̃ₜ/βₜ：方差下界与上界之比（N8）",
        "weightXt": "μ 中 xₜ 的权重（N9、N14）",
        "peak": "（▴ 最大值 {value}，在 t = {t} 处）",
        "weightX0": "μ 中 x̂₀ 的权重（N9、N14）",
        "help": (
            "在图上移动指针，或用方向键移动滑块：各图共用一个游标。数值取自所画的最近一步。"
            "对数坐标只到最大值以下约八个数量级：更小的值会写出，但不画。"
            "β̃ₜ/βₜ 和 xₜ 的权重总在 1 附近，用线性坐标。"
        ),
        "nothing": "没有选中任何调度：请打开 A、B 或 C 的“显示”。",
        "outline": (
            "{name}：T = {T} 时 √ᾱ_T = {left}，太大了，x_T 中还留有原图的轮廓（N5）。"
            "请增大 β_T 或 T，或缩放到末端信噪比为零。"
        ),
        "outlineAlways": (
            "{name}：无论 T 多大，√ᾱ_T 都是 {left}，太大了，x_T 中还留有原图的轮廓（N5）。"
            "请缩放到末端信噪比为零。"
        ),
    },
}
