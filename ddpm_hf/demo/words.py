"""The words around the views."""

EN = {
    "page_title": "# DDPM: from noise to cats",
    "page_attribution": (
        "Trained on pictures composed from cat art by David Revoy (RoboHash set 4), CC-BY-4.0."
    ),
}

ZH = {
    "page_title": "# DDPM：从噪声到小猫",
    "page_attribution": "训练图像由 David Revoy 的小猫画作（RoboHash set 4）拼成，CC-BY-4.0。",
}
