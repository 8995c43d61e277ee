"""The strings of a run's status, and of where it runs."""

from ddpm_hf.demo.service import strings as service

_REFUSALS = ("limits_whole", "limits_number", "limits_choice")

PAGE = {
    "en": {
        "waiting": "Waiting for the first step…",
        "sampling": "Sampling… {percent} %",
        "saving": "Saving the moving picture…",
        "stopped": "Stopped. What there is can be played.",
        "done": "Done. Drag the timeline or press Play.",
        "here": "Runs in your browser.",
        "there": "Runs on the server.",
        "no_classes": "{model} has no classes, so there is no class {value}.",
        "nowhere": "It can't run.",
        "pace": "{ms} ms a step.",
        "on_server": "Run on the server",
        "BrowserError": "This browser has no WebAssembly with SIMD.",
        "FileError": "The model's files did not arrive whole.",
        "UnknownModelError": "The engine in the browser does not know this model.",
        "WorkerError": "The run in the browser broke off.",
        **{key: service.EN[key] for key in _REFUSALS},
    },
    "zh": {
        "waiting": "等待第一步…",
        "sampling": "采样中… {percent} %",
        "saving": "正在保存动图…",
        "stopped": "已停止。已有的部分可以播放。",
        "done": "完成。拖动时间轴或按播放。",
        "here": "在你的浏览器中运行。",
        "there": "在服务器上运行。",
        "no_classes": "{model} 没有类别，所以没有类别 {value}。",
        "nowhere": "无法运行。",
        "pace": "每步 {ms} 毫秒。",
        "on_server": "在服务器上运行",
        "BrowserError": "此浏览器没有带 SIMD 的 WebAssembly。",
        "FileError": "模型文件没有完整到达。",
        "UnknownModelError": "浏览器中的引擎不认识这个模型。",
        "WorkerError": "浏览器中的运行中断了。",
        **{key: service.ZH[key] for key in _REFUSALS},
    },
}
