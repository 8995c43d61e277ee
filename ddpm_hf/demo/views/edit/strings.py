"""The strings of the Edit view."""

from ddpm_hf.demo.views.generate import strings as generate

EN = {
    "edit_tab": "Edit",
    "edit_intro": (
        "**A run need not begin with pure noise.** Noise your own picture to $x_t$ (N4) and sample"
        " from there: the larger $t$, the less of it is left. Keep a part of it, and only the rest"
        " is drawn (RePaint). Or mix two $x_t$, and see the pictures between (DDPM, figure 8). The"
        " network stays what it is: it knows cats, and nothing of these uses. Choose a picture and"
        " what to do, and press Draw."
    ),
    "edit_start": "Draw",
    "edit_stop": "Stop",
    "edit_t": "t",
    "edit_times": "How often each stretch is drawn",
    "edit_seed": "Seed",
    "edit_other": "Other seed",
}

ZH = {
    "edit_tab": "编辑",
    "edit_intro": (
        "**采样不一定要从纯噪声开始。** 把自己的图像加噪到 $x_t$（N4），再从那里采样："
        "$t$ 越大，原图留下的越少。也可以保留图像的一部分，只重画其余部分（RePaint）；"
        "或者把两个 $x_t$ 混合，看看介于两者之间的图像（DDPM 图 8）。"
        "网络没有改动：它只认识小猫，并没有为这些用途训练过。选好图像和做法，再按“开始绘制”。"
    ),
    "edit_start": "开始绘制",
    "edit_stop": "停止",
    "edit_t": "t",
    "edit_times": "每一段重复采样的次数",
    "edit_seed": "随机种子",
    "edit_other": "另一个随机种子",
}

FORM = {
    "en": {
        "what": "What to do",
        "start": "Start from your picture",
        "repaint": "Repaint a part of it",
        "pictures": "Mix two pictures",
        "seeds": "Mix two seeds",
        "mask": "What is orange is drawn anew",
        "draw": "Draw on the picture, or press a button.",
        "keep": "Draw what is kept",
        "left": "Left",
        "right": "Right",
        "upper": "Upper half",
        "lower": "Lower half",
        "middle": "Middle",
        "nothing": "Nothing",
        "tValue": "Start at t = {t} (strength {strength}): √ᾱₜ = {percent} % of it is left",
        "timesValue": "Each stretch of the run is drawn {times} ×",
        "seed": EN["edit_seed"],
        "other": EN["edit_other"],
        "fast": generate.EN["generate_sampler_fast"],
    },
    "zh": {
        "what": "做法",
        "start": "从自己的图像开始",
        "repaint": "重画其中一部分",
        "pictures": "混合两幅图像",
        "seeds": "混合两个随机种子",
        "mask": "橙色部分将被重画",
        "draw": "在图像上涂画，或按下面的按钮。",
        "keep": "改为涂画要保留的部分",
        "left": "左半",
        "right": "右半",
        "upper": "上半",
        "lower": "下半",
        "middle": "中间",
        "nothing": "清除",
        "tValue": "从 t = {t} 开始（强度 {strength}）：原图还剩 √ᾱₜ = {percent} %",
        "timesValue": "每一段采样 {times} 次",
        "seed": ZH["edit_seed"],
        "other": ZH["edit_other"],
        "fast": generate.ZH["generate_sampler_fast"],
    },
}

PAGE = {
    "en": {
        "idle": "Recorded. Choose a picture and what to do, then press “Draw”.",
        "given": "Your picture",
        "drawn": "Result {n}",
        "first": "Your picture",
        "second": "The other",
        "between": "λ = {weight}",
        "start": (
            "Four runs from t = {t}, each with its own noise. What they share is what was left of"
            " the picture; in the rest they differ. Too much of it lost? A smaller t. Too little"
            " changed? A larger one."
        ),
        "repaint": (
            "The kept part is your picture's, pixel by pixel: after each step it was put in again,"
            " with as much noise as the step leaves. Each stretch of {length} steps was drawn"
            " {times} ×: with 1 ×, what is drawn fits less well to what is kept."
        ),
        "pictures": (
            "All share their noise, at the start and on the way. Only the picture in xₜ moves along"
            " a line from one to the other; the network makes a cat of each mixture."
        ),
        "seeds": (
            "The noise of each picture, from the first to the last, is mixed of the two seeds', and"
            " scaled to variance 1 again. At the ends stand the pictures of the seeds themselves."
        ),
    },
    "zh": {
        "idle": "这是预先录制的。选好图像和做法，再按“开始绘制”。",
        "given": "你的图像",
        "drawn": "结果 {n}",
        "first": "你的图像",
        "second": "另一幅",
        "between": "λ = {weight}",
        "start": (
            "从 t = {t} 出发的四次采样，各用各的噪声。它们共有的，就是原图留下来的部分；"
            "其余各不相同。丢掉太多？换较小的 t。改变太少？换较大的 t。"
        ),
        "repaint": (
            "保留部分的每个像素都与你的图像相同：每走一步就把它重新放进去，带上这一步应有的噪声。"
            "每 {length} 步为一段，各采样 {times} 次；"
            "只采样 1 次时，重画的部分与保留的部分不那么协调。"
        ),
        "pictures": (
            "所有图像共用同样的噪声，起点和途中都一样。只有 xₜ 中的图像沿直线从一幅变到另一幅；"
            "每个混合结果都由网络变成一只小猫。"
        ),
        "seeds": (
            "每幅图像自始至终的噪声都由两个种子的噪声混合而成，方差重新调到 1。"
            "两端就是两个种子各自的图像。"
        ),
    },
}
