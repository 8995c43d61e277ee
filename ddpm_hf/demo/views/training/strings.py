"""The strings of the Training view."""

EN = {
    "training_tab": "Training",
    "training_hand": (
        "### Training and sampling by hand\n\n"
        "**The two algorithms, a line at a time** (N15, N16), with the network of cats-32 in your"
        " browser. Training: mix a picture and noise, ask the network for the noise, and improve"
        " it by what it missed. "
        "Sampling: begin with noise, and take what the network sees in it away, step by step."
    ),
    "training_intro": (
        "### Training replay\n\n"
        "**How the bundled models learned.** Move the slider: the cursor on the curve and the"
        " samples drawn at that moment,"
        " always from the same noise, move together. cats-32-v and cats-64 are asked for"
        " $v = \\sqrt{\\bar\\alpha_t}\\,\\varepsilon - \\sqrt{1-\\bar\\alpha_t}\\,x_0$"
        " in place of the noise, which follows from it and $x_t$; losses of $v$ and of"
        " $\\varepsilon$ can't be compared."
    ),
    "training_gan": (
        "### Train one yourself, beside a GAN\n\n"
        "**The loss tells how far training has come** (N17). It measures the one thing that is"
        " learned, the denoising: when it falls, the samples get better. A GAN has no such number:"
        " its generator and its discriminator must stay in balance, each one's loss is relative to"
        " the other, and neither says how good the samples are. Here are one of each, of the same"
        " size, for the same points."
    ),
}

ZH = {
    "training_tab": "训练",
    "training_hand": (
        "### 亲手训练与采样\n\n"
        "**两个算法，逐行进行**（N15、N16），用的是浏览器里 cats-32 的网络。"
        "训练：把图像与噪声混合，让网络预测其中的噪声，再按它的误差改进它。"
        "采样：从噪声出发，一步步减去网络识别出的噪声。"
    ),
    "training_intro": (
        "### 训练回放\n\n"
        "**自带的模型是怎样学会的**：拖动滑块，"
        "曲线上的光标和那一刻采样的图像（总是从同样的噪声出发）一起移动。"
        "cats-32-v 和 cats-64 预测的不是噪声，而是"
        " $v = \\sqrt{\\bar\\alpha_t}\\,\\varepsilon - \\sqrt{1-\\bar\\alpha_t}\\,x_0$；"
        "由它和 $x_t$ 可得噪声。$v$ 与 $\\varepsilon$ 的损失不能互相比较。"
    ),
    "training_gan": (
        "### 自己训练一个，旁边放一个 GAN\n\n"
        "**损失说明训练进行到了哪里**（N17）。它衡量的正是所学的那一件事——去噪：它下降，"
        "样本就变好。GAN 没有这样的指标：生成器和判别器必须保持平衡，各自的损失都相对于对方，"
        "都说明不了样本有多好。下面各有一个，大小相同，学习同样的点。"
    ),
}

PAGE = {
    "en": {
        "unanswered": "These numbers are not available just now; please try again later.",
        "slider": "Training replay: training steps so far",
        "chart": "Loss on a logarithmic scale, by training step",
        "by_t": "Loss by t at this moment, in thousandths, each bar a tenth of 1..T",
        "finished": "The finished model's loss at some t, on pictures it has not seen",
        "each": "each report",
        "mean": "mean of the last 100 steps",
        "rate": "learning rate, from 0 to {most}",
        "anew": (
            "Where the learning rate rises again, training was resumed, sometimes with another"
            " batch size. Larger steps may raise the loss for a while; each time the"
            " rate has fallen to 0, the loss is lower than before."
        ),
        "samples": "Samples at step {number}",
        "point": "step {number} · {minutes} min · loss {loss} · mean {mean} · rate {rate}",
        "loading": "Loading…",
        "steps": "training step",
        "loss": "loss",
    },
    "zh": {
        "unanswered": "暂时取不到这些数字，请稍后再试。",
        "slider": "训练回放：到此为止的训练步数",
        "chart": "各训练步的损失，对数坐标",
        "by_t": "此刻各段 t 的损失，以千分之一计，每条为 1..T 的十分之一",
        "finished": "训练好的模型在一些 t 处的损失，用它没有见过的图像测得",
        "each": "每次记录",
        "mean": "最近 100 步的平均",
        "rate": "学习率，0 到 {most}",
        "anew": (
            "学习率重新升高处，是训练从那里接着进行，有时批量也变了。步子变大，损失可能一时升高；"
            "而学习率每次降到 0 时，损失都比以前更低。"
        ),
        "samples": "第 {number} 步的样本",
        "point": "第 {number} 步 · {minutes} 分钟 · 损失 {loss} · 平均 {mean} · 学习率 {rate}",
        "loading": "加载中…",
        "steps": "训练步",
        "loss": "损失",
    },
}
