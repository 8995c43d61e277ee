"""The words of the player, which are all its script's."""

EN: dict[str, str] = {}
ZH: dict[str, str] = {}

PAGE = {
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
