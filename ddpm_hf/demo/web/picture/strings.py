"""The strings of the picture input."""

EN = {"picture_label": "Your picture"}

ZH = {"picture_label": "你的图像"}

PAGE = {
    "en": {"examples": "Or a cat that was generated beforehand", "cat": "Cat {n}"},
    "zh": {"examples": "或者选一只事先生成的小猫", "cat": "第 {n} 只小猫"},
}
