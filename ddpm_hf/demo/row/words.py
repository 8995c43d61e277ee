"""The words of the row of pictures."""

EN: dict[str, str] = {}
ZH: dict[str, str] = {}

PAGE = {
    "en": {
        "timeline": "Timeline, from noise to picture",
        "play": "▶ Play",
        "pause": "❚❚ Pause",
        "sampling": "Sampling… {percent} %",
        "done": "Done. Drag the timeline or press Play.",
        "stopped": "Stopped. What there is can be played.",
    },
    "zh": {
        "timeline": "时间轴，从噪声到图像",
        "play": "▶ 播放",
        "pause": "❚❚ 暂停",
        "sampling": "采样中… {percent} %",
        "done": "完成。拖动时间轴或按播放。",
        "stopped": "已停止。已有的部分可以播放。",
    },
}
