"""The words of refusals: what is out of bounds, and what can't be read."""

EN = {
    "limits_whole": "{name} must be a whole number from {low} to {high}; got {value}.",
    "limits_number": "{name} must be a number from {low} to {high}; got {value}.",
    "limits_choice": "{name} must be one of {known}; got {value}.",
    "limits_deadline": "This run took more than {seconds} seconds and was ended; take fewer steps.",
    "limits_busy": "Many others are drawing just now; please try again in a minute.",
    "uploads_unreadable": (
        "This file can't be read as a picture; take a PNG, JPEG, WebP, GIF, BMP or TIFF."
    ),
    "uploads_no_data_url": "A picture is to be given as a data URL: data:image/png;base64,…",
    "uploads_too_many_bytes": "This file is too large; take one of at most {limit} MB.",
    "uploads_too_many_pixels": "This picture has too many pixels; take one of at most {limit} MP.",
    "models_off": "This server draws with its own model alone.",
    "models_missing": "There is no model {name} on the Hub, or it is private.",
    "models_unreachable": "The Hub can't be reached for {name}; please try again later.",
    "models_code": "{name} comes with code of its own, which is not run here.",
    "models_pickle": "{name} has no safetensors weights, and nothing else is read here.",
    "models_too_large": "{name} is too large: its weights may have at most {limit} MB.",
    "models_too_wide": "{name} draws pictures that are too large; at most {limit} × {limit}.",
    "models_other_kind": "{name} is not a UNet2DModel with one of the known schedulers.",
    "models_classes": "{name} wants a class for each picture, which can't be given here.",
    "models_broken": "{name} can't be loaded: its files do not fit together.",
    "models_instead": "{reason} The bundled model draws instead.",
}

ZH = {
    "limits_whole": "{name} 必须是 {low} 到 {high} 之间的整数，收到的是 {value}。",
    "limits_number": "{name} 必须是 {low} 到 {high} 之间的数，收到的是 {value}。",
    "limits_choice": "{name} 必须是 {known} 之一，收到的是 {value}。",
    "limits_deadline": "这次运行超过了 {seconds} 秒，已被终止；请减少步数。",
    "limits_busy": "现在使用的人很多，请过一分钟再试。",
    "uploads_unreadable": "无法将此文件读作图像；请使用 PNG、JPEG、WebP、GIF、BMP 或 TIFF。",
    "uploads_no_data_url": "图像须以 data URL 给出：data:image/png;base64,…",
    "uploads_too_many_bytes": "文件太大；请使用不超过 {limit} MB 的文件。",
    "uploads_too_many_pixels": "图像的像素太多；请使用不超过 {limit} 百万像素的图像。",
    "models_off": "此服务器只用自带的模型。",
    "models_missing": "Hub 上没有模型 {name}，或者它是私有的。",
    "models_unreachable": "暂时无法从 Hub 取得 {name}，请稍后再试。",
    "models_code": "{name} 自带代码，这里不会运行。",
    "models_pickle": "{name} 没有 safetensors 权重，这里不读取其他格式。",
    "models_too_large": "{name} 太大：权重最多 {limit} MB。",
    "models_too_wide": "{name} 生成的图像太大；最多 {limit} × {limit}。",
    "models_other_kind": "{name} 不是配有已知调度器的 UNet2DModel。",
    "models_classes": "{name} 需要为每张图像指定类别，这里无法给出。",
    "models_broken": "无法载入 {name}：它的文件互不相符。",
    "models_instead": "{reason}改用自带的模型。",
}
