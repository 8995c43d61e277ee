"""The strings of the tiny networks that learn in the page."""

PAGE = {
    "en": {
        "shape": "Points",
        "spots": "eight spots",
        "spiral": "spiral",
        "own": "my drawing",
        "train": "▶ Train",
        "pause": "❚❚ Pause",
        "anew": "▶ Train anew",
        "balance": "Discriminator's speed",
        "even": "× 1",
        "discriminatorFaster": "× 10",
        "discriminatorSlower": "× 0.05",
        "progress": "step {step} of {of}",
        "points": "The points to learn",
        "draw": "Draw here with mouse or finger: points of your own.",
        "diffusion": "Samples of the diffusion model, on the points",
        "diffusionName": "Diffusion model, {n} weights",
        "diffusionLoss": "Loss of the diffusion model by training step",
        "diffusionTold": "Loss {loss}. No network can do better than {least} (dashed).",
        "gan": "Samples of the GAN's generator, on the points",
        "ganName": "GAN, {n} + {m} weights",
        "ganLoss": "Losses of the GAN by training step",
        "generator": "generator",
        "discriminator": "discriminator",
        "few": "Draw at least {n} points.",
        "verdict": (
            "Left, one loss that falls towards its floor, and the samples get better with it."
            " Right, two losses that only measure each other: at another speed of the discriminator"
            " compare them with the samples."
        ),
    },
    "zh": {
        "shape": "点集",
        "spots": "八个斑点",
        "spiral": "螺线",
        "own": "我画的",
        "train": "▶ 训练",
        "pause": "❚❚ 暂停",
        "anew": "▶ 重新训练",
        "balance": "判别器的速度",
        "even": "× 1",
        "discriminatorFaster": "× 10",
        "discriminatorSlower": "× 0.05",
        "progress": "第 {step}/{of} 步",
        "points": "要学习的点",
        "draw": "用鼠标或手指在这里画出你自己的点。",
        "diffusion": "扩散模型的样本，与点集画在一起",
        "diffusionName": "扩散模型，{n} 个权重",
        "diffusionLoss": "扩散模型的损失随训练步的变化",
        "diffusionTold": "损失 {loss}。任何网络都不可能低于 {least}（虚线）。",
        "gan": "GAN 生成器的样本，与点集画在一起",
        "ganName": "GAN，{n} + {m} 个权重",
        "ganLoss": "GAN 的两个损失随训练步的变化",
        "generator": "生成器",
        "discriminator": "判别器",
        "few": "请至少画 {n} 个点。",
        "verdict": (
            "扩散模型只有一个损失，它逐渐接近下限，样本也随之变好。"
            "GAN 的两个损失只是彼此相对：换一种判别器速度，再拿它们与样本对照看看。"
        ),
    },
}
