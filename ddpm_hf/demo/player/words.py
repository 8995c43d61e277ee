"""The words of the player, which are all its script's."""

EN: dict[str, str] = {}
ZH: dict[str, str] = {}

PAGE = {
    "en": {
        "player": "Player. Space plays; the arrow keys step; Home and End jump.",
        "noisy": "xₜ, the noisy picture",
        "predicted": "x̂₀, one jump from there",
        "noise": "ẑ, the noise predicted in it",
        "timeline": "Timeline, from noise to picture",
        "course": "The schedule along the run, from noise to picture",
        "root_alpha_bar": "√ᾱₜ, what is left of the picture",
        "sigma": "σₜ, the fresh noise",
        "weight_xt": "weight of xₜ",
        "weight_x0": "weight of x̂₀",
        "filmstrip": "Filmstrip: xₜ above, x̂₀ below",
        "play": "▶ Play",
        "pause": "❚❚ Pause",
        "speed": "Speed",
        "loop": "Loop",
        "picture": "Picture",
        "all": "all",
        "save": "Save PNG",
        "idle": "Press Generate, or open the page by a link that someone sent you.",
    },
    "zh": {
        "player": "播放器。空格键播放，方向键逐帧，Home 和 End 跳到两端。",
        "noisy": "xₜ，带噪图像",
        "predicted": "x̂₀，从那里一步跳回",
        "noise": "ẑ，预测出的噪声",
        "timeline": "时间轴，从噪声到图像",
        "course": "采样途中的噪声表，从噪声到图像",
        "root_alpha_bar": "√ᾱₜ，图像剩下多少",
        "sigma": "σₜ，新加的噪声",
        "weight_xt": "xₜ 的权重",
        "weight_x0": "x̂₀ 的权重",
        "filmstrip": "胶片：上为 xₜ，下为 x̂₀",
        "play": "▶ 播放",
        "pause": "❚❚ 暂停",
        "speed": "速度",
        "loop": "循环",
        "picture": "图像",
        "all": "全部",
        "save": "保存 PNG",
        "idle": "按“生成”，或打开别人发给你的链接。",
    },
}
