"""Every word of the demo, in English and Chinese."""

import gradio as gr

EN = {
    "title": "# DDPM: from noise to cats",
    "intro": (
        "A neural network has learned to see the noise in a picture. Start from pure noise, take a"
        " little of the predicted noise away, add a little fresh noise, and repeat: a cat appears."
    ),
    "seed": "Seed",
    "seed_info": "The same seed gives the same cats.",
    "dice": "Another seed",
    "how_many": "Number of cats",
    "steps": "Steps",
    "steps_info": "How many of the T steps are taken. More steps, finer cats.",
    "generate": "Generate",
    "stop": "Stop",
    "examples": "Examples",
    "script": "The same pictures in a script",
    "formulas": (
        "**What you see.** Left, the noisy picture $x_t$, from pure noise at $t=T$ to the picture"
        " at $t=0$. Right, where the network would land if it jumped to the end at once:\n\n"
        "$$\\hat x_0 = \\frac{x_t - \\sqrt{1-\\bar\\alpha_t}\\,\\hat z}{\\sqrt{\\bar\\alpha_t}}"
        "\\qquad \\hat z = \\mathrm{UNet}(x_t, t)$$\n\n"
        "The jump is blurry at first, so we go step by step, and each step trusts $\\hat x_0$ a"
        " little more:\n\n"
        "$$x_{t-1} = \\frac{\\sqrt{\\alpha_t}\\,(1-\\bar\\alpha_{t-1})}{1-\\bar\\alpha_t}\\,x_t"
        " + \\frac{\\sqrt{\\bar\\alpha_{t-1}}\\,\\beta_t}{1-\\bar\\alpha_t}\\,\\hat x_0"
        " + \\sigma_t z$$"
    ),
    "attribution": (
        "Trained on pictures composed from cat art by David Revoy (RoboHash set 4), CC-BY-4.0."
    ),
    "out_of_range": "{name} must be a whole number from {low} to {high}; got {value}.",
}

ZH = {
    "title": "# DDPM：从噪声到小猫",
    "intro": (
        "神经网络学会了看出图像中的噪声。从纯噪声出发，减去一点预测的噪声，再加上一点新的噪声，"
        "如此反复，小猫就出现了。"
    ),
    "seed": "随机种子",
    "seed_info": "同样的种子得到同样的小猫。",
    "dice": "换一个种子",
    "how_many": "小猫数量",
    "steps": "步数",
    "steps_info": "T 步中走多少步。步数越多，小猫越精细。",
    "generate": "生成",
    "stop": "停止",
    "examples": "示例",
    "script": "在脚本中得到同样的图像",
    "formulas": (
        "**图中所见。** 左边是带噪图像 $x_t$，从 $t=T$ 的纯噪声到 $t=0$ 的图像。"
        "右边是网络若一步跳到终点会到达的地方：\n\n"
        "$$\\hat x_0 = \\frac{x_t - \\sqrt{1-\\bar\\alpha_t}\\,\\hat z}{\\sqrt{\\bar\\alpha_t}}"
        "\\qquad \\hat z = \\mathrm{UNet}(x_t, t)$$\n\n"
        "一步跳回的结果起初是模糊的，所以一步一步地走，每一步都更相信 $\\hat x_0$：\n\n"
        "$$x_{t-1} = \\frac{\\sqrt{\\alpha_t}\\,(1-\\bar\\alpha_{t-1})}{1-\\bar\\alpha_t}\\,x_t"
        " + \\frac{\\sqrt{\\bar\\alpha_{t-1}}\\,\\beta_t}{1-\\bar\\alpha_t}\\,\\hat x_0"
        " + \\sigma_t z$$"
    ),
    "attribution": "训练图像由 David Revoy 的小猫画作（RoboHash set 4）拼成，CC-BY-4.0。",
    "out_of_range": "{name}必须是 {low} 到 {high} 之间的整数，收到的是 {value}。",
}

PLAYER = {
    "en": {
        "noisy": "xₜ, the noisy picture",
        "predicted": "x̂₀, one jump from there",
        "timeline": "Timeline, from noise to picture",
        "play": "▶ Play",
        "pause": "❚❚ Pause",
        "speed": "Speed",
        "save": "Save PNG",
        "sampling": "Sampling… {percent} %",
        "stopped": "Stopped. What there is can be played.",
        "done": "Done. Drag the timeline or press Play.",
    },
    "zh": {
        "noisy": "xₜ，带噪图像",
        "predicted": "x̂₀，从那里一步跳回",
        "timeline": "时间轴，从噪声到图像",
        "play": "▶ 播放",
        "pause": "❚❚ 暂停",
        "speed": "速度",
        "save": "保存 PNG",
        "sampling": "采样中… {percent} %",
        "stopped": "已停止。已有的部分可以播放。",
        "done": "完成。拖动时间轴或按播放。",
    },
}

i18n = gr.I18n(en=EN, **{"zh-CN": ZH, "zh-TW": ZH})
"""Translates in the page, by the browser's language: `i18n("seed")`."""


def spoken(request: gr.Request | None, key: str, **values: object) -> str:
    """A message from the server, in the language that the browser asks for first."""
    asked = (request.headers.get("accept-language", "") if request else "").lower()
    return (ZH if asked.startswith("zh") else EN)[key].format(**values)
