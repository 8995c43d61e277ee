"""The strings of the Bayes view."""

from ddpm_hf.demo.views.bayes.derivation.lines import derivation

EN = {
    "bayes_tab": "Bayes",
    "bayes_intro": (
        "**Why a step back can be worked out at all.** Nobody knows $q(x_{t-1}\\mid x_t)$. Given"
        " $x_0$, it is known: two Gaussians multiplied and divided by a third (N7), which is again"
        " a Gaussian, with the variance of N8 and the mean of N9; with $\\hat x_0$ put in, the mean"
        " is N10. Here is one pixel, for any two steps $s < t$: write"
        " $\\alpha = \\bar\\alpha_t/\\bar\\alpha_s$ and $\\beta = 1-\\alpha$, which at"
        " $s = t-1$ are the notes' $\\alpha_t$ and $\\beta_t$. The noise schedule is the notes':"
        " linear, $T = 2000$."
    ),
    "bayes_derivation": derivation(
        [
            "**Bayes' rule**, all given $x_0$ (N7); the steps after $x_s$ depend on $x_s$ alone:",
            "**Three known Gaussians** (N3, N4):",
            "**Their exponents** add up; the third is subtracted:",
            "**By powers of $x_s$**: $-\\frac12(A x_s^2 + B x_s + C)$ with",
            "**Complete the square**: $-\\frac12 A\\left(x_s + \\frac{B}{2A}\\right)^2$"
            " and what has no $x_s$:",
            "**The variance** (N8), by $\\alpha + \\beta = 1$ and"
            " $\\alpha\\bar\\alpha_s = \\bar\\alpha_t$:",
            "**The mean** (N9), $-\\frac{B}{2}$ times that:",
            "**$x_0$ is not known** when we sample; the network's $\\hat z$ gives $\\hat x_0$"
            " (N6):",
            "**Put in for $x_0$**, with"
            " $\\sqrt{\\bar\\alpha_s}/\\sqrt{\\bar\\alpha_t} = 1/\\sqrt{\\alpha}$:",
            "**By $\\alpha + \\beta = 1$** the second fraction is 1 (N10):",
            "**A step back** (N11), with fresh noise $z$, not $\\hat z$:",
        ]
    ),
}

ZH = {
    "bayes_tab": "贝叶斯",
    "bayes_intro": (
        "**为什么往回走的一步可以算出来。** $q(x_{t-1}\\mid x_t)$ 谁也不知道；"
        "但给定 $x_0$ 之后就能算：两个高斯分布相乘，再除以第三个（N7），"
        "结果仍是高斯分布，方差是 N8，均值是 N9；"
        "代入 $\\hat x_0$，均值就是 N10。这里只看一个像素，$s < t$ 可以任选：记"
        " $\\alpha = \\bar\\alpha_t/\\bar\\alpha_s$、$\\beta = 1-\\alpha$，当 $s = t-1$ 时"
        "它们就是讲义里的 $\\alpha_t$ 和 $\\beta_t$。噪声调度用讲义的：线性，$T = 2000$。"
    ),
    "bayes_derivation": derivation(
        [
            "**贝叶斯公式**，全部以 $x_0$ 为条件（N7）；$x_s$ 之后的各步只取决于 $x_s$：",
            "**三个已知的高斯分布**（N3、N4）：",
            "**指数部分**相加，再减去第三个：",
            "**按 $x_s$ 的幂次整理**：$-\\frac12(A x_s^2 + B x_s + C)$，其中",
            "**配方**：$-\\frac12 A\\left(x_s + \\frac{B}{2A}\\right)^2$，其余各项不含 $x_s$：",
            "**方差**（N8），用到 $\\alpha + \\beta = 1$ 和"
            " $\\alpha\\bar\\alpha_s = \\bar\\alpha_t$：",
            "**均值**（N9），把 $-\\frac{B}{2}$ 乘以上面的 $\\frac1A$：",
            "**采样时 $x_0$ 未知**；由网络给出的 $\\hat z$ 得到 $\\hat x_0$（N6）：",
            "**用它代替 $x_0$**，其中"
            " $\\sqrt{\\bar\\alpha_s}/\\sqrt{\\bar\\alpha_t} = 1/\\sqrt{\\alpha}$：",
            "**因为 $\\alpha + \\beta = 1$**，第二个分式等于 1（N10）：",
            "**往回走一步**（N11），加的是新噪声 $z$，不是 $\\hat z$：",
        ]
    ),
}

PAGE = {
    "en": {
        "first": "s = 400, t = 500",
        "neighbours": "Neighbours: s = t − 1",
        "densities": "Two Gaussians, their product, and what is left when its area is made 1",
        "likelihood": "q(xₜ|xₛ)",
        "prior": "q(xₛ|x₀)",
        "product": "product",
        "posterior": "q(xₛ|xₜ,x₀)",
        "normaliser": "q(xₜ|x₀), the product's area",
        "wrong": "misreading",
        "x0Value": "x₀ = {x0}: the clean pixel, −1 black, 1 white",
        "xtValue": "xₜ = {xt}: the noisy pixel",
        "sValue": "s = {s}",
        "tValue": "t = {t}",
        "xValue": "Cursor: xₛ = {x}",
        "alike": (
            "Both factors are about equally sure: standard deviations {one} and {other}. The"
            " product is narrower than either: σ = {rise}."
        ),
        "neighbour": (
            "Neighbouring steps: q(xₜ|xₛ) is a needle, {one} wide, and q(xₛ|x₀) a plateau, {other}"
            " wide. {share} of A comes from xₜ: one step back hardly moves the pixel."
        ),
        "needle": (
            "q(xₜ|xₛ) is a needle, {one} wide, and q(xₛ|x₀) a plateau, {other} wide: {share} of A"
            " comes from xₜ."
        ),
        "plateau": (
            "q(xₛ|x₀) is a needle, {other} wide, and q(xₜ|xₛ) a plateau, {one} wide: {rest} of A"
            " comes from x₀, and xₜ says next to nothing."
        ),
        "parabolas": "Their logarithms: parabolas, which add up (without the constants)",
        "sum": (
            "At xₛ = {x}: ({likelihood}) + ({prior}) = {sum}, the thin orange sum. The third"
            " Gaussian takes away its {jump} at every xₛ: the thick parabola has its vertex at 0,"
            " and here it is {rest}."
        ),
        "precision": "A = α/β (plain) + 1/(1−ᾱₛ) (striped): how sure each factor is",
        "shares": (
            "A = {one} + {other} = {A}, σ = 1/√A = {sigma}. The shares {share} and {rest} are the"
            " weights of the two middles xₜ/√α and √ᾱₛ·x₀ in μ, so N9's weights are {weightXt} of"
            " xₜ (share/√α) and {weightX0} of x₀ (share·√ᾱₛ)."
        ),
        "lever": "The lever: each middle hangs by its share of A, and −B/2A is where it balances",
        "balance": (
            "B = {B}; μ = −B/2A = {mean}, between xₜ/√α = {one} and √ᾱₛ·x₀ = {other}. A middle"
            " beyond the axis is drawn at its end."
        ),
        "sampled": "Check by sampling: 100,000 pairs (xₛ, xₜ) drawn forwards from x₀",
        "again": "Draw new pairs",
        "cloud": "The pairs: xₛ across, xₜ up; the slit at xₜ is bright",
        "agrees": (
            "{n} of 100,000 pairs have an xₜ within {half} of {xt}. Their xₛ are the grey histogram"
            " on the curve above: χ² = {found} with {free} degrees of freedom; 95 % of fair samples"
            " stay below {usual}."
        ),
        "unusual": (
            "{n} of 100,000 pairs have an xₜ within {half} of {xt}. χ² = {found} with {free}"
            " degrees of freedom: 95 % of fair samples stay below {usual}, so one in twenty looks"
            " like this. Draw new pairs."
        ),
        "few": (
            "Only {n} of 100,000 pairs have an xₜ within {half} of {xt}: from this x₀ such an xₜ is"
            " rare. Move it nearer to √ᾱₜ·x₀."
        ),
    },
    "zh": {
        "first": "s = 400，t = 500",
        "neighbours": "相邻两步：s = t − 1",
        "densities": "两个高斯分布、它们的乘积，以及把乘积的面积化为 1 之后的结果",
        "likelihood": "q(xₜ|xₛ)",
        "prior": "q(xₛ|x₀)",
        "product": "乘积",
        "posterior": "q(xₛ|xₜ,x₀)",
        "normaliser": "q(xₜ|x₀)，即乘积的面积",
        "wrong": "误读",
        "x0Value": "x₀ = {x0}：干净的像素，−1 为黑，1 为白",
        "xtValue": "xₜ = {xt}：加噪后的像素",
        "sValue": "s = {s}",
        "tValue": "t = {t}",
        "xValue": "游标：xₛ = {x}",
        "alike": (
            "两个因子的把握差不多：标准差分别是 {one} 和 {other}。乘积比两者都窄：σ = {rise}。"
        ),
        "neighbour": (
            "相邻两步：q(xₜ|xₛ) 像一根针，宽 {one}；q(xₛ|x₀) 像一片高原，宽 {other}。"
            "A 的 {share} 来自 xₜ：往回一步，像素几乎不动。"
        ),
        "needle": (
            "q(xₜ|xₛ) 像一根针，宽 {one}；q(xₛ|x₀) 像一片高原，宽 {other}：A 的 {share} 来自 xₜ。"
        ),
        "plateau": (
            "q(xₛ|x₀) 像一根针，宽 {other}；q(xₜ|xₛ) 像一片高原，宽 {one}："
            "A 的 {rest} 来自 x₀，xₜ 几乎没有提供信息。"
        ),
        "parabolas": "取对数：抛物线，可以直接相加（略去常数）",
        "sum": (
            "在 xₛ = {x} 处：({likelihood}) + ({prior}) = {sum}，即橙色细线。"
            "第三个高斯分布在每个 xₛ 处都减去 {jump}：粗线的顶点因此在 0，它在这里是 {rest}。"
        ),
        "precision": "A = α/β（实色）+ 1/(1−ᾱₛ)（条纹）：每个因子有多大把握",
        "shares": (
            "A = {one} + {other} = {A}，σ = 1/√A = {sigma}。{share} 和 {rest} 这两个份额，"
            "就是两个中心 xₜ/√α 与 √ᾱₛ·x₀ 在 μ 中的权重；"
            "因此 N9 中 xₜ 的权重是 {weightXt}（份额/√α），x₀ 的权重是 {weightX0}（份额·√ᾱₛ）。"
        ),
        "lever": "杠杆：两个中心按各自在 A 中的份额悬挂，支点在 −B/2A 处恰好平衡",
        "balance": (
            "B = {B}；μ = −B/2A = {mean}，位于 xₜ/√α = {one} 与 √ᾱₛ·x₀ = {other} 之间。"
            "超出坐标轴的中心画在轴的端点。"
        ),
        "sampled": "用采样检验：从 x₀ 正向抽取 100,000 对 (xₛ, xₜ)",
        "again": "重新抽取",
        "cloud": "抽到的点：横轴 xₛ，纵轴 xₜ；xₜ 处的窄缝是亮的",
        "agrees": (
            "100,000 对中有 {n} 对的 xₜ 与 {xt} 相差不超过 {half}。"
            "它们的 xₛ 就是上图曲线下的灰色直方图：χ² = {found}，自由度 {free}；"
            "正常的样本有 95 % 低于 {usual}。"
        ),
        "unusual": (
            "100,000 对中有 {n} 对的 xₜ 与 {xt} 相差不超过 {half}。χ² = {found}，自由度 {free}："
            "正常的样本有 95 % 低于 {usual}，二十次里会有一次是这样。请重新抽取。"
        ),
        "few": (
            "100,000 对中只有 {n} 对的 xₜ 与 {xt} 相差不超过 {half}：从这个 x₀ 很少得到这样的 xₜ。"
            "请把它移近 √ᾱₜ·x₀。"
        ),
    },
}
