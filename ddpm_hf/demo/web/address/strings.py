"""The strings of Gradio's own messages."""

PAGE = {
    "en": {
        "error": "Error",
        "warning": "Warning",
        "info": "Info",
        "success": "Success",
        "close": "Close",
    },
    "zh": {
        "error": "错误",
        "warning": "警告",
        "info": "提示",
        "success": "成功",
        "close": "关闭",
    },
}
