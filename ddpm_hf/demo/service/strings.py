"""The strings of refusals: what is out of bounds, and what can't be read."""

EN = {
    "limits_whole": "{name} must be a whole number from {low} to {high}; got {value}.",
    "limits_number": "{name} must be from {low} to {high}; got {value}.",
    "limits_choice": "{name} must be one of {known}; got {value}.",
    "limits_class": "The model has no single class {name}: {reason}.",
    "limits_nothing": "nothing",
    "limits_deadline": "This run took more than {seconds} seconds and was ended; take fewer steps.",
    "limits_unread": (
        "Nothing of this run was received for {seconds} seconds, so it was ended; please try again."
    ),
    "limits_busy": "Many others are drawing just now; please try again in a minute.",
    "limits_file_unreadable": (
        "This file can't be read as a picture; take a PNG, JPEG, WebP, GIF, BMP or TIFF."
    ),
    "limits_file_unsent": "Send a picture as a file, by handle_file(…) of gradio_client.",
    "limits_file_too_many_bytes": "This file is too large; take one of at most {limit} MB.",
    "limits_file_too_many_pixels": (
        "This picture has too many pixels; take one of at most {limit} MP."
    ),
    "limits_model_info": "Or the id of a DDPM on the Hub, such as google/ddpm-cifar10-32.",
    "limits_model_off": "This server draws only with its own models.",
    "limits_model_missing": "There is no model {name} on the Hub, or it is private.",
    "limits_model_unreachable": "The Hub can't be reached for {name}; please try again later.",
    "limits_model_code": "{name} comes with code of its own, which is not run here.",
    "limits_model_pickle": "{name} has no safetensors weights, and nothing else is read here.",
    "limits_model_too_large": "{name} is too large: its weights may have at most {limit} MB.",
    "limits_model_too_wide": "{name} draws pictures that are too large; at most {limit} × {limit}.",
    "limits_model_other_kind": "{name} is not a UNet2DModel with one of the known schedulers.",
    "limits_model_classes": "{name} has classes of a kind that can't be given here, or too many.",
    "limits_model_attention": "{name} attends over too many pixels at once for this server.",
    "limits_model_broken": "{name} can't be loaded: its files do not fit together.",
    "limits_model_instead": "{reason} {model} draws instead.",
}

ZH = {
    "limits_whole": "{name}必须是 {low} 到 {high} 之间的整数，当前值：{value}。",
    "limits_number": "{name}必须在 {low} 到 {high} 之间，当前值：{value}。",
    "limits_choice": "{name}必须是 {known} 之一，当前值：{value}。",
    "limits_class": "无法确定模型的类别 {name}：{reason}。",
    "limits_nothing": "尚未填写",
    "limits_deadline": "这次运行超过了 {seconds} 秒，已被终止；请减少步数。",
    "limits_unread": "这次运行的结果已有 {seconds} 秒未被接收，已被终止；请重试。",
    "limits_busy": "现在使用的人很多，请过一分钟再试。",
    "limits_file_unreadable": "无法将此文件读作图像；请使用 PNG、JPEG、WebP、GIF、BMP 或 TIFF。",
    "limits_file_unsent": "图像须作为文件发送：gradio_client 的 handle_file(…)。",
    "limits_file_too_many_bytes": "文件太大；请使用不超过 {limit} MB 的文件。",
    "limits_file_too_many_pixels": "图像的像素太多；请使用不超过 {limit} 百万像素的图像。",
    "limits_model_info": "或者 Hub 上一个 DDPM 的名字，如 google/ddpm-cifar10-32。",
    "limits_model_off": "此服务器只支持内置模型。",
    "limits_model_missing": "Hub 上没有模型 {name}，或者它是私有的。",
    "limits_model_unreachable": "暂时无法从 Hub 取得 {name}，请稍后再试。",
    "limits_model_code": "{name} 自带代码，这里不会运行。",
    "limits_model_pickle": "{name} 没有 safetensors 权重，这里不读取其他格式。",
    "limits_model_too_large": "{name} 太大：权重最多 {limit} MB。",
    "limits_model_too_wide": "{name} 生成的图像太大；最多 {limit} × {limit}。",
    "limits_model_other_kind": "{name} 不是配有已知调度器的 UNet2DModel。",
    "limits_model_classes": "{name} 需要的类别这里无法给出，或者类别太多。",
    "limits_model_attention": "{name} 的注意力层一次处理的像素太多，此服务器无法承担。",
    "limits_model_broken": "无法载入 {name}：它的文件互不相符。",
    "limits_model_instead": "{reason}改用 {model}。",
}
