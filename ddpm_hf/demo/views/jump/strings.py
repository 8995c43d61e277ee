"""The strings of the view of one jump beside many steps."""

EN = {
    "jump_tab": "One jump",
    "jump_intro": (
        "**One jump or step by step?** From a noisy picture the network can leap straight to the"
        " end (N6):\n\n"
        "$$\\hat x_0 = \\frac{x_t - \\sqrt{1-\\bar\\alpha_t}\\,\\hat z}{\\sqrt{\\bar\\alpha_t}}"
        "\\qquad \\hat z = \\mathrm{UNet}(x_t, t)$$\n\n"
        "Many pictures could lie under the noise, and the leap gives their mean: near to all of"
        " them, and blurry. Going step by step chooses one of them, and it is crisp. Choose a"
        " picture and $t$, and press “Noise it and go back”."
    ),
    "jump_t_info": "How far the picture is noised first.",
    "jump_chains": "Number of chains",
    "jump_seed": "Seed",
    "jump_start": "Noise it and go back",
    "jump_stop": "Stop",
}

ZH = {
    "jump_tab": "一步跳回",
    "jump_intro": (
        "**一步跳回，还是一步一步来？** 从带噪图像出发，网络可以直接跳到终点（N6）：\n\n"
        "$$\\hat x_0 = \\frac{x_t - \\sqrt{1-\\bar\\alpha_t}\\,\\hat z}{\\sqrt{\\bar\\alpha_t}}"
        "\\qquad \\hat z = \\mathrm{UNet}(x_t, t)$$\n\n"
        "噪声之下可能是许多不同的图像，一步跳回得到的是它们的平均：离哪一幅都不远，却是模糊的。"
        "一步一步重建则会选定其中一幅，因而清晰。选好图像和 $t$，再按“加噪，再重建”。"
    ),
    "jump_t_info": "先把图像加噪到第几步。",
    "jump_chains": "采样链数量",
    "jump_seed": "随机种子",
    "jump_start": "加噪，再重建",
    "jump_stop": "停止",
}

_NUMBERS_EN = (
    "One jump: error {jump_error} grey levels, sharpness {jump_sharpness} % of the original's. Step"
    " by step: error {chain_error}, sharpness {chain_sharpness} %."
)
_NUMBERS_ZH = (
    "一步跳回：误差 {jump_error} 个灰度级，清晰度为原图的 {jump_sharpness} %。"
    "一步一步：误差 {chain_error}，清晰度 {chain_sharpness} %。"
)

PAGE = {
    "en": {
        "x0": "x₀, the picture",
        "xt": "xₜ at t = {t}",
        "jump": "x̂₀ in one jump",
        "mean": "Mean of {n} chains",
        "chain": "Step by step, chain\u00a0{n}",
        "measured": "error {error} · sharpness\u00a0{sharpness}\u00a0%",
        "error": "error {error}",
        "idle": "Recorded. Choose a picture and t, then press “Noise it and go back”.",
        "nearer": (
            "The jump's distance to the mean of n chains, in grey levels: {told}. The more answers"
            " are averaged, the nearer: the jump is the mean of all answers."
        ),
        "blurry": (
            f"{_NUMBERS_EN} The"
            " jump has the smaller error, for it is the mean of all possible answers, and yet it"
            " is blurrier than they are; each chain decides for one answer, and is crisp."
        ),
        "blurry_and_farther": (
            f"{_NUMBERS_EN} The"
            " jump is blurrier. As a mean of all possible answers it should have the smaller"
            " error too, but this close to the picture, or far from what the network knows, the"
            " steps can make good what the jump gets wrong."
        ),
        "alike": (
            f"{_NUMBERS_EN} The"
            " jump is as sharp as the steps: so close to the picture there is little to decide. A"
            " larger t shows the blur."
        ),
        "hidden": (
            f"{_NUMBERS_EN} The"
            " jump is as sharp as the steps, but only by its speckles: it multiplies each error"
            " of ẑ by √(1−ᾱₜ)/√ᾱₜ = {gain}, which hides the blur. A smaller t shows it."
        ),
        "speckled": (
            f"{_NUMBERS_EN} The"
            " jump is not blurry but speckled: it multiplies each error of ẑ by"
            " √(1−ᾱₜ)/√ᾱₜ = {gain}. A smaller t shows the blur."
        ),
        "foreign": (
            f"{_NUMBERS_EN} The"
            " network knows only cats, and draws what it knows into any picture: how sharp the"
            " result is says more about cats than about the two ways. A cat shows the blur."
        ),
        "flat": (
            "One jump: error {jump_error} grey levels. Step by step: error {chain_error}. The"
            " picture has no details, so there is no sharpness to compare with. The network knows"
            " only cats, and draws details where there were none. A cat shows the blur."
        ),
    },
    "zh": {
        "x0": "x₀，原图",
        "xt": "t = {t} 时的 xₜ",
        "jump": "x̂₀，一步跳回",
        "mean": "{n} 条链的平均",
        "chain": "一步一步，第 {n} 条链",
        "measured": "误差 {error} · 清晰度\u00a0{sharpness}\u00a0%",
        "error": "误差 {error}",
        "idle": "这是预先录制的。选好图像和 t，再按“加噪，再重建”。",
        "nearer": (
            "一步跳回与 n 条链的平均相距多少个灰度级：{told}。"
            "平均的答案越多，距离越小：一步跳回正是所有可能答案的平均。"
        ),
        "blurry": (
            f"{_NUMBERS_ZH}"
            "一步跳回的误差更小，因为它是所有可能答案的平均，却比它们模糊；"
            "每条链都选定一个答案，因而清晰。"
        ),
        "blurry_and_farther": (
            f"{_NUMBERS_ZH}"
            "一步跳回更模糊。作为所有可能答案的平均，它的误差本应也更小；"
            "但离原图这么近时，或图像是网络不认识的时，逐步重建可以弥补一步跳回的错误。"
        ),
        "alike": (
            f"{_NUMBERS_ZH}"
            "两者同样清晰：离原图这么近，没有多少需要选择的。换一个较大的 t 就能看到模糊。"
        ),
        "hidden": (
            f"{_NUMBERS_ZH}"
            "两者同样清晰，但一步跳回靠的只是斑点：ẑ 的误差被乘以 √(1−ᾱₜ)/√ᾱₜ = {gain}，"
            "掩盖了模糊。换一个较小的 t 就能看到模糊。"
        ),
        "speckled": (
            f"{_NUMBERS_ZH}"
            "这里一步跳回不是模糊，而是满是斑点：ẑ 的误差被乘以 √(1−ᾱₜ)/√ᾱₜ = {gain}。"
            "换一个较小的 t 就能看到模糊。"
        ),
        "foreign": (
            f"{_NUMBERS_ZH}"
            "网络只认识小猫，在任何图像里都会画出它认识的东西："
            "结果有多清晰，更多反映的是小猫，而不是两种走法之别。换成小猫就能看到模糊。"
        ),
        "flat": (
            "一步跳回：误差 {jump_error} 个灰度级。一步一步：误差 {chain_error}。"
            "原图没有细节，清晰度无从比较。网络只认识小猫，在没有细节的地方也画出了细节。"
            "换成小猫就能看到模糊。"
        ),
    },
}
