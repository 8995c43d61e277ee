"""The strings of the picture input, all of them for its script."""

PAGE = {
    "en": {
        "picture": "Your picture, as the network would see it",
        "other": "The other picture",
        "choose": "Choose a picture…",
        "how": "Or drop one here, or paste it. It stays in your browser.",
        "examples": "Or a cat that was generated beforehand",
        "cat": "Cat {n}",
        "unreadable": ("This file can't be read as a picture; take a PNG, JPEG, WebP, GIF or BMP."),
        "tooManyPixels": "This picture has too many pixels; take one of at most {limit} MP.",
    },
    "zh": {
        "picture": "你的图像，缩到网络所用的大小",
        "other": "另一幅图像",
        "choose": "选择图像…",
        "how": "也可以拖到这里，或者粘贴。图像不会离开你的浏览器。",
        "examples": "或者选一只事先生成的小猫",
        "cat": "第 {n} 只小猫",
        "unreadable": "无法将此文件读作图像；请使用 PNG、JPEG、WebP、GIF 或 BMP。",
        "tooManyPixels": "图像的像素太多；请使用不超过 {limit} 百万像素的图像。",
    },
}
