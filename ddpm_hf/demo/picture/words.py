"""The words of the picture input."""

EN = {
    "picture_label": "Your picture",
    "picture_examples": "Or a cat that was generated beforehand",
}

ZH = {
    "picture_label": "你的图像",
    "picture_examples": "或者选一只事先生成的小猫",
}
