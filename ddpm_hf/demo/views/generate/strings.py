"""The strings of the Generate view."""

CLOTHES = {
    "T - shirt / top": "T 恤",
    "Trouser": "裤子",
    "Pullover": "套头衫",
    "Dress": "连衣裙",
    "Coat": "外套",
    "Sandal": "凉鞋",
    "Shirt": "衬衫",
    "Sneaker": "运动鞋",
    "Bag": "包",
    "Ankle boot": "短靴",
}
"""The classes of fashion-28, by the names that its data set gives them."""

EN = {
    "generate_tab": "Generate",
    "generate_seed": "Seed",
    "generate_seed_info": "Each seed gives its own pictures: try another.",
    "generate_dice": "Another seed",
    "generate_how_many": "Number of pictures",
    "generate_sampler": "Sampler",
    "generate_sampler_info": (
        "DDIM adds no fresh noise and keeps that of x_t. Fast adds less noise than DDPM, and each"
        " step also looks at the x̂₀ of the one before."
    ),
    "generate_sampler_ddpm": "DDPM, the notes' own",
    "generate_sampler_ddim": "DDIM (η = 0)",
    "generate_sampler_fast": "fast: 12 steps, second order",
    "generate_steps": "Steps",
    "generate_steps_info": "How many of the T steps are taken. More steps, finer pictures.",
    "generate_spacing": "Spacing of the steps",
    "generate_spacing_info": "Small steps matter most near the picture, where the details form.",
    "generate_spacing_even": "even",
    "generate_spacing_quadratic": "smaller near the picture",
    "generate_spacing_visible": "even, from where a picture begins to show",
    "generate_variance": "Variance σ² of the fresh noise",
    "generate_variance_info": "N12: anything from β̃ to β will do. N13: none, σ = 0, can be tried.",
    "generate_variance_small": "β̃, the lower bound",
    "generate_variance_large": "β, the upper bound",
    "generate_variance_none": "none, σ = 0",
    "generate_noise": "Noise scale",
    "generate_noise_info": "Multiplies σ. Too much, and the noise wins.",
    "generate_model": "Model",
    "generate_class": "Class",
    "generate_class_each": "one after the other",
    "generate_class_any": "any",
    **{f"generate_class_{name}": name for name in CLOTHES},
    "generate_guidance": "Guidance",
    "generate_guidance_info": (
        "1: as trained. More: closer to the class and less varied. Any but 1 takes twice the time."
    ),
    "generate_link": "Link",
    "generate_link_info": "Whoever opens it sees the pictures of these settings.",
    "generate_generate": "Generate",
    "generate_stop": "Stop",
    "generate_examples": "Examples: pictures × steps",
    "generate_script": "These settings in a script",
    "generate_formulas": (
        "**What you see.** Left, the noisy picture $x_t$, from pure noise at $t=T$ to the picture"
        " at $t=0$. Right, $\\hat z$, the noise that the network sees in it. In the middle, where"
        " it would land if it jumped to the end at once (N6):\n\n"
        "$$\\hat x_0 = \\frac{x_t - \\sqrt{1-\\bar\\alpha_t}\\,\\hat z}{\\sqrt{\\bar\\alpha_t}}"
        "\\qquad \\hat z = \\mathrm{UNet}(x_t, t)$$\n\n"
        "The jump is a mean of all answers: grainy at first where the network predicts $\\hat z$,"
        " smooth where it predicts $v$. So we go step by step (N9, N11), and each step trusts"
        " $\\hat x_0$ a little more (N14):\n\n"
        "$$x_{t-1} = \\frac{\\sqrt{\\alpha_t}\\,(1-\\bar\\alpha_{t-1})}{1-\\bar\\alpha_t}\\,x_t"
        " + \\frac{\\sqrt{\\bar\\alpha_{t-1}}\\,\\beta_t}{1-\\bar\\alpha_t}\\,\\hat x_0"
        " + \\sigma_t z$$\n\n"
        "With $\\hat x_0$ put in, while it is not clipped, this is (N10, N16)\n\n"
        "$$x_{t-1} = \\frac{1}{\\sqrt{\\alpha_t}}\\Bigl(x_t"
        " - \\frac{\\beta_t}{\\sqrt{1-\\bar\\alpha_t}}\\,\\hat z\\Bigr) + \\sigma_t z$$\n\n"
        "With fewer than $T$ steps, $t-1$ is the next step $s$ that is taken, $\\alpha_t$ stands"
        " for $\\bar\\alpha_t/\\bar\\alpha_s$ and $\\beta_t$ for"
        " $1-\\bar\\alpha_t/\\bar\\alpha_s$; even steps begin a little below $T$.\n\n"
        "A model that knows classes $c$ is asked twice, with the class,"
        " $\\hat z_c = \\mathrm{UNet}(x_t, t, c)$, and without any, $\\hat z_\\varnothing$, and"
        " goes further in the direction of the difference (classifier-free guidance of strength"
        " $w$; Ho & Salimans write $1+w$, and $w=1$ is none):\n\n"
        "$$\\hat z = \\hat z_\\varnothing + w\\,(\\hat z_c - \\hat z_\\varnothing)$$"
    ),
}

ZH = {
    "generate_tab": "生成",
    "generate_seed": "随机种子",
    "generate_seed_info": "每个种子对应一组图像，换一个试试。",
    "generate_dice": "换一个种子",
    "generate_how_many": "图像数量",
    "generate_sampler": "采样方法",
    "generate_sampler_info": (
        "DDIM 不加新噪声，只保留 x_t 里的噪声。"
        "快速采样加的噪声比 DDPM 少，每一步还参考上一步的 x̂₀。"
    ),
    "generate_sampler_ddpm": "DDPM（讲义中的方法）",
    "generate_sampler_ddim": "DDIM（η = 0）",
    "generate_sampler_fast": "快速：12 步，二阶",
    "generate_steps": "步数",
    "generate_steps_info": "T 步中走多少步。步数越多，图像越精细。",
    "generate_spacing": "步长分布",
    "generate_spacing_info": "临近图像时细节成形，此时小步长最重要。",
    "generate_spacing_even": "均匀",
    "generate_spacing_quadratic": "越接近图像步长越小",
    "generate_spacing_visible": "均匀，从图像刚能显现处开始",
    "generate_variance": "新噪声的方差 σ²",
    "generate_variance_info": "N12：β̃ 到 β 之间都可以。N13：不加噪声（σ = 0）也可以试试。",
    "generate_variance_small": "β̃，下界",
    "generate_variance_large": "β，方差上界",
    "generate_variance_none": "不加，σ = 0",
    "generate_noise": "噪声倍数",
    "generate_noise_info": "乘在 σ 上。太大时噪声占上风。",
    "generate_model": "模型",
    "generate_class": "类别",
    "generate_class_each": "依次每一类",
    "generate_class_any": "不限",
    **{f"generate_class_{name}": chinese for name, chinese in CLOTHES.items()},
    "generate_guidance": "引导强度",
    "generate_guidance_info": "1：与训练时一致。越大越贴近类别，变化越少。不为 1 时，时间加倍。",
    "generate_link": "链接",
    "generate_link_info": "打开链接即可重现这组图像。",
    "generate_generate": "生成",
    "generate_stop": "停止",
    "generate_examples": "示例：图像数量 × 步数",
    "generate_script": "在脚本中使用这些设置",
    "generate_formulas": (
        "**图中所见。** 左边是带噪图像 $x_t$，从 $t=T$ 的纯噪声到 $t=0$ 的图像。"
        "右边是网络识别出的噪声 $\\hat z$。"
        "中间是网络若一步跳到终点会到达的地方（N6）：\n\n"
        "$$\\hat x_0 = \\frac{x_t - \\sqrt{1-\\bar\\alpha_t}\\,\\hat z}{\\sqrt{\\bar\\alpha_t}}"
        "\\qquad \\hat z = \\mathrm{UNet}(x_t, t)$$\n\n"
        "一步估计是所有可能答案的平均：网络预测 $\\hat z$ 时，起初布满颗粒；预测 $v$ 时则平滑。"
        "所以一步一步地走（N9、N11），"
        "每一步都更相信 $\\hat x_0$（N14）：\n\n"
        "$$x_{t-1} = \\frac{\\sqrt{\\alpha_t}\\,(1-\\bar\\alpha_{t-1})}{1-\\bar\\alpha_t}\\,x_t"
        " + \\frac{\\sqrt{\\bar\\alpha_{t-1}}\\,\\beta_t}{1-\\bar\\alpha_t}\\,\\hat x_0"
        " + \\sigma_t z$$\n\n"
        "代入 $\\hat x_0$（未被截断时）即得（N10、N16）：\n\n"
        "$$x_{t-1} = \\frac{1}{\\sqrt{\\alpha_t}}\\Bigl(x_t"
        " - \\frac{\\beta_t}{\\sqrt{1-\\bar\\alpha_t}}\\,\\hat z\\Bigr) + \\sigma_t z$$\n\n"
        "步数少于 $T$ 时，$t-1$ 是实际走的下一步 $s$，"
        "$\\alpha_t$ 即 $\\bar\\alpha_t/\\bar\\alpha_s$，"
        "$\\beta_t$ 即 $1-\\bar\\alpha_t/\\bar\\alpha_s$；均匀取步时，起点略小于 $T$。\n\n"
        "对学过类别 $c$ 的模型，每步问两次：带类别，得 $\\hat z_c = \\mathrm{UNet}(x_t, t, c)$；"
        "不带，得 $\\hat z_\\varnothing$。再沿两者之差多走一些"
        "（无分类器引导，强度 $w$；原论文记作 $1+w$，$w=1$ 即不引导）：\n\n"
        "$$\\hat z = \\hat z_\\varnothing + w\\,(\\hat z_c - \\hat z_\\varnothing)$$"
    ),
}
