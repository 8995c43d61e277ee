"""The strings of the view of why fresh noise is added."""

EN = {
    "noise_tab": "Fresh noise",
    "noise_intro": (
        "**Why fresh noise?** Each step back goes in the direction of $\\mu$ and is then disturbed:"
        " $x_{t-1} = \\mu + \\sigma_t z$ (N11). The variance need not match the formula: anything"
        " from $\\tilde\\beta_t$ to $\\beta_t$ will do (N12). Runs from one $x_T$, with the same"
        " $z$ at each step; only $\\sigma_t$ differs. Beside them DDIM, which adds no noise either,"
        " and what the two without fresh noise make of another $x_T$."
    ),
    "noise_seed": "Seed",
    "noise_dice": "Another seed",
    "noise_steps": "Steps",
    "noise_start": "Run all",
    "noise_stop": "Stop",
    "noise_playground": (
        "### The same in the plane\n\n"
        "Diffusion is Brownian motion with a pull to the middle, $\\sqrt{1-\\beta_t}$ (N2):"
        " particles leave the shape and become $\\mathcal N(0, I)$. For these shapes the best"
        " possible network is known exactly, so only the noise is in question:"
        " $\\mu$ gives the direction, $\\sigma z$ the disturbance (N13)."
    ),
}

ZH = {
    "noise_tab": "为何加新噪声",
    "noise_intro": (
        "**为什么要加新噪声？** 每退一步，先沿 $\\mu$ 的方向走，再受一点扰动："
        "$x_{t-1} = \\mu + \\sigma_t z$（N11）。方差不必严格符合公式，"
        "$\\tilde\\beta_t$ 到 $\\beta_t$ 之间都可以（N12）。下面的重建从同一个 $x_T$ 出发，"
        "每一步的 $z$ 也相同，只有 $\\sigma_t$ 不同。旁边是同样不加噪声的 DDIM；"
        "两种不加噪声的方法各自还从另一个 $x_T$ 走了一遍。"
    ),
    "noise_seed": "随机种子",
    "noise_dice": "换一个种子",
    "noise_steps": "步数",
    "noise_start": "全部采样",
    "noise_stop": "停止",
    "noise_playground": (
        "### 在平面上看同一件事\n\n"
        "扩散是带有向心拉力 $\\sqrt{1-\\beta_t}$ 的布朗运动（N2）：粒子离开原来的形状，变成"
        " $\\mathcal N(0, I)$。对这些形状，最优的网络可以精确算出，所以只需看噪声的作用："
        "$\\mu$ 给出方向，$\\sigma z$ 带来扰动（N13）。"
    ),
}

PAGE = {
    "en": {
        "idle": "Recorded with seed 0 in 100 steps. Press “Run all” for another.",
        "none": "σ = 0",
        "none_other": "σ = 0, another x_T",
        "ddim": "DDIM, η = 0",
        "ddim_other": "DDIM, another x_T",
        "small": "σ² = β̃",
        "large": "σ² = β",
        "double": "σ² = 2β",
        "grain": "grain {grain}",
        "verdict": (
            "With σ = 0 nearly every x_T leads to the same plain cat: each step leaves less noise"
            " than belongs there, until nothing of x_T's is left. DDIM with η = 0 adds no noise"
            " either, but keeps as much of x_t's as belongs there, so each x_T leads to its own"
            " cat. With β̃ or β the cats differ from seed to seed. In a hundred steps or more, any"
            " variance between the two will do (N12); in fifty, β is already a little too much, and"
            " in twenty far too much. 2β is too much unless there are hundreds of steps: the"
            " network can't take so much noise away again, and grain is left in the picture (grain:"
            " how many grey levels a pixel is from the mean of its four neighbours, on average)."
        ),
    },
    "zh": {
        "idle": "这是预先录制的：种子 0，100 步。按“全部采样”可另跑一次。",
        "none": "σ = 0",
        "none_other": "σ = 0，另一个 x_T",
        "ddim": "DDIM，η = 0",
        "ddim_other": "DDIM，另一个 x_T",
        "small": "σ² = β̃",
        "large": "σ² = β",
        "double": "σ² = 2β",
        "grain": "颗粒 {grain}",
        "verdict": (
            "取 σ = 0 时，几乎每个 x_T 都走向同一只平淡的小猫：每一步留下的噪声都少于应有的量，"
            "直到 x_T 的噪声消失殆尽。η = 0 的 DDIM 也不加新噪声，"
            "却从 x_t 的噪声中保留应有的那么多，所以每个 x_T 各自走向不同的小猫。"
            "用 β̃ 或 β，小猫随种子而不同。走一百步或更多时，两者之间的方差都可以（N12）；"
            "走五十步时，β 已经略大；走二十步时，β 大得太多。除非走几百步，否则 2β 就太大了："
            "网络去不掉这么多噪声，图中留下了颗粒"
            "（颗粒：像素与四个相邻像素均值之差的绝对值，以灰度级计，取平均）。"
        ),
    },
}
