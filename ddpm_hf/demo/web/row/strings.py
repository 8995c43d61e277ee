"""The strings of the row of pictures."""

PAGE = {
    "en": {
        "timeline": "Timeline, from noise to picture",
        "play": "▶ Play",
        "pause": "❚❚ Pause",
    },
    "zh": {
        "timeline": "时间轴，从噪声到图像",
        "play": "▶ 播放",
        "pause": "❚❚ 暂停",
    },
}
