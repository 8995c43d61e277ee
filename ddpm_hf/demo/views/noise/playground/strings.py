"""The strings of the playground."""

PAGE = {
    "en": {
        "shape": "Distribution",
        "cat": "猫 (cat)",
        "moons": "Two moons",
        "rings": "Two rings",
        "sigma": "Noise scale: σ × {scale}",
        "sigmaLabel": "Noise scale",
        "play": "▶ Play",
        "pause": "❚❚ Pause",
        "again": "New noise",
        "timeline": "Timeline: diffusion, then reconstruction",
        "forward": "Diffusion: t = {t}",
        "reverse": "Reconstruction: t = {t}",
        "canvas": "Particles and the paths of some of them",
        "direction": "direction, by μ (N9)",
        "disturbance": "disturbance, by σz (N11)",
        "brownian": "Brownian motion (N2)",
        "computing": "Working out the paths…",
        "stuck": (
            "σ = 0: no disturbance. The paths are smooth, and the {n} particles crowd onto"
            " {reached} of the {m} points; drawn from the distribution itself they would reach"
            " about {ideal}. The mean path leads to the middle of things, and much of the"
            " distribution is never reached."
        ),
        "reached": (
            "With σ × {scale} the {n} particles end on {reached} of the {m} points. Drawn from the"
            " distribution itself they would reach about {ideal}, for some draw the same point. Set"
            " the noise scale to 0 to see what fresh noise is for."
        ),
    },
    "zh": {
        "shape": "分布",
        "cat": "猫",
        "moons": "两弯月牙",
        "rings": "两个圆环",
        "sigma": "噪声倍数：σ × {scale}",
        "sigmaLabel": "噪声倍数",
        "play": "▶ 播放",
        "pause": "❚❚ 暂停",
        "again": "换一批噪声",
        "timeline": "时间轴：先扩散，再重建",
        "forward": "扩散：t = {t}",
        "reverse": "重建：t = {t}",
        "canvas": "粒子，以及其中几个的路径",
        "direction": "方向，由 μ 决定（N9）",
        "disturbance": "扰动，由 σz 带来（N11）",
        "brownian": "布朗运动（N2）",
        "computing": "正在计算路径……",
        "stuck": (
            "σ = 0：没有扰动。路径是光滑的，{n} 个粒子挤到了 {m} 个点中的 {reached} 个上；"
            "若直接从该分布中采样，约能到达 {ideal} 个。"
            "平均的路径通向中间地带，分布的许多部分永远到不了。"
        ),
        "reached": (
            "σ × {scale} 时，{n} 个粒子最终落在 {m} 个点中的 {reached} 个上。"
            "若直接从该分布中采样，约能到达 {ideal} 个，因为有些粒子会采到同一个点。"
            "把噪声倍数调到 0，看看新噪声有什么用。"
        ),
    },
}
