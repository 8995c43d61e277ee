"""The strings that only the page of plain files has."""

PAGE = {
    "en": {
        "about": (
            "This page is a folder of files. The network runs in your browser, nothing is sent"
            " anywhere, and after the first visit it opens offline. {more}"
        ),
        "more": (
            "Models from the Hub, any number of steps and any schedule need Python: they are on"
            " [the page with a server]({link})."
        ),
        "more_at_home": (
            "Models from the Hub, any number of steps and any schedule need Python: `python app.py`"
            " in a clone of the repository serves a page that has them."
        ),
        "nearest": "This page lacks the number that the link asks for; this is the nearest.",
        "model": "This page has no model of that name: cats-32 draws instead.",
    },
    "zh": {
        "about": (
            "这个页面只是一些文件：网络在你的浏览器里运行，什么也不会发送出去；"
            "访问过一次之后，没有网络也能打开。{more}"
        ),
        "more": (
            "Hub 上的模型、任意的步数和任意的噪声调度都需要 Python：请到[有服务器的页面]({link})。"
        ),
        "more_at_home": (
            "Hub 上的模型、任意的步数和任意的噪声调度都需要 Python："
            "在代码库的副本里运行 `python app.py`，就有这样的页面。"
        ),
        "nearest": "链接要的数不在备好的之列，这是最接近的一个。",
        "model": "此页面没有这个模型，改用 cats-32。",
    },
}


def about(strings: dict[str, str], link: str | None) -> str:
    """What this page is and what it lacks, as Markdown. link: to a Gradio Space, or None."""
    more = strings["more_at_home"] if link is None else strings["more"]
    return strings["about"].format(more=more.format(link=link))
