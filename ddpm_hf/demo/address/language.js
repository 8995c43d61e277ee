{
  const asked = new URLSearchParams(location.search).get("lang");
  const language = { en: "en", zh: "zh-CN" }[asked];
  if (language) Object.defineProperty(navigator, "language", { get: () => language });
}
