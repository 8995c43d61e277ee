{
  // Of Chinese, Gradio has our words for zh-CN and zh-TW alone; a browser may say zh-HK or zh.
  const asked = new URLSearchParams(location.search).get("lang");
  const own = navigator.language.startsWith("zh") ? "zh" : null;
  const language = { en: "en", zh: "zh-CN" }[asked ?? own];
  if (language) Object.defineProperty(navigator, "language", { get: () => language });
}
