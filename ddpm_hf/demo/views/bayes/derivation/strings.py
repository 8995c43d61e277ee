"""The strings of the derivation: its lines in numbers, and what the machine made of them."""

PAGE = {
    "en": {
        "title": "The derivation, line by line",
        "next": "Next line",
        "restart": "From the first line",
        "back": "Back",
        "line": "line {line} of {lines}",
        "line1": (
            "At xₛ = {x}: {likelihood} · {prior} / {normaliser} = {posterior}. Drag x₀ and xₜ, or"
            " the cursor."
        ),
        "line2": (
            "N({rootAlpha}·xₛ, {beta}), N({priorMean}, {noiseVarS}) and N({jumpMean}, {noiseVarT})."
            " As a function of xₛ the first has its middle at xₜ/√α = {scaledXt}."
        ),
        "line3": (
            "At xₛ = {x}: {likelihoodExponent} + ({priorExponent}) − ({jumpExponent}) = {exponent}."
        ),
        "line4": (
            "A = {precisionXt} + {precisionX0} = {A}; B = −2·({fromXt} + ({fromX0})) = {B}. These"
            " are numbers: neither has xₛ in it, and A has neither xₜ nor x₀."
        ),
        "line5": "μ = −({B})/(2 · {A}) = {mean}; σ² = 1/{A} = {variance}, σ = {sigma}.",
        "line6": "1/A = {variance}, and {noiseVarS}/{noiseVarT} · {beta} = {varianceN8}.",
        "line7": "μ = {weightXt} · ({xt}) + {weightX0} · ({x0}) = {meanN9}, and −B/2A = {mean}.",
        "line8": (
            "The noise in this xₜ is ẑ = {zHat}: x̂₀ = ({xt} − {noiseT} · ({zHat}))/{rootAlphaBarT}"
            " = {x0Hat}. A network gives an estimate of ẑ; here it is exact."
        ),
        "line9": (
            "α − ᾱₜ + β = 1 − ᾱₜ = {noiseVarT}. xₜ/√α = {scaledXt}; β/√(1−ᾱₜ) = {part}; ẑ = {zHat}."
        ),
        "line10": (
            "μ = ({xt} − {part} · ({zHat}))/{rootAlpha} = {meanN10}: N9's {meanN9}, without x₀."
        ),
        "line11": "xₛ = {mean} + {sigma}·z; at the last step, to x₀, z = 0.",
        "misreadings": "How the handwriting was misread here: switch it on to see what breaks",
        "noGaussian": (
            "A = {wrongA} is negative: the parabola opens upwards, exp of it grows without end, and"
            " there is no Gaussian. A precision can't depend on xₜ; the first term is α/β ="
            " {precisionXt}."
        ),
        "withoutX0": "q(xₛ|xₜ), q(xₜ), q(xₛ): “given x₀” lost",
        "withoutX0Verdict": (
            "Not given x₀, q(xₛ) is the density of all noisy pictures. In a world of two pixels,"
            " {x0} and {opposite}, it is a mixture, and so is what Bayes' rule makes of it: its"
            " logarithm is no parabola, and there is no square to complete (s = 100 with t = 1500"
            " and xₜ = 0 shows two humps). That is why the derivation needs x₀, and sampling a"
            " network."
        ),
        "aByXt": "xₜ/β in A, for α/β",
        "aByXtVerdict": (
            "A = {wrongA} would depend on xₜ, where {A} is right: σ = {wrongSigma} for {sigma}."
            " Move xₜ below 0, and A turns negative: no Gaussian at all."
        ),
        "bByX0": "√α·x₀/β in B, for √α·xₜ/β",
        "bByX0Verdict": (
            "xₜ is not in B any more: drag it, and μ = {wrongMean} stays. The lever tips; it"
            " balances at {mean}."
        ),
        "bSquared": "B² = 1/A, for σ² = 1/A",
        "bSquaredVerdict": (
            "B² = {squared}, but 1/A = {variance}. Taken at its word, B = −1/√A and μ ="
            " {wrongMean}, wherever x₀ and xₜ are; {mean} is right. The letter was a σ."
        ),
        "sigmaFactor": "√(1−ᾱₛ)·β/√(1−ᾱₜ) as the factor of z: the root ends too early",
        "sigmaFactorVerdict": (
            "σ = {wrongSigma} for {sigma}: β, outside of the root, makes the curve too narrow by"
            " √β. Check by sampling: the histogram is wider."
        ),
        "muAlphaBar": "√ᾱₜ before xₜ, for √α",
        "muAlphaBarVerdict": (
            "The weight of xₜ would be {wrongXt} for {weightXt}, and μ = {wrongMean} for {mean}:"
            " pulled towards x₀. The weight of xₜ comes from one step, not from all of them."
        ),
        "muNoise": "√(1−ᾱₛ) before x₀, for √ᾱₛ",
        "muNoiseVerdict": (
            "The weight of x₀ would be {wrongX0} for {weightX0}, and μ = {wrongMean} for {mean}. B"
            " has it right: √ᾱₛ·x₀ is the middle of q(xₛ|x₀)."
        ),
        "muX0": "x₀ twice, for xₜ and x₀",
        "muX0Verdict": (
            "μ = {wrongMean} for {mean}, without any xₜ: drag it, and nothing moves. The first"
            " weight is xₜ's."
        ),
        "x0ByAlpha": "1/√α in x̂₀, for 1/√ᾱₜ",
        "x0ByAlphaVerdict": (
            "x̂₀ = {wrongHat} for {x0}: one step is undone and not all {t}. μ = {wrongMean} for"
            " {mean}."
        ),
        "n10X0": "(xₜ − β/√(1−ᾱₜ)·x₀)/ᾱₜ",
        "n10X0Verdict": (
            "μ = {wrongMean} for {mean}: x₀ is no noise to be subtracted, and 1/ᾱₜ blows up what is"
            " left."
        ),
        "n10AlphaBar": "1/√ᾱₜ before the bracket, for 1/√α (also in Algorithm 2)",
        "n10AlphaBarVerdict": (
            "μ = {wrongMean} for {mean}, {factor} times as far out. Each step of sampling would do"
            " so, and the picture would explode."
        ),
        "oneZ": "one letter z̃ for ẑ and for z",
        "oneZVerdict": (
            "With ẑ = {zHat} as the fresh noise, xₛ is always {wrongMean}: a single line, no"
            " spread. The sampled pairs spread by σ = {sigma}, whatever ẑ is."
        ),
    },
    "zh": {
        "title": "逐行推导",
        "next": "下一行",
        "restart": "从第一行开始",
        "back": "上一行",
        "line": "第 {line} 行，共 {lines} 行",
        "line1": (
            "在 xₛ = {x} 处：{likelihood} · {prior} / {normaliser} = {posterior}。"
            "请拖动 x₀、xₜ 或游标。"
        ),
        "line2": (
            "N({rootAlpha}·xₛ, {beta})、N({priorMean}, {noiseVarS}) 和 N({jumpMean}, {noiseVarT})。"
            "把第一个看作 xₛ 的函数，中心在 xₜ/√α = {scaledXt}。"
        ),
        "line3": (
            "在 xₛ = {x} 处：{likelihoodExponent} + ({priorExponent}) − ({jumpExponent})"
            " = {exponent}。"
        ),
        "line4": (
            "A = {precisionXt} + {precisionX0} = {A}；B = −2·({fromXt} + ({fromX0})) = {B}。"
            "它们都是数：两者都不含 xₛ，A 也不含 xₜ 和 x₀。"
        ),
        "line5": "μ = −({B})/(2 · {A}) = {mean}；σ² = 1/{A} = {variance}，σ = {sigma}。",
        "line6": "1/A = {variance}，而 {noiseVarS}/{noiseVarT} · {beta} = {varianceN8}。",
        "line7": "μ = {weightXt} · ({xt}) + {weightX0} · ({x0}) = {meanN9}，而 −B/2A = {mean}。",
        "line8": (
            "这个 xₜ 里的噪声是 ẑ = {zHat}：x̂₀ = ({xt} − {noiseT} · ({zHat}))/{rootAlphaBarT} ="
            " {x0Hat}。网络给出的 ẑ 只是估计，这里用的是精确值。"
        ),
        "line9": (
            "α − ᾱₜ + β = 1 − ᾱₜ = {noiseVarT}。xₜ/√α = {scaledXt}；β/√(1−ᾱₜ) = {part}；"
            "ẑ = {zHat}。"
        ),
        "line10": (
            "μ = ({xt} − {part} · ({zHat}))/{rootAlpha} = {meanN10}：就是 N9 的 {meanN9}，"
            "但不再需要 x₀。"
        ),
        "line11": "xₛ = {mean} + {sigma}·z；最后一步（到 x₀）z = 0。",
        "misreadings": "识别手写讲义时的误读：勾选后看看会出什么错",
        "noGaussian": (
            "A = {wrongA} 是负数：抛物线开口向上，取指数后无限增大，根本不是高斯分布。"
            "精度不可能取决于 xₜ；第一项应是 α/β = {precisionXt}。"
        ),
        "withoutX0": "q(xₛ|xₜ)、q(xₜ)、q(xₛ)：漏了“给定 x₀”",
        "withoutX0Verdict": (
            "不给定 x₀，q(xₛ) 就是所有加噪图像的密度。假如世上只有 {x0} 和 {opposite} 两种像素，"
            "它就是两个高斯分布的混合，由贝叶斯公式得到的也是：取对数不是抛物线，也就无从配方"
            "（取 s = 100、t = 1500、xₜ = 0，可以看到两个峰）。所以推导要用 x₀，采样要用网络。"
        ),
        "aByXt": "A 中的 α/β 读成 xₜ/β",
        "aByXtVerdict": (
            "A = {wrongA} 会随 xₜ 而变，正确的是 {A}：σ 成了 {wrongSigma}，应为 {sigma}。"
            "把 xₜ 移到 0 以下，A 会变成负数，就不再是高斯分布。"
        ),
        "bByX0": "B 中的 √α·xₜ/β 读成 √α·x₀/β",
        "bByX0Verdict": (
            "B 中不再有 xₜ：拖动它，μ = {wrongMean} 纹丝不动。杠杆倾斜了；平衡点在 {mean}。"
        ),
        "bSquared": "σ² = 1/A 读成 B² = 1/A",
        "bSquaredVerdict": (
            "B² = {squared}，而 1/A = {variance}。如果照字面取 B = −1/√A，则不论 x₀ 和 xₜ 在哪里，"
            "μ 都是 {wrongMean}，正确的是 {mean}。那个字母其实是 σ。"
        ),
        "sigmaFactor": "z 的系数读成 √(1−ᾱₛ)·β/√(1−ᾱₜ)：根号收得太早",
        "sigmaFactorVerdict": (
            "σ = {wrongSigma}，应为 {sigma}：β 落在根号外面，曲线窄了 √β 倍。"
            "用采样检验：直方图比它宽。"
        ),
        "muAlphaBar": "xₜ 前的 √α 读成 √ᾱₜ",
        "muAlphaBarVerdict": (
            "xₜ 的权重成了 {wrongXt}，应为 {weightXt}；μ = {wrongMean}，应为 {mean}："
            "被拉向了 x₀ 一边。xₜ 的权重只关系到 s 到 t 这一步，而不是从头到尾的所有步。"
        ),
        "muNoise": "x₀ 前的 √ᾱₛ 读成 √(1−ᾱₛ)",
        "muNoiseVerdict": (
            "x₀ 的权重成了 {wrongX0}，应为 {weightX0}；μ = {wrongMean}，应为 {mean}。"
            "B 里写的是对的：√ᾱₛ·x₀ 是 q(xₛ|x₀) 的中心。"
        ),
        "muX0": "xₜ 也读成 x₀，x₀ 出现了两次",
        "muX0Verdict": (
            "μ = {wrongMean}，应为 {mean}；其中没有 xₜ：拖动它，什么也不动。第一个权重是 xₜ 的。"
        ),
        "x0ByAlpha": "x̂₀ 中的 1/√ᾱₜ 读成 1/√α",
        "x0ByAlphaVerdict": (
            "x̂₀ = {wrongHat}，应为 {x0}：只撤销了一步，而不是全部 {t} 步。"
            "μ = {wrongMean}，应为 {mean}。"
        ),
        "n10X0": "读成 (xₜ − β/√(1−ᾱₜ)·x₀)/ᾱₜ",
        "n10X0Verdict": (
            "μ = {wrongMean}，应为 {mean}：x₀ 不是要减去的噪声，1/ᾱₜ 又把剩下的放大了许多。"
        ),
        "n10AlphaBar": "括号前的 1/√α 读成 1/√ᾱₜ（算法 2 中也是）",
        "n10AlphaBarVerdict": (
            "μ = {wrongMean}，应为 {mean}，放大到 {factor} 倍。采样的每一步都这样，图像就会发散。"
        ),
        "oneZ": "ẑ 和 z 都写成 z̃",
        "oneZVerdict": (
            "如果把 ẑ = {zHat} 当作新噪声，xₛ 就永远是 {wrongMean}：只有一条线，没有散布。"
            "而抽到的点不论 ẑ 是多少，都以 σ = {sigma} 散开。"
        ),
    },
}
