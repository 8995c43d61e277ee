"""The strings of the Forward view."""

EN = {
    "forward_tab": "Forward",
    "forward_intro": (
        "**A picture dissolves into noise.** Each step weakens the picture a little and adds a"
        " little noise (N2). The noises add up (N3), so one jump gives an $x_t$ of the same"
        " distribution (N4, with $\\alpha_i = 1 - \\beta_i$):\n\n"
        "$$x_t = \\sqrt{1-\\beta_t}\\,x_{t-1} + \\sqrt{\\beta_t}\\,z_t$$\n\n"
        "$$x_t = \\sqrt{\\bar\\alpha_t}\\,x_0 + \\sqrt{1-\\bar\\alpha_t}\\,z,"
        "\\quad \\bar\\alpha_t = \\prod_{i=1}^{t} \\alpha_i$$\n\n"
        "At $t=T$ nothing of the picture should be left (N5). Make $\\beta_T$ or $T$ small to see"
        " when an outline stays."
    ),
    "forward_schedule": "Noise schedule",
}

ZH = {
    "forward_tab": "扩散",
    "forward_intro": (
        "**图像逐渐化为噪声。** 每一步都把图像减弱一点，再加一点噪声（N2）。"
        "各步的噪声可以合并（N3），所以也能从 $x_0$ 一步到位，"
        "得到的 $x_t$ 与逐步加噪的同分布（N4，其中 $\\alpha_i = 1 - \\beta_i$）：\n\n"
        "$$x_t = \\sqrt{1-\\beta_t}\\,x_{t-1} + \\sqrt{\\beta_t}\\,z_t$$\n\n"
        "$$x_t = \\sqrt{\\bar\\alpha_t}\\,x_0 + \\sqrt{1-\\bar\\alpha_t}\\,z,"
        "\\quad \\bar\\alpha_t = \\prod_{i=1}^{t} \\alpha_i$$\n\n"
        "到 $t=T$ 时图像应当完全消失（N5）。把 $\\beta_T$ 或 $T$ 调小，看看什么时候会留下轮廓。"
    ),
    "forward_schedule": "噪声调度",
}

PAGE = {
    "en": {
        "unanswered": "These numbers are not available just now; please try again later.",
        "t": "Step t, from the picture to noise",
        "play": "▶ Play",
        "pause": "❚❚ Pause",
        "again": "Fresh noise for each step",
        "steps": "Step by step (N2)",
        "stepsFormula": "xₜ = √(1−βₜ)·xₜ₋₁ + √βₜ·zₜ",
        "jump": "In one jump (N4)",
        "jumpFormula": "xₜ = √ᾱₜ·x₀ + √(1−ᾱₜ)·z",
        "wrongFormula": "WRONG: ᾱₜ as the mean of α₁…αₜ",
        "stepsWeights": "= {keep}·xₜ₋₁ + {add}·zₜ",
        "jumpWeights": "= {signal}·x₀ + {noise}·z",
        "noise": "The noise alone (N5)",
        "noiseFormula": "z ~ N(0, I): x_T should look like it",
        "variances": "The variances add up (N3):",
        "variancesNumbers": "ᾱₜ + (1−ᾱₜ) = {picture} + {noise} = 1",
        "variancesHelp": (
            "Coloured: the picture's share. Grey: what is left of the noise of each tenth of the"
            " way, the latest on the right. Each further step weakens all that was there before."
        ),
        "pictureShare": "the picture: {share}",
        "noiseShare": "noise of steps {a} to {b}: {share}",
        "rising": "Why βₜ rises (N1).",
        "risingHelp": (
            "The same step, β = 0.02, early and late: before it on the left, after it on the"
            " right. On the clean picture its grain is plain to see; where there is much noise"
            " already, it changes nothing. So the first steps must be small, and the later ones"
            " may be larger."
        ),
        "risingNumbers": "t = {t}: standard deviation of the noise {from} → {to}",
        "histogram": "How often each pixel value occurs, beside the curve of N(0, 1)",
        "histogramHelp": (
            "Below each picture: how often each pixel value occurs, from −4 to 4. The line is"
            " N(0, 1), pure noise. r is the correlation with the picture: 1 is the picture itself,"
            " 0 is nothing left; a picture of one even grey has no r."
        ),
        "numbers": "mean {mean} · std {deviation} · r {r}",
        "working": "working… so far t = {t}",
        "clock": "t = {t} of {T} · √ᾱₜ = {signal} · √(1−ᾱₜ) = {noise}",
        "gone": "√ᾱ_T = {left} at T = {T}: nothing of the picture can be seen in x_T (N5).",
        "outline": (
            "√ᾱ_T = {left} at T = {T} is too large: an outline of the picture survives in x_T"
            " (N5). Raise β_T or T, or rescale to zero terminal SNR."
        ),
        "outlineAlways": (
            "√ᾱ_T = {left} is too large, whatever T is: an outline of the picture survives in x_T"
            " (N5). Rescale to zero terminal SNR."
        ),
        "misreading": "Show the misreading: ᾱₜ as the mean of the αᵢ instead of their product",
        "misreadingVerdict": (
            "This is wrong. With the mean, √ᾱ_T is still {left} at T = {T}, so the jump never"
            " leaves the picture, while the steps do. Only the product agrees with the steps."
        ),
    },
    "zh": {
        "unanswered": "暂时取不到这些数字，请稍后再试。",
        "t": "第 t 步，从图像到噪声",
        "play": "▶ 播放",
        "pause": "❚❚ 暂停",
        "again": "给每一步换新噪声",
        "steps": "一步一步加噪（N2）",
        "stepsFormula": "xₜ = √(1−βₜ)·xₜ₋₁ + √βₜ·zₜ",
        "jump": "一步到位（N4）",
        "jumpFormula": "xₜ = √ᾱₜ·x₀ + √(1−ᾱₜ)·z",
        "wrongFormula": "错误：把 ᾱₜ 当作 α₁…αₜ 的平均",
        "stepsWeights": "= {keep}·xₜ₋₁ + {add}·zₜ",
        "jumpWeights": "= {signal}·x₀ + {noise}·z",
        "noise": "纯噪声（N5）",
        "noiseFormula": "z ~ N(0, I)：x_T 应当和它一样",
        "variances": "方差相加（N3）：",
        "variancesNumbers": "ᾱₜ + (1−ᾱₜ) = {picture} + {noise} = 1",
        "variancesHelp": (
            "彩色是原图所占的一份；灰色是每十分之一路程所加的噪声还剩多少，最右边的最新。"
            "每走一步，之前的一切都会减弱一点。"
        ),
        "pictureShare": "原图：{share}",
        "noiseShare": "第 {a} 到 {b} 步的噪声：{share}",
        "rising": "βₜ 为什么越来越大（N1）？",
        "risingHelp": (
            "同样的一步（β = 0.02），在早期与晚期各走一次：左边是这一步之前，右边是之后。"
            "在清晰的图像上，颗粒一目了然；噪声已经很多时，几乎看不出变化。"
            "所以开始的步要小，后面的步可以大一些。"
        ),
        "risingNumbers": "t = {t}：噪声的标准差 {from} → {to}",
        "histogram": "各像素值出现的频率，与 N(0, 1) 的曲线对照",
        "histogramHelp": (
            "每幅图下方是像素值（−4 到 4）出现的频率，曲线是 N(0, 1)，即纯噪声。"
            "r 是与原图的相关系数：1 就是原图，0 表示什么也没留下；原图是一片均匀的灰时没有 r。"
        ),
        "numbers": "均值 {mean} · 标准差 {deviation} · r {r}",
        "working": "计算中……已到 t = {t}",
        "clock": "t = {t} / {T} · √ᾱₜ = {signal} · √(1−ᾱₜ) = {noise}",
        "gone": "T = {T} 时 √ᾱ_T = {left}：x_T 中已看不出原图（N5）。",
        "outline": (
            "T = {T} 时 √ᾱ_T = {left}，太大了：x_T 中还留有原图的轮廓（N5）。"
            "请增大 β_T 或 T，或缩放到末端信噪比为零。"
        ),
        "outlineAlways": (
            "无论 T 多大，√ᾱ_T 都是 {left}，太大了：x_T 中还留有原图的轮廓（N5）。"
            "请缩放到末端信噪比为零。"
        ),
        "misreading": "看看讲义的误读：把 ᾱₜ 当作各 αᵢ 的平均，而不是乘积",
        "misreadingVerdict": (
            "这是错的。用平均的话，T = {T} 时 √ᾱ_T 仍有 {left}，一步到位永远离不开原图，"
            "而一步一步加噪会让它消失。只有乘积才与逐步加噪一致。"
        ),
    },
}
