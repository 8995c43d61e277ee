"""The strings of a run's status."""

PAGE = {
    "en": {
        "waiting": "Waiting for the first step…",
        "sampling": "Sampling… {percent} %",
        "saving": "Saving the moving picture…",
        "stopped": "Stopped. What there is can be played.",
        "done": "Done. Drag the timeline or press Play.",
    },
    "zh": {
        "waiting": "等待第一步…",
        "sampling": "采样中… {percent} %",
        "saving": "正在保存动图…",
        "stopped": "已停止。已有的部分可以播放。",
        "done": "完成。拖动时间轴或按播放。",
    },
}
