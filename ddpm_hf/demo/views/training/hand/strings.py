"""The strings of training and sampling by hand."""

PAGE = {
    "en": {
        "trainTitle": "Algorithm 1: training",
        "trainLine1": "repeat",
        "trainLine2": "x₀ ~ q(x₀): take a picture",
        "trainLine3": "t ~ Uniform({1, …, T}): take a step",
        "trainLine4": "ε ~ N(0, I): draw noise",
        "trainLine5": "gradient step on ‖ε − ε̂‖², ε̂ = UNet(√ᾱₜ·x₀ + √(1−ᾱₜ)·ε, t)",
        "trainLine6": "until converged",
        "next": "Next line",
        "round": "One round",
        "again": "Other noise ε",
        "cats": "x₀",
        "cat": "Cat {n}",
        "trainT": "t",
        "trainTold": "t = {t}: √ᾱₜ = {signal}, √(1−ᾱₜ) = {noise}",
        "loss": (
            "This one loss: ℓ2, the mean of (ε − ε̂)², is {l2}; ℓ1, the mean of |ε − ε̂|, is {l1}."
            " Mean of ℓ2 so far: {mean} (rounds: {n})."
        ),
        "rounds": "The ℓ2 loss of each round by t, on a logarithmic scale",
        "asked": (
            "cats-32 has been trained already: here it only predicts, and its weights stay as they"
            " are. Near t = 0 there is hardly any noise to see, and the loss is high; near T there"
            " is little else. Below, a network that really learns in this page."
        ),
        "sampleTitle": "Algorithm 2: sampling",
        "sampleLine1": "x_T ~ N(0, I): pure noise",
        "sampleLine2": "for t = T, …, 1 do",
        "sampleLine3": "z ~ N(0, I) if t > 1, else z = 0",
        "sampleLine4": "xₜ₋₁ = (xₜ − (1−αₜ)/√(1−ᾱₜ)·ẑ)/√αₜ + σₜ·z, in four parts:",
        "lineZ": "ẑ = UNet(xₜ, t): the noise in it (N6)",
        "lineX0": "x̂₀ = (xₜ − √(1−ᾱₜ)·ẑ)/√ᾱₜ: one jump, clipped (N6)",
        "lineMu": "μ, between xₜ and x̂₀ (N9, N10)",
        "lineNext": "xₛ = μ + σₜ·z (N11)",
        "sampleLine5": "end for",
        "sampleLine6": "return x₀",
        "step": "One step",
        "all": "To the end, or pause",
        "anew": "Another x_T",
        "steps": "Steps",
        "told": (
            "Step {n} of {K}, seed {seed}: from t = {t} to s = {s}."
            " μ = {weightXt}·xₜ + {weightX0}·x̂₀, σₜ = {sigma}."
            " With fewer than T steps, s takes the place of t − 1."
        ),
        "last": (
            "Step {n} of {K}, seed {seed}, the last one: from t = {t} to s = 0."
            " μ = {weightXt}·xₜ + {weightX0}·x̂₀, and z = 0: noise put in now would stay."
        ),
        "over": "x₀ is there: the picture that Generate draws from seed {seed} in {K} steps.",
        "loading": "Loading the network, 5.5 MB, for the pictures below…",
        "refusal": "The network could not be loaded; please open this page again.",
    },
    "zh": {
        "trainTitle": "算法 1：训练",
        "trainLine1": "重复",
        "trainLine2": "x₀ ~ q(x₀)：取一张图像",
        "trainLine3": "t ~ Uniform({1, …, T})：取一个时刻",
        "trainLine4": "ε ~ N(0, I)：采样噪声",
        "trainLine5": "对 ‖ε − ε̂‖² 做一步梯度下降，ε̂ = UNet(√ᾱₜ·x₀ + √(1−ᾱₜ)·ε, t)",
        "trainLine6": "直到收敛",
        "next": "下一行",
        "round": "来一轮",
        "again": "换一个噪声 ε",
        "cats": "x₀",
        "cat": "第 {n} 只小猫",
        "trainT": "t",
        "trainTold": "t = {t}：√ᾱₜ = {signal}，√(1−ᾱₜ) = {noise}",
        "loss": (
            "这一次的损失：ℓ2，即 (ε − ε̂)² 的平均，为 {l2}；ℓ1，即 |ε − ε̂| 的平均，为 {l1}。"
            "至今 {n} 轮 ℓ2 的平均：{mean}。"
        ),
        "rounds": "每一轮的 ℓ2 损失随 t 的分布，对数坐标",
        "asked": (
            "cats-32 早已训练好：这里只用它来预测，权重保持不变。"
            "t 接近 0 时几乎没有噪声可看，损失就高；t 接近 T 时几乎全是噪声。"
            "下面有一个真正在本页里学习的网络。"
        ),
        "sampleTitle": "算法 2：采样",
        "sampleLine1": "x_T ~ N(0, I)：纯噪声",
        "sampleLine2": "对 t = T, …, 1",
        "sampleLine3": "若 t > 1，z ~ N(0, I)；否则 z = 0",
        "sampleLine4": "xₜ₋₁ = (xₜ − (1−αₜ)/√(1−ᾱₜ)·ẑ)/√αₜ + σₜ·z，分四步：",
        "lineZ": "ẑ = UNet(xₜ, t)：其中的噪声（N6）",
        "lineX0": "x̂₀ = (xₜ − √(1−ᾱₜ)·ẑ)/√ᾱₜ：一步估计，并截断（N6）",
        "lineMu": "μ，介于 xₜ 与 x̂₀ 之间（N9、N10）",
        "lineNext": "xₛ = μ + σₜ·z（N11）",
        "sampleLine5": "结束循环",
        "sampleLine6": "返回 x₀",
        "step": "走一步",
        "all": "走到底 / 暂停",
        "anew": "换一个 x_T",
        "steps": "步数",
        "told": (
            "第 {n}/{K} 步，种子 {seed}：从 t = {t} 到 s = {s}。"
            "μ = {weightXt}·xₜ + {weightX0}·x̂₀，σₜ = {sigma}。"
            "步数少于 T 时，s 代替 t − 1。"
        ),
        "last": (
            "第 {n}/{K} 步，种子 {seed}，最后一步：从 t = {t} 到 s = 0。"
            "μ = {weightXt}·xₜ + {weightX0}·x̂₀，z = 0：此时再加噪声就去不掉了。"
        ),
        "over": "x₀ 已经得到：与“生成”中用种子 {seed}、{K} 步画出的图像相同。",
        "loading": "正在加载网络（5.5 MB），之后会显示下面的图像……",
        "refusal": "网络无法加载，请重新打开此页面。",
    },
}
