"""The strings around the views."""

EN = {
    "page_title": "# DDPM: from noise to pictures",
    "page_attribution": (
        "cats-32, cats-32-v and cats-64 were trained on pictures composed from cat art by David"
        " Revoy (RoboHash set 4), CC-BY-4.0; fashion-28 on Fashion-MNIST by Zalando SE, MIT."
    ),
}

ZH = {
    "page_title": "# DDPM：从噪声到图像",
    "page_attribution": (
        "cats-32、cats-32-v 和 cats-64 的训练图像由 David Revoy 的小猫画作"
        "（RoboHash set 4）拼成，CC-BY-4.0；fashion-28 用 Zalando SE 的 Fashion-MNIST 训练，MIT。"
    ),
}
