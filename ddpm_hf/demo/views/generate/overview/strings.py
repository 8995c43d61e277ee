"""The strings of the overview."""

PAGE = {
    "en": {
        "what": (
            "A diffusion model is a generative model: this one has seen 20,000 cats and draws new"
            " ones. Press Generate."
        ),
        "frames": "From a picture x₀ to pure noise x_T, and back",
        "training": "Training ⟶",
        "trainingLabel": "Training: show how noise is added",
        "inference": "⟵ Inference",
        "inferenceLabel": "Inference: show how the network takes the noise away",
        "forward": "add noise",
        "schedule": "how much per step",
        "learning": "learn to see the noise",
        "repeat": "and repeat",
        "edit": "or edit your picture",
        "noise": "add fresh noise",
        "bayes": "work out one step back",
        "jump": "guess the picture",
        "stage": "Shown here: {model}, seed {seed}, recorded beforehand.",
        "why": (
            "Why cats? The drawings of one artist make 360,000 different ones: few enough to look"
            " up whether a new cat is new, and easy to judge by eye."
        ),
        "numbers": "This page follows lecture notes, whose statements are numbered N1 to N17:",
        "equations": "all of them, with their code",
    },
    "zh": {
        "what": ("扩散模型是一种生成模型：这个模型看过两万只小猫，能画出新的小猫。按“生成”试试。"),
        "frames": "从图像 x₀ 到纯噪声 x_T，再回来",
        "training": "训练 ⟶",
        "trainingLabel": "训练：演示怎样加噪声",
        "inference": "⟵ 推理",
        "inferenceLabel": "推理：演示网络怎样去掉噪声",
        "forward": "加噪声",
        "schedule": "每一步加多少",
        "learning": "学会识别噪声",
        "repeat": "反复进行",
        "edit": "也可编辑自己的图像",
        "noise": "加一点新噪声",
        "bayes": "算出往回的一步",
        "jump": "猜测原图",
        "stage": "此处展示：{model}，种子 {seed}，预先录制。",
        "why": (
            "为什么是小猫？同一位画家的素材能拼出 36 万只不同的小猫："
            "新画的猫是否真是新的，一查便知；画得好不好，一眼可见。"
        ),
        "numbers": "本页依据一份讲义，N1 到 N17 是其中结论的编号：",
        "equations": "全部结论及其代码",
    },
}
