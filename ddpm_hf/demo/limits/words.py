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
}
